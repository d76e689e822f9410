"""A demonstration in a process of its own, as a newcomer starts it."""

import os
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

from tests.bench.house import free_port


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

    def act(self, chair: str, action: str, **arguments: Any) -> httpx.Response:
        return self.client.post(f"/api/chairs/{chair}/{action}", json=arguments)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(15)


def until(found: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until ``found`` returns something true, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.1)
    raise AssertionError(f"did not come within {seconds} s")


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start(*arguments: str) -> Demo:
        port = free_port()
        command = [sys.executable, "-m", "dashboard", "demo", "--port", str(port), *arguments]
        with (tmp_path / f"demo-{port}.log").open("w") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
            )
        url = f"http://127.0.0.1:{port}"
        client = httpx.Client(base_url=url, timeout=10)
        demo = Demo(process, client, url, [])
        started.append(demo)
        until(lambda: process.poll() is not None or _answers(client))
        assert process.poll() is None, (tmp_path / f"demo-{port}.log").read_text()
        demo.children = psutil.Process(process.pid).children(recursive=True)
        client.post("/api/sign-in", json={"name": "L. Moreno"}).raise_for_status()
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
