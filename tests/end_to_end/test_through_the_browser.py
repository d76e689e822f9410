"""Done through the browser alone: start a session, see and hear the desaturation, acknowledge it, see that on another screen."""

from collections.abc import Callable

from playwright.sync_api import Browser, expect

from tests.dashboard.browsing import LAPTOP, PHONE, go, opened, settled
from tests.end_to_end.conftest import FALLS, Demo, until

SPEED = "2"


def test_a_desaturation_from_start_to_acknowledged(
    start_demo: Callable[..., Demo], one_chair: Callable[[str], tuple[str, ...]], browser: Browser
) -> None:
    demo = start_demo(*one_chair(FALLS), "--speed", SPEED)
    nurse = opened(browser, f"{demo.url}/sign-in", LAPTOP)
    nurse.get_by_role("button", name="L. Moreno").click()
    expect(nurse).to_have_url(f"{demo.url}/")
    go(nurse, "/chair/1")
    second = opened(browser, demo.url, PHONE)

    nurse.get_by_role("button", name="Start…").click()
    nurse.get_by_label("Why in spite of that").fill("demonstration")
    nurse.get_by_role("button", name="Start the clock").click()
    expect(nurse.locator("#vigil-session")).to_contain_text("Infusing")

    tile = second.locator('[data-chair="1"] .rail')
    expect(tile).to_have_attribute("data-priority", "high")
    expect(tile).to_contain_text("SpO₂")
    nurse.wait_for_function("() => (window.__vigilSounds ?? []).some(({ priority }) => priority === 'high')")

    expect(nurse.locator(".chair-top .rail")).to_have_attribute("data-priority", "high")
    settled(nurse)
    nurse.locator(".chair-actions .acknowledge").click()
    expect(tile).to_have_attribute("data-state", "acknowledged")
    [deed] = until(lambda: demo.deeds(demo.state("1")["session"]["id"], "acknowledge"))
    assert (deed["by"]["name"], deed["arguments"]["alert"].split(":")[:2]) == ("L. Moreno", ["1", "spo2_low"])
    second.close()
    nurse.close()
