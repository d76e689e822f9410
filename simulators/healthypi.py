"""A HealthyPi board on the shared patient: v4 unless told otherwise, v3 or v5; 125 frames a second from the start.

Written afresh from the sheet. Numbers are renewed once a second, as the firmware does; the heart rate keeps its last value
when beats stop, and the bytes that look like a blood pressure are the firmware's constants.
"""

import random
import struct

from drivers.base.observations import Instant
from drivers.healthypi import (
    BIOZ_FRESH,
    BIOZ_SKIPPED,
    BP_CONSTANT,
    BP_CONSTANT_V4,
    DATA,
    ECG_LEAD_OFF,
    FRAMES_PER_S,
    HEADER,
    PROBE_OPEN,
    SPLIT_ECG,
    SPLIT_PPG,
    SPO2_WRAPPED,
    STOP,
)
from simulators.base.simulator import Kind, Signals, Simulator

IN1P = 0x01
TEMPERATURE_S = 10  # between refreshes on v4
FAULTS = ("v3", "v5", "split", "boot", "unflagged", "no_probe", "bp_module")
BOOT_TEXT = (
    b"ets Jun  8 2016 00:22:57\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nHealthyPi v4 start\r\n"
)


class HealthyPiSimulator(Simulator):
    """A board that was powered at ``start``."""

    def __init__(self, signals: Signals, rng: random.Random, start: Instant) -> None:
        super().__init__(signals, rng, start)
        self._faults: set[str] = set()
        self._count = 0
        self._hr = self._rr = self._spo2 = 0
        self._temperature = 3652
        self._light = rng.randrange(380_000, 450_000)
        self._text = b""

    def misbehave(self, what: str, on: bool) -> None:
        """``v3`` and ``v5`` are other boards, ``split`` the v5's other format; ``boot`` a board that starts again.

        ``unflagged``: a v4 whose comparators are off; ``no_probe``: nothing in the SpO₂ socket.
        """
        if what not in FAULTS:
            raise ValueError(f"a HealthyPi has no fault '{what}'; it has {', '.join(FAULTS)}")
        if on:
            self._faults.add(what)
        else:
            self._faults.discard(what)
        if what == "boot" and on:
            self._text = BOOT_TEXT

    def advance(self, at: Instant) -> bytes:
        out = bytearray(self._text)
        self._text = b""
        while (frame_at := self.start + self._count * 1_000_000 // FRAMES_PER_S) <= at:
            self.signals.advance(frame_at)
            if self._count % FRAMES_PER_S == 0:
                self._renew()
            out += self._frames(frame_at)
            self._count += 1
        return bytes(out)

    def _renew(self) -> None:
        """Take the numbers of this second. A heart without beats gives no new rate, so the old one stands."""
        signals = self.signals
        if signals.leads_off:
            self._hr = self._rr = 0
        else:
            self._hr = self._hr if signals.hr is None else round(signals.hr)
            self._rr = 0 if signals.rr is None else round(signals.rr)
        off = signals.spo2 is None or signals.finger_off or "no_probe" in self._faults
        self._spo2 = 0 if off or signals.spo2 is None else round(signals.spo2)
        if "v3" in self._faults or self._count % (TEMPERATURE_S * FRAMES_PER_S) == 0:
            self._temperature = 3652 + self.rng.randrange(-4, 5)

    def _frames(self, at: Instant) -> bytes:
        if "split" in self._faults:
            return self._split()
        if "v5" in self._faults:
            return _framed(DATA, self._payload_v5(at))
        return _framed(DATA, self._payload_v4(at))

    def _ppg(self, at: Instant) -> tuple[int, int]:
        """Infrared and red counts, which fall with blood volume."""
        pulse = self.signals.pleth(at)
        return self._light - round(9000 * pulse), self._light - 13_580 - round(6000 * pulse)

    def _payload_v4(self, at: Instant) -> bytes:
        """The layout of v3 and v4; what bytes 17 to 19 mean differs."""
        off = self.signals.leads_off
        ecg = 0 if off else round(1000 * self.signals.ecg_mv(at))
        spo2, second, status = self._spo2, BP_CONSTANT_V4, 0
        if "v3" in self._faults:
            spo2 = spo2 or SPO2_WRAPPED
            second = 118 if "bp_module" in self._faults else 0
            status = (ECG_LEAD_OFF if off else 0) | (0 if self._spo2 else PROBE_OPEN)
        elif off and "unflagged" not in self._faults:
            status = IN1P
        return struct.pack(
            "<hhiihBBBBBB",
            ecg,
            round(400 * self.signals.resp(at)),
            *self._ppg(at),
            self._temperature,
            self._rr,
            spo2,
            self._hr,
            BP_CONSTANT,
            second,
            status,
        )

    def _payload_v5(self, at: Instant) -> bytes:
        infrared, red = self._ppg(at)
        fresh = self._count % 2 == 0
        return struct.pack(
            "<iiBiihBBB",
            0 if self.signals.leads_off else round(40_000 * self.signals.ecg_mv(at)),
            round(4000 * self.signals.resp(at)),
            BIOZ_FRESH if fresh else BIOZ_SKIPPED,
            red,
            infrared,
            self._temperature,
            self._spo2,
            self._hr,
            self._rr,
        )

    def _split(self) -> bytes:
        """The v5's other format: ECG and BioZ in frames of eight, pleth likewise; a reader of the first one passes them over."""
        if self._count % 8:
            return b""
        return _framed(SPLIT_ECG, bytes(48) + bytes([self._hr, self._rr])) + _framed(SPLIT_PPG, bytes(19))


def _framed(kind: int, payload: bytes) -> bytes:
    """Header, payload length (little-endian), type, payload, stop."""
    return HEADER + len(payload).to_bytes(2, "little") + bytes([kind]) + payload + STOP


SIMULATOR = Kind(name="healthypi", title="Simulated HealthyPi board", make=HealthyPiSimulator)
