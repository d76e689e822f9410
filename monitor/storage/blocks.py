"""The journal's own form: entries of one chair, in order and without holes, packed into a block.

A block is the byte 1 (this form's version) and a zlib stream; docs/journal.md describes it for other readers.
Bytes stay raw; every other body is JSON. No I/O here.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from drivers.base.observations import Instant
from monitor.core.entries import Body, Bytes, BytesSent, Entry
from monitor.errors import StoreError

FORM = b"\x01"
JSON_BODY, BYTES, BYTES_SENT = 0, 1, 2
_bodies: TypeAdapter[Body] = TypeAdapter(Annotated[Body, Field(discriminator="type")])


@dataclass(frozen=True, slots=True)
class Block:
    """Entries ``first_seq`` to ``last_seq`` of a chair; ``data`` is packed, not yet compressed."""

    chair: str
    first_seq: int
    last_seq: int
    first_at: Instant
    last_at: Instant
    data: bytes

    def stored(self) -> bytes:
        """The form that goes to disk."""
        return FORM + zlib.compress(self.data, 3)


class BlockBuilder:
    """Packs a chair's entries as they come."""

    def __init__(self, chair: str) -> None:
        self.chair = chair
        self._heads: dict[str, bytes] = {}
        self._data = bytearray()
        self._first_seq = self._last_seq = 0
        self._first_at = self._last_at = 0

    @property
    def size(self) -> int:
        """Bytes packed so far."""
        return len(self._data)

    def add(self, entry: Entry) -> None:
        """Pack one more entry: the one after the last."""
        data, at, body = self._data, entry.at, entry.body
        if not data:
            self._first_seq, self._first_at, self._last_at = entry.seq, at, at
        if type(body) is Bytes:
            kind, content = BYTES, body.data
        elif type(body) is BytesSent:
            kind, content = BYTES_SENT, body.data
        else:
            kind, content = JSON_BODY, to_json(body)
        data.append(kind)
        _put(data, at - self._last_at)
        if kind != JSON_BODY:
            data += self._device(body.device)  # type: ignore[union-attr]
        _put(data, len(content))
        data += content
        self._last_seq, self._last_at = entry.seq, at

    def take(self) -> Block | None:
        """Return what was packed since the last time, or None."""
        if not self._data:
            return None
        block = Block(self.chair, self._first_seq, self._last_seq, self._first_at, self._last_at, bytes(self._data))
        self._data = bytearray()
        return block

    def _device(self, device: str) -> bytes:
        head = self._heads.get(device)
        if head is None:
            name = device.encode()
            packed = bytearray()
            _put(packed, len(name))
            head = self._heads[device] = bytes(packed) + name
        return head


def unpack(chair: str, first_seq: int, last_seq: int, first_at: Instant, stored: bytes) -> Iterator[Entry]:
    """Yield the entries of a stored block. Raises ``StoreError`` when it is damaged."""
    where = f"block {first_seq} to {last_seq} of chair {chair}"
    if stored[:1] != FORM:
        raise StoreError(f"{where} has a form that this version does not know")
    try:
        data = memoryview(zlib.decompress(stored[1:]))
        position, at = 0, first_at
        for seq in range(first_seq, last_seq + 1):
            position, passed, body = _body(data, position)
            at += passed
            yield Entry(chair, seq, at, body)
    except (zlib.error, IndexError, ValidationError, UnicodeDecodeError) as error:
        raise StoreError(f"{where} is damaged: {type(error).__name__}") from error
    if position != len(data):
        raise StoreError(f"{where} is damaged: it holds more than its entries")


def _body(data: memoryview, position: int) -> tuple[int, int, Body]:
    kind = data[position]
    passed, position = _get(data, position + 1)
    device = ""
    if kind != JSON_BODY:
        size, position = _get(data, position)
        device = str(data[position : position + size], "utf-8")
        position += size
    size, position = _get(data, position)
    content = bytes(data[position : position + size])
    if len(content) != size or kind > BYTES_SENT:
        raise IndexError
    position += size
    if kind == BYTES:
        return position, passed, Bytes(device, content)
    if kind == BYTES_SENT:
        return position, passed, BytesSent(device, content)
    return position, passed, _bodies.validate_json(content)


def _put(data: bytearray, number: int) -> None:
    """Append ``number`` (not negative) as LEB128: seven bits a byte, the low ones first."""
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)


def _get(data: memoryview, position: int) -> tuple[int, int]:
    number = shift = 0
    while (byte := data[position]) & 0x80:
        number |= (byte & 0x7F) << shift
        shift += 7
        position += 1
    return number | byte << shift, position + 1


def to_json(value: Any) -> bytes:
    """Return dataclasses and plain data as JSON: an enum as its word, a Decimal as a string."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no place in the journal")
