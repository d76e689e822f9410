"""The bedside at its ports: lines, decoders, values; the house and the clock."""

from dataclasses import replace

import pytest

from drivers.base.observations import Numeric, Observation, Reading
from drivers.base.vocabulary import Parameter
from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.changes import (
    CommandState,
    DeviceChanged,
    HouseTold,
    LineState,
    ReadingTaken,
    Send,
    WaveformArrived,
)
from monitor.core.entries import Bytes, Entry
from tests.standin import DRIVERS, TextDecoder
from tests.timetable import SECOND, START, Chair, chair_config, clock, commands, device, instant, of, vital

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
