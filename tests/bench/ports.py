"""Sixty-four serial ports in one process: what reading them costs, and what it costs through the core.

The usual mix, in thirds: oximeters streaming 75 frames a second, cardiac monitors with ECG, cuffs. For reading alone their bytes were
made beforehand by the simulators, and are written by this process piece by piece, each with its time, to pseudo-terminals that a child
reads as the server does. What a line takes that a process reads by itself is measured beside it; the rest is added. Through the core,
the simulators play live, each chair infuses, and a child runs ports, station and bedsides; record and web are not in it.

``python -m tests.bench.ports read``, ``read_alone`` and ``core`` are the children; they get what they need on standard input.
"""

import asyncio
import gc
import heapq
import json
import logging
import os
import random
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import structlog
import uvloop

from drivers.base.registry import all_drivers, driver_named
from drivers.base.serialport import SerialPort, open_port
from monitor.acquisition import Acquisition
from monitor.clock import SystemClock
from monitor.core.changes import Change
from monitor.core.entries import Actor, ChairConfig, DeviceConfig, Entry, Role
from monitor.station import Station
from simulators.base.conversation import START, wake_until
from simulators.base.line import PacedLine
from simulators.base.patient import Patient
from simulators.base.physiology import Person
from simulators.base.registry import simulator_named
from simulators.base.waves import SECOND
from tests.bench.figures import Figure, percentile
from tests.bench.house import simulators

PORTS = 64
CHAIRS = 22
MIX = ("nonin", "intellivue", "suntech")
"""The drivers of the ports in turn."""
READING_S = 10.0
WARM_S = 6.0
CORE_S = 10.0
LOOP_S = 8.0
FIRST_S = 8.0
"""By then monitors have been associated and send."""

Piece = tuple[float, bytes]


def measure_ports(folder: Path) -> list[Figure]:
    """Return the figures of both; takes about 40 s."""
    before = psutil.cpu_times()
    reading = _measure_reading(folder)
    core = _measure_core(folder)
    now = psutil.cpu_times()
    stolen = 100 * (now.steal - before.steal) / (sum(now) - sum(before)) if hasattr(now, "steal") else None
    return [*reading, *core, Figure("ports64_machine_stolen", stolen, "% of time")]


def _measure_reading(folder: Path) -> list[Figure]:
    lines = [_Line(folder / f"port-{n}", traffic(MIX[n % 3]), random.Random(n)) for n in range(PORTS + 1)]
    links = [str(line.link) for line in lines]
    child = _child("read", {"links": links[:PORTS], "seconds": READING_S})
    alone = _child("read_alone", {"link": links[PORTS], "seconds": READING_S})
    for reader in (child, alone):
        assert reader.stdout
        reader.stdout.readline()
    late = _play(lines, READING_S + 1)
    told, by_itself = (json.loads(reader.stdout.readline()) for reader in (child, alone) if reader.stdout)
    reads: list[list[tuple[int, float]]] = told["reads"]
    for reader in (child, alone):
        reader.wait(10)
    for line in lines:
        line.close()
    latencies = [delay for line, its in zip(lines, reads, strict=False) for delay in line.delays(its)]
    p99, least = percentile(latencies, 0.99), percentile(lines[PORTS].delays(by_itself["reads"]), 0.99)
    return [
        Figure("ports64_reading_cpu", told["cpu"], "% of core", ("<=", 15)),
        Figure("ports64_reading_p50", percentile(latencies, 0.5), "ms"),
        Figure("ports64_reading_p99", p99, "ms"),
        Figure("ports64_alone_p99", least, "ms"),
        Figure("ports64_added_p99", None if p99 is None or least is None else max(0.0, p99 - least), "ms", ("<=", 3)),
        Figure("ports64_machine_late_p99", percentile(late, 0.99), "ms"),
        Figure("ports64_reading_rate", sum(map(len, reads)) / READING_S, "reads/s"),
        Figure("ports64_reading_bytes", told["bytes"] / READING_S / 1000, "kB/s"),
    ]


def _measure_core(folder: Path) -> list[Figure]:
    process, chairs = simulators(folder / "core", CHAIRS)
    try:
        child = _child("core", {"chairs": chairs})
        assert child.stdout
        told = json.loads(child.stdout.readline())
        child.wait(10)
    finally:
        process.terminate()
        process.wait()
    return [
        Figure("ports64_core_cpu", told["cpu"], "% of core", ("<=", 50)),
        Figure("ports64_core_bytes", told["bytes"] / CORE_S / 1000, "kB/s"),
        Figure("ports64_core_live", told["live"], "chairs"),
    ]


def _child(what: str, given: dict[str, Any]) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.ports", what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin
    child.stdin.write(json.dumps(given) + "\n")
    child.stdin.flush()
    return child


# What the devices send


@cache
def traffic(driver_name: str) -> list[Piece]:
    """Return what a device puts on its line in ``LOOP_S``, in an adapter's pieces, with the seconds at which each has passed."""
    driver = driver_named(driver_name)
    patient = Patient(Person(), 1, START)
    device = simulator_named(driver_name).make(patient, random.Random(1), START)
    line = PacedLine(driver.line, random.Random(1), START)
    decoder = driver.decoder()
    decoder.opened(START)
    pieces: list[Piece] = []
    for at in range(START, START + int((FIRST_S + LOOP_S) * SECOND), 2000):
        if (at - START) % 12_000 == 0:
            patient.advance(at)
            device.receive(decoder.bytes_to_send(), at)
            line.push(device.advance(at))
            wake_until(decoder, at)
        for piece in line.due(at):
            decoder.feed(piece, at)
            if at >= START + FIRST_S * SECOND:
                pieces.append(((at - START) / SECOND - FIRST_S, piece))
    return pieces or [(LOOP_S / 2, b"\x3e\x05\x4f\x4b\x23")]


class _Line:
    """A port whose device end is ours: plays its pieces again and again, and notes when each was written."""

    def __init__(self, link: Path, pieces: list[Piece], rng: random.Random) -> None:
        self.link = link
        self._pieces = pieces
        self._next = 0
        self._shift = -rng.uniform(0, LOOP_S)
        self._written: list[tuple[int, float]] = []
        self._count = 0
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        link.symlink_to(os.ttyname(self._theirs))
        while self.due < 0:
            self._step()

    @property
    def due(self) -> float:
        return self._shift + self._pieces[self._next][0]

    def _step(self) -> None:
        self._next += 1
        if self._next == len(self._pieces):
            self._next, self._shift = 0, self._shift + LOOP_S

    def write(self) -> None:
        data = self._pieces[self._next][1]
        self._step()
        at = time.monotonic()
        self._count += os.write(self._ours, data)
        self._written.append((self._count, at))

    def delays(self, reads: list[tuple[int, float]]) -> list[float]:
        """Milliseconds from each write to the read that brought its last byte."""
        found, waiting = [], iter(reads)
        read = next(waiting, None)
        for count, at in self._written:
            while read and read[0] < count:
                read = next(waiting, None)
            if read is None:
                break
            found.append((read[1] - at) * 1000)
        return found

    def close(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)


def _play(lines: list[_Line], seconds: float) -> list[float]:
    """Write every piece when it is due; return by how many milliseconds this process itself was woken late."""
    late: list[float] = []
    began = time.monotonic()
    queue = [(line.due, n) for n, line in enumerate(lines)]
    heapq.heapify(queue)
    while queue[0][0] < seconds:
        due, n = queue[0]
        early = began + due - time.monotonic()
        if early > 0:
            time.sleep(early)
            late.append((time.monotonic() - began - due) * 1000)
        lines[n].write()
        heapq.heapreplace(queue, (lines[n].due, n))
    return late


# The children


async def _read(given: dict[str, Any]) -> dict[str, Any]:
    """Read all ports for so long, as the server's acquisition does, and note each read."""
    reads: list[list[tuple[int, float]]] = [[] for _ in given["links"]]
    counts = [0] * len(reads)

    def reader(n: int) -> Callable[[bytes], None]:
        def received(data: bytes) -> None:
            counts[n] += len(data)
            reads[n].append((counts[n], time.monotonic()))

        return received

    ports: list[SerialPort] = []
    for n, link in enumerate(given["links"]):
        port = open_port(link, driver_named(MIX[n % 3]).line)
        port.start(reader(n), _nothing, _nothing)
        ports.append(port)
    _freeze()
    print("ready", flush=True)
    cpu = await _cpu_percent(given["seconds"])
    for port in ports:
        port.close()
    return {"cpu": cpu, "reads": reads, "bytes": sum(counts)}


async def _read_alone(given: dict[str, Any]) -> dict[str, Any]:
    """Read one line and nothing else, waiting in the system itself: what the line and the machine take, however it is read."""
    reads: list[tuple[int, float]] = []
    fd, count = os.open(given["link"], os.O_RDWR | os.O_NOCTTY), 0
    _freeze()
    print("ready", flush=True)
    until = time.monotonic() + given["seconds"]
    while time.monotonic() < until:
        count += len(os.read(fd, 4096))
        reads.append((count, time.monotonic()))
    os.close(fd)
    return {"reads": reads}


async def _core(given: dict[str, Any]) -> dict[str, Any]:
    """Run ports, station and bedsides of infusing chairs."""
    ports, configs = iter(range(PORTS)), []
    for chair in given["chairs"]:
        devices = tuple(
            DeviceConfig(d["id"], d["driver"], d["port"]) for d, _ in zip(chair["devices"], ports, strict=False)
        )
        configs.append(ChairConfig(chair["id"], chair["name"], devices))
    station = Station(SystemClock(), configs, all_drivers(), "bench")
    acquisition = Acquisition(station, all_drivers())
    station.start(_NoRecord(), {})
    tasks = [asyncio.create_task(station.run()), asyncio.create_task(acquisition.run())]
    order = {"kind": "rate", "rate_mg_h": "60", "duration_min": 90}
    nurse = Actor("L. Moreno", Role.NURSE)
    for chair in station.chairs:
        await station.act(chair, nurse, "admit", {"initials": "A.B.", "weight_kg": "78", "order": order})
        await station.act(chair, nurse, "start", {})
    await asyncio.sleep(WARM_S)
    _freeze()
    before = sum(port.counts.received for port in acquisition.ports.values())
    cpu = await _cpu_percent(CORE_S)
    received = sum(port.counts.received for port in acquisition.ports.values()) - before
    live = sum(any(v.value is not None and not v.spot for v in station.view(c)[1].vitals) for c in station.chairs)
    for task in tasks:
        task.cancel()
    return {"cpu": cpu, "bytes": received, "live": live}


class _NoRecord:
    """Takes what the recorder would."""

    def follow(self, chair: str, checkpoint: bytes | None) -> None: ...
    def take(self, entry: Entry, changes: list[Change], checkpoint: dict[str, Any] | None) -> None: ...
    async def committed(self, chair: str, seq: int) -> None: ...


def _nothing(_: object) -> None:
    """What happens here is not looked at."""


def _freeze() -> None:
    """As the server does: what is there to stay is not looked through again."""
    gc.collect()
    gc.freeze()


async def _cpu_percent(seconds: float) -> float:
    """Share of one core that this process uses from now on."""
    spent, began = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    return 100 * (time.process_time() - spent) / (time.monotonic() - began)


def main() -> None:
    children: dict[str, Callable[[dict[str, Any]], Coroutine[Any, Any, dict[str, Any]]]] = {
        "read": _read,
        "read_alone": _read_alone,
        "core": _core,
    }
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    given = json.loads(sys.stdin.readline())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(children[sys.argv[1]](given))), flush=True)


if __name__ == "__main__":
    main()
