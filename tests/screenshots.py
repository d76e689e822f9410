"""Takes the pictures of README and docs from the seeded demonstration: ``python -m tests.screenshots``."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.bench.house import free_port
from tests.browser import ARGUMENTS, chromium

OUT = Path("docs/screens")
SPEED = 3
MINUTES = 6
"""Infusion minutes that the trends show."""
SETTLED_MS = 4500
"""After which a page has its data and its curves have gone across."""
SCORES = (
    ("2", "pain", 5),
    ("2", "moaas", 5),
    ("3", "pain", 7),
    ("3", "moaas", 5),
    ("3", "dissociation", 0),
    ("3", "nausea", 0),
)
LATER = (("3", "pain", 4), ("3", "moaas", 4), ("3", "dissociation", 2), ("3", "nausea", 1))


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "demo", "--seed", "1", "--speed", str(SPEED), "--port", str(port)]
    process = subprocess.Popen(command)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client, sync_playwright() as playwright:
            options = [*ARGUMENTS, "--autoplay-policy=no-user-gesture-required"]
            browser = playwright.chromium.launch(executable_path=chromium(), args=options)
            _wait_for_sessions(client)
            client.post("/api/sign-in", json={"name": "L. Moreno"}).raise_for_status()
            client.post("/api/chairs/3/start", json={}).raise_for_status()
            _chart(client, SCORES)
            _attend(client, MINUTES / 2)
            _chart(client, LATER)
            _attend(client, MINUTES / 2)
            _take_all(browser, f"http://127.0.0.1:{port}", client)
            _first_run(browser)
            browser.close()
    finally:
        process.terminate()
        process.wait()


def _take_all(browser: Browser, url: str, client: httpx.Client) -> None:
    cookies: Any = [{"name": cookie.name, "value": cookie.value or "", "url": url} for cookie in client.cookies.jar]
    desk = browser.new_context(viewport={"width": 1920, "height": 1080})
    small = browser.new_context(viewport={"width": 1366, "height": 768}, color_scheme="light")
    phone = browser.new_context(viewport={"width": 360, "height": 800}, device_scale_factor=2, has_touch=True)
    for context in (desk, small, phone):
        context.add_cookies(cookies)
        context.new_page()
    small.add_init_script("localStorage.setItem('vigil-theme', 'light')")
    _wait_for_high_alert(client, "3")
    _take(desk, url, {"wall": "/", "chair": "/chair/3"})
    _take(phone, url, {"phone-list": "/", "phone-chair": "/chair/3"})
    _take(desk, url, {"alerts": "/alerts"})
    _take(small, url, {"wall-light": "/", "chair-light": "/chair/2"})
    _acknowledge(client)
    _take(desk, url, {"shift": "/shift", "sign-in": "/sign-in", "settings": "/settings"})
    closed = _closed(client, "3")
    _take(desk, url, {"review": f"/session/{closed}", "sessions": "/sessions"})
    _take(desk, url, {"what-if": "/what-if"}, _try_other_limits)


def _take(
    context: BrowserContext, url: str, paths: dict[str, str], prepare: Callable[[Page], None] | None = None
) -> None:
    [page] = context.pages
    for name, path in paths.items():
        page.goto(url + path)
        page.wait_for_timeout(SETTLED_MS)
        if prepare:
            prepare(page)
        page.screenshot(path=OUT / f"{name}.png")
        print(OUT / f"{name}.png")
    page.goto("about:blank")


def _chart(client: httpx.Client, scores: tuple[tuple[str, str, int], ...]) -> None:
    for chair, kind, level in scores:
        body = {"kind": kind, "level": level, "term": "", "severity": ""}
        client.post(f"/api/chairs/{chair}/chart", json=body).raise_for_status()


def _attend(client: httpx.Client, minutes: float) -> None:
    """Be the nurse for some minutes of the house: what sounds is acknowledged."""
    until = time.monotonic() + minutes * 60 / SPEED
    while time.monotonic() < until:
        _acknowledge(client)
        time.sleep(1)


def _acknowledge(client: httpx.Client, chairs: str = "1234") -> None:
    for chair in chairs:
        for alert in client.get(f"/api/chairs/{chair}").json()["state"]["alerts"]:
            if alert["state"] in ("active", "latched"):
                client.post(f"/api/chairs/{chair}/acknowledge", json={"alert": alert["id"]})


def _closed(client: httpx.Client, chair: str) -> str:
    """Close the session of ``chair``; return its id."""
    session: str = client.get(f"/api/chairs/{chair}").json()["state"]["session"]["id"]
    client.post(f"/api/chairs/{chair}/stop", json={}).raise_for_status()
    _acknowledge(client)
    handover = {"handover": "Slept through most of it; pain 7 to 4.", "reason": "demonstration"}
    client.post(f"/api/chairs/{chair}/close", json=handover).raise_for_status()
    return session


def _try_other_limits(page: Page) -> None:
    page.locator(".tried-session input").first.check()
    page.locator(".tried-rule summary").first.click()
    page.get_by_label("SpO₂ <\u00a085", exact=True).fill("80")
    page.locator(".whatif-asked footer .light").click()
    page.get_by_text("session worked out").wait_for(timeout=120_000)


def _first_run(browser: Browser) -> None:
    """The page that a clinic meets first: there is no configuration yet."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [sys.executable, "-m", "dashboard", "serve", "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder)
        try:
            context = browser.new_context(viewport={"width": 1920, "height": 1080})
            context.new_page()
            time.sleep(8)
            _take(context, f"http://127.0.0.1:{port}", {"first-run": "/first-run"})
        finally:
            process.terminate()
            process.wait()


def _wait_for_sessions(client: httpx.Client) -> None:
    for _ in range(300):
        try:
            if client.get("/api/chairs/4").json()["state"]["session"]:
                return
        except (httpx.TransportError, KeyError):
            pass
        time.sleep(0.1)
    raise SystemExit("the demonstration did not come up")


def _wait_for_high_alert(client: httpx.Client, chair: str) -> None:
    """Wait for it, and let nothing else wait for somebody meanwhile."""
    for _ in range(1200):
        alerts = client.get(f"/api/chairs/{chair}").json()["state"]["alerts"]
        if any(alert["priority"] == "high" and alert["state"] == "active" for alert in alerts):
            return
        _acknowledge(client, "124")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
