"""A spot check of SpO₂ on the wall and on a chair's page: grey, with its word and its minutes, beside no limit."""

import json
from dataclasses import replace
from typing import Any

from playwright.sync_api import Page, expect

from drivers.base.vocabulary import UNITS, Parameter
from monitor.core.changes import ChairView, Vital
from monitor.web import messages
from tests.dashboard.browsing import Screen, module
from tests.dashboard.chairs import MINUTE, SECOND, calm
from tests.dashboard.fake_server import FakeHouse, now


def spot_checked(at: int) -> ChairView:
    """A chair with a monitor's breathing rate and, 12 min old, an oximeter's spot check."""
    chair = calm("1", at)
    spots = [(Parameter.SPO2, 97), (Parameter.PR, 80)]
    vitals = tuple(
        Vital(name, value, UNITS[name], at - 12 * MINUTE - 5 * SECOND, "oximeter", (), True, value, at - 12 * MINUTE)
        for name, value in spots
    )
    return replace(chair, vitals=(*vitals, *(v for v in chair.vitals if v.parameter is Parameter.RR)))


def test_a_spot_check_is_grey_and_tells_its_minutes(screen: Screen) -> None:
    wall = screen.show(FakeHouse([spot_checked(now())]), "/")
    for kind, name, value in (("spo2", "SpO₂", "97"), ("hr", "PR", "80")):
        is_grey(wall, kind, name, value)


def is_grey(wall: Page, kind: str, name: str, value: str) -> None:
    cell = wall.locator(f'.tile[data-chair="1"] .cell[data-kind="{kind}"]')
    expect(cell.locator(".value")).to_have_text(value)
    expect(cell.locator(".name")).to_have_text(name)
    expect(cell).to_have_attribute("data-age", "spot")
    expect(cell.locator(".age")).to_have_text("spot 12 min")
    expect(cell.locator(".limits")).to_be_hidden()
    grey, live = (
        wall.evaluate(
            "([cell, kind]) => getComputedStyle(cell.querySelector(kind)).color", [cell.element_handle(), part]
        )
        for part in (".figure", ".limits")
    )
    breath = wall.locator('.tile[data-chair="1"] .cell[data-kind="rr"] .figure')
    assert grey != breath.evaluate("(figure) => getComputedStyle(figure).color")
    assert grey != live


def test_a_spot_check_is_no_present_value_in_an_alerts_words(plain_page: Page) -> None:
    def present(**vital: Any) -> Any:
        chair = json.dumps({"vitals": [vital]})
        return module(plain_page, "model", f"m.presentOf({chair}, '{vital['parameter']}')")

    assert present(parameter="spo2", value=97, spot=True) is None
    assert present(parameter="spo2", value=96, spot=False) == 96
    assert present(parameter="nibp_sys", value=164, spot=True) == 164
    assert module(plain_page, "model", "m.presentOf({ vitals: [] }, null)") is None


def test_the_message_says_that_it_is_a_spot_check() -> None:
    told = json.loads(messages.encode(spot_checked(1_000 * MINUTE)))
    assert [vital["spot"] for vital in told["vitals"]] == [True, True, False]
