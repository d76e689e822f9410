"""Hands what happens to the store, strictly by seq: what is on disk is always a prefix of what happened at a chair.

An alert, an action or a session step takes all before it along at once; bytes alone wait at most a second. While the disk
refuses, everything waits in memory up to a bound; past it entries are dropped (never alerts, sessions and the
checkpoint), and the hole is mended by a new beginning when the disk takes again. Nothing here delays an alarm.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError

from monitor.core.changes import Change
from monitor.core.entries import Configured, Entry, OperatorAction, Resumed
from monitor.errors import StoreError
from monitor.storage.blocks import BlockBuilder, to_json
from monitor.storage.projection import Projection
from monitor.storage.store import Batch, Store
from monitor.storage.writer import RETRY_S, Writer

FLUSH_S = 0.8
MOST_WAITING = 32 * 1024 * 1024
"""Bytes of entries that may wait for a disk that refuses: some minutes of a full house."""
LARGE_BLOCK = 256 * 1024
COMMIT_TIMEOUT_S = 10.0
_AT_ONCE = (OperatorAction, Configured, Resumed)

log = structlog.get_logger()


class _Pending:
    """What of one chair waits to be handed to the writer."""

    def __init__(self, chair: str, checkpoint: bytes | None) -> None:
        self.builder = BlockBuilder(chair)
        self.projection = Projection(chair)
        self.checkpoint = checkpoint
        self.fresh_checkpoint: tuple[int, bytes] | None = None
        self.last: Entry | None = None
        self.committed = 0
        self.waiters: list[tuple[int, asyncio.Future[None]]] = []


class Recorder:
    """The record of all chairs. ``tell(ailing, sentence)`` says how it fares, ``mend(chair, why)`` asks for a new beginning."""

    def __init__(
        self,
        store: Store,
        tell: Callable[[bool, str], None],
        mend: Callable[[str, str], None],
        *,
        most_waiting: int = MOST_WAITING,
        retry_s: float = RETRY_S,
    ) -> None:
        self._tell = tell
        self._mend = mend
        self._most_waiting = most_waiting
        self._waiting = 0
        self._ailing = False
        self._holed: set[str] = set()
        self._chairs: dict[str, _Pending] = {}
        self._store = store
        self._writer = Writer(store.write, self._written, self._failed, retry_s)

    @property
    def ailing(self) -> bool:
        """Whether the disk refuses now."""
        return self._ailing

    def follow(self, chair: str, checkpoint: bytes | None) -> None:
        """Begin to record ``chair``, whose record so far ends with ``checkpoint``."""
        self._chairs[chair] = _Pending(chair, checkpoint)

    def take(self, entry: Entry, changes: list[Change], checkpoint: dict[str, Any] | None) -> None:
        """Record ``entry``, the next of its chair, and what followed; ``checkpoint`` when what must survive has changed."""
        pending = self._chairs[entry.chair]
        body = type(entry.body)
        at_once = body in _AT_ONCE
        if body is Configured or body is Resumed:
            pending.projection.begin(entry, pending.checkpoint)
        if pending.last and entry.seq != pending.last.seq + 1:
            self._hand_over(entry.chair, pending)  # one could not be packed: the hole must show
        if entry.chair not in self._holed:
            pending.builder.add(entry)
        if changes:
            at_once |= pending.projection.follow(entry, changes)
        if checkpoint is not None:
            pending.checkpoint = to_json(checkpoint)
            pending.fresh_checkpoint = (entry.seq, pending.checkpoint)
        pending.last = entry
        if at_once or pending.builder.size > LARGE_BLOCK:
            self._hand_over(entry.chair, pending)

    async def run(self) -> None:
        """Hand over what waits, every so often, for ever."""
        while True:
            await asyncio.sleep(FLUSH_S)
            self.flush()

    def flush(self) -> None:
        """Hand over everything that waits."""
        for chair, pending in self._chairs.items():
            self._hand_over(chair, pending)

    async def committed(self, chair: str, seq: int) -> None:
        """Return once entry ``seq`` of ``chair`` is on disk. Raises ``StoreError`` when the disk refuses."""
        pending = self._chairs[chair]
        if pending.committed >= seq:
            return
        if self._ailing:
            raise StoreError(_NOT_RECORDED)
        future = asyncio.get_running_loop().create_future()
        pending.waiters.append((seq, future))
        try:
            await asyncio.wait_for(future, COMMIT_TIMEOUT_S)
        except TimeoutError:
            raise StoreError(_NOT_RECORDED) from None

    async def close(self) -> None:
        """Write what is left and end."""
        self.flush()
        await self._writer.close()

    def _hand_over(self, chair: str, pending: _Pending) -> None:
        last = pending.last
        if last is None:
            return
        batch = Batch(chair, last.seq, last.at, rows=pending.projection.take())
        batch.block = pending.builder.take()
        batch.checkpoint, pending.fresh_checkpoint = pending.fresh_checkpoint, None
        pending.last = None
        if batch.size + self._waiting > self._most_waiting:
            batch.block = None
            self._holed.add(chair)
            log.error("record full in memory, entries dropped", chair=chair, seq=last.seq)
        self._waiting += batch.size
        self._writer.put(batch)

    def _written(self, batches: list[Batch]) -> None:
        for batch in batches:
            self._waiting -= batch.size
            pending = self._chairs[batch.chair]
            pending.committed = batch.last_seq
            still = []
            for seq, future in pending.waiters:
                if seq > batch.last_seq:
                    still.append((seq, future))
                elif not future.done():
                    future.set_result(None)
            pending.waiters = still
        if self._ailing:
            self._recovered()

    def _recovered(self) -> None:
        self._ailing = False
        log.info("record written again")
        holed, self._holed = self._holed, set()
        for chair in holed:
            self._mend(chair, "the disk refused to take the record, some entries are missing")
        self._tell(False, "the record is written again")

    def _failed(self, error: Exception) -> None:
        cause = str(getattr(error, "orig", None) or error)
        for pending in self._chairs.values():
            for _, future in pending.waiters:
                if not future.done():
                    future.set_exception(StoreError(_NOT_RECORDED))
            pending.waiters.clear()
        if not self._ailing:
            self._ailing = True
            ours = None if isinstance(error, OperationalError) else error
            log.error("record cannot be written", error=cause, exc_info=ours)
            self._tell(True, f"The record cannot be written: {cause}")


_NOT_RECORDED = "this was done, but it could not be written to the record yet: the disk does not take it"
