"""Format 13: a spot check is charted once, with its own time, and nothing of it is ever live."""

import pytest

from drivers.base.observations import DeviceStatus, Observation, Reading
from drivers.base.vocabulary import FaultKind, StatusCode
from drivers.nonin import NoninDecoder
from tests.drivers.nonin_bytes import SNSA, S, decode, faults, packet, shown, states, stream

GOOD = bytes.fromhex("00 02 00 0D 00 0E 20 26 11 21 09 30 15 00 02 00 00 8E 00 61 B7 03")
NO_MEASUREMENT = bytes.fromhex("00 02 00 0D 00 0E 20 26 11 21 09 31 00 00 01 01 01 FF 00 7F 33 03")


def message(
    time: str = "20 26 11 21 09 30 15 00", high: int = 2, low: int = 0, pr: int = 142, spo2: int = 97, more: bytes = b""
) -> bytes:
    data = bytes.fromhex(time) + bytes((high, low, pr >> 8, pr & 0xFF, 0, spo2)) + more
    return bytes((0, 2, 0, 13, 0, len(data))) + data + bytes((sum(data) % 256, 3))


def readings(said: list[Observation]) -> list[Reading]:
    return [one for one in said if isinstance(one, Reading)]


def words(said: list[Observation]) -> tuple[str, ...]:
    return tuple(str(word) for word in readings(said)[-1].numerics[0].quality)


def test_the_sheets_measurement() -> None:
    decoder = NoninDecoder()
    said = decoder.feed(GOOD, 5 * S)
    (reading,) = readings(said)
    assert [(n.parameter.value, n.value, n.quality) for n in reading.numerics] == [("spo2", 97, ()), ("pr", 142, ())]
    assert (reading.at, reading.spot, reading.device_time) == (5 * S, True, "2026-11-21T09:30:15")
    assert [(one.code, one.detail) for one in said if isinstance(one, DeviceStatus)] == [(StatusCode.FORMAT, "13")]
    assert decoder.next_deadline() is None


def test_the_sheets_message_without_a_measurement() -> None:
    said = decode(NO_MEASUREMENT)
    assert shown(said) == [(None, None)]
    assert words(said) == ("searching",)
    assert (StatusCode.LOW_BATTERY, True) in states(said)


def test_status_beats_number() -> None:
    assert shown(decode(message(high=3))) == [(None, None)]


@pytest.mark.parametrize(
    ("high", "low", "expected"),
    [
        (2, 0x00, ()),
        (0, 0x00, ("questionable",)),
        (2, 0x10, ("held",)),
        (0, 0x10, ("held", "questionable")),
        (0xFE, 0xEE, ()),
    ],
)
def test_what_its_flags_say(high: int, low: int, expected: tuple[str, ...]) -> None:
    """From memory: somebody's, some day. Not of the highest quality: doubtful. Reserved bits say nothing."""
    said = decode(message(high=high, low=low))
    assert shown(said) == [(97, 142)]
    assert words(said) == expected


def test_a_rate_has_nine_bits_and_missing_is_missing() -> None:
    assert shown(decode(message(pr=300))) == [(97, 300)]
    assert shown(decode(message(pr=511))) == [(97, None)]
    assert shown(decode(message(spo2=127))) == [(None, 142)]
    assert shown(decode(message(spo2=101, pr=17))) == [(None, None)]


def test_a_measurement_is_charted_once_however_often_it_is_sent() -> None:
    again = message(low=0x10)
    other = message(time="20 26 11 21 09 32 00 00", pr=80, spo2=95)
    assert shown(decode(GOOD + GOOD + again + other + other)) == [(97, 142), (95, 80)]


def test_a_lost_clock_is_no_time_and_hides_nothing() -> None:
    lost = message(time="20 00 00 00 00 00 00 00")
    said = decode(lost + lost)
    assert shown(said) == [(97, 142)] * 2
    assert [one.device_time for one in readings(said)] == [None, None]


def test_a_longer_message_is_obeyed() -> None:
    assert shown(decode(message(more=b"\x01\x02\x03") + GOOD[:-1] + b"\x03")) == [(97, 142)]
    assert faults(decode(message(more=bytes(range(50))))) == []


@pytest.mark.parametrize(
    "harmed",
    [
        message(more=bytes(51)),  # longer than is held
        message()[:5] + b"\x0d" + message()[6:],
        message(time="21 26 11 21 09 30 15 00"),
        message(time="20 2A 11 21 09 30 15 00"),
        GOOD[:-1] + b"\x02",
        GOOD[:-2] + b"\xb8\x03",
        b"\x01" + GOOD[1:],
        GOOD[:-1],
    ],
)
def test_what_is_not_whole_shows_nothing_and_costs_nothing_after_it(harmed: bytes) -> None:
    assert shown(decode(harmed)) == []
    assert sum(count for _, count in faults(decode(harmed))) == len(harmed)
    other = message(time="20 26 11 21 09 32 00 00", pr=80, spo2=95)
    said = decode(harmed + other + other)
    assert shown(said) == [(95, 80)]


def test_no_flipped_bit_passes() -> None:
    """Bits that mean nothing aside, which the sum covers all the same."""
    for place in range(len(GOOD)):
        for bit in range(8):
            harmed = bytearray(GOOD)
            harmed[place] ^= 1 << bit
            assert shown(decode(bytes(harmed))) == []


def test_byte_by_byte_and_cut_by_silence() -> None:
    decoder = NoninDecoder()
    said = [one for place in range(22) for one in decoder.feed(GOOD[place : place + 1], place * 1000)]
    assert shown(said) == [(97, 142)]
    decoder.feed(GOOD[:9], S)
    assert faults(decoder.wake(S + 500_000)) == [(FaultKind.SHORT, 9)]


def test_what_a_live_format_said_of_the_sensor_ends_with_a_spot_check() -> None:
    off = packet(127, 511, SNSA)
    said = decode(stream(off, off) + GOOD)
    assert shown(said)[-1] == (97, 142)
    assert states(said)[-2:] == [(StatusCode.FORMAT, True), (StatusCode.SENSOR_OFF, False)]
    live = decode(GOOD + stream(packet(96, 74), packet(96, 74)))
    assert [one.spot for one in readings(live)] == [True, False]
    assert [one.detail for one in live if isinstance(one, DeviceStatus)] == ["13", "2"]
