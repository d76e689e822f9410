"""What the module's reports say, and how their numbers earn their place.

The additive checksum lets one in 256 damaged frames pass, and two turned bits one time in sixteen. So a number is said
only when one of the three reports before it agrees within a few units, and exactly for the eight reports after damage was
seen on the line. That a value is missing is said at once: it can only be too careful.
"""

from collections.abc import Mapping

from drivers._berrymed_wire import (
    ANALYSING,
    ASYSTOLE,
    BIGEMINY,
    BRADYCARDIA,
    COUPLET,
    FIBRILLATION,
    HIGHEST_RATE,
    LEADS_OFF,
    MISSED_BEAT,
    MULTIPLE_PVC,
    NO_FINGER,
    NO_RATE,
    NO_SENSOR,
    NORMAL,
    PULSE_NONE,
    R_ON_T,
    SEARCHING,
    SINGLE_PVC,
    SPO2_NONE,
    SPO2_OK,
    T1_OFF,
    T2_OFF,
    TACHYCARDIA,
    TOO_LONG,
    TRIGEMINY,
    WEAK,
)
from drivers.base.observations import DeviceAlarm, Instant, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import Parameter, Priority, Quality, StatusCode

OXIMETER = (Parameter.SPO2, Parameter.PR)
CARDIAC = (Parameter.HR, Parameter.RR)
SLACK: Mapping[Parameter, float] = {
    Parameter.SPO2: 3,
    Parameter.PR: 10,
    Parameter.HR: 10,
    Parameter.RR: 5,
    Parameter.TEMPERATURE: 0.35,
    Parameter.CUFF_PRESSURE: 60,
}
WITNESSES = 3  # reports before that may vouch
WARY = 8  # reports after damage that must agree exactly
HIGHEST_TEMPERATURE = 50.0

SPO2_STATES: Mapping[int, tuple[StatusCode, Quality, str]] = {
    NO_SENSOR: (StatusCode.NO_SENSOR, Quality.NO_SENSOR, "SpO₂ sensor unplugged"),
    NO_FINGER: (StatusCode.SENSOR_OFF, Quality.SENSOR_OFF, "SpO₂ sensor off the finger"),
    SEARCHING: (StatusCode.SEARCHING, Quality.SEARCHING, "SpO₂ searches for a pulse"),
    TOO_LONG: (StatusCode.SEARCHING, Quality.SEARCHING, "SpO₂: no pulse found, put the finger in again"),
}
RHYTHMS: Mapping[int, tuple[Priority, str]] = {
    ASYSTOLE: (Priority.HIGH, "asystole"),
    FIBRILLATION: (Priority.HIGH, "ventricular fibrillation or tachycardia"),
    R_ON_T: (Priority.MEDIUM, "R on T"),
    MULTIPLE_PVC: (Priority.MEDIUM, "multiple PVCs"),
    COUPLET: (Priority.MEDIUM, "PVC couplet"),
    SINGLE_PVC: (Priority.LOW, "single PVC"),
    BIGEMINY: (Priority.LOW, "bigeminy"),
    TRIGEMINY: (Priority.LOW, "trigeminy"),
    TACHYCARDIA: (Priority.MEDIUM, "tachycardia"),
    BRADYCARDIA: (Priority.MEDIUM, "bradycardia"),
    MISSED_BEAT: (Priority.LOW, "missed beat"),
}
PROBES = {T1_OFF: "temperature probe T1 is off", T2_OFF: "temperature probe T2 is off"}


class Agreement:
    """Holds numbers of one kind of report back until one of the three reports before vouches for them.

    So does a second great step on end the same way, on an undamaged line: a steep fall is not silenced because it is steep.
    """

    __slots__ = ("_before", "_wary")

    def __init__(self) -> None:
        self._before: dict[Parameter, tuple[float, ...]] = {}
        self._wary = 0

    def damaged(self) -> None:
        self._wary = WARY

    def forget(self) -> None:
        """The report before is too old to vouch."""
        self._before = {}

    def said(self, numerics: tuple[Numeric, ...]) -> tuple[Numeric, ...]:
        before, self._before = self._before, {}
        exact, self._wary = self._wary > 0, max(0, self._wary - 1)
        said = []
        for numeric in numerics:
            name, value = numeric.parameter, numeric.value
            if value is None:
                said.append(numeric)
                continue
            earlier = before.get(name, ())
            self._before[name] = (*earlier[1 - WITNESSES :], value)
            if _is_borne_out(value, earlier, 0 if exact else SLACK[name], exact):
                said.append(numeric)
        return tuple(said)


def _is_borne_out(value: float, earlier: tuple[float, ...], slack: float, exact: bool) -> bool:
    if any(abs(value - one) <= slack for one in earlier):
        return True
    if exact or len(earlier) < 2:
        return False
    step, step_before = value - earlier[-1], earlier[-1] - earlier[-2]
    return abs(step_before) > slack and (step > 0) == (step_before > 0)


class Twice:
    """A state counts when two reports on end tell it."""

    __slots__ = ("_before", "now")

    def __init__(self, now: int) -> None:
        self.now = self._before = now

    def takes(self, state: int) -> bool:
        """Whether ``now`` has changed by this report."""
        confirmed, self._before = state == self._before and state != self.now, state
        if confirmed:
            self.now = state
        return confirmed


def _reading(at: Instant, numerics: tuple[Numeric, ...]) -> list[Observation]:
    return [Reading(at, numerics)] if numerics else []


class Oximeter:
    """SpO2 reports. Their status is an enumeration; each number is judged by itself (section 4)."""

    def __init__(self, statuses: Statuses) -> None:
        self.agreement = Agreement()
        self._statuses = statuses
        self._state = Twice(SPO2_OK)

    def take(self, content: bytes, at: Instant) -> list[Observation]:
        status, spo2, pulse = content
        said: list[Observation] = []
        if self._state.takes(status):
            told = SPO2_STATES.get(status)
            for code in (StatusCode.NO_SENSOR, StatusCode.SENSOR_OFF, StatusCode.SEARCHING):
                on = told is not None and told[0] is code
                said += self._statuses.set(at, code, on, told[2] if told else "SpO₂ sensor measures", OXIMETER)
        why = None if status == SPO2_OK else SPO2_STATES.get(status, (None, Quality.INVALID, ""))[1]
        numerics = (
            _number(Parameter.SPO2, spo2 if 0 < spo2 <= 100 else None, why, spo2 == SPO2_NONE),
            _number(Parameter.PR, pulse if 0 < pulse <= HIGHEST_RATE else None, why, pulse == PULSE_NONE),
        )
        return said + _reading(at, self.agreement.said(numerics))


def _number(name: Parameter, value: float | None, why: Quality | None, told_none: bool) -> Numeric:
    if why is None and value is not None:
        return Numeric(name, value)
    return Numeric(name, None, (why or (Quality.SEARCHING if told_none else Quality.INVALID),))


class Cardiac:
    """ECG reports: heart rate, respiration rate and rhythm; none of them counts while leads are off."""

    def __init__(self, statuses: Statuses) -> None:
        self.agreement = Agreement()
        self._statuses = statuses
        self._off = Twice(0)
        self._rhythm = Twice(ANALYSING)
        self._alarm: DeviceAlarm | None = None

    def take(self, content: bytes, at: Instant) -> list[Observation]:
        status, hr, rr = content[:3]
        off = status & LEADS_OFF
        said: list[Observation] = []
        if self._off.takes(off):
            said += self._statuses.set(at, StatusCode.LEADS_OFF, bool(off), "ECG leads off", CARDIAC)
        if self._rhythm.takes(content[4] if len(content) > 4 and not off else ANALYSING):
            said += self._rhythm_changed(self._rhythm.now, at)
        weak = (Quality.QUESTIONABLE,) if status & WEAK else ()
        rates = ((Parameter.HR, hr), (Parameter.RR, rr))
        return said + _reading(at, self.agreement.said(tuple(_rate(name, rate, off, weak) for name, rate in rates)))

    def _rhythm_changed(self, rhythm: int, at: Instant) -> list[Observation]:
        before, self._alarm = self._alarm, None
        ended: list[Observation] = (
            [] if before is None else [DeviceAlarm(at, before.code, False, before.priority, True, before.text)]
        )
        if rhythm in (ANALYSING, NORMAL):
            return ended
        priority, text = RHYTHMS.get(rhythm, (Priority.LOW, f"rhythm code {rhythm}"))
        self._alarm = DeviceAlarm(at, f"rhythm_{rhythm}", True, priority, True, text)
        return [*ended, self._alarm]


def _rate(name: Parameter, rate: int, off: int, weak: tuple[Quality, ...]) -> Numeric:
    if off:
        return Numeric(name, None, (Quality.LEADS_OFF,))
    if NO_RATE < rate <= HIGHEST_RATE:
        return Numeric(name, rate, weak)
    return Numeric(name, None, (Quality.SEARCHING if rate == NO_RATE else Quality.INVALID,))


class Thermometer:
    """Temperature reports: T1, or T2 while T1 is off. A probe that once measured and is off is told."""

    def __init__(self) -> None:
        self.agreement = Agreement()
        self._off = Twice(T1_OFF | T2_OFF)
        self._seen = 0

    def take(self, content: bytes, at: Instant) -> list[Observation]:
        status = content[0] | (0 if len(content) > 3 else T2_OFF)
        before = self._off.now
        said = self._told(before, at) if self._off.takes(status) else []
        self._seen |= ~self._off.now & (T1_OFF | T2_OFF)
        return said + _reading(at, self.agreement.said((_temperature(status, content),)))

    def _told(self, before: int, at: Instant) -> list[Observation]:
        """Tell which probe went off or came back."""
        return [
            DeviceAlarm(at, f"temperature_{probe}", bool(self._off.now & probe), Priority.LOW, False, text)
            for probe, text in PROBES.items()
            if (before ^ self._off.now) & probe & self._seen
        ]


def _temperature(status: int, content: bytes) -> Numeric:
    if status & T1_OFF and status & T2_OFF:
        return Numeric(Parameter.TEMPERATURE, None, (Quality.NO_SENSOR,))
    whole, tenths = content[3:5] if status & T1_OFF else content[1:3]
    value = whole + tenths / 10
    if tenths > 9 or not 0 < value <= HIGHEST_TEMPERATURE or status > (T1_OFF | T2_OFF):
        return Numeric(Parameter.TEMPERATURE, None, (Quality.INVALID,))
    return Numeric(Parameter.TEMPERATURE, value)
