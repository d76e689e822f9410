"""A session after it is closed, against the real server: its review in the browser, then other limits tried on it, also by command."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.dashboard.browsing import PATIENCE_MS, WIDE
from tests.end_to_end.conftest import Demo, until

SCENARIO = """
title = "A short session with a dip"
[[chair]]
name = "A dip"
[chair.patient]
initials = "AM"
birth_year = 1984
weight_kg = "78"
hr = 68
systolic = 118
diastolic = 74
[chair.session]
order = { kind = "dose", dose_mg_kg = "0.5", duration_min = 40 }
concentration_mg_ml = "2"
[[chair.event]]
at_s = 15
what = "desaturation"
size = 82
for_s = 90
every_s = 600
"""
TRIED = """
[limits]
"spo2_low.high" = 80
"spo2_low.medium" = 81
"""


def closed_session(demo: Demo) -> dict[str, Any]:
    """Watch a dip, acknowledge it, chart, change a limit, end and close; return the session as it is kept."""
    changed = {"code": "hr_high", "priority": "medium", "value": "115", "reason": "an athlete"}
    assert demo.act("1", "set_limit", **changed).status_code == 200
    for body in (
        {"kind": "pain", "level": 6},
        {"kind": "moaas", "level": 5},
        {"kind": "side_effect", "term": "dizziness", "severity": "mild", "text": "head lowered"},
    ):
        assert demo.act("1", "chart", **body).status_code == 200
    dip = until(lambda: next((one for one in demo.alerts("1") if one["priority"] == "high"), None))
    assert demo.act("1", "acknowledge", alert=dip["id"]).status_code == 200
    assert demo.act("1", "stop", reason="the walk is over").status_code == 200
    until(lambda: is_closed(demo))
    [kept] = demo.client.get("/api/sessions").json()["sessions"]
    session: dict[str, Any] = kept["session"]
    return session


def is_closed(demo: Demo) -> bool:
    """Close it; what holds that back, such as an alert that sounds again after a while, is acknowledged."""
    for alert in demo.alerts("1"):
        if alert["state"] != "acknowledged":
            demo.act("1", "acknowledge", alert=alert["id"])
    return demo.act("1", "close", handover="Slept a little.", reason="a test").status_code == 200


def signed_in(browser: Browser, demo: Demo, path: str) -> Page:
    """A page that bears the client's own cookie."""
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies(
        [{"name": name, "value": value, "url": demo.url} for name, value in demo.client.cookies.items()]
    )
    page = context.new_page()
    page.goto(demo.url + path)
    return page


def reviewed(page: Page) -> None:
    """All of it stands there as it was: figures, alerts, what was charted, the limit, the curves of the dip, the handover."""
    events = page.locator(".review-events")
    expect(page.locator(".review-standing")).to_contain_text("Nothing here is live")
    dip = events.locator("li[data-priority='high']")
    expect(dip).to_contain_text("SpO₂")
    expect(dip).to_contain_text("acknowledged after")
    expect(dip.locator(".by")).to_have_text("L. Moreno")
    expect(events).to_contain_text("Pain 6 · MOAA/S 5")
    expect(events).to_contain_text("Dizziness, mild")
    expect(events).to_contain_text("Limit HR > 120 → 115")
    expect(page.locator(".handover")).to_have_text("Slept a little.")
    dip.get_by_role("button").click()
    expect(page.locator(".wave-canvas")).to_have_attribute("data-curves", re.compile("pleth"))
    page.get_by_role("button", name="Add a note…").click()
    page.get_by_label("In your words").fill("The weight was 79 kg.")
    page.get_by_role("button", name="Add for good").click()
    expect(page.locator(".added li")).to_contain_text("The weight was 79 kg.")


def tried(page: Page) -> None:
    """Under wider limits the dip would have been told otherwise."""
    page.evaluate("import('/assets/js/pages.js').then(({ go }) => go('/what-if'))")
    page.locator(".tried-session").click()
    rule = page.locator(".tried-rule").first
    rule.locator("summary").click()
    page.get_by_label("SpO₂ <\u00a090", exact=True).fill("81")
    page.get_by_label("SpO₂ <\u00a085", exact=True).fill("80")
    page.get_by_role("button", name="Try it on 1 session").click()
    expect(page.locator(".tried-result li").filter(has_text="SpO₂")).to_be_visible()
    expect(page.locator(".tried-sums tbody tr").first).to_contain_text("!!! High10−1")


def test_a_closed_session_is_reviewed_and_tried_under_other_limits(
    start_demo: Callable[..., Demo], browser: Browser, tmp_path: Path
) -> None:
    scenario, tried_file = tmp_path / "dip.toml", tmp_path / "tried.toml"
    scenario.write_text(SCENARIO)
    tried_file.write_text(TRIED)
    record = tmp_path / "record"
    demo = start_demo("--chairs", "1", "--scenario", str(scenario), "--speed", "10", "--data-dir", str(record))
    session = closed_session(demo)
    page = signed_in(browser, demo, f"/session/{session['id'].replace(':', '%3A')}")
    reviewed(page)
    tried(page)
    page.context.close()
    demo.interrupt()
    told = subprocess.run(
        [sys.executable, "-m", "dashboard", "whatif", str(record), session["id"], "--limits", str(tried_file)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    assert "these limits: 0 high" in told.stdout
    assert re.search(r"recorded limits: [1-9]\d* high", told.stdout)
