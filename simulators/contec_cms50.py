"""A Contec CMS50 on the shared patient's finger: V7.0 packages with its commands, or the legacy 5-byte stream.

Written afresh from the project's sheet. What that leaves open (delay of the answers, how long the stream goes on without
keep-alive and whether its end is told, whether numbers stand while the finger is out) is drawn from the seed, so that
nobody comes to rely on it.
"""

import random
from collections import deque

from drivers.base.observations import Instant
from drivers.contec_cms50 import (
    ASK_PI,
    BEEP,
    COMMAND,
    DISCONNECT,
    DONE,
    FEEDBACK,
    FREE,
    IDENTIFIER,
    KEEP_ALIVE,
    KEEP_ALIVE_S,
    LEGACY_PR_BIT_7,
    LEGACY_PROBE_ERROR,
    LEGACY_SEARCHING,
    MODEL,
    NOT_SUPPORTED,
    NOTICE,
    PACKETS_PER_S,
    PI_INVALID,
    PI_MISSING,
    PI_SUPPORT,
    PR_INVALID,
    PROBE_ERROR,
    REALTIME,
    RECORDING,
    SEARCHING,
    SHUTTING_DOWN,
    SPO2_INVALID,
    START,
    STOP,
    TOO_LONG,
    UNKNOWN,
)
from simulators.base.simulator import Kind, Signals, Simulator

S = 1_000_000
NO_FINGER_PLETH = 64
BEATS = 8  # averaged
FEWEST_BEATS = 3
NO_PULSE_S = 4.0
TOO_LONG_S = 10.0

FAULTS = ("legacy", "sensor_off", "searching", "no_pi", "shut_down", "recording", "deaf")


class ContecSimulator(Simulator):
    """An oximeter that is switched on and waits to be asked; a legacy one streams by itself."""

    def __init__(self, signals: Signals, rng: random.Random, start: Instant, legacy: bool = False) -> None:
        super().__init__(signals, rng, start)
        self.legacy = legacy
        self._faults: set[str] = set()
        self._streaming = False
        self._heard_at = start
        self._patience_us = round(rng.uniform(1.3, 2.5) * KEEP_ALIVE_S * S)
        self._says_farewell = rng.random() < 0.5
        self._keeps_numbers = rng.random() < 0.5
        self._answers: deque[tuple[Instant, bytes]] = deque()
        self._received = bytearray()
        self._count = 0
        self._rates: deque[float] = deque(maxlen=BEATS)
        self._saturations: deque[float] = deque(maxlen=BEATS)
        self._seen_until = start
        self._last_pulse: Instant | None = None
        self._searching_since: Instant | None = start
        self._off = False
        self._beat = False
        self._shown = (PR_INVALID, SPO2_INVALID)

    def misbehave(self, what: str, on: bool) -> None:
        """``legacy`` makes it an older device; ``shut_down`` and ``recording`` end the stream as the user would; the rest are states."""
        if what not in FAULTS:
            raise ValueError(f"a Contec oximeter has no fault '{what}'; it has {', '.join(FAULTS)}")
        if what == "legacy":
            self.legacy, self._streaming = on, False
        elif on:
            self._faults.add(what)
            reasons = {"shut_down": SHUTTING_DOWN, "recording": RECORDING}
            if what in reasons and self._streaming:
                self._end(reasons[what], self._seen_until)
        else:
            self._faults.discard(what)

    def advance(self, at: Instant) -> bytes:
        out = bytearray()
        while (due := self.start + self._count * S // PACKETS_PER_S) <= at:
            self._flush(due, out)
            self.signals.advance(due)
            self._sense(due)
            if self.legacy:
                out += self._frame(due)
            elif self._streaming and due - self._heard_at > self._patience_us:
                self._end(UNKNOWN if self._says_farewell else None, due)
            elif self._streaming:
                out += self._package(due)
            self._count += 1
        self._flush(at, out)
        return bytes(out)

    def _flush(self, at: Instant, out: bytearray) -> None:
        while self._answers and self._answers[0][0] <= at:
            out += self._answers.popleft()[1]

    def _end(self, reason: int | None, at: Instant) -> None:
        self._streaming = False
        if reason is not None:
            self._answers.append((at, _packed(DISCONNECT, [reason])))

    # -- the finger

    def _sense(self, at: Instant) -> None:
        """Follow the patient up to ``at``; numbers are renewed with each beat."""
        pulses = self.signals.pulses(self._seen_until, at)
        self._seen_until = at
        self._off = self.signals.finger_off or "sensor_off" in self._faults
        lost = self._last_pulse is not None and at - self._last_pulse > NO_PULSE_S * S
        if self._off or lost or "searching" in self._faults:
            self._rates.clear()
            self._saturations.clear()
            self._last_pulse = None
            pulses = []
        for pulse in pulses:
            if self._last_pulse is not None and pulse > self._last_pulse and self.signals.spo2 is not None:
                self._rates.append(60 * S / (pulse - self._last_pulse))
                self._saturations.append(self.signals.spo2)
            self._last_pulse = pulse
        self._beat = bool(pulses)
        found = len(self._rates) >= FEWEST_BEATS
        if found and pulses:
            self._shown = (
                min(254, max(1, round(sum(self._rates) / len(self._rates)))),
                min(100, max(1, round(sum(self._saturations) / len(self._saturations)))),
            )
        elif not found and not self._keeps_numbers:
            self._shown = (PR_INVALID, SPO2_INVALID)
        self._searching_since = None if found or self._off else self._searching_since or at

    def _flags(self, at: Instant) -> tuple[bool, bool, bool]:
        """Finger out, searching, searching too long."""
        since = self._searching_since
        return self._off, since is not None, since is not None and at - since > TOO_LONG_S * S

    def _strength(self) -> int:
        return 0 if self._off else max(1, min(8, round(4 + self.signals.pi / 3)))

    def _pleth(self, at: Instant) -> int:
        return NO_FINGER_PLETH if self._off else round(min(1.0, max(0.0, self.signals.pleth(at))) * 127)

    # -- the wire

    def _package(self, at: Instant) -> bytes:
        off, searching, too_long = self._flags(at)
        pleth, (rate, saturation) = self._pleth(at), self._shown
        perfusion = PI_MISSING
        if "no_pi" not in self._faults and not (off or searching):
            perfusion = max(1, min(2200, round(self.signals.pi * 100)))
        status = self._strength() | (PROBE_ERROR if off else 0) | (TOO_LONG if too_long else 0)
        bar = 0 if off else round(pleth / 127 * 15)
        data = [
            status | (BEEP if self._beat else 0),
            pleth | (SEARCHING if searching else 0),
            bar | (PI_INVALID if perfusion == PI_MISSING else 0),
            rate,
            saturation,
            perfusion % 256,
            perfusion // 256,
        ]
        return _packed(REALTIME, data)

    def _frame(self, at: Instant) -> bytes:
        off, searching, too_long = self._flags(at)
        pleth, (rate, saturation) = self._pleth(at), self._shown
        bar = 0 if off else round(pleth / 127 * 15)
        bar |= (LEGACY_PROBE_ERROR if off else 0) | (LEGACY_SEARCHING if searching else 0)
        bar |= LEGACY_PR_BIT_7 if rate >= 128 else 0
        status = self._strength() | (TOO_LONG if too_long else 0) | (BEEP if self._beat else 0)
        return bytes([0x80 + status, pleth, bar, rate % 128, saturation])

    # -- commands

    def receive(self, data: bytes, at: Instant) -> None:
        """Nine bytes, only the first without bit 7; a legacy device hears nothing."""
        if self.legacy or "deaf" in self._faults:
            return
        for byte in data:
            if byte < 0x80:
                self._received.clear()
            self._received.append(byte)
            if len(self._received) == 9:
                package = bytes(self._received)
                self._received.clear()
                if package[0] == COMMAND:
                    high = package[1]
                    self._obey([byte % 128 + 128 * (high >> k & 1) for k, byte in enumerate(package[2:])], at)

    def _obey(self, arguments: list[int], at: Instant) -> None:
        operation = arguments[0]
        if operation == START:
            self._heard_at = at
            refusal = RECORDING if "recording" in self._faults else None
            if "shut_down" in self._faults:
                return
            self._streaming = refusal is None
            if refusal is not None:
                self._answer(_packed(FEEDBACK, [START, refusal]), at)
        elif operation == KEEP_ALIVE:
            self._heard_at = at
        elif "shut_down" not in self._faults:
            if operation == STOP:
                self._streaming = False
            self._answer(self._told(operation), at)

    def _told(self, operation: int) -> bytes:
        answers = {
            STOP: _packed(FREE, []),
            0xA0: _packed(0x06, [0, 0]),
            0xA3: _packed(0x0A, [0, 0]),
            0xA4: _packed(0x08, [0, 0, 0, 0, 0, 0]),
            0xA5: _packed(0x07, [0, 0, 20, 26, 1, 1]) + _packed(0x12, [0, 0, 0, 0, 0, 0]),
            0xA7: _packed(FREE, []),
            0xA8: _packed(MODEL, [0, *b"      "]) + _packed(MODEL, [0xFF, *b"      "]),
            0xA9: _packed(0x03, list(b"       ")),
            0xAA: _packed(IDENTIFIER, list(b"user   ")),
            0xAB: _packed(0x05, [0, *b"user  "]),
            ASK_PI: _packed(PI_SUPPORT, [1 if "no_pi" in self._faults else 0]),
            0xAD: _packed(0x10, [1]),
            0xB0: _packed(NOTICE, [1, 0, 0, 0, 0, 0, 0]),
            0xB1: _packed(FEEDBACK, [0xB1, DONE]),
            0xB2: _packed(FEEDBACK, [0xB2, DONE]),
            0xB3: _packed(0x13, [0] * 7) + _packed(0x14, [0] * 7),
            0xB6: _packed(0x15, [0] * 7),
        }
        return answers.get(operation, _packed(FEEDBACK, [operation, NOT_SUPPORTED]))

    def _answer(self, package: bytes, at: Instant) -> None:
        due = at + self.rng.randrange(5_000, 40_000)
        if self._answers:
            due = max(due, self._answers[-1][0])
        self._answers.append((due, package))


def _packed(kind: int, data: list[int]) -> bytes:
    """Type, then bit 7 of each data byte gathered in one, then the data with bit 7 set."""
    high = 0x80
    for place, byte in enumerate(data):
        high += (byte // 128) * 2**place
    return bytes([kind, high, *(128 + byte % 128 for byte in data)])


SIMULATOR = Kind(name="contec_cms50", title="Simulated Contec CMS50 oximeter", make=ContecSimulator)
