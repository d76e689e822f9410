"""The rules that look at more than one number, and those that count from the baseline, each by its number in the table."""

import pytest

from drivers.base.vocabulary import Parameter
from tests.timetable import Chair, play

CUFF = ("oximeter", "cuff")
ALL = ("oximeter", "ecg", "cuff")
BASELINE = "at 00:00 lock_baseline systolic=120 diastolic=80 mean=93 spo2=98 hr=70 reason=as_at_the_last_visit"


def test_rule_2_spo2_four_points_under_the_baseline_is_low() -> None:
    play(f"""
        {BASELINE}
        at 01:00 spo2 95
        at 02:00 spo2 94
        expect 02:30 spo2_low began low        SpO₂ 94 ≤ 94, baseline 98
        at 03:00 spo2 96
        expect 03:10 spo2_low ended low
    """)


def test_rule_2_six_points_is_medium_only_under_92() -> None:
    play("""
        at 00:00 lock_baseline systolic=120 diastolic=80 spo2=98 reason=x
        at 01:00 spo2 92
        expect 01:30 spo2_low began low        SpO₂ 92 ≤ 93
        at 02:00 spo2 91
        expect 02:30 spo2_low rose medium      SpO₂ 91 < 92
        at 03:00 spo2 94
        expect 03:10 spo2_low fell low
        at 04:00 spo2 97
        expect 04:10 spo2_low ended medium
    """)


def test_rule_2_is_none_without_a_baseline() -> None:
    play("""
        at 01:00 spo2 91
        expect 01:30 spo2_low began low        SpO₂ 91 ≤ 93
        at 05:00 spo2 91
    """)


def test_rule_5_the_heart_rate_over_the_baseline() -> None:
    play(f"""
        {BASELINE}
        at 01:00 hr 90
        at 02:30 hr 91
        expect 03:30 hr_rise began low         HR 91 ≥ 91, baseline 70
        at 04:00 hr 106
        expect 05:00 hr_rise rose medium       HR 106 ≥ 105, baseline 70
        at 06:00 hr 99
        at 07:00 hr 98
        expect 07:15 hr_rise fell low
        at 08:00 hr 84
        expect 08:15 hr_rise ended medium      HR was 106, now 84
    """)


def test_rule_6_counts_from_the_baseline_and_medium_asks_for_both() -> None:
    play(f"""
        {BASELINE}
        at 00:30 nibp 144/80
        expect 00:30 nibp_high began low       SBP 144 ≥ 144, baseline 120
        at 01:30 nibp 139/80
        at 02:30 nibp 139/80
        expect 02:30 nibp_high ended low
        at 03:30 nibp 120/80
        at 04:00 nibp 120/80
        at 04:30 nibp 162/80
        expect 04:30 trend began low
        expect 04:30 nibp_high began low
        at 05:30 nibp 160/80
        expect 05:30 nibp_high rose medium     SBP 161 ≥ 160, mean of two
    """, *CUFF)  # fmt: skip


def test_rule_6_a_hypertensive_patient_is_medium_from_170_on_alone() -> None:
    play("""
        at 00:00 lock_baseline systolic=150 diastolic=90 reason=x
        at 00:30 nibp 168/90
        expect 00:30 nibp_high began low       SBP 168 ≥ 150
        at 01:30 nibp 168/90
        at 02:30 nibp 173/90
        expect 02:30 nibp_high rose medium     SBP 170.5 ≥ 170, mean of two
    """, *CUFF)  # fmt: skip


def test_rule_7_diastolic_medium_asks_for_both() -> None:
    play("""
        at 00:00 lock_baseline systolic=130 diastolic=88 reason=x
        at 00:30 nibp 140/104
        expect 00:30 nibp_high began low
        at 01:30 nibp 140/104
        at 02:30 nibp 140/108
        expect 02:30 nibp_high rose medium     DBP 106 ≥ 105.6, baseline 88, mean of two
    """, *CUFF)  # fmt: skip


def test_rule_8_the_mean_pressure_is_the_same_condition() -> None:
    play(f"""
        {BASELINE}
        at 00:30 nibp 140/90/110
        expect 00:30 nibp_high began low       MAP 110 ≥ 110
        at 01:30 nibp 140/90/131
        expect 01:30 nibp_high rose medium     MAP 120.5 ≥ 120, mean of two
        at 02:30 nibp 140/90/131
        expect 02:30 nibp_high rose high       MAP 131 ≥ 130, mean of two
        at 03:30 nibp 120/80
        at 04:30 nibp 120/80
        expect 04:30 nibp_high latched high
    """, *CUFF)  # fmt: skip


def test_rule_8_medium_asks_for_a_rise_too() -> None:
    play("""
        at 00:00 lock_baseline systolic=140 diastolic=90 mean=107 reason=x
        at 00:30 nibp 148/92/124
        expect 00:30 nibp_high began low       MAP 124 ≥ 110
        at 01:30 nibp 148/92/124
    """, *CUFF)  # fmt: skip


def test_rule_9_a_fall_from_the_baseline() -> None:
    play("""
        at 00:00 lock_baseline systolic=150 diastolic=90 reason=x
        at 00:30 nibp 120/70
        expect 00:30 nibp_low began low        SBP 120 ≤ 120, baseline 150
        at 01:30 nibp 104/70
        at 02:30 nibp 104/70
        expect 02:30 nibp_low rose medium      SBP 104 ≤ 105, baseline 150, mean of two
    """, *CUFF)  # fmt: skip


def test_rule_10_the_mean_pressure_low() -> None:
    play("""
        at 00:30 nibp 105/55/69
        expect 00:30 nibp_low began low        MAP 69 < 70
        at 01:30 nibp 105/55/59
        expect 01:30 nibp_low rose high        MAP 59 < 60
        at 02:30 nibp 105/60/72
        at 03:30 nibp 110/60/76
        expect 03:30 nibp_low fell low
        at 04:30 nibp 110/60/76
        expect 04:30 nibp_low latched high     MAP was 59, now 76
    """, *CUFF)  # fmt: skip


@pytest.mark.parametrize(
    ("rr", "code", "after_s", "priority"),
    [
        (9, "rr_low", 30, "low"),
        (7, "rr_low", 30, "medium"),
        (5, "rr_low", 20, "high"),
        (25, "rr_high", 30, "low"),
        (31, "rr_high", 30, "medium"),
    ],
)
def test_rules_11_and_12_breathing(rr: int, code: str, after_s: int, priority: str) -> None:
    back = {"rr_low": 12, "rr_high": 22}[code]
    last = "latched" if priority == "high" else "ended"
    play(f"""
        at 00:10 rr 14
        at 01:00 rr {rr}
        expect 01:{after_s} {code} began {priority}
        at 02:00 rr {back}
        expect 02:15 {code} {last} {priority}
    """)


def test_rule_11_an_apnoea_of_the_monitor_is_high_at_once() -> None:
    play("""
        at 00:10 rr 14
        at 01:00 say ecg alarm=x,on,**APNOEA
        expect 01:00 rr_low began high         ECG says: **APNOEA
        at 01:20 say ecg alarm=x,off,**APNOEA
        expect 01:20 rr_low latched high
    """)


def test_rule_4_an_asystole_of_the_monitor_is_high_at_once() -> None:
    play("""
        at 01:00 say ecg alarm=y,on,Asystole
        expect 01:00 hr_low began high         ECG says: Asystole
        at 01:05 say ecg alarm=z,on,premature
        at 01:20 say ecg alarm=y,off,Asystole
        expect 01:20 hr_low latched high
    """)


def test_rule_13_etco2() -> None:
    play("""
        at 00:01 etco2 38
        at 01:00 etco2 51
        expect 01:30 etco2_high began low      EtCO₂ 51 > 50
        at 02:00 etco2 56
        expect 02:30 etco2_high rose medium
        at 03:00 etco2 38
        expect 03:15 etco2_high ended medium
        at 04:00 etco2 29
        expect 04:30 etco2_low began low
        at 05:00 etco2 24
        expect 05:30 etco2_low rose medium
        at 06:00 etco2 33
        expect 06:15 etco2_low ended medium
        at 07:00 etco2 -
        expect 07:20 etco2_missing began high  No CO₂ from the breath, last 33
        at 07:30 etco2 33
        expect 07:30 etco2_missing latched high
    """, "oximeter", "capnograph")  # fmt: skip


def test_rule_14_a_faint_pulse_flags_what_comes_from_it_and_rejects_nothing() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.measure(spo2=97, pr=74, pi=0)
    chair.until("00:40")
    vitals = {vital.parameter: vital for vital in chair.bedside.view(chair.now).vitals}
    assert vitals[Parameter.SPO2].quality == ("low_perfusion",)
    assert vitals[Parameter.SPO2].value == 97
    chair.measure(spo2=84)
    chair.until("00:50")
    assert chair.steps() == ["00:45 spo2_low began high"]
    chair.measure(pi=3)
    chair.until("00:52")
    vitals = {vital.parameter: vital for vital in chair.bedside.view(chair.now).vitals}
    assert vitals[Parameter.SPO2].quality == ()


def test_rule_r6_high_needs_110_per_cent_and_5_min() -> None:
    chair = Chair(every_s=4)
    chair.infuse(order={"kind": "rate", "rate_mg_h": "60", "duration_min": 60})
    chair.measure(spo2=97, hr=70)
    for at in ("15:00", "30:00", "45:00", "60:00"):
        chair.until(at)
        chair.act("chart", kind="moaas", level=5)
    chair.until("67:00")
    assert [step.split()[1:] for step in chair.steps()] == [
        ["past_end", "began", "low"],
        ["past_end", "rose", "medium"],
        ["past_end", "rose", "high"],
    ]
    assert chair.steps()[2].startswith("66:00")
    assert chair.open["past_end"].text == "Over 110 % of the planned dose, by this clock"


def test_rule_r10_three_readings_up() -> None:
    play(f"""
        {BASELINE}
        at 00:30 nibp 130/80
        at 02:30 nibp 135/80
        at 04:30 nibp 140/80
        expect 04:30 trend began low           SBP rising, 140 from 130 in three readings
        at 06:30 nibp 141/80
        expect 06:30 trend ended low
    """, *CUFF)  # fmt: skip


def test_rule_r10_three_readings_up_under_the_baseline_are_none() -> None:
    play(f"""
        {BASELINE}
        at 00:30 nibp 110/80
        at 02:30 nibp 120/80
        at 04:30 nibp 130/80
        at 06:30 nibp 130/80
    """, *CUFF)  # fmt: skip


def test_rule_r10_spo2_that_falls_for_four_minutes() -> None:
    play("""
        at 00:01 spo2 100
        at 01:00 spo2 99
        at 02:00 spo2 98
        at 03:00 spo2 97
        at 04:00 spo2 96
        expect 04:05 trend began low           SpO₂ falling for 4 min
        at 05:00 spo2 96
        expect 05:55 trend ended low
    """)


def test_rule_r10_one_step_down_is_no_trend() -> None:
    play("""
        at 02:00 spo2 94
        at 08:00 spo2 94
    """)


def test_rule_r10_a_hole_begins_the_trend_anew() -> None:
    play("""
        at 00:00 spo2 100
        at 01:00 spo2 99
        at 02:00 spo2 98
        at 02:10 spo2 -?searching
        expect 02:40 sensor_off began medium
        at 02:50 spo2 97
        expect 02:50 sensor_off ended medium
        at 03:00 spo2 97
        at 04:00 spo2 96
        at 05:00 spo2 95
    """)


def test_rule_r11_heart_rate_and_pulse_apart() -> None:
    chair = play("""
        at 01:00 pr 90
        at 02:00 pr 91
        expect 02:20 hr_apart began medium     HR 75 and PR 91 disagree
        at 03:00 pr 86
        at 04:00 pr 85
        expect 04:10 hr_apart ended medium
    """)
    assert not chair.open


def test_rule_r11_over_100_it_takes_15_per_cent_and_two_clean_values() -> None:
    play("""
        at 00:30 hr 110
        at 01:00 pr 94
        at 02:00 pr 74?artefact
        at 03:00 pr -
        at 04:00 pr 94
    """)


def test_rule_r11_ends_when_one_of_the_two_is_unknowable() -> None:
    play("""
        at 01:00 pr 95
        expect 01:20 hr_apart began medium
        at 02:00 spo2 -?sensor_off
        at 02:00 pr -?sensor_off
        expect 02:30 hr_apart ended medium     HR and PR disagreed; over
        expect 02:30 sensor_off began medium
    """)


def test_rule_r12_no_pulse_without_an_ecg_after_20_s() -> None:
    play("""
        at 01:00 measure spo2=-?searching pr=-
        expect 01:20 pulse_lost began high     No pulse and no SpO₂
        at 02:00 measure spo2=97 pr=70
        expect 02:00 pulse_lost latched high
    """, "oximeter")  # fmt: skip


def test_rule_r12_with_an_ecg_that_is_still_after_10_s() -> None:
    play("""
        at 01:00 measure hr=- spo2=-?searching pr=-
        expect 01:10 pulse_lost began high     No pulse and no SpO₂
        at 03:00 measure spo2=97 pr=70
        expect 03:00 pulse_lost latched high
        expect 03:00 leads_off began low
        at 03:01 hr 70
        expect 03:01 leads_off ended low
    """)


def test_rule_r12_not_with_a_heart_rate_nor_a_probe_that_is_off() -> None:
    play("""
        at 01:00 spo2 -?searching
        at 01:00 pr -
        expect 01:30 sensor_off began medium
        at 01:40 measure spo2=97 pr=75
        expect 01:40 sensor_off ended medium
        at 02:00 hr -?leads_off
        expect 02:15 leads_off began low
        at 03:00 pr -
        at 03:00 spo2 -?sensor_off
        expect 03:00 leads_off rose medium
        expect 03:30 sensor_off began medium
    """)


def test_rule_r12_leads_off_is_no_ecg() -> None:
    play("""
        at 00:30 hr -?leads_off
        expect 00:45 leads_off began low
        at 01:00 pr -
        at 01:00 spo2 -?searching
        expect 01:00 leads_off rose medium
        expect 01:20 leads_off ended medium
        expect 01:20 pulse_lost began high
    """)


def test_rule_r12_a_lost_ecg_is_none() -> None:
    play("""
        at 00:30 unplug ecg pulled
        expect 00:40 device_silent began medium
        at 01:00 pr -
        at 01:00 spo2 -?searching
        expect 01:20 pulse_lost began high
    """)


SEDATED = "at 00:30 chart kind=moaas level=3"


def test_rule_r13_deep_sedation_with_slow_breathing() -> None:
    play(f"""
        {SEDATED}
        at 01:00 rr 9
        expect 01:15 over_sedation began high  MOAA/S 3 and RR 9
        at 01:20 rr 12
        expect 01:20 over_sedation latched high
    """)


def test_rule_r13_deep_sedation_with_low_spo2_and_its_delay() -> None:
    play(f"""
        {SEDATED}
        at 01:00 spo2 91
        at 01:14 spo2 97
        at 02:00 spo2 91
        expect 02:15 over_sedation began high  MOAA/S 3 and SpO₂ 91
        at 02:16 chart kind=moaas level=4
        expect 02:16 over_sedation latched high
    """)


def test_rule_r13_what_was_charted_counts_for_half_an_hour() -> None:
    chair = Chair()
    chair.infuse()
    chair.act("chart", kind="moaas", level=2)
    chair.until("29:50")
    chair.measure(spo2=97, hr=75, rr=9)
    chair.until("30:20")
    assert "over_sedation" not in [step.split()[1] for step in chair.steps()]


def test_rule_r14_high_pressure_with_a_symptom() -> None:
    play(f"""
        {BASELINE}
        at 00:30 nibp 162/80
        expect 00:30 nibp_high began low
        at 01:00 chart kind=side_effect term=blurred_or_double_vision severity=severe
        at 01:10 chart kind=side_effect term=headache severity=mild
        expect 01:10 pressure_symptom began high    SBP 162 and headache
        at 01:20 chart kind=side_effect term=headache severity=none
        expect 01:20 pressure_symptom latched high
    """, *CUFF)  # fmt: skip


@pytest.mark.parametrize(("pressure", "alarmed"), [("165/80", False), ("181/80", True)])
def test_rule_r14_needs_160_and_a_rise_or_180(pressure: str, alarmed: bool) -> None:
    chair = Chair(*CUFF)
    chair.infuse()
    chair.measure(spo2=97, pr=75)
    chair.act("lock_baseline", systolic=150, diastolic=80, reason="x")
    chair.act("chart", kind="side_effect", term="chest pain", severity="moderate")
    chair.says("cuff", f"nibp={pressure}")
    assert ("pressure_symptom" in chair.open) is alarmed


def test_rule_r15_severe_distress_with_a_fast_heart() -> None:
    play(f"""
        {BASELINE}
        at 00:30 chart kind=side_effect term=anxiety severity=severe
        at 01:00 hr 91
        expect 01:15 distress began medium     Severe anxiety and HR 91, baseline 70
        at 01:30 hr 90
        expect 01:30 distress ended medium
    """)


def test_rule_r16_slow_heart_high_pressure_and_drowsy() -> None:
    play("""
        at 00:30 chart kind=moaas level=4
        at 00:40 nibp 172/80
        expect 00:40 nibp_high began low
        at 01:00 hr 49
        expect 01:15 brain_pressure began high     HR 49, SBP 172, MOAA/S 4
        expect 01:15 hr_low began low
        at 02:00 hr 50
        expect 02:00 brain_pressure latched high
    """, *ALL)  # fmt: skip


def test_rule_r17_not_recovering() -> None:
    chair = Chair("dumb_cuff")
    chair.infuse()
    chair.act("nibp_interval", minutes=None)
    chair.act("lock_baseline", systolic=120, diastolic=80, reason="x")
    chair.act("chart", kind="moaas", level=4)
    chair.act("stop")
    chair.until("30:00")
    chair.says("dumb_cuff", "nibp=144/80")
    chair.until("95:00")
    steps = [step for step in chair.steps() if "nibp" not in step]
    assert steps == [
        "60:00 not_recovering began low",
        "90:00 not_recovering rose medium",
        "93:00 not_recovering escalated medium",
    ]
    assert chair.open["not_recovering"].text == ("90 min since the infusion ended: SBP 144, baseline 120, MOAA/S 4")
    chair.says("dumb_cuff", "nibp=140/80")
    assert chair.open["not_recovering"].text == "90 min since the infusion ended: MOAA/S 4"
    chair.act("chart", kind="moaas", level=5)
    assert "not_recovering" not in chair.open


def test_rule_r18_nobody_at_the_chair() -> None:
    play("""
        at 15:00 chart kind=moaas level=5
        expect 35:00 unattended began low      Nobody has charted or done anything here for 20 min
        at 36:00 chart kind=moaas level=5
        expect 36:00 unattended ended low
        at 37:00 stop
        at 70:00 spo2 97
    """, every_s=4)  # fmt: skip


def test_every_rule_is_silent_in_the_calm_session() -> None:
    """A whole infusion and its recovery, as a nurse keeps it: nothing to say, but that it has reached its end."""
    chair = Chair("oximeter", "ecg", "capnograph", "cuff", every_s=4)
    chair.admit(order={"kind": "rate", "rate_mg_h": "60", "duration_min": 40})
    chair.measure(spo2=98, hr=70, rr=14, pi=3, etco2=38, pr=71)
    chair.says("cuff", "nibp=120/80/93")
    chair.until("03:30")
    chair.says("cuff", "nibp=122/78/93")
    chair.act("lock_baseline")
    chair.act("start")
    for minute in range(5, 90, 5):
        chair.until(f"{minute}:00")
        chair.says("cuff", "accepted")
        chair.measure(spo2=97 + minute % 2, hr=70 + minute % 7, pr=71 + minute % 7, rr=13 + minute % 3)
        chair.until(f"{minute}:30")
        rise = min(minute, 80 - minute)
        chair.says("cuff", f"nibp={120 + rise // 3}/{79 + rise // 5}/{93 + rise // 4}")
        if minute % 15 == 0:
            chair.act("chart", kind="moaas", level=5)
        if minute == 40:
            chair.act("stop")
    assert chair.steps() == []
