"""Bytes that wait to be understood, and the tally of those that were not.

It knows no protocol: a decoder looks at ``held``, takes frames off its front and discards what cannot begin one.
Discarded bytes are told once for each spot, not one by one. How much is held at most is up to the decoder, which must
discard whatever no longer can become a frame.
"""

from drivers.base.observations import Instant, LinkFault
from drivers.base.vocabulary import FaultKind

STRANGE_BYTES = 200
"""So many bytes on end without a frame are no mere disturbance: it is another device, format or speed."""


class Intake:
    """The front of a line: ``held`` bytes in order, ``strange`` counting those discarded since a frame was taken."""

    __slots__ = ("_kind", "discarded", "held", "strange")

    def __init__(self) -> None:
        self.held = bytearray()
        self.discarded = 0
        self.strange = 0
        self._kind = FaultKind.SYNC

    def take(self, count: int) -> bytes:
        """Take ``count`` understood bytes off the front."""
        taken = bytes(self.held[:count])
        del self.held[:count]
        self.strange = 0
        return taken

    def discard(self, count: int, kind: FaultKind) -> None:
        """Throw ``count`` bytes away; the kind that began the spot stands for all of it."""
        if not self.discarded:
            self._kind = kind
        del self.held[:count]
        self.discarded += count
        self.strange += count

    def told(self, at: Instant) -> list[LinkFault]:
        """End the spot: the fault it makes, or nothing when no byte was discarded."""
        if not self.discarded:
            return []
        fault = LinkFault(at, self._kind, self.discarded)
        self.discarded = 0
        return [fault]
