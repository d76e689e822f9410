"""What several facts say together: a trend, no pulse, what people charted beside what is measured, a recovery that lags.

Like ``situations.py`` it keeps nothing and answers from present facts alone.
"""

from collections.abc import Iterator

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import Phase
from monitor.core.charting import DISTRESS, PRESSURE_SYMPTOMS, last_moaas, moaas, side_effects
from monitor.core.present import Present
from monitor.core.settings import (
    BRAIN_DROWSY,
    BRAIN_HOLDS,
    BRAIN_HR,
    BRAIN_SBP,
    CHARTED,
    DEEP,
    DEEP_HOLDS,
    HIGH,
    LOW,
    LOW_SPO2,
    MEDIUM,
    PRESSURE,
    PRESSURE_RISE,
    RECOVERY_DROWSY,
    RECOVERY_LOW,
    RECOVERY_MEDIUM,
    RECOVERY_RISE,
    SLOW_BREATHING,
    SURE_PRESSURE,
    SURGE,
    SURGE_HOLDS,
    TREND_MINUTES,
    TREND_OVER,
    TREND_PER_READING,
    TREND_READINGS,
    UNATTENDED,
    Setting,
)
from monitor.core.situations import Situation, pulse_lost_due
from monitor.core.words import Number, number

_COUNTS = {3: "three", 4: "four", 5: "five"}


def trend(present: Present, at: Instant) -> Iterator[Situation]:
    """R10. Silent: it comes before a limit."""
    numbers, own = present.numbers, _own_systolic(present)
    many = numbers.whole(TREND_READINGS)
    readings = present.cuff.readings[-many:]
    if present.is_running and len(readings) == many and own is not None:
        first, last = readings[0].systolic, readings[-1].systolic
        rise = (many - 1) * numbers[TREND_PER_READING]
        if last - first >= rise and last >= numbers.over(TREND_OVER) * own:
            text = f"SBP rising, {number(last)} from {number(first)} in {_COUNTS[many]} readings"
            yield Situation("sbp", ((LOW, readings[-1].at, text),), Parameter.NIBP_SYS)
    spo2 = present.vitals.known(Parameter.SPO2)
    if present.is_running and present.vitals.trail.falls and spo2 is not None:
        text = f"SpO₂ falling for {numbers.words(TREND_MINUTES)} min"
        yield Situation("spo2", ((LOW, 0, text),), Parameter.SPO2, from_when_seen=True)


def pulse_lost(present: Present, at: Instant) -> Iterator[Situation]:
    """R12."""
    due = pulse_lost_due(present, at)
    if due is not None:
        yield Situation("", ((HIGH, due, "No pulse and no SpO₂"),), Parameter.PR)


def over_sedation(present: Present, at: Instant) -> Iterator[Situation]:
    """R13."""
    level, numbers = _moaas(present, at), present.numbers
    if level is None or level > numbers[DEEP]:
        return
    rr, spo2 = present.vitals.known(Parameter.RR), present.vitals.known(Parameter.SPO2)
    slow = f"RR {number(rr)}" if rr is not None and rr < numbers[SLOW_BREATHING] else ""
    low = f"SpO₂ {number(spo2)}" if spo2 is not None and spo2 < numbers[LOW_SPO2] else ""
    if slow or low:
        yield _held(HIGH, present, DEEP_HOLDS, f"MOAA/S {level} and {slow or low}")


def pressure_symptom(present: Present, at: Instant) -> Iterator[Situation]:
    """R14. Without a baseline the rise counts as there."""
    last, own = present.cuff.last, _own_systolic(present)
    symptoms = sorted(PRESSURE_SYMPTOMS.intersection(_side_effects(present, at)))
    if last is None or not symptoms:
        return
    numbers = present.numbers
    risen = own is None or last.systolic >= numbers.over(PRESSURE_RISE) * own
    if last.systolic >= numbers[SURE_PRESSURE] or (last.systolic >= numbers[PRESSURE] and risen):
        text = f"SBP {number(last.systolic)} and {symptoms[0]}"
        yield Situation("", ((HIGH, 0, text),), from_when_seen=True)


def distress(present: Present, at: Instant) -> Iterator[Situation]:
    """R15. Only with a baseline: a rate alone has rules of its own."""
    severe = sorted(term for term, how in _side_effects(present, at).items() if how == "severe" and term in DISTRESS)
    rate, own = present.vitals.heart_rate()[1], None if present.baseline is None else present.baseline.hr
    if severe and rate is not None and own is not None and rate >= present.numbers.over(SURGE) * own:
        text = f"Severe {severe[0]} and HR {number(rate)}, baseline {number(own)}"
        yield _held(MEDIUM, present, SURGE_HOLDS, text, Parameter.HR)


def brain_pressure(present: Present, at: Instant) -> Iterator[Situation]:
    """R16."""
    level, last, rate = _moaas(present, at), present.cuff.last, present.vitals.heart_rate()[1]
    numbers = present.numbers
    if level is None or level > numbers[BRAIN_DROWSY] or last is None or rate is None:
        return
    if rate < numbers[BRAIN_HR] and last.systolic >= numbers[BRAIN_SBP]:
        yield _held(HIGH, present, BRAIN_HOLDS, f"HR {number(rate)}, SBP {number(last.systolic)}, MOAA/S {level}")


def not_recovering(present: Present, at: Instant) -> Iterator[Situation]:
    """R17."""
    session, last, own = present.session, present.cuff.last, _own_systolic(present)
    if session is None or session.phase is not Phase.RECOVERY or session.stopped_at is None:
        return
    drowsy, numbers = last_moaas(session.charted), present.numbers
    why = []
    if last is not None and own is not None and last.systolic >= numbers.over(RECOVERY_RISE) * own:
        why.append(f"SBP {number(last.systolic)}, baseline {number(own)}")
    if drowsy is not None and drowsy.level is not None and drowsy.level <= numbers[RECOVERY_DROWSY]:
        why.append(f"MOAA/S {drowsy.level}")
    if why:
        words = f"since the infusion ended: {', '.join(why)}"
        met = tuple(
            (step, session.stopped_at + numbers.us(after), f"{numbers.words(after)} min {words}")
            for step, after in ((LOW, RECOVERY_LOW), (MEDIUM, RECOVERY_MEDIUM))
        )
        yield Situation("", met)


def unattended(present: Present, at: Instant) -> Iterator[Situation]:
    """R18. What counts is what people do here; the software itself attends nobody."""
    session = present.session
    if session is None or session.phase not in (Phase.INFUSING, Phase.PAUSED):
        return
    assert session.began_at is not None
    due = max(session.began_at, present.attended_at) + present.numbers.us(UNATTENDED)
    text = f"Nobody has charted or done anything here for {present.numbers.words(UNATTENDED)} min"
    yield Situation("", ((LOW, due, text),))


def _held(
    priority: Priority, present: Present, holds: Setting, text: str, parameter: Parameter | None = None
) -> Situation:
    """What must hold for a while, from when it was first seen."""
    return Situation("", ((priority, present.numbers.us(holds), text),), parameter, from_when_seen=True)


def _own_systolic(present: Present) -> Number | None:
    return None if present.baseline is None else present.baseline.systolic


def _moaas(present: Present, at: Instant) -> int | None:
    if present.session is None or not present.is_running:
        return None
    return moaas(present.session.charted, at, present.numbers.us(CHARTED))


def _side_effects(present: Present, at: Instant) -> dict[str, str]:
    if present.session is None or not present.is_running:
        return {}
    return side_effects(present.session.charted, at, present.numbers.us(CHARTED))
