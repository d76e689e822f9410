"""Sixteen chairs for the bench: the simulators' process, and a server's, each with what it uses of the machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

CHAIRS = 16
NURSE = "L. Moreno"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def simulators(links: Path, chairs: int = CHAIRS) -> tuple[subprocess.Popen[bytes], list[dict[str, Any]]]:
    """Start calm simulated chairs; return the process and its chairs as it tells them."""
    command = [sys.executable, "-m", "simulators", "--scenario", "calm", "--seed", "1"]
    process = subprocess.Popen(
        [*command, "--chairs", str(chairs), "--links", str(links)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["chairs"]


def config(chairs: list[dict[str, Any]], port: int, data_dir: Path) -> str:
    """The vigil.toml of these chairs."""
    lines = [f'[server]\nport = {port}\ndata_dir = "{data_dir}"', f'[[user]]\nname = "{NURSE}"\nrole = "nurse"']
    for chair in chairs:
        lines.append(f'[[chair]]\nid = "{chair["id"]}"\nname = "Chair {chair["id"]}"')
        for device in chair["devices"]:
            lines.append(
                "[[chair.device]]\n" + "\n".join(f'{key} = "{device[key]}"' for key in ("id", "driver", "port"))
            )
    return "\n".join(lines) + "\n"


@dataclass
class Server:
    """A server process on a port of its own."""

    command: list[str]
    port: int
    log: Path
    client: httpx.Client = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)
    _spent: float = 0.0
    _since: float = 0.0

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)
        self.process = subprocess.Popen(
            self.command,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )

    def wait_for(self, path: str, seconds: float = 30) -> None:
        """Wait until ``path`` answers; raises RuntimeError with the log's end if it never does."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if self.client.get(path).status_code < 500:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
            if self.process.poll() is not None:
                break
        raise RuntimeError(f"the server did not answer: {self.log.read_text()[-2000:]}")

    def begin(self) -> None:
        """Begin to count processor time."""
        self._spent, self._since = self._cpu(), time.monotonic()

    def cpu_percent(self) -> float:
        """Share of one core since ``begin``."""
        return 100 * (self._cpu() - self._spent) / (time.monotonic() - self._since)

    def memory_mb(self) -> float:
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def stop(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _cpu(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


def start_sessions(server: Server, chairs: list[dict[str, Any]]) -> None:
    """Sign in and start an infusion at every chair."""
    server.client.post("/api/sign-in", json={"name": NURSE}).raise_for_status()
    for chair in chairs:
        order = {"kind": "rate", "rate_mg_h": "60", "duration_min": 90}
        patient = {"initials": "A.B.", "birth_year": 1970, "patient_id": None, "weight_kg": "78"}
        server.client.post(f"/api/chairs/{chair['id']}/admit", json=patient | {"order": order}).raise_for_status()
        server.client.post(f"/api/chairs/{chair['id']}/start", json={}).raise_for_status()
