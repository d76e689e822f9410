"""A patient for simulators of oximeters: a finger whose pulse comes evenly and whose curve stands still, so that bytes can be foretold."""

from dataclasses import dataclass

from simulators.base.simulator import Determination
from simulators.base.waves import SECOND


@dataclass
class Finger:
    """A finger whose pulse is as told."""

    hr: float | None = 74.0
    pulse_rate: float | None = 74.0
    spo2: float | None = 96.0
    rr: float | None = 14.0
    pi: float = 3.0
    motion: bool = False
    finger_off: bool = False
    leads_off: bool = False
    level: float = 0x43 / 255
    next_pulse: int = 0

    def advance(self, at: int) -> None:
        pass

    def beats(self, after: int, until: int) -> list[int]:
        return []

    def pulses(self, after: int, until: int) -> list[int]:
        found = []
        while self.pulse_rate is not None and self.next_pulse <= until:
            if self.next_pulse > after:
                found.append(self.next_pulse)
            self.next_pulse += round(60 * SECOND / self.pulse_rate)
        return found

    def ecg_mv(self, at: int) -> float:
        return 0.0

    def pleth(self, at: int) -> float:
        return self.level

    def resp(self, at: int) -> float:
        return 0.0

    def determine(self, at: int) -> Determination | None:
        return None
