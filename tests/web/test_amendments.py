"""What is added to a closed session: by whom and when, beside the journal, never over it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from monitor.core.changes import Phase
from monitor.storage import tables
from monitor.web.messages import encode
from tests.web.house import NURSE, OBSERVER, PHYSICIAN, START, FakeHouse, session
from tests.web.web import client_of, web_of

CLOSED, RUNNING = f"1:{START}", f"1:{START + 1}"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    app = web_of(FakeHouse("1"), tmp_path)
    with app.state.rooms.records._engine.begin() as connection:
        connection.execute(tables.chair.insert(), {"id": "1", "last_seq": 1, "last_at": START})
        for phase, at in ((Phase.CLOSED, START), (Phase.RECOVERY, START + 1)):
            view = session(phase, at).session
            row = {"id": f"1:{at}", "chair": "1", "phase": phase, "admitted_at": at, "closed_at": None}
            connection.execute(tables.session.insert(), row | {"first_seq": 1, "last_seq": 9, "view": encode(view)})
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def amend(client: httpx.AsyncClient, who: str, id_: str = CLOSED, **body: Any) -> httpx.Response:
    await client.post("/api/sign-in", json={"name": who})
    return await client.post(f"/api/sessions/{id_}/amendments", json=body)


async def test_additions_stand_beside_the_session_with_author_and_time(client: httpx.AsyncClient, app: FastAPI) -> None:
    before = (await client.get(f"/api/sessions/{CLOSED}")).json()
    assert before["amendments"] == []
    await amend(client, NURSE.name, text="The escort came at 15:10.")
    answer = await amend(client, PHYSICIAN.name, text="The weight was 81 kg.", kind="correction")
    assert answer.status_code == 200
    shown = (await client.get(f"/api/sessions/{CLOSED}")).json()
    assert answer.json() == shown
    assert shown.pop("amendments") == [
        {"at": START, "by": {"name": "L. Moreno", "role": "nurse"}, "kind": "addition", "text": "The escort came at 15:10."},
        {"at": START, "by": {"name": "Dr. Haas", "role": "physician"}, "kind": "correction", "text": "The weight was 81 kg."},
    ]  # fmt: skip
    del before["amendments"]
    assert shown == before
    assert app.state.rooms.audit.check().broken == ""
    assert (await client.get(f"/api/sessions/{RUNNING}")).json()["amendments"] == []


@pytest.mark.parametrize(
    ("who", "id_", "body", "status", "said"),
    [
        (OBSERVER.name, CLOSED, {"text": "x"}, 403, "O. Brandt is signed in as observer"),
        (NURSE.name, RUNNING, {"text": "x"}, 409, f"session '{RUNNING}' is not closed"),
        (NURSE.name, "none", {"text": "x"}, 404, "there is no session 'none' on record"),
        (NURSE.name, CLOSED, {"text": ""}, 422, "text: "),
        (NURSE.name, CLOSED, {"text": "x", "kind": "deletion"}, 422, "kind: "),
    ],
)
async def test_what_may_not_be_added(
    client: httpx.AsyncClient, app: FastAPI, who: str, id_: str, body: dict[str, Any], status: int, said: str
) -> None:
    answer = await amend(client, who, id_, **body)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(said)
    assert app.state.rooms.audit.rows("amendment") == []


async def test_nobody_adds_without_signing_in(client: httpx.AsyncClient) -> None:
    assert (await client.post(f"/api/sessions/{CLOSED}/amendments", json={"text": "x"})).status_code == 401


async def test_what_cannot_be_written_is_refused_and_not_there(client: httpx.AsyncClient, app: FastAPI) -> None:
    with app.state.rooms.audit._engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    answer = await amend(client, NURSE.name, text="x")
    assert answer.status_code == 400
    assert answer.json() == {"detail": "nothing was changed: the record cannot be written (disk is full)"}
    assert (await client.get(f"/api/sessions/{CLOSED}")).json()["amendments"] == []
