"""What operators may do at a chair: each action is read, checked, and turned into a deed that cannot fail.

``deed`` raises before anything changes; what it returns is then done at once. So checking and doing never disagree.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from drivers.base.observations import Instant
from drivers.base.vocabulary import CommandKind, Priority
from monitor.core import limits
from monitor.core.alerts import LONGEST_PAUSE_S, Alerts
from monitor.core.baseline import measured
from monitor.core.changes import AlertState, Baseline, Charted, LimitView, Patient, Phase
from monitor.core.charting import SEVERITIES, SIDE_EFFECTS
from monitor.core.entries import Actor, OperatorAction, Role
from monitor.core.infusion import plan_from, quantity
from monitor.core.nibp import Nibp
from monitor.core.present import Present
from monitor.core.session import LIVE, Session, admit, next_phase
from monitor.errors import ActionNotAllowed, BadRequest, NotFound, NotPermitted

Deed = Callable[[], None]

BASELINE = {"systolic": (60, 250), "diastolic": (30, 150), "mean": (40, 200), "spo2": (70, 100), "hr": (30, 200)}
"""What a baseline that is typed in may be."""

CLINICAL = frozenset({Role.NURSE, Role.PHYSICIAN, Role.SERVICE})


class Place(Protocol):
    """What actions need of a bedside."""

    chair: str
    present: Present
    alerts: Alerts
    nibp: Nibp

    def preset(self) -> Mapping[limits.Key, LimitView]: ...
    def accept_unit(self, device: str, by: str, at: Instant) -> None: ...


@dataclass(frozen=True, slots=True)
class Request:
    """An action on its way: where, who, with what, when."""

    place: Place
    actor: Actor
    arguments: Mapping[str, Any]
    at: Instant

    def text(self, name: str, longest: int = 200, needed: bool = True) -> str:
        value = self.arguments.get(name) or ""
        if not isinstance(value, str) or len(value.strip()) > longest or (needed and not value.strip()):
            raise BadRequest(f"{name} must be a text of {'1' if needed else '0'} to {longest} characters")
        return value.strip()

    def whole(self, name: str, low: int, high: int) -> int:
        value = self.arguments.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise BadRequest(f"{name} must be a whole number from {low} to {high}, not {value!r}")
        return value


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


def _admit(request: Request) -> Deed:
    place, given = request.place, request.arguments
    plan = plan_from(given.get("weight_kg"), given.get("order"), given.get("concentration_mg_ml"))
    birth_year = None if given.get("birth_year") is None else request.whole("birth_year", 1900, 2100)
    patient = Patient(request.text("initials", 8), birth_year, request.text("patient_id", 64, needed=False) or None)
    session = admit(place.chair, place.present.session, patient, plan, request.actor.name, request.at)

    def do() -> None:
        place.present.set_limits(place.preset(), request.at)
        place.present.step(session, "admitted", request.actor, request.at)

    return do


def _start(request: Request) -> Deed:
    session = _session(request, "start").start(request.at)

    def do() -> None:
        request.place.present.step(session, "started", request.actor, request.at)
        request.place.nibp.begin(request.at)

    return do


def _pause(request: Request) -> Deed:
    session = _session(request, "pause").pause(request.at, request.text("reason"))
    return lambda: request.place.present.step(session, "paused", request.actor, request.at)


def _resume(request: Request) -> Deed:
    session = _session(request, "resume").resume(request.at)
    return lambda: request.place.present.step(session, "resumed", request.actor, request.at)


def _change_rate(request: Request) -> Deed:
    before = _session(request, "change_rate")
    request.text("reason", needed=False)
    session = before.change_rate(request.at, quantity("rate_mg_h", request.arguments.get("rate_mg_h")))
    return lambda: request.place.present.step(session, "rate_changed", request.actor, request.at)


def _stop(request: Request) -> Deed:
    request.text("reason", needed=False)
    session = _session(request, "stop").stop(request.at)
    return lambda: request.place.present.step(session, "stopped", request.actor, request.at)


def _close(request: Request) -> Deed:
    session = _session(request, "close").close(request.at)
    for alert in request.place.alerts.open.values():
        if alert.unseen is Priority.HIGH and alert.view.state is not AlertState.ACKNOWLEDGED:
            raise ActionNotAllowed(
                f"'{alert.view.text}' awaits acknowledgement; acknowledge it before closing the session"
            )

    def do() -> None:
        present = request.place.present
        present.step(session, "closed", request.actor, request.at)
        present.set_cuff(present.cuff.end(), request.at)
        request.place.alerts.end_pause(request.at)

    return do


def _session(request: Request, action: str) -> Session:
    session = request.place.present.session
    next_phase(session, action)
    assert session is not None
    return session


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
    return lambda: place.present.set_limits(changed, request.at)


def _lock_baseline(request: Request) -> Deed:
    """Lock what was measured; or, with values, what a person types, with a reason."""
    present, session = request.place.present, _of_live_session(request)
    typed = [name for name in BASELINE if request.arguments.get(name) is not None]
    reason = request.text("reason", needed=bool(typed) or session.baseline is not None)
    if typed:
        baseline = _typed_baseline(request, session.baseline, reason)
    elif session.phase is not Phase.PLANNED:
        raise ActionNotAllowed(
            "the baseline is measured before the infusion; now it can only be typed in, with a reason"
        )
    else:
        baseline = measured(present, session, request.actor.name, reason, request.at)
    step = "baseline_locked" if session.baseline is None else "baseline_changed"
    return lambda: present.step(replace(session, baseline=baseline), step, request.actor, request.at)


def _typed_baseline(request: Request, before: Baseline | None, reason: str) -> Baseline:
    values = {name: _typed(request, name, before) for name in BASELINE}
    systolic, diastolic, mean = values["systolic"], values["diastolic"], values["mean"]
    if systolic is None or diastolic is None or systolic <= diastolic:
        raise BadRequest("a baseline has a systolic and a diastolic pressure, the systolic the higher one")
    if mean is not None and not diastolic <= mean <= systolic:
        raise BadRequest(f"the mean pressure of a baseline lies between the others, not at {mean}")
    spo2, heart = values["spo2"], values["hr"]
    return Baseline(request.at, request.actor.name, systolic, diastolic, mean, spo2, heart, readings=0, reason=reason)


def _typed(request: Request, name: str, before: Baseline | None) -> int | float | None:
    """A value as typed; what nobody typed stays as it was. A mean pressure without new others would belong to the old ones."""
    if request.arguments.get(name) is not None:
        return request.whole(name, *BASELINE[name])
    pressures_move = any(request.arguments.get(other) is not None for other in ("systolic", "diastolic"))
    if before is None or (name == "mean" and pressures_move):
        return None
    kept: int | float | None = getattr(before, name)
    return kept


def _chart(request: Request) -> Deed:
    """Chart MOAA/S (0 to 5), a side effect with its severity, or on which arm the cuff is, seen from the probe."""
    present, session, kind = request.place.present, _of_live_session(request), request.text("kind")
    entry = Charted(request.at, request.actor.name, "moaas")
    if kind == "moaas":
        entry = replace(entry, level=request.whole("level", 0, 5))
    elif kind == "side_effect":
        term, severity = _one_of(request, "term", SIDE_EFFECTS), _one_of(request, "severity", SEVERITIES)
        entry = replace(entry, kind="side_effect", term=term, severity=severity)
    elif kind == "cuff_arm":
        entry = replace(entry, kind="cuff_arm", term=_one_of(request, "term", ("same", "other")))
    else:
        raise BadRequest(f"kind must be moaas, side_effect or cuff_arm, not '{kind}'")
    return lambda: present.step(
        replace(session, charted=(*session.charted, entry)), "charted", request.actor, request.at
    )


def _one_of(request: Request, name: str, words: Sequence[str]) -> Any:
    value = request.text(name)
    if value not in words:
        raise BadRequest(f"{name} must be one of: {', '.join(words)}")
    return value


def _of_live_session(request: Request) -> Session:
    session = request.place.present.session
    if session is None or session.phase not in LIVE:
        raise ActionNotAllowed("no patient is admitted at this chair")
    return session


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
    "admit": (_admit, ("initials", "birth_year", "patient_id", "weight_kg", "order", "concentration_mg_ml")),
    "start": (_start, ()),
    "pause": (_pause, ("reason",)),
    "resume": (_resume, ()),
    "change_rate": (_change_rate, ("rate_mg_h", "reason")),
    "stop": (_stop, ("reason",)),
    "close": (_close, ()),
    "acknowledge": (_acknowledge, ("alert",)),
    "audio_pause": (_audio_pause, ("seconds",)),
    "end_audio_pause": (_end_audio_pause, ()),
    "lock_baseline": (_lock_baseline, (*BASELINE, "reason")),
    "chart": (_chart, ("kind", "level", "term", "severity")),
    "set_limit": (_set_limit, ("code", "priority", "value", "reason")),
    "nibp_start": (_nibp_start, ("device",)),
    "nibp_stop": (_nibp_stop, ("device",)),
    "nibp_interval": (_nibp_interval, ("minutes",)),
    "accept_device": (_accept_device, ("device", "unit")),
}
"""The actions and the arguments each knows."""
