"""A Nellcor N-560 on the shared patient's finger, printing in real time: a line every 2 s, headings in between.

Written afresh from the manuals and a real record. Where the sources are silent (the columns of status codes other than MO and
AO) codes are laid side by side.
"""

import random
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime

from drivers._nellcor_words import (
    ALARM_OFF,
    LINES_BETWEEN_HEADINGS,
    LOSS_OF_PULSE,
    LOSS_WITH_MOTION,
    LOW_BATTERY,
    MOTION,
    NO_SENSOR,
    PR_HIGH,
    PR_LOW,
    PULSE_SEARCH,
    SENSOR_OFF,
    SPO2_HIGH,
    SPO2_LOW,
)
from drivers.base.observations import Instant
from simulators.base.simulator import Kind, Signals, Simulator

SECOND = 1_000_000
PERIOD_S = 2
AVERAGE = 4  # lines
SEARCH = 2  # lines without numbers after the finger came back
MOTION_LOSS = 5  # lines of motion after which the pulse is lost in it
TITLES = "TIME                 %SpO2   BPM     PA     Status"

FAULTS = {
    "sensor_off": SENSOR_OFF,
    "no_sensor": NO_SENSOR,
    "low_battery": LOW_BATTERY,
    "artefact": MOTION,
    "alarm_off": ALARM_OFF,
    "no_pulse": LOSS_OF_PULSE,
}
_BLIND = {SENSOR_OFF, NO_SENSOR, LOSS_OF_PULSE}


class NellcorSimulator(Simulator):
    """An oximeter that was switched on at ``start``, with its alarm sound off as in the record."""

    def __init__(self, signals: Signals, rng: random.Random, start: Instant) -> None:
        super().__init__(signals, rng, start)
        self._faults = {"alarm_off"}
        self._lines = 0
        self._limits = ((90, 100), (50, 140))
        self._headed: tuple[object, ...] = ()
        self._spo2: deque[float] = deque(maxlen=AVERAGE)
        self._pr: deque[float] = deque(maxlen=AVERAGE)
        self._moving = 0

    def misbehave(self, what: str, on: bool) -> None:
        """``new_limits`` sets others on the device, which prints a heading at once; the others are states."""
        if what == "new_limits":
            self._limits = ((85, 98), (40, 120)) if on else ((90, 100), (50, 140))
        elif what not in FAULTS:
            known = ", ".join((*FAULTS, "new_limits"))
            raise ValueError(f"a Nellcor oximeter has no fault '{what}'; it has {known}")
        elif on:
            self._faults.add(what)
        else:
            self._faults.discard(what)

    def advance(self, at: Instant) -> bytes:
        out = bytearray()
        while (line_at := self.start + (self._lines + 1) * PERIOD_S * SECOND) <= at:
            self.signals.advance(line_at)
            if self._lines % LINES_BETWEEN_HEADINGS == 0 or self._headed != self._limits:
                out += "".join(f"{line}\r\n" for line in self._heading()).encode("ascii")
            self._lines += 1
            out += self._line(line_at).encode("ascii") + b"\r\n"
        return bytes(out)

    def _heading(self) -> tuple[str, ...]:
        self._headed = self._limits
        (spo2_low, spo2_high), (pr_low, pr_high) = self._limits
        limits = f"SpO2 Limit: {spo2_low:2d}-{spo2_high:3d}%    PR Limit: {pr_low:2d}-{pr_high:3d}BPM"
        return (f"N-560    VERSION 1.61.00    CRC:XXXX  {limits}", " " * 29 + "ADULT           25SAT-S ", TITLES)

    def _line(self, at: Instant) -> str:
        blind = self._sense()
        ready = not blind and len(self._spo2) > SEARCH
        spo2, pr = (_mean(self._spo2), _mean(self._pr)) if ready else (None, None)
        codes = sorted(blind) if blind else ([MOTION] if self._moving else []) if ready else [PULSE_SEARCH]
        if self._moving > MOTION_LOSS and ready:
            codes = [LOSS_WITH_MOTION]
        codes += [LOW_BATTERY] if "low_battery" in self._faults else []
        far_spo2 = _beyond(spo2, self._limits[0], SPO2_LOW, SPO2_HIGH)
        far_pr = _beyond(pr, self._limits[1], PR_LOW, PR_HIGH)
        codes += [*far_spo2, *far_pr]
        pa = None if spo2 is None else round(min(254.0, self.signals.pi * 25 + self.rng.uniform(-3, 3)))
        now = datetime.fromtimestamp(at / SECOND, UTC)
        stamp = (
            f"{now:%d}-{('JanFebMarAprMayJunJulAugSepOctNovDec')[3 * now.month - 3 : 3 * now.month]}-{now:%y %H:%M:%S}"
        )
        numbers = f"{_field(spo2, bool(far_spo2)):>7}{_field(pr, bool(far_pr)):>8}{_field(pa, False):>8}"
        line = f"{stamp}{numbers}   " + "".join(f"{code:5}" for code in codes)
        return f"{line:59}{ALARM_OFF}" if "alarm_off" in self._faults else line.rstrip()

    def _sense(self) -> set[str]:
        """Follow the patient by a line; return why there can be no numbers."""
        blind = {FAULTS[fault] for fault in self._faults} & _BLIND
        if self.signals.finger_off:
            blind.add(SENSOR_OFF)
        elif self.signals.pulse_rate is None:
            blind.add(LOSS_OF_PULSE)
        self._moving = self._moving + 1 if self.signals.motion or "artefact" in self._faults else 0
        if blind or self.signals.spo2 is None or self.signals.pulse_rate is None:
            self._spo2.clear()
            self._pr.clear()
            return {sorted(blind)[-1]} if blind else blind
        self._spo2.append(self.signals.spo2)
        self._pr.append(self.signals.pulse_rate)
        return blind


def _field(value: int | None, is_beyond: bool) -> str:
    """A number right-aligned to its column, with the place of its star after it."""
    return "--- " if value is None else f"{value}{'*' if is_beyond else ' '}"


def _mean(values: Iterable[float]) -> int:
    numbers = list(values)
    return round(sum(numbers) / len(numbers))


def _beyond(value: int | None, limits: tuple[int, int], low: str, high: str) -> list[str]:
    if value is None:
        return []
    return [low] if value < limits[0] else [high] if value > limits[1] else []


SIMULATOR = Kind(name="nellcor", title="Simulated Nellcor oximeter", make=NellcorSimulator)
