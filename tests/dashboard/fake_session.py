"""Steps of a made-up session, roughly as the core takes them, and what is asked for before the next one."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drivers.base.observations import Instant
from monitor.core.changes import (
    Baseline,
    Bolus,
    ChairView,
    Charted,
    Confirmation,
    Criterion,
    Phase,
    SessionView,
    TakenWithout,
)
from monitor.core.chartable import CHECKS, charted_from
from monitor.core.entries import Actor, Role
from monitor.core.screening import Screening, screening_from
from monitor.errors import ActionNotAllowed, NotPermitted
from tests.dashboard.chairs import MINUTE, calm


def stepped(chair: ChairView, action: str, body: dict[str, Any], who: Actor, at: Instant) -> SessionView | None:
    """Return the session after ``action``; raises the core's errors where it checks the words."""
    session = calm(chair.chair, at).session if action == "admit" else chair.session
    assert session is not None
    if action == "admit":
        admitted = replace(session, phase=Phase.PLANNED, steps=(), began_at=None, admitted_at=at)
        return replace(admitted, screening=_screened(body["screening"], who, at)) if body.get("screening") else admitted
    if action == "close":
        return None
    if action == "change_rate":
        return replace(session, rate_mg_h=Decimal(body["rate_mg_h"]))
    if action == "start":
        return _started(chair, session, body, who, at)
    return replace(session, **_changed(session, action, body, who, at))


def _changed(session: SessionView, action: str, body: dict[str, Any], who: Actor, at: Instant) -> dict[str, Any]:
    match action:
        case "pause":
            return {"phase": Phase.PAUSED, "paused_at": at, "pause_reason": body.get("reason", "")}
        case "resume":
            return {"phase": Phase.INFUSING, "paused_at": None, "as_of": at}
        case "stop":
            return {"phase": Phase.RECOVERY, "stopped_at": at}
        case "screen":
            return {"screening": _screened(body, who, at)}
        case "confirm_order":
            if who.role is not Role.PHYSICIAN:
                raise NotPermitted("an unusual order is confirmed by a physician")
            return {"confirmed": Confirmation(at, who.name, session.asks), "asks": ()}
        case "bolus":
            return {"boluses": (*session.boluses, Bolus(at, Decimal(body["bolus_mg"]), who.name))}
        case "chart":
            return {"charted": (*session.charted, charted_from(body["kind"], body, who.name, at))}
        case "lock_baseline":
            return {"baseline": Baseline(at, who.name, 128, 78, 95, 98, 77, 2)}
    return {}


def _screened(body: dict[str, Any], who: Actor, at: Instant) -> Screening:
    return screening_from(body["indication"], body["answers"], body["confirmed"], body["reason"], who, at)


def _started(chair: ChairView, session: SessionView, body: dict[str, Any], who: Actor, at: Instant) -> SessionView:
    if session.screening and session.screening.bars:
        raise ActionNotAllowed(f"'{session.screening.bars[0]}' bars the start")
    without = tuple(one.text for one in criteria(chair, at) if not one.met)
    return replace(
        session,
        phase=Phase.INFUSING,
        began_at=at,
        as_of=at,
        planned_end_at=at + 90 * MINUTE,
        started=TakenWithout(at, who.name, without, body.get("reason", "")),
    )


def criteria(chair: ChairView, at: Instant) -> tuple[Criterion, ...]:
    """Return what is asked for: before the start of a planned session, or before the way home."""
    session = chair.session
    if session is not None and session.phase is Phase.PLANNED:
        return _readiness(session)
    if session is not None and session.phase is Phase.RECOVERY:
        return _discharge(session, at)
    return ()


def _readiness(session: SessionView) -> tuple[Criterion, ...]:
    screening, charted = session.screening, session.charted
    against = ", ".join((*screening.bars, *screening.warnings)) if screening else ""
    home = screening and not {"escort", "no_driving"}.intersection(screening.unconfirmed)
    drugs = [entry.term for entry in charted if entry.kind == "drug"]
    other = any(entry.kind == "cuff_arm" and entry.term == "other" for entry in charted)
    return (
        Criterion("devices", "Devices bound and live", True),
        Criterion("values", "SpO₂ and heart rate live", True),
        Criterion("baseline", "Baseline locked", session.baseline is not None),
        Criterion(
            "screening", "Questions before the infusion answered", bool(screening and not screening.bars), against
        ),
        *((Criterion("home", "Escort and no driving confirmed", bool(home)),) if screening else ()),
        Criterion("order", "Order confirmed where it is unusual", not session.asks, "; ".join(session.asks)),
        _check("limits_seen", charted),
        _check("sound_heard", charted),
        Criterion(
            "premedication",
            "Premedication charted",
            bool(drugs) or _check("no_premedication", charted).met,
            ", ".join(drugs),
        ),
        Criterion("arms", "Cuff and probe on different arms, or an ECG on", other),
    )


def _discharge(session: SessionView, at: Instant) -> tuple[Criterion, ...]:
    assert session.stopped_at is not None
    since = tuple(entry for entry in session.charted if entry.at >= session.stopped_at)
    gone = (at - session.stopped_at) // MINUTE
    return (
        _level("aldrete", "Aldrete 9 or more", since, lambda level: level >= 9),
        Criterion(
            "pressures", "Pressures within 20 % of the baseline, twice, 10 min apart", True, "126/76, baseline 128/78"
        ),
        _level("moaas", "MOAA/S 5", since, lambda level: level == 5),
        *(_check(code, since) for code in ("oriented", "steady_gait")),
        _level("nausea", "Nausea 0 or 1", since, lambda level: level <= 1),
        _level("dissociation", "Dissociation 0 or 1", since, lambda level: level <= 1),
        Criterion("time", "60 min since the end", gone >= 60, f"{gone} min"),
        *(_check(code, since) for code in ("escort_here", "handout_given")),
    )


def _check(code: str, charted: Iterable[Charted]) -> Criterion:
    last = [entry.level for entry in charted if entry.kind == "check" and entry.term == code][-1:]
    return Criterion(code, CHECKS[code], last == [1])


def _level(code: str, text: str, charted: Iterable[Charted], ready: Any) -> Criterion:
    last = [entry.level for entry in charted if entry.kind == code][-1:]
    return Criterion(
        code, text, bool(last) and ready(last[0]), f"charted {last[0]}" if last else "not charted since the end"
    )
