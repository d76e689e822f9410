"""Another peer: the same chairs in the app that one would build from Bokeh's documentation on streaming.

A thread a port reads and decodes; every 100 ms a periodic callback streams what is new into a source a curve.
``python -m tests.bench.bokeh_app CHAIRS.json PORT``
"""

import sys
from functools import partial
from typing import Any

from bokeh.layouts import column, gridplot
from bokeh.models import ColumnDataSource, Div
from bokeh.plotting import figure
from bokeh.server.server import Server

from tests.bench.readers import CURVES, SHOWN, fresh, numbers, start

EVERY_MS = 100
COLUMNS = 4


class _Tile:
    def __init__(self, chair: str) -> None:
        self._chair = chair
        self._sent = dict.fromkeys(CURVES, 0)
        self._sources = {name: ColumnDataSource({"x": [], "y": []}) for name in CURVES}
        plot = figure(width=440, height=180, toolbar_location=None)
        for source in self._sources.values():
            plot.line("x", "y", source=source)
        self._numbers = {what: Div(text="", css_classes=[f"{what}-{chair}"]) for what in ("spo2", "hr")}
        self.model = column(Div(text=f"Chair {chair}"), *self._numbers.values(), plot)

    def renew(self) -> None:
        for name, source in self._sources.items():
            before = self._sent[name]
            self._sent[name], samples = fresh(self._chair, name, before)
            at = range(self._sent[name] - len(samples), self._sent[name])
            source.stream({"x": list(at), "y": samples}, rollover=SHOWN)
        for what, text in self._numbers.items():
            text.text = str(numbers.get((self._chair, what), ""))


def _page(names: list[str], document: Any) -> None:
    tiles = [_Tile(name) for name in names]
    document.add_root(gridplot([tile.model for tile in tiles], ncols=COLUMNS, toolbar_location=None))

    def renew() -> None:
        for tile in tiles:
            tile.renew()

    document.add_periodic_callback(renew, EVERY_MS)


def main() -> None:
    port = int(sys.argv[2])
    server = Server({"/": partial(_page, start(sys.argv[1]))}, port=port, allow_websocket_origin=[f"127.0.0.1:{port}"])
    server.start()
    server.io_loop.start()


if __name__ == "__main__":
    main()
