"""The whole house in one process, without ports: what was answered survives, nothing is left running, replay agrees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from drivers.base.registry import all_drivers
from monitor import __version__
from monitor.app import build
from monitor.clock import ManualClock
from monitor.config import Config, User
from monitor.core.entries import ChairConfig, DeviceConfig, Role
from monitor.errors import StoreError
from monitor.replay import replay
from monitor.storage.store import read_store
from tests.shells.making import ADMISSION


def config_in(directory: Path) -> Config:
    device = DeviceConfig("oximeter", "nonin", str(directory / "no-port"), "Nonin")
    chairs = (ChairConfig("1", "Chair 1", (device,)), ChairConfig("2", "Chair 2", ()))
    return Config("Test room", "UTC", "127.0.0.1", 0, directory, (User("L. Moreno", Role.NURSE),), chairs)


@asynccontextmanager
async def running(directory: Path, clock: ManualClock) -> AsyncIterator[httpx.AsyncClient]:
    app = build(config_in(directory), clock)
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def state(client: httpx.AsyncClient, chair: str = "1") -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/api/chairs/{chair}")).json()["state"]
    return found


async def test_a_session_survives_the_server_and_its_replay_agrees(tmp_path: Path) -> None:
    clock = ManualClock()
    before = asyncio.all_tasks()
    async with running(tmp_path, clock) as client:
        assert (await client.get("/healthz")).json()["record"] == "writing"
        assert (await client.post("/api/chairs/1/admit", json=ADMISSION)).status_code == 401
        assert (await client.post("/api/sign-in", json={"name": "L. Moreno"})).status_code == 200
        for action, body in (("admit", ADMISSION), ("start", {})):
            answer = await client.post(f"/api/chairs/1/{action}", json=body)
            assert answer.status_code == 200, answer.text
        assert (await client.post("/api/chairs/1/start", json={})).status_code == 409
        cookies = client.cookies
        await clock.advance(60)
        first = await state(client)
    assert asyncio.all_tasks() == before

    clock.jump(7)
    async with running(tmp_path, clock) as client:
        client.cookies = cookies
        assert (await client.get("/api/me")).json()["actor"]["name"] == "L. Moreno"
        second = await state(client)
        assert second["session"]["began_at"] == first["session"]["began_at"]
        assert second["session"]["infused_us"] == first["session"]["infused_us"] + 7_000_000
        listed = (await client.get("/api/sessions")).json()
        assert first["session"]["id"] in str(listed)
    assert asyncio.all_tasks() == before

    store = read_store(tmp_path)
    outcome = replay(store, "1", all_drivers(), __version__)
    store.close()
    assert outcome.agrees, outcome.differences
    assert outcome.notes == []


async def test_a_second_server_on_the_same_record_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, ManualClock()):
        with pytest.raises(StoreError, match="another Vigil server"):
            async with running(tmp_path, ManualClock()):
                raise AssertionError("it began")


def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be used"):
        build(config_in(tmp_path / "file"), ManualClock())
