"""Each number that a clinic may choose acts: another one tells what the shipped one does not, or the other way round."""

from decimal import Decimal
from typing import Any

import pytest

from drivers.base.observations import Numeric, Reading
from drivers.base.vocabulary import Parameter, Quality
from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.conditions import CONDITIONS, conditions_in_force
from monitor.core.numbers import SHIPPED, Numbers, check_settings
from monitor.core.settings import PARTS, SETTINGS
from monitor.errors import ConfigError
from tests.standin import DRIVERS
from tests.timetable import Chair, clock, run

BASELINE = "at 00:00 lock_baseline systolic=120 diastolic=80 mean=93 spo2=98 hr=70 reason=as_at_the_last_visit"
CUFF = ("oximeter", "cuff")
ALL = ("oximeter", "ecg", "cuff")
BY_HAND = ("oximeter", "dumb_cuff")
SHADED = "at 00:10 chart kind=cuff_arm term=same"
CO2 = ("oximeter", "capnograph")


def _back(code: str, said: str, bad: int, half: int, whole: int, hysteresis: int, ended: str, *devices: str) -> Any:
    """A value that comes back half the way at 02:00, wholly at 03:00."""
    first = f"at 00:10 {said} {half}\n at 01:00 {said} {bad}\n at 02:00 {said} "
    yield (
        f"{code}.hysteresis",
        hysteresis,
        f"03:{ended}",
        first + f"{half}\n at 03:00 {said} {whole}\n at 03:30",
        devices,
    )
    yield f"{code}.clear_s", 30, f"02:30 {ended.split(maxsplit=1)[1]}", first + f"{whole}\n at 02:50", devices


FAILS = "at {0} say cuff status=measurement_failed,on,cuff leak\n at {0} say cuff refused\n"
TRIES = "at {0} nibp_start\n at {0} say cuff accepted\n at {0} say cuff status=measurement_failed,off,\n"
THREE_FAILURES = (
    "at 00:01 say cuff accepted\n"
    + FAILS.format("00:30")
    + TRIES.format("01:00")
    + FAILS.format("01:20")
    + TRIES.format("02:00")
    + FAILS.format("02:30")
)
RISING = f"{BASELINE}\n at 00:30 nibp 130/80\n at 02:30 nibp 135/80\n at 04:30 nibp 140/80\n at 06:30 nibp "
LOST = "at 01:00 measure {}spo2=-?searching pr=-\n at 01:50"
SLEEPY = "at 00:30 chart kind=moaas level={}\n at 01:00 {}\n at 01:50"
SYMPTOM = (
    "at 00:00 lock_baseline systolic={} diastolic=80 reason=x\n at 00:30 nibp {}/80\n at 01:10 chart kind=side_effect "
)
SYMPTOM += "term=headache severity=mild"
DISTRESS = BASELINE + "\n at 00:30 chart kind=side_effect term=anxiety severity=severe\n at 01:00 hr {}\n at 01:50"
BRAIN = "at 00:30 chart kind=moaas level=4\n at 00:40 nibp {}/80\n at 01:00 hr {}\n at 01:50"
HOME = "at 00:00 lock_baseline systolic=120 diastolic=80 reason=x\n at 00:00 {}\n at 00:00 stop\n at 30:00 {}\n at {}"
DROWSY = "chart kind=moaas level=4"

ACTS: tuple[tuple[str, object, str, str, tuple[str, ...]], ...] = (
    *_back("spo2_low", "spo2", 92, 96, 97, 4, "10 spo2_low ended low"),
    *_back("hr_high", "hr", 115, 104, 101, 8, "15 hr_high ended low"),
    *_back("hr_low", "hr", 48, 56, 59, 8, "15 hr_low ended low"),
    ("hr_rise.hysteresis", 5, "02:15 hr_rise ended low", f"{BASELINE}\n at 00:05 hr 92\n at 02:00 hr 86\n at 02:20", ()),
    ("hr_rise.clear_s", 40, "02:40 hr_rise ended low", f"{BASELINE}\n at 00:05 hr 92\n at 02:00 hr 80\n at 02:50", ()),
    ("nibp_high.hysteresis", 8, "05:00 nibp_high ended low",
     "at 01:00 nibp 152/80\n at 02:00 nibp 143/80\n at 03:00 nibp 143/80\n at 04:00 nibp 142/80\n at 05:00 nibp 142/80", CUFF),
    ("nibp_low.hysteresis", 8, "05:00 nibp_low ended low",
     "at 01:00 nibp 98/60\n at 02:00 nibp 106/60\n at 03:00 nibp 106/60\n at 04:00 nibp 108/60\n at 05:00 nibp 108/60", CUFF),
    ("nibp_high.systolic_at_once", 185, "00:30 nibp_high began high", "at 00:30 nibp 186/80", CUFF),
    ("nibp_high.diastolic_at_once", 115, "00:30 nibp_high began high", "at 00:30 nibp 150/116", CUFF),
    *_back("rr_low", "rr", 9, 12, 14, 4, "15 rr_low ended low"),
    *_back("rr_high", "rr", 25, 22, 20, 4, "15 rr_high ended low"),
    *_back("etco2_high", "etco2", 51, 47, 45, 5, "15 etco2_high ended low", *CO2),
    *_back("etco2_low", "etco2", 29, 33, 35, 5, "15 etco2_low ended low", *CO2),
    ("hr_apart.hysteresis", 2, "02:10 hr_apart ended medium", "at 01:00 pr 91\n at 02:00 pr 87\n at 02:20", ()),
    ("hr_apart.clear_s", 30, "02:30 hr_apart ended medium", "at 01:00 pr 91\n at 02:00 pr 85\n at 02:40", ()),
    ("etco2_missing.after_s", 40, "01:40 etco2_missing began high", "at 00:10 etco2 38\n at 01:00 etco2 -\n at 01:50", CO2),
    ("nibp_overdue.grace_short_min", 4, "09:00 nibp_overdue began low", "at 10:00", BY_HAND),
    ("nibp_overdue.grace_long_min", 5, "15:00 nibp_overdue began low", "at 00:00 nibp_interval minutes=10\n at 16:00", BY_HAND),
    ("nibp_overdue.factor", 3, "17:00 nibp_overdue rose medium", "at 18:00", BY_HAND),
    ("nibp_overdue.grace_medium_min", 4, "14:00 nibp_overdue rose medium", "at 15:00", BY_HAND),
    ("nibp_failed.times", 3, "02:30 nibp_failed began medium", THREE_FAILURES, CUFF),
    ("sensor_off.flagged_s", 50, "01:50 sensor_off began medium", "at 01:00 spo2 -?sensor_off\n at 02:00", ()),
    ("sensor_off.searching_s", 50, "01:50 sensor_off began medium", "at 01:00 spo2 -?searching\n at 02:00", ()),
    ("sensor_off.high_s", 180, "04:00 sensor_off rose high", "at 01:00 spo2 -?sensor_off\n at 04:10", ()),
    ("leads_off.flagged_s", 40, "01:40 leads_off began low", "at 01:00 hr -?leads_off\n at 01:50", ()),
    ("leads_off.no_rate_s", 50, "01:50 leads_off began low", "at 01:00 hr -\n at 02:00", ()),
    ("device_silent.after_s", 20, "01:20 device_silent began medium", "at 01:00 silence oximeter\n at 01:30", ()),
    ("past_end.late_min", 2, "92:00 past_end rose medium", "at 93:00", ("oximeter",)),
    ("past_end.too_much_percent", 120, "108:00.000 past_end rose high", "at 109:00", ("oximeter",)),
    ("trend.readings", 4, "06:30 trend began low", f"{RISING}145/80", CUFF),
    ("trend.per_reading", 8, "06:30 trend began low", f"{RISING}151/80", CUFF),
    ("trend.over_percent", 25, "06:30 trend began low", f"{RISING}150/80", CUFF),
    ("trend.spo2_per_min", "0.5", "03:55 trend began low",
     "at 00:01 spo2 100\n at 01:20 spo2 99\n at 02:55 spo2 98\n at 03:50 spo2 97\n at 04:20", ()),
    ("trend.spo2_min", 3, "03:05 trend began low",
     "at 00:01 spo2 100\n at 01:00 spo2 99\n at 02:00 spo2 98\n at 03:00 spo2 97\n at 03:10", ()),
    ("pulse_lost.with_ecg_s", 18, "01:18 pulse_lost began high", LOST.format("hr=- "), ()),
    ("pulse_lost.without_ecg_s", 28, "01:28 pulse_lost began high", LOST.format(""), ("oximeter",)),
    ("over_sedation.moaas", 4, "01:15 over_sedation began high", SLEEPY.format(4, "rr 9"), ()),
    ("over_sedation.rr", 12, "01:15 over_sedation began high", SLEEPY.format(3, "rr 11"), ()),
    ("over_sedation.spo2", 94, "01:15 over_sedation began high", SLEEPY.format(3, "spo2 93"), ()),
    ("over_sedation.after_s", 40, "01:40 over_sedation began high", SLEEPY.format(3, "rr 9"), ()),
    ("pressure_symptom.sbp", 145, "01:10 pressure_symptom began high", SYMPTOM.format(120, 146), CUFF),
    ("pressure_symptom.rise_percent", 10, "01:10 pressure_symptom began high", SYMPTOM.format(145, 165), CUFF),
    ("pressure_symptom.sbp_alone", 165, "01:10 pressure_symptom began high", SYMPTOM.format(150, 166), CUFF),
    ("distress.rise_percent", 20, "01:15 distress began medium", DISTRESS.format(85), ()),
    ("distress.after_s", 40, "01:40 distress began medium", DISTRESS.format(92), ()),
    ("brain_pressure.hr", 55, "01:15 brain_pressure began high", BRAIN.format(172, 54), ALL),
    ("brain_pressure.sbp", 160, "01:15 brain_pressure began high", BRAIN.format(162, 49), ALL),
    ("brain_pressure.moaas", 3, "no 01:15 brain_pressure began high", BRAIN.format(172, 49), ALL),
    ("brain_pressure.after_s", 40, "01:40 brain_pressure began high", BRAIN.format(172, 49), ALL),
    ("not_recovering.rise_percent", 10, "60:00 not_recovering began low",
     HOME.format("chart kind=pain level=1", "nibp 133/80", "60:30"), ("dumb_cuff",)),
    ("not_recovering.moaas", 3, "no 60:00 not_recovering began low", HOME.format(DROWSY, "chart kind=pain level=1", "60:30"), ("dumb_cuff",)),
    ("not_recovering.low_min", 45, "45:00 not_recovering began low", HOME.format(DROWSY, "nibp 120/80", "46:00"), ("dumb_cuff",)),
    ("not_recovering.medium_min", 70, "70:00 not_recovering rose medium", HOME.format(DROWSY, "nibp 120/80", "71:00"), ("dumb_cuff",)),
    ("unattended.after_min", 10, "25:00 unattended began low", "at 15:00 chart kind=moaas level=5\n at 26:00", ("oximeter",)),
    ("cuff.together_min", 10, "no 12:00 nibp_high rose medium", "at 00:30 nibp 170/80\n at 12:00 nibp 170/80", BY_HAND),
    ("cuff.mask_s", 40, "02:00 pulse_lost began high",
     f"{SHADED}\n at 01:00 say cuff status=measuring,on,measuring\n at 01:02 measure spo2=-?searching pr=-?searching\n at 02:30", CUFF),
    ("cuff.refill_s", 10, "01:35 spo2_low began high",
     f"{SHADED}\n at 01:00 say cuff status=measuring,on,measuring\n at 01:02 spo2 80\n at 01:20 nibp 120/80\n at 02:00", CUFF),
    ("charting.counts_min", 15, "no 20:15 over_sedation began high",
     "at 00:00 chart kind=moaas level=2\n at 20:00 rr 9\n at 20:20", ()),
)  # fmt: skip

ORDERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "rate_mg_kg_h": ("0.8", {"weight_kg": "70"}, "is above the low-dose range of 0.8 mg/kg/h"),
    "low_tier_mg_kg_h": ("0.7", {}, "0.72 mg/kg/h is above the 0.7 mg/kg/h of the protocol's tier"),
    "total_mg_kg": ("1.1", {}, "mg/kg in all is more than 1.1 mg/kg"),
    "total_mg": ("80", {}, "90 mg in all is more than 80 mg"),
    "shortest_min": ("30", {"duration_min": 25}, "25 min is outside 30 to 300 min"),
    "longest_min": ("80", {}, "90 min is outside 20 to 80 min"),
    "lightest_kg": ("60", {"weight_kg": "50"}, "a weight of 50 kg is outside 60 to 200 kg"),
    "heaviest_kg": ("80", {"weight_kg": "84"}, "a weight of 84 kg is outside 35 to 80 kg"),
    "weight_percent": ("5", {"last_weight_kg": "84"}, "is more than 5 % off the 84 kg of the last visit"),
}
LOW_TIER = {"name": "0.5 mg/kg over 40 min", "tier": "low", "nibp_interval_min": 10, "recovery_min": 30}


@pytest.mark.parametrize(("name", "value", "step", "timetable", "devices"), ACTS, ids=[case[0] for case in ACTS])
def test_another_number_tells_otherwise(
    name: str, value: object, step: str, timetable: str, devices: tuple[str, ...]
) -> None:
    minutes = int(timetable.rpartition("at ")[2].partition(":")[0])
    every_s = 1 if minutes < 10 else 4 if "rr 9" in timetable else 60
    shipped, chosen = (
        run(timetable, *devices, every_s=every_s, settings=settings).steps()
        for settings in ({}, {name: Decimal(str(value))})
    )
    step, absent = step.removeprefix("no "), step.startswith("no ")
    assert (step in chosen, step in shipped) == (not absent, absent), "\n".join(
        ["shipped:", *shipped, "chosen:", *chosen]
    )


@pytest.mark.parametrize("name", ORDERS)
def test_another_guard_asks_a_physician(name: str) -> None:
    value, given, sentence = ORDERS[name]
    for settings in ({}, {f"order.{name}": Decimal(value)}):
        chair = Chair("oximeter", settings=settings)
        order = {"kind": "rate", "rate_mg_h": "60", "duration_min": given.get("duration_min", 90)}
        protocol = LOW_TIER if name == "low_tier_mg_kg_h" else None
        weight = given.get("weight_kg", "84" if protocol else "78")
        chair.admit(weight_kg=weight, order=order, protocol=protocol, last_weight_kg=given.get("last_weight_kg"))
        session = chair.bedside.view(chair.now).session
        assert session is not None
        assert any(sentence in one for one in session.asks) is bool(settings)
        assert session.guards == Numbers(settings).guards()


def _quality(settings: dict[str, Decimal], *indices: tuple[str, float]) -> list[Quality]:
    """What flags SpO2 at the end, with these perfusion indices at these times."""
    chair = Chair("oximeter", settings=settings)
    for at, index in indices:
        chair.until(at)
        chair.take(
            entries.Observed(
                "oximeter", (Reading(chair.now, (Numeric(Parameter.PI, index), Numeric(Parameter.SPO2, 97))),)
            )
        )
    return [
        flag
        for vital in chair.bedside.view(chair.now).vitals
        if vital.parameter is Parameter.SPO2
        for flag in vital.quality
    ]


@pytest.mark.parametrize(
    ("name", "value", "indices", "flagged"),
    [
        ("perfusion.under", "0.8", [("00:01", 0.6), ("00:40", 0.6)], True),
        ("perfusion.hysteresis", "0.4", [("00:01", 0.3), ("00:40", 0.6)], True),
        ("perfusion.after_s", "45", [("00:01", 0.3), ("00:40", 0.3)], False),
    ],
)
def test_another_number_flags_a_faint_pulse(name: str, value: str, indices: Any, flagged: bool) -> None:
    assert bool(_quality({name: Decimal(value)}, *indices)) is flagged
    assert bool(_quality({}, *indices)) is not flagged


def test_the_cuff_repeats_and_values_go_blank_by_the_clinics_numbers() -> None:
    chair = Chair("oximeter", "cuff", settings={"cuff.repeat_s": Decimal(120), "device_silent.blank_s": Decimal(15)})
    chair.infuse()
    chair.measure(spo2=97)
    chair.until("00:40")
    chair.says("cuff", "done")
    chair.says("cuff", "nibp=160/80")
    next_at = chair.bedside.view(chair.now).nibp.next_at
    assert next_at is not None
    assert clock(next_at) == "02:40"
    chair.quiet.add("oximeter")
    chair.until("00:54")
    assert _spo2(chair) == 97
    chair.until("00:56")
    assert _spo2(chair) is None


def _spo2(chair: Chair) -> int | float | None:
    return next(vital.value for vital in chair.bedside.view(chair.now).vitals if vital.parameter is Parameter.SPO2)


def test_every_number_is_tried_here_and_belongs_to_a_rule_or_a_part() -> None:
    by_hand = {"cuff.repeat_s", "device_silent.blank_s", "order.bolus_mg_kg"}  # a bolus is asked at the page
    by_hand |= {name for name in SETTINGS if name.startswith("perfusion.")}
    assert {*(case[0] for case in ACTS), *(f"order.{name}" for name in ORDERS), *by_hand} == set(SETTINGS)
    assert {setting.rule for setting in SETTINGS.values()} <= {*CONDITIONS, *(part.code for part in PARTS)}


def test_what_tells_later_is_known_of_each_number() -> None:
    wider = {
        name: SETTINGS[name].wider
        for name in ("sensor_off.high_s", "over_sedation.rr", "hr_high.clear_s", "order.lightest_kg")
    }
    assert wider == {
        "sensor_off.high_s": "more",
        "over_sedation.rr": "less",
        "hr_high.clear_s": "",
        "order.lightest_kg": "less",
    }


def test_bounds_refuse_in_a_sentence() -> None:
    for setting in SETTINGS.values():
        for value in (setting.least - setting.grain, setting.most + setting.grain, setting.least + setting.grain / 2):
            with pytest.raises(ConfigError, match=f"^'{setting.name}' must be .* from .* to .*, not "):
                check_settings({setting.name: value})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"sensor_off.high_s": Decimal(600)}, "'sensor_off.high_s' must be a whole number from 60 to 300 s, not 600"),
        ({"order.rate_mg_kg_h": Decimal("0.99")}, "'order.rate_mg_kg_h' must be a multiple of 0.05 from 0.1 to 2 mg/kg/h, not 0.99"),
        ({"nibp_failed.times": Decimal("NaN")}, r"from 2 to 3, not Decimal\('NaN'\)"),
        ({"nibp_failed.times": 2.0}, "from 2 to 3, not 2.0"),
        ({"nibp_failed.often": Decimal(2)}, r"\[settings\] knows no 'nibp_failed.often'; known are nibp_failed.times"),
        ({"nibp.times": Decimal(2)}, "knows no 'nibp.times'; rules with numbers are spo2_low, hr_high"),
        ({"order.rate_mg_kg_h": Decimal("0.7")},
         "'order.low_tier_mg_kg_h' must not be more than 'order.rate_mg_kg_h': 0.75 and 0.7"),
    ],
)  # fmt: skip
def test_what_cannot_be_gets_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        check_settings(settings)


def test_the_table_in_force_names_the_clinics_numbers() -> None:
    rules = conditions_in_force(
        {"spo2_low.low": 20}, Numbers({"spo2_low.clear_s": Decimal(12), "nibp_overdue.factor": Decimal("1.5")})
    )
    assert (rules["spo2_low"].clear_s, rules["spo2_low"].hysteresis, rules["spo2_low"].steps[0].delay_s) == (12, 2, 20)
    assert rules["nibp_overdue"].steps[1].when == "no successful reading within 1.5 × the interval + 2 min"
    assert "{" not in "".join(step.when for rule in rules.values() for step in rule.steps)
    assert SHIPPED.words(SETTINGS["order.low_tier_mg_kg_h"]) == "0.75"


def test_an_spo2_of_100_has_always_come_back() -> None:
    settings = {"spo2_low.hysteresis": Decimal(5)}
    limits = {f"spo2_low.{priority}": Decimal(value) for priority, value in (("low", 98), ("medium", 92))}
    chair = run("at 01:00 spo2 97\n at 02:00 spo2 100\n at 03:00", settings=settings, limits=limits)
    assert chair.steps() == ["00:30 spo2_low began low", "02:10 spo2_low ended low"]


def test_a_session_keeps_the_numbers_that_it_began_with() -> None:
    """Over a restart too, from a checkpoint and from one of before there were such numbers."""
    chair = run("at 01:00 spo2 97", settings={"sensor_off.flagged_s": Decimal(50), "order.total_mg": Decimal(80)})
    kept = chair.bedside.checkpoint()
    chair.bedside = Bedside.restore("1", DRIVERS, kept)
    chair.take(entries.Resumed(0, "restart"))
    session = chair.bedside.view(chair.now).session
    assert session is not None
    assert session.guards is not None
    assert session.guards.total_mg == 80
    chair.take(entries.PortOpened("oximeter"))
    chair.measure(spo2="-?sensor_off")
    chair.until("01:51")
    assert chair.steps()[-1] == "01:50 sensor_off began medium"
    del kept["config"]["settings"], kept["session"]["guards"]
    before = Bedside.restore("1", DRIVERS, kept).view(chair.now).session
    assert before is not None
    assert before.guards == SHIPPED.guards()


def test_a_configuration_that_changes_in_between_brings_its_numbers() -> None:
    chair = run("at 01:00 spo2 88\n at 01:20", "oximeter", settings={})
    later = Chair("oximeter", settings={"spo2_low.clear_s": Decimal(40)}).config
    chair.take(entries.Configured(later, "0.1.0"))
    chair.take(entries.PortOpened("oximeter"))
    chair.until("02:00")
    chair.measure(spo2=97)
    chair.until("03:00")
    assert chair.steps() == ["01:15 spo2_low began medium", "02:40 spo2_low ended medium"]
