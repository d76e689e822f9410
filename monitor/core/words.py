"""The words of alert texts: names, signs and numbers as a nurse reads them. Knows no rule."""

from decimal import Decimal

from drivers.base.vocabulary import Parameter, Priority

Number = int | float

NAMES = {
    Parameter.SPO2: "SpO₂",
    Parameter.HR: "HR",
    Parameter.PR: "PR",
    Parameter.NIBP_SYS: "SBP",
    Parameter.NIBP_DIA: "DBP",
    Parameter.NIBP_MEAN: "MAP",
    Parameter.RR: "RR",
    Parameter.ETCO2: "EtCO₂",
}
SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}
RANK = {Priority.LOW: 0, Priority.MEDIUM: 1, Priority.HIGH: 2}


def number(value: Number | Decimal) -> str:
    """Write a value without needless zeros: 96.0 → "96"."""
    return f"{value:g}" if isinstance(value, float) else plain(Decimal(value))


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros: 6E+1 → "60"."""
    return f"{value.normalize():f}"


def passed(parameter: Parameter, value: Number, comparison: str, limit: Decimal) -> str:
    """Number and limit first: "SpO₂ 84 < 85"."""
    return f"{NAMES[parameter]} {number(value)} {SIGNS[comparison]} {plain(limit)}"


def was_now(parameter: Parameter, worst: Number, now: Number | None) -> str:
    """A value that has left its limit: "SpO₂ was 83, now 96"."""
    return f"{NAMES[parameter]} was {number(worst)}, now {'missing' if now is None else number(now)}"


def higher(a: Priority | None, b: Priority | None) -> Priority | None:
    """Return the higher of two priorities; None is lower than any."""
    if a is None or b is None:
        return a or b
    return a if RANK[a] >= RANK[b] else b
