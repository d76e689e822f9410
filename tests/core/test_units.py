"""Another unit, or another kind of device, on a line: nothing it says is shown, it is told, and a person may accept it (H2, H3)."""

from dataclasses import replace

import pytest

from drivers.base.observations import DeviceStatus
from drivers.base.registry import driver_named
from drivers.base.vocabulary import Parameter, StatusCode
from monitor.core import entries
from monitor.core.bedside import Bedside
from monitor.core.changes import DeviceChanged, ReadingTaken, Send, WaveformArrived
from monitor.core.entries import Actor, Role
from monitor.core.units import Bond, Unit, bond_to, unit_of
from monitor.errors import ActionNotAllowed, BadRequest, NotFound, NotPermitted
from tests.standin import DRIVERS
from tests.timetable import SECOND, START, Chair, device, instant, of, vital

RIGHT = "status=identity,on,Oxi 7,serial number 0111"
OTHER = "status=identity,on,Oxi 7,serial number 222"


def bound(number: str = "", *devices: str) -> Chair:
    """A chair whose oximeter is bound to a serial number."""
    chair = Chair(*(devices or ("oximeter", "ecg")))
    first, *rest = chair.config.devices
    chair.config = replace(chair.config, devices=(replace(first, serial_number=number), *rest))
    chair.take(entries.Configured(chair.config, "0.1.0"))
    for name in chair.values:
        chair.take(entries.PortOpened(name))
    return chair


def infusing() -> Chair:
    """A chair with an infusion, whose oximeter has told that it is the one."""
    chair = Chair()
    chair.infuse()
    chair.says("oximeter", RIGHT)
    chair.measure(spo2=97, pr=74, hr=75)
    return chair


# What a unit is


@pytest.mark.parametrize(
    ("detail", "unit"),
    [
        (None, Unit("M8000")),
        ("bed 3", Unit("M8000")),
        ("serial number 42", Unit("M8000", "42")),
        ("bed 3; system id 0009fb12", Unit("M8000", "0009fb12")),
        ("plug id 1000", Unit("M8000", "1000")),
    ],
)
def test_a_unit_is_what_the_identity_tells_of_model_and_number(detail: str | None, unit: Unit) -> None:
    assert unit_of(DeviceStatus(0, StatusCode.IDENTITY, True, "M8000", detail=detail)) == unit


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (Unit("A", "12"), False),
        (Unit("A", "0012"), False),
        (Unit("B", "12"), False),
        (Unit("A", "13"), True),
        (Unit("A"), False),
        (Unit("B"), True),
        (Unit(), False),
    ],
)
def test_two_units_differ_by_number_or_else_by_model(other: Unit, differs: bool) -> None:
    assert Unit("A", "12").differs(other) is differs
    assert other.differs(Unit("A", "12")) is differs


def test_case_does_not_make_another_unit() -> None:
    assert not Unit("A", "00ab").differs(Unit("A", "AB"))


def test_a_bond_learns_what_it_did_not_know() -> None:
    bond = bond_to("12").meet(Unit("A"), True, 5)
    assert bond == Bond(Unit("A", "12"))
    assert str(bond.known) == "A no. 12"


# H2, H3: another unit


def test_h2_another_unit_while_a_patient_is_there_shows_no_values_and_is_told_at_once() -> None:
    chair = infusing()
    changes = chair.says("oximeter", OTHER)
    blanked = {view.parameter: view.value for change in of(ReadingTaken, changes) for view in change.vitals}
    assert blanked == {Parameter.SPO2: None, Parameter.PR: None}
    alert = chair.open["wrong_unit"]
    assert (alert.priority, alert.kind, alert.began) == ("medium", "technical", chair.now)
    assert alert.text == "Oximeter is another unit (Oxi 7 no. 222), not Oxi 7 no. 0111: its values are not shown"
    assert of(ReadingTaken, chair.says("oximeter", "spo2=82 pr=50")) == []
    assert of(WaveformArrived, chair.says("oximeter", "wave=1,2")) == []
    chair.says("oximeter", "alarm=d1,on,desaturation")
    view = device(chair, "oximeter")
    assert (view.unit, view.refused, view.alarms) == ("Oxi 7 no. 0111", "Oxi 7 no. 222", ())
    assert vital(chair, Parameter.SPO2).value is None
    assert vital(chair, Parameter.HR).value == 75


def test_what_is_refused_makes_no_second_alert_of_what_is_missing() -> None:
    chair = infusing()
    chair.says("oximeter", OTHER)
    chair.until("03:00")
    assert set(chair.open) == {"wrong_unit"}


def test_the_same_unit_again_is_no_news() -> None:
    chair = infusing()
    chair.says("oximeter", "status=identity,on,Oxi 7,serial number 111")
    chair.says("oximeter", "status=identity,on,Oxi 7")
    chair.says("oximeter", "status=identity,off,Oxi 7")
    assert vital(chair, Parameter.SPO2).value == 97
    assert device(chair, "oximeter").refused == ""


def test_when_the_right_unit_is_back_its_values_are_shown() -> None:
    chair = infusing()
    chair.says("oximeter", OTHER)
    chair.until("00:05")
    chair.says("oximeter", "status=identity,on,Oxi 7,serial number 333")
    assert chair.open["wrong_unit"].began == instant("00:00")
    chair.says("oximeter", RIGHT)
    chair.says("oximeter", "spo2=96 pr=70")
    assert vital(chair, Parameter.SPO2).value == 96
    assert "wrong_unit" not in chair.open


def test_a_refusal_outlives_the_port_and_a_restart() -> None:
    chair = infusing()
    chair.says("oximeter", OTHER)
    chair.take(entries.PortLost("oximeter", "unplugged"))
    chair.take(entries.PortOpened("oximeter"))
    chair.says("oximeter", "spo2=82")
    assert vital(chair, Parameter.SPO2).value is None
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    chair.take(entries.Resumed(0, "restart"))
    chair.take(entries.PortOpened("oximeter"))
    chair.says("oximeter", "spo2=82")
    assert all(view.value is None for view in chair.bedside.view(chair.now).vitals if view.device == "oximeter")
    assert chair.open["wrong_unit"].state == "active"
    assert device(chair, "oximeter").refused == "Oxi 7 no. 222"
    chair.says("oximeter", RIGHT)
    chair.says("oximeter", "spo2=97")
    assert vital(chair, Parameter.SPO2).value == 97


def test_with_nobody_there_another_unit_simply_takes_the_place() -> None:
    chair = Chair()
    chair.says("oximeter", RIGHT)
    chair.says("oximeter", OTHER)
    chair.says("oximeter", "spo2=97")
    assert (device(chair, "oximeter").unit, vital(chair, Parameter.SPO2).value) == ("Oxi 7 no. 222", 97)


def test_h3_a_place_bound_to_a_number_refuses_another_even_with_nobody_there() -> None:
    chair = bound("111")
    chair.says("oximeter", OTHER)
    chair.says("oximeter", "spo2=97")
    assert chair.bedside.view(chair.now).vitals == ()
    assert chair.open["wrong_unit"].priority == "low"
    chair.says("oximeter", RIGHT)
    chair.says("oximeter", "spo2=97")
    assert vital(chair, Parameter.SPO2).value == 97


def test_h2_a_monitor_that_goes_on_speaking_through_an_admission_is_still_the_one() -> None:
    chair = Chair()
    chair.says("oximeter", RIGHT)
    units = chair.bedside.units()
    assert units == {"oximeter": Unit("Oxi 7", "0111")}
    chair.take(entries.Configured(chair.config, "0.1.0", units))
    chair.take(entries.PortOpened("oximeter"))
    chair.admit()
    chair.says("oximeter", OTHER)
    assert device(chair, "oximeter").refused == "Oxi 7 no. 222"
    after = replace(chair.config, devices=chair.config.devices[::-1])
    chair.act("start")
    chair.act("stop")
    chair.act("close")
    chair.take(entries.Configured(after, "0.1.0", chair.bedside.units()))
    assert (device(chair, "oximeter").unit, device(chair, "oximeter").refused) == ("Oxi 7 no. 222", "")


def test_a_place_bound_to_a_number_stays_so_through_an_admission() -> None:
    chair = bound("111")
    chair.says("oximeter", OTHER)
    chair.take(entries.Configured(chair.config, "0.1.0", chair.bedside.units()))
    assert device(chair, "oximeter").refused == "Oxi 7 no. 222"
    assert chair.open["wrong_unit"].began == chair.now


def test_a_device_that_does_not_tell_its_number_is_not_refused() -> None:
    chair = bound("111")
    chair.says("oximeter", "status=identity,on,Oxi 7")
    chair.says("oximeter", "spo2=97")
    assert vital(chair, Parameter.SPO2).value == 97


def test_a_changed_configuration_in_a_session_binds_anew_only_what_changed() -> None:
    chair = Chair()
    chair.infuse()
    chair.says("oximeter", RIGHT)
    chair.says("ecg", RIGHT)
    first, second = chair.config.devices
    config = replace(chair.config, devices=(replace(first, serial_number="222"), second))
    chair.take(entries.Configured(config, "0.1.0"))
    chair.says("oximeter", OTHER)
    chair.says("ecg", OTHER)
    assert [device(chair, name).refused for name in ("oximeter", "ecg")] == ["", "Oxi 7 no. 222"]


# A person accepts it


def test_a_person_accepts_the_other_unit_and_its_line_begins_anew() -> None:
    chair = infusing()
    chair.says("oximeter", OTHER)
    changes = chair.act("accept_device", device="oximeter", unit="Oxi 7 no. 222")
    assert [send.data for send in of(Send, changes)] == [b"HELLO\n"]
    view = of(DeviceChanged, changes)[-1].device
    assert (view.unit, view.refused, view.accepted_by) == ("Oxi 7 no. 222", "", "L. Moreno")
    assert "wrong_unit" not in chair.open
    chair.says("oximeter", OTHER)
    chair.says("oximeter", "spo2=96")
    assert vital(chair, Parameter.SPO2).value == 96
    assert device(chair, "oximeter").accepted_by == "L. Moreno"
    chair.says("oximeter", RIGHT)
    assert device(chair, "oximeter").refused == "Oxi 7 no. 0111"


def test_what_was_accepted_outlives_a_restart_but_not_the_session() -> None:
    chair = bound("111")
    chair.infuse()
    chair.says("oximeter", OTHER)
    chair.act("accept_device", device="oximeter", unit="Oxi 7 no. 222")
    chair.bedside = Bedside.restore("1", DRIVERS, chair.bedside.checkpoint())
    chair.take(entries.Resumed(0, "restart"))
    assert (device(chair, "oximeter").unit, device(chair, "oximeter").accepted_by) == ("Oxi 7 no. 222", "L. Moreno")
    chair.act("stop")
    chair.act("close")
    chair.take(entries.Configured(chair.config, "0.1.0"))
    chair.says("oximeter", OTHER)
    assert device(chair, "oximeter").refused == "Oxi 7 no. 222"


def test_a_unit_is_accepted_while_its_line_is_closed() -> None:
    chair = infusing()
    chair.says("oximeter", OTHER)
    chair.take(entries.PortLost("oximeter", "unplugged"))
    changes = chair.act("accept_device", device="oximeter", unit="Oxi 7 no. 222")
    assert of(Send, changes) == []
    assert of(DeviceChanged, changes)[-1].device.refused == ""


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"device": "x", "unit": "Oxi 7"}, NotFound, "this chair has no device 'x'; it has oximeter, ecg"),
        ({"device": "ecg", "unit": "Oxi 7"}, ActionNotAllowed, "no other unit waits there, not Oxi 7"),
        (
            {"device": "oximeter", "unit": "Oxi 7 no. 333"},
            ActionNotAllowed,
            "Oximeter: Oxi 7 no. 222 waits to be accepted, not Oxi 7 no. 333",
        ),
        ({"device": "oximeter"}, BadRequest, "unit must be a text"),
        (
            {"device": "oximeter", "unit": "Oxi 7 no. 222", "actor": Actor("O", Role.OBSERVER)},
            NotPermitted,
            "a nurse or physician may do this",
        ),
    ],
)
def test_only_the_unit_that_a_person_has_seen_is_accepted(
    arguments: dict[str, object], error: type[Exception], sentence: str
) -> None:
    chair = infusing()
    chair.says("oximeter", OTHER)
    with pytest.raises(error, match=sentence):
        chair.act("accept_device", **arguments)
    assert device(chair, "oximeter").refused == "Oxi 7 no. 222"


def test_a_cuff_that_is_another_unit_is_not_let_measure() -> None:
    chair = bound("111", "cuff")
    chair.says("cuff", "status=identity,on,Cuff,serial number 222")
    chair.admit()
    chair.says("cuff", "status=identity,on,Cuff,serial number 222")
    chair.act("start")
    with pytest.raises(ActionNotAllowed, match=r"Cuff is another unit, Cuff no\. 222: accept it"):
        chair.act("nibp_start")
    chair.changes.clear()
    chair.says("cuff", "status=measurement_failed,on,leak")
    chair.says("cuff", "nibp=120/80")
    chair.until("11:00")
    assert of(Send, chair.changes) == []
    assert chair.bedside.present.cuff.last is None
    assert chair.bedside.present.cuff.failures == 0


# H3: another kind of device


def test_h3_bytes_of_another_device_blank_the_values_until_the_line_has_been_understood_for_2_s() -> None:
    chair = infusing()
    changes = chair.says("oximeter", "status=not_this_device,on,these bytes are strange")
    assert {view.value for change in of(ReadingTaken, changes) for view in change.vitals} == {None}
    assert of(ReadingTaken, chair.says("oximeter", "spo2=60")) == []
    chair.quiet.add("oximeter")
    chair.until("00:15")
    assert chair.open["device_silent"].text == "Oximeter: these bytes are strange"
    chair.says("oximeter", "status=not_this_device,off,understood again")
    assert of(ReadingTaken, chair.says("oximeter", "spo2=60")) == []
    chair.until("00:17")
    chair.says("oximeter", "spo2=96")
    assert vital(chair, Parameter.SPO2).value == 96


def test_a_port_opened_anew_is_believed_at_once() -> None:
    chair = infusing()
    chair.says("oximeter", "status=not_this_device,on,these bytes are strange")
    chair.says("oximeter", "status=not_this_device,off,understood again")
    chair.take(entries.PortLost("oximeter", "unplugged"))
    chair.take(entries.PortOpened("oximeter"))
    chair.says("oximeter", "spo2=96")
    assert vital(chair, Parameter.SPO2).value == 96


# A real device: the sheet's line of a Rad-8, with another serial number


def _rad_8(number: str, spo2: int) -> bytes:
    return (
        f"02/22/16 22:47:45 SN={number} SPO2={spo2:03d}% BPM=097 PI=03.60% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- "
        "ALARM=0000 EXC=000800\r\n"
    ).encode()


def test_h3_two_oximeters_that_change_places_are_both_refused() -> None:
    driver = driver_named("masimo")
    numbers = {"1": "0000056661", "2": "0000182948"}
    chairs = {name: Bedside(name, {"masimo": driver}) for name in numbers}
    seq, at = 0, START

    def hear(chair: str, number: str, spo2: int) -> None:
        nonlocal seq, at
        for _ in range(3):
            seq, at = seq + 1, at + SECOND
            chairs[chair].apply(entries.Entry(chair, seq, at, entries.Bytes("oximeter", _rad_8(number, spo2))))

    for chair, number in numbers.items():
        place = entries.DeviceConfig("oximeter", "masimo", f"/dev/{chair}", serial_number=number.lstrip("0"))
        config = entries.ChairConfig(chair, chair, (place,))
        chairs[chair].apply(entries.Entry(chair, 0, at, entries.Configured(config, "0.1.0")))
        hear(chair, number, 97)
        assert [v.value for v in chairs[chair].view(at).vitals if v.parameter is Parameter.SPO2] == [97]
    hear("1", numbers["2"], 95)
    hear("2", numbers["1"], 95)
    for bedside in chairs.values():
        view = bedside.view(at)
        assert {vital.value for vital in view.vitals} == {None}
        assert [alert.code for alert in view.alerts] == ["wrong_unit"]
