"""When scales are to be charted: clinical §3.1, the rhythm at the end of the table."""

import pytest

from monitor.core.schedule import MINUTE_US, next_due

ADMITTED, BEGAN, STOPPED = 0, 20, 60


def test_a_quick_rhythm_takes_no_charting_for_the_one_after_next() -> None:
    dues = [next_due(0, 0, None, minute * MINUTE_US, 3 * MINUTE_US, 3 * MINUTE_US) for minute in (1, 2, 3, 5)]
    assert [due / MINUTE_US for due in dues] == [3, 6, 6, 9]


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
