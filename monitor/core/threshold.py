"""A limit as numbers: when a value passes it, and when it has come back far enough. And what is declared when one is passed.

A clause is limits that must all be passed at once by one value; with the patient's baseline a relative one is a number like any
other, so a clause is one threshold: the furthest of its limits. Without a baseline the relative limits of a pressure count as
passed, and a clause of nothing else is none; other values have no clause that counts from a baseline then.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import Baseline, LimitView
from monitor.core.conditions import AlarmCondition, Step
from monitor.core.limits import Key
from monitor.core.words import NAMES, SIGNS, Number, number, passed

_PASSES: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

WHOLE = 100
"""An SpO2 of 100 has come back, whatever its limit and hysteresis: more cannot come."""

NIBP = frozenset({Parameter.NIBP_SYS, Parameter.NIBP_DIA, Parameter.NIBP_MEAN})

Limits = Mapping[Key, LimitView]


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
    """One clause in force. ``back_at``: a value there or beyond has come back by the hysteresis. ``own``: the baseline it counts from."""

    code: str
    view: LimitView
    number: Number
    back_at: Number
    own: Number | None = None

    def meets(self, value: Number) -> bool:
        return _PASSES[self.view.comparison](value, self.number)

    def is_back(self, value: Number) -> bool:
        return value >= self.back_at if self.number < self.back_at else value <= self.back_at

    @property
    def is_low(self) -> bool:
        """Whether it is passed downwards."""
        return self.view.comparison.startswith("<")

    def text(self, value: Number, parameter: Parameter | None = None) -> str:
        """Number and limit first: "SpO₂ 84 < 85"; "SBP 146 ≥ 144, baseline 120"."""
        if self.own is None:
            return passed(parameter or self.view.parameter, value, self.view.comparison, self.view.value)
        name, sign = NAMES[parameter or self.view.parameter], SIGNS[self.view.comparison]
        return f"{name} {number(value)} {sign} {number(_tidy(self.number))}, baseline {number(self.own)}"


def thresholds(condition: AlarmCondition, step: Step, limits: Limits, baseline: Baseline | None) -> list[Threshold]:
    """Return the clauses of a step as thresholds; any one of them passed is the step met."""
    made = (_clause(clause, step.priority, limits, baseline, condition) for clause in step.passes)
    return [threshold for threshold in made if threshold is not None]


def _clause(
    codes: Sequence[str], priority: Priority, limits: Limits, baseline: Baseline | None, condition: AlarmCondition
) -> Threshold | None:
    found = []
    for code in codes:
        view = limits[code, priority]
        own = own_value(view.parameter, baseline)
        if view.basis in ("absolute", "beside"):
            found.append(_threshold(code, view, _number(view.value), None, _hysteresis(condition, own)))
        elif own is None and view.parameter not in NIBP:
            return None
        elif own is not None:
            found.append(_threshold(code, view, _from(own, view), own, _hysteresis(condition, own)))
    if not found:
        return None
    return max(found, key=_reach)


def _reach(threshold: Threshold) -> tuple[Number, bool]:
    """How far out a threshold lies; at the same number the one that must be passed lies further than the one that must be met."""
    sign = threshold.view.comparison
    return (threshold.number if sign.startswith(">") else -threshold.number), len(sign) == 1


def _threshold(code: str, view: LimitView, number: Number, own: Number | None, hysteresis: Number) -> Threshold:
    back = number + (hysteresis if view.comparison.startswith("<") else -hysteresis)
    return Threshold(code, view, number, min(back, WHOLE) if view.parameter is Parameter.SPO2 else back, own)


def _hysteresis(condition: AlarmCondition, own: Number | None) -> Number:
    return condition.hysteresis * (own or 0) / 100 if condition.hysteresis_in_percent else condition.hysteresis


def _from(own: Number, view: LimitView) -> Number:
    """Return the value that lies so far from the baseline."""
    away = float(view.value) * (own / 100 if view.basis == "percent" else 1)
    return _tidy(own + (away if view.comparison.startswith(">") else -away))


def own_value(parameter: Parameter, baseline: Baseline | None) -> Number | None:
    """Return the patient's own value of a parameter, if one is locked."""
    if baseline is None:
        return None
    return {
        Parameter.SPO2: baseline.spo2,
        Parameter.HR: baseline.hr,
        Parameter.NIBP_SYS: baseline.systolic,
        Parameter.NIBP_DIA: baseline.diastolic,
        Parameter.NIBP_MEAN: baseline.mean,
    }.get(parameter)


def _tidy(value: Number) -> Number:
    return _number(Decimal(str(round(value, 1))))


def _number(value: Decimal) -> Number:
    return int(value) if value == value.to_integral_value() else float(value)
