"""When a person is to look and chart: before the start, ten minutes after it, every quarter of an hour, at the end, and in recovery.

The rhythm is clinical §3.1's default. What is late is shown as late; it never sounds and never becomes an alert.
"""

from collections.abc import Iterator
from itertools import chain, count, takewhile

from drivers.base.observations import Instant

MINUTE_US = 60_000_000
FIRST_US = 10 * MINUTE_US
EVERY_US = 15 * MINUTE_US
EARLY_US = 5 * MINUTE_US
"""A charting so long before its time counts for it."""


def next_due(
    admitted_at: Instant, began_at: Instant | None, stopped_at: Instant | None, charted_at: Instant | None
) -> Instant:
    """Return when scales are to be charted next; in the past where that is late.

    ``charted_at`` is when a scale was charted last. One charting meets everything that was due before it.
    """
    if charted_at is None:
        return admitted_at
    return next(due for due in _dues(admitted_at, began_at, stopped_at) if due - EARLY_US > charted_at)


def _dues(admitted_at: Instant, began_at: Instant | None, stopped_at: Instant | None) -> Iterator[Instant]:
    if began_at is None:
        return count(admitted_at + EVERY_US, EVERY_US)
    infusing = count(began_at + FIRST_US, EVERY_US)
    if stopped_at is None:
        return infusing
    return chain(takewhile(lambda due: due < stopped_at, infusing), count(stopped_at, EVERY_US))
