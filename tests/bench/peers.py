"""The same chairs, at the same rates, in apps built as the documentation of Dash and of Bokeh shows it."""

import importlib.util
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure, percentile
from tests.bench.house import Server, free_port, simulators
from tests.bench.lines import Oximeter, matched
from tests.bench.page import drawing_figures, drawn_for, noted, opened, watch

SETTLE_S = 8
PEER_S = 16.0


@dataclass(frozen=True, slots=True)
class Peer:
    """``number``: where its page shows the SpO2 of the chair whose oximeter the bench plays."""

    prefix: str
    module: str
    number: str
    arguments: tuple[str, ...] = ()


PEERS = (
    Peer("peer", "tests.bench.documentation_app", "#spo2-1"),
    Peer("peer_extend", "tests.bench.documentation_app", "#spo2-1", ("extend",)),
    Peer("peer_bokeh", "tests.bench.bokeh_app", ".spo2-1"),
)


def measure_peers() -> list[Figure]:
    """Measure each peer that is installed, one after the other."""
    figures: list[Figure] = []
    for peer in PEERS:
        if peer.prefix == "peer_bokeh" and importlib.util.find_spec("bokeh") is None:
            print("Bokeh is not installed, and so is not measured: pip install -r requirements-bench.lock")
            continue
        with tempfile.TemporaryDirectory() as folder:
            figures += _measured(peer, Path(folder))
    return figures


def _measured(peer: Peer, folder: Path) -> list[Figure]:
    process, chairs = simulators(folder)
    oximeter = Oximeter(folder / "bench-oximeter")
    next(device for device in chairs[0]["devices"] if device["driver"] == "nonin")["port"] = str(
        folder / "bench-oximeter"
    )
    (folder / "chairs.json").write_text(json.dumps(chairs), encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", peer.module, str(folder / "chairs.json"), str(port), *peer.arguments]
    server = Server(command, port, folder / "peer.log")
    try:
        oximeter.start()
        server.wait_for("/")
        with opened(f"http://127.0.0.1:{port}/") as page:
            page.wait_for_selector(peer.number, state="attached", timeout=90_000)
            page.wait_for_timeout(SETTLE_S * 1000)
            watch(page, "number", peer.number)
            server.begin()
            drawing = drawn_for(page, PEER_S)
            cpu, memory = server.cpu_percent(), server.memory_mb()
            shown = matched(oximeter.known, noted(page, "number"))
            drawn = matched(oximeter.known, noted(page, "number", drawn=True))
    finally:
        server.stop()
        oximeter.stop()
        process.terminate()
        process.wait()
    return [
        Figure(f"{peer.prefix}_byte_to_dom_p50", percentile(shown, 0.5), "ms"),
        Figure(f"{peer.prefix}_byte_to_dom_p99", percentile(shown, 0.99), "ms"),
        Figure(f"{peer.prefix}_byte_to_frame_p50", percentile(drawn, 0.5), "ms"),
        *drawing_figures(peer.prefix, drawing),
        Figure(f"{peer.prefix}_server_cpu", cpu, "% of core"),
        Figure(f"{peer.prefix}_server_memory", memory, "MB"),
    ]


def ratios(by_name: dict[str, Figure]) -> list[Figure]:
    """How many times the peers' figures are ours (frames: ours are theirs)."""
    found = []
    for peer in PEERS:
        if f"{peer.prefix}_server_cpu" not in by_name:
            continue
        what = peer.prefix.replace("peer", "ratio", 1)
        for name in ("byte_to_dom_p50", "byte_to_dom_p99", "byte_to_frame_p50", "server_cpu"):
            found.append(_ratio(f"{what}_{name}", by_name[f"{peer.prefix}_{name}"].value, by_name[name].value))
        for name in ("main_thread", "long_tasks"):
            theirs, ours = by_name[f"{peer.prefix}_{name}"].value, by_name[f"page_{name}"].value
            found.append(_ratio(f"{what}_{name}", theirs, ours))
        frames = by_name["page_frames_per_second"].value, by_name[f"{peer.prefix}_frames_per_second"].value
        found.append(_ratio(f"{what}_frames", *frames))
    return found


def _ratio(name: str, over: float | None, under: float | None) -> Figure:
    return Figure(name, over / under if over is not None and under else None, "×")
