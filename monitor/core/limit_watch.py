"""Watches one continuous value against the three steps of its limit: delays and hysteresis."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drivers.base.observations import Instant
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import LimitView
from monitor.core.conditions import AlarmCondition
from monitor.core.devices import SECOND_US
from monitor.core.limits import Key
from monitor.core.threshold import Declared, Threshold, thresholds
from monitor.core.words import RANK, Number


@dataclass(slots=True)
class StepWatch:
    """One step: idle → pending → declared ⇄ clearing."""

    priority: Priority
    delay_us: int
    clear_us: int
    pending_since: Instant | None = None
    cause: int = 0
    declared: bool = False
    clearing_since: Instant | None = None
    held: bool = False

    def look(self, met: bool, back: bool, at: Instant, seq: int) -> None:
        """See the value: past its limit, back by the hysteresis, or between the two, where nothing is declared or cleared."""
        self.held = False
        if self.declared:
            self._look_declared(back, at)
        elif not met:
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
    """A condition of one continuous value."""

    def __init__(self, condition: AlarmCondition) -> None:
        self.condition = condition
        clear_us = condition.clear_s * SECOND_US
        self._steps = [StepWatch(step.priority, step.delay_s * SECOND_US, clear_us) for step in condition.steps]
        self._limits: Mapping[Key, LimitView] | None = None
        self._thresholds: dict[Key, Threshold] = {}
        self._looked: tuple[Parameter, Number | None] | None = None
        self._told: Declared | None = None

    def look(
        self, parameter: Parameter, value: Number | None, limits: Mapping[Key, LimitView], at: Instant, seq: int
    ) -> Declared | None:
        """See the value, None while it is missing; return what is declared."""
        if limits is not self._limits:
            self._limits, self._thresholds = limits, thresholds(self.condition, limits)
        elif (parameter, value) == self._looked and next(self.deadlines(), None) is None:
            return self._told
        self._looked = (parameter, value)
        self._told = self._look(parameter, value, at, seq)
        return self._told

    def _look(self, parameter: Parameter, value: Number | None, at: Instant, seq: int) -> Declared | None:
        worst = None
        for step in self._steps:
            if value is None:
                step.hold()
            else:
                threshold = self._thresholds[self.condition.code, step.priority]
                step.look(threshold.meets(value), threshold.is_back(value), at, seq)
            if step.declared:
                worst = step
        return None if worst is None else self._declared(worst, parameter, value)

    def _declared(self, step: StepWatch, parameter: Parameter, value: Number | None) -> Declared:
        threshold = self._thresholds[self.condition.code, step.priority]
        text = threshold.text(value, parameter) if value is not None and threshold.meets(value) else ""
        return Declared(self.condition, "", step.priority, text, step.cause, parameter, value, threshold.number)

    def resume(self, priority: Priority | None) -> None:
        """Begin anew, with what an open alert says was declared."""
        self._looked = None
        for step in self._steps:
            step.reset(priority is not None and RANK[step.priority] <= RANK[priority])

    def deadlines(self) -> Iterator[Instant]:
        for step in self._steps:
            due = step.next_deadline()
            if due is not None:
                yield due
