"""The hub on the real station and bedsides: what a client holds is what a fresh snapshot says, whatever happened."""

import asyncio
from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.websockets import WebSocket

from dashboard.cli.watch import Chair, Follower
from drivers.base.observations import Numeric, Observation, Reading
from drivers.base.registry import all_drivers
from drivers.base.vocabulary import Parameter
from monitor.clock import ManualClock
from monitor.core.entries import ChairConfig, DeviceConfig, Observed, PortLost, PortOpened
from monitor.errors import MonitorError
from monitor.station import Station
from monitor.web.hub import Hub
from monitor.web.messages import encode
from monitor.web.socket import endpoint
from tests.web.house import CLINIC, NURSE
from tests.web.line import HELLO, Line, settle

CHAIR = ChairConfig(
    "1",
    "Chair 1",
    (DeviceConfig("oximeter", "nonin", "a"), DeviceConfig("nibp", "suntech", "b")),
)
ORDER = {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40}
ADMIT = {"initials": "A.B.", "birth_year": 1980, "patient_id": None, "weight_kg": "78", "order": ORDER}
ACTIONS: list[tuple[str, dict[str, Any]]] = [
    ("admit", {**ADMIT, "concentration_mg_ml": None}),
    ("start", {}),
    ("pause", {"reason": "nausea"}),
    ("resume", {}),
    ("change_rate", {"rate_mg_h": "45", "reason": ""}),
    ("stop", {"reason": ""}),
    ("close", {}),
    ("audio_pause", {"seconds": 60}),
    ("end_audio_pause", {}),
    ("set_limit", {"code": "spo2_low", "priority": "high", "value": "80", "reason": "asked for"}),
    ("lock_baseline", {"systolic": 120, "diastolic": 80, "mean": None, "spo2": 98, "hr": 70, "reason": "as before"}),
    ("chart", {"kind": "moaas", "level": 4, "term": "", "severity": ""}),
    ("nibp_start", {"device": None}),
    ("nibp_interval", {"minutes": 3}),
    ("acknowledge", {}),
]

step = st.one_of(
    st.tuples(st.just("act"), st.sampled_from(ACTIONS)),
    st.tuples(st.just("spo2"), st.sampled_from([97, 88, 80, None])),
    st.tuples(st.just("nibp"), st.sampled_from([120, 170, 210, None])),
    st.tuples(st.just("wait"), st.sampled_from([1, 4, 11, 40, 200])),
    st.tuples(st.just("port"), st.sampled_from(["oximeter", None])),
)

BEGINNING: list[tuple[str, Any]] = [
    ("act", ACTIONS[0]),
    ("port", "oximeter"),
    ("port", "nibp"),
    ("spo2", 97),
    ("act", ACTIONS[1]),
]
"""Left to chance alone, few sessions would begin."""


class Room:
    """One chair with its real bedside, a client at it, and somebody who does all sorts of things."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.station = Station(self.clock, [CHAIR], all_drivers(), "0.1.0")
        self.hub = Hub(self.station, self.clock.now, CLINIC)
        self.station.subscribe(self.hub.take)
        self.station.start(_Record(), {"1": None})

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        await endpoint(self.hub)(WebSocket(scope, receive, send))

    async def do(self, what: str, how: Any) -> None:
        match what:
            case "act":
                await self._act(*how)
            case "spo2":
                self._observe("oximeter", {Parameter.SPO2: how, Parameter.PR: how and 70}, spot=False)
            case "nibp":
                self._observe("nibp", {Parameter.NIBP_SYS: how, Parameter.NIBP_DIA: how and 80}, spot=True)
            case "wait":
                await self.clock.advance(how)
            case "port":
                self.station.submit("1", PortLost("oximeter", "unplugged") if how is None else PortOpened(how))

    async def _act(self, action: str, arguments: dict[str, Any]) -> None:
        alerts = self.station.view("1")[1].alerts
        if action == "acknowledge":
            arguments = {"alert": alerts[0].id if alerts else "none"}
        with suppress(MonitorError):  # what is refused changes nothing, which is to be seen too
            await self.station.act("1", NURSE, action, arguments)

    def _observe(self, device: str, values: dict[Parameter, Any], spot: bool) -> None:
        numerics = tuple(Numeric(name, value) for name, value in values.items())
        reading: Observation = Reading(self.clock.now(), numerics, spot)
        self.station.submit("1", Observed(device, (reading,)))


class _Record:
    def follow(self, chair: str, checkpoint: bytes | None) -> None: ...
    def take(self, entry: Any, changes: Any, checkpoint: Any) -> None: ...
    async def committed(self, chair: str, seq: int) -> None: ...


@given(st.lists(step, min_size=5, max_size=30), st.integers(0, 9))
@settings(deadline=None, max_examples=40)
def test_a_client_holds_what_a_fresh_snapshot_says(steps: list[tuple[str, Any]], comes_at: int) -> None:
    held, fresh = asyncio.run(_both(BEGINNING + steps, comes_at))
    assert held == fresh


async def _both(steps: list[tuple[str, Any]], comes_at: int) -> tuple[Any, Any]:
    room = Room()
    follower = Follower()
    beating = asyncio.create_task(room.station.run())
    async with Line(room.asgi) as line:
        for number, (what, how) in enumerate(steps):
            if number == comes_at:
                await line.say(HELLO)
            await room.do(what, how)
        await settle()
        beating.cancel()
        for message in line.received:
            follower.take(message, 0.0)
    fresh = Chair(orjson.loads(encode(room.hub.snapshot("1"))))
    return _lasting(follower.chairs["1"].state), _lasting(fresh.state)


def _lasting(state: Any) -> Any:
    """What a client holds, without what is computed at the moment of a snapshot and what counts bytes."""
    session = {name: one for name, one in (state["session"] or {}).items() if name not in _AS_OF}
    lists = {name: sorted(state[name], key=lambda one: one[key]) for name, key in _KEYS.items()}
    devices = [{name: one for name, one in device.items() if name != "last_byte_at"} for device in lists["devices"]]
    return {**state, **lists, "devices": devices, "session": session, "at": 0}


_AS_OF = ("as_of", "infused_us", "dose_mg", "dose_mg_kg")
_KEYS = {"vitals": "parameter", "devices": "id", "alerts": "id", "commands": "id"}
