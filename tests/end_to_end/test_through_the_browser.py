"""Done through the browser alone: start a session, see and hear the desaturation, acknowledge it, see that on another screen."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.browsing import opened
from tests.end_to_end.conftest import Demo

pytestmark = pytest.mark.timeout(180)
SPEED = "3"


def sign_in(page: Page, name: str) -> None:
    with page.expect_response("**/api/sign-in"):
        page.get_by_role("button", name=re.compile(name)).click()


def test_a_desaturation_from_start_to_acknowledged(start_demo: Callable[..., Demo], browser: Browser) -> None:
    demo = start_demo("--speed", SPEED)
    nurse = opened(browser, f"{demo.url}/sign-in")
    sign_in(nurse, "L. Moreno")
    nurse.goto(f"{demo.url}/chair/3")
    second = browser.new_context().new_page()
    second.goto(f"{demo.url}/")

    nurse.get_by_role("button", name="Start…").click()
    nurse.get_by_label("Why in spite of that").fill("demonstration")
    nurse.get_by_role("button", name="Start the clock").click()
    expect(nurse.locator("#vigil-session")).to_contain_text("Infusing")

    tile = second.locator('[data-chair="3"] .rail')
    expect(tile).to_have_attribute("data-priority", "high")
    expect(tile).to_contain_text("SpO₂")
    nurse.wait_for_function("() => (window.__vigilSounds ?? []).some(({ priority }) => priority === 'high')")

    nurse.get_by_role("button", name="Acknowledge").first.click()
    expect(tile).not_to_have_attribute("data-state", "active")
    trend = demo.client.get("/api/chairs/3/trend").json()
    marked = [alert for alert in trend["alerts"] if alert["code"] == "spo2_low"]
    assert marked
    assert marked[0]["acknowledged_by"]["name"] == "L. Moreno"
    second.context.close()
    nurse.close()
