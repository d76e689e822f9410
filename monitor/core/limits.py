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
Sign = Literal["<", "<=", ">", ">="]
Basis = Literal["absolute", "percent", "points", "beside"]


@dataclass(frozen=True, slots=True)
class Row:
    """A limit of the table: its parameter, its steps from low on (comparison, value), and what no step may pass.

    A relative one is a distance from the baseline, past which a value is met in the direction of ``comparison``; it may have
    equal steps, since it stands beside others.
    """

    parameter: Parameter
    steps: Mapping[Priority, tuple[Sign, int]]
    least: int
    most: int
    basis: Basis = "absolute"


def _row(parameter: Parameter, sign: Sign, values: tuple[int, ...], least: int, most: int) -> Row:
    return Row(
        parameter, {priority: (sign, value) for priority, value in zip(Priority, values, strict=False)}, least, most
    )


def _from_baseline(parameter: Parameter, sign: Sign, basis: Basis, values: tuple[int | None, ...], most: int) -> Row:
    steps = {priority: (sign, value) for priority, value in zip(Priority, values, strict=False) if value is not None}
    return Row(parameter, steps, 3 if basis == "points" else 10, most, basis)


P = Parameter
TABLE = {
    "spo2_low": Row(P.SPO2, {LOW: ("<=", 93), MEDIUM: ("<", 90), HIGH: ("<", 85)}, 80, 98),
    "spo2_fall": _from_baseline(P.SPO2, "<=", "points", (4, 6), 12),
    "spo2_fallen": Row(P.SPO2, {MEDIUM: ("<", 92)}, 85, 98, "beside"),
    "hr_high": _row(P.HR, ">", (110, 120, 140), 70, 180),
    "hr_low": _row(P.HR, "<", (50, 45, 40), 30, 90),
    "hr_rise": _from_baseline(P.HR, ">=", "percent", (30, 50), 100),
    "hr_risen": Row(P.HR, {MEDIUM: (">", 100)}, 80, 150, "beside"),
    "hr_apart": Row(P.HR, {MEDIUM: (">", 15)}, 5, 40, "beside"),
    "sbp_high": _row(P.NIBP_SYS, ">=", (150, 160, 180), 110, 220),
    "sbp_alone": Row(P.NIBP_SYS, {MEDIUM: (">=", 170)}, 120, 220, "beside"),
    "sbp_rise": _from_baseline(P.NIBP_SYS, ">=", "percent", (20, 20), 60),
    "dbp_high": _row(P.NIBP_DIA, ">=", (95, 100, 110), 70, 140),
    "dbp_rise": _from_baseline(P.NIBP_DIA, ">=", "percent", (20, 20), 60),
    "map_high": _row(P.NIBP_MEAN, ">=", (110, 120, 130), 80, 160),
    "map_rise": _from_baseline(P.NIBP_MEAN, ">=", "percent", (None, 20), 60),
    "sbp_low": _row(P.NIBP_SYS, "<", (100, 90, 80), 60, 130),
    "sbp_fall": _from_baseline(P.NIBP_SYS, "<=", "percent", (20, 30), 60),
    "map_low": _row(P.NIBP_MEAN, "<", (70, 65, 60), 45, 100),
    "rr_low": _row(P.RR, "<", (10, 8, 6), 4, 14),
    "rr_high": _row(P.RR, ">", (24, 30), 16, 60),
    "etco2_high": _row(P.ETCO2, ">", (50, 55), 40, 80),
    "etco2_low": _row(P.ETCO2, "<", (30, 25), 10, 38),
}
"""The shipped pre-set (clinical §2.3, lines 1 to 13) and the bounds of its notes."""

APART = (
    ("hr_low", "hr_high", 20),
    ("sbp_low", "sbp_high", 20),
    ("map_low", "map_high", 15),
    ("rr_low", "rr_high", 8),
    ("etco2_low", "etco2_high", 10),
)
"""The watch limits of a low and a high rule stay so far apart."""


def preset(overrides: Mapping[str, Decimal]) -> dict[Key, LimitView]:
    """Return the clinic's pre-set: the table with ``overrides`` ("spo2_low.high" → 84). Raises ``ConfigError``."""
    limits = {
        (code, priority): _view(code, priority, row, comparison, Decimal(value))
        for code, row in TABLE.items()
        for priority, (comparison, value) in row.steps.items()
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


def _view(code: str, priority: Priority, row: Row, comparison: Sign, value: Decimal) -> LimitView:
    return LimitView(code, priority, row.parameter, comparison, value, value, basis=row.basis)


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
    views = [limits[code, priority] for priority in row.steps]
    for view in views:
        if view.value % 1 or not row.least <= view.value <= row.most:
            return f"{code} must be a whole number from {row.least} to {row.most}, not {plain(view.value)}"
    if not _grow(row, [view.value for view in views]):
        shown = ", ".join(f"{view.priority} {SIGNS[view.comparison]} {plain(view.value)}" for view in views)
        return f"the steps of {code} must grow more urgent one after the other: {shown}"
    for low, high, margin in APART:
        gap = limits[high, LOW].value - limits[low, LOW].value
        if code in (low, high) and gap < margin:
            return f"{low} and {high} must stay {margin} apart, not {plain(gap)}"
    return ""


def _grow(row: Row, values: list[Decimal]) -> bool:
    if row.basis != "absolute":
        return values == sorted(values)
    falls = any(sign.startswith("<") for sign, _ in row.steps.values())
    return values == sorted(set(values), reverse=falls)
