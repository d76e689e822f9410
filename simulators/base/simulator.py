"""What a simulated device is made of: the patient's signals going in, bytes coming out.

A simulator encodes what its patient does in the device's own bytes and answers the device's commands.
It reads no clock: whoever runs it says how far time has come. Pacing by baud and faults of the line belong to the terminal.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drivers.base.observations import Instant
from simulators.base.network import OverNetwork


@dataclass(frozen=True, slots=True)
class Determination:
    """One cuff measurement: pressures in mmHg, rate per minute."""

    systolic: int
    diastolic: int
    mean: int
    rate: int


class Signals(Protocol):
    """A patient as the devices see him. Rates are per minute, SpO2 and PI in %; None: there is none."""

    hr: float | None
    pulse_rate: float | None
    spo2: float | None
    rr: float | None
    pi: float
    motion: bool
    finger_off: bool
    leads_off: bool

    def advance(self, at: Instant) -> None:
        """Let the physiology come to ``at``; calling again with an earlier or the same time changes nothing."""

    def beats(self, after: Instant, until: Instant) -> list[Instant]:
        """R peaks in (after, until]."""

    def pulses(self, after: Instant, until: Instant) -> list[Instant]:
        """Arrivals of the pulse at the finger in (after, until]."""

    def ecg_mv(self, at: Instant) -> float:
        """Lead II in mV at a moment not after the last ``advance``."""

    def pleth(self, at: Instant) -> float:
        """Pleth, 0 to 1."""

    def resp(self, at: Instant) -> float:
        """Breathing, -1 to 1."""

    def determine(self, at: Instant) -> Determination | None:
        """Make one cuff measurement now; None: it failed."""


class Simulator(ABC):
    """One device on one line."""

    def __init__(self, signals: Signals, rng: random.Random, start: Instant) -> None:
        self.signals = signals
        self.rng = rng
        self.start = start

    def receive(self, data: bytes, at: Instant) -> None:  # noqa: B027 (most oximeters only talk)
        """Bytes from the host; a device that only talks ignores them."""

    @abstractmethod
    def advance(self, at: Instant) -> bytes:
        """Return all that the device puts on the wire since the last call up to ``at``, in order."""

    def misbehave(self, what: str, on: bool) -> None:
        """Begin or end a fault of the device. Raises ValueError for one it does not have."""
        raise ValueError(f"{type(self).__name__} has no fault '{what}'")


@dataclass(frozen=True, slots=True)
class Kind:
    """A simulator as the registry knows it; ``name`` is its driver's. ``network``: the device can be met over UDP too."""

    name: str
    title: str
    make: Callable[[Signals, random.Random, Instant], Simulator]
    network: OverNetwork | None = None
