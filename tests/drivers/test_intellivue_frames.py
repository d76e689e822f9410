"""The IntelliVue frame layer: worked examples of the check sum, chunking, and everything that can befall a frame."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers._intellivue_frames import LONGEST, Damage, FrameReader, check_sum, frame
from drivers._intellivue_frames import messages as unframed
from drivers.base.vocabulary import FaultKind
from simulators._intellivue_encoding import Deframer, fcs, framed
from tests.drivers import intellivue_messages as messages

NAMES = tuple(messages.WIRE_SIZES_AND_FCS)


def of_size(size: int) -> bytes:
    """A good frame of some bytes on the line."""
    return frame(b"\xe1" * (size - 8))


@pytest.mark.parametrize(("body", "sent"), [("3a71", "9b26"), ("3a91", "95c1")])
def test_the_check_sum_of_the_worked_examples(body: str, sent: str) -> None:
    assert check_sum(bytes.fromhex(body)).hex() == sent
    assert fcs(bytes.fromhex(body)).to_bytes(2, "little").hex() == sent


def test_whole_frames_give_up_their_messages_and_half_ones_nothing() -> None:
    both = frame(messages.ASSOCIATION_REQUEST) + frame(messages.PLETH_PLAIN)
    assert unframed(both) == [messages.ASSOCIATION_REQUEST, messages.PLETH_PLAIN]
    assert unframed(b"x" + both[:-1]) == [messages.ASSOCIATION_REQUEST]


@given(st.binary(max_size=300))
def test_data_with_its_check_sum_leave_the_residue(data: bytes) -> None:
    assert check_sum(data + check_sum(data)) == (0xF0B8 ^ 0xFFFF).to_bytes(2, "little")
    assert fcs(data).to_bytes(2, "little") == check_sum(data)


@pytest.mark.parametrize("name", NAMES)
def test_worked_messages_on_the_line(name: str) -> None:
    message = getattr(messages, name)
    size, sent = messages.WIRE_SIZES_AND_FCS[name]
    assert len(frame(message)) == size
    assert check_sum(b"\x11\x01" + len(message).to_bytes(2, "big") + message).hex() == sent
    assert framed(message) == frame(message)
    assert FrameReader().feed(frame(message)) == [message]
    assert Deframer().feed(frame(message)) == [message]


def test_the_check_sum_is_escaped_too() -> None:
    assert frame(messages.PLETH_PLAIN).endswith(b"\x7d\x5d\xc1")


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_message_in_any_chunks_comes_out_whole(message: bytes, size: int) -> None:
    reader, line = FrameReader(), frame(message) * 2
    found = [one for at in range(0, len(line), size) for one in reader.feed(line[at : at + size])]
    assert found == [message, message]
    assert not reader.unfinished


def test_no_flipped_bit_passes() -> None:
    good = frame(messages.LINKED_LAST)
    for place in range(len(good)):
        for bit in range(8):
            harmed = bytearray(good)
            harmed[place] ^= 1 << bit
            found = FrameReader().feed(bytes(harmed) + frame(b"next"))
            assert [one for one in found if isinstance(one, bytes)] in ([b"next"], []), (place, bit)


def test_garbage_before_between_and_after_is_counted() -> None:
    reader = FrameReader()
    line = b"abc" + frame(b"one") + b"\xc1defg" + frame(b"two") + b"hi"
    assert reader.feed(line) == [Damage(FaultKind.SYNC, 3), b"one", Damage(FaultKind.SYNC, 5), b"two"]
    assert reader.unfinished
    assert reader.give_up() == [Damage(FaultKind.SYNC, 2)]
    assert not reader.unfinished


def test_much_garbage_is_told_in_time_however_it_is_cut() -> None:
    junk = bytes(600)
    whole, single = FrameReader(), FrameReader()
    told = whole.feed(junk)
    assert told == [Damage(FaultKind.SYNC, 256), Damage(FaultKind.SYNC, 256)]
    assert [one for byte in junk for one in single.feed(bytes((byte,)))] == told


@pytest.mark.parametrize(
    ("line", "damage"),
    [
        (frame(b"cut off")[:-4] + frame(b"next"), Damage(FaultKind.SHORT, 11)),
        (b"\xc0\x11\x01\x00\x7d\xc1" + frame(b"next"), Damage(FaultKind.SHORT, 6)),
        (b"\xc0\x11\x01\x7d\x41\xc1" + frame(b"next"), Damage(FaultKind.CHECKSUM, 6)),
        (b"\xc0\xc1" + frame(b"next"), Damage(FaultKind.CHECKSUM, 2)),
        (bytes.fromhex("c03a719b26c1") + frame(b"next"), Damage(FaultKind.SYNC, 6)),
        (
            b"\xc0\x11\x01\x00\x02a" + check_sum(b"\x11\x01\x00\x02a") + b"\xc1" + frame(b"next"),
            Damage(FaultKind.SYNC, 9),
        ),
    ],
    ids=["a new frame begins", "aborted", "bad escape", "empty", "other protocol", "length does not fit"],
)
def test_what_is_not_a_frame_is_dropped_and_told(line: bytes, damage: Damage) -> None:
    assert FrameReader().feed(line) == [damage, b"next"]


def test_a_frame_that_never_ends_is_given_up() -> None:
    reader = FrameReader()
    assert reader.feed(b"\xc0" + bytes(LONGEST)) == []
    assert reader.feed(b"\0") == [Damage(FaultKind.OVERRUN, LONGEST + 1)]
    assert reader.feed(frame(b"next")) == [Damage(FaultKind.SYNC, 1), b"next"]


def test_an_unfinished_frame_is_told_when_the_line_falls_silent() -> None:
    reader = FrameReader()
    reader.feed(frame(b"half")[:5])
    assert reader.give_up() == [Damage(FaultKind.SHORT, 5)]
    assert reader.feed(frame(b"next")) == [b"next"]


def test_the_simulator_hears_nothing_in_noise() -> None:
    noise, deframer = random.Random(1).randbytes(20_000), Deframer()
    assert deframer.feed(noise + bytes(5000)) == []
    assert deframer.feed(b"\xc0" + bytes(5000)) == []
    assert deframer.feed(b"\xc0ab\x7d\xc1" + framed(b"good")) == [b"good"]
