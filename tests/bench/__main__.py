"""Measure Vigil with everything on, then its peers on the same machine; print the table, write ``build/bench.json``.

``python -m tests.bench PART …`` measures parts alone and writes ``build/bench-PART.json``: ports, live, past, hour, many, peers.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page

from tests.bench.figures import Figure, percentile, table, write
from tests.bench.hour import measure_hour, measure_many
from tests.bench.house import Server, config, free_port, simulators, start_sessions
from tests.bench.lines import Cuff, Oximeter, matched
from tests.bench.page import drawing_figures, drawn_for, first_numbers, noted, opened, watch
from tests.bench.past import measure_past
from tests.bench.peers import measure_peers, ratios
from tests.bench.ports import measure_ports

BUILD = Path("build")
LIVE_S = 60.0
LOADS = 4
ALARMS = 30
NUMBER = '[data-chair="1"][data-parameter="spo2"] .value'
BANNER = '[data-chair="1"] .rail'


def main(parts: list[str]) -> None:
    if unknown := set(parts) - set(PARTS):
        sys.exit(f"There is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
    figures: list[Figure] = []
    for name in parts or PARTS:
        began = time.monotonic()
        figures += PARTS[name]()
        print(f"{name}: measured in {time.monotonic() - began:.0f} s", flush=True)
    by_name = {figure.name: figure for figure in figures}
    if "page_main_thread" in by_name:
        figures += ratios(by_name)
    write(figures, BUILD / ("-".join(["bench", *parts]) + ".json"))
    print(table(figures))


def _ports() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        return measure_ports(Path(folder))


def _live() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder))


def measure(folder: Path) -> list[Figure]:
    """Sixteen chairs in Vigil, its wall open in Chromium."""
    process, chairs = simulators(folder)
    records: list[float] = []
    oximeter = Oximeter(folder / "bench-oximeter")
    cuff = Cuff(folder / "bench-cuff", records.append)
    for device in chairs[0]["devices"]:
        device["port"] = {"nonin": str(folder / "bench-oximeter"), "suntech": str(folder / "bench-cuff")}.get(
            device["driver"], device["port"]
        )
    port = free_port()
    (folder / "vigil.toml").write_text(config(chairs, port, folder / "data"), encoding="utf-8")
    command = [sys.executable, "-m", "dashboard", "serve", "--config", str(folder / "vigil.toml")]
    server = Server(command, port, folder / "server.log")
    try:
        oximeter.start()
        cuff.start()
        server.wait_for("/healthz")
        start_sessions(server, chairs)
        with opened(f"http://127.0.0.1:{port}/") as page:
            page.wait_for_selector(NUMBER)
            page.wait_for_timeout(10_000)
            watch(page, "number", NUMBER)
            watch(page, "banner", BANNER, "data-priority")
            server.begin()
            before = psutil.cpu_times()
            drawing = drawn_for(page, LIVE_S)
            cpu, memory, stolen = server.cpu_percent(), server.memory_mb(), stolen_percent(before)
            latencies = matched(oximeter.known, noted(page, "number"))
            drawn = matched(oximeter.known, noted(page, "number", drawn=True))
            alarms = alarm_latencies(page, server, cuff, records)
        fresh, again = first_numbers(f"http://127.0.0.1:{port}/", ".cell .value", LOADS)
    finally:
        server.stop()
        oximeter.stop()
        cuff.stop()
        process.terminate()
        process.wait()
    return [
        Figure("byte_to_dom_p50", percentile(latencies, 0.5), "ms", ("<=", 3)),
        Figure("byte_to_dom_p99", percentile(latencies, 0.99), "ms", ("<=", 15)),
        Figure("byte_to_dom_count", float(len(latencies)), "changes"),
        Figure("byte_to_frame_p50", percentile(drawn, 0.5), "ms"),
        Figure("byte_to_frame_p99", percentile(drawn, 0.99), "ms"),
        Figure("alarm_to_dom_p50", percentile(alarms, 0.5), "ms"),
        Figure("alarm_to_dom_p99", percentile(alarms, 0.99), "ms", ("<=", 50)),
        Figure("alarm_to_dom_count", float(len(alarms)), "alarms"),
        *drawing_figures(
            "page", drawing, {"frames_per_second": (">=", 59), "late_frames": ("<=", 1), "main_thread": ("<=", 25)}
        ),
        Figure("page_load", percentile(fresh, 0.5), "ms", ("<=", 1500)),
        Figure("page_load_again", percentile(again, 0.5), "ms"),
        Figure("server_cpu", cpu, "% of core", ("<=", 20)),
        Figure("server_memory", memory, "MB", ("<=", 200)),
        Figure("machine_stolen", stolen, "% of time"),
    ]


def stolen_percent(before: Any) -> float | None:
    """Share of the time since ``before`` in which this machine wanted to run and its host did not let it; None where untold."""
    now = psutil.cpu_times()
    if not hasattr(now, "steal"):
        return None
    return float(100 * (now.steal - before.steal) / (sum(now) - sum(before)))


def alarm_latencies(page: Page, server: Server, cuff: Cuff, records: list[float]) -> list[float]:
    """From the record that makes systolic 205 known to the banner of its high alert, again and again."""
    found = []
    for _ in range(ALARMS):
        began = time.time()
        cuff.next_reading = (205, 118, 147)
        _determine(server)
        page.wait_for_timeout(500)
        banners = [at for text, at in noted(page, "banner") if text == "high" and at >= began]
        written = [at for at in records if at >= began]
        if banners and len(written) >= 2:
            found.append((banners[0] - written[1]) * 1000)
        cuff.next_reading = (120, 75, 90)
        for _ in range(3):
            _determine(server)
        _acknowledge_all(server)
    return found


def _determine(server: Server) -> None:
    until = time.monotonic() + 5
    while server.client.post("/api/chairs/1/nibp_start", json={}).status_code != 200 and time.monotonic() < until:
        time.sleep(0.05)
    while time.monotonic() < until:
        commands = server.client.get("/api/chairs/1").json()["state"]["commands"]
        if all(command["state"] in ("done", "refused", "timed_out") for command in commands):
            return
        time.sleep(0.05)


def _acknowledge_all(server: Server) -> None:
    for alert in server.client.get("/api/chairs/1").json()["state"]["alerts"]:
        if alert["state"] in ("active", "latched"):
            server.client.post("/api/chairs/1/acknowledge", json={"alert": alert["id"]})


PARTS = {
    "ports": _ports,
    "live": _live,
    "past": measure_past,
    "hour": measure_hour,
    "many": measure_many,
    "peers": measure_peers,
}


if __name__ == "__main__":
    main(sys.argv[1:])
