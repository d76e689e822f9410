"""``vigil demo`` as a newcomer runs it: four live chairs, a clean end, a killed server, a recording."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.end_to_end.conftest import Demo, until

DATA = Path(os.environ.get("VIGIL_DATA", Path(__file__).parents[3] / "shared" / "data"))
Start = Callable[..., Demo]


def test_four_chairs_are_live_and_ctrl_c_leaves_nothing_behind(start_demo: Start) -> None:
    demo = start_demo()
    for chair in ("1", "2", "3", "4"):
        for parameter in ("spo2", "hr", "pr"):
            until(partial(demo.value, chair, parameter))
        assert demo.state(chair)["demo"] is True
    assert [demo.state(chair)["session"]["phase"] for chair in "1234"] == [
        "infusing",
        "infusing",
        "planned",
        "infusing",
    ]
    children = demo.children
    assert children
    assert demo.interrupt() == 0
    psutil.wait_procs(children, timeout=30)
    assert not [child for child in children if child.is_running()]
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(demo.url.rsplit(":", 1)[1]))) != 0


def test_a_killed_server_comes_back_as_it_was_and_replays_exactly(start_demo: Start, tmp_path: Path) -> None:
    arguments = ("--data-dir", str(tmp_path / "record"), "--speed", "4")
    first = start_demo(*arguments)
    assert first.act("3", "start").status_code == 200
    alert = until(lambda: next((one for one in first.alerts("3") if _is_low_spo2(one)), None))
    until(lambda: first.act("3", "acknowledge", alert=alert["id"]).status_code == 200)
    before = first.state("3")["session"]
    first.process.kill()
    first.process.wait()

    second = start_demo(*arguments)
    session = until(lambda: second.state("3")["session"])
    assert session["id"] == before["id"]
    assert session["phase"] == "infusing"
    assert session["began_at"] == before["began_at"]
    assert session["steps"] == before["steps"]
    assert float(session["dose_mg"]) >= float(before["dose_mg"])
    kept = second.alerts("3") + second.client.get("/api/alerts?state=ended").json()["alerts"]
    assert alert["id"] in [one["id"] for one in kept]
    [deed] = second.deeds(before["id"], "acknowledge")
    assert (deed["by"]["name"], deed["arguments"]) == ("L. Moreno", {"alert": alert["id"]})
    until(lambda: second.value("3", "spo2"))
    assert second.interrupt() == 0
    replayed = subprocess.run(
        [sys.executable, "-m", "dashboard", "replay", str(tmp_path / "record")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "alerts agree exactly" in replayed.stdout


def _is_low_spo2(alert: dict[str, Any]) -> bool:
    """As urgent as it gets: this one stays until somebody acknowledges it."""
    return (alert["code"], alert["priority"]) == ("spo2_low", "high")


def test_a_port_in_use_is_one_sentence_and_status_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "dashboard", "demo", "--port", port], capture_output=True, text=True, timeout=120
        )
    assert ended.returncode == 2
    assert port in ended.stderr
    assert ended.stderr.strip().count("\n") == 0


@pytest.mark.skipif(not DATA.exists(), reason="no recordings: set VIGIL_DATA to their folder")
@pytest.mark.parametrize("recording", ["mitdb/100", "bidmc/bidmc_01_Signals.csv"])
def test_a_recording_goes_through_the_wire(start_demo: Start, recording: str) -> None:
    demo = start_demo("--chairs", "1", "--recording", str(DATA / recording), "--speed", "4")
    until(lambda: demo.value("1", "hr"))
    until(lambda: demo.value("1", "pr"))
    assert demo.state("1")["demo"] is True


def test_an_unreadable_recording_is_one_sentence_and_status_2(tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("this is no recording\n")
    ended = subprocess.run(
        [sys.executable, "-m", "dashboard", "demo", "--port", "0", "--recording", str(broken)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 2
    assert "broken.csv" in ended.stderr
    assert "Traceback" not in ended.stderr
