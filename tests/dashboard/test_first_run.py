"""The first run in a real browser: from nothing found to a configuration that is written, on one page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.firstrun import mount_first_run
from drivers.base.registry import all_drivers
from monitor.config import Config
from monitor.core.entries import Actor
from monitor.ports import ListedPort
from monitor.web.firstrun import SetUp, create_first_run
from tests.dashboard.browsing import PATIENCE_MS, PHONE, shot
from tests.dashboard.fake_server import _served
from tests.dashboard.test_accessible import findings
from tests.web.test_firstrun import PORT, Looker

OTHER = ListedPort("/dev/ttyS0", "/dev/ttyS0", "")
FOUND: dict[str, Any] = {
    "port": PORT.path, "known": True, "simulated": False, "driver": "nonin", "title": "Nonin pulse oximeter", "place": "oximeter",
    "line": "9600 8N1", "own_line": "", "format": "7", "model": "", "detail": "", "serial_number": "17", "confidence": "certain",
    "why": "300 bytes, 100% of them understood", "rival": "", "configuration": "",
}  # fmt: skip


class Guide:
    def __init__(self, folder: Path) -> None:
        self.looker = Looker()
        self.ports: list[ListedPort] = []
        self.made: list[tuple[Config, Actor | None]] = []
        self.path = folder / "vigil.toml"
        listed, written = lambda: self.ports, lambda *made: self.made.append(made)
        setup = SetUp(self.path, {}, listed, self.looker, all_drivers(), written)
        self.app = create_first_run(setup)
        mount_first_run(self.app)


@pytest.fixture
def guide(tmp_path: Path) -> Guide:
    return Guide(tmp_path)


@pytest.fixture
def page(browser: Browser, guide: Guide) -> Iterator[Page]:
    with _served(guide.app, 0) as (address, _):
        page = browser.new_page(viewport={"width": 1366, "height": 768}, color_scheme="dark")
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address)
        yield page
        page.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_from_nothing_found_to_a_house_that_begins(page: Page, guide: Guide) -> None:
    expect(page.locator("h1")).to_have_text("Set up Vigil")
    expect(page.locator(".first-run > header")).to_contain_text(str(guide.path))
    expect(page.locator(".no-port")).to_contain_text("Plug the cable of a device or its USB adapter into this computer")
    expect(page.locator(".said")).to_contain_text("Still wanting: nobody is a physician")
    expect(page.get_by_role("button", name="Write it and begin")).to_be_disabled()
    shot(page, "first-run-empty")

    guide.ports = [PORT, OTHER]
    press(page, "Look for ports again")
    expect(page.locator(".port-row")).to_have_count(2)
    press(page, "What speaks here?")
    expect(page.locator(".port-row").first).to_contain_text("Listening…")
    silent = {"port": OTHER.path, "known": False, "simulated": False, "sentence": "silent: nothing comes", "sample": ""}
    guide.looker.lines[:] = [FOUND, silent]
    guide.looker.running = False
    oximeter, unknown = page.locator(".port-row").all()
    expect(oximeter).to_contain_text("Nonin pulse oximeter")
    expect(oximeter).to_contain_text("certain")
    expect(unknown).to_contain_text("Not recognised: silent: nothing comes")
    expect(unknown.get_by_label("Stands at")).to_be_disabled()

    press(page, "Add a chair")
    page.get_by_label("Name", exact=True).nth(1).fill("Window")
    oximeter.get_by_label("Stands at").select_option(label="Window")
    unknown.get_by_label("Device").select_option("suntech")
    unknown.get_by_label("Stands at").select_option(label="Window")
    page.get_by_label("Name of the room").fill('The "north" room')
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("First physician", exact=True).fill("Dr. Haas")
    page.get_by_role("checkbox").check()
    expect(page.locator(".said")).to_contain_text("chair '1' has no device: nothing will be measured there.")
    assert findings(page) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shot(page, "first-run-phone")
    press(page, "Write it and begin")
    expect(page.locator("h1")).to_have_text("Vigil begins")

    [(config, signer)] = guide.made
    assert (config.clinic, config.zone) == ('The "north" room', "Europe/Berlin")
    assert signer
    assert signer.name == "Dr. Haas"
    empty, window = config.chairs
    assert empty.devices == ()
    assert window.name == "Window"
    assert [(one.id, one.driver, one.port, one.serial_number) for one in window.devices] == [
        ("oximeter", "nonin", PORT.name, "17"),
        ("nibp", "suntech", OTHER.path, ""),
    ]


def test_a_plan_that_is_there_already_is_told_and_stays(page: Page, guide: Guide) -> None:
    guide.path.write_text("mine")
    page.get_by_label("First physician", exact=True).fill("Dr. Haas")
    expect(page.locator(".said")).to_contain_text("This can be used.")
    press(page, "Write it and begin")
    expect(page.locator(".refusal").last).to_contain_text("already, and it stays as it is")
    assert (guide.path.read_text(), guide.made) == ("mine", [])
