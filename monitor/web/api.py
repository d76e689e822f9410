"""The web face of the house: ``create`` puts the API, the websocket and the access layer together into one ASGI app.

Everything an operator does passes ``Station.act``; what is past comes from the record, read in worker threads.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from drivers.base.decoder import DriverError
from monitor.errors import ActionNotAllowed, BadRequest, MonitorError, NotFound, NotPermitted
from monitor.web import chairs, house, past, people, ports, preset, sessions, whatif
from monitor.web.access import Access
from monitor.web.answers import Answer, Rooms, failures
from monitor.web.messages import Failure
from monitor.web.sentences import sentence_of
from monitor.web.socket import endpoint

_STATUS: dict[type[Exception], int] = {
    NotPermitted: 403,
    ActionNotAllowed: 409,
    NotFound: 404,
    BadRequest: 422,
}
_ABOUT = (
    "What the chairs of an infusion room show now and have shown, and everything an operator can do. "
    'Every answer that is not a success is {"detail": "one sentence"}. Instants are microseconds since the Unix epoch; '
    "doses and rates are decimal numbers in strings. Live data comes over the websocket /ws: see /api/asyncapi.json. "
    "Vigil is a secondary display and a record: the bedside devices' own alarms stay on."
)


def create(rooms: Rooms, lifespan: Callable[[FastAPI], Any] | None = None) -> FastAPI:
    """Return the app. Pages are mounted on it afterwards; ``app.state.allow_scripts(hashes)`` lets their inline scripts run.

    ``app.state.rooms`` are the rooms, for whoever mounts more.
    """
    api = FastAPI(
        title="Vigil",
        version=rooms.clinic.version,
        description=_ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=failures(_422="what was asked cannot be understood"),
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
        exception_handlers={
            MonitorError: _monitor_error,
            DriverError: _monitor_error,
            RequestValidationError: _invalid,
            HTTPException: _http_error,
            Exception: _our_fault,
        },
    )
    api.state.rooms = rooms
    api.state.allow_scripts = rooms.policy.allow_scripts
    for router in (
        house.router(rooms),
        people.router(rooms),
        chairs.router(rooms),
        past.router(rooms),
        sessions.router(rooms),
        preset.router(rooms),
        whatif.router(rooms),
        ports.router(rooms),
        _no_such_path(),
    ):
        api.include_router(router)
    api.add_api_websocket_route("/ws", endpoint(rooms.hub))
    api.add_middleware(Access, seal=rooms.seal, policy=rooms.policy, hosts=rooms.hosts)
    return api


def _no_such_path() -> APIRouter:
    """Last of all under /api: Dash, mounted after, would answer any path with its page."""
    router = APIRouter()

    @router.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def no_such_path(rest: str, request: Request) -> Response:
        return Answer(Failure(f"there is no {request.method} /api/{rest}; /api/docs lists what there is"), 404)

    return router


async def _monitor_error(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
    return Answer(Failure(str(error)), status)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return Answer(Failure(sentence_of(error.errors())), 422)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return Answer(Failure(str(error.detail)), error.status_code, headers=error.headers)


async def _our_fault(request: Request, error: Exception) -> Response:
    return Answer(Failure("the server failed at this request; its log tells more"), 500)
