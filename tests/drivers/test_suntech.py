"""The SunTech driver and its simulator: the sheet's worked packets pin both."""

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base.decoder import Command, CommandNotSupported, Decoder
from drivers.base.observations import CommandReply, DeviceStatus, LinkFault, Observation, Reading
from drivers.base.vocabulary import CommandKind, CommandOutcome, FaultKind, Parameter, Quality, StatusCode
from drivers.suntech import DRIVER, SunTechDecoder
from simulators.base.simulator import Determination
from simulators.suntech import CODES, SIMULATOR, SunTechSimulator
from tests.drivers.otherend import OtherEnd

S = 1_000_000
MS = 1_000

START = bytes.fromhex("3A 20 A6")
ABORT = bytes.fromhex("3A 79 01 00 4C")
READ_PRESSURE = bytes.fromhex("3A 79 05 00 48")
READ_RECORD = bytes.fromhex("3A 79 03 00 4A")

O, K, A, B, E = (bytes.fromhex(f"3E 04 {x}") for x in ("4F 6F", "4B 73", "41 7D", "42 7C", "45 79"))  # noqa: E741
N, D, SLEEPS, T = (bytes.fromhex(f"3E 04 {x}") for x in ("4E 70", "44 7A", "53 6B", "54 6A"))
RECORD_115 = bytes.fromhex("3E 18 73 00 4A 00 1E 01 00 00 00 00 00 00 31 07 55 00 58 00 00 00 00 E9")
RECORD_182 = bytes.fromhex("3E 18 B6 00 68 00 19 01 00 00 00 00 00 00 00 00 60 00 82 00 00 00 00 90")
RECORD_LEAK = bytes.fromhex("3E 18 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 57 00 00 53")
RECORD_CODE_2 = bytes.fromhex("3E 18 00 00 00 00 06 00 00 00 00 00 00 00 00 00 00 00 00 00 02 00 00 A2")
RECORD_OVERPRESSURE = bytes.fromhex("3E 18 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 59 00 00 51")

Shown = tuple[int | float | None, ...]
CHARTED_115: Shown = (115, 74, 88, 85)


def module(data: bytes) -> bytes:
    body = bytes([0x3E, len(data) + 3]) + data
    return body + bytes([-sum(body) % 256])


def pressure(mmhg: int) -> bytes:
    return module(mmhg.to_bytes(2, "little"))


def record(
    systolic: int = 120, diastolic: int = 80, mean: int = 93, rate: int = 70, status: int = 1, error: int = 0
) -> bytes:
    data = bytearray(21)
    data[0:2], data[2:4] = systolic.to_bytes(2, "little"), diastolic.to_bytes(2, "little")
    data[5], data[14], data[16:18], data[18] = status, rate, mean.to_bytes(2, "little"), error
    return module(bytes(data))


def charted(said: Iterable[Observation]) -> list[Shown]:
    """(systolic, diastolic, mean, rate) of each determination."""
    return [tuple(n.value for n in one.numerics) for one in said if isinstance(one, Reading) and one.spot]


def cuff(said: Iterable[Observation]) -> list[int | float | None]:
    return [one.numerics[0].value for one in said if isinstance(one, Reading) and not one.spot]


def states(said: Iterable[Observation]) -> list[tuple[StatusCode, bool]]:
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus)]


def faults(said: Iterable[Observation]) -> list[tuple[FaultKind, int]]:
    return [(one.kind, one.discarded) for one in said if isinstance(one, LinkFault)]


def replies(said: Iterable[Observation], command: str = "1") -> list[str]:
    return [one.outcome.value for one in said if isinstance(one, CommandReply) and one.command == command]


def texts(said: Iterable[Observation]) -> list[str]:
    return [one.text for one in said if isinstance(one, CommandReply | DeviceStatus)]


# -- overheard: nothing was asked


def drain(decoder: SunTechDecoder) -> list[Observation]:
    said: list[Observation] = []
    while (deadline := decoder.next_deadline()) is not None:
        said += decoder.wake(deadline)
    return said


def decode(data: bytes, size: int = 4096) -> list[Observation]:
    decoder = SunTechDecoder()
    said: list[Observation] = []
    for start in range(0, len(data), size):
        said += decoder.feed(data[start : start + size], 0)
    return said + drain(decoder)


@pytest.mark.parametrize(
    ("packet", "expected"),
    [(RECORD_115, CHARTED_115), (RECORD_182, (182, 104, 130, 96)), (record(258, 100, 150), (258, 100, 150, 70))],
)
def test_worked_records(packet: bytes, expected: Shown) -> None:
    said = decode(packet * 2)
    assert charted(said) == [expected]
    (reading,) = [one for one in said if isinstance(one, Reading)]
    assert [n.parameter.value for n in reading.numerics] == ["nibp_sys", "nibp_dia", "nibp_mean", "pr"]
    assert all(not numeric.quality for numeric in reading.numerics)


@pytest.mark.parametrize(("packet", "mmhg"), [("3E 05 B4 00 09", 180), ("3E 05 02 01 BA", 258), ("3E 05 3E 00 7F", 62)])
def test_worked_cuff_pressures(packet: str, mmhg: int) -> None:
    said = decode(bytes.fromhex(packet))
    assert cuff(said) == [mmhg]
    assert faults(said) == []


def test_a_wrong_checksum_is_refused() -> None:
    said = decode(bytes.fromhex("3E 05 02 01 B1"))
    assert (cuff(said), faults(said)) == ([], [(FaultKind.CHECKSUM, 5)])


def test_a_pressure_beyond_the_cuff_is_refused() -> None:
    assert (cuff(decode(pressure(300))), cuff(decode(pressure(301)))) == ([300], [])
    assert faults(decode(pressure(301))) == [(FaultKind.SYNC, 5)]


@pytest.mark.parametrize(
    ("packet", "code", "on"),
    [
        (O, StatusCode.MEASURING, True),
        (K, StatusCode.MEASURING, False),
        (A, StatusCode.MEASURING, False),
        (B, StatusCode.MEASURING, True),
        (E, StatusCode.MEASUREMENT_FAILED, True),
        (N, StatusCode.CONNECTED, True),
        (D, StatusCode.CONNECTED, True),
        (SLEEPS, StatusCode.STANDBY, True),
        (T, StatusCode.CONNECTED, True),
    ],
)
def test_acknowledgements_are_states(packet: bytes, code: StatusCode, on: bool) -> None:
    (status,) = [one for one in decode(packet) if isinstance(one, DeviceStatus)]
    assert (status.code, status.on, status.detail) == (code, on, chr(packet[2]))


@pytest.mark.parametrize(
    ("packet", "code", "words", "stops", "broken"),
    [
        (record(error=3), "3", "out of the module's range", False, False),
        (record(error=86), "86", "stopped by the user", False, False),
        (RECORD_LEAK, "87", "leaks or is loose", True, False),
        (record(error=88), "88", "check that the cuff is empty", True, False),
        (RECORD_OVERPRESSURE, "89", "overpressure", True, False),
        (record(error=90), "90", "hardware", True, True),
        (record(error=91), "91", "autozero", True, True),
        (record(error=97), "97", "transducer", True, True),
        (record(error=99), "99", "calibration", True, True),
        (RECORD_CODE_2, "2", "measurement failed (code 2)", True, False),
        (record(error=0x87), "135", "measurement failed (code 135)", True, False),
        (record(0, 0, 0, 0, 0), "0", "no reading", False, False),
        (record(status=0), "0", "no reading", False, False),
        (record(80, 80, 80), "0", "no reading", False, False),
        (record(120, 0, 80), "0", "no reading", False, False),
        (record(301, 80, 93), "0", "no reading", False, False),
    ],
)
def test_every_error_code(packet: bytes, code: str, words: str, stops: bool, broken: bool) -> None:
    said = decode(packet * 2)
    assert charted(said) == []
    first = next(one for one in said if isinstance(one, DeviceStatus))
    assert (first.code, first.on, first.detail) == (StatusCode.MEASUREMENT_FAILED, True, code)
    assert words in first.text
    assert ((StatusCode.CYCLING_STOPPED, True) in states(said)) is stops
    assert ((StatusCode.DEVICE_FAULT, True) in states(said)) is broken


def test_a_failure_is_said_each_time_and_a_result_ends_it() -> None:
    said = decode((RECORD_LEAK * 2 + K) * 2 + RECORD_115 * 2)
    failed = [(StatusCode.MEASUREMENT_FAILED, True)]
    assert [one for one in states(said) if one in failed] == failed * 2
    assert states(said)[-2:] == [(StatusCode.MEASUREMENT_FAILED, False), (StatusCode.CYCLING_STOPPED, False)]


def test_a_rate_of_zero_is_missing() -> None:
    (reading,) = [one for one in decode(record(rate=0) * 2) if isinstance(one, Reading)]
    assert reading.numerics[3].value is None
    assert reading.numerics[3].quality == (Quality.INVALID,)


def test_further_copies_are_the_same_determination() -> None:
    assert charted(decode(RECORD_115 * 5)) == [CHARTED_115]
    assert charted(decode(RECORD_115 * 2 + O + pressure(100) + K + RECORD_115 * 2)) == [CHARTED_115] * 2


def test_two_copies_that_differ_are_both_dropped() -> None:
    said = decode(RECORD_115 + RECORD_182)
    assert (charted(said), faults(said)) == ([], [(FaultKind.CHECKSUM, 48)])
    assert charted(decode(RECORD_115 + RECORD_182 * 3)) == [(182, 104, 130, 96)]


@pytest.mark.parametrize("follower", [b"", K, pressure(8)])
def test_a_single_record_is_unconfirmed(follower: bytes) -> None:
    said = decode(RECORD_115 + follower)
    assert charted(said) == [CHARTED_115]
    (reading,) = [one for one in said if isinstance(one, Reading) and one.spot]
    assert all(numeric.quality == (Quality.UNCONFIRMED,) for numeric in reading.numerics)


@pytest.mark.parametrize("follower", [b"\x00", RECORD_115[:9], module(b"Rev. K")])
def test_a_single_record_with_a_fault_behind_it_is_dropped(follower: bytes) -> None:
    said = decode(RECORD_115 + follower)
    assert charted(said) == []
    assert sum(count for _, count in faults(said)) == 24 + len(follower)
    assert charted(decode(RECORD_115 + follower + RECORD_115)) == [CHARTED_115]


def test_a_fault_before_a_record_does_not_touch_it() -> None:
    assert charted(decode(b"\x00\x01" + RECORD_115)) == [CHARTED_115]


def test_a_copy_that_comes_late_is_no_second_determination() -> None:
    decoder = SunTechDecoder()
    said = decoder.feed(RECORD_115, 0) + decoder.wake(200 * MS)
    assert charted(said) == []
    said += decoder.feed(RECORD_115, 2 * S) + drain(decoder)
    assert charted(said) == [CHARTED_115]


def test_a_dropped_record_may_come_again() -> None:
    decoder = SunTechDecoder()
    said = decoder.feed(RECORD_115 + b"\x00", 0) + drain(decoder)
    said += decoder.feed(RECORD_115 * 2, 2 * S)
    assert charted(said) == [CHARTED_115]


def test_a_packet_cut_by_silence_gives_back_what_it_held() -> None:
    """A false start swallows nothing: 3E in noise, then a whole packet inside its length."""
    decoder = SunTechDecoder()
    assert decoder.feed(bytes.fromhex("3E 20") + K, 0) == []
    assert decoder.next_deadline() == 100 * MS + 1
    said = decoder.wake(100 * MS + 1)
    assert states(said) == [(StatusCode.MEASURING, False)]
    assert faults(said) == [(FaultKind.SHORT, 2)]


def test_a_gap_is_seen_without_a_wake_too() -> None:
    decoder = SunTechDecoder()
    decoder.feed(K[:2], 0)
    assert states(decoder.feed(K[2:], 102 * MS)) == [(StatusCode.MEASURING, False)]
    decoder.feed(K[:2], S)
    assert states(decoder.feed(K[2:], S + 103 * MS)) == []


def test_bytes_of_another_device_are_told_until_ours_come() -> None:
    said = decode(b"x" * 250 + K)
    assert faults(said) == [(FaultKind.SYNC, 200), (FaultKind.SYNC, 50)]
    assert states(said)[:2] == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_THIS_DEVICE, False)]


def test_an_unknown_acknowledgement_is_dropped() -> None:
    said = decode(module(b"Z"))
    assert (states(said), faults(said)) == ([], [(FaultKind.SYNC, 4)])


def test_nothing_is_sent_unopened() -> None:
    decoder = SunTechDecoder()
    assert replies(decoder.command(Command("1", CommandKind.NIBP_START), 0)) == ["refused"]
    assert decoder.bytes_to_send() == b""
    assert decoder.next_deadline() is None


PACKETS = (
    O,
    K,
    A,
    B,
    RECORD_115,
    RECORD_182,
    RECORD_LEAK,
    pressure(62),
    pressure(258),
    b"\x3e",
    b"\x3e\x43",
    b"\x00\xff",
)


@given(parts=st.lists(st.sampled_from(PACKETS), max_size=30), cuts=st.lists(st.integers(1, 30), min_size=1))
@settings(deadline=None, max_examples=60)
def test_any_splitting_says_the_same(parts: list[bytes], cuts: list[int]) -> None:
    data, decoder, said = b"".join(parts), SunTechDecoder(), []
    start = turn = 0
    while start < len(data):
        end = start + cuts[turn % len(cuts)]
        said += decoder.feed(data[start:end], 0)
        start, turn = end, turn + 1
    assert said + drain(decoder) == decode(data)


@given(data=st.binary(max_size=300), opened=st.booleans())
@settings(deadline=None, max_examples=60)
def test_no_bytes_raise(data: bytes, opened: bool) -> None:
    decoder = SunTechDecoder()
    if opened:
        decoder.opened(0)
    said = decoder.feed(data + K, 0) + decoder.wake(S)
    assert charted(said) == []


@given(place=st.integers(0, len(RECORD_115) * 2 - 1), bits=st.integers(1, 255))
@settings(deadline=None, max_examples=60)
def test_a_damaged_copy_never_shows(place: int, bits: int) -> None:
    harmed = bytearray(RECORD_115 * 2)
    harmed[place] ^= bits
    assert charted(decode(O + bytes(harmed) + O)) in ([], [CHARTED_115])


# -- a conversation


@dataclass
class Module(OtherEnd):
    """A module; its requests are as long as their first byte says."""

    decoder: Decoder = field(default_factory=SunTechDecoder)

    def __post_init__(self) -> None:
        self.answers.setdefault(READ_PRESSURE, [pressure(0)])
        OtherEnd.__post_init__(self)

    def requests(self, data: bytes) -> Iterable[bytes]:
        while data:
            size = 3 if data[1] == 0x20 else 5
            packet, data = data[:size], data[size:]
            yield packet


def measuring() -> Module:
    """A module that has taken a start and holds 120 mmHg."""
    end = Module({START: [O], ABORT: [A], READ_RECORD: [RECORD_115]})
    end.run(1)
    end.ask(CommandKind.NIBP_START)
    end.answers[READ_PRESSURE] = [pressure(120)]
    end.run(2)
    assert replies(end.said) == ["sent", "accepted"]
    return end


def test_an_opened_line_is_asked_for_the_cuff_every_ten_seconds() -> None:
    end = Module()
    end.run(25)
    assert end.sent == [(0, READ_PRESSURE), (10 * S, READ_PRESSURE), (20 * S, READ_PRESSURE)]
    assert end.said == []


def test_a_determination() -> None:
    end = measuring()
    assert states(end.said) == [(StatusCode.MEASURING, True)]
    polls = [at for at, packet in end.sent if packet == READ_PRESSURE and at > S]
    assert {b - a for a, b in itertools.pairwise(polls)} == {250 * MS}
    assert cuff(end.said) == [120] * len(polls)
    end.say(K)
    end.answers[READ_PRESSURE] = [pressure(40), pressure(6), pressure(0)]
    end.run(5)
    assert charted(end.said) == [CHARTED_115]
    assert replies(end.said) == ["sent", "accepted", "done"]
    assert (end.count(START), end.count(READ_RECORD), end.count(ABORT)) == (1, 2, 0)
    assert states(end.said)[-1] == (StatusCode.MEASURING, False)
    assert cuff(end.said)[-3:] == [40, 6, 0]


def test_k_between_a_question_and_its_answer() -> None:
    end = measuring()
    end.decoder.wake(end.decoder.next_deadline() or 0)
    end.decoder.bytes_to_send()
    end.say(K)
    assert end.count(READ_RECORD) == 0
    end.say(pressure(50))
    end.run(1)
    assert (charted(end.said), faults(end.said)) == ([CHARTED_115], [])


def test_k_swallows_the_question_before_it() -> None:
    end = measuring()
    end.answers[READ_PRESSURE] = []
    end.run(0.3)
    end.say(K)
    end.run(1)
    assert charted(end.said) == [CHARTED_115]


def test_a_record_is_read_until_two_copies_are_alike() -> None:
    end = measuring()
    end.answers[READ_RECORD] = [RECORD_115, RECORD_182, B, RECORD_182]
    end.say(K)
    end.run(2)
    assert charted(end.said) == [(182, 104, 130, 96)]
    assert faults(end.said) == [(FaultKind.CHECKSUM, 24)]


def test_a_record_that_is_never_alike() -> None:
    end = measuring()
    end.answers[READ_RECORD] = [RECORD_115, RECORD_182] * 1000
    end.say(K)
    end.run(12)
    assert charted(end.said) == []
    assert replies(end.said)[-1] == "timed_out"
    assert (StatusCode.MEASUREMENT_FAILED, True) in states(end.said)


def test_a_failed_determination() -> None:
    end = measuring()
    end.answers[READ_RECORD] = [RECORD_LEAK]
    end.say(K)
    end.run(2)
    assert charted(end.said) == []
    assert replies(end.said)[-1] == "refused"
    assert (StatusCode.CYCLING_STOPPED, True) in states(end.said)
    end.answers[START] = [O]
    end.ask(CommandKind.NIBP_START, "2")
    assert states(end.said)[-2:] == [(StatusCode.MEASUREMENT_FAILED, False), (StatusCode.CYCLING_STOPPED, False)]


@pytest.mark.parametrize(("packet", "failed"), [(RECORD_LEAK, "87"), (RECORD_115, "0")])
def test_an_error_ends_a_determination_and_charts_nothing(packet: bytes, failed: str) -> None:
    for from_start in (True, False):
        end = Module({START: [E]}) if from_start else measuring()
        end.answers[READ_RECORD] = [packet]
        if from_start:
            end.run(1)
            end.ask(CommandKind.NIBP_START)
        else:
            end.say(E)
        end.run(3)
        assert charted(end.said) == []
        assert replies(end.said)[-1] == "refused"
        assert failed in [one.detail for one in end.said if isinstance(one, DeviceStatus)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [(B, "busy"), (SLEEPS, "asleep"), (D, "not understood"), (N, "does not know"), (T, "time-out"), (A, "stopped")],
)
def test_a_start_that_is_refused_is_not_repeated(answer: bytes, words: str) -> None:
    end = Module({START: [answer]})
    end.run(1)
    end.ask(CommandKind.NIBP_START)
    end.run(30)
    assert replies(end.said) == ["sent", "refused"]
    assert words in texts(end.said)[-1]
    assert end.count(START) == 1


def test_a_start_without_an_answer_shows_in_the_cuff() -> None:
    end = Module({READ_RECORD: [RECORD_115]})
    end.run(1)
    end.ask(CommandKind.NIBP_START)
    end.answers[READ_PRESSURE] = [pressure(0), pressure(0), pressure(90)]
    end.run(3)
    assert replies(end.said) == ["sent", "accepted"]
    end.say(K)
    end.run(1)
    assert charted(end.said) == [CHARTED_115]
    assert end.count(START) == 1


def test_a_late_answer_to_a_start() -> None:
    end = Module()
    end.run(1)
    end.ask(CommandKind.NIBP_START)
    end.run(0.7)
    end.answers[READ_PRESSURE] = []
    end.run(0.4)
    end.say(O)
    assert replies(end.said) == ["sent", "accepted"]


def test_a_start_that_nothing_confirms() -> None:
    end = Module()
    end.run(1)
    end.ask(CommandKind.NIBP_START)
    end.run(1)
    end.say(K)
    end.run(15)
    assert replies(end.said) == ["sent", "timed_out"]
    assert (end.count(START), end.count(READ_RECORD)) == (1, 0)


def test_a_start_waits_for_the_question_under_way() -> None:
    end = Module()
    end.ask(CommandKind.NIBP_START)
    assert replies(end.said) == []
    end.run(0.1)
    assert [packet for _, packet in end.sent] == [READ_PRESSURE, START]
    deaf = Module({READ_PRESSURE: []})
    deaf.ask(CommandKind.NIBP_START)
    deaf.run(0.6)
    assert [packet for _, packet in deaf.sent] == [READ_PRESSURE, START]


def test_one_determination_at_a_time() -> None:
    end = measuring()
    end.ask(CommandKind.NIBP_START, "2")
    assert replies(end.said, "2") == ["refused"]
    end.ask(CommandKind.NIBP_STOP, "3")
    end.ask(CommandKind.NIBP_START, "4")
    assert replies(end.said, "4") == ["refused"]
    assert end.count(START) == 1


def test_a_dead_line_is_noticed_and_nothing_is_started_on_it() -> None:
    end = Module({READ_PRESSURE: []})
    end.run(2)
    assert end.count(READ_PRESSURE) == 3
    assert states(end.said) == [(StatusCode.NOT_ANSWERING, True)]
    assert texts(end.said) == ["NIBP communication lost; check cuff"]
    end.ask(CommandKind.NIBP_START)
    assert replies(end.said) == ["refused"]
    end.answers[READ_PRESSURE] = [pressure(0)]
    end.run(12)
    assert states(end.said)[-1] == (StatusCode.NOT_ANSWERING, False)
    assert end.count(START) == 0


def test_a_line_lost_while_measuring() -> None:
    end = measuring()
    end.answers[READ_PRESSURE] = []
    end.run(3)
    assert (StatusCode.NOT_ANSWERING, True) in states(end.said)
    assert replies(end.said)[-1] == "accepted"
    end.run(15)
    assert replies(end.said)[-1] == "timed_out"
    assert states(end.said)[-1] == (StatusCode.MEASURING, False)
    assert end.count(START) == 1


def test_a_line_that_comes_back_in_time() -> None:
    end = measuring()
    end.answers[READ_PRESSURE] = []
    end.run(4)
    end.say(K)
    end.run(2)
    assert charted(end.said) == [CHARTED_115]


def test_a_record_that_nobody_sends() -> None:
    end = measuring()
    end.answers[READ_RECORD] = []
    end.answers[READ_PRESSURE] = []
    end.say(K)
    end.run(4)
    assert replies(end.said)[-1] == "timed_out"
    assert end.count(READ_RECORD) == 3


def test_a_missed_k_is_made_up_for_when_the_cuff_is_empty() -> None:
    end = measuring()
    end.answers[READ_PRESSURE] = [pressure(0)]
    end.run(90)
    assert charted(end.said) == []
    end.run(15)
    assert charted(end.said) == [CHARTED_115]


def test_a_determination_that_takes_too_long_is_stopped() -> None:
    end = measuring()
    end.run(185)
    assert end.count(ABORT) == 0
    end.run(3.1)
    assert end.count(ABORT) == 1
    end.answers[READ_PRESSURE] = [pressure(60), pressure(30), pressure(4)]
    end.run(10)
    assert end.count(ABORT) == 1
    assert replies(end.said) == ["sent", "accepted", "timed_out"]
    assert (StatusCode.CYCLING_STOPPED, True) in states(end.said)
    assert charted(end.said) == []


def test_a_stop() -> None:
    end = measuring()
    end.answers[READ_PRESSURE] = [pressure(60), pressure(4)]
    end.ask(CommandKind.NIBP_STOP, "2")
    end.run(0.1)
    end.say(K)
    end.run(2)
    assert replies(end.said, "2") == ["sent", "accepted", "done"]
    assert replies(end.said) == ["sent", "accepted", "refused"]
    assert (end.count(ABORT), end.count(READ_RECORD)) == (1, 0)


def test_a_late_k_of_a_stopped_determination_is_not_the_next_ones() -> None:
    end = measuring()
    end.answers[READ_PRESSURE] = [pressure(4)]
    end.ask(CommandKind.NIBP_STOP, "2")
    end.run(1)
    end.ask(CommandKind.NIBP_START, "3")
    end.run(0.1)
    end.say(K)
    end.run(1)
    assert end.count(READ_RECORD) == 0
    assert replies(end.said, "3") == ["sent", "accepted"]


def test_a_stop_of_an_idle_cuff_and_a_second_one() -> None:
    end = Module({ABORT: [A]})
    end.run(1)
    end.ask(CommandKind.NIBP_STOP, "1")
    end.ask(CommandKind.NIBP_STOP, "2")
    end.run(2)
    assert replies(end.said, "1") == ["sent", "refused"]
    assert replies(end.said, "2") == ["sent", "accepted", "done"]


def test_a_stop_overtakes_question_and_start() -> None:
    end = Module({ABORT: [A]})
    end.ask(CommandKind.NIBP_START, "1")
    end.ask(CommandKind.NIBP_STOP, "2")
    end.run(1)
    assert replies(end.said, "1") == ["refused"]
    assert replies(end.said, "2")[-1] == "done"
    assert (end.count(START), faults(end.said)) == (0, [])
    started = Module({ABORT: [A], START: [O]})
    started.run(1)
    started.ask(CommandKind.NIBP_START, "1")
    started.ask(CommandKind.NIBP_STOP, "2")
    started.run(1)
    assert replies(started.said, "1") == ["sent", "refused"]


def test_a_stop_is_repeated_until_it_is_taken() -> None:
    end = measuring()
    end.answers[ABORT] = [B, b"", A]
    end.ask(CommandKind.NIBP_STOP, "2")
    end.answers[READ_PRESSURE] = [pressure(12)]
    end.run(12)
    assert end.count(ABORT) == 3
    assert replies(end.said, "2") == ["sent", "accepted", "done"]


def test_a_stop_that_nobody_takes() -> None:
    end = measuring()
    end.answers[ABORT] = []
    end.ask(CommandKind.NIBP_STOP, "2")
    end.answers[READ_PRESSURE] = []
    end.run(2)
    assert replies(end.said, "2") == ["sent", "timed_out"]
    assert replies(end.said)[-1] == "timed_out"
    assert (StatusCode.NOT_ANSWERING, True) in states(end.said)


def test_a_cuff_that_stays_full_after_a_stop() -> None:
    end = measuring()
    end.answers[READ_PRESSURE] = [pressure(70)]
    end.ask(CommandKind.NIBP_STOP, "2")
    end.run(12)
    assert replies(end.said, "2")[-1] == "timed_out"
    assert {(StatusCode.DEVICE_FAULT, True), (StatusCode.CYCLING_STOPPED, True)} <= set(states(end.said))
    end.answers[READ_PRESSURE] = [pressure(0)]
    end.run(3)
    assert states(end.said)[-1] == (StatusCode.DEVICE_FAULT, False)


def test_a_stop_whose_cuff_is_not_told() -> None:
    end = measuring()
    end.answers[READ_PRESSURE] = [B]
    end.ask(CommandKind.NIBP_STOP, "2")
    end.run(12)
    assert replies(end.said, "2")[-1] == "timed_out"
    assert (StatusCode.DEVICE_FAULT, True) not in states(end.said)


def test_a_cuff_that_is_full_without_a_start() -> None:
    end = Module({READ_PRESSURE: [pressure(80)]})
    end.run(100)
    assert cuff(end.said)[-1] == 80
    assert states(end.said) == []
    end.run(100)
    assert (StatusCode.DEVICE_FAULT, True) in states(end.said)


def test_what_was_not_asked_for_is_dropped() -> None:
    end = Module()
    end.run(1)
    for packet in (RECORD_115, RECORD_115, pressure(40), B, O, module(b"Z"), module(b"Rev. K"), K):
        end.say(packet)
    assert charted(end.said) == []
    assert faults(end.said) == [(FaultKind.SYNC, n) for n in (24, 24, 5, 4, 4, 4, 9)]


def test_an_answer_that_does_not_fit_is_dropped_and_asked_for_again() -> None:
    end = measuring()
    end.answers[READ_PRESSURE] = [pressure(301), A, O, pressure(118)]
    end.run(3)
    assert cuff(end.said)[-1] == 118
    assert {(FaultKind.CHECKSUM, 5), (FaultKind.SYNC, 4)} <= set(faults(end.said))


def test_a_damaged_answer_is_asked_for_again() -> None:
    end = measuring()
    end.answers[READ_RECORD] = [RECORD_115[:-1] + b"\x00", RECORD_115]
    end.say(K)
    end.run(3)
    assert charted(end.said) == [CHARTED_115]


def test_a_line_opened_anew_ends_what_was_under_way() -> None:
    end = measuring()
    end.said += end.decoder.opened(end.at)
    assert replies(end.said)[-1] == "timed_out"
    assert end.decoder.bytes_to_send() == READ_PRESSURE


def test_other_commands_are_not_supported() -> None:
    class Other(StrEnum):
        ZERO = "zero"

    with pytest.raises(CommandNotSupported):
        Module().decoder.command(Command("1", cast(CommandKind, Other.ZERO)), 0)


# -- the simulator


@dataclass
class Patient:
    """An arm whose pressure is as told."""

    result: Determination | None = field(default_factory=lambda: Determination(115, 74, 88, 85))
    determined: list[int] = field(default_factory=list)
    hr: float | None = 85.0
    pulse_rate: float | None = 85.0
    spo2: float | None = 97.0
    rr: float | None = 14.0
    pi: float = 2.0
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
        self.determined.append(at)
        return self.result


def cuffed(patient: Patient | None = None, seed: int = 1) -> SunTechSimulator:
    return SunTechSimulator(patient or Patient(), random.Random(seed), 0)


def answer(simulator: SunTechSimulator, data: bytes, at: int) -> bytes:
    simulator.advance(at)
    simulator.receive(data, at)
    return simulator.advance(at + 60 * MS)


def test_the_simulator_sends_the_worked_packets() -> None:
    simulator = cuffed()
    assert answer(simulator, START, S) == O
    assert answer(simulator, START, 2 * S) == B
    assert answer(simulator, READ_RECORD, 2 * S + 500 * MS) == B
    middle = [answer(simulator, READ_PRESSURE, second * S) for second in range(3, 19)]
    pressures = [packet[2] | packet[3] << 8 for packet in middle]
    assert all(packet == pressure(mmhg) for packet, mmhg in zip(middle, pressures, strict=True))
    assert max(pressures) > 140
    assert pressures == sorted(pressures[: pressures.index(max(pressures)) + 1]) + sorted(
        pressures[pressures.index(max(pressures)) + 1 :], reverse=True
    )
    assert simulator.advance(46 * S) == K
    first = answer(simulator, READ_RECORD, 50 * S)
    assert first == answer(simulator, READ_RECORD, 51 * S)
    assert (first[:6], first[7], first[16:21]) == (RECORD_115[:6], 1, RECORD_115[16:21])
    assert sum(first) % 256 == 0
    assert answer(simulator, READ_PRESSURE, 52 * S) == pressure(0)


def test_one_determination_asks_the_patient_once() -> None:
    patient = Patient()
    simulator = cuffed(patient)
    answer(simulator, START, S)
    simulator.advance(60 * S)
    assert len(patient.determined) == 1
    assert 20 * S <= patient.determined[0] - S <= 46 * S


@pytest.mark.parametrize("fault", list(CODES))
def test_faults_bear_their_codes(fault: str) -> None:
    simulator = cuffed()
    simulator.misbehave(fault, True)
    assert answer(simulator, START, S) == O
    assert answer(simulator, READ_PRESSURE, S + 500 * MS)[1] == 5
    assert K in simulator.advance(190 * S)
    assert answer(simulator, READ_RECORD, 195 * S)[20] == CODES[fault]
    simulator.misbehave(fault, False)
    assert answer(simulator, START, 200 * S) == O
    simulator.advance(250 * S)
    assert answer(simulator, READ_RECORD, 251 * S)[20] == 0


def test_the_worked_failures() -> None:
    simulator = cuffed()
    simulator.misbehave("cuff_leak", True)
    answer(simulator, START, S)
    assert answer(simulator, READ_PRESSURE, 10 * S) == pressure(40)
    simulator.advance(30 * S)
    assert answer(simulator, READ_RECORD, 30 * S) == RECORD_LEAK
    simulator.misbehave("cuff_leak", False)
    simulator.misbehave("overpressure", True)
    answer(simulator, START, 40 * S)
    simulator.advance(60 * S)
    assert answer(simulator, READ_RECORD, 60 * S) == RECORD_OVERPRESSURE


def test_a_patient_that_cannot_be_measured() -> None:
    simulator = cuffed(Patient(result=None))
    answer(simulator, START, S)
    simulator.advance(60 * S)
    assert answer(simulator, READ_RECORD, 60 * S)[20] in (3, 87)


def test_an_abort_says_a_then_k_and_empties_the_cuff() -> None:
    simulator = cuffed()
    assert answer(simulator, ABORT, S) == A
    answer(simulator, START, 2 * S)
    simulator.advance(8 * S)
    assert answer(simulator, ABORT, 8 * S) == A + K
    assert answer(simulator, START, 8 * S + 100 * MS) == B
    assert simulator.cuff_mmhg(12 * S) < 5
    assert answer(simulator, READ_RECORD, 12 * S)[20] == 86
    simulator.misbehave("stuck_valve", True)
    answer(simulator, START, 20 * S)
    answer(simulator, ABORT, 24 * S)
    assert simulator.cuff_mmhg(40 * S) > 100


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x00\x01\x02", D),
        (b"\x3a\x20\xa7", D + D),
        (bytes.fromhex("3A 55 71"), N),
        (bytes.fromhex("3A 79 09 00 44"), N),
        (bytes.fromhex("3A 17 A0 00 0F"), K),
        (bytes.fromhex("3A 8A 3C"), K),
        (bytes.fromhex("3A 87 3F"), O),
        (bytes.fromhex("3A 28 9E"), O),
        (bytes.fromhex("3A 79"), b""),
        (bytes.fromhex("3A 79 05 00"), b""),
    ],
)
def test_what_it_answers(data: bytes, expected: bytes) -> None:
    assert answer(cuffed(), data, S) == expected


def test_it_can_be_told_to_misbehave() -> None:
    simulator = cuffed()
    simulator.misbehave("asleep", True)
    assert answer(simulator, START, S) == SLEEPS
    simulator.misbehave("lost_done", True)
    simulator.misbehave("zero_record", True)
    assert answer(simulator, START, 2 * S) == O
    assert simulator.advance(60 * S) == b""
    assert answer(simulator, READ_RECORD, 60 * S) == module(bytes(21))
    with pytest.raises(ValueError, match="no fault 'finger_off'"):
        simulator.misbehave("finger_off", True)


def test_the_end_is_not_missed_by_a_question() -> None:
    simulator = cuffed()
    answer(simulator, START, S)
    simulator.receive(READ_RECORD, 60 * S)
    said = simulator.advance(61 * S)
    assert said[:4] == K
    assert len(said) == 28


def test_driver_and_simulator_over_a_wire() -> None:
    patient = Patient()
    simulator, decoder = cuffed(patient), SunTechDecoder()
    said = decoder.opened(0)
    for step in range(70 * 50):
        at = step * 20 * MS
        if step == 100:
            said += decoder.command(Command("1", CommandKind.NIBP_START), at)
        deadline = decoder.next_deadline()
        if deadline is not None and deadline <= at:
            said += decoder.wake(at)
        simulator.receive(decoder.bytes_to_send(), at)
        said += decoder.feed(simulator.advance(at), at)
    assert charted(said) == [CHARTED_115]
    assert replies(said) == [CommandOutcome.SENT, CommandOutcome.ACCEPTED, CommandOutcome.DONE]
    assert faults(said) == []
    assert max(value for value in cuff(said) if value is not None) > 140


def test_driver_and_simulator_bear_one_name() -> None:
    assert SIMULATOR.name == DRIVER.name
    assert str(DRIVER.line) == "9600 8N1"
    assert Parameter.CUFF_PRESSURE in DRIVER.parameters
