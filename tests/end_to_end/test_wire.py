"""Simulators as a process, and their pseudo-terminals seen from the host's side. Here time is real."""

import asyncio
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.base.decoder import Line
from simulators.base.errors import ScenarioError, SimulatorError
from simulators.base.house import SimulatedHouse
from simulators.base.line import PacedLine
from simulators.base.scenario import load, parse, scenario_names
from simulators.base.terminal import Terminal

CALM = '[[chair]]\nname = "A"\ndevices = { oximeter = "nonin" }\n'


def opened(path: Path | str) -> int:
    return os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


PATIENCE_S = 60.0
"""A loaded machine is slow, not wrong: so long is waited before a test fails."""


def read_for(port: int, seconds: float) -> bytes:
    """All that comes within so long."""
    data, end = bytearray(), time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([port], [], [], left)[0]:
            data += os.read(port, 4096)
    return bytes(data)


def read(port: int, count: int) -> bytes:
    """So many bytes, however long they take, and what came with the last of them."""
    data, end = bytearray(), time.monotonic() + PATIENCE_S
    while len(data) < count:
        assert time.monotonic() < end, f"only {len(data)} of {count} bytes came"
        if select.select([port], [], [], 1)[0]:
            data += os.read(port, 4096)
    return bytes(data)


class Simulators:
    """``python -m simulators``, ended with its test."""

    def __init__(self, folder: Path, text: str, *options: str) -> None:
        scenario = folder / "own.toml"
        scenario.write_text(text)
        command = [sys.executable, "-m", "simulators", "--scenario", str(scenario), "--links", str(folder / "links")]
        self.process = subprocess.Popen(
            [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read().decode()
        self.said: dict[str, Any] = json.loads(line)

    def end(self) -> int:
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Any]:
    running: list[Simulators] = []

    def start(text: str = CALM, *options: str) -> Simulators:
        running.append(Simulators(tmp_path, text, *options))
        return running[-1]

    yield start
    for simulators in running:
        simulators.end()


def test_the_process_tells_its_ports_and_ends_with_its_input(tmp_path: Path, house: Any) -> None:
    simulators = house(CALM + '[chair.session]\norder = { kind = "rate", rate_mg_h = "60", duration_min = 90 }\n')
    chair = simulators.said["chairs"][0]
    link = str(tmp_path / "links" / "chair-1-oximeter")
    assert (chair["id"], chair["name"]) == ("1", "Chair 1")
    assert chair["devices"] == [{"id": "oximeter", "driver": "nonin", "port": link}]
    assert chair["session"]["order"] == {"kind": "rate", "rate_mg_h": "60", "duration_min": 90}
    assert chair["session"]["start"] is True
    port = opened(link)
    try:
        read(port, 101)
    finally:
        os.close(port)
    assert simulators.end() == 0
    assert list((tmp_path / "links").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, house: Any, number: signal.Signals) -> None:
    simulators = house()
    simulators.process.send_signal(number)
    assert simulators.process.wait(PATIENCE_S) == 0
    assert list((tmp_path / "links").iterdir()) == []
    assert simulators.process.stderr.read() == b""


def test_an_oximeter_keeps_the_pace_of_its_line_and_of_its_frames(house: Any) -> None:
    """75 frames of 5 bytes a second from its start on, never more; what piled up while the machine did other things comes at once."""
    began = time.monotonic()
    port = opened(house().said["chairs"][0]["devices"][0]["port"])
    try:
        count = len(read(port, 5 * 75 * 5))
        took = time.monotonic() - began
    finally:
        os.close(port)
    assert count < took * 75 * 5


def test_unplugging_ends_the_hosts_reading_and_replugging_makes_a_new_port(house: Any) -> None:
    event = '[[chair.event]]\nwhat = "unplug"\ndevice = "oximeter"\nat_s = 6\nfor_s = 3\n'
    link = Path(house(CALM + event).said["chairs"][0]["devices"][0]["port"])
    port, gone = opened(link), False
    end = time.monotonic() + PATIENCE_S
    while not gone and time.monotonic() < end:
        select.select([port], [], [], 0.5)
        try:
            gone = os.read(port, 4096) == b""
        except BlockingIOError:
            continue
        except OSError:
            gone = True
    os.close(port)
    assert gone
    while not link.exists() and time.monotonic() < end:
        time.sleep(0.02)
    port = opened(link)
    try:
        read(port, 51)
    finally:
        os.close(port)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--scenario", "nothing"], "there is no scenario 'nothing'"),
        (["--recording", "nothing.csv"], "nothing.csv cannot be read"),
        (["--chairs", "0"], "not a number from 1 to 256"),
        (["--links", "/dev/null/links"], "cannot be made"),
    ],
)
def test_what_cannot_be_used_ends_with_one_sentence(options: list[str], words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simulators", *options],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


async def test_host_bytes_come_in_raw(tmp_path: Path) -> None:
    heard: list[bytes] = []
    terminal = Terminal(tmp_path / "port", heard.append)
    terminal.plug()
    port = opened(terminal.link)
    try:
        sent = bytes(range(256))
        os.write(port, sent)
        async with asyncio.timeout(PATIENCE_S):
            while len(b"".join(heard)) < 256:
                await asyncio.sleep(0.01)
        assert b"".join(heard) == sent
        terminal.write(sent)
        assert read(port, 256) == sent
    finally:
        os.close(port)
        terminal.unplug()


async def test_a_host_that_does_not_read_costs_bytes_and_no_memory(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "port", lambda data: None)
    terminal.plug()
    for _ in range(1000):
        terminal.write(bytes(1000))
    port = opened(terminal.link)
    try:
        assert terminal.overrun > 800_000
        assert len(read(port, 1_000_000 - terminal.overrun)) == 1_000_000 - terminal.overrun
        terminal.write(b"fresh")
        assert read(port, 5) == b"fresh"
    finally:
        os.close(port)
        terminal.unplug()


async def test_a_file_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    link = tmp_path / "port"
    link.write_text("mine")
    terminal = Terminal(link, lambda data: None)
    with pytest.raises(SimulatorError, match="in the way"):
        terminal.plug()
    terminal.unplug()
    assert link.read_text() == "mine"


async def test_a_paced_line_over_a_terminal_loses_nothing(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "port", lambda data: None)
    terminal.plug()
    port = opened(terminal.link)
    start = time.monotonic_ns() // 1000
    line, message = PacedLine(Line(115200), random.Random(1), start), random.Random(2).randbytes(2000)
    line.push(message)
    got = bytearray()
    try:
        while len(got) < len(message) and time.monotonic_ns() // 1000 < start + PATIENCE_S * 1e6:
            for piece in line.due(time.monotonic_ns() // 1000):
                terminal.write(piece)
            got += read_for(port, 0.002)
    finally:
        os.close(port)
        terminal.unplug()
    assert bytes(got) == message
    assert time.monotonic_ns() // 1000 - start > 0.8 * 2000 * 10 / 115200 * 1e6


@pytest.mark.parametrize("name", scenario_names())
async def test_every_scenario_finds_its_devices_and_their_faults(tmp_path: Path, name: str) -> None:
    house = SimulatedHouse(load(name), chairs=5, speed=20)
    try:
        house.open(tmp_path)
        said = house.description()["chairs"]
        await asyncio.sleep(0.05)
    finally:
        house.close()
    assert [chair["id"] for chair in said] == ["1", "2", "3", "4", "5"]
    assert json.loads(json.dumps(said)) == said
    assert list(tmp_path.iterdir()) == []


async def test_a_fault_that_a_device_does_not_have_is_told(tmp_path: Path) -> None:
    event = '[[chair.event]]\nwhat = "cuff_leak"\ndevice = "oximeter"\n'
    house = SimulatedHouse(parse("own.toml", CALM + event))
    with pytest.raises(ScenarioError, match=r"the story 'A' cannot happen: .*cuff_leak"):
        house.open(tmp_path)
    house.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_speed_out_of_reach_falls_behind_and_still_stops(tmp_path: Path) -> None:
    house = SimulatedHouse(load("calm"), chairs=2, speed=1000)
    house.open(tmp_path)
    began = time.monotonic()
    await asyncio.sleep(0.2)
    house.close()
    assert time.monotonic() - began < 20
