"""What the IntelliVue decoder makes of the monitor's alarms, and of what it says of itself: demo, test, standby, who it is."""

import pytest

from drivers.base.observations import DeviceAlarm, DeviceStatus, Reading
from drivers.base.vocabulary import Parameter, Priority, Quality, StatusCode
from drivers.intellivue import Action, Attribute, Mode, ObjectClass, Operation
from simulators._intellivue_encoding import (
    Entry,
    Poll,
    attribute,
    listed,
    operation,
    poll_results,
    sized,
    u16,
    u32,
    wide,
)
from tests.drivers import intellivue_messages as messages
from tests.drivers.intellivue_sets import (
    BLOCK,
    LEADS_OFF,
    PLETH,
    SENSOR_OFF,
    SET,
    Line,
    alarm,
    alert_set,
    block,
    hr,
    numeric_set,
    of,
    spo2,
    wave_set,
)


def test_the_worked_alarms() -> None:
    line = Line()
    said = line.hear(messages.ALERTS)
    assert of(DeviceAlarm, said) == [
        DeviceAlarm(line.at, "inop.4bb8.308", True, Priority.LOW, False, "SpO2 SENSOR OFF"),
        DeviceAlarm(line.at, "alarm.4182.61768", True, Priority.MEDIUM, True, "** HR 128 > 120"),
    ]
    (status,) = of(DeviceStatus, said)
    assert (status.code, status.on) == (StatusCode.SENSOR_OFF, True)
    assert status.affects == (Parameter.SPO2, Parameter.PR, Parameter.PI)
    assert line.hear(messages.ALERTS, messages.KEEP_ALIVE_ANSWER) == []


def test_an_absent_entry_has_ended() -> None:
    line = Line()
    line.hear(messages.ALERTS)
    said = line.hear(*alert_set([], [alarm(0x4182, 61768, 0x0400, "*** HR 160")]))
    assert [(a.code, a.active, a.priority) for a in of(DeviceAlarm, said)] == [
        ("inop.4bb8.308", False, Priority.LOW),
        ("alarm.4182.61768", True, Priority.HIGH),
    ]
    assert [(s.code, s.on) for s in of(DeviceStatus, said)] == [(StatusCode.SENSOR_OFF, False)]


def test_a_list_that_did_not_come_ends_nothing() -> None:
    line = Line()
    line.hear(messages.ALERTS)
    assert line.hear(*alert_set(None, None)) == []
    assert line.hear(*alert_set(None, None, condition=None)) == []
    assert line.hear(*numeric_set()) == []
    gone = of(DeviceAlarm, line.hear(*alert_set(None, None, condition=(0, 2, 0, 0, 0))))
    assert [alarm.active for alarm in gone] == [False, False]


@pytest.mark.parametrize(
    ("entry", "text", "code", "priority"),
    [
        (alarm(0x4BB8, 4, 1), "SpO₂ absent", "inop.4bb8.4", Priority.LOW),
        (alarm(0x1234, 9998, 4), "Source 1234 code 9998", "inop.1234.9998", Priority.HIGH),
        (alarm(0x0006, 275, 2), "Source 10006 leads off", "inop.10006.274", Priority.MEDIUM),
        (alarm(0x4BB8, 310, 0, "  SpO2 MALF  \0rest"), "SpO2 MALF", "inop.4bb8.310", Priority.LOW),
    ],
)
def test_alarms_are_passed_through(entry: bytes, text: str, code: str, priority: Priority) -> None:
    (found,) = of(DeviceAlarm, Line().hear(*alert_set([entry])))
    assert (found.text, found.code, found.priority) == (text, code, priority)


def test_an_alarm_counts_though_its_words_cannot_be_read() -> None:
    entry = b"".join(map(u16, (0x4BB8, 310, 2, 0, 6, 1, 1, 0x0204))) + sized(b"\0" * 10 + u16(40) + b"ab")
    (found,) = of(DeviceAlarm, Line().hear(*alert_set([entry])))
    assert found.text == "SpO₂ sensor malfunction"


def test_the_higher_of_two_like_entries_counts() -> None:
    entries = [alarm(0x4182, 268, 1, "LA"), alarm(0x4182, 268, 4, "RA"), alarm(0x4182, 268, 2, "V")]
    (found,) = of(DeviceAlarm, Line().hear(*alert_set(entries)))
    assert (found.text, found.priority) == ("RA", Priority.HIGH)


@pytest.mark.parametrize(
    ("entry", "status", "affects"),
    [
        (SENSOR_OFF, StatusCode.SENSOR_OFF, (Parameter.SPO2, Parameter.PR, Parameter.PI)),
        (alarm(0x4BB8, 22, 1), StatusCode.NO_SENSOR, (Parameter.SPO2, Parameter.PR, Parameter.PI)),
        (LEADS_OFF, StatusCode.LEADS_OFF, (Parameter.HR, Parameter.RR)),
        (alarm(0x4A04, 356, 1), StatusCode.MEASUREMENT_FAILED, ()),
    ],
)
def test_technical_alarms_say_why_values_are_missing(
    entry: bytes, status: StatusCode, affects: tuple[Parameter, ...]
) -> None:
    line = Line()
    (told,) = of(DeviceStatus, line.hear(*alert_set([entry])))
    assert (told.code, told.on, told.affects) == (status, True, affects)
    (over,) = of(DeviceStatus, line.hear(*alert_set([])))
    assert (over.code, over.on) == (status, False)


def test_a_missing_value_bears_its_reason() -> None:
    line = Line()
    line.hear(*alert_set([SENSOR_OFF, LEADS_OFF]))
    (reading,) = of(Reading, line.hear(*numeric_set(spo2(None, 0x8000), hr(None, 0x8000))))
    assert {n.parameter: n.quality for n in reading.numerics} == {
        Parameter.SPO2: (Quality.SENSOR_OFF,),
        Parameter.HR: (Quality.LEADS_OFF,),
    }


def test_a_lead_off_does_not_make_a_heart_rate_unknowable_that_is_there() -> None:
    line = Line()
    line.hear(*numeric_set(hr(48)))
    (told,) = of(DeviceStatus, line.hear(*alert_set([LEADS_OFF])))
    assert told.affects == (Parameter.RR,)
    said = line.hear(*numeric_set(hr(None, 0x8000), ticks=2 * SET))
    assert [status.affects for status in of(DeviceStatus, said)] == [(Parameter.HR, Parameter.RR)]


def mds(mode: int) -> bytes:
    found = listed([attribute(Attribute.OPERATING_MODE, u16(mode))])
    report = bytes.fromhex("002100000000") + u32(0) + u16(0x0D06) + sized(bytes.fromhex("002100000000") + found)
    return operation(Operation.INVOKE, u16(1) + u16(1) + sized(report))


@pytest.mark.parametrize(
    ("message", "over", "code", "quality"),
    [
        (mds(Mode.DEMO), mds(Mode.MONITORING), StatusCode.DEMO, Quality.DEMO),
        (alert_set([], condition=(0x0100, 1, 0, 0, 0))[0], alert_set([])[0], StatusCode.DEMO, Quality.DEMO),
        (alert_set([], condition=(0x0400, 1, 0, 0, 0))[0], alert_set([])[0], StatusCode.TEST, Quality.TEST),
        (
            wave_set(block(0x4BB4, 1, state=0x0400, about=PLETH))[0],
            wave_set(block(0x4BB4, 1), ticks=2 * BLOCK)[0],
            StatusCode.DEMO,
            Quality.DEMO,
        ),
    ],
)
def test_demo_and_test_are_told_and_mark_every_value(
    message: bytes, over: bytes, code: StatusCode, quality: Quality
) -> None:
    line = Line()
    assert [(s.code, s.on) for s in of(DeviceStatus, line.hear(message))] == [(code, True)]
    (reading,) = of(Reading, line.hear(*numeric_set(hr(72))))
    assert reading.numerics[0].quality == (quality,)
    line.hear(*numeric_set(spo2(96), hr(70)))
    (gone,) = of(Reading, line.hear(*numeric_set(hr(72))))
    assert gone.numerics[1].quality == (Quality.INVALID, quality)
    assert [(s.code, s.on) for s in of(DeviceStatus, line.hear(over))] == [(code, False)]


def test_the_state_bits_of_one_value_mark_the_monitor() -> None:
    line = Line()
    demo, reading = line.hear(*numeric_set(hr(72, 0x0400)))
    assert isinstance(demo, DeviceStatus)
    assert (demo.code, demo.on) == (StatusCode.DEMO, True)
    assert isinstance(reading, Reading)
    (test,) = of(DeviceStatus, line.hear(*alert_set([alarm(0x4182, 40, 1, state=0x0400)])))
    assert test.code is StatusCode.TEST


def test_standby_is_told() -> None:
    (status,) = of(DeviceStatus, Line().hear(mds(Mode.STANDBY)))
    assert status.code is StatusCode.STANDBY


def test_who_the_monitor_is() -> None:
    line = Line()
    (status,) = of(DeviceStatus, line.hear(messages.MDS_CREATE))
    assert (status.code, status.on, status.text) == (StatusCode.IDENTITY, True, "Philips M8000")
    assert status.detail == "system id 0009fb000001"
    poll = Poll(9, Action.SINGLE_POLL, 9, ObjectClass.MDS, 0)
    told = (attribute(0x0928, sized(b"Philips\0") + sized(b"M8000\0")), attribute(0x091E, wide("Chair 4")))
    (status,) = of(DeviceStatus, line.hear(*poll_results(poll, 0, 0, [Entry(0, 0, told)], 996)))
    assert status.detail == "bed Chair 4"
    bare = (attribute(0x0928, sized(b"Philips")),)
    (status,) = of(DeviceStatus, line.hear(*poll_results(poll, 0, 0, [Entry(0, 0, bare)], 996)))
    assert (status.text, status.detail) == ("Philips", None)
