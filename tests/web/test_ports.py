"""Ports over HTTP: whose they are, and that a probe never touches one of a chair, whatever it is called and whenever it comes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from monitor.core.entries import ChairConfig, DeviceConfig
from monitor.errors import ActionNotAllowed
from monitor.ports import ListedPort
from tests.web.house import NURSE, OBSERVER, FakeHouse
from tests.web.web import client_of, web_of


class FakeProbe:
    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.trouble = ""
        self.running = False
        self.asked: list[tuple[str, ...]] = []
        self.cancelled = asyncio.Event()

    async def start(self, *arguments: str) -> None:
        if self.running:
            raise ActionNotAllowed("ports are being looked at: wait until that is done")
        self.asked.append(arguments)
        self.running = True

    async def cancel(self, why: str = "") -> None:
        self.running, self.trouble = False, why
        self.cancelled.set()


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> FakeProbe:
    probe = FakeProbe()
    monkeypatch.setattr("monitor.web.ports.Worker", lambda *_: probe)
    monkeypatch.setattr("monitor.web.ports.WATCH_S", 0.001)
    return probe


@pytest.fixture
async def client(probe: FakeProbe, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Adapters A and B; chair 1 has the one that "by-id" leads to: A, whose name of today is ttyUSB0."""
    for name in ("ttyUSB0", "ttyUSB1"):
        (tmp_path / name).touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
    house = FakeHouse("1")
    device = DeviceConfig("oximeter", "nonin", str(tmp_path / "by-id"), serial_number="17")
    house.chairs = {"1": SimpleNamespace(config=ChairConfig("1", "Chair 1", (device,)))}
    listed = [ListedPort(str(tmp_path / name), str(tmp_path / name), "Adapter") for name in ("ttyUSB0", "ttyUSB1")]
    defaults = ("monitor.web.ports.router.__defaults__", (None, lambda: listed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*defaults)
        app = web_of(house, tmp_path)
    async with client_of(app) as client:
        yield client


async def test_a_chairs_port_is_shown_and_never_probed(
    client: httpx.AsyncClient, probe: FakeProbe, tmp_path: Path
) -> None:
    told = (await client.get("/api/ports")).json()
    assert [(one["chair"], one["device"], one["serial_number"]) for one in told["chairs"]] == [("1", "oximeter", "17")]
    assert [Path(one["path"]).name for one in told["free"]] == ["ttyUSB1"]
    await client.post("/api/sign-in", json={"name": NURSE.name})
    for name in ("ttyUSB0", "by-id", "../" + tmp_path.name + "/ttyUSB0"):
        answer = await client.post("/api/ports/probe", json={"ports": [str(tmp_path / name)]})
        assert answer.status_code == 409
        assert "belongs to a chair" in answer.json()["detail"]
    for name in ("-h", "udp://127.0.0.1"):
        assert (await client.post("/api/ports/probe", json={"ports": [name]})).status_code == 422
    assert probe.asked == []


async def test_free_ports_are_probed_until_one_becomes_a_chairs(
    client: httpx.AsyncClient, probe: FakeProbe, tmp_path: Path
) -> None:
    free = str(tmp_path / "ttyUSB1")
    assert (await client.post("/api/ports/probe", json={"ports": [free]})).status_code == 401
    await client.post("/api/sign-in", json={"name": OBSERVER.name})
    assert (await client.post("/api/ports/probe", json={"ports": [free]})).status_code == 403
    await client.post("/api/sign-in", json={"name": NURSE.name})
    assert (await client.post("/api/ports/probe", json={"ports": [free]})).json()["running"] is True
    assert (await client.post("/api/ports/probe", json={"ports": [free]})).status_code == 409
    (tmp_path / "by-id").unlink()  # the chair's adapter is unplugged, and comes back under the other name
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB1")
    await asyncio.wait_for(probe.cancelled.wait(), 30)
    told = (await client.get("/api/ports")).json()
    assert (told["running"], told["trouble"]) == (False, f"{free} has just become a chair's")
    assert probe.asked == [(free,)]
