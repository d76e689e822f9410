"""``vigil serve`` without a configuration: a page makes it, and the house begins on the same address, in the same process."""

import os
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.conftest import PATIENCE_S, address_in, answers, client_to, until

PLAN = {
    "clinic": {"name": "North room", "zone": "Europe/Berlin"},
    "user": [{"name": "Dr. Haas", "role": "physician"}],
    "chair": [{"id": "7", "name": "Window"}],
    "signer": "Dr. Haas",
}


def test_the_house_begins_with_what_was_entered(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dashboard", "serve", "--port", "0", "--data-dir", str(tmp_path / "record")]
    said = tmp_path / "said"
    with said.open("w") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=log, stderr=log, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
    try:
        url = until(lambda: address_in(said))
        with client_to(url) as client:
            assert f"{url}/first-run" in said.read_text()
            until(lambda: answers(client, "/first-run"))
            page = client.get("/", follow_redirects=True)
            assert page.url.path == "/first-run"
            assert "firstrun.js" in page.text
            assert client.get("/healthz").status_code == 404  # nobody is watched yet
            assert client.post("/api/first-run/write", json=PLAN).json() == {"written": True}
            until(lambda: answers(client))
            assert [chair["name"] for chair in client.get("/api/chairs").json()["chairs"]] == ["Window"]
            version = client.get("/api/preset").json()["version"]
            assert (version["version"], version["by"]["name"], version["signed"]) == (1, "Dr. Haas", True)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
    assert f"port = {url.rpartition(':')[2]}" in (tmp_path / "vigil.toml").read_text("utf-8")
