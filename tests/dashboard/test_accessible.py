"""Every page and dialog fit for people: axe-core finds nothing, text stands out, all can be done by keys, on every screen.

axe-core comes from a package of the tests alone; nothing of it is in the product.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard import theme
from tests.dashboard.browsing import PHONE, WIDE, Screen, await_seen, heard, shot, until
from tests.dashboard.browsing import go as go_to
from tests.dashboard.chairs import sixteen
from tests.dashboard.fake_api import PHYSICIAN, FakeClinic, clinic
from tests.dashboard.fake_charting import charted_in
from tests.dashboard.fake_server import FakeHouse, now, running

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
RULES_OF_SIZE = {
    "type": "rule",
    "values": ["target-size", "scrollable-region-focusable", "bypass", "page-has-heading-one"],
}
"""What may be otherwise where the same parts are laid out for a narrow screen."""
FINDINGS = """async (rules) => {
  const shown = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document
  const asked = { resultTypes: ['violations'], runOnly: rules }
  if (rules.type === 'tag') asked.rules = { 'color-contrast': { enabled: false } } // FAINT looks at every text, in both themes
  const { violations } = await axe.run(shown, asked)
  const target = ({ target, any }) => `${target.join(' ')}: ${any[0]?.message ?? ''}`
  return violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(target)])
}"""

# Each text against the nearest ground that is opaque: axe leaves undecided what overlaps.
FAINT = """() => {
  const part = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number)
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
  const opaque = (ground) => ground.length === 3 || ground[3] === 1
  const ground = (e) => {
    const own = part(getComputedStyle(e).backgroundColor)
    return opaque(own) ? own : ground(e.parentElement)
  }
  const open = document.querySelector('dialog[open]:last-of-type') ?? document.getElementById('vigil')
  const walker = document.createTreeWalker(open, NodeFilter.SHOW_TEXT)
  const told = new Set()
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement
    const style = getComputedStyle(e)
    if (!node.data.trim() || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue
    if (e.closest(':disabled, .watermark, .unseen, option')) continue
    const size = parseFloat(style.fontSize)
    const [a, b] = [light(part(style.color)), light(ground(e))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (ratio < (size >= 24 || (size >= 18.6 && style.fontWeight >= 700) ? 3 : 4.5)) told.add(`${e.className}|${node.data}|${ratio.toFixed(2)}`)
  }
  return [...told]
}"""


@pytest.fixture
def house() -> FakeClinic:
    house = clinic("1,2,3,4,8,9,12,14", PHYSICIAN)
    house.chairs["1"] = charted_in(house.chairs["1"])
    return house


@pytest.fixture
def page(screen: Screen, house: FakeClinic) -> Iterator[Page]:
    page = screen.show(house, "/")
    expect(page.locator(".tile .rail[data-priority]").first).to_be_visible()
    yield page
    page.emulate_media(reduced_motion="null", forced_colors="none")


def go(page: Page, path: str, there: str) -> None:
    go_to(page, path)
    expect(page.locator(there).first).to_be_visible()


def paint(page: Page, theme: str) -> None:
    page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)


def findings(page: Page, rules: dict[str, Any] = RULES) -> list[Any]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[Any] = page.evaluate(FINDINGS, rules)
    return found


def judged(page: Page, name: str, rules: dict[str, Any] = RULES) -> dict[str, Any]:
    """Return what is wrong with what the page shows now, in both themes; everything is laid out alike in both."""
    found = {f"{name}, axe": findings(page, rules), f"{name}, dark": page.evaluate(FAINT)}
    shot(page, f"fit-{name}-dark")
    paint(page, "light")
    found[f"{name}, light"] = page.evaluate(FAINT)
    shot(page, f"fit-{name}-light")
    paint(page, "dark")
    return {where: what for where, what in found.items() if what}


PAGES = {
    "/": ".tile .value",
    "/chair/1": "#vigil-charting[data-chair='1'] .level",
    "/chair/2": "#vigil-chair[data-chair='2'] .present .value",
    "/chair/8": "#vigil-session[data-chair='8'] .button:visible",
    "/alerts": ".alert-row",
    "/shift": ".step",
    "/settings": "tr[data-code]",
    "/sign-in": ".user",
    "/nowhere": ".nowhere",
}


def test_nothing_is_wrong_with_any_page(page: Page) -> None:
    wrong: dict[str, Any] = {}
    for path, there in PAGES.items():
        if path != "/":
            go(page, path, there)
        for size, rules in ((WIDE, RULES), (PHONE, RULES_OF_SIZE)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            wrong |= judged(page, f"{path.strip('/').replace('/', '-') or 'wall'}-{size['width']}", rules)
    assert not wrong, json.dumps(wrong, ensure_ascii=False)


def session(page: Page, name: str) -> Locator:
    return page.locator("#vigil-session").get_by_role("button", name=name, exact=True)


def charting(page: Page, name: str) -> Locator:
    return page.locator("#vigil-charting").get_by_role("button", name=name)


def criterion(page: Page, code: str, name: str) -> Locator:
    return page.locator(f".criterion[data-code='{code}']").get_by_role("button", name=name)


Opener = Callable[[Page], Locator]
DIALOGS: dict[str, list[tuple[str, Opener]]] = {
    "/chair/8": [("admit", lambda page: session(page, "Admit…"))],
    "/chair/9": [
        ("gate", lambda page: session(page, "Checklist…")),
        ("start", lambda page: session(page, "Start…")),
    ],
    "/chair/4": [
        ("recovery", lambda page: session(page, "Checklist…")),
        ("close", lambda page: session(page, "Close…")),
    ],
    "/chair/1": [
        ("limits", lambda page: session(page, "Limits…")),
        ("pause", lambda page: session(page, "Pause…")),
        ("rate", lambda page: session(page, "Rate…")),
        ("side-effect", lambda page: charting(page, "Side effect")),
        ("drug", lambda page: charting(page, "Drug given")),
    ],
}
WITHIN: dict[str, tuple[str, Opener]] = {
    "gate": ("screening", lambda page: criterion(page, "screening", "Questions…")),
    "recovery": ("aldrete", lambda page: criterion(page, "aldrete", "Aldrete…")),
}


def leave(page: Page) -> None:
    page.keyboard.press("Escape")


def test_nothing_is_wrong_with_any_dialog_and_escape_gives_the_focus_back(page: Page) -> None:
    wrong: dict[str, Any] = {}
    for path, dialogs in DIALOGS.items():
        go(page, path, f"#vigil-session[data-chair='{path[-1]}'] .button:visible")
        for name, opener in dialogs:
            opener(page).focus()
            page.keyboard.press("Enter")
            expect(page.locator("dialog[open]")).to_have_count(1)
            wrong |= judged(page, name)
            if name in WITHIN:
                inner, button = WITHIN[name]
                button(page).click()
                expect(page.locator("dialog[open]")).to_have_count(2)
                wrong |= judged(page, inner)
                leave(page)
                expect(page.locator("dialog[open]")).to_have_count(1)
            leave(page)
            expect(page.locator("dialog[open]")).to_have_count(0)
            expect(opener(page)).to_be_focused()
    assert not wrong, json.dumps(wrong, ensure_ascii=False)


# By keys alone

STOP = """() => {
  const e = document.activeElement
  if (!e || e === document.body) return null
  const again = Boolean(e.__stop)
  e.__stop = true
  const ring = (x) => { const s = getComputedStyle(x); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 }
  const around = e.closest('label, .box')
  const edge = e.closest('.box') && getComputedStyle(e.closest('.box')).borderTopColor === getComputedStyle(document.body).color
  const name = `${e.className} ${(e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent).slice(0, 40)}`
  return { name, again, seen: Boolean(ring(e) || (around && ring(around)) || edge), inside: Boolean(e.closest('dialog')) }
}"""
UNREACHED = """() => {
  const scope = document.querySelector('dialog[open]:last-of-type') ?? document
  const can = [...scope.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  return can.filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0 && !e.__stop)
    .filter((e) => e.type !== 'radio' || ![...scope.querySelectorAll(`input[name="${e.name}"]`)].some((other) => other.__stop))
    .map((e) => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`)
}"""


def walked(page: Page, first: str) -> list[dict[str, Any]]:
    """Press Tab from what ``first`` finds until the focus has left the page, or is there again."""
    page.evaluate("document.querySelectorAll('*').forEach((e) => delete e.__stop)")
    page.locator(first).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")  # by keys, for after a tap the browser shows no ring
    stops: list[dict[str, Any]] = [page.evaluate(STOP)]
    for _ in range(150):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or stop["again"]:
            break
        stops.append(stop)
    return stops


@pytest.mark.parametrize(("path", "there"), [("/", ".tile .value"), ("/chair/2", ".level"), ("/alerts", ".alert-row")])
def test_tab_reaches_everything_and_shows_where_it_is(page: Page, path: str, there: str) -> None:
    if path != "/":
        go(page, path, there)
    stops = walked(page, ".skip")
    assert page.evaluate(UNREACHED) == []
    assert [stop["name"] for stop in stops if not stop["seen"]] == []


def test_the_bar_can_be_passed_and_the_focus_goes_with_the_page(page: Page) -> None:
    page.locator(".skip").focus()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".tile[data-chair='1'] .whole")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#vigil-page")).to_be_focused()
    expect(page.locator("#vigil-page h1")).to_have_text("Chair 1")
    page.wait_for_function("document.title.endsWith('Chair 1 – Vigil')")


def test_a_dialog_keeps_the_focus(page: Page) -> None:
    go(page, "/chair/8", "#vigil-session .button:visible")
    session(page, "Admit…").click()
    expect(page.locator("dialog input").first).to_be_focused()
    expect(page.get_by_label("Protocol")).to_be_visible()  # it comes with the clinic's protocols, after the rest
    stops = walked(page, "dialog input >> nth=0")
    assert all(stop["inside"] for stop in stops)
    assert [stop["name"] for stop in stops if not stop["seen"]] == []
    assert page.evaluate(UNREACHED) == []


# Eyes that differ


@pytest.mark.parametrize("which", ["dark", "light"])
def test_priorities_differ_without_colour(which: str) -> None:
    tokens = theme.tokens("dark" if which == "dark" else "light")
    assert theme.contrast(tokens["high-fill"], tokens["medium-fill"]) >= 3


def test_each_priority_has_its_mark(page: Page) -> None:
    rails = "[...document.querySelectorAll('.tile .rail[data-priority]')]"
    marks = f"{rails}.map((e) => [e.dataset.priority, e.querySelector('.mark').textContent])"
    assert dict(page.evaluate(marks)) == {"high": "!!!", "medium": "!!"}
    for deficiency in ("deuteranopia", "protanopia", "tritanopia", "achromatopsia"):
        with_eyes(page, deficiency)
        shot(page, f"fit-wall-{deficiency}")
    with_eyes(page, "none")


def with_eyes(page: Page, deficiency: str) -> None:
    page.context.new_cdp_session(page).send("Emulation.setEmulatedVisionDeficiency", {"type": deficiency})


GROUND = "(what) => getComputedStyle(document.querySelector(what)).getPropertyValue('--now')"


def test_with_reduced_motion_rail_and_number_still_flash_and_the_rest_stands(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    seen: dict[str, set[str]] = {}
    for phase in ("on", "off"):
        page.wait_for_selector(f"html[data-high='{phase}']")
        both = """([phase, whats]) => {
          document.documentElement.dataset.high = phase
          return whats.map((what) => getComputedStyle(document.querySelector(`.tile[data-chair="2"] ${what}`)).getPropertyValue('--now'))
        }"""
        whats = [".rail", ".cell[data-kind='spo2']", ".frame", ".block"]
        for what, ground in zip(whats, page.evaluate(both, [phase, whats]), strict=True):
            seen.setdefault(what, set()).add(ground)
    assert [len(grounds) for grounds in seen.values()] == [2, 2, 1, 1]


def test_with_colours_of_the_reader_alerts_keep_theirs(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    ground = "(what) => getComputedStyle(document.querySelector(what)).backgroundColor"
    page.evaluate("document.documentElement.dataset.high = 'on'")
    reds = page.evaluate(
        f"""() => {{
          document.documentElement.dataset.high = 'on'
          return ['.tile[data-chair="2"] .rail', '.count[data-priority="high"]'].map({ground})
        }}"""
    )
    assert set(reds) == {"rgb(217, 31, 43)"}
    shot(page, "fit-wall-forced")
    go(page, "/chair/1", ".level")
    fresh = page.evaluate(ground, ".level[data-age='fresh']")
    assert fresh != page.evaluate(ground, ".level[data-age='']")
    shot(page, "fit-chair-forced")


# Screens


def test_the_chair_page_of_a_laptop_does_not_scroll(page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    go(page, "/chair/1", ".level")
    page.wait_for_function(
        "() => { const { scrollHeight, clientHeight } = document.querySelector('#vigil-page'); return scrollHeight <= clientHeight }"
    )
    shot(page, "fit-chair-laptop")


def test_on_a_phone_nothing_covers_what_can_be_pressed(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    go(page, "/chair/2", ".level")
    covered = page.evaluate("""() => [...document.querySelectorAll('#vigil-page button:not(:disabled)')].filter((button) => {
      if (!button.checkVisibility()) return false
      button.scrollIntoView({ block: 'end' })
      const { left, top, width, height } = button.getBoundingClientRect()
      return !button.contains(document.elementFromPoint(left + width / 2, top + height - 3))
    }).map((button) => button.textContent)""")
    assert covered == []


def test_sixty_four_chairs_are_all_in_sight(screen: Screen) -> None:
    states = sixteen(now())
    chairs = [replace(states[k % 16], chair=str(k + 1), name=f"Chair {k + 1}", alerts=()) for k in range(64)]
    crowd = FakeHouse(chairs)
    page = screen.show(crowd, "/")
    expect(page.locator(".tile .value")).to_have_count(64 * 5)
    outside = """() => {
      const told = []
      for (const e of document.querySelectorAll('.tile:not(.empty) .value')) {
        const [a, b] = [e.getBoundingClientRect(), e.closest('.tile').getBoundingClientRect()]
        if (a.left < b.left || a.right > b.right || b.bottom > innerHeight) told.push(e.textContent)
      }
      return told
    }"""
    assert page.evaluate(outside) == []
    assert (
        page.evaluate(
            "document.querySelector('#vigil-page').scrollHeight - document.querySelector('#vigil-page').clientHeight"
        )
        <= 0
    )
    shot(page, "fit-wall-64")


# Who looks on


def test_the_order_by_need_is_kept_on_this_screen(page: Page) -> None:
    order = "[...document.querySelectorAll('.tile')].sort((a, b) => a.style.order - b.style.order).map((e) => e.dataset.chair)"
    assert page.evaluate(order) == ["1", "2", "3", "4", "8", "9", "12", "14"]
    page.get_by_role("button", name="Order: by chair").click()
    page.wait_for_function(f"{order}.at(-1) === '8'")
    assert set(page.evaluate(order)[:3]) == {"2", "12", "14"}
    go(page, "/alerts", ".alert-row")
    go(page, "/", ".tile .value")
    page.wait_for_function(f"{order}.at(-1) === '8'")


SEEN = """(shows) => {
  if (shows) delete document.visibilityState
  else Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}"""


def test_a_page_out_of_sight_says_so_and_is_not_counted_on(page: Page, house: FakeClinic) -> None:
    page.evaluate(SEEN, False)
    page.wait_for_function("document.title.endsWith('Out of sight – Vigil')")
    until(page, lambda: not house.seen[-1]["visible"])
    page.evaluate("import('/assets/js/stream.js').then(({ state }) => (state.speed = 0.001))")
    page.evaluate(SEEN, True)
    page.wait_for_function("document.title.endsWith('All chairs – Vigil')")


def test_a_screen_that_may_sleep_or_has_no_sound_says_so(browser: Browser) -> None:
    house = clinic("1")
    with running(house) as address:
        page = browser.new_page(viewport=WIDE)  # type: ignore[arg-type]
        page.add_init_script("delete window.AudioContext")
        page.goto(f"{address}/sign-in")
        heard(page)
        expect(page.locator(".sound-bar")).to_contain_text("This browser has no sound.")
        told = page.locator("#vigil-top").get_by_role("button", name="Screen may sleep")
        expect(told).to_have_count(0)
        page.evaluate("""() => {
          navigator.wakeLock.request = async () => (window.lock = new EventTarget())
          import('/assets/js/wakelock.js').then(({ keepAwake }) => keepAwake())
        }""")
        page.wait_for_function("window.lock")
        expect(told).to_have_count(0)
        page.evaluate("lock.dispatchEvent(new Event('release'))")
        expect(told).to_be_visible()
        told.click()
        expect(told).to_have_count(0)
        await_seen(page, house)
        page.close()
    assert not any(one["sound"] for one in house.seen)
