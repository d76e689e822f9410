"""The last minutes of a continuous value: whether it keeps falling, and what it was on average while nothing disturbed it."""

from collections import deque
from itertools import pairwise
from statistics import fmean

from drivers.base.observations import Instant
from monitor.core.devices import SECOND_US
from monitor.core.words import Number

SPAN_US = 240 * SECOND_US
EVERY_US = 5 * SECOND_US
HOLE_US = 30 * SECOND_US
MINUTES = 4
FALLS_PER_MIN, LEAST_PER_MIN, GOES_ON_PER_MIN = -1.0, -0.5, -0.25
"""Clinical §2.4: a slope of −1 % a minute for 4 min, each minute lower than the one before, so that a single step is no trend."""

CLEAN_US = 120 * SECOND_US
CLEAN_HOLE_US = 5 * SECOND_US


class Trail:
    """Four minutes of a value, one every five seconds. A hole of 30 s begins it anew."""

    def __init__(self) -> None:
        self._points: deque[tuple[Instant, Number]] = deque()
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
        while at - points[0][0] > SPAN_US:
            points.popleft()
        if at - points[0][0] >= SPAN_US - EVERY_US:
            self._judge()
        return self.falls is not fell

    def _judge(self) -> None:
        means = self._minutes()
        drops = [after - before for before, after in pairwise(means)]
        began = max(drops) <= LEAST_PER_MIN and (means[-1] - means[0]) / (MINUTES - 1) <= FALLS_PER_MIN
        self.falls = began or (self.falls and drops[-1] <= GOES_ON_PER_MIN)

    def _minutes(self) -> list[float]:
        """Return the means of the four minutes."""
        first, each = self._points[0][0], SPAN_US // MINUTES
        parts: list[list[Number]] = [[] for _ in range(MINUTES)]
        for at, value in self._points:
            parts[min(MINUTES - 1, (at - first) // each)].append(value)
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
