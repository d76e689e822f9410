"""What the payloads of a HealthyPi come to. There is no checksum: a number counts when five frames on end bear it.

Bytes 17 and 18 of v3 and v4 look like a blood pressure and are constants: they tell the version and are never a reading.
The heart rate keeps its last value when beats stop, so the ECG itself is watched: without beats for 6 s the rate is not said.
"""

from collections import deque
from typing import NamedTuple

from drivers._healthypi_wire import (
    BP_CONSTANT,
    BP_CONSTANT_V4,
    ECG_LEAD_OFF,
    FRAMES_PER_S,
    LOFF_STAT,
    PROBE_OPEN,
)
from drivers.base.observations import Instant, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import Parameter, Quality, StatusCode

AGREE = 5  # frames on end (40 ms) that must bear a number; the boards renew theirs each second at most
CURRENT_FRAMES = 25  # how long a number counts whose byte was lately damaged
ZERO_FRAMES = 3 * FRAMES_PER_S  # of an ECG at exactly zero: leads off, though v4 may not flag it
BLOCK_FRAMES = 25  # the height of the ECG is taken five times a second
BLOCKS = 30  # and looked at over 6 s, in which even a rate of 20 makes two beats
STILL = 0.25  # of its usual height: no beats
SETTLED = 90  # blocks looked at, 18 s, until what is usual is known
PEAKED = 3.0  # times the height between them: beats, however low

HR_RANGE, RR_RANGE, SPO2_RANGE = range(20, 251), range(1, 101), range(50, 101)
BODY_C = (20.0, 45.0)
NEAR_HUNDREDTHS = 10

ECG = (Parameter.HR, Parameter.RR)
SENSOR = (Parameter.SPO2,)


class Frame(NamedTuple):
    """The numbers of one data frame. ``status`` is byte 19 and ``bp`` bytes 17 and 18 of v3 and v4; v5 has neither."""

    spo2: int
    hr: int
    rr: int
    temperature: int
    status: int = 0
    bp: tuple[int, int] | None = None


class Settled:
    """A number that must be borne by ``AGREE`` frames on end."""

    __slots__ = ("_age", "_candidate", "_count", "value")

    def __init__(self) -> None:
        self.value: object = None
        self.forget()

    def forget(self) -> None:
        """Frames were lost: those before do not count."""
        self._candidate: object = None
        self._count = 0
        self._age = CURRENT_FRAMES

    @property
    def is_current(self) -> bool:
        return self._age < CURRENT_FRAMES

    def take(self, value: object) -> bool:
        """Take the next frame's; return whether another number is settled with it."""
        self._count = self._count + 1 if value == self._candidate else 1
        self._candidate = value
        if self._count < AGREE:
            self._age += 1
            return False
        changed = value != self.value or not self.is_current
        self.value, self._age = value, 0
        return changed


class Wavering(Settled):
    """The temperature in hundredths, whose last digit may change with every frame: five within 0.1 °C bear their median."""

    __slots__ = ("_last",)

    def forget(self) -> None:
        """See ``Settled.forget``."""
        super().forget()
        self._last: deque[int] = deque(maxlen=AGREE)

    def take(self, value: object) -> bool:
        """See ``Settled.take``."""
        assert isinstance(value, int)
        self._last.append(value)
        near = sorted(self._last)
        if len(near) < AGREE or near[-1] - near[0] > NEAR_HUNDREDTHS:
            self._age += 1
            return False
        changed = not self.is_current
        self.value, self._age = near[AGREE // 2], 0
        return changed


class Heart:
    """Whether the ECG still beats, by its height against what is usual. Knows no rhythm and no rate."""

    __slots__ = ("_count", "_heights", "_high", "_looked", "_low", "_usual", "is_still", "zeros")

    def __init__(self) -> None:
        self.zeros = 0
        self.forget()

    def forget(self) -> None:
        """What is usual is found anew: the rate changed though no beat was seen, or the leads were off."""
        self.is_still = False
        self._heights: deque[int] = deque(maxlen=BLOCKS)
        self._usual: float | None = None
        self._count = self._high = self._low = self._looked = 0

    def add(self, sample: int) -> None:
        self.zeros = 0 if sample else self.zeros + 1
        if self._count == 0:
            self._high = self._low = sample
        self._high, self._low = max(self._high, sample), min(self._low, sample)
        self._count += 1
        if self._count == BLOCK_FRAMES:
            self._heights.append(self._high - self._low)
            self._count = 0
            if len(self._heights) == BLOCKS:
                self._follow(sorted(self._heights))

    def _follow(self, heights: list[int]) -> None:
        """The second highest: one damaged sample is no beat. What is usual follows slowly, and not without beats.

        Electrodes that were just put on swing far at first: until it is settled, lower beats are the usual ones.
        """
        height, between = heights[-2], heights[BLOCKS // 4]
        usual = height if self._usual is None else self._usual
        self._looked += 1
        if self._looked <= SETTLED and height > PEAKED * between:
            usual = min(usual, height)
        self.is_still = height < STILL * usual
        self._usual = usual if self.is_still else usual + (min(height, 2 * usual) - usual) / 64


class Numbers:
    """Turns the frames of one board into readings, once a second, and up to five times when numbers change."""

    def __init__(self, statuses: Statuses) -> None:
        self._statuses = statuses
        self._heart = Heart()
        self._numbers = {name: Wavering() if name == "temperature" else Settled() for name in Frame._fields}
        self._before: Frame | None = None
        self._alike = 0  # frames on end that say the same
        self._since_reading = FRAMES_PER_S
        self._news = False
        self._still = self._leads_off = False
        self.version = ""

    def forget(self) -> None:
        """Frames were lost: those before do not bear out those after."""
        self._before = None
        for number in self._numbers.values():
            number.forget()

    def take(self, frame: Frame, ecg: int, at: Instant) -> list[Observation]:
        """Take a frame and its ECG sample."""
        rate = self._numbers["hr"].value
        self._alike = self._alike + 1 if frame == self._before else 0
        self._before = frame
        changed: list[str] = []
        if self._alike < AGREE:  # else all are settled, and none changes
            changed = [
                name for (name, number), value in zip(self._numbers.items(), frame, strict=True) if number.take(value)
            ]
        self._heart.add(ecg)
        if self._heart.is_still and self._numbers["hr"].value != rate:
            self._heart.forget()
        said = self._find_version(at) if "bp" in changed else []
        self._since_reading += 1
        if changed or self._since_reading % CURRENT_FRAMES == 0:
            said += self._states(at)
        self._news = self._news or bool(changed or said)
        if self._since_reading >= (CURRENT_FRAMES if self._news else FRAMES_PER_S):
            said += self._reading(at)
        return said

    def _find_version(self, at: Instant) -> list[Observation]:
        """v5 has another length; v4's bytes are constants; a v3 whose BP module says 120 stays a v3."""
        bp = self._numbers["bp"].value
        if bp is None:
            self.version = "v5"
        elif bp == (BP_CONSTANT, BP_CONSTANT_V4) and self.version != "v3":
            self.version = "v4"
        else:
            self.version = "v3"
        text = f"HealthyPi {self.version} stream (a development board, no cleared monitor)"
        return [*self._statuses.set(at, StatusCode.FORMAT, True, text, detail=self.version)]

    def _states(self, at: Instant) -> list[Observation]:
        flags = self._numbers["status"].value
        assert flags is None or isinstance(flags, int)
        flags = flags or 0
        no_signal = self.version != "v5" and self._heart.zeros > ZERO_FRAMES and self._numbers["hr"].value == 0
        if self.version == "v3":
            off, electrodes, probe = bool(flags & ECG_LEAD_OFF), "", bool(flags & PROBE_OPEN)
        else:
            electrodes = ", ".join(name for bit, name in LOFF_STAT.items() if flags & bit)
            off, probe = bool(electrodes), False
        text = f"ECG leads off{f' ({electrodes})' if electrodes else ''}" if off else "ECG without a signal: leads off?"
        before, self._leads_off = self._leads_off, off or no_signal
        if before and not self._leads_off:
            self._heart.forget()
        self._still = self._heart.is_still and not self._leads_off
        still = "no beats in the ECG: the board's old heart rate is not shown"
        return [
            *self._statuses.set(at, StatusCode.LEADS_OFF, self._leads_off, text, ECG),
            *self._statuses.set(at, StatusCode.SENSOR_OFF, probe, "SpO₂ probe open or off the finger", SENSOR),
            *self._statuses.set(at, StatusCode.OUT_OF_TRACK, self._still, still, (Parameter.HR,)),
        ]

    def _reading(self, at: Instant) -> list[Observation]:
        said = []
        for name, parameter in (("spo2", Parameter.SPO2), ("hr", Parameter.HR), ("rr", Parameter.RR)):
            number = self._numbers[name]
            if number.is_current:
                assert isinstance(number.value, int)
                said.append(self._numeric(parameter, number.value))
        number = self._numbers["temperature"]
        if number.is_current:
            assert isinstance(number.value, int)
            celsius = number.value / 100
            good = BODY_C[0] <= celsius <= BODY_C[1]
            quality = () if good else (Quality.INVALID,)
            said.append(Numeric(Parameter.TEMPERATURE, celsius if good else None, quality))
        if not said:
            return []
        self._since_reading, self._news = 0, False
        return [Reading(at, tuple(said))]

    def _numeric(self, parameter: Parameter, value: int) -> Numeric:
        why = self._why_missing(parameter, value)
        return Numeric(parameter, value) if why is None else Numeric(parameter, None, (why,))

    def _why_missing(self, parameter: Parameter, value: int) -> Quality | None:
        """Why this byte is no number; what a state says comes first."""
        if parameter in ECG and self._leads_off:
            return Quality.LEADS_OFF
        if parameter is Parameter.SPO2 and self._statuses[StatusCode.SENSOR_OFF]:
            return Quality.SENSOR_OFF
        if value == 0:
            return Quality.SEARCHING
        if parameter is Parameter.HR and self._still:
            return Quality.HELD
        valid = {Parameter.HR: HR_RANGE, Parameter.RR: RR_RANGE, Parameter.SPO2: SPO2_RANGE}[parameter]
        return None if value in valid else Quality.INVALID
