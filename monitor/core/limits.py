"""The alarm limits in force: the clinic's pre-set in a table, and changes for this session within bounds.

No limit can be switched off. A change lasts as long as the session; the next one begins with the pre-set.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import LimitView
from monitor.core.words import SIGNS, plain
from monitor.errors import BadRequest, ConfigError, NotFound

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH
Key = tuple[str, Priority]


@dataclass(frozen=True, slots=True)
class Row:
    """A limit of the table: its parameter and three steps (comparison, value), and what no step may pass."""

    parameter: Parameter
    steps: tuple[tuple[Literal["<", "<=", ">", ">="], int], ...]
    least: int
    most: int


TABLE = {
    "spo2_low": Row(Parameter.SPO2, (("<=", 93), ("<", 90), ("<", 85)), 80, 98),
    "hr_high": Row(Parameter.HR, ((">", 110), (">", 120), (">", 140)), 70, 180),
    "hr_low": Row(Parameter.HR, (("<", 50), ("<", 45), ("<", 40)), 30, 90),
    "sbp_high": Row(Parameter.NIBP_SYS, ((">=", 150), (">=", 160), (">=", 180)), 110, 220),
    "dbp_high": Row(Parameter.NIBP_DIA, ((">=", 95), (">=", 100), (">=", 110)), 70, 140),
    "sbp_low": Row(Parameter.NIBP_SYS, (("<", 100), ("<", 90), ("<", 80)), 60, 130),
}
"""The shipped pre-set (clinical §2.3, lines 1, 3, 4, 6, 7, 9) and the bounds of its notes."""

APART = (("hr_low", "hr_high", 20), ("sbp_low", "sbp_high", 20))
"""The watch limits of a low and a high rule stay so far apart."""


def preset(overrides: Mapping[str, Decimal]) -> dict[Key, LimitView]:
    """Return the clinic's pre-set: the table with ``overrides`` ("spo2_low.high" → 84). Raises ``ConfigError``."""
    limits = {
        (code, priority): LimitView(code, priority, row.parameter, comparison, Decimal(value), Decimal(value))
        for code, row in TABLE.items()
        for priority, (comparison, value) in zip(Priority, row.steps, strict=True)
    }
    names = {f"{code}.{priority}": (code, priority) for code, priority in limits}
    for name, value in overrides.items():
        if name not in names:
            raise ConfigError(f"[limits] knows no '{name}'; known are {', '.join(names)}")
        limits[names[name]] = replace(limits[names[name]], value=value, preset=value)
    for code in TABLE:
        trouble = _trouble(limits, code)
        if trouble:
            raise ConfigError(f"[limits] {trouble}")
    return limits


def change(limits: Mapping[Key, LimitView], key: Key, value: Decimal, by: str, reason: str) -> dict[Key, LimitView]:
    """Return the limits with one changed; raises ``NotFound``, or ``BadRequest`` when it passes a bound or its neighbours."""
    if key not in limits:
        raise NotFound(f"there is no limit {key[0]} at priority {key[1]}; known are {', '.join(TABLE)}")
    changed = {**limits, key: replace(limits[key], value=value, changed_by=by, reason=reason)}
    trouble = _trouble(changed, key[0])
    if trouble:
        raise BadRequest(trouble)
    return changed


def _trouble(limits: Mapping[Key, LimitView], code: str) -> str:
    row = TABLE[code]
    values = [limits[code, priority].value for priority in Priority]
    for value in values:
        if value % 1 or not row.least <= value <= row.most:
            return f"{code} must be a whole number from {row.least} to {row.most}, not {plain(value)}"
    if values != sorted(set(values), reverse=row.steps[0][0].startswith("<")):
        shown = ", ".join(
            f"{limits[code, p].priority} {SIGNS[limits[code, p].comparison]} {plain(limits[code, p].value)}"
            for p in Priority
        )
        return f"the steps of {code} must grow more urgent one after the other: {shown}"
    for low, high, margin in APART:
        gap = limits[high, LOW].value - limits[low, LOW].value
        if code in (low, high) and gap < margin:
            return f"{low} and {high} must stay {margin} apart, not {plain(gap)}"
    return ""
