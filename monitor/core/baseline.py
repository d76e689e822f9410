"""The patient's own values before the infusion: from what they are taken, and what is still missing for them.

Once locked they never move by themselves: a baseline that followed, or one of a single anxious reading, would make every relative
limit blind (clinical §2.3, notes).
"""

from statistics import median

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter
from monitor.core.changes import Baseline
from monitor.core.cuff import CuffReading
from monitor.core.devices import SECOND_US
from monitor.core.present import Present
from monitor.core.session import Session
from monitor.core.words import Number
from monitor.errors import ActionNotAllowed

READINGS_APART_US = 180 * SECOND_US


def measured(present: Present, session: Session, by: str, reason: str, at: Instant) -> Baseline:
    """Make the baseline of what was measured since admission; raises ``ActionNotAllowed`` naming all that is missing.

    Pressures are the median of at least two readings that span at least 3 min; SpO2 and heart rate the mean of the last two
    minutes, in which nothing may be missing or flagged.
    """
    readings, spo2, heart = _resting(present, session), _spo2(present, at), _heart(present, at)
    missing = wanting(present, session, at)
    if missing or spo2 is None or heart is None:
        raise ActionNotAllowed(f"the baseline is not complete; missing: {', '.join(missing)}")
    return Baseline(
        at=at,
        by=by,
        systolic=_middle([reading.systolic for reading in readings]),
        diastolic=_middle([reading.diastolic for reading in readings]),
        mean=_middle_or_none([reading.mean for reading in readings]),
        spo2=_tidy(spo2),
        hr=round(heart),
        readings=len(readings),
        reason=reason,
    )


def wanting(present: Present, session: Session, at: Instant) -> list[str]:
    """What a measured baseline still wants, in words; nothing once it can be locked."""
    missing = _missing_readings(_resting(present, session))
    missing += [] if _spo2(present, at) is not None else ["two minutes of SpO₂ without a flag or a gap"]
    missing += [] if _heart(present, at) is not None else ["two minutes of heart rate without a flag or a gap"]
    return missing


def in_words(baseline: Baseline) -> str:
    """Its figures: "118/74, SpO₂ 98, HR 72"."""
    parts = [f"{baseline.systolic}/{baseline.diastolic}"]
    parts += [] if baseline.spo2 is None else [f"SpO₂ {baseline.spo2}"]
    parts += [] if baseline.hr is None else [f"HR {baseline.hr}"]
    return ", ".join(parts)


def _resting(present: Present, session: Session) -> list[CuffReading]:
    return [reading for reading in present.cuff.resting if reading.at >= session.admitted_at]


def _spo2(present: Present, at: Instant) -> float | None:
    return present.vitals.calm_mean(Parameter.SPO2, at)


def _heart(present: Present, at: Instant) -> float | None:
    heart = present.vitals.calm_mean(Parameter.HR, at)
    return present.vitals.calm_mean(Parameter.PR, at) if heart is None else heart


def _missing_readings(readings: list[CuffReading]) -> list[str]:
    if len(readings) < 2:
        return [f"two NIBP readings at least 3 min apart (there is {len(readings) or 'none'})"]
    if readings[-1].at - readings[0].at < READINGS_APART_US:
        return ["an NIBP reading at least 3 min after the first"]
    return []


def _middle(values: list[Number]) -> Number:
    return _tidy(median(values))


def _middle_or_none(values: list[Number | None]) -> Number | None:
    known = [value for value in values if value is not None]
    return _middle(known) if len(known) == len(values) else None


def _tidy(value: float) -> Number:
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded
