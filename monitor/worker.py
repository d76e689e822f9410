"""Work beside the house: a child process that thinks at its leisure and tells what it finds, a line of JSON at a time.

One busy Python thread beside the loop adds 10 ms to every alarm; a process of its own adds none. Whoever starts one bounds it by a time.
"""

import asyncio
import sys
from contextlib import suppress
from typing import Any

import orjson
import structlog

from monitor.errors import ActionNotAllowed

LONGEST_LINE = 4 << 20
log = structlog.get_logger()


class Worker:
    """One kind of work, once at a time: ``python -m module``. ``lines`` are what the last run told, ``trouble`` why it ended early."""

    def __init__(self, module: str, limit_s: float, busy: str) -> None:
        self.lines: list[dict[str, Any]] = []
        self.trouble = ""
        self._module = module
        self._limit_s = limit_s
        self._busy = busy
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether it works now."""
        return self._task is not None and not self._task.done()

    async def start(self, *arguments: str, given: bytes = b"") -> None:
        """Begin, with what the process is ``given`` to read. Raises ``ActionNotAllowed`` while it works."""
        if self.running:
            raise ActionNotAllowed(self._busy)
        self.lines, self.trouble = [], ""
        self._task = asyncio.create_task(self._run(arguments, given), name=self._module)

    async def cancel(self, why: str = "") -> None:
        """End it, and wait until it has ended."""
        if self._task is None or self._task.done():
            return
        self.trouble = why or "it was ended before all was done"
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self, arguments: tuple[str, ...], given: bytes) -> None:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, *arguments,
            stdin=pipe, stdout=pipe, limit=LONGEST_LINE, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._limit_s):
                await self._listen(process, given)
        except TimeoutError:
            self.trouble = f"it took longer than {self._limit_s / 60:.0f} min and was ended"
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())

    async def _listen(self, process: asyncio.subprocess.Process, given: bytes) -> None:
        assert process.stdin
        assert process.stdout
        with suppress(ConnectionError):
            process.stdin.write(given)
            await process.stdin.drain()
        process.stdin.close()
        async for line in process.stdout:
            self.lines.append(orjson.loads(line))
        if status := await process.wait():
            log.error("worker failed", module=self._module, status=status)
            self.trouble = "it failed; the server's log tells more"
