"""Settings of all tests. Speed is measured by ``make bench``, never asserted: no property has a deadline."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=30)
settings.load_profile("house")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Coverage is asked of the core and the drivers, and taken where they are what is tested: ``-m traced``."""
    room = item.path.relative_to(Path(__file__).parent).parts[0]
    if room in ("core", "drivers") and item.get_closest_marker("untraced") is None:
        item.add_marker("traced")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread what mostly waits over the first two thirds of the run, whatever the order: others work meanwhile."""
    files = dict.fromkeys(item.path for item in items)
    waiting = [file for file in files if "end_to_end" in file.parts]
    working = [file for file in files if "end_to_end" not in file.parts]
    place = {file: number / len(working) for number, file in enumerate(working)}
    place |= {file: 0.66 * number / len(waiting) for number, file in enumerate(waiting)}
    items.sort(key=lambda item: place[item.path])
