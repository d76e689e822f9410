"""Watches cuff readings: it counts readings, not seconds, and looks at the last two only.

Low at one reading; medium and high by the mean of two, or by one reading that is beyond waiting for a second. Two
readings back by the hysteresis clear (clinical §2.3 lines 6 to 10; §2.7.2, 6, 10, 11, 14).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import Baseline
from monitor.core.conditions import HIGH, LOW, MEDIUM, AlarmCondition
from monitor.core.cuff import Cuff, CuffReading
from monitor.core.numbers import Numbers
from monitor.core.settings import DIASTOLIC_AT_ONCE, SYSTOLIC_AT_ONCE, TOGETHER
from monitor.core.threshold import Declared, Limits, Threshold, thresholds
from monitor.core.words import RANK, Number, higher


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
    """A condition of cuff readings.

    One reading of so much, systolic or diastolic, is high at once; a low pressure past the high limit always is, a high mean never.
    """

    def __init__(self, condition: AlarmCondition, numbers: Numbers) -> None:
        self.condition = condition
        at_once = {"sbp_high": numbers[SYSTOLIC_AT_ONCE], "dbp_high": numbers[DIASTOLIC_AT_ONCE]}
        self._at_once: dict[str, Number] = {**at_once, "sbp_low": 0, "map_low": 0}
        self._together_us = numbers.us(TOGETHER)
        self._declared: dict[Priority, int] = {}
        self._counts: Threshold | None = None
        self._in_force: tuple[object, object] = (None, None)
        self._thresholds: dict[Priority, list[Threshold]] = {}
        self._looked: tuple[object, ...] = ()
        self._told: Declared | None = None

    def look(self, cuff: Cuff, limits: Limits, baseline: Baseline | None, repeats: bool, seq: int) -> Declared | None:
        """See the last readings; return what is declared. ``repeats``: the house can have a reading repeated by itself."""
        looked = (cuff.readings, limits, baseline, repeats)
        if not self._looked or any(new is not old for new, old in zip(looked, self._looked, strict=True)):
            self._looked = looked
            self._use(limits, baseline)
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
        self._counts = found.threshold if found else self._counts or self._thresholds[priority][0]
        parameter, limit = self._counts.view.parameter, self._counts.number
        value = found.value if found else _pressure(last, parameter)
        text = found.text if found else ""
        return Declared(self.condition, "", priority, text, self._declared[priority], parameter, value, limit)

    def resume(self, priority: Priority | None) -> None:
        """Begin anew, with what an open alert says was declared."""
        steps = [] if priority is None else [step.priority for step in self.condition.steps]
        self._declared = {step: 0 for step in steps if priority is not None and RANK[step] <= RANK[priority]}
        self._counts = None
        self._looked = ()

    def wants_repeat(self, cuff: Cuff, limits: Limits, baseline: Baseline | None) -> bool:
        """Whether the last reading, taken alone, is medium or high and the one before was less. Low is never repeated."""
        self._use(limits, baseline)
        alone = self._alone(cuff.last)
        before = self._alone(cuff.previous)
        return alone is not None and higher(alone, before) is not before

    def _use(self, limits: Limits, baseline: Baseline | None) -> None:
        if self._in_force[0] is not limits or self._in_force[1] is not baseline:
            self._in_force = (limits, baseline)
            steps = self.condition.steps
            self._thresholds = {step.priority: thresholds(self.condition, step, limits, baseline) for step in steps}

    def _alone(self, reading: CuffReading | None) -> Priority | None:
        for priority in (HIGH, MEDIUM):
            if reading is not None and any(_meets(threshold, reading) for threshold in self._thresholds[priority]):
                return priority
        return None

    def _evidence(self, priority: Priority, cuff: Cuff, repeats: bool) -> Evidence | None:
        found = (
            evidence for threshold in self._thresholds[priority] for evidence in self._by(threshold, priority, cuff)
        )
        urgent = () if priority is not MEDIUM or repeats else self._unrepeated(cuff)
        return next(iter((*found, *urgent)), None)

    def _by(self, threshold: Threshold, priority: Priority, cuff: Cuff) -> Iterator[Evidence]:
        """What speaks for a priority by one clause."""
        assert cuff.last is not None
        parameter, pair = threshold.view.parameter, cuff.pair(self._together_us)
        last = _pressure(cuff.last, parameter)
        if last is None:
            return
        beyond = priority is HIGH and last >= self._at_once.get(threshold.code, last + 1)
        if (priority is LOW or beyond) and threshold.meets(last):
            yield Evidence(threshold, last)
        before = None if priority is LOW or pair is None else _pressure(pair[0], parameter)
        if before is not None and threshold.meets((before + last) / 2):
            yield Evidence(threshold, (before + last) / 2, ", mean of two")

    def _unrepeated(self, cuff: Cuff) -> Iterator[Evidence]:
        """One reading over the high limit counts as medium where nothing can repeat it (clinical §2.7.11)."""
        assert cuff.last is not None
        for threshold in self._thresholds[HIGH]:
            last = _pressure(cuff.last, threshold.view.parameter)
            if last is not None and threshold.meets(last):
                yield Evidence(threshold, last, ", repeat now")

    def _cleared(self, priority: Priority, cuff: Cuff) -> bool:
        pair = cuff.readings[-2:]
        return len(pair) > 1 and all(
            _is_back(threshold, reading) for threshold in self._thresholds[priority] for reading in pair
        )


def _pressure(reading: CuffReading, parameter: Parameter) -> Number | None:
    if parameter is Parameter.NIBP_MEAN:
        return reading.mean
    return reading.systolic if parameter is Parameter.NIBP_SYS else reading.diastolic


def _meets(threshold: Threshold, reading: CuffReading) -> bool:
    value = _pressure(reading, threshold.view.parameter)
    return value is not None and threshold.meets(value)


def _is_back(threshold: Threshold, reading: CuffReading) -> bool:
    value = _pressure(reading, threshold.view.parameter)
    return value is None or threshold.is_back(value)
