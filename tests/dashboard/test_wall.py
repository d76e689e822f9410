"""The wall in a real browser: every state of a tile, values as they come, what is lost, every size of screen."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from drivers.base.vocabulary import Parameter
from monitor.core.changes import AlertState
from tests.dashboard.browsing import PHONE, WIDE, Screen, await_seen, go, module, shot
from tests.dashboard.chairs import alert, sixteen
from tests.dashboard.fake_server import FakeHouse, now

SCREENS = {
    "wide": WIDE,
    "laptop": {"width": 1366, "height": 768},
    "4k": {"width": 3840, "height": 2160},
    "portrait": {"width": 1080, "height": 1920},
}


@pytest.fixture
def sheet(screen: Screen) -> Page:
    """The sixteen states."""
    page = screen.show(FakeHouse(sixteen(now())), "/")
    expect(number(page, "16", "spo2")).to_have_text("98")
    return page


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse(sixteen(now())[:4])


@pytest.fixture
def wall(screen: Screen, house: FakeHouse) -> Page:
    page = screen.show(house, "/")
    expect(number(page, "4", "spo2")).to_have_text("98")
    return page


def number(page: Page, chair: str, parameter: str) -> Locator:
    return page.locator(f'[data-chair="{chair}"][data-parameter="{parameter}"] .value').first


def rail(page: Page, chair: str) -> Locator:
    return page.locator(f'[data-chair="{chair}"] .rail')


def cell(page: Page, chair: str, kind: str) -> Locator:
    return page.locator(f'[data-chair="{chair}"] .cell[data-kind="{kind}"]')


# Every state


RAILS: tuple[tuple[str, str, str, str, str | None], ...] = (
    ("2", "high", "active", "SpO₂ 84 < 85", "high"),
    ("3", "medium", "active", "SpO₂ probe off", "medium"),
    ("5", "medium", "acknowledged", "SBP 164 ≥ 160", None),
    ("6", "high", "acknowledged", "SpO₂ 84 < 85", None),
    ("10", "low", "active", "SBP 152 ≥ 150", None),
    ("12", "high", "latched", "SpO₂ was 83, now 96", None),
    ("14", "high", "active", "SBP 186 ≥ 180", "high"),
    ("15", "low", "active", "NIBP overdue, every 5 min", None),
)
"""Chair, priority, state, words, and how it flashes."""


def test_the_rail_tells_the_alert_who_acknowledged_and_what_comes_next(sheet: Page) -> None:
    for chair, priority, state, text, flash in RAILS:
        told = rail(sheet, chair)
        expect(told).to_have_attribute("data-priority", priority)
        expect(told).to_have_attribute("data-state", state)
        expect(told.locator(".text")).to_have_text(text)
        assert told.get_attribute("data-flash") == flash
    expect(rail(sheet, "6").locator(".more")).to_have_text("L.M. · worst 82")
    expect(rail(sheet, "6").locator(".since")).to_contain_text("again ")
    assert rail(sheet, "1").get_attribute("data-priority") is None
    expect(rail(sheet, "1").locator(".calm")).to_contain_text("Cuff")
    counts = {
        p: sheet.locator(f'#vigil-top .count[data-priority="{p}"]').get_attribute("data-n")
        for p in ("high", "medium", "low")
    }
    assert counts == {"high": "4", "medium": "5", "low": "3"}


def test_the_bar_names_the_house_also_when_its_welcome_came_before_the_page(sheet: Page) -> None:
    expect(sheet.locator("#vigil-top .clinic")).to_have_text("Infusion room")
    expect(sheet.locator("#vigil-top .clinic")).to_be_visible()


def test_each_number_bears_its_own_priority_and_its_age(sheet: Page) -> None:
    kinds = ("hr", "spo2", "nibp", "rr")
    priorities = [cell(sheet, "14", kind).get_attribute("data-priority") for kind in kinds]
    assert priorities == ["medium", "low", "high", None]
    expect(rail(sheet, "14").locator(".more")).to_have_text("+2")
    assert cell(sheet, "3", "spo2").get_attribute("data-priority") is None, "a technical alert fills no number"
    expect(cell(sheet, "15", "nibp")).to_have_attribute("data-age", "stale")
    expect(cell(sheet, "1", "nibp").locator(".figure")).to_have_text("134/82")
    expect(number(sheet, "1", "nibp_sys")).to_have_text("134")
    expect(number(sheet, "1", "nibp_dia")).to_have_text("82")
    expect(cell(sheet, "1", "nibp").locator(".age")).to_have_text(re.compile(r"^[2-9] min$"))


def test_a_missing_value_is_dashes_and_its_last_one_stands_in_the_rail(sheet: Page) -> None:
    expect(number(sheet, "3", "spo2")).to_have_text("– –")
    expect(cell(sheet, "3", "spo2")).to_have_attribute("data-age", "gone")
    expect(rail(sheet, "3").locator(".more")).to_contain_text("last 97 at ")
    expect(sheet.locator('.tile[data-chair="8"] .nobody')).to_be_visible()
    expect(cell(sheet, "8", "spo2")).to_be_hidden()


def test_audio_pause_shows_and_every_flash_goes_on_in_step(sheet: Page) -> None:
    expect(sheet.locator('[data-chair="3"] .chip.paused')).to_be_visible()
    expect(rail(sheet, "3")).to_have_attribute("data-flash", "medium")
    colours = """() => {
      const of = (what) => new Set([...document.querySelectorAll(what)].map((e) => getComputedStyle(e).getPropertyValue('--now')))
      return [of('[data-flash=high]').size, of('[data-flash=medium]').size]
    }"""
    assert sheet.evaluate(colours) == [1, 1]
    for phase in ("on", "off"):
        sheet.wait_for_selector(f"html[data-high='{phase}']")
        sheet.wait_for_selector(f"html[data-medium='{phase}']")


def test_the_demo_mark_cannot_be_taken_off(sheet: Page) -> None:
    mark = sheet.locator('.tile[data-chair="16"] .numbers > .watermark')
    expect(mark).to_have_text("DEMO – NOT A PATIENT")
    for harm in ("remove()", "setAttribute('style', 'display: none')", "append('x')", "setAttribute('hidden', '')"):
        sheet.evaluate(f"document.querySelector('.watermark').{harm}")
        expect(mark).to_have_text("DEMO – NOT A PATIENT")
        expect(mark).to_be_visible()
    expect(sheet.locator(".watermark")).to_have_count(1)


# Values as they come


def test_a_value_is_shown_as_it_comes_with_its_time(wall: Page, house: FakeHouse) -> None:
    before = int(cell(wall, "1", "spo2").get_attribute("data-at") or 0)
    house.read("1", spo2=91)
    expect(number(wall, "1", "spo2")).to_have_text("91")
    assert before < int(cell(wall, "1", "spo2").get_attribute("data-at") or 0) <= now()


def test_a_value_that_is_gone_is_gone_at_once(wall: Page, house: FakeHouse) -> None:
    house.read("1", spo2=None)
    expect(number(wall, "1", "spo2")).to_have_text("– –")


def test_nothing_moves_when_an_alert_comes_and_goes(wall: Page, house: FakeHouse) -> None:
    places = """() => [...document.querySelectorAll('.tile[data-chair="1"] :is(.block, .rail, .cell, .strip, .infusion)')]
      .map((e) => JSON.stringify(e.getBoundingClientRect()))"""
    before = wall.evaluate(places)
    came = alert("1", "spo2_low", "high", "SpO₂ 84 < 85", now(), parameter=Parameter.SPO2, value=84, limit=85, worst=84)
    house.alert("1", came, "began")
    expect(rail(wall, "1")).to_have_attribute("data-flash", "high")
    assert wall.evaluate(places) == before
    house.alert("1", replace(came, state=AlertState.ENDED, ended_at=now()), "ended")
    expect(rail(wall, "1").locator(".calm")).to_be_visible()
    assert rail(wall, "1").get_attribute("data-priority") is None


def test_lost_changes_are_mended_by_a_snapshot(wall: Page, house: FakeHouse) -> None:
    hellos = house.hellos
    house.hidden.add("1")
    house.read("1", spo2=88)
    house.hidden.clear()
    house.read("1", hr=70)
    expect(number(wall, "1", "spo2")).to_have_text("88")
    expect(number(wall, "1", "hr")).to_have_text("70")
    assert house.hellos > hellos


def test_a_broken_line_is_opened_again(wall: Page, house: FakeHouse) -> None:
    house.drop()
    house.read("2", spo2=83)
    expect(number(wall, "2", "spo2")).to_have_text("83")


def test_without_beats_no_value_can_be_seen(wall: Page, house: FakeHouse) -> None:
    house.beating = False
    cover = wall.locator("#vigil-cover")
    expect(cover).to_be_visible()
    expect(cover).to_contain_text("NO CONNECTION")
    expect(cover).to_contain_text("Look at the bedside monitor.")
    on_top = """() => [...document.querySelectorAll('.value')].filter((e) => {
      const { x, y, width, height } = e.getBoundingClientRect()
      return e.contains(document.elementFromPoint(x + width / 2, y + height / 2))
    }).length"""
    assert wall.evaluate(on_top) == 0
    assert "97" not in cover.inner_text().replace("1971", "")
    expect(cover).to_contain_text("high alert open")
    shot(wall, "cover")
    house.beating = True
    expect(cover).to_be_hidden()


def test_the_page_says_what_it_has_seen(wall: Page, house: FakeHouse) -> None:
    await_seen(wall, house)
    assert {"type", "beat", "sound", "visible"} == set(house.seen[-1])


# Sizes


OUTSIDE = """async () => {
  await document.fonts.ready
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame)
  const told = []
  const inside = (e, box) => {
    const [a, b] = [e.getBoundingClientRect(), box.getBoundingClientRect()]
    const glyphs = (a.top + a.bottom) / 2 + 0.37 * parseFloat(getComputedStyle(e).fontSize) // figures have no descenders
    if (a.width && (a.left < b.left - 1 || a.right > b.right + 1 || glyphs > b.bottom + 1)) told.push(`${e.className} ${e.textContent}`)
  }
  for (const e of document.querySelectorAll('.tile .value')) inside(e, e.closest('.cell'))
  for (const e of document.querySelectorAll('.tile :is(.age, .since, .left, .end, .phase)')) inside(e, e.closest('.inside'))
  for (const e of document.querySelectorAll('#vigil-top > *')) inside(e, document.body)
  const { scrollHeight, clientHeight } = document.querySelector('#vigil-page')
  if (scrollHeight > clientHeight) told.push('the page scrolls')
  return told
}"""


@pytest.mark.parametrize("chairs", [1, 4, 6, 16])
def test_nothing_is_clipped_and_nothing_scrolls(screen: Screen, chairs: int) -> None:
    page = screen.show(FakeHouse(sixteen(now())[16 - chairs :]), "/")
    expect(number(page, "16", "spo2")).to_have_text("98")
    expect(page.locator(".tile")).to_have_count(chairs)
    found = {}
    for name in SCREENS if chairs == 4 else ("wide", "laptop", "portrait"):
        page.set_viewport_size(SCREENS[name])  # type: ignore[arg-type]
        found[name] = page.evaluate(OUTSIDE)
        shot(page, f"wall-{chairs}-{name}")
    assert not any(found.values()), found


def test_a_phone_lists_chairs_by_need(screen: Screen) -> None:
    page = screen.show(FakeHouse(sixteen(now())), "/", PHONE)
    expect(number(page, "16", "spo2")).to_have_text("98")
    order = "[...document.querySelectorAll('.tile')].sort((a, b) => a.style.order - b.style.order).map((e) => e.dataset.chair)"
    page.wait_for_function(f"{order}[0] === '2' && {order}.at(-1) === '8'")
    assert set(page.evaluate(order)[:3]) == {"2", "12", "14"}
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_tiles_by_the_table_of_sizes(plain_page: Page) -> None:
    grids = "[1, 2, 4, 6, 9, 12, 16].map((n) => m.gridFor(n, 1920, 1028)).map(({columns, rows}) => [columns, rows])"
    assert module(plain_page, "wall", grids) == [[1, 1], [2, 1], [2, 2], [3, 2], [3, 3], [4, 3], [4, 4]]
    sizes = "[[942, 500, 1920, 1080], [624, 331, 1920, 1080], [467, 246, 1920, 1080], [942, 500, 3840, 2160]]"
    assert module(plain_page, "wall", f"{sizes}.map((s) => m.densityFor(...s))") == ["L", "M", "S", "S"]


# Pages


def test_pages_change_without_being_loaded_anew(wall: Page) -> None:
    wall.evaluate("window.kept = true")
    wall.locator('.tile[data-chair="2"] .whole').click()
    expect(wall.locator(".chair-page .cell[data-kind='spo2'] .value")).to_have_text("84")
    wall.locator("#vigil-top .brand").click()
    expect(number(wall, "1", "spo2")).to_have_text("97")
    assert wall.evaluate("window.kept")


def test_a_page_loaded_anew_keeps_its_theme_and_fetches_nothing_from_a_network(screen: Screen, wall: Page) -> None:
    expect(wall.locator("html")).to_have_attribute("data-theme", "dark")
    wall.get_by_role("button", name="Light or dark").click()
    asked: list[str] = []

    def watch(request: Request) -> None:
        asked.append(request.url)

    wall.on("request", watch)
    wall.goto(f"{screen.address}/nonsense")
    expect(wall.locator(".nowhere h1")).to_have_text("There is no page here.")
    expect(wall.locator("html")).to_have_attribute("data-theme", "light")
    go(wall, "/chair/77")
    expect(wall.locator(".nowhere h1")).to_have_text("There is no chair “77” here.")
    go(wall, "/")
    expect(number(wall, "1", "spo2")).to_have_text("97")
    wall.remove_listener("request", watch)
    assert len(asked) > 20
    assert {url for url in asked if not url.startswith((screen.address, "data:", "blob:"))} == set()


def test_curves_run_while_they_come_and_look_stale_when_they_stop(wall: Page, house: FakeHouse) -> None:
    strips = wall.locator('.tile[data-chair="1"] [data-strip]')
    expect(strips.first).to_have_class(re.compile("stale"))
    house.waving = True
    for name in ("ecg_ii", "pleth"):
        strip = wall.locator(f'.tile[data-chair="1"] [data-strip][data-curve="{name}"]')
        expect(strip).not_to_have_class(re.compile("stale"))
    house.waving = False
    expect(strips.first).to_have_class(re.compile("stale"))
