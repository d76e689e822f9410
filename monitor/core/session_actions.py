"""What people do with a session: screen, order, start, pause, give, stop, close; each as a deed that cannot fail.

A deed is made of a ``Request`` and raises before anything changes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from drivers.base.vocabulary import Priority
from monitor.core.changes import AlertState, Confirmation, Criterion, Patient, Phase, Protocol, TakenWithout
from monitor.core.criteria import criteria
from monitor.core.entries import Role
from monitor.core.infusion import TIERS, plan_from, quantity
from monitor.core.request import Deed, Request
from monitor.core.screening import Screening, screening_from
from monitor.core.session import admit
from monitor.errors import ActionNotAllowed, BadRequest, NotPermitted

PROTOCOL = ("name", "tier", "nibp_interval_min", "recovery_min")
RHYTHM = {"charting_first_min": 10, "charting_every_min": 15}
SCREENING = ("indication", "answers", "confirmed", "reason")


def _admit(request: Request) -> Deed:
    place, given = request.place, request.arguments
    plan = plan_from(given.get("weight_kg"), given.get("order"), given.get("concentration_mg_ml"))
    birth_year = None if given.get("birth_year") is None else request.whole("birth_year", 1900, 2100)
    patient = Patient(request.text("initials", 8), birth_year, request.text("patient_id", 64, needed=False) or None)
    session = admit(place.chair, place.present.session, patient, plan, request.actor.name, request.at)
    last = given.get("last_weight_kg")
    session = replace(
        session,
        protocol=None if given.get("protocol") is None else _protocol(given["protocol"]),
        last_weight_kg=None if last is None else quantity("weight_kg", last),
        max_dose_mg=place.max_dose_mg,
        guards=place.present.numbers.guards(),
    )
    if given.get("screening") is not None:
        session = replace(session, screening=_screened(request, given["screening"]))

    def do() -> None:
        place.present.set_limits(place.preset(), request.at)
        place.present.step(session, "admitted", request.actor, request.at)

    return do


def _protocol(given: object) -> Protocol:
    """Read the protocol that the order began with, as the clinic's pre-set tells it."""
    if not isinstance(given, Mapping) or not set(PROTOCOL) <= set(given) <= {*PROTOCOL, *RHYTHM}:
        raise BadRequest(f"protocol has {', '.join(PROTOCOL)}, and may have {', '.join(RHYTHM)}")
    name, tier = given["name"], given["tier"]
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 80:
        raise BadRequest("the name of a protocol is a text of 1 to 80 characters")
    if tier not in TIERS:
        raise BadRequest(f"the tier of a protocol is one of {', '.join(TIERS)}, not {tier!r}")
    return Protocol(
        name.strip(),
        tier,
        _minutes(given, "nibp_interval_min", 1, 60),
        _minutes(given, "recovery_min", 0, 480),
        _minutes(given, "charting_first_min", 1, 60),
        _minutes(given, "charting_every_min", 1, 60),
    )


def _minutes(given: Mapping[str, object], name: str, low: int, high: int) -> int:
    value = given.get(name, RHYTHM.get(name))
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(f"{name} of a protocol must be {low} to {high} whole minutes, not {value!r}")
    return value


def _start(request: Request) -> Deed:
    """Begin the infusion. What is missing bars nothing but an answer that a physician must override; it is written down, with the reason."""
    place, before = request.place, request.session_for("start")
    reason = request.text("reason", needed=False)
    if before.screening is not None and before.screening.bars:
        raise ActionNotAllowed(
            f"'{before.screening.bars[0]}' bars the start until a physician overrides it with a reason"
        )
    without = _missing(criteria(place.present, request.at))
    started = TakenWithout(request.at, request.actor.name, without, reason)
    session = replace(before.start(request.at), started=started)

    def do() -> None:
        place.present.step(session, "started", request.actor, request.at)
        place.nibp.begin(request.at)

    return do


def _pause(request: Request) -> Deed:
    session = request.session_for("pause").pause(request.at, request.text("reason"))
    return lambda: request.place.present.step(session, "paused", request.actor, request.at)


def _resume(request: Request) -> Deed:
    session = request.session_for("resume").resume(request.at)
    return lambda: request.place.present.step(session, "resumed", request.actor, request.at)


def _change_rate(request: Request) -> Deed:
    before = request.session_for("change_rate")
    request.text("reason", needed=False)
    session = before.change_rate(request.at, quantity("rate_mg_h", request.arguments.get("rate_mg_h")))
    return lambda: request.place.present.step(session, "rate_changed", request.actor, request.at)


def _stop(request: Request) -> Deed:
    request.text("reason", needed=False)
    session = request.session_for("stop").stop(request.at)
    return lambda: request.place.present.step(session, "stopped", request.actor, request.at)


def _close(request: Request) -> Deed:
    """Close the session: from recovery by a person who signs, in spite of what is missing."""
    before = request.session_for("close")
    handover, reason = request.text("handover", 1000, needed=False), request.text("reason", needed=False)
    without = _missing(criteria(request.place.present, request.at)) if before.phase is Phase.RECOVERY else ()
    left = TakenWithout(request.at, request.actor.name, without, reason)
    returned_at = request.place.present.cuff.returned_at(before.baseline)
    session = replace(before.close(request.at), left=left, handover=handover, returned_at=returned_at)
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


def _screen(request: Request) -> Deed:
    """Answer what is asked before the infusion, or answer it anew."""
    session = request.live_session()
    if session.phase is not Phase.PLANNED:
        raise ActionNotAllowed("the questions are asked before the infusion begins")
    screened = replace(session, screening=_screened(request, request.arguments))
    return lambda: request.place.present.step(screened, "screened", request.actor, request.at)


def _screened(request: Request, given: object) -> Screening:
    if not isinstance(given, Mapping) or set(given) - set(SCREENING):
        raise BadRequest(f"screening has {', '.join(SCREENING)}")
    reason = given.get("reason") or ""
    if not isinstance(reason, str) or len(reason) > 200:
        raise BadRequest("reason must be a text of up to 200 characters")
    answers = given.get("indication"), given.get("answers"), given.get("confirmed")
    return screening_from(*answers, reason.strip(), request.actor, request.at)


def _confirm_order(request: Request) -> Deed:
    """A physician confirms what is unusual of the order."""
    session = request.live_session()
    if request.actor.role is not Role.PHYSICIAN:
        raise NotPermitted(
            f"an unusual order is confirmed by a physician; {request.actor.name} is signed in as {request.actor.role}"
        )
    if not session.asks():
        raise ActionNotAllowed("nothing of the order waits to be confirmed")
    known = session.confirmed.asks if session.confirmed else ()
    confirmed = Confirmation(request.at, request.actor.name, (*known, *session.asks()))
    return lambda: request.place.present.step(
        replace(session, confirmed=confirmed), "order_confirmed", request.actor, request.at
    )


def _bolus(request: Request) -> Deed:
    """Write down a dose given at once."""
    before = request.session_for("bolus")
    session = before.bolus(request.at, quantity("bolus_mg", request.arguments.get("bolus_mg")), request.actor.name)
    return lambda: request.place.present.step(session, "bolus_given", request.actor, request.at)


def _missing(criteria: Iterable[Criterion]) -> tuple[str, ...]:
    return tuple(criterion.text for criterion in criteria if not criterion.met)


SESSION_ACTIONS: Mapping[str, tuple[Callable[[Request], Deed], tuple[str, ...]]] = {
    "admit": (
        _admit,
        (
            "initials",
            "birth_year",
            "patient_id",
            "weight_kg",
            "order",
            "concentration_mg_ml",
            "screening",
            "protocol",
            "last_weight_kg",
        ),
    ),
    "screen": (_screen, SCREENING),
    "confirm_order": (_confirm_order, ()),
    "start": (_start, ("reason",)),
    "pause": (_pause, ("reason",)),
    "resume": (_resume, ()),
    "change_rate": (_change_rate, ("rate_mg_h", "reason")),
    "bolus": (_bolus, ("bolus_mg",)),
    "stop": (_stop, ("reason",)),
    "close": (_close, ("handover", "reason")),
}
