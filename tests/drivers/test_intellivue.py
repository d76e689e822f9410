"""What the IntelliVue decoder makes of polled data: numerics, the cuff, curves, alarms, states. Nothing is asked for here."""

import random
from collections.abc import Iterable
from typing import TypeVar

import pytest

from drivers.base.observations import (
    DeviceAlarm,
    DeviceStatus,
    Instant,
    LinkFault,
    Numeric,
    Observation,
    Reading,
    WaveformChunk,
)
from drivers.base.vocabulary import FaultKind, Parameter, Priority, Quality, StatusCode, Unit, WaveformName
from drivers.intellivue import (
    DRIVER,
    Action,
    Attribute,
    IntellivueDecoder,
    Mode,
    ObjectClass,
    Operation,
    Physio,
    UnitCode,
)
from simulators._intellivue_encoding import (
    Entry,
    Poll,
    attribute,
    float_type,
    framed,
    listed,
    operation,
    poll_results,
    sized,
    u16,
    u32,
    wide,
)
from tests.drivers import intellivue_messages as messages

S = 1_000_000
START: Instant = 1_800_000_000 * S
SET = 8192
Said = TypeVar("Said", bound=Observation)
BLOCK = 2048


class Line:
    """A decoder that is only listened with."""

    def __init__(self) -> None:
        self.decoder = IntellivueDecoder()
        self.at = START

    def hear(self, *user_data: bytes) -> list[Observation]:
        said: list[Observation] = []
        for message in user_data:
            self.at += 20_000
            said += self.decoder.feed(framed(message), self.at)
        return said

    def wait(self, seconds: float) -> list[Observation]:
        self.at += int(seconds * S)
        said: list[Observation] = []
        while (due := self.decoder.next_deadline()) is not None and due <= self.at:
            said += self.decoder.wake(due)
        return said


def numeric_set(
    *entries: Entry, sequence: int = 1, ticks: int = SET, mtu: int = 996, single: bool = False
) -> list[bytes]:
    poll = Poll(4, Action.SINGLE_POLL if single else Action.EXTENDED_POLL, 1, ObjectClass.NUMERIC, 0x0803)
    return poll_results(poll, sequence, ticks, entries, mtu)


def value(
    physio: int, number: float | None, unit: int, state: int = 0, decimals: int = 0, handle: int | None = None
) -> Entry:
    return Entry(1, handle or physio, (attribute(0x0950, nu(physio, number, unit, state, decimals)),))


def nu(physio: int, number: float | None, unit: int, state: int = 0, decimals: int = 0) -> bytes:
    return u16(physio) + u16(state) + u16(unit) + float_type(number, decimals)


def hr(number: float | None, state: int = 0) -> Entry:
    return value(Physio.HEART_RATE, number, UnitCode.BEATS_PER_MINUTE, state)


def spo2(number: float | None, state: int = 0) -> Entry:
    return value(Physio.SPO2, number, UnitCode.PERCENT, state)


def cuff(
    *pressures: float | None,
    state: int = 0,
    unit: int = UnitCode.MMHG,
    decimals: int = 0,
    stamp: tuple[bytes, ...] = (attribute(0x0990, bytes.fromhex("2026010210281200")),),
) -> Entry:
    values = [nu(0x4A05 + place, number, unit, state, decimals) for place, number in enumerate(pressures)]
    return Entry(1, 0x8272, (*stamp, attribute(0x094B, listed(values))))


def alert_set(
    technical: Iterable[bytes] | None,
    patient: Iterable[bytes] | None = (),
    condition: tuple[int, ...] | None = (0, 1, 1, 1, 1),
    sequence: int = 1,
) -> list[bytes]:
    attributes = []
    if condition is not None:
        attributes.append(attribute(0x0916, b"".join(map(u16, condition))))
    if technical is not None:
        attributes.append(attribute(0x0904, listed([*technical])))
    if patient is not None:
        attributes.append(attribute(0x0902, listed([*patient])))
    poll = Poll(6, Action.EXTENDED_POLL, 3, ObjectClass.ALERT_MONITOR, 0x0801)
    return poll_results(poll, sequence, SET, [Entry(0, 1, tuple(attributes))], 996)


def alarm(source: int, code: int, kind: int, text: str | None = None, state: int = 0) -> bytes:
    information = u16(0) + u32(0) + u16(0) + u16(0) + (b"" if text is None else wide(text))
    shape = 0x0201 if text is None else 0x0204
    return b"".join(map(u16, (source, code, kind, state, 6, 1, 0x8400, shape))) + sized(information)


SENSOR_OFF = alarm(0x4BB8, 308, 1, "SpO2 SENSOR OFF")
LEADS_OFF = alarm(0x4182, 274, 2, "ECG LEADS OFF")


def wave_set(*entries: Entry, ticks: int = BLOCK, sequence: int = 1, mtu: int = 996) -> list[bytes]:
    poll = Poll(5, Action.EXTENDED_POLL, 2, ObjectClass.WAVE, 0)
    return poll_results(poll, sequence, ticks, entries, mtu)


def context(
    label: int | None,
    period: int,
    bits: tuple[int, int] = (16, 12),
    scale: bytes | None = None,
    unit: int = UnitCode.DIMENSIONLESS,
    fixed: tuple[int, ...] = (),
) -> tuple[bytes, ...]:
    found = [attribute(0x096D, u16(32) + bytes(bits) + u16(0x8000)), attribute(0x098D, u32(period))]
    found += [] if label is None else [attribute(0x0924, u32(0x20000 | label))]
    found += [] if scale is None else [attribute(0x096F, scale)]
    found += [attribute(0x0A16, listed([u16(1) + u16(mark) for mark in fixed]))] if fixed else []
    return (*found, attribute(0x0996, u16(unit)))


def samples(physio: int, *counts: int, state: int = 0) -> bytes:
    return u16(physio) + u16(state) + sized(b"".join(map(u16, counts)))


def block(physio: int, *counts: int, state: int = 0, handle: int = 0x0402, about: tuple[bytes, ...] = ()) -> Entry:
    return Entry(1, handle, (*about, attribute(0x096E, samples(physio, *counts, state=state))))


ECG_SCALE = float_type(-40.96, 2) + float_type(40.955, 3) + u16(0) + u16(16383)
PLETH = context(0x4BB4, 64)


def of(kind: type[Said], said: Iterable[Observation]) -> list[Said]:
    return [one for one in said if isinstance(one, kind)]


def shown(said: Iterable[Observation]) -> list[dict[str, object]]:
    return [{n.parameter.value: n.value for n in reading.numerics} for reading in of(Reading, said)]


def test_the_driver_tells_what_it_can() -> None:
    assert (str(DRIVER.line), DRIVER.commands) == ("115200 8N1", ())
    assert set(DRIVER.parameters) == set(Parameter) - {Parameter.CUFF_PRESSURE}
    assert set(DRIVER.waveforms) == set(WaveformName)


def test_a_linked_set_is_one_reading_and_the_cuff_another() -> None:
    line = Line()
    parts = (messages.LINKED_FIRST, messages.LINKED_MIDDLE, messages.LINKED_LAST)
    assert line.hear(*parts) == []
    continuous, spot = of(Reading, line.hear(messages.LINKED_CLOSING))
    assert {(n.parameter.value, n.value, n.quality) for n in continuous.numerics} == {
        ("hr", 72, ()),
        ("rr", 14, ()),
        ("spo2", 97, ()),
        ("pr", 71, ()),
        ("pi", 1.8, ()),
        ("etco2", None, (Quality.INVALID,)),
    }
    assert [(n.parameter.value, n.value) for n in spot.numerics] == [
        ("nibp_sys", 121),
        ("nibp_dia", 78),
        ("nibp_mean", 92),
    ]
    assert (spot.spot, spot.device_time, continuous.spot) == (True, "2026-01-02T10:28:12", False)
    assert shown(line.hear(messages.SMALL_RESULT))[0]["hr"] == 72


def test_a_part_that_is_missing_makes_nothing_gone() -> None:
    line = Line()
    line.hear(messages.LINKED_FIRST, messages.LINKED_MIDDLE, messages.LINKED_LAST, messages.LINKED_CLOSING)
    entries = hr(70), spo2(96), value(Physio.RESPIRATORY_RATE, 12, UnitCode.BREATHS_PER_MINUTE)
    whole = numeric_set(*entries, mtu=90)
    assert len(whole) == 4
    for lost in range(3):
        parts = whole[:lost] + whole[lost + 1 :]
        assert None not in shown(line.hear(*parts))[0].values()
    assert shown(line.hear(whole[3])) == []


def test_parts_of_different_sets_are_never_joined() -> None:
    line = Line()
    before = numeric_set(hr(50), spo2(90), mtu=90, sequence=0)
    after = numeric_set(hr(70), spo2(96), mtu=90, sequence=0, ticks=2 * SET)
    assert len(before) == len(after) == 3
    said = line.hear(before[0], *after[1:])
    assert shown(said) == [{"hr": 50}, {"spo2": 96}]


def test_two_polls_interleave() -> None:
    line = Line()
    first, last, closing = numeric_set(hr(70), spo2(96), mtu=90)
    wave = wave_set(block(0x4BB4, 1, 2, about=PLETH))
    said = line.hear(first, *wave, last, *alert_set([]), closing)
    assert shown(said) == [{"hr": 70, "spo2": 96}]
    assert len(of(WaveformChunk, said)) == 1


def test_a_set_that_is_never_closed_is_told_after_a_second() -> None:
    line = Line()
    line.hear(messages.LINKED_FIRST)
    assert shown(line.wait(0.9)) == []
    assert shown(line.wait(0.2)) == [{"hr": 72, "rr": 14}]
    assert line.decoder.next_deadline() is None


def test_open_sets_are_bounded() -> None:
    line = Line()
    said: list[Observation] = []
    for invoke_id in range(40):
        message = bytearray(messages.LINKED_FIRST)
        message[11] = invoke_id
        said += line.hear(bytes(message))
    assert 30 < len(shown(said)) < 40
    assert len(shown(line.hear(*[messages.LINKED_FIRST] * 100))) >= 1


def test_what_a_complete_set_no_longer_holds_is_missing() -> None:
    line = Line()
    line.hear(*numeric_set(hr(70), spo2(96)))
    assert shown(line.hear(*numeric_set(hr(71), ticks=2 * SET))) == [{"hr": 71, "spo2": None}]
    assert shown(line.hear(*numeric_set(hr(72), ticks=3 * SET))) == [{"hr": 72}]


def test_context_alone_says_nothing_of_values() -> None:
    line = Line()
    line.hear(*numeric_set(hr(70)))
    empty = Entry(1, Physio.HEART_RATE, (attribute(0x0924, u32(0x24182)),))
    assert line.hear(*numeric_set(empty, sequence=0)) == []
    assert line.hear(*numeric_set(sequence=0)) == []


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


def test_the_worked_pleth() -> None:
    line = Line()
    (flat,) = of(WaveformChunk, line.hear(messages.PLETH_WITH_CONTEXT))
    line.at += 256_000 - 20_000
    (rising,) = of(WaveformChunk, line.hear(messages.PLETH_PLAIN))
    assert (flat.waveform, flat.rate_hz, flat.scale, flat.unit) == (WaveformName.PLETH, 125.0, None, Unit.ONE)
    assert (flat.run, flat.first_index, flat.samples) == (0, 0, (2048,) * 32)
    assert (rising.run, rising.first_index, rising.samples) == (0, 32, tuple(range(2000, 2032)))
    assert rising.start - flat.start == 256_000


def test_a_flat_pleth_with_state_0_does_not_tell_a_sensor_off() -> None:
    line = Line()
    said = line.hear(messages.PLETH_WITH_CONTEXT, *numeric_set(spo2(None, 0x8000)))
    assert of(DeviceStatus, said) == []
    assert shown(said) == [{"spo2": None}]


def test_samples_wait_for_their_context() -> None:
    line = Line()
    for number in range(3):
        assert line.hear(*wave_set(block(0x4BB4, *range(32)), ticks=BLOCK * number)) == []
    chunks = of(WaveformChunk, line.hear(*wave_set(block(0x4BB4, *range(32), about=PLETH), ticks=BLOCK * 3)))
    assert [chunk.first_index for chunk in chunks] == [0, 32, 64, 96]
    assert {chunk.run for chunk in chunks} == {0}


def test_only_some_seconds_wait() -> None:
    line = Line()
    for number in range(100):
        assert line.hear(*wave_set(block(0x4BB4, *range(32)), ticks=BLOCK * number)) == []
    chunks = of(WaveformChunk, line.hear(*wave_set(block(0x4BB4, *range(32), about=PLETH), ticks=BLOCK * 100)))
    assert len(chunks) == 32


def test_gaps_repetitions_and_new_runs() -> None:
    line = Line()

    def at(ticks: int, count: int = 32) -> list[tuple[int, int]]:
        chunks = of(WaveformChunk, line.hear(*wave_set(block(0x4BB4, *range(count), about=PLETH), ticks=ticks)))
        return [(chunk.run, chunk.first_index) for chunk in chunks]

    late = 0xFFFFFFFF - BLOCK + 1
    assert at(late - BLOCK) == [(0, 0)]
    assert at(late) == [(0, 32)]
    assert at(0) == [(0, 64)]  # relative time wraps
    assert at(0) == []
    assert at(BLOCK * 3) == [(0, 64 + 96)]
    assert at(BLOCK * 4 + 1) == [(1, 0)]
    assert at(BLOCK * 2) == [(2, 0)]
    assert at(BLOCK * 3 + 70 * 8000) == [(3, 0)]
    assert at(BLOCK, count=0) == []


def test_unusable_samples_are_a_gap() -> None:
    line = Line()
    line.hear(*wave_set(block(0x4BB4, *range(32), about=PLETH), ticks=0))
    assert line.hear(*wave_set(block(0x4BB4, *range(32), state=0x8000), ticks=BLOCK)) == []
    (chunk,) = of(WaveformChunk, line.hear(*wave_set(block(0x4BB4, *range(32)), ticks=BLOCK * 2)))
    assert (chunk.run, chunk.first_index) == (0, 64)


def test_the_compound_ecg_is_scaled_by_its_one_context() -> None:
    about = context(0x0100, 32, (16, 14), ECG_SCALE, UnitCode.MILLIVOLT, fixed=(0x8000, 0x4001, 0x8004))
    arrays = [samples(0x0101, 8192, 8392), samples(0x0102, 8192, 0x8004, 0x8000 | 8193), samples(0x0143, 0x8004, 1)]
    entry = Entry(1, 0x02CA, (*about, attribute(0x0967, listed(arrays))))
    one, two, v = of(WaveformChunk, Line().hear(*wave_set(entry)))
    assert [chunk.waveform.value for chunk in (one, two, v)] == ["ecg_i", "ecg_ii", "ecg_v"]
    assert (one.rate_hz, one.scale, one.offset, one.unit) == (250.0, 0.005, -8192, Unit.MILLIVOLT)
    assert (one.samples[1] + one.offset) * 0.005 == pytest.approx(1.0)
    assert two.samples == (8192, 8192, 8193)  # a mark stands for no sample, a marked sample for one
    assert v.samples == (4, 1)


def test_single_leads_share_a_handle_and_keep_their_own_context() -> None:
    two = context(0x0102, 16, (16, 14), ECG_SCALE, UnitCode.MILLIVOLT)
    v = context(0x0143, 32, (16, 14), ECG_SCALE, UnitCode.MICROVOLT)
    entries = block(0x0102, 1, 2, handle=7, about=two), block(0x0143, 3, handle=7, about=v)
    chunks = of(WaveformChunk, Line().hear(*wave_set(*entries)))
    assert [(c.waveform.value, c.rate_hz, c.scale) for c in chunks] == [
        ("ecg_ii", 500.0, 0.005),
        ("ecg_v", 250.0, 5e-06),
    ]


@pytest.mark.parametrize(
    ("about", "counts", "chunk"),
    [
        (context(None, 64), (5, 6), (None, 0, (5, 6), Unit.ONE)),
        (context(0x4BB4, 64, (16, 16)), (0, 65535), (None, 32768, (-32768, 32767), Unit.ONE)),
        (
            context(0x4BB4, 64, (16, 16), float_type(0) + float_type(65535) + u16(0) + u16(65535), UnitCode.MMHG),
            (1,),
            (1.0, 32768, (-32767,), Unit.MMHG),
        ),
        (context(0x4BB4, 64, scale=float_type(1) + float_type(1) + u16(0) + u16(9)), (5,), (None, 0, (5,), Unit.ONE)),
        (context(0x4BB4, 64, scale=float_type(0) + float_type(1) + u16(9) + u16(9)), (5,), (None, 0, (5,), Unit.ONE)),
    ],
)
def test_formats_of_samples(
    about: tuple[bytes, ...], counts: tuple[int, ...], chunk: tuple[float | None, int, tuple[int, ...], Unit]
) -> None:
    (found,) = of(WaveformChunk, Line().hear(*wave_set(block(0x4BB4, *counts, about=about))))
    assert (found.scale, found.offset, found.samples, found.unit) == chunk


def test_samples_of_eight_bits() -> None:
    entry = Entry(1, 1, (*context(0x4BB4, 64, (8, 8)), attribute(0x096E, u16(0x4BB4) + u16(0) + sized(b"\x01\xff"))))
    (chunk,) = of(WaveformChunk, Line().hear(*wave_set(entry)))
    assert chunk.samples == (1, 255)


@pytest.mark.parametrize("about", [context(0x4BB4, 0), context(0x4BB4, 64, (12, 12)), context(0x4BB4, 64, (16, 0))])
def test_a_context_that_makes_no_sense_shows_no_curve(about: tuple[bytes, ...]) -> None:
    assert Line().hear(*wave_set(block(0x4BB4, 1, 2, about=about))) == []


def test_context_in_pieces_and_of_objects_nobody_knows() -> None:
    line = Line()
    period = Entry(1, 0x0402, (attribute(0x098D, u32(64)),))
    size = Entry(1, 0x0402, (attribute(0x096D, u16(32) + b"\x10\x0c\0\0"), attribute(0x0924, u32(0x24BB4))))
    named = Entry(1, 0x0402, (attribute(0x098D, u32(64)), attribute(0x0924, u32(0x24BB4))))
    assert line.hear(*wave_set(period, size)) == []  # a period of nobody's
    assert line.hear(*wave_set(block(0x4BB4, 1, 2), block(0x7777, 1, about=context(0x7777, 64)))) == []
    assert len(of(WaveformChunk, line.hear(*wave_set(named, block(0x4BB4, 3, 4), ticks=2 * BLOCK)))) == 2
    for handle in range(100):
        line.hear(*wave_set(block(0x4BB4, handle=handle, about=PLETH)))
    assert len(of(WaveformChunk, line.hear(*wave_set(block(0x4BB4, 5, about=PLETH), ticks=3 * BLOCK)))) == 1


def test_curves_are_placed_by_the_monitors_time_and_its_drift_is_followed() -> None:
    line = Line()
    line.at = START
    starts = []
    for number, late_us in enumerate((0, 30_000, 0, 90_000)):
        line.at = START + number * 256_000 + late_us - 20_000
        (chunk,) = of(WaveformChunk, line.hear(*wave_set(block(0x4BB4, *range(32), about=PLETH), ticks=number * BLOCK)))
        starts.append(chunk.start - START - number * 256_000)
    assert starts[0] == 0
    assert all(0 <= start <= 150 for start in starts)


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


def test_a_single_poll_of_numerics_is_a_reading() -> None:
    assert shown(Line().hear(*numeric_set(hr(64), single=True))) == [{"hr": 64}]


@pytest.mark.parametrize(
    "message",
    [
        messages.LINKED_FIRST[:-3],
        messages.ASSOCIATION_RESPONSE[:120],
        messages.ASSOCIATION_RESPONSE.replace(b"\xbe\x80", b"\xbe\x81"),
        b"\xe1",
        numeric_set(Entry(1, 1, (attribute(0x0950, b"\x41\x82"),)))[0],
        wave_set(Entry(1, 1, (attribute(0x098D, b"\0"), attribute(0x096D, b"\0"), attribute(0x0924, u32(1)))))[0],
    ],
)
def test_a_good_frame_with_a_bad_message_is_a_fault(message: bytes) -> None:
    (fault,) = Line().hear(message)
    assert isinstance(fault, LinkFault)
    assert fault.kind is FaultKind.SHORT


def test_a_set_given_up_may_be_bad_too() -> None:
    line = Line()
    line.hear(numeric_set(Entry(1, 1, (attribute(0x0950, b"\x41"),)), hr(60), mtu=80)[0])
    (fault,) = line.wait(2)
    assert isinstance(fault, LinkFault)


def test_messages_of_no_interest() -> None:
    others = (
        operation(Operation.RESULT, u16(1) + u16(1) + sized(b"")),
        operation(Operation.RESULT, u16(1) + u16(5) + sized(bytes.fromhex("002100000000") + listed([]))),
        operation(Operation.RESULT, u16(1) + u16(7) + sized(bytes.fromhex("002100000000") + u16(0x1234) + sized(b""))),
        operation(Operation.INVOKE, u16(1) + u16(2) + sized(b"")),
        operation(Operation.INVOKE, u16(1) + u16(0) + sized(bytes(6) + u32(0) + u16(0x0D17) + sized(b""))),
        operation(0x0A, b""),
        b"\x77",
        b"",
        poll_results(Poll(1, Action.SINGLE_POLL, 1, ObjectClass.DEMOGRAPHICS, 0), 0, 0, [Entry(0, 1, ())], 996)[0],
    )
    line = Line()
    assert line.hear(*others) == []
    assert (
        line.hear(messages.ROER, messages.RELEASE_REQUEST, messages.RELEASE_RESPONSE, messages.ABORT, b"\x0c\0") == []
    )


def test_ones_own_voice_is_no_monitor() -> None:
    line = Line()
    (status,) = line.hear(messages.ASSOCIATION_REQUEST)
    assert isinstance(status, DeviceStatus)
    assert (status.code, status.on) == (StatusCode.NOT_THIS_DEVICE, True)
    for echo in (messages.SET_PRIORITIES, messages.GET_PRIORITIES, messages.POLL_NUMERICS, messages.KEEP_ALIVE):
        assert line.hear(echo) == []
    (status,) = of(DeviceStatus, line.hear(messages.ASSOCIATION_RESPONSE))
    assert (status.code, status.on) == (StatusCode.NOT_THIS_DEVICE, False)
    assert line.hear(messages.KEEP_ALIVE) == []  # a recording of both sides: there is a monitor
    line.at += 6 * S
    assert len(line.hear(messages.KEEP_ALIVE)) == 1


def test_a_recording_asks_for_nothing() -> None:
    line = Line()
    line.hear(messages.ASSOCIATION_RESPONSE, messages.MDS_CREATE, messages.SET_PRIORITIES_RESULT, messages.LINKED_FIRST)
    line.wait(30)
    line.decoder.closing(line.at)
    assert line.decoder.bytes_to_send() == b""


def test_a_whole_conversation_in_any_chunks() -> None:
    conversation = b"".join(framed(getattr(messages, name)) for name in messages.WIRE_SIZES_AND_FCS)

    def heard(size: int) -> list[Observation]:
        decoder = IntellivueDecoder()
        return [
            o for at in range(0, len(conversation), size) for o in decoder.feed(conversation[at : at + size], START)
        ]

    whole = heard(len(conversation))
    assert len(of(Reading, whole)) == 3
    assert all(heard(size) == whole for size in (1, 2, 7, 62, 1000))


def test_damage_on_the_line_is_told() -> None:
    harmed = bytearray(framed(messages.SMALL_RESULT))
    harmed[30] ^= 1
    decoder = IntellivueDecoder()
    said = decoder.feed(b"noise" + harmed + framed(messages.SMALL_RESULT), START)
    faults = [(fault.kind, fault.discarded) for fault in of(LinkFault, said)]
    assert faults == [(FaultKind.SYNC, 5), (FaultKind.CHECKSUM, len(harmed))]
    assert shown(said) == [{"hr": 72}]


def test_half_a_frame_at_the_end_is_told_after_a_second() -> None:
    line = Line()
    line.decoder.feed(framed(messages.ALERTS)[:100], START)
    assert line.decoder.next_deadline() == START + S
    assert line.wait(2) == [LinkFault(START + S, FaultKind.SHORT, 100)]


def test_no_bytes_raise() -> None:
    rng = random.Random(4)
    good = [getattr(messages, name) for name in messages.WIRE_SIZES_AND_FCS]
    line = Line()
    for _ in range(1000):
        message = bytearray(rng.choice(good))
        for _ in range(rng.randint(1, 4)):
            message[rng.randrange(len(message))] = rng.randrange(256)
        line.hear(bytes(message))
        line.wait(rng.choice((0, 0, 2)))
