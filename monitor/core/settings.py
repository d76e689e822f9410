"""The numbers of the rules that are neither limits nor their delays: each with what is shipped, its bounds and what it is.

Shipped are those of clinical §1.1, §2.3 (last column) and §2.4 as amended by §2.7; the bounds are ours: within them no rule
falls silent. A number is named by its rule and by itself ("nibp_overdue.grace_short_min"); some belong to no alarm condition
and stand in ``PARTS``. ``numbers.py`` puts the clinic's in their place.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from drivers.base.vocabulary import Priority

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """One number. ``grain``: it is a multiple of this. ``delays``: the steps of its rule that wait so long; ``meaning`` is what it is."""

    name: str
    shipped: Decimal
    unit: str
    least: Decimal
    most: Decimal
    meaning: str
    grain: Decimal = Decimal(1)
    delays: tuple[Priority, ...] = ()

    @property
    def rule(self) -> str:
        """The code of the rule, or of the part, that it belongs to."""
        return self.name.partition(".")[0]

    @property
    def own(self) -> str:
        """Its name among those of its rule."""
        return self.name.partition(".")[2]

    @property
    def wider(self) -> Literal["more", "less", ""]:
        """Which way it tells later or less; "" for how a condition clears."""
        if self.name in _LESS_IS_WIDER:
            return "less"
        return "" if self.own in ("hysteresis", "clear_s") else "more"


_LESS_IS_WIDER = frozenset(
    {
        "over_sedation.moaas",
        "over_sedation.rr",
        "over_sedation.spo2",
        "brain_pressure.hr",
        "brain_pressure.moaas",
        "not_recovering.moaas",
        "perfusion.under",
        "perfusion.hysteresis",
        "cuff.together_min",
        "charting.counts_min",
        "order.shortest_min",
        "order.lightest_kg",
    }
)

SETTINGS: dict[str, Setting] = {}
"""All by name, in the order of the page."""

Exact = int | str


def _setting(
    name: str, shipped: Exact, unit: str, bounds: tuple[Exact, Exact], meaning: str, grain: Exact = 1, *delays: Priority
) -> Setting:
    least, most = (Decimal(bound) for bound in bounds)
    made = Setting(name, Decimal(shipped), unit, least, most, meaning, Decimal(grain), delays)
    SETTINGS[name] = made
    return made


def _back(code: str, hysteresis: int, unit: str, most: int, clear_s: int = 0) -> None:
    """How a condition clears. Its value must come back by something, or it would come and go with each reading."""
    _setting(f"{code}.hysteresis", hysteresis, unit, (1, most), "clears when back from the limit by")
    if clear_s:
        _setting(f"{code}.clear_s", clear_s, "s", (5, 60), "clears when back for")


def _waits(name: str, shipped: int, unit: str, bounds: tuple[int, int], meaning: str, *delays: Priority) -> Setting:
    return _setting(name, shipped, unit, bounds, meaning, 1, *delays)


_back("spo2_low", 2, "points", 5, 10)
_back("hr_high", 5, "/min", 10, 15)
_back("hr_low", 5, "/min", 10, 15)
_back("hr_rise", 10, "%", 10, 15)
_back("nibp_high", 5, "mmHg", 10)
SYSTOLIC_AT_ONCE = _setting(
    "nibp_high.systolic_at_once", 200, "mmHg", (180, 220), "one reading is high at once, systolic from"
)
DIASTOLIC_AT_ONCE = _setting(
    "nibp_high.diastolic_at_once", 120, "mmHg", (110, 140), "one reading is high at once, diastolic from"
)
_back("nibp_low", 5, "mmHg", 10)
_back("rr_low", 2, "/min", 4, 15)
_back("rr_high", 2, "/min", 4, 15)
_back("etco2_high", 3, "mmHg", 5, 15)
_back("etco2_low", 3, "mmHg", 5, 15)
_back("hr_apart", 5, "/min", 5, 10)

ETCO2_MISSING = _waits("etco2_missing.after_s", 20, "s", (10, 60), "high after", HIGH)

GRACE_SHORT = _setting(
    "nibp_overdue.grace_short_min", 2, "min", (1, 5), "low when late by, measuring every 5 min or more often"
)
GRACE_LONG = _setting("nibp_overdue.grace_long_min", 3, "min", (1, 10), "low when late by, measuring more rarely")
OVERDUE_FACTOR = _setting("nibp_overdue.factor", 2, "×", ("1.5", 3), "medium after so many intervals", "0.5")
OVERDUE_GRACE = _setting("nibp_overdue.grace_medium_min", 2, "min", (1, 5), "medium when still later by")

FAILURES = _setting("nibp_failed.times", 2, "", (2, 3), "failed readings in a row")

PROBE_OFF = _waits(
    "sensor_off.flagged_s", 30, "s", (10, 60), "low or medium after, the probe told to be off", LOW, MEDIUM
)
NO_SPO2 = _setting(
    "sensor_off.searching_s", 30, "s", (10, 60), "low or medium after, searching or without a valid value"
)
PROBE_OFF_HIGH = _waits("sensor_off.high_s", 120, "s", (60, 300), "high after, while the infusion runs", HIGH)

LEADS_OFF = _waits("leads_off.flagged_s", 15, "s", (5, 60), "low or medium after, leads told to be off", LOW, MEDIUM)
NO_HEART_RATE = _setting("leads_off.no_rate_s", 30, "s", (10, 60), "low or medium after, without a heart rate")

SILENT = _waits(
    "device_silent.after_s",
    10,
    "s",
    (5, 20),
    "low or medium after; later for a device that speaks more rarely",
    LOW,
    MEDIUM,
)
BLANK = _setting("device_silent.blank_s", 30, "s", (10, 30), "its values are blank after")

PAST_END = _waits("past_end.late_min", 5, "min", (1, 15), "medium when past the planned end by", MEDIUM, HIGH)
TOO_MUCH = _setting("past_end.too_much_percent", 110, "%", (105, 125), "high over, of the ordered dose")

TREND_READINGS = _setting("trend.readings", 3, "readings", (3, 5), "systolic rising over")
TREND_PER_READING = _setting("trend.per_reading", 5, "mmHg", (3, 15), "systolic rising with each by")
TREND_OVER = _setting("trend.over_percent", 15, "%", (5, 30), "systolic at last over the baseline by")
TREND_FALL = _setting("trend.spo2_per_min", 1, "% a min", ("0.5", 2), "SpO₂ falling by", "0.25")
TREND_MINUTES = _setting("trend.spo2_min", 4, "min", (3, 6), "SpO₂ falling for")

PULSE_WITH_ECG = _waits(
    "pulse_lost.with_ecg_s", 10, "s", (5, 20), "high after, where the ECG gives no heart rate either", HIGH
)
PULSE_WITHOUT_ECG = _setting("pulse_lost.without_ecg_s", 20, "s", (10, 30), "high after, without an ECG")

DEEP = _setting("over_sedation.moaas", 3, "", (2, 4), "MOAA/S at most")
SLOW_BREATHING = _setting("over_sedation.rr", 10, "/min", (8, 14), "RR under")
LOW_SPO2 = _setting("over_sedation.spo2", 92, "%", (88, 95), "SpO₂ under")
DEEP_HOLDS = _waits("over_sedation.after_s", 15, "s", (0, 60), "held for", HIGH)

PRESSURE = _setting("pressure_symptom.sbp", 160, "mmHg", (140, 180), "with a rise, SBP from")
PRESSURE_RISE = _setting("pressure_symptom.rise_percent", 20, "%", (10, 40), "a rise over the baseline by")
SURE_PRESSURE = _setting("pressure_symptom.sbp_alone", 180, "mmHg", (160, 200), "without a rise, SBP from")

SURGE = _setting("distress.rise_percent", 30, "%", (15, 50), "heart rate over the baseline by")
SURGE_HOLDS = _waits("distress.after_s", 15, "s", (0, 60), "held for", MEDIUM)

BRAIN_HR = _setting("brain_pressure.hr", 50, "/min", (40, 60), "heart rate under")
BRAIN_SBP = _setting("brain_pressure.sbp", 170, "mmHg", (140, 190), "SBP from")
BRAIN_DROWSY = _setting("brain_pressure.moaas", 4, "", (2, 4), "MOAA/S at most")
BRAIN_HOLDS = _waits("brain_pressure.after_s", 15, "s", (0, 60), "held for", HIGH)

RECOVERY_RISE = _setting("not_recovering.rise_percent", 20, "%", (10, 40), "last SBP over the baseline by")
RECOVERY_DROWSY = _setting("not_recovering.moaas", 4, "", (2, 4), "last MOAA/S at most")
RECOVERY_LOW = _waits("not_recovering.low_min", 60, "min", (15, 90), "low after the end of the infusion by", LOW)
RECOVERY_MEDIUM = _waits(
    "not_recovering.medium_min", 90, "min", (30, 180), "medium after the end of the infusion by", MEDIUM
)

UNATTENDED = _waits("unattended.after_min", 20, "min", (5, 30), "low when nobody did anything for", LOW)

PULSE_FAINT = _setting("perfusion.under", "0.4", "", ("0.2", "1.0"), "flagged under a perfusion index of", "0.1")
PULSE_FAINT_BACK = _setting("perfusion.hysteresis", "0.1", "", ("0.1", "0.5"), "flagged until back by", "0.1")
PULSE_FAINT_HOLDS = _setting("perfusion.after_s", 30, "s", (10, 60), "flagged once under for")

REPEAT = _setting(
    "cuff.repeat_s", 60, "s", (60, 120), "a first medium or high reading, or one that failed, is taken again after"
)
TOGETHER = _setting("cuff.together_min", 20, "min", (10, 30), "two readings confirm each other within")
MASK = _setting("cuff.mask_s", 60, "s", (30, 60), "on the probe's arm, hides SpO₂ and pulse at most for")
REFILL = _setting("cuff.refill_s", 30, "s", (10, 30), "on the probe's arm, hides them once empty for")

CHARTED = _setting("charting.counts_min", 30, "min", (15, 60), "counts beside what is measured for")

_setting("order.rate_mg_kg_h", 1, "mg/kg/h", ("0.1", 2), "a rate over", "0.05")
_setting("order.low_tier_mg_kg_h", "0.75", "mg/kg/h", ("0.1", 2), "a rate by a protocol of the low tier over", "0.05")
_setting("order.total_mg_kg", 2, "mg/kg", ("0.5", 4), "a total by weight over", "0.1")
_setting("order.total_mg", 200, "mg", (20, 400), "a total over")
_setting("order.bolus_mg_kg", "0.5", "mg/kg", ("0.1", 1), "a bolus over", "0.05")
_setting("order.shortest_min", 20, "min", (5, 60), "a duration under")
_setting("order.longest_min", 300, "min", (60, 480), "a duration over")
_setting("order.lightest_kg", 35, "kg", (20, 60), "a weight under")
_setting("order.heaviest_kg", 200, "kg", (80, 300), "a weight over")
_setting("order.weight_percent", 10, "%", (5, 20), "a weight off that of the last visit by over")

RISING = (
    ("not_recovering.low_min", "not_recovering.medium_min"),
    ("pressure_symptom.sbp", "pressure_symptom.sbp_alone"),
    ("order.low_tier_mg_kg_h", "order.rate_mg_kg_h"),
)
"""The first of each pair is not more than the second."""


@dataclass(frozen=True, slots=True)
class Part:
    """Numbers that belong to no alarm condition of their own. ``number`` is that of the clinical sheet's line, if it has one."""

    code: str
    number: str
    title: str
    text: str


PARTS = (
    Part(
        "order",
        "",
        "What a physician is asked to confirm of an order",
        "It bars nothing; a running rate that nobody confirmed is R19.",
    ),
    Part("cuff", "", "The cuff's readings", "Rules 6 to 10, and what a cuff on the probe's arm hides."),
    Part(
        "perfusion",
        "14",
        "A faint pulse",
        "A low perfusion index flags SpO₂ and pulse as doubtful; they are watched all the same.",
    ),
    Part("charting", "", "What people chart", "For rules R13 to R16."),
)
