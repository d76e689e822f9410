"""The page under measurement: when its text changes, how evenly it draws, how busy its main thread is."""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.bench.figures import Figure, Goal
from tests.browser import ARGUMENTS, chromium

WATCH = """([name, selector, attribute]) => {
  const seen = (window.__seen ??= {});
  const list = (seen[name] = []);
  const epoch = () => (performance.timeOrigin + performance.now()) / 1000;
  const within = (root) => {
    const found = root.querySelector(selector);
    if (found) return found;
    for (const host of root.querySelectorAll('*')) {
      const inside = host.shadowRoot && within(host.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  const found = within(document);
  const root = found?.getRootNode() ?? document;
  const textOf = ({shadowRoot, textContent}) => shadowRoot === null ? textContent.trim() :
    [...shadowRoot.children].filter(({tagName}) => tagName !== 'STYLE').map((child) => child.textContent).join('').trim();
  const read = () => {
    const node = root.querySelector(selector);
    return node === null ? null : attribute ? node.getAttribute(attribute) : textOf(node);
  };
  let last = read();
  new MutationObserver(() => {
    const now = read();
    if (now === last) return;
    last = now;
    const entry = [now, epoch(), null];
    list.push(entry);
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => (entry[2] = epoch());
      port2.postMessage(0);
    });
  }).observe(found?.shadowRoot ?? root.body ?? root, {subtree: true, childList: true, characterData: true, attributes: true,
                                 attributeFilter: attribute ? [attribute] : ['data-none']});
}"""
"""Notes each change of a text or attribute: what it is now, when it stood in the page, when the frame with it was drawn."""

FRAMES = """() => {
  const frames = (window.__frames = []);
  const long = (window.__long = []);
  new PerformanceObserver((list) => list.getEntries().forEach(({duration}) => long.push(duration))).observe({type: 'longtask'});
  const step = (at) => { frames.push(at); requestAnimationFrame(step); };
  requestAnimationFrame(step);
}"""

FIRST = """([selector]) => {
  const look = () => {
    const found = [...document.querySelectorAll(selector)].some((node) => /[0-9]/.test(node.textContent));
    if (!found) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => (window.__first = performance.now())));
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, {subtree: true, childList: true, characterData: true});
}"""
"""Notes when the first number is on the screen, milliseconds after the page was asked for."""


FIRST_TOLD = """() => new Promise((done) => {
  const look = () => (window.__first ? done(window.__first) : setTimeout(look, 20));
  look();
})"""


@dataclass(frozen=True, slots=True)
class Drawing:
    """``late_percent``: frames that came more than 20 ms after the one before. ``long_tasks``: tasks over 50 ms, a minute."""

    frames_per_second: float
    late_percent: float
    main_thread_percent: float
    long_tasks: float


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a Chromium without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def opened(url: str) -> Iterator[Page]:
    """Open ``url`` at 1920 × 1080 in a Chromium without a window."""
    with browser() as started:
        page = started.new_page(viewport={"width": 1920, "height": 1080})
        page.set_default_timeout(90_000)
        page.goto(url)
        yield page


def watch(page: Page, name: str, selector: str, attribute: str | None = None) -> None:
    """Note every change of the text (or an attribute) of what ``selector`` finds, with its epoch seconds."""
    page.evaluate(WATCH, [name, selector, attribute])


def noted(page: Page, name: str, drawn: bool = False) -> list[tuple[str | None, float]]:
    """What ``watch`` has noted so far: when it stood in the page, or when it was ``drawn``."""
    entries = page.evaluate("name => window.__seen[name]", name)
    found = ((text, painted if drawn else at) for text, at, painted in entries)
    return [(text, at) for text, at in found if at is not None]


def first_numbers(url: str, selector: str, loads: int) -> tuple[list[float], list[float]]:
    """Milliseconds until the first number is on the screen, of browsers that know nothing yet, and of one that comes again."""
    fresh: list[float] = []
    again: list[float] = []
    with browser() as started:
        for _ in range(loads):
            context = started.new_context(viewport={"width": 1920, "height": 1080})
            page = context.new_page()
            page.add_init_script(f"({FIRST})([{selector!r}])")
            for times in (fresh, again):
                page.goto(url)
                times.append(float(page.evaluate(FIRST_TOLD)))
            context.close()
    return fresh, again


def drawn_for(page: Page, seconds: float) -> Drawing:
    """Watch the page draw for some seconds."""
    page.evaluate(FRAMES)
    busy, began = metrics(page)["TaskDuration"], time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    share = 100 * (metrics(page)["TaskDuration"] - busy) / (time.monotonic() - began)
    stamps: list[float] = page.evaluate("() => window.__frames")
    long_tasks = 60 * len(page.evaluate("() => window.__long")) / seconds
    gaps = [after - before for before, after in itertools.pairwise(stamps)]
    if not gaps:
        return Drawing(0.0, 100.0, share, long_tasks)
    late = 100 * sum(gap > 20 for gap in gaps) / len(gaps)
    return Drawing(1000 * len(gaps) / sum(gaps), late, share, long_tasks)


def drawing_figures(prefix: str, drawing: Drawing, goals: dict[str, Goal] | None = None) -> list[Figure]:
    """The figures of how a page draws; ``goals`` by the last part of their names."""
    told = {
        "frames_per_second": (drawing.frames_per_second, "/s"),
        "late_frames": (drawing.late_percent, "%"),
        "main_thread": (drawing.main_thread_percent, "%"),
        "long_tasks": (drawing.long_tasks, "/min"),
    }
    return [Figure(f"{prefix}_{name}", value, unit, (goals or {}).get(name)) for name, (value, unit) in told.items()]


_sessions: dict[Page, CDPSession] = {}


def session_of(page: Page) -> CDPSession:
    """The line to the browser's own instruments, one a page."""
    if page not in _sessions:
        _sessions[page] = page.context.new_cdp_session(page)
        _sessions[page].send("Performance.enable")
    return _sessions[page]


def metrics(page: Page) -> dict[str, float]:
    """What the browser counts of the page: seconds of tasks, bytes of its heap, nodes."""
    return {metric["name"]: metric["value"] for metric in session_of(page).send("Performance.getMetrics")["metrics"]}
