"""The pages as Dash components, and the tokens of the look: no browser is needed."""

import pytest
from dash.development.base_component import Component

from dashboard import ids, layout, theme

PROMISED = {
    "text-1": 16.8,
    "text-2": 9.4,
    "text-3": 5.9,
    "stale": 5.0,
    "hr": 10.9,
    "spo2": 8.3,
    "nibp": 9.5,
    "rr": 13.0,
    "high-line": 6.0,
    "low-line": 11.3,
}
"""Contrast on the tile, dark theme."""

PROMISED_LIGHT = {
    "text-1": 18.4,
    "text-2": 8.3,
    "text-3": 5.6,
    "stale": 4.6,
    "hr": 5.4,
    "spo2": 6.2,
    "nibp": 7.0,
    "rr": 7.5,
    "low-line": 5.0,
}
INKS = [
    ("high-fill", "high-ink"),
    ("high-off", "high-off-ink"),
    ("medium-fill", "medium-ink"),
    ("medium-off", "medium-off-ink"),
]


def id_of(component: Component) -> object:
    return getattr(component, "id", None)


@pytest.mark.parametrize(
    ("path", "mount"),
    [
        ("/", ids.WALL),
        ("/alerts", ids.ALERTS),
        ("/alerts/", ids.ALERTS),
        ("/sessions", ids.SESSIONS),
        ("/shift", ids.SHIFT),
    ],
)
def test_a_path_has_its_mount_point(path: str, mount: str) -> None:
    assert id_of(layout.page(path)) == mount


def test_a_chair_page_names_its_chair_in_every_part() -> None:
    parts = layout.page("/chair/a%20b")._traverse()  # type: ignore[no-untyped-call]
    named = {part.id: part.to_plotly_json()["props"]["data-chair"] for part in parts if getattr(part, "id", None)}
    assert named == dict.fromkeys((ids.CHAIR, ids.TREND, ids.SESSION, ids.CHARTING, ids.DEVICES), "a b")


def test_a_session_page_names_its_session() -> None:
    page = layout.page("/session/2%3A1795333324126000")
    assert id_of(page) == ids.REVIEW
    props: dict[str, object] = page.to_plotly_json()["props"]  # type: ignore[no-untyped-call]
    assert props["data-session"] == "2:1795333324126000"


@pytest.mark.parametrize("path", ["/nonsense", "/session", "/session/1/2", "/chair", "/chair/1/2", "/_dash"])
def test_any_other_path_has_the_page_that_says_so(path: str) -> None:
    assert id_of(layout.page(path)) == ids.NOWHERE


@pytest.mark.parametrize("name", PROMISED)
def test_dark_contrast(name: str) -> None:
    dark = theme.tokens("dark")
    assert round(theme.contrast(dark[name], dark["tile"]), 1) >= PROMISED[name]


@pytest.mark.parametrize("name", PROMISED_LIGHT)
def test_light_contrast(name: str) -> None:
    light = theme.tokens("light")
    assert round(theme.contrast(light[name], light["tile"]), 1) >= PROMISED_LIGHT[name]


@pytest.mark.parametrize("which", ["dark", "light"])
@pytest.mark.parametrize(("fill", "ink"), INKS)
def test_ink_stays_readable_in_both_phases_of_the_flash(which: str, fill: str, ink: str) -> None:
    colours = theme.tokens("dark" if which == "dark" else "light")
    assert theme.contrast(colours[fill], colours[ink]) >= 4.5


def test_both_themes_have_the_same_colours() -> None:
    dark, light = theme.tokens("dark"), theme.tokens("light")
    assert set(dark) == set(light)
    same = {name for name in dark if dark[name] == light[name] and dark[name].startswith("#")}
    assert same == {"high-ink", "high-off-ink", "high-key", "medium-ink"}
