"""The thread that writes. It tries again until it may, in order, and tells the loop what became of each batch."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from monitor.storage.store import Batch

RETRY_S = 1.0
FLUSHES_AT_END = 3
log = structlog.get_logger()


class Writer:
    """Writes batches with ``write`` in a thread; ``written`` and ``failed`` are called on the loop."""

    def __init__(
        self,
        write: Callable[[Sequence[Batch]], None],
        written: Callable[[list[Batch]], None],
        failed: Callable[[Exception], None],
        retry_s: float = RETRY_S,
    ) -> None:
        self._write = write
        self._written = written
        self._failed = failed
        self._retry_s = retry_s
        self._queue: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="record", daemon=True)
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """Have ``batch`` written after all before it."""
        self._queue.put(batch)

    async def close(self) -> None:
        """Write what is left, if it can be written, and end the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        waiting: list[Batch] = []
        tries_left: int | None = None
        while tries_left is None or (waiting and tries_left > 0):
            ending = self._gather(waiting)
            if ending and tries_left is None:
                tries_left = FLUSHES_AT_END
            if waiting and not self._try(waiting) and tries_left is not None:
                tries_left -= 1
        if waiting:
            log.error("record not written to its end", chairs=sorted({batch.chair for batch in waiting}))

    def _gather(self, waiting: list[Batch]) -> bool:
        """Wait for batches (not for long when some failed before) and append them; return whether the end was asked for."""
        ending = False
        try:
            item = self._queue.get(timeout=self._retry_s if waiting else None)
            while True:
                if item is None:
                    ending = True
                else:
                    waiting.append(item)
                item = self._queue.get_nowait()
        except queue.Empty:
            return ending

    def _try(self, waiting: list[Batch]) -> bool:
        try:
            self._write(waiting)
        except Exception as error:  # whatever it is, the entries are kept and tried again
            self._tell(self._failed, error)
            return False
        self._tell(self._written, list(waiting))
        waiting.clear()
        return True

    def _tell(self, call: Callable[[Any], None], argument: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, argument)
