"""The HTTP API: what it answers, and that every mistake gets one sentence."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from monitor.core.changes import AlertState, Phase
from monitor.storage import tables
from monitor.web.messages import ACTIONS, encode
from tests.web.house import NURSE, START, FakeHouse, alert, session, spo2
from tests.web.web import client_of, web_of


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse("1", "2")


@pytest.fixture
async def app(house: FakeHouse, tmp_path: Path) -> FastAPI:
    return web_of(house, tmp_path)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def nurse(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await client.post("/api/sign-in", json={"name": NURSE.name})
    return client


@pytest.fixture
def write(app: FastAPI) -> Any:
    engine = app.state.rooms.records._engine

    def insert(table: sa.Table, *rows: dict[str, Any]) -> None:
        with engine.begin() as connection:
            connection.execute(table.insert(), rows)

    insert(tables.chair, {"id": "1", "last_seq": 1, "last_at": START})
    return insert


async def test_the_chairs_at_a_glance(client: httpx.AsyncClient, house: FakeHouse) -> None:
    house.happen("2", session(Phase.PAUSED), alert())
    assert (await client.get("/api/chairs")).json()["chairs"][1] == {
        "id": "2",
        "name": "Chair 2",
        "index": 1,
        "demo": False,
        "phase": "paused",
        "alerts": 1,
        "priority": "high",
    }


async def test_a_chair_is_the_snapshot_of_the_websocket(client: httpx.AsyncClient, house: FakeHouse) -> None:
    house.happen("1", spo2(96))
    answer = (await client.get("/api/chairs/1")).json()
    assert (answer["type"], answer["seq"], answer["state"]["vitals"][0]["value"]) == ("snapshot", 1, 96)


async def test_health_never_says_that_all_is_well(client: httpx.AsyncClient, tmp_path: Path) -> None:
    answer = await client.get("/healthz")
    assert answer.json() == {
        "status": "alive",
        "record": "writing",
        "chairs": 2,
        "viewers": 0,
        "sounding": 0,
        "ails": [],
    }
    (tmp_path / "2").mkdir()
    async with client_of(web_of(FakeHouse("1"), tmp_path / "2", record_is_writing=lambda: False)) as other:
        assert (await other.get("/healthz")).json()["record"] == "ailing"


async def test_health_tells_of_a_broken_audit_log(client: httpx.AsyncClient, app: FastAPI, nurse: Any) -> None:
    audit = app.state.rooms.audit
    assert audit.flush()
    with audit._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit SET actor = 'Somebody else'")
    audit.check()
    (sentence,) = (await client.get("/healthz")).json()["ails"]
    assert sentence.startswith("the audit log is broken at row 1 (signed_in")


MISTAKES: list[tuple[str, Any, int, str]] = [
    ("1/pause", {"reason": ""}, 422, "reason: string should have at least 1 character"),
    ("1/pause", {}, 422, "reason: this field is missing"),
    ("1/pause", {"reason": "x", "more": 1}, 422, "more: there is no such field"),
    (
        "1/change_rate",
        {"rate_mg_h": 45},
        422,
        "rate_mg_h: input should be a valid string",
    ),
    (
        "1/change_rate",
        {"rate_mg_h": "-4"},
        422,
        'rate_mg_h: this must be a decimal number as a string, such as "0.5"',
    ),
    (
        "1/admit",
        {"initials": "A.B.", "weight_kg": "78", "order": {"kind": "guess"}},
        422,
        "order: 'guess' is not known; there are 'dose', 'rate_by_weight', 'rate', 'rate_by_volume'",
    ),
    ("1/audio_pause", {"seconds": 121}, 422, "seconds: input should be less than or equal to 120"),
    ("9/start", {}, 404, "there is no chair '9'; there are 1, 2"),
    ("1/resume", {}, 409, "the infusion is not paused"),
    ("1/dance", {}, 404, "there is no POST /api/chairs/1/dance; /api/docs lists what there is"),
]


async def test_a_mistake_gets_one_sentence(nurse: httpx.AsyncClient, house: FakeHouse) -> None:
    for path, body, status, sentence in MISTAKES:
        answer = await nurse.post(f"/api/chairs/{path}", json=body)
        assert (answer.status_code, answer.json()) == (status, {"detail": sentence})
        assert not house.acted


async def test_what_is_no_json_gets_a_sentence(nurse: httpx.AsyncClient) -> None:
    answer = await nurse.post("/api/chairs/1/pause", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith("this is no JSON")


async def test_arguments_reach_the_station_with_their_defaults(nurse: httpx.AsyncClient, house: FakeHouse) -> None:
    await nurse.post("/api/chairs/1/audio_pause")
    await nurse.post("/api/chairs/1/nibp_interval", json={"minutes": None})
    await nurse.post("/api/chairs/2/change_rate", json={"rate_mg_h": "45.5"})
    assert [(chair, action, arguments) for chair, _, action, arguments in house.acted] == [
        ("1", "audio_pause", {"seconds": 120}),
        ("1", "nibp_interval", {"minutes": None}),
        ("2", "change_rate", {"rate_mg_h": "45.5", "reason": ""}),
    ]


UNKNOWN: list[str] = ["/api/nothing", "/api/chairs/1/nothing/more", "/api/", "/api/docs/secret"]


async def test_an_unknown_path_under_api_is_no_page(client: httpx.AsyncClient) -> None:
    for path in UNKNOWN:
        answer = await client.get(path)
        assert answer.status_code == 404
        assert answer.json()["detail"].startswith(f"there is no GET {path}")


async def test_our_own_fault_is_told_without_its_insides(app: FastAPI, client: httpx.AsyncClient) -> None:
    app.state.rooms.house.views.clear()
    answer = await client.get("/api/chairs")
    assert (answer.status_code, answer.json()) == (
        500,
        {"detail": "the server failed at this request; its log tells more"},
    )


async def test_every_action_is_documented(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/api/openapi.json")).json()["paths"]
    for action in ACTIONS:
        route = paths[f"/api/chairs/{{chair}}/{action}"]["post"]
        assert route["summary"]
        assert set(route["responses"]) == {"200", "401", "403", "404", "409", "422"}
    assert all(route.get("summary") for methods in paths.values() for route in methods.values())


async def test_the_documentation_takes_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    for path in ("/api/docs", "/api/docs/docs.js", "/api/docs/docs.css"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "://" not in answer.text
    assert (await client.get("/api/asyncapi.json")).json()["asyncapi"] == "3.0.0"


async def test_who_and_what_there_is(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/users")).json()["users"][0] == {"name": "L. Moreno", "role": "nurse"}
    assert (await client.get("/api/version")).json() == {"version": "0.1.0", "protocol": 1}
    assert {"name", "title", "line"} <= set((await client.get("/api/drivers")).json()["drivers"][0])


# What was


def reading(at_s: float, spot: bool = False, **vitals: float | None) -> dict[str, Any]:
    return {
        "chair": "1",
        "at": START + round(at_s * 1e6),
        "device": "oximeter",
        "spot": spot,
        "vitals": orjson.dumps(vitals),
    }


async def test_the_trend_has_the_newest_value_of_each_second(
    client: httpx.AsyncClient, house: FakeHouse, write: Any
) -> None:
    write(
        tables.reading,
        reading(-1, spo2=99),
        reading(0, spo2=96, pr=70),
        reading(0.3, spo2=97),
        reading(2.9, spo2=None),
        reading(3, True, nibp_sys=140, nibp_dia=80, nibp_mean=100),
        reading(4, True, nibp_sys=None, nibp_dia=None, nibp_mean=None),
        reading(10, spo2=95),
    )
    answer = (await client.get(f"/api/chairs/1/trend?since={START}&until={START + 10_000_000}")).json()
    assert answer["from"] == START
    assert answer["parameters"] == {"pr": [[0, 70]], "spo2": [[0, 97], [2, None]]}
    assert answer["nibp"] == [{"at": START + 3_000_000, "systolic": 140, "diastolic": 80, "mean": 100}]
    bare = (await client.get(f"/api/chairs/1/trend?since={START}&until={START + 10_000_000}&curves=false")).json()
    assert bare == answer | {"parameters": {}}


async def test_the_trend_begins_with_the_session(client: httpx.AsyncClient, house: FakeHouse, write: Any) -> None:
    began = session(Phase.INFUSING, START + 5)
    house.happen("1", began)
    view = began.session
    assert view
    write(
        tables.session,
        {
            "id": view.id,
            "chair": "1",
            "phase": "infusing",
            "admitted_at": view.admitted_at,
            "first_seq": 1,
            "last_seq": 2,
            "view": encode(view),
        },
    )
    step = {"chair": "1", "seq": 1, "n": 0, "at": START + 6, "session": view.id, "step": "started"}
    write(tables.session_step, {**step, "rate_mg_h": "58.5", "actor_name": NURSE.name, "actor_role": "nurse"})
    write(tables.session_step, {**step, "seq": 2, "at": START + 7, "step": "paused"})
    write(tables.alert, *(stored(one) for one in (alert(began=START - 99), alert(began=START + 8))))
    answer = (await client.get("/api/chairs/1/trend")).json()
    assert (answer["from"], answer["until"]) == (START + 5, house.at)
    assert answer["session"] == orjson.loads(encode(view))
    assert answer["marks"] == [
        {"at": START + 6, "step": "started", "rate_mg_h": "58.5", "actor": {"name": "L. Moreno", "role": "nurse"}},
        {"at": START + 7, "step": "paused", "rate_mg_h": None, "actor": None},
    ]
    assert len(answer["alerts"]) == 2
    sessions = (await client.get("/api/sessions")).json()["sessions"]
    assert sessions == [(await client.get(f"/api/sessions/{view.id}")).json()]
    assert sessions[0]["chair"] == "1"


def stored(change: Any) -> dict[str, Any]:
    view = change.alert
    return {
        "id": view.id,
        "chair": "1",
        "code": view.code,
        "priority": view.priority.value,
        "state": view.state.value,
        "began": view.began,
        "ended_at": view.ended_at,
        "view": encode(view),
    }


async def test_alerts_open_come_from_the_chairs_and_ended_ones_from_the_record(
    client: httpx.AsyncClient, house: FakeHouse, write: Any
) -> None:
    house.happen("1", alert(code="hr_high"))
    write(tables.alert, *(stored(alert(AlertState.ENDED, began=START - n)) for n in range(3)))
    opened = (await client.get("/api/alerts")).json()["alerts"]
    ended = (await client.get("/api/alerts?state=ended&limit=2")).json()["alerts"]
    assert [one["code"] for one in opened] == ["hr_high"]
    assert [one["began"] for one in ended] == [START, START - 1]


SENSELESS: list[tuple[str, int, str]] = [
    ("/api/chairs/9/trend", 404, "there is no chair '9'; there are 1, 2"),
    ("/api/chairs/1/trend?since=9&until=5", 422, "until (5) must be later than since (9)"),
    ("/api/chairs/1/trend?since=0", 422, "a trend holds at most 12 h: ask for a shorter span"),
    (
        "/api/chairs/1/trend?since=x",
        422,
        "since: input should be a valid integer, unable to parse string as an integer",
    ),
    ("/api/alerts?state=all", 422, "state: input should be 'open' or 'ended'"),
    ("/api/alerts?limit=0", 422, "limit: input should be greater than or equal to 1"),
    ("/api/sessions/none", 404, "there is no session 'none' on record"),
]


async def test_a_question_that_makes_no_sense_gets_one_sentence(client: httpx.AsyncClient) -> None:
    for path, status, sentence in SENSELESS:
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (status, {"detail": sentence})
