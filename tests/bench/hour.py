"""An hour of a full house in about a minute, and many chairs at once: what the page's heap and its frames make of them.

The house is made up, and its time passes when it is told to: every message of an hour is sent (readings, beats, alerts that come
and go, cuffs), the curves in pieces of a second, and no second is told before the page has taken in the fifth before it. So the hour's
messages are all there; only the frames between them are fewer.
"""

import asyncio
import itertools
import struct
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from playwright.sync_api import Page

from drivers.base.observations import Numeric, Reading
from drivers.base.vocabulary import Parameter
from monitor.core.changes import AlertChanged, AlertState, AlertView, ChairView, ReadingTaken, Vital
from monitor.web import messages
from tests.bench.figures import Figure
from tests.bench.page import drawing_figures, drawn_for, metrics, opened, session_of
from tests.dashboard.chairs import NURSE, SECOND, alert, sixteen
from tests.dashboard.fake_api import FakeClinic
from tests.dashboard.fake_server import WAVES, now, running

MANY = 64
MANY_S = 20.0
STEP_S = 300
WALL_STEPS = 12
"""An hour, where there is time for it; else as much of it as passes in ``WALL_S``."""
WALL_S = 70.0
CHAIR_STEPS = 4
CHAIR_S = 20.0
WARM_STEPS = 2
LEAST_STEPS = 3
"""Beside those in which the page warms up; by fewer no slope is told."""
READINGS_A_SECOND = 2
ALERT_EVERY_S = 300
CUFF_EVERY_S = 300
AHEAD = 5
"""So many seconds may be under way to the page."""
PASS_TIMEOUT_S = 400


class Hurried(FakeClinic):
    """Chairs whose time passes when they are told to let it."""

    def __init__(self, chairs: Iterable[ChairView]) -> None:
        super().__init__(chairs)
        self._at = now()
        self._second = 0
        self._first = {name: chair.vitals for name, chair in self.chairs.items()}
        self._raised: dict[str, AlertView] = {}

    def pass_by(self, seconds: int) -> None:
        """Let so many seconds pass; returns when the page has taken in the last."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._pass(seconds), self._loop).result(PASS_TIMEOUT_S)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        beats = asyncio.create_task(self._beats())
        yield
        beats.cancel()

    def _heartbeat(self) -> str:
        return messages.encode(messages.HouseBeat(self._beat, self._at, messages.Screens(1, 0), 1.0)).decode()

    async def _pass(self, seconds: int) -> None:
        for _ in range(seconds):
            self._second += 1
            self._at += SECOND
            for index, name in enumerate(self.chairs):
                self._tell(index, name)
            self._beat += 1
            self._send(self._heartbeat())
            await self._seen(self._beat - AHEAD)
        await self._seen(self._beat)

    async def _seen(self, beat: int) -> None:
        while not any(seen["beat"] >= beat for seen in self.seen[-20:]):
            await asyncio.sleep(0.001)
        del self.seen[:-20]

    def _tell(self, index: int, name: str) -> None:
        turn = self._second + index * 17
        live = [vital for vital in self._first[name] if vital.value is not None and not vital.spot]
        for part in range(READINGS_A_SECOND):
            self._take_reading(name, live[part::READINGS_A_SECOND], (turn + part) % 3)
        if turn % CUFF_EVERY_S == 0:
            cuff = [vital for vital in self._first[name] if vital.spot and vital.value is not None]
            self._take_reading(name, cuff, turn // CUFF_EVERY_S % 5, spot=True)
        self._alarm(name, turn % ALERT_EVERY_S)
        self._send(_second_of_waves(index, self._second))

    def _take_reading(self, name: str, vitals: list[Vital], shift: int, spot: bool = False) -> None:
        fresh = tuple(replace(vital, value=(vital.value or 0) - shift, at=self._at) for vital in vitals)
        if fresh:
            numerics = tuple(Numeric(vital.parameter, vital.value) for vital in fresh)
            self._say(name, (ReadingTaken(self._at, fresh[0].device, Reading(self._at, numerics, spot), fresh),))

    def _alarm(self, name: str, turn: int) -> None:
        if turn == 0:
            text = "HR 124 > 120"
            shown = alert(name, "hr_high", "medium", text, self._at, parameter=Parameter.HR, value=124, limit=120)
            self._raise(name, shown, "began")
        elif turn == 15 and name in self._raised:
            taken = replace(self._raised[name], state=AlertState.ACKNOWLEDGED, acknowledged_by=NURSE)
            self._raise(name, replace(taken, acknowledged_at=self._at, changed=self._at), "acknowledged")
        elif turn == 45 and name in self._raised:
            over = replace(self._raised.pop(name), state=AlertState.ENDED, ended_at=self._at, changed=self._at)
            self._say(name, (AlertChanged(self._at, over, "ended"),))

    def _raise(self, name: str, shown: AlertView, event: Any) -> None:
        self._raised[name] = shown
        self._say(name, (AlertChanged(self._at, shown, event),))


def _second_of_waves(index: int, second: int) -> bytes:
    parts = []
    for wave in WAVES:
        first = int((second - 1) * wave.rate_hz)
        count = int(second * wave.rate_hz) - first
        data = struct.pack(f"<{count}h", *((k * 37) % 400 for k in range(count)))
        parts.append(struct.pack("<HHIQ", wave.number, count, 1, first) + data + bytes(-len(data) % 8))
    return struct.pack("<BBHI", 1, len(parts), index, 0) + b"".join(parts)


class Many(FakeClinic):
    """Chairs that each say something three times a second, one after the other, as many lines do."""

    async def _values(self) -> None:
        for name in itertools.cycle(self.chairs):
            await asyncio.sleep(1 / (3 * len(self.chairs)))
            self._renew(name)


def measure_hour() -> list[Figure]:
    """The growth of the heap over an hour of sixteen chairs on the wall, and over a part of it at one chair."""
    house = Hurried(sixteen(now()))
    with running(house) as address, opened(address) as page:
        page.wait_for_selector(".cell .value")
        page.wait_for_timeout(2000)
        began = time.monotonic()
        wall = _grown(page, house, WALL_STEPS, WALL_S, WARM_STEPS + LEAST_STEPS)
        took = time.monotonic() - began
        page.evaluate("import('/assets/js/pages.js').then(({ go }) => go('/chair/2'))")
        page.wait_for_selector("#vigil-trend[data-past]")
        chair = _grown(page, house, CHAIR_STEPS, CHAIR_S, 1 + LEAST_STEPS)
    return [
        Figure("page_heap", wall[-1][0], "MB"),
        Figure("page_heap_growth", _slope([heap for heap, _ in wall[WARM_STEPS:]]), "MB/h", ("<=", 1)),
        Figure("page_nodes_growth", _slope([nodes for _, nodes in wall[WARM_STEPS:]]), "nodes/h", ("<=", 50)),
        Figure("chair_heap_growth", _slope([heap for heap, _ in chair[1:]]), "MB/h"),
        Figure("page_heap_minutes", len(wall) * STEP_S / 60, "min"),
        Figure("page_heap_speed", len(wall) * STEP_S / took, "× life"),
    ]


def _grown(page: Page, house: Hurried, steps: int, seconds: float, least: int) -> list[tuple[float, float]]:
    """Heap in MB and nodes, after rubbish was collected, at the end of each five minutes; no more than ``least`` after ``seconds``."""
    found: list[tuple[float, float]] = []
    until = time.monotonic() + seconds
    while len(found) < least or (len(found) < steps and time.monotonic() < until):
        house.pass_by(STEP_S)
        page.wait_for_timeout(300)
        for _ in range(2):
            session_of(page).send("HeapProfiler.collectGarbage")
        told = metrics(page)
        found.append((told["JSHeapUsedSize"] / 1e6, told["Nodes"]))
    return found


def _slope(values: list[float]) -> float:
    """By how much ``values``, one each five minutes, grow in an hour: the line of least squares through them."""
    middle = (len(values) - 1) / 2
    mean = sum(values) / len(values)
    above = sum((n - middle) * (value - mean) for n, value in enumerate(values))
    return above / sum((n - middle) ** 2 for n in range(len(values))) * 3600 / STEP_S


def measure_many() -> list[Figure]:
    """Sixty-four chairs on one wall."""
    kinds = sixteen(now())
    chairs = [_numbered(kinds[n % len(kinds)], str(n + 1)) for n in range(MANY)]
    with running(Many(chairs)) as address, opened(address) as page:
        page.wait_for_selector(".cell .value")
        page.wait_for_timeout(5000)
        drawing = drawn_for(page, MANY_S)
    return drawing_figures("chairs64", drawing, {"frames_per_second": (">=", 55)})


def _numbered(chair: ChairView, name: str) -> ChairView:
    alerts = tuple(replace(one, id=f"{name}:{one.id}", chair=name) for one in chair.alerts)
    return replace(chair, chair=name, name=f"Chair {name}", alerts=alerts, group=None)
