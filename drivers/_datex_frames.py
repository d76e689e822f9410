"""From bytes on the line to records that can be believed as far as one record alone can tell.

The stream is cut at every flag and each piece is tried by itself: no state tells inside from outside, which a lost flag
would turn over. The sum is of 8 bits only, so length, header and every subrecord must fit too; what one record cannot
tell is the business of ``_datex_neighbours``.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from drivers._datex_wire import END_OF_LIST, ESCAPE, FLAG, REQUEST, Class, MainType, Values
from drivers.base.framing import STRANGE_BYTES, Intake
from drivers.base.observations import Instant, LinkFault
from drivers.base.vocabulary import FaultKind

HEADER = 40
LONGEST = 1490
"""Bytes of the longest record: header and 1450."""
LONGEST_SEGMENT = 2 * (LONGEST + 1)
"""Bytes of the longest record with its check sum when every byte is escaped."""
SUBRECORD = 278
"""Bytes of displayed and trend values of one class."""
ALARM_STATUS = 510
AUXILIARY = 114
REQUESTS = {MainType.PHYSIOLOGICAL: 9, MainType.WAVEFORM: 32, MainType.ALARM: 12}
"""Bytes of a request's subrecord."""

_HEAD = struct.Struct("<hBBHIBBHh")
_DESCRIPTOR = struct.Struct("<hB")
_DESCRIPTORS = range(16, HEADER, _DESCRIPTOR.size)
_KINDS = frozenset(int(kind) for kind in MainType)
_OF_CLASSES = (Values.DISPLAYED, Values.TREND_10_S, Values.TREND_60_S)


@dataclass(frozen=True, slots=True)
class Record:
    """One record. ``time_s`` counts the monitor's own wall clock; ``parts`` are its subrecords with their types,
    ``rubbish`` is what the monitor leaves in the header behind the list of them."""

    kind: int
    number: int
    level: int
    plug: int
    time_s: int
    parts: tuple[tuple[int, bytes], ...]
    rubbish: bytes = b""

    @property
    def unit(self) -> tuple[int, int]:
        """What does not change while the line is at one monitor."""
        return self.level, self.plug

    @property
    def is_request(self) -> bool:
        """Whether only a host says this."""
        return bool(self.parts) and self.parts[0][0] == REQUEST


class FrameReader:
    """Cuts a line's bytes into records. ``is_unfinished`` while some wait for the flag that ends them.

    ``rejected`` counts segments between flags that were no record. A record of another unit than the ones before is
    rejected until a second one says the same.
    """

    def __init__(self) -> None:
        self.rejected = 0
        self.unit: tuple[int, int] | None = None
        self._met: tuple[int, int] | None = None
        self._intake = Intake()
        self._begun = False
        self._searched = 0

    @property
    def strange(self) -> int:
        """Bytes on end that made no record."""
        return self._intake.strange

    @property
    def is_unfinished(self) -> bool:
        return bool(self._intake.held or self._intake.discarded)

    def feed(self, data: bytes, at: Instant) -> Iterator[Record | LinkFault]:
        """Yield what the bytes complete, in order."""
        intake = self._intake
        intake.held += data
        while (end := intake.held.find(FLAG, self._searched)) >= 0:
            yield from self._segment(end, at)
        self._searched = len(intake.held)
        if not self._begun:
            self._throw(self._searched, FaultKind.SYNC)
        elif self._searched > LONGEST_SEGMENT:
            self._throw(self._searched, FaultKind.OVERRUN)
            self._begun = False
        if intake.discarded >= STRANGE_BYTES:
            yield from intake.told(at)

    def give_up(self, at: Instant) -> list[LinkFault]:
        """The rest of a record did not come."""
        self._throw(len(self._intake.held), FaultKind.SHORT)
        self._begun = False
        return self._intake.told(at)

    def _segment(self, end: int, at: Instant) -> Iterator[Record | LinkFault]:
        """Take what stands before the flag at ``end``, and the flag."""
        intake, begun = self._intake, self._begun
        self._begun, self._searched = True, 0
        if end:
            found = self._tried(bytes(intake.held[:end])) if begun else FaultKind.SYNC
            if isinstance(found, FaultKind):
                self.rejected += begun
                intake.discard(end, found)
            else:
                yield from intake.told(at)
                intake.take(end)
                yield found
        del intake.held[:1]
        yield from intake.told(at)

    def _tried(self, segment: bytes) -> Record | FaultKind:
        found = read(segment)
        if isinstance(found, FaultKind) or found.is_request:
            return found
        if self.unit != found.unit:
            if self._met == found.unit:
                self.unit = found.unit
            elif self.unit is not None:
                self._met = found.unit
                return FaultKind.CHECKSUM
        self._met = found.unit
        return found

    def _throw(self, count: int, kind: FaultKind) -> None:
        self._searched = 0
        self._intake.discard(count, kind)


def read(segment: bytes) -> Record | FaultKind:
    """Read what stood between two flags; how it fails when it is no record."""
    record = _unescaped(segment)
    if record is None:
        return FaultKind.CHECKSUM
    body, check = record[:-1], record[-1:]
    if len(body) < HEADER:
        return FaultKind.SHORT
    if bytes((sum(body) & 0xFF,)) != check:
        return FaultKind.CHECKSUM
    length, number, level, plug, time_s, subnet, reserved, reserved_word, kind = _HEAD.unpack_from(body)
    if length != len(body) or length > LONGEST:
        return FaultKind.SHORT
    if subnet or reserved or reserved_word or kind not in _KINDS:
        return FaultKind.CHECKSUM
    parts = _parts(body)
    if parts is None or not _fit(kind, time_s, parts):
        return FaultKind.CHECKSUM
    behind = 16 + 3 * len(parts) + 3
    return Record(kind, number, level, plug, time_s, parts, body[behind:HEADER])


def escaped(data: bytes) -> bytes:
    """Return bytes as they go on the line between two flags."""
    return data.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")


def _unescaped(segment: bytes) -> bytes | None:
    if ESCAPE not in segment:
        return segment
    first, *rest = segment.split(b"\x7d")
    if any(part[:1] not in (b"\x5d", b"\x5e") for part in rest):
        return None
    return first + b"".join(bytes((part[0] | 0x20,)) + part[1:] for part in rest)


def _parts(record: bytes) -> tuple[tuple[int, bytes], ...] | None:
    """Cut a record into its subrecords; None when its descriptors make no sense. What follows the last one is rubbish."""
    found: list[tuple[int, int]] = []
    for place in _DESCRIPTORS:
        offset, kind = _DESCRIPTOR.unpack_from(record, place)
        if kind == END_OF_LIST:
            break
        if offset <= found[-1][1] if found else offset:
            return None
        found.append((kind, offset))
    size = len(record) - HEADER
    if found[-1][1] >= size if found else size:
        return None
    ends = [offset for _, offset in found[1:]] + [size]
    return tuple(
        (kind, record[HEADER + offset : HEADER + end]) for (kind, offset), end in zip(found, ends, strict=False)
    )


def _fit(kind: int, time_s: int, parts: tuple[tuple[int, bytes], ...]) -> bool:
    """Whether every subrecord is as long as it must be, of the record's time, and of a class that comes once."""
    classes = [part[-1:] for type_, part in parts if type_ == Values.DISPLAYED]
    if kind == MainType.PHYSIOLOGICAL and len(set(classes)) < len(classes):
        return False
    for type_, part in parts:
        if type_ == REQUEST:
            fits = len(parts) == 1 and len(part) == REQUESTS.get(MainType(kind), 0)
        elif kind == MainType.WAVEFORM:
            fits = len(part) >= 6 and len(part) == 6 + 2 * int.from_bytes(part[:2], "little", signed=True)
        elif kind == MainType.ALARM:
            fits = len(part) == ALARM_STATUS
        elif kind == MainType.PHYSIOLOGICAL and type_ in _OF_CLASSES:
            own_s, class_ = int.from_bytes(part[:4], "little"), part[-1] & 0x0F
            fits = len(part) == SUBRECORD and class_ in set(Class) and (own_s == time_s or type_ != Values.DISPLAYED)
        else:
            fits = True
        if not fits:
            return False
    return True
