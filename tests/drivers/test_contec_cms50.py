"""The Contec driver and its simulator: packets recorded from real devices, and the sheet's worked ones, pin both."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from drivers.base.decoder import Line
from drivers.base.observations import DeviceStatus, LinkFault, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import FaultKind, Parameter, Quality, StatusCode
from drivers.contec_cms50 import DRIVER, ContecDecoder
from simulators.contec_cms50 import SIMULATOR, ContecSimulator
from tests.drivers.finger import Finger

S = 1_000_000

GOOD = bytes.fromhex("01 E0 85 B3 96 C1 E1 FF FF")  # real: SpO2 97, pulse 65, no PI
GOOD_E = bytes.fromhex("01 E0 84 93 92 BC E3 FF FF")  # real, CMS50E: SpO2 99, pulse 60
FAST = bytes.fromhex("01 88 C6 DA 89 8E E2 C1 81")  # pulse 142, SpO2 98, PI 3.21
LOW = bytes.fromhex("01 E0 A4 A1 94 E0 D4 FF FF")  # pulse 96, SpO2 84
SEARCHING = bytes.fromhex("01 EA 83 94 92 FF FF FF FF")
FINGER_OUT = bytes.fromhex("01 E9 80 C0 90 FF FF FF FF")
OLD = bytes.fromhex("85 33 06 41 61")  # legacy: SpO2 97, pulse 65
OLD_FAST = bytes.fromhex("C6 5A 49 0E 62")  # legacy: SpO2 98, pulse 142
OLD_SEARCHING = bytes.fromhex("83 14 22 00 00")
OLD_FINGER_OUT = bytes.fromhex("80 40 10 00 00")

LISTENING_US = 200_000
A2, AC, A1, AF = (bytes.fromhex(f"7D 81 {op} 80 80 80 80 80 80") for op in ("A2", "AC", "A1", "AF"))


def decode(data: bytes, size: int = 9, decoder: ContecDecoder | None = None) -> list[Observation]:
    """Feed ``data`` at the stream's pace, then let the line be silent."""
    decoder = decoder or ContecDecoder()
    said: list[Observation] = []
    for start in range(0, len(data), size):
        said += decoder.feed(data[start : start + size], min(start + size, len(data)) * S // 540)
    return said + drain(decoder)


def drain(decoder: ContecDecoder) -> list[Observation]:
    said: list[Observation] = []
    while (deadline := decoder.next_deadline()) is not None:
        said += decoder.wake(deadline)
    return said


def shown(said: Iterable[Observation]) -> list[dict[Parameter, int | float | None]]:
    return [{n.parameter: n.value for n in one.numerics} for one in said if isinstance(one, Reading)]


def numbers(said: Iterable[Observation]) -> set[tuple[Parameter, int | float]]:
    return {(name, value) for one in shown(said) for name, value in one.items() if value is not None}


def words(said: Iterable[Observation]) -> set[Quality]:
    return {word for one in said if isinstance(one, Reading) for n in one.numerics for word in n.quality}


def faults(said: Iterable[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def states(said: Iterable[Observation]) -> list[tuple[StatusCode, bool]]:
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus)]


def texts(said: Iterable[Observation]) -> dict[StatusCode, str]:
    return {one.code: one.text for one in said if isinstance(one, DeviceStatus) and one.on}


def runs(said: Iterable[Observation]) -> dict[int, list[int]]:
    samples: dict[int, list[int]] = {}
    for one in said:
        if isinstance(one, WaveformChunk):
            samples.setdefault(one.run, [])
            samples[one.run] += one.samples
    return samples


def both(spo2: float | None, pr: float | None) -> dict[Parameter, float | None]:
    return {Parameter.SPO2: spo2, Parameter.PR: pr}


# -- packages of V7.0


@pytest.mark.parametrize(
    ("package", "expected", "pleth"),
    [
        (GOOD, both(97, 65), 51),
        (GOOD_E, both(99, 60), 19),
        (FAST, {**both(98, 142), Parameter.PI: 3.21}, 90),
        (LOW, both(84, 96), 33),
        (SEARCHING, both(None, None), 20),
        (FINGER_OUT, both(None, None), 64),
    ],
)
def test_worked_packages(package: bytes, expected: dict[Parameter, float | None], pleth: int) -> None:
    said = decode(package * 3)
    assert shown(said) == [expected]
    assert runs(said) == {0: [pleth] * 3}
    assert faults(said) == []
    assert texts(said)[StatusCode.FORMAT] == "Contec V7.0 packages"


def test_two_packages_are_not_enough() -> None:
    assert shown(decode(GOOD * 2)) == []
    assert shown(decode(GOOD * 3 + LOW * 2)) == [both(97, 65)]
    assert shown(decode(GOOD * 3 + LOW * 3)) == [both(97, 65), both(84, 96)]
    assert shown(decode(GOOD * 3 + (LOW + GOOD_E) * 5)) == [both(97, 65)]


def test_a_reading_comes_three_times_a_second() -> None:
    assert len(shown(decode(GOOD * 63))) == 4


def test_one_value_may_agree_while_another_does_not() -> None:
    rates = [GOOD[:5] + bytes([0x80 | rate]) + GOOD[6:] for rate in (65, 66, 67, 68)]
    assert shown(decode(GOOD * 2 + b"".join(rates) * 6)) == [both(97, 65), {Parameter.SPO2: 97}]


@pytest.mark.parametrize(
    ("package", "code", "word", "text"),
    [
        (SEARCHING, StatusCode.SEARCHING, Quality.SEARCHING, "SpO₂ searches for a pulse"),
        (FINGER_OUT, StatusCode.SENSOR_OFF, Quality.SENSOR_OFF, "SpO₂ sensor off the finger"),
        # firmware that leaves its last numbers standing
        (
            bytes.fromhex("01 E2 85 B3 96 C1 E1 FF FF"),
            StatusCode.SEARCHING,
            Quality.SEARCHING,
            "SpO₂ searches for a pulse",
        ),
        (
            bytes.fromhex("01 E1 85 C0 90 C1 E1 FF FF"),
            StatusCode.SENSOR_OFF,
            Quality.SENSOR_OFF,
            "SpO₂ sensor off the finger",
        ),
        (
            bytes.fromhex("01 E0 95 B3 96 C1 E1 FF FF"),
            StatusCode.SEARCHING,
            Quality.SEARCHING,
            "SpO₂: no pulse found, put the finger in again",
        ),
    ],
)
def test_a_flag_beats_the_number(package: bytes, code: StatusCode, word: Quality, text: str) -> None:
    said = decode(GOOD * 3 + package * 3 + GOOD * 3)
    assert shown(said) == [both(97, 65), both(None, None), both(97, 65)]
    assert words(said) == {word}
    assert texts(said)[code] == text
    assert states(said)[1:] == [(code, True), (code, False)]


@pytest.mark.parametrize(
    ("pr", "spo2", "expected"),
    [(0x00, 97, both(None, None)), (65, 0x00, both(None, None)), (0x7F, 0x7F, both(None, None)), (1, 1, both(1, 1))],
)
def test_what_is_out_of_range_makes_all_missing(pr: int, spo2: int, expected: dict[Parameter, float | None]) -> None:
    """Some firmware raises no flag: then a number out of its range is what tells that there is no pulse."""
    said = decode((GOOD[:5] + bytes([0x80 | pr, 0x80 | spo2]) + GOOD[7:]) * 3)
    assert shown(said) == [expected]
    assert words(said) <= {Quality.INVALID}


def test_pulse_255_is_missing_and_254_is_not() -> None:
    assert shown(decode(bytes.fromhex("01 E8 85 B3 96 FF E1 FF FF") * 3)) == [both(None, None)]
    assert shown(decode(bytes.fromhex("01 E8 85 B3 96 FE E1 FF FF") * 3)) == [both(97, 254)]


@pytest.mark.parametrize(
    "package",
    ["01 E0 85 B3 B6 C1 E1 FF FF", "01 E4 85 B3 96 C1 E1 FF FF", "01 E0 85 B3 96 C1 E5 FF FF", "01 F0 85 B3 96 C1 E1 FF FF"],
)  # fmt: skip
def test_a_package_that_cannot_be_is_dropped_and_counted(package: str) -> None:
    """Reserved bits of the bar graph, SpO2 above 100."""
    said = decode(GOOD * 3 + bytes.fromhex(package) + GOOD * 8)
    assert faults(said) == [(FaultKind.SYNC, 9)]
    assert [len(samples) for samples in runs(said).values()] == [3, 8]
    assert numbers(said) == {(Parameter.SPO2, 97), (Parameter.PR, 65)}


def test_pi_of_a_device_that_has_it_is_missing_when_it_goes() -> None:
    without = bytes.fromhex("01 E8 C6 DA 99 8E E2 FF FF")
    beyond = bytes.fromhex("01 A8 C6 DA 89 8E E2 99 88")  # 2201
    highest = bytes.fromhex("01 A8 C6 DA 89 8E E2 98 88")
    said = decode(FAST * 3 + without * 3 + highest * 3 + beyond * 3)
    assert [one[Parameter.PI] for one in shown(said)] == [3.21, None, 22.0, None]
    assert shown(decode(without * 3)) == [both(98, 142)]


def test_the_device_s_word_that_it_has_no_pi_stands() -> None:
    assert shown(decode(bytes.fromhex("0E 80 81") + FAST * 3)) == [both(98, 142)]
    assert Parameter.PI in shown(decode(bytes.fromhex("0E 80 80") + FAST * 3))[0]
    assert Parameter.PI in shown(decode(FAST * 3 + bytes.fromhex("0E 80 81") + FAST * 40))[-1]


@pytest.mark.parametrize(
    "package",
    [
        "0C 80",
        "11 80 81 81 80 80 80 80 80",
        "04 80 F5 F3 E5 F2 A0 A0 A0",
        "02 81 FF A0 A0 A0 A0 A0 A0",
        "0B 81 B1 80",
        "0B 81 A1 80",
        "09 80 E1 C1 80 80",
        "06 80 80 80",
    ],
)
def test_packages_that_are_no_live_data_are_passed_over(package: str) -> None:
    said = decode(GOOD * 3 + bytes.fromhex(package) + GOOD * 3)
    assert (faults(said), shown(said), list(runs(said))) == ([], [both(97, 65)], [0])
    assert states(said) == [(StatusCode.FORMAT, True)]


def test_what_only_looks_like_another_package_is_damage() -> None:
    assert faults(decode(GOOD * 3 + b"\x0c\x80\x80" + GOOD * 3)) == [(FaultKind.SYNC, 3)]
    assert faults(decode(GOOD * 3 + b"\x60\x80\x80" + GOOD * 3)) == [(FaultKind.SYNC, 3)]
    assert faults(decode(GOOD * 3 + b"\x0b\x80" + GOOD * 3)) == [(FaultKind.SHORT, 2)]


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("80 80", "it ended the data"),
        ("80 81", "it is shutting down"),
        ("80 82", "its user was changed"),
        ("80 83", "it is recording; end the recording on the device"),
        ("80 84", "deleting failed"),
        ("80 85", "it does not support this"),
        ("81 FF", "it tells no reason"),
        ("80 89", "reason 9"),
    ],
)
def test_a_device_that_ends_the_stream_says_why(reason: str, text: str) -> None:
    said = decode(GOOD * 3 + bytes.fromhex("0D" + reason))
    assert texts(said)[StatusCode.STANDBY] == f"oximeter sends no live data: {text}"
    again = decode(GOOD * 3 + bytes.fromhex("0D" + reason) + GOOD)
    assert states(again)[1:] == [(StatusCode.STANDBY, True), (StatusCode.STANDBY, False)]


def test_a_start_that_is_refused_says_why() -> None:
    said = decode(bytes.fromhex("0B 81 A1 85"))
    assert texts(said)[StatusCode.STANDBY] == "oximeter sends no live data: it does not support this"


# -- the legacy stream


@pytest.mark.parametrize(
    ("frame", "expected", "pleth", "word"),
    [
        (OLD, both(97, 65), 51, None),
        (OLD_FAST, both(98, 142), 90, None),
        (OLD_SEARCHING, both(None, None), 20, Quality.SEARCHING),
        (OLD_FINGER_OUT, both(None, None), 64, Quality.SENSOR_OFF),
        (bytes.fromhex("95 33 06 41 61"), both(None, None), 51, Quality.SEARCHING),
        (bytes.fromhex("85 33 46 7F 65"), both(None, None), 51, Quality.INVALID),
        (bytes.fromhex("85 33 06 00 7F"), both(None, None), 51, Quality.INVALID),
    ],
)
def test_worked_frames_of_the_legacy_stream(
    frame: bytes, expected: dict[Parameter, float | None], pleth: int, word: Quality | None
) -> None:
    said = decode(frame * 3, size=5)
    assert shown(said) == [expected]
    assert words(said) == ({word} if word else set())
    assert runs(said) == {0: [pleth] * 3}
    assert texts(said)[StatusCode.FORMAT] == "Contec 5-byte stream"


def test_recorded_data_of_a_legacy_device_is_not_live() -> None:
    dump = bytes.fromhex("F2 80 00") + bytes.fromhex("F0 41 61") * 90
    said = decode(OLD * 3 + dump + OLD * 8, size=5)
    assert shown(said) == [both(97, 65), both(97, 65)]
    assert texts(said)[StatusCode.STANDBY] == "oximeter sends recorded data, which is not live; end that on the device"
    assert (StatusCode.NOT_THIS_DEVICE, True) not in states(said)
    assert states(said)[-1] == (StatusCode.STANDBY, False)
    assert faults(decode(b"\xf2")) == [(FaultKind.SHORT, 1)]
    assert faults(decode(b"\xf2\x80")) == [(FaultKind.SHORT, 2)]


def test_a_damaged_legacy_frame_costs_itself() -> None:
    for harm in (OLD[:3], OLD + b"\x12", b"\x01\x02", b"\xf2\x80\x85\x06"):
        said = decode(OLD * 3 + harm + OLD * 20, size=5)
        assert numbers(said) == {(Parameter.SPO2, 97), (Parameter.PR, 65)}
        assert sum(count for _, count in faults(said)) in (len(harm), len(harm) - 5)
        assert sum(map(len, runs(said).values())) >= 23


# -- told apart


def test_the_formats_are_told_apart_whatever_came_before() -> None:
    said = decode(GOOD * 4 + OLD * 8 + FAST * 8)
    assert [one.detail for one in said if isinstance(one, DeviceStatus)] == ["V7.0", "legacy", "V7.0"]
    assert shown(said)[0] == both(97, 65)
    assert faults(said) == []


def test_a_package_begun_in_another_is_found() -> None:
    said = decode(GOOD * 3 + GOOD[:4] + GOOD * 8)
    assert faults(said) == [(FaultKind.SHORT, 4)]
    assert [len(samples) for samples in runs(said).values()] == [3, 8]


def test_after_damage_eight_must_agree() -> None:
    harmed = GOOD * 3 + GOOD[:4]
    assert shown(decode(harmed + LOW * 7)) == [both(97, 65)]
    assert shown(decode(harmed + LOW * 8)) == [both(97, 65), both(84, 96)]
    assert shown(decode(harmed + FINGER_OUT * 3)) == [both(97, 65), both(None, None)]
    assert shown(decode(harmed + GOOD * 120 + LOW * 3))[-1] == both(84, 96)


def test_bytes_of_another_device_are_told_until_ours_come() -> None:
    said = decode(b"$GPGGA,123519,4807.038,N\r\n" * 20 + GOOD * 3)
    assert [count for _, count in faults(said)] == [200, 200, 120]
    assert "115200 8N1" in texts(said)[StatusCode.NOT_THIS_DEVICE]
    assert (StatusCode.NOT_THIS_DEVICE, False) in states(said)
    assert shown(said) == [both(97, 65)]


def test_silence_breaks_what_counts_on() -> None:
    decoder = ContecDecoder()
    assert shown(decoder.feed(GOOD * 3, 0)) == [both(97, 65)]
    said = decoder.feed(GOOD * 2, 2 * S)
    assert (shown(said), list(runs(said))) == ([], [1])
    assert shown(decoder.feed(GOOD, 2 * S + 16_667)) == [both(97, 65)]


def test_a_long_chunk_is_no_silence() -> None:
    decoder = ContecDecoder()
    decoder.feed(GOOD * 3, 0)
    assert list(runs(decoder.feed(GOOD * 600, 10 * S))) == [0]


def test_nothing_fed_is_nothing_said() -> None:
    decoder = ContecDecoder()
    assert decoder.feed(b"", 0) == []
    assert decoder.wake(5 * S) == []
    assert decoder.bytes_to_send() == b""
    decoder.closing(0)
    assert decoder.bytes_to_send() == b""


@pytest.mark.parametrize("form", [GOOD, OLD])
@pytest.mark.parametrize("harm", ["flip", "change", "drop", "insert"])
def test_a_damaged_stream_shows_no_number_of_its_own(form: bytes, harm: str) -> None:
    legacy = form is OLD
    data = recording(legacy)
    intact = numbers(decode(data, size=4096))
    for rate in (0.002, 0.02):
        rng = random.Random(f"{harm} {rate} {legacy}")
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
        said = decode(bytes(damaged), size=4096)
        assert numbers(said) <= intact
        assert faults(said)


# -- the conversation


def opened() -> ContecDecoder:
    decoder = ContecDecoder()
    assert decoder.opened(0) == []
    return decoder


def sent(decoder: ContecDecoder, until: int) -> list[tuple[float, bytes]]:
    """What is sent on a line that stays silent, with its time in seconds."""
    out = []
    while (due := decoder.next_deadline()) is not None and due <= until:
        decoder.wake(due)
        if data := decoder.bytes_to_send():
            out.append((due / S, data))
    return out


def test_the_set_up_goes_as_the_sheet_says() -> None:
    decoder = opened()
    assert decoder.bytes_to_send() == b""
    assert sent(decoder, LISTENING_US) == [(0.2, A2)]
    decoder.feed(bytes.fromhex("0C"), 210_000)
    decoder.feed(bytes.fromhex("80"), 211_000)
    assert decoder.bytes_to_send() == AC
    decoder.feed(bytes.fromhex("0E 80 81"), 230_000)
    assert decoder.bytes_to_send() == A1
    said = decoder.feed(FAST * 3, 280_000)
    assert shown(said) == [both(98, 142)]
    kept: list[tuple[float, bytes]] = []
    for tenth in range(100):
        decoder.feed(FAST, 300_000 + tenth * S // 10)
        kept += sent(decoder, 300_000 + tenth * S // 10)
    assert [(round(second, 2), data) for second, data in kept] == [(2.28, AF), (4.28, AF), (6.28, AF), (8.28, AF)]
    decoder.closing(11 * S)
    assert decoder.bytes_to_send() == A2
    assert decoder.next_deadline() is None


def test_nobody_answers_and_that_is_told() -> None:
    decoder = opened()
    said: list[Observation] = []
    out: list[tuple[float, bytes]] = []
    while len(out) < 6:
        due = decoder.next_deadline()
        assert due is not None
        said += decoder.wake(due)
        out.append((due / S, decoder.bytes_to_send()))
    assert out == [(0.2, A2), (1.2, AC), (2.2, A1), (3.2, A1), (4.2, A2), (5.2, AC)]
    assert "switch it on" in texts(said)[StatusCode.NOT_ANSWERING]
    said = decoder.feed(bytes.fromhex("0B 81 AC 85"), 5_300_000)
    assert decoder.bytes_to_send() == A1
    said = decoder.feed(bytes.fromhex("0B 81 A1 83"), 5_400_000)
    assert "recording" in texts(said)[StatusCode.STANDBY]
    said = decoder.feed(GOOD * 3, 5_500_000)
    assert (StatusCode.NOT_ANSWERING, False) in states(said)


def test_a_stream_that_runs_already_is_taken_over() -> None:
    decoder = opened()
    decoder.feed(GOOD * 3, 100_000)
    assert sent(decoder, 100_000) == [(0.1, AF)]


def test_a_stream_that_breaks_off_is_asked_for_once_then_told() -> None:
    decoder = opened()
    decoder.feed(GOOD * 3, 100_000)
    assert sent(decoder, 1_200_000) == [(0.1, AF), (1.1, A1)]
    assert states(decoder.wake(2_100_000)) == [(StatusCode.NOT_ANSWERING, True)]
    assert decoder.bytes_to_send() == A2


def test_packages_on_their_way_do_not_end_the_set_up() -> None:
    decoder = opened()
    assert sent(decoder, LISTENING_US) == [(0.2, A2)]
    decoder.feed(GOOD * 3, 210_000)
    decoder.feed(bytes.fromhex("0C 80"), 220_000)
    assert decoder.bytes_to_send() == AC


def test_a_legacy_device_is_never_written_to() -> None:
    decoder = opened()
    decoder.feed(OLD * 3, 100_000)
    assert sent(decoder, 60 * S) == []
    decoder.closing(60 * S)
    assert decoder.bytes_to_send() == b""


def test_a_line_opened_anew_begins_anew() -> None:
    decoder = opened()
    decoder.feed(FAST * 3 + FAST[:4], 100_000)
    assert decoder.opened(S) == []
    said = decoder.feed(GOOD * 3, S)
    assert (faults(said), shown(said), list(runs(said))) == ([], [both(97, 65)], [1])


# -- the simulator


@dataclass
class Patient(Finger):
    """The finger of the worked packages."""

    hr: float | None = 65.0
    pulse_rate: float | None = 65.0
    spo2: float | None = 97.0
    pi: float = 3.21
    level: float = 51 / 127


def oximeter(patient: Patient | None = None, legacy: bool = False, seed: int = 1) -> ContecSimulator:
    return ContecSimulator(patient or Patient(), random.Random(seed), 0, legacy)


def kept_alive(device: ContecSimulator, first_s: int, last_s: int) -> bytes:
    out = b""
    for second in range(first_s, last_s + 1):
        device.receive(AF, second * S)
        out += device.advance(second * S)
    return out


def recording(legacy: bool = False, seconds: int = 15) -> bytes:
    patient = Patient()
    device = oximeter(patient, legacy)
    device.receive(A1, 0)
    data = b""
    for second in range(seconds):
        patient.pulse_rate, patient.spo2 = 60.0 + 6 * second, 99.0 - second / 2
        patient.finger_off = second == seconds // 2
        data += kept_alive(device, second, second)
    return data


def test_the_simulator_sends_the_real_package() -> None:
    device = oximeter()
    device.misbehave("no_pi", True)
    device.receive(A1, 0)
    assert kept_alive(device, 1, 12).count(GOOD) > 400


def test_the_simulator_packs_bit_7() -> None:
    """Computed by hand: pulse 142 = 8E and PI 0141 hold a bit 7 and none."""
    device = oximeter(Patient(pulse_rate=142.0, spo2=98.0, level=90 / 127))
    device.receive(A1, 0)
    data = kept_alive(device, 1, 12)
    assert bytes.fromhex("01 88 85 DA 8B 8E E2 C1 81") in data
    assert bytes.fromhex("01 88 C5 DA 8B 8E E2 C1 81") in data


def test_the_simulator_answers_as_real_devices_did() -> None:
    device = oximeter()
    device.misbehave("no_pi", True)
    for number, (asked, answer) in enumerate(
        [
            ("A2", "0C 80"),
            ("AC", "0E 80 81"),
            ("B0", "11 80 81 80 80 80 80 80 80"),
            ("AA", "04 80 F5 F3 E5 F2 A0 A0 A0"),
            ("A8", "02 80 80 A0 A0 A0 A0 A0 A0 02 81 FF A0 A0 A0 A0 A0 A0"),
            ("F0", "0B 81 F0 85"),
            ("A4", "08 80 80 80 80 80 80 80"),
            ("A5", "07 80 80 80 94 9A 81 81 12 80 80 80 80 80 80 80"),
            ("A9", "03 80 A0 A0 A0 A0 A0 A0 A0"),
            ("B6", "15 80 80 80 80 80 80 80 80"),
        ]
    ):
        device.receive(bytes.fromhex(f"7D 81 {asked} 80 80 80 80 80 80")[:4], number * S)
        device.receive(bytes.fromhex(f"7D 81 {asked} 80 80 80 80 80 80")[4:], number * S)
        assert device.advance(number * S + S // 2).hex() == bytes.fromhex(answer).hex()


def test_without_keep_alive_the_stream_ends() -> None:
    ends = set()
    for seed in (3, 4):
        device = oximeter(seed=seed)
        device.receive(A1, 0)
        assert len(device.advance(5 * S)) == 301 * 9
        ends.add(device.advance(14 * S)[-3:] == bytes.fromhex("0D 81 FF"))
        assert device.advance(16 * S) == b""
    assert ends == {True, False}


@pytest.mark.parametrize("legacy", [False, True])
def test_the_finger_goes_and_comes(legacy: bool) -> None:
    for seed in range(4):
        patient = Patient()
        device = oximeter(patient, legacy, seed)
        device.receive(A1, 0)
        decoder = ContecDecoder()
        decoder.feed(kept_alive(device, 1, 8), 8 * S)
        patient.finger_off = True
        said = decoder.feed(kept_alive(device, 9, 12), 12 * S)
        assert texts(said)[StatusCode.SENSOR_OFF]
        assert shown(said)[-1][Parameter.SPO2] is None
        patient.finger_off = False
        said = decoder.feed(kept_alive(device, 13, 20), 20 * S)
        assert shown(said)[-1][Parameter.SPO2] == 97


def test_a_pulse_that_is_not_found_is_searched_for_too_long() -> None:
    device = oximeter(Patient(pulse_rate=None))
    device.receive(A1, 0)
    said = decode(kept_alive(device, 1, 12))
    assert numbers(said) == set()
    assert texts(said)[StatusCode.SEARCHING] == "SpO₂: no pulse found, put the finger in again"


def test_it_can_be_told_to_misbehave() -> None:
    device = oximeter()
    device.receive(A1, 0)
    kept_alive(device, 1, 8)
    device.misbehave("sensor_off", True)
    assert StatusCode.SENSOR_OFF in texts(decode(kept_alive(device, 9, 10)))
    device.misbehave("sensor_off", False)
    device.misbehave("shut_down", True)
    assert kept_alive(device, 11, 12) == bytes.fromhex("0D 80 81")
    device.receive(A1 + A2, 12 * S)
    assert device.advance(13 * S) == b""
    device.misbehave("shut_down", False)
    device.misbehave("recording", True)
    device.receive(A1, 13 * S)
    assert device.advance(14 * S) == bytes.fromhex("0B 81 A1 83")
    device.misbehave("deaf", True)
    device.receive(A2, 14 * S)
    assert device.advance(15 * S) == b""
    device.misbehave("legacy", True)
    assert StatusCode.FORMAT in texts(decode(device.advance(16 * S), size=5))
    with pytest.raises(ValueError, match="no fault 'leads_off'"):
        device.misbehave("leads_off", True)


def test_driver_and_simulator_bear_one_name_and_the_lines_are_the_sheet_s() -> None:
    assert SIMULATOR.name == DRIVER.name
    assert str(DRIVER.line) == "115200 8N1"
    assert [str(line) for line in DRIVER.other_lines] == ["19200 8O1"]
    assert Line.parse("19200 8O1") == DRIVER.other_lines[0]
