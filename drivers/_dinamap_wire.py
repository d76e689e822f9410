"""What stands on the wire of a DINAMAP: messages and their checksum, requests, states; the blocks of a PRO 1000.

Follows open implementations of the host communications (GE 2010566, Critikon 8555ER; the manuals themselves gave their
tables of contents only). The checksum reproduces eight published commands and one real reply. ``drivers.dinamap`` hands
the names on in its ``WIRE``.
"""

import re

from drivers.base.decoder import Line

LINE = Line(baud=9600)
CR, LF = 0x0D, 0x0A

# Requests, as text without checksum and CR; the leading space means any unit.
START_NORMAL, CANCEL = b" NC0", b" ND"
NIBP_STATUS, NIBP_DISPLAYED = b" NA", b" NF"
OXIMETER, RATE, CUFF_RATE, TEMPERATURE = b" OA", b" RA", b" RC", b" TC"

# Status a of NA and NF (one implementation quoting the maker's table): 0 is busy, 1 is good.
BUSY, COMPLETED, NOT_USED, FAILED, LEAK, UNDOCUMENTED, TOTAL_TIME_OUT, STEP_TIME_OUT, OVERPRESSURE, UNKNOWN = range(10)
NONE_RECENT = 9999  # seconds since the last determination
ADULT, NEONATE = 1, 2
STAT = 1

# Status a of OA
STANDBY, VALID, NO_DATA, UNPLUGGED = 0, 1, 3, 6
# Source a of RA and RC
FROM_OXIMETER, FROM_NIBP = 2, 3
# Status a of TC, and mode b
TEMP_IDLE, TEMP_MEASURING, TEMP_TIME_OUT, TEMP_CONTACT_LOST, TEMP_ABORTED = range(5)
PREDICTIVE, MONITORED = 0, 1
NO_TEMPERATURE = 99999  # seconds since the last one

SIZES = {NIBP_STATUS: 22, NIBP_DISPLAYED: 22, OXIMETER: 13, RATE: 10, CUFF_RATE: 10, TEMPERATURE: 19}
"""Whole replies in bytes, with checksum and CR."""
LONGEST = 64  # no message known is longer than 22
REQUEST_SIZES = (6, 7)

BLOCK = 18  # bytes of a PRO 1000 block
SEQUENCES = 200

_MESSAGE = re.compile(rb" [A-Z]{2}[ -~]*[ -_]{2}\r")


def checksum(text: bytes) -> bytes:
    """Two characters of six bits each; every character counts as its code less 1Fh, the leading space too."""
    total = sum(text) - 0x1F * len(text)
    return bytes([0x20 + (total >> 6 & 0x3F), 0x20 + (total & 0x3F)])


def message(text: bytes) -> bytes:
    """The whole message that says ``text``."""
    return text + checksum(text) + bytes([CR])


def is_message(frame: bytes) -> bool:
    """Whether these bytes, up to their CR, are one good message."""
    return _MESSAGE.fullmatch(frame) is not None and checksum(frame[:-3]) == frame[-3:-1]


def is_request(frame: bytes) -> bool:
    """A host's own words: overheard, or echoed by a half-duplex adapter."""
    return len(frame) in REQUEST_SIZES and (frame[:-3] in SIZES or frame[:-3] in (START_NORMAL, CANCEL))


def is_block(block: bytes) -> bool:
    """A block of the PRO 1000's native stream: CRC-8 (reflected 85h, start 0) over bytes 1 to 14, and two complements."""
    if block[17] != block[0] ^ 0xFF or block[16] != block[15] ^ 0xFF or block[0] >= SEQUENCES:
        return False
    crc = 0
    for byte in block[1:15]:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA1 if crc & 1 else crc >> 1
    return crc == block[15]


class BlockFinder:
    """Looks for the native stream of a PRO 1000 in bytes that are no messages."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen = bytearray()

    def clear(self) -> None:
        self._seen.clear()

    def found_in(self, data: bytes) -> bool:
        """Whether two blocks that follow each other end among these bytes; all bytes must come here in their order."""
        seen = self._seen
        seen += data
        while len(seen) >= 2 * BLOCK:
            first, second = bytes(seen[:BLOCK]), bytes(seen[BLOCK : 2 * BLOCK])
            if is_block(first) and is_block(second) and second[0] == (first[0] + 1) % SEQUENCES:
                return True
            del seen[0]
        return False
