"""What the tests of the pages share."""

from tests.dashboard.browsing import browser, plain_page, playwright, screen, screens, shy_browser, stage

__all__ = ["browser", "plain_page", "playwright", "screen", "screens", "shy_browser", "stage"]
