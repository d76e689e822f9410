"""Watches cuff readings: it counts readings, not seconds, and looks at the last two only.

Low at one reading; medium and high by the mean of two, or by one reading that is beyond waiting for a second. Two
readings back by the hysteresis clear (clinical §2.3 lines 6, 7, 9; §2.7.2, 10, 11, 14).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import LimitView
from monitor.core.conditions import HIGH, LOW, MEDIUM, AlarmCondition
from monitor.core.cuff import Cuff, CuffReading
from monitor.core.limits import Key
from monitor.core.threshold import Declared, Threshold, thresholds
from monitor.core.words import RANK, Number, higher

BEYOND_WAITING = {"sbp_high": 200, "dbp_high": 120}
"""One reading of so much is high at once; a low pressure past the high limit always is."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The pressure that counts, and the limit that it passes."""

    threshold: Threshold
    value: Number
    note: str = ""

    @property
    def text(self) -> str:
        return self.threshold.text(self.value) + self.note


class CuffWatch:
    """A condition of cuff readings."""

    def __init__(self, condition: AlarmCondition) -> None:
        self.condition = condition
        self._declared: dict[Priority, int] = {}
        self._counts: Threshold | None = None
        self._limits: Mapping[Key, LimitView] | None = None
        self._thresholds: dict[Key, Threshold] = {}
        self._looked: tuple[object, object, object] = (None, None, None)
        self._told: Declared | None = None

    def look(self, cuff: Cuff, limits: Mapping[Key, LimitView], repeats: bool, seq: int) -> Declared | None:
        """See the last readings; return what is declared. ``repeats``: the house can have a reading repeated by itself."""
        looked = (cuff.readings, limits, repeats)
        if any(new is not old for new, old in zip(looked, self._looked, strict=True)):
            self._looked = looked
            self._use(limits)
            self._told = self._judge(cuff, repeats, seq)
        return self._told

    def _judge(self, cuff: Cuff, repeats: bool, seq: int) -> Declared | None:
        last = cuff.last
        if last is None:
            return None
        evidence = {step.priority: self._evidence(step.priority, cuff, repeats) for step in self.condition.steps}
        for priority, found in evidence.items():
            if found is not None:
                self._declared.setdefault(priority, seq)
            elif self._cleared(priority, cuff):
                self._declared.pop(priority, None)
        if not self._declared:
            return None
        priority = max(self._declared, key=RANK.__getitem__)
        return self._tell(priority, evidence[priority], last)

    def _tell(self, priority: Priority, found: Evidence | None, last: CuffReading) -> Declared:
        self._counts = found.threshold if found else self._counts or self._of(priority)[0]
        parameter, limit = self._counts.view.parameter, self._counts.number
        value = found.value if found else _pressure(last, parameter)
        text = found.text if found else ""
        return Declared(self.condition, "", priority, text, self._declared[priority], parameter, value, limit)

    def resume(self, priority: Priority | None) -> None:
        """Begin anew, with what an open alert says was declared."""
        steps = [] if priority is None else [step.priority for step in self.condition.steps]
        self._declared = {step: 0 for step in steps if priority is not None and RANK[step] <= RANK[priority]}
        self._counts = None
        self._looked = (None, None, None)

    def wants_repeat(self, cuff: Cuff, limits: Mapping[Key, LimitView]) -> bool:
        """Whether the last reading, taken alone, is medium or high and the one before was less. Low is never repeated."""
        self._use(limits)
        alone = self._alone(cuff.last)
        before = self._alone(cuff.previous)
        return alone is not None and higher(alone, before) is not before

    def _use(self, limits: Mapping[Key, LimitView]) -> None:
        if limits is not self._limits:
            self._limits, self._thresholds = limits, thresholds(self.condition, limits)

    def _of(self, priority: Priority) -> list[Threshold]:
        return [self._thresholds[code, priority] for code in self.condition.limits]

    def _alone(self, reading: CuffReading | None) -> Priority | None:
        for priority in (HIGH, MEDIUM):
            for threshold in self._of(priority):
                if reading is not None and threshold.meets(_pressure(reading, threshold.view.parameter)):
                    return priority
        return None

    def _evidence(self, priority: Priority, cuff: Cuff, repeats: bool) -> Evidence | None:
        found = (evidence for code in self.condition.limits for evidence in self._by(code, priority, cuff, repeats))
        return next(found, None)

    def _by(self, code: str, priority: Priority, cuff: Cuff, repeats: bool) -> Iterator[Evidence]:
        """All that speaks for a priority by one limit."""
        assert cuff.last is not None
        threshold, high = self._thresholds[code, priority], self._thresholds[code, HIGH]
        parameter = threshold.view.parameter
        last, pair = _pressure(cuff.last, parameter), cuff.pair()
        beyond = priority is HIGH and last >= BEYOND_WAITING.get(code, 0)
        if (priority is LOW or beyond) and threshold.meets(last):
            yield Evidence(threshold, last)
        if priority is not LOW and pair is not None:
            mean = (_pressure(pair[0], parameter) + last) / 2
            if threshold.meets(mean):
                yield Evidence(threshold, mean, ", mean of two")
        if priority is MEDIUM and not repeats and high.meets(last):
            yield Evidence(high, last, ", repeat now")

    def _cleared(self, priority: Priority, cuff: Cuff) -> bool:
        return len(cuff.readings) > 1 and all(
            threshold.is_back(_pressure(reading, threshold.view.parameter))
            for threshold in self._of(priority)
            for reading in cuff.readings
        )


def _pressure(reading: CuffReading, parameter: Parameter) -> Number:
    return reading.systolic if parameter is Parameter.NIBP_SYS else reading.diastolic
