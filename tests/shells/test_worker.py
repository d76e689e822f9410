"""A child process beside the house: its lines, its failure, its end."""

import asyncio

import pytest

from monitor.errors import ActionNotAllowed
from monitor.worker import Worker


async def ended(worker: Worker) -> Worker:
    async with asyncio.timeout(60):
        while worker.running:
            await asyncio.sleep(0.02)
    return worker


async def test_its_lines_are_told_and_a_failure_too() -> None:
    worker = Worker("json.tool", 60, "busy")
    await worker.start("--json-lines", "--compact", given=b'{"a": 1}\n{"b": 2}\n')
    with pytest.raises(ActionNotAllowed, match="busy"):
        await worker.start()
    assert (await ended(worker)).lines == [{"a": 1}, {"b": 2}]
    assert worker.trouble == ""
    await worker.start("--json-lines", "--no-such-option")
    assert (await ended(worker)).lines == []
    assert worker.trouble == "it failed; the server's log tells more"


async def test_it_is_ended_by_who_began_it_or_by_its_time() -> None:
    worker = Worker("tests.shells.dawdler", 60, "busy")
    await worker.start()
    async with asyncio.timeout(60):
        while not worker.lines:
            await asyncio.sleep(0.02)
    await worker.cancel("a person ended it")
    assert (worker.running, worker.lines, worker.trouble) == (False, [{"began": True}], "a person ended it")
    short = Worker("tests.shells.dawdler", 0.01, "busy")
    await short.start()
    assert "took longer" in (await ended(short)).trouble
