"""When a person is to look and chart: before the start, ten minutes after it, every quarter of an hour, at the end, and in recovery.

The rhythm is clinical §3.1's default, or that of the clinic's protocol; in recovery a quarter of an hour (§1.3). What is late
is shown as late; it never sounds and never becomes an alert.
"""

from collections.abc import Iterator
from itertools import chain, count, takewhile

from drivers.base.observations import Instant

MINUTE_US = 60_000_000
FIRST_US = 10 * MINUTE_US
EVERY_US = 15 * MINUTE_US
EARLY_US = 5 * MINUTE_US
"""A charting so long before its time counts for it; where the rhythm is quicker, a third of it."""


def next_due(
    admitted_at: Instant,
    began_at: Instant | None,
    stopped_at: Instant | None,
    charted_at: Instant | None,
    first_us: int = FIRST_US,
    every_us: int = EVERY_US,
) -> Instant:
    """Return when scales are to be charted next; in the past where that is late.

    ``charted_at`` is when a scale was charted last. One charting meets everything that was due before it.
    """
    if charted_at is None:
        return admitted_at
    early_us = min(EARLY_US, every_us // 3)
    dues = _dues(admitted_at, began_at, stopped_at, first_us, every_us)
    return next(due for due in dues if due - early_us > charted_at)


def _dues(
    admitted_at: Instant, began_at: Instant | None, stopped_at: Instant | None, first_us: int, every_us: int
) -> Iterator[Instant]:
    if began_at is None:
        return count(admitted_at + EVERY_US, EVERY_US)
    infusing = count(began_at + first_us, every_us)
    if stopped_at is None:
        return infusing
    return chain(takewhile(lambda due: due < stopped_at, infusing), count(stopped_at, EVERY_US))
