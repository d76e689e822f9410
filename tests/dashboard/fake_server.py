"""A server with chairs made up: it speaks the real messages, so that the pages can be built and tested by themselves.

``python -m tests.dashboard.fake_server --chairs 16 --port 8051`` plays the sixteen states with curves that move.
"""

import argparse
import asyncio
import contextlib
import math
import os
import struct
import threading
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from dashboard.app import mount
from drivers.base.observations import Instant, Numeric, Reading
from drivers.base.vocabulary import Parameter, Unit, WaveformName
from monitor.core.changes import (
    AlertChanged,
    AlertsGrouped,
    AlertState,
    AlertView,
    AudioPauseChanged,
    ChairView,
    Change,
    CommandChanged,
    DeviceChanged,
    LimitsChanged,
    ReadingTaken,
    SessionChanged,
    Vital,
)
from monitor.web import messages
from tests.dashboard.chairs import NURSE, SECOND, sixteen

WAVES = (
    messages.Waveform(1, WaveformName.ECG_II, "monitor", 250.0, 0.005, 0, Unit.MILLIVOLT),
    messages.Waveform(2, WaveformName.PLETH, "oximeter", 75.0, None, 0, Unit.ONE),
    messages.Waveform(3, WaveformName.RESP, "monitor", 62.5, None, 0, Unit.ONE),
)
TICK_S = 0.04


def now() -> Instant:
    return time.time_ns() // 1000


class FakeHouse:
    """Holds the chairs and tells them to whoever connects. ``say`` may be called from any thread."""

    def __init__(self, chairs: Iterable[ChairView]) -> None:
        self.chairs = {chair.chair: chair for chair in chairs}
        self.seq = dict.fromkeys(self.chairs, 100)
        self.beating = True
        self.waving = "VIGIL_SHOTS" in os.environ  # a page that draws curves keeps the machine busy
        self.reading = True
        self.hidden: set[str] = set()  # chairs whose changes are swallowed, as by a line that lost them
        self.acted: list[tuple[str, str, dict[str, Any]]] = []
        self.seen: list[dict[str, Any]] = []
        self.hellos = 0
        self.greeted = 0  # pages that have shown that they took everything there was to tell
        self._clients: set[WebSocket] = set()
        self._owing: dict[WebSocket, int] = {}  # who has been greeted, and which beat has not been seen yet
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heir: FakeHouse | None = None
        self._beat = 0

    def app(self) -> FastAPI:
        api = FastAPI(lifespan=self._lifespan)
        api.websocket("/ws")(self._serve)
        api.get("/api/me")(self._me)
        api.post("/api/chairs/{chair}/{action}")(self._act)
        api.get("/api/{path:path}")(self._unknown)
        mount(api)
        return api

    def say(self, chair: str, *changes: Change) -> None:
        """Tell ``changes`` of ``chair`` to every page, as one entry's."""
        self._call(self._say, chair, changes, chair not in self.hidden)

    def alert(self, chair: str, alert: AlertView, event: str) -> None:
        """Tell one alert's change."""
        self.say(chair, AlertChanged(now(), alert, event))  # type: ignore[arg-type]

    def read(self, chair: str, **values: float | None) -> None:
        """Tell new values, by parameter."""
        at = now()
        known = {vital.parameter: vital for vital in self.chairs[chair].vitals}
        fresh = tuple(replace(known[Parameter(name)], value=value, at=at) for name, value in values.items())
        numerics = tuple(Numeric(vital.parameter, vital.value) for vital in fresh)
        self.say(chair, ReadingTaken(at, fresh[0].device, Reading(at, numerics), fresh))

    def drop(self) -> None:
        """Close every socket, as a server does that is killed."""
        self._call(lambda: [asyncio.ensure_future(client.close(1001)) for client in self._clients])

    def _call(self, function: Any, *arguments: Any) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(function, *arguments)

    def _say(self, chair: str, changes: tuple[Change, ...], heard: bool = True) -> None:
        previous = self.seq[chair]
        self.seq[chair] += 3
        self.chairs[chair] = _applied(self.chairs[chair], changes)
        message = messages.Changes(chair, self.seq[chair], previous, now(), changes)  # type: ignore[arg-type]
        if heard:
            self._send(messages.encode(message).decode())

    def _send(self, text: str | bytes) -> None:
        for client in self._clients:
            send = client.send_text(text) if isinstance(text, str) else client.send_bytes(text)
            task = asyncio.ensure_future(send)
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(work()) for work in (self._beats, self._curves, self._values)]
        yield
        for task in tasks:
            task.cancel()

    async def follow(self, before: "FakeHouse") -> None:
        """Take the pages of ``before``, and tell them the chairs."""
        before._heir = self
        self._beat = before._beat
        clients = list(before._clients)
        before._clients.clear()
        for client in clients:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._greet(client)

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                message = await socket.receive_json()
                if message["type"] == "hello":
                    await self._present._greet(socket)
                else:
                    self._present._take_seen(socket, message)
        self._present._clients.discard(socket)
        self._present._owing.pop(socket, None)

    def _take_seen(self, socket: WebSocket, message: dict[str, Any]) -> None:
        self.seen.append(message)
        if message["beat"] >= self._owing.get(socket, math.inf):
            del self._owing[socket]
            self.greeted += 1

    @property
    def _present(self) -> "FakeHouse":
        house = self
        while house._heir is not None:
            house = house._heir
        return house

    async def _greet(self, socket: WebSocket) -> None:
        """Tell all there is, then a beat: who has seen that has all. What is said meanwhile is in a snapshot or comes after it."""
        self.hellos += 1
        self._clients.add(socket)
        names = tuple(messages.ChairName(c.chair, c.name, i) for i, c in enumerate(self.chairs.values()))
        welcome = messages.Welcome("0.1.0", "v1", "Infusion room", "Europe/Berlin", now(), names, WAVES)
        await socket.send_text(messages.encode(welcome).decode())
        for name in tuple(self.chairs):
            snapshot = messages.Snapshot(name, self.seq[name], self.chairs[name], ())
            await socket.send_text(messages.encode(snapshot).decode())
        self._beat += 1
        self._owing[socket] = self._beat
        await socket.send_text(self._heartbeat())

    def _heartbeat(self) -> str:
        screens = messages.Screens(len(self._clients), 0)
        return messages.encode(messages.HouseBeat(self._beat, now(), screens, 1.0)).decode()

    async def _beats(self) -> None:
        while True:
            if self.beating:
                self._beat += 1
                self._send(self._heartbeat())
            await asyncio.sleep(1)

    async def _values(self) -> None:
        while True:
            await asyncio.sleep(1)
            for name in self.chairs if self.reading else ():
                self._renew(name)

    def _renew(self, chair: str) -> None:
        """Say again, freshly stamped, what the devices that are not silent said last."""
        view = self.chairs[chair]
        silent = {device.id for device in view.devices if device.line == "silent"}
        fresh = tuple(replace(v, at=now()) for v in view.vitals if not v.spot and v.device not in silent)
        if fresh:
            self._say(chair, (ReadingTaken(now(), fresh[0].device, None, fresh),))

    async def _curves(self) -> None:
        began, told = time.monotonic(), dict.fromkeys((1, 2, 3), 0)
        while True:
            await asyncio.sleep(TICK_S)
            passed = time.monotonic() - began
            for index, chair in enumerate(self.chairs.values()):
                if self.waving and (frame := _frame(index, chair, told, passed)):
                    self._send(frame)
            told = {wave.number: int(passed * wave.rate_hz) for wave in WAVES}

    async def _me(self) -> JSONResponse:
        return JSONResponse({"actor": {"name": NURSE.name, "role": NURSE.role}})

    async def _act(self, chair: str, action: str, body: dict[str, Any]) -> JSONResponse:
        self.acted.append((chair, action, body))
        for alert in self.chairs[chair].alerts:
            if action == "acknowledge" and alert.id == body["alert"]:
                taken = replace(alert, state=AlertState.ACKNOWLEDGED, acknowledged_by=NURSE, sounding=False)
                self._say(chair, (AlertChanged(now(), taken, "acknowledged"),))
        return JSONResponse({"seq": self.seq[chair]})

    async def _unknown(self, path: str) -> JSONResponse:
        return JSONResponse({"detail": f"There is nothing at {path}."}, status_code=404)


def _applied(chair: ChairView, changes: tuple[Change, ...]) -> ChairView:
    """Return ``chair`` after ``changes``: a page that asks again, or comes later, is told of all of them."""
    for change in changes:
        match change:
            case ReadingTaken(vitals=vitals):
                chair = replace(chair, vitals=_put(chair.vitals, vitals))
            case AlertChanged(alert=alert):
                others = tuple(other for other in chair.alerts if other.id != alert.id)
                chair = replace(chair, alerts=others if alert.state is AlertState.ENDED else (*others, alert))
            case AlertsGrouped(group=group):
                chair = replace(chair, group=group)
            case SessionChanged(session=session):
                chair = replace(chair, session=session)
            case DeviceChanged(device=device, demo=demo):
                devices = tuple(device if device.id == other.id else other for other in chair.devices)
                chair = replace(chair, devices=devices, demo=demo)
            case CommandChanged(command=command):
                before = tuple(other for other in chair.commands if other.id != command.id)
                chair = replace(chair, commands=(*before, command))
            case AudioPauseChanged(until=until, by=by):
                chair = replace(chair, audio_paused_until=until, audio_paused_by=by)
            case LimitsChanged(limits=limits):
                chair = replace(chair, limits=limits)
            case _:
                raise TypeError(f"a fake house cannot keep {change}")
    return chair


def _put(vitals: tuple[Vital, ...], fresh: tuple[Vital, ...]) -> tuple[Vital, ...]:
    told = {vital.parameter: vital for vital in fresh}
    return tuple(told.get(vital.parameter, vital) for vital in vitals)


def _frame(index: int, chair: ChairView, told: dict[int, int], passed: float) -> bytes:
    """Return the samples of ``chair`` since ``told`` as one binary frame; empty where there is nothing to tell."""
    values = {vital.parameter: vital for vital in chair.vitals}
    silent = {device.id for device in chair.devices if device.line == "silent"}
    parts = []
    for wave in WAVES:
        source = {1: Parameter.HR, 2: Parameter.SPO2, 3: Parameter.RR}[wave.number]
        rate = values.get(Parameter.HR if wave.number < 3 else Parameter.RR)
        count = int(passed * wave.rate_hz) - told[wave.number]
        if count <= 0 or rate is None or values[source].value is None or wave.device in silent:
            continue
        phases = ((told[wave.number] + k) / wave.rate_hz * (rate.value or 60) / 60 + index * 0.37 for k in range(count))
        samples = [_SHAPES[wave.number](phase % 1.0) for phase in phases]
        data = struct.pack(f"<{count}h", *samples)
        parts.append(struct.pack("<HHIQ", wave.number, count, 1, told[wave.number]) + data + bytes(-len(data) % 8))
    return struct.pack("<BBHI", 1, len(parts), index, 0) + b"".join(parts) if parts else b""


def _bump(phase: float, at: float, width: float) -> float:
    return math.exp(-(((phase - at) / width) ** 2))


def _ecg(phase: float) -> int:
    mv = 0.12 * _bump(phase, 0.2, 0.03) - 0.12 * _bump(phase, 0.335, 0.01) + 1.1 * _bump(phase, 0.36, 0.012)
    mv += -0.22 * _bump(phase, 0.388, 0.012) + 0.28 * _bump(phase, 0.62, 0.05)
    return round(mv / 0.005)


def _pleth(phase: float) -> int:
    return round(180 * (_bump(phase, 0.24, 0.12) + 0.42 * _bump(phase, 0.55, 0.17)))


def _resp(phase: float) -> int:
    return round(900 * math.sin(2 * math.pi * phase))


_SHAPES = {1: _ecg, 2: _pleth, 3: _resp}


class Stage:
    """A server, told one house after another; the pages that look on stay open."""

    def __init__(self) -> None:
        self.address = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._house: FakeHouse | None = None
        self._app: FastAPI | None = None
        self._life: asyncio.Task[None] | None = None
        self._orders: asyncio.Queue[Any] = asyncio.Queue()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert self._app is not None
        await self._app(scope, receive, send)

    def play(self, house: FakeHouse) -> None:
        """Serve ``house`` from now on."""
        assert self._loop is not None
        app = house.app()
        asyncio.run_coroutine_threadsafe(self._change(house, app), self._loop).result(60)

    async def _change(self, house: FakeHouse, app: FastAPI) -> None:
        before, self._house = self._house, house
        await self._end()
        await self._begin(app)
        self._app = app
        if before is not None:
            await house.follow(before)

    async def _begin(self, app: FastAPI) -> None:
        """As a server would: Dash has its pages only once it was told of the start."""
        begun = asyncio.Event()

        async def answered(_: Any) -> None:
            begun.set()

        self._life = asyncio.create_task(app({"type": "lifespan", "state": {}}, self._orders.get, answered))
        self._orders.put_nowait({"type": "lifespan.startup"})
        await begun.wait()

    async def _end(self) -> None:
        if self._life is not None:
            self._orders.put_nowait({"type": "lifespan.shutdown"})
            await self._life


@contextlib.contextmanager
def running(house: FakeHouse, port: int = 0) -> Any:
    """Serve ``house`` in a thread; give the address."""
    with _served(house.app(), port) as (address, _):
        yield address


@contextlib.contextmanager
def staged() -> Any:
    """Serve a stage in a thread, and give it; it has nothing to show before its first house."""
    stage = Stage()
    with _served(stage, 0, lifespan="off") as (stage.address, stage._loop):
        yield stage


@contextlib.contextmanager
def _served(app: Any, port: int, lifespan: Any = "auto") -> Any:
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="warning", ws="websockets-sansio", lifespan=lifespan
    )
    server = uvicorn.Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    bound = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{bound}", loops[0]
    finally:
        server.should_exit = True
        thread.join(60)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--chairs", default="1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", help="which of the sixteen")
    options.add_argument("--port", type=int, default=8051)
    given = options.parse_args()
    wanted = given.chairs.split(",")
    began = now()
    house = FakeHouse(chair for chair in sixteen(began) if chair.chair in wanted)
    house.waving = True
    with running(house, given.port) as address:
        print(address, flush=True)
        while True:
            time.sleep(SECOND / 1e6)


if __name__ == "__main__":
    main()
