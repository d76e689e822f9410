"""What nobody has acknowledged on every screen, with its second sound; and a chair's alerts that are told as one."""

import json
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import AlertGroup, AlertsGrouped, AlertState, NotMonitored, Phase, SessionChanged
from tests.dashboard.browsing import Screen, module, settled, shot, until
from tests.dashboard.chairs import NURSE, SECOND
from tests.dashboard.fake_api import clinic
from tests.dashboard.fake_server import now


@pytest.mark.parametrize(
    ("told", "role", "shows"),
    [
        ({"priority": "high", "escalation": 0}, "physician", False),
        ({"priority": "high", "escalation": 1}, "physician", True),
        ({"priority": "high", "escalation": 1}, "nurse", False),
        ({"priority": "high", "escalation": 1}, None, False),
        ({"priority": "medium", "escalation": 1}, "nurse", True),
        ({"priority": "medium", "escalation": 1}, "physician", False),
        ({"priority": "high", "escalation": 2}, None, True),
        ({"priority": "high", "escalation": 2, "state": "latched"}, "observer", True),
        ({"priority": "high", "escalation": 2, "state": "acknowledged"}, "nurse", False),
        ({"priority": "high"}, "physician", False),
    ],
)
def test_to_whose_screens_an_alert_is_escalated(
    plain_page: Page, told: dict[str, Any], role: str | None, shows: bool
) -> None:
    one = json.dumps({"state": "active", **told})
    assert module(plain_page, "model", f"m.isEscalatedTo({one}, {json.dumps(role)})") is shows


def test_the_second_sound_is_the_same_pulses_higher_and_more_often(plain_page: Page) -> None:
    assert module(plain_page, "bursts", "[m.every('high', true), m.every('medium', true), m.every('high')]") == [
        6.5,
        10,
        8,
    ]
    crossings = """['high', 'medium'].map((p) => [false, true].map((second) => {
      const samples = m.render(p, 48000, second).slice(0, 48000 * 0.15)
      return [samples.length, samples.reduce((n, s, i) => n + (i && samples[i - 1] < 0 && s >= 0 ? 1 : 0), 0)]
    }))"""
    for (length, low), (same, high) in module(plain_page, "bursts", crossings):
        assert length == same
        assert high > 1.3 * low


def test_an_escalated_alert_stands_over_every_page_until_somebody_acknowledges(screen: Screen) -> None:
    house = clinic("1,2")
    page = screen.show(house, "/shift")
    band = page.locator(".escalated")
    [fresh] = house.chairs["2"].alerts
    waiting = replace(fresh, waiting_since=now() - 65 * SECOND, escalation=1)
    house.alert("2", waiting, "escalated")
    page.wait_for_function("window.__vigilSounds.some((one) => one.priority === 'high')")
    expect(band).to_be_hidden()  # a nurse is signed in here: the first step is the physicians'
    assert not page.evaluate("window.__vigilSounds.some((one) => one.second)")
    house.alert("2", replace(waiting, waiting_since=now() - 125 * SECOND, escalation=2), "escalated")
    expect(band).to_contain_text("SpO₂ 84 < 85")
    expect(band).to_contain_text("Not acknowledged for 2 min. Escalated to all screens.")
    page.wait_for_function("window.__vigilSounds.at(-1).second")
    top = page.locator("#vigil-top").bounding_box()
    below = band.bounding_box()
    assert top is not None
    assert below is not None
    assert top["y"] >= below["height"]
    shot(page, "escalated")
    band.get_by_text("To chair 2").click()
    expect(page.locator(".chair-top .rail .more")).to_contain_text("Escalated to all screens")
    settled(page)
    page.locator(".chair-actions .acknowledge").click()
    expect(band).to_be_hidden()
    assert [action for _, action, _ in house.acted] == ["acknowledge"]


def test_many_at_once_are_told_as_one_with_their_list_and_acknowledged_one_by_one(screen: Screen) -> None:
    house = clinic("2,14")
    page = screen.show(house, "/")
    chair = house.chairs["14"]
    ids = tuple(one.id for one in sorted(chair.alerts, key=lambda one: list(Priority)[::-1].index(one.priority)))
    group = AlertGroup("Multiple conditions (3)", Priority.HIGH, now() - 50 * SECOND, ids)
    house.say("14", AlertsGrouped(now(), group))
    rail = page.locator(".tile[data-chair='14'] .rail")
    expect(rail.locator(".text")).to_have_text("Multiple conditions (3)")
    expect(rail.locator(".more")).to_have_text("!!! SBP 186 ≥ 180 · !! HR 124 > 120 · ! SpO₂ 91 < 92")
    assert page.evaluate(_SOUNDS) == ["group of 14", "2:spo2_low"]
    page.locator(".tile[data-chair='14'] a").click()
    rows = page.locator(".chair-top .group li")
    expect(rows.locator("strong")).to_have_text(["SBP 186 ≥ 180", "HR 124 > 120", "SpO₂ 91 < 92"])
    expect(page.locator(".chair-actions .acknowledge")).to_be_hidden()
    settled(page)
    rows.nth(1).get_by_role("button").click()
    until(page, lambda: bool(house.acted))
    house.say("14", AlertsGrouped(now(), None))
    expect(page.locator(".chair-top .group")).to_be_hidden()
    expect(page.locator(".chair-actions .acknowledge")).to_be_visible()
    assert [body["alert"] for _, _, body in house.acted] == [ids[1]]


_SOUNDS = """import('/assets/js/sounds.js').then((m) =>
  m.wanted().alerts.map((id) => id.replace(/:\\d+$/, '')).sort().reverse())"""


def test_alarm_off_is_offered_for_what_is_not_connected_and_shown_with_who_said_so(screen: Screen) -> None:
    house = clinic("3")
    chair = house.chairs["3"]
    assert chair.session is not None
    missing = replace(chair.alerts[0], code="sensor_off")
    recovering = replace(chair.session, phase=Phase.RECOVERY, stopped_at=now() - 60 * SECOND)
    house.chairs["3"] = replace(chair, alerts=(missing,), session=recovering)
    page = screen.show(house, "/chair/3")
    page.get_by_role("button", name="Alarm off for SpO₂…").click()
    dialog = page.locator("dialog")
    dialog.get_by_role("button", name="Alarm off").click()
    expect(dialog).to_contain_text("Alarm off needs a reason.")
    dialog.get_by_label("Why it is not monitored").fill("awake, going home")
    shot(page, "alarm-off")
    dialog.get_by_role("button", name="Alarm off").click()
    expect(dialog).to_have_count(0)
    assert house.acted == [("3", "not_monitored", {"parameter": "spo2", "reason": "awake, going home"})]
    off = (NotMonitored(Parameter.SPO2, now(), "L. Moreno", "awake, going home"),)
    house.say("3", SessionChanged(now(), replace(recovering, not_monitored=off), "not_monitored", NURSE))
    house.alert("3", replace(missing, state=AlertState.ENDED, ended_at=now()), "ended")
    expect(page.locator(".alarm-off")).to_contain_text("awake, going home (L. Moreno)")
    expect(page.locator(".present .cell[data-kind='spo2']")).to_have_attribute("data-why", "not monitored")
    page.get_by_role("button", name="Monitor again").click()
    expect(page.locator(".alarm-off [aria-busy]")).to_have_count(0)
    assert house.acted[-1] == ("3", "monitored", {"parameter": "spo2"})
