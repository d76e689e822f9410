"""A real browser for the tests of the pages: found on the machine, else the tests are skipped, or fail where ``CI=true``."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from tests.browser import chromium
from tests.dashboard.fake_api import FakeClinic
from tests.dashboard.fake_server import FakeHouse, Stage, running, staged

WIDE = {"width": 1920, "height": 1080}
PHONE = {"width": 360, "height": 800}


def found() -> str | None:
    """Return the Chromium of this machine; ``CHROMIUM`` names another."""
    return os.environ.get("CHROMIUM") or chromium()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser in which sound may start by itself, as in a kiosk."""
    yield from _launched(playwright, "--autoplay-policy=no-user-gesture-required")


@pytest.fixture(scope="module")
def shy_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser that lets nothing sound before a tap."""
    yield from _launched(playwright, "--autoplay-policy=document-user-activation-required")


@pytest.fixture(scope="module")
def plain_page(browser: Browser) -> Iterator[Page]:
    """A quiet page in which modules are tried by themselves."""
    with running(FakeClinic(())) as address:
        page = opened(browser, f"{address}/sign-in")
        yield page
        page.close()


def _launched(playwright: Playwright, *options: str) -> Iterator[Browser]:
    try:
        browser = playwright.chromium.launch(executable_path=found(), args=["--no-sandbox", *options])
    except Error as error:
        reason = f"no browser could be started: {str(error).splitlines()[0]}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    yield browser
    browser.close()


def opened(browser: Browser, address: str, size: dict[str, int] | None = None) -> Page:
    """Open ``address`` in a page of its own; a fault of its scripts fails the test that looks at ``faults``."""
    page = browser.new_page(viewport=size or WIDE, color_scheme="dark", has_touch=size == PHONE)  # type: ignore[arg-type]
    expect.set_options(timeout=20_000)  # a loaded machine is slow, not wrong
    page.goto(address)
    return page


class Screen:
    """One page that is shown one house after another: to load a page costs seconds, to show it another house does not.

    What a page keeps beyond what a house tells, such as an unlocked sound, is kept: tests of that open a page of their own.
    """

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self._browser = browser
        self._stage = stage
        self._page: Page | None = None

    def show(self, house: FakeHouse, path: str) -> Page:
        """Show ``house`` at ``path``: no dialog is open, nothing of another house is left."""
        if self._page is None:
            self._stage.play(house)
            self._page = opened(self._browser, self._stage.address + path)
        else:
            self._page.unroute_all()
            self._page.evaluate(_LEAVE)
            self._stage.play(house)
            self._page.evaluate(_COME, path)
        return self._page

    def spoil(self) -> None:
        """The page is not to be shown again, for a test failed on it."""
        if self._page is not None:
            self._page.close()
            self._page = None


_LEAVE = """async () => {
  document.querySelectorAll('dialog').forEach((dialog) => dialog.close())
  const { go } = await import('/assets/js/pages.js')
  go('/nowhere')
  while (!document.getElementById('vigil-nowhere')) await new Promise((done) => setTimeout(done, 10))
  localStorage.clear()
}"""
_COME = """async (path) => {
  const [{ go }, { findOut }] = await Promise.all([import('/assets/js/pages.js'), import('/assets/js/actions.js')])
  await findOut()
  go(path)
  while (document.getElementById('vigil-nowhere')) await new Promise((done) => setTimeout(done, 10))
}"""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture(scope="module")
def screens(browser: Browser, stage: Stage) -> Iterator[Screen]:
    screen = Screen(browser, stage)
    yield screen
    screen.spoil()


@pytest.fixture
def screen(request: pytest.FixtureRequest, screens: Screen) -> Iterator[Screen]:
    failed = request.session.testsfailed
    yield screens
    if request.session.testsfailed > failed:
        screens.spoil()


def module(page: Page, name: str, expression: str) -> Any:
    """Evaluate ``expression`` with ``m``, the browser's module of this name."""
    return page.evaluate(f"import('/assets/js/{name}.js').then((m) => ({expression}))")


def await_seen(page: Page, house: FakeHouse) -> None:
    """Wait until the page has told the house what it shows, as it does with each beat."""
    for _ in range(200):
        if house.seen:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the page told nothing for 20 s")


def shot(page: Page, name: str) -> None:
    """Keep a picture where ``VIGIL_SHOTS`` names a folder."""
    folder = os.environ.get("VIGIL_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
