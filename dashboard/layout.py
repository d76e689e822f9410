"""The pages as Dash components: a shell that stays, and one page of mount points for each path.

Holds no value of any patient: the browser's modules fill the mount points and keep them live. Knows no chair either,
so that a page of a chair that does not exist is told so by the module, which has the list.
"""

from typing import Any
from urllib.parse import unquote

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids


def shell() -> Component:
    """Return what stays while pages change: so the audio that a tap has unlocked survives."""
    return html.Div(
        id=ids.SHELL,
        children=[
            dcc.Location(id=ids.URL, refresh=False),
            html.Header(id=ids.TOP),
            html.Main(id=ids.PAGE),
            html.Nav(id=ids.TABS),
            html.Div(id=ids.COVER),
        ],
    )


def page(path: str) -> Component:
    """Return the page of ``path``; an unknown path has a page that says so."""
    path = "/" + path.strip("/")
    if path.startswith("/chair/") and path.count("/") == 2:
        return chair_page(unquote(path.removeprefix("/chair/")))
    if path.startswith("/session/") and path.count("/") == 2:
        session = unquote(path.removeprefix("/session/"))
        return html.Div(id=ids.REVIEW, key=f"session-{session}", **_attributes(data_session=session))
    if path in _PLAIN:
        return html.Div(id=_PLAIN[path])
    return nowhere()


_PLAIN = {
    "/": ids.WALL,
    "/alerts": ids.ALERTS,
    "/sessions": ids.SESSIONS,
    "/shift": ids.SHIFT,
    "/settings": ids.SETTINGS,
    "/what-if": ids.WHAT_IF,
    "/sign-in": ids.SIGN_IN,
}


def chair_page(chair: str) -> Component:
    """Return the mount points of one chair: its present, its trend, its session, its charting and its devices."""

    def part(name: str) -> Component:
        return html.Section(id=name, **_attributes(data_chair=chair))

    side = html.Div(className="side", children=[part(ids.SESSION), part(ids.CHARTING), part(ids.DEVICES)])
    return html.Div(className="chair-page", key=f"chair-{chair}", children=[part(ids.CHAIR), part(ids.TREND), side])


def _attributes(**words: str) -> dict[str, Any]:
    """Return HTML attributes whose names hold a hyphen, which no keyword can."""
    return {name.replace("_", "-"): word for name, word in words.items()}


def nowhere() -> Component:
    """Return the page for a path that leads nowhere."""
    return html.Div(id=ids.NOWHERE, className="nowhere")
