"""The frame layer of the IntelliVue RS-232 interface: escaping, length and check sum. Over UDP there is none.

It knows nothing of what a frame holds and never repairs one.
"""

import binascii
import re
from dataclasses import dataclass

from drivers.base.vocabulary import FaultKind

BEGIN = b"\xc0"
END = b"\xc1"
ESCAPED = ((b"\x7d", b"\x7d\x5d"), (b"\xc0", b"\x7d\xe0"), (b"\xc1", b"\x7d\xe1"))
"""The escape byte stands first: escaping goes through this in order, unescaping against it."""
PREFIX = b"\x11\x01"
"""Protocol id and message type of every frame."""

LONGEST = 4096
"""Bytes of a frame as they stand on the line; a monitor's largest has some 1000."""
JUNK = 256
"""Bytes between frames are told at the latest when there are so many."""

_DELIMITER = re.compile(b"([\xc0\xc1])")
_BAD_ESCAPE = re.compile(rb"\x7d(?![\x5d\xe0\xe1])")
_REFLECTED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check_sum(data: bytes) -> bytes:
    """Return the FCS of ``data`` as it is sent: CRC-16/X-25, low byte first.

    The standard library's CRC runs most significant bit first; reflecting what goes in and comes out makes it ours.
    """
    crc = binascii.crc_hqx(data.translate(_REFLECTED), 0xFFFF) ^ 0xFFFF
    return bytes((_REFLECTED[crc >> 8], _REFLECTED[crc & 0xFF]))


def frame(user_data: bytes) -> bytes:
    """Wrap a message for the line."""
    body = PREFIX + len(user_data).to_bytes(2, "big") + user_data
    body += check_sum(body)
    for plain, escaped in ESCAPED:
        body = body.replace(plain, escaped)
    return BEGIN + body + END


def messages(frames: bytes) -> list[bytes]:
    """Take the messages out of whole frames: over UDP they travel bare, one a datagram."""
    return [found for found in FrameReader().feed(frames) if isinstance(found, bytes)]


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes thrown away, and how they failed."""

    kind: FaultKind
    discarded: int


class FrameReader:
    """Cuts the stream into messages; what fails becomes ``Damage``. Holds ``LONGEST`` bytes at most."""

    def __init__(self) -> None:
        self._frame = bytearray()
        self._inside = False
        self._junk = 0

    @property
    def unfinished(self) -> bool:
        """Whether bytes are held back or not yet told."""
        return self._inside or self._junk > 0

    def feed(self, data: bytes) -> list[bytes | Damage]:
        """Take bytes in any chunking; return messages (user data) and damage in order."""
        found: list[bytes | Damage] = []
        for piece in _DELIMITER.split(data):
            if piece == BEGIN:
                found += self.give_up()
                self._inside = True
            elif piece == END and self._inside:
                found.append(self._finished())
            elif self._inside:
                found += self._gather(piece)
            else:
                found += self._skip(piece)
        return found

    def give_up(self) -> list[Damage]:
        """Tell what is held back, and begin anew: a new frame begins, or the line fell silent."""
        damage = []
        if self._inside:
            damage.append(self._dropped(FaultKind.SHORT))
        if self._junk:
            damage.append(Damage(FaultKind.SYNC, self._junk))
            self._junk = 0
        return damage

    def _skip(self, junk: bytes) -> list[Damage]:
        count, self._junk = divmod(self._junk + len(junk), JUNK)
        return [Damage(FaultKind.SYNC, JUNK)] * count

    def _gather(self, piece: bytes) -> list[Damage]:
        room = LONGEST - len(self._frame)
        self._frame += piece[:room]
        if len(piece) <= room:
            return []
        return [self._dropped(FaultKind.OVERRUN), *self._skip(piece[room:])]

    def _dropped(self, kind: FaultKind) -> Damage:
        damage = Damage(kind, len(BEGIN) + len(self._frame))
        self._frame.clear()
        self._inside = False
        return damage

    def _finished(self) -> bytes | Damage:
        body = bytes(self._frame)
        damage = self._dropped(FaultKind.CHECKSUM)
        size = damage.discarded + len(END)
        if body.endswith(b"\x7d"):  # the sender's own abort
            return Damage(FaultKind.SHORT, size)
        if _BAD_ESCAPE.search(body):
            return Damage(FaultKind.CHECKSUM, size)
        for plain, escaped in reversed(ESCAPED):
            body = body.replace(escaped, plain)
        if check_sum(body[:-2]) != body[-2:]:
            return Damage(FaultKind.CHECKSUM, size)
        if body[:2] != PREFIX or int.from_bytes(body[2:4], "big") != len(body) - 6:
            return Damage(FaultKind.SYNC, size)
        return body[4:-2]
