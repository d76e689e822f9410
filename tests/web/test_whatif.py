"""Trying other limits over HTTP: who may, what is refused, what the process is given, and what is told of it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.errors import ActionNotAllowed
from monitor.whatif import work
from tests.shells.making import DRIVERS
from tests.storage.test_whatif import a_dip
from tests.web.house import NURSE, OBSERVER, FakeHouse
from tests.web.web import client_of, web_of


class FakeWorker:
    """Stands for the process; what it is given is kept, and what it tells is said by the test."""

    def __init__(self, *_: object) -> None:
        self.lines: list[dict[str, Any]] = []
        self.trouble = ""
        self.running = False
        self.given: list[Any] = []

    async def start(self, *arguments: str, given: bytes = b"") -> None:
        if self.running:
            raise ActionNotAllowed("a trial is being worked out: wait for it, or end it")
        self.given.append(json.loads(given))
        self.running, self.lines = True, []

    async def cancel(self, why: str = "") -> None:
        self.running, self.trouble = False, why


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> FakeWorker:
    worker = FakeWorker()
    monkeypatch.setattr("monitor.web.whatif.Worker", lambda *_: worker)
    return worker


@pytest.fixture
async def client(worker: FakeWorker, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(web_of(FakeHouse("1"), tmp_path, data_dir=tmp_path)) as client:
        yield client


TRIAL: dict[str, Any] = {
    "sessions": ["1:17", "1:18"],
    "limits": {"spo2_low.medium": "88"},
    "delays": {"spo2_low.medium": 20},
    "settings": {"nibp_failed.times": "3"},
}


async def test_a_trial_is_begun_followed_and_ended(
    client: httpx.AsyncClient, worker: FakeWorker, tmp_path: Path
) -> None:
    assert (await client.get("/api/what-if")).json()["of"] == 0
    await client.post("/api/sign-in", json={"name": NURSE.name})
    begun = (await client.post("/api/what-if", json=TRIAL)).json()
    assert (begun["running"], begun["of"], begun["limits"]) == (True, 2, {"spo2_low.medium": "88"})
    assert begun["settings"] == {"nibp_failed.times": "3"}
    assert "nothing of what people would have done" in begun["caution"]
    assert worker.given == [{"data_dir": str(tmp_path), **TRIAL}]
    worker.lines = [{"begins": "1:17"}, {"session": "1:17", "error": "gone"}, {"begins": "1:18"}, {"share": 0.25}]
    told = (await client.get("/api/what-if")).json()
    assert (told["now"], told["share"], told["results"]) == ("1:18", 0.25, [{"session": "1:17", "error": "gone"}])
    assert (told["number"], told["done"]) == (1, 1)
    assert (await client.get("/api/what-if?seen=1")).json()["results"] == []  # only what is new is told again
    assert (await client.post("/api/what-if", json=TRIAL)).status_code == 409
    ended = (await client.post("/api/what-if/end")).json()
    assert (ended["running"], ended["now"]) == (False, "")
    assert ended["trouble"] == "L. Moreno ended it before all sessions were worked out"


NOT_TRIED: list[tuple[Any, str]] = [
    ({"limits": {"spo2_low.medium": "70"}}, "spo2_low must be a whole number from 80 to 98"),
    ({"delays": {"spo2_low.medium": 121}}, "'spo2_low.medium' (delay) must be 0 to 120"),
    ({"settings": {"nibp_failed.times": "9"}}, "'nibp_failed.times' must be a whole number from 2 to 3, not 9"),
    ({"sessions": []}, "sessions: "),
    ({"sessions": ["s"] * 21}, "sessions: "),
]


async def test_what_cannot_be_tried_is_told(client: httpx.AsyncClient, worker: FakeWorker) -> None:
    for trial, said in NOT_TRIED:
        await client.post("/api/sign-in", json={"name": NURSE.name})
        answer = await client.post("/api/what-if", json=TRIAL | trial)
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(said)
        assert worker.given == []


async def test_who_only_looks_begins_nothing(client: httpx.AsyncClient, worker: FakeWorker) -> None:
    assert (await client.post("/api/what-if", json=TRIAL)).status_code == 401
    await client.post("/api/sign-in", json={"name": OBSERVER.name})
    assert (await client.post("/api/what-if", json=TRIAL)).status_code == 403
    assert worker.given == []


async def test_the_process_tells_counts_and_rows_of_each_session(tmp_path: Path) -> None:
    session = await a_dip(tmp_path)
    asked = {"data_dir": str(tmp_path), "sessions": [session, "9:9"], "limits": {"spo2_low.medium": "87"}, "delays": {}}
    begins, told, _, missing = work(asked, DRIVERS)
    assert begins == {"begins": session}
    assert json.loads(json.dumps(told)) == told
    assert told["recorded"]["medium"]["alerts"] - told["changed"]["medium"]["alerts"] == 1
    assert told["recorded"]["medium"]["sounds"] > told["changed"]["medium"]["sounds"]
    [(before, after)] = [row for row in told["rows"] if row[0] and row[0]["code"] == "spo2_low"]
    assert (before["text"], after["text"]) == ("SpO₂ 88 < 90", "SpO₂ 88 ≤ 93")
    assert before["began_s"] < after["began_s"] < 60
    assert "there is no session '9:9'" in missing["error"]
    [no_record] = work(asked | {"data_dir": str(tmp_path / "none")}, DRIVERS)
    assert "there is no record" in no_record["error"]
