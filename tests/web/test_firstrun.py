"""The first run over HTTP: what is there, what is checked, what is written once; and who may."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from drivers.base.decoder import Decoder, Driver, Line
from drivers.base.vocabulary import Parameter
from monitor.config import Config, load_config
from monitor.core.entries import Actor, Role
from monitor.errors import ActionNotAllowed
from monitor.ports import ListedPort
from monitor.web.firstrun import SetUp, create_first_run

PORT = ListedPort("/dev/ttyUSB7", "/dev/serial/by-id/usb-Maker_Adapter_A1-if00-port0", "Adapter")
WHOLE = "http://localhost/api/first-run"
DRIVERS = {"nonin": Driver("nonin", "Nonin pulse oximeter", Line(9600), (Parameter.SPO2,), (), (), Decoder)}
PLAN: dict[str, Any] = {
    "clinic": {"name": "North room", "zone": "Europe/Berlin"},
    "user": [{"name": "Dr. Haas", "role": "physician"}, {"name": 'L. "Lu" Moreno', "role": "nurse"}],
    "chair": [
        {"id": "1", "name": "Window", "device": [{"id": "oximeter", "driver": "nonin", "port": PORT.name}]},
        {"id": "2"},
    ],
    "signer": "Dr. Haas",
}


class Looker:
    """Stands for the probing process."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.trouble = ""
        self.running = False
        self.asked: list[tuple[str, ...]] = []

    async def start(self, *arguments: str) -> None:
        if self.running:
            raise ActionNotAllowed("ports are being looked at")
        self.asked.append(arguments)
        self.running = True

    async def cancel(self, why: str = "") -> None:
        self.running = False


class Guide:
    def __init__(self, folder: Path, **server: Any) -> None:
        self.path = folder / "vigil.toml"
        self.looker = Looker()
        self.made: list[tuple[Config, Actor | None]] = []
        setup = SetUp(self.path, server, lambda: [PORT], self.looker, DRIVERS, lambda *made: self.made.append(made))
        self._app = create_first_run(setup)

    def client(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self._app, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost/api/first-run")


@pytest.fixture
def guide(tmp_path: Path) -> Guide:
    return Guide(tmp_path, port=9000)


async def test_it_tells_ports_and_drivers_and_has_ports_probed_once_at_a_time(guide: Guide) -> None:
    async with guide.client() as client:
        told = (await client.get(WHOLE)).json()
        assert told["config"] == str(guide.path)
        assert told["drivers"] == [{"name": "nonin", "title": "Nonin pulse oximeter", "place": "oximeter"}]
        assert told["ports"]["ports"] == [{"path": PORT.path, "name": PORT.name, "title": "Adapter"}]
        assert (await client.post("/probe", json={"ports": [PORT.path]})).json()["running"] is True
        assert (await client.post("/probe", json={"ports": [PORT.path]})).status_code == 409
        assert (await client.post("/probe", json={"ports": ["--help"]})).status_code == 422
        guide.looker.lines.append({"port": PORT.path, "known": False, "sentence": "silent"})
        assert (await client.get("/ports")).json()["found"] == guide.looker.lines
    assert guide.looker.asked == [(PORT.path,)]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"chair": []}, "there is no chair; add at least one [[chair]] with an id"),
        ({"user": [{"name": "L. Moreno", "role": "nurse"}]}, "nobody is a physician"),
        ({"signer": 'L. "Lu" Moreno'}, "is not one of the physicians"),
        ({"clinic": {"name": "North", "zone": "Mars"}}, "clinic.zone 'Mars' is no time zone"),
        ({"chair": [{"id": "1", "device": [{"id": "x", "driver": "none", "port": "p"}]}]}, "unknown driver 'none'"),
        (
            {"chair": [{"id": "1", "nibp_interval_min": 2.5}]},
            "'nibp_interval_min' is 2.5; write a text or a whole number",
        ),
    ],
)
async def test_what_cannot_be_used_is_a_sentence_and_is_not_written(guide: Guide, plan: Any, said: str) -> None:
    async with guide.client() as client:
        checked = (await client.post("/check", json=PLAN | plan)).json()
        assert said in checked["refusal"]
        assert not checked["refusal"].startswith("vigil.toml")
        assert (await client.post("/write", json=PLAN | plan)).status_code == 422
    assert not guide.path.exists()
    assert guide.made == []


async def test_it_writes_what_it_showed_and_hands_it_on(guide: Guide) -> None:
    async with guide.client() as client:
        checked = (await client.post("/check", json=PLAN)).json()
        assert checked["refusal"] == ""
        assert any("chair '2' has no device" in warning for warning in checked["warnings"])
        assert not guide.path.exists()
        await client.post("/probe", json={"ports": [PORT.path]})
        assert (await client.post("/write", json=PLAN)).json() == {"written": True}
        assert not guide.looker.running  # a port that is probed is not free for its chair
        assert guide.path.read_text("utf-8") == checked["text"]
        assert (await client.post("/write", json=PLAN)).status_code == 409
        assert (await client.post("/probe", json={"ports": [PORT.path]})).status_code == 409
    [(config, signer)] = guide.made
    assert config == load_config(guide.path, DRIVERS)
    assert (config.clinic, config.zone, config.port) == ("North room", "Europe/Berlin", 9000)
    assert [user.name for user in config.users] == ["Dr. Haas", 'L. "Lu" Moreno']
    assert [device.port for chair in config.chairs for device in chair.devices] == [PORT.name]
    assert signer == Actor("Dr. Haas", Role.PHYSICIAN)


async def test_a_configuration_that_is_there_is_never_written_over(guide: Guide) -> None:
    guide.path.write_text("mine")
    async with guide.client() as client:
        answer = await client.post("/write", json=PLAN)
    assert answer.status_code == 422
    assert "there is a" in answer.json()["detail"]
    assert guide.path.read_text() == "mine"
    assert guide.made == []


async def test_only_a_page_of_ours_at_this_computer(guide: Guide) -> None:
    async with guide.client("192.0.2.7") as client:
        assert (await client.get(WHOLE)).status_code == 403
    async with guide.client() as client:
        assert (await client.post("/write", json=PLAN, headers={"origin": "http://evil.test"})).status_code == 403
        assert (await client.get(WHOLE, headers={"host": "evil.test"})).status_code == 421
    assert not guide.path.exists()
