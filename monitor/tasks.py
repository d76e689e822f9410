"""Tasks that must not die: our own bug is logged whole, told to the chairs, and the task started anew."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

RESTART_S = 1.0
"""A task that failed starts again after so long."""
RECOVERED_S = 30.0
"""A task that has run for so long since it failed counts as recovered."""

Tell = Callable[[bool, str], None]
"""Called with (ailing, sentence)."""


async def supervised(name: str, run: Callable[[], Awaitable[None]], tell: Tell) -> None:
    """Run ``run`` until it returns; when it raises, tell so and run it again."""
    loop = asyncio.get_running_loop()
    recovery: asyncio.TimerHandle | None = None
    try:
        while True:
            try:
                await run()
                return
            except Exception as error:
                if recovery:
                    recovery.cancel()
                log.exception("task failed", task=name)
                tell(True, f"Monitor fault in {name}: {type(error).__name__}")
                await asyncio.sleep(RESTART_S)
                recovery = loop.call_later(RECOVERED_S, _recovered, name, tell)
    finally:
        if recovery:
            recovery.cancel()


def _recovered(name: str, tell: Tell) -> None:
    log.info("task recovered", task=name)
    tell(False, f"{name} runs again")
