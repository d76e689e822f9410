"""The bedside at its ports: lines, decoders, commands, gaps, configurations, and what survives."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from drivers.base.observations import Numeric, Observation, Reading
from drivers.base.vocabulary import CommandKind, Parameter
from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.changes import (
    AlertChanged,
    AlertState,
    CommandChanged,
    CommandState,
    DeviceChanged,
    HouseTold,
    LineState,
    ReadingTaken,
    Send,
    WaveformArrived,
)
from monitor.core.entries import Bytes, DeviceConfig, Entry
from monitor.errors import ActionNotAllowed, NotFound
from tests.standin import DRIVERS, TextDecoder
from tests.timetable import NURSE, SECOND, START, Chair, chair_config, clock, instant, play


def device(chair: Chair, name: str) -> Any:
    return next(view for view in chair.bedside.view(chair.now).devices if view.id == name)


def vital(chair: Chair, parameter: Parameter) -> Any:
    return next(view for view in chair.bedside.view(chair.now).vitals if view.parameter is parameter)


def of(kind: type[Any], changes: list[Any]) -> list[Any]:
    return [change for change in changes if isinstance(change, kind)]


# Lines


def test_an_opened_port_lets_the_decoder_speak() -> None:
    chair = Chair("oximeter")
    sent = of(Send, chair.changes)
    assert [(send.device, send.data) for send in sent] == [("oximeter", b"HELLO\n")]
    assert device(chair, "oximeter").line is LineState.OPEN
    assert of(Send, chair.take(entries.PortClosing()))[0].data == b"BYE\n"


def test_a_closed_line_says_no_farewell() -> None:
    chair = Chair("oximeter")
    chair.take(entries.PortLost("oximeter", "unplugged"))
    assert chair.take(entries.PortClosing()) == []


def test_a_lost_port_blanks_its_values_at_once() -> None:
    chair = Chair()
    chair.measure(spo2=97, pr=74, hr=75)
    changes = chair.take(entries.PortLost("oximeter", "unplugged"))
    blanked = [view for change in of(ReadingTaken, changes) for view in change.vitals]
    assert {(view.parameter, view.value, view.last_value) for view in blanked} == {
        (Parameter.SPO2, None, 97),
        (Parameter.PR, None, 74),
    }
    assert vital(chair, Parameter.HR).value == 75
    view = device(chair, "oximeter")
    assert (view.line, view.why) == (LineState.CLOSED, "unplugged")
    again = chair.take(entries.PortLost("oximeter", "unplugged"))
    assert again == []


def test_a_value_is_blank_30_s_after_it_came() -> None:
    chair = Chair("oximeter")
    chair.measure(spo2=97)
    chair.quiet.add("oximeter")
    chair.until("00:29")
    assert vital(chair, Parameter.SPO2).value == 97
    chair.until("00:30")
    assert vital(chair, Parameter.SPO2).value is None
    assert vital(chair, Parameter.SPO2).last_at == START
    assert device(chair, "oximeter").line is LineState.SILENT


def test_a_value_that_no_condition_watches_is_blank_in_time_too() -> None:
    chair = Chair("cuff")
    chair.says("cuff", "cuff_pressure=80")
    chair.until("00:40")
    chair.says("cuff", "cuff_pressure=90")
    chair.until("01:30")
    blanked = [c for c in of(ReadingTaken, chair.changes) if c.reading is None]
    assert [clock(change.at) for change in blanked] == ["00:30", "01:10"]


def test_the_line_lives_on_while_a_value_is_missing() -> None:
    chair = Chair("oximeter")
    chair.measure(spo2=97, pr=74)
    del chair.values["oximeter"]["spo2"]
    chair.until("00:40")
    assert vital(chair, Parameter.SPO2).value is None
    assert vital(chair, Parameter.PR).value == 74


@pytest.mark.parametrize("text", ["spo2=49", "spo2=101", "spo2=97?sensor_off", "spo2=97?held"])
def test_the_quality_gate_makes_a_missing_value(text: str) -> None:
    chair = Chair("oximeter")
    changes = chair.says("oximeter", text)
    assert vital(chair, Parameter.SPO2).value is None
    assert of(ReadingTaken, changes)[0].reading.numerics[0].value is not None


def test_a_doubtful_value_is_shown_flagged() -> None:
    chair = Chair("oximeter")
    chair.says("oximeter", "spo2=97?low_perfusion")
    assert vital(chair, Parameter.SPO2).value == 97
    assert vital(chair, Parameter.SPO2).quality == ("low_perfusion",)


@pytest.mark.parametrize("text", ["39/20", "280/100", "120/9", "100/100"])
def test_pressures_that_cannot_be_are_no_reading(text: str) -> None:
    chair = Chair("cuff")
    chair.says("cuff", "nibp=120/80")
    chair.says("cuff", f"nibp={text}")
    assert vital(chair, Parameter.NIBP_SYS).value == 120
    assert chair.bedside.present.cuff.last is not None
    assert chair.bedside.present.cuff.last.systolic == 120


def test_a_mean_outside_its_pressures_rejects_the_reading() -> None:
    chair = Chair("monitor")
    pressures = ((Parameter.NIBP_SYS, 120), (Parameter.NIBP_DIA, 80), (Parameter.NIBP_MEAN, 130))
    reading = Reading(START, tuple(Numeric(parameter, value) for parameter, value in pressures), spot=True)
    chair.take(entries.Observed("monitor", (reading,)))
    assert chair.bedside.view(START).vitals == ()


def test_a_worse_source_never_hides_a_better_one() -> None:
    chair = Chair("oximeter", "monitor")
    chair.says("monitor", "spo2=95")
    assert vital(chair, Parameter.SPO2).device == "monitor"
    chair.says("oximeter", "spo2=-")
    assert vital(chair, Parameter.SPO2).value == 95
    chair.says("oximeter", "spo2=97")
    chair.says("monitor", "spo2=95")
    chair.says("monitor", "spo2=-")
    assert vital(chair, Parameter.SPO2).value == 97
    chair.says("oximeter", "spo2=-")
    chair.says("monitor", "spo2=-")
    assert vital(chair, Parameter.SPO2).device == "oximeter"
    chair.says("monitor", "spo2=94")
    assert vital(chair, Parameter.SPO2).value == 94


def test_an_old_spot_reading_does_not_replace_a_newer_one() -> None:
    chair = Chair("cuff")
    chair.until("10:00")
    chair.says("cuff", "nibp=120/80")
    old = Reading(instant("05:00"), (Numeric(Parameter.NIBP_SYS, 150), Numeric(Parameter.NIBP_DIA, 90)), spot=True)
    chair.take(entries.Observed("cuff", (old,)))
    assert vital(chair, Parameter.NIBP_SYS).value == 120
    chair.says("cuff", "nibp=-")
    assert vital(chair, Parameter.NIBP_SYS).value == 120


def test_waves_go_through_with_nothing_else() -> None:
    chair = Chair("oximeter")
    chair.says("oximeter", "wave=1,2,3")
    changes = chair.says("oximeter", "wave=4,5")
    assert [type(change) for change in changes] == [WaveformArrived]
    assert changes[0].chunk.first_index == 3  # type: ignore[union-attr]


def test_statuses_alarms_and_faults_stand_in_the_devices_view() -> None:
    chair = Chair("oximeter")
    chair.says("oximeter", "status=low_battery,on,battery low")
    chair.until("00:05")
    chair.says("oximeter", "status=low_battery,on,battery very low")
    chair.says("oximeter", "alarm=d1,on,desaturation")
    view = device(chair, "oximeter")
    assert [(status.text, status.since) for status in view.statuses] == [("battery very low", START)]
    assert [alarm.text for alarm in view.alarms] == ["desaturation"]
    assert chair.says("oximeter", "garbage") == []
    chair.until("00:07")
    assert len(of(DeviceChanged, chair.says("oximeter", "garbage"))) == 1
    chair.says("oximeter", "alarm=d1,off,desaturation")
    chair.says("oximeter", "status=low_battery,off,")
    view = device(chair, "oximeter")
    assert (view.faults, view.discarded, view.statuses, view.alarms) == (2, 16, (), ())


def test_bytes_on_a_line_that_nobody_opened_open_it() -> None:
    chair = Chair("oximeter")
    chair.take(entries.PortLost("oximeter", "gone"))
    assert of(Send, chair.says("oximeter", "spo2=97"))[0].data == b"HELLO\n"
    assert device(chair, "oximeter").line is LineState.LIVE


@pytest.mark.parametrize(
    "body",
    [
        Bytes("x", b"spo2=97\n"),
        entries.PortOpened("x"),
        entries.PortLost("x", ""),
        entries.Observed("x", ()),
        entries.BytesSent("oximeter", b"HELLO\n"),
    ],
)
def test_what_bears_on_no_device_of_the_chair_changes_nothing(body: entries.Body) -> None:
    assert Chair("oximeter").take(body) == []


@pytest.mark.parametrize("text", ["spo2=97?demo", "status=test,on,test picture"])
def test_a_device_in_demo_or_test_marks_the_chair_until_it_is_made_anew(text: str) -> None:
    chair = Chair("oximeter")
    assert not chair.bedside.view(START).demo
    assert of(DeviceChanged, chair.says("oximeter", text))[-1].demo
    chair.says("oximeter", text)
    chair.says("oximeter", "spo2=97")
    assert chair.bedside.view(START).demo
    chair.take(entries.Configured(chair.config, "0.1.0"))
    assert not chair.bedside.view(START).demo


def test_a_simulated_port_marks_the_chair() -> None:
    chair = Chair("oximeter")
    chair.take(entries.PortOpened("oximeter", simulated=True))
    assert chair.bedside.view(START).demo
    assert device(chair, "oximeter").simulated


def test_a_decoder_is_woken_at_its_own_time() -> None:
    chair = Chair("oximeter")
    chair.says("oximeter", "wake=1.5")
    assert chair.bedside.next_deadline() == START + 1_500_000
    chair.now = START + 3 * SECOND
    changes = chair.take(entries.Beat())
    assert [change.at for change in of(ReadingTaken, changes)] == [START + 1_500_000]


@pytest.mark.parametrize("trouble", ["boom", "stuck"])
def test_a_decoder_that_fails_is_replaced_and_told(trouble: str) -> None:
    chair = Chair("oximeter")
    chair.says("oximeter", trouble)
    chair.take(entries.Beat())
    assert "Oximeter: its decoder failed and was replaced" in chair.bedside.view(START).house[0]
    assert chair.open["monitoring_fault"].priority == "low"
    chair.says("oximeter", "spo2=97")
    assert vital(chair, Parameter.SPO2).value == 97
    chair.until("00:59")
    assert "monitoring_fault" in chair.open
    chair.until("01:01")
    assert "monitoring_fault" not in chair.open
    assert chair.bedside.view(chair.now).house == ()


def test_a_fresh_decoder_begins_as_at_an_opened_port_and_its_commands_are_over() -> None:
    chair = Chair("cuff")
    chair.act("nibp_start")
    changes = chair.says("cuff", "boom")
    assert [send.data for send in of(Send, changes)] == [b"HELLO\n"]
    assert commands(chair)[-1][1] is CommandState.TIMED_OUT


def test_a_decoder_that_cannot_even_begin_is_replaced_once() -> None:
    class Hopeless(TextDecoder):
        def opened(self, at: int) -> list[Observation]:
            raise ValueError("no")

    drivers = {**DRIVERS, "oximeter": replace(DRIVERS["oximeter"], decoder=Hopeless)}
    bedside = Bedside("1", drivers)
    bedside.apply(Entry("1", 1, START, entries.Configured(chair_config(["oximeter"]), "0.1.0")))
    changes = bedside.apply(Entry("1", 2, START, entries.PortOpened("oximeter")))
    assert len(of(HouseTold, changes)) == 1
    bedside.apply(Entry("1", 3, START, Bytes("oximeter", b"spo2=97\n")))
    assert bedside.view(START).vitals[0].value == 97


# The house and the clock


def test_what_ails_the_house_is_a_monitoring_fault() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.take(entries.HouseChanged("record", True, "The record cannot be written: disk full"))
    alert = chair.open["monitoring_fault"]
    assert (alert.text, alert.priority) == ("The record cannot be written: disk full", "medium")
    changes = chair.take(entries.HouseChanged("record", False, ""))
    assert of(HouseTold, changes)[0].house == ()
    assert "monitoring_fault" not in chair.open


def test_silent_screens_are_told_but_are_no_alert_of_the_chair() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    changes = chair.take(entries.HouseChanged("screens", True, "No screen can sound an alarm"))
    assert of(HouseTold, changes)[0].house == ("No screen can sound an alarm",)
    assert "monitoring_fault" not in chair.open


def test_a_clock_that_stepped_moves_shown_time_alone() -> None:
    chair = Chair("oximeter")
    chair.take(entries.ClockStepped(-3_600_000_000))
    assert chair.bedside.view(START).offset_us == -3_600_000_000


def test_a_gap_without_any_other_deadline_still_tells_the_planned_end_at_its_time() -> None:
    chair = Chair("oximeter")
    chair.infuse(order={"kind": "rate", "rate_mg_h": "60", "duration_min": 10})
    chair.measure(spo2=97)
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    chair.now = instant("19:00")
    chair.take(entries.Resumed(19 * 60 * SECOND, "restart"))
    assert chair.steps() == [
        "10:00 past_end began low",
        "15:00 past_end rose high",
        "16:00 past_end escalated high",
        "17:00 past_end escalated high",
    ]


# Commands and the cuff's schedule


def commands(chair: Chair) -> list[tuple[str, CommandState]]:
    return [(clock(change.at), change.command.state) for change in of(CommandChanged, chair.changes)]


def test_a_determination_from_request_to_done() -> None:
    chair = Chair("cuff")
    changes = chair.act("nibp_start")
    assert of(Send, changes)[0].data == b"START\n"
    with pytest.raises(ActionNotAllowed, match="Cuff is measuring"):
        chair.act("nibp_start")
    chair.says("cuff", "accepted")
    chair.says("cuff", "cuff_pressure=120")
    assert chair.bedside.view(START).commands[0].cuff_pressure == 120
    chair.says("cuff", "cuff_pressure=120")
    chair.says("cuff", "cuff_pressure=-")
    chair.says("cuff", "done")
    chair.says("cuff", "refused")
    states = [state.value for _, state in commands(chair)]
    assert states == ["requested", "sent", "accepted", "accepted", "accepted", "done"]
    assert chair.bedside.view(START).commands[0].by == "L. Moreno"
    chair.says("cuff", "cuff_pressure=0")
    assert chair.bedside.view(START).commands[0].cuff_pressure is None


def test_what_a_device_cannot_do_is_refused() -> None:
    chair = Chair("oximeter", "cuff")
    chair.act("nibp_stop")
    assert chair.bedside.view(START).commands[0].state is CommandState.REFUSED
    assert chair.bedside.view(START).commands[0].text == "this cuff cannot be aborted now"
    with pytest.raises(ActionNotAllowed, match="'oximeter' cannot do nibp_start"):
        chair.act("nibp_start", device="oximeter")
    with pytest.raises(NotFound, match="no device 'x'; it has oximeter, cuff"):
        chair.act("nibp_start", device="x")
    chair.take(entries.PortLost("cuff", "unplugged"))
    with pytest.raises(ActionNotAllowed, match="the line of Cuff is closed: unplugged"):
        chair.act("nibp_start")
    with pytest.raises(ActionNotAllowed, match="no device of this chair can do nibp_start"):
        Chair("oximeter").act("nibp_start")


def test_a_measuring_cuff_is_not_asked_again() -> None:
    chair = Chair("cuff")
    chair.says("cuff", "status=measuring,on,measuring")
    with pytest.raises(ActionNotAllowed, match="measuring"):
        chair.act("nibp_start")


def test_a_command_without_answer_times_out_at_its_own_time() -> None:
    chair = Chair("cuff")
    chair.act("nibp_start")
    chair.now = instant("10:00")
    chair.take(entries.Beat())
    assert commands(chair)[-1] == ("00:15", CommandState.TIMED_OUT)
    chair.act("nibp_start")
    chair.says("cuff", "accepted")
    chair.until("20:00")
    assert commands(chair)[-1] == ("13:20", CommandState.TIMED_OUT)


def test_a_lost_line_ends_its_commands() -> None:
    chair = Chair("cuff", "oximeter")
    chair.act("nibp_start")
    chair.take(entries.PortLost("oximeter", "unplugged"))
    assert commands(chair)[-1][1] is CommandState.SENT
    chair.take(entries.PortLost("cuff", "unplugged"))
    assert commands(chair)[-1][1] is CommandState.TIMED_OUT


def begun(chair: Chair) -> list[str]:
    return [
        clock(change.at)
        for change in of(CommandChanged, chair.changes)
        if change.command.state is CommandState.REQUESTED and change.command.kind is CommandKind.NIBP_START
    ]


def test_the_house_times_the_cuff() -> None:
    chair = Chair("cuff")
    chair.infuse()
    for minute in range(40):
        chair.until(f"{minute:02d}:30")
        chair.says("cuff", "done")
        chair.says("cuff", "nibp=120/80")
        if minute == 12:
            chair.act("nibp_start")
        if minute == 18:
            chair.act("nibp_interval", minutes=10)
        if minute == 30:
            chair.act("nibp_interval", minutes=None)
        if minute == 35:
            chair.act("nibp_interval", minutes=5)
    assert begun(chair) == ["00:00", "05:00", "10:00", "12:30", "17:30", "27:30", "35:30"]
    chair.says("cuff", "done")
    chair.act("stop")
    chair.act("close")
    assert chair.bedside.view(chair.now).nibp.next_at is None


def test_a_determination_that_cannot_begin_is_let_go_by() -> None:
    chair = Chair("cuff")
    chair.infuse()
    chair.take(entries.PortLost("cuff", "unplugged"))
    chair.until("06:00")
    chair.take(entries.PortOpened("cuff"))
    chair.until("16:00")
    assert begun(chair) == ["00:00", "10:00", "15:00"]


def test_before_the_infusion_the_cuff_measures_by_hand_only() -> None:
    chair = Chair("cuff")
    chair.admit()
    chair.act("nibp_start")
    chair.says("cuff", "done")
    chair.says("cuff", "nibp=120/80")
    chair.says("cuff", "status=cycling_stopped,on,leak")
    chair.says("cuff", "status=cycling_stopped,off,")
    chair.act("nibp_interval", minutes=10)
    chair.until("30:00")
    assert begun(chair) == ["00:00"]
    chair.act("start")
    assert begun(chair) == ["00:00", "30:00"]


def test_started_with_a_cuff_that_has_stopped_nothing_begins() -> None:
    chair = Chair("cuff")
    chair.admit()
    chair.says("cuff", "status=cycling_stopped,on,leak")
    chair.act("start")
    chair.act("nibp_start")
    chair.until("10:00")
    assert begun(chair) == ["00:00"]
    assert chair.bedside.view(chair.now).nibp.next_at is None


def test_what_a_person_aborted_has_not_failed() -> None:
    chair = Chair("cuff")
    chair.infuse()
    chair.says("cuff", "refused")
    for minute in (1, 2, 3):
        chair.until(f"{minute:02d}:00")
        chair.act("nibp_start")
        assert of(Send, chair.act("nibp_stop"))[0].data == b"STOP\n"
        chair.says("cuff", "status=measurement_failed,on,ended by the user")
    assert chair.bedside.present.cuff.failures == 0
    assert chair.steps() == []


def test_a_cuffs_pulse_rate_is_no_heart_rate_to_watch() -> None:
    chair = Chair("cuff", "oximeter")
    chair.infuse()
    rate = Reading(START, (Numeric(Parameter.PR, 150),), spot=True)
    chair.take(entries.Observed("cuff", (rate,)))
    assert vital(chair, Parameter.PR).value == 150
    chair.measure(spo2=97)
    chair.says("oximeter", "spo2=97 pr=74")
    chair.take(entries.Observed("cuff", (rate,)))
    assert vital(chair, Parameter.PR).value == 74
    chair.until("01:00")
    assert "hr_high" not in chair.open


# Gaps


def test_a_restart_keeps_session_limits_alerts_and_the_cuffs_reading() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.measure(spo2=84, pr=74)
    chair.says("cuff", "nibp=152/80")
    chair.until("01:00")
    chair.act("set_limit", code="hr_low", priority="low", value="48", reason="athlete")
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    chair.act("audio_pause")
    before = chair.bedside.view(chair.now)
    checkpoint = json.loads(json.dumps(chair.bedside.checkpoint()))
    chair.bedside = Bedside.restore("1", DRIVERS, checkpoint)
    assert chair.bedside.checkpoint() == checkpoint
    after = chair.bedside.view(chair.now)
    for kept in (
        "session",
        "alerts",
        "limits",
        "commands",
        "nibp",
        "audio_paused_until",
        "audio_paused_by",
        "name",
        "demo",
    ):
        assert getattr(after, kept) == getattr(before, kept), kept
    assert [view.parameter for view in after.vitals] == [Parameter.NIBP_SYS, Parameter.NIBP_DIA]


def test_alerts_of_a_gap_are_told_with_their_own_times() -> None:
    chair = Chair("oximeter")
    chair.infuse(order={"kind": "rate", "rate_mg_h": "60", "duration_min": 10})
    chair.measure(spo2=84, pr=74)
    chair.until("01:00")
    chair.act("acknowledge", alert=chair.open["spo2_low"].id)
    chair.act("audio_pause")
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    chair.now = instant("20:00")
    chair.take(entries.Resumed(19 * 60 * SECOND, "restart"))
    assert chair.steps() == [
        "00:05 spo2_low began high",
        "01:00 spo2_low acknowledged high",
        "03:00 spo2_low realarmed high",
        "04:00 spo2_low escalated high",
        "05:00 spo2_low escalated high",
        "10:00 past_end began low",
        "15:00 past_end rose high",
        "16:00 past_end escalated high",
        "17:00 past_end escalated high",
    ]
    assert chair.bedside.view(chair.now).audio_paused_until is None


@pytest.mark.parametrize("at", ["00:20", "03:00", "08:00"])
def test_resumed_live_and_from_the_checkpoint_are_the_same(at: str) -> None:
    ends = []
    for through_checkpoint in (False, True):
        chair = Chair("oximeter", "cuff")
        chair.infuse()
        chair.measure(spo2=84, pr=74)
        chair.until("00:30")
        chair.says("cuff", "nibp=182/80")
        chair.take(entries.HouseChanged("record", True, "disk full"))
        chair.says("oximeter", "boom")
        chair.until("01:30")
        chair.measure(spo2=96)
        chair.until("02:00")
        if through_checkpoint:
            chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
        chair.now = instant("02:00") + instant(at) - START
        told = chair.take(entries.Resumed(0, "restart"))
        told += chair.take(entries.PortOpened("oximeter"))
        mark = len(chair.changes)
        chair.until("15:00")
        told += chair.changes[mark:]
        vitals = [change for change in told if not isinstance(change, ReadingTaken)]
        ends.append((vitals, chair.bedside.view(chair.now), chair.bedside.checkpoint()))
    assert ends[0][0] == ends[1][0]
    assert ends[0][1:] == ends[1][1:]


def test_an_alert_from_before_a_gap_stands_until_values_clear_it() -> None:
    play("""
        at 01:00 spo2 88
        expect 01:15 spo2_low began medium
        at 02:00 restart
        at 02:01 spo2 96
        expect 02:11 spo2_low ended medium
    """)
    play("""
        at 01:00 spo2 88
        expect 01:15 spo2_low began medium
        at 02:00 silence oximeter
        at 02:00 restart
        expect 02:10 spo2_low ended medium
        expect 02:10 device_silent began medium
    """)


def test_a_technical_alert_from_before_a_gap_stands_until_its_condition_has_gone() -> None:
    play("""
        at 01:00 silence oximeter
        expect 01:10 device_silent began medium
        at 02:00 restart
        at 02:05 speak oximeter
        expect 02:06 device_silent ended medium
    """)


def test_a_latched_alert_stays_latched_across_a_gap() -> None:
    chair = play("""
        at 01:00 spo2 83
        expect 01:05 spo2_low began high
        at 01:10 spo2 96
        expect 01:20 spo2_low latched high
        at 02:00 restart
        at 03:00 spo2 95
    """)
    assert chair.open["spo2_low"].state is AlertState.LATCHED
    assert chair.open["spo2_low"].text == "SpO₂ was 83, now 95"


def test_a_cuff_alert_stands_across_a_gap_and_clears_by_two_readings() -> None:
    play("""
        at 00:30 nibp 165/80
        expect 00:30 nibp_high began low
        at 00:40 restart
        at 00:50 nibp 140/80
        at 00:55 nibp 140/80
        expect 00:55 nibp_high ended low       SBP was 165, now 140
    """, "oximeter", "dumb_cuff")  # fmt: skip


def test_commands_under_way_end_in_a_gap_and_nothing_is_made_up_for() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    chair.says("cuff", "accepted")
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    chair.now = instant("12:00")
    chair.take(entries.Resumed(12 * 60 * SECOND, "restart"))
    assert commands(chair)[-1] == ("12:00", CommandState.TIMED_OUT)
    chair.take(entries.PortOpened("cuff"))
    chair.until("15:30")
    assert begun(chair) == ["00:00", "15:00"]


# Configurations


def test_configured_makes_an_empty_chair_anew() -> None:
    chair = Chair("oximeter")
    chair.measure(spo2=83)
    chair.until("00:10")
    chair.act("audio_pause")
    changes = chair.take(entries.Configured(chair_config(["oximeter"], limits={"spo2_low.high": Decimal(82)}), "0.1.0"))
    assert [change.event for change in of(AlertChanged, changes)] == ["ended"]
    view = chair.bedside.view(chair.now)
    assert (view.vitals, view.alerts, view.session, view.audio_paused_until) == ((), (), None, None)
    assert next(limit.value for limit in view.limits if limit.priority == "high") == 82


def test_configured_in_a_session_works_like_resumed_with_other_numbers() -> None:
    chair = Chair("oximeter")
    chair.infuse()
    chair.measure(spo2=83)
    chair.until("00:10")
    chair.act("set_limit", code="hr_low", priority="low", value="48", reason="athlete")
    config = replace(
        chair_config(["oximeter", "ecg"], limits={"spo2_low.high": Decimal(84), "hr_low.low": Decimal(52)}), name="One"
    )
    chair.take(entries.Configured(config, "0.1.1"))
    view = chair.bedside.view(chair.now)
    assert view.session is not None
    assert [view.code for view in view.alerts] == ["spo2_low"]
    assert [device.id for device in view.devices] == ["oximeter", "ecg"]
    assert view.name == "One"
    values = {(limit.code, limit.priority.value): (str(limit.value), str(limit.preset)) for limit in view.limits}
    assert values["spo2_low", "high"] == ("84", "84")
    assert values["hr_low", "low"] == ("48", "52")


def test_the_checkpoint_counts_up_when_it_has_become_another() -> None:
    chair = Chair("oximeter", "cuff")
    chair.infuse()
    seen, at = chair.bedside.checkpoint(), chair.bedside.checkpoint_version
    for second in range(1, 120):
        value = 84 if 20 < second < 40 else 97
        chair.measure(spo2=value)
        chair.until(f"{second // 60:02d}:{second % 60:02d}")
        if second == 50:
            chair.says("cuff", "nibp=165/80")
        version, checkpoint = chair.bedside.checkpoint_version, chair.bedside.checkpoint()
        assert (version == at) == (checkpoint == seen)
        seen, at = checkpoint, version


def test_a_device_may_bear_a_title() -> None:
    bedside = Bedside("1", DRIVERS)
    config = replace(
        chair_config(),
        devices=(DeviceConfig("nibp", "cuff", "/dev/x"), DeviceConfig("b", "cuff", "/dev/y", "Left arm")),
    )
    bedside.apply(Entry("1", 1, START, entries.Configured(config, "0.1.0")))
    assert [view.title for view in bedside.view(START).devices] == ["NIBP", "Left arm"]


def test_checking_an_action_changes_nothing() -> None:
    chair = Chair("oximeter")
    chair.admit()
    before = (chair.bedside.checkpoint(), chair.bedside.view(START))
    chair.bedside.check(entries.OperatorAction(NURSE, "start", {}), START)
    assert (chair.bedside.checkpoint(), chair.bedside.view(START)) == before
