"""Curves in binary: gives each kind of curve a number and packs what came in 40 ms into one frame a chair.

A frame is little-endian: u8 version 1, u8 parts, u16 chair index, u32 0; each part: u16 waveform number, u16 count,
u32 run, u64 first index, then ``count`` int16 samples, padded with zeros to a multiple of 8 bytes.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from drivers.base.observations import WaveformChunk
from drivers.base.vocabulary import Unit, WaveformName
from monitor.web.messages import Waveform

_HEAD = struct.Struct("<BBHI")
_PART = struct.Struct("<HHIQ")
_MOST_PARTS = 0xFF
_MOST_SAMPLES = 0xFFFF
_ALIGN = 8

_Kind = tuple[str, WaveformName, float, float | None, int, Unit]


@dataclass(slots=True)
class Part:
    """Samples of one curve that follow each other without a gap."""

    number: int
    run: int
    first_index: int
    samples: list[int]


class WaveformNumbers:
    """The numbers of the curves, the same for every viewer and for as long as the server runs."""

    def __init__(self) -> None:
        self._numbers: dict[_Kind, int] = {}
        self.waveforms: tuple[Waveform, ...] = ()

    def number(self, device: str, chunk: WaveformChunk) -> int:
        """Return the number of this kind of curve. A new one is added to ``waveforms``.

        The device's place belongs to the kind: two devices of a chair may each have a pleth.
        """
        kind = (device, chunk.waveform, chunk.rate_hz, chunk.scale, chunk.offset, chunk.unit)
        number = self._numbers.get(kind)
        if number is None:
            number = self._numbers[kind] = len(self._numbers) + 1
            name = Waveform(number, chunk.waveform, device, chunk.rate_hz, chunk.scale, chunk.offset, chunk.unit)
            self.waveforms = (*self.waveforms, name)
        return number


class Gathering:
    """What came of one chair's curves since its last frame."""

    def __init__(self, chair_index: int) -> None:
        self._chair_index = chair_index
        self._parts: list[Part] = []
        self._open: dict[int, Part] = {}

    def add(self, number: int, chunk: WaveformChunk) -> None:
        """Take a chunk; one that goes on where the last of its curve ended lengthens that part."""
        part = self._open.get(number)
        if part is not None and _follows(part, chunk):
            part.samples.extend(chunk.samples)
            return
        part = self._open[number] = Part(number, chunk.run, chunk.first_index, list(chunk.samples))
        self._parts.append(part)

    def frames(self) -> list[bytes]:
        """Return what was gathered, as one frame (more only beyond 255 parts), and begin anew."""
        parts, self._parts, self._open = self._parts, [], {}
        return [
            pack(self._chair_index, parts[start : start + _MOST_PARTS]) for start in range(0, len(parts), _MOST_PARTS)
        ]


def _follows(part: Part, chunk: WaveformChunk) -> bool:
    return (
        chunk.run == part.run
        and chunk.first_index == part.first_index + len(part.samples)
        and len(part.samples) + len(chunk.samples) <= _MOST_SAMPLES
    )


def pack(chair_index: int, parts: list[Part]) -> bytes:
    """Return one binary frame of at most 255 ``parts``."""
    pieces = [_HEAD.pack(1, len(parts), chair_index, 0)]
    for part in parts:
        count = len(part.samples)
        pieces.append(_PART.pack(part.number, count, part.run, part.first_index))
        pieces.append(struct.pack(f"<{count}h", *part.samples))
        pieces.append(bytes(-2 * count % _ALIGN))
    return b"".join(pieces)


def unpack(frame: bytes) -> tuple[int, list[Part]]:
    """Return the chair's index and the parts of a binary frame; raises ``ValueError`` for one that is not whole."""
    try:
        version, count, chair_index, _ = _HEAD.unpack_from(frame)
        if version != 1:
            raise ValueError(f"this wave frame has version {version}; 1 is known")
        return chair_index, list(_parts(frame, count))
    except struct.error as error:
        raise ValueError(f"this wave frame is cut short: {error}") from None


def _parts(frame: bytes, count: int) -> Iterable[Part]:
    at = _HEAD.size
    for _ in range(count):
        number, samples, run, first_index = _PART.unpack_from(frame, at)
        at += _PART.size
        yield Part(number, run, first_index, list(struct.unpack_from(f"<{samples}h", frame, at)))
        at += 2 * samples + -2 * samples % _ALIGN
