"""The live display's modules by themselves, in a real browser: ages, limits, the infusion's clock, words, curves."""

import json
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from drivers.base.vocabulary import CommandKind
from monitor.core.changes import CommandChanged, CommandState, CommandView
from monitor.web import messages
from tests.dashboard.browsing import Screen, module
from tests.dashboard.chairs import MINUTE, SECOND, calm, sixteen
from tests.dashboard.fake_server import FakeHouse, now


def told(value: Any) -> str:
    return messages.encode(value).decode()


@pytest.mark.parametrize(
    ("vital", "interval_s", "age"),
    [
        ({"value": 97, "at": 0, "spot": False}, None, "stale"),
        ({"value": 97, "at": 95, "spot": False}, None, "live"),
        ({"value": 97, "at": 60, "spot": False}, None, "gone"),
        ({"value": None, "at": 100, "spot": False}, None, "gone"),
        ({"value": 134, "at": 0, "spot": True, "parameter": "nibp_sys"}, None, "live"),
        ({"value": 134, "at": 0, "spot": True, "parameter": "nibp_sys"}, 90, "stale"),
        ({"value": 134, "at": 0, "spot": True, "parameter": "nibp_sys"}, 300, "live"),
        ({"value": 97, "at": 100, "spot": True, "parameter": "spo2"}, 300, "spot"),
        ({"value": None, "at": 100, "spot": True, "parameter": "spo2"}, 300, "gone"),
        (None, None, "none"),
    ],
)
def test_ages(plain_page: Page, vital: dict[str, Any] | None, interval_s: int | None, age: str) -> None:
    at = 100 * SECOND if vital is None or vital["at"] else 6 * SECOND if not vital["spot"] else 100 * SECOND
    stamped = vital and {**vital, "at": vital["at"] * SECOND}
    assert module(plain_page, "cells", f"m.ageOf({json.dumps(stamped)}, {at}, {json.dumps(interval_s)})") == age


def test_the_limits_shown_are_the_medium_ones_or_those_of_the_alert(plain_page: Page) -> None:
    calm_chair, alarmed = (told(chair) for chair in sixteen(now())[:2])
    assert module(plain_page, "cells", f"m.limitsOf({calm_chair}, 'hr', null)") == {"upper": "120", "lower": "45"}
    assert module(plain_page, "cells", f"m.limitsOf({calm_chair}, 'spo2', null)") == {"upper": None, "lower": "90"}
    assert module(plain_page, "cells", f"m.limitsOf({alarmed}, 'spo2', m.alertOf({alarmed}, 'spo2'))") == {
        "upper": None,
        "lower": "85",
    }
    over = f"{{...m.alertOf({alarmed}, 'spo2'), state: 'latched'}}"
    assert module(plain_page, "cells", f"m.limitsOf({alarmed}, 'spo2', {over})") == {"upper": None, "lower": "90"}


def test_an_unacknowledged_alert_comes_before_an_acknowledged_one_of_higher_priority(plain_page: Page) -> None:
    def one(priority: str, state: str) -> dict[str, Any]:
        return {"priority": priority, "state": state, "began": 1}

    alerts = [one("high", "acknowledged"), one("low", "active"), one("medium", "active"), one("high", "ended")]
    order = module(plain_page, "model", f"m.openAlerts({{alerts: {json.dumps(alerts)}}}).map((a) => a.priority)")
    assert order == ["medium", "low", "high"]


def test_the_infusion_goes_on_from_what_was_said_last(plain_page: Page) -> None:
    at = now()
    session = told(calm("1", at).session)
    later = module(plain_page, "infusion", f"m.progress({session}, {at + 10 * MINUTE})")
    assert later["elapsed"] == pytest.approx((52 + 10 / 60) * MINUTE, abs=1)
    assert later["left"] == pytest.approx((37 + 50 / 60) * MINUTE, abs=1)
    assert later["dose"] == pytest.approx(5 + 42 + 1 / 6)
    assert module(plain_page, "infusion", f"m.rateChanges({session})") == [10 * MINUTE]


@pytest.mark.parametrize(
    ("minutes", "dose", "phase", "words"),
    [
        (80, "79", "infusing", ""),
        (84.5, "84", "infusing", "94 % of the order, by this clock"),
        (85, "85", "infusing", "Planned end in 5:00"),
        (90, "90", "infusing", ""),
        (86, "86", "paused", ""),
    ],
)
def test_the_nearing_end_is_told_as_information(
    plain_page: Page, minutes: float, dose: str, phase: str, words: str
) -> None:
    at = 500 * MINUTE
    session = json.loads(told(calm("1", at).session))
    session |= {"phase": phase, "as_of": at, "infused_us": round(minutes * MINUTE), "dose_mg": dose, "total_mg": "89"}
    assert module(plain_page, "rail", f"m.nearEnd({json.dumps(session)}, {at})") == words


@pytest.mark.parametrize(
    ("parameter", "at", "masked"),
    [("spo2", 9, False), ("spo2", 10, True), ("pr", 69, True), ("pr", 70, False), ("hr", 20, False)],
)
def test_a_number_behind_the_cuff_is_none(plain_page: Page, parameter: str, at: int, masked: bool) -> None:
    nibp = {"masks_from": 10 * SECOND, "masks_until": 70 * SECOND}
    given = f"{{nibp: {json.dumps(nibp)}}}, '{parameter}', {at * SECOND}"
    assert module(plain_page, "cells", f"m.isMasked({given})") is masked
    assert module(plain_page, "cells", f"m.isMasked({{nibp: {{}}}}, '{parameter}', {at * SECOND})") is False


def test_a_pause_stops_the_infusion_clock_and_is_no_change_of_rate(plain_page: Page) -> None:
    session = json.loads(told(calm("1", 100 * MINUTE).session))
    session |= {"phase": "paused", "rate_mg_h": "0"}
    rates = [(0, "60"), (10, "0"), (15, "60"), (20, "45")]
    session["steps"] = [{"at": minute * MINUTE, "rate_mg_h": rate} for minute, rate in rates]
    later = module(plain_page, "infusion", f"m.progress({json.dumps(session)}, {200 * MINUTE})")
    assert later["elapsed"] == session["infused_us"]
    assert later["dose"] == pytest.approx(float(session["dose_mg"]))
    assert module(plain_page, "infusion", f"m.rateChanges({json.dumps(session)})") == [15 * MINUTE]


def test_words(plain_page: Page) -> None:
    at = 1_764_000_000 * SECOND  # 2025-11-24 16:00:00 UTC
    expressions = [
        ("m.minutes(42e6)", "0:42"),
        ("m.minutes(3930e6)", "65:30"),
        ("m.minutes(-5e6)", "−0:05"),
        (f"m.clock({at}, 'Europe/Berlin')", "17:00:00"),
        (f"m.zoneOffset({at}, 'Europe/Berlin')", "+01:00"),
        (f"m.zoneOffset({at}, 'UTC')", "+00:00"),
        ("m.number('spo2', 96.6)", "97"),
        ("m.number('pi', 1)", "1.0"),
        ("m.number('spo2', null)", None),
        ("m.rate('53.250')", "53.3"),
        ("m.initialsOf('L. Moreno')", "L.M."),
    ]
    for expression, expected in expressions:
        assert module(plain_page, "words", expression) == expected, expression


ESCALATED = """{began: 0, acknowledged_at: 400e6, acknowledged_by: {name: 'S. Okafor'}, life: [
  {at: 60e6, what: 'grouped', to: '', by: ''}, {at: 60e6, what: 'escalated', to: 'physicians', by: ''},
  {at: 120e6, what: 'escalated', to: 'all', by: ''}, {at: 150e6, what: 'acknowledged', to: '', by: 'L. Moreno'},
  {at: 270e6, what: 'realarmed', to: '', by: ''}, {at: 400e6, what: 'acknowledged', to: '', by: 'S. Okafor'}]}"""


def test_what_became_of_an_alert_among_people(plain_page: Page) -> None:
    assert module(plain_page, "words", f"m.lifeWords({ESCALATED})") == [
        "escalated to physicians’ screens after 1:00, to all screens after 2:00",
        "told as one with others",
        "sounded again 1 ×",
    ]
    detail = module(plain_page, "reviewevents", f"m.lifeOf({ESCALATED}, 480e6)")
    assert detail["detail"].endswith("sounded again 1 ×, acknowledged after 2:30")
    assert detail["by"] == "L. Moreno"
    waits = module(plain_page, "history", f"m.waitsOf([{{priority: 'high', ...{ESCALATED}}}])")
    assert (waits[0]["median"], waits[0]["never"]) == (150e6, 0)
    assert module(plain_page, "words", "m.lifeWords({began: 0})") == []


def test_a_review_tells_what_was_known_and_missing_before_the_infusion(plain_page: Page) -> None:
    session = """{screening: {indication: 'mood disorder', speaks_against: ['psychosis'], unconfirmed: ['escort'],
      overridden_by: 'Dr. Haas', reason: 'in remission'}, confirmed: {by: 'Dr. Haas', asks: ['a weight of 30 kg']}, baseline: null,
      started: {without: ['Baseline locked'], reason: ''}}"""
    words = "{questions: [{code: 'psychosis', text: 'Active psychosis'}], confirmations: [{code: 'escort', text: 'An escort'}]}"
    assert module(plain_page, "reviewevents", f"m.beforeWords({session}, {words})") == [
        "Indication: mood disorder.",
        "Answered with yes: Active psychosis.",
        "Not confirmed: An escort.",
        "Overridden by Dr. Haas: in remission.",
        "Order confirmed by Dr. Haas: a weight of 30 kg.",
        "Started without: Baseline locked. Reason: none was given.",
    ]
    nothing = "{screening: null, confirmed: null, baseline: null, started: null}"
    assert module(plain_page, "reviewevents", f"m.beforeWords({nothing}, null)") == []


def test_no_word_of_comfort(plain_page: Page) -> None:
    words = module(plain_page, "words", "JSON.stringify(m)").lower()
    assert not any(f'"{word}"' in words or f" {word} " in words for word in ("ok", "safe", "normal"))


# Curves: samples to the pen

CURVE = """
  const curve = new m.Curve({rate_hz: 100})
  const piece = (first, count) => Int16Array.from({length: count}, (_, i) => first + i)
"""


def curve(page: Page, body: str) -> Any:
    return page.evaluate(f"import('/assets/js/curves.js').then((m) => {{ {CURVE} {body} }})")


def test_the_pen_runs_behind_the_samples_at_their_rate(plain_page: Page) -> None:
    walk = """
      const pens = []
      for (let t = 0; t < 400; t++) {
        if (t % 4 === 0) curve.take(1, t, piece(t, 4), 10 + t / 100)
        pens.push(curve.pen(10 + t / 100))
      }
      return pens
    """
    pens = curve(plain_page, walk)
    steps = [after - before for before, after in pairwise(pens[100:])]
    assert min(steps) > 0.9
    assert max(steps) < 1.1
    assert pens[-1] < 400


def test_a_gap_in_the_index_stays_a_gap(plain_page: Page) -> None:
    body = """
      curve.take(1, 0, piece(0, 10), 1)
      curve.take(1, 30, piece(30, 10), 1.4)
      return [9, 10, 29, 30, 39, 40].map((place) => curve.sample(place)).map((s) => Number.isNaN(s) ? null : s)
    """
    assert curve(plain_page, body) == [9, None, None, 30, 39, None]


def test_a_new_run_leaves_the_time_between_empty(plain_page: Page) -> None:
    body = """
      curve.take(1, 0, piece(0, 100), 1)
      for (let t = 1; t < 4; t += 0.02) curve.pen(t)
      curve.take(2, 5, piece(5, 100), 4)
      const begins = curve.end - 100
      return [Number.isNaN(curve.sample(150)), curve.sample(begins), begins > curve.pen(4)]
    """
    assert curve(plain_page, body) == [True, 5, True]


def test_a_late_piece_holds_the_pen_and_a_missing_one_lets_it_go_on(plain_page: Page) -> None:
    body = """
      curve.take(1, 0, piece(0, 30), 1)
      const pens = []
      for (let t = 1; t < 3; t += 0.1) pens.push(curve.pen(t))
      return pens
    """
    pens = curve(plain_page, body)
    assert pens == sorted(pens)
    assert pens.count(29) >= 3
    assert pens[-1] > 100


# The cuff's command


@pytest.mark.parametrize(
    ("state", "text", "pressure", "words"),
    [
        (CommandState.REQUESTED, "", None, "Asked 0 s ago"),
        (CommandState.SENT, "", None, "Sent to the device 0 s ago"),
        (CommandState.ACCEPTED, "", None, "Measuring …"),
        (CommandState.ACCEPTED, "", 142, "Measuring, cuff at 142 mmHg"),
        (CommandState.REFUSED, "the cuff leaks", None, "Refused: the cuff leaks"),
        (CommandState.TIMED_OUT, "", None, "No answer"),
    ],
)
def test_words_of_a_command(plain_page: Page, state: CommandState, text: str, pressure: int | None, words: str) -> None:
    view = CommandView("c1", "cuff", CommandKind.NIBP_START, state, text, 0, 0, "L. Moreno", pressure)
    assert module(plain_page, "cuff", f"m.commandWords({json.dumps(asdict(view))}, 0)") == words


def test_nothing_of_the_patient_before_is_told_of_this_one(plain_page: Page) -> None:
    here = "{session: {phase: 'planned', admitted_at: 100}}"
    of = [module(plain_page, "cuff", f"m.isOfPatient({here}, {{at: {at}}})") for at in (99, 100)]
    assert of == [False, True]
    for session in ("null", "{phase: 'closed', admitted_at: 0}"):
        assert module(plain_page, "cuff", f"m.isOfPatient({{session: {session}}}, {{at: 99}})") is False
    alerts = (
        "new Map([[1, {began: 5, ended_at: 100}], [2, {began: 50, ended_at: 101}], [3, {began: 9, ended_at: null}]])"
    )
    history = f"{{alerts: {alerts}, session: {{admitted_at: 100}}}}"
    assert module(plain_page, "trenddata", f"m.alertsOf({history}).map(({{ began }}) => began)") == [9, 50]


def test_the_cuff_button_tells_what_the_device_answered(screen: Screen) -> None:
    house = FakeHouse(sixteen(now())[:2])
    page = screen.show(house, "/chair/1")
    start = page.locator(".cuff .buttons button")
    expect(start).to_have_text("Cuff now")
    start.click()
    page.wait_for_function("document.querySelector('.cuff button').getAttribute('aria-busy') === null")
    assert ("1", "nibp_start", {}) in house.acted
    at = now()
    view = CommandView("c1", "cuff", CommandKind.NIBP_START, CommandState.ACCEPTED, "", at, at, "L. Moreno", 142)
    house.say("1", CommandChanged(at, view))
    expect(page.locator(".cuff .outcome")).to_have_text("Measuring, cuff at 142 mmHg")
    expect(start).to_have_text("Stop the cuff")
