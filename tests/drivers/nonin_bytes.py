"""Frames of Nonin's data formats made by hand, what a decoder said of them, and a finger whose pulse is as told."""

import random
from collections.abc import Iterable, Sequence

from drivers.base.observations import DeviceStatus, LinkFault, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import FaultKind, Parameter, StatusCode
from drivers.nonin import NoninDecoder
from simulators.nonin import NoninSimulator
from tests.drivers.finger import Finger

S = 1_000_000
FRAME_US = S // 75

SYNC, GPRF, RPRF, SNSA, OOT, ARTF, SNSD = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40


def frame_2(status: int, pleth: int, value: int) -> bytes:
    body = [0x01, 0x80 | status, pleth, value]
    return bytes([*body, sum(body) % 256])


def frame_7(status: int, pleth: int, value: int) -> bytes:
    body = [0x80 | status, pleth >> 8, pleth & 0xFF, value]
    return bytes([*body, sum(body) % 256])


def packet(spo2: int, pr: int, status: int = 0, stat2: int = 0, form: int = 2, pleth: int = 0x43) -> list[bytes]:
    """The 25 frames of a packet; status bits are set in each."""
    floats = [0] * 25
    floats[0:3] = [pr >> 7, pr & 0x7F, spo2]
    floats[3], floats[7] = 0x94, stat2
    make = frame_2 if form == 2 else frame_7
    return [make(status | (SYNC if number == 0 else 0), pleth, value) for number, value in enumerate(floats)]


def stream(*packets: list[bytes]) -> bytes:
    return b"".join(frame for frames in packets for frame in frames)


def decode(data: bytes, size: int = 5, decoder: NoninDecoder | None = None) -> list[Observation]:
    """Feed ``data`` as the line would bring it, then let the line be silent."""
    decoder = decoder or NoninDecoder()
    said: list[Observation] = []
    for start in range(0, len(data), size):
        said += decoder.feed(data[start : start + size], min(start + size, len(data)) * S // 960)
    return said + drain(decoder)


def drain(decoder: NoninDecoder) -> list[Observation]:
    said: list[Observation] = []
    while (deadline := decoder.next_deadline()) is not None:
        said += decoder.wake(deadline)
    return said


def shown(said: Iterable[Observation]) -> list[tuple[int | float | None, ...]]:
    """(SpO2, PR) of each reading; a value that was left out is missing from its tuple."""
    return [tuple(numeric.value for numeric in one.numerics) for one in said if isinstance(one, Reading)]


def numbers(said: Iterable[Observation]) -> set[tuple[Parameter, int | float]]:
    readings = [one for one in said if isinstance(one, Reading)]
    return {(n.parameter, n.value) for one in readings for n in one.numerics if n.value is not None}


def words(said: Sequence[Observation]) -> tuple[str, ...]:
    """Quality words of the last SpO2."""
    return tuple(str(word) for word in [one for one in said if isinstance(one, Reading)][-1].numerics[0].quality)


def faults(said: Iterable[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def states(said: Iterable[Observation]) -> list[tuple[StatusCode, bool]]:
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus)]


def waves(said: Iterable[Observation]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Chunks as (run, first index, samples), consecutive ones joined."""
    joined: list[tuple[int, int, tuple[int, ...]]] = []
    for one in said:
        if isinstance(one, WaveformChunk):
            if joined and joined[-1][0] == one.run and joined[-1][1] + len(joined[-1][2]) == one.first_index:
                run, first, samples = joined.pop()
                joined.append((run, first, samples + one.samples))
            else:
                joined.append((one.run, one.first_index, one.samples))
    return joined


Patient = Finger


def oximeter(patient: Patient, form: int = 2, seed: int = 1) -> NoninSimulator:
    return NoninSimulator(patient, random.Random(seed), 0, form)


def recording(form: int, seconds: int = 20, seed: int = 1) -> bytes:
    patient = Patient()
    simulator = NoninSimulator(patient, random.Random(seed), 0, form)
    data = bytearray()
    for tenth in range(seconds * 10):
        patient.pulse_rate = 70.0 + tenth / 8
        patient.spo2 = 98.0 - tenth / 25
        patient.finger_off = seconds * 6 < tenth < seconds * 7
        data += simulator.advance(tenth * S // 10)
    return bytes(data)
