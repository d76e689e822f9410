"""A device brought along, by the command alone: what is it, record it, read the record, play it again."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from dashboard.cli import main
from monitor.storage.capture import read_capture
from tests.end_to_end.conftest import Demo, until


def vigil(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dashboard", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The ports of one simulated chair by the device's name."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators", "--scenario", "calm", "--chairs", "1", "--links", str(tmp_path / "ports")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    devices = json.loads(process.stdout.readline())["chairs"][0]["devices"]
    yield {device["id"]: device["port"] for device in devices}.__getitem__
    process.stdin.close()
    process.stdout.close()
    process.wait(60)


def test_devices_on_ports_are_named(ports: Callable[[str], str]) -> None:
    told = vigil("probe", "--json", ports("oximeter"), ports("cardiac"), "--driver", "nonin", "--driver", "intellivue")

    oximeter, cardiac = map(json.loads, told.stdout.splitlines())
    assert (oximeter["driver"], oximeter["format"], oximeter["simulated"]) == ("nonin", "Nonin data format 2", True)
    assert (cardiac["driver"], cardiac["model"]) == ("intellivue", "Philips M8000")
    assert f'port = "{ports("cardiac")}"\nserial_number = "0009fb000001"' in cardiac["configuration"]


def test_a_capture_is_read_back_and_played(
    ports: Callable[[str], str], tmp_path: Path, start_demo: Callable[..., Demo]
) -> None:
    capture = tmp_path / "oximeter.capture"
    vigil("capture", ports("oximeter"), capture, "--driver", "nonin", "--seconds", "4")
    existing = vigil("capture", ports("oximeter"), capture, "--driver", "nonin", status=2)
    assert existing.stderr == f"vigil: {capture} exists: choose another name, or say --force to write over it\n"

    decoded = [orjson.loads(line) for line in vigil("decode", capture).stdout.splitlines()]
    readings = [line for line in decoded if line["type"] == "reading"]
    assert readings
    began = read_capture(capture).entries[0].at
    assert all(0 < line["at"] - began < 60_000_000 for line in readings)
    report = vigil("conformance", "nonin", "--short", "--recording", capture).stdout
    assert f"tried with {len(read_capture(capture).received)} bytes recorded from a device" in report

    demo = start_demo("--chairs", "1", "--recording", str(capture))
    until(lambda: demo.value("1", "spo2"))
    assert demo.value("1", "spo2") in {line["values"].get("spo2") for line in readings}
    assert demo.value("1", "hr") is None


def test_a_killed_capture_is_a_shorter_one(ports: Callable[[str], str], tmp_path: Path) -> None:
    capture = tmp_path / "killed.capture"
    command = [sys.executable, "-m", "dashboard", "capture", ports("cardiac"), str(capture), "--driver", "intellivue"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    until(lambda: capture.exists() and capture.stat().st_size > 3000)
    process.kill()
    process.wait()

    assert read_capture(capture).received
    assert "reading" in vigil("decode", capture).stderr
    with capture.open("ab") as file:
        file.write(b"half of a block")
    assert f"{capture} was cut off: 15 bytes at its end are no whole block" in vigil("decode", capture).stderr


def test_ctrl_c_ends_a_capture_in_good_order(ports: Callable[[str], str], tmp_path: Path) -> None:
    """Here of a device that is said to be unknown."""
    capture = tmp_path / "ended.capture"
    command = [sys.executable, "-m", "dashboard", "capture", ports("oximeter"), str(capture), "--line", "9600 8N1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until(lambda: capture.exists() and capture.stat().st_size > 400)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)

    assert process.returncode == 0
    assert told.startswith("vigil capture: ")
    assert read_capture(capture).entries[-1].body.type == "port_closing"
    assert "say which device sent these bytes" in vigil("decode", capture, status=2).stderr
    assert "nonin: " in vigil("decode", capture, "--driver", "nonin").stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("probe", "/nowhere"), "the port /nowhere does not exist: is the device plugged in?"),
        (("probe", "/nowhere", "--driver", "nothing"), "there is no driver 'nothing'"),
        (("capture", "/nowhere", "{}/a", "--driver", "nonin"), "the port /nowhere does not exist"),
        (("capture", "/nowhere", "/no/folder/a", "-d", "nonin"), "/no/folder/a cannot be written: No such file"),
        (("capture", "/nowhere", "{}/a", "-d", "nonin", "--line", "fast"), "'fast' is no line; write one like"),
        (("decode", "/nowhere"), "/nowhere cannot be read: No such file"),
        (("decode", __file__), "say which device sent these bytes with --driver"),
        (("conformance", "nothing"), "there is no driver 'nothing'"),
        (
            ("conformance", "nonin", "--recording", __file__),
            "is no capture: one begins with the words 'VIGIL CAPTURE 1'",
        ),
    ],
)
def test_a_mistake_gets_one_sentence(
    arguments: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["vigil", *(argument.format(tmp_path) for argument in arguments)])
    with pytest.raises(SystemExit) as ended:
        main()

    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in told
    assert told.count("\n") == 1
    assert not (tmp_path / "a").exists()
