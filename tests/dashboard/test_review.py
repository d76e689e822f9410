"""The past: a session under review, the list of sessions, and live waves turned back, which nobody may take for live."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.dashboard.browsing import PHONE, Screen, module, opened, shot
from tests.dashboard.chairs import MINUTE
from tests.dashboard.fake_past import CLOSED, FakeRecord, record
from tests.dashboard.fake_server import now, running
from tests.dashboard.test_accessible import FAINT, judged

S = 1_000_000


@pytest.fixture(scope="module")
def house() -> FakeRecord:
    return record()


@pytest.fixture(scope="module")
def address(house: FakeRecord) -> Iterator[str]:
    with running(house) as address:
        yield address


@pytest.fixture(scope="module")
def review(browser: Browser, address: str) -> Iterator[Page]:
    page = opened(browser, f"{address}/session/{CLOSED.replace(':', '%3A')}")
    expect(page.locator(".review-events li").first).to_be_visible()
    yield page
    page.close()


def curves_of(page: Page, of: str = "") -> Any:
    return expect(page.locator(f"{of} .wave-canvas"))


# What is drawn


def test_what_was_not_recorded_is_a_hole(plain_page: Page) -> None:
    spans = "[[0, 1e6], [1030000, 3e6], [5e6, 9e6]]"
    assert module(plain_page, "reviewwaves", f"m.holes({spans}, 500000, 12e6)") == [[3e6, 5e6], [9e6, 12e6]]
    assert module(plain_page, "reviewwaves", f"m.holes({spans}, 6e6, 8e6)") == []
    assert module(plain_page, "reviewwaves", "m.holes([], 0, 5e6)") == [[0, 5e6]]


def test_of_two_curves_the_one_that_was_there_is_shown(plain_page: Page) -> None:
    def wave(name: str, device: str, at: float, count: int) -> str:
        return f"{{name: '{name}', device: '{device}', rate_hz: 10, pieces: [{{at: {at}, samples: Array({count})}}]}}"

    waves = ", ".join(
        (wave("ecg_i", "a", 0, 99), wave("ecg_ii", "a", 60e6, 99), wave("ecg_i", "b", 0, 30), wave("pleth", "o", 0, 9))
    )
    chosen = "m.chosenWave([%s], {curves: ['ecg_ii', 'ecg_i']}, %s, %s)"
    assert module(plain_page, "reviewwaves", f"{chosen % (waves, 0, 10e6)}.waves[0].device") == "a"
    assert module(plain_page, "reviewwaves", f"{chosen % (waves, 60e6, 65e6)}.name") == "ecg_ii"
    assert module(plain_page, "reviewwaves", chosen % (waves, 20e6, 30e6)) is None


def test_thinned_values_keep_their_gaps_and_finer_ones_take_their_place(plain_page: Page) -> None:
    empty = "import('/assets/js/trenddata.js')"
    thin = "{from: 0, until: 100e6, step_s: 20, nibp: [], alerts: [], parameters: {spo2: [[0, 97], [20, 96], [21, null], [60, 95], [80, 94]]}}"
    fine = "{from: 60e6, until: 80e6, step_s: 1, parameters: {spo2: [[0, 95], [1, 71], [9, 95]]}}"
    told = plain_page.evaluate(
        f"""{empty}.then((m) => {{
            const history = m.emptyHistory()
            m.refill(history, {thin})
            const before = [10e6, 30e6, 75e6].map((at) => m.valueAt(history.series.spo2, at))
            m.refine(history, {fine})
            return [before, history.series.spo2.at.map((at) => at / 1e6), history.series.spo2.value]
        }})"""
    )
    assert told == [[97, None, 95], [0, 20, 21, 60, 61, 62, 69, 80], [97, 96, None, 95, 71, None, 95, 94]]


# The review


def test_a_closed_session_as_it_was(review: Page, house: FakeRecord) -> None:
    expect(review.locator(".review-standing")).to_contain_text("Nothing here is live")
    facts = review.locator(".review-facts")
    expect(facts).to_contain_text("alerts: 1 !!! 1 !! 2 !")
    expect(facts).to_contain_text("7 → 3")
    expect(review.locator(".handover")).to_have_text("Walks steadily. Escort is here.")
    events = review.locator(".review-events")
    expect(events.locator("li[data-priority='high']")).to_contain_text("acknowledged after 0:36")
    expect(events.locator("li[data-priority='high'] .by")).to_have_text("L. Moreno")
    expect(events).to_contain_text("Limit SBP ≥ 160 → 170")
    review.get_by_text("Done", exact=True).click()
    expect(events).to_contain_text("Paused, nausea")
    expect(events).not_to_contain_text("Dizziness")
    review.get_by_text("All", exact=True).click()
    expect(events).to_contain_text("Dizziness, mild")
    assert judged(review, "review") == {}
    shot(review, "review")


def test_the_waves_of_a_moment_a_step_on_and_played(review: Page, house: FakeRecord) -> None:
    events = review.locator(".review-events li")
    events.filter(has_text="Paused, nausea").get_by_role("button").click()
    expect(review.locator(".review-minute")).to_have_text("At 31.0 min")
    curves_of(review).to_have_attribute("data-curves", "ecg_ii pleth resp")
    when = review.locator(".wave-when strong")
    before = when.inner_text()
    review.get_by_role("button", name="Forward 10 seconds").click()
    expect(review.locator(".review-minute")).to_have_text("At 31.2 min")
    review.get_by_role("button", name="Back 10 seconds").click()
    expect(when).to_have_text(before)
    expect(review.locator(".trend-words")).to_contain_text("Infusion minute")
    review.get_by_role("button", name="Play").click()
    expect(when).not_to_have_text(before)
    review.get_by_role("button", name="Stop").click()
    box = review.locator(".trend-top").bounding_box()
    assert box
    review.mouse.click(box["x"] + box["width"] / 2, box["y"] + 200)
    expect(review.locator(".review-minute")).not_to_have_text("At 31.2 min")
    assert all(until - since <= 60 * S for since, until in house.asked)


def test_waves_that_cannot_be_had_are_told_and_asked_for_again(review: Page, house: FakeRecord) -> None:
    house.withheld = True
    review.locator(".review-events li").filter(has_text="Admitted").get_by_role("button").click()
    expect(review.locator(".wave-note")).to_contain_text("cannot be had")
    house.withheld = False
    expect(review.locator(".wave-note")).to_have_text("")
    curves_of(review).to_have_attribute("data-curves", "ecg_ii pleth resp")


def test_what_is_added_stands_beside_with_author_and_time(review: Page, house: FakeRecord) -> None:
    review.get_by_role("button", name="Add a note…").click()
    dialog = review.get_by_role("dialog")
    dialog.get_by_role("button", name="Add for good").click()
    expect(dialog.locator(".refusal")).to_have_text("Write what is to be added.")
    dialog.get_by_label("In your words").fill("The weight was 81 kg.")
    dialog.get_by_text("Correction:").click()
    house.refuse = "the record cannot be written"
    dialog.get_by_role("button", name="Add for good").click()
    expect(dialog.locator(".refusal")).to_have_text("the record cannot be written")
    house.refuse = None
    dialog.get_by_role("button", name="Add for good").click()
    added = review.locator(".added li")
    expect(added).to_contain_text("CorrectionL. Moreno, nurse")
    expect(added).to_contain_text("The weight was 81 kg.")
    assert [(one.kind, one.text) for one in house.added] == [("correction", "The weight was 81 kg.")]


def test_on_paper_it_is_dark_on_white(review: Page) -> None:
    review.emulate_media(media="print")
    expect(review.locator("html")).to_have_attribute("data-theme", "light")
    expect(review.locator("#vigil-top")).to_be_hidden()
    expect(review.locator(".sound-bar")).to_be_hidden()
    expect(review.locator(".review-events li").last).to_be_visible()
    review.emulate_media(media="screen")
    expect(review.locator("html")).not_to_have_attribute("data-theme", "light")


def test_the_list_leads_to_a_session_and_names_nobody_in_an_address(screen: Screen) -> None:
    page = screen.show(record(), "/sessions", PHONE)
    urls: list[str] = []

    def watch(request: Request) -> None:
        urls.append(request.url)

    page.on("request", watch)
    rows = page.locator(".sessions-page tbody tr")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("Infusing")
    page.get_by_label("Patient: initials or id").fill("zq")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Z.Q. 1950")
    assert judged(page, "sessions") == {}
    page.get_by_label("Patient: initials or id").fill("77-1")
    expect(rows).to_have_count(1)
    assert not any("zq" in url.lower() or "77-1" in url for url in urls)
    page.get_by_role("button", name="Clear").click()
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Older").click()
    expect(page.get_by_role("button", name="Older")).to_be_hidden()
    page.locator("tr[data-session='2-1'] a").click()
    standing = page.locator(".review-standing")
    expect(standing).to_contain_text("NOT LIVE This session is running")
    expect(page.get_by_role("button", name="Add a note…")).to_be_hidden()
    standing.get_by_role("link", name="To the chair, live").click()
    expect(page.locator("#vigil-chair")).to_be_visible()
    page.remove_listener("request", watch)


# Live rewind


def test_waves_turned_back_are_never_taken_for_live(screen: Screen) -> None:
    house = record()
    page = screen.show(house, "/chair/2")
    expect(page.locator(".trend-words")).to_contain_text("mmHg")
    offer, rewind = page.locator(".trend-moment"), page.locator(".rewind")
    top = page.locator(".trend-top")
    box = top.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + 200)
    expect(offer).to_contain_text("Waves of ")
    expect(rewind).to_be_hidden()
    offer.click()
    expect(rewind).to_contain_text("NOT LIVE")
    expect(page.locator(".rewind-age")).to_contain_text(" min ago")
    curves_of(page, ".rewind").to_have_attribute("data-curves", "ecg_ii pleth resp")
    over, waves = rewind.bounding_box(), page.locator(".present .waves").bounding_box()
    assert over
    assert waves
    assert over["x"] <= waves["x"]
    assert over["y"] <= waves["y"]
    assert over["width"] >= waves["width"]
    assert over["height"] >= waves["height"]
    house.read("2", hr=141.0)
    expect(page.locator(".present .numbers")).to_contain_text("141")
    assert page.evaluate(FAINT) == []
    shot(page, "rewind")
    page.get_by_role("button", name="Back to live").click()
    expect(rewind).to_be_hidden()
    expect(offer).to_be_hidden()
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + 200)
    offer.click()
    expect(rewind).to_be_visible()
    page.keyboard.press("Escape")
    expect(rewind).to_be_hidden()
    assert all(until <= now() + MINUTE for _, until in house.asked)
