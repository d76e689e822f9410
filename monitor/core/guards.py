"""The soft guards of an order, as the clinic's pre-set has them: what passes one is asked of a physician, not refused."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Guards:
    """Each field is the setting of its name in the part "order" of ``settings.py``. A session keeps those that it was admitted with."""

    rate_mg_kg_h: Decimal
    low_tier_mg_kg_h: Decimal
    total_mg_kg: Decimal
    total_mg: Decimal
    bolus_mg_kg: Decimal
    shortest_min: Decimal
    longest_min: Decimal
    lightest_kg: Decimal
    heaviest_kg: Decimal
    weight_percent: Decimal
