"""Plays a capture of ``vigil capture``: a real device's bytes, at their own times, in place of a simulated device's.

It hears nothing: what it sends is what was sent then. At its end it begins again after two seconds.
"""

import json
import random
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from drivers.base.observations import Instant
from drivers.base.registry import driver_named
from drivers.base.vocabulary import Parameter
from simulators.base.errors import RecordingError
from simulators.base.simulator import Signals, Simulator
from simulators.base.waves import SECOND

# The file as docs/journal.md and docs/recognition.md describe it.
MAGIC = b"VIGIL CAPTURE 1\n"
_HEAD = struct.Struct("<IQQqI")
_JSON, _RECEIVED = 0, 1
GAP_US = 2 * SECOND


@dataclass(frozen=True, slots=True)
class Captured:
    """A device's bytes, each piece with its time after the beginning in µs."""

    driver: str
    pieces: tuple[tuple[int, bytes], ...]
    length_us: int

    @property
    def place(self) -> str:
        """The usual place of such a device at a chair."""
        parameters = driver_named(self.driver).parameters
        if Parameter.HR in parameters:
            return "cardiac"
        return "nibp" if Parameter.NIBP_SYS in parameters else "oximeter"


def is_capture(path: Path) -> bool:
    """Whether this file is a capture."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def read_captured(path: Path) -> Captured:
    """Read a capture, as far as it goes. Raises ``RecordingError``."""
    try:
        data = path.read_bytes()
        entries = _entries(data)
        head = json.loads(entries[0][2])
        driver = head["config"]["devices"][0]["driver"]
    except OSError as error:
        raise RecordingError(f"the capture {path} cannot be read: {error.strerror}") from None
    except (zlib.error, struct.error, IndexError, KeyError, TypeError, ValueError) as error:
        raise RecordingError(f"the capture {path} is damaged or was cut off at once: {type(error).__name__}") from None
    if not driver:
        raise RecordingError(f"the capture {path} is of a device that no driver knows: it cannot be shown")
    began = entries[0][1]
    pieces = tuple((at - began, content) for kind, at, content in entries if kind == _RECEIVED)
    if not pieces:
        raise RecordingError(f"the capture {path} holds no bytes of a device")
    return Captured(driver, pieces, entries[-1][1] - began)


class Playback(Simulator):
    """The device of a capture."""

    def __init__(self, captured: Captured, signals: Signals, rng: random.Random, start: Instant) -> None:
        super().__init__(signals, rng, start)
        self._captured = captured
        self._began = start
        self._next = 0

    def advance(self, at: Instant) -> bytes:
        data = bytearray()
        pieces = self._captured.pieces
        while (due := self._began + pieces[self._next][0]) <= at:
            data += pieces[self._next][1]
            self._next += 1
            if self._next == len(pieces):
                self._next = 0
                self._began = max(due, self._began + self._captured.length_us) + GAP_US
        return bytes(data)


def _entries(data: bytes) -> list[tuple[int, int, bytes]]:
    """Return kind, time and content of every entry in the whole blocks."""
    found = []
    place = len(MAGIC)
    while place + _HEAD.size <= len(data):
        length, first, last, at, _ = _HEAD.unpack_from(data, place)
        place += _HEAD.size + length
        if place > len(data):
            break
        block, i = zlib.decompress(data[place - length + 1 : place]), 0
        for _ in range(first, last + 1):
            kind = block[i]
            passed, i = _varint(block, i + 1)
            at += passed
            if kind != _JSON:
                size, i = _varint(block, i)
                i += size
            size, i = _varint(block, i)
            found.append((kind, at, block[i : i + size]))
            i += size
    return found


def _varint(data: bytes, i: int) -> tuple[int, int]:
    number = shift = 0
    while data[i] & 0x80:
        number |= (data[i] & 0x7F) << shift
        shift, i = shift + 7, i + 1
    return number | data[i] << shift, i + 1
