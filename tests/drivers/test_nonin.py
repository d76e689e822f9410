"""The Nonin driver whatever the format: other devices' bytes, any splitting, garbage, damage."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base.observations import Observation, WaveformChunk
from drivers.base.vocabulary import FaultKind, Parameter, StatusCode
from drivers.nonin import NoninDecoder
from tests.drivers.nonin_bytes import decode, faults, numbers, packet, recording, shown, states, stream, waves


def test_the_text_lines_of_a_tabletop_are_not_taken_for_these() -> None:
    data = b"SPO2=097 HR=074\r\n" * 20
    said = decode(data)
    assert shown(said) == []
    assert sum(count for _, count in faults(said)) == len(data)
    assert (StatusCode.NOT_THIS_DEVICE, True) in states(said)


def test_bytes_of_another_device_are_told_until_ours_come() -> None:
    one = packet(96, 74)
    said = decode(b"x" * 450 + stream(one, one))
    assert faults(said) == [(FaultKind.SYNC, 200), (FaultKind.SYNC, 200), (FaultKind.SYNC, 50)]
    assert states(said)[:2] == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_THIS_DEVICE, False)]


@pytest.fixture(scope="module", params=[1, 2, 7, 8])
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
