"""What the IntelliVue decoder makes of curves: context, scale, gaps and runs, the monitor's time."""

import pytest

from drivers.base.observations import DeviceStatus, WaveformChunk
from drivers.base.vocabulary import Unit, WaveformName
from drivers.intellivue import UnitCode
from simulators._intellivue_encoding import Entry, attribute, float_type, listed, sized, u16, u32
from tests.drivers import intellivue_messages as messages
from tests.drivers.intellivue_sets import (
    BLOCK,
    ECG_SCALE,
    PLETH,
    START,
    Line,
    block,
    context,
    numeric_set,
    of,
    samples,
    shown,
    spo2,
    wave_set,
)


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
