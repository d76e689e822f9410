"""A driver and its simulator talking over a make-believe wire, and what was said told apart. No port, no clock, no waiting."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from drivers.base.decoder import Command, Decoder, Driver
from drivers.base.observations import Instant, LinkFault, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import CommandKind, Parameter, WaveformName
from simulators.base.patient import Patient
from simulators.base.physiology import Person
from simulators.base.registry import simulator_named
from simulators.base.waves import SECOND

START: Instant = 1_750_000_000 * SECOND
STEP_US = 10_000
MOST_WAKINGS = 10_000
"""In two seconds, or in a silence of some minutes, no protocol has so much to do."""

Values = set[tuple[Parameter, int | float]]
Wire = Callable[[bytes, Instant], Iterable[bytes]]


def good_wire(data: bytes, at: Instant) -> Iterable[bytes]:
    """Hand everything on as it came."""
    return (data,) if data else ()


class BadWire:
    """Splits everything; drops and flips a share of the bytes, and is cut for a while, until ``mended_at``."""

    def __init__(self, seed: int, mended_at: Instant, cut: tuple[Instant, Instant], share: float = 0.003) -> None:
        self._rng = random.Random(seed)
        self._mended_at, self._cut, self._share = mended_at, cut, share

    def __call__(self, data: bytes, at: Instant) -> Iterable[bytes]:
        if self._cut[0] <= at < self._cut[1]:
            return ()
        if at < self._mended_at:
            data = bytes(self._harmed(data))
        return pieces(data, self._rng, longest=7)

    def _harmed(self, data: bytes) -> Iterable[int]:
        for byte in data:
            if self._rng.random() >= self._share:
                yield byte ^ (1 << self._rng.randrange(8)) if self._rng.random() < self._share else byte


def pieces(data: bytes, rng: random.Random, longest: int) -> list[bytes]:
    """Cut bytes into pieces of 1 to ``longest``."""
    cut, place = [], 0
    while place < len(data):
        length = rng.randint(1, longest)
        cut.append(data[place : place + length])
        place += length
    return cut


@dataclass(slots=True)
class Conversation:
    """What passed: observations in order, the device's bytes as sent, and the patient each second."""

    observations: list[Observation] = field(default_factory=list)
    sent: bytearray = field(default_factory=bytearray)
    patient: list[tuple[Instant, dict[Parameter, float | None]]] = field(default_factory=list)


def converse(
    driver: Driver,
    seconds: float,
    *,
    seed: int = 1,
    wire: Wire = good_wire,
    commands: Sequence[tuple[float, CommandKind]] = (),
) -> Conversation:
    """Let a fresh decoder and a fresh simulated device talk for so long; commands are given at their second."""
    patient = Patient(Person(response=1.0), seed, START)
    device = simulator_named(driver.name).make(patient, random.Random(seed), START)
    decoder = driver.decoder()
    talk = Conversation(list(decoder.opened(START)))
    waiting = sorted(commands)
    for at in range(START, START + int(seconds * SECOND), STEP_US):
        patient.advance(at)
        if (at - START) % SECOND == 0:
            talk.patient.append((at, truth(patient)))
        while waiting and START + waiting[0][0] * SECOND <= at:
            number, kind = len(waiting), waiting.pop(0)[1]
            talk.observations += decoder.command(Command(f"c{number}", kind), at)
        for piece in wire(decoder.bytes_to_send(), at):
            device.receive(piece, at)
        data = device.advance(at)
        talk.sent += data
        for piece in wire(data, at):
            talk.observations += decoder.feed(piece, at)
        talk.observations += wake_until(decoder, at)
    return talk


def truth(patient: Patient) -> dict[Parameter, float | None]:
    """Return what a perfect device would show."""
    body = patient.body
    return {
        Parameter.SPO2: patient.spo2,
        Parameter.PR: patient.pulse_rate,
        Parameter.HR: patient.hr,
        Parameter.RR: patient.rr,
        Parameter.NIBP_SYS: body.systolic,
        Parameter.NIBP_DIA: body.diastolic,
        Parameter.NIBP_MEAN: body.diastolic + (body.systolic - body.diastolic) / 3,
    }


def wake_until(decoder: Decoder, at: Instant) -> list[Observation]:
    """Fire the decoder's deadlines up to ``at``, each at its own time. Raises ``RuntimeError`` for one that will not pass."""
    said: list[Observation] = []
    for _ in range(MOST_WAKINGS):
        due = decoder.next_deadline()
        if due is None or due > at:
            return said
        said += decoder.wake(due)
    raise RuntimeError(f"the decoder was woken {MOST_WAKINGS} times and still wants to be, at a time that has passed")


def decode(driver: Driver, chunks: Iterable[bytes], at: Instant = START) -> list[Observation]:
    """Decode a recording, as ``vigil decode`` does: only fed, then woken for two seconds."""
    decoder = driver.decoder()
    said = [observation for chunk in chunks for observation in decoder.feed(chunk, at)]
    return said + wake_until(decoder, at + 2 * SECOND)


def values(observations: Iterable[Observation]) -> Values:
    """Return every value shown; missing ones show nothing."""
    return {
        (numeric.parameter, numeric.value)
        for reading in observations
        if isinstance(reading, Reading)
        for numeric in reading.numerics
        if numeric.value is not None
    }


def discarded(observations: Iterable[Observation]) -> int:
    """Return how many bytes were told to have been thrown away."""
    return sum(observation.discarded for observation in observations if isinstance(observation, LinkFault))


def joined_waves(observations: Iterable[Observation]) -> dict[tuple[WaveformName, int], list[int]]:
    """Return the samples of every waveform by run, holes filled with a number no sample has."""
    waves: dict[tuple[WaveformName, int], list[int]] = {}
    firsts: dict[tuple[WaveformName, int], int] = {}
    for chunk in observations:
        if isinstance(chunk, WaveformChunk):
            key = (chunk.waveform, chunk.run)
            first = firsts.setdefault(key, chunk.first_index)
            samples = waves.setdefault(key, [])
            samples += [1 << 20] * (chunk.first_index - first - len(samples))
            samples += chunk.samples
    return waves


def without_waves(observations: Iterable[Observation]) -> list[Observation]:
    """Return what was said beside waves and faults, in order."""
    return [observation for observation in observations if not isinstance(observation, WaveformChunk | LinkFault)]
