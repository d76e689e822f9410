"""The line between device and host: paced by baud, in an adapter's pieces, and harmed when told to."""

import random

from drivers.base.decoder import Line
from simulators.base.line import ADAPTER_PIECE, PacedLine

START = 1_000_000_000
MS = 1_000


def line(baud: int = 9600) -> PacedLine:
    return PacedLine(Line(baud), random.Random(4), START)


def drained(paced: PacedLine, until_ms: int, step_ms: int = 1) -> list[tuple[int, bytes]]:
    return [(ms, piece) for ms in range(0, until_ms, step_ms) for piece in paced.due(START + ms * MS)]


def test_a_frame_goes_out_whole_and_at_once() -> None:
    paced = line()
    paced.push(b"12345")
    assert paced.due(START) == [b"12345"]
    assert paced.next_due is None


def test_a_long_message_takes_the_time_its_baud_gives() -> None:
    paced = line()
    message = bytes(range(250)) * 2
    paced.push(message)
    passed = drained(paced, 1000)
    assert b"".join(piece for _, piece in passed) == message
    assert all(len(piece) <= ADAPTER_PIECE for _, piece in passed)
    times = [ms for ms, _ in passed]
    assert times[0] == 0
    assert abs(times[-1] - (500 - 500 % ADAPTER_PIECE) / 0.96) <= 2


def test_the_next_piece_has_its_time() -> None:
    paced = line()
    paced.push(bytes(100))
    assert len(paced.due(START)) == 1
    due = paced.next_due
    assert due is not None
    assert paced.due(due - 2) == []
    assert paced.due(due) == [bytes(100 - ADAPTER_PIECE)]


def test_a_late_look_gets_what_has_passed_meanwhile() -> None:
    paced = line()
    paced.due(START)
    paced.push(bytes(400))
    assert sum(map(len, paced.due(START + 200 * MS))) <= 200 * 0.96 + ADAPTER_PIECE
    assert sum(map(len, paced.due(START + 1000 * MS))) >= 100


def test_a_device_faster_than_its_line_loses_bytes_and_no_memory() -> None:
    paced = line()
    for _ in range(300):
        paced.push(bytes(1024))
    assert paced.lost == 300 * 1024 - (1 << 16)


def test_silence() -> None:
    paced = line()
    paced.fault("silence", True)
    paced.push(b"lost")
    paced.fault("silence", False)
    paced.push(b"heard")
    assert [piece for _, piece in drained(paced, 100)] == [b"heard"]


def test_dropped_and_flipped_bytes() -> None:
    paced = line(115200)
    paced.fault("drop", True, 0.1)
    paced.push(bytes(10_000))
    kept = b"".join(piece for _, piece in drained(paced, 2000))
    assert 8_600 < len(kept) < 9_400
    assert set(kept) == {0}
    paced = line(115200)
    paced.fault("flip", True, 0.1)
    paced.push(bytes(10_000))
    kept = b"".join(piece for _, piece in drained(paced, 2000))
    assert len(kept) == 10_000
    turned = [byte for byte in kept if byte]
    assert 700 < len(turned) < 1300
    assert all(byte.bit_count() == 1 for byte in turned)


def test_garbage_comes_on_a_quiet_line_too() -> None:
    paced = line()
    paced.fault("garbage", True)
    made = b"".join(piece for _, piece in drained(paced, 5000))
    assert 15 < len(made) < 600
    paced.fault("garbage", False)
    assert b"".join(piece for _, piece in drained(paced, 5000)) == b""


def test_single_bytes_when_told_to() -> None:
    paced = line()
    paced.fault("split", True)
    paced.push(b"12345")
    passed = drained(paced, 20)
    assert [piece for _, piece in passed] == [b"1", b"2", b"3", b"4", b"5"]
    assert passed[-1][0] - passed[0][0] >= 4
