"""The settings page in a real browser: every rule, the clinic's value beside the shipped one, signing, versions; and protocols."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from monitor.core.conditions import TABLE
from monitor.core.entries import Actor
from monitor.core.settings import PARTS
from tests.dashboard.browsing import PHONE, Screen, shot
from tests.dashboard.chairs import NURSE
from tests.dashboard.fake_api import PHYSICIAN, FakeClinic, clinic
from tests.dashboard.test_accessible import judged

KNOWN = {
    "port": "/dev/ttyUSB3", "known": True, "simulated": False, "title": "Nonin pulse oximeter", "confidence": "likely",
    "why": "300 bytes", "configuration": '[[chair.device]]\ndriver = "nonin"\n',
}  # fmt: skip


@pytest.fixture
def house() -> FakeClinic:
    return clinic(who=PHYSICIAN)


@pytest.fixture
def settings(screen: Screen, house: FakeClinic) -> Page:
    page = screen.show(house, "/settings")
    expect(page.locator("tr[data-code]")).to_have_count(len(TABLE) + len(PARTS))
    return page


def row(page: Page, code: str) -> Any:
    return page.locator(f"tr[data-code={code}]")


def limit(page: Page, words: str) -> Any:
    return page.locator(".rule-panel").get_by_label(words, exact=True)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_every_rule_stands_in_the_table_and_one_is_explained(settings: Page) -> None:
    expect(settings.locator("#vigil-settings h1")).to_have_text("Shipped pre-set")
    expect(settings.locator(".rules > header")).to_contain_text("no physician has signed it")
    expect(row(settings, "spo2_low").locator(".rank.high")).to_have_text("SpO₂ <\u00a085")
    expect(row(settings, "hr_rise").locator(".rank.medium")).to_contain_text("HR 50 % over baseline and HR >\u00a0100")
    row(settings, "nibp_overdue").click()
    panel = settings.locator(".rule-panel")
    expect(panel).to_contain_text("NIBP overdue")
    expect(panel).to_contain_text("Harm: reversible injury.")
    shot(settings, "settings")


def test_a_physician_changes_signs_and_finds_the_version(settings: Page, house: FakeClinic) -> None:
    limit(settings, "SpO₂ <\u00a085").fill("86")
    limit(settings, "SpO₂ <\u00a090, delay in seconds").fill("2x")
    row(settings, "nibp_overdue").click()
    signing = settings.locator(".signing")
    expect(signing).to_contain_text("!! SpO₂ <\u00a090, after 15 s → 2x s")
    press(settings, "Sign version 1 as Dr. Haas")
    expect(signing).to_contain_text("A delay is whole seconds, 0 to 120.")
    row(settings, "max_dose").click()
    limit(settings, "Given in one session, at most").fill("150")
    expect(signing).to_contain_text("Maximum of a session: 200 mg → 150 mg")
    row(settings, "spo2_low").click()
    limit(settings, "SpO₂ <\u00a090, delay in seconds").fill("20")
    expect(signing).to_contain_text("!!! SpO₂ <\u00a085 → 86")
    expect(signing).to_be_in_viewport()
    shot(settings, "settings-signing")
    press(settings, "Sign version 1 as Dr. Haas")
    expect(signing).to_contain_text("A change of the pre-set needs a reason.")
    signing.get_by_label("Reason").fill("a fall is found too late")
    press(settings, "Sign version 1 as Dr. Haas")
    expect(signing).to_be_hidden()
    expect(settings.locator("#vigil-settings h1")).to_have_text("Clinic pre-set, version 1")
    expect(settings.locator(".rules > header")).to_contain_text("signed by Dr. Haas")
    expect(row(settings, "spo2_low").locator(".rank.high")).to_have_text("SpO₂ <\u00a086shipped 85")
    made = house.presets.current()
    assert made.max_dose_mg == 150
    assert ({key: str(value) for key, value in made.limits.items()}, made.delays, made.reason) == (
        {"spo2_low.high": "86"},
        {"spo2_low.medium": 20},
        "a fall is found too late",
    )
    expect(row(settings, "spo2_low").locator(".delay")).to_contain_text("shipped 15 s")
    press(settings, "Versions")
    versions = settings.locator("dialog[open]")
    expect(versions).to_contain_text("spo2_low.high: 85 → 86")
    expect(versions).to_contain_text("spo2_low.medium delay: 15 s → 20 s")
    expect(versions).to_contain_text("a fall is found too late")


def test_a_physician_writes_what_is_shown_with_an_alert(settings: Page, house: FakeClinic) -> None:
    row(settings, "nibp_overdue").click()
    words = settings.get_by_role("textbox", name="Shown with the alert")
    shipped = words.input_value()
    words.fill("Take it by hand.")
    expect(settings.locator(".signing")).to_contain_text(f"“{shipped}” → “Take it by hand.”")
    settings.locator(".signing").get_by_label("Reason").fill("cuffs here are old")
    press(settings, "Sign version 1 as Dr. Haas")
    expect(settings.locator(".rule-panel")).to_contain_text(f"shipped: {shipped}")
    expect(words).to_have_value("Take it by hand.")
    assert house.presets.current().responses == {"nibp_overdue": "Take it by hand."}
    words.fill("")
    expect(settings.locator(".signing")).to_contain_text(f"“Take it by hand.” → “{shipped}”")


def test_every_other_number_of_a_rule_is_changed_and_signed_too(settings: Page, house: FakeClinic) -> None:
    signing, panel = settings.locator(".signing"), settings.locator(".rule-panel")
    expect(panel).to_contain_text("shipped 2\u00a0points; 1 to 5")
    limit(settings, "Clears when back for").fill("20")
    expect(signing).to_contain_text(
        "SpO₂ low, or fallen from the baseline · clears when back for: 10\u00a0s → 20\u00a0s"
    )
    expect(signing).not_to_contain_text("wider")
    row(settings, "nibp_overdue").click()
    limit(settings, "Medium after so many intervals").fill("2,5")
    expect(signing).to_contain_text(
        "NIBP overdue · medium after so many intervals: 2\u00a0× → 2,5\u00a0× (wider: told later or less often)"
    )
    shot(settings, "settings-numbers")
    row(settings, "order").click()
    expect(panel).to_contain_text("It bars nothing")
    limit(settings, "A rate over").fill("x")
    signing.get_by_label("Reason").fill("old cuffs, low doses")
    press(settings, "Sign version 1 as Dr. Haas")
    expect(signing).to_contain_text("This is a number, 0.1 to 2: a rate over.")
    limit(settings, "A rate over").fill("0.7")
    press(settings, "Sign version 1 as Dr. Haas")
    expect(signing).to_contain_text("'order.low_tier_mg_kg_h' must not be more than 'order.rate_mg_kg_h': 0.75 and 0.7")
    limit(settings, "A rate over").fill("0.8")
    assert judged(settings, "settings-numbers") == {}
    shot(settings, "settings-part")
    press(settings, "Sign version 1 as Dr. Haas")
    expect(signing).to_be_hidden()
    made = {name: str(value) for name, value in house.presets.current().settings.items()}
    assert made == {"spo2_low.clear_s": "20", "nibp_overdue.factor": "2.5", "order.rate_mg_kg_h": "0.8"}
    expect(row(settings, "order")).to_contain_text("1 number not as shipped")
    expect(row(settings, "nibp_overdue")).to_contain_text("2.5 × the interval + 2 min")
    row(settings, "max_dose").click()
    expect(panel).not_to_contain_text("Numbers")


def test_protocols_are_changed_added_and_retired_with_the_next_version(settings: Page, house: FakeClinic) -> None:
    settings.get_by_role("tab", name="Protocols").click()
    rows, signing = settings.locator("tr[data-protocol]"), settings.locator(".signing")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("mg/kg/h at admission, 90 min")
    shot(settings, "settings-protocols")
    limit(settings, "Cuff every").fill("4")
    expect(signing).to_contain_text("“Low dose by weight, 90 to 120 min”, cuff: every 5 min → every 4 min")
    rows.last.click()
    press(settings, "Retire this protocol")
    expect(signing).to_contain_text("Protocol “0.5 mg/kg over 40 min” is retired")
    press(settings, "Add a protocol")
    limit(settings, "Name").fill("CRPS, four hours")
    settings.locator(".rule-panel").get_by_text("mg/kg/h", exact=True).first.click()
    limit(settings, "Amount").fill("0,35")
    limit(settings, "Duration").fill("240")
    limit(settings, "Premedication, separated by commas").fill("midazolam 2 mg IV, clonidine 0.1 mg")
    limit(settings, "Charting, then every").fill("x")
    limit(settings, "Read when the protocol is chosen").fill("Ask for pain.")
    signing.get_by_label("Reason").fill("as agreed")
    press(settings, "Sign version 1 as Dr. Haas")
    expect(signing).to_contain_text("CRPS, four hours: “Charting, then every” is whole minutes.")
    limit(settings, "Charting, then every").fill("20")
    assert judged(settings, "settings-protocols") == {}
    press(settings, "Sign version 1 as Dr. Haas")
    expect(signing).to_be_hidden()
    expect(rows).to_have_count(3)
    made = house.presets.current().protocols
    assert [one["nibp_interval_min"] for one in made] == [4, 5, 5]
    assert made[2] == {
        "name": "CRPS, four hours",
        "order": {"kind": "rate_by_weight", "rate_mg_kg_h": "0.35", "duration_min": 240},
        "premedication": ["midazolam 2 mg IV", "clonidine 0.1 mg"],
        "nibp_interval_min": 5,
        "tier": "pain",
        "recovery_min": 60,
        "charting_first_min": 10,
        "charting_every_min": 20,
        "response": "Ask for pain.",
    }


def test_what_cannot_stand_is_told_and_kept_for_mending(settings: Page, house: FakeClinic) -> None:
    limit(settings, "SpO₂ <\u00a085").fill("91")
    settings.locator(".signing").get_by_label("Reason").fill("a try")
    press(settings, "Sign version 1 as Dr. Haas")
    expect(settings.locator(".signing")).to_contain_text("the steps of spo2_low must grow more urgent")
    expect(limit(settings, "SpO₂ <\u00a085")).to_have_value("91")
    press(settings, "Discard")
    expect(limit(settings, "SpO₂ <\u00a085")).to_have_value("85")
    expect(settings.locator(".signing")).to_be_hidden()
    assert house.presets.current().version == 0


def test_what_is_connected_is_shown_and_free_ports_are_looked_at(settings: Page, house: FakeClinic) -> None:
    settings.get_by_role("tab", name="Devices and ports").click()
    chairs = settings.locator(".chair-ports")
    expect(chairs).to_contain_text("last told")
    expect(settings.locator(".rule-panel")).to_contain_text("/dev/ttyUSB3")
    press(settings, "What speaks on other ports?")
    expect(settings.locator(".rule-panel")).to_contain_text("Listening…")
    house.found = [KNOWN]
    expect(settings.locator(".port-lines")).to_have_text('[[chair.device]]\ndriver = "nonin"\n')
    assert house.probed == [["/dev/ttyUSB3"]]
    assert judged(settings, "settings-ports") == {}
    settings.get_by_role("tab", name="Rules").click()
    expect(row(settings, "spo2_low")).to_be_visible()


@pytest.mark.parametrize("who", [NURSE, None])
def test_who_is_no_physician_looks(screen: Screen, who: Actor | None) -> None:
    page = screen.show(clinic(who=who), "/settings")
    expect(page.locator(".rule-panel")).to_contain_text("A physician changes this and signs it.")
    expect(page.locator(".rule-panel input, .rule-panel textarea")).to_have_count(0)


def test_on_a_phone_a_rule_opens_over_the_list_and_nothing_is_cut_off(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/", PHONE)
    page.locator("#vigil-tabs").get_by_text("Rules").click()
    expect(page.locator(".rule-panel")).to_be_hidden()
    row(page, "hr_high").locator("button").click()
    limit(page, "HR >\u00a0140").fill("138")
    expect(page.locator(".signing")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shot(page, "settings-phone")
    press(page, "All rules")
    expect(row(page, "hr_high")).to_be_visible()


# Protocols, in the dialog of an admission


@pytest.fixture
def admitting(screen: Screen, house: FakeClinic) -> Page:
    page = screen.show(house, "/chair/8")
    press(page, "Admit…")
    return page


def test_a_protocol_fills_the_order_and_sets_the_cuff(admitting: Page, house: FakeClinic) -> None:
    dialog = admitting.locator("dialog[open]")
    dialog.get_by_label("Protocol").select_option(label="0.5 mg/kg over 40 min")
    expect(dialog).to_contain_text("cuff every 10 min · recovery at least 30 min · as shipped, signed by nobody")
    shot(admitting, "admit-protocol")
    dialog.get_by_label("Initials").fill("A.B.")
    dialog.get_by_label("Weight").first.fill("80")
    dialog.get_by_text("kg", exact=True).first.click()
    dialog.locator("footer .light").click()
    expect(dialog).to_have_count(0)
    (chair, action, body), cuff = house.acted
    assert (chair, action) == ("8", "admit")
    assert body["order"] == {"kind": "dose", "dose_mg_kg": "0.5", "duration_min": 40}
    assert body["protocol"] == {
        "name": "0.5 mg/kg over 40 min",
        "tier": "low",
        "nibp_interval_min": 10,
        "recovery_min": 30,
        "charting_first_min": 10,
        "charting_every_min": 15,
    }
    assert cuff == ("8", "nibp_interval", {"minutes": 10})


def test_what_a_protocol_leaves_open_is_asked_for(admitting: Page) -> None:
    dialog = admitting.locator("dialog[open]")
    dialog.get_by_label("Protocol").select_option(label="Low dose by weight, 90 to 120 min")
    expect(dialog).to_contain_text("amount or time is left to you")
    expect(dialog.get_by_label("Rate", exact=True)).to_have_value("")
    expect(dialog.get_by_label("Duration", exact=True)).to_have_value("90")
    dialog.get_by_label("Protocol").select_option(label="Glycopyrrolate 0.2 mg, then 60 mg/h")
    expect(dialog).to_contain_text("first glycopyrrolate 0.2 mg IV")
    expect(dialog.get_by_label("Rate", exact=True)).to_have_value("60")
