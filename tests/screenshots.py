"""Takes the pictures of README and docs from the seeded demonstration: ``python -m tests.screenshots``."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.bench.house import free_port
from tests.browser import ARGUMENTS, chromium

OUT = Path("docs/screens")
SPEED = 3
MINUTES = 6
"""Infusion minutes that the trends show."""


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "demo", "--seed", "1", "--speed", str(SPEED), "--port", str(port)]
    process = subprocess.Popen(command)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            _wait_for_sessions(client)
            client.post("/api/sign-in", json={"name": "L. Moreno"}).raise_for_status()
            client.post("/api/chairs/3/start", json={}).raise_for_status()
            time.sleep(MINUTES * 60 / SPEED)
            _wait_for_high_alert(client, "3")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
                _take_all(browser, f"http://127.0.0.1:{port}", client)
                _first_run(browser)
                browser.close()
    finally:
        process.terminate()
        process.wait()


def _take_all(browser: Browser, url: str, client: httpx.Client) -> None:
    cookies: Any = [{"name": cookie.name, "value": cookie.value or "", "url": url} for cookie in client.cookies.jar]
    desk = browser.new_context(viewport={"width": 1920, "height": 1080})
    phone = browser.new_context(viewport={"width": 360, "height": 800}, device_scale_factor=2, has_touch=True)
    for context in (desk, phone):
        context.add_cookies(cookies)
    _take(desk, url, {"wall": "/", "chair": "/chair/3", "alerts": "/alerts", "shift": "/shift", "sign-in": "/sign-in"})
    _take(desk, url, {"settings": "/settings"})
    _take(phone, url, {"phone-list": "/", "phone-chair": "/chair/3"})
    _take(desk, url, {"review": f"/session/{_closed(client, '1')}", "sessions": "/sessions", "what-if": "/what-if"})


def _take(context: BrowserContext, url: str, paths: dict[str, str]) -> None:
    for name, path in paths.items():
        page = context.new_page()
        page.goto(url + path)
        page.wait_for_timeout(6000)
        page.screenshot(path=OUT / f"{name}.png")
        page.close()
        print(OUT / f"{name}.png")


def _closed(client: httpx.Client, chair: str) -> str:
    """Close the session of ``chair``; return its id."""
    session: str = client.get(f"/api/chairs/{chair}").json()["state"]["session"]["id"]
    for alert in client.get(f"/api/chairs/{chair}").json()["state"]["alerts"]:
        client.post(f"/api/chairs/{chair}/acknowledge", json={"alert": alert["id"]})
    client.post(f"/api/chairs/{chair}/stop", json={}).raise_for_status()
    handover = {"handover": "Calm throughout.", "reason": "demonstration"}
    client.post(f"/api/chairs/{chair}/close", json=handover).raise_for_status()
    return session


def _first_run(browser: Browser) -> None:
    """The page that a clinic meets first: there is no configuration yet."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [sys.executable, "-m", "dashboard", "serve", "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder)
        try:
            context = browser.new_context(viewport={"width": 1920, "height": 1080})
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
    for _ in range(600):
        alerts = client.get(f"/api/chairs/{chair}").json()["state"]["alerts"]
        if any(alert["priority"] == "high" and alert["state"] == "active" for alert in alerts):
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main()
