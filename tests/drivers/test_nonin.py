"""The Nonin driver and its simulator: the sheet's worked frames pin both."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base.decoder import Command, CommandNotSupported
from drivers.base.observations import DeviceStatus, LinkFault, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import CommandKind, FaultKind, Parameter, StatusCode
from drivers.nonin import DRIVER, NoninDecoder
from simulators.base.simulator import Determination
from simulators.nonin import SIMULATOR, NoninSimulator

S = 1_000_000
FRAME_US = S // 75

SYNC, GPRF, RPRF, SNSA, OOT, ARTF, SNSD = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40


def frame_2(status: int, pleth: int, value: int) -> bytes:
    body = [0x01, 0x80 | status, pleth, value]
    return bytes([*body, sum(body) % 256])


def frame_7(status: int, pleth: int, value: int) -> bytes:
    body = [0x80 | status, pleth >> 8, pleth & 0xFF, value]
    return bytes([*body, sum(body) % 256])


def packet(spo2: int, pr: int, status: int = 0, stat2: int = 0, form: int = 2, pleth: int = 0x43) -> list[bytes]:
    """The 25 frames of a packet; status bits are set in each."""
    floats = [0] * 25
    floats[0:3] = [pr >> 7, pr & 0x7F, spo2]
    floats[3], floats[7] = 0x94, stat2
    make = frame_2 if form == 2 else frame_7
    return [make(status | (SYNC if number == 0 else 0), pleth, value) for number, value in enumerate(floats)]


def stream(*packets: list[bytes]) -> bytes:
    return b"".join(frame for frames in packets for frame in frames)


def decode(data: bytes, size: int = 5, decoder: NoninDecoder | None = None) -> list[Observation]:
    """Feed ``data`` as the line would bring it, then let the line be silent."""
    decoder = decoder or NoninDecoder()
    said: list[Observation] = []
    for start in range(0, len(data), size):
        said += decoder.feed(data[start : start + size], min(start + size, len(data)) * S // 960)
    return said + drain(decoder)


def drain(decoder: NoninDecoder) -> list[Observation]:
    said: list[Observation] = []
    while (deadline := decoder.next_deadline()) is not None:
        said += decoder.wake(deadline)
    return said


def shown(said: Iterable[Observation]) -> list[tuple[int | float | None, ...]]:
    """(SpO2, PR) of each reading; a value that was left out is missing from its tuple."""
    return [tuple(numeric.value for numeric in one.numerics) for one in said if isinstance(one, Reading)]


def numbers(said: Iterable[Observation]) -> set[tuple[Parameter, int | float]]:
    readings = [one for one in said if isinstance(one, Reading)]
    return {(n.parameter, n.value) for one in readings for n in one.numerics if n.value is not None}


def words(said: Sequence[Observation]) -> tuple[str, ...]:
    """Quality words of the last SpO2."""
    return tuple(str(word) for word in [one for one in said if isinstance(one, Reading)][-1].numerics[0].quality)


def faults(said: Iterable[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def states(said: Iterable[Observation]) -> list[tuple[StatusCode, bool]]:
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus)]


def waves(said: Iterable[Observation]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Chunks as (run, first index, samples), consecutive ones joined."""
    joined: list[tuple[int, int, tuple[int, ...]]] = []
    for one in said:
        if isinstance(one, WaveformChunk):
            if joined and joined[-1][0] == one.run and joined[-1][1] + len(joined[-1][2]) == one.first_index:
                run, first, samples = joined.pop()
                joined.append((run, first, samples + one.samples))
            else:
                joined.append((one.run, one.first_index, one.samples))
    return joined


# -- data format 2


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
    assert shown(decode(stream(one, one, packet(60, 200), one, one))) == [(96, 74), (96, 74)]


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


# -- data format 7


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


# -- data format 8


@pytest.mark.parametrize(
    ("frame", "expected", "word"),
    [
        ("80 4A 60 00", (96, 74), ()),
        ("91 0E 5D 00", (93, 142), ("low_perfusion",)),
        ("88 4A 60 00", (96, 74), ("marginal_perfusion",)),
        ("84 4A 60 00", (96, 74), ("artefact",)),
        ("80 4A 60 08", (None, None), ("sensor_off",)),
        ("83 7F 7F 08", (None, None), ("sensor_off",)),
        ("A0 4A 60 00", (None, None), ("out_of_track",)),
        ("C0 4A 60 56", (96, 74), ()),
    ],
)
def test_worked_frames_of_format_8(frame: str, expected: tuple[int | None, ...], word: tuple[str, ...]) -> None:
    said = decode(bytes.fromhex(frame) * 9)
    assert set(shown(said)) == {expected}
    assert words(said) == word


def test_format_8_shows_only_what_two_frames_agree_on() -> None:
    said = decode(bytes.fromhex("804A6000 804A6000 910E5D00 910E5D00 910E5D00 804A6000 804A6000 804A6000"))
    assert shown(said) == [(96, 74), (93,), (93, 142), (93, 142), (96,), (96, 74), (96, 74)]


def test_format_8_live_is_known_by_its_silences() -> None:
    decoder, said = NoninDecoder(), []
    for second in range(4):
        said += decoder.feed(bytes.fromhex("804A6001"), second * S)
        deadline = decoder.next_deadline()
        if deadline is not None:
            said += decoder.wake(deadline)
    assert shown(said) == [(96, 74)] * 3
    assert states(said) == [(StatusCode.FORMAT, True), (StatusCode.LOW_BATTERY, True)]


def test_a_lone_frame_of_format_8_is_given_up() -> None:
    said = decode(bytes.fromhex("804A6000"))
    assert said == [LinkFault(said[0].at, FaultKind.SHORT, 4)]  # type: ignore[union-attr]


def test_remnants_need_a_third_burst() -> None:
    assert shown(decode(b"\x00" + bytes.fromhex("804A6000") * 2)) == []
    assert shown(decode(b"\x00" + bytes.fromhex("804A6000") * 3)) == [(96, 74)] * 2


def test_format_8_loses_its_step_and_finds_it_again() -> None:
    good = bytes.fromhex("804A6000")
    said = decode(good * 9 + good[:3] + good * 9)
    assert shown(said) == [(96, 74)] * 16
    assert faults(said) == [(FaultKind.SYNC, 3)]


def test_answers_between_frames_of_format_8() -> None:
    good = bytes.fromhex("804A6000")
    said = decode(good * 9 + bytes.fromhex("06 02F206 1A0B15091E0F 03") + good)
    assert (shown(said), faults(said)) == ([(96, 74)] * 9, [])


def test_format_8_across_a_long_silence() -> None:
    decoder, good = NoninDecoder(), bytes.fromhex("804A6000")
    decoder.feed(good * 8, 0)
    assert shown(decoder.feed(good, 3 * S)) == [(96, 74)]
    assert shown(decoder.feed(good, 7 * S)) == []


# -- what is not for this driver


@pytest.mark.parametrize(
    "data",
    [
        bytes.fromhex("00 02 00 0D 00 0E 20 26 11 21 09 30 15 00 02 00 00 8E 00 61 B7 03"),
        bytes.fromhex("804A60") * 40,
        b"SPO2=097 HR=074\r\n" * 20,
    ],
)
def test_other_formats_are_not_taken_for_these(data: bytes) -> None:
    said = decode(data)
    assert shown(said) == []
    assert sum(count for _, count in faults(said)) == len(data)
    assert ((StatusCode.NOT_THIS_DEVICE, True) in states(said)) == (len(data) >= 200)


def test_bytes_of_another_device_are_told_until_ours_come() -> None:
    one = packet(96, 74)
    said = decode(b"x" * 450 + stream(one, one))
    assert faults(said) == [(FaultKind.SYNC, 200), (FaultKind.SYNC, 200), (FaultKind.SYNC, 50)]
    assert states(said)[:2] == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_THIS_DEVICE, False)]


# -- properties


def recording(form: int, seconds: int = 20, seed: int = 1) -> bytes:
    patient = Patient()
    simulator = NoninSimulator(patient, random.Random(seed), 0, form)
    data = bytearray()
    for tenth in range(seconds * 10):
        patient.pulse_rate = 70.0 + tenth / 8
        patient.spo2 = 98.0 - tenth / 25
        patient.finger_off = seconds * 6 < tenth < seconds * 7
        data += simulator.advance(tenth * S // 10)
    return bytes(data)


@pytest.fixture(scope="module", params=[2, 7, 8])
def recorded(request: pytest.FixtureRequest) -> bytes:
    return recording(request.param)


@given(cuts=st.lists(st.integers(1, 40), min_size=1, max_size=60))
@settings(deadline=None, max_examples=25)
def test_any_splitting_says_the_same(recorded: bytes, cuts: list[int]) -> None:
    data = recorded[:1500]
    whole, split = NoninDecoder(), NoninDecoder()
    expected = whole.feed(data, 0)
    said: list[Observation] = []
    start = turn = 0
    while start < len(data):
        end = start + cuts[turn % len(cuts)]
        said += split.feed(data[start:end], 0)
        start, turn = end, turn + 1
    quiet = [one for one in said if not isinstance(one, WaveformChunk)]
    assert quiet == [one for one in expected if not isinstance(one, WaveformChunk)]
    assert waves(said) == waves(expected)


@given(before=st.binary(max_size=40), after=st.binary(max_size=40))
@settings(deadline=None, max_examples=50)
def test_garbage_around_frames_is_survived(before: bytes, after: bytes) -> None:
    one = stream(packet(96, 74))
    said = decode(before + one * 3 + after)
    assert (96, 74) in shown(said)
    assert numbers(said) == {(Parameter.SPO2, 96), (Parameter.PR, 74)}


@pytest.mark.parametrize("rate", [0.002, 0.02])
@pytest.mark.parametrize("harm", ["flip", "change", "drop", "insert"])
@pytest.mark.parametrize("form", [2, 7])
def test_a_damaged_stream_shows_no_number_of_its_own(form: int, harm: str, rate: float) -> None:
    data = recording(form)
    intact = numbers(decode(data, size=4096))
    for seed in range(6):
        rng = random.Random(f"{harm} {rate} {seed}")
        damaged = bytearray()
        for byte in data:
            if rng.random() >= rate:
                damaged.append(byte)
            elif harm == "flip":
                damaged.append(byte ^ 1 << rng.randrange(8))
            elif harm == "change":
                damaged.append(rng.randrange(256))
            elif harm == "insert":
                damaged += bytes([byte, rng.randrange(256)])
        assert numbers(decode(bytes(damaged), size=4096)) <= intact


# -- the simulator


@dataclass
class Patient:
    """A finger whose pulse is as told."""

    hr: float | None = 74.0
    pulse_rate: float | None = 74.0
    spo2: float | None = 96.0
    rr: float | None = 14.0
    pi: float = 3.0
    motion: bool = False
    finger_off: bool = False
    leads_off: bool = False
    level: float = 0x43 / 255
    next_pulse: int = 0

    def advance(self, at: int) -> None:
        pass

    def beats(self, after: int, until: int) -> list[int]:
        return []

    def pulses(self, after: int, until: int) -> list[int]:
        found = []
        while self.pulse_rate is not None and self.next_pulse <= until:
            if self.next_pulse > after:
                found.append(self.next_pulse)
            self.next_pulse += round(60 * S / self.pulse_rate)
        return found

    def ecg_mv(self, at: int) -> float:
        return 0.0

    def pleth(self, at: int) -> float:
        return self.level

    def resp(self, at: int) -> float:
        return 0.0

    def determine(self, at: int) -> Determination | None:
        return None


def oximeter(patient: Patient, form: int = 2, seed: int = 1) -> NoninSimulator:
    return NoninSimulator(patient, random.Random(seed), 0, form)


def packets_of(data: bytes) -> list[list[bytes]]:
    """Whole packets of format 2 or 7, as lists of frames; what precedes the first SYNC is left out."""
    frames = [data[start : start + 5] for start in range(0, len(data), 5)]
    while not (frames[0][1] if frames[0][0] == 1 else frames[0][0]) & SYNC:
        frames.pop(0)
    return [frames[start : start + 25] for start in range(0, len(frames) - 24, 25)]


def test_the_simulator_sends_the_worked_frames_of_format_2() -> None:
    patient = Patient()
    dark = [p for p in packets_of(oximeter(patient).advance(12 * S)) if p[0][1] == 0x81 and p[3][1] == 0x80][-1]
    assert b"".join(dark[:4]).hex(" ", 5) == "01814300c5 018043 4a0e 0180436024 0180439458".replace("43 4a0e", "434a0e")
    fast = Patient(pulse_rate=142.0)
    dark = [p for p in packets_of(oximeter(fast).advance(12 * S)) if p[0][1] == 0x81 and p[1][1] == 0x80][-1]
    assert b"".join(dark[:2]) == bytes.fromhex("01 81 43 01 C6  01 80 43 0E D2")


def test_the_simulator_lets_go_of_the_finger_as_the_sheet_says() -> None:
    for seed in range(8):
        patient = Patient()
        simulator = oximeter(patient, seed=seed)
        simulator.advance(12 * S)
        patient.finger_off = True
        off = packets_of(simulator.advance(30 * S)[-5 * 75 * 18 :])
        held, late = next(p for p in off if p[0][1] & SNSA), off[-1]
        if held[0][1] & OOT:
            continue
        assert b"".join(held[:3]) == bytes.fromhex("01 89 80 03 0D  01 88 80 7F 88  01 88 80 7F 88")
        assert (held[8], held[20]) == (bytes.fromhex("01 88 80 60 69"), bytes.fromhex("01 88 80 4A 53"))
        assert (late[8][3], late[19][3], late[20][3]) == (0x7F, 0x03, 0x7F)
        return
    pytest.fail("no seed lets go without OOT")


def test_the_simulator_sends_the_worked_frames_of_format_7() -> None:
    patient = Patient(level=33059 / 65535)
    simulator = oximeter(patient, form=7)
    dark = [p for p in packets_of(simulator.advance(12 * S)) if p[0][0] == 0x81]
    assert dark[-1][0] == bytes.fromhex("81 81 23 00 25")
    simulator.misbehave("sensor_off", True)
    assert bytes.fromhex("89 80 00 03 0C") in simulator.advance(14 * S) or simulator._off_with_oot


def test_the_simulator_sends_the_worked_frames_of_format_8() -> None:
    patient = Patient()
    simulator = oximeter(patient, form=8)
    assert simulator.advance(12 * S)[-4:] == bytes.fromhex("80 4A 60 00")
    simulator.misbehave("sensor_off", True)
    assert simulator.advance(14 * S)[-3:] == bytes.fromhex("4A 60 08")
    assert simulator.advance(24 * S)[-3:] == bytes.fromhex("7F 7F 08")
    low = oximeter(Patient(pulse_rate=142.0, spo2=93.0, pi=0.1), form=8)
    assert low.advance(12 * S)[-4:] == bytes.fromhex("91 0E 5D 00")


def test_perfusion_is_lit_for_twelve_frames_a_beat() -> None:
    frames = [frame for p in packets_of(oximeter(Patient(pulse_rate=60.0)).advance(20 * S)) for frame in p]
    assert sum(bool(frame[1] & GPRF) for frame in frames[75:]) / (len(frames) - 75) == pytest.approx(12 / 75, abs=0.02)


def test_motion_goes_from_artefact_to_out_of_track() -> None:
    patient = Patient()
    simulator = oximeter(patient)
    simulator.advance(10 * S)
    patient.motion = True
    moving = packets_of(simulator.advance(22 * S))
    assert any(frame[1] & ARTF for p in moving for frame in p)
    assert moving[-1][0][1] & OOT
    assert moving[-1][2][3] == 127


def test_no_pulse_is_no_number() -> None:
    patient = Patient()
    simulator = oximeter(patient)
    simulator.advance(10 * S)
    patient.pulse_rate = None
    assert packets_of(simulator.advance(20 * S))[-1][2][3] == 127


@pytest.mark.parametrize(
    ("command", "form"),
    [
        ("02 70 02 02 07 03", 7),
        ("02 70 02 02 08 03", 8),
        ("02 70 04 02 07 01 7E 03", 7),
        ("02 70 04 02 08 21 9F 03", 8),
    ],
)
def test_a_format_is_selected_in_the_first_seconds(command: str, form: int) -> None:
    simulator = oximeter(Patient())
    simulator.advance(2 * S)
    simulator.receive(b"\x00" + bytes.fromhex(command)[:3], 2 * S)
    simulator.receive(bytes.fromhex(command)[3:], 2 * S)
    assert simulator.advance(4 * S)[0] == 0x06
    assert simulator.data_format == form


@pytest.mark.parametrize("command", ["02 70 02 02 0D 03", "02 70 04 02 07 01 7F 03", "02 70 01 07 03", "02 76 00 03"])
def test_what_it_does_not_know_is_refused(command: str) -> None:
    simulator = oximeter(Patient())
    simulator.receive(bytes.fromhex(command), S)
    assert simulator.advance(2 * S)[0] == 0x15
    assert simulator.data_format == 2


def test_a_late_selection_is_not_heard() -> None:
    simulator = oximeter(Patient())
    simulator.advance(6 * S)
    simulator.receive(bytes.fromhex("02 70 02 02 07 03"), 6 * S)
    assert simulator.advance(7 * S)[0] == 0x01
    assert simulator.data_format == 2


def test_the_clock_is_set_and_read() -> None:
    simulator = oximeter(Patient())
    simulator.receive(bytes.fromhex("02 72 06 1A 0B 15 09 1E 0F 03"), S)
    simulator.receive(bytes.fromhex("02 72 00 03"), 3 * S)
    assert simulator.advance(4 * S)[:10] == bytes.fromhex("02 F2 06 1A 0B 15 09 1E 11 03")
    simulator.receive(bytes.fromhex("02 72 06 1A 0D 15 09 1E 0F 03  02 72 00 05"), 4 * S)
    assert simulator.advance(5 * S)[:1] == b"\x15"


def test_it_can_be_told_to_misbehave() -> None:
    simulator = oximeter(Patient())
    simulator.advance(8 * S)
    simulator.misbehave("no_sensor", True)
    simulator.misbehave("low_battery", True)
    said = decode(simulator.advance(10 * S))
    assert {(StatusCode.NO_SENSOR, True), (StatusCode.LOW_BATTERY, True)} <= set(states(said))
    simulator.misbehave("no_sensor", False)
    simulator.misbehave("df7", True)
    assert simulator.data_format == 7
    simulator.misbehave("df7", False)
    assert simulator.data_format == 2
    with pytest.raises(ValueError, match="no fault 'leads_off'"):
        simulator.misbehave("leads_off", True)


def test_driver_and_simulator_bear_one_name() -> None:
    assert SIMULATOR.name == DRIVER.name
    assert str(DRIVER.line) == "9600 8N1"
