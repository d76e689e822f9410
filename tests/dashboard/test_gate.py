"""Before the start, in a real browser: the checklist, the questions, what a physician decides, and one whole way through."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.browsing import PHONE, Screen, shot, sign_in_anew
from tests.dashboard.fake_api import PHYSICIAN, FakeClinic, clinic

UNUSUAL = "1.09 mg/kg/h is above the low-dose range of 1 mg/kg/h"


@pytest.fixture
def house() -> FakeClinic:
    house = clinic("2,9")
    session = house.chairs["9"].session
    assert session is not None
    house.chairs["9"] = replace(house.chairs["9"], session=replace(session, asks=(UNUSUAL,)))
    return house


@pytest.fixture
def page(screen: Screen, house: FakeClinic) -> Page:
    page = screen.show(house, "/chair/9")
    criteria_shown(page)
    return page


def criteria_shown(page: Page) -> None:
    """What is met has come: it moves the buttons below, and a press on what moves is lost."""
    expect(page.locator("#vigil-session")).to_contain_text(" met")


def button(page: Page, name: str) -> Locator:
    return page.locator("#vigil-session").get_by_role("button", name=name, exact=True)


def dialog(page: Page) -> Locator:
    return page.locator("dialog[open]").last


def press(page: Page, name: str) -> None:
    dialog(page).get_by_role("button", name=name, exact=True).click()


def row(page: Page, code: str) -> Locator:
    return page.locator(f".criterion[data-code='{code}']")


def open_gate(page: Page) -> None:
    criteria_shown(page)
    button(page, "Checklist…").click()
    expect(row(page, "arms")).to_be_visible()


def answer(page: Page, *yes: str) -> None:
    """Answer no to every question but ``yes``, and yes to what is confirmed."""
    dialog(page).get_by_text("mood disorder", exact=True).click()
    page.evaluate(
        """(yes) => document.querySelectorAll('.questions .choice').forEach((one) => {
          const confirmed = one.closest('.part').textContent.startsWith('Confirmed')
          const is = confirmed || yes.includes(one.querySelector('legend').textContent)
          one.querySelector(`input[value=${is ? 'yes' : 'no'}]`).click() })""",
        list(yes),
    )


def acted(house: FakeClinic, action: str) -> list[dict[str, Any]]:
    return [body for _, done, body in house.acted if done == action]


def test_no_question_is_answered_beforehand_and_none_may_be_left_out(page: Page, house: FakeClinic) -> None:
    open_gate(page)
    row(page, "screening").get_by_role("button").click()
    expect(dialog(page).get_by_role("button", name="Keep, needs 18 answers")).to_be_visible()
    assert page.locator(".screening input:checked").count() == 0
    press(page, "Keep, needs 18 answers")
    expect(dialog(page)).to_contain_text("Still to be answered: 18.")
    assert house.acted == []


def test_an_absolute_yes_bars_the_start_until_a_physician_overrides_it(page: Page, house: FakeClinic) -> None:
    open_gate(page)
    row(page, "screening").get_by_role("button").click()
    answer(page, "Active or poorly controlled psychosis")
    expect(dialog(page)).to_contain_text("this bars the start. Dr. Haas may override, with a reason.")
    expect(dialog(page).get_by_label("Reason of the physician")).to_have_count(0)
    press(page, "Keep the answers")
    expect(row(page, "screening")).to_contain_text("not yet")
    expect(row(page, "screening")).to_contain_text("Active or poorly controlled psychosis")
    assert acted(house, "screen")[0]["answers"]["psychosis"] is True
    page.keyboard.press("Escape")
    button(page, "Start…").click()
    expect(dialog(page)).to_contain_text("The start is barred")
    press(page, "Start the clock")
    expect(dialog(page)).to_contain_text("It cannot be started: an answer bars it.")
    assert acted(house, "start") == []

    press(page, "Cancel")
    house.who = PHYSICIAN
    sign_in_anew(page)
    open_gate(page)
    row(page, "screening").get_by_role("button").click()
    expect(dialog(page)).to_contain_text("by L. Moreno.")
    dialog(page).get_by_label("Reason of the physician").fill("seen today, stable")
    press(page, "Keep the answers")
    expect(row(page, "screening").locator(".state")).to_have_text("met")
    assert acted(house, "screen")[1]["reason"] == "seen today, stable"


def test_a_start_in_spite_of_what_is_missing_says_why(page: Page, house: FakeClinic) -> None:
    button(page, "Start…").click()
    expect(dialog(page).locator(".missing")).to_contain_text("Alarm sounds heard")
    press(page, "Start the clock")
    expect(dialog(page)).to_contain_text("needs a reason")
    assert house.acted == []
    dialog(page).get_by_label("Why in spite of that").fill("order seen by telephone")
    press(page, "Start the clock")
    expect(button(page, "Pause…")).to_be_visible()
    assert acted(house, "start") == [{"reason": "order seen by telephone"}]


def test_an_unusual_order_waits_for_a_physician_in_sight(page: Page, house: FakeClinic) -> None:
    expect(page.locator(".prompt.order")).to_contain_text(f"Waits for a physician: {UNUSUAL}.")
    button(page, "Confirm…").click()
    expect(dialog(page)).to_contain_text("Dr. Haas may confirm this. L. Moreno is signed in as nurse.")
    press(page, "Confirm")
    expect(dialog(page).locator(".refusal").last).to_contain_text("confirmed by a physician")
    house.who = PHYSICIAN
    press(page, "Confirm")
    expect(page.locator(".prompt.order")).to_be_hidden()


def test_what_cannot_be_had_is_told_as_not_known(page: Page) -> None:
    open_gate(page)
    page.route("**/criteria", lambda route: route.abort())
    expect(dialog(page)).to_contain_text("What is met is not known: the server does not answer.")
    expect(page.locator(".criterion")).to_have_count(0)


def test_an_answer_slower_than_the_asking_is_taken_all_the_same(plain_page: Page) -> None:
    found = plain_page.evaluate(
        """async () => {
          const { watchCriteria } = await import('/assets/js/criteria.js')
          const own = window.fetch
          window.fetch = async () => {
            await new Promise((resolve) => setTimeout(resolve, 300))
            return new Response('{"phase": "planned", "criteria": []}')
          }
          const answer = await new Promise((resolve) => {
            const watch = watchCriteria('9', (one) => { watch.leave(); resolve(one) }, 50)
          })
          window.fetch = own
          return answer
        }"""
    )
    assert found == {"phase": "planned", "criteria": []}


def test_an_alert_of_the_chair_stands_in_its_dialogs(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/chair/2", PHONE)
    button(page, "Bolus…").click()
    expect(dialog(page).locator(".alert-line")).to_have_text("!!! SpO₂ 84 < 85")


def test_one_whole_way_through(page: Page, house: FakeClinic) -> None:
    house.who = PHYSICIAN
    sign_in_anew(page)
    open_gate(page)
    shot(page, "gate")
    row(page, "screening").get_by_role("button").click()
    answer(page)
    press(page, "Keep the answers")
    row(page, "baseline").get_by_role("button").click()
    press(page, "Lock")
    row(page, "order").get_by_role("button").click()
    press(page, "Confirm")
    row(page, "limits_seen").get_by_role("button", name="I saw them").click()
    row(page, "sound_heard").get_by_role("button", name="I heard them").click()
    row(page, "premedication").get_by_role("button").click()
    dialog(page).get_by_text("glycopyrrolate").click()
    press(page, "Chart")
    expect(dialog(page)).to_contain_text("A drug has an amount.")
    dialog(page).get_by_label("Amount and way").fill("0.2 mg IV")
    press(page, "Chart")
    row(page, "arms").get_by_role("button", name="Different arms").click()
    expect(dialog(page)).to_contain_text("10 of 10 met")
    press(page, "Start…")
    expect(dialog(page).get_by_label("Why in spite of that")).to_have_count(0)
    press(page, "Start the clock")
    expect(page.locator("dialog[open]")).to_have_count(0)
    button(page, "Bolus…").click()
    dialog(page).get_by_label("Given at once").fill("5")
    press(page, "Write down the bolus")
    button(page, "Pause…").click()
    dialog(page).get_by_text("Nausea").click()
    dialog(page).get_by_text("Stopped").click()
    press(page, "Pause")
    expect(page.locator("#vigil-session")).to_contain_text("Pump: stopped")
    button(page, "Resume").click()
    button(page, "Stop…").click()
    press(page, "End the infusion")
    expect(page.locator(".prompt.pump")).to_contain_text("Infusion ended: what does the pump say?")
    button(page, "Stopped").click()
    expect(page.locator(".prompt.pump")).to_be_hidden()
    button(page, "Close…").click()
    dialog(page).get_by_label("Why in spite of that").fill("goes to the ward")
    dialog(page).get_by_label("Handover").fill("slept, no nausea")
    press(page, "Sign and close")
    expect(page.locator("#vigil-session")).to_contain_text("No patient at this chair.")
    assert [action for _, action, _ in house.acted] == [
        "screen",
        "lock_baseline",
        "confirm_order",
        *("chart",) * 4,
        "start",
        "bolus",
        *("pause", "chart", "resume", "stop", "chart", "close"),
    ]
    assert acted(house, "chart")[:4] == [
        {"kind": "check", "term": "limits_seen", "level": 1},
        {"kind": "check", "term": "sound_heard", "level": 1},
        {"kind": "drug", "term": "glycopyrrolate", "text": "0.2 mg IV"},
        {"kind": "cuff_arm", "term": "other"},
    ]
    assert acted(house, "close") == [{"handover": "slept, no nausea", "reason": "goes to the ward"}]


def test_checklist_and_questions_fit_a_phone(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/chair/9", PHONE)
    open_gate(page)
    assert overflow(page) <= 0
    shot(page, "gate-phone")
    row(page, "screening").get_by_role("button").click()
    expect(page.locator(".screening")).to_be_visible()
    assert overflow(page) <= 0
    expect(dialog(page).get_by_role("button", name="Keep, needs 18 answers")).to_be_in_viewport()


def overflow(page: Page) -> int:
    width: int = page.evaluate(
        "Math.max(...[...document.querySelectorAll('dialog')].map((d) => d.scrollWidth - d.clientWidth))"
    )
    return width
