"""The one callback of the house: which page stands at a path. Live data never comes this way."""

from dash import Dash, Input, Output
from dash.development.base_component import Component

from dashboard import ids, layout


def register(app: Dash) -> None:
    """Let ``app`` show the page of its address. Async: Dash runs a synchronous callback on the event loop."""

    @app.callback(Output(ids.PAGE, "children"), Input(ids.URL, "pathname"))
    async def show(path: str | None) -> Component:
        return layout.page(path or "/")
