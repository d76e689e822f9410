"""When scales are to be charted: clinical §3.1, the rhythm at the end of the table."""

import pytest

from monitor.core.schedule import MINUTE_US, next_due

ADMITTED, BEGAN, STOPPED = 0, 20, 60


@pytest.mark.parametrize(
    ("charted", "began", "stopped", "due"),
    [
        (None, None, None, ADMITTED),
        (None, BEGAN, None, ADMITTED),
        (2, None, None, 15),
        (12, None, None, 30),
        (19, BEGAN, None, 30),
        (24, BEGAN, None, 30),
        (25, BEGAN, None, 45),
        (31, BEGAN, None, 45),
        (31, BEGAN, STOPPED, 45),
        (46, BEGAN, STOPPED, STOPPED),
        (58, BEGAN, STOPPED, 75),
        (72, BEGAN, STOPPED, 90),
    ],
)
def test_the_next_charting_is_due(charted: int | None, began: int | None, stopped: int | None, due: int) -> None:
    def instant(minute: int | None) -> int | None:
        return None if minute is None else minute * MINUTE_US

    assert next_due(ADMITTED, instant(began), instant(stopped), instant(charted)) == due * MINUTE_US
