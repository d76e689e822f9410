"""A SunTech NIBP module with its cuff on the shared patient's arm: it measures, answers and fails as the sheet says.

Written afresh from the sheet. What is not known there (the answer to a BP-data read while measuring, how long it stays
busy after an abort, whether a failed determination ends with K or E) is decided here: busy, until the cuff is empty, K.
"""

import math
import random
from collections import deque
from dataclasses import dataclass

from drivers.base.observations import Instant
from drivers.suntech import (
    ABORT_DATA,
    ABORTED,
    BUSY,
    CALIBRATION_LOST,
    CONTROL,
    DONE,
    HARDWARE,
    HOST,
    INITIAL_PRESSURE,
    LEAK,
    MODULE,
    MODULE_DATA,
    NOT_DEFINED,
    NOT_RECOGNISED,
    OUT_OF_RANGE,
    OVERPRESSURE,
    PERMISSION,
    PNEUMATICS,
    PRESSURE_DATA,
    RECEIVED,
    RECORD_DATA,
    RESET,
    SAFETY_TIME_OUT,
    SLEEPING,
    START_ADULT,
    START_NEONATE,
    START_PAEDIATRIC,
    STOPPED_BY_USER,
    TRANSDUCER,
    VALID,
)
from simulators.base.simulator import Determination, Kind, Signals, Simulator

S = 1_000_000
HOST_SIZES = {  # whole packets; they carry no length byte
    START_ADULT: 3,
    START_PAEDIATRIC: 3,
    START_NEONATE: 3,
    RESET: 3,
    MODULE_DATA: 3,
    CONTROL: 5,
    INITIAL_PRESSURE: 5,
    PNEUMATICS: 6,
}
STARTS = {START_ADULT: 160, START_PAEDIATRIC: 140, START_NEONATE: 90}  # first inflation, mmHg
INFLATION_MMHG_S = 35.0
DUMP_S = 0.5  # time constant of an opened valve
LEAKY_MMHG = 40.0

CODES = {
    "cuff_leak": LEAK,
    "overpressure": OVERPRESSURE,
    "safety_timeout": SAFETY_TIME_OUT,
    "device_fault": HARDWARE,
    "permission": PERMISSION,
    "transducer": TRANSDUCER,
    "calibration_lost": CALIBRATION_LOST,
    "out_of_range": OUT_OF_RANGE,
}
"""Faults that end a determination, with the code its record bears."""

OTHER_FAULTS = ("asleep", "stuck_valve", "lost_done", "zero_record")

FAILS_AFTER_S = {"device_fault": 1.0, "permission": 1.0, "transducer": 1.0, "calibration_lost": 1.0}
FAILS_AFTER_S |= {"cuff_leak": 18.0, "overpressure": 9.0, "safety_timeout": 180.0, "out_of_range": 25.0}


@dataclass(frozen=True, slots=True)
class Inflation:
    """One determination's course: the cuff is pumped up to ``target``, let down in steps, then emptied at ``ends``."""

    began: Instant
    target: float
    step_mmhg: float
    step_s: float
    ends: Instant
    fault: str | None

    def pressure(self, at: Instant) -> float:
        elapsed = (at - self.began) / S
        pumped = INFLATION_MMHG_S * elapsed
        if self.fault == "cuff_leak":
            return min(pumped, LEAKY_MMHG)
        if self.fault == "overpressure":
            return min(pumped, 299.0)
        if self.fault in FAILS_AFTER_S and FAILS_AFTER_S[self.fault] <= 1.0:
            return 0.0
        if pumped < self.target:
            return pumped
        steps = int((elapsed - self.target / INFLATION_MMHG_S) / self.step_s)
        return max(30.0, self.target - steps * self.step_mmhg)


class SunTechSimulator(Simulator):
    """A module that is awake, its cuff empty."""

    def __init__(self, signals: Signals, rng: random.Random, start: Instant) -> None:
        super().__init__(signals, rng, start)
        self._faults: set[str] = set()
        self._received = bytearray()
        self._outgoing: deque[tuple[Instant, bytes]] = deque()
        self._inflation: Inflation | None = None
        self._emptied: tuple[Instant, float] = (start, 0.0)  # when the valve was opened, at what pressure
        self._initial: float | None = None
        self._record = _packet(bytes(21))

    def misbehave(self, what: str, on: bool) -> None:
        """A fault that ends determinations works from the next start on."""
        if what not in CODES and what not in OTHER_FAULTS:
            raise ValueError(f"a SunTech module has no fault '{what}'; it has {', '.join((*CODES, *OTHER_FAULTS))}")
        if on:
            self._faults.add(what)
        else:
            self._faults.discard(what)

    def advance(self, at: Instant) -> bytes:
        self.signals.advance(at)
        if self._inflation is not None and at >= self._inflation.ends:
            self._finish(self._inflation)
        out = bytearray()
        while self._outgoing and self._outgoing[0][0] <= at:
            out += self._outgoing.popleft()[1]
        return bytes(out)

    # -- the cuff

    def cuff_mmhg(self, at: Instant) -> float:
        """Pressure in the cuff."""
        if self._inflation is not None:
            return self._inflation.pressure(at)
        opened, pressure = self._emptied
        if "stuck_valve" in self._faults:
            return pressure
        return pressure * math.exp2(-max(0.0, (at - opened) / S / DUMP_S))

    def _begin(self, command: int, at: Instant) -> None:
        fault = next((name for name in CODES if name in self._faults), None)
        target = self._initial or STARTS[command] + self.rng.uniform(-5, 5)
        deflation_s = self.rng.uniform(18.0, 36.0)
        step_s = self.rng.uniform(0.8, 1.2)
        step_mmhg = (target - 45.0) / (deflation_s / step_s)
        lasts_s = FAILS_AFTER_S[fault] if fault else target / INFLATION_MMHG_S + deflation_s
        self._inflation = Inflation(at, target, step_mmhg, step_s, at + round(lasts_s * S), fault)

    def _finish(self, inflation: Inflation) -> None:
        at = inflation.ends
        self._emptied = (at, inflation.pressure(at))
        self._inflation = None
        self._record = _failed(CODES[inflation.fault]) if inflation.fault else self._measure(at)
        if inflation.fault is None and self._record[20] == 0:
            self._initial = float(min(280, (self._record[2] | self._record[3] << 8) + 30))
        if "lost_done" not in self._faults:
            self._say(_ack(DONE), at)

    def _measure(self, at: Instant) -> bytes:
        result = self.signals.determine(at)
        if "zero_record" in self._faults:
            return _packet(bytes(21))
        # What the patient's arm makes fail; a leak or a broken module comes only where it is asked for.
        return _failed(OUT_OF_RANGE) if result is None else _measured(result, self.rng)

    # -- the conversation

    def receive(self, data: bytes, at: Instant) -> None:
        held = self._received
        held += data
        while held:
            if held[0] != HOST:
                start = held.find(HOST)
                del held[: start if start >= 0 else len(held)]
                self._say(_ack(NOT_RECOGNISED), at)
                continue
            if len(held) < 3:
                return
            size = HOST_SIZES.get(held[1], 3)
            if len(held) < size:
                return
            packet = bytes(held[:size])
            if sum(packet) % 256:
                del held[:1]
                self._say(_ack(NOT_RECOGNISED), at)
                continue
            del held[:size]
            if self._inflation is not None and at >= self._inflation.ends:
                self._finish(self._inflation)
            self._say(self._answer(packet[1], packet[2:-1], at), at)

    def _answer(self, command: int, data: bytes, at: Instant) -> bytes:
        if "asleep" in self._faults:
            self._faults.discard("asleep")
            return _ack(SLEEPING)
        if command not in HOST_SIZES:
            return _ack(NOT_DEFINED)
        if command == CONTROL:
            return self._controlled(data, at)
        if self._inflation is not None or self.cuff_mmhg(at) > 5:
            return _ack(BUSY)
        if command in STARTS:
            self._begin(command, at)
            return _ack(RECEIVED)
        if command == INITIAL_PRESSURE:
            self._initial = float(data[0] | data[1] << 8)
        return _ack(DONE)

    def _controlled(self, data: bytes, at: Instant) -> bytes:
        if data == PRESSURE_DATA:
            pressure = round(self.cuff_mmhg(at))
            return _packet(bytes(divmod(pressure, 256))[::-1])
        if data == ABORT_DATA:
            return self._abort(at)
        if data == RECORD_DATA:
            return self._record if self._inflation is None else _ack(BUSY)
        return _ack(NOT_DEFINED)

    def _abort(self, at: Instant) -> bytes:
        """A, and K when a determination was under way."""
        inflation, self._inflation = self._inflation, None
        if inflation is None:
            return _ack(ABORTED)
        self._emptied = (at, inflation.pressure(at))
        self._record = _failed(STOPPED_BY_USER)
        return _ack(ABORTED) + _ack(DONE)

    def _say(self, packet: bytes, at: Instant) -> None:
        """Put a packet on the wire 10 to 60 ms from now, after those said before."""
        due = at + self.rng.randrange(10_000, 60_000)
        if self._outgoing:
            due = max(due, self._outgoing[-1][0])
        self._outgoing.append((due, packet))


def _packet(data: bytes) -> bytes:
    """Wrap data: start byte, length of the whole, and what makes the sum zero."""
    body = bytes([MODULE, len(data) + 3]) + data
    return body + bytes([(256 - sum(body) % 256) % 256])


def _ack(letter: int) -> bytes:
    return _packet(bytes([letter]))


def _failed(code: int) -> bytes:
    data = bytearray(21)
    data[18] = code
    return _packet(bytes(data))


def _measured(result: Determination, rng: random.Random) -> bytes:
    data = bytearray(21)
    data[0:2] = result.systolic.to_bytes(2, "little")
    data[2:4] = result.diastolic.to_bytes(2, "little")
    data[4] = rng.randrange(15, 40)
    data[5] = VALID
    data[6:14] = rng.randbytes(8)
    data[14] = min(255, result.rate)
    data[16:18] = result.mean.to_bytes(2, "little")
    return _packet(bytes(data))


SIMULATOR = Kind(name="suntech", title="Simulated SunTech NIBP module", make=SunTechSimulator)
