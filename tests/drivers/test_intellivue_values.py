"""What the IntelliVue decoder makes of numerics: state and number, units, the cuff and its times."""

import pytest

from drivers.base.observations import DeviceStatus, Numeric, Reading
from drivers.base.vocabulary import Parameter, Quality, StatusCode
from drivers.intellivue import Physio, UnitCode
from simulators._intellivue_encoding import Entry, attribute, listed, u16, u32
from tests.drivers import intellivue_messages as messages
from tests.drivers.intellivue_sets import SET, Line, cuff, hr, nu, numeric_set, of, shown, value


@pytest.mark.parametrize(
    ("number", "state", "value", "quality"),
    [
        (72, 0x0000, 72, ()),
        (72, 0x0002, 72, ()),
        (72, 0x4000, 72, (Quality.QUESTIONABLE,)),
        (72, 0x8000, None, (Quality.INVALID,)),
        (72, 0x2000, None, (Quality.INVALID,)),
        (72, 0x1000, None, (Quality.INVALID,)),
        (None, 0x0000, None, (Quality.INVALID,)),
        (72, 0x0400, 72, (Quality.DEMO,)),
        (72, 0x0800, 72, (Quality.TEST,)),
        (None, 0x8400, None, (Quality.INVALID, Quality.DEMO)),
        (10_001, 0x0000, None, (Quality.INVALID,)),
    ],
)
def test_state_and_number_decide(
    number: float | None, state: int, value: int | None, quality: tuple[Quality, ...]
) -> None:
    (reading,) = of(Reading, Line().hear(*numeric_set(hr(number, state))))
    assert reading.numerics == (Numeric(Parameter.HR, value, quality),)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("00000048", 72),
        ("ff00016e", 36.6),
        ("fffffff7", -0.9),
        ("01000007", 70),
        ("ff0002d0", 72),
        ("007fffff", None),
        ("fd7fffff", None),
        ("00800000", None),
        ("007ffffe", None),
        ("00800002", None),
        ("00800001", None),
    ],
)
def test_float_type(raw: str, value: float | None) -> None:
    observed = u16(Physio.HEART_RATE) + u16(0) + u16(UnitCode.BEATS_PER_MINUTE) + bytes.fromhex(raw)
    entry = Entry(1, 1, (attribute(0x0950, observed),))
    said = shown(Line().hear(*numeric_set(entry)))
    assert said == [{"hr": value}]
    assert type(said[0]["hr"]) is type(value)


@pytest.mark.parametrize(
    ("physio", "number", "decimals", "unit", "shown_as"),
    [
        (Physio.ETCO2, 5.1, 1, UnitCode.KILOPASCAL, {"etco2": 38}),
        (Physio.ETCO2, 38, 0, UnitCode.MMHG, {"etco2": 38}),
        (Physio.ETCO2, 5.1, 1, UnitCode.PERCENT, {"etco2": None}),
        (Physio.TEMPERATURE, 98.6, 1, UnitCode.FAHRENHEIT, {"temperature": 37.0}),
        (Physio.TEMPERATURE, 36.6, 1, UnitCode.CELSIUS, {"temperature": 36.6}),
        (Physio.TEMPERATURE, 36.6, 1, UnitCode.MMHG, {"temperature": None}),
        (Physio.PULSE, 71, 0, UnitCode.PULSES_PER_MINUTE, {"pr": 71}),
        (Physio.PERFUSION, 1.8, 1, UnitCode.DIMENSIONLESS, {"pi": 1.8}),
        (Physio.SPO2, 1, 0, UnitCode.DIMENSIONLESS, {"spo2": None}),
        (Physio.AIRWAY_RESPIRATORY_RATE, 11, 0, UnitCode.BREATHS_PER_MINUTE, {"rr": 11}),
    ],
)
def test_units_are_read_and_never_guessed(
    physio: int, number: float, decimals: int, unit: int, shown_as: dict[str, object]
) -> None:
    assert shown(Line().hear(*numeric_set(value(physio, number, unit, decimals=decimals)))) == [shown_as]


def test_impedance_comes_before_the_airway_where_it_has_a_value() -> None:
    airway = value(Physio.AIRWAY_RESPIRATORY_RATE, 11, UnitCode.BREATHS_PER_MINUTE)
    chest = value(Physio.RESPIRATORY_RATE, 14, UnitCode.BREATHS_PER_MINUTE)
    none = value(Physio.RESPIRATORY_RATE, None, UnitCode.BREATHS_PER_MINUTE, 0x8000)
    assert shown(Line().hear(*numeric_set(airway, chest))) == [{"rr": 14}]
    assert shown(Line().hear(*numeric_set(airway, none))) == [{"rr": 11}]


def test_a_determination_is_charted_once() -> None:
    line = Line()
    assert shown(line.hear(*numeric_set(cuff(121, 78, 92)))) == [{"nibp_sys": 121, "nibp_dia": 78, "nibp_mean": 92}]
    for number in range(2, 20):
        assert shown(line.hear(*numeric_set(cuff(121, 78, 92), ticks=number * SET))) == []
    later = cuff(121, 78, 92, stamp=(attribute(0x0990, bytes.fromhex("2026010210331200")),))
    (reading,) = of(Reading, line.hear(*numeric_set(later)))
    assert reading.device_time == "2026-01-02T10:33:12"
    assert shown(line.hear(*numeric_set(cuff(125, 78, 92)))) == [{"nibp_sys": 125, "nibp_dia": 78, "nibp_mean": 92}]


def test_an_old_determination_without_values_is_not_charted() -> None:
    assert Line().hear(*numeric_set(cuff(None, None, None, state=0x2000))) == []


def test_a_partial_determination_is_charted_as_such() -> None:
    values = [nu(0x4A07, 92, UnitCode.MMHG), nu(0x4A05, None, UnitCode.MMHG, 0x8000)]
    entry = Entry(1, 2, (attribute(0x094B, listed(values)),))
    (reading,) = of(Reading, Line().hear(*numeric_set(entry)))
    assert [(n.parameter.value, n.value) for n in reading.numerics] == [("nibp_sys", None), ("nibp_mean", 92)]
    assert reading.device_time is None


@pytest.mark.parametrize("state", [0x0020, 0x0040])
def test_nothing_is_charted_while_the_cuff_measures(state: int) -> None:
    line = Line()
    (status,) = line.hear(*numeric_set(cuff(121, 78, 92, state=state)))
    assert isinstance(status, DeviceStatus)
    assert (status.code, status.on) == (StatusCode.MEASURING, True)
    assert line.hear(*numeric_set(cuff(121, 78, 92, state=state))) == []
    ended, reading = line.hear(*numeric_set(cuff(124, 80, 95)))
    assert isinstance(ended, DeviceStatus)
    assert not ended.on
    assert shown([reading]) == [{"nibp_sys": 124, "nibp_dia": 80, "nibp_mean": 95}]


def test_kilopascal_of_the_cuff_are_converted_and_other_units_refused() -> None:
    pressures = (16.1, 10.4, 12.3)
    said = Line().hear(*numeric_set(cuff(*pressures, unit=UnitCode.KILOPASCAL, decimals=1)))
    assert shown(said) == [{"nibp_sys": 121, "nibp_dia": 78, "nibp_mean": 92}]
    assert Line().hear(*numeric_set(cuff(*pressures, unit=0x0F40, decimals=1))) == []


@pytest.mark.parametrize(
    ("stamp", "device_time"),
    [
        ((attribute(0x0990, bytes.fromhex("2026010210281200")),), "2026-01-02T10:28:12"),
        ((attribute(0x0990, b"\xff" * 8),), None),
        ((attribute(0x0990, bytes.fromhex("2026130210281200")),), None),
        ((attribute(0x0990, b"\x20"),), None),
        ((attribute(0x0991, u32(0x00100000 - 60 * 8000)),), "2026-01-02T10:29:45"),
        ((attribute(0x0991, b"\xff" * 4),), None),
        ((), None),
    ],
)
def test_the_time_of_a_determination(stamp: tuple[bytes, ...], device_time: str | None) -> None:
    line = Line()
    line.hear(messages.MDS_CREATE)
    (reading,) = of(Reading, line.hear(*numeric_set(cuff(121, 78, 92, stamp=stamp))))
    assert reading.device_time == device_time


def test_a_relative_time_needs_the_clock() -> None:
    (reading,) = of(Reading, Line().hear(*numeric_set(cuff(121, 78, 92, stamp=(attribute(0x0991, u32(5)),)))))
    assert reading.device_time is None
