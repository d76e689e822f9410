"""Which of a line's bytes are believed: frames, check sums, headers, and the neighbours of a record."""

import os
import random
import termios
import tty
from collections.abc import Iterator

import pytest

from drivers.base.decoder import Line
from drivers.base.observations import DeviceStatus, LinkFault, Observation, Reading
from drivers.base.serialport import open_port
from drivers.base.vocabulary import FaultKind, Parameter, StatusCode
from drivers.datex_dri import FAST_LINE, LINE, DatexDecoder
from tests.drivers.datex_records import (
    HEAD,
    TIME_S,
    WORKED_CURVES,
    WORKED_VALUES,
    class_part,
    curves,
    framed,
    header,
    record,
    short,
    values,
)
from tests.drivers.test_datex_dri import AT, INVALID, S, chunks, play, shown, spots, states, value

FLAG = b"\x7e"


def faults(said: list[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def rates(said: list[Observation]) -> list[int | float | None]:
    """Every heart rate told, in order."""
    return [n.value for one in said if isinstance(one, Reading) for n in one.numerics if n.parameter is Parameter.HR]


def hr(step: int, rate: int) -> bytes:
    return values(step, {6: short(rate), 226: short(rate), 228: short(rate), 230: short(rate)})


# -- frames


def test_flags_may_be_shared_doubled_or_alone() -> None:
    one, other = values(0), values(1)
    for stream in (one + other, one[:-1] + other, one + FLAG * 5 + other, FLAG * 3 + one + other[:-1] + FLAG):
        said = play(stream)
        assert rates(said) == [72, 72]
        assert faults(said) == []


def test_what_comes_before_the_first_flag_is_thrown_away() -> None:
    said = play(values(0)[5:], values(1), values(2))
    assert faults(said) == [(FaultKind.SYNC, len(values(0)) - 6)]
    assert rates(said) == [72, 72]
    tail = play(values(0)[1:], values(1), values(2))  # whole but for its flag: thrown away too
    assert faults(tail) == [(FaultKind.SYNC, len(values(0)) - 2)]


def test_every_byte_value_passes_escaped_or_not() -> None:
    samples = tuple(int.from_bytes(bytes([byte, byte >> 1]), "little") for byte in range(256))
    (chunk,) = chunks(play(curves(0, (8, 2, samples))))
    assert chunk.samples == samples
    assert curves(0, (8, 2, samples)).count(b"\x7d") == 6


def test_the_checksum_itself_may_be_escaped() -> None:
    frames = [curves(0, (8, 2, (n,)), number=0) for n in range(256)]
    odd = [frame for frame in frames if frame[-3:-1] in (b"\x7d\x5d", b"\x7d\x5e")]
    assert len(odd) == 2
    for frame in odd:
        assert chunks(play(frame))


@pytest.mark.parametrize(
    ("segment", "kind"),
    [
        (WORKED_VALUES[1:60] + b"\x7d\x41" + WORKED_VALUES[61:-1], FaultKind.CHECKSUM),  # no such escape
        (WORKED_VALUES[1:-1] + b"\x7d", FaultKind.CHECKSUM),  # an escape before the flag
        (WORKED_VALUES[1:60] + b"\x7d\x7d\x5d" + WORKED_VALUES[61:-1], FaultKind.CHECKSUM),
        (b"\0", FaultKind.SHORT),
        (bytes(40), FaultKind.SHORT),
        (bytes(41), FaultKind.SHORT),  # its sum is right, its length is not
        (WORKED_VALUES[1:-2] + b"\x22", FaultKind.CHECKSUM),
        (b"\x3f\0" + WORKED_VALUES[3:-2] + b"\x21", FaultKind.SHORT),  # r_len wrong, sum right
    ],
)
def test_segments_that_are_no_record(segment: bytes, kind: FaultKind) -> None:
    said = play(FLAG + segment + FLAG)
    assert faults(said) == [(kind, len(segment))]
    assert rates(play(FLAG + segment + FLAG, values(0), values(1), values(2)))[:1] == [72]


PART = class_part(TIME_S)


def patched(place: int, byte: int) -> bytes:
    changed = bytearray(WORKED_VALUES[1:-2])
    changed[place] = byte
    return bytes(changed)


@pytest.mark.parametrize(
    "frame",
    [
        *(framed(patched(place, 1)) for place in (10, 11, 12, 13)),
        record(2, 0, TIME_S, (1, PART)),
        record(0, 0, TIME_S, (1, PART[:-1])),
        record(0, 0, TIME_S, (1, PART + b"\0")),
        record(0, 0, TIME_S + 1, (1, PART)),  # its subrecord is of another second
        record(0, 0, TIME_S, (2, PART[:-1])),
        record(0, 0, TIME_S, (1, PART[:-1] + b"\x05")),  # a class that there is not
        record(0, 0, TIME_S, (1, PART), (1, PART)),  # a class twice
        record(1, 0, TIME_S, (8, b"\3\0\2\0\0\0" + bytes(4))),  # three samples told, two there
        record(1, 0, TIME_S, (8, b"\xff\xff\2\0\0\0" + bytes(4))),
        record(1, 0, TIME_S, (8, b"\0\0\2\0")),
        record(4, 0, TIME_S, (1, bytes(509))),
        record(0, 0, TIME_S, (0, bytes(8))),
        record(0, 0, TIME_S, (0, bytes(9)), (1, PART)),
        record(5, 0, TIME_S, (0, bytes(9))),
        framed(header(0, 0, TIME_S, []) + PART),  # a list that names nothing
        framed(header(0, 0, TIME_S, [(1, PART), (1, PART)]) + PART),  # an offset behind the end
        framed(header(0, 0, TIME_S, [(1, b""), (1, b"")]) + PART),  # offsets that do not rise
        framed(header(0, 0, TIME_S, [(1, PART)])[:16] + b"\1\0\1\0\0\xff".ljust(24, b"\0") + b"\0" + PART),
        framed(header(5, 0, TIME_S, [(1, bytes(1451))]) + bytes(1451)),  # longer than a record may be
    ],
)
def test_records_whose_sum_is_right_and_that_make_no_sense(frame: bytes) -> None:
    assert [count for _, count in faults(play(frame))] == [len(frame) - 2]


def test_a_record_may_hold_nothing_or_eight_parts() -> None:
    assert faults(play(framed(header(1, 0, TIME_S, [])))) == []
    said = play(curves(0, *((8 + n, 2, (n,)) for n in range(8))))
    assert len(chunks(said)) == 3  # pleth, CO2, resp
    assert faults(said) == []


def test_rubbish_behind_the_list_is_passed_over() -> None:
    frames = []
    for step in (0, 1):
        whole = bytearray(header(0, step, TIME_S + step, [(1, PART)]) + class_part(TIME_S + step))
        whole[22:40] = bytes(range(100, 118))
        frames.append(framed(bytes(whole)))
    assert rates(play(*frames)) == [72, 72]


def test_a_segment_that_never_ends_is_given_up() -> None:
    decoder = DatexDecoder()
    said = decoder.feed(FLAG, AT)
    for _ in range(40):
        said += decoder.feed(bytes(100), AT)
    assert faults(said)[0] == (FaultKind.OVERRUN, 3000)
    assert sum(count for _, count in faults(said)) == 4000
    said = decoder.feed(values(0) + values(1), AT) + decoder.feed(values(2), AT)
    assert rates(said)[-1] == 72


def test_the_rest_of_a_record_that_does_not_come_is_given_up() -> None:
    decoder = DatexDecoder()
    decoder.feed(values(0)[:100], AT)
    assert decoder.next_deadline() == AT + S
    assert faults(decoder.wake(AT + S)) == [(FaultKind.SHORT, 99)]
    assert decoder.next_deadline() is None
    said = decoder.feed(values(0)[100:], AT + 2 * S)
    assert faults(said) == [(FaultKind.SYNC, len(values(0)) - 101)]


# -- the monitor on the line


def test_another_monitor_is_believed_from_its_second_record_on() -> None:
    said = play(values(0), values(1), values(2, level=9), values(3, level=9), values(4, level=9))
    texts = [one.text for one in said if isinstance(one, DeviceStatus) and one.code is StatusCode.IDENTITY]
    assert texts == [
        "GE / Datex-Ohmeda monitor, interface level 10 ('09)",
        "GE / Datex-Ohmeda monitor, interface level 9 ('05)",
    ]
    assert len(faults(said)) == 1
    assert [one.at for one in said if isinstance(one, Reading) and not one.spot][-1] == AT + 4 * S


def test_the_plug_id_is_told_unless_it_is_nought() -> None:
    frames = [record(0, n, TIME_S + n, (1, class_part(TIME_S + n)), plug=1000) for n in (0, 1)]
    details = [one.detail for one in play(*frames) if isinstance(one, DeviceStatus)]
    assert details == ["plug id 1000"]
    assert [one.detail for one in play(values(0), values(1)) if isinstance(one, DeviceStatus)] == [None]


@pytest.mark.parametrize(
    ("level", "year"),
    [
        (2, "'95"),
        (3, "'97"),
        (4, "'98"),
        (5, "'99"),
        (6, "'01"),
        (7, "'02"),
        (8, "'03"),
        (9, "'05"),
        (11, "'15"),
        (12, "unknown"),
    ],
)
def test_interface_levels(level: int, year: str) -> None:
    said = play(values(0, level=level), values(1, level=level))
    assert states(said)[StatusCode.IDENTITY] == f"GE / Datex-Ohmeda monitor, interface level {level} ({year})"


def test_one_record_of_another_unit_changes_nothing() -> None:
    said = play(values(0), values(1), values(2, level=3), values(3), values(4, level=3), values(5), values(6))
    assert sum(isinstance(one, DeviceStatus) and one.code is StatusCode.IDENTITY for one in said) == 1
    assert rates(said)[-1] == 72


def test_bytes_of_something_else() -> None:
    rng = random.Random(1)
    decoder = DatexDecoder()
    said = decoder.feed(rng.randbytes(1400), AT)
    assert StatusCode.NOT_THIS_DEVICE not in states(said)
    said = decoder.feed(rng.randbytes(600), AT)
    assert states(said)[StatusCode.NOT_THIS_DEVICE] == (
        "These bytes are no S/5 monitor's: check the device, 19200 baud, even parity"
    )
    said += decoder.feed(b"\x7e" + values(0) + values(1), AT)
    assert StatusCode.NOT_THIS_DEVICE not in states(said)


# -- neighbours


def test_after_a_rejected_record_two_must_be_good() -> None:
    broken = bytearray(values(2))
    broken[200] ^= 1
    said = play(values(0), values(1), bytes(broken), values(3), values(4))
    assert [one.at for one in said if isinstance(one, Reading) and not one.spot] == [AT, AT + S, AT + 4 * S]
    curve = curves(3, (8, 2, (1, 2)))
    said = play(values(0), values(1), bytes(broken), curve, values(4))
    assert [one.at for one in said if isinstance(one, Reading) and not one.spot][-1] == AT + 4 * S


def test_a_value_that_leaps_alone_is_not_told() -> None:
    assert rates(play(hr(0, 72), hr(1, 72), hr(2, 172), hr(3, 72))) == [72, 72, 72]


def test_a_value_that_leaps_and_stays_is_told_a_record_later() -> None:
    assert rates(play(hr(0, 72), hr(1, 72), hr(2, 172), hr(3, 171))) == [72, 72, 171]


def test_a_value_that_goes_on_the_same_way_is_told_however_steep() -> None:
    said = play(*(values(n, {124: short(spo2)}) for n, spo2 in enumerate((9700, 9700, 9500, 9300, 9100, 8900, 8600))))
    told = [n.value for one in said if isinstance(one, Reading) for n in one.numerics if n.parameter is Parameter.SPO2]
    assert told == [97, 97, 93, 91, 89, 86]
    up = play(*(hr(n, 60 + 20 * n) for n in range(5)))
    assert rates(up) == [100, 120, 140]


def test_slack_grows_with_the_seconds_between_records() -> None:
    frames = [
        record(0, n, TIME_S + 5 * n, (1, class_part(TIME_S + 5 * n, 0, {124: short(9700 - 500 * n)}))) for n in range(3)
    ]
    assert value(play(*frames), Parameter.SPO2) == 87


def test_a_missing_value_is_told_at_once() -> None:
    said = play(values(0), values(1), values(2, {124: INVALID}), values(3, {124: INVALID}))
    told = [
        (one.at, n.value)
        for one in said
        if isinstance(one, Reading)
        for n in one.numerics
        if n.parameter is Parameter.SPO2
    ]
    assert told == [(AT, 97), (AT + S, 97), (AT + 2 * S, None), (AT + 3 * S, None)]


def test_a_record_whose_other_words_change_waits_for_the_next() -> None:
    """A status, a label, a field that was not used, the header's rubbish: signs that the record may be damaged."""
    for changes in ({16: b"\3"}, {20: b"\7"}, {140: INVALID}, {268: b"\7"}):
        said = play(values(0), values(1), values(2, changes), values(3), values(4))
        assert [one.at - AT for one in said if isinstance(one, Reading) and not one.spot] == [0, S, 3 * S, 4 * S]
    odd = bytearray(header(0, 2, TIME_S + 2, [(1, PART)]) + class_part(TIME_S + 2))
    odd[30] = 7
    said = play(values(0), values(1), framed(bytes(odd)), values(3))
    assert [one.at - AT for one in said if isinstance(one, Reading) and not one.spot] == [0, S, 3 * S]
    counter = record(0, 77, TIME_S + 2, (1, class_part(TIME_S + 2)))
    said = play(values(0), values(1), counter, values(3))
    assert [one.at - AT for one in said if isinstance(one, Reading) and not one.spot] == [0, S, 3 * S]


def test_what_is_always_restless_is_no_longer_looked_at() -> None:
    """An EEG of ext2 leaps with every record; the numbers are told all the same."""
    frames = [values(n, None, (1, class_part(TIME_S + n, 2, {40: short(3000 * n + 1)}))) for n in range(10)]
    told = [one.at - AT for one in play(*frames) if isinstance(one, Reading) and not one.spot]
    assert told == [n * S for n in range(3, 10)]


def test_a_value_of_ours_that_is_always_restless_holds_up_no_other() -> None:
    said = play(*(values(n, {124: short(9700 if n % 2 else 9000)}) for n in range(8)))
    assert rates(said)[-1] == 72
    settled = play(*(values(n, {142: short(40 if n % 2 and n < 6 else 14)}) for n in range(12)))
    assert rates(settled)[-1] == 72
    assert value(settled, Parameter.RR) == 14
    leaping = play(*(values(n, {142: short(40 if n % 2 else 14)}) for n in range(8)))
    assert Parameter.RR not in shown(leaping[-1:])


def test_a_record_left_over_from_an_earlier_client_is_not_told() -> None:
    """It is 33 s old in a recording."""
    old = record(0, 7, TIME_S - 33, (1, class_part(TIME_S - 33, 0, {6: short(70)})))
    assert rates(play(old, values(0), values(1))) == [72]
    assert rates(play(old, values(0), values(1), live=True)) == [72]


def test_records_far_apart_are_neighbours_once_that_is_their_pace() -> None:
    frames = [record(0, n, TIME_S + 60 * n, (1, class_part(TIME_S + 60 * n))) for n in range(4)]
    assert rates(play(*frames)) == [72, 72]


def test_a_clock_that_was_set_costs_one_record() -> None:
    later = [record(0, n, TIME_S - 3600 + n, (1, class_part(TIME_S - 3600 + n))) for n in (2, 3)]
    said = play(values(0), values(1), *later)
    assert rates(said) == [72, 72, 72]


def test_classes_that_are_asked_for_anew_cost_no_record() -> None:
    frames = [values(0, None, (1, class_part(TIME_S, 2))), values(1), values(2)]
    assert rates(play(*frames)) == [72, 72, 72]


def test_a_recording_that_begins_with_damage_does_not_tell_its_first_record_alone() -> None:
    decoder = DatexDecoder()
    decoder.feed(values(0) + FLAG + b"\1\2\3" + FLAG, AT)
    assert decoder.next_deadline() == AT + 60 * S
    assert not shown(decoder.wake(AT + 2 * S))


# -- disturbed lines


def test_five_rejected_records_in_a_minute_are_a_disturbed_line() -> None:
    decoder = DatexDecoder()
    said = decoder.feed(values(0) + values(1), AT)
    for second in range(4):
        said += decoder.feed(FLAG + b"noise" + FLAG, AT + second * S)
    assert StatusCode.DEVICE_FAULT not in states(said)
    said += decoder.feed(FLAG + b"noise" + FLAG, AT + 4 * S)
    assert states(said)[StatusCode.DEVICE_FAULT] == "Line disturbed: check cable and parity"
    assert decoder.next_deadline() == AT + 60 * S
    said += decoder.wake(AT + 60 * S)
    assert StatusCode.DEVICE_FAULT not in states(said)
    while (due := decoder.next_deadline()) is not None:
        assert decoder.wake(due) == []
    assert due is None


def test_a_few_in_many_minutes_are_none() -> None:
    decoder = DatexDecoder()
    said = decoder.feed(values(0) + values(1), AT)
    for minute in range(12):
        said += decoder.feed(FLAG + b"noise" + FLAG, AT + minute * 20 * S)
    assert StatusCode.DEVICE_FAULT not in states(said)


def test_a_gap_in_the_curves_begins_a_new_run() -> None:
    said = play(curves(0, (8, 2, (1,))), FLAG + b"noise" + FLAG, curves(1, (8, 2, (2,))))
    assert [chunk.run for chunk in chunks(said)] == [0, 1]


def test_a_pressure_in_a_damaged_stretch_waits() -> None:
    said = play(FLAG + b"noise" + FLAG, values(0), values(1))
    assert not spots(said)
    assert len(spots(play(FLAG + b"noise" + FLAG, values(0), values(1), values(2)))) == 1


def intact(seconds: int) -> list[bytes]:
    rng = random.Random(4)
    frames = []
    for n in range(seconds):
        rate, spo2, breath = 70 + rng.randrange(5), 9700 + rng.randrange(100), 13 + rng.randrange(3)
        changes = {6: short(rate), 124: short(spo2), 142: short(breath), 226: short(rate)}
        frames += [values(n, changes), curves(n, (8, 2, tuple(rng.randrange(300) for _ in range(100))))]
    return frames


def told(said: list[Observation]) -> set[tuple[Parameter, int | float | None]]:
    return {
        (n.parameter, n.value) for one in said if isinstance(one, Reading) for n in one.numerics if n.value is not None
    }


def test_two_changed_bytes_that_keep_the_sum_show_no_other_value() -> None:
    """The damage that the check sum cannot see, in every twentieth record; a wrong byte may stand anywhere."""
    frames = intact(60)
    known = told(play(*frames))
    assert len(known) > 40
    for seed in range(4):
        rng = random.Random(seed)
        harmed = list(frames)
        for place in range(0, len(frames), 40):
            body_ = bytearray(frames[place][1:-2])
            one, other, step = rng.randrange(40, len(body_)), rng.randrange(40, len(body_)), rng.randrange(1, 256)
            body_[one], body_[other] = (body_[one] + step) & 0xFF, (body_[other] - step) & 0xFF
            harmed[place] = framed(bytes(body_))
        assert told(play(*harmed)) <= known


def test_one_damaged_record_costs_no_more_and_the_next_is_in_step() -> None:
    frames = intact(20)
    for harm in (b"", frames[10][:50], frames[10].replace(b"\x7e", b""), frames[10][:100] + b"\x7e" + frames[10][100:]):
        said = play(*frames[:10], harm, *frames[11:])
        assert sum(isinstance(one, Reading) and not one.spot for one in said) >= 17
        assert len(chunks(said)) >= (19 if harm != frames[10][:50] else 18)


# -- the port


@pytest.fixture
def pseudo_terminal() -> Iterator[str]:
    master, slave = os.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize("line", [LINE, FAST_LINE, Line(baud=9600)])
def test_the_port_checks_parity_and_shakes_hands(pseudo_terminal: str, line: Line) -> None:
    """A pseudo-terminal keeps these settings without heeding them; a real line does both."""
    port = open_port(pseudo_terminal, line)
    fd = os.open(pseudo_terminal, os.O_RDWR | os.O_NOCTTY)
    try:
        input_flags, _, control_flags, *_ = termios.tcgetattr(fd)
    finally:
        os.close(fd)
        port.close()
    checks = input_flags & (termios.INPCK | termios.IGNPAR | termios.PARMRK)
    assert checks == (termios.INPCK | termios.IGNPAR if line.parity == "E" else 0)
    assert bool(control_flags & termios.CRTSCTS) is line.rts_cts


def test_the_worked_frames_are_what_they_were() -> None:
    assert WORKED_VALUES[1 : HEAD + 1] == header(0, 1, TIME_S, [(1, PART)]).replace(b"\0\0\1\x0a", b"\x3e\1\1\x0a", 1)
    assert WORKED_CURVES[-2:] == b"\x74\x7e"
