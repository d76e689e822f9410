"""The infusion in numbers: what is ordered, the history of its rate, and the dose that follows from it.

Decimal arithmetic throughout. The dose is never counted up: it is the integral of the rate history, computed anew.
This is a clock, not a pump: nothing here is evidence of flow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any

from drivers.base.observations import Instant
from monitor.core.changes import RateStep
from monitor.core.guards import Guards
from monitor.core.words import plain
from monitor.errors import BadRequest

US_PER_HOUR = 3_600_000_000
MICROGRAM = Decimal("0.001")

BOUNDS: dict[str, tuple[Decimal, Decimal, str]] = {
    "weight_kg": (Decimal(20), Decimal(300), "kg"),
    "dose_mg_kg": (Decimal("0.01"), Decimal(5), "mg/kg"),
    "rate_mg_kg_h": (Decimal("0.01"), Decimal(5), "mg/kg/h"),
    "rate_mg_h": (Decimal("0.5"), Decimal(500), "mg/h"),
    "rate_ml_h": (Decimal("0.05"), Decimal(500), "mL/h"),
    "bolus_mg": (Decimal("0.5"), Decimal(100), "mg"),
    "duration_min": (Decimal(5), Decimal(480), "min"),
    "concentration_mg_ml": (Decimal("0.1"), Decimal(100), "mg/mL"),
}
"""What an order may hold at all. They catch slips of unit or decimal point; they say nothing of what is prudent."""

ORDERS = {"dose": "dose_mg_kg", "rate_by_weight": "rate_mg_kg_h", "rate": "rate_mg_h", "rate_by_volume": "rate_ml_h"}

TIERS = ("low", "pain", "dissociative")
"""How closely a protocol has the patient watched (clinical §1.3). The low one has a guard of its rate of its own: as shipped that of
0.5 mg/kg in 40 min; above the other a physician confirms whatever the tier (§2.4)."""

MAX_DOSE_MG = Decimal(200)
"""The shipped maximum of a session, as the soft guard of an order (clinical §1.1); the clinic's own is a question to it (§6)."""


@dataclass(frozen=True, slots=True)
class InfusionPlan:
    """What is ordered. ``rate_mg_h`` is exact as far as 28 digits go; ``text`` is the order in its own units."""

    weight_kg: Decimal
    rate_mg_h: Decimal
    duration_s: int
    total_mg: Decimal
    text: str
    concentration_mg_ml: Decimal | None


def quantity(name: str, value: object) -> Decimal:
    """Read a quantity within its bounds; raises ``BadRequest``. A float is refused: a dose never passes through one."""
    low, high, unit = BOUNDS[name]
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadRequest(f"{name} must be a decimal string such as '{plain(low)}', in {unit}, not {value!r}")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise BadRequest(f"{name} must be a decimal number in {unit}, not {value!r}") from None
    if not amount.is_finite() or not low <= amount <= high:
        raise BadRequest(f"{name} must be {plain(low)} to {plain(high)} {unit}, not {value}")
    return amount


def plan_from(weight: object, order: object, concentration: object) -> InfusionPlan:
    """Make the plan of an order: mg/kg, mg/kg/h, mg/h or mL/h (which needs the concentration), over minutes. Raises ``BadRequest``."""
    weight_kg = quantity("weight_kg", weight)
    kind, amount, minutes = _order_parts(order)
    strength = None if concentration is None else quantity("concentration_mg_ml", concentration)
    per = strength if kind == "rate_by_volume" else weight_kg
    if per is None:
        raise BadRequest("an order in mL/h needs concentration_mg_ml, the strength of what the pump holds")
    rate, total = _rate_and_total(kind, amount, per, minutes)
    check_rate(rate, weight_kg)
    unit = BOUNDS[ORDERS[kind]][2]
    return InfusionPlan(
        weight_kg=weight_kg,
        rate_mg_h=rate,
        duration_s=int(minutes * 60),
        total_mg=total,
        text=f"{plain(amount)} {unit} over {plain(minutes)} min",
        concentration_mg_ml=strength,
    )


def check_rate(rate_mg_h: Decimal, weight_kg: Decimal) -> None:
    """Raise ``BadRequest`` for a rate that no order may reach, in mg/h or for this weight."""
    if not BOUNDS["rate_mg_h"][0] <= rate_mg_h <= BOUNDS["rate_mg_h"][1]:
        raise BadRequest(f"the rate would be {rate_mg_h:.4g} mg/h; 0.5 to 500 mg/h are possible")
    if rate_mg_h > BOUNDS["rate_mg_kg_h"][1] * weight_kg:
        raise BadRequest(f"the rate would be {rate_mg_h / weight_kg:.4g} mg/kg/h; up to 5 mg/kg/h are possible")


def _order_parts(order: object) -> tuple[str, Decimal, Decimal]:
    if not isinstance(order, Mapping) or order.get("kind") not in ORDERS:
        raise BadRequest(f"order must have a kind: {', '.join(ORDERS)}")
    kind: str = order["kind"]
    fields: Mapping[str, Any] = order
    wanted = {"kind", ORDERS[kind], "duration_min"}
    if set(fields) != wanted:
        raise BadRequest(f"an order of kind {kind} has {', '.join(sorted(wanted))}, not {', '.join(sorted(fields))}")
    minutes = quantity("duration_min", fields["duration_min"])
    if (minutes * 60) % 1:
        raise BadRequest(f"duration_min must be a whole number of seconds, not {minutes} min")
    return kind, quantity(ORDERS[kind], fields[ORDERS[kind]]), minutes


def _rate_and_total(kind: str, amount: Decimal, per: Decimal, minutes: Decimal) -> tuple[Decimal, Decimal]:
    """Return mg/h and mg; ``per`` is the weight, or the concentration for an order in mL/h."""
    if kind == "dose":
        total = amount * per
        return total * 60 / minutes, total
    rate = amount if kind == "rate" else amount * per
    return rate, rate * minutes / 60


def above_tier(weight_kg: Decimal, rate_mg_h: Decimal, tier: str, guards: Guards) -> str:
    """Say that a rate is above what the protocol's tier is watched for; "" where it is not."""
    rate, low_dose = rate_mg_h / weight_kg, guards.rate_mg_kg_h
    most = guards.low_tier_mg_kg_h if tier == "low" else low_dose
    if rate <= most:
        return ""
    if rate > low_dose:
        return f"{_two(rate)} mg/kg/h is above the low-dose range of {plain(low_dose)} mg/kg/h"
    return f"{_two(rate)} mg/kg/h is above the {plain(most)} mg/kg/h of the protocol's tier"


def another_weight(weight_kg: Decimal, last_kg: Decimal | None, guards: Guards) -> str:
    """Say that a weight is another than at the last visit (hazards H2 and H14); "" where it is not, or none is known."""
    percent = guards.weight_percent
    if last_kg is None or abs(weight_kg - last_kg) * 100 <= percent * last_kg:
        return ""
    return (
        f"a weight of {_two(weight_kg)} kg is more than {plain(percent)} % off the {_two(last_kg)} kg of the last visit"
    )


def unusual(plan: InfusionPlan, rate_mg_h: Decimal, total_mg: Decimal, tier: str, guards: Guards) -> tuple[str, ...]:
    """Return what of an order, as it stands now, passes a soft guard (clinical §1.1), in sentences that hold its figures."""
    weight, total, minutes = plan.weight_kg, total_mg / plan.weight_kg, Decimal(plan.duration_s) / 60
    found = []
    if above := above_tier(weight, rate_mg_h, tier, guards):
        found.append(above)
    if total > guards.total_mg_kg:
        found.append(f"{_two(total)} mg/kg in all is more than {plain(guards.total_mg_kg)} mg/kg")
    if total_mg > guards.total_mg:
        found.append(f"{_two(total_mg)} mg in all is more than {plain(guards.total_mg)} mg")
    if not guards.shortest_min <= minutes <= guards.longest_min:
        found.append(f"{_two(minutes)} min is outside {plain(guards.shortest_min)} to {plain(guards.longest_min)} min")
    if not guards.lightest_kg <= weight <= guards.heaviest_kg:
        usual = f"{plain(guards.lightest_kg)} to {plain(guards.heaviest_kg)} kg"
        found.append(f"a weight of {_two(weight)} kg is outside {usual}")
    return tuple(found)


def _two(value: Decimal) -> str:
    """At most two places, rounded up, so that what is above a guard never reads as on it."""
    return plain(value.quantize(Decimal("0.01"), ROUND_UP))


def dose_mg(steps: Sequence[RateStep], until: Instant) -> Decimal:
    """Return the dose given up to ``until``, mg: the integral of the rate history."""
    return sum((step.rate_mg_h * run for step, run in _runs(steps, until)), Decimal(0)) / US_PER_HOUR


def infused_us(steps: Sequence[RateStep], until: Instant) -> int:
    """Return how long the infusion ran up to ``until``, µs, pauses not counted."""
    return sum(run for step, run in _runs(steps, until) if step.rate_mg_h)


def _runs(steps: Sequence[RateStep], until: Instant) -> list[tuple[RateStep, int]]:
    ends = [step.at for step in steps[1:]] + [until]
    return [(step, max(0, min(end, until) - step.at)) for step, end in zip(steps, ends, strict=True)] if steps else []
