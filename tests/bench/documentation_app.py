"""The peer: the same chairs in the app that one would build from the Dash documentation.

A thread a port reads and decodes; a ``dcc.Interval`` of 250 ms sends whole figures and numbers to the page.
``python -m tests.bench.documentation_app CHAIRS.json PORT``
"""

import json
import sys
import threading
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import serial
from dash import Dash, Input, Output, dcc, html

from drivers.base.observations import Reading, WaveformChunk
from drivers.base.registry import driver_named
from drivers.base.vocabulary import CommandKind

numbers: dict[tuple[str, str], Any] = {}
curves: dict[tuple[str, str], deque[int]] = defaultdict(lambda: deque(maxlen=1500))


def read(chair: str, device: dict[str, str]) -> None:
    driver = driver_named(device["driver"])
    decoder = driver.decoder()
    with serial.Serial(device["port"], driver.line.baud, timeout=0.05) as port:
        decoder.opened(time.time_ns() // 1000)
        while True:
            port.write(decoder.bytes_to_send())
            data = port.read(port.in_waiting or 1)
            now = time.time_ns() // 1000
            said = decoder.feed(data, now) if data else []
            if (deadline := decoder.next_deadline()) is not None and deadline <= now:
                said += decoder.wake(now)
            for observation in said:
                if isinstance(observation, Reading):
                    numbers.update(((chair, numeric.parameter), numeric.value) for numeric in observation.numerics)
                elif isinstance(observation, WaveformChunk):
                    curves[chair, observation.waveform].extend(observation.samples)


def tile(chair: str) -> html.Div:
    shown = [
        html.H4(f"Chair {chair}"),
        html.Span(id=f"spo2-{chair}"),
        html.Span(id=f"hr-{chair}"),
        dcc.Graph(id=f"graph-{chair}"),
    ]
    return html.Div(shown, style={"width": "24%", "display": "inline-block"})


def figure(chair: str) -> dict[str, Any]:
    """A whole figure, as a plain dict: with ``go.Figure`` no answer comes before the next interval makes it stale."""
    curves_of = [{"type": "scatter", "y": list(curves[chair, name]), "name": name} for name in ("ecg_ii", "pleth")]
    return {"data": curves_of, "layout": {"height": 180, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}}}


def _answer_for(app: Dash, chair: str) -> None:
    outputs = [
        Output(f"spo2-{chair}", "children"),
        Output(f"hr-{chair}", "children"),
        Output(f"graph-{chair}", "figure"),
    ]

    @app.callback(outputs, Input("tick", "n_intervals"))
    def tick(_: int) -> list[Any]:
        return [numbers.get((chair, "spo2")), numbers.get((chair, "hr")), figure(chair)]


def main() -> None:
    chairs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for chair in chairs:
        for device in chair["devices"]:
            if CommandKind.NIBP_START not in driver_named(device["driver"]).commands:
                threading.Thread(target=read, args=(chair["id"], device), daemon=True).start()
    names = [chair["id"] for chair in chairs]
    app = Dash(__name__)
    app.layout = html.Div([*(tile(name) for name in names), dcc.Interval(id="tick", interval=250)])
    for name in names:
        _answer_for(app, name)
    app.run(port=int(sys.argv[2]), debug=False)


if __name__ == "__main__":
    main()
