"""The rules about devices, cuffs and the infusion itself, R1 to R8, each by its number in the table (clinical §2.4 as amended by §2.7)."""

import pytest

from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.changes import SessionChanged
from monitor.errors import ActionNotAllowed, BadRequest
from tests.standin import DRIVERS
from tests.timetable import Chair, clock, play

CUFF = ("oximeter", "cuff")


def test_rule_r1_overdue_after_interval_and_grace_counted_from_the_start() -> None:
    play("""
        expect 07:00 nibp_overdue began low    NIBP overdue, every 5 min
        expect 12:00 nibp_overdue rose medium
        at 13:00 nibp 120/80
        expect 13:00 nibp_overdue ended medium
        at 19:00 nibp_interval minutes=5
        expect 20:00 nibp_overdue began low
    """, "oximeter", "dumb_cuff", every_s=4)  # fmt: skip


def test_rule_r1_gives_3_min_grace_over_5_min_and_is_silent_by_hand() -> None:
    play("""
        at 00:00 nibp_interval minutes=10
        expect 13:00 nibp_overdue began low
        at 15:00 nibp_interval minutes=10
        expect 22:00 nibp_overdue rose medium
    """, "oximeter", "dumb_cuff", every_s=4)  # fmt: skip
    chair = Chair("oximeter", "dumb_cuff", every_s=4)
    chair.infuse()
    chair.measure(spo2=97, pr=74)
    chair.act("nibp_interval", minutes=None)
    chair.until("30:00")
    assert chair.steps() == ["20:00 unattended began low"]


def test_rule_r2_two_failures_running() -> None:
    play("""
        at 00:01 say cuff accepted
        at 00:30 say cuff status=measurement_failed,on,cuff leak
        at 00:31 say cuff refused
        at 01:00 nibp_start
        at 01:00 say cuff accepted
        at 01:00 say cuff status=measurement_failed,off,
        at 01:30 say cuff status=measurement_failed,on,cuff leak
        expect 01:30 nibp_failed began medium  NIBP failed twice
        at 02:30 nibp 120/80
        expect 02:30 nibp_failed ended medium
    """, *CUFF)  # fmt: skip


def test_rule_r2_a_time_out_counts_once_with_the_failure_it_tells() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.says("cuff", "status=measurement_failed,on,cuff leak")
    chair.says("cuff", "timed_out")
    chair.until("01:14")
    assert "nibp_failed" not in chair.open
    chair.until("01:15")  # taken once more after a minute, and not answered
    assert "nibp_failed" in chair.open


@pytest.mark.parametrize(("minutes", "next_at"), [(10, "01:10"), (None, None)])
def test_rule_r2_the_first_failure_is_taken_again_after_60_s_the_second_is_not(
    minutes: int | None, next_at: str | None
) -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.act("nibp_interval", minutes=minutes)
    chair.until("00:10")
    assert _failed(chair) == next_at
    chair.until("01:20")
    chair.says("cuff", "status=measurement_failed,off,")
    assert _failed(chair) == ("11:10" if next_at else None)


def _failed(chair: Chair) -> str | None:
    """Let the cuff fail; return when it measures next."""
    chair.says("cuff", "accepted")
    chair.says("cuff", "status=measurement_failed,on,motion")
    chair.says("cuff", "refused")
    due = chair.bedside.view(chair.now).nibp.next_at
    return None if due is None else clock(due)


def test_rule_r3_probe_off_medium_at_30_s_high_at_2_min_of_infusion() -> None:
    chair = play("""
        at 01:00 spo2 -?sensor_off
        expect 01:30 sensor_off began medium   SpO₂ probe off, last 97
        expect 03:00 sensor_off rose high
        at 03:30 acknowledge sensor_off
        expect 03:30 sensor_off acknowledged high
        at 04:00 spo2 97
        expect 04:00 sensor_off ended high
    """)
    assert not chair.open


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("no_sensor", "probe not connected"),
        ("searching", "searching for a pulse"),
        ("invalid", "without a valid value"),
    ],
)
def test_rule_r3_tells_why(flag: str, words: str) -> None:
    play(f"""
        at 01:00 spo2 -?{flag}
        expect 01:30 sensor_off began medium   SpO₂ {words}, last 97
    """)


def test_rule_r3_high_counts_from_the_resumed_infusion() -> None:
    play("""
        at 01:00 pause reason=nausea
        at 01:10 spo2 -
        expect 01:40 sensor_off began medium
        at 05:00 resume
        expect 07:00 sensor_off rose high
    """)


def test_rule_r3_low_while_planned_and_only_once_a_value_had_come() -> None:
    chair = Chair()
    chair.admit()
    chair.measure(spo2="-?sensor_off", hr=70)
    chair.until("02:00")
    assert chair.steps() == []
    chair.measure(spo2=97)
    chair.measure(spo2=None)
    chair.until("03:00")
    assert chair.steps() == ["02:30 sensor_off began low"]
    chair.act("start")
    assert chair.open["sensor_off"].priority == "medium"


def test_rule_r3_inhibits_rule_1() -> None:
    play("""
        at 01:00 spo2 88
        expect 01:15 spo2_low began medium
        at 01:20 spo2 -?sensor_off
        expect 01:50 spo2_low ended medium     SpO₂ was 88, now missing
        expect 01:50 sensor_off began medium
    """)


def test_rule_r3_never_hides_a_high_that_nobody_saw() -> None:
    play("""
        at 01:00 spo2 82
        expect 01:05 spo2_low began high
        at 01:10 spo2 -?sensor_off
        expect 01:40 spo2_low latched high     SpO₂ was 82, now missing
        expect 01:40 sensor_off began medium
    """)


def test_rule_r4_leads_off_low_while_the_pulse_is_good() -> None:
    play("""
        at 01:00 hr -?leads_off
        expect 01:15 leads_off began low       ECG leads off, last 75
        at 02:00 pr -
        expect 02:00 leads_off rose medium
        at 03:00 hr 75
        expect 03:00 leads_off ended medium
    """)


def test_rule_r4_an_ecg_that_never_gave_a_rate_is_not_monitored() -> None:
    chair = Chair()
    chair.infuse()
    chair.measure(spo2=97, pr=74, hr="-?leads_off")
    chair.until("05:00")
    assert chair.steps() == []


CO2 = ("oximeter", "ecg", "capnograph")


def test_what_is_not_connected_may_be_without_alarm_until_a_value_comes() -> None:
    play("""
        at 00:00 etco2 38
        at 01:00 etco2 -
        expect 01:20 etco2_missing began high
        at 01:30 not_monitored parameter=etco2 reason=mask_not_tolerated
        expect 01:30 etco2_missing latched high
        at 01:40 acknowledge etco2_missing
        expect 01:40 etco2_missing ended high
        at 05:00 etco2 38
        at 06:00 etco2 -
        expect 06:20 etco2_missing began high
        at 06:30 not_monitored parameter=etco2 reason=x
        expect 06:30 etco2_missing latched high
        at 06:31 monitored parameter=etco2
        expect 06:31 etco2_missing resumed high
    """, *CO2)  # fmt: skip


def test_in_recovery_probe_and_leads_may_come_off_and_are_told_as_not_monitored() -> None:
    chair = play("""
        at 05:00 stop
        at 06:00 spo2 -?sensor_off
        at 06:00 hr -?leads_off
        expect 06:15 leads_off began low
        expect 06:30 sensor_off began medium
        at 06:40 not_monitored parameter=spo2 reason=awake
        expect 06:40 sensor_off ended medium
        at 06:50 not_monitored parameter=hr reason=awake
        expect 06:50 leads_off ended low
        at 20:00 spo2 -?sensor_off
    """)
    told = chair.bedside.view(chair.now).session
    assert told is not None
    assert [(one.parameter, one.by, one.reason) for one in told.not_monitored] == [
        ("spo2", "L. Moreno", "awake"),
        ("hr", "L. Moreno", "awake"),
    ]


def test_what_is_not_monitored_stays_so_over_a_restart_and_a_change_of_the_configuration() -> None:
    chair = play("""
        at 05:00 stop
        at 06:00 spo2 -?sensor_off
        at 06:00 hr -?leads_off
        expect 06:15 leads_off began low
        at 06:20 not_monitored parameter=spo2 reason=awake
        at 06:20 not_monitored parameter=hr reason=awake
        expect 06:20 leads_off ended low
        at 06:40 restart
        at 09:00 spo2 -?sensor_off
    """)
    chair.take(entries.Configured(chair.config, "0.1.0"))
    for name in chair.values:
        chair.take(entries.PortOpened(name))
    chair.until("12:00")
    assert not chair.open
    assert told_off(chair) == ["spo2", "hr"]
    chair.measure(spo2=97, pr=74)
    assert told_off(chair) == ["hr"]
    last = [change for change in chair.changes if isinstance(change, SessionChanged)][-1]
    assert (last.step, last.actor) == ("monitored", None)


def test_what_was_monitored_again_before_a_restart_is_missed_after_it() -> None:
    chair = play("""
        at 00:00 etco2 38
        at 01:00 etco2 -
        at 01:10 not_monitored parameter=etco2 reason=mask_not_tolerated
        at 05:00 etco2 38
        at 05:10 etco2 -
        at 05:15 restart
        expect 05:36 etco2_missing began high
    """, *CO2)  # fmt: skip
    assert told_off(chair) == []


def test_no_restart_takes_the_alarm_off_the_probe_while_infusing() -> None:
    chair = Chair(*CO2)
    chair.admit()
    chair.measure(spo2="-?sensor_off")
    chair.act("not_monitored", parameter="spo2", reason="not on yet")
    chair.act("start")
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    chair.take(entries.Resumed(0, "restart"))
    chair.take(entries.PortOpened("oximeter"))
    chair.until("00:31")
    assert "sensor_off" in chair.open


def told_off(chair: Chair) -> list[str]:
    """What a person said is not monitored, as the session tells it."""
    session = chair.bedside.view(chair.now).session
    assert session is not None
    return [one.parameter.value for one in session.not_monitored]


@pytest.mark.parametrize(
    ("action", "parameter", "sentence"),
    [
        ("not_monitored", "spo2", "SpO₂ is monitored as long as the infusion runs or is paused"),
        ("not_monitored", "hr", "the ECG is monitored as long as"),
        ("not_monitored", "etco2", "EtCO₂ gives a value: only what is not connected"),
        ("monitored", "etco2", "EtCO₂ was not said to be not monitored"),
    ],
)
def test_alarm_off_is_refused_while_infusing_and_for_what_is_connected(
    action: str, parameter: str, sentence: str
) -> None:
    chair = Chair(*CO2)
    chair.infuse()
    chair.measure(spo2=None, hr=None, etco2=38)
    more = {"reason": "x"} if action == "not_monitored" else {}
    with pytest.raises(ActionNotAllowed, match=sentence):
        chair.act(action, parameter=parameter, **more)
    with pytest.raises(BadRequest, match="parameter must be spo2, hr, etco2, not 'nibp_sys'"):
        chair.act(action, parameter="nibp_sys", **more)


def test_what_was_off_before_the_start_is_missed_from_the_start_on() -> None:
    chair = Chair(*CO2)
    chair.admit()
    for parameter in ("spo2", "etco2"):
        chair.act("not_monitored", parameter=parameter, reason="not on yet")
    chair.act("start")
    told = chair.bedside.view(chair.now).session
    assert told is not None
    assert [one.parameter for one in told.not_monitored] == ["etco2"]


def test_rule_r5_silent_after_10_s() -> None:
    play("""
        at 01:00 silence oximeter
        expect 01:10 device_silent began medium    Oximeter line silent
        at 01:20 speak oximeter
        expect 01:21 device_silent ended medium
    """)


def test_rule_r5_a_lost_port_after_10_s() -> None:
    play("""
        at 01:00 unplug oximeter the cable was pulled
        expect 01:10 device_silent began medium    Oximeter not connected: the cable was pulled
        at 01:20 plug oximeter
        expect 01:21 device_silent ended medium
    """)


def test_rule_r5_a_cuff_that_does_not_answer() -> None:
    play("""
        at 01:00 nibp 120/80
        at 02:00 say cuff status=not_answering,on,no answer: check the cuff
        expect 02:10 device_silent began medium    Cuff: no answer: check the cuff
        at 02:20 say cuff status=not_answering,off,
        expect 02:20 device_silent ended medium
    """, *CUFF)  # fmt: skip


def test_rule_r5_covers_rule_r3_on_the_same_line() -> None:
    play("""
        at 01:00 spo2 -?sensor_off
        expect 01:30 sensor_off began medium
        at 02:00 silence oximeter
        expect 02:10 sensor_off ended medium
        expect 02:10 device_silent began medium
    """)


def test_rule_r5_planned_low_and_only_for_what_had_spoken() -> None:
    chair = Chair()
    chair.admit()
    chair.measure(spo2=97)
    chair.quiet.add("oximeter")
    chair.until("05:00")
    assert chair.steps() == ["00:10 device_silent began low"]


def test_rule_r5_a_line_with_bytes_of_another_device() -> None:
    play("""
        at 01:00 say oximeter status=not_this_device,on,these bytes are not an oximeter's
        expect 01:10 device_silent began medium    Oximeter: these bytes are not an oximeter's
    """)


def test_rule_r8_a_device_fault_or_a_cuff_that_has_stopped() -> None:
    play("""
        at 00:10 say cuff nibp=120/80
        at 01:00 say cuff status=cycling_stopped,on,automatic NIBP ended: cuff leak
        expect 01:00 device_fault began medium     Cuff: automatic NIBP ended: cuff leak
        at 01:05 say cuff status=device_fault,on,cuff still inflated
        at 01:10 say cuff status=device_fault,off,
        at 02:00 say cuff status=cycling_stopped,off,
        expect 02:00 device_fault ended medium
    """, *CUFF)  # fmt: skip
    chair = Chair("cuff")
    chair.says("cuff", "status=device_fault,on,out of service")
    assert not chair.open
    chair.admit()
    assert chair.open["device_fault"].priority == "low"


def test_rule_r6_past_the_planned_end() -> None:
    chair = Chair(every_s=4)
    chair.infuse(order={"kind": "rate", "rate_mg_h": "60", "duration_min": 60})
    chair.measure(spo2=97, hr=70)
    chair.until("55:00")
    chair.act("nibp_interval", minutes=10)
    chair.changes.clear()
    chair.until("65:30")
    assert chair.steps() == ["60:00 past_end began low", "65:00 past_end rose medium"]
    assert chair.open["past_end"].text == "Infusion 5 min past its planned end"
    chair.act("stop")
    assert not chair.open


def test_rule_r6_a_bolus_brings_the_whole_dose_before_the_end() -> None:
    chair = Chair(every_s=4)
    chair.infuse(order={"kind": "rate", "rate_mg_h": "60", "duration_min": 20})
    chair.measure(spo2=97, hr=70)
    chair.until("02:00")
    chair.act("bolus", bolus_mg="5")
    chair.until("14:00")
    chair.act("chart", kind="note", text="looked")
    chair.until("19:00")
    assert chair.steps() == ["15:00.000 past_end began low"]
    assert chair.open["past_end"].text == "The whole planned dose is given, by this clock"
    chair.until("20:30")
    assert len(chair.steps()) == 1


def test_rule_r6_a_pause_moves_the_end() -> None:
    chair = Chair(every_s=4)
    chair.infuse(order={"kind": "rate", "rate_mg_h": "60", "duration_min": 10})
    chair.measure(spo2=97, hr=70)
    chair.until("09:00")
    chair.act("pause", reason="nausea")
    chair.until("15:00")
    chair.act("resume")
    chair.until("17:00")
    assert chair.steps() == ["16:00 past_end began low"]
