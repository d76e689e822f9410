"""A simulated Exemplar 1: the shared patient in its bytes. Written from the description alone, so that it is an honest check."""

from drivers.base.observations import Instant
from simulators.base.simulator import Kind, Simulator
from vigil_exemplar.driver import FINGER_OUT, FRAMES_PER_S, HEAD, MISSING

PERIOD_US = 1_000_000 // FRAMES_PER_S


class SimulatedExemplar(Simulator):
    """It only talks."""

    _sent = 0

    def advance(self, at: Instant) -> bytes:
        out = bytearray()
        while self.start + self._sent * PERIOD_US <= at:
            self._sent += 1
            out += self._frame()
        return bytes(out)

    def _frame(self) -> bytes:
        status = FINGER_OUT if self.signals.finger_off else 0
        body = HEAD + bytes((status, _number(self.signals.spo2), _number(self.signals.pulse_rate)))
        return body + _crc(body).to_bytes(2, "big")


def _number(value: float | None) -> int:
    return MISSING if value is None else min(round(value), MISSING - 1)


def _crc(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, start FFFF, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


SIMULATOR = Kind("exemplar", "Exemplar 1 pulse oximeter", SimulatedExemplar)
