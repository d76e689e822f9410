"""Routes about the house itself: is it alive, which software, which drivers, which words, and its own documentation."""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from starlette.responses import FileResponse

from drivers.base.registry import all_drivers
from monitor.errors import NotFound
from monitor.web.answers import Answer, Rooms
from monitor.web.asyncapi import document
from monitor.web.messages import PROTOCOL, DriverInfo, DriverList, Failure, Health, Version
from monitor.web.vocabulary import Vocabulary, vocabulary

_FAULT: dict[int | str, dict[str, Any]] = {500: {"model": Failure, "description": "the server failed"}}
_STATIC = Path(__file__).parent / "static"


def router(rooms: Rooms) -> APIRouter:
    routes = APIRouter(tags=["house"])

    @routes.get("/healthz", summary="Is the server alive, and does the record reach the disk", response_model=Health)
    async def health() -> Response:
        return Answer(_health(rooms))

    @routes.get("/api/version", summary="Which software answers", response_model=Version, responses=_FAULT)
    async def version() -> Response:
        return Answer(Version(rooms.clinic.version, PROTOCOL))

    @routes.get("/api/drivers", summary="The device protocols this server can read", response_model=DriverList)
    async def drivers() -> Response:
        return Answer(_drivers())

    @routes.get("/api/vocabulary", summary="The words people answer and chart with", response_model=Vocabulary)
    async def words() -> Response:
        return Answer(vocabulary())

    @routes.get("/api/asyncapi.json", summary="The websocket's messages, as an AsyncAPI document")
    async def asyncapi() -> Response:
        return Answer(document(rooms.clinic.version))

    @routes.get("/api/docs", include_in_schema=False)
    async def docs() -> Response:
        return FileResponse(_STATIC / "docs.html")

    @routes.get("/api/docs/{name}", include_in_schema=False)
    async def docs_part(name: str) -> Response:
        kind = {"docs.js": "text/javascript", "docs.css": "text/css"}.get(name)
        if kind is None:
            raise NotFound(f"there is no GET /api/docs/{name}")
        return FileResponse(_STATIC / name, media_type=kind)

    return routes


def _health(rooms: Rooms) -> Health:
    ails: dict[str, None] = {}
    for chair in rooms.house.chairs:
        ails |= dict.fromkeys(rooms.view(chair).house)
    if rooms.audit.broken:
        ails[rooms.audit.broken] = None
    screens = rooms.hub.screens()
    return Health(
        status="alive",
        record="writing" if rooms.record_is_writing() else "ailing",
        chairs=len(rooms.house.chairs),
        viewers=screens.connected,
        sounding=screens.sounding,
        ails=tuple(ails),
    )


@cache
def _drivers() -> DriverList:
    return DriverList(
        tuple(
            DriverInfo(one.name, one.title, str(one.line), one.parameters, one.waveforms, one.commands)
            for one in all_drivers().values()
        )
    )
