"""Formats 8 and 1, a frame a second without a checksum."""

import pytest

from drivers.base.observations import DeviceStatus, LinkFault
from drivers.base.vocabulary import FaultKind, StatusCode
from drivers.nonin import NoninDecoder
from tests.drivers.nonin_bytes import S, decode, faults, shown, states, words


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


# Format 1


def test_worked_frames_of_format_1() -> None:
    said = decode(bytes.fromhex("80 4A 60") * 12)
    assert (set(shown(said)), faults(said)) == ({(96, 74)}, [])
    assert words(said) == ("questionable",)
    assert [one.detail for one in said if isinstance(one, DeviceStatus)] == ["1"]
    off = decode(bytes.fromhex("C3 7F 7F") * 12)
    assert set(shown(off)) == {(None, None)}
    assert words(off) == ("no_sensor",)
    assert (StatusCode.NO_SENSOR, True) in states(off)


@pytest.mark.parametrize(
    ("frame", "expected", "word"),
    [
        ("91 0E 5D", (93, 142), ("low_perfusion", "questionable")),
        ("84 4A 60", (96, 74), ("artefact", "questionable")),
        ("A0 4A 60", (None, None), ("out_of_track",)),
        ("C0 4A 60", (None, None), ("no_sensor",)),
        ("83 7F 7F", (None, None), ("searching",)),
    ],
)
def test_states_of_format_1(frame: str, expected: tuple[int | None, ...], word: tuple[str, ...]) -> None:
    said = decode(bytes.fromhex(frame) * 12)
    assert set(shown(said)) == {expected}
    assert words(said) == word


def test_format_1_live_is_known_by_its_silences() -> None:
    decoder, said = NoninDecoder(), []
    for second in range(5):
        said += decoder.feed(bytes.fromhex("80 4A 60"), second * S)
        if (deadline := decoder.next_deadline()) is not None:
            said += decoder.wake(deadline)
    assert shown(said) == [(96, 74)] * 4
    assert states(said) == [(StatusCode.FORMAT, True)]


def test_two_bursts_of_format_1_are_not_enough_and_remnants_need_four() -> None:
    assert shown(decode(bytes.fromhex("804A60") * 2)) == []
    assert shown(decode(bytes.fromhex("804A60") * 3)) == [(96, 74)] * 2
    assert shown(decode(b"\x00" + bytes.fromhex("804A60") * 3)) == []
    assert shown(decode(b"\x00" + bytes.fromhex("804A60") * 4)) == [(96, 74)] * 3


def test_format_8_and_format_1_are_told_apart_when_one_becomes_the_other() -> None:
    one, eight = bytes.fromhex("804A60"), bytes.fromhex("80505F00")
    said = decode(one * 12 + eight * 9 + one * 12)
    assert [one.detail for one in said if isinstance(one, DeviceStatus)] == ["1", "8", "1"]
    assert {(96, 74), (95, 80)} <= set(shown(said)) <= {(96, 74), (95, 80), (95,)}


def test_a_frame_of_format_1_cut_short_costs_the_step() -> None:
    good = bytes.fromhex("804A60")
    said = decode(good * 12 + good[:2] + good * 12)
    assert set(shown(said)) == {(96, 74)}
    assert faults(said) == [(FaultKind.SYNC, 2)]
