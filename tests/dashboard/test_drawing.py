"""Curves on their stage, and the finer steps of a long past: each by itself, in a real browser."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.dashboard.browsing import module, opened
from tests.dashboard.fake_api import clinic
from tests.dashboard.fake_server import running

DRAWN = """(async () => {
  const canvas = new OffscreenCanvas(300, 200)
  const told = []
  const take = m.makeDrawing((message) => told.push(message))
  const kind = { curves: ['pleth'], colour: '--spo2', speed: 75, least: 0 }
  const colours = { '--ground': '#000000', back: '#0000ff', '--tile': '#0000ff', '--hatch': '#00ff00', '--spo2': '#ff0000' }
  take({ type: 'colours', colours })
  take({ type: 'stage', id: 's', canvas })
  take({ type: 'strip', id: 'a', chair: '1', kind })
  take({ type: 'strip', id: 'b', chair: '2', kind })
  take({ type: 'layout', id: 's', width: 300, height: 200, ratio: 1, radius: 0, backs: [[10, 10, 280, 180]],
    strips: [['a', 20, 20, 200, 60], ['b', 20, 100, 200, 60]] })
  const waveforms = [{ number: 2, name: 'pleth', rate_hz: 75, scale: null, offset: 0 }]
  take({ type: 'house', waveforms, chairs: [[0, '1'], [1, '2']], speed: 1, fresh: false })
  const frame = (first) => {
    const data = new DataView(new ArrayBuffer(8 + 16 + 152))
    data.setUint8(0, 1); data.setUint8(1, 1)
    data.setUint16(8, 2, true); data.setUint16(10, 75, true); data.setUint32(12, 1, true); data.setUint32(16, first, true)
    for (let i = 0; i < 75; i += 1) data.setInt16(24 + 2 * i, 100 * Math.sin(i / 4) + (i === 40 ? 30000 : 0), true)
    return data.buffer
  }
  take(frame(0))
  const context = canvas.getContext('2d')
  const reds = (left, top, width, height) => {
    const { data } = context.getImageData(left, top, width, height)
    let found = 0
    for (let at = 0; at < data.length; at += 4) if (data[at] > 120 && data[at + 2] < 120) found += 1
    return found
  }
  const at = (x, y) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3)
  while (reds(20, 20, 200, 60) < 80) await new Promise((done) => requestAnimationFrame(done))
  const found = { inside: reds(20, 20, 200, 60), all: reds(0, 0, 300, 200), ground: at(2, 2), back: at(15, 15) }
  while (!told.some(({ type }) => type === 'alive')) await new Promise((done) => requestAnimationFrame(done))
  take({ type: 'leave', id: 's' })
  return { ...found, shown: told.filter(({ type }) => type === 'strip').map(({ id, name }) => [id, name]) }
})()"""


def test_a_curve_stays_within_its_strip(plain_page: Page) -> None:
    """A sample far beyond the gain reaches into no strip beside it."""
    drawn = module(plain_page, "drawing", DRAWN)
    assert drawn["inside"] == drawn["all"] >= 80
    assert (drawn["ground"], drawn["back"]) == ([0, 0, 0], [0, 0, 255])
    assert ["a", "pleth"] in drawn["shown"]
    assert ["b", None] in drawn["shown"]


def test_curves_that_nobody_draws_any_more_are_not_shown_as_live(browser: Browser) -> None:
    house = clinic("2")
    house.waving = True
    with running(house) as address:
        page = opened(browser, address)
        strip = page.locator(".strip.pleth")
        expect(strip).to_have_attribute("data-curve", "pleth")
        expect(strip).not_to_have_class("strip pleth stale")
        page.workers[0].evaluate("close()")
        expect(strip).to_have_class("strip pleth stale")
        page.close()


ASKED = """(async (views) => {
  const { emptyHistory, refill } = await import('/assets/js/trenddata.js')
  const [history, asked] = [emptyHistory(), []]
  const past = { from: 0, until: 28800e6, step_s: 22, nibp: [], alerts: [], parameters: {} }
  refill(history, past)
  const ask = async (query) => {
    const { since, until, columns } = Object.fromEntries(new URLSearchParams(query))
    asked.push([since / 1e6, until / 1e6, Number(columns)])
    return { from: Number(since), until: Number(until), step_s: 1, parameters: {} }
  }
  const detail = m.makeDetail(ask)
  detail.begin(past)
  for (const [from, until] of views) await new Promise((done) => {
    detail.look({ from: from * 1e6, until: until * 1e6 }, history, done)
    setTimeout(done, 600)
  })
  detail.end()
  return asked
})"""


def asked(page: Page, *views: tuple[int, int]) -> Any:
    return module(page, "trenddetail", f"{ASKED}({[list(view) for view in views]})")


def test_who_looks_closer_is_given_finer_steps_of_what_is_in_view(plain_page: Page) -> None:
    """A screen's width more on both sides comes along, so that moving on asks again only past that."""
    assert asked(plain_page, (0, 28800)) == []
    assert asked(plain_page, (6000, 6600), (6300, 6900)) == [[5400, 7200, 1800]]
    assert asked(plain_page, (28500, 29100)) == [[27900, 28800, 900]]


def test_a_silence_of_the_live_line_is_a_gap_beside_a_past_in_wide_steps(plain_page: Page) -> None:
    found = module(
        plain_page,
        "trenddata",
        """(() => {
          const history = m.emptyHistory()
          m.refill(history, { from: 0, until: 100e6, step_s: 22, nibp: [], alerts: [], parameters: { spo2: [[90, 97], [99, 97]] } })
          for (const at of [101e6, 102e6, 113e6])
            m.takeChanges(history, [{ type: 'reading', vitals: [{ parameter: 'spo2', value: 96, at }] }])
          return history.series.spo2
        })()""",
    )
    assert found["at"] == [90e6, 99e6, 101e6, 102e6, 103e6, 113e6]
    assert found["value"] == [97, 97, 96, 96, None, 96]
