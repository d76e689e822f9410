"""What any bytes in any chunking must not do to a decoder. ``exercise`` raises ``AssertionError``, or what the decoder raised.

An input is read as a list of steps, so that a fuzzer reaches splits, silences, reopenings and pieces of good frames by turning bytes.
"""

import random
from functools import cache

from drivers.base.decoder import Decoder, Driver
from drivers.base.observations import (
    CommandReply,
    DeviceAlarm,
    DeviceStatus,
    Instant,
    LinkFault,
    Observation,
    Reading,
    WaveformChunk,
)
from simulators.base.conformance import RETAINED_LIMIT, retained, talk
from simulators.base.conversation import START, converse, decode, values

KINDS = (CommandReply, DeviceAlarm, DeviceStatus, LinkFault, Reading, WaveformChunk)
PASSED_US = (0, 1_000, 20_000, 150_000, 600_000, 1_100_000, 3_500_000, 12_000_000)
"""How long may pass before a piece: within and beyond what protocols take for a break."""
_WAKINGS = 1_000
_SECONDS = 6.0

# Steps of an input: a byte that says what, then what it needs.
RAW, RECORDED, FLIPPED, REOPEN = range(4)


@cache
def recording(driver: Driver) -> bytes:
    """What the simulated device sends in six seconds; one without curves, which sends little, in as long as a cuff takes."""
    return bytes((converse(driver, _SECONDS) if driver.waveforms else talk(driver)).sent)


@cache
def shown(driver: Driver) -> frozenset[object]:
    """The values that the intact recording shows."""
    return frozenset(values(decode(driver, [recording(driver)])))


def exercise(driver: Driver, data: bytes) -> None:
    """Lead a decoder through the steps of ``data``, then try one turned bit of a good stream."""
    steps = Steps(data)
    decoder, at = driver.decoder(), START
    fed = told = 0
    if steps.byte() % 2:
        decoder.opened(at)
    while not steps.over:
        step = steps.byte()
        at += PASSED_US[step >> 2 & 7]
        said = _woken(decoder, at)
        if step & 3 == REOPEN and step >> 5 == 7:
            said += decoder.opened(at)
        else:
            piece = _piece(driver, step & 3, steps)
            fed += len(piece)
            said += decoder.feed(piece, at)
        decoder.bytes_to_send()
        told += sum(each.discarded for each in said if isinstance(each, LinkFault))
        assert all(isinstance(each, KINDS) for each in said), "something else than an observation was said"
        assert told <= fed, f"{told} of {fed} bytes were told to be thrown away"
    assert retained(decoder) <= RETAINED_LIMIT, f"the decoder holds {retained(decoder)} bytes"
    splitting_changes_no_value(driver, data)
    a_turned_bit_shows_nothing_new(driver, Steps(data))


def splitting_changes_no_value(driver: Driver, data: bytes) -> None:
    """The bytes at once and one by one show the same values."""
    whole = values(decode(driver, [data]))
    split = values(decode(driver, [data[i : i + 1] for i in range(len(data))]))
    assert whole == split, f"at once {sorted(whole)}, byte by byte {sorted(split)}"


def a_turned_bit_shows_nothing_new(driver: Driver, steps: "Steps") -> None:
    """One bit of a good stream turned: no value that the intact one does not show."""
    data = bytearray(recording(driver))
    place = int.from_bytes((steps.byte(), steps.byte(), steps.byte()), "big")
    data[place // 8 % len(data)] ^= 1 << place % 8
    new = values(decode(driver, [bytes(data)])) - shown(driver)
    assert not new, f"bit {place % 8} of byte {place // 8 % len(data)} turned shows {sorted(new, key=str)}"


class Steps:
    """The bytes of an input, taken from its front; behind its end come zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def over(self) -> bool:
        return self._place >= len(self._data)

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        taken = self._data[self._place : self._place + count]
        self._place += count
        return taken.ljust(count, b"\0") if count == 1 else taken


def seeds(driver: Driver, count: int = 12) -> list[bytes]:
    """Inputs to begin with: random ones, and such as play the recording whole, in pieces, and with silences."""
    rng = random.Random(f"fuzz/{driver.name}")
    made = [rng.randbytes(rng.randint(1, 300)) for _ in range(count // 2)]
    for number in range(count - len(made)):
        step = bytes((RECORDED | number % 8 << 2,))
        made.append(b"\1" + b"".join(step + bytes((place, 255)) for place in range(0, 256, 16)))
    return [*made, recording(driver)[:600]]


def _piece(driver: Driver, kind: int, steps: Steps) -> bytes:
    if kind in (RAW, REOPEN):
        return steps.take(1 + steps.byte())
    good = recording(driver)
    first = steps.byte() * len(good) // 256
    piece = bytearray(good[first : first + 1 + steps.byte()])
    if kind == FLIPPED and piece:
        piece[steps.byte() % len(piece)] ^= 1 << steps.byte() % 8
    return bytes(piece)


def _woken(decoder: Decoder, at: Instant) -> list[Observation]:
    said: list[Observation] = []
    for _ in range(_WAKINGS):
        due = decoder.next_deadline()
        if due is None or due > at:
            return said
        said += decoder.wake(due)
        decoder.bytes_to_send()
    raise AssertionError(f"{_WAKINGS} wakings did not move the decoder's deadline past its time")
