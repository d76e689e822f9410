"""The made-up clinic with sessions on record: what the review, the list of sessions and the live rewind ask of the HTTP API."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from drivers.base.observations import Instant
from drivers.base.vocabulary import Priority, Unit, WaveformName
from monitor.core.changes import AlertView, ChairView, Patient, Phase, SessionView
from monitor.core.entries import Actor, Role
from monitor.storage.queries import SessionLine
from monitor.web import messages, past_messages
from tests.dashboard.chairs import MINUTE, NURSE, SECOND, limits, sixteen
from tests.dashboard.fake_api import FakeClinic, ended_alerts, past
from tests.dashboard.fake_charting import charted_in
from tests.dashboard.fake_server import _SHAPES, WAVES, now

PHYSICIAN = Actor("Dr. Haas", Role.PHYSICIAN)
CLOSED = "2:closed"
HOLE_S = 4
"""In each minute of the record the curves are missing for so long, from its second 20 on."""


class FakeRecord(FakeClinic):
    """A fake clinic with a record. ``asked`` are the curves asked for; ``withheld`` makes them fail."""

    def __init__(self, chairs: Iterable[ChairView], who: Actor | None = NURSE) -> None:
        super().__init__(chairs, who)
        self.asked: list[tuple[int, int]] = []
        self.withheld = False
        self.added: list[messages.Amendment] = []
        self.closed = closed_session(charted_in(self.chairs["2"]), now() - 60 * MINUTE)

    def _pages(self, api: FastAPI) -> None:
        api.get("/api/session-list")(self._session_list)
        api.get("/api/sessions/{session}")(self._one_session)
        api.get("/api/sessions/{session}/trend")(self._session_trend)
        api.get("/api/sessions/{session}/waves")(self._session_waves)
        api.get("/api/sessions/{session}/deeds")(self._session_deeds)
        api.post("/api/sessions/{session}/amendments")(self._amend)
        super()._pages(api)

    def _found(self, session: str) -> tuple[str, SessionView] | None:
        if session == CLOSED:
            return "2", self.closed
        return next(
            ((name, view.session) for name, view in self.chairs.items() if view.session and view.session.id == session),
            None,
        )

    async def _session_list(
        self, chair: str | None = None, since: int = 0, before: int | None = None, limit: int = 100
    ) -> Response:
        running = [(name, view.session) for name, view in self.chairs.items() if view.session]
        many = [
            ("2", replace(self.closed, id=f"old-{n}", admitted_at=self.closed.admitted_at - n * 60 * MINUTE))
            for n in range(1, 70)
        ]
        many[59] = ("2", replace(many[59][1], patient=Patient("Z.Q.", 1950, "77-120")))
        lines = [_line(name, view) for name, view in [*running, ("2", self.closed), *many]]
        fit = [
            one
            for one in sorted(lines, key=lambda line: -line.admitted_at)
            if (chair is None or one.chair == chair) and since <= one.admitted_at < (before or 1 << 62)
        ]
        page = tuple(fit[:limit])
        return _json(past_messages.SessionLines(page, page[-1].admitted_at if len(fit) > limit else None))

    async def _one_session(self, session: str) -> Response:
        found = self._found(session)
        if found is None:
            return JSONResponse({"detail": f"there is no session '{session}' on record"}, status_code=404)
        return _json(messages.SessionRecord(*found, tuple(self.added)))

    async def _session_trend(self, session: str, since: int, until: int | None = None, columns: int = 1800) -> Response:
        chair, view = self._found(session) or ("", None)
        assert view
        told = past(
            replace(self.chairs[chair], session=view, alerts=()),
            since,
            until or view.closed_at or now(),
            self.alerts_of(view),
        )
        return _json(told)

    def alerts_of(self, view: SessionView) -> list[AlertView]:
        assert view.began_at
        return [] if view.closed_at is None else ended_alerts(view.began_at + round(42.17 * MINUTE))

    async def _session_waves(self, session: str, since: int, until: int) -> Response:
        self.asked.append((since, until))
        if self.withheld:
            return JSONResponse({"detail": "no"}, status_code=500)
        end = min(until, now())
        waves = await asyncio.to_thread(lambda: tuple(_wave(wave, since, end) for wave in WAVES))
        return _json(past_messages.PastWaves(**{"from": since}, until=until, waves=waves))

    async def _session_deeds(self, session: str) -> Response:
        _, view = self._found(session) or ("", None)
        assert view
        assert view.began_at
        changed_at = view.began_at + 30 * MINUTE
        steps = [past_messages.LimitStep(view.admitted_at, limit) for limit in limits()]
        old = next(one for one in limits() if (one.code, one.priority) == ("sbp_high", Priority.MEDIUM))
        raised = replace(old, value=Decimal(170), changed_by=PHYSICIAN.name, reason="own baseline")
        deeds = [
            past_messages.DeedDone(view.admitted_at, NURSE, "admit", {}),
            past_messages.DeedDone(view.began_at, NURSE, "start", {"reason": ""}),
            past_messages.DeedDone(
                changed_at, PHYSICIAN, "set_limit", {"code": "sbp_high", "priority": "medium", "value": "170"}
            ),
            past_messages.DeedDone(view.began_at + 31 * MINUTE, NURSE, "pause", {"reason": "nausea"}),
        ]
        return _json(past_messages.Deeds(tuple(deeds), (*steps, past_messages.LimitStep(changed_at, raised))))

    async def _amend(self, session: str, body: dict[str, Any]) -> Response:
        if self.who is None:
            return JSONResponse({"detail": "Sign in first."}, status_code=401)
        if self.refuse is not None:
            return JSONResponse({"detail": self.refuse}, status_code=409)
        self.added.append(messages.Amendment(now(), self.who, body["kind"], body["text"]))
        return await self._one_session(session)


def closed_session(chair: ChairView, end: Instant) -> SessionView:
    """Return the chair's session as one that ended at ``end``."""
    view = chair.session
    assert view
    assert view.began_at
    shift = end - 5 * MINUTE - (view.began_at + 42 * MINUTE)
    began = view.began_at + shift
    return replace(
        view,
        id=CLOSED,
        phase=Phase.CLOSED,
        admitted_at=view.admitted_at + shift,
        began_at=began,
        planned_end_at=None,
        stopped_at=began + 42 * MINUTE,
        closed_at=end,
        steps=tuple(replace(step, at=step.at + shift) for step in view.steps),
        charted=tuple(replace(one, at=one.at + shift) for one in view.charted),
        boluses=(),
        baseline=None,
        charting_due_at=None,
        handover="Walks steadily. Escort is here.",
    )


def record(numbers: str = "2,8", who: Actor | None = NURSE) -> FakeRecord:
    """Return the fake clinic with these of the sixteen chairs, and its record."""
    wanted = numbers.split(",")
    return FakeRecord((chair for chair in sixteen(now()) if chair.chair in wanted), who)


def _line(chair: str, view: SessionView) -> SessionLine:
    return SessionLine(
        view.id, chair, view.phase, view.patient, view.order, view.admitted_at, view.began_at, view.stopped_at,
        view.closed_at, view.dose_mg, {Priority.HIGH: 1},
    )  # fmt: skip


def _wave(wave: messages.Waveform, since: Instant, until: Instant) -> past_messages.PastWave:
    pieces = []
    for minute in range(since // MINUTE, until // MINUTE + 1):
        for from_s, until_s in ((0, 20), (20 + HOLE_S, 60)):
            begin = max(since, minute * MINUTE + from_s * SECOND)
            end = min(until, minute * MINUTE + until_s * SECOND)
            count = int((end - begin) / 1e6 * wave.rate_hz)
            if count > 0:
                phases = ((begin / 1e6 + k / wave.rate_hz) * 1.2 % 1.0 for k in range(count))
                pieces.append(past_messages.WavePiece(begin, tuple(_SHAPES[wave.number](phase) for phase in phases)))
    name, unit = WaveformName(wave.name), Unit(wave.unit)
    return past_messages.PastWave(name, wave.device, wave.rate_hz, wave.scale, wave.offset, unit, tuple(pieces))


def _json(message: Any) -> Response:
    return Response(messages.encode(message), media_type="application/json")
