"""Who may come in: cookies, origins, names of this server, headers, sizes."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from monitor.core.entries import Actor, Role
from monitor.web.access import COOKIE, Seal, kept_secret
from tests.web.house import NURSE, OBSERVER, FakeHouse
from tests.web.line import HELLO, Line
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


async def sign_in(client: httpx.AsyncClient, name: str = NURSE.name) -> httpx.Response:
    answer = await client.post("/api/sign-in", json={"name": name})
    assert answer.status_code == 200
    return answer


async def test_anybody_may_read_and_only_who_is_signed_in_may_write(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    assert (await client.get("/api/chairs")).status_code == 200
    refused = await client.post("/api/chairs/1/start")
    assert refused.status_code == 401
    assert refused.json() == {"detail": "nobody is signed in at this browser: sign in first"}
    await sign_in(client)
    assert (await client.post("/api/chairs/1/start")).json() == {"seq": 1}
    assert house.acted == [("1", NURSE, "start", {"reason": ""})]


async def test_the_cookie_is_kept_from_scripts_and_other_sites(client: httpx.AsyncClient) -> None:
    cookie = (await sign_in(client)).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


async def test_signing_out_takes_effect_and_me_tells_who_is_there(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/me")).json() == {"actor": None}
    await sign_in(client)
    assert (await client.get("/api/me")).json() == {"actor": {"name": "L. Moreno", "role": "nurse"}}
    await client.post("/api/sign-out")
    assert (await client.get("/api/me")).json() == {"actor": None}


async def test_signing_in_and_out_goes_to_the_audit_log(client: httpx.AsyncClient, app: FastAPI) -> None:
    await sign_in(client)
    await client.post("/api/sign-out")
    audit = app.state.rooms.audit
    assert audit.flush()
    assert [[row.actor for row in audit.rows(kind)] for kind in ("signed_in", "signed_out")] == [[NURSE], [NURSE]]


async def test_a_name_that_is_no_user_cannot_sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/sign-in", json={"name": "Nobody"})
    assert (answer.status_code, answer.json()["detail"][:27]) == (404, "there is no user 'Nobody'; ")


def test_a_forged_cookie_or_one_of_a_former_user_names_nobody() -> None:
    seal = Seal("secret", {NURSE.name: NURSE})
    assert seal.actor(seal.cookie(NURSE)) == NURSE
    assert seal.actor(seal.cookie(OBSERVER)) is None
    assert seal.actor(Seal("other", {}).cookie(NURSE)) is None
    assert seal.actor("") is None
    assert seal.actor("ä.ö") is None
    assert Seal("secret", {NURSE.name: Actor(NURSE.name, Role.OBSERVER)}).actor(seal.cookie(NURSE)) != NURSE


FOREIGN: list[str] = ["http://evil.example", "null", "http://localhost:9", "http://localhost.evil.example"]


async def test_a_page_of_another_site_can_neither_write_nor_listen(
    app: FastAPI, client: httpx.AsyncClient, house: FakeHouse
) -> None:
    for origin in FOREIGN:
        await sign_in(client)
        answer = await client.post("/api/chairs/1/start", headers={"origin": origin})
        assert (answer.status_code, answer.json()) == (403, {"detail": "this request came from a page of another site"})
        assert not house.acted
        async with Line(app, {"origin": origin, "cookie": f"{COOKIE}={client.cookies[COOKIE]}"}) as line:
            assert (line.status, line.answer["detail"]) == (403, "this request came from a page of another site")


async def test_own_pages_and_programs_may_listen(app: FastAPI) -> None:
    for headers in ({"origin": "http://localhost"}, {}):
        async with Line(app, headers) as line:
            await line.say(HELLO)
            assert len(line.of("snapshot")) == 2


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8050", 200),
        ("[::1]:8050", 200),
        ("clinic-pc", 200),
        ("vigil.local", 200),
        ("vigil.clinic.example", 200),
        ("rebound.evil.example", 421),
        ("", 421),
        ("[::", 421),
    ],
)
async def test_a_name_that_another_site_pointed_here_is_not_ours(
    client: httpx.AsyncClient, host: str, status: int
) -> None:
    assert (await client.get("/api/chairs", headers={"host": host})).status_code == status


async def test_every_answer_bears_the_security_headers(app: FastAPI, client: httpx.AsyncClient) -> None:
    app.state.allow_scripts(["'sha256-abc='", "sha256-def="])
    for path in ("/api/chairs", "/api/nothing", "/api/docs"):
        headers = (await client.get(path)).headers
        assert "script-src 'self' 'sha256-abc=' 'sha256-def=';" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
    assert (await client.get("/assets/js/main.js")).headers["cache-control"] == "no-cache"


async def test_too_large_a_body_is_refused(client: httpx.AsyncClient, house: FakeHouse) -> None:
    await sign_in(client)
    answer = await client.post("/api/chairs/1/pause", content=b'{"reason":"' + b"x" * 70_000)
    assert (answer.status_code, answer.json()) == (413, {"detail": "a body may have at most 65536 bytes"})


async def test_an_observer_may_not_act(client: httpx.AsyncClient) -> None:
    await sign_in(client, OBSERVER.name)
    answer = await client.post("/api/chairs/1/start")
    assert (answer.status_code, answer.json()) == (403, {"detail": "an observer may look, not act"})


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "key"
    secret = kept_secret(path)
    assert len(secret) > 30
    assert kept_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
