"""The ports of this computer beside those of the chairs, and what speaks on the free ones.

A chair's port is never opened here, not even while its device is away: a probe runs in a process of its own, on ports that no chair names.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Response
from pydantic import Field

from monitor.core.entries import ChairConfig
from monitor.core.request import CLINICAL
from monitor.errors import ActionNotAllowed, BadRequest, NotPermitted
from monitor.ports import ListedPort, ports_here, real_paths
from monitor.web.answers import Answer, Rooms, SignedIn, failures
from monitor.web.messages import FromClient
from monitor.worker import Worker

LIMIT_S = 300
WATCH_S = 1.0
PortName = Annotated[str, Field(min_length=1, max_length=255, pattern="^[^-]")]


class PortsToLookAt(FromClient):
    """Free ports, by their paths."""

    ports: Annotated[tuple[PortName, ...], Field(min_length=1, max_length=32)]


class Looking(Protocol):
    """What probes: ``monitor.worker.Worker`` over ``monitor.ports``."""

    lines: list[dict[str, Any]]
    trouble: str

    @property
    def running(self) -> bool: ...
    async def start(self, *arguments: str) -> None: ...
    async def cancel(self, why: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class ChairPort:
    """A device of a chair as the configuration names it."""

    chair: str
    device: str
    driver: str
    port: str
    line: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class PortsView:
    """The chairs' ports, and the free ones with what was found on them (``known``, else ``sentence``), as far as they were looked at."""

    chairs: tuple[ChairPort, ...]
    free: tuple[ListedPort, ...]
    running: bool
    trouble: str
    found: tuple[dict[str, Any], ...]


def router(
    rooms: Rooms, worker: Looking | None = None, listed: Callable[[], list[ListedPort]] = ports_here
) -> APIRouter:
    routes = APIRouter(prefix="/api/ports", tags=["house"])
    looking = worker or Worker("monitor.ports", LIMIT_S, "ports are being looked at: wait until that is done")
    watching: set[asyncio.Task[None]] = set()

    @routes.get(
        "", summary="Which ports there are, whose they are, and what speaks on the free ones", response_model=PortsView
    )
    async def ports() -> Response:
        return Answer(await view())

    @routes.post(
        "/probe",
        summary="Find out what speaks on free ports; a chair's port is never opened",
        response_model=PortsView,
        responses=failures(
            _401="nobody is signed in",
            _403="this role may not do that",
            _409="ports are being looked at, or one of them is a chair's",
        ),
    )
    async def probe(actor: SignedIn, body: PortsToLookAt) -> Response:
        assert actor is not None  # the access layer lets no other write through
        if actor.role not in CLINICAL:
            raise NotPermitted(f"{actor.name} is signed in as {actor.role}; a nurse or physician may do this")
        if any("://" in name for name in body.ports):
            raise BadRequest("a probe listens to serial ports only")
        if taken := await asyncio.to_thread(_taken, configs(), body.ports):
            raise ActionNotAllowed(f"{taken} belongs to a chair: what it says stands with the chair's devices")
        await looking.start(*body.ports)
        watch = asyncio.create_task(_keep_off(looking, configs, body.ports))
        watching.add(watch)
        watch.add_done_callback(watching.discard)
        return Answer(await view())

    def configs() -> list[ChairConfig]:
        return [place.config for place in rooms.house.chairs.values() if hasattr(place, "config")]

    async def view() -> PortsView:
        chairs = tuple(
            ChairPort(chair.id, one.id, one.driver, one.port, one.line, one.serial_number)
            for chair in configs()
            for one in chair.devices
        )
        free = await asyncio.to_thread(_free, configs(), listed)
        return PortsView(chairs, tuple(free), looking.running, looking.trouble, tuple(looking.lines))

    return routes


def _of_chairs(chairs: Iterable[ChairConfig]) -> dict[str, str]:
    return real_paths(device.port for chair in chairs for device in chair.devices)


def _taken(chairs: Iterable[ChairConfig], names: Iterable[str]) -> str:
    """The first of these ports that is a chair's, whatever it is called; "" when all are free."""
    theirs = _of_chairs(chairs)
    return next((name for path, name in real_paths(names).items() if path in theirs), "")


def _free(chairs: Iterable[ChairConfig], listed: Callable[[], list[ListedPort]]) -> list[ListedPort]:
    theirs = _of_chairs(chairs)
    return [port for port in listed() if not theirs.keys() & real_paths((port.path, port.name)).keys()]


async def _keep_off(looking: Looking, chairs: Callable[[], list[ChairConfig]], names: tuple[str, ...]) -> None:
    """A chair's device may be plugged in while ports are looked at, and get one of these names: then the looking ends at once."""
    while looking.running:
        if taken := await asyncio.to_thread(_taken, chairs(), names):
            await looking.cancel(f"{taken} has just become a chair's")
            return
        await asyncio.sleep(WATCH_S)
