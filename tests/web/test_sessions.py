"""What the review asks of the server: lists, thinned trends, curves of a moment that has passed, who did what, limits as they were."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from drivers.base.observations import Observation, WaveformChunk
from drivers.base.vocabulary import Priority, Unit, WaveformName
from monitor.core.changes import AlertKind, AlertState, AlertView, Phase
from monitor.core.entries import Body, ChairConfig, Configured, DeviceConfig, Entry, Observed, PortOpened
from monitor.storage import tables
from monitor.storage.blocks import BlockBuilder, to_json
from monitor.storage.queries import thinned
from monitor.web.messages import encode
from tests.web.house import NURSE, PHYSICIAN, START, FakeHouse, session
from tests.web.web import client_of, web_of

S = 1_000_000
CONFIG = ChairConfig(
    "1", "Chair 1", (DeviceConfig("oximeter", "nonin", "/dev/x", serial_number="7"),), {"hr_high.medium": Decimal(125)}
)
CLOSED = f"1:{START}"


def chunk(at_s: float, first: int, *samples: int, run: int = 1) -> WaveformChunk:
    return WaveformChunk(WaveformName.PLETH, START + round(at_s * S), 10.0, run, first, samples, unit=Unit.ONE)


def said(at_s: float, *observations: Observation) -> tuple[float, Body]:
    return at_s, Observed("oximeter", observations)


JOURNAL: list[tuple[float, Body]] = [
    (-2.0, Configured(CONFIG, "0.1.0")),
    (-0.5, PortOpened("oximeter", simulated=True)),
    *(said(n, chunk(n, 10 * n, *range(10 * n, 10 * n + 10))) for n in range(20)),
    *(said(n, chunk(n, 10 * n, *range(10 * n, 10 * n + 10))) for n in range(23, 40)),
    said(40, chunk(40, 0, *range(5), run=2)),
]


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    app = web_of(FakeHouse("1", "2"), tmp_path)
    store(app, tables.chair, {"id": "1", "last_seq": 1, "last_at": START}, {"id": "2", "last_seq": 1, "last_at": START})
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


def store(app: FastAPI, table: Any, *rows: dict[str, Any]) -> None:
    with app.state.rooms.records._engine.begin() as connection:
        connection.execute(table.insert(), list(rows))


def keep_session(app: FastAPI, chair: str, phase: Phase, at: int, closed_at: int | None = None) -> None:
    view = session(phase, at).session
    assert view
    told = encode(view).replace(b'"closed_at":null', f'"closed_at":{closed_at}'.encode()) if closed_at else encode(view)
    told = told.replace(f"1:{at}".encode(), f"{chair}:{at}".encode())
    row = {
        "id": f"{chair}:{at}",
        "chair": chair,
        "phase": phase,
        "admitted_at": at,
        "closed_at": closed_at,
        "first_seq": 1,
        "last_seq": 9,
        "view": told,
    }
    store(app, tables.session, row)


def keep_journal(app: FastAPI, per_block: int = 3) -> None:
    builder = BlockBuilder("1")
    for seq, (at_s, body) in enumerate(JOURNAL, 1):
        builder.add(Entry("1", seq, START + round(at_s * S), body))
        if seq % per_block and seq != len(JOURNAL):
            continue
        block = builder.take()
        assert block
        store(app, tables.block, {
            "chair": "1", "first_seq": block.first_seq, "last_seq": block.last_seq,
            "first_at": block.first_at, "last_at": block.last_at, "data": block.stored(),
        })  # fmt: skip
    store(app, tables.beginning, {
        "chair": "1", "seq": 1, "at": START - 2 * S, "kind": "configured", "software": "0.1.0", "config": to_json(CONFIG),
    })  # fmt: skip


def alert(code: str, began: int, ended_at: int | None, priority: Priority = Priority.MEDIUM) -> dict[str, Any]:
    state = AlertState.ENDED if ended_at else AlertState.ACTIVE
    view = AlertView(
        f"1:{code}:{began}",
        "1",
        "R9",
        code.partition(".")[0],
        AlertKind.TECHNICAL,
        priority,
        state,
        "x",
        began,
        began,
        ended_at=ended_at,
    )
    common = {
        "chair": "1",
        "code": view.code,
        "priority": priority,
        "state": state,
        "began": began,
        "ended_at": ended_at,
    }
    return {"id": view.id, "view": encode(view)} | common


async def waves(client: httpx.AsyncClient, since_s: float, until_s: float) -> Any:
    answer = await client.get(
        f"/api/sessions/{CLOSED}/waves?since={START + round(since_s * S)}&until={START + round(until_s * S)}"
    )
    assert answer.status_code == 200
    return answer.json()["waves"]


async def test_the_curves_of_any_moment_with_their_gaps(client: httpx.AsyncClient, app: FastAPI) -> None:
    keep_session(app, "1", Phase.CLOSED, START, START + 60 * S)
    keep_journal(app)
    (pleth,) = await waves(client, 18.5, 24)
    assert (pleth["name"], pleth["device"], pleth["rate_hz"], pleth["scale"]) == ("pleth", "oximeter", 10.0, None)
    assert pleth["pieces"] == [
        {"at": START + 18_500_000, "samples": list(range(185, 200))},
        {"at": START + 23 * S, "samples": list(range(230, 240))},
    ]
    (pleth,) = await waves(client, 39.8, 50)
    assert [piece["samples"] for piece in pleth["pieces"]] == [[398, 399], [0, 1, 2, 3, 4]]
    (pleth,) = await waves(client, 0, 1)  # the record begins two seconds before
    assert pleth["pieces"] == [{"at": START, "samples": list(range(10))}]
    assert await waves(client, 50, 55) == []
    assert await waves(client, -9, 0) == []


async def test_what_a_refused_unit_said_is_not_shown(client: httpx.AsyncClient, app: FastAPI) -> None:
    keep_session(app, "1", Phase.CLOSED, START, START + 60 * S)
    keep_journal(app)
    store(
        app,
        tables.alert,
        alert("wrong_unit.oximeter", START + 12 * S, START + 15 * S),
        alert("wrong_unit.other", START, None),
    )
    (pleth,) = await waves(client, 10, 17)
    assert [(piece["at"] - START) / S for piece in pleth["pieces"]] == [10, 15]
    assert [len(piece["samples"]) for piece in pleth["pieces"]] == [20, 20]


async def test_sessions_in_lines_page_by_page(client: httpx.AsyncClient, app: FastAPI) -> None:
    keep_session(app, "1", Phase.CLOSED, START, START + 60 * S)
    keep_session(app, "2", Phase.CLOSED, START + 5 * S, START + 90 * S)
    keep_session(app, "1", Phase.INFUSING, START + 100 * S)
    store(app, tables.alert, *(alert(f"hr_high.{n}", START + n * S, START + 59 * S, Priority.HIGH) for n in (1, 2, 99)))
    first = (await client.get("/api/session-list?limit=2")).json()
    assert [one["id"] for one in first["sessions"]] == [f"1:{START + 100 * S}", f"2:{START + 5 * S}"]
    rest = (await client.get(f"/api/session-list?limit=2&before={first['older']}")).json()
    assert [(one["id"], one["alerts"], one["closed_at"]) for one in rest["sessions"]] == [
        (CLOSED, {"high": 2}, START + 60 * S)
    ]
    assert rest["older"] is None
    assert rest["sessions"][0]["patient"]["initials"] == "A.B."
    of_chair = (await client.get(f"/api/session-list?chair=1&since={START + 1}")).json()["sessions"]
    assert [one["phase"] for one in of_chair] == ["infusing"]


async def test_who_did_what_and_the_limits_as_they_were(client: httpx.AsyncClient, app: FastAPI) -> None:
    keep_session(app, "1", Phase.CLOSED, START, START + 60 * S)
    keep_journal(app)
    deeds: list[tuple[float, Any, str, dict[str, Any]]] = [
        (-1, NURSE, "audio_pause", {"seconds": 60}),
        (0, NURSE, "admit", {"initials": "A.B."}),
        (20, PHYSICIAN, "set_limit", {"code": "sbp_high", "priority": "medium", "value": "170", "reason": "own baseline"}),
        (30, NURSE, "set_limit", {"code": "gone", "priority": "medium", "value": "1", "reason": "x"}),
        (60, NURSE, "close", {"handover": "well"}),
        (70, NURSE, "nibp_start", {}),
    ]  # fmt: skip
    for seq, (at_s, who, action, given) in enumerate(deeds):
        row = {"chair": "1", "seq": seq, "at": START + at_s * S, "actor_name": who.name, "actor_role": who.role}
        store(app, tables.deed, row | {"action": action, "arguments": to_json(given)})
    answer = (await client.get(f"/api/sessions/{CLOSED}/deeds")).json()
    assert [(one["action"], one["by"]["name"]) for one in answer["deeds"]] == [
        ("admit", NURSE.name), ("set_limit", PHYSICIAN.name), ("set_limit", NURSE.name), ("close", NURSE.name),
    ]  # fmt: skip
    assert answer["demo"] is True
    assert answer["deeds"][0]["arguments"] == {}
    assert answer["deeds"][3]["arguments"] == {"handover": "well"}
    steps = [
        ((one["at"] - START) // S, one["limit"]["value"], one["limit"]["changed_by"])
        for one in answer["limits"]
        if (one["limit"]["code"], one["limit"]["priority"]) == ("sbp_high", "medium")
    ]
    assert steps == [(0, "160", None), (20, "170", PHYSICIAN.name)]
    assert ("hr_high", "125") in [(one["limit"]["code"], one["limit"]["value"]) for one in answer["limits"]]


async def test_a_trend_is_thinned_and_keeps_its_spikes(client: httpx.AsyncClient, app: FastAPI) -> None:
    keep_session(app, "1", Phase.CLOSED, START, START + 2000 * S)
    rows = [
        {
            "chair": "1",
            "at": START + n * S,
            "device": "oximeter",
            "spot": False,
            "vitals": to_json({"spo2": 71 if n == 777 else 97}),
        }
        for n in range(2000)
    ]
    store(app, tables.reading, *rows)
    path = f"/api/sessions/{CLOSED}/trend"
    whole = (await client.get(path)).json()
    assert (whole["step_s"], len(whole["parameters"]["spo2"]), whole["session"]["id"]) == (1, 2000, CLOSED)
    thin = (await client.get(f"{path}?columns=100")).json()
    assert thin["step_s"] == 21
    assert len(thin["parameters"]["spo2"]) < 400
    assert [777, 71] in thin["parameters"]["spo2"]
    part = (await client.get(f"{path}?since={START + 770 * S}&until={START + 780 * S}&columns=100")).json()
    assert [value for _, value in part["parameters"]["spo2"]] == [97] * 7 + [71] + [97] * 2


def test_what_ceased_stays_a_gap_when_thinned() -> None:
    told: dict[int, Any] = {n: 97 for n in range(100) if not 31 < n < 52}
    thin = thinned(told, 20)
    assert (32, None) in thin
    assert thinned({0: 97, 1: None, 2: 96, 3: 95, 4: 95}, 20) == [(0, 97), (1, None), (3, 95), (4, 95)]


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/api/sessions/none/waves?since=1&until=2", 404, "there is no session 'none' on record"),
        (f"/api/sessions/{CLOSED}/waves?since=5&until=5", 422, "curves are given for at most 60 s"),
        (f"/api/sessions/{CLOSED}/waves?since=0&until=60000001", 422, "curves are given for at most 60 s"),
        (f"/api/sessions/{CLOSED}/trend?until=5", 422, "nothing of this session lies in that span"),
        ("/api/sessions/none/deeds", 404, "there is no session 'none' on record"),
    ],
)  # fmt: skip
async def test_what_cannot_be_had_is_told(
    client: httpx.AsyncClient, app: FastAPI, path: str, status: int, sentence: str
) -> None:
    keep_session(app, "1", Phase.CLOSED, START, START + 60 * S)
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(sentence)


async def test_alerts_of_one_day(client: httpx.AsyncClient, app: FastAPI) -> None:
    store(app, tables.alert, *(alert(f"hr_high.{n}", START + n * S, START + 99 * S) for n in range(5)))
    answer = await client.get(f"/api/alerts?state=ended&since={START + S}&until={START + 3 * S}")
    assert [(one["began"] - START) // S for one in answer.json()["alerts"]] == [2, 1]


# The last visit of a patient


def keep_visit(app: FastAPI, patient_id: str, at: int, weight: str, began: bool = True) -> None:
    view = session(Phase.CLOSED, at).session
    assert view
    view = replace(
        view,
        patient=replace(view.patient, id=patient_id),
        weight_kg=Decimal(weight),
        began_at=at if began else None,
    )
    store(app, tables.session, {
        "id": view.id, "chair": "1", "phase": view.phase, "admitted_at": at, "closed_at": at + S, "first_seq": 1, "last_seq": 9,
        "view": encode(view),
    })  # fmt: skip


async def test_the_last_visit_is_the_newest_infusion_of_that_id(client: httpx.AsyncClient, app: FastAPI) -> None:
    keep_visit(app, "20417", START - 9 * S, "70")
    keep_visit(app, "20417", START - 8 * S, "71.5")
    keep_visit(app, "20417", START - 7 * S, "90", began=False)
    keep_visit(app, "20418", START - 6 * S, "55")
    found = (await client.get("/api/last-visit", params={"patient_id": " 20417 "})).json()
    assert found == {"at": START - 8 * S, "weight_kg": "71.5"}
    nobody = (await client.get("/api/last-visit", params={"patient_id": "7"})).json()
    assert nobody == {"at": None, "weight_kg": None}


async def test_who_is_admitted_again_is_compared_with_the_record_not_with_what_a_client_says(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    keep_visit(app, "20417", START - 8 * S, "71.5")
    await client.post("/api/sign-in", json={"name": NURSE.name})
    admission = {"initials": "A", "weight_kg": "90", "order": {"kind": "rate", "rate_mg_h": "60", "duration_min": 90}}
    for patient_id, last in (("20417", "71.5"), ("7", None), (" ", None), (None, None)):
        answer = await client.post("/api/chairs/1/admit", json=admission | {"patient_id": patient_id})
        assert answer.status_code == 200, answer.text
        assert app.state.rooms.house.acted[-1][3]["last_weight_kg"] == last
    assert (await client.post("/api/chairs/1/admit", json=admission | {"last_weight_kg": "90"})).status_code == 422
