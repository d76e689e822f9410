"""Formats 2 and 7, packets of 25 frames: the sheet's worked frames, and how a number earns its place."""

import pytest

from drivers.base.decoder import Command, CommandNotSupported
from drivers.base.observations import DeviceStatus, WaveformChunk
from drivers.base.vocabulary import CommandKind, FaultKind, Parameter, StatusCode
from drivers.nonin import NoninDecoder
from tests.drivers.nonin_bytes import (
    ARTF,
    FRAME_US,
    GPRF,
    OOT,
    RPRF,
    SNSA,
    SNSD,
    SYNC,
    S,
    decode,
    faults,
    frame_2,
    frame_7,
    numbers,
    packet,
    shown,
    states,
    stream,
    waves,
    words,
)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ("01 81 43 00 C5  01 80 43 4A 0E  01 80 43 60 24  01 80 43 94 58", (96, 74)),
        ("01 81 43 01 C6  01 80 43 0E D2  01 80 43 60 24  01 80 43 94 58", (96, 142)),
        ("01 89 80 03 0D  01 88 80 7F 88  01 88 80 7F 88", (None, None)),
    ],
)
def test_worked_frames_of_format_2(frames: str, expected: tuple[int | None, ...]) -> None:
    begun = bytes.fromhex(frames)
    rest = frame_2(0, 0x43, 0) * (25 - len(begun) // 5)
    assert shown(decode((begun + rest) * 2))[-1] == expected


def test_three_frames_put_it_in_step_and_count_as_data() -> None:
    frames = packet(96, 74)
    decoder = NoninDecoder()
    assert decoder.feed(stream(frames[:2]), 0) == []
    said = decoder.feed(frames[2], FRAME_US)
    assert states(said) == [(StatusCode.FORMAT, True)]
    assert waves(said) == [(0, 0, (67, 67, 67))]
    assert [one.detail for one in said if isinstance(one, DeviceStatus)] == ["2"]


def test_a_frame_in_step_is_a_sample_at_once() -> None:
    decoder = NoninDecoder()
    decoder.feed(stream(packet(96, 74)), 0)
    (chunk,) = decoder.feed(frame_2(SYNC, 200, 0), 5 * S)
    assert isinstance(chunk, WaveformChunk)
    assert (chunk.start, chunk.rate_hz, chunk.run, chunk.first_index, chunk.samples) == (5 * S, 75, 1, 0, (200,))


def test_a_chunk_ends_when_it_was_received() -> None:
    (chunk,) = [o for o in NoninDecoder().feed(stream(packet(96, 74)), 10 * S) if isinstance(o, WaveformChunk)]
    assert chunk.start == 10 * S - 24 * S // 75


def test_a_number_needs_two_packets_that_agree() -> None:
    one = packet(96, 74)
    assert shown(decode(stream(one))) == []
    assert shown(decode(stream(one, one))) == [(96, 74)]
    assert shown(decode(stream(one, packet(99, 79)))) == [(99, 79)]
    assert shown(decode(stream(one, packet(92, 80)))) == []
    assert shown(decode(stream(one, packet(92, 74)))) == [(74,)]
    assert shown(decode(stream(one, one, packet(60, 200), one, one))) == [(96, 74)] * 3
    wavering = [packet(96, rate) for rate in (70, 80, 70, 81, 71, 90)]
    assert shown(decode(stream(*wavering))) == [(96,), (96, 70), (96, 81), (96, 71), (96,)]
    falling = [packet(spo2, 74) for spo2 in (96, 90, 84, 78, 90, 60)]
    assert shown(decode(stream(*falling))) == [(74,), (84, 74), (78, 74), (90, 74), (74,)]


def test_a_missing_value_is_said_at_once() -> None:
    said = decode(stream(packet(96, 74), packet(96, 74), packet(127, 511, SNSA), packet(96, 74), packet(96, 74)))
    assert shown(said) == [(96, 74), (None, None), (96, 74)]


@pytest.mark.parametrize(
    ("bits", "word", "code"),
    [
        (SNSA, "sensor_off", StatusCode.SENSOR_OFF),
        (SNSD, "no_sensor", StatusCode.NO_SENSOR),
        (OOT, "out_of_track", StatusCode.OUT_OF_TRACK),
        (SNSD | SNSA | OOT, "no_sensor", StatusCode.NO_SENSOR),
    ],
)
def test_numbers_are_none_while_the_sensor_says_so(bits: int, word: str, code: StatusCode) -> None:
    """Even when they look healthy."""
    good, bad = packet(96, 74), packet(96, 74, bits)
    said = decode(stream(good, good, bad, bad))
    assert shown(said) == [(96, 74), (None, None), (None, None)]
    assert words(said) == (word,)
    assert (code, True) in states(said)


def test_one_frame_of_sensor_off_blanks_its_packet_but_is_no_state_yet() -> None:
    frames = packet(96, 74)
    odd = [*frames[:9], frame_2(SNSA, 0x43, 0), *frames[10:]]
    said = decode(stream(frames, odd))
    assert shown(said) == [(None, None)]
    assert states(said) == [(StatusCode.FORMAT, True)]


def test_a_state_is_said_when_it_changes() -> None:
    good, off = packet(96, 74), packet(127, 511, SNSA)
    said = decode(stream(good, off, off, off, good, good))
    assert states(said)[1:] == [(StatusCode.SENSOR_OFF, True), (StatusCode.SENSOR_OFF, False)]
    off_at = next(
        i for i, one in enumerate(said) if isinstance(one, DeviceStatus) and one.code is StatusCode.SENSOR_OFF
    )
    assert sum(isinstance(one, WaveformChunk) for one in said[:off_at]) <= 25 + 2


@pytest.mark.parametrize(
    ("spo2", "pr", "expected", "word"),
    [(127, 511, (None, None), "searching"), (101, 17, (None, None), "invalid"), (126, 322, (None, None), "invalid")],
)
def test_what_is_undefined_is_missing(spo2: int, pr: int, expected: tuple[None, None], word: str) -> None:
    said = decode(stream(packet(spo2, pr), packet(spo2, pr)))
    assert shown(said) == [expected, expected]
    assert words(said) == (word,)


@pytest.mark.parametrize(("spo2", "pr"), [(0, 18), (100, 321)])
def test_ends_of_the_ranges(spo2: int, pr: int) -> None:
    assert shown(decode(stream(packet(spo2, pr), packet(spo2, pr)))) == [(spo2, pr)]


def test_artefact_marks_the_value_and_leaves_it() -> None:
    said = decode(stream(packet(96, 74), packet(96, 74, ARTF)))
    assert shown(said) == [(96, 74)]
    assert words(said) == ("artefact",)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [(GPRF, ()), (RPRF, ("low_perfusion",)), (RPRF | GPRF, ("marginal_perfusion",))],
)
def test_the_last_colour_stands_between_beats(bits: int, expected: tuple[str, ...]) -> None:
    dark = packet(96, 74)
    lit = [frame_2(bits | (SYNC if n == 0 else 0), 0x43, f[3]) if n < 12 else f for n, f in enumerate(dark)]
    said = decode(stream(dark, lit, dark, dark))
    assert words(said) == expected
    assert ((StatusCode.LOW_PERFUSION, True) in states(said)) == (bits == RPRF)


def test_the_colour_goes_with_the_finger() -> None:
    said = decode(stream(packet(96, 74, RPRF), packet(96, 74, SNSA), packet(96, 74), packet(96, 74)))
    assert words(said) == ()
    assert (StatusCode.LOW_PERFUSION, False) in states(said)


def test_low_battery() -> None:
    said = decode(stream(packet(96, 74, stat2=0xFF), packet(96, 74, stat2=0xFE)))
    assert states(said)[1:] == [(StatusCode.LOW_BATTERY, True), (StatusCode.LOW_BATTERY, False)]


def test_a_bad_frame_costs_its_packet_and_one_sample() -> None:
    frames = packet(96, 74)
    bad = [*frames[:10], b"\x01\x80\x43\x00\x00", *frames[11:]]
    said = decode(stream(frames, bad, frames, frames))
    assert shown(said) == [(96, 74)]
    assert faults(said) == [(FaultKind.CHECKSUM, 5)]
    assert [(run, first, len(samples)) for run, first, samples in waves(said)] == [(0, 0, 35), (0, 36, 64)]


def test_a_lost_byte_costs_the_step_and_begins_a_new_run() -> None:
    one = stream(packet(96, 74))
    said = decode(one + one[:52] + one[53:] + one + one)
    assert shown(said) == [(96, 74)]
    assert faults(said) == [(FaultKind.SYNC, 4)]
    assert [(run, first) for run, first, _ in waves(said)] == [(0, 0), (1, 0)]


def test_a_rate_is_never_made_of_two_packets() -> None:
    """MSB of one, LSB of the next: 74 and 142 must not give 10 or 202."""
    low, high = packet(96, 74), packet(96, 142)
    said = decode(stream(low, low, low[:1], high[1:], high, high[:1], low[1:], low))
    assert numbers(said) <= {(Parameter.PR, 74), (Parameter.SPO2, 96), (Parameter.PR, 142)}


def test_a_packet_of_another_length_is_thrown_away() -> None:
    one = packet(96, 74)
    assert shown(decode(stream(one, one[:-1], one, one))) == [(96, 74)]
    assert shown(decode(stream(one, [*one, frame_2(0, 0, 0)], one, one))) == [(96, 74), (96, 74)]


@pytest.mark.parametrize("answer", ["06", "15", "02 F2 06 1A 0B 15 09 1E 0F 03", "02 F9 00 03"])
def test_answers_to_other_hosts_are_passed_over(answer: str) -> None:
    one, extra = packet(96, 74), bytes.fromhex(answer)
    said = decode(stream(one, one[:7]) + extra + stream(one[7:]))
    assert (shown(said), faults(said)) == ([(96, 74)], [])
    said = decode(stream(one) + extra + stream(one))
    assert (shown(said), faults(said)) == ([(96, 74)], [])


def test_what_only_looks_like_an_answer_costs_the_step() -> None:
    one = stream(packet(96, 74))
    said = decode(one + bytes.fromhex("02 F2 01 00 00 00 00") + one + one)
    assert shown(said) == [(96, 74)]
    assert sum(count for _, count in faults(said)) == 7


def test_silence_breaks_what_counts_on() -> None:
    decoder, one = NoninDecoder(), stream(packet(96, 74))
    assert shown(decoder.feed(one, 0)) == []
    said = decoder.feed(one, 2 * S)
    assert shown(said) == []
    assert [run for run, *_ in waves(said)] == [1]


def test_a_long_chunk_is_no_silence() -> None:
    decoder, one = NoninDecoder(), stream(packet(96, 74))
    decoder.feed(one * 10, 1_302_500)
    assert len(shown(decoder.feed(one * 10, 2 * 1_302_500))) == 10


def test_a_frame_cut_by_silence_is_short() -> None:
    decoder, one = NoninDecoder(), packet(96, 74)
    decoder.feed(stream(one) + one[0][:3], 0)
    assert decoder.next_deadline() == S // 2
    assert decoder.wake(S // 4) == []
    assert faults(decoder.wake(S // 2)) == [(FaultKind.SHORT, 3)]
    assert decoder.next_deadline() is None
    assert decoder.wake(S) == []


def test_a_line_opened_anew_starts_out_of_step() -> None:
    decoder, one = NoninDecoder(), packet(96, 74)
    decoder.feed(stream(one) + one[0][:3], 0)
    assert decoder.opened(S) == []
    assert decoder.next_deadline() is None
    assert decoder.bytes_to_send() == b""
    assert waves(decoder.feed(stream(one), S))[0][:2] == (1, 0)


def test_nothing_fed_is_nothing_said() -> None:
    assert NoninDecoder().feed(b"", 0) == []


def test_it_takes_no_commands() -> None:
    with pytest.raises(CommandNotSupported):
        NoninDecoder().command(Command("1", CommandKind.NIBP_START), 0)


# Format 7


def test_worked_frames_of_format_7() -> None:
    rest = frame_7(0, 0x8123, 0) * 22
    begun = bytes.fromhex("81 81 23 00 25  80 81 01 4A 4C") + frame_7(0, 0x8123, 96)
    said = decode((begun + rest) * 2)
    assert shown(said) == [(96, 74)]
    (chunk,) = [one for one in decode((begun + rest) * 2, size=500) if isinstance(one, WaveformChunk)]
    assert [sample + chunk.offset for sample in chunk.samples[:3]] == [33059, 33025, 33059]
    off = bytes.fromhex("89 80 00 03 0C") + frame_7(SNSA, 0x8000, 127) * 24
    assert shown(decode(off)) == [(None, None)]


def test_five_frames_put_it_in_step_with_format_7() -> None:
    frames, decoder = packet(96, 74, form=7), NoninDecoder()
    assert decoder.feed(stream(frames[:4]), 0) == []
    said = decoder.feed(frames[4], 0)
    assert [one.detail for one in said if isinstance(one, DeviceStatus)] == ["7"]
    assert len(waves(said)[0][2]) == 5


def test_a_change_of_format_is_told() -> None:
    seven = packet(97, 80, form=7, pleth=0x8123)
    said = decode(stream(packet(96, 74), packet(96, 74)) + b"\x06" + stream(seven, seven))
    assert shown(said) == [(96, 74), (97, 80)]
    assert [one.detail for one in said if isinstance(one, DeviceStatus)] == ["2", "7"]
