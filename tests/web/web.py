"""The web over a fake house, and a client to it."""

from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from monitor.storage import tables
from monitor.storage.audit import AuditLog
from monitor.storage.queries import Records
from monitor.web.access import Seal
from monitor.web.answers import Rooms
from monitor.web.api import create
from monitor.web.hub import Hub
from tests.web.house import CLINIC, NURSE, OBSERVER, PHYSICIAN, FakeHouse


def engine_in(folder: Path) -> sa.Engine:
    """An empty record."""
    engine = sa.create_engine(f"sqlite:///{folder / 'record.sqlite3'}", poolclass=sa.NullPool)
    tables.metadata.create_all(engine)
    return engine


def web_of(house: FakeHouse, folder: Path, **more: Any) -> FastAPI:
    hub = Hub(house, house.now, CLINIC)
    house.subscribers.append(hub.take)
    seal = Seal("secret", {actor.name: actor for actor in (NURSE, OBSERVER, PHYSICIAN)})
    engine = engine_in(folder)
    records, audit = Records(engine), AuditLog(engine, house.now)
    hosts = ["vigil.clinic.example"]
    return create(Rooms(house, hub, records, audit, house.now, CLINIC, seal, hosts=hosts, **more))


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")
