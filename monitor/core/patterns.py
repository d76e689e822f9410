"""What several facts say together: a trend, no pulse, what people charted beside what is measured, a recovery that lags.

Like ``situations.py`` it keeps nothing and answers from present facts alone.
"""

from collections.abc import Iterator

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter
from monitor.core.changes import Phase
from monitor.core.charting import DISTRESS, PRESSURE_SYMPTOMS, last_moaas, moaas, side_effects
from monitor.core.conditions import CONDITIONS, HIGH, LOW, MEDIUM
from monitor.core.devices import SECOND_US
from monitor.core.present import Present
from monitor.core.situations import Situation, pulse_lost_due
from monitor.core.words import Number, number

TREND_PER_READING, TREND_OVER = 5, 1.15
DEEP, DROWSY = 3, 4
SLOW_BREATHING, LOW_SPO2 = 10, 92
RISE, SURGE = 1.20, 1.30
PRESSURE, SURE_PRESSURE = 160, 180
BRAIN_HR, BRAIN_SBP = 50, 170


def trend(present: Present, at: Instant) -> Iterator[Situation]:
    """R10. Silent: it comes before a limit."""
    readings, own = present.cuff.readings, _own_systolic(present)
    if present.is_running and len(readings) == 3 and own is not None:
        first, _, last = (reading.systolic for reading in readings)
        if last - first >= 2 * TREND_PER_READING and last >= TREND_OVER * own:
            text = f"SBP rising, {number(last)} from {number(first)} in three readings"
            yield Situation("sbp", ((LOW, readings[-1].at, text),), Parameter.NIBP_SYS)
    spo2 = present.vitals.known(Parameter.SPO2)
    if present.is_running and present.vitals.trail.falls and spo2 is not None:
        yield Situation("spo2", ((LOW, 0, "SpO₂ falling for 4 min"),), Parameter.SPO2, from_when_seen=True)


def pulse_lost(present: Present, at: Instant) -> Iterator[Situation]:
    """R12."""
    due = pulse_lost_due(present, at)
    if due is not None:
        yield Situation("", ((HIGH, due, "No pulse and no SpO₂"),), Parameter.PR)


def over_sedation(present: Present, at: Instant) -> Iterator[Situation]:
    """R13."""
    level = _moaas(present, at)
    if level is None or level > DEEP:
        return
    rr, spo2 = present.vitals.known(Parameter.RR), present.vitals.known(Parameter.SPO2)
    slow = f"RR {number(rr)}" if rr is not None and rr < SLOW_BREATHING else ""
    low = f"SpO₂ {number(spo2)}" if spo2 is not None and spo2 < LOW_SPO2 else ""
    if slow or low:
        yield _held("over_sedation", f"MOAA/S {level} and {slow or low}")


def pressure_symptom(present: Present, at: Instant) -> Iterator[Situation]:
    """R14. Without a baseline the rise counts as there."""
    last, own = present.cuff.last, _own_systolic(present)
    symptoms = sorted(PRESSURE_SYMPTOMS.intersection(_side_effects(present, at)))
    if last is None or not symptoms:
        return
    risen = own is None or last.systolic >= RISE * own
    if last.systolic >= SURE_PRESSURE or (last.systolic >= PRESSURE and risen):
        yield _held("pressure_symptom", f"SBP {number(last.systolic)} and {symptoms[0]}")


def distress(present: Present, at: Instant) -> Iterator[Situation]:
    """R15. Only with a baseline: a rate alone has rules of its own."""
    severe = sorted(term for term, how in _side_effects(present, at).items() if how == "severe" and term in DISTRESS)
    rate, own = present.vitals.heart_rate()[1], None if present.baseline is None else present.baseline.hr
    if severe and rate is not None and own is not None and rate >= SURGE * own:
        yield _held("distress", f"Severe {severe[0]} and HR {number(rate)}, baseline {number(own)}", Parameter.HR)


def brain_pressure(present: Present, at: Instant) -> Iterator[Situation]:
    """R16."""
    level, last, rate = _moaas(present, at), present.cuff.last, present.vitals.heart_rate()[1]
    if level is None or level > DROWSY or last is None or rate is None:
        return
    if rate < BRAIN_HR and last.systolic >= BRAIN_SBP:
        yield _held("brain_pressure", f"HR {number(rate)}, SBP {number(last.systolic)}, MOAA/S {level}")


def not_recovering(present: Present, at: Instant) -> Iterator[Situation]:
    """R17."""
    session, last, own = present.session, present.cuff.last, _own_systolic(present)
    if session is None or session.phase is not Phase.RECOVERY or session.stopped_at is None:
        return
    drowsy = last_moaas(session.charted)
    why = []
    if last is not None and own is not None and last.systolic >= RISE * own:
        why.append(f"SBP {number(last.systolic)}, baseline {number(own)}")
    if drowsy is not None and drowsy.level is not None and drowsy.level <= DROWSY:
        why.append(f"MOAA/S {drowsy.level}")
    if why:
        delay = CONDITIONS["not_recovering"].delay_us
        words = f"since the infusion ended: {', '.join(why)}"
        met = tuple(
            (step, session.stopped_at + delay(step), f"{delay(step) // SECOND_US // 60} min {words}")
            for step in (LOW, MEDIUM)
        )
        yield Situation("", met)


def unattended(present: Present, at: Instant) -> Iterator[Situation]:
    """R18. What counts is what people do here; the software itself attends nobody."""
    session = present.session
    if session is None or session.phase not in (Phase.INFUSING, Phase.PAUSED):
        return
    assert session.began_at is not None
    due = max(session.began_at, present.attended_at) + CONDITIONS["unattended"].delay_us(LOW)
    yield Situation("", ((LOW, due, "Nobody has charted or done anything here for 20 min"),))


def _held(code: str, text: str, parameter: Parameter | None = None) -> Situation:
    """What must hold for the delay of its condition, from when it was first seen."""
    step = CONDITIONS[code].steps[0]
    return Situation("", ((step.priority, step.delay_s * SECOND_US, text),), parameter, from_when_seen=True)


def _own_systolic(present: Present) -> Number | None:
    return None if present.baseline is None else present.baseline.systolic


def _moaas(present: Present, at: Instant) -> int | None:
    return None if present.session is None or not present.is_running else moaas(present.session.charted, at)


def _side_effects(present: Present, at: Instant) -> dict[str, str]:
    return {} if present.session is None or not present.is_running else side_effects(present.session.charted, at)
