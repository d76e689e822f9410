"""What the tests of the pages share."""

import pytest

from tests.dashboard import browsing


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin("browsing"):
        config.pluginmanager.register(browsing, "browsing")
