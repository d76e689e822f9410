"""A capture: what passed on one port, with its times, in a file of its own that a person attaches to a report.

The file is ``MAGIC`` and then blocks in the journal's own form (``blocks``), each behind a head: how long it is, the first and last
number of its entries, the time of the first, and a CRC-32. The first entry says which driver and line it was taken with. Blocks are
written as they come, so a capture that was cut off is whole up to its last block. No I/O but the reading of a file.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.core.entries import Bytes, Configured, DeviceConfig, Entry
from monitor.errors import StoreError
from monitor.storage.blocks import Block, unpack

MAGIC = b"VIGIL CAPTURE 1\n"
HEAD = struct.Struct("<IQQqI")
"""Length of the block, first number, last number, time of the first entry in µs since the Unix epoch, CRC-32 of these three
numbers and the block."""
_NUMBERS = struct.Struct("<QQq")
CHAIR = "capture"
DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture as it was read. ``cut_off``: bytes at its end that are no whole block."""

    device: DeviceConfig
    entries: tuple[Entry, ...]
    cut_off: int

    @property
    def received(self) -> bytes:
        """All bytes that came from the device."""
        return b"".join(entry.body.data for entry in self.entries if isinstance(entry.body, Bytes))


def packed(block: Block) -> bytes:
    """A block as it stands in a capture."""
    stored = block.stored()
    numbers = _NUMBERS.pack(block.first_seq, block.last_seq, block.first_at)
    return (
        HEAD.pack(len(stored), block.first_seq, block.last_seq, block.first_at, zlib.crc32(numbers + stored)) + stored
    )


def is_capture(beginning: bytes) -> bool:
    """Whether a file that begins so is a capture."""
    return beginning.startswith(MAGIC)


def read_capture(path: Path) -> Capture:
    """Read a capture; one that was cut off is read as far as it goes. Raises ``StoreError`` for what cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from None
    if not is_capture(data):
        raise StoreError(f"{path} is no capture: one begins with the words {MAGIC.decode().strip()!r}")
    blocks = list(_blocks(path, data))
    entries = [entry for _, some in blocks for entry in some]
    if not entries:
        raise StoreError(f"{path} was cut off before anything was recorded")
    body = entries[0].body
    if not isinstance(body, Configured) or len(body.config.devices) != 1:
        raise StoreError(f"{path} does not say which device it was taken from")
    return Capture(body.config.devices[0], tuple(entries), len(data) - blocks[-1][0])


def _blocks(path: Path, data: bytes) -> Iterator[tuple[int, list[Entry]]]:
    """Yield the whole blocks, each with where it ends."""
    place = len(MAGIC)
    while place + HEAD.size <= len(data):
        length, first_seq, last_seq, first_at, check = HEAD.unpack_from(data, place)
        stored = data[place + HEAD.size : place + HEAD.size + length]
        if len(stored) < length:
            return
        if zlib.crc32(data[place + 4 : place + HEAD.size - 4] + stored) != check:
            raise StoreError(f"{path} is damaged at its byte {place}: what stands there is not what was written")
        place += HEAD.size + length
        yield place, list(unpack(CHAIR, first_seq, last_seq, first_at, stored))
