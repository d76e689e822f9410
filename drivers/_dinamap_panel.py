"""What the replies of a DINAMAP come to: readings charted once, values that are live, states in a nurse's words.

Every value and every state needs two replies alike, one after the other without damage between them. Only overheard, where
nothing can be asked for again, a saturation or rate that moves on is borne out by one near it, as long as nothing is damaged.
"""

import re
from collections.abc import Callable
from typing import cast

from drivers._dinamap_cuff import RECENT_S, SENTENCES, STOPS_CYCLING, Copy, Cuff, News, S
from drivers._dinamap_wire import (
    BUSY,
    CUFF_RATE,
    FROM_NIBP,
    FROM_OXIMETER,
    MONITORED,
    NEONATE,
    NIBP_DISPLAYED,
    NIBP_STATUS,
    NO_DATA,
    NO_TEMPERATURE,
    OXIMETER,
    RATE,
    STANDBY,
    STAT,
    TEMP_ABORTED,
    TEMP_CONTACT_LOST,
    TEMP_IDLE,
    TEMP_TIME_OUT,
    TEMPERATURE,
    UNPLUGGED,
    VALID,
)
from drivers.base.observations import DeviceAlarm, Instant, LinkFault, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import FaultKind, Parameter, Priority, Quality, StatusCode

NIBP = (Parameter.NIBP_SYS, Parameter.NIBP_DIA, Parameter.NIBP_MEAN)
SENSOR = (Parameter.SPO2,)
PATIENTS = {0: "patient type unknown", 1: "set to adult", NEONATE: "set to neonate"}

PAIR_US = 5 * S  # two replies farther apart do not bear each other out
NEAR_PERCENT, NEAR_PER_MIN = 4, 10  # from one overheard reply to the next
CALM = 20  # so many good messages since the last damage
RATE_WAIT_US = 1_500_000  # how long a result waits for its pulse rate
LONGEST_US = 180 * S  # no determination takes longer (IEC 80601-2-30)
BODY_C = (20.0, 45.0)  # outside it is no temperature of a body

OXIMETER_STATES: dict[int, tuple[StatusCode, Quality, str]] = {
    STANDBY: (StatusCode.STANDBY, Quality.INVALID, "SpO₂ is in standby"),
    NO_DATA: (StatusCode.SENSOR_OFF, Quality.SENSOR_OFF, "SpO₂ no data: sensor off the finger or no pulse found"),
    UNPLUGGED: (StatusCode.NO_SENSOR, Quality.NO_SENSOR, "SpO₂ sensor unplugged or off the finger"),
}
TEMPERATURE_STATES = {
    TEMP_TIME_OUT: "temperature: timed out; measure again",
    TEMP_CONTACT_LOST: "temperature: probe lost contact, or out of range",
    TEMP_ABORTED: "temperature: stopped, or the probe is unplugged",
}

_OXIMETER = re.compile(rb" OA(\d)(\d{3})\d\d\d")
_RATE = re.compile(rb" R[AC](\d)([\d-]\d\d)")
_TEMPERATURE = re.compile(rb" TC(\d)(\d)(.)(\d{5})(\d{4})\d")


class Panel:
    """One device.

    ``agreed`` tells of the last reply whether a second one bore it out; ``outcome`` how a determination ended (its
    sentence, empty when it was charted), until it is taken. While ``stopping``, a determination was cancelled: whatever
    the device then shows as its end is neither a result nor a failure.
    """

    def __init__(self, statuses: Statuses, at: Instant, live: bool) -> None:
        self._statuses = statuses
        self._live = live
        self.cuff = Cuff(at, live)
        self.agreed = False
        self.outcome: str | None = None
        self.stopping = False
        self._displayed = Cuff(at, live)
        self._calm = CALM
        self._pairs: dict[bytes, tuple[tuple[object, ...], Instant]] = {}
        self._pending: tuple[Copy, tuple[Quality, ...]] | None = None
        self._pending_until: Instant = 0
        self._shown: set[Parameter] = set()  # live values said and not yet taken back
        self._temperature: tuple[bytes, int] | None = None  # counter and age of the last one known
        self._temperature_alarm: DeviceAlarm | None = None

    @property
    def pending(self) -> bool:
        """A new result waits for its pulse rate."""
        return self._pending is not None

    def doubt(self) -> None:
        """Something was damaged: the replies before can vouch for none after it."""
        self._calm = 0
        self.cuff.doubt()
        self._displayed.doubt()
        self._pairs.clear()

    def forget(self, at: Instant) -> None:
        """It may be another device by now."""
        self.doubt()
        self.cuff.forget(at)
        self._displayed.forget(at)
        self._temperature = None

    def lost(self, kind: bytes, at: Instant) -> list[Observation]:
        """A device that used to answer ``kind`` does so no more."""
        parameter = {OXIMETER: Parameter.SPO2, RATE: Parameter.PR, TEMPERATURE: Parameter.TEMPERATURE}[kind]
        return self._missing(parameter, Quality.INVALID, at)

    def next_deadline(self) -> Instant | None:
        return self._pending_until if self._pending else None

    def wake(self, at: Instant) -> list[Observation]:
        return self._chart(at, None) if self._pending and at >= self._pending_until else []

    def take(self, text: bytes, at: Instant) -> list[Observation]:
        """Take the text of a good message; one whose layout is another is dropped and told."""
        self.agreed = False
        self._calm = min(CALM, self._calm + 1)
        takers: dict[bytes, Callable[[bytes, Instant], list[Observation] | None]] = {
            NIBP_STATUS: self._take_status,
            NIBP_DISPLAYED: self._take_displayed,
            OXIMETER: self._take_oximeter,
            RATE: self._take_rate,
            CUFF_RATE: self._take_cuff_rate,
            TEMPERATURE: self._take_temperature,
        }
        taker = takers.get(text[:3])
        said = taker(text, at) if taker else None
        return [LinkFault(at, FaultKind.SYNC, len(text) + 3)] if said is None else said

    def _agree(self, kind: bytes, told: tuple[object, ...], at: Instant) -> bool:
        before = self._pairs.get(kind)
        self._pairs[kind] = (told, at)
        self.agreed = before is not None and before[0] == told and at - before[1] <= PAIR_US
        return self.agreed

    def _agree_nearly(self, kind: bytes, told: tuple[int, int], near: int, at: Instant) -> bool:
        """As ``_agree``; overheard on a calm line, a number (the second) may have moved on by ``near``."""
        before = self._pairs.get(kind)
        if self._agree(kind, told, at) or before is None or self._live or self._calm < CALM:
            return self.agreed
        (state, number), was_at = cast(tuple[int, int], before[0]), before[1]
        self.agreed = state == told[0] and abs(number - told[1]) <= near and at - was_at <= PAIR_US
        return self.agreed

    # -- the cuff

    def _take_status(self, text: bytes, at: Instant) -> list[Observation] | None:
        return self._take_cuff(self.cuff, Copy.of(text, at))

    def _take_displayed(self, text: bytes, at: Instant) -> list[Observation] | None:
        """The same as displayed; whoever reads the status itself needs it not, and nothing is charted twice."""
        copy = Copy.of(text, at)
        return [] if copy and self.cuff.said else self._take_cuff(self._displayed, copy)

    def _take_cuff(self, cuff: Cuff, copy: Copy | None) -> list[Observation] | None:
        if copy is None:
            return None
        news = cuff.take(copy)
        if news is None:
            return []
        self.agreed = True
        said = self._states(copy, cuff)
        if self.stopping:
            return said
        if news in (News.RESULT, News.UNCONFIRMED):
            said += self._chart(copy.at, None)
            self._pending = copy, (Quality.UNCONFIRMED,) if news is News.UNCONFIRMED else ()
            self._pending_until = copy.at + RATE_WAIT_US
            self._pairs.pop(CUFF_RATE, None)
        elif news is News.NO_READING:
            said += self.failed(copy.at, "NIBP gave no reading: the pressures make no sense", str(copy.status))
        elif news is News.FAILURE:
            said += self.failed(copy.at, SENTENCES[copy.status], str(copy.status), copy.status in STOPS_CYCLING)
        return said

    def _states(self, copy: Copy, cuff: Cuff) -> list[Observation]:
        busy, at = copy.status == BUSY, copy.at
        patient = PATIENTS.get(copy.patient, PATIENTS[0])
        text = f"DINAMAP answers, {patient}" + (", stat mode: it measures again and again" if copy.mode == STAT else "")
        too_long = cuff.busy_since is not None and at - cuff.busy_since > LONGEST_US
        stuck = "NIBP has been measuring for more than 180 s: check the cuff"
        said: list[Observation] = [*self._statuses.set(at, StatusCode.CONNECTED, True, text)]
        if busy:
            said += self.cleared(at)
        said += self._statuses.set(at, StatusCode.MEASURING, busy, "NIBP is measuring")
        said += self._statuses.set(at, StatusCode.DEVICE_FAULT, too_long, stuck, NIBP)
        return said

    def failed(self, at: Instant, text: str, detail: str, stops_cycling: bool = False) -> list[Observation]:
        """A determination failed; said each time, even when the one before failed alike."""
        self.outcome = text
        self._statuses.set(at, StatusCode.MEASUREMENT_FAILED, False, "")
        said: list[Observation] = [*self._statuses.set(at, StatusCode.MEASUREMENT_FAILED, True, text, (), detail)]
        if stops_cycling:
            why = f"automatic NIBP stopped: {text}"
            said += self._statuses.set(at, StatusCode.CYCLING_STOPPED, True, why, (), detail)
        return said

    def cleared(self, at: Instant, everything: bool = False) -> list[Observation]:
        """A new determination leaves the failure before behind; cycling is allowed again by a person or a result."""
        codes = [StatusCode.MEASUREMENT_FAILED, *([StatusCode.CYCLING_STOPPED] if everything else [])]
        said: list[Observation] = []
        for code in codes:
            before = self._statuses[code]
            said += self._statuses.set(at, code, False, before.text if before else "")
        return said

    def _chart(self, at: Instant, rate: int | None) -> list[Observation]:
        """The result that waits is charted, with its pulse rate if that is known."""
        if self._pending is None:
            return []
        copy, quality = self._pending
        self._pending = None
        self.outcome = ""
        numerics = [Numeric(name, value, quality) for name, value in zip(NIBP, copy.pressures, strict=True)]
        if rate is not None:
            numerics.append(Numeric(Parameter.PR, rate, quality))
        return [*self.cleared(at, everything=True), Reading(copy.determined_at, tuple(numerics), spot=True)]

    # -- the pulse rate

    def _take_cuff_rate(self, text: bytes, at: Instant) -> list[Observation] | None:
        """The rate of the last determination: told with its pressures, and never as a live one."""
        match = _RATE.fullmatch(text)
        if match is None:
            return None
        source, rate = int(match[1]), _number(match[2])
        if not self._agree(CUFF_RATE, (source, rate), at):
            return []
        return self._chart(at, rate if source == FROM_NIBP and rate > 0 else None)

    def _take_rate(self, text: bytes, at: Instant) -> list[Observation] | None:
        match = _RATE.fullmatch(text)
        if match is None:
            return None
        source, rate = int(match[1]), _number(match[2])
        if not self._agree_nearly(RATE, (source, rate), NEAR_PER_MIN, at):
            return []
        if source == FROM_OXIMETER and rate > 0:
            return self._live_value(Parameter.PR, rate, at)
        why = Quality.HELD if source == FROM_NIBP else Quality.SEARCHING
        return self._missing(Parameter.PR, why, at)

    # -- the oximeter

    def _take_oximeter(self, text: bytes, at: Instant) -> list[Observation] | None:
        match = _OXIMETER.fullmatch(text)
        if match is None:
            return None
        status, saturation = int(match[1]), int(match[2])
        if not self._agree_nearly(OXIMETER, (status, saturation), NEAR_PERCENT, at):
            return []
        said: list[Observation] = []
        for state, (code, _, words) in OXIMETER_STATES.items():
            said += self._statuses.set(at, code, state == status, words, SENSOR)
        if status == VALID and 0 < saturation <= 100:
            return [*said, *self._live_value(Parameter.SPO2, saturation, at)]
        quality = OXIMETER_STATES[status][1] if status in OXIMETER_STATES else Quality.INVALID
        self._shown.discard(Parameter.SPO2)
        return [*said, Reading(at, (Numeric(Parameter.SPO2, None, (quality,)),))]

    def _live_value(self, parameter: Parameter, value: float, at: Instant) -> list[Observation]:
        self._shown.add(parameter)
        return [Reading(at, (Numeric(parameter, value),))]

    def _missing(self, parameter: Parameter, why: Quality, at: Instant) -> list[Observation]:
        """A live value that is live no more; one that never was is not spoken of."""
        if parameter not in self._shown:
            return []
        self._shown.discard(parameter)
        return [Reading(at, (Numeric(parameter, None, (why,)),))]

    # -- the thermometer

    def _take_temperature(self, text: bytes, at: Instant) -> list[Observation] | None:
        match = _TEMPERATURE.fullmatch(text)
        if match is None:
            return None
        status, mode, counter, age, tenths = int(match[1]), int(match[2]), match[3], int(match[4]), int(match[5])
        if not self._agree(TEMPERATURE, (status, mode, counter, tenths), at):
            return []
        said = self._temperature_state(status, at)
        celsius = round((tenths / 10 - 32) * 5 / 9, 1)
        is_value = status == TEMP_IDLE and age != NO_TEMPERATURE and BODY_C[0] <= celsius <= BODY_C[1]
        if mode == MONITORED:
            if is_value and age * S <= PAIR_US:
                return [*said, *self._live_value(Parameter.TEMPERATURE, celsius, at)]
            return [*said, *self._missing(Parameter.TEMPERATURE, Quality.INVALID, at)]
        known = self._temperature
        if status == TEMP_IDLE:
            self._temperature = (counter, age)
        if not is_value or not self._is_new_temperature(known, counter, age):
            return said
        quality = () if known else (Quality.UNCONFIRMED,)
        return [*said, Reading(at - age * S, (Numeric(Parameter.TEMPERATURE, celsius, quality),), spot=True)]

    def _is_new_temperature(self, known: tuple[bytes, int] | None, counter: bytes, age: int) -> bool:
        """The counter changes with each determination. What the first replies tell is old, or, overheard, unconfirmed."""
        if known is None:
            return not self._live and age <= RECENT_S
        return known[0] != counter or age < known[1]

    def _temperature_state(self, status: int, at: Instant) -> list[Observation]:
        """Told as the device's own alarm: the states of sensor and cuff are not the thermometer's."""
        before, said = self._temperature_alarm, list[Observation]()
        text = TEMPERATURE_STATES.get(status)
        if before is not None and before.text != text:
            said.append(DeviceAlarm(at, before.code, False, before.priority, before.physiological, before.text))
            self._temperature_alarm = None
        if text is not None and self._temperature_alarm is None:
            self._temperature_alarm = DeviceAlarm(at, f"temperature_{status}", True, Priority.LOW, False, text)
            said.append(self._temperature_alarm)
        return said


def _number(field: bytes) -> int:
    """A rate; what bears a minus sign is none."""
    return 0 if b"-" in field else int(field)
