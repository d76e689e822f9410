"""The BerryMed driver and its simulator: the sheet's frames pin both."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import cast

import pytest

from drivers.base.decoder import Command, CommandNotSupported
from drivers.base.observations import (
    CommandReply,
    DeviceAlarm,
    DeviceStatus,
    LinkFault,
    Observation,
    Reading,
    WaveformChunk,
)
from drivers.base.vocabulary import (
    CommandKind,
    CommandOutcome,
    FaultKind,
    Parameter,
    Priority,
    Quality,
    StatusCode,
    WaveformName,
)
from drivers.berrymed_pm6750 import DRIVER, BerryMedDecoder
from simulators.base.simulator import Determination
from simulators.berrymed_pm6750 import SIMULATOR, BerryMedSimulator

S = 1_000_000

ECG_MIDDLE = bytes.fromhex("55 AA 0A 01 80 80 80 80 80 80 80 74")
ECG_72 = bytes.fromhex("55 AA 08 02 18 48 0E 06 01 80")
ECG_OFF = bytes.fromhex("55 AA 08 02 1A 00 00 00 00 DB")
NIBP_142 = bytes.fromhex("55 AA 08 03 04 47 00 00 00 A9")
NIBP_DONE = bytes.fromhex("55 AA 08 03 00 00 79 5C 4E D1")
NIBP_LOOSE = bytes.fromhex("55 AA 08 03 10 00 00 00 00 E4")
SPO2_97 = bytes.fromhex("55 AA 06 04 00 61 47 4D")
NO_FINGER = bytes.fromhex("55 AA 06 04 02 7F FF 75")
SENSOR_OFF = bytes.fromhex("55 AA 06 04 01 7F FF 76")
T_365 = bytes.fromhex("55 AA 08 05 02 24 05 00 00 C7")
T_365_SHORT = bytes.fromhex("55 AA 06 05 00 24 05 CB")
PLETH_43, RESP_128 = bytes.fromhex("55 AA 04 FE 2B D2"), bytes.fromhex("55 AA 04 FF 80 7C")
VERSION = bytes.fromhex("55 AA 09 FC 56 32 2E 34 2E 31 B1")
QRS = bytes.fromhex("55 AA 03 30 CC")

START, STOP = bytes.fromhex("55 AA 04 02 01 F8"), bytes.fromhex("55 AA 04 02 00 F9")
ENABLES = [
    bytes.fromhex(f"55 AA 04 {rest}")
    for rest in ("01 01 F9", "FB 01 FF", "03 01 F7", "04 01 F6", "FE 01 FC", "FF 01 FB", "FC 00 FF", "FD 00 FE")
]


def frame(*content: int) -> bytes:
    body = [len(content) + 2, *content]
    return bytes([0x55, 0xAA, *body, ~sum(body) & 0xFF])


def nibp(state: int, cuff: int = 0, values: tuple[int, int, int] = (0, 0, 0), mode: int = 0) -> bytes:
    return frame(3, state << 2 | mode, cuff // 2, *values)


def decode(data: bytes, size: int = 4096, decoder: BerryMedDecoder | None = None, at: int = 0) -> list[Observation]:
    """Feed ``data``, then let the line be silent for two seconds."""
    decoder = decoder or BerryMedDecoder()
    said: list[Observation] = []
    for start in range(0, len(data), size):
        said += decoder.feed(data[start : start + size], at)
    return said + wake(decoder, at + 2 * S)


def wake(decoder: BerryMedDecoder, until: int) -> list[Observation]:
    said: list[Observation] = []
    while (deadline := decoder.next_deadline()) is not None and deadline <= until:
        said += decoder.wake(deadline)
    return said


def shown(said: Iterable[Observation]) -> list[dict[Parameter, int | float | None]]:
    return [{n.parameter: n.value for n in one.numerics} for one in said if isinstance(one, Reading)]


def numbers(said: Iterable[Observation]) -> set[tuple[Parameter, int | float]]:
    return {(name, value) for one in shown(said) for name, value in one.items() if value is not None}


def words(said: Iterable[Observation]) -> list[tuple[Quality, ...]]:
    """Quality words of the last reading."""
    return [numeric.quality for numeric in [one for one in said if isinstance(one, Reading)][-1].numerics]


def faults(said: Iterable[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def states(said: Iterable[Observation]) -> list[tuple[StatusCode, bool]]:
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus) and one.code is not StatusCode.FORMAT]


def texts(said: Iterable[Observation]) -> dict[StatusCode, str]:
    return {one.code: one.text for one in said if isinstance(one, DeviceStatus) and one.on}


def replies(said: Iterable[Observation]) -> list[tuple[str, CommandOutcome, str]]:
    return [(one.command, one.outcome, one.text) for one in said if isinstance(one, CommandReply)]


def alarms(said: Iterable[Observation]) -> list[tuple[bool, Priority, bool, str]]:
    return [(one.active, one.priority, one.physiological, one.text) for one in said if isinstance(one, DeviceAlarm)]


def waves(said: Iterable[Observation]) -> dict[tuple[WaveformName, int], list[int]]:
    """Samples by curve and run, shifted as told."""
    found: dict[tuple[WaveformName, int], list[int]] = {}
    for one in said:
        if isinstance(one, WaveformChunk):
            found.setdefault((one.waveform, one.run), []).extend(sample + one.offset for sample in one.samples)
    return found


# -- frames


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (SPO2_97, {Parameter.SPO2: 97, Parameter.PR: 71}),
        (NO_FINGER, {Parameter.SPO2: None, Parameter.PR: None}),
        (SENSOR_OFF, {Parameter.SPO2: None, Parameter.PR: None}),
        (ECG_72, {Parameter.HR: 72, Parameter.RR: 14}),
        (ECG_OFF, {Parameter.HR: None, Parameter.RR: None}),
        (T_365, {Parameter.TEMPERATURE: 36.5}),
        (T_365_SHORT, {Parameter.TEMPERATURE: 36.5}),
    ],
)
def test_worked_reports(data: bytes, expected: dict[Parameter, float | None]) -> None:
    said = decode(data * 2)
    assert shown(said)[-1] == expected
    assert faults(said) == []


def test_a_number_needs_a_second_report_that_agrees() -> None:
    assert shown(decode(SPO2_97)) == []
    assert shown(decode(SPO2_97 + frame(4, 0, 94, 81))) == [{Parameter.SPO2: 94, Parameter.PR: 81}]
    assert shown(decode(SPO2_97 + frame(4, 0, 93, 82))) == []
    assert shown(decode(ECG_72 + frame(2, 0x18, 82, 19, 6, 1))) == [{Parameter.HR: 82, Parameter.RR: 19}]
    assert shown(decode(ECG_72 + frame(2, 0x18, 83, 20, 6, 1))) == []
    assert shown(decode(T_365 + frame(5, 2, 36, 2, 0, 0))) == [{Parameter.TEMPERATURE: 36.2}]
    assert shown(decode(T_365 + frame(5, 2, 36, 1, 0, 0))) == []


def test_a_number_that_goes_to_and_fro_or_falls_steeply_is_shown_and_a_lone_outlier_is_not() -> None:
    def rates(*rates_: int) -> list[float | None]:
        return [one.get(Parameter.PR) for one in shown(decode(b"".join(frame(4, 0, 97, rate) for rate in rates_)))]

    assert rates(70, 90, 70, 92, 71, 93) == [None, 70, 92, 71, 93]
    assert rates(120, 105, 90, 75, 60) == [None, 90, 75, 60]
    assert rates(70, 70, 140, 70, 71) == [70, None, 70, 71]


def test_a_result_told_once_is_charted_though_the_next_determination_follows_at_once() -> None:
    said = decode((NIBP_142 * 4 + NIBP_DONE) * 3)
    assert sum(one.spot for one in said if isinstance(one, Reading)) == 3


def test_a_missing_value_is_said_at_once() -> None:
    said = decode(SPO2_97 * 2 + NO_FINGER + SPO2_97 * 2)
    assert [one[Parameter.SPO2] for one in shown(said)] == [97, None, 97]


@pytest.mark.parametrize(
    ("status", "code", "word", "text"),
    [
        (1, StatusCode.NO_SENSOR, Quality.NO_SENSOR, "SpO₂ sensor unplugged"),
        (2, StatusCode.SENSOR_OFF, Quality.SENSOR_OFF, "SpO₂ sensor off the finger"),
        (3, StatusCode.SEARCHING, Quality.SEARCHING, "SpO₂ searches for a pulse"),
        (4, StatusCode.SEARCHING, Quality.SEARCHING, "SpO₂: no pulse found, put the finger in again"),
    ],
)
def test_spo2_status_beats_the_number(status: int, code: StatusCode, word: Quality, text: str) -> None:
    bad = frame(4, status, 97, 71)
    said = decode(SPO2_97 * 2 + bad * 2)
    assert shown(said)[1:] == [{Parameter.SPO2: None, Parameter.PR: None}] * 2
    assert words(said) == [(word,), (word,)]
    assert texts(said)[code] == text
    assert states(decode(SPO2_97 + bad)) == []
    assert states(decode(bad * 2 + SPO2_97 * 2)) == [(code, True), (code, False)]


def test_a_status_nobody_described_is_no_number() -> None:
    said = decode(frame(4, 5, 97, 71) * 2)
    assert (words(said), states(said)) == ([(Quality.INVALID,)] * 2, [])


@pytest.mark.parametrize(
    ("spo2", "pulse", "expected", "word"),
    [
        (127, 71, (None, 71), Quality.SEARCHING),
        (97, 255, (97, None), Quality.SEARCHING),
        (101, 251, (None, None), Quality.INVALID),
        (0, 0, (None, None), Quality.INVALID),
        (100, 250, (100, 250), None),
        (1, 1, (1, 1), None),
    ],
)
def test_spo2_and_pulse_are_judged_each(
    spo2: int, pulse: int, expected: tuple[int | None, int | None], word: Quality | None
) -> None:
    said = decode(frame(4, 0, spo2, pulse) * 2)
    assert tuple(shown(said)[-1].values()) == expected
    assert {one for quality in words(said) for one in quality} == ({word} if word else set())


@pytest.mark.parametrize(
    ("content", "expected", "word"),
    [
        ((2, 0x1A, 72, 14, 6, 1), (None, None), Quality.LEADS_OFF),
        ((2, 0x18, 0, 0, 6, 1), (None, None), Quality.SEARCHING),
        ((2, 0x18, 251, 255, 6, 1), (None, None), Quality.INVALID),
        ((2, 0x19, 72, 14, 6, 1), (72, 14), Quality.QUESTIONABLE),
        ((2, 0x18, 250, 1), (250, 1), None),
        ((2, 0x18, 72, 14, 6), (72, 14), None),
    ],
)
def test_heart_and_respiration_rate(
    content: tuple[int, ...], expected: tuple[int | None, int | None], word: Quality | None
) -> None:
    said = decode(frame(*content) * 2)
    assert tuple(shown(said)[-1].values()) == expected
    assert {one for quality in words(said) for one in quality} == ({word} if word else set())


def test_leads_off_is_told() -> None:
    said = decode(ECG_OFF * 2 + ECG_72 * 2)
    assert states(said) == [(StatusCode.LEADS_OFF, True), (StatusCode.LEADS_OFF, False)]
    assert texts(said)[StatusCode.LEADS_OFF] == "ECG leads off"


@pytest.mark.parametrize(
    ("code", "priority", "text"),
    [
        (2, Priority.HIGH, "asystole"),
        (3, Priority.HIGH, "ventricular fibrillation or tachycardia"),
        (4, Priority.MEDIUM, "R on T"),
        (5, Priority.MEDIUM, "multiple PVCs"),
        (6, Priority.MEDIUM, "PVC couplet"),
        (7, Priority.LOW, "single PVC"),
        (8, Priority.LOW, "bigeminy"),
        (9, Priority.LOW, "trigeminy"),
        (10, Priority.MEDIUM, "tachycardia"),
        (11, Priority.MEDIUM, "bradycardia"),
        (12, Priority.LOW, "missed beat"),
        (13, Priority.LOW, "rhythm code 13"),
    ],
)
def test_a_rhythm_is_the_device_s_own_alarm(code: int, priority: Priority, text: str) -> None:
    ill = frame(2, 0x18, 72, 14, 6, code)
    assert alarms(decode(ECG_72 + ill + ECG_72)) == []
    assert alarms(decode(ill * 3 + ECG_72 * 2)) == [(True, priority, True, text), (False, priority, True, text)]
    assert alarms(decode(ill * 2 + ECG_OFF * 2))[-1][0] is False
    assert alarms(decode(frame(2, 0x1A, 0, 0, 0, code) * 3)) == []


def test_analysing_and_normal_are_no_alarms() -> None:
    assert alarms(decode(ECG_72 * 2 + frame(2, 0x18, 72, 14, 6, 0) * 2)) == []


@pytest.mark.parametrize(
    ("content", "value", "word"),
    [
        ((0, 36, 5, 37, 1), 36.5, None),
        ((1, 36, 5, 37, 1), 37.1, None),
        ((3, 36, 5, 37, 1), None, Quality.NO_SENSOR),
        ((1, 36, 5), None, Quality.NO_SENSOR),
        ((0, 36, 10, 0, 0), None, Quality.INVALID),
        ((0, 0, 0, 0, 0), None, Quality.INVALID),
        ((0, 50, 1, 0, 0), None, Quality.INVALID),
        ((4, 36, 5, 0, 0), None, Quality.INVALID),
    ],
)
def test_temperature(content: tuple[int, ...], value: float | None, word: Quality | None) -> None:
    said = decode(frame(5, *content) * 2)
    assert shown(said)[-1] == {Parameter.TEMPERATURE: value}
    assert words(said) == [(word,) if word else ()]


def test_a_temperature_probe_that_goes_is_told_and_one_that_never_was_is_not() -> None:
    both_off, t1, two = frame(5, 3, 0, 0, 0, 0), T_365, frame(5, 0, 36, 5, 37, 1)
    assert alarms(decode(both_off * 3)) == []
    first, second = "temperature probe T1 is off", "temperature probe T2 is off"
    low = (Priority.LOW, False)
    assert alarms(decode(t1 * 2 + both_off * 2 + t1 * 2)) == [(True, *low, first), (False, *low, first)]
    assert alarms(decode(two * 2 + both_off * 2)) == [(True, *low, first), (True, *low, second)]


def test_curves() -> None:
    leads = frame(1, 130, 140, 138, 121, 124, 139, 200)
    said = decode(leads + ECG_MIDDLE + PLETH_43 + RESP_128 + QRS + frame(0x31) + leads)
    assert waves(said) == {
        (WaveformName.ECG_I, 0): [2, 0, 2],
        (WaveformName.ECG_II, 0): [12, 0, 12],
        (WaveformName.ECG_V, 0): [72, 0, 72],
        (WaveformName.PLETH, 0): [43],
        (WaveformName.RESP, 0): [0],
    }
    assert faults(said) == []
    assert waves(decode(frame(1, 130) * 3)) == {(WaveformName.ECG_I, 0): [2, 2, 2]}
    (chunk,) = [one for one in decode(frame(1, 130) * 3, at=S) if isinstance(one, WaveformChunk)]
    assert (chunk.rate_hz, chunk.start) == (250, S - 8_000)


def test_the_version_is_all_the_module_tells_of_itself() -> None:
    said = decode(VERSION + frame(0xFD, *b"V1.2"))
    (first, last) = [one for one in said if isinstance(one, DeviceStatus) and one.code is StatusCode.IDENTITY]
    assert (first.text, first.detail) == ("BerryMed PM6750", "firmware V2.4.1")
    assert last.detail == "firmware V2.4.1; hardware V1.2"
    assert StatusCode.IDENTITY not in texts(decode(frame(0xFC, 1, 2, 3) + frame(0xFC, 0, 32)))
    assert StatusCode.IDENTITY not in texts(decode(SPO2_97 * 2 + b"\x00" + SPO2_97 + VERSION * 2))


# -- damage


def test_what_is_out_of_step_counts_only_with_a_good_neighbour() -> None:
    good = frame(4, 0, 90, 60)
    assert shown(decode(b"\x00" + SPO2_97 + b"\x00" + SPO2_97 + b"\x00")) == []
    assert shown(decode(SPO2_97 * 3 + good[:-1] + b"\x00" + SPO2_97 * 2))[-1] == {Parameter.SPO2: 97, Parameter.PR: 71}


def test_a_damaged_frame_costs_itself_alone() -> None:
    harmed = bytearray(SPO2_97)
    harmed[5] ^= 1
    said = decode(SPO2_97 * 2 + bytes(harmed) + SPO2_97 * 2 + ECG_MIDDLE)
    assert faults(said) == [(FaultKind.CHECKSUM, 8)]
    assert len(shown(said)) == 3


def test_after_damage_numbers_must_agree_exactly_for_eight_reports() -> None:
    drift = b"".join(frame(4, 0, 70 + turn, 71) for turn in range(20))
    assert len(shown(decode(drift))) == 19
    said = decode(SPO2_97 + QRS + b"\x00" + drift)
    assert [one.get(Parameter.SPO2) for one in shown(said)] == [None] * 8 + [78 + turn for turn in range(12)]


def test_curves_do_not_count_on_across_damage() -> None:
    said = decode(PLETH_43 * 3 + b"\x00" + PLETH_43 * 2)
    assert waves(said) == {(WaveformName.PLETH, 0): [43] * 3, (WaveformName.PLETH, 1): [43] * 2}


@pytest.mark.parametrize("rest", ["55", "55 AA", "55 AA 06", "55 AA 06 04 00 61", "55 AA 02", "55 AA 07 04", "12"])
def test_a_frame_that_silence_cut_is_thrown_away(rest: str) -> None:
    said = decode(PLETH_43 * 2 + bytes.fromhex(rest))
    assert sum(count for _, count in faults(said)) == len(bytes.fromhex(rest))
    assert waves(said) == {(WaveformName.PLETH, 0): [43] * 2}


def test_a_frame_before_half_a_frame_is_not_trusted_out_of_step() -> None:
    assert shown(decode(SPO2_97 + SPO2_97[:4])) == []


def test_types_that_nobody_described_are_passed_over() -> None:
    strange = frame(0x20, 1, 2, 3)
    said = decode(SPO2_97 * 2 + strange + SPO2_97 + frame(0x21))
    assert (faults(said), len(shown(said))) == ([], 2)
    said = decode(SPO2_97 * 2 + strange + b"\x00" + SPO2_97 * 2)
    assert faults(said) == [(FaultKind.CHECKSUM, 9)]


def test_bytes_of_another_device_are_told_until_ours_come() -> None:
    said = decode(b"$GPGGA,123519,4807.038,N\r\n" * 20 + SPO2_97 * 3)
    assert [count for _, count in faults(said)] == [200, 200, 120]
    assert states(said) == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_THIS_DEVICE, False)]


def test_after_a_silence_nothing_counts_on() -> None:
    decoder = BerryMedDecoder()
    decoder.feed(SPO2_97 * 2 + PLETH_43, 0)
    said = decoder.feed(SPO2_97 + PLETH_43, 5 * S)
    assert shown(said) == []
    assert list(waves(said)) == [(WaveformName.PLETH, 1)]


def test_nothing_fed_is_nothing_said() -> None:
    assert BerryMedDecoder().feed(b"", 0) == []
    assert BerryMedDecoder().next_deadline() is None


@pytest.mark.parametrize("harm", ["flip", "change", "drop", "insert", "burst"])
def test_a_damaged_stream_shows_no_number_of_its_own(harm: str, recorded: bytes) -> None:
    intact = numbers(decode(recorded))
    said = decode(damaged(recorded, harm, 0.01, random.Random(harm)))
    assert numbers(said) <= intact
    assert faults(said)


def damaged(data: bytes, harm: str, rate: float, rng: random.Random) -> bytes:
    out = bytearray(data)
    places = sorted((place for place in range(len(data)) if rng.random() < rate), reverse=True)
    for place in places:
        if harm == "flip":
            out[place] ^= 1 << rng.randrange(8)
        elif harm == "change":
            out[place] = rng.randrange(256)
        elif harm == "drop":
            del out[place]
        elif harm == "insert":
            out.insert(place, rng.randrange(256))
        else:
            out[place : place + 4] = rng.randbytes(4)
    return bytes(out)


# -- the cuff of a recording


def test_a_determination_is_charted_once() -> None:
    said = decode(NIBP_142 * 3 + NIBP_DONE * 3)
    assert [one for one in shown(said) if Parameter.CUFF_PRESSURE in one] == [
        {Parameter.CUFF_PRESSURE: 142},
        {Parameter.CUFF_PRESSURE: None},
    ]
    (reading,) = [one for one in said if isinstance(one, Reading) and one.spot]
    assert {n.parameter: n.value for n in reading.numerics} == {
        Parameter.NIBP_SYS: 121,
        Parameter.NIBP_DIA: 78,
        Parameter.NIBP_MEAN: 92,
    }
    assert states(said) == [(StatusCode.MEASURING, True), (StatusCode.MEASURING, False)]


def test_a_result_alone_is_charted_after_its_repetition_did_not_come() -> None:
    decoder = BerryMedDecoder()
    said = decoder.feed(NIBP_142 * 3 + NIBP_DONE + QRS, 0)
    assert not any(one.spot for one in said if isinstance(one, Reading))
    assert wake(decoder, S) == []
    assert sum(one.spot for one in wake(decoder, 2 * S) if isinstance(one, Reading)) == 1


def test_a_result_alone_on_a_damaged_line_is_not_charted() -> None:
    said = decode(NIBP_142 * 3 + b"\x00" + NIBP_DONE + QRS)
    assert not any(one.spot for one in said if isinstance(one, Reading))
    assert texts(said)[StatusCode.MEASUREMENT_FAILED] == "NIBP result was damaged on the line; measure again"
    said = decode(NIBP_142 * 3 + b"\x00" + NIBP_DONE * 2 + QRS)
    assert any(one.spot for one in said if isinstance(one, Reading))


def test_an_end_that_measuring_follows_was_none() -> None:
    said = decode(NIBP_142 * 3 + NIBP_LOOSE + NIBP_142 * 3 + NIBP_DONE * 2)
    assert StatusCode.MEASUREMENT_FAILED not in texts(said)
    assert sum(one.spot for one in said if isinstance(one, Reading)) == 1


def test_a_recording_may_begin_with_an_end() -> None:
    assert sum(one.spot for one in decode(NIBP_DONE * 2 + NIBP_DONE * 5) if isinstance(one, Reading)) == 1
    assert StatusCode.MEASUREMENT_FAILED in texts(decode(NIBP_LOOSE * 2))
    assert states(decode(nibp(0) * 2)) == []


def test_one_packet_does_not_make_a_determination() -> None:
    assert states(decode(SPO2_97 + NIBP_142 + SPO2_97)) == []


@pytest.mark.parametrize(
    ("state", "text", "cycling", "fault"),
    [
        (0, "NIBP gave no reading", True, False),
        (2, "NIBP was stopped", True, False),
        (3, "NIBP cuff overpressure: check the hose and the patient's arm", False, False),
        (4, "NIBP failed: cuff loose or not connected", False, False),
        (5, "NIBP time-out: check that the cuff is empty", False, False),
        (6, "NIBP module fault", False, True),
        (7, "NIBP failed: disturbed, keep the arm still", True, False),
        (8, "NIBP failed: no result, or out of range", True, False),
        (11, "NIBP measurement failed (state 11)", False, False),
    ],
)
def test_every_end_has_its_sentence(state: int, text: str, cycling: bool, fault: bool) -> None:
    """Values beside a state other than "finished" are none."""
    values = (121, 92, 78) if state else (0, 0, 0)
    said = decode(NIBP_142 * 3 + nibp(state, 0, values) * 2)
    assert texts(said)[StatusCode.MEASUREMENT_FAILED] == text
    assert (StatusCode.CYCLING_STOPPED in texts(said)) == (not cycling)
    assert (StatusCode.DEVICE_FAULT in texts(said)) == fault
    assert not any(one.spot for one in said if isinstance(one, Reading))
    again = decode((NIBP_142 * 3 + nibp(state, 0, values) * 2) * 2)
    assert sum(status == (StatusCode.MEASUREMENT_FAILED, True) for status in states(again)) == 2


@pytest.mark.parametrize("values", [(121, 78, 92), (0, 92, 78), (121, 92, 0), (90, 92, 78)])
def test_pressures_out_of_order_are_no_reading(values: tuple[int, int, int]) -> None:
    said = decode(NIBP_142 * 3 + nibp(0, 0, values) * 2)
    assert texts(said)[StatusCode.MEASUREMENT_FAILED] == "NIBP gave no reading"


@pytest.mark.parametrize(("mode", "text"), [(1, " (set to child)"), (2, " (set to neonate)"), (3, "")])
def test_the_mode_is_told(mode: int, text: str) -> None:
    assert texts(decode(nibp(1, 50, mode=mode) * 2))[StatusCode.MEASURING] == f"NIBP is measuring{text}"


def test_a_module_that_starts_up() -> None:
    said = decode(nibp(9) + nibp(10))
    assert states(said) == [(StatusCode.STANDBY, True), (StatusCode.STANDBY, False)]
    assert texts(said)[StatusCode.STANDBY] == "NIBP module is starting up"


def test_packets_that_end_without_an_end() -> None:
    decoder = BerryMedDecoder()
    decoder.feed(NIBP_142 * 3, 0)
    said = wake(decoder, 6 * S)
    assert texts(said)[StatusCode.MEASUREMENT_FAILED] == "NIBP communication lost; check cuff"
    assert states(said)[-1] == (StatusCode.MEASURING, False)


# -- the conversation


@dataclass
class Talk:
    """A decoder on an open line, told the time; ``pulse`` keeps the module alive."""

    decoder: BerryMedDecoder = field(default_factory=BerryMedDecoder)
    at: int = 0
    said: list[Observation] = field(default_factory=list)
    sent: list[tuple[float, bytes]] = field(default_factory=list)

    def opened(self) -> "Talk":
        self.said += self.decoder.opened(self.at)
        self.listen(1.0, SPO2_97)
        self.said.clear()
        self.sent.clear()
        return self

    def drain(self) -> None:
        if data := self.decoder.bytes_to_send():
            self.sent.append((self.at / S, data))

    def listen(self, seconds: float, data: bytes = QRS, every_s: float = 0.5) -> None:
        """Go on for a while; ``data`` comes again and again."""
        self.drain()
        end, next_at = self.at + round(seconds * S), self.at + round(every_s * S)
        while self.at < end:
            due = self.decoder.next_deadline()
            self.at = min(end, next_at, end if due is None else due)
            if due is not None and due <= self.at:
                self.said += self.decoder.wake(self.at)
            if self.at == next_at:
                self.said += self.decoder.feed(data, self.at)
                next_at += round(every_s * S)
            self.drain()

    def command(self, kind: CommandKind, name: str) -> None:
        self.said += self.decoder.command(Command(name, kind), self.at)
        self.drain()

    def start(self, name: str = "a") -> None:
        self.command(CommandKind.NIBP_START, name)

    def stop(self, name: str = "z") -> None:
        self.command(CommandKind.NIBP_STOP, name)

    @property
    def cuff_commands(self) -> list[bytes]:
        return [data for _, data in self.sent if data in (START, STOP)]

    @property
    def outcomes(self) -> list[tuple[str, CommandOutcome]]:
        return [(command, outcome) for command, outcome, _ in replies(self.said)]


SENT, ACCEPTED, DONE = CommandOutcome.SENT, CommandOutcome.ACCEPTED, CommandOutcome.DONE
REFUSED, TIMED_OUT = CommandOutcome.REFUSED, CommandOutcome.TIMED_OUT


def test_the_streams_are_asked_for_50_ms_apart_and_again_when_missing() -> None:
    talk = Talk()
    talk.decoder.opened(0)
    talk.listen(2.0)
    assert [data for _, data in talk.sent] == ENABLES
    times = [at for at, _ in talk.sent]
    assert [round(after - before, 3) for before, after in pairwise(times)] == [0.05] * 7
    talk.sent.clear()
    talk.listen(4.0, ECG_72 + ECG_MIDDLE + T_365 + PLETH_43 + RESP_128)
    assert {data for _, data in talk.sent} == {ENABLES[2]}


def test_a_module_that_sends_nothing_is_told() -> None:
    talk = Talk()
    talk.decoder.opened(0)
    talk.listen(20.0, b"")
    assert states(talk.said) == [(StatusCode.NOT_ANSWERING, True)]
    assert "check that it is on" in texts(talk.said)[StatusCode.NOT_ANSWERING]
    assert [data for _, data in talk.sent].count(ENABLES[2]) == 7
    assert START not in [data for _, data in talk.sent]
    talk.start()
    assert talk.outcomes == [("a", REFUSED)]
    talk.listen(1.0)
    assert (StatusCode.NOT_ANSWERING, False) in states(talk.said)


def test_a_determination_from_start_to_reading() -> None:
    talk = Talk().opened()
    talk.start()
    assert talk.cuff_commands == [START]
    talk.listen(1.0, NIBP_142)
    talk.listen(1.0, NIBP_DONE)
    assert talk.outcomes == [("a", SENT), ("a", ACCEPTED), ("a", DONE)]
    assert sum(one.spot for one in talk.said if isinstance(one, Reading)) == 1
    talk.listen(5.0, NIBP_DONE)
    assert sum(one.spot for one in talk.said if isinstance(one, Reading)) == 1
    assert talk.cuff_commands == [START]


def test_an_old_result_is_not_charted_when_the_line_opens() -> None:
    talk = Talk().opened()
    talk.listen(5.0, NIBP_DONE + SPO2_97)
    assert not any(one.spot for one in talk.said if isinstance(one, Reading))
    talk.start()
    talk.listen(1.0, NIBP_DONE + SPO2_97)
    assert talk.outcomes == [("a", SENT)]


def test_a_start_that_shows_nowhere_times_out_and_is_never_repeated() -> None:
    talk = Talk().opened()
    talk.start()
    talk.start("b")
    talk.listen(30.0)
    assert talk.outcomes == [("a", SENT), ("b", REFUSED), ("a", TIMED_OUT)]
    assert "not repeated" in replies(talk.said)[-1][2]
    assert talk.cuff_commands == [START, STOP]


def test_a_refused_start_says_why() -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(2.0, NIBP_LOOSE)
    assert replies(talk.said)[-1] == ("a", REFUSED, "NIBP failed: cuff loose or not connected")
    talk.start("b")
    assert (StatusCode.CYCLING_STOPPED, False) in states(talk.said)


def test_a_determination_without_end_is_stopped_after_120_s() -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(125.0, NIBP_142)
    assert talk.outcomes[:3] == [("a", SENT), ("a", ACCEPTED), ("a", TIMED_OUT)]
    assert "check cuff" in replies(talk.said)[2][2]
    assert talk.cuff_commands == [START, STOP]
    assert (StatusCode.CYCLING_STOPPED, True) in states(talk.said)


def test_packets_that_stop_while_the_module_lives() -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(2.0, NIBP_142)
    talk.listen(6.0)
    assert replies(talk.said)[-1] == ("a", TIMED_OUT, "NIBP result did not arrive; measure again")
    assert talk.cuff_commands == [START, STOP]


def test_a_line_that_dies_while_the_cuff_is_inflated() -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(2.0, NIBP_142)
    talk.listen(6.0, b"")
    assert replies(talk.said)[-1] == ("a", TIMED_OUT, "NIBP communication lost; check cuff")


def test_a_line_that_dies_before_the_start_shows() -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(11.0, b"")
    assert replies(talk.said)[-1] == ("a", TIMED_OUT, "NIBP communication lost; check cuff")


def test_a_stop_ends_what_is_under_way() -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(1.0, NIBP_142)
    talk.stop()
    assert talk.sent[-1] == (talk.at / S, STOP)
    talk.listen(0.5, NIBP_142)
    talk.listen(1.0, nibp(2))
    assert talk.outcomes[2:] == [("z", SENT), ("a", REFUSED), ("z", DONE)]
    assert talk.cuff_commands == [START, STOP]
    assert StatusCode.MEASUREMENT_FAILED not in texts(talk.said)


def test_a_result_that_crosses_the_stop_is_charted() -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(1.0, NIBP_142)
    talk.stop()
    talk.listen(1.0, NIBP_DONE)
    assert talk.outcomes[2:] == [("z", SENT), ("a", DONE), ("z", DONE)]
    assert sum(one.spot for one in talk.said if isinstance(one, Reading)) == 1


def test_a_stop_when_nothing_is_under_way_is_sent_and_done() -> None:
    talk = Talk().opened()
    talk.stop()
    talk.listen(4.0)
    assert talk.outcomes == [("z", SENT), ("z", DONE)]
    talk.stop("y")
    talk.listen(1.0, NIBP_DONE)
    assert talk.outcomes[2:] == [("y", SENT), ("y", DONE)]
    assert talk.cuff_commands == [STOP, STOP]


def test_a_stop_overtakes_a_start_that_waits() -> None:
    talk = Talk()
    talk.decoder.opened(0)
    talk.start()
    talk.stop()
    talk.stop("y")
    talk.listen(12.0)
    assert talk.cuff_commands == [STOP]
    assert talk.outcomes == [
        ("a", SENT),
        ("z", SENT),
        ("z", REFUSED),
        ("y", SENT),
        ("a", REFUSED),
        ("y", DONE),
    ]


def test_a_stop_that_changes_nothing_says_so() -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(1.0, NIBP_142)
    talk.stop()
    talk.listen(11.0, NIBP_142)
    unsure = "it is not known whether the cuff is empty; check cuff"
    assert replies(talk.said)[-2:] == [("a", TIMED_OUT, unsure), ("z", TIMED_OUT, unsure)]
    assert talk.cuff_commands == [START, STOP]


@pytest.mark.parametrize(("data", "outcome"), [(QRS, DONE), (b"", TIMED_OUT)])
def test_packets_that_stop_after_a_stop(data: bytes, outcome: CommandOutcome) -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(1.0, NIBP_142)
    talk.stop()
    talk.listen(1.0, NIBP_142)
    talk.listen(6.0, data)
    assert talk.outcomes[-1] == ("z", outcome)


def test_a_determination_that_began_during_the_stop_is_followed() -> None:
    talk = Talk().opened()
    talk.start()
    talk.stop()
    talk.listen(1.5, NIBP_142)
    assert (StatusCode.MEASURING, True) in states(talk.said)
    assert ("a", ACCEPTED) not in talk.outcomes


def test_a_line_opened_anew_ends_what_was_under_way() -> None:
    talk = Talk().opened()
    talk.start()
    talk.listen(1.0, NIBP_142)
    assert replies(talk.decoder.opened(talk.at)) == [("a", TIMED_OUT, "NIBP communication lost; check cuff")]


def test_a_command_that_is_none_of_the_driver_s_is_refused() -> None:
    class Other(StrEnum):
        LEAK_TEST = "leak_test"

    with pytest.raises(CommandNotSupported):
        BerryMedDecoder().command(Command("a", cast(CommandKind, Other.LEAK_TEST)), 0)


def test_a_closed_line_takes_no_commands() -> None:
    for kind in (CommandKind.NIBP_START, CommandKind.NIBP_STOP):
        (reply,) = replies(BerryMedDecoder().command(Command("a", kind), 0))
        assert reply == ("a", REFUSED, "the line to the module is not open")


# -- the simulator


@dataclass
class Patient:
    """A patient as told, his beats at even distances."""

    hr: float | None = 72.0
    pulse_rate: float | None = 71.0
    spo2: float | None = 97.0
    rr: float | None = 14.0
    pi: float = 3.0
    motion: bool = False
    finger_off: bool = False
    leads_off: bool = False
    result: Determination | None = field(default_factory=lambda: Determination(121, 78, 92, 71))

    def advance(self, at: int) -> None:
        pass

    def _times(self, rate: float | None, after: int, until: int) -> list[int]:
        if rate is None:
            return []
        every = round(60 * S / rate)
        return list(range((after // every + 1) * every, until + 1, every))

    def beats(self, after: int, until: int) -> list[int]:
        return self._times(self.hr, after, until)

    def pulses(self, after: int, until: int) -> list[int]:
        return self._times(self.pulse_rate, after, until)

    def ecg_mv(self, at: int) -> float:
        return 0.0

    def pleth(self, at: int) -> float:
        return 0.43

    def resp(self, at: int) -> float:
        return 0.0

    def determine(self, at: int) -> Determination | None:
        return self.result


def module(patient: Patient | None = None, seed: int = 1, on: bool = True) -> BerryMedSimulator:
    device = BerryMedSimulator(patient or Patient(), random.Random(seed), 0)
    if on:
        device.receive(b"".join(ENABLES[:6]), 0)
    return device


@pytest.fixture(scope="module")
def recorded() -> bytes:
    patient = Patient()
    device = module(patient)
    device.receive(START, 0)
    data = b""
    for second in range(1, 31):
        patient.hr, patient.pulse_rate, patient.spo2 = 60.0 + second, 61.0 + second, 99.0 - second / 4
        data += device.advance(second * S)
    return data


def test_the_simulator_sends_the_worked_frames() -> None:
    patient = Patient()
    device = module(patient)
    device.advance(8 * S)
    data = device.advance(12 * S)
    for one in (ECG_MIDDLE, ECG_72, SPO2_97, T_365, PLETH_43, RESP_128, QRS):
        assert one in data
    patient.finger_off = patient.leads_off = True
    data = device.advance(14 * S)
    assert NO_FINGER in data
    assert ECG_OFF in data
    device.misbehave("no_sensor", True)
    device.misbehave("t1_off", True)
    data = device.advance(16 * S)
    assert SENSOR_OFF in data
    assert frame(5, 3, 0, 0, 0, 0) in data
    device.receive(ENABLES[6] + ENABLES[7], 16 * S)
    assert device.advance(17 * S).startswith(VERSION)


def test_a_host_that_knows_no_command_fb_has_the_ecg_s_curve_too() -> None:
    device = module(on=False, seed=2)
    assert ECG_MIDDLE not in device.advance(S)
    device.receive(bytes.fromhex("55 AA 04 01 01 F9"), S)
    assert ECG_MIDDLE in device.advance(2 * S)
    device.receive(bytes.fromhex("55 AA 04 FB 00 00"), 2 * S)
    data = device.advance(3 * S + S // 2)
    assert ECG_MIDDLE not in data
    assert bytes.fromhex("55 AA 08 02") in data


def test_the_simulator_determines_as_the_sheet_says() -> None:
    device = module(on=False, seed=2)
    device.receive(b"\x55\x00" + START[:3], 0)
    device.receive(START[3:] + b"\x55\xaa\x04\x02\x00\x00", 0)
    data = device.advance(60 * S)
    assert data[:4] == bytes.fromhex("55 AA 08 03")
    assert 1 <= data.count(NIBP_DONE) <= 3
    assert data.endswith(NIBP_DONE)


def test_rates_are_the_sheet_s() -> None:
    device = module()
    device.advance(10 * S)
    data = device.advance(40 * S)
    assert abs(data.count(bytes.fromhex("55 AA 0A 01")) - 7500) < 10
    assert abs(data.count(bytes.fromhex("55 AA 04 FE")) - 1500) < 10
    assert 29 <= data.count(bytes.fromhex("55 AA 08 02")) <= 31


def test_settings_show_in_the_status() -> None:
    device = module()
    for setting in ("07 04 F0", "08 03 F0", "09 02 F0", "0A 50 A1"):
        device.receive(bytes.fromhex("55 AA 04" + setting), 0)
    device.receive(START, 0)
    data = device.advance(6 * S)
    assert frame(2, 0x2C, 72, 14, 6, 1) in data
    assert 0x05 in {data[place + 4] for place in range(len(data)) if data[place : place + 4] == b"\x55\xaa\x08\x03"}


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("overpressure", 3),
        ("cuff_loose", 4),
        ("nibp_timeout", 5),
        ("nibp_error", 6),
        ("disturbed", 7),
        ("no_result", 8),
    ],
)
def test_determinations_fail_as_told(fault: str, state: int) -> None:
    device = module(on=False, seed=2)
    device.misbehave(fault, True)
    device.receive(START, 0)
    assert nibp(state) in device.advance(110 * S)


def test_a_patient_who_cannot_be_measured() -> None:
    device = module(Patient(result=None), on=False, seed=2)
    device.receive(START, 0)
    data = device.advance(60 * S)
    assert nibp(7) in data or nibp(8) in data


def test_a_command_that_came_while_the_module_was_behind() -> None:
    """It is told at its own time, later than what the module has yet to send."""
    device = module(on=False)
    device.receive(START, 30 * S)
    assert nibp(1) in device.advance(29 * S)


def test_a_stop_empties_the_simulator_s_cuff() -> None:
    device = module(on=False, seed=2)
    device.receive(STOP, 0)
    assert device.advance(S) == b""
    device.receive(START + START, S)
    device.advance(5 * S)
    device.receive(STOP, 5 * S)
    assert device.advance(20 * S) == nibp(2)


@pytest.mark.parametrize(("fault", "on"), [("silent", True), ("no_end", True)])
def test_it_can_be_told_to_misbehave(fault: str, on: bool) -> None:
    device = module(seed=2)
    device.misbehave(fault, on)
    device.receive(START + ENABLES[0], 0)
    data = device.advance(60 * S)
    assert (data == b"") == (fault == "silent")
    assert NIBP_DONE not in data
    device.misbehave(fault, False)
    with pytest.raises(ValueError, match="no fault 'rain'"):
        device.misbehave("rain", True)


def test_heart_and_finger_as_the_patient_has_them() -> None:
    patient = Patient(hr=None, pulse_rate=None)
    device = module(patient)
    said = decode(device.advance(15 * S))
    assert alarms(said) == [(True, Priority.HIGH, True, "asystole")]
    assert texts(said)[StatusCode.SEARCHING] == "SpO₂: no pulse found, put the finger in again"
    device.misbehave("weak_ecg", True)
    patient.hr = 40.0
    said = decode(device.advance(30 * S))
    assert alarms(said)[-1] == (True, Priority.MEDIUM, True, "bradycardia")
    patient.hr = 140.0
    said = decode(device.advance(45 * S))
    assert alarms(said)[-1] == (True, Priority.MEDIUM, True, "tachycardia")


def test_some_modules_stream_before_they_are_asked() -> None:
    assert {module(on=False, seed=seed).advance(S) == b"" for seed in range(1, 8)} == {True, False}


def test_driver_and_simulator_bear_one_name() -> None:
    assert SIMULATOR.name == DRIVER.name
    assert str(DRIVER.line) == "115200 8N1"
