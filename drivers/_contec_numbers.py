"""What a real-time package or legacy frame says, and how its numbers earn their place.

Neither format has a checksum. A value is said when three packages on end agree (project's sheet, section A6), eight on a
line that was damaged within the last two seconds: there one flipped bit is seldom alone.
"""

from dataclasses import dataclass

from drivers._contec_wire import (
    BAR_RESERVED,
    LEGACY_PR_BIT_7,
    LEGACY_PROBE_ERROR,
    LEGACY_SEARCHING,
    PI_HIGHEST,
    PI_INVALID,
    PROBE_ERROR,
    SEARCHING,
    SPO2_INVALID,
    TOO_LONG,
)
from drivers.base.observations import Numeric
from drivers.base.vocabulary import Parameter, Quality

SENSOR = (Parameter.SPO2, Parameter.PR, Parameter.PI)

AGREEING = 3
AGREEING_AFTER_DAMAGE = 8
CALM = 120  # packages, two seconds
PER_READING = 20  # packages: three readings a second while nothing changes


@dataclass(frozen=True, slots=True)
class Told:
    """A package but for its pleth. Flags are told apart from numbers: under a flag a number, however healthy, is none."""

    spo2: int
    pr: int
    pi: int | None  # hundredths; None: the device says that it has none
    off: bool
    searching: bool
    too_long: bool

    def numerics(self, with_pi: bool) -> tuple[Numeric, ...]:
        why = Quality.SENSOR_OFF if self.off else Quality.SEARCHING if self.searching or self.too_long else None
        if not (0 < self.spo2 <= 100 and 0 < self.pr < 0xFF):
            why = why or Quality.INVALID  # without a pulse the other number is none either, whatever the flags (A5)
        pi = self.pi if self.pi is not None and 0 < self.pi <= PI_HIGHEST else None
        numbers: list[tuple[Parameter, float | None]] = [
            (Parameter.SPO2, self.spo2),
            (Parameter.PR, self.pr),
        ]
        if with_pi:
            numbers.append((Parameter.PI, None if pi is None else pi / 100))
        return tuple(_numeric(name, value, why) for name, value in numbers)


def _numeric(name: Parameter, value: float | None, why: Quality | None) -> Numeric:
    if why is None and value is not None:
        return Numeric(name, value)
    return Numeric(name, None, (why or Quality.INVALID,))


def of_package(data: bytes) -> tuple[int, Told] | None:
    """Pleth and the rest in the unpacked data of a real-time package; None when it cannot be one (section A6)."""
    status, pleth, bar, pr, spo2 = data[:5]
    off, searching, too_long = bool(status & PROBE_ERROR), bool(pleth & SEARCHING), bool(status & TOO_LONG)
    flagged = off or searching or too_long
    if bar & BAR_RESERVED or (spo2 > 100 and spo2 != SPO2_INVALID and not flagged):
        return None
    pi = None if bar & PI_INVALID else data[5] | data[6] << 8
    return pleth & 0x7F, Told(spo2, pr, pi, off, searching, too_long)


def of_frame(frame: bytes) -> tuple[int, Told]:
    """Pleth and the rest in a frame of the legacy stream. How its numbers read while invalid is not known: the flags tell."""
    status, pleth, bar, pr, spo2 = frame
    return pleth, Told(
        spo2,
        pr | (0x80 if bar & LEGACY_PR_BIT_7 else 0),
        None,
        bool(bar & LEGACY_PROBE_ERROR),
        bool(bar & LEGACY_SEARCHING),
        bool(status & TOO_LONG),
    )


class Agreement:
    """Holds every value and flag back until enough packages on end agree on it."""

    __slots__ = ("_calm", "_runs", "_said", "_since")

    def __init__(self) -> None:
        self._runs: dict[Parameter, tuple[Numeric, int]] = {}
        self._said: dict[Parameter, Numeric] = {}
        self._since = 0
        self._calm = CALM

    def forget(self) -> None:
        """Packages before cannot vouch for the next one."""
        self._runs.clear()
        self._said.clear()

    def damaged(self) -> None:
        """Bytes were lost or changed before the next package."""
        self._runs.clear()
        self._calm = 0

    def take(self, numerics: tuple[Numeric, ...]) -> tuple[Numeric, ...]:
        """What is to be said after this package: at once when it is news, else three times a second."""
        self._calm = min(CALM, self._calm + 1)
        self._since += 1
        news = False
        agreed = []
        for numeric in numerics:
            name = numeric.parameter
            before, count = self._runs.get(name, (numeric, 0))
            count = count + 1 if before is numeric or before == numeric else 1
            self._runs[name] = numeric, count
            if count >= self._needed(numeric):
                agreed.append(numeric)
                news |= self._said.get(name) != numeric
        if not agreed or not (news or self._since >= PER_READING):
            return ()
        self._since = 0
        self._said.update((numeric.parameter, numeric) for numeric in agreed)
        return tuple(agreed)

    def _needed(self, numeric: Numeric) -> int:
        """Saying that a value is missing can only be too careful."""
        return AGREEING if numeric.value is None or self._calm >= CALM else AGREEING_AFTER_DAMAGE
