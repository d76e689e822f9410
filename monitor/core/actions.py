"""What operators may do at a chair: each action is read, checked, and turned into a deed that cannot fail.

``deed`` raises before anything changes; what it returns is then done at once. So checking and doing never disagree.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from drivers.base.observations import Instant
from drivers.base.vocabulary import CommandKind, Priority
from monitor.core import limits
from monitor.core.alerts import LONGEST_PAUSE_S
from monitor.core.changes import LimitView
from monitor.core.entries import OperatorAction, Role
from monitor.core.observing_actions import OBSERVING_ACTIONS
from monitor.core.request import CLINICAL, Deed, Place, Request
from monitor.core.session import LIVE
from monitor.core.session_actions import SESSION_ACTIONS
from monitor.errors import ActionNotAllowed, BadRequest, NotFound, NotPermitted


def deed(place: Place, body: OperatorAction, at: Instant) -> Deed:
    """Check an action; return what does it. Raises ``NotPermitted``, ``ActionNotAllowed``, ``NotFound`` or ``BadRequest``."""
    if body.actor.role not in CLINICAL:
        raise NotPermitted(f"{body.actor.name} is signed in as {body.actor.role}; a nurse or physician may do this")
    if body.action not in ACTIONS:
        raise BadRequest(f"there is no action '{body.action}'; known are {', '.join(ACTIONS)}")
    make, known = ACTIONS[body.action]
    unknown = set(body.arguments) - set(known)
    if unknown:
        raise BadRequest(f"'{body.action}' knows no '{sorted(unknown)[0]}'; known are: {', '.join(known) or 'none'}")
    return make(Request(place, body.actor, body.arguments, at))


def _acknowledge(request: Request) -> Deed:
    alerts = request.place.alerts
    alert = alerts.find(request.text("alert"))
    alerts.check_acknowledge(alert)
    return lambda: alerts.acknowledge(alert, request.actor, request.at)


def _audio_pause(request: Request) -> Deed:
    seconds = request.whole("seconds", 1, LONGEST_PAUSE_S) if "seconds" in request.arguments else LONGEST_PAUSE_S
    return lambda: request.place.alerts.pause_audio(seconds, request.actor.name, request.at)


def _end_audio_pause(request: Request) -> Deed:
    if request.place.alerts.pause is None:
        raise ActionNotAllowed("audio is not paused at this chair")
    return lambda: request.place.alerts.end_pause(request.at)


def _set_limit(request: Request) -> Deed:
    place, given = request.place, request.arguments
    if place.present.phase not in LIVE:
        raise ActionNotAllowed("a limit is changed for one session: admit the patient first")
    code, priority = request.text("code"), request.text("priority")
    if priority not in set(Priority):
        raise BadRequest(f"priority must be {', '.join(Priority)}, not '{priority}'")
    try:
        value = Decimal(given.get("value", "")) if isinstance(given.get("value"), str | int) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise BadRequest(f"value must be a number such as '85', not {given.get('value')!r}")
    reason = request.text("reason")
    changed = limits.change(place.present.limits, (code, Priority(priority)), value, request.actor.name, reason)
    _check_widening(request, place.present.limits[code, Priority(priority)], value)
    return lambda: place.present.set_limits(changed, request.at)


def _check_widening(request: Request, limit: LimitView, value: Decimal) -> None:
    """Raise ``NotPermitted`` where a high limit would be wider than it is and than the clinic's, and no physician does it (clinical §2.6)."""
    if limit.priority is not Priority.HIGH or request.actor.role is Role.PHYSICIAN:
        return
    falls = limit.comparison.startswith("<")
    if (value < min(limit.value, limit.preset)) if falls else (value > max(limit.value, limit.preset)):
        raise NotPermitted(
            f"a high limit is widened by a physician; {request.actor.name} is signed in as {request.actor.role}"
        )


def _nibp_start(request: Request) -> Deed:
    place, kind = request.place, CommandKind.NIBP_START
    device = _cuff_device(request, kind)
    line = place.present.lines[device]
    if line.bond.refused is not None:
        raise ActionNotAllowed(f"{line.label} is another unit, {line.bond.refused}: accept it before it measures here")
    if place.nibp.is_measuring(device):
        raise ActionNotAllowed(f"{line.label} is measuring; wait for the reading or abort it")
    return lambda: place.nibp.start(device, request.actor.name, request.at)


def _nibp_stop(request: Request) -> Deed:
    device = _cuff_device(request, CommandKind.NIBP_STOP)
    return lambda: request.place.nibp.command(device, CommandKind.NIBP_STOP, request.actor.name, request.at)


def _cuff_device(request: Request, kind: CommandKind) -> str:
    lines = request.place.present.lines
    asked = request.text("device", needed=False)
    if asked and asked not in lines:
        raise NotFound(f"this chair has no device '{asked}'; it has {', '.join(lines) or 'none'}")
    able = [name for name, line in lines.items() if line.can(kind) and asked in ("", name)]
    if not able:
        raise ActionNotAllowed(f"no device of this chair can do {kind}" if not asked else f"'{asked}' cannot do {kind}")
    if lines[able[0]].decoder is None:
        raise ActionNotAllowed(f"the line of {lines[able[0]].label} is closed: {lines[able[0]].why}")
    return able[0]


def _nibp_interval(request: Request) -> Deed:
    if "minutes" not in request.arguments:
        raise BadRequest("minutes must be a whole number from 1 to 60, or null for readings by hand only")
    by_hand = request.arguments["minutes"] is None
    interval_s = None if by_hand else request.whole("minutes", 1, 60) * 60
    place = request.place
    return lambda: place.present.set_cuff(
        place.present.cuff.every(interval_s, request.at, place.nibp.cycling), request.at
    )


def _accept_device(request: Request) -> Deed:
    place, device, seen = request.place, request.text("device"), request.text("unit")
    line = place.present.lines.get(device)
    if line is None:
        raise NotFound(f"this chair has no device '{device}'; it has {', '.join(place.present.lines) or 'none'}")
    if str(line.bond.refused or "") != seen:
        waits = f"{line.bond.refused} waits to be accepted" if line.bond.refused else "no other unit waits there"
        raise ActionNotAllowed(f"{line.label}: {waits}, not {seen}")
    return lambda: place.accept_unit(device, request.actor.name, request.at)


ACTIONS: Mapping[str, tuple[Callable[[Request], Deed], tuple[str, ...]]] = {
    **SESSION_ACTIONS,
    **OBSERVING_ACTIONS,
    "acknowledge": (_acknowledge, ("alert",)),
    "audio_pause": (_audio_pause, ("seconds",)),
    "end_audio_pause": (_end_audio_pause, ()),
    "set_limit": (_set_limit, ("code", "priority", "value", "reason")),
    "nibp_start": (_nibp_start, ("device",)),
    "nibp_stop": (_nibp_stop, ("device",)),
    "nibp_interval": (_nibp_interval, ("minutes",)),
    "accept_device": (_accept_device, ("device", "unit")),
}
"""The actions and the arguments each knows."""
