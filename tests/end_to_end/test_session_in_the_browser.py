"""Sessions through the browser alone, against the real core: admission by each protocol, checklist, infusion, recovery, close."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, expect

from monitor.storage.presets import SHIPPED_PROTOCOLS
from tests.dashboard.browsing import LAPTOP, go, opened
from tests.dashboard.test_gate import answer, button, criteria_shown, dialog, press, row
from tests.end_to_end.conftest import Demo, until

ORDERED = {
    "Low dose by weight, 90 to 120 min": "0.6 mg/kg/h over 90 min",
    "Glycopyrrolate 0.2 mg, then 60 mg/h": "60 mg/h over 90 min",
    "0.5 mg/kg over 40 min": "0.5 mg/kg over 40 min",
}


def signed_in(browser: Browser, demo: Demo, name: str) -> Page:
    page = opened(browser, f"{demo.url}/sign-in", LAPTOP)
    page.get_by_role("button", name=name).click()
    expect(page).to_have_url(f"{demo.url}/")
    go(page, "/chair/1")
    criteria_shown(page)
    return page


def prepared(page: Page) -> None:
    """Do at the checklist what a person can do; what the devices still owe stays unmet."""
    button(page, "Checklist…").click()
    row(page, "screening").get_by_role("button").click()
    answer(page, "Pregnancy or breastfeeding")
    press(page, "Keep the answers")
    expect(row(page, "screening")).to_contain_text("Pregnancy or breastfeeding")
    row(page, "baseline").get_by_role("button").click()
    for label, value in (("SBP", "120"), ("DBP", "78"), ("SpO₂", "98"), ("HR", "72")):
        dialog(page).get_by_label(label, exact=True).fill(value)
    dialog(page).get_by_label("Reason").fill("as at the last visit")
    press(page, "Lock")
    row(page, "limits_seen").get_by_role("button", name="I saw them").click()
    row(page, "sound_heard").get_by_role("button", name="I heard them").click()
    row(page, "premedication").get_by_role("button").click()
    dialog(page).get_by_text("No premedication").click()
    press(page, "Chart")
    row(page, "arms").get_by_role("button", name="Different arms").click()
    for code in ("baseline", "screening", "home", "limits_seen", "sound_heard", "premedication", "arms"):
        expect(row(page, code).locator(".state")).to_have_text("met")
    page.keyboard.press("Escape")


def signs(page: Page, step: str, why: str) -> None:
    """Give the reason where the dialog of this step asks for one."""
    expect(dialog(page).get_by_role("button", name=step, exact=True)).to_be_visible()
    reason = dialog(page).get_by_label("Why in spite of that")
    if reason.count():
        reason.fill(why)


def recovered(page: Page) -> None:
    button(page, "Checklist…").click()
    row(page, "aldrete").get_by_role("button", name="Aldrete…").click()
    for item in range(5):
        dialog(page).locator(".sheet .choice").nth(item).locator("label").first.click()
    press(page, "Chart the score")
    expect(row(page, "aldrete")).to_contain_text("charted 10")
    row(page, "steady_gait").get_by_role("button", name="Walks steadily").click()
    expect(row(page, "steady_gait").locator(".state")).to_have_text("met")
    press(page, "Close the session…")
    signs(page, "Sign and close", "taken home by her sister")
    dialog(page).get_by_label("Handover").fill("slept a little")


def admitted(page: Page, protocol: str) -> None:
    """Admit a patient of 70 kg by a protocol; what it leaves open is ordered here."""
    button(page, "Admit…").click()
    dialog(page).get_by_label("Protocol").select_option(label=protocol)
    dialog(page).get_by_label("Initials").fill("A.B.")
    dialog(page).get_by_label("Weight").first.fill("70")
    dialog(page).get_by_text("kg", exact=True).first.click()
    rate = dialog(page).get_by_label("Rate", exact=False).first
    if not rate.input_value():
        rate.fill("0.6")
    dialog(page).locator("footer .light").click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def begun(page: Page, demo: Demo) -> None:
    prepared(page)
    button(page, "Start…").click()
    signs(page, "Start the clock", "the physician is in the room")
    press(page, "Start the clock")
    expect(button(page, "Pause…")).to_be_visible()
    assert session_of(demo)["phase"] == "infusing"


def ended(page: Page) -> None:
    button(page, "Stop…").click()
    press(page, "End the infusion")
    page.locator(".prompt.pump").get_by_role("button", name="Stopped").click()
    expect(page.locator(".prompt.pump")).to_be_hidden()


def closed(page: Page, demo: Demo) -> Any:
    """Close the session, and return it as it is kept."""
    id = session_of(demo)["id"]
    recovered(page)
    until(lambda: closed_at(demo, page, "Sign and close"))
    expect(page.locator("#vigil-session")).to_contain_text("No patient at this chair.")
    [kept] = [
        one["session"] for one in demo.client.get("/api/sessions").json()["sessions"] if one["session"]["id"] == id
    ]
    return kept


def session_of(demo: Demo) -> Any:
    return demo.state("1")["session"]


def interrupted(page: Page, demo: Demo) -> None:
    """A bolus, and a pause that asks what the pump says."""
    button(page, "Bolus…").click()
    dialog(page).get_by_label("Given at once").fill("2.5")
    press(page, "Write down the bolus")
    button(page, "Pause…").click()
    dialog(page).get_by_text("Nausea").click()
    dialog(page).get_by_text("Stopped").click()
    press(page, "Pause")
    expect(page.locator("#vigil-session")).to_contain_text("Pump: stopped")
    button(page, "Resume").click()
    assert [bolus["mg"] for bolus in session_of(demo)["boluses"]] == ["2.5"]
    until(lambda: float(session_of(demo)["dose_mg"]) > 2.5)


def test_a_session_of_each_protocol_from_the_admission_to_the_close(
    start_demo: Callable[..., Demo], one_chair: Callable[..., tuple[str, ...]], browser: Browser
) -> None:
    demo = start_demo(*one_chair())
    page = signed_in(browser, demo, "L. Moreno")
    button(page, "Withdraw…").click()
    until(lambda: closed_at(demo, page, "Withdraw"))
    for protocol in SHIPPED_PROTOCOLS:
        admitted(page, str(protocol["name"]))
        assert demo.state("1")["nibp"]["interval_s"] == 60 * protocol["nibp_interval_min"]
        begun(page, demo)
        if protocol is SHIPPED_PROTOCOLS[0]:
            interrupted(page, demo)
        ended(page)
        kept = closed(page, demo)
        assert (kept["protocol"]["name"], kept["order"]) == (protocol["name"], ORDERED[protocol["name"]])
        assert (kept["phase"], kept["handover"], kept["left"]["reason"]) == (
            "closed",
            "slept a little",
            "taken home by her sister",
        )
        assert "Escort is here" in kept["left"]["without"]
        assert "Steady gait" not in kept["left"]["without"]
    page.close()


def closed_at(demo: Demo, page: Page, step: str) -> bool:
    """Press it; what a high alert holds back is acknowledged, and it is tried again."""
    for alert in demo.alerts("1"):
        if alert["state"] != "acknowledged":
            demo.act("1", "acknowledge", alert=alert["id"])
    press(page, step)
    page.wait_for_function("() => !document.querySelector('dialog[open] [aria-busy]')")
    return session_of(demo) is None
