"""The trend: gaps stay gaps, extremes survive, nothing overlaps, and what is drawn can be read as words."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browsing import PHONE, Screen, module, shot
from tests.dashboard.fake_api import FakeClinic, clinic
from tests.dashboard.fake_charting import charted_in

EPOCH = 1_795_000_000_000_000  # times as great as real ones: what is lost to rounding shows
VIEW = (
    f"{{from: {EPOCH}, until: {EPOCH + 600_000_000}}}, "
    "{left: 0, right: 100}, {range: [80, 100], top: 0, bottom: 114}"
)


@pytest.fixture
def house() -> FakeClinic:
    house = clinic("2,8")
    house.chairs["2"] = charted_in(house.chairs["2"])
    return house


@pytest.fixture
def chair(screen: Screen, house: FakeClinic) -> Page:
    page = screen.show(house, "/chair/2")
    expect(page.locator(".trend-words")).to_contain_text("mmHg")
    return page


def pieces(page: Page, values: Sequence[float | None], step_s: float = 1) -> Any:
    at = [EPOCH + round(index * step_s * 1e6) for index in range(len(values))]
    series = f"{{at: {at}, value: {list(values)}}}".replace("None", "null")
    return module(page, "trendcurves", f"m.pieces({series}, {VIEW})")


# What is drawn


def test_a_gap_is_never_bridged(plain_page: Page) -> None:
    drawn = pieces(plain_page, [97] * 60 + [None] * 30 + [96] * 60)
    assert len(drawn["found"]) == 2
    assert drawn["gaps"] == [[EPOCH + 59_000_000, EPOCH + 90_000_000]]


def test_a_single_lost_second_breaks_the_line_without_hatching(plain_page: Page) -> None:
    drawn = pieces(plain_page, [97, 97, None, 97, 97])
    assert len(drawn["found"]) == 2
    assert drawn["gaps"] == []


def test_values_far_apart_are_not_joined(plain_page: Page) -> None:
    drawn = pieces(plain_page, [97, 96, 95], step_s=6)
    assert len(drawn["found"]) == 3
    assert len(drawn["gaps"]) == 2


def test_a_dip_of_one_second_survives_in_its_pixel(plain_page: Page) -> None:
    values: list[float | None] = [97.0] * 600
    values[301] = 82.0
    [piece] = pieces(plain_page, values)["found"]
    lowest = max(y for _, y in piece)
    assert lowest == pytest.approx(114 - 7 - (82 - 80) / 20 * 100)
    assert len(piece) <= 4 * 101
    assert [x for x, _ in (piece[0], piece[-1])] == [0, 100]


@pytest.mark.parametrize("wanted", [[10, 12, 14], [0, 0, 0], [100, 100, 50], [95, 5, 50]])
def test_values_of_the_margin_never_overlap(plain_page: Page, wanted: list[int]) -> None:
    labels = [{"y": y, "height": 20} for y in wanted]
    placed = sorted(one["y"] for one in module(plain_page, "trendlayout", f"m.pushedApart({labels}, 0, 100)"))
    assert all(b - a >= 20 - 1e-9 for a, b in pairwise(placed))
    assert placed[0] >= 10 - 1e-9
    assert placed[-1] <= 90 + 1e-9


def placed_in_rows(page: Page, bars: list[tuple[int, int, str]], most: int) -> Any:
    """Place bars of 10 px with words up to the second figure; give back row, and whether the words are told."""
    alerts = [{"x": x, "until": until, "priority": priority} for x, until, priority in bars]
    place = "(a) => ({x: a.x, end: a.x + 10, from: a.x, until: a.until, label: 'right'})"
    found = module(
        page, "trendlayout", f"m.inRows({alerts}, {place}, {most}).map((one) => [one.row, Boolean(one.label)])"
    )
    return [tuple(one) for one in found]


def test_bars_that_would_touch_take_rows_of_their_own(plain_page: Page) -> None:
    bars = [(0, 50, "low"), (40, 90, "low"), (60, 99, "low"), (100, 120, "low")]
    assert placed_in_rows(plain_page, bars, 4) == [(0, True), (1, True), (0, True), (1, True)]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [("low", "high", [False, True]), ("high", "low", [True, False]), ("low", "low", [False, True])],
)
def test_where_rows_run_out_the_words_of_the_lesser_alert_give_way(
    plain_page: Page, first: str, second: str, told: list[bool]
) -> None:
    found = placed_in_rows(plain_page, [(0, 90, first), (30, 99, second)], 1)
    assert [words for _, words in found] == told


def test_the_axis_has_whole_infusion_minutes(plain_page: Page) -> None:
    ticks = module(
        plain_page,
        "trendlayout",
        "m.ticks({from: 1e6, until: 3600e6}, {left: 0, right: 800}, 600e6, 0).map((at) => (at - 600e6) / 60e6)",
    )
    assert ticks == [0, 10, 20, 30, 40, 50]


# What it is drawn from


def test_the_past_and_the_live_line_make_one_series(plain_page: Page) -> None:
    """What came live while the past was fetched stays, once."""
    found = module(
        plain_page,
        "trenddata",
        """(() => {
          const history = m.emptyHistory()
          const reading = (at, value) => m.takeChanges(history, [{ type: 'reading', vitals: [{ parameter: 'spo2', value, at }] }])
          reading(9e6, 95); reading(10e6, 94); reading(10.3e6, 93); reading(11e6, null); reading(11.2e6, null); reading(12e6, 92)
          m.refill(history, { from: 0, until: 10e6, step_s: 1, nibp: [], alerts: [], parameters: { spo2: [[8, 96], [9, 95], [10, 94]] } })
          const { newest, ...spo2 } = history.series.spo2
          return [spo2, ...[10.9e6, 11e6, 18e6].map((at) => m.valueAt({ ...spo2, newest }, at))]
        })()""",
    )
    assert found == [{"at": [8e6, 9e6, 10e6, 11e6, 12e6], "value": [96, 95, 94, None, 92], "gap": 5e6}, 94, None, None]


def test_an_older_word_about_an_alert_does_not_undo_a_newer(plain_page: Page) -> None:
    state = module(
        plain_page,
        "trenddata",
        """(() => {
          const history = m.emptyHistory()
          history.alerts.set('a', { id: 'a', changed: 20, state: 'acknowledged' })
          const past = { from: 0, until: 1, nibp: [], parameters: {}, alerts: [{ id: 'a', changed: 10, state: 'active' }] }
          m.refill(history, past)
          return history.alerts.get('a').state
        })()""",
    )
    assert state == "acknowledged"


# What was charted and given


def test_the_dose_rises_by_a_step_at_a_bolus_and_stands_in_a_pause(plain_page: Page) -> None:
    points = module(
        plain_page,
        "trendrate",
        """m.dosePoints({
          steps: [{ at: 0, rate_mg_h: '60' }, { at: 600e6, rate_mg_h: '0' }, { at: 900e6, rate_mg_h: '30' }],
          boluses: [{ at: 300e6, mg: '7.5' }, { at: 5000e6, mg: '9' }],
        }, 1200e6)""",
    )
    assert points == [[0, 0], [300e6, 5], [300e6, 12.5], [600e6, 17.5], [900e6, 17.5], [1200e6, 20]]


def test_the_table_has_a_row_for_what_is_asked_and_for_what_was_charted(plain_page: Page) -> None:
    session = "{charted: [{kind: 'drug'}, {kind: 'anxiety'}, {kind: 'emergency'}, {kind: 'check'}]}"
    rows = module(
        plain_page, "charted", f"[false, true].map((narrow) => m.rowsOf({session}, narrow).map(({{ id }}) => id))"
    )
    assert rows == [
        ["mark", "given", "pain", "moaas", "dissociation", "nausea", "anxiety"],
        ["mark", "given", "anxiety"],
    ]
    assert module(plain_page, "charted", "m.rowsOf(null, false)") == []


def test_what_was_charted_later_is_not_told_of_an_earlier_moment(plain_page: Page) -> None:
    charted = """[{ kind: 'pain', level: 7, at: 0 }, { kind: 'side_effect', term: 'itching', severity: 'mild', at: 1 },
        { kind: 'pain', level: 2, at: 9 }, { kind: 'side_effect', term: 'itching', severity: 'none', at: 9 }]"""
    at = f"(at) => [m.lastOf({{ charted: {charted} }}, 'pain', null, at)?.level, m.ongoing({{ charted: {charted} }}, at).length]"
    assert module(plain_page, "charted", f"[-1, 5, 9].map({at})") == [[None, 0], [7, 1], [2, 0]]


DRAWN = """(charted, due) => {
  const told = []
  const ctx = new Proxy({}, {
    get: (_, name) => (...given) => {
      if (name === 'measureText') return { width: 7 * given[0].length }
      if (name === 'fillText') told.push([given[0], Math.round(given[1])])
      if (name === 'arc' && given[2] > 4) told.push(['ring', Math.round(given[0])])
    },
    set: () => true,
  })
  const session = { phase: 'infusing', charted, charting_due_at: due, planned_end_at: null }
  const scene = { colours: {}, history: { session }, now: 300e6, hour: () => '13:44', view: { from: 0, until: 600e6 } }
  const size = { left: 0, right: 600, narrow: false }
  return import('/assets/js/charted.js').then(({ rowsOf }) => {
    const rows = rowsOf(session, false).filter(({ id }) => ['pain', 'given', 'mark'].includes(id))
    m.drawCharted(ctx, { ...scene, size }, { top: 0, rows })
    return told
  })
}"""


@pytest.mark.parametrize(
    ("charted", "due", "told"),
    [
        ("[{kind: 'pain', level: 3, at: 60e6}]", 400, [["3", 60], ["ring", 400]]),
        ("[{kind: 'pain', level: 3, at: 60e6}]", 200, [["3", 60], ["ring", 200], ["due", 192]]),
        ("[{kind: 'pain', level: 8, at: 60e6}, {kind: 'pain', level: 3, at: 70e6}]", 400, [["3", 70], ["ring", 400]]),
        (
            "[{kind: 'drug', term: 'ondansetron', text: '4 mg', at: 60e6}]",
            400,
            [["Ondansetron 4 mg", 68], ["ring", 400]],
        ),
        (
            "[{kind: 'drug', term: 'oxygen', text: '2 L', at: 60e6}, {kind: 'drug', term: 'fluids', text: '1', at: 128e6}]",
            400,
            [["Oxygen…", 68], ["Fluids 1", 136], ["ring", 400]],
        ),
        ("[{kind: 'emergency', at: 60e6}]", 400, [["Emergency 13:44", 68], ["ring", 400]]),
    ],
    ids=["at its minute", "late", "corrected", "drug", "drugs close together", "emergency"],
)
def test_what_was_charted_stands_at_its_minute(plain_page: Page, charted: str, due: int, told: list[Any]) -> None:
    assert module(plain_page, "trendcharted", f"({DRAWN})({charted}, {due}e6)") == told


# On the page


def test_the_moment_is_told_in_words(chair: Page) -> None:
    words = chair.locator(".trend-words")
    expect(words).to_contain_text("Infusion minute 42")
    expect(words).to_contain_text("mg given.")
    expect(words).to_contain_text(
        "Charted: Pain 3 2 min ago, MOAA/S 4 2 min ago, Dissociation 2 2 min ago, Nausea 0 17 min"
    )
    expect(words).to_contain_text("Side effects: dizziness, mild. Last drug: Glycopyrrolate 0.2 mg at")
    expect(words).to_contain_text("Next check")
    expect(words).to_contain_text("Alerts: SpO₂ 84 < 85")
    shot(chair, "chair")


def test_the_cursor_tells_another_moment_and_follow_comes_back(chair: Page) -> None:
    canvas = chair.locator(".trend-top")
    box = canvas.bounding_box()
    assert box is not None
    canvas.focus()
    for _ in range(20):
        chair.keyboard.press("ArrowLeft")
    expect(chair.locator(".trend-words")).not_to_contain_text("Alerts: SpO₂ 84 < 85")
    shot(chair, "trend-cursor")
    chair.keyboard.press("+")
    expect(chair.locator(".trend-follow")).to_have_attribute("aria-pressed", "false")
    chair.locator(".trend-follow").click()
    expect(chair.locator(".trend-follow")).to_have_attribute("aria-pressed", "true")


COLUMNS = """(() => {
  const canvas = document.querySelector('.trend-still')
  if (!canvas?.width) return {}
  const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const columns = {}
  for (let at = 0; at < data.length; at += 4) {
    const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`
    const x = (at / 4) % width
    if (x > 150 && x < 600) (columns[colour] ??= new Set()).add(x)
  }
  return Object.fromEntries(Object.entries(columns).map(([colour, found]) => [colour, found.size]))
})()"""


def test_something_is_drawn_in_each_lane(chair: Page) -> None:
    """Curves of SpO2, HR and RR reach from one side to the other: their colour is in most columns of the past; the cuff's in some."""
    least = {"109,179,255": 300, "92,224,141": 300, "220,217,207": 300, "226,164,244": 20}
    chair.wait_for_function(
        f"(least) => {{ const found = {COLUMNS}; return Object.keys(least).every((colour) => found[colour] > least[colour]) }}",
        arg=least,
        polling=200,
    )


def test_an_empty_chair_has_an_axis_of_clock_minutes(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/chair/8")
    expect(page.locator(".trend-words")).to_contain_text("At ")
    expect(page.locator(".trend-words")).not_to_contain_text("Infusion minute")


def test_the_trend_fits_a_phone(screen: Screen, house: FakeClinic) -> None:
    page = screen.show(house, "/chair/2", PHONE)
    expect(page.locator(".trend-words")).to_contain_text("Infusion minute")
    page.locator("#vigil-trend").scroll_into_view_if_needed()
    shot(page, "trend-phone")
    overflow = page.evaluate("document.querySelector('#vigil-page').scrollWidth - innerWidth")
    assert overflow <= 0
