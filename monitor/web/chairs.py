"""Routes about a chair now: its state, and what an operator does at it, one route for each action."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Body, Response

from drivers.base.vocabulary import Priority
from monitor.core.changes import ChairView, Phase
from monitor.web.answers import Answer, Rooms, SignedIn, failures
from monitor.web.messages import ACTIONS, Admit, ChairInfo, ChairList, CriteriaList, Done, FromClient, Snapshot

_ACTION_FAILURES = failures(
    _401="nobody is signed in",
    _403="this role may not do that",
    _404="no such chair, alert or device",
    _409="the present state does not allow it",
    _422="the arguments are wrong",
)
_BY_PRIORITY = list(Priority)


def router(rooms: Rooms) -> APIRouter:
    routes = APIRouter(prefix="/api/chairs", tags=["chairs"])

    @routes.get("", summary="All chairs at a glance", response_model=ChairList)
    async def all_chairs() -> Response:
        return Answer(ChairList(tuple(_at_a_glance(rooms.view(id_), i) for i, id_ in enumerate(rooms.house.chairs))))

    @routes.get(
        "/{chair}",
        summary="The whole present state of a chair: the websocket's snapshot",
        response_model=Snapshot,
        responses=failures(_404="no such chair"),
    )
    async def one_chair(chair: str) -> Response:
        rooms.view(chair)
        return Answer(rooms.hub.snapshot(chair))

    @routes.get(
        "/{chair}/criteria",
        summary="What is asked for before the next step: before the start, or before the patient goes home",
        response_model=CriteriaList,
        responses=failures(_404="no such chair"),
    )
    async def criteria(chair: str) -> Response:
        session = rooms.view(chair).session
        return Answer(CriteriaList(session.phase if session else Phase.NONE, rooms.house.criteria(chair)))

    for action, (arguments, summary) in ACTIONS.items():
        routes.add_api_route(
            f"/{{chair}}/{action}",
            _doer(rooms, action, arguments),
            methods=["POST"],
            summary=summary,
            operation_id=action,
            response_model=Done,
            responses=_ACTION_FAILURES,
            tags=["actions"],
        )
    return routes


def _doer(rooms: Rooms, action: str, arguments: type[FromClient]) -> Callable[..., Awaitable[Response]]:
    async def do(chair: str, actor: SignedIn, body: FromClient) -> Response:
        rooms.view(chair)
        assert actor is not None  # the access layer lets no other write through
        given = body.model_dump(mode="json")
        if isinstance(body, Admit):
            given["last_weight_kg"] = await _last_weight(rooms, body.patient_id)
        return Answer(Done(await rooms.house.act(chair, actor, action, given)))

    do.__annotations__["body"] = arguments
    if not any(field.is_required() for field in arguments.model_fields.values()):
        do.__defaults__ = (Body(default_factory=arguments),)
    return do


async def _last_weight(rooms: Rooms, patient_id: str | None) -> str | None:
    """What the patient weighed at the last visit on record: the record says so, not who admits."""
    if not (patient_id or "").strip():
        return None
    found = await asyncio.to_thread(rooms.records.last_visit, str(patient_id).strip(), rooms.now())
    return None if found is None else str(found.view.weight_kg)


def _at_a_glance(view: ChairView, index: int) -> ChairInfo:
    priorities = [alert.priority for alert in view.alerts]
    return ChairInfo(
        id=view.chair,
        name=view.name,
        index=index,
        demo=view.demo,
        phase=view.session.phase if view.session else Phase.NONE,
        alerts=len(priorities),
        priority=max(priorities, key=_BY_PRIORITY.index, default=None),
    )
