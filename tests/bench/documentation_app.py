"""The peer: the same chairs in the app that one would build from the Dash documentation.

A thread a port reads and decodes; a ``dcc.Interval`` of 250 ms sends numbers and whole figures to the page, as the page on live
updates has it, or with ``extend`` numbers and what is new of the curves, through ``extendData``.
``python -m tests.bench.documentation_app CHAIRS.json PORT [extend]``
"""

import sys
from typing import Any

from dash import Dash, Input, Output, dcc, html

from tests.bench.readers import CURVES, SHOWN, curves, fresh, numbers, start

LAYOUT = {"height": 180, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}}


def tile(chair: str) -> html.Div:
    empty = [{"type": "scatter", "y": [], "name": name} for name in CURVES]
    shown = [
        html.H4(f"Chair {chair}"),
        html.Span(id=f"spo2-{chair}"),
        html.Span(id=f"hr-{chair}"),
        dcc.Graph(id=f"graph-{chair}", figure={"data": empty, "layout": LAYOUT}),
    ]
    return html.Div(shown, style={"width": "24%", "display": "inline-block"})


def figure(chair: str) -> dict[str, Any]:
    """A whole figure, as a plain dict: with ``go.Figure`` no answer comes before the next interval makes it stale."""
    curves_of = [{"type": "scatter", "y": list(curves[chair, name]), "name": name} for name in CURVES]
    return {"data": curves_of, "layout": LAYOUT}


def _answer_for(app: Dash, chair: str, extend: bool) -> None:
    sent = dict.fromkeys(CURVES, 0)

    def extension() -> list[Any]:
        found = []
        for name in CURVES:
            sent[name], samples = fresh(chair, name, sent[name])
            found.append(samples)
        return [{"y": found}, list(range(len(CURVES))), SHOWN]

    outputs = [
        Output(f"spo2-{chair}", "children"),
        Output(f"hr-{chair}", "children"),
        Output(f"graph-{chair}", "extendData" if extend else "figure"),
    ]

    @app.callback(outputs, Input("tick", "n_intervals"))
    def tick(_: int) -> list[Any]:
        return [numbers.get((chair, "spo2")), numbers.get((chair, "hr")), extension() if extend else figure(chair)]


def main() -> None:
    names = start(sys.argv[1])
    app = Dash(__name__)
    app.layout = html.Div([*(tile(name) for name in names), dcc.Interval(id="tick", interval=250)])
    for name in names:
        _answer_for(app, name, sys.argv[3:] == ["extend"])
    app.run(port=int(sys.argv[2]), debug=False)


if __name__ == "__main__":
    main()
