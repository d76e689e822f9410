"""What is asked for before an infusion begins, and before a patient goes home: what is met, and what is not.

Nothing here bars a step, and nothing says that a patient may begin or go: a person decides, and signs (clinical §2.7.12, §3.3).
"""

from collections.abc import Iterable
from decimal import Decimal

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter
from monitor.core.baseline import in_words, measured, wanting
from monitor.core.changes import Baseline, Charted, Criterion, Phase
from monitor.core.chartable import CHECKS
from monitor.core.charting import last_moaas, same_arm
from monitor.core.cuff import NEAR_PERCENT, Cuff
from monitor.core.present import Present
from monitor.core.scores import READY
from monitor.core.session import Session

MINUTE_US = 60_000_000
APART_US = 10 * MINUTE_US
LOW_TIER_MG_KG = Decimal("0.5")
LOW_TIER_MIN, PAIN_TIER_MIN = 30, 60
"""Minutes of recovery: up to 0.5 mg/kg given, and above (clinical §3.3, clinic gate; §1.3 for the tiers). A protocol may ask for more."""

RECOVERY_CHECK_MIN, LATE_MIN = 15, 3
"""How often the pressure is measured in recovery (clinical §1.3, tier R), and how late it may be (§2.4, as for the overdue cuff)."""


def criteria(present: Present, at: Instant) -> tuple[Criterion, ...]:
    """Return what is asked for before the next step: the start of a planned session, or the way home from recovery."""
    session = present.session
    if session is not None and session.phase is Phase.PLANNED:
        return readiness(present, session, at)
    if session is not None and session.phase is Phase.RECOVERY:
        return discharge(present, session, at)
    return ()


def readiness(present: Present, session: Session, at: Instant) -> tuple[Criterion, ...]:
    """Return what is asked for before the start of a planned session."""
    return (
        *_devices(present),
        _baseline(present, session, at),
        *_screening(session),
        _order(session),
        _checked("limits_seen", session),
        _checked("sound_heard", session),
        _premedication(session),
        _arms(present, session),
    )


def _devices(present: Present) -> tuple[Criterion, ...]:
    silent = [line.label for line in present.lines.values() if line.down_since() is not None or line.bond.refused]
    spo2, heart = present.vitals.known(Parameter.SPO2), present.vitals.heart_rate()[1]
    missing = [name for name, value in (("SpO₂", spo2), ("heart rate", heart)) if value is None]
    return (
        Criterion("devices", "Devices bound and live", not silent, f"not heard: {', '.join(silent)}" if silent else ""),
        Criterion(
            "values", "SpO₂ and heart rate live", not missing, f"missing: {', '.join(missing)}" if missing else ""
        ),
    )


def _baseline(present: Present, session: Session, at: Instant) -> Criterion:
    locked = session.baseline
    if locked is not None:
        return Criterion("baseline", "Baseline locked", True, f"{in_words(locked)}, by {locked.by}")
    if missing := wanting(present, session, at):
        return Criterion("baseline", "Baseline locked", False, f"missing: {'; '.join(missing)}")
    ready = in_words(measured(present, session, "", "", at))
    return Criterion("baseline", "Baseline locked", False, f"measured, to be locked: {ready}")


def _screening(session: Session) -> tuple[Criterion, ...]:
    screening = session.screening
    if screening is None:
        return (Criterion("screening", "Questions before the infusion answered", False),)
    against = ", ".join((*screening.bars, *screening.warnings))
    if screening.overridden_by:
        against = f"{against}; overridden by {screening.overridden_by}: {screening.reason}"
    home = not {"escort", "no_driving"}.intersection(screening.unconfirmed)
    return (
        Criterion("screening", "Questions before the infusion answered", not screening.bars, against),
        Criterion("home", "Escort and no driving confirmed", home),
    )


def _order(session: Session) -> Criterion:
    asks = session.asks()
    return Criterion("order", "Order confirmed where it is unusual", not asks, "; ".join(asks))


def _premedication(session: Session) -> Criterion:
    given = [f"{entry.term} {entry.text}".strip() for entry in session.charted if entry.kind == "drug"]
    met = bool(given) or is_checked("no_premedication", session.charted)
    return Criterion("premedication", "Premedication charted", met, ", ".join(given))


def _arms(present: Present, session: Session) -> Criterion:
    told = any(entry.kind == "cuff_arm" for entry in session.charted)
    ecg = present.vitals.known(Parameter.HR) is not None
    met = ecg or (told and not same_arm(session.charted))
    return Criterion("arms", "Cuff and probe on different arms, or an ECG on", met)


def _checked(code: str, session: Session) -> Criterion:
    return Criterion(code, CHECKS[code], is_checked(code, session.charted))


def is_checked(code: str, charted: Iterable[Charted]) -> bool:
    """Whether the newest word about a check is that it was made."""
    last = next((entry for entry in reversed(tuple(charted)) if entry.kind == "check" and entry.term == code), None)
    return last is not None and last.level == 1


def discharge(present: Present, session: Session, at: Instant) -> tuple[Criterion, ...]:
    """Return what is asked for before a patient in recovery goes home."""
    assert session.stopped_at is not None
    since = tuple(entry for entry in session.charted if entry.at >= session.stopped_at)
    alert = last_moaas(since)
    return (
        _score(since),
        _pressures(session.baseline, present.cuff),
        _measured(session, present.cuff, at),
        Criterion("moaas", "MOAA/S 5", alert is not None and alert.level == 5, _level(alert)),
        *(Criterion(code, CHECKS[code], is_checked(code, since)) for code in ("oriented", "steady_gait")),
        *(_at_most_one(code, name, since) for code, name in (("nausea", "Nausea"), ("dissociation", "Dissociation"))),
        _time(session, at),
        *(Criterion(code, CHECKS[code], is_checked(code, since)) for code in ("escort_here", "handout_given")),
    )


def _score(since: tuple[Charted, ...]) -> Criterion:
    last = _last("aldrete", since)
    return Criterion(
        "aldrete", f"Aldrete {READY} or more", last is not None and (last.level or 0) >= READY, _level(last)
    )


def _at_most_one(code: str, name: str, since: tuple[Charted, ...]) -> Criterion:
    last = _last(code, since)
    return Criterion(code, f"{name} 0 or 1", last is not None and (last.level or 0) <= 1, _level(last))


def _pressures(baseline: Baseline | None, cuff: Cuff) -> Criterion:
    text = f"Pressures within {NEAR_PERCENT} % of the baseline, twice, 10 min apart"
    if baseline is None:
        return Criterion("pressures", text, False, "no baseline is locked")
    near_since, readings = cuff.returned_at(baseline), cuff.recovering
    met = near_since is not None and readings[-1].at - near_since >= APART_US
    last = f"{readings[-1].systolic:g}/{readings[-1].diastolic:g}" if readings else "no reading in recovery"
    return Criterion("pressures", text, met, f"{last}, baseline {baseline.systolic:g}/{baseline.diastolic:g}")


def _measured(session: Session, cuff: Cuff, at: Instant) -> Criterion:
    """Whether the pressure is known as of now: an old one says nothing of who is about to go home."""
    text = f"Pressure measured in the last {RECOVERY_CHECK_MIN} min"
    if not cuff.recovering:
        return Criterion("recovery_check", text, False, "no reading in recovery")
    gone = (at - cuff.recovering[-1].at) // MINUTE_US
    return Criterion("recovery_check", text, gone < RECOVERY_CHECK_MIN + LATE_MIN, f"{gone} min ago")


def _time(session: Session, at: Instant) -> Criterion:
    assert session.stopped_at is not None
    given = PAIN_TIER_MIN if session.dose(at) > session.plan.weight_kg * LOW_TIER_MG_KG else LOW_TIER_MIN
    minutes = given if session.protocol is None else max(given, session.protocol.recovery_min)
    gone = (at - session.stopped_at) // MINUTE_US
    return Criterion("time", f"{minutes} min since the end", gone >= minutes, f"{gone} min")


def _last(kind: str, charted: tuple[Charted, ...]) -> Charted | None:
    return next((entry for entry in reversed(charted) if entry.kind == kind), None)


def _level(entry: Charted | None) -> str:
    return "not charted since the end" if entry is None else f"charted {entry.level}"
