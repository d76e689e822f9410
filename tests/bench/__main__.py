"""Measure Vigil with everything on, then its peer on the same machine; print the table, write ``build/bench.json``.

``python -m tests.bench ports`` measures the serial ports alone, and writes ``build/bench-ports.json``.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page

from tests.bench.figures import Figure, percentile, table, write
from tests.bench.house import Server, config, free_port, simulators, start_sessions
from tests.bench.lines import Cuff, Oximeter
from tests.bench.page import Drawing, drawn_for, noted, opened, watch
from tests.bench.ports import measure_ports

OUT = Path("build/bench.json")
OUT_PORTS = Path("build/bench-ports.json")
LIVE_S = 90.0
PEER_S = 30.0
ALARMS = 30
NUMBER = '[data-chair="1"][data-parameter="spo2"] .value'
BANNER = '[data-chair="1"] .rail'


def main(parts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ports = measure_ports(Path(folder))
    if parts == ["ports"]:
        write(ports, OUT_PORTS)
        print(table(ports))
        return
    with tempfile.TemporaryDirectory() as folder:
        ours = measure(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        peer = measure_peer(Path(folder))
    figures = [*ours, *ports, *peer, *ratios({figure.name: figure for figure in (*ours, *peer)})]
    write(figures, OUT)
    print(table(figures))


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
            latencies = matched(oximeter.known, [(text, at) for text, at in noted(page, "number") if text])
            alarms = alarm_latencies(page, server, cuff, records)
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
        Figure("alarm_to_dom_p50", percentile(alarms, 0.5), "ms"),
        Figure("alarm_to_dom_p99", percentile(alarms, 0.99), "ms", ("<=", 50)),
        Figure("alarm_to_dom_count", float(len(alarms)), "alarms"),
        *drawing_figures("page", drawing),
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


def drawing_figures(prefix: str, drawing: Drawing) -> list[Figure]:
    ours = prefix == "page"
    return [
        Figure(f"{prefix}_frames_per_second", drawing.frames_per_second, "/s", (">=", 59) if ours else None),
        Figure(f"{prefix}_late_frames", drawing.late_percent, "%", ("<=", 1) if ours else None),
        Figure(f"{prefix}_main_thread", drawing.main_thread_percent, "%", ("<=", 25) if ours else None),
    ]


def matched(known: list[tuple[int, float]], shown: list[tuple[str, float]]) -> list[float]:
    """Milliseconds from each byte that made a value known to the first showing of that value after it."""
    found = []
    for (value, at), (_, until) in zip(known, [*known[1:], (0, float("inf"))], strict=True):
        times = [when for text, when in shown if text == str(value) and at <= when < until]
        if times:
            found.append((times[0] - at) * 1000)
    return found


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


def measure_peer(folder: Path) -> list[Figure]:
    """The same chairs in the app made by the Dash documentation."""
    process, chairs = simulators(folder)
    oximeter = Oximeter(folder / "bench-oximeter")
    next(device for device in chairs[0]["devices"] if device["driver"] == "nonin")["port"] = str(
        folder / "bench-oximeter"
    )
    (folder / "chairs.json").write_text(json.dumps(chairs), encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.documentation_app", str(folder / "chairs.json"), str(port)]
    server = Server(command, port, folder / "peer.log")
    try:
        oximeter.start()
        server.wait_for("/")
        with opened(f"http://127.0.0.1:{port}/") as page:
            page.wait_for_selector("#spo2-1", state="attached", timeout=90_000)
            page.wait_for_timeout(8000)
            watch(page, "number", "#spo2-1")
            server.begin()
            drawing = drawn_for(page, PEER_S)
            cpu, memory = server.cpu_percent(), server.memory_mb()
            latencies = matched(oximeter.known, [(text, at) for text, at in noted(page, "number") if text])
    finally:
        server.stop()
        oximeter.stop()
        process.terminate()
        process.wait()
    return [
        Figure("peer_byte_to_dom_p50", percentile(latencies, 0.5), "ms"),
        Figure("peer_byte_to_dom_p99", percentile(latencies, 0.99), "ms"),
        *drawing_figures("peer", drawing),
        Figure("peer_server_cpu", cpu, "% of core"),
        Figure("peer_server_memory", memory, "MB"),
    ]


def ratios(by_name: dict[str, Figure]) -> list[Figure]:
    """How many times the peer's figure is ours (frames: ours is the peer's)."""
    found = []
    for name in ("byte_to_dom_p50", "byte_to_dom_p99", "server_cpu"):
        found.append(_ratio(f"ratio_{name}", by_name[f"peer_{name}"].value, by_name[name].value))
    found.append(
        _ratio("ratio_frames", by_name["page_frames_per_second"].value, by_name["peer_frames_per_second"].value)
    )
    found.append(_ratio("ratio_main_thread", by_name["peer_main_thread"].value, by_name["page_main_thread"].value))
    return found


def _ratio(name: str, over: float | None, under: float | None) -> Figure:
    return Figure(name, over / under if over and under else None, "×")


if __name__ == "__main__":
    main(sys.argv[1:])
