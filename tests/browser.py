"""Finds a Chromium for the browser tests, and installs one where none is: ``python -m tests.browser``.

The one found is taken; else Debian's package when root; else Playwright's own. Where none can be had the browser tests
are skipped with a loud reason, and fail when ``CI=true``.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@cache
def chromium() -> str | None:
    """Path of a Chromium that can be started, or None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    if MAC.exists():
        return str(MAC)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if path and Path(path).exists() else None


def install() -> bool:
    """Try the ways there are to get one; True when there is one at the end."""
    if chromium():
        return True
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        attempts = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"], *attempts]
    for attempt in attempts:
        chromium.cache_clear()
        if chromium():
            break
        print(f"No Chromium yet: {' '.join(attempt)}", file=sys.stderr)
        try:
            subprocess.run(attempt, check=False, timeout=300, stdout=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            print("... took too long", file=sys.stderr)
    chromium.cache_clear()
    return chromium() is not None


if __name__ == "__main__":
    if not install():
        print("NO BROWSER: Chromium could not be had; the browser tests will be skipped.", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
