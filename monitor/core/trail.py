"""The last minutes of a continuous value: whether it keeps falling, and what it was on average while nothing disturbed it."""

from collections import deque
from itertools import pairwise
from statistics import fmean

from drivers.base.observations import Instant
from monitor.core.devices import SECOND_US
from monitor.core.words import Number

EVERY_US = 5 * SECOND_US
HOLE_US = 30 * SECOND_US
MINUTE_US = 60 * SECOND_US
LEAST, GOES_ON = 0.5, 0.25
"""Each minute is lower than the one before, by half the slope at least, so that a single step is no trend; it goes on at a quarter of it."""

CLEAN_US = 120 * SECOND_US
CLEAN_HOLE_US = 5 * SECOND_US


class Trail:
    """Some minutes of a value, one every five seconds, and whether it falls by ``per_min`` (clinical §2.4). A hole of 30 s begins it anew."""

    def __init__(self, minutes: int, per_min: float) -> None:
        self._points: deque[tuple[Instant, Number]] = deque()
        self._span_us, self._minutes, self._slope = minutes * MINUTE_US, minutes, -per_min
        self.falls = False

    def take(self, value: Number, at: Instant) -> bool:
        """See a value; return whether it has changed what is said of it."""
        points, fell = self._points, self.falls
        if points and at - points[-1][0] < EVERY_US:
            return False
        if points and at - points[-1][0] > HOLE_US:
            points.clear()
            self.falls = False
        points.append((at, value))
        while at - points[0][0] > self._span_us:
            points.popleft()
        if at - points[0][0] >= self._span_us - EVERY_US:
            self._judge()
        return self.falls is not fell

    def _judge(self) -> None:
        means = self._means()
        drops = [after - before for before, after in pairwise(means)]
        slope, last = self._slope, self._minutes - 1
        began = max(drops) <= LEAST * slope and (means[-1] - means[0]) / last <= slope
        self.falls = began or (self.falls and drops[-1] <= GOES_ON * slope)

    def _means(self) -> list[float]:
        """Return the means of the minutes."""
        first, last = self._points[0][0], self._minutes - 1
        parts: list[list[Number]] = [[] for _ in range(self._minutes)]
        for at, value in self._points:
            parts[min(last, (at - first) // MINUTE_US)].append(value)
        return [fmean(part) for part in parts]


class Calm:
    """Two minutes of a value without a flag or a hole, for the baseline."""

    def __init__(self) -> None:
        self._points: deque[tuple[Instant, Number]] = deque()

    def take(self, value: Number | None, at: Instant) -> None:
        """See a value; None is one that is missing or flagged."""
        points = self._points
        if value is None or (points and at - points[-1][0] > CLEAN_HOLE_US):
            points.clear()
        if value is None:
            return
        points.append((at, value))
        while len(points) > 1 and points[1][0] <= at - CLEAN_US:
            points.popleft()

    def mean(self, at: Instant) -> float | None:
        """Return the mean of the two minutes up to ``at``, None while they are not whole."""
        points = self._points
        if not points or at - points[-1][0] > CLEAN_HOLE_US or at - points[0][0] < CLEAN_US:
            return None
        return fmean(value for _, value in points)
