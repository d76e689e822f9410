"""A chair that has been infusing for eight hours: how long its trend takes to open, and how it pans.

The session is begun by a station whose clock stands eight hours back; the values of those hours are written to the record as the
recorder writes them, a row a second of each device. Then the real server takes the record up.
"""

import asyncio
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import insert

from drivers.base.observations import Instant
from drivers.base.registry import all_drivers
from drivers.base.vocabulary import Parameter
from monitor import __version__
from monitor.clock import ManualClock
from monitor.config import Config, load_config
from monitor.core.entries import Actor, Role
from monitor.station import Station
from monitor.storage import tables
from monitor.storage.blocks import to_json
from monitor.storage.recorder import Recorder
from monitor.storage.store import Store
from tests.bench.figures import Figure, percentile
from tests.bench.house import NURSE, Server, config, free_port, simulators
from tests.bench.page import metrics, opened

HOURS = 8
CHAIRS = 4
SECOND = 1_000_000
OPENINGS = 5
PAN_S = 3.0

OPEN = """async ([path, leave, mark]) => {
  const { go } = await import('/assets/js/pages.js')
  const until = async (there) => { while (!there()) await new Promise((done) => setTimeout(done, 1)) }
  const drawn = () => document.querySelector(mark)
  go(leave)
  await until(() => !drawn())
  await new Promise((done) => setTimeout(done, 400))
  const began = performance.now()
  go(path)
  await until(drawn)
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
  return performance.now() - began
}"""
"""Goes to another page and back, as a tap on a link does; milliseconds until the past is on the screen."""

PAN = """async (seconds) => {
  const canvas = document.querySelector('.trend-top')
  const { left, top, width, height } = canvas.getBoundingClientRect()
  const at = (type, x) => canvas.dispatchEvent(new PointerEvent(type, {
    pointerId: 1, pointerType: 'touch', isPrimary: true, bubbles: true, clientX: x, clientY: top + height / 2 }))
  canvas.setPointerCapture = () => undefined // there is no finger that could be captured
  for (let i = 0; i < 3; i += 1) canvas.dispatchEvent(new WheelEvent('wheel', {
    deltaY: -250, ctrlKey: false, bubbles: true, cancelable: true, clientX: left + width * 0.4, clientY: top + height / 2 }))
  const frames = []
  let [x, step] = [left + width / 2, 9]
  at('pointerdown', x)
  await new Promise((done) => {
    const draw = (time) => {
      frames.push(time)
      if (time - frames[0] > seconds * 1000) return done()
      if (x + step > left + width * 0.8 || x + step < left + width * 0.2) step = -step
      at('pointermove', (x += step))
      requestAnimationFrame(draw)
    }
    requestAnimationFrame(draw)
  })
  at('pointerup', x)
  return frames
}"""
"""Zooms in and drags the axis to and fro with every frame; the times of the frames."""


def measure_past() -> list[Figure]:
    """Four simulated chairs, the first of which has been infusing for eight hours."""
    with tempfile.TemporaryDirectory() as folder:
        links = Path(folder)
        process, chairs = simulators(links, CHAIRS)
        port = free_port()
        file = links / "vigil.toml"
        file.write_text(config(chairs, port, links / "data"), encoding="utf-8")
        with_past(load_config(file), chairs[0]["id"])
        server = Server([sys.executable, "-m", "dashboard", "serve", "--config", str(file)], port, links / "server.log")
        try:
            server.wait_for("/healthz")
            [running] = server.client.get("/api/sessions?limit=1").json()["sessions"]
            with opened(f"http://127.0.0.1:{port}/") as page:
                page.wait_for_selector(".cell .value")
                page.wait_for_timeout(3000)
                return trend_figures(page, chairs[0]["id"], running["session"]["id"])
        finally:
            server.stop()
            process.terminate()
            process.wait()


def with_past(config: Config, chair: str) -> None:
    """Leave a record in which ``chair`` has been infusing for eight hours."""
    asyncio.run(_begin(config, chair))
    store = Store(config.data_dir)
    store.open()
    begin = time.time_ns() // 1000 - HOURS * 3600 * SECOND
    with store.engine.begin() as connection:
        connection.execute(insert(tables.reading), list(_rows(chair, begin)))
    store.close()


async def _begin(config: Config, chair: str) -> None:
    clock = ManualClock(time.time_ns() // 1000 - HOURS * 3600 * SECOND - 60 * SECOND)
    store = Store(config.data_dir)
    store.open()
    station = Station(clock, config.chairs, all_drivers(), __version__)
    recorder = Recorder(store, lambda _ailing, _sentence: None, station.resume)
    station.start(recorder, {name: store.tail(name) for name in station.chairs})
    tasks = [asyncio.create_task(recorder.run()), asyncio.create_task(station.run())]
    nurse = Actor(NURSE, Role.NURSE)
    order = {"kind": "rate", "rate_mg_h": "20", "duration_min": HOURS * 60}
    await station.act(chair, nurse, "admit", {"initials": "A.B.", "weight_kg": "78", "order": order})
    await clock.advance(30)
    await station.act(chair, nurse, "start", {})
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await recorder.close()
    store.close()


def _rows(chair: str, begin: Instant) -> Any:
    for second in range(HOURS * 3600):
        at, m = begin + second * SECOND + 123_000, second / 60
        dip = 11 if second % 5400 == 2700 else 0  # a second that must not be lost in thinning
        beats = round(76 + 9 * math.sin(m / 7) + 3 * math.sin(m * 3))
        oximeter = {Parameter.SPO2: round(97 + math.sin(m / 3)) - dip, Parameter.PR: beats, Parameter.PI: 1.8}
        monitor = {Parameter.HR: beats, Parameter.RR: round(14 + 2 * math.sin(m / 2))}
        for device, values in (("oximeter", oximeter), ("monitor", monitor)):
            yield {"chair": chair, "at": at, "device": device, "spot": False, "vitals": to_json(values)}
        if second % 300 == 0:
            cuff = {Parameter.NIBP_SYS: 124, Parameter.NIBP_DIA: 78, Parameter.NIBP_MEAN: 93}
            yield {"chair": chair, "at": at, "device": "cuff", "spot": True, "vitals": to_json(cuff)}


def trend_figures(page: Page, chair: str, session: str) -> list[Figure]:
    """Open the chair's trend and the session's, again and again, and pan."""
    live = [page.evaluate(OPEN, [f"/chair/{chair}", "/alerts", "#vigil-trend[data-past]"]) for _ in range(OPENINGS)]
    before = metrics(page)
    frames: list[float] = page.evaluate(PAN, PAN_S)
    after = metrics(page)
    busy = 100 * (after["TaskDuration"] - before["TaskDuration"]) / (after["Timestamp"] - before["Timestamp"])
    past = [
        page.evaluate(OPEN, [f"/session/{session}", "/alerts", ".review-trend[data-past]"]) for _ in range(OPENINGS)
    ]
    return [
        Figure("trend_8h_first_open", live[0], "ms"),
        Figure("trend_8h_open", percentile(live[1:], 0.5), "ms", ("<=", 300)),
        Figure("trend_8h_pan", 1000 * (len(frames) - 1) / (frames[-1] - frames[0]), "/s", (">=", 30)),
        Figure("trend_8h_pan_main_thread", busy, "%"),
        Figure("review_8h_open", percentile(past[1:], 0.5), "ms", ("<=", 300)),
    ]
