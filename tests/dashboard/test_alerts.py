"""The alert page and the sounds in a real browser: order, acknowledging, audio pause, history, bursts, the locked sound."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from drivers.base.vocabulary import Parameter
from monitor.core.changes import AlertState
from tests.dashboard.browsing import PHONE, Screen, module, opened, settled, shot, until
from tests.dashboard.chairs import alert
from tests.dashboard.fake_api import FakeClinic, clinic
from tests.dashboard.fake_server import now, running

ALL = "2,3,5,10,12"


@pytest.fixture
def house() -> FakeClinic:
    return clinic(ALL)


@pytest.fixture
def page(screen: Screen, house: FakeClinic) -> Page:
    return screen.show(house, "/alerts")


def row(page: Page, text: str) -> Any:
    return page.locator(".alert-row", has_text=text)


def bursts(page: Page, priority: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(f"window.__vigilSounds.filter((one) => one.priority === '{priority}')")
    return found


def acknowledge(page: Page, text: str) -> None:
    """Press a row's Acknowledge once the list has stood still long enough to be read."""
    expect(page.locator(".alert-row")).to_have_count(5)
    settled(page)
    row(page, text).get_by_role("button").click()


def heard(page: Page, priority: str) -> None:
    page.wait_for_function(f"window.__vigilSounds.some((one) => one.priority === '{priority}')")


# The list


def test_open_alerts_stand_by_priority_then_age(page: Page) -> None:
    expect(page.locator(".alert-row strong")).to_have_text(
        ["SpO₂ 84 < 85", "SpO₂ was 83, now 96", "SpO₂ probe off", "SBP 164 ≥ 160", "SBP 152 ≥ 150"]
    )
    expect(page.locator(".open-part h1")).to_have_text("Open, 5")
    expect(row(page, "SBP 164")).to_contain_text("Acknowledged by L. Moreno")
    expect(row(page, "SpO₂ was 83")).to_contain_text("Nobody has acknowledged it yet")
    shot(page, "alerts")


def test_only_the_high_ones_have_the_light_button(page: Page) -> None:
    expect(row(page, "SpO₂ 84").locator("button")).to_have_class("button light")
    expect(row(page, "SpO₂ probe off").locator("button")).to_have_class("button raised")
    expect(row(page, "SBP 152").locator("button")).to_have_class("button outlined")
    expect(row(page, "SBP 164").locator("button")).to_be_hidden()


def test_an_acknowledgement_is_of_one_alert(page: Page, house: FakeClinic) -> None:
    acknowledge(page, "SpO₂ 84")
    expect(row(page, "SpO₂ 84")).to_contain_text("Acknowledged by L. Moreno")
    expect(row(page, "SpO₂ 84")).to_contain_text("sounds again in")
    [(chair, action, body)] = house.acted
    assert (chair, action) == ("2", "acknowledge")
    assert body["alert"].startswith("2:spo2_low:")


def test_a_press_just_after_the_list_changed_is_not_taken(page: Page, house: FakeClinic) -> None:
    expect(row(page, "SBP 152")).to_be_visible()
    page.evaluate(
        """() => new MutationObserver((_, watcher) => {
          const fresh = [...document.querySelectorAll('.alert-row')].find((row) => row.textContent.includes('HR 150'))
          if (!fresh) return
          watcher.disconnect()
          fresh.querySelector('button').click()
        }).observe(document.querySelector('.open-part'), { childList: true, subtree: true, characterData: true })"""
    )
    fresh = alert("5", "hr_high", "high", "HR 150 > 140", now(), parameter=Parameter.HR)
    house.alert("5", fresh, "began")
    expect(page.locator(".open-part")).to_contain_text("The list has just changed. Press again.")
    assert house.acted == []


def test_no_open_alert_is_not_called_well(screen: Screen) -> None:
    page = screen.show(clinic("1"), "/alerts")
    expect(page.locator(".open-part .empty")).to_contain_text("No open alerts.")
    words = page.locator("#vigil-page").inner_text().lower()
    shot(page, "alerts-empty")
    assert not {"ok", "safe", "normal", "fine"} & set(words.replace(".", " ").split())


def test_an_audio_pause_has_its_countdown_and_can_be_ended(page: Page, house: FakeClinic) -> None:
    pause = page.locator(".audio-pauses li")
    expect(pause).to_contain_text("Chair 3 audio paused")
    pause.get_by_role("button", name="End pause").click()
    expect(pause).to_have_count(0)
    assert house.acted == [("3", "end_audio_pause", {})]


def test_the_alert_page_fits_a_phone(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/alerts", PHONE)
    expect(row(page, "SpO₂ 84")).to_be_visible()
    shot(page, "alerts-phone")
    overflow = page.evaluate("document.querySelector('#vigil-page').scrollWidth - innerWidth")
    box = row(page, "SpO₂ 84").get_by_role("button").bounding_box()
    assert overflow <= 0
    assert box is not None
    assert box["height"] >= 44


# History


def test_history_tells_how_the_alarms_served(page: Page) -> None:
    history = page.locator(".history")
    rows = history.locator(".scroll tbody tr")
    expect(history.locator(".figures b")).to_have_text(["4", "1", "0:36", "25 %"])
    expect(history.locator(".waits tbody tr")).to_have_text(
        ["!!! High, 10:360 %100 %100 %0", "!! Medium, 10:360 %100 %100 %0", "! Low, 2––––2"]
    )
    expect(rows).to_have_count(4)
    history.get_by_label("Kind").select_option("technical")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("SpO₂ probe off")
    history.get_by_label("Priority").select_option("high")
    expect(history).to_contain_text("No alert ended in this time.")
    history.get_by_label("Kind").select_option("")
    expect(rows).to_have_count(1)
    history.get_by_label("Time").select_option("day")
    history.get_by_label("Day").fill("2020-02-29")
    expect(history).to_contain_text("No alert ended in this time.")


@pytest.mark.parametrize(("numbers", "middle"), [("[]", None), ("[3]", 3), ("[9, 1, 5]", 5), ("[4, 1, 2, 3]", 2.5)])
def test_the_middle_of_numbers(plain_page: Page, numbers: str, middle: float | None) -> None:
    assert module(plain_page, "history", f"m.median({numbers})") == middle


# Sounds


def test_the_highest_priority_sounds_alone_in_whole_bursts(page: Page) -> None:
    heard(page, "high")
    page.wait_for_function("window.__vigilSounds.length > 1")
    high = bursts(page, "high")
    assert {tuple(one["chairs"]) for one in high} == {("2",)}
    assert high[1]["begins"] - high[0]["begins"] == pytest.approx(8)
    assert bursts(page, "medium") == []


def test_what_is_acknowledged_falls_silent_and_a_paused_chair_stays_so(page: Page, house: FakeClinic) -> None:
    heard(page, "high")
    acknowledge(page, "SpO₂ 84")
    expect(page.locator(".sounding")).to_contain_text("No alert sounds now: audio is paused.")
    page.locator(".audio-pauses").get_by_role("button", name="End pause").click()
    heard(page, "medium")
    assert {tuple(one["chairs"]) for one in bursts(page, "medium")} == {("3",)}


def test_a_new_alert_does_not_wait_for_the_interval(page: Page, house: FakeClinic) -> None:
    heard(page, "high")
    house.alert("5", alert("5", "hr_high", "high", "HR 150 > 140", now(), parameter=Parameter.HR), "began")
    page.wait_for_function("window.__vigilSounds.at(-1).chairs.includes('5')")
    [old, new] = page.evaluate("window.__vigilSounds.slice(-2)")
    assert set(new["chairs"]) == {"2", "5"}
    assert new["begins"] - old["begins"] < 7.9


@pytest.fixture
def address(house: FakeClinic) -> Iterator[str]:
    with running(house) as address:
        yield address


def test_no_sound_before_a_tap_and_the_page_says_so(shy_browser: Browser, address: str, house: FakeClinic) -> None:
    page = opened(shy_browser, f"{address}/alerts")
    bar = page.locator(".sound-bar")
    expect(bar).to_contain_text("Sound is locked: tap Start shift.")
    expect(page.locator(".sounding")).to_contain_text("Sound is locked on this screen")
    until(page, lambda: house.greeted > 0)
    assert page.evaluate("window.__vigilSounds") == []
    shot(page, "sound-locked")
    bar.get_by_role("button", name="Start shift").click()
    expect(bar).to_be_hidden()
    expect(page).to_have_url(f"{address}/shift")
    heard(page, "high")
    assert not house.seen[0]["sound"]


def test_the_tab_tells_the_highest_priority_nobody_acknowledged(page: Page, house: FakeClinic) -> None:
    page.wait_for_function("document.title.startsWith('(!!! 2) ')")
    for chair in ("2", "12"):
        [one] = house.chairs[chair].alerts
        house.alert(chair, replace(one, state=AlertState.ENDED, sounding=False), "ended")
    page.wait_for_function("document.title.startsWith('(!! 1) ')")


@pytest.mark.parametrize(("priority", "pulses", "every"), [("high", 10, 8), ("medium", 3, 20), ("low", 1, 30)])
def test_bursts_follow_the_standards_ranges(plain_page: Page, priority: str, pulses: int, every: int) -> None:
    """Pulse counts, lengths, rise and gaps of IEC 60601-1-8, tables 3 and 4 (alarm sheet 1.4)."""
    burst = module(plain_page, "bursts", f"m.BURSTS.{priority}")
    samples = module(plain_page, "bursts", f"Array.from(m.render('{priority}', 8000))")
    assert (len(burst["pulses"]), burst["every"]) == (pulses, every)
    assert 0.075 <= burst["length"] <= (0.2 if priority == "high" else 0.25)
    assert max(map(abs, samples)) <= 1
    quiet = [start - 0.02 for start in burst["pulses"][1:]]
    assert all(samples[round(at * 8000)] == 0 for at in quiet)
    if priority == "high":
        gaps = [round(b - a - burst["length"], 3) for a, b in zip(burst["pulses"], burst["pulses"][1:], strict=False)]
        assert gaps == [0.1, 0.1, 0.35, 0.1, 0.8, 0.1, 0.1, 0.35, 0.1]


# The start of a shift


def test_a_shift_begins_when_somebody_heard_all_three(screen: Screen) -> None:
    page = screen.show(clinic("1"), "/shift")
    begin = page.locator(".steps footer button")
    expect(begin).to_be_disabled()
    expect(page.get_by_role("button", name="I heard all three")).to_be_disabled()
    page.get_by_role("button", name="Listen").click()
    page.get_by_role("button", name="I heard nothing, or not all").click()
    expect(page.locator(".step.first")).to_contain_text("Turn up the volume")
    expect(begin).to_be_disabled()
    page.get_by_role("button", name="I heard all three").click()
    expect(page.locator(".step.first")).to_contain_text("by L. Moreno")
    shot(page, "shift")
    begin.click()
    expect(page).to_have_url(f"{screen.address}/")
