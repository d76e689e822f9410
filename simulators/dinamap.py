"""A DINAMAP on the shared patient: cuff, finger sensor and thermometer, asked through its host port.

Written afresh from the sheet. What is not known there (the answers to a start and a cancel, what the pressure fields
hold after a failure, what is shown after a cancel) is drawn from the seed, so that nobody comes to rely on it.
"""

import random
from collections import deque
from dataclasses import dataclass

from drivers.base.observations import Instant
from drivers.dinamap import (
    ADULT,
    BUSY,
    CANCEL,
    COMPLETED,
    CR,
    CUFF_RATE,
    FAILED,
    FROM_NIBP,
    FROM_OXIMETER,
    LEAK,
    LF,
    NEONATE,
    NIBP_DISPLAYED,
    NIBP_STATUS,
    NO_DATA,
    NO_TEMPERATURE,
    NONE_RECENT,
    NOT_USED,
    OVERPRESSURE,
    OXIMETER,
    PREDICTIVE,
    RATE,
    SEQUENCES,
    STANDBY,
    START_NORMAL,
    STAT,
    STEP_TIME_OUT,
    TEMP_ABORTED,
    TEMP_CONTACT_LOST,
    TEMP_IDLE,
    TEMP_MEASURING,
    TEMP_TIME_OUT,
    TEMPERATURE,
    TOTAL_TIME_OUT,
    UNDOCUMENTED,
    UNKNOWN,
    UNPLUGGED,
    VALID,
)
from simulators.base.simulator import Determination, Kind, Signals, Simulator

S = 1_000_000
OLDEST_S = 5400
AUTO_S = 180  # of the device's own automatic mode
BLOCK_US = 20_000  # of the PRO 1000's native stream

CODES = {
    "failed": FAILED,
    "cuff_leak": LEAK,
    "undocumented": UNDOCUMENTED,
    "total_timeout": TOTAL_TIME_OUT,
    "step_timeout": STEP_TIME_OUT,
    "overpressure": OVERPRESSURE,
    "unknown": UNKNOWN,
}
"""Faults that end a determination, with the status they leave."""

LASTS_S = {"cuff_leak": 18.0, "overpressure": 9.0, "total_timeout": 120.0, "step_timeout": 60.0}
OXIMETER_STATES = {"oximeter_standby": STANDBY, "sensor_off": NO_DATA, "sensor_unplugged": UNPLUGGED}
TEMPERATURE_STATES = {
    "temperature_timeout": TEMP_TIME_OUT,
    "temperature_contact_lost": TEMP_CONTACT_LOST,
    "temperature_aborted": TEMP_ABORTED,
}
OTHER_FAULTS = ("neonate", "stat", "auto", "not_used", "echo", "deaf", "no_oximeter", "no_thermometer", "pro1000")
FAULTS = (*CODES, *OXIMETER_STATES, *TEMPERATURE_STATES, *OTHER_FAULTS)

FIRST_TEMPERATURE_S, TEMPERATURE_LASTS_S, FAHRENHEIT_TENTHS = 20, 8, 982


@dataclass(frozen=True, slots=True)
class Inflation:
    """One determination under way."""

    ends: Instant
    fault: str | None


class DinamapSimulator(Simulator):
    """A device that was switched on at ``start``, its host port set to host communications."""

    def __init__(self, signals: Signals, rng: random.Random, start: Instant) -> None:
        super().__init__(signals, rng, start)
        self._faults: set[str] = set()
        self._received = bytearray()
        self._outgoing: deque[tuple[Instant, bytes]] = deque()
        self._inflation: Inflation | None = None
        self._status = COMPLETED
        self._result: Determination | None = None
        self._ended: Instant | None = None
        self._blocks = 0
        self._next_block: Instant | None = None
        self._next_auto: Instant | None = None
        # Not known, so every device has its own way.
        self._start_answer = rng.choice((b"", START_NORMAL[:3], START_NORMAL))
        self._cancel_answer = rng.choice((b"", CANCEL))
        self._blanks_after_failure = rng.random() < 0.5

    def misbehave(self, what: str, on: bool) -> None:
        """A fault that ends determinations works from the next one on."""
        if what not in FAULTS:
            raise ValueError(f"a DINAMAP has no fault '{what}'; it has {', '.join(FAULTS)}")
        if on:
            self._faults.add(what)
        else:
            self._faults.discard(what)

    def advance(self, at: Instant) -> bytes:
        self.signals.advance(at)
        self._cycle(at)
        if self._inflation is not None and at >= self._inflation.ends:
            self._finish(self._inflation)
        out = bytearray(self._native(at))
        while self._outgoing and self._outgoing[0][0] <= at:
            out += self._outgoing.popleft()[1]
        return bytes(out)

    # -- the cuff

    def _cycle(self, at: Instant) -> None:
        """The device's own automatic mode, which no host asked for."""
        if "auto" not in self._faults:
            self._next_auto = None
        elif self._inflation is None and (self._next_auto is None or at >= self._next_auto):
            self._next_auto = at + AUTO_S * S
            self._begin(at)

    def _begin(self, at: Instant) -> None:
        fault = next((name for name in CODES if name in self._faults), None)
        lasts_s = LASTS_S.get(fault or "", self.rng.uniform(20.0, 45.0))
        self._inflation = Inflation(at + round(lasts_s * S), fault)

    def _finish(self, inflation: Inflation) -> None:
        self._inflation = None
        self._ended = inflation.ends
        result = None if inflation.fault else self.signals.determine(inflation.ends)
        if result is None:
            self._status = CODES[inflation.fault] if inflation.fault else FAILED
        else:
            self._status, self._result = COMPLETED, result

    def _cancel(self, at: Instant) -> None:
        """What the status then is, nobody has written down: a failure, or the result before with its age."""
        if self._inflation is None:
            return
        self._inflation = None
        if self.rng.random() < 0.5:
            self._status, self._ended = FAILED, at

    def _nibp(self, letters: bytes, at: Instant) -> bytes:
        status = BUSY if self._inflation else NOT_USED if "not_used" in self._faults else self._status
        age = NONE_RECENT if self._ended is None else (at - self._ended) // S
        result = self._result
        if status not in (BUSY, COMPLETED) and self._blanks_after_failure:
            result = None
        pressures = (result.systolic, result.diastolic, result.mean) if result and age <= OLDEST_S else (0, 0, 0)
        patient = NEONATE if "neonate" in self._faults else ADULT
        mode = STAT if "stat" in self._faults else 0
        text = b"%s%d%d%d%04d" % (letters, status, patient, mode, age if age <= OLDEST_S else NONE_RECENT)
        return text + b"%03d%03d%03d" % pressures

    # -- the other sensors

    def _oximeter(self) -> bytes:
        state = next((code for name, code in OXIMETER_STATES.items() if name in self._faults), None)
        saturation = self.signals.spo2
        if state is None:
            state = VALID if saturation is not None and not self.signals.finger_off else NO_DATA
        shown = round(saturation) if state == VALID and saturation is not None else 0
        strength = min(9, round(self.signals.pi * 3)) if state == VALID else 0
        return b"%s%d%03d%d08" % (OXIMETER, state, shown, strength)

    def _rate(self) -> bytes:
        """The oximeter's if it has one, else the one of the last determination."""
        pulse = self.signals.pulse_rate
        if self._oximeter()[3:4] == b"%d" % VALID and "no_oximeter" not in self._faults and pulse is not None:
            return b"%s%d%03d" % (RATE, FROM_OXIMETER, round(pulse))
        return RATE + self._cuff_rate()[3:]

    def _cuff_rate(self) -> bytes:
        return b"%s%d%03d" % (CUFF_RATE, FROM_NIBP, self._result.rate if self._result else 0)

    def _temperature(self, at: Instant) -> bytes:
        """One predictive determination, ``FIRST_TEMPERATURE_S`` after the start."""
        began = self.start + FIRST_TEMPERATURE_S * S
        ended = began + TEMPERATURE_LASTS_S * S
        state = next((code for name, code in TEMPERATURE_STATES.items() if name in self._faults), TEMP_IDLE)
        if began <= at < ended:
            state = TEMP_MEASURING
        done = at >= ended
        age = min((at - ended) // S, NO_TEMPERATURE) if done else NO_TEMPERATURE
        counter, tenths = (b"B", FAHRENHEIT_TENTHS) if done else (b"A", 0)
        return b"%s%d%d%s%05d%04d1" % (TEMPERATURE, state, PREDICTIVE, counter, age, tenths)

    # -- the conversation

    def receive(self, data: bytes, at: Instant) -> None:
        """Messages end with CR; ends of lines around them are nothing, and what is wrong is not answered."""
        if self._faults & {"deaf", "pro1000"}:
            return
        if "echo" in self._faults:
            self._outgoing.append((at, data))
        for byte in data:
            if byte not in (CR, LF):
                self._received.append(byte)
                del self._received[:-64]
                continue
            line = bytes(self._received)
            self._received.clear()
            if len(line) > 4 and _wrapped(line[:-2]) == line + b"\r":
                self._answer(line[:-2], at)

    def _answer(self, request: bytes, at: Instant) -> None:
        if self._inflation is not None and at >= self._inflation.ends:
            self._finish(self._inflation)
        if request == START_NORMAL:
            if self._inflation is None:
                self._begin(at)
            answer = self._start_answer
        elif request == CANCEL:
            self._cancel(at)
            answer = self._cancel_answer
        elif request in (NIBP_STATUS, NIBP_DISPLAYED):
            answer = self._nibp(request, at)
        else:
            answer = self._told(request, at)
        if answer:
            due = at + self.rng.randrange(10_000, 60_000)
            self._outgoing.append((max(due, self._outgoing[-1][0]) if self._outgoing else due, _wrapped(answer)))

    def _told(self, request: bytes, at: Instant) -> bytes:
        if request == OXIMETER:
            return b"" if "no_oximeter" in self._faults else self._oximeter()
        if request == RATE:
            return self._rate()
        if request == CUFF_RATE:
            return self._cuff_rate()
        if request == TEMPERATURE:
            return b"" if "no_thermometer" in self._faults else self._temperature(at)
        return b""

    # -- the PRO 1000

    def _native(self, at: Instant) -> bytes:
        """Blocks of the native stream up to ``at``, 50 a second."""
        if "pro1000" not in self._faults:
            self._next_block = None
            return b""
        out = bytearray()
        due = self._next_block or at
        while due <= at:
            out += self._block(due)
            due += BLOCK_US
        self._next_block = due
        return bytes(out)

    def _block(self, at: Instant) -> bytes:
        """Sequence, status, two channels of four samples of 10 bits, parameter bytes of unknown meaning, checks."""
        times = [at - (3 - number) * 5_000 for number in range(4)]
        first = [round(384 + 200 * self.signals.ecg_mv(time)) & 0x3FF for time in times]
        second = [round(200 + 600 * self.signals.pleth(time)) & 0x3FF for time in times]
        packed = b"".join(
            (channel[0] << 30 | channel[1] << 20 | channel[2] << 10 | channel[3]).to_bytes(5, "big")
            for channel in (first, second)
        )
        body = bytes([0x0E]) + packed + self.rng.randbytes(3)
        crc = _crc8(body)
        number = self._blocks % SEQUENCES
        self._blocks += 1
        return bytes([number]) + body + bytes([crc, ~crc & 0xFF, ~number & 0xFF])


def _wrapped(text: bytes) -> bytes:
    """The text with its checksum: the sum of (code - 1Fh), six bits to a character, high bits first."""
    high, low = divmod(sum(code - 0x1F for code in text) % 4096, 64)
    return text + bytes([32 + high, 32 + low, CR])


def _crc8(data: bytes) -> int:
    """CRC-8, reflected, polynomial 85h, start 0."""
    crc = 0
    for byte in data:
        for bit in range(8):
            mixed = (crc ^ byte >> bit) & 1
            crc >>= 1
            if mixed:
                crc ^= 0xA1
    return crc


SIMULATOR = Kind(name="dinamap", title="Simulated DINAMAP", make=DinamapSimulator)
