"""Charting in a real browser: one tap a scale, sheets for the rest, who and how long ago, what is due, the emergency mark."""

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from monitor.core.changes import Charted, SessionChanged
from monitor.core.schedule import next_due
from monitor.core.scores import SCALES, SCORES
from tests.dashboard.browsing import PHONE, Screen, module, settled, shot
from tests.dashboard.chairs import MINUTE
from tests.dashboard.fake_api import PHYSICIAN, FakeClinic, clinic
from tests.dashboard.fake_charting import charted_in
from tests.dashboard.fake_server import now


@pytest.fixture
def house() -> FakeClinic:
    house = clinic("1,8")
    house.chairs["1"] = charted_in(house.chairs["1"])
    return house


@pytest.fixture
def page(screen: Screen, house: FakeClinic) -> Page:
    page = screen.show(house, "/chair/1")
    expect(panel(page).get_by_role("group", name="Pain")).to_be_visible()
    return page


def panel(page: Page) -> Locator:
    return page.locator("#vigil-charting")


def tap(page: Page, name: str) -> None:
    panel(page).get_by_role("button", name=name).click()


def sheet(page: Page) -> Locator:
    return page.locator("dialog[open]")


def charted(house: FakeClinic) -> list[dict[str, Any]]:
    assert {(chair, action) for chair, action, _ in house.acted} <= {("1", "chart")}
    return [body for _, _, body in house.acted]


# Scales


def test_one_tap_charts_a_level_and_tells_who_and_when(page: Page, house: FakeClinic) -> None:
    row = panel(page).locator(".scale[data-scale='moaas']")
    expect(row.locator(".last")).to_have_text("L.M. 2 min")
    row.get_by_role("button", name="MOAA/S 3: responds to loud or repeated name").click()
    expect(panel(page).locator(".said")).to_have_text("Charted: MOAA/S 3")
    expect(row.locator("[aria-pressed='true']")).to_have_text("3")
    expect(row.locator(".last")).to_have_text(re.compile(r"L\.M\. \d+ s$"))
    assert charted(house) == [{"kind": "moaas", "level": 3}]


def test_a_level_charted_long_ago_does_not_look_like_one_of_now(page: Page) -> None:
    assert panel(page).locator(".scale[data-scale='pain'] [data-age='fresh']").inner_text() == "3"
    assert panel(page).locator(".scale[data-scale='nausea'] [data-age='old'] b").inner_text() == "0"
    expect(panel(page).locator(".scale[data-scale='anxiety'] [aria-pressed='true']")).to_have_count(0)


def test_a_refusal_is_told_and_nothing_looks_charted(page: Page, house: FakeClinic) -> None:
    house.refuse = "The session is closed."
    tap(page, "Pain 9")
    expect(panel(page).get_by_role("alert")).to_have_text("The session is closed.")
    expect(panel(page).locator(".scale[data-scale='pain'] [aria-pressed='true']")).to_have_text("3")
    expect(panel(page).locator(".said")).to_have_text("")


def test_what_another_screen_charted_is_here_at_once(page: Page, house: FakeClinic) -> None:
    session = house.chairs["1"].session
    assert session is not None
    other = Charted(now(), PHYSICIAN.name, "anxiety", level=8)
    house.say("1", SessionChanged(now(), replace(session, charted=(*session.charted, other)), "chart", PHYSICIAN))
    expect(panel(page).locator(".scale[data-scale='anxiety'] [aria-pressed='true']")).to_have_text("8")
    expect(panel(page).locator(".scale[data-scale='anxiety'] .last")).to_contain_text("D.H.")


# Sheets


def test_a_side_effect_is_charted_with_its_action_and_ended_with_a_tap(page: Page, house: FakeClinic) -> None:
    tap(page, "Side effect")
    sheet(page).get_by_role("button", name="Mild").click()
    expect(sheet(page)).to_contain_text("Choose which side effect it is.")
    sheet(page).get_by_text("Nausea", exact=True).click()
    sheet(page).get_by_label("Action taken, if any").fill("rate lowered")
    sheet(page).get_by_role("button", name="Moderate").click()
    expect(sheet(page)).to_have_count(0)
    expect(panel(page).locator(".ongoing li")).to_have_count(2)
    panel(page).get_by_role("button", name="dizziness is over").click()
    expect(panel(page).locator(".ongoing li")).to_have_count(1)
    expect(panel(page).locator(".ongoing")).to_contain_text("Nausea, moderate")
    assert charted(house) == [
        {"kind": "side_effect", "term": "nausea", "severity": "moderate", "text": "rate lowered"},
        {"kind": "side_effect", "term": "dizziness", "severity": "none"},
    ]


def test_a_drug_has_a_name_and_an_amount(page: Page, house: FakeClinic) -> None:
    tap(page, "Drug given")
    sheet(page).get_by_text("Ondansetron").click()
    sheet(page).get_by_role("button", name="Chart").click()
    expect(sheet(page)).to_contain_text("A drug has an amount.")
    amount = sheet(page).get_by_label("Amount and way")
    assert (amount.input_value(), amount.get_attribute("placeholder") or "") == ("", ""), "no amount is suggested"
    amount.fill("4 mg IV")
    sheet(page).get_by_role("button", name="Chart").click()
    expect(panel(page).locator("[data-kind='drug'] small")).to_contain_text("ondansetron")
    assert charted(house) == [{"kind": "drug", "term": "ondansetron", "text": "4 mg IV"}]


@pytest.mark.parametrize(
    ("door", "state", "body"),
    [
        ("Line site", "Swollen", {"kind": "line_site", "term": "swollen", "text": ""}),
        ("Pump", "Not seen", {"kind": "pump", "term": "not seen", "text": ""}),
    ],
)
def test_line_site_and_pump_take_two_taps(page: Page, house: FakeClinic, door: str, state: str, body: Any) -> None:
    tap(page, door)
    sheet(page).get_by_role("button", name=state).click()
    expect(sheet(page)).to_have_count(0)
    assert charted(house) == [body]


def test_a_note_and_what_is_charted_seldom(page: Page, house: FakeClinic) -> None:
    tap(page, "Note")
    sheet(page).get_by_role("button", name="Chart").click()
    expect(sheet(page)).to_contain_text("The note is empty.")
    sheet(page).get_by_label("Note").fill("Husband is here.")
    sheet(page).get_by_role("button", name="Chart").click()
    expect(sheet(page)).to_have_count(0)
    tap(page, "More")
    sheet(page).get_by_text("The same arm").click()
    sheet(page).get_by_label("CADSS-6").fill("11")
    sheet(page).get_by_role("button", name="Chart").click()
    expect(sheet(page)).to_have_count(0)
    assert charted(house) == [
        {"kind": "note", "text": "Husband is here."},
        {"kind": "cuff_arm", "term": "same"},
        {"kind": "cadss6", "level": 11},
    ]


def test_an_emergency_is_marked_by_two_taps_and_stands_on_the_page(page: Page, house: FakeClinic) -> None:
    tap(page, "Emergency mark")
    confirm = panel(page).get_by_role("button", name="Tap again")
    expect(panel(page).get_by_role("status")).to_have_text("Tap again to mark an emergency. It calls nobody.")
    assert house.acted == []
    settled(page)
    confirm.click()
    expect(page.locator(".chair-top .chip.emergency")).to_contain_text("Emergency marked")
    assert charted(house) == [{"kind": "emergency"}]
    shot(page, "charting")


# What is due


@pytest.mark.parametrize(
    ("due_s", "words"),
    [(250, "next check 4:10"), (0, "check due"), (-59, "check due"), (-360, "check due 6 min"), (None, "")],
)
def test_the_next_check_in_words(plain_page: Page, due_s: int | None, words: str) -> None:
    due = "null" if due_s is None else str(due_s * 1_000_000)
    session = f"{{phase: 'infusing', charting_due_at: {due}}}"
    assert module(plain_page, "charted", f"m.checkWords({session}, 0)") == words


def test_the_rings_stand_where_the_core_will_ask(plain_page: Page) -> None:
    """Each ring after the first is what would be due next if the one before it were met, up to the end and then in recovery."""
    began, end = MINUTE, 40 * MINUTE
    for first, every in ((10, 15), (5, 10)):
        charted_at, due = 0, []
        for _ in range(6):
            due.append(next_due(0, began, end, charted_at, first * MINUTE, every * MINUTE))
            charted_at = due[-1]
        protocol = f"{{charting_first_min: {first}, charting_every_min: {every}, recovery_min: 30}}"
        told = protocol if first == 5 else "null"
        infusing = f"{{phase: 'infusing', protocol: {told}, began_at: {began}, planned_end_at: {end}, charting_due_at: {due[0]}}}"
        assert module(plain_page, "charted", f"m.duesOf({infusing})") == [one for one in due if one <= end]
        recovery = (
            f"{{phase: 'recovery', protocol: {told}, began_at: {began}, stopped_at: {end}, charting_due_at: {due[0]}}}"
        )
        rest = [end + 15 * MINUTE, end + 30 * MINUTE]
        assert module(plain_page, "charted", f"m.duesOf({recovery})") == [*(one for one in due if one <= end), *rest]
    paused = f"{{phase: 'paused', protocol: null, planned_end_at: null, charting_due_at: {began}}}"
    assert module(plain_page, "charted", f"m.duesOf({paused})") == [began]


def test_every_row_is_a_scale_of_the_core_with_its_range(plain_page: Page) -> None:
    rows = {code: span for code, _, span, _ in module(plain_page, "charted", "m.SCALES")}
    spans = {scale.code: (scale.low, scale.high) for scale in SCALES.values()}
    spans |= {code: (0, 2 * len(items)) for code, items in SCORES.items()}
    assert {code: tuple(sorted(int(end) for end in span.split("–"))) for code, span in rows.items()} == spans


def test_the_wall_tells_what_is_due_quietly(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/")
    rail = page.locator(".tile[data-chair='1'] .rail")
    expect(rail.locator(".calm")).to_contain_text("next check")
    session = house.chairs["1"].session
    assert session is not None
    house.say("1", SessionChanged(now(), replace(session, charting_due_at=now() - 6 * MINUTE), "chart", None))
    expect(rail.locator(".calm")).to_contain_text("check due 6 min")
    assert rail.get_attribute("data-priority") is None


# Where it stands


def test_an_empty_chair_has_nothing_to_chart(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/chair/8")
    expect(page.locator("#vigil-session")).to_contain_text("No patient at this chair.")
    expect(panel(page)).to_be_hidden()


def test_waves_and_numbers_keep_their_place_beside_it(page: Page) -> None:
    for width, height in ((1920, 1080), (1366, 768)):
        page.set_viewport_size({"width": width, "height": height})
        for name in (".waves", ".numbers", ".cuff .figure"):
            expect(page.locator(f".present {name}").first).to_be_in_viewport(ratio=0.99)
        expect(panel(page).get_by_role("group", name="Nausea")).to_be_in_viewport(ratio=0.99)
        expect(panel(page).get_by_role("button", name="Emergency mark")).to_be_in_viewport(ratio=0.99)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_it_is_for_a_thumb_on_a_phone(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/chair/1", PHONE)
    expect(panel(page).get_by_role("button", name="Emergency mark")).to_be_in_viewport(ratio=0.99)
    panel(page).locator(".scales").scroll_into_view_if_needed()
    sizes = page.eval_on_selector_all(
        ".level", "all => all.map((one) => one.getBoundingClientRect()).map(({ width, height }) => [width, height])"
    )
    overflow = page.evaluate("document.querySelector('#vigil-page').scrollWidth - innerWidth")
    shot(page, "charting-phone")
    assert len(sizes) == 11 + 6 + 4 + 4 + 11
    assert all(width >= 44 and height >= 44 for width, height in sizes)
    assert overflow <= 0
