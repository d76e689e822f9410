"""Routes about what was: trends, alerts, sessions, and what is added to a closed one.

The record is read in worker threads, never on the loop.
"""

import asyncio
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from drivers.base.observations import Instant
from monitor.core.changes import AlertView, Phase
from monitor.core.request import CLINICAL
from monitor.errors import ActionNotAllowed, BadRequest, NotFound, NotPermitted
from monitor.storage.queries import SECOND_US
from monitor.web.answers import Answer, Rooms, SignedIn, failures
from monitor.web.messages import (
    AlertList,
    Amend,
    Amendment,
    LastVisit,
    SessionList,
    SessionRecord,
)
from monitor.web.past_messages import Mark, NibpPoint, Trend

HOUR_US = 3_600_000_000
LONGEST_US = 12 * HOUR_US
"""A trend holds every second of its span; a longer one would be asked for in pieces."""

AMENDMENT = "amendment"
"""The kind of its rows in the audit log."""

Moment = Annotated[int | None, Query(ge=0, le=1 << 62, description="µs since the Unix epoch")]
Columns = Annotated[int | None, Query(ge=100, le=8000, description="how many steps in time are enough")]


def router(rooms: Rooms) -> APIRouter:
    routes = APIRouter(prefix="/api", tags=["past"])

    @routes.get(
        "/chairs/{chair}/trend",
        summary="A chair's vitals, alerts and session steps over time",
        response_model=Trend,
        responses=failures(_404="no such chair", _422="a span that is empty or over 12 h"),
    )
    async def trend(
        chair: str,
        since: Moment = None,
        until: Moment = None,
        columns: Columns = None,
        curves: Annotated[bool, Query(description="whether continuous values are wanted")] = True,
    ) -> Response:
        begin, end = _span(rooms, chair, since, until)
        return Answer(await asyncio.to_thread(trend_of, rooms, chair, begin, end, columns, curves))

    @routes.get("/alerts", summary="The house's alerts, newest first", response_model=AlertList)
    async def alerts(
        state: Literal["open", "ended"] = "open",
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
        since: Moment = None,
        until: Moment = None,
    ) -> Response:
        if state == "open":
            return Answer(AlertList(_open_alerts(rooms)[:limit]))
        ended = await asyncio.to_thread(rooms.records.alerts, "ended", limit, since or 0, until)
        return Answer(AlertList(tuple(ended)))

    @routes.get("/sessions", summary="The sessions on record, newest first", response_model=SessionList)
    async def sessions(limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> Response:
        found = await asyncio.to_thread(rooms.records.sessions, limit)
        return Answer(SessionList(tuple(SessionRecord(one.chair, one.view) for one in found)))

    @routes.get(
        "/last-visit",
        summary="When a patient was last here, and how heavy: to be asked where the weight is another now",
        response_model=LastVisit,
    )
    async def last_visit(patient_id: Annotated[str, Query(min_length=1, max_length=64)]) -> Response:
        found = await asyncio.to_thread(rooms.records.last_visit, patient_id.strip(), rooms.now())
        return Answer(LastVisit() if found is None else LastVisit(found.view.admitted_at, found.view.weight_kg))

    @routes.get(
        "/sessions/{session}",
        summary="One session",
        response_model=SessionRecord,
        responses=failures(_404="no such session"),
    )
    async def one_session(session: str) -> Response:
        return Answer(await asyncio.to_thread(session_of, rooms, session))

    @routes.post(
        "/sessions/{session}/amendments",
        summary="Add something to a closed session",
        response_model=SessionRecord,
        responses=failures(
            _401="nobody is signed in",
            _403="this role may not do that",
            _404="no such session",
            _409="the session is not closed",
        ),
    )
    async def amend(session: str, actor: SignedIn, body: Amend) -> Response:
        assert actor is not None  # the access layer lets no other write through
        if actor.role not in CLINICAL:
            raise NotPermitted(f"{actor.name} is signed in as {actor.role}; a nurse or physician may do this")
        found = await asyncio.to_thread(session_of, rooms, session)
        if found.session.phase is not Phase.CLOSED:
            raise ActionNotAllowed(f"session '{session}' is not closed: chart at the chair until it is")
        added = {"session": session, "kind": body.kind, "text": body.text}
        await rooms.audit.write(actor, AMENDMENT, lambda: added)
        return Answer(await asyncio.to_thread(session_of, rooms, session))

    return routes


def session_of(rooms: Rooms, session: str) -> SessionRecord:
    found = rooms.records.session(session)
    if found is None:
        raise NotFound(f"there is no session '{session}' on record")
    rows = reversed(rooms.audit.rows(AMENDMENT, session=session))
    added = tuple(Amendment(row.at, row.actor, row.body["kind"], row.body["text"]) for row in rows)
    return SessionRecord(found.chair, found.view, added)


def _open_alerts(rooms: Rooms) -> tuple[AlertView, ...]:
    """From the chairs themselves: the record comes a moment later."""
    found = [alert for chair in rooms.house.chairs for alert in rooms.view(chair).alerts]
    return tuple(sorted(found, key=lambda alert: alert.began, reverse=True))


def _span(rooms: Rooms, chair: str, since: Instant | None, until: Instant | None) -> tuple[Instant, Instant]:
    session = rooms.view(chair).session
    end = rooms.now() if until is None else until
    begin = since
    if begin is None:
        begin = max(session.admitted_at if session else end - HOUR_US, end - LONGEST_US)
    if begin >= end:
        raise BadRequest(f"until ({end}) must be later than since ({begin})")
    if end - begin > LONGEST_US:
        raise BadRequest("a trend holds at most 12 h: ask for a shorter span")
    return begin, end


def trend_of(
    rooms: Rooms, chair: str, since: Instant, until: Instant, columns: int | None, curves: bool = True
) -> Trend:
    """Return the trend of [since, until); where there are fewer ``columns`` than seconds, thinned so that no spike is lost.

    Without ``curves`` there are determinations and events alone.
    """
    records = rooms.records
    step_s = max(1, -(-(until - since) // (columns * SECOND_US))) if columns else 1
    return Trend.model_construct(  # made here of what is known: checking tens of thousands of values again would take its time
        since=since,
        until=until,
        step_s=step_s,
        parameters=records.values_by_second(chair, since, until, step_s) if curves else {},
        nibp=[NibpPoint(**asdict(one)) for one in records.determinations(chair, since, until)],
        alerts=records.alerts_between(chair, since, until),
        session=records.session_between(chair, since, until),
        marks=[Mark(one.at, one.step, one.rate_mg_h, one.actor) for one in records.steps(chair, since, until)],
    )
