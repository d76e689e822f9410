"""Commands to devices and the cuff's schedule, from request to outcome."""

import pytest

from drivers.base.observations import Numeric, Reading
from drivers.base.vocabulary import Parameter
from monitor.core import entries
from monitor.core.changes import (
    CommandState,
    Send,
)
from monitor.errors import ActionNotAllowed, NotFound
from tests.timetable import START, Chair, begun, commands, instant, of, vital


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
