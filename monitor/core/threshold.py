"""A limit as numbers: when a value passes it, and when it has come back far enough. And what is declared when one is passed."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import LimitView
from monitor.core.conditions import AlarmCondition
from monitor.core.limits import Key
from monitor.core.words import Number, passed

_PASSES: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A condition that is so now. ``text`` is empty while its value has left the limit but not cleared."""

    condition: AlarmCondition
    instance: str
    priority: Priority
    text: str
    cause: int
    parameter: Parameter | None = None
    value: Number | None = None
    limit: Number | None = None

    @property
    def key(self) -> str:
        return f"{self.condition.code}.{self.instance}" if self.instance else self.condition.code


@dataclass(frozen=True, slots=True)
class Threshold:
    """One limit in force. ``back_at``: a value there or beyond has come back by the hysteresis."""

    view: LimitView
    number: Number
    back_at: Number

    def meets(self, value: Number) -> bool:
        return _PASSES[self.view.comparison](value, self.number)

    def is_back(self, value: Number) -> bool:
        return value >= self.back_at if self.number < self.back_at else value <= self.back_at

    def text(self, value: Number, parameter: Parameter | None = None) -> str:
        return passed(parameter or self.view.parameter, value, self.view.comparison, self.view.value)


Thresholds = Mapping[tuple[str, Priority], Threshold]


def thresholds(condition: AlarmCondition, limits: Mapping[Key, LimitView]) -> dict[Key, Threshold]:
    """Return the thresholds of a condition."""
    return {key: _threshold(limit, condition.hysteresis) for key, limit in limits.items() if key[0] in condition.limits}


def _threshold(limit: LimitView, hysteresis: int) -> Threshold:
    back = hysteresis if limit.comparison.startswith("<") else -hysteresis
    return Threshold(limit, _number(limit.value), _number(limit.value + back))


def _number(value: Decimal) -> Number:
    return int(value) if value == value.to_integral_value() else float(value)
