"""The DINAMAP driver and its simulator: the sheet's worked messages pin both."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base.decoder import Command, CommandNotSupported, Decoder
from drivers.base.observations import CommandReply, DeviceAlarm, DeviceStatus, LinkFault, Observation, Reading
from drivers.base.vocabulary import CommandKind, FaultKind, StatusCode
from drivers.dinamap import DRIVER, DinamapDecoder
from simulators.base.simulator import Determination
from simulators.dinamap import CODES, OXIMETER_STATES, SIMULATOR, DinamapSimulator
from tests.drivers.otherend import OtherEnd

S = 1_000_000
MS = 1_000

START, STOP = b' NC0!E\r', b' ND!5\r'  # fmt: skip
ASK_NA, ASK_OA, ASK_RA, ASK_RC, ASK_TC = b" NA!2\r", b" OA!3\r", b" RA!6\r", b" RC!8\r", b" TC!:\r"

REAL_OLD = b" NF1101762127073078&<\r"
DONE_12 = b" NA1100012118080091&#\r"
BUSY_12 = b' NA0100012118080091&"\r'
LEAK = b" NA4100004000000000%K\r"
OVERPRESSURE = b" NA8100002000000000%M\r"
NONE_RECENT = b" NA1109999000000000&(\r"
SPO2_97, SPO2_NONE = b" OA1097908#L\r", b" OA3000008#5\r"
CUFF_72, RATE_NONE = b' RC3072"H\r', b' RA2000"<\r'
BLOCK = bytes.fromhex("000E600006019C7F1FC7F1FC000000F609FF")

Shown = tuple[int | float | None, ...]


def msg(text: str) -> bytes:
    """A message by the sheet's rule: each character counts as its code less 1Fh, in two characters of six bits."""
    total = sum(ord(letter) - 0x1F for letter in text)
    return text.encode() + bytes([0x20 + (total // 64) % 64, 0x20 + total % 64, 0x0D])


def na(
    status: int, age: int, pressures: tuple[int, int, int] = (118, 80, 91), patient: int = 1, mode: int = 0
) -> bytes:
    return msg(f" NA{status}{patient}{mode}{age:04d}" + "".join(f"{value:03d}" for value in pressures))


def block(number: int) -> bytes:
    """The worked block with another sequence number; its CRC covers bytes 1 to 14 alone."""
    return bytes([number]) + BLOCK[1:17] + bytes([number ^ 0xFF])


def drain(decoder: DinamapDecoder) -> list[Observation]:
    said: list[Observation] = []
    while (deadline := decoder.next_deadline()) is not None:
        said += decoder.wake(deadline)
    return said


def decode(*messages: bytes, size: int = 4096) -> list[Observation]:
    """Messages nobody here asked for."""
    data, decoder = b"".join(messages), DinamapDecoder()
    said: list[Observation] = []
    for start in range(0, len(data), size):
        said += decoder.feed(data[start : start + size], 0)
    return said + drain(decoder)


def charted(said: Iterable[Observation]) -> list[Shown]:
    return [tuple(n.value for n in one.numerics) for one in said if isinstance(one, Reading) and one.spot]


def live(said: Iterable[Observation]) -> list[tuple[str, int | float | None, tuple[str, ...]]]:
    readings = [one for one in said if isinstance(one, Reading) and not one.spot]
    return [(n.parameter.value, n.value, tuple(n.quality)) for one in readings for n in one.numerics]


def quality(said: Iterable[Observation]) -> set[str]:
    return {word.value for one in said if isinstance(one, Reading) for n in one.numerics for word in n.quality}


def states(said: Iterable[Observation]) -> list[tuple[StatusCode, bool]]:
    usual = (StatusCode.FORMAT, StatusCode.CONNECTED)
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus) and one.code not in usual]


def texts(said: Iterable[Observation], code: StatusCode) -> list[str]:
    return [one.text for one in said if isinstance(one, DeviceStatus) and one.code is code and one.on]


def faults(said: Iterable[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def replies(said: Iterable[Observation], command: str = "1") -> list[str]:
    return [one.outcome.value for one in said if isinstance(one, CommandReply) and one.command == command]


def reasons(said: Iterable[Observation]) -> str:
    return next(one.text for one in reversed(list(said)) if isinstance(one, CommandReply))


# -- overheard: nothing was asked


def test_the_published_checksums() -> None:
    requests = (START, STOP, ASK_NA, b" NF!7\r", ASK_OA, ASK_RA, ASK_RC, ASK_TC)
    replies_ = (REAL_OLD, DONE_12, BUSY_12, LEAK, OVERPRESSURE, NONE_RECENT, SPO2_97, SPO2_NONE, CUFF_72, RATE_NONE)
    for whole in (*requests, *replies_):
        assert msg(whole[:-3].decode()) == whole
        assert faults(decode(whole)) == []
    edited = decode(b" NF1102207118080091&+\r")
    assert (charted(edited), faults(edited)) == ([], [(FaultKind.CHECKSUM, 21)])


def test_an_old_result_is_never_charted() -> None:
    said = decode(*[REAL_OLD] * 5, *[na(1, 1763 + age) for age in range(5)])
    assert charted(said) == []
    assert live(said) == []


def test_a_new_result_is_charted_once_with_its_time_and_rate() -> None:
    decoder = DinamapDecoder()
    said = decoder.feed(na(1, 1762) * 2, 0)
    for second in range(1, 5):
        said += decoder.feed(na(0, 1762 + second), second * S)
    said += decoder.feed(na(1, 3, (127, 73, 78)), 60 * S)
    assert charted(said) == []
    said += decoder.feed(na(1, 3, (127, 73, 78)) + CUFF_72 * 2, 60 * S)
    for second in range(61, 70):
        said += decoder.feed(na(1, second - 57, (127, 73, 78)) + CUFF_72, second * S)
    assert charted(said) == [(127, 73, 78, 72)]
    (reading,) = [one for one in said if isinstance(one, Reading)]
    assert reading.at == 57 * S
    assert [n.parameter.value for n in reading.numerics] == ["nibp_sys", "nibp_dia", "nibp_mean", "pr"]
    assert quality(said) == set()


def test_without_a_rate_the_pressures_are_charted_all_the_same() -> None:
    for rate in ([], [CUFF_72], [msg(" RC3000")] * 2, [msg(" RC3-99")] * 2, [msg(" RC2072")] * 2):
        assert charted(decode(BUSY_12, BUSY_12, DONE_12, DONE_12, *rate)) == [(118, 80, 91)]


def test_nothing_recent_is_missing() -> None:
    assert charted(decode(NONE_RECENT * 4)) == []
    assert charted(decode(NONE_RECENT * 2, na(1, 9999) * 2, na(1, 2) * 2)) == [(118, 80, 91)]


def test_a_cancelled_determination_brings_the_old_result_back_uncharted() -> None:
    said = decode(na(1, 300) * 2, na(0, 301) * 2, na(0, 302), na(1, 303) * 3)
    assert charted(said) == []
    reset = decode(na(1, 300) * 2, na(0, 1) * 2, na(0, 2), na(1, 303) * 3)
    assert charted(reset) == []
    counting = decode(na(1, 300) * 2, na(0, 0) * 2, na(0, 20), na(1, 21, (120, 82, 95)) * 2)
    assert charted(counting) == [(120, 82, 95)]


def test_a_recording_that_begins_with_a_fresh_result_marks_it() -> None:
    said = decode(DONE_12 * 2)
    assert charted(said) == [(118, 80, 91)]
    assert quality(said) == {"unconfirmed"}
    assert charted(decode(DONE_12)) == []
    assert charted(decode(na(1, 61) * 2)) == []


def test_two_copies_must_agree() -> None:
    other = na(1, 3, (122, 84, 91))
    assert charted(decode(BUSY_12 * 2, DONE_12, other, DONE_12)) == []
    assert charted(decode(BUSY_12 * 2, other, DONE_12, DONE_12)) == [(118, 80, 91)]
    assert charted(decode(BUSY_12 * 2, na(1, 9), na(1, 3))) == []
    torn = decode(BUSY_12 * 2, DONE_12, b"\x00", DONE_12)
    assert (charted(torn), faults(torn)) == ([], [(FaultKind.SYNC, 1)])


@pytest.mark.parametrize("pressures", [(0, 0, 0), (118, 0, 91), (91, 80, 91), (118, 91, 80), (301, 80, 91)])
def test_pressures_that_make_no_sense(pressures: tuple[int, int, int]) -> None:
    said = decode(BUSY_12 * 2, na(1, 2, pressures) * 2)
    assert charted(said) == []
    assert texts(said, StatusCode.MEASUREMENT_FAILED) == ["NIBP gave no reading: the pressures make no sense"]
    assert states(decode(na(1, 2, pressures) * 2)) == []


@pytest.mark.parametrize(
    ("status", "words", "stops"),
    [
        (3, "could not measure: check the patient", False),
        (4, "leaks or is loose", True),
        (5, "status 5, not documented", False),
        (6, "motion or weak pulse", False),
        (7, "motion at one pressure step", False),
        (8, "overpressure or too much air", True),
        (9, "does not say why", False),
    ],
)
def test_every_failure(status: int, words: str, stops: bool) -> None:
    """The pressures, which may be old ones, are not looked at."""
    for before in (b"", na(0, 40) * 2):
        said = decode(before, na(status, 4) * 2, na(status, 5) * 3)
        assert charted(said) == []
        (text,) = texts(said, StatusCode.MEASUREMENT_FAILED)
        assert words in text
        assert ((StatusCode.CYCLING_STOPPED, True) in states(said)) is stops
    assert states(decode(na(status, 61) * 2)) == []


def test_the_worked_failures() -> None:
    assert texts(decode(LEAK * 2), StatusCode.CYCLING_STOPPED) == [
        "automatic NIBP stopped: NIBP failed: cuff or hose leaks or is loose"
    ]
    assert "check the hose" in texts(decode(OVERPRESSURE * 2), StatusCode.MEASUREMENT_FAILED)[0]
    assert states(decode(LEAK)) == []


def test_a_failure_is_said_each_time_and_ends_with_the_next_determination() -> None:
    said = decode(na(0, 90) * 2, na(3, 5) * 2, na(0, 6) * 2, na(3, 3) * 2, na(0, 4) * 2, DONE_12 * 2)
    assert [one for one in states(said) if one[0] is StatusCode.MEASUREMENT_FAILED] == [
        (StatusCode.MEASUREMENT_FAILED, True),
        (StatusCode.MEASUREMENT_FAILED, False),
    ] * 2
    again = decode(na(4, 5) * 2, na(4, 6), na(4, 2) * 2)
    assert len(texts(again, StatusCode.MEASUREMENT_FAILED)) == 2


def test_a_result_allows_cycling_again() -> None:
    said = decode(LEAK * 2, na(0, 5) * 2, na(1, 1) * 2)
    assert (StatusCode.CYCLING_STOPPED, False) in states(said)


def test_busy_is_measuring_and_too_long_is_told() -> None:
    decoder = DinamapDecoder()
    said = decoder.feed(BUSY_12 * 2, 0)
    assert states(said) == [(StatusCode.MEASURING, True)]
    said += decoder.feed(BUSY_12 * 2, 181 * S)
    assert states(said)[-1] == (StatusCode.DEVICE_FAULT, True)
    assert "more than 180 s" in texts(said, StatusCode.DEVICE_FAULT)[0]
    assert states(decoder.feed(na(1, 500) * 2, 182 * S)) == [
        (StatusCode.MEASURING, False),
        (StatusCode.DEVICE_FAULT, False),
    ]


def test_status_2_says_nothing() -> None:
    assert states(decode(na(2, 4) * 3)) == []
    assert charted(decode(na(0, 50) * 2, na(2, 3) * 2, na(1, 4) * 2)) == [(118, 80, 91)]


@pytest.mark.parametrize(
    ("patient", "mode", "words"),
    [(1, 0, "set to adult"), (2, 0, "set to neonate"), (0, 0, "unknown"), (7, 0, "unknown"), (1, 1, "stat mode")],
)
def test_what_the_device_is_set_to(patient: int, mode: int, words: str) -> None:
    (text,) = texts(decode(na(1, 400, patient=patient, mode=mode) * 2), StatusCode.CONNECTED)
    assert words in text


def test_displayed_values_count_where_the_status_is_not_read() -> None:
    busy, done = (msg(f" NF{head}118080091") for head in ("0100030", "1100002"))
    assert charted(decode(busy * 2, done * 2)) == [(118, 80, 91)]
    assert charted(decode(na(1, 500) * 2, busy * 2, done * 2)) == []
    assert faults(decode(na(1, 500) * 2, msg(" NF11000021180800x1"))) == [(FaultKind.SYNC, 22)]


def test_saturation() -> None:
    assert live(decode(SPO2_97)) == []
    assert live(decode(SPO2_97 * 3)) == [("spo2", 97, ())] * 2
    assert live(decode(SPO2_97, msg(" OA1091908"), SPO2_97)) == []


@pytest.mark.parametrize(
    ("status", "word", "code", "words"),
    [
        (0, "invalid", StatusCode.STANDBY, "standby"),
        (3, "sensor_off", StatusCode.SENSOR_OFF, "sensor off the finger or no pulse"),
        (6, "no_sensor", StatusCode.NO_SENSOR, "unplugged or off the finger"),
    ],
)
def test_status_beats_saturation(status: int, word: str, code: StatusCode, words: str) -> None:
    said = decode(SPO2_97 * 2, msg(f" OA{status}097908") * 2, SPO2_97 * 2)
    assert live(said) == [("spo2", 97, ()), ("spo2", None, (word,)), ("spo2", 97, ())]
    assert states(said) == [(code, True), (code, False)]
    assert words in texts(said, code)[0]


@pytest.mark.parametrize("text", [" OA2097908", " OA9097908", " OA1000908", " OA1101908"])
def test_a_saturation_that_is_none(text: str) -> None:
    assert live(decode(msg(text) * 2)) == [("spo2", None, ("invalid",))]


def test_the_worked_oximeter_without_data() -> None:
    assert live(decode(SPO2_NONE * 2)) == [("spo2", None, ("sensor_off",))]


def test_overheard_values_that_change_each_second_are_shown() -> None:
    said, decoder = list[Observation](), DinamapDecoder()
    for second, (spo2, rate) in enumerate([(97, 80), (96, 83), (98, 79), (95, 84), (85, 60), (84, 61)]):
        said += decoder.feed(msg(f" OA1{spo2:03d}908") + msg(f" RA2{rate:03d}"), second * S)
    assert [(name, value) for name, value, _ in live(said)] == [
        *(("spo2", 96), ("pr", 83), ("spo2", 98), ("pr", 79), ("spo2", 95), ("pr", 84)),
        *(("spo2", 84), ("pr", 61)),
    ]
    for harm in (b"", b"x"):
        said = decoder.feed(harm + b"".join(msg(f" OA1{spo2:03d}908") for spo2 in (90, 91, 92)), 6 * S)
        assert len(live(said)) == (0 if harm else 2)


def test_the_rate_is_live_only_from_the_oximeter() -> None:
    pulse = msg(" RA2072")
    assert live(decode(pulse * 2)) == [("pr", 72, ())]
    assert live(decode(RATE_NONE * 3, msg(" RA3072") * 3)) == []
    assert live(decode(pulse * 2, RATE_NONE * 3)) == [("pr", 72, ()), ("pr", None, ("searching",))]
    assert live(decode(pulse * 2, msg(" RA2-99") * 2))[-1] == ("pr", None, ("searching",))
    assert live(decode(pulse * 2, msg(" RA3072") * 2))[-1] == ("pr", None, ("held",))


def test_a_spot_temperature_is_charted_once() -> None:
    def tc(status: int, mode: int, counter: str, age: int, tenths: int) -> bytes:
        return msg(f" TC{status}{mode}{counter}{age:05d}{tenths:04d}1")

    old, new = tc(0, 0, "A", 500, 986), tc(0, 0, "B", 3, 1004)
    said = decode(old * 2, tc(1, 0, "A", 510, 986) * 2, new * 2, tc(0, 0, "B", 4, 1004) * 3)
    assert charted(said) == [(38.0,)]
    assert [one.at for one in said if isinstance(one, Reading)] == [-3 * S]
    assert charted(decode(old * 2, tc(0, 0, "A", 2, 990) * 2)) == [(37.2,)]
    assert quality(decode(new * 2)) == {"unconfirmed"}
    assert charted(decode(tc(0, 0, "A", 99999, 0) * 2, tc(0, 0, "A", 99999, 0) * 2)) == []
    assert charted(decode(old * 2, tc(0, 0, "B", 3, 600) * 2)) == []
    assert charted(decode(old * 3)) == []


def test_a_monitored_temperature_is_live() -> None:
    good = msg(" TC01A0000109861")
    gone = msg(" TC31A0000109861")
    said = decode(good * 2, gone * 2, good * 2, msg(" TC01A0006009861") * 2, gone * 2)
    assert [(name, value) for name, value, _ in live(said)] == [("temperature", value) for value in (37.0, None) * 2]


@pytest.mark.parametrize(
    ("status", "words"),
    [(2, "timed out"), (3, "lost contact, or out of range"), (4, "stopped, or the probe is unplugged")],
)
def test_every_temperature_failure(status: int, words: str) -> None:
    bad = msg(f" TC{status}0A0000509861")
    said = decode(bad * 4, msg(" TC00A0000909861") * 2)
    alarms = [one for one in said if isinstance(one, DeviceAlarm)]
    assert [one.active for one in alarms] == [True, False]
    assert words in alarms[0].text
    changed = [
        one
        for one in decode(bad * 2, msg(f" TC{2 + (status - 1) % 3}0A0000509861") * 2)
        if isinstance(one, DeviceAlarm)
    ]
    assert [one.active for one in changed] == [True, False, True]


@pytest.mark.parametrize(
    "text", [" NA1100012118O80091", " NA110001211808009", " OA1097908 ", " RA20 2", " RC3", " TC00A", " XY12345"]
)
def test_a_good_checksum_on_the_wrong_layout_is_dropped(text: str) -> None:
    whole = msg(text)
    said = decode(whole * 2)
    assert faults(said) == [(FaultKind.SYNC, len(whole))] * 2
    assert [one for one in said if isinstance(one, Reading)] == []


def test_ends_of_lines_and_requests_between_messages_are_nothing() -> None:
    said = decode(b"\r\n" + BUSY_12 + b"\n\r\r" + BUSY_12, START, ASK_NA, b"\n" + DONE_12, STOP, DONE_12)
    assert (charted(said), faults(said)) == ([(118, 80, 91)], [])


def test_after_damage_the_next_good_message_counts() -> None:
    said = decode(SPO2_97, b" NA11", SPO2_97, SPO2_97)
    assert live(said) == [("spo2", 97, ())]
    assert faults(said) == [(FaultKind.CHECKSUM, 5)]
    assert faults(decode(b"\xff" * 70, SPO2_97)) == [(FaultKind.SYNC, 70)]


def test_a_message_cut_by_silence_is_given_up() -> None:
    decoder = DinamapDecoder()
    assert decoder.feed(SPO2_97[:6], 0) == []
    assert decoder.next_deadline() == 300 * MS + 1
    assert faults(decoder.feed(SPO2_97, S)) == [(FaultKind.SYNC, 6)]
    decoder.feed(SPO2_97[:6], 2 * S)
    assert faults(decoder.feed(SPO2_97[6:], 2 * S + 200 * MS)) == []


def test_bytes_of_another_device_are_told_until_ours_come() -> None:
    said = decode(b"x" * 250 + b"\r", SPO2_97)
    assert states(said) == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_THIS_DEVICE, False)]
    assert sum(count for _, count in faults(said)) == 250


def test_the_native_stream_of_a_pro_1000_is_named_and_refused() -> None:
    stream = b"".join(block(number % 200) for number in range(190, 230))
    said = decode(stream, size=7)
    assert texts(said, StatusCode.NOT_THIS_DEVICE) == [
        "this is a DINAMAP PRO 1000 in its own binary format, which Vigil does not read; no values"
    ]
    assert "PRO 1000" in texts(said, StatusCode.FORMAT)[0]
    assert [one for one in said if isinstance(one, Reading)] == []
    assert sum(count for _, count in faults(said)) <= 5 * 18
    back = decode(stream, SPO2_97 * 2)
    assert states(back)[-1] == (StatusCode.NOT_THIS_DEVICE, False)
    assert live(back) == [("spo2", 97, ())]


@pytest.mark.parametrize("place", [0, 3, 15, 16, 17])
def test_two_whole_blocks_name_a_pro_1000(place: int) -> None:
    assert texts(decode(block(5) + block(6)), StatusCode.NOT_THIS_DEVICE)
    harmed = bytearray(block(5) + block(6))
    harmed[place] ^= 0x10
    assert texts(decode(bytes(harmed)), StatusCode.NOT_THIS_DEVICE) == []
    assert texts(decode(block(5) + block(7)), StatusCode.NOT_THIS_DEVICE) == []


@given(data=st.binary(max_size=300), opened=st.booleans())
@settings(deadline=None, max_examples=50)
def test_no_bytes_raise(data: bytes, opened: bool) -> None:
    decoder = DinamapDecoder()
    if opened:
        decoder.opened(0)
    said = decoder.feed(data + b"\r", 0) + decoder.wake(S)
    assert charted(said) == []


# -- a conversation


@dataclass
class Device(OtherEnd):
    """A monitor; requests end with a carriage return."""

    decoder: Decoder = field(default_factory=DinamapDecoder)

    def __post_init__(self) -> None:
        self.answers.setdefault(ASK_NA, [na(1, 700)])
        OtherEnd.__post_init__(self)

    def requests(self, data: bytes) -> Iterable[bytes]:
        return [part + b"\r" for part in data.split(b"\r")[:-1]]


ALL_ANSWERED = {ASK_OA: [SPO2_97], ASK_RA: [msg(" RA2072")], ASK_TC: [msg(" TC00A9999900001")]}


def measuring() -> Device:
    end = Device({ASK_NA: [na(1, 700), na(1, 701)], START: [], STOP: []})
    end.run(2)
    end.ask(CommandKind.NIBP_START)
    end.answers[ASK_NA] = [na(0, 702)]
    end.run(3)
    assert replies(end.said) == ["sent", "accepted"]
    assert (StatusCode.MEASURING, True) in states(end.said)
    return end


def test_an_open_line_is_asked_for_its_status_each_second() -> None:
    end = Device(dict(ALL_ANSWERED))
    end.run(20.5)
    asked = [at for at, request in end.sent if request == ASK_NA]
    assert 21 <= len(asked) <= 23
    assert 21 <= end.count(ASK_OA) <= 23
    assert end.count(ASK_TC) == 6
    assert end.count(START) == end.count(STOP) == 0
    assert live(end.said).count(("spo2", 97, ())) >= 20
    assert live(end.said).count(("pr", 72, ())) >= 20
    assert charted(end.said) == []


def test_a_value_that_changes_is_asked_for_again_at_once() -> None:
    end = Device({ASK_OA: [SPO2_97, SPO2_97, msg(" OA1093908"), msg(" OA1093908")]})
    end.run(1.5)
    assert [value for _, value, _ in live(end.said)] == [97, 93]
    never = Device({ASK_OA: [msg(f" OA10{90 + n}908") for n in range(9)] + [SPO2_97]})
    never.run(0.9)
    assert never.count(ASK_OA) == 3
    assert live(never.said) == []


def test_a_determination() -> None:
    end = measuring()
    end.answers |= {ASK_NA: [na(1, 1, (127, 73, 78))], ASK_RC: [CUFF_72]}
    end.run(3)
    assert charted(end.said) == [(127, 73, 78, 72)]
    assert replies(end.said) == ["sent", "accepted", "done"]
    assert (end.count(START), end.count(STOP), end.count(ASK_RC)) == (1, 0, 2)
    (reading,) = [one for one in end.said if isinstance(one, Reading) and one.spot]
    asked = [at for at, request in end.sent if request == ASK_NA and at > 5 * S]
    assert asked[0] - S <= reading.at <= asked[1]


def test_a_result_is_charted_without_a_rate_that_nobody_tells() -> None:
    end = measuring()
    end.answers[ASK_NA] = [na(1, 1, (127, 73, 78))]
    end.run(4)
    assert charted(end.said) == [(127, 73, 78)]
    assert replies(end.said)[-1] == "done"


def test_a_result_of_the_devices_own_keys_is_charted_too() -> None:
    end = Device({ASK_NA: [na(1, 700)] * 3 + [na(0, 703)] * 3 + [na(1, 1, (130, 85, 99))] * 3})
    end.run(10)
    assert charted(end.said) == [(130, 85, 99)]
    assert replies(end.said) == []


def test_what_was_measured_before_the_line_was_opened_is_old() -> None:
    fresh = Device({ASK_NA: [na(1, 2)]})
    fresh.run(3)
    assert charted(fresh.said) == []
    busy = Device({ASK_NA: [na(0, 5)] * 4 + [na(1, 14)]})
    busy.run(6)
    assert charted(busy.said) == []


def test_an_age_that_jumps_is_not_borne_out() -> None:
    end = Device({ASK_NA: [na(0, 700), na(0, 700), na(1, 1), na(1, 9), na(1, 2)]})
    end.run(1)
    assert charted(end.said) == []


@pytest.mark.parametrize(("status", "words"), [(3, "could not measure"), (4, "leaks"), (8, "overpressure")])
def test_a_failed_determination(status: int, words: str) -> None:
    end = measuring()
    end.answers[ASK_NA] = [na(status, 1)]
    end.run(2)
    assert charted(end.said) == []
    assert replies(end.said)[-1] == "refused"
    assert words in reasons(end.said)
    end.ask(CommandKind.NIBP_START, "2")
    assert (StatusCode.MEASUREMENT_FAILED, False) in states(end.said)
    assert end.count(START) == 2


def test_a_determination_cancelled_at_the_device() -> None:
    end = measuring()
    end.answers[ASK_NA] = [na(1, 720)]
    end.run(6)
    assert charted(end.said) == []
    assert replies(end.said)[-1] == "refused"
    assert "without a new result" in reasons(end.said)


@pytest.mark.parametrize("answer", [b"", START, msg(" NC"), msg(" NCok")])
def test_a_start_is_confirmed_by_the_status_whatever_was_answered(answer: bytes) -> None:
    end = Device({START: [answer]})
    end.run(1.5)
    end.ask(CommandKind.NIBP_START)
    end.answers[ASK_NA] = [na(0, 703)]
    end.run(2)
    assert replies(end.said) == ["sent", "accepted"]
    assert faults(end.said) == []


def test_a_start_that_is_refused_is_told_in_the_devices_words() -> None:
    end = Device({START: [msg(" EX07")]})
    end.run(1.5)
    end.ask(CommandKind.NIBP_START)
    end.run(20)
    assert replies(end.said) == ["sent", "refused"]
    assert reasons(end.said) == "DINAMAP answered 'EX07' to 'NC0'; start again"
    assert end.count(START) == 1


def test_another_refusal_is_told_beside_the_state() -> None:
    end = Device({ASK_OA: [msg(" EX07")]})
    end.run(1)
    (told,) = [one for one in end.said if isinstance(one, DeviceStatus) and one.detail and "EX07" in one.detail]
    assert (told.code, told.detail) == (StatusCode.CONNECTED, "DINAMAP answered 'EX07' to 'OA'")
    first = Device({ASK_NA: [msg(" EX07")]})
    first.run(0.3)
    assert [one.text for one in first.said if isinstance(one, DeviceStatus)] == ["DINAMAP answers"]


@pytest.mark.parametrize("answer", [b"", msg(" NCok")])
def test_a_start_that_nothing_follows_is_not_repeated(answer: bytes) -> None:
    end = Device({START: [answer]})
    end.run(1.5)
    end.ask(CommandKind.NIBP_START)
    end.run(15)
    assert replies(end.said)[-1] == "timed_out"
    assert "not repeated" in reasons(end.said)
    assert (end.count(START), end.count(STOP)) == (1, 0)


def test_when_a_start_is_refused_here() -> None:
    unopened = DinamapDecoder()
    said = unopened.command(Command("1", CommandKind.NIBP_START), 0)
    assert (replies(said), unopened.bytes_to_send()) == (["refused"], b"")
    busy = Device({ASK_NA: [na(0, 5)]})
    busy.run(1)
    busy.ask(CommandKind.NIBP_START)
    assert "under way" in reasons(busy.said)
    twice = measuring()
    twice.ask(CommandKind.NIBP_START, "2")
    twice.ask(CommandKind.NIBP_STOP, "3")
    twice.ask(CommandKind.NIBP_START, "4")
    assert (replies(twice.said, "2"), replies(twice.said, "4")) == (["refused"], ["refused"])
    assert twice.count(START) == 1


def test_a_start_at_once_waits_for_the_state() -> None:
    ready = Device()
    ready.ask(CommandKind.NIBP_START)
    assert replies(ready.said) == []
    ready.run(0.1)
    assert (replies(ready.said), ready.count(START)) == (["sent"], 1)
    busy = Device({ASK_NA: [na(0, 5)]})
    busy.ask(CommandKind.NIBP_START)
    busy.run(0.1)
    assert (replies(busy.said), busy.count(START)) == (["refused"], 0)
    never = Device({ASK_NA: [na(1, age) for age in (5, 900) * 50]})
    never.ask(CommandKind.NIBP_START)
    never.run(6)
    assert (replies(never.said), never.count(START)) == (["refused"], 0)
    assert "does not tell its state" in reasons(never.said)
    dead = Device({ASK_NA: []})
    dead.ask(CommandKind.NIBP_START)
    dead.run(2)
    assert (replies(dead.said), dead.count(START)) == (["timed_out"], 0)


def test_a_determination_that_takes_too_long_is_stopped() -> None:
    end = measuring()
    end.run(175)
    assert end.count(STOP) == 0
    end.run(3)
    assert end.count(STOP) >= 1
    assert replies(end.said)[-1] == "timed_out"
    assert "longer than 180 s" in reasons(end.said)
    assert (StatusCode.CYCLING_STOPPED, True) in states(end.said)
    end.answers[ASK_NA] = [na(1, 1)]
    end.run(3)
    assert charted(end.said) == []


@pytest.mark.parametrize(("answer", "steps"), [(b"", []), (STOP, []), (msg(" NDok"), ["accepted"])])
@pytest.mark.parametrize("shown", [na(1, 1), na(3, 1), na(1, 730)])
def test_a_stop_ends_when_the_device_measures_no_more(answer: bytes, steps: list[str], shown: bytes) -> None:
    """Whatever it then shows as the end of what was cancelled is no result, and no failure."""
    end = measuring()
    end.answers |= {ASK_NA: [na(0, 707), shown], STOP: [answer]}
    end.ask(CommandKind.NIBP_STOP, "2")
    assert end.sent[-1][1] == STOP
    end.run(4)
    assert replies(end.said, "2") == ["sent", *steps, "done"]
    assert replies(end.said) == ["sent", "accepted", "refused"]
    assert charted(end.said) == []
    assert texts(end.said, StatusCode.MEASUREMENT_FAILED) == []


def test_a_stop_is_repeated_and_given_up() -> None:
    end = measuring()
    end.ask(CommandKind.NIBP_STOP, "2")
    end.run(12)
    assert end.count(STOP) == 3
    assert replies(end.said, "2")[-1] == "timed_out"
    assert "check cuff" in reasons(end.said)


def test_a_stop_overtakes_what_was_asked() -> None:
    end = Device(dict(ALL_ANSWERED))
    end.run(1.01)
    assert end.sent[-1][1] == ASK_NA
    end.ask(CommandKind.NIBP_STOP, "1")
    end.ask(CommandKind.NIBP_STOP, "2")
    end.run(2)
    assert replies(end.said, "1") == ["sent", "refused"]
    assert replies(end.said, "2")[-1] == "done"
    assert faults(end.said) == []
    early = Device(dict(ALL_ANSWERED))
    early.run(1.01)
    early.ask(CommandKind.NIBP_START, "3")
    early.ask(CommandKind.NIBP_STOP, "4")
    early.run(2)
    assert replies(early.said, "3")[-1] == "refused"
    assert replies(early.said, "4")[-1] == "done"


def test_a_device_that_never_answers() -> None:
    end = Device({ASK_NA: []})
    end.run(1.6)
    assert [request for _, request in end.sent] == [ASK_NA] * 4
    assert "host port is set to host communications" in texts(end.said, StatusCode.NOT_ANSWERING)[0]
    end.ask(CommandKind.NIBP_START)
    assert replies(end.said) == ["refused"]
    end.ask(CommandKind.NIBP_STOP, "2")
    end.run(3)
    assert end.count(STOP) >= 1
    assert replies(end.said, "2") == ["sent", "timed_out"]
    end.answers[ASK_NA] = [na(1, 700)]
    end.run(2)
    assert states(end.said)[-1] == (StatusCode.NOT_ANSWERING, False)


def test_an_echo_is_no_answer() -> None:
    end = Device({request: [request] for request in (ASK_NA, ASK_OA, ASK_RA, ASK_TC)})
    end.run(3)
    assert (StatusCode.NOT_ANSWERING, True) in states(end.said)
    both = Device({ASK_NA: [ASK_NA + na(1, 700)]})
    both.run(3)
    assert (states(both.said), faults(both.said)) == ([], [])


def test_a_line_lost_while_measuring() -> None:
    end = measuring()
    end.answers[ASK_NA] = []
    end.run(4)
    assert texts(end.said, StatusCode.NOT_ANSWERING) == ["NIBP communication lost; check cuff"]
    assert replies(end.said)[-1] == "accepted"
    end.run(9)
    assert replies(end.said)[-1] == "timed_out"
    end.answers[ASK_NA] = [na(1, 3, (127, 73, 78))]
    end.run(5)
    assert charted(end.said) == []


def test_a_line_that_comes_back_in_time() -> None:
    end = measuring()
    end.answers[ASK_NA] = []
    end.run(5)
    end.answers[ASK_NA] = [na(1, 3, (127, 73, 78))]
    end.run(5)
    assert charted(end.said) == [(127, 73, 78)]
    assert replies(end.said)[-1] == "done"


def test_options_a_device_does_not_have_are_asked_for_seldom() -> None:
    end = Device()
    end.run(60)
    assert 3 <= end.count(ASK_OA) <= 5
    assert end.count(ASK_NA) > 55
    assert (states(end.said), live(end.said)) == ([], [])


def test_an_oximeter_that_stops_answering_is_missing() -> None:
    end = Device({ASK_OA: [SPO2_97]})
    end.run(3)
    end.answers[ASK_OA] = []
    end.run(6)
    assert live(end.said)[-1] == ("spo2", None, ("invalid",))
    end.answers[ASK_OA] = [SPO2_97]
    end.run(3)
    assert live(end.said)[-1] == ("spo2", 97, ())


def test_a_damaged_answer_is_asked_for_again() -> None:
    end = Device({ASK_NA: [b" NA11x\r", na(1, 700), na(1, 700)], ASK_OA: [b"?\r"]})
    end.run(8)
    assert (StatusCode.NOT_ANSWERING, True) not in states(end.said)
    assert (FaultKind.CHECKSUM, 6) in faults(end.said)
    assert end.count(ASK_OA) >= 5


def test_what_does_not_answer_the_request_is_dropped() -> None:
    end = Device(ALL_ANSWERED | {ASK_OA: [msg(" OA109790"), SPO2_97]})
    end.run(0.9)
    assert faults(end.said) == [(FaultKind.SYNC, 12)]
    end.say(SPO2_97)
    end.say(msg(" XY1234"))
    end.say(b"??\r")
    end.decoder.wake(end.at)
    assert faults(end.said)[1:] == [(FaultKind.SYNC, 13), (FaultKind.SYNC, 10)]
    assert faults(end.decoder.wake(end.at + 301 * MS)) == [(FaultKind.SYNC, 2)]


def test_a_pro_1000_is_not_spoken_to() -> None:
    end = Device({ASK_NA: []})
    end.say(b"".join(block(number) for number in range(6)))
    asked = len(end.sent)
    end.ask(CommandKind.NIBP_START)
    assert replies(end.said) == ["refused"]
    end.run(4.5)
    assert len(end.sent) == asked
    end.run(1)
    assert len(end.sent) > asked


def test_a_line_opened_anew_ends_what_was_under_way() -> None:
    end = measuring()
    end.say(b"".join(block(number) for number in range(6)))
    end.said += end.decoder.opened(end.at)
    assert replies(end.said)[-1] == "timed_out"
    assert states(end.said)[-1] == (StatusCode.NOT_THIS_DEVICE, False)
    assert end.decoder.bytes_to_send()[-6:] == ASK_NA


def test_other_commands_are_not_supported() -> None:
    class Other(StrEnum):
        ZERO = "zero"

    with pytest.raises(CommandNotSupported):
        Device().decoder.command(Command("1", cast(CommandKind, Other.ZERO)), 0)


# -- the simulator


@dataclass
class Patient:
    """A person whose numbers are as told."""

    result: Determination | None = field(default_factory=lambda: Determination(127, 73, 78, 72))
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
        return 0.0

    def pleth(self, at: int) -> float:
        return 0.0

    def resp(self, at: int) -> float:
        return 0.0

    def determine(self, at: int) -> Determination | None:
        return self.result


def simulated(patient: Patient | None = None, seed: int = 1) -> DinamapSimulator:
    return DinamapSimulator(patient or Patient(), random.Random(seed), 0)


def answer(simulator: DinamapSimulator, request: bytes, at: int) -> bytes:
    simulator.advance(at)
    simulator.receive(request, at)
    return simulator.advance(at + 60 * MS)


def test_the_simulator_sends_the_worked_messages() -> None:
    simulator = simulated()
    assert answer(simulator, ASK_NA, 0) == NONE_RECENT
    assert answer(simulator, ASK_OA, S) == SPO2_97
    assert answer(simulator, ASK_RA, S) == msg(" RA2072")
    answer(simulator, START, S)
    assert answer(simulator, ASK_NA, 5 * S) == msg(" NA0109999000000000")
    simulator.advance(46 * S)
    first = answer(simulator, b"\r" + ASK_NA + b"\n", 50 * S)
    assert (first[:6], first[10:19]) == (b" NA110", b"127073078")
    assert 4 <= int(first[6:10]) <= 29
    later = answer(simulator, b" NF!7\r", 50 * S + (1762 - int(first[6:10])) * S)
    assert later == REAL_OLD
    assert answer(simulator, ASK_RC, 60 * S) == CUFF_72
    assert answer(simulator, ASK_NA, 5500 * S) == NONE_RECENT


def test_the_simulated_oximeter_and_thermometer() -> None:
    patient = Patient()
    simulator = simulated(patient)
    for fault, code in OXIMETER_STATES.items():
        simulator.misbehave(fault, True)
        assert answer(simulator, ASK_OA, S) == msg(f" OA{code}000008")
        assert answer(simulator, ASK_RA, S) == msg(" RA3000")
        simulator.misbehave(fault, False)
    patient.finger_off, patient.spo2 = True, None
    assert answer(simulator, ASK_OA, S) == SPO2_NONE
    assert answer(simulator, ASK_TC, 2 * S) == msg(" TC00A9999900001")
    assert answer(simulator, ASK_TC, 25 * S) == msg(" TC10A9999900001")
    assert answer(simulator, ASK_TC, 30 * S) == msg(" TC00B0000209821")
    simulator.misbehave("temperature_contact_lost", True)
    assert answer(simulator, ASK_TC, 30 * S)[3:4] == b"3"
    for fault, request in (("no_oximeter", ASK_OA), ("no_thermometer", ASK_TC)):
        simulator.misbehave(fault, True)
        assert answer(simulator, request, 31 * S) == b""


@pytest.mark.parametrize("fault", list(CODES))
@pytest.mark.parametrize("seed", [1, 2])
def test_simulated_failures_bear_their_status(fault: str, seed: int) -> None:
    simulator = simulated(seed=seed)
    simulator.misbehave(fault, True)
    answer(simulator, START, S)
    assert answer(simulator, START, 2 * S) == answer(simulator, START, 3 * S)
    assert answer(simulator, ASK_NA, 140 * S)[3:4] == b"%d" % CODES[fault]


def test_a_patient_that_cannot_be_measured_and_a_cancel() -> None:
    simulator = simulated(Patient(result=None))
    answer(simulator, START, S)
    assert answer(simulator, ASK_NA, 60 * S)[3:4] == b"3"
    answer(simulator, STOP, 61 * S)
    answer(simulator, START, 62 * S)
    answer(simulator, STOP, 65 * S)
    assert answer(simulator, ASK_NA, 66 * S)[3:4] in b"13"


def test_what_it_does_not_answer() -> None:
    simulator = simulated()
    for wrong in (b" NA!3\r", b"NA!2\r", msg(" ZZ"), b"\r\n", b"x" * 100 + b"\r"):
        assert answer(simulator, wrong, S) == b""
    simulator.misbehave("echo", True)
    assert answer(simulator, ASK_OA, 2 * S) == ASK_OA + SPO2_97
    simulator.misbehave("deaf", True)
    assert answer(simulator, ASK_NA, 3 * S) == b""
    with pytest.raises(ValueError, match="no fault 'finger_off'"):
        simulator.misbehave("finger_off", True)


def test_settings_and_its_own_automatic_mode() -> None:
    simulator = simulated()
    for fault in ("neonate", "stat", "auto"):
        simulator.misbehave(fault, True)
    assert answer(simulator, ASK_NA, 0)[3:6] == b"021"
    assert answer(simulator, ASK_NA, 100 * S)[3:6] == b"121"
    assert answer(simulator, ASK_NA, 181 * S)[3:4] == b"0"
    simulator.misbehave("not_used", True)
    assert answer(simulator, ASK_NA, 300 * S)[3:4] == b"2"


def test_the_native_stream_it_can_send() -> None:
    simulator = simulated()
    simulator.misbehave("pro1000", True)
    data = b"".join(simulator.advance(tick * 10 * MS) for tick in range(500))
    assert len(data) == 250 * 18
    assert "PRO 1000" in texts(decode(data), StatusCode.FORMAT)[0]
    simulator.misbehave("pro1000", False)
    assert simulator.advance(10 * S) == b""


@pytest.mark.parametrize("seed", range(4))
def test_driver_and_simulator_over_a_wire(seed: int) -> None:
    """Whatever a device answers to a start."""
    simulator, decoder = simulated(seed=seed), DinamapDecoder()
    said = decoder.opened(0)
    for step in range(60 * 50):
        at = step * 20 * MS
        if step == 100:
            said += decoder.command(Command("1", CommandKind.NIBP_START), at)
        deadline = decoder.next_deadline()
        if deadline is not None and deadline <= at:
            said += decoder.wake(at)
        simulator.receive(decoder.bytes_to_send(), at)
        said += decoder.feed(simulator.advance(at), at)
    assert charted(said) == [(36.8,), (127, 73, 78, 72)] or charted(said) == [(127, 73, 78, 72), (36.8,)]
    assert replies(said) == ["sent", "accepted", "done"]
    assert faults(said) == []


def test_driver_and_simulator_bear_one_name() -> None:
    assert SIMULATOR.name == DRIVER.name
    assert str(DRIVER.line) == "9600 8N1"
