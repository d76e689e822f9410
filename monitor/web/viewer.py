"""One viewer: what waits to be sent to it, bounded by two water marks.

Above the first mark its waves are dropped; above the second all that waits is dropped and snapshots take its place, for a
snapshot mends everything. A snapshot is made when its turn comes, not when it is asked for: so it costs no room while
it waits, and what changes meanwhile is already in it.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

WAVES_MARK = 256 * 1024
"""Bytes waiting above which a viewer gets no waves: some four seconds of sixteen chairs."""
EMPTY_MARK = 2 * WAVES_MARK
"""Bytes waiting above which all of it gives way to snapshots."""


@dataclass(frozen=True, slots=True)
class SnapshotOf:
    """Stands in a queue for the snapshot of this chair."""

    chair: str


Item = str | bytes | SnapshotOf
"""Text is a message, bytes are waves."""


class Viewer:
    """What one screen wants to see, what it said it shows, and what waits for it."""

    def __init__(self, name: str, joined_beat: int = 0) -> None:
        self.name = name
        self.joined_beat = joined_beat
        self.greeted = False
        self.chairs: frozenset[str] = frozenset()
        self.waves = False
        self.said = 0
        self.sending_since_beat: int | None = None
        self.seen_beat: int | None = None
        self.sound = False
        self.visible = False
        self.ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._queue: deque[Item] = deque()
        self._size = 0
        self._owed: dict[str, None] = {}
        self._something = asyncio.Event()

    def put(self, text: str) -> None:
        """Queue a message that concerns no chair, or several."""
        self._append(text, len(text))

    def put_changes(self, chair: str, text: str) -> None:
        """Queue changes of a chair, unless a snapshot that will hold them waits already."""
        if chair in self.chairs and chair not in self._owed:
            self._append(text, len(text))

    def put_waves(self, chair: str, frame: bytes) -> None:
        """Queue waves, if they are wanted and there is room."""
        if self.waves and chair in self.chairs and self._size <= WAVES_MARK:
            self._append(frame, len(frame))

    def owe(self, chair: str) -> None:
        """Let a snapshot of the chair take its turn, if the viewer sees this chair."""
        if chair in self.chairs and chair not in self._owed:
            self._owed[chair] = None
            self._append(SnapshotOf(chair), 0)

    @property
    def waiting(self) -> int:
        """Bytes that wait to be sent."""
        return self._size

    def is_behind(self) -> bool:
        """Whether more waits than may, so that all of it should give way to snapshots."""
        return self._size > EMPTY_MARK

    def start_over(self) -> None:
        """Drop all that waits. The caller then owes the viewer what it must know."""
        self._queue.clear()
        self._owed.clear()
        self._size = 0

    def end(self, code: int, why: str) -> None:
        """Ask for the connection to be closed."""
        if not self.ended.done():
            self.ended.set_result((code, why))

    async def next(self) -> Item:
        """Return what is to be sent next; waits for it. A snapshot's turn ends with this call: make it at once."""
        while not self._queue:
            self._something.clear()
            await self._something.wait()
        item = self._queue.popleft()
        if isinstance(item, SnapshotOf):
            self._owed.pop(item.chair, None)
        else:
            self._size -= len(item)
        return item

    def _append(self, item: Item, size: int) -> None:
        self._queue.append(item)
        self._size += size
        self._something.set()
        if self._size > WAVES_MARK >= self._size - size:
            self._drop_waves()

    def _drop_waves(self) -> None:
        self._queue = deque(item for item in self._queue if not isinstance(item, bytes))
        self._size = sum(len(item) for item in self._queue if isinstance(item, str))
