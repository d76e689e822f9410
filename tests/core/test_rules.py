"""The alarm conditions, each by its number in the table (clinical §2.3, §2.4 as amended by §2.7)."""

import pytest

from monitor.core.changes import AlertState
from tests.timetable import Chair, clock, play

CUFF = ("oximeter", "cuff")


def test_rule_1_spo2_low_has_three_steps_with_their_own_delays() -> None:
    play("""
        at 01:00 spo2 93
        expect 01:30 spo2_low began low        SpO₂ 93 ≤ 93
        at 02:00 spo2 89
        expect 02:15 spo2_low rose medium      SpO₂ 89 < 90
        at 03:00 spo2 84
        expect 03:05 spo2_low rose high        SpO₂ 84 < 85
    """)


def test_rule_1_is_high_at_once_after_5_s_without_passing_the_other_steps() -> None:
    play("""
        at 01:00 spo2 80
        expect 01:05 spo2_low began high
    """)


def test_rule_1_a_shorter_dip_is_no_alert() -> None:
    play("""
        at 01:00 spo2 84
        at 01:04 spo2 94
        at 02:00 spo2 89
        at 02:14 spo2 94
        at 05:00 spo2 94
    """)


def test_rule_1_clears_two_points_higher_held_for_10_s() -> None:
    chair = play("""
        at 01:00 spo2 88
        expect 01:15 spo2_low began medium
        at 02:00 spo2 91
        at 03:00 spo2 97
        at 03:09 spo2 91
        at 04:00 spo2 97
        expect 04:10 spo2_low ended medium     SpO₂ was 88, now 97
    """)
    assert not chair.open


def test_rule_1_falls_step_by_step_and_latches_when_nobody_saw_the_high() -> None:
    chair = play("""
        at 01:00 spo2 83
        expect 01:05 spo2_low began high
        at 02:00 spo2 88
        expect 02:10 spo2_low fell medium      SpO₂ 88 < 90
        at 03:00 spo2 96
        expect 03:10 spo2_low latched high     SpO₂ was 83, now 96
    """)
    assert chair.open["spo2_low"].state is AlertState.LATCHED


def test_rule_1_latched_returns_when_the_value_falls_again() -> None:
    play("""
        at 01:00 spo2 83
        expect 01:05 spo2_low began high
        at 01:10 spo2 96
        expect 01:20 spo2_low latched high
        at 02:00 spo2 92
        at 07:00 spo2 88
        expect 07:15 spo2_low resumed medium   SpO₂ 88 < 90
        at 08:00 spo2 97
        expect 08:10 spo2_low latched high     SpO₂ was 83, now 97
        at 09:00 acknowledge spo2_low
        expect 09:00 spo2_low ended high
    """)


@pytest.mark.parametrize(
    ("rate", "after_s", "priority"),
    [(111, 15, "low"), (121, 15, "medium"), (141, 10, "high"), (49, 15, "low"), (44, 10, "medium"), (39, 5, "high")],
)
def test_rules_3_and_4_heart_rate(rate: int, after_s: int, priority: str) -> None:
    code = "hr_high" if rate > 100 else "hr_low"
    chair = play(f"""
        at 01:00 hr {rate}
        at 01:{after_s - 1:02d} hr {rate}
        expect 01:{after_s:02d} {code} began {priority}
        at 01:40 hr 75
    """)
    assert chair.open[code].number == ("3" if rate > 100 else "4")
    chair.until("01:55")
    assert code not in chair.open or chair.open[code].state is AlertState.LATCHED


def test_rules_3_and_4_values_on_the_limit_are_within_it() -> None:
    play("""
        at 01:00 hr 110
        at 03:00 hr 50
        at 05:00 hr 50
    """)


def test_rule_3_clears_five_lower_held_for_15_s() -> None:
    play("""
        at 01:00 hr 121
        expect 01:15 hr_high began medium      HR 121 > 120
        at 02:00 hr 116
        at 04:00 hr 115
        expect 04:15 hr_high fell low          HR 115 > 110
        at 05:00 hr 105
        expect 05:15 hr_high ended medium      HR was 121, now 105
    """)


def test_rule_3_takes_the_pulse_when_the_ecg_gives_no_rate() -> None:
    play("""
        at 01:00 hr -
        at 01:00 pr 130
        expect 01:15 hr_high began medium      PR 130 > 120
        expect 01:30 leads_off began low       No heart rate from ECG, last 75
    """)


def test_rule_3_the_ecg_goes_before_the_pulse() -> None:
    play("""
        at 01:00 pr 130
        expect 01:20 hr_apart began medium     HR 75 and PR 130 disagree
        at 02:00 pr 130
    """)


def test_rule_6_low_at_one_reading_cleared_by_two() -> None:
    play("""
        at 00:30 nibp 120/80
        at 05:00 nibp 152/80
        expect 05:00 nibp_high began low       SBP 152 ≥ 150
        at 06:00 nibp 140/80
        at 07:00 nibp 146/80
        at 08:00 nibp 145/90
        at 09:00 nibp 145/90
        expect 09:00 nibp_high ended low       SBP was 152, now 145
    """, *CUFF)  # fmt: skip


def test_rule_7_diastolic_is_the_same_condition_and_named_when_it_counts() -> None:
    play("""
        at 00:30 nibp 140/96
        expect 00:30 nibp_high began low       DBP 96 ≥ 95
        at 01:30 nibp 140/104
        expect 01:30 nibp_high rose medium     DBP 100 ≥ 100, mean of two
    """, *CUFF)  # fmt: skip


def test_rule_7_tells_the_diastolic_when_it_is_over() -> None:
    play("""
        at 00:30 nibp 140/122
        expect 00:30 nibp_high began high      DBP 122 ≥ 110
        at 01:30 nibp 130/80
        at 02:30 nibp 130/80
        expect 02:30 nibp_high latched high    DBP was 122, now 80
    """, *CUFF)  # fmt: skip


def test_rules_are_watched_without_a_patient_but_nothing_asks_for_a_probe() -> None:
    chair = Chair()
    chair.measure(spo2=83, hr=75)
    chair.until("00:10")
    chair.measure(spo2=None, hr=None)
    chair.until("02:00")
    assert chair.steps() == ["00:05 spo2_low began high", "00:40 spo2_low latched high"]


def test_rule_6_medium_needs_the_mean_of_two_readings() -> None:
    play("""
        at 00:30 nibp 120/80
        at 05:00 nibp 170/80
        expect 05:00 nibp_high began low       SBP 170 ≥ 150
        at 06:00 nibp 158/80
        expect 06:00 nibp_high rose medium     SBP 164 ≥ 160, mean of two
    """, *CUFF)  # fmt: skip


def test_rule_6_high_by_the_mean_of_two_or_by_one_of_200() -> None:
    play("""
        at 00:30 nibp 186/80
        expect 00:30 nibp_high began low
        at 01:30 nibp 182/80
        expect 01:30 nibp_high rose high       SBP 184 ≥ 180, mean of two
        at 06:00 nibp 120/80
        at 07:00 nibp 120/80
        expect 07:00 nibp_high latched high    SBP was 186, now 120
    """, *CUFF)  # fmt: skip
    play("""
        at 00:30 nibp 200/80
        expect 00:30 nibp_high began high      SBP 200 ≥ 180
    """, *CUFF)  # fmt: skip
    play("""
        at 00:30 nibp 150/120
        expect 00:30 nibp_high began high      DBP 120 ≥ 110
    """, *CUFF)  # fmt: skip


def test_rule_6_without_a_cuff_that_repeats_one_reading_of_180_is_medium_at_once() -> None:
    play("""
        at 00:30 nibp 181/80
        expect 00:30 nibp_high began medium    SBP 181 ≥ 180, repeat now
        at 01:30 nibp 183/80
        expect 01:30 nibp_high rose high       SBP 182 ≥ 180, mean of two
    """, "oximeter", "dumb_cuff")  # fmt: skip


def test_rule_6_readings_far_apart_do_not_confirm_each_other() -> None:
    play("""
        at 00:30 nibp 170/80
        expect 00:30 nibp_high began low
        expect 07:30 nibp_overdue began low
        expect 12:30 nibp_overdue rose medium
        expect 20:00 unattended began low
        at 21:00 nibp 170/80
        expect 21:00 nibp_overdue ended medium
    """, "oximeter", "dumb_cuff", every_s=4)  # fmt: skip


@pytest.mark.parametrize(
    ("pressure", "repeated"), [("159/99", False), ("160/80", True), ("120/100", True), ("200/80", True)]
)
def test_rule_6_medium_and_high_repeat_after_60_s_low_does_not(pressure: str, repeated: bool) -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.until("00:40")
    chair.says("cuff", "done")
    chair.says("cuff", f"nibp={pressure}")
    next_at = chair.bedside.view(chair.now).nibp.next_at
    assert next_at is not None
    assert clock(next_at) == ("01:40" if repeated else "05:00")


def test_rule_6_the_repeat_itself_is_not_repeated() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    for at in ("00:40", "01:40"):
        chair.until(at)
        chair.says("cuff", "done")
        chair.says("cuff", "nibp=165/80")
    next_at = chair.bedside.view(chair.now).nibp.next_at
    assert next_at is not None
    assert clock(next_at) == "06:40"


def test_rule_6_nothing_repeats_while_the_device_has_stopped_cycling() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.until("00:40")
    chair.says("cuff", "status=cycling_stopped,on,cuff leak: look at the cuff")
    chair.says("cuff", "nibp=185/80")
    nibp = chair.bedside.view(chair.now).nibp
    assert nibp.next_at is None
    assert nibp.stopped_why == "cuff leak: look at the cuff"
    assert chair.open["nibp_high"].text == "SBP 185 ≥ 180, repeat now"
    chair.says("cuff", "status=cycling_stopped,off,")
    assert chair.bedside.view(chair.now).nibp.next_at is not None


def test_rule_9_systolic_low() -> None:
    play("""
        at 00:30 nibp 95/60
        expect 00:30 nibp_low began low        SBP 95 < 100
        at 01:30 nibp 84/60
        expect 01:30 nibp_low rose medium      SBP 89.5 < 90, mean of two
        at 02:30 nibp 79/60
        expect 02:30 nibp_low rose high        SBP 79 < 80
        at 03:30 nibp 105/60
        at 04:30 nibp 105/60
        expect 04:30 nibp_low latched high     SBP was 79, now 105
    """, *CUFF)  # fmt: skip
