"""A real browser for the tests of the pages: found on the machine, else the tests are skipped, or fail where ``CI=true``."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from tests.browser import chromium
from tests.dashboard.fake_api import FakeClinic
from tests.dashboard.fake_server import running

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


def module(page: Page, name: str, expression: str) -> Any:
    """Evaluate ``expression`` with ``m``, the browser's module of this name."""
    return page.evaluate(f"import('/assets/js/{name}.js').then((m) => ({expression}))")


def shot(page: Page, name: str) -> None:
    """Keep a picture where ``VIGIL_SHOTS`` names a folder."""
    folder = os.environ.get("VIGIL_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
