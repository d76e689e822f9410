"""A serial line seen from the device: bytes pass at the line's baud, in the pieces an adapter would hand on, and can be harmed.

Pure: it knows no port and reads no clock.
"""

import random

from drivers.base.decoder import Line
from drivers.base.observations import Instant

ADAPTER_PIECE = 62
"""Bytes that a common USB adapter hands on at once: a packet of 64 less two of status."""

LINE_FAULTS = {
    "unplug": "no size",
    "silence": "no size",
    "garbage": "bursts a second, usually 3",
    "drop": "share of bytes lost, usually 0.02",
    "flip": "share of bytes with a bit turned, usually 0.02",
    "split": "bytes in a piece at most, usually 1",
}
"""Faults of a line and what their size means."""

_USUAL = {"garbage": 3.0, "drop": 0.02, "flip": 0.02, "split": 1.0}
_QUEUE_LIMIT = 1 << 16


class PacedLine:
    """Device to host. ``lost`` counts bytes thrown away because the line was slower than the device."""

    def __init__(self, line: Line, rng: random.Random, start: Instant) -> None:
        self.lost = 0
        self._byte_us = line.seconds_per_byte * 1e6
        self._rng = rng
        self._waiting = bytearray()
        self._free_at = float(start)
        self._asked_at = start
        self._faults: dict[str, float] = {}
        self._next_garbage: Instant = start

    def fault(self, what: str, on: bool, size: float | None = None) -> None:
        """Begin or end a fault of ``LINE_FAULTS``; "unplug" is the port's and means nothing here."""
        if on:
            self._faults[what] = _USUAL.get(what, 1.0) if size is None else size
        else:
            self._faults.pop(what, None)

    @property
    def is_silent(self) -> bool:
        return "silence" in self._faults

    def push(self, data: bytes) -> None:
        """The device begins to send ``data``."""
        if not data or self.is_silent:
            return
        self._waiting += self._harmed(data) if self._faults else data
        excess = len(self._waiting) - _QUEUE_LIMIT
        if excess > 0:
            del self._waiting[-excess:]
            self.lost += excess

    def due(self, at: Instant) -> list[bytes]:
        """Return the pieces that have passed the line by ``at``.

        A piece that fits the adapter goes out whole when the line is free for it; the line is then busy for its length.
        """
        if "garbage" in self._faults:
            self._add_garbage(at)
        pieces: list[bytes] = []
        if self._waiting and self._free_at < self._asked_at:
            self._free_at = float(self._asked_at)
        while self._waiting and self._free_at <= at:
            piece = bytes(self._waiting[: self._piece_length()])
            del self._waiting[: len(piece)]
            self._free_at += len(piece) * self._byte_us
            pieces.append(piece)
        self._asked_at = at
        return pieces

    @property
    def next_due(self) -> Instant | None:
        """When the next piece will have passed, or None while nothing waits."""
        return int(self._free_at) + 1 if self._waiting else None

    def _piece_length(self) -> int:
        if "split" in self._faults:
            return self._rng.randint(1, max(1, int(self._faults["split"])))
        return ADAPTER_PIECE

    def _harmed(self, data: bytes) -> bytes:
        drop, flip = self._faults.get("drop", 0.0), self._faults.get("flip", 0.0)
        kept = bytearray(byte for byte in data if not drop or self._rng.random() >= drop)
        if flip:
            for index in range(len(kept)):
                if self._rng.random() < flip:
                    kept[index] ^= 1 << self._rng.randrange(8)
        return bytes(kept)

    def _add_garbage(self, at: Instant) -> None:
        """Put bursts of 1 to 20 random bytes anywhere between what waits."""
        if self._next_garbage + 1_000_000 < at:
            self._next_garbage = at
        while self._next_garbage <= at:
            place = self._rng.randint(0, len(self._waiting))
            self._waiting[place:place] = self._rng.randbytes(self._rng.randint(1, 20))
            self._next_garbage += int(1_000_000 / max(0.1, self._faults["garbage"]) * self._rng.uniform(0.5, 1.5))
