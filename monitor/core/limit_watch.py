"""Watches one continuous value against the steps of its condition: delays and hysteresis."""

from dataclasses import dataclass, field
from math import inf

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import Baseline
from monitor.core.conditions import AlarmCondition, Step
from monitor.core.devices import SECOND_US
from monitor.core.threshold import Declared, Limits, Threshold, thresholds
from monitor.core.words import RANK, Number


@dataclass(slots=True)
class StepWatch:
    """One step: idle → pending → declared ⇄ clearing."""

    step: Step
    delay_us: int
    clear_us: int
    thresholds: list[Threshold] = field(default_factory=list)
    pending_since: Instant | None = None
    cause: int = 0
    declared: bool = False
    clearing_since: Instant | None = None
    held: bool = False

    def met(self, value: Number) -> Threshold | None:
        """Return what the value passes."""
        return next((threshold for threshold in self.thresholds if threshold.meets(value)), None)

    def look(self, value: Number, at: Instant, seq: int) -> None:
        """See the value: past its limit, back by the hysteresis, or between the two, where nothing is declared or cleared."""
        self.held = False
        if self.declared:
            self._look_declared(all(threshold.is_back(value) for threshold in self.thresholds), at)
        elif self.met(value) is None:
            self.pending_since = None
        else:
            if self.pending_since is None:
                self.pending_since, self.cause = at, seq
            self.declared = at >= self.pending_since + self.delay_us

    def _look_declared(self, back: bool, at: Instant) -> None:
        if not back:
            self.clearing_since = None
        elif self.clearing_since is None:
            self.clearing_since = at
        elif at >= self.clearing_since + self.clear_us:
            self.reset(False)

    def hold(self) -> None:
        """The value is missing: nothing is declared, nothing cleared; what was pending goes on if it returns as bad."""
        self.held = True
        self.clearing_since = None

    def reset(self, declared: bool) -> None:
        self.pending_since = self.clearing_since = None
        self.declared, self.held = declared, False

    def next_deadline(self) -> Instant | None:
        if self.clearing_since is not None:
            return self.clearing_since + self.clear_us
        if self.declared or self.held or self.pending_since is None:
            return None
        return self.pending_since + self.delay_us


class LimitWatch:
    """A condition of one continuous value.

    ``stirred``: anything is declared or about to be. ``due``: when it must look again though the value stays.
    """

    def __init__(self, condition: AlarmCondition) -> None:
        self.condition = condition
        clear_us = condition.clear_s * SECOND_US
        self._steps = [StepWatch(step, step.delay_s * SECOND_US, clear_us) for step in condition.steps if step.passes]
        self._in_force: tuple[object, object] = (None, None)
        self._looked: tuple[Parameter, Number | None] | None = None
        self._told: Declared | None = None
        self._harmless: tuple[Number, Number] = (inf, -inf)
        self.stirred = False
        self.due: Instant | None = None

    def look(
        self,
        parameter: Parameter,
        value: Number | None,
        limits: Limits,
        baseline: Baseline | None,
        at: Instant,
        seq: int,
    ) -> Declared | None:
        """See the value, None while it is missing; return what is declared."""
        if self._in_force[0] is not limits or self._in_force[1] is not baseline:
            self._use(limits, baseline)
        elif not self.stirred and (value is None or self._harmless[0] < value < self._harmless[1]):
            return None
        elif self.due is None and (parameter, value) == self._looked:
            return self._told
        self._looked = (parameter, value)
        self._told = self._look(parameter, value, at, seq)
        self._stir()
        return self._told

    def _use(self, limits: Limits, baseline: Baseline | None) -> None:
        self._in_force = (limits, baseline)
        for step in self._steps:
            step.thresholds = thresholds(self.condition, step.step, limits, baseline)
        numbers = [(threshold.is_low, threshold.number) for step in self._steps for threshold in step.thresholds]
        lowest = max((number for is_low, number in numbers if is_low), default=-inf)
        self._harmless = lowest, min((number for is_low, number in numbers if not is_low), default=inf)

    def _stir(self) -> None:
        self.stirred = any(step.declared or step.pending_since is not None for step in self._steps)
        due = [step.next_deadline() for step in self._steps] if self.stirred else []
        self.due = min((instant for instant in due if instant is not None), default=None)

    def _look(self, parameter: Parameter, value: Number | None, at: Instant, seq: int) -> Declared | None:
        worst: StepWatch | None = None
        for step in self._steps:
            if value is None:
                step.hold()
            else:
                step.look(value, at, seq)
            if step.declared and (worst is None or _counts_more(step, worst, value)):
                worst = step
        return None if worst is None else self._declared(worst, parameter, value)

    def _declared(self, step: StepWatch, parameter: Parameter, value: Number | None) -> Declared:
        passes = None if value is None else step.met(value)
        text = "" if passes is None or value is None else passes.text(value, parameter)
        shown = passes or next(iter(step.thresholds), None)
        limit = None if shown is None else shown.number
        return Declared(self.condition, "", step.step.priority, text, step.cause, parameter, value, limit)

    def resume(self, priority: Priority | None) -> None:
        """Begin anew, with what an open alert says was declared."""
        self._looked = None
        for step in self._steps:
            step.reset(priority is not None and RANK[step.step.priority] <= RANK[priority])
        self._stir()


def _counts_more(step: StepWatch, other: StepWatch, value: Number | None) -> bool:
    """Whether a declared step goes before another: the higher, and of two alike the one that the value still passes."""
    if step.step.priority is not other.step.priority:
        return RANK[step.step.priority] > RANK[other.step.priority]
    return value is not None and other.met(value) is None and step.met(value) is not None
