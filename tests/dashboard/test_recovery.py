"""Recovery in a real browser: what is asked for before the way home, the sheets, and the close that a person signs."""

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browsing import PHONE, Screen, module, shot
from tests.dashboard.fake_api import FakeClinic, clinic
from tests.dashboard.test_gate import acted, button, criteria_shown, dialog, overflow, press, row


@pytest.fixture
def house() -> FakeClinic:
    return clinic("4")


@pytest.fixture
def page(screen: Screen, house: FakeClinic) -> Page:
    return screen.show(house, "/chair/4")


def open_list(page: Page) -> None:
    criteria_shown(page)
    button(page, "Checklist…").click()
    expect(row(page, "handout_given")).to_be_visible()


@pytest.mark.parametrize(
    ("chosen", "sum"),
    [
        ("['2','2','1','2','2']", {"points": [2, 2, 1, 2, 2], "sum": 9, "count": 5}),
        ("['2',null,'0',null,null]", {"points": None, "sum": 2, "count": 2}),
        ("['0','0','0','0','0']", {"points": [0, 0, 0, 0, 0], "sum": 0, "count": 5}),
    ],
)
def test_a_sheet_counts_only_when_every_item_has_its_points(
    plain_page: Page, chosen: str, sum: dict[str, object]
) -> None:
    assert module(plain_page, "recovery", f"m.sumOf({chosen})") == sum


def test_the_panel_tells_what_is_met_and_who_decides(page: Page) -> None:
    expect(page.locator("#vigil-session")).to_contain_text("1 of 10 met")
    expect(page.locator("#vigil-session")).to_contain_text("A person decides and signs.")


def test_a_score_is_charted_item_by_item_with_its_sum_in_sight(page: Page, house: FakeClinic) -> None:
    open_list(page)
    shot(page, "discharge")
    row(page, "aldrete").get_by_role("button", name="Aldrete…").click()
    expect(dialog(page)).to_contain_text("0 of 5 items")
    for words in (
        "2 · moves four limbs",
        "2 · breathes deeply, coughs",
        "1 · ±20 to 49 % of before",
        "2 · fully awake",
    ):
        dialog(page).get_by_text(words).click()
    press(page, "Chart the score")
    expect(dialog(page)).to_contain_text("Each item needs its points.")
    dialog(page).get_by_text("2 · above 92 % on room air").click()
    expect(dialog(page)).to_contain_text("Sum 9 of 10; 9 or more is asked for.")
    press(page, "Chart the score")
    expect(row(page, "aldrete")).to_contain_text("charted 9")
    expect(row(page, "aldrete").locator(".state")).to_have_text("met")
    assert acted(house, "chart") == [{"kind": "aldrete", "points": [2, 2, 1, 2, 2]}]


def test_scales_and_checks_are_charted_from_the_list_and_a_check_is_taken_back(page: Page, house: FakeClinic) -> None:
    open_list(page)
    row(page, "moaas").get_by_role("button").click()
    dialog(page).get_by_text("5 · responds readily to name").click()
    press(page, "Chart")
    expect(row(page, "moaas").locator(".state")).to_have_text("met")
    row(page, "steady_gait").get_by_role("button", name="Walks steadily").click()
    expect(row(page, "steady_gait").locator(".state")).to_have_text("met")
    row(page, "steady_gait").get_by_role("button", name="Take back").click()
    expect(row(page, "steady_gait").locator(".state")).to_have_text("not yet")
    row(page, "pressures").get_by_role("button", name="Cuff now").click()
    assert acted(house, "chart") == [
        {"kind": "moaas", "level": 5},
        {"kind": "check", "term": "steady_gait", "level": 1},
        {"kind": "check", "term": "steady_gait", "level": 0},
    ]


def test_closing_tells_what_is_not_met_and_asks_why(page: Page, house: FakeClinic) -> None:
    open_list(page)
    press(page, "Close the session…")
    expect(dialog(page).locator(".missing")).to_contain_text("60 min since the end (24 min)")
    expect(dialog(page)).to_contain_text("a person decides and signs. You sign as L. Moreno.")
    press(page, "Sign and close")
    expect(dialog(page)).to_contain_text("needs a reason")
    assert house.acted == []
    dialog(page).get_by_label("Why in spite of that").fill("transferred")
    press(page, "Sign and close")
    expect(page.locator("#vigil-session")).to_contain_text("No patient at this chair.")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert acted(house, "close") == [{"handover": "", "reason": "transferred"}]


def test_list_and_sheet_fit_a_phone(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/chair/4", PHONE)
    open_list(page)
    assert overflow(page) <= 0
    row(page, "aldrete").get_by_role("button", name="PADSS…").click()
    expect(page.locator(".sheet")).to_be_visible()
    assert overflow(page) <= 0
    shot(page, "padss-phone")
