"""``vigil serve`` without a configuration: a page makes it, and the house begins on the same address, in the same process."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.bench.house import free_port
from tests.end_to_end.conftest import until

PLAN = {
    "clinic": {"name": "North room", "zone": "Europe/Berlin"},
    "user": [{"name": "Dr. Haas", "role": "physician"}],
    "chair": [{"id": "7", "name": "Window"}],
    "signer": "Dr. Haas",
}


def test_the_house_begins_with_what_was_entered(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "serve", "--port", str(port), "--data-dir", str(tmp_path / "record")]
    said = tmp_path / "said"
    with said.open("w") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=log, stderr=log, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            until(lambda: f"http://127.0.0.1:{port}/first-run" in said.read_text())
            page = client.get("/", follow_redirects=True)
            assert page.url.path == "/first-run"
            assert "firstrun.js" in page.text
            assert client.get("/healthz").status_code == 404  # nobody is watched yet
            assert client.post("/api/first-run/write", json=PLAN).json() == {"written": True}
            until(lambda: _lives(client))
            assert [chair["name"] for chair in client.get("/api/chairs").json()["chairs"]] == ["Window"]
            version = client.get("/api/preset").json()["version"]
            assert (version["version"], version["by"]["name"], version["signed"]) == (1, "Dr. Haas", True)
    finally:
        process.terminate()
        process.wait(15)
    assert f"port = {port}" in (tmp_path / "vigil.toml").read_text("utf-8")


def _lives(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False
