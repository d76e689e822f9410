"""What every driver of text lines stands on: cutting, counting, and the agreement of neighbouring lines."""

import re

import pytest

from drivers.base.lines import Agreement, LineDecoder, Word, Words
from drivers.base.observations import DeviceAlarm, DeviceStatus, Instant, LinkFault, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import Parameter, Priority, Quality, StatusCode

S = 1_000_000
SPO2, PR = Parameter.SPO2, Parameter.PR


class Talker(LineDecoder):
    """Lines "#n"; each good one is a reading."""

    longest = 20
    begins = re.compile(rb"#")
    stranger = "no talker"
    affects = (SPO2,)

    def line(self, text: bytes, at: Instant) -> list[Observation] | None:
        if re.fullmatch(rb"#\d+", text) is None:
            return None
        return [*self.recognised(at, "a talker again"), Reading(at, (Numeric(SPO2, int(text[1:])),))]


def told(said: list[Observation]) -> list[object]:
    """Readings as their number, faults as (kind, count), states as (code, on)."""
    short: list[object] = []
    for one in said:
        if isinstance(one, Reading):
            short.append(one.numerics[0].value)
        elif isinstance(one, LinkFault):
            short.append((one.kind.value, one.discarded))
        elif isinstance(one, DeviceStatus):
            short.append((one.code.value, one.on))
    return short


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"#1\r\n#2\n#3\r\r\n", [1, 2, 3]),
        (b"#1\r\n\r\n \r\n#2\r\n", [1, 2]),
        (b"1\r\n#2\r\n", [("sync", 3), 2]),
        (b"\xff\x00x#1\r\n", [("sync", 3), 1]),
        (b"#9x#1\r\n", [("sync", 3), 1]),
        (b"#9#x\r\n#1\r\n", [("sync", 6), 1]),
        (b"x" * 30 + b"#1\r\n", [("overrun", 30), 1]),
        (b"x" * 30 + b"\n#1\n", [("overrun", 31), 1]),
    ],
)
def test_lines_are_cut_and_damage_is_counted(data: bytes, expected: list[object]) -> None:
    assert told(Talker().feed(data, 0)) == expected
    talker = Talker()
    pieces = [one for place in range(len(data)) for one in talker.feed(data[place : place + 1], 0)]
    assert told(pieces) == expected


def test_a_line_cut_short_is_given_up_after_a_silence() -> None:
    talker = Talker()
    assert talker.feed(b"#1\n#1", 0) != []
    assert (talker.next_deadline(), talker.wake(S // 4)) == (8 * S // 10, [])
    assert told(talker.wake(8 * S // 10)) == [("short", 2)]
    assert (talker.next_deadline(), talker.wake(S)) == (None, [])
    assert told(talker.feed(b"2\n", S)) == [("sync", 2)]


def test_what_was_thrown_away_is_told_when_nothing_follows() -> None:
    talker = Talker()
    talker.feed(b"x" * 20, 0)
    assert talker.feed(b"", S // 4) == []
    assert told(talker.wake(8 * S // 10)) == [("short", 20)]


def test_an_overrun_just_before_an_empty_line_is_told_in_time() -> None:
    talker = Talker()
    assert talker.feed(b" " * 30 + b"\n", 0) == []
    assert told(talker.wake(8 * S // 10)) == [("overrun", 11)]


def test_opening_anew_forgets_what_was_held() -> None:
    talker = Talker()
    talker.feed(b"#1", 0)
    assert talker.opened(S) == []
    assert told(talker.feed(b"2\n#3\n", S)) == [("sync", 2), 3]


def test_many_bytes_without_a_line_are_another_device() -> None:
    talker = Talker()
    said = talker.feed(b"hello\r\n\r\n" * 30, 0)
    assert told(said)[-1] == ("sync", 7)
    assert ("not_this_device", True) in told(said)
    assert told(talker.feed(b"#5\n#6\n", S)) == [("not_this_device", False), 5, 6]
    assert told(Talker().feed(b"x" * 500, 0))[0] == ("overrun", 480)


# -- agreement


def said_of(numbers: list[int | None], gap_s: float = 1.0) -> list[tuple[float, int | float | None]]:
    """(second, SpO2) of what is said of lines a second apart that bear these numbers."""
    agreement, said = Agreement(3 * S), []
    for second, number in enumerate(numbers):
        missing = () if number is not None else (Quality.SENSOR_OFF,)
        said += agreement.readings(Reading(int(second * gap_s * S), (Numeric(SPO2, number, missing),)))
    return [(one.at / S, one.numerics[0].value) for one in said if isinstance(one, Reading)]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([98], []),
        ([98, 98], [(1, 98)]),
        ([98, 97, 98], [(2, 98)]),
        ([97, 98, 99, 97, 98, 99], [(1, 98), (2, 99), (3, 97), (4, 98), (5, 99)]),
        ([98, 97, 97, 98], [(2, 97), (3, 98)]),
        ([98, 97, 97, 97, 98], [(2, 97), (3, 97)]),
        ([98, 97, 96, 95, 95], [(1, 97), (2, 96), (4, 95)]),
        ([88, 90, 93, 93], [(1, 90), (3, 93)]),
        ([98, 98, 18, 98], [(1, 98), (3, 98)]),
        ([98, 98, 99, 97], [(1, 98)]),
        ([98, 90], []),
        ([98, None, 98, 98], [(1, None), (3, 98)]),
        ([98, 97, None, 96], [(2, None)]),
        ([None], [(0, None)]),
    ],
)
def test_a_number_needs_a_neighbour_that_bears_it_out(
    numbers: list[int | None], expected: list[tuple[float, int | float | None]]
) -> None:
    assert said_of(numbers) == expected


@pytest.mark.parametrize(
    ("numbers", "never"),
    [
        ([70, 75, 71, 76, 72, 77, 73, 78, 74, 79, 75, 79], {0, 1}),
        ([360, 352, 361, 355, 363, 349, 358, 351, 364, 357, 349], {0, 1}),
        ([98, 98, 97, 99, 96, 94, 97, 93, 95, 92, 96, 93, 93], {2, 3, 5}),
        ([70, 72, 71, 74, 73, 32, 75, 78, 76, 77, 79, 79], {0, 1, 5}),
        ([70, 70, 70, 70, 30, 71, 70, 69, 70, 50, 70], {4, 5, 9}),
    ],
)
def test_a_number_that_changes_with_every_line_is_shown_and_a_lone_outlier_is_not(
    numbers: list[int | None], never: set[int]
) -> None:
    shown = dict(said_of(numbers))
    last = len(numbers) - 1
    unsaid = {second for second in range(last) if second not in shown and numbers[second] != numbers[second + 1]}
    assert unsaid == never
    assert all(shown[second] == numbers[int(second)] for second in shown)


def test_nothing_counts_on_across_a_silence() -> None:
    assert said_of([98, 98], gap_s=3.1) == []
    agreement = Agreement(3 * S)
    agreement.readings(Reading(0, (Numeric(SPO2, 98),)))
    agreement.forget()
    assert agreement.readings(Reading(S, (Numeric(SPO2, 98),))) == []


def test_each_number_is_weighed_for_itself_and_keeps_its_marks_and_time() -> None:
    agreement, doubt = Agreement(3 * S), (Quality.QUESTIONABLE,)
    said = []
    for second, (spo2, pr) in enumerate([(98, 70), (98, 75), (98, 80)]):
        numerics = (Numeric(SPO2, spo2), Numeric(PR, pr, doubt if second == 1 else ()))
        said += agreement.readings(Reading(second * S, numerics, device_time=f"t{second}"))
    assert said == [
        Reading(S, (Numeric(SPO2, 98),), device_time="t1"),
        Reading(S, (Numeric(PR, 75, doubt),), device_time="t1"),
        Reading(2 * S, (Numeric(SPO2, 98),), device_time="t2"),
    ]


# -- status words

MEANING = {
    "off": Word("sensor off", StatusCode.SENSOR_OFF, missing=Quality.SENSOR_OFF),
    "moved": Word("moved", StatusCode.ARTEFACT, doubts=(Quality.QUESTIONABLE, Quality.ARTEFACT)),
    "light": Word("light", StatusCode.ARTEFACT, doubts=(Quality.QUESTIONABLE,)),
    "low": Word("low", alarm=Priority.MEDIUM, physiological=True),
}


def words() -> Words:
    return Words(Statuses(), MEANING.__getitem__, (SPO2,))


def test_a_word_counts_when_two_lines_say_it_and_until_two_do_not() -> None:
    these, off, none = words(), frozenset(["off"]), frozenset[str]()
    heard = [these.take(second, now) for second, now in enumerate([off, none, off, off, none, off, none, none])]
    assert [bool(said) for said in heard] == [False, False, False, True, False, False, False, True]
    assert heard[3] == [DeviceStatus(3, StatusCode.SENSOR_OFF, True, "sensor off", (SPO2,))]
    assert heard[7] == [DeviceStatus(7, StatusCode.SENSOR_OFF, False, "sensor off")]


def test_two_words_of_one_state_stand_side_by_side() -> None:
    these = words()
    said = [
        one
        for now in (["moved", "light"], ["moved", "light"], ["light"], ["light"])
        for one in these.take(0, frozenset(now))
    ]
    assert [one.text for one in said if isinstance(one, DeviceStatus)] == ["light; moved", "light"]


def test_an_alarm_begins_and_ends() -> None:
    these, low, none = words(), frozenset(["low"]), frozenset[str]()
    said = [one for second, now in enumerate([low, low, none, none]) for one in these.take(second, now)]
    assert said == [
        DeviceAlarm(1, "low", True, Priority.MEDIUM, True, "low"),
        DeviceAlarm(3, "low", False, Priority.MEDIUM, True, "low"),
    ]


def test_what_words_make_of_numbers() -> None:
    these, now = words(), frozenset(["low", "moved"])
    assert these.missing(now) is None
    assert these.missing(frozenset(["off", "low"])) is Quality.SENSOR_OFF
    assert these.doubts(now) == (Quality.QUESTIONABLE, Quality.ARTEFACT)
    these.take(0, now)
    these.take(1, now)
    assert these.doubts(frozenset()) == (Quality.QUESTIONABLE, Quality.ARTEFACT)
    assert (these.says(StatusCode.ARTEFACT, now), these.says(StatusCode.SENSOR_OFF, now)) == (True, False)
