"""The page under measurement: when its text changes, how evenly it draws, how busy its main thread is."""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.browser import ARGUMENTS, chromium

WATCH = """([name, selector, attribute]) => {
  const seen = (window.__seen ??= {});
  const list = (seen[name] = []);
  const read = () => {
    const node = document.querySelector(selector);
    return node === null ? null : attribute ? node.getAttribute(attribute) : node.textContent.trim();
  };
  let last = read();
  new MutationObserver(() => {
    const now = read();
    if (now !== last) {
      last = now;
      list.push([now, (performance.timeOrigin + performance.now()) / 1000]);
    }
  }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true,
                             attributeFilter: attribute ? [attribute] : ['data-none']});
}"""

FRAMES = """() => {
  const frames = (window.__frames = []);
  const step = (at) => { frames.push(at); requestAnimationFrame(step); };
  requestAnimationFrame(step);
}"""


@dataclass(frozen=True, slots=True)
class Drawing:
    """``late_percent``: frames that came more than 20 ms after the one before."""

    frames_per_second: float
    late_percent: float
    main_thread_percent: float


@contextmanager
def opened(url: str) -> Iterator[Page]:
    """Open ``url`` at 1920 × 1080 in a Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(url)
        try:
            yield page
        finally:
            browser.close()


def watch(page: Page, name: str, selector: str, attribute: str | None = None) -> None:
    """Note every change of the text (or an attribute) of what ``selector`` finds, with its epoch seconds."""
    page.evaluate(WATCH, [name, selector, attribute])


def noted(page: Page, name: str) -> list[tuple[str | None, float]]:
    """What ``watch`` has noted so far."""
    return [(text, at) for text, at in page.evaluate("name => window.__seen[name]", name)]


def drawn_for(page: Page, seconds: float) -> Drawing:
    """Watch the page draw for some seconds."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.evaluate(FRAMES)
    busy, began = _busy(session), time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    share = 100 * (_busy(session) - busy) / (time.monotonic() - began)
    stamps: list[float] = page.evaluate("() => window.__frames")
    gaps = [after - before for before, after in itertools.pairwise(stamps)]
    if not gaps:
        return Drawing(0.0, 100.0, share)
    late = 100 * sum(gap > 20 for gap in gaps) / len(gaps)
    return Drawing(1000 * len(gaps) / sum(gaps), late, share)


def _busy(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))
