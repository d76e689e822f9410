"""From IntelliVue numerics to readings: one a set for what is measured all the time, one a determination for the cuff."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drivers._intellivue_messages import Cursor, Polled
from drivers._intellivue_sets import ResultSet
from drivers._intellivue_statuses import Statuses
from drivers._intellivue_values import Observed, absolute_time, observed, observed_list, ticks_between
from drivers._intellivue_wire import TICKS_PER_SECOND, Attribute, Physio, State, UnitCode
from drivers.base.observations import Instant, Numeric, Observation, Reading
from drivers.base.vocabulary import UNITS, Parameter, Quality, StatusCode, Unit

MAX_AGE_US = 120_000_000
"""A determination that is older, or of unknown age, when the first set comes is told as held: it was made before."""
MAX_AGE_WATCHED_US = 900_000_000
"""The same for one that turns up later, as from a module that was moved here: a clock may be some minutes off."""
IMPLAUSIBLE = 10_000
"""No numeric of ours comes near; such a number is not a value."""

CONTINUOUS = {
    Parameter.HR: (Physio.HEART_RATE,),
    Parameter.SPO2: (Physio.SPO2,),
    Parameter.PR: (Physio.PULSE,),
    Parameter.PI: (Physio.PERFUSION,),
    Parameter.RR: (Physio.RESPIRATORY_RATE, Physio.AIRWAY_RESPIRATORY_RATE),
    Parameter.ETCO2: (Physio.ETCO2,),
    Parameter.TEMPERATURE: (
        Physio.TEMPERATURE_CORE,
        Physio.TEMPERATURE_OESOPHAGEAL,
        Physio.TEMPERATURE_NASOPHARYNGEAL,
        Physio.TEMPERATURE_RECTAL,
        Physio.TEMPERATURE,
    ),
}
"""What a parameter may be measured as: the first that has a value is taken."""
CUFF = {
    Parameter.NIBP_SYS: Physio.NIBP_SYSTOLIC,
    Parameter.NIBP_DIA: Physio.NIBP_DIASTOLIC,
    Parameter.NIBP_MEAN: Physio.NIBP_MEAN,
}

_KNOWN_UNITS = {
    Unit.PER_MIN: {
        UnitCode.BEATS_PER_MINUTE,
        UnitCode.PULSES_PER_MINUTE,
        UnitCode.BREATHS_PER_MINUTE,
        UnitCode.PER_MINUTE,
    },
    Unit.PERCENT: {UnitCode.PERCENT},
    Unit.MMHG: {UnitCode.MMHG},
    Unit.CELSIUS: {UnitCode.CELSIUS},
}
_MMHG_PER_KPA = 7.50062


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What surrounds a set: why a parameter may be missing, the marks that go on every value, and whether it is live.

    In a recording nothing is older than it should be.
    """

    at: Instant
    reasons: Mapping[Parameter, Quality]
    marks: tuple[Quality, ...]
    live: bool


class Numerics:
    """What the numerics of one monitor last said."""

    def __init__(self, statuses: Statuses) -> None:
        self._statuses = statuses
        self._usable: dict[Parameter, bool] = {}
        self._charted: object = None
        self._watching = False
        self._clock: tuple[datetime, int] | None = None
        self.demo = False
        self.test = False

    def set_clock(self, now: datetime, ticks: int) -> None:
        """The monitor's own clock showed ``now`` at relative time ``ticks``."""
        self._clock = (now, ticks)

    def forget(self) -> None:
        """A new association: the clock is not what it was. The last determination is remembered, lest it come twice."""
        self._usable.clear()
        self._watching = False
        self._clock = None

    def has_value(self, parameter: Parameter) -> bool:
        """Whether the parameter last came with a usable value."""
        return self._usable.get(parameter, False)

    def take(self, results: ResultSet, around: Circumstances) -> list[Observation]:
        """Turn a set into readings."""
        values: dict[int, Observed] = {}
        cuff: Polled | None = None
        for polled in results.objects:
            found = _values(polled)
            values.update(found)
            if not found.keys().isdisjoint(CUFF.values()):
                cuff = polled
        if not values:
            return []  # context alone, as the first result of a poll brings it: it says nothing of values
        self.demo = any(value.state & State.DEMO for value in values.values())
        self.test = any(value.state & State.TEST for value in values.values())
        said = self._continuous(values, results.complete, around)
        if cuff is not None:
            said += self._cuff(values, _Stamp.of(cuff, results.ticks), around)
        self._watching = self._watching or results.complete
        return said

    def _continuous(self, values: Mapping[int, Observed], complete: bool, around: Circumstances) -> list[Observation]:
        numerics = []
        for parameter, physios in CONTINUOUS.items():
            present = [values[physio] for physio in physios if physio in values]
            if not present and not (complete and self.has_value(parameter)):
                continue
            offered = [_numeric(parameter, value, around) for value in present] or [_missing(parameter, around)]
            best = next((numeric for numeric in offered if numeric.value is not None), offered[0])
            self._usable[parameter] = best.value is not None
            numerics.append(best)
        return [Reading(around.at, tuple(numerics))] if numerics else []

    def _cuff(self, values: Mapping[int, Observed], stamp: "_Stamp", around: Circumstances) -> list[Observation]:
        parts = {parameter: values[physio] for parameter, physio in CUFF.items() if physio in values}
        if any(part.state & (State.ONGOING | State.EARLY) for part in parts.values()):
            return [*self._statuses.enter(around.at, StatusCode.MEASURING, "The cuff is measuring")]
        said: list[Observation] = [*self._statuses.leave(around.at, StatusCode.MEASURING)]
        numerics = tuple(_numeric(parameter, part, around) for parameter, part in parts.items())
        determination = (stamp.raw, tuple(numeric.value for numeric in numerics))
        if all(numeric.value is None for numeric in numerics) or determination == self._charted:
            return said
        self._charted = determination
        taken = stamp.time(self._clock)
        age_us = self._age_us(taken, stamp.ticks)
        at = around.at
        if around.live and self._is_old(age_us):
            numerics = tuple(replace(numeric, quality=(*numeric.quality, Quality.HELD)) for numeric in numerics)
        elif around.live and not self._watching and age_us is not None:
            at -= max(0, age_us)
        device_time = taken.isoformat() if taken else None
        return [*said, Reading(at, numerics, spot=True, device_time=device_time)]

    def _age_us(self, taken: datetime | None, ticks: int) -> int | None:
        """Return how long ago the monitor took it, both times by its own clock."""
        if taken is None or self._clock is None:
            return None
        now, then = self._clock
        return (now - taken) // timedelta(microseconds=1) + ticks_between(then, ticks) * 1_000_000 // TICKS_PER_SECOND

    def _is_old(self, age_us: int | None) -> bool:
        if age_us is None:
            return not self._watching
        return age_us > (MAX_AGE_WATCHED_US if self._watching else MAX_AGE_US)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """When a determination was made, as the monitor tells it, and the relative time of telling."""

    raw: tuple[bytes, bytes]
    ticks: int

    @classmethod
    def of(cls, polled: Polled, ticks: int) -> "_Stamp":
        absolute = polled.attributes.get(Attribute.VALUE_TIME, b"")
        return cls((absolute, polled.attributes.get(Attribute.VALUE_TICKS, b"")), ticks)

    def time(self, clock: tuple[datetime, int] | None) -> datetime | None:
        """Return the time on the monitor's own clock, if that can be told."""
        absolute, relative = self.raw
        told = absolute_time(absolute)
        if told is not None or clock is None or len(relative) != 4 or relative == b"\xff\xff\xff\xff":
            return told
        now, then = clock
        seconds = ticks_between(then, int.from_bytes(relative, "big")) // TICKS_PER_SECOND
        return now + timedelta(seconds=seconds)


def _values(polled: Polled) -> dict[int, Observed]:
    simple = polled.attributes.get(Attribute.NUMERIC_VALUE)
    compound = polled.attributes.get(Attribute.COMPOUND_VALUE)
    values = [*observed_list(compound)] if compound is not None else []
    if simple is not None:
        values.append(observed(Cursor(simple)))
    return {value.physio: value for value in values}


def _numeric(parameter: Parameter, seen: Observed, around: Circumstances) -> Numeric:
    value = _converted(parameter, seen.value, seen.unit)
    quality = []
    if value is None:
        quality.append(around.reasons.get(parameter, Quality.INVALID))
    elif seen.state & State.QUESTIONABLE:
        quality.append(Quality.QUESTIONABLE)
    for bit, mark in ((State.DEMO, Quality.DEMO), (State.TEST, Quality.TEST)):
        if seen.state & bit or mark in around.marks:
            quality.append(mark)
    return Numeric(parameter, value, tuple(quality))


def _missing(parameter: Parameter, around: Circumstances) -> Numeric:
    return Numeric(parameter, None, (around.reasons.get(parameter, Quality.INVALID), *around.marks))


def _converted(parameter: Parameter, value: int | float | None, unit: int) -> int | float | None:
    """Return a value in the parameter's unit; None where the unit does not fit: never a number of another scale."""
    if value is None or abs(value) > IMPLAUSIBLE:
        return None
    wanted = UNITS[parameter]
    if unit in _KNOWN_UNITS[wanted] or (parameter is Parameter.PI and unit == UnitCode.DIMENSIONLESS):
        return value
    if wanted is Unit.MMHG and unit == UnitCode.KILOPASCAL:
        return round(value * _MMHG_PER_KPA)
    if wanted is Unit.CELSIUS and unit == UnitCode.FAHRENHEIT:
        return round((value - 32) / 1.8, 1)
    return None
