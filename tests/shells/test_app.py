"""The whole house in one process, without ports: what was answered survives, nothing is left running, replay agrees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
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
from monitor.core.entries import Actor, ChairConfig, DeviceConfig, Role
from monitor.errors import StoreError
from monitor.replay import replay
from monitor.storage.audit import AuditLog
from monitor.storage.store import Store, read_store
from tests.shells.making import ADMISSION


def config_in(directory: Path) -> Config:
    device = DeviceConfig("oximeter", "nonin", str(directory / "no-port"), "Nonin")
    chairs = (ChairConfig("1", "Chair 1", (device,)), ChairConfig("2", "Chair 2", ()))
    return Config(
        "Test room",
        "UTC",
        "127.0.0.1",
        0,
        directory,
        (User("L. Moreno", Role.NURSE), User("Dr. Haas", Role.PHYSICIAN)),
        chairs,
    )


@asynccontextmanager
async def running(
    directory: Path, clock: ManualClock, limits: dict[str, Decimal] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    config = config_in(directory)
    app = build(replace(config, chairs=tuple(replace(one, limits=limits or {}) for one in config.chairs)), clock)
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


def high_spo2(shown: dict[str, Any]) -> str:
    (found,) = [one["preset"] for one in shown["limits"] if (one["code"], one["priority"]) == ("spo2_low", "high")]
    return str(found)


async def test_the_stores_preset_counts_once_there_is_one(tmp_path: Path) -> None:
    clock, in_file = ManualClock(), {"spo2_low.high": Decimal(86)}
    async with running(tmp_path, clock, in_file) as client:
        view = (await client.get("/api/preset")).json()
        assert (view["version"]["version"], view["version"]["signed"]) == (1, False)
        assert view["version"]["by"] == {"name": "Vigil", "role": "service"}
        assert high_spo2(await state(client)) == "86"
        await client.post("/api/sign-in", json={"name": "Dr. Haas"})
        wish = {"changes": 1, "reason": "a fall is found too late", "limits": {"spo2_low.high": "87"}}
        assert (await client.post("/api/preset", json=wish)).status_code == 200
        assert high_spo2(await state(client)) == "86"
        await client.post("/api/chairs/1/admit", json=ADMISSION)
        assert high_spo2(await state(client)) == "87"
    async with running(tmp_path, clock, in_file) as client:
        assert high_spo2(await state(client)) == "87"
        assert high_spo2(await state(client, "2")) == "87"
        newest, *_ = (await client.get("/api/preset/versions")).json()["versions"]
        assert newest["changes"] == [{"what": "spo2_low.high", "before": "86", "after": "87"}]


async def test_a_preset_that_cannot_be_used_is_told_at_every_chair(tmp_path: Path) -> None:
    async with running(tmp_path, ManualClock()):
        pass
    store = Store(tmp_path)
    body = {"version": 3, "name": "", "reason": "", "limits": {"gone.low": "1"}, "responses": {}, "protocols": []}
    await AuditLog(store.engine, lambda: 0).write(Actor("Dr. Haas", Role.PHYSICIAN), "preset", lambda: body)
    store.close()
    async with running(tmp_path, ManualClock()) as client:
        shown = await state(client, "2")
        assert high_spo2(shown) == "85"
        (sentence,) = shown["house"]
        assert sentence.startswith("The clinic's pre-set, version 3, cannot be used (the table of limits knows no")
        await client.post("/api/sign-in", json={"name": "Dr. Haas"})
        await client.post("/api/preset", json={"changes": 3, "reason": "anew", "limits": {}})
        assert (await state(client, "2"))["house"] == []


async def test_a_broken_audit_log_is_told_and_keeps_nobody_from_working(tmp_path: Path) -> None:
    async with running(tmp_path, ManualClock()):
        pass
    store = Store(tmp_path)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO audit VALUES (1, 0, 'Nobody', 'physician', 'note', '{}', 'made up')")
    store.close()
    async with running(tmp_path, ManualClock()) as client:
        (sentence,) = (await client.get("/healthz")).json()["ails"]
        assert "the audit log is broken at row 1" in sentence
        assert (await client.post("/api/sign-in", json={"name": "L. Moreno"})).status_code == 200
