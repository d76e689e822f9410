"""The HealthyPi driver and its simulator: the sheet's frames pin both."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base.decoder import Command, CommandNotSupported
from drivers.base.observations import DeviceStatus, LinkFault, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import CommandKind, FaultKind, StatusCode, WaveformName
from drivers.healthypi import DRIVER, HealthyPiDecoder
from simulators.base.simulator import Determination
from simulators.healthypi import SIMULATOR, HealthyPiSimulator

S = 1_000_000
FRAME_US = 8_000

V4 = bytes.fromhex("0AFA140002 88FF2300B94A0600AD150600440E0E61485078 00 000B")
V4_OFF = bytes.fromhex("0AFA140002 00000000B94A0600AD150600440E0000005078 01 000B")
V5 = bytes.fromhex("0AFA160002 7EC4FFFF2C03000000AD150600B94A0600440E61480E 000B")

GOOD = (97, 72, 14, 36.52)
Shown = tuple[int | float | None, ...]


def v4(
    spo2: int = 97,
    hr: int = 72,
    rr: int = 14,
    flags: int = 0,
    ecg: int = -120,
    temperature: int = 3652,
    bp: tuple[int, int] = (80, 120),
) -> bytes:
    """The sheet's v4 frame with other numbers."""
    frame = bytearray(V4)
    frame[5:7] = ecg.to_bytes(2, "little", signed=True)
    frame[17:19] = temperature.to_bytes(2, "little", signed=True)
    frame[19:25] = bytes([rr, spo2, hr, *bp, flags])
    return bytes(frame)


def v3(spo2: int = 97, hr: int = 72, rr: int = 14, flags: int = 0, second: int = 0, ecg: int = -120) -> bytes:
    return v4(spo2, hr, rr, flags, ecg, bp=(80, second))


def v5(spo2: int = 97, hr: int = 72, rr: int = 14, skipped: int = 0, bioz: int = 812) -> bytes:
    frame = bytearray(V5)
    frame[9:13] = bioz.to_bytes(4, "little", signed=True)
    frame[13] = skipped
    frame[24:27] = bytes([spo2, hr, rr])
    return bytes(frame)


def other(kind: int, length: int) -> bytes:
    return b"\x0a\xfa" + length.to_bytes(2, "little") + bytes([kind]) + bytes(length) + b"\x00\x0b"


def decode(*frames: bytes, size: int = 4096, decoder: HealthyPiDecoder | None = None) -> list[Observation]:
    data, decoder = b"".join(frames), decoder or HealthyPiDecoder()
    said: list[Observation] = []
    for start in range(0, len(data), size):
        said += decoder.feed(data[start : start + size], start // 27 * FRAME_US)
    while (deadline := decoder.next_deadline()) is not None:
        said += decoder.wake(deadline)
    return said


def shown(said: Iterable[Observation]) -> list[Shown]:
    """(SpO2, HR, RR, temperature) of each reading; a value that was left out is missing from its tuple."""
    return [tuple(numeric.value for numeric in one.numerics) for one in said if isinstance(one, Reading)]


def words(said: Iterable[Observation]) -> list[str]:
    """The first quality word of each value of the last reading."""
    last = [one for one in said if isinstance(one, Reading)][-1]
    return [str(numeric.quality[0]) if numeric.quality else "" for numeric in last.numerics]


def faults(said: Iterable[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def states(said: Iterable[Observation]) -> list[tuple[StatusCode, bool]]:
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus) and one.code is not StatusCode.FORMAT]


def text(said: Iterable[Observation], code: StatusCode) -> str:
    return next(one.text for one in said if isinstance(one, DeviceStatus) and one.code is code and one.on)


def formats(said: Iterable[Observation]) -> list[str | None]:
    return [one.detail for one in said if isinstance(one, DeviceStatus) and one.code is StatusCode.FORMAT]


def wave(said: Iterable[Observation], name: WaveformName) -> list[tuple[int, int, tuple[int, ...]]]:
    """Chunks as (run, first index, samples), consecutive ones joined."""
    joined: list[tuple[int, int, tuple[int, ...]]] = []
    for one in said:
        if isinstance(one, WaveformChunk) and one.waveform is name:
            if joined and joined[-1][0] == one.run and joined[-1][1] + len(joined[-1][2]) == one.first_index:
                run, first, samples = joined.pop()
                joined.append((run, first, samples + one.samples))
            else:
                joined.append((one.run, one.first_index, one.samples))
    return joined


# -- v4


def test_the_sheets_frame_of_v4() -> None:
    said = decode(V4 * 5)
    assert shown(said) == [GOOD]
    assert formats(said) == ["v4"]
    assert "development board" in text(said, StatusCode.FORMAT)
    assert wave(said, WaveformName.ECG_II) == [(0, 0, (-120,) * 5)]
    assert wave(said, WaveformName.RESP) == [(0, 0, (35,) * 5)]
    (pleth,) = wave(said, WaveformName.PLETH)
    assert pleth[2] == (-412345 // 64,) * 5
    assert faults(said) == []


def test_bytes_17_and_18_are_no_blood_pressure() -> None:
    said = decode(V4 * 200, v3(second=118) * 200, V5 * 200)
    parameters = {numeric.parameter.value for one in said if isinstance(one, Reading) for numeric in one.numerics}
    assert parameters == {"spo2", "hr", "rr", "temperature"}
    assert {value for one in shown(said) for value in one} == set(GOOD)


def test_a_reading_comes_each_second_and_when_a_number_changes() -> None:
    assert len(shown(decode(V4 * 500))) == 4
    said = decode(V4 * 30, v4(spo2=93) * 30)
    assert shown(said) == [GOOD, (93, 72, 14, 36.52)]
    assert len(shown(decode(*(v4(hr=60 + n // 5) for n in range(125))))) <= 6


def test_the_sheets_frame_with_leads_off() -> None:
    said = decode(V4 * 30, V4_OFF * 30, V4 * 30)
    assert shown(said) == [GOOD, (None, None, None, 36.52), GOOD]
    assert words(decode(V4_OFF * 5)) == ["searching", "leads_off", "leads_off", ""]
    assert states(said) == [(StatusCode.LEADS_OFF, True), (StatusCode.LEADS_OFF, False)]
    assert text(said, StatusCode.LEADS_OFF) == "ECG leads off (IN1P)"


@pytest.mark.parametrize(
    ("bit", "name"),
    [(0x10, "RLD"), (0x08, "IN2N"), (0x04, "IN2P"), (0x02, "IN1N"), (0x01, "IN1P"), (0x12, "RLD, IN1N")],
)
def test_every_electrode_of_v4(bit: int, name: str) -> None:
    """Status beats number: HR and RR are none however healthy they look; the SpO2 stands."""
    said = decode(v4(flags=bit) * 5)
    assert shown(said) == [(97, None, None, 36.52)]
    assert text(said, StatusCode.LEADS_OFF) == f"ECG leads off ({name})"


def test_leads_off_that_v4_does_not_flag() -> None:
    said = decode(V4 * 30, v4(hr=0, rr=0, ecg=0) * 400)
    assert shown(said)[1] == (97, None, None, 36.52)
    assert text(said, StatusCode.LEADS_OFF) == "ECG without a signal: leads off?"
    first = next(i for i, one in enumerate(said) if isinstance(one, DeviceStatus) and one.code is StatusCode.LEADS_OFF)
    assert sum(len(one.samples) for one in said[:first] if isinstance(one, WaveformChunk)) >= 0
    assert states(decode(V4 * 30, v4(hr=0, ecg=0) * 370)) == []
    assert words(decode(V4 * 30, v4(hr=0, rr=0, ecg=0) * 400)) == ["", "leads_off", "leads_off", ""]


@pytest.mark.parametrize(
    ("frame", "expected", "word"),
    [
        (v4(spo2=0), (None, 72, 14, 36.52), "searching"),
        (v4(spo2=49), (None, 72, 14, 36.52), "invalid"),
        (v4(spo2=101), (None, 72, 14, 36.52), "invalid"),
        (v4(hr=0), (97, None, 14, 36.52), "searching"),
        (v4(hr=19), (97, None, 14, 36.52), "invalid"),
        (v4(hr=251), (97, None, 14, 36.52), "invalid"),
        (v4(rr=0), (97, 72, None, 36.52), "searching"),
        (v4(rr=101), (97, 72, None, 36.52), "invalid"),
        (v4(temperature=1999), (97, 72, 14, None), "invalid"),
        (v4(temperature=4501), (97, 72, 14, None), "invalid"),
        (v4(temperature=-1), (97, 72, 14, None), "invalid"),
    ],
)
def test_what_is_no_number(frame: bytes, expected: Shown, word: str) -> None:
    said = decode(frame * 5)
    assert shown(said) == [expected]
    assert word in words(said)


@pytest.mark.parametrize("frame", [v4(50, 20, 1, temperature=2000), v4(100, 250, 100, temperature=4500)])
def test_ends_of_the_ranges(frame: bytes) -> None:
    assert None not in shown(decode(frame * 5))[0]


# -- agreement


def test_a_number_counts_when_five_frames_bear_it() -> None:
    assert shown(decode(V4 * 4)) == []
    assert shown(decode(V4 * 30, v4(spo2=88) * 4, V4 * 30)) == [GOOD]
    odd = [v4(spo2=88 + n % 2, hr=40 + n, rr=n % 7, temperature=3000 + 30 * n) for n in range(100)]
    assert shown(decode(*odd)) == []


def test_a_temperature_whose_last_digit_never_rests_is_shown() -> None:
    said = decode(*(v4(temperature=3650 + n * 7 % 5) for n in range(500)))
    assert len(shown(said)) == 4
    assert {36.5, 36.51, 36.52, 36.53, 36.54} >= {one[3] for one in shown(said)}
    jumps = decode(*(v4(temperature=3650 + n % 2 * 11) for n in range(200)))
    assert {len(one) for one in shown(jumps)} == {3}


def test_a_number_that_is_not_borne_out_any_more_is_left_out() -> None:
    said = decode(V4 * 30, *(v4(spo2=60 + n % 2) for n in range(200)))
    assert shown(said)[0] == GOOD
    assert (72, 14, 36.52) in shown(said)[1:]
    assert all(97 not in reading for reading in shown(said)[2:])


def test_damage_that_costs_a_frame_breaks_the_agreement() -> None:
    harmed = bytes([V4[0] ^ 0x01]) + V4[1:]
    said = decode(V4 * 4, harmed, V4 * 4)
    assert (shown(said), faults(said)) == ([], [(FaultKind.SYNC, 27)])
    assert shown(decode(V4 * 10, harmed, V4 * 160)) == [GOOD, GOOD, GOOD]
    assert [(run, first, len(samples)) for run, first, samples in wave(said, WaveformName.ECG_II)] == [
        (0, 0, 4),
        (1, 0, 4),
    ]


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 25, 26])
def test_a_damaged_frame_costs_itself_alone(place: int) -> None:
    harmed = bytearray(V4)
    harmed[place] ^= 0x55
    said = decode(V4 * 10, bytes(harmed), V4 * 10)
    assert faults(said) == [(FaultKind.SYNC, 27)]
    assert sum(len(samples) for *_, samples in wave(said, WaveformName.PLETH)) == 20


def test_a_lost_byte_costs_its_frame_alone() -> None:
    for place in range(27):
        said = decode(V4 * 10, V4[:place] + V4[place + 1 :], V4 * 10)
        assert sum(count for _, count in faults(said)) == 26
        assert sum(len(samples) for *_, samples in wave(said, WaveformName.RESP)) == 20


def test_step_needs_two_frames_on_end() -> None:
    decoder = HealthyPiDecoder()
    assert decoder.feed(V4, 0) == []
    assert len(wave(decoder.feed(V4, FRAME_US), WaveformName.ECG_II)) == 1
    alone = decode(V4)
    assert (wave(alone, WaveformName.ECG_II), faults(alone)) == ([], [(FaultKind.SHORT, 27)])
    imitation = decode(b"\x00" + V4 + b"\x00" + V4 * 2)
    assert sum(len(samples) for *_, samples in wave(imitation, WaveformName.ECG_II)) == 2


def test_a_silence_breaks_what_counts_on() -> None:
    decoder = HealthyPiDecoder()
    decoder.feed(V4 * 10, 0)
    assert wave(decoder.feed(V4, 3 * S), WaveformName.ECG_II) == []
    said = decoder.feed(V4, 3 * S + FRAME_US)
    assert [run for run, *_ in wave(said, WaveformName.ECG_II)] == [1]
    assert shown(said) == []


def test_a_frame_cut_by_silence_is_short() -> None:
    decoder = HealthyPiDecoder()
    decoder.feed(V4 * 3 + V4[:9], 0)
    assert decoder.next_deadline() == S // 2
    assert decoder.wake(S // 4) == []
    assert faults(decoder.wake(S // 2)) == [(FaultKind.SHORT, 9)]
    assert decoder.next_deadline() is None
    assert decoder.wake(S) == []


def test_boot_text_before_the_stream_is_passed_over() -> None:
    said = decode(b"HealthyPi v4\r\nWiFi off\r\n" * 20, V4 * 5)
    assert shown(said) == [GOOD]
    assert states(said) == []
    assert sum(count for _, count in faults(said)) == 24 * 20


def test_bytes_of_another_device_are_told_until_ours_come() -> None:
    said = decode(b"\x0ax" * 600, V4 * 2)
    assert states(said) == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_THIS_DEVICE, False)]
    assert "mode switch" in text(said, StatusCode.NOT_THIS_DEVICE)
    assert faults(said) == [(FaultKind.SYNC, 200)] * 6


def test_a_line_opened_anew_starts_out_of_step() -> None:
    decoder = HealthyPiDecoder()
    decoder.feed(v3() * 10, 0)
    decoder.opened(S)
    assert (decoder.next_deadline(), decoder.bytes_to_send()) == (None, b"")
    assert formats(decoder.feed(V4 * 5, S)) == ["v4"]


def test_nothing_fed_is_nothing_said_and_it_takes_no_commands() -> None:
    assert HealthyPiDecoder().feed(b"", 0) == []
    with pytest.raises(CommandNotSupported):
        HealthyPiDecoder().command(Command("1", CommandKind.NIBP_START), 0)


# -- the heart rate that stays when beats stop


def beating(count: int, height: int = 500, hr: int = 72) -> list[bytes]:
    """Frames with a beat each 100."""
    return [v4(ecg=height if n % 100 == 0 else n % 3, hr=hr) for n in range(count)]


def test_a_rate_without_beats_is_not_shown() -> None:
    said = decode(*beating(1000), *beating(900, height=3), *beating(500))
    values = [reading[1] for reading in shown(said)]
    assert values[:8] == [72] * 8
    assert None in values
    assert values[-1] == 72
    assert states(said) == [(StatusCode.OUT_OF_TRACK, True), (StatusCode.OUT_OF_TRACK, False)]
    assert "no beats in the ECG" in text(said, StatusCode.OUT_OF_TRACK)
    still = decode(*beating(1000), *beating(900, height=3))
    assert words(still)[1] == "held"


def test_electrodes_that_swing_at_first_do_not_hide_the_beats_after_them() -> None:
    swing = [v4(ecg=20_000 if n // 30 % 2 else -20_000) for n in range(750)]
    said = decode(*swing, *beating(6000, height=800))
    assert StatusCode.OUT_OF_TRACK not in {code for code, _ in states(said)}
    assert {one[1] for one in shown(said)} == {72}
    said = decode(*swing, *beating(3000, height=800), *(v4(ecg=n % 3) for n in range(1500)))
    assert states(said) == [(StatusCode.OUT_OF_TRACK, True)]
    assert shown(said)[-1][1] is None


def test_one_damaged_sample_is_no_beat() -> None:
    flat = beating(1100, height=3)
    flat[1000] = v4(ecg=32000)
    assert (StatusCode.OUT_OF_TRACK, False) not in states(decode(*beating(1000), *flat))


def test_a_rate_that_changes_shows_that_there_are_beats() -> None:
    said = decode(*beating(3200), *beating(900, height=40), *beating(300, height=40, hr=75))
    assert [reading[1] for reading in shown(said)][-1] == 75
    assert states(said)[-1] == (StatusCode.OUT_OF_TRACK, False)


def test_a_slow_heart_beats_too() -> None:
    slow = [v4(ecg=500 if n % 370 == 0 else 0, hr=20) for n in range(2500)]
    assert states(decode(*slow)) == []


# -- v3


def test_v3_is_told_by_its_constants_and_stays_v3() -> None:
    said = decode(v3() * 30, v3(second=120) * 30)
    assert formats(said) == ["v3"]
    assert formats(decode(V4 * 30, v3() * 30)) == ["v4", "v3"]
    assert shown(said)[0] == GOOD


@pytest.mark.parametrize(
    ("flags", "spo2", "expected", "expected_words", "code", "sentence"),
    [
        (1, 97, (97, None, None, 36.52), ["", "leads_off", "leads_off", ""], StatusCode.LEADS_OFF, "ECG leads off"),
        (
            2,
            25,
            (None, 72, 14, 36.52),
            ["sensor_off", "", "", ""],
            StatusCode.SENSOR_OFF,
            "SpO₂ probe open or off the finger",
        ),
        (
            2,
            97,
            (None, 72, 14, 36.52),
            ["sensor_off", "", "", ""],
            StatusCode.SENSOR_OFF,
            "SpO₂ probe open or off the finger",
        ),
        (
            3,
            25,
            (None, None, None, 36.52),
            ["sensor_off", "leads_off", "leads_off", ""],
            StatusCode.LEADS_OFF,
            "ECG leads off",
        ),
    ],
)
def test_every_state_of_v3(
    flags: int, spo2: int, expected: Shown, expected_words: list[str], code: StatusCode, sentence: str
) -> None:
    said = decode(v3(flags=flags, spo2=spo2) * 5)
    assert shown(said) == [expected]
    assert words(said) == expected_words
    assert text(said, code) == sentence
    assert (code, False) in states(decode(v3(flags=flags) * 30, v3() * 30))


def test_the_wrapped_minus_999_of_v3_is_no_saturation() -> None:
    assert shown(decode(v3(spo2=25) * 5)) == [(None, 72, 14, 36.52)]


# -- v5


def test_the_sheets_frame_of_v5() -> None:
    said = decode(V5 * 5)
    assert shown(said) == [GOOD]
    assert formats(said) == ["v5"]
    assert wave(said, WaveformName.ECG_II) == [(0, 0, (-15234 // 4,) * 5)]
    assert wave(said, WaveformName.RESP) == [(0, 0, (812 // 4,) * 5)]
    assert wave(said, WaveformName.PLETH)[0][2] == (-412345 // 64,) * 5


def test_zero_is_none_on_v5() -> None:
    said = decode(v5(0, 0, 0) * 500)
    assert shown(said)[-1] == (None, None, None, 36.52)
    assert words(said) == ["searching", "searching", "searching", ""]
    assert states(said) == []


def test_a_bioz_sample_that_is_not_fresh_stands_for_a_while() -> None:
    said = decode(*(v5(bioz=400 + 4 * n, skipped=0xFF if n % 2 else 0) for n in range(6)))
    assert wave(said, WaveformName.RESP) == [(0, 0, (100, 100, 102, 102, 104, 104))]
    said = decode(v5(skipped=0xFF), v5() * 3, v5(skipped=0xFF) * 20, v5() * 2)
    assert [(run, len(samples)) for run, _, samples in wave(said, WaveformName.RESP)] == [(0, 11), (1, 2)]


def test_samples_beyond_16_bits_are_at_the_end_of_the_scale() -> None:
    said = decode(v5(bioz=2**31 - 1) * 2 + v5(bioz=-(2**31)) * 2)
    assert wave(said, WaveformName.RESP)[0][2] == (32767, 32767, -32768, -32768)


def test_another_board_on_the_line_starts_anew() -> None:
    said = decode(V4 * 30, V5 * 30, V4 * 30)
    assert formats(said) == ["v4", "v5", "v4"]
    assert [run for run, *_ in wave(said, WaveformName.ECG_II)] == [0, 1, 2]


def test_frames_of_other_types_are_passed_over() -> None:
    said = decode(V4 * 3, other(1, 5), other(5, 0), other(6, 64), V4 * 2)
    assert (shown(said), faults(said)) == ([GOOD], [])
    assert faults(decode(V4 * 3, other(7, 5), V4 * 2)) == [(FaultKind.SYNC, 12)]
    assert faults(decode(V4 * 3, other(6, 65), V4 * 2)) == [(FaultKind.SYNC, 72)]
    assert faults(decode(V4 * 3, other(2, 21), V4 * 2)) == [(FaultKind.SYNC, 28)]


def test_the_split_format_is_named_and_refused() -> None:
    said = decode((other(3, 50) + other(4, 19)) * 30, V5 * 5)
    assert formats(said) == ["ov3", "v5"]
    assert "split format" in text(said, StatusCode.NOT_THIS_DEVICE)
    assert states(said) == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_THIS_DEVICE, False)]
    assert (shown(said), faults(said)) == ([GOOD], [])


@given(
    parts=st.lists(
        st.sampled_from((V4, V4_OFF, V5, V4[:9], b"\x0a", b"\x0a\xfa", b"\x00\x0b", other(3, 50))), max_size=30
    ),
    size=st.integers(1, 40),
)
@settings(deadline=None, max_examples=40)
def test_any_splitting_says_the_same(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)

    def said(pieces: int) -> tuple[list[Shown], list[tuple[StatusCode, bool]], int]:
        decoder, told = HealthyPiDecoder(), list[Observation]()
        for start in range(0, len(data), pieces):
            told += decoder.feed(data[start : start + pieces], 0)
        while (deadline := decoder.next_deadline()) is not None:
            told += decoder.wake(deadline)
        return shown(told), states(told), sum(count for _, count in faults(told))

    assert said(size) == said(4096)


@given(data=st.binary(max_size=300))
@settings(deadline=None, max_examples=40)
def test_no_bytes_raise(data: bytes) -> None:
    assert shown(decode(data + V4[:7])) == []


# -- the simulator


@dataclass
class Patient:
    """A person whose numbers are as told."""

    hr: float | None = 72.0
    pulse_rate: float | None = 72.0
    spo2: float | None = 97.0
    rr: float | None = 14.0
    pi: float = 3.0
    motion: bool = False
    finger_off: bool = False
    leads_off: bool = False

    def advance(self, at: int) -> None:
        pass

    def beats(self, after: int, until: int) -> list[int]:
        return []

    def pulses(self, after: int, until: int) -> list[int]:
        return []

    def ecg_mv(self, at: int) -> float:
        return 1.0 if at % S < FRAME_US else 0.01

    def pleth(self, at: int) -> float:
        return 0.5

    def resp(self, at: int) -> float:
        return 0.1

    def determine(self, at: int) -> Determination | None:
        return None


def simulated(*what: str, patient: Patient | None = None) -> HealthyPiSimulator:
    simulator = HealthyPiSimulator(patient or Patient(), random.Random(1), 0)
    for fault in what:
        simulator.misbehave(fault, True)
    return simulator


def test_the_simulator_sends_the_sheets_layout() -> None:
    frame = simulated().advance(0)
    assert (frame[:5], frame[-2:], frame[19:25]) == (V4[:5], V4[-2:], V4[19:25])
    off = simulated(patient=Patient(leads_off=True)).advance(0)
    assert (off[5:7], off[19:20], off[21:25]) == (V4_OFF[5:7], b"\x00", V4_OFF[21:25])
    five = simulated("v5").advance(0)
    assert (five[:5], five[-2:], five[13], five[24:27]) == (V5[:5], V5[-2:], 0, V5[24:27])
    three = simulated("v3", patient=Patient(spo2=None, leads_off=True)).advance(0)
    assert (three[20], three[22:25]) == (0x19, bytes([80, 0, 3]))
    assert simulated("v3", "bp_module").advance(0)[23] == 118
    infrared, red = (int.from_bytes(frame[place : place + 4], "little") for place in (9, 13))
    swapped = [int.from_bytes(five[place : place + 4], "little") for place in (14, 18)]
    assert swapped == [red, infrared]


def test_it_sends_125_frames_a_second() -> None:
    assert len(simulated().advance(10 * S - 1)) == 1250 * 27


@pytest.mark.parametrize("what", [(), ("v3",), ("v5",), ("v3", "bp_module"), ("boot",)])
def test_driver_and_simulator(what: tuple[str, ...]) -> None:
    said = decode(simulated(*what).advance(5 * S))
    assert {reading[:3] for reading in shown(said)} == {(97, 72, 14)}
    assert formats(said) == [next((version for version in ("v3", "v5") if version in what), "v4")]


def test_states_of_the_simulated_board() -> None:
    off = Patient(leads_off=True)
    assert (StatusCode.LEADS_OFF, True) in states(decode(simulated(patient=off).advance(S)))
    assert (StatusCode.LEADS_OFF, True) in states(decode(simulated("unflagged", patient=off).advance(5 * S)))
    assert (StatusCode.SENSOR_OFF, True) in states(decode(simulated("v3", "no_probe").advance(S)))
    assert (StatusCode.NOT_THIS_DEVICE, True) in states(decode(simulated("split").advance(4 * S)))
    with pytest.raises(ValueError, match="no fault 'finger_off'"):
        simulated("finger_off")
    simulated().misbehave("v3", False)


def test_a_heart_that_stops_keeps_its_rate_on_the_board() -> None:
    patient = Patient()
    simulator = simulated(patient=patient)
    simulator.advance(S)
    patient.hr = None
    assert simulator.advance(3 * S)[-6] == 72


def test_driver_and_simulator_bear_one_name() -> None:
    assert SIMULATOR.name == DRIVER.name
    assert [str(line) for line in (DRIVER.line, *DRIVER.other_lines)] == ["115200 8N1", "57600 8N1"]
