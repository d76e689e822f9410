"""The newest values of a chair: value, source, age, and since when one is unknown. Decides no alarm.

A value passes the quality gate or counts as missing (clinical §2.5); what was rejected stays in the reading as the
device said it. A continuous value is unknown once it is stale and blank some time later; a spot value keeps its age.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from drivers.base.observations import Instant, Numeric, Reading
from drivers.base.vocabulary import Parameter, Quality
from monitor.core.changes import Vital
from monitor.core.numbers import SHIPPED, Numbers
from monitor.core.settings import BLANK, PULSE_FAINT, PULSE_FAINT_BACK, PULSE_FAINT_HOLDS, TREND_FALL, TREND_MINUTES
from monitor.core.trail import Calm, Trail

PLAUSIBLE = {
    Parameter.SPO2: (50, 100),
    Parameter.HR: (20, 300),
    Parameter.PR: (20, 300),
    Parameter.RR: (0, 150),
    Parameter.PI: (0, 100),
    Parameter.NIBP_SYS: (40, 270),
    Parameter.NIBP_DIA: (10, 215),
    Parameter.ETCO2: (0, 150),
}
"""Clinical §2.5; what is outside counts as missing."""

NOT_A_VALUE = frozenset(
    {Quality.SENSOR_OFF, Quality.NO_SENSOR, Quality.LEADS_OFF, Quality.SEARCHING, Quality.INVALID, Quality.HELD}
)
"""Flags that make a number no measurement of now. Others only make it doubtful: it is shown flagged, and watched."""

FROM_PULSE = frozenset({Parameter.SPO2, Parameter.PR})
"""A low perfusion index flags what comes from the pulse; it rejects nothing (clinical §2.3 line 14, §2.7.7)."""

_MADE_UP = frozenset({Quality.DEMO, Quality.TEST})

NIBP = (Parameter.NIBP_SYS, Parameter.NIBP_DIA, Parameter.NIBP_MEAN)


class Vitals:
    """The newest values. A spot value never takes the place of a continuous one, unless that has gone and its device now makes spot checks.

    ``fresh_us``: how long a continuous value of a device lasts; devices in order of preference. ``shape`` counts up whenever more
    than the number of a continuous value has become another: whether it is there, whose it is, its flags, whether it falls.
    """

    def __init__(self, fresh_us: Mapping[str, int], at: Instant, numbers: Numbers = SHIPPED) -> None:
        self._fresh_us = fresh_us
        self._preference = {device: place for place, device in enumerate(fresh_us)}
        self._begun = at
        self._unknown_since: dict[Parameter, Instant] = {}
        self._armed: dict[Parameter, Instant] = {}
        self._next_armed: Instant | None = None
        self.values: dict[Parameter, Vital] = {}
        self.seen: frozenset[Parameter] = frozenset()
        self.shape = 0
        self.trail = Trail(numbers.whole(TREND_MINUTES), float(numbers.exact(TREND_FALL)))
        self._calm = {parameter: Calm() for parameter in (Parameter.SPO2, Parameter.HR, Parameter.PR)}
        self._faint_since: Instant | None = None
        self._faint = float(numbers.exact(PULSE_FAINT))
        self._faint_no_more = float(numbers.exact(PULSE_FAINT) + numbers.exact(PULSE_FAINT_BACK))
        self._faint_after_us, self._blank_after_us = numbers.us(PULSE_FAINT_HOLDS), numbers.us(BLANK)

    def take(self, device: str, reading: Reading, at: Instant) -> tuple[Vital, ...]:
        """Take the values of a reading; return the vitals that it replaced."""
        spot = reading.spot or any(numeric.parameter in NIBP for numeric in reading.numerics)
        if spot:
            at = min(reading.at, at)
        prevailing = [numeric for numeric in _gate(reading.numerics) if self._prevails(device, numeric, spot, at)]
        return tuple(self._put(device, numeric, at, spot) for numeric in prevailing)

    def keep(self, spots: Iterable[Vital], seen: Iterable[Parameter]) -> None:
        """Take over what survives a gap: spot values, shown with their age, and which parameters had come at all."""
        self.values.update({vital.parameter: vital for vital in spots})
        self.seen |= frozenset(seen)

    def spots(self) -> tuple[Vital, ...]:
        return tuple(vital for vital in self.values.values() if vital.spot)

    def known(self, parameter: Parameter) -> int | float | None:
        """Return the present value: continuous, valid and not stale, else None."""
        vital = self.values.get(parameter)
        return None if vital is None or vital.spot or parameter in self._unknown_since else vital.value

    def unknown_since(self, parameter: Parameter) -> Instant | None:
        """Return since when no continuous value has been known; None while one is."""
        vital = self.values.get(parameter)
        if vital is None or vital.spot:
            return self._unknown_since.get(parameter, self._begun)
        return self._unknown_since.get(parameter)

    def heart_rate(self) -> tuple[Parameter, int | float | None]:
        """Return the heart rate and where it is from: the ECG's if valid, else the pulse's."""
        rate = self.known(Parameter.HR)
        pulse = self.known(Parameter.PR)
        return (Parameter.PR, pulse) if rate is None and pulse is not None else (Parameter.HR, rate)

    def blank(self, device: str, at: Instant) -> tuple[Vital, ...]:
        """The line of a device is gone: its continuous values are missing from now on."""
        gone = [vital for vital in self.values.values() if vital.device == device and not vital.spot]
        return tuple(self._blank(vital, at) for vital in gone if vital.value is not None)

    def next_deadline(self) -> Instant | None:
        """May be early: it is moved on lazily, so that a value costs nothing here."""
        return self._next_armed

    def wake(self, at: Instant) -> tuple[Vital, ...]:
        """Let values grow stale or go blank; return those that went blank."""
        if self._next_armed is None or self._next_armed > at:
            return ()
        due = [self.values[parameter] for parameter, armed in self._armed.items() if armed <= at]
        blanked = tuple(blanked for vital in due for blanked in self._age(vital, at))
        self._next_armed = min(self._armed.values(), default=None)
        return blanked

    def _age(self, vital: Vital, at: Instant) -> Iterator[Vital]:
        parameter = vital.parameter
        stale_at = vital.at + self._fresh_us[vital.device]
        blank_at = max(stale_at, vital.at + self._blank_after_us)
        self._armed.pop(parameter)
        if vital.value is None or vital.spot:
            return
        if at >= blank_at:
            yield self._blank(vital, at)
            return
        if at >= stale_at:
            self._unknown_since.setdefault(parameter, vital.at)
            self.shape += 1
        self._armed[parameter] = blank_at if at >= stale_at else stale_at

    def _blank(self, vital: Vital, at: Instant) -> Vital:
        blanked = replace(vital, value=None, at=at)
        self.shape += 1
        self._unknown_since.setdefault(vital.parameter, at)
        self.values[vital.parameter] = blanked
        return blanked

    def _prevails(self, device: str, numeric: Numeric, spot: bool, at: Instant) -> bool:
        """Whether this statement replaces the one there is: a worse source never hides a better one's valid value."""
        old = self.values.get(numeric.parameter)
        if spot:
            return numeric.value is not None and (old is None or self._gives_way(old, device, at))
        if old is None or old.spot or old.device == device:
            return True
        if self.known(numeric.parameter) is None:
            return numeric.value is not None
        return numeric.value is not None and self._preference[device] < self._preference[old.device]

    def _gives_way(self, old: Vital, device: str, at: Instant) -> bool:
        """Whether a spot value takes the place of ``old``: an older one, or what this device no longer measures continuously."""
        if old.spot:
            return old.at <= at
        return old.device == device and self.known(old.parameter) is None

    def _put(self, device: str, numeric: Numeric, at: Instant, spot: bool) -> Vital:
        parameter, value, old = numeric.parameter, numeric.value, self.values.get(numeric.parameter)
        last_value, last_at = (value, at) if value is not None or old is None else (old.last_value, old.last_at)
        if last_value is None:
            last_at = None
        quality = numeric.quality if spot else self._follow(numeric, at)
        vital = Vital(parameter, value, numeric.unit, at, device, quality, spot, last_value, last_at)
        if old is None or _differs(old, vital):
            self.shape += 1
        self.values[parameter] = vital
        if value is None:
            self._unknown_since.setdefault(parameter, at)
        elif not spot:
            self._now_known(parameter, at + self._fresh_us[device])
        return vital

    def calm_mean(self, parameter: Parameter, at: Instant) -> float | None:
        """Return the mean of the last two minutes if nothing was missing or flagged in them."""
        return self._calm[parameter].mean(at)

    def _follow(self, numeric: Numeric, at: Instant) -> tuple[Quality, ...]:
        """Keep what outlives one value; return its flags. A pulse that has been faint for long flags what comes from it (rule 14)."""
        parameter, value, quality = numeric.parameter, numeric.value, numeric.quality
        if parameter is Parameter.PI:
            faint = value is not None and value < (self._faint if self._faint_since is None else self._faint_no_more)
            self._faint_since = (self._faint_since or at) if faint else None
        if parameter in FROM_PULSE and self._faint_since is not None and at - self._faint_since >= self._faint_after_us:
            quality = (*quality, *({Quality.LOW_PERFUSION} - set(quality)))
        if parameter in self._calm:
            self._calm[parameter].take(value if _MADE_UP.issuperset(quality) else None, at)
        if parameter is Parameter.SPO2 and value is not None and self.trail.take(value, at):
            self.shape += 1
        return quality

    def _now_known(self, parameter: Parameter, stale_at: Instant) -> None:
        if self._unknown_since.pop(parameter, None) is not None:
            self.shape += 1
        if parameter not in self._armed or stale_at < self._armed[parameter]:
            self._arm(parameter, stale_at)
        if parameter not in self.seen:
            self.seen |= {parameter}

    def _arm(self, parameter: Parameter, stale_at: Instant) -> None:
        self._armed[parameter] = stale_at
        self._next_armed = stale_at if self._next_armed is None else min(self._next_armed, stale_at)


def _differs(old: Vital, new: Vital) -> bool:
    """Whether more than the number is another; a spot value always is."""
    there = (old.value is None) is (new.value is None)
    return new.spot or not there or old.quality != new.quality or old.device != new.device


def _gate(numerics: Iterable[Numeric]) -> list[Numeric]:
    gated = [numeric if _acceptable(numeric) else _missing(numeric) for numeric in numerics]
    if not any(numeric.parameter is Parameter.NIBP_SYS for numeric in gated):
        return gated
    if _pressures_agree({numeric.parameter: numeric.value for numeric in gated}):
        return gated
    return [_missing(numeric) if numeric.parameter in NIBP else numeric for numeric in gated]


def _acceptable(numeric: Numeric) -> bool:
    if numeric.value is None:
        return True
    low, high = PLAUSIBLE.get(numeric.parameter, (numeric.value, numeric.value))
    return low <= numeric.value <= high and NOT_A_VALUE.isdisjoint(numeric.quality)


def _pressures_agree(values: Mapping[Parameter, int | float | None]) -> bool:
    systolic, diastolic, mean = (values.get(parameter) for parameter in NIBP)
    if systolic is None or diastolic is None:
        return False
    return diastolic < systolic and (mean is None or diastolic <= mean <= systolic)


def _missing(numeric: Numeric) -> Numeric:
    quality = numeric.quality if numeric.value is None else (*numeric.quality, Quality.INVALID)
    return replace(numeric, value=None, quality=quality)
