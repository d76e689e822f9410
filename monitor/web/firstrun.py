"""The first run: before there is a configuration, a page at this computer makes one. No chair is watched until it is written.

Only whoever sits at this computer reaches it. Nobody can be signed in yet; what is asked is checked as ``vigil check-config`` does.
"""

import asyncio
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, FastAPI, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.datastructures import Headers

from drivers.base.decoder import Driver
from monitor.config import Config, parse_config, to_toml, warnings_of, write_config
from monitor.core.entries import Actor, Role
from monitor.errors import ActionNotAllowed, BadRequest, ConfigError, MonitorError
from monitor.ports import ListedPort, place_of
from monitor.web.access import Access, Refused, Scope, ScriptPolicy, Seal
from monitor.web.answers import Answer
from monitor.web.messages import Failure, FromClient
from monitor.web.sentences import sentence_of

SETTING_UP = Actor("First run", Role.SERVICE)
MOST_PORTS = 32
PortName = Annotated[str, Field(min_length=1, max_length=255)]


class Looking(Protocol):
    """What probes ports: ``monitor.worker.Worker`` over ``monitor.ports``."""

    lines: list[dict[str, Any]]
    trouble: str

    @property
    def running(self) -> bool: ...
    async def start(self, *arguments: str) -> None: ...
    async def cancel(self, why: str = "") -> None: ...


@dataclass(slots=True)
class SetUp:
    """The house that is being set up. ``server`` holds what the command line already said of ``[server]``.

    ``written`` is called once the configuration is on disk, with it and with who signs the first pre-set.
    """

    path: Path
    server: Mapping[str, Any]
    ports: Callable[[], list[ListedPort]]
    looking: Looking
    drivers: Mapping[str, Driver]
    written: Callable[[Config, Actor | None], None]
    is_written: bool = False


class PortsToLookAt(FromClient):
    ports: Annotated[tuple[PortName, ...], Field(min_length=1, max_length=MOST_PORTS)]


class Plan(FromClient):
    """The configuration as it is to be, in the shape of its file but for ``[server]``. ``signer``: the physician who signs the
    shipped pre-set as the clinic's first version, or null."""

    clinic: dict[str, Any]
    user: list[dict[str, Any]] = Field(max_length=200)
    chair: list[dict[str, Any]] = Field(max_length=64)
    signer: str | None = None


@dataclass(frozen=True, slots=True)
class DriverChoice:
    """A driver to choose by hand. ``place`` is the usual id of such a device."""

    name: str
    title: str
    place: str


@dataclass(frozen=True, slots=True)
class PortsView:
    """The ports of this computer now, and what was found on those that were looked at."""

    ports: tuple[ListedPort, ...]
    running: bool
    trouble: str
    found: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class FirstRun:
    """``config`` is the file that will be written; ``written``: it is, and the house begins."""

    config: str
    written: bool
    drivers: tuple[DriverChoice, ...]
    ports: PortsView


@dataclass(frozen=True, slots=True)
class Checked:
    """What is to be said of a plan. ``refusal`` "": it can be used; ``text`` is the file."""

    refusal: str
    warnings: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """``written`` once the file is there: ask /healthz until the house answers."""

    written: bool = field(default=True)


def create_first_run(setup: SetUp) -> FastAPI:
    """Return the app of the first run. Its page is mounted on it afterwards."""
    api = FastAPI(
        title="Vigil, first run",
        openapi_url=None,
        exception_handlers={MonitorError: _monitor_error, RequestValidationError: _invalid},
    )
    api.include_router(router(setup))
    policy = ScriptPolicy()
    api.state.allow_scripts = policy.allow_scripts
    api.add_middleware(AtThisComputer, seal=_Anybody(), policy=policy)
    return api


def router(setup: SetUp) -> APIRouter:
    routes = APIRouter(prefix="/api/first-run")

    @routes.get("")
    async def first_run() -> Response:
        drivers = sorted(setup.drivers.values(), key=lambda driver: driver.title)
        choices = tuple(DriverChoice(one.name, one.title, place_of(one)) for one in drivers)
        return Answer(FirstRun(str(setup.path), setup.is_written, choices, await _ports(setup)))

    @routes.get("/ports")
    async def ports() -> Response:
        return Answer(await _ports(setup))

    @routes.post("/probe")
    async def probe(body: PortsToLookAt) -> Response:
        if setup.is_written:
            raise ActionNotAllowed("the configuration is written; ports are looked at on the settings page now")
        if any(name.startswith("-") for name in body.ports):
            raise BadRequest("a port's name begins with no hyphen")
        await setup.looking.start(*body.ports)
        return Answer(await _ports(setup))

    @routes.post("/check")
    async def check(body: Plan) -> Response:
        return Answer(await asyncio.to_thread(_checked, setup, body))

    @routes.post("/write")
    async def write(body: Plan) -> Response:
        checked = await asyncio.to_thread(_checked, setup, body)
        if checked.refusal:
            raise BadRequest(checked.refusal)
        if setup.is_written:
            raise ActionNotAllowed("the configuration is written already")
        await setup.looking.cancel("the house begins")  # its ports are free before a chair opens them
        await asyncio.to_thread(write_config, setup.path, checked.text)
        setup.is_written = True
        config = parse_config(checked.text, str(setup.path), setup.drivers)
        setup.written(config, None if body.signer is None else Actor(body.signer, Role.PHYSICIAN))
        return Answer(Setting())

    return routes


async def _ports(setup: SetUp) -> PortsView:
    listed = await asyncio.to_thread(setup.ports)
    looking = setup.looking
    return PortsView(tuple(listed), looking.running, looking.trouble, tuple(looking.lines))


def _checked(setup: SetUp, plan: Plan) -> Checked:
    data: dict[str, Any] = {"clinic": plan.clinic}
    if setup.server:
        data["server"] = dict(setup.server)
    try:
        text = f"{_HEAD}\n{to_toml(data | {'user': plan.user, 'chair': plan.chair})}"
        config = parse_config(text, setup.path.name, setup.drivers)
        _check_signer(config, plan.signer)
    except ConfigError as error:
        return Checked(str(error).removeprefix(f"{setup.path.name}: "))
    return Checked("", tuple(warnings_of(config)), text)


_HEAD = "# Written by the first run of `vigil serve`. It holds the place only; limits and protocols are on the settings page.\n"


def _check_signer(config: Config, signer: str | None) -> None:
    physicians = [user.name for user in config.users if user.role is Role.PHYSICIAN]
    if not physicians:
        raise ConfigError("nobody is a physician: name one, who can sign the clinic's limits and protocols")
    if signer is not None and signer not in physicians:
        raise ConfigError(f"'{signer}' is not one of the physicians, and only a physician signs the pre-set")


class _Anybody(Seal):
    """Nobody has a name yet: whoever is at this computer acts as the first run."""

    def __init__(self) -> None:
        super().__init__(secrets.token_urlsafe(32), {})

    def actor(self, cookie: str) -> Actor | None:
        return SETTING_UP


class AtThisComputer(Access):
    """The access layer of the first run: a request comes from this computer, and from a page of ours."""

    def _admit(self, scope: Scope, headers: Headers) -> None:
        client = scope.get("client")
        if client is not None and not _is_here(client[0]):
            raise Refused(403, "the first run is done at the computer itself")
        super()._admit(scope, headers)


def _is_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


async def _monitor_error(request: object, error: Exception) -> Response:
    status = 409 if isinstance(error, ActionNotAllowed) else 422
    return Answer(Failure(str(error)), status)


async def _invalid(request: object, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return Answer(Failure(sentence_of(error.errors())), 422)
