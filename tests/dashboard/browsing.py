"""A real browser for the tests of the pages: found on the machine, else the tests are skipped, or fail where ``CI=true``.

A plugin of pytest: the folders that need a browser register it, so that a worker has one browser and one page for all its tests.
"""

import asyncio
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from tests.browser import ARGUMENTS, chromium
from tests.dashboard.fake_api import FakeClinic
from tests.dashboard.fake_server import FakeHouse, Stage, running, staged

WIDE = {"width": 1920, "height": 1080}
LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 360, "height": 800}
PATIENCE_MS = 120_000
"""A loaded machine is slow, not wrong: so long is waited before a test fails."""

expect.set_options(timeout=PATIENCE_MS)


def found() -> str | None:
    """Return the Chromium of this machine; ``CHROMIUM`` names another."""
    return os.environ.get("CHROMIUM") or chromium()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Playwright says that its loop runs, also between its calls: tests that have a loop of their own must not hear that."""
    if "playwright" in getattr(item, "fixturenames", ()):
        return (yield)
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(loop)


class Browsers:
    """Playwright and what it has launched, which end together: between tests its loop may not be the one that runs."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._launched: list[Browser] = []
        self._loop = asyncio.get_running_loop()

    def launch(self, *options: str) -> Browser:
        try:
            browser = self._playwright.chromium.launch(executable_path=found(), args=[*ARGUMENTS, *options])
        except Error as error:
            reason = f"no browser could be started: {str(error).splitlines()[0]}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        self._launched.append(browser)
        return browser

    def close(self) -> None:
        asyncio._set_running_loop(self._loop)
        for browser in self._launched:
            browser.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Browsers]:
    with sync_playwright() as playwright:
        browsers = Browsers(playwright)
        yield browsers
        browsers.close()


@pytest.fixture(scope="session")
def browser(playwright: Browsers) -> Browser:
    """A browser in which sound may start by itself, as in a kiosk."""
    return playwright.launch("--autoplay-policy=no-user-gesture-required")


@pytest.fixture
def shy_browser(playwright: Browsers) -> Iterator[Browser]:
    """A browser that lets nothing sound before a tap."""
    browser = playwright.launch("--autoplay-policy=document-user-activation-required")
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def plain_page(browser: Browser) -> Iterator[Page]:
    """A page of the house's address in which nothing of the pages runs: modules are tried there by themselves."""
    with running(FakeClinic(())) as address:
        page = browser.new_page(viewport=WIDE)  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{address}/api/me")
        yield page


def opened(browser: Browser, address: str, size: dict[str, int] | None = None) -> Page:
    """Open ``address`` in a page of its own, which has heard all there is to tell when it is given back."""
    page = browser.new_page(viewport=size or WIDE, color_scheme="dark", has_touch=size == PHONE)  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    heard(page)
    return page


def heard(page: Page) -> None:
    """Wait until a page, after it was loaded, has every chair and has drawn something."""
    page.wait_for_function(_HEARD, polling=50)


_HEARD = """async () => {
  if (!document.querySelector('#vigil-page [id^="vigil-"] > *')) return false
  const { state } = await import('/assets/js/stream.js')
  return state.heardAt > 0 && [...state.chairs.values()].every(({ known }) => known)
}"""


class Screen:
    """One page that is shown one house after another: to load a page costs seconds, to show it another house does not.

    What a page keeps beyond what a house tells, such as an unlocked sound, is kept: tests of that open a page of their own.
    """

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self._browser = browser
        self._stage = stage
        self._page: Page | None = None

    @property
    def address(self) -> str:
        return self._stage.address

    def show(self, house: FakeHouse, path: str, size: dict[str, int] = WIDE) -> Page:
        """Show ``house`` at ``path``: no dialog is open, nothing of another house is left, and all that it tells has come."""
        self._stage.play(house)
        if self._page is None:
            self._page = opened(self._browser, self.address + path, WIDE)
        page = self._page
        page.set_viewport_size(size)  # type: ignore[arg-type]
        _touch(page, size == PHONE)
        until(page, lambda: house.greeted > 0)
        page.evaluate(_COME, path)
        return page

    def leave(self) -> None:
        """Nothing is shown or sounds any more, until the next house."""
        if self._page is None:
            return
        self._page.unroute_all()
        self._page.evaluate(_LEAVE)
        nobody = FakeHouse(())
        self._stage.play(nobody)
        until(self._page, lambda: nobody.greeted > 0)

    def spoil(self) -> None:
        """The page is not to be shown again, for a test failed on it."""
        if self._page is not None:
            self._page.close()
            self._page = None


def _touch(page: Page, enabled: bool) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": enabled})
    session.detach()


_LEAVE = """async () => {
  document.querySelectorAll('dialog').forEach((dialog) => dialog.close())
  const { go } = await import('/assets/js/pages.js')
  go('/nowhere')
  while (!document.getElementById('vigil-nowhere')) await new Promise((done) => setTimeout(done, 10))
  localStorage.clear()
  sessionStorage.clear()
  document.documentElement.dataset.theme = 'dark'
  window.__vigilSounds.length = 0
}"""
_COME = """async (path) => {
  const [{ go }, { findOut }] = await Promise.all([import('/assets/js/pages.js'), import('/assets/js/actions.js')])
  await findOut()
  go(path)
  const drawn = '#vigil-page [id^="vigil-"]:not(#vigil-nowhere) > *'
  while (path !== '/nowhere' && !document.querySelector(drawn)) await new Promise((done) => setTimeout(done, 10))
}"""


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture(scope="session")
def screens(browser: Browser, stage: Stage) -> Screen:
    return Screen(browser, stage)


@pytest.fixture
def screen(request: pytest.FixtureRequest, screens: Screen) -> Iterator[Screen]:
    failed = request.session.testsfailed
    yield screens
    if request.session.testsfailed > failed:
        screens.spoil()
    else:
        screens.leave()


def module(page: Page, name: str, expression: str) -> Any:
    """Evaluate ``expression`` with ``m``, the browser's module of this name."""
    return page.evaluate(f"import('/assets/js/{name}.js').then((m) => ({expression}))")


def until(page: Page, so: Callable[[], bool]) -> None:
    """Wait until it is so in the house, while the page goes on."""
    for _ in range(PATIENCE_MS // 20):
        if so():
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"not so within {PATIENCE_MS / 1000:.0f} s")


def await_seen(page: Page, house: FakeHouse) -> None:
    """Wait until the page has told the house what it shows, as it does with each beat."""
    until(page, lambda: bool(house.seen))


def settled(page: Page) -> None:
    """Let what is shown stand until a press on it is meant (``SETTLE_MS`` of acknowledge.js and charting.js), by the page's own clock."""
    page.evaluate("new Promise((done) => setTimeout(done, 600))")


def go(page: Page, path: str) -> None:
    """Go to another page of the house, as by a link."""
    page.evaluate("(path) => import('/assets/js/pages.js').then(({ go }) => go(path))", path)


def sign_in_anew(page: Page) -> None:
    """Have the page find out who is signed in, as after a sign-in."""
    page.evaluate("import('/assets/js/actions.js').then(({ findOut }) => findOut())")


def shot(page: Page, name: str) -> None:
    """Keep a picture where ``VIGIL_SHOTS`` names a folder."""
    folder = os.environ.get("VIGIL_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
