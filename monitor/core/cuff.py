"""The cuff of a chair: its last readings, its failures, and when it measures next. Sends nothing itself.

Devices do not time their cycles here: the house does, while an infusion runs, is paused, or the patient recovers.
"""

from dataclasses import dataclass, replace

from drivers.base.observations import Instant
from monitor.core.changes import Baseline, NibpSchedule, Phase
from monitor.core.devices import SECOND_US

KEPT = 5
RESTING_KEPT = 12
RECOVERING_KEPT = 36

NEAR_PERCENT = 20


@dataclass(frozen=True, slots=True)
class CuffReading:
    """One successful determination, mmHg."""

    at: Instant
    systolic: int | float
    diastolic: int | float
    mean: int | float | None = None

    def is_near(self, baseline: Baseline) -> bool:
        """Whether both pressures are within 20 % of the baseline."""
        pairs = ((self.systolic, baseline.systolic), (self.diastolic, baseline.diastolic))
        return all(100 * abs(value - before) <= NEAR_PERCENT * before for value, before in pairs)


@dataclass(frozen=True, slots=True)
class Cuff:
    """All of it survives a restart. ``readings`` are the last five, newest last; ``failures`` are those in a row.

    ``resting`` are the readings before the infusion, ``recovering`` those after it.
    ``inflated_at`` is when the present or last inflation began, ``deflated_at`` when it ended.
    """

    interval_s: int | None
    next_at: Instant | None = None
    started_at: Instant | None = None
    stopped_why: str = ""
    readings: tuple[CuffReading, ...] = ()
    failures: int = 0
    failed_at: Instant | None = None
    failure_counted: bool = False
    resting: tuple[CuffReading, ...] = ()
    recovering: tuple[CuffReading, ...] = ()
    inflated_at: Instant | None = None
    deflated_at: Instant | None = None

    @property
    def last(self) -> CuffReading | None:
        return self.readings[-1] if self.readings else None

    @property
    def previous(self) -> CuffReading | None:
        return self.readings[-2] if len(self.readings) > 1 else None

    def pair(self, together_us: int) -> tuple[CuffReading, CuffReading] | None:
        """Return the last two readings when they may confirm each other, older first: not farther apart than ``together_us``."""
        if self.last is None or self.previous is None or self.last.at - self.previous.at > together_us:
            return None
        return self.previous, self.last

    def returned_at(self, baseline: Baseline | None) -> Instant | None:
        """Return the reading in recovery from which on both pressures stayed near the baseline; None while the last one is not."""
        since = None
        for reading in self.recovering:
            since = (since or reading.at) if baseline is not None and reading.is_near(baseline) else None
        return since

    def view(self) -> NibpSchedule:
        return NibpSchedule(self.interval_s, self.next_at, self.stopped_why)

    def took(self, reading: CuffReading, phase: Phase) -> "Cuff":
        cuff = replace(
            self, readings=(*self.readings[1 - KEPT :], reading), failures=0, failed_at=None, failure_counted=False
        )
        if phase is Phase.PLANNED:
            return replace(cuff, resting=(*self.resting[1 - RESTING_KEPT :], reading))
        if phase is Phase.RECOVERY:
            return replace(cuff, recovering=(*self.recovering[1 - RECOVERING_KEPT :], reading))
        return cuff

    def failed(self, at: Instant) -> "Cuff":
        return replace(self, failures=self.failures + 1, failed_at=at, failure_counted=True)

    def inflating(self, at: Instant) -> "Cuff":
        """The cuff fills, or is about to."""
        if self.inflated_at is not None and self.deflated_at is None:
            return self
        return replace(self, inflated_at=at, deflated_at=None)

    def deflated(self, at: Instant) -> "Cuff":
        """The determination is over, however it ended."""
        if self.inflated_at is None or self.deflated_at is not None:
            return self
        return replace(self, deflated_at=at)

    def shade(self, mask_us: int, refill_us: int) -> tuple[Instant, Instant]:
        """From when until when the last inflation may take the pulse from a probe on the same arm: until ``refill_us`` after the cuff
        is empty, ``mask_us`` at most in all (clinical §2.7.13)."""
        if self.inflated_at is None:
            return 0, 0
        longest = self.inflated_at + mask_us
        return self.inflated_at, longest if self.deflated_at is None else min(longest, self.deflated_at + refill_us)

    def started(self, at: Instant, cycling: bool) -> "Cuff":
        """A determination begins (by hand or by schedule); the next is an interval away."""
        return replace(self, started_at=at, failure_counted=False, next_at=self._after(at) if cycling else None)

    def skipped(self, at: Instant) -> "Cuff":
        """A determination that was due could not begin and is not made up for."""
        return replace(self, next_at=self._after(at))

    def begin(self, at: Instant) -> "Cuff":
        """The cycle begins with a determination at once."""
        return replace(self, next_at=at if self.interval_s and not self.stopped_why else None)

    def end(self) -> "Cuff":
        return replace(self, next_at=None)

    def repeat(self, soon: Instant) -> "Cuff":
        """The reading just taken wants confirming, or there was none (clinical §2.3 line 6: 1–2 min)."""
        return replace(self, next_at=soon if self.next_at is None else min(self.next_at, soon))

    def every(self, interval_s: int | None, at: Instant, cycling: bool) -> "Cuff":
        """Measure at another interval, counted from the last determination; None: only by hand."""
        cuff = replace(self, interval_s=interval_s)
        if not cycling or not interval_s or self.stopped_why:
            return cuff.end()
        return replace(cuff, next_at=max(at, (self.started_at or at) + interval_s * SECOND_US))

    def cycling_stopped(self, why: str) -> "Cuff":
        """The device asks for a person before it measures by itself again."""
        return replace(self, stopped_why=why, next_at=None)

    def cycling_allowed(self, at: Instant, cycling: bool) -> "Cuff":
        cuff = replace(self, stopped_why="")
        return replace(cuff, next_at=cuff._after(at)) if cycling else cuff

    def _after(self, at: Instant) -> Instant | None:
        if self.interval_s is None or self.stopped_why:
            return None
        return at + self.interval_s * SECOND_US
