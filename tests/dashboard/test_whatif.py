"""What-if in a real browser: sessions and numbers are chosen, both sides are shown, and a physician carries the numbers over."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from playwright.sync_api import Page, expect

from tests.dashboard.browsing import PHONE, Screen, module, shot
from tests.dashboard.chairs import sixteen
from tests.dashboard.fake_api import PHYSICIAN
from tests.dashboard.fake_past import CLOSED, FakeRecord
from tests.dashboard.fake_server import now
from tests.dashboard.test_accessible import judged

HIGH = {
    "code": "spo2_low",
    "priority": "medium",
    "text": "SpO₂ 88 < 90",
    "began_s": 744.0,
    "ended_s": 790.0,
    "sounded": 2,
}
LOW = HIGH | {"priority": "low", "text": "SpO₂ 92 ≤ 95", "began_s": 1200.0, "ended_s": None, "sounded": 0}
SAME = HIGH | {"code": "hr_high", "priority": "high", "text": "HR 150 > 140", "sounded": 1}
LATER = HIGH | {"priority": "low", "began_s": 774.0, "sounded": 0}


def counts(high: int, medium: int, low: int, sounds: int) -> dict[str, Any]:
    return {
        "high": {"alerts": high, "sounds": 1},
        "medium": {"alerts": medium, "sounds": sounds},
        "low": {"alerts": low, "sounds": 0},
    }


RESULT = {
    "session": CLOSED, "chair": "2", "began": 0, "recorded": counts(1, 2, 0, 4), "changed": counts(1, 0, 2, 0),
    "rows": [[SAME, SAME], [HIGH, LATER], [HIGH | {"began_s": 1800.0}, None], [None, LOW]], "rows_left_out": 0,
    "not_possible": ["'acknowledge' by L. Moreno was not possible: there is no such alert"],
}  # fmt: skip


class FakeTrials(FakeRecord):
    """A record whose trials are told by the test."""

    def __init__(self) -> None:
        super().__init__(sixteen(now())[:4], PHYSICIAN)
        self.trial: dict[str, Any] = {
            "number": 0, "done": 0, "running": False, "of": 0, "now": "", "share": 0, "trouble": "", "limits": {}, "delays": {}, "settings": {},
            "results": [], "caution": "", "most": 20,
        }  # fmt: skip
        self.asked_for: list[dict[str, Any]] = []

    def _pages(self, api: FastAPI) -> None:
        api.get("/api/what-if")(self._trial)
        api.post("/api/what-if")(self._try)
        api.post("/api/what-if/end")(self._end_it)
        super()._pages(api)

    async def _trial(self, seen: int = 0) -> JSONResponse:
        return JSONResponse(self.trial | {"results": self.trial["results"][seen:]})

    async def _try(self, body: dict[str, Any]) -> JSONResponse:
        self.asked_for.append(body)
        numbers = {name: body[name] for name in ("limits", "delays", "settings")}
        self.trial |= {
            "number": len(self.asked_for),
            "running": True,
            "of": 1,
            "now": CLOSED,
            "share": 0.4,
            "results": [],
            "trouble": "",
        } | numbers
        return JSONResponse(self.trial)

    async def _end_it(self) -> JSONResponse:
        self.trial |= {"running": False, "trouble": "Dr. Haas ended it"}
        return JSONResponse(self.trial)


@pytest.fixture
def house() -> FakeTrials:
    return FakeTrials()


def test_sessions_are_tried_and_the_numbers_carried_to_the_editor(screen: Screen, house: FakeTrials) -> None:
    page = screen.show(house, "/what-if")
    expect(page.locator(".caution")).to_have_text(
        "The same bytes under other limits. It says what would have been told, and nothing of what people would have done."
    )
    go = page.locator(".whatif-asked footer .light")
    expect(go).to_be_disabled()
    page.locator(".tried-session input").first.check()
    page.locator(".tried-rule summary").first.click()
    page.get_by_label("SpO₂ ≤\u00a093", exact=True).fill("95")
    page.get_by_label("SpO₂ <\u00a090, delay in seconds").fill("30")
    page.get_by_label("Clears when back for").first.fill("20")
    expect(page.locator(".tried-changes")).to_contain_text("! SpO₂ ≤\u00a093 → 95")
    shot(page, "what-if-numbers")
    go.click()
    expect(page.locator(".tried-progress")).to_contain_text("Working: 0 of 1 sessions")
    [asked] = house.asked_for
    assert asked["sessions"] == [CLOSED]
    # All numbers go, so that nothing of the recorded ones is left.
    assert len(asked["limits"]) > 40
    assert (asked["limits"]["spo2_low.low"], asked["delays"]["spo2_low.medium"]) == ("95", 30)
    assert (asked["settings"]["spo2_low.clear_s"], asked["settings"]["nibp_failed.times"]) == ("20", "2")
    page.get_by_role("button", name="End it").click()
    expect(page.locator(".whatif-results")).to_contain_text("Not all was worked out: Dr. Haas ended it.")
    go.click()
    expect(page.locator(".tried-progress")).to_contain_text("Working: 0 of 1 sessions")
    house.trial |= {"running": False, "results": [RESULT]}
    results = page.locator(".whatif-results")
    expect(results).to_contain_text("1 session worked out.")
    sums = page.locator(".tried-sums tbody tr")
    expect(sums.nth(1)).to_have_text("!! Medium20−240−4")
    expect(results).to_contain_text("1 would come new")
    expect(results).to_contain_text("20.0 min!SpO₂ 92 ≤ 95, silent")
    expect(results).to_contain_text("30.0 min!!SpO₂ 88 < 90, sounds 2 ×")
    expect(results).to_contain_text("12.4 min!!SpO₂ 88 < 90: !! → !, 30 s later, sounds 2 × → 0 ×")
    expect(results).to_contain_text("1 deed of people had no place under these limits")
    expect(results).to_contain_text("1 alert the same.")
    assert judged(page, "what-if") == {}
    page.get_by_role("button", name="Use these limits in the pre-set editor").click()
    signing = page.locator(".signing")
    expect(signing).to_contain_text("! SpO₂ ≤\u00a093 → 95")
    expect(signing).to_contain_text("!! SpO₂ <\u00a090, after 15 s → 30 s (wider")
    expect(signing).to_contain_text("clears when back for: 10\u00a0s → 20\u00a0s")
    assert house.presets.current().version == 0


def test_what_is_empty_and_what_fails_says_so(screen: Screen, house: FakeTrials) -> None:
    house.trial |= {
        "of": 1,
        "results": [{"session": "9:9", "error": "there is no session '9:9'"}],
        "trouble": "it failed",
    }
    house.who = None
    page = screen.show(house, "/what-if")
    expect(page.locator(".whatif-results")).to_contain_text("there is no session '9:9'.")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shot(page, "what-if-phone")


def test_sums_leave_out_what_could_not_be_worked_out(plain_page: Page) -> None:
    results = [RESULT, {"session": "x", "error": "gone"}, RESULT]
    sums = plain_page.evaluate("(r) => import('/assets/js/whatifwords.js').then((m) => m.sumsOf(r))", results)
    assert sums["medium"] == {"recorded": {"alerts": 4, "sounds": 8}, "changed": {"alerts": 0, "sounds": 0}}
    assert module(plain_page, "whatifwords", "m.minute(-90)") == "−1.5"
