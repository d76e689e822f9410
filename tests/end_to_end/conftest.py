"""A demonstration in a process of its own, as a newcomer starts it; and the browser."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.dashboard import browsing

PATIENCE_S = 180.0
"""A loaded machine is slow, not wrong: so long is waited before a test fails."""


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin("browsing"):
        config.pluginmanager.register(browsing, "browsing")


SCENARIO = """
title = "One chair"
[[chair]]
name = "Waits for the start"
[chair.patient]
initials = "AM"
birth_year = 1984
weight_kg = "70"
hr = 68
response = 0.7
[chair.session]
order = { kind = "rate_by_weight", rate_mg_kg_h = "0.3", duration_min = 60 }
concentration_mg_ml = "2"
start = false
"""
FALLS = """
[[chair.event]]
at_s = 5
what = "desaturation"
size = 81
"""


@dataclass
class Demo:
    """A running ``vigil demo``."""

    process: subprocess.Popen[str]
    client: httpx.Client
    url: str
    children: list[psutil.Process]

    def state(self, chair: str) -> dict[str, Any]:
        state: dict[str, Any] = self.client.get(f"/api/chairs/{chair}").json()["state"]
        return state

    def value(self, chair: str, parameter: str) -> float | None:
        found = [vital["value"] for vital in self.state(chair)["vitals"] if vital["parameter"] == parameter]
        return found[0] if found else None

    def alerts(self, chair: str) -> list[dict[str, Any]]:
        alerts: list[dict[str, Any]] = self.state(chair)["alerts"]
        return alerts

    def deeds(self, session: str, action: str) -> list[dict[str, Any]]:
        """What the record tells of this kind."""
        deeds: list[dict[str, Any]] = self.client.get(f"/api/sessions/{session}/deeds").json()["deeds"]
        return [deed for deed in deeds if deed["action"] == action]

    def act(self, chair: str, action: str, **arguments: Any) -> httpx.Response:
        return self.client.post(f"/api/chairs/{chair}/{action}", json=arguments)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)


def until(found: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    """Wait until ``found`` returns something true, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.2)
    raise AssertionError(f"did not come within {seconds} s")


def address_in(said: Path) -> str | None:
    """The address that a process tells in ``said``. It has chosen a free port itself: nobody can take that before it does."""
    told = re.search(r"http://[\d.]+:\d+", said.read_text())
    return told.group() if told else None


def client_to(url: str) -> httpx.Client:
    """Each question has a connection of its own: one that is kept is closed by the server some time, perhaps just as it is used again."""
    return httpx.Client(base_url=url, timeout=PATIENCE_S, limits=httpx.Limits(max_keepalive_connections=0))


def answers(client: httpx.Client, path: str = "/healthz") -> bool:
    try:
        return client.get(path).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def one_chair(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """The arguments for a demonstration of one chair, where this happens."""

    def arguments(events: str = "") -> tuple[str, ...]:
        scenario = tmp_path / "one-chair.toml"
        scenario.write_text(SCENARIO + events)
        return ("--chairs", "1", "--scenario", str(scenario))

    return arguments


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start(*arguments: str) -> Demo:
        command = [sys.executable, "-m", "dashboard", "demo", "--port", "0", *arguments]
        said = tmp_path / f"demo-{len(started)}.log"
        with said.open("w") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
            )
        demo = Demo(process, client_to(""), "", [])
        started.append(demo)
        until(lambda: process.poll() is not None or address_in(said))
        demo.url = address_in(said) or said.read_text()
        demo.client.base_url = demo.url
        until(lambda: process.poll() is not None or answers(demo.client))
        assert process.poll() is None, said.read_text()
        demo.children = psutil.Process(process.pid).children(recursive=True)
        demo.client.post("/api/sign-in", json={"name": "L. Moreno"}).raise_for_status()
        return demo

    yield start
    for demo in started:
        demo.client.close()
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.wait()
        for child in demo.children:
            if child.is_running():
                child.kill()
