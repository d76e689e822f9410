"""What frames of Nonin's live data formats look like: 2, 7, 8 and 1, and answers that may stand between them.

It tells frames from other bytes; what they mean is not its business.
"""

from collections.abc import Callable
from dataclasses import dataclass

from drivers._nonin_wire import ACK, NAK, REPLY, STX


@dataclass(frozen=True, slots=True)
class Format:
    """How frames look. ``fits`` tells of a frame, whole or only begun, whether it is good as far as it goes.

    ``needed`` frames on end put a decoder in step. ``bursts_needed`` is how many lone frames with silence around do, in the
    formats that come once a second and have no checksum; 0 in the others.
    """

    name: str
    title: str
    size: int
    needed: int
    fits: Callable[[bytes | bytearray], bool]
    bursts_needed: int = 0

    def in_step(self, held: bytearray) -> bool | None:
        """Whether ``held`` begins with as many good frames as it takes; None when that needs more bytes."""
        for start in range(0, self.size * self.needed, self.size):
            frame = held[start : start + self.size]
            if not self.fits(frame):
                return False
            if len(frame) < self.size:
                return None
        return True

    def bursts(self, held: bytearray) -> int:
        """How many good frames ``held`` is made of, and of nothing else; 0 otherwise."""
        count, rest = divmod(len(held), self.size)
        frames = (held[start : start + self.size] for start in range(0, len(held), self.size))
        return count if not rest and all(self.fits(frame) for frame in frames) else 0


def _fits_2(frame: bytes | bytearray) -> bool:
    if len(frame) == 5:
        good = frame[0] == 0x01 and frame[1] >= 0x80
        return good and (frame[0] + frame[1] + frame[2] + frame[3]) & 0xFF == frame[4]
    return not frame or (frame[0] == 0x01 and (len(frame) < 2 or frame[1] >= 0x80))


def _fits_7(frame: bytes | bytearray) -> bool:
    if len(frame) == 5:
        return frame[0] >= 0x80 and (frame[0] + frame[1] + frame[2] + frame[3]) & 0xFF == frame[4]
    return not frame or frame[0] >= 0x80


def _fits_8(frame: bytes | bytearray) -> bool:
    return not frame or (frame[0] >= 0x80 and all(byte < 0x80 for byte in frame[1:]))


DF2 = Format("2", "data format 2", size=5, needed=3, fits=_fits_2)
DF7 = Format("7", "data format 7", size=5, needed=5, fits=_fits_7)
# No checksum: as many on end as make 32 bits that are as they must be, or (see ``NoninDecoder.wake``) fewer.
DF8 = Format("8", "data format 8", size=4, needed=8, fits=_fits_8, bursts_needed=2)
DF1 = Format(
    "1", "data format 1: it does not tell when the finger is out", size=3, needed=11, fits=_fits_8, bursts_needed=3
)
LIVE = (DF2, DF7, DF8, DF1)


def answer_size(held: bytearray) -> int:
    """Length, as far as it can be told, of an answer to some host's command that begins here; 0 when none does."""
    if held[0] in (ACK, NAK):
        return 1
    if held[0] != STX or (len(held) > 1 and held[1] < REPLY):
        return 0
    return held[2] + 4 if len(held) > 2 else 3
