"""A Masimo oximeter on the shared patient's finger: ASCII 1 in the lines of four models, or the trend download.

Written afresh from the operator's manual and real lines. With the finger out it goes on printing the last numbers for a
while, as a recorded Rad-8 did: EXC alone tells.
"""

import random
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime

from drivers._masimo_words import (
    ALARM_ACTIVE,
    AMBIENT_LIGHT,
    AUDIO_PAUSED,
    CALIBRATING,
    INTERFERENCE,
    LOW_BATTERY,
    LOW_PERFUSION,
    LOW_SIGNAL_IQ,
    NO_SENSOR,
    PR_HIGH,
    PR_LOW,
    PULSE_SEARCH,
    SENSOR_DEFECTIVE,
    SENSOR_OFF,
    SET,
    SPO2_HIGH,
    SPO2_LOW,
)
from drivers.base.observations import Instant
from simulators.base.simulator import Kind, Signals, Simulator

SECOND = 1_000_000
AVERAGE = 8  # lines; the maker's usual averaging time is 8 s
SEARCH = 4  # lines without numbers after the finger came back
HOLD = 6  # lines that still bear numbers after it is out
SPO2_LIMITS = (90, 100)
PR_LIMITS = (50, 140)

_RAD_8 = "SN=0000056661 SPO2={spo2}% BPM={pr} PI={pi}% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM={alarm:04x} EXC={exc:06X}"
_BLUE = (
    "SN=0123456789 SPO2={spo2}% BPM={pr} PI={pi}% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- PVI=--- "
    "ALARM={alarm:04x} EXC={exc:06X}"
)
_COLOUR = (
    "SN=---------- SPO2={spo2}% BPM={pr} PI={pi} SPCO=--% SPMET=--.-% SPHB=--.- SPOC=-- RESVD=--- DESAT=-- PIDELTA=+-- "
    "PVI=--- ALARM={alarm:06x} EXC={exc:07X} EXC1=00000000"
)
_V5 = "SPO2={spo2}% BPM={pr} PI={pi}% ALARM={alarm:02x} EXC={exc:03X}"
_TREND = "SpO2={spo2:03d} PR={pr:03d} PI={pi:05.2f} EXC={exc:03X}:{words}"
MODELS = {"rad8": _RAD_8, "radical7_blue": _BLUE, "radical7_colour": _COLOUR, "radical_v5": _V5}

STATES = {
    "no_sensor": NO_SENSOR,
    "defective_sensor": SENSOR_DEFECTIVE,
    "sensor_off": SENSOR_OFF,
    "low_perfusion": LOW_PERFUSION,
    "artefact": INTERFERENCE,
    "ambient_light": AMBIENT_LIGHT,
    "low_signal": LOW_SIGNAL_IQ,
    "calibrating": CALIBRATING,
}
FAULTS = (*STATES, "low_battery", "muted", "ascii2", *MODELS)
_BLIND = NO_SENSOR | SENSOR_DEFECTIVE | SENSOR_OFF | CALIBRATING
_CONDITIONS = SPO2_HIGH | SPO2_LOW | PR_HIGH | PR_LOW


class MasimoSimulator(Simulator):
    """An oximeter that was connected at ``start`` and prints a line each second."""

    def __init__(self, signals: Signals, rng: random.Random, start: Instant, model: str = "rad8") -> None:
        super().__init__(signals, rng, start)
        self._model = model
        self._faults: set[str] = set()
        self._lines = 0
        self._spo2: deque[float] = deque(maxlen=AVERAGE)
        self._pr: deque[float] = deque(maxlen=AVERAGE)
        self._pi = 0.0
        self._held = 0
        self._last: tuple[int | None, int | None] = (None, None)

    def misbehave(self, what: str, on: bool) -> None:
        """A model's name prints its kind of lines, ``ascii2`` the trend download; the others are states."""
        if what not in FAULTS:
            raise ValueError(f"a Masimo oximeter has no fault '{what}'; it has {', '.join(FAULTS)}")
        if what in MODELS:
            self._model = what if on else "rad8"
        elif on:
            self._faults.add(what)
        else:
            self._faults.discard(what)

    def advance(self, at: Instant) -> bytes:
        out = bytearray()
        while (line_at := self.start + (self._lines + 1) * SECOND) <= at:
            self.signals.advance(line_at)
            self._lines += 1
            out += self._line(line_at).encode("ascii") + b"\r\n"
        return bytes(out)

    def _line(self, at: Instant) -> str:
        stamp = datetime.fromtimestamp(at / SECOND, UTC).strftime("%m/%d/%y %H:%M:%S ")
        exc = self._exceptions()
        self._sense(exc)
        spo2, pr = self._numbers(exc)
        if "ascii2" in self._faults:
            return stamp + self._memory(spo2, pr, exc)
        if spo2 is None and not exc & _BLIND:
            exc |= PULSE_SEARCH
        return stamp + MODELS[self._model].format(
            spo2="---" if spo2 is None else f"{spo2:03d}",
            pr="---" if pr is None else f"{pr:03d}",
            pi="--.--" if spo2 is None or exc & _BLIND else f"{self._pi:05.2f}",
            alarm=self._alarms(spo2, pr, exc),
            exc=exc & 0xFFF if self._model == "radical_v5" else exc,
        )

    def _memory(self, spo2: int | None, pr: int | None, exc: int) -> str:
        """A line of the trend download, where zero means missing."""
        words = "OffPat,SET" if exc & SENSOR_OFF else "SET"
        pi = 0.0 if spo2 is None or exc & _BLIND else self._pi
        return _TREND.format(spo2=spo2 or 0, pr=pr or 0, pi=pi, exc=exc & 0xFFF, words=words)

    def _exceptions(self) -> int:
        exc = SET
        for state, bit in STATES.items():
            exc |= bit if state in self._faults else 0
        exc |= SENSOR_OFF if self.signals.finger_off else 0
        exc |= INTERFERENCE if self.signals.motion else 0
        exc |= LOW_PERFUSION if self.signals.pi < 0.3 else 0
        return exc

    def _sense(self, exc: int) -> None:
        """Follow the patient by a second; PI wanders a little every few seconds."""
        if exc & _BLIND or self.signals.spo2 is None or self.signals.pulse_rate is None:
            self._spo2.clear()
            self._pr.clear()
            return
        self._spo2.append(self.signals.spo2)
        self._pr.append(self.signals.pulse_rate)
        if self._lines % 5 == 1 or not self._pi:
            self._pi = min(20.0, max(0.02, self.signals.pi * self.rng.uniform(0.97, 1.03)))

    def _numbers(self, exc: int) -> tuple[int | None, int | None]:
        """The averages; for a while the last ones when the finger is out."""
        if not exc & _BLIND:
            ready = len(self._spo2) > SEARCH
            self._last = (_mean(self._spo2), _mean(self._pr)) if ready else (None, None)
            self._held = HOLD
        elif self._held and exc & SENSOR_OFF:
            self._held -= 1
        else:
            self._last = (None, None)
        return self._last

    def _alarms(self, spo2: int | None, pr: int | None, exc: int) -> int:
        alarms = 0
        if spo2 is not None and not exc & _BLIND:
            alarms |= _beyond(spo2, SPO2_LIMITS, SPO2_LOW, SPO2_HIGH)
        if pr is not None and not exc & _BLIND:
            alarms |= _beyond(pr, PR_LIMITS, PR_LOW, PR_HIGH)
        alarms |= ALARM_ACTIVE if alarms & _CONDITIONS or exc & _BLIND else 0
        alarms |= AUDIO_PAUSED if "muted" in self._faults else 0
        return alarms | (LOW_BATTERY if "low_battery" in self._faults else 0)


def _mean(values: Iterable[float]) -> int:
    numbers = list(values)
    return round(sum(numbers) / len(numbers))


def _beyond(value: int, limits: tuple[int, int], low: int, high: int) -> int:
    return low if value < limits[0] else high if value > limits[1] else 0


SIMULATOR = Kind(name="masimo", title="Simulated Masimo oximeter (ASCII 1)", make=MasimoSimulator)
