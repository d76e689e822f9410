"""The session controls in a real browser: exact doses, what is asked before an order, every step, refusals, limits."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from monitor.core.changes import SessionChanged
from monitor.core.entries import Actor
from tests.dashboard.browsing import PHONE, Screen, module, shot
from tests.dashboard.chairs import NURSE, SECOND
from tests.dashboard.fake_api import FakeClinic, clinic
from tests.dashboard.fake_server import now


@pytest.fixture
def house() -> FakeClinic:
    return clinic()


@pytest.fixture
def empty_chair(screen: Screen, house: FakeClinic) -> Page:
    return screen.show(house, "/chair/8")


@pytest.fixture
def running_chair(screen: Screen, house: FakeClinic) -> Page:
    return screen.show(house, "/chair/2")


def button(page: Page, name: str) -> Any:
    return page.locator("#vigil-session").get_by_role("button", name=name, exact=True)


def dialog(page: Page) -> Any:
    return page.locator("dialog[open]")


def fill(page: Page, **values: str) -> None:
    labels = {
        "initials": "Initials",
        "year": "Year of birth",
        "weight": "Weight",
        "rate": "Rate",
        "duration": "Duration",
        "total": "Total",
    }
    for name, value in values.items():
        dialog(page).get_by_label(labels[name], exact=False).first.fill(value)


# Arithmetic


@pytest.mark.parametrize(
    ("given", "third"),
    [
        ("rate: m.parse('60'), duration: m.whole(90)", {"rate": "60", "total": "90", "duration": "90"}),
        ("total: m.parse('0.5'), duration: m.whole(40)", {"rate": "0.75", "total": "0.5", "duration": "40"}),
        ("rate: m.parse('0.3'), total: m.parse('0.1')", {"rate": "0.3", "total": "0.1", "duration": "20"}),
        ("total: m.parse('0.7'), duration: m.whole(90)", {"rate": None, "total": "0.7", "duration": "90"}),
    ],
)
def test_any_two_give_the_third_exactly(plain_page: Page, given: str, third: dict[str, str | None]) -> None:
    found = module(
        plain_page,
        "dose",
        f"import('/assets/js/order.js').then((o) => {{ const t = o.third({{{given}}});"
        " return { rate: m.exact(t.rate), total: m.exact(t.total), duration: m.exact(t.duration) } })",
    )
    assert found == third


@pytest.mark.parametrize("text", ["", ".", "1e3", "-5", "5 mg", "1.2.3", "12345678", "0.1234567", "٣"])
def test_what_is_no_plain_decimal_is_no_dose(plain_page: Page, text: str) -> None:
    assert module(plain_page, "dose", f"m.parse({text!r})") is None


def test_a_dose_keeps_what_a_float_would_lose(plain_page: Page) -> None:
    total = "m.exact(m.plus(m.parse('0.1'), m.parse('0.2')))"
    assert module(plain_page, "dose", total) == "0.3"
    steps = "[{at: 0, rate_mg_h: '30'}, {at: 600e6, rate_mg_h: '60'}, {at: 1200e6, rate_mg_h: '0'}]"
    assert module(plain_page, "dose", f"m.exact(m.given({steps}, 3600e6))") == "15"


@pytest.mark.parametrize(
    ("weight", "doubt"),
    [("19.9", "refused"), ("34.9", "asked"), ("35", ""), ("200", ""), ("200.1", "asked"), ("301", "refused")],
)
def test_weights_are_doubted_at_their_bounds(plain_page: Page, weight: str, doubt: str) -> None:
    assert (
        module(plain_page, "order", f"import('/assets/js/dose.js').then((d) => m.weightDoubt(d.parse('{weight}')))")
        == doubt
    )


@pytest.mark.parametrize(
    ("weight", "last", "another"),
    [("78", "78", False), ("77", "70", False), ("77.1", "70", True), ("63", "70", False), ("62.9", "70", True)],
)
def test_a_weight_is_another_when_it_is_more_than_a_tenth_off_the_last_visits(
    plain_page: Page, weight: str, last: str, another: bool
) -> None:
    given = f"import('/assets/js/dose.js').then((d) => m.isAnotherWeight(d.parse('{weight}'), d.parse('{last}')))"
    assert module(plain_page, "order", given) is another


def test_what_is_asked_of_an_order_is_the_clinics(plain_page: Page) -> None:
    settings = "[{rule: 'order', code: 'order.total_mg', value: '90'}, {rule: 'order', code: 'order.heaviest_kg', value: '100'}]"
    units = "{ totalMg: d.whole(95), totalMgKg: d.parse('1.9'), durationMin: d.whole(40) }"
    script = (
        f"import('/assets/js/dose.js').then((d) => {{ const asks = m.guardsOf({settings});"
        f" return [m.guards({units}, asks), m.guards({units}), m.weightDoubt(d.whole(110), asks)] }})"
    )
    assert module(plain_page, "order", script) == [["The total of 95 mg is above 90 mg."], [], "asked"]


# Admission


def test_an_order_is_admitted_as_it_was_entered(empty_chair: Page, house: FakeClinic) -> None:
    button(empty_chair, "Admit…").click()
    fill(empty_chair, initials="N.W.", year="1969", weight="78", total="0.5", duration="40")
    expect(dialog(empty_chair).get_by_role("button", name="Admit, needs")).to_be_visible()
    dialog(empty_chair).get_by_text("kg", exact=True).first.click()
    shot(empty_chair, "admit")
    expect(dialog(empty_chair).locator(".units")).to_contain_text("58.5")
    dialog(empty_chair).get_by_role("button", name="Admit", exact=True).click()
    expect(dialog(empty_chair)).to_have_count(0)
    assert house.acted == [
        (
            "8",
            "admit",
            {
                "initials": "N.W.",
                "birth_year": 1969,
                "patient_id": None,
                "weight_kg": "78",
                "order": {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40},
                "concentration_mg_ml": None,
            },
        )
    ]


def test_pounds_are_told_in_kilograms_before_they_count(empty_chair: Page, house: FakeClinic) -> None:
    button(empty_chair, "Admit…").click()
    fill(empty_chair, initials="N.W.", weight="172", total="0.5", duration="40")
    dialog(empty_chair).get_by_text("lb", exact=True).click()
    expect(dialog(empty_chair)).to_contain_text("172 lb is taken as 78 kg.")
    dialog(empty_chair).get_by_role("button", name="Admit", exact=True).click()
    expect(dialog(empty_chair)).to_have_count(0)
    assert house.acted[0][2]["weight_kg"] == "78"


def test_a_rate_above_the_low_dose_range_is_asked_and_changing_it_asks_anew(
    empty_chair: Page, house: FakeClinic
) -> None:
    button(empty_chair, "Admit…").click()
    dialog(empty_chair).get_by_text("mg/h", exact=True).first.click()
    fill(empty_chair, initials="N.W.", weight="55", rate="60", duration="90")
    dialog(empty_chair).get_by_text("kg", exact=True).first.click()
    expect(dialog(empty_chair)).to_contain_text("1.09… mg/kg/h is above the low-dose range, 1.00 mg/kg/h.")
    dialog(empty_chair).get_by_role("button", name="Admit, needs 1 answer").click()
    expect(dialog(empty_chair)).to_contain_text("Please confirm what is asked")
    assert house.acted == []
    dialog(empty_chair).get_by_role("button", name="Continue").click()
    fill(empty_chair, rate="70")
    expect(dialog(empty_chair).get_by_role("button", name="Admit, needs 1 answer")).to_be_visible()
    dialog(empty_chair).get_by_role("button", name="Continue").click()
    dialog(empty_chair).get_by_role("button", name="Admit", exact=True).click()
    expect(dialog(empty_chair)).to_have_count(0)
    assert house.acted[0][2]["order"] == {"kind": "rate", "rate_mg_h": "70", "duration_min": 90}


def test_an_order_that_cannot_be_kept_exactly_is_not_sent(empty_chair: Page, house: FakeClinic) -> None:
    button(empty_chair, "Admit…").click()
    dialog(empty_chair).get_by_text("mg/h", exact=True).first.click()
    fill(empty_chair, initials="N.W.", weight="80", duration="70", total="50")
    dialog(empty_chair).get_by_text("kg", exact=True).first.click()
    dialog(empty_chair).get_by_role("button", name="Admit", exact=True).click()
    expect(dialog(empty_chair)).to_contain_text("This gives no exact rate in mg/h.")
    assert house.acted == []


def test_a_refusal_stands_beside_the_button_and_keeps_what_was_typed(empty_chair: Page, house: FakeClinic) -> None:
    house.refuse = "Chair 8 is taken."
    button(empty_chair, "Admit…").click()
    fill(empty_chair, initials="N.W.", weight="78", total="0.5", duration="40")
    dialog(empty_chair).get_by_text("kg", exact=True).first.click()
    dialog(empty_chair).get_by_role("button", name="Admit", exact=True).click()
    expect(dialog(empty_chair)).to_contain_text("Chair 8 is taken.")
    expect(dialog(empty_chair).get_by_label("Initials")).to_have_value("N.W.")


def test_escape_leaves_a_dialog_without_doing_anything(running_chair: Page, house: FakeClinic) -> None:
    button(running_chair, "Stop…").click()
    expect(dialog(running_chair)).to_contain_text("M.K. 1971 · 78 kg · Chair 2")
    running_chair.keyboard.press("Escape")
    expect(dialog(running_chair)).to_have_count(0)
    assert house.acted == []


# The steps of a session


def test_the_way_through_a_session(running_chair: Page, house: FakeClinic) -> None:
    page = running_chair
    expect(page.locator("#vigil-session")).to_contain_text("clock, not pump")
    button(page, "Pause…").click()
    dialog(page).get_by_text("Nausea").click()
    dialog(page).get_by_role("button", name="Pause").click()
    expect(page.locator("#vigil-session")).to_contain_text("nausea. Look at the pump.")
    button(page, "Resume").click()
    expect(button(page, "Pause…")).to_be_visible()
    button(page, "Rate…").click()
    dialog(page).get_by_label("New rate").fill("45")
    dialog(page).get_by_role("button", name="Change rate").click()
    expect(dialog(page)).to_have_count(0)
    button(page, "Stop…").click()
    dialog(page).get_by_role("button", name="End the infusion").click()
    expect(page.locator("#vigil-session")).to_contain_text("Recovery for")
    button(page, "Close…").click()
    dialog(page).get_by_label("Why in spite of that").fill("transferred")
    dialog(page).get_by_role("button", name="Sign and close").click()
    expect(page.locator("#vigil-session")).to_contain_text("No patient at this chair.")
    assert [(action, body) for _, action, body in house.acted] == [
        ("pause", {"reason": "nausea"}),
        ("resume", {}),
        ("change_rate", {"rate_mg_h": "45", "reason": ""}),
        ("stop", {"reason": ""}),
        ("close", {"handover": "", "reason": "transferred"}),
    ]


def test_a_pause_without_a_reason_is_not_sent(running_chair: Page, house: FakeClinic) -> None:
    button(running_chair, "Pause…").click()
    dialog(running_chair).get_by_role("button", name="Pause").click()
    expect(dialog(running_chair)).to_contain_text("A pause needs a reason.")
    assert house.acted == []


def test_a_bolus_is_written_down_once_its_dose_was_seen(running_chair: Page, house: FakeClinic) -> None:
    button(running_chair, "Bolus…").click()
    press = dialog(running_chair).get_by_role("button", name="Write down the bolus").click
    dialog(running_chair).get_by_label("Given at once").fill("7.8")
    expect(dialog(running_chair)).to_contain_text("0.1 mg/kg · given 45.")
    dialog(running_chair).get_by_label("Given at once").fill("60")
    expect(dialog(running_chair)).to_contain_text("more than the ordered 85.0 mg")
    press()
    expect(dialog(running_chair)).to_contain_text(
        "0.77… mg/kg at once is above the low-dose bolus of 0.5 mg/kg. With it more is given than was ordered. Press again"
    )
    assert house.acted == []
    press()
    expect(dialog(running_chair)).to_have_count(0)
    assert house.acted == [("2", "bolus", {"bolus_mg": "60"})]
    expect(running_chair.locator("#vigil-session .dose")).to_contain_text("97.")


def test_at_the_planned_end_it_asks_what_the_pump_says_until_somebody_looked(
    running_chair: Page, house: FakeClinic
) -> None:
    page, prompt = running_chair, running_chair.locator(".prompt.pump")
    expect(button(page, "Pause…")).to_be_visible()
    expect(prompt).to_be_hidden()
    session = house.chairs["2"].session
    assert session is not None
    over = replace(session, planned_end_at=now() - SECOND)
    house.chairs["2"] = replace(house.chairs["2"], session=over)
    house.say("2", SessionChanged(now(), over, "rate_changed", NURSE))
    expect(prompt).to_contain_text("Planned end reached: what does the pump say?")
    prompt.get_by_role("button", name="Not seen").click()
    expect(prompt).to_be_hidden()
    assert house.acted == [("2", "chart", {"kind": "pump", "term": "not seen"})]


def test_who_is_not_signed_in_is_asked_and_then_it_is_done(screen: Screen) -> None:
    house = clinic(who=None)
    page = screen.show(house, "/chair/11")
    button(page, "Resume").click()
    expect(dialog(page)).to_contain_text("Who are you?")
    dialog(page).get_by_role("button", name="L. Moreno").click()
    expect(button(page, "Pause…")).to_be_visible()
    who: Actor | None = house.who
    assert who == NURSE
    assert [action for _, action, _ in house.acted] == ["resume"]


def test_looking_only_is_said_when_signing_in_is_left(screen: Screen) -> None:
    house = clinic(who=None)
    page = screen.show(house, "/chair/11")
    button(page, "Resume").click()
    dialog(page).get_by_role("button", name="Cancel").click()
    expect(page.locator("#vigil-session")).to_contain_text("Looking only. Sign in to act.")
    assert house.acted == []


# Limits


def test_a_limit_is_changed_with_a_reason_and_confirmed_old_to_new(running_chair: Page, house: FakeClinic) -> None:
    page = running_chair
    page.get_by_role("button", name="Limits…").first.click()
    dialog(page).get_by_label("SpO₂ <").first.fill("84")
    dialog(page).get_by_role("button", name="Set limits").click()
    expect(dialog(page)).to_contain_text("A change of limits needs a reason.")
    dialog(page).get_by_label("Reason").fill("own baseline")
    dialog(page).get_by_role("button", name="Set limits").click()
    expect(dialog(page)).to_contain_text("!!! SpO₂ < 85 → 84")
    assert house.acted == []
    dialog(page).get_by_role("button", name="Set limits").click()
    expect(dialog(page)).to_have_count(0)
    assert house.acted == [
        ("2", "set_limit", {"code": "spo2_low", "priority": "high", "value": "84", "reason": "own baseline"})
    ]


# What people add


def test_the_baseline_is_locked_as_measured_or_typed_with_a_reason(screen: Screen, house: FakeClinic) -> None:
    planned = next(id for id, chair in house.chairs.items() if chair.session and chair.session.phase == "planned")
    page = screen.show(house, f"/chair/{planned}")
    button(page, "Baseline…").click()
    expect(dialog(page)).to_contain_text("Not locked yet.")
    dialog(page).get_by_label("SBP").fill("12o")
    dialog(page).get_by_role("button", name="Lock").click()
    expect(dialog(page)).to_contain_text("SBP is a whole number.")
    dialog(page).get_by_label("SBP").fill("120")
    dialog(page).get_by_label("DBP").fill("80")
    dialog(page).get_by_label("Reason").fill("as at the last visit")
    dialog(page).get_by_role("button", name="Lock").click()
    expect(dialog(page)).to_have_count(0)
    assert house.acted == [
        (planned, "lock_baseline", {"reason": "as at the last visit", "systolic": 120, "diastolic": 80})
    ]


# On a phone


def test_the_admission_fits_a_phone(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/chair/8", PHONE)
    button(page, "Admit…").click()
    expect(dialog(page).get_by_role("button", name="Admit, needs")).to_be_in_viewport()
    overflow = page.evaluate(
        "document.querySelector('dialog').scrollWidth - document.querySelector('dialog').clientWidth"
    )
    shot(page, "admit-phone")
    assert overflow <= 0
