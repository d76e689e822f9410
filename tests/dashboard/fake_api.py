"""The made-up chairs with a past: what the trend, the alert page, signing in and the session controls ask of the HTTP API.

``python -m tests.dashboard.fake_api --port 8052`` serves it for looking at.
"""

import argparse
import math
import time
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter
from monitor.core.changes import (
    AlertKind,
    AlertState,
    AlertView,
    AudioPauseChanged,
    ChairView,
    LimitsChanged,
    Phase,
    SessionChanged,
)
from monitor.core.entries import Actor, Role
from monitor.errors import MonitorError
from monitor.storage import tables
from monitor.storage.audit import AuditLog
from monitor.storage.presets import Presets
from monitor.web import messages, past_messages
from monitor.web.preset import NextPreset, history_of, view_of, wish_of
from monitor.web.vocabulary import vocabulary
from tests.dashboard.chairs import MINUTE, NURSE, SECOND, alert, sixteen
from tests.dashboard.fake_server import FakeHouse, now, running
from tests.dashboard.fake_session import criteria, stepped

PHYSICIAN = Actor("Dr. Haas", Role.PHYSICIAN)
USERS = (NURSE, PHYSICIAN, Actor("A. Guest", Role.OBSERVER))
PROBE_OFF = (17.4, 18.9)
"""Infusion minutes in which the finger was out of the probe."""


class FakeClinic(FakeHouse):
    """A fake house whose chairs have a past, and where people sign in and act. ``who`` is signed in, for every browser."""

    def __init__(self, chairs: Iterable[ChairView], who: Actor | None = NURSE) -> None:
        super().__init__(chairs)
        self.who = who
        self.ended: list[AlertView] = []
        self.refuse: str | None = None
        self.found: list[dict[str, Any]] = []
        self.probed: list[list[str]] = []
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
        tables.metadata.create_all(engine)
        self.presets = Presets(AuditLog(engine, now))

    def app(self) -> FastAPI:
        api = FastAPI(lifespan=self._lifespan)
        api.websocket("/ws")(self._serve)
        api.get("/api/me")(self._me)
        api.get("/api/users")(self._users)
        api.get("/api/alerts")(self._alerts)
        api.get("/api/vocabulary")(self._vocabulary)
        api.get("/api/chairs/{chair}/trend")(self._trend)
        api.get("/api/chairs/{chair}/criteria")(self._criteria)
        api.get("/api/ports")(self._ports)
        api.post("/api/ports/probe")(self._probe)
        api.get("/api/preset")(self._preset)
        api.get("/api/preset/versions")(self._versions)
        api.post("/api/preset")(self._sign)
        api.post("/api/sign-in")(self._sign_in)
        api.post("/api/sign-out")(self._sign_out)
        api.post("/api/chairs/{chair}/{action}")(self._act)
        self._pages(api)
        return api

    def _pages(self, api: FastAPI) -> None:
        from dashboard.app import mount

        api.get("/api/{path:path}")(self._unknown)
        mount(api)

    async def _me(self) -> JSONResponse:
        return JSONResponse({"actor": self.who and {"name": self.who.name, "role": self.who.role}})

    async def _users(self) -> JSONResponse:
        return JSONResponse({"users": [{"name": user.name, "role": user.role} for user in USERS]})

    async def _preset(self) -> Response:
        return _json(view_of(self.presets.current()))

    async def _ports(self) -> JSONResponse:
        free = [{"path": "/dev/ttyUSB3", "name": "/dev/ttyUSB3", "title": "Adapter"}]
        running = bool(self.probed) and not self.found
        return JSONResponse({"chairs": [], "free": free, "running": running, "trouble": "", "found": self.found})

    async def _probe(self, body: dict[str, Any]) -> JSONResponse:
        self.probed.append(body["ports"])
        return await self._ports()

    async def _versions(self) -> Response:
        return _json(history_of(self.presets.versions()))

    async def _sign(self, body: NextPreset) -> Response:
        if self.who is None:
            return JSONResponse({"detail": "Sign in first."}, status_code=401)
        try:
            return _json(view_of(await self.presets.sign(self.who, wish_of(body))))
        except MonitorError as error:
            return JSONResponse({"detail": str(error)}, status_code=422)

    async def _sign_in(self, body: dict[str, str]) -> JSONResponse:
        self.who = next(user for user in USERS if user.name == body["name"])
        return await self._me()

    async def _sign_out(self) -> JSONResponse:
        self.who = None
        return await self._me()

    async def _alerts(self, state: str = "open", limit: int = 200) -> Response:
        found = [one for chair in self.chairs.values() for one in chair.alerts] if state == "open" else self.ended
        return _json(messages.AlertList(tuple(found[:limit])))

    async def _trend(self, chair: str, since: int, until: int | None = None) -> Response:
        return _json(past(self.chairs[chair], since, until or now(), [one for one in self.ended if one.chair == chair]))

    async def _vocabulary(self) -> Response:
        return _json(vocabulary())

    async def _criteria(self, chair: str) -> Response:
        view = self.chairs[chair]
        return _json(messages.CriteriaList(view.session.phase if view.session else Phase.NONE, criteria(view, now())))

    async def _act(self, chair: str, action: str, body: dict[str, Any]) -> JSONResponse:
        if self.who is None:
            return JSONResponse({"detail": "Sign in first."}, status_code=401)
        if self.refuse is not None:
            return JSONResponse({"detail": self.refuse}, status_code=409)
        self.acted.append((chair, action, body))
        if action == "acknowledge":
            self._acknowledge(chair, body["alert"])
        elif action in ("audio_pause", "end_audio_pause"):
            until = now() + body["seconds"] * SECOND if action == "audio_pause" else None
            self._say(chair, (AudioPauseChanged(now(), until, self.who.name),))
        elif action == "set_limit":
            self._set_limit(chair, body)
        elif not action.startswith("nibp"):
            try:
                self._step(chair, action, body)
            except MonitorError as error:
                return JSONResponse({"detail": str(error)}, status_code=409)
        return JSONResponse({"seq": self.seq[chair]})

    def _acknowledge(self, chair: str, id: str) -> None:
        at = now()
        for one in self.chairs[chair].alerts:
            if one.id == id:
                again = at + 120 * SECOND
                taken = replace(
                    one, state=AlertState.ACKNOWLEDGED, acknowledged_by=self.who, acknowledged_at=at, sounding=False
                )
                self.alert(chair, replace(taken, sounds_again_at=again, changed=at), "acknowledged")

    def _set_limit(self, chair: str, body: dict[str, Any]) -> None:
        assert self.who is not None
        limits = tuple(
            replace(limit, value=Decimal(body["value"]), changed_by=self.who.name, reason=body["reason"])
            if (limit.code, limit.priority) == (body["code"], body["priority"])
            else limit
            for limit in self.chairs[chair].limits
        )
        self._say(chair, (LimitsChanged(now(), limits),))

    def _step(self, chair: str, action: str, body: dict[str, Any]) -> None:
        """Take a step of the session, roughly as the core would: enough for the panel to follow."""
        assert self.who is not None
        at = now()
        taken = stepped(self.chairs[chair], action, body, self.who, at)
        self._say(chair, (SessionChanged(at, taken, action, self.who),))


def _json(message: Any) -> Response:
    return Response(messages.encode(message), media_type="application/json")


def past(chair: ChairView, since: Instant, until: Instant, ended: list[AlertView]) -> past_messages.Trend:
    """Return a made-up past: a slow rise of pressure, a probe that came off, a fall of SpO2 in the last two minutes."""
    began = chair.session.began_at if chair.session and chair.session.began_at else since
    falls = any(one.code == "spo2_low" for one in chair.alerts)
    offsets = range((until - since) // SECOND)
    minutes = [(since + offset * SECOND - began) / MINUTE for offset in offsets]
    left = [(until - since) / MINUTE - offset / 60 for offset in offsets]
    curves: dict[Parameter, list[int | None]] = {
        Parameter.SPO2: [_spo2(m, rest if falls else 9) for m, rest in zip(minutes, left, strict=True)],
        Parameter.HR: [
            round(76 + 10 * _rise(m) + 3 * math.sin(m) + (18 if falls and rest < 1.5 else 0))
            for m, rest in zip(minutes, left, strict=True)
        ],
        Parameter.RR: [round(14 - 2 * _rise(m) + math.sin(m * 2)) for m in minutes],
    }
    cuffs = [
        past_messages.NibpPoint(at, round(128 + 22 * _rise(m)), round(78 + 12 * _rise(m)), round(95 + 15 * _rise(m)))
        for at in range(since + 90 * SECOND, until, 5 * MINUTE)
        for m in [(at - began) / MINUTE]
    ]
    parameters: dict[Parameter, list[tuple[int, int | float | None]]] = {
        name: list(zip(offsets, values, strict=True)) for name, values in curves.items()
    }
    return past_messages.Trend(
        **{"from": since},
        until=until,
        step_s=1,
        parameters=parameters,
        nibp=cuffs,
        alerts=[*ended, *chair.alerts],
        session=chair.session,
        marks=[],
    )


def _rise(minute: float) -> float:
    return 1 - math.exp(-max(0.0, minute) / 18)


def _spo2(minute: float, left: float) -> int | None:
    if PROBE_OFF[0] < minute < PROBE_OFF[1]:
        return None
    return round(97.4 - 0.8 * _rise(minute) + 0.5 * math.sin(minute * 3) - (13 if left < 0.7 else 0))


def ended_alerts(at: Instant, chair: str = "2") -> list[AlertView]:
    """Return what ended at ``chair`` before: a probe that came off (acknowledged), a low watch of pressure."""
    start = at - round(42.17 * MINUTE)

    def one(
        code: str, priority: str, text: str, minute: float, lasted: float, acknowledged: bool = False, **more: Any
    ) -> AlertView:
        began = start + round(minute * MINUTE)
        view = alert(chair, code, priority, text, began, **more)
        taken = {"acknowledged_by": NURSE, "acknowledged_at": began + 36 * SECOND} if acknowledged else {}
        end = began + round(lasted * MINUTE)
        return replace(view, state=AlertState.ENDED, ended_at=end, changed=end, sounding=False, **taken)  # type: ignore[arg-type]

    return [
        one(
            "spo2_sensor",
            "medium",
            "SpO₂ probe off",
            17.4,
            1.5,
            True,
            kind=AlertKind.TECHNICAL,
            parameter=Parameter.SPO2,
        ),
        one("sbp_high", "low", "SBP 151 ≥ 150", 25, 5.1, parameter=Parameter.NIBP_SYS),
        one("hr_low", "low", "HR 49 < 50", 3, 1.2, parameter=Parameter.HR),
        one("sbp_high2", "high", "SBP 186 ≥ 180", 33, 2, True, parameter=Parameter.NIBP_SYS),
    ]


def clinic(numbers: str = "1,2,3,4,5,8,9,11,12", who: Actor | None = NURSE) -> FakeClinic:
    """Return the fake clinic with these of the sixteen chairs, and chair 2's past."""
    wanted = numbers.split(",")
    at = now()
    house = FakeClinic((chair for chair in sixteen(at) if chair.chair in wanted), who)
    house.ended = ended_alerts(at)
    return house


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8052)
    house = clinic()
    house.waving = True
    with running(house, options.parse_args().port) as address:
        print(address, flush=True)
        while True:
            time.sleep(1)


if __name__ == "__main__":
    main()
