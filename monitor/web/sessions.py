"""Routes about single sessions, running and closed: their list, trend and curves, and what people did in them.

The record is read in worker threads, never on the loop. No address names a person: who is looked for stays in the browser.
"""

import asyncio
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Response

from drivers.base.observations import Instant
from drivers.base.registry import all_drivers
from drivers.base.vocabulary import Priority
from monitor.core import limits
from monitor.core.changes import LimitView, SessionView
from monitor.core.entries import PortOpened
from monitor.errors import BadRequest, MonitorError, NotFound
from monitor.storage.queries import SECOND_US, Deed, StoredSession
from monitor.web.answers import Answer, Rooms, failures
from monitor.web.past import LONGEST_US, Columns, Moment, trend_of
from monitor.web.past_messages import DeedDone, Deeds, LimitStep, PastWaves, SessionLines, Trend
from monitor.web.waves_of import waves_of

LONGEST_WAVES_US = 60 * SECOND_US
_TOLD_BY_THE_SESSION = ("admit", "screen")


def router(rooms: Rooms) -> APIRouter:
    routes = APIRouter(prefix="/api", tags=["past"])

    @routes.get(
        "/session-list", summary="The sessions, a line each, newest first; page by page", response_model=SessionLines
    )
    async def session_list(
        chair: Annotated[str | None, Query(max_length=64)] = None,
        since: Moment = None,
        before: Moment = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        found = await asyncio.to_thread(rooms.records.sessions_listed, chair, since or 0, before, limit)
        return Answer(SessionLines(tuple(found), found[-1].admitted_at if len(found) == limit else None))

    @routes.get(
        "/sessions/{session}/trend",
        summary="A session's vitals and alerts over time",
        response_model=Trend,
        responses=failures(_404="no such session", _422="a span that is empty or over 12 h"),
    )
    async def session_trend(
        session: str, since: Moment = None, until: Moment = None, columns: Columns = None
    ) -> Response:
        return Answer(await asyncio.to_thread(_trend, rooms, session, since, until, columns))

    @routes.get(
        "/sessions/{session}/waves",
        summary="A session's curves between two instants, decoded again from the journal",
        response_model=PastWaves,
        responses=failures(_404="no such session", _422="a span that is empty or over 60 s"),
    )
    async def session_waves(
        session: str, since: Annotated[int, Query(ge=0)], until: Annotated[int, Query(ge=0)]
    ) -> Response:
        if not since < until <= since + LONGEST_WAVES_US:
            raise BadRequest("curves are given for at most 60 s at once, and until must be later than since")
        return Answer(await asyncio.to_thread(_waves, rooms, session, since, until))

    @routes.get(
        "/sessions/{session}/deeds",
        summary="Who did what in a session, and the limits that were in force",
        response_model=Deeds,
        responses=failures(_404="no such session"),
    )
    async def session_deeds(session: str) -> Response:
        return Answer(await asyncio.to_thread(_deeds, rooms, session))

    return routes


def _stored(rooms: Rooms, session: str) -> StoredSession:
    found = rooms.records.session(session)
    if found is None:
        raise NotFound(f"there is no session '{session}' on record")
    return found


def _end(rooms: Rooms, view: SessionView) -> Instant:
    """When the session was over, a moment later; now, while it is not. The closing itself belongs to it."""
    return rooms.now() if view.closed_at is None else view.closed_at + SECOND_US


def _trend(rooms: Rooms, session: str, since: Instant | None, until: Instant | None, columns: int | None) -> Trend:
    found = _stored(rooms, session)
    begin = max(found.view.admitted_at, since or 0)
    end = min(_end(rooms, found.view), until or _end(rooms, found.view))
    if begin >= end:
        raise BadRequest("nothing of this session lies in that span")
    if end - begin > LONGEST_US:
        raise BadRequest("a trend holds at most 12 h: ask for a shorter span")
    return trend_of(rooms, found.chair, begin, end, columns).model_copy(update={"session": found.view})


def _waves(rooms: Rooms, session: str, since: Instant, until: Instant) -> PastWaves:
    found = _stored(rooms, session)
    begin, end = max(since, found.view.admitted_at), min(until, _end(rooms, found.view))
    waves = waves_of(rooms.records, all_drivers(), found.chair, begin, end) if begin < end else ()
    return PastWaves(**{"from": since}, until=until, waves=waves)


def _deeds(rooms: Rooms, session: str) -> Deeds:
    found = _stored(rooms, session)
    chair, begin, end = found.chair, found.view.admitted_at, _end(rooms, found.view)
    deeds = rooms.records.deeds(chair, begin, end)
    shown = (
        DeedDone(one.at, one.actor, one.action, {} if one.action in _TOLD_BY_THE_SESSION else one.arguments)
        for one in deeds
    )
    return Deeds(
        tuple(shown), tuple(_limit_steps(rooms, chair, begin, end, deeds)), _began_simulated(rooms, chair, begin)
    )


def _began_simulated(rooms: Rooms, chair: str, begin: Instant) -> bool:
    """At an admission the bedside is made anew, and told again which ports are open and what speaks there."""
    about = rooms.records.entries_between(chair, begin - SECOND_US, begin + 3 * SECOND_US)
    return any(isinstance(entry.body, PortOpened) and entry.body.simulated for entry in about)


def _limit_steps(rooms: Rooms, chair: str, begin: Instant, end: Instant, deeds: list[Deed]) -> list[LimitStep]:
    """The limits as they were: the pre-set of each configuration, and what people changed."""
    steps: list[LimitStep] = []
    known: dict[limits.Key, LimitView] = {}
    changes = [one for one in deeds if one.action == "set_limit"]
    for at, config in rooms.records.configurations(chair, begin, end):
        fresh = {key: view for key, view in limits.preset(config.limits).items() if not _is_own(known, key)}
        steps += [LimitStep(max(at, begin), view) for key, view in fresh.items() if known.get(key) != view]
        known |= fresh
    for one in changes:
        if (changed := _changed(known, one)) is not None:
            known[changed.code, changed.priority] = changed
            steps.append(LimitStep(one.at, changed))
    return sorted(steps, key=lambda step: step.at)


def _is_own(known: dict[limits.Key, LimitView], key: limits.Key) -> bool:
    return key in known and known[key].changed_by is not None


def _changed(known: dict[limits.Key, LimitView], deed: Deed) -> LimitView | None:
    """The limit as this deed set it; None where the table no longer knows it."""
    told = deed.arguments
    try:
        key = (str(told["code"]), Priority(told["priority"]))
        after = limits.change(known, key, Decimal(told["value"]), deed.actor.name, str(told.get("reason", "")))
    except (KeyError, ValueError, ArithmeticError, MonitorError):
        return None
    return after[key]
