"""What is asked of an S/5 monitor and when: the bytes are the sheet's, the answers made by hand."""

from drivers.base.observations import DeviceAlarm, DeviceStatus, Instant, Observation, Reading
from drivers.base.vocabulary import StatusCode
from drivers.datex_dri import DatexDecoder
from tests.drivers.datex_records import (
    CANCEL,
    ENTER_DIFFERENTIAL,
    START_ECG1,
    STOP,
    TIME_S,
    VALUES_5_S_BASIC,
    class_part,
    curves,
    framed,
    record,
    values,
)
from tests.drivers.test_datex_dri import AT, S, alarm_part, alarms, play, shown, states


def request(like: bytes, changes: dict[int, int]) -> bytes:
    """A request of the sheet with some bytes of its record changed."""
    changed = bytearray(like[1:-2])
    for place, byte in changes.items():
        changed[place] = byte
    return framed(bytes(changed))


ALL_EACH_5_S = request(VALUES_5_S_BASIC, {43: 0x0E})
EXT1_EACH_SECOND = request(VALUES_5_S_BASIC, {41: 1, 43: 0x02})
FOUR_CURVES = request(START_ECG1, {44: 1, 45: 8, 46: 15, 47: 9, 48: 0xFF})
ALARMS_ONCE = request(ENTER_DIFFERENTIAL, {40: 0})
NO_ALARMS = request(ENTER_DIFFERENTIAL, {40: 3})
BEGIN = STOP + CANCEL + ALL_EACH_5_S + FOUR_CURVES
AGAIN = ALL_EACH_5_S + FOUR_CURVES


class Talk:
    """A decoder that was opened, and what it asks."""

    def __init__(self) -> None:
        self.decoder = DatexDecoder()
        self.at: Instant = AT
        self.said: list[Observation] = self.decoder.opened(AT)
        self.thrown = b""

    @property
    def asked(self) -> bytes:
        return self.decoder.bytes_to_send()

    def hear(self, *frames: bytes) -> None:
        for frame in frames:
            self.said += self.decoder.feed(frame, self.at)

    def wait(self, seconds: float) -> list[Instant]:
        """Let time pass; return when, in seconds from now, something was asked. What was asked is thrown away."""
        began, until, asked = self.at, self.at + int(seconds * S), []
        while (due := self.decoder.next_deadline()) is not None and due <= until:
            self.at = due
            self.said += self.decoder.wake(due)
            if sent := self.asked:
                self.thrown += sent
                asked.append((due - began) // S)
        self.at = until
        return asked


def step(talk: Talk) -> int:
    return (talk.at - AT) // S


def value_record(talk: Talk, level: int = 10) -> bytes:
    return values(step(talk), level=level)


def test_it_stops_what_was_asked_before_then_asks() -> None:
    talk = Talk()
    assert talk.asked == BEGIN
    assert talk.asked == b""
    assert talk.said == []


def test_a_decoder_that_was_not_opened_asks_nothing() -> None:
    decoder = DatexDecoder()
    decoder.feed(values(0) + values(1), AT)
    assert decoder.next_deadline() is None
    assert decoder.wake(AT) == []
    decoder.closing(AT)
    assert decoder.bytes_to_send() == b""


def test_an_older_monitor_is_asked_each_5_s() -> None:
    talk = Talk()
    assert talk.asked
    for _ in range(6):
        talk.hear(value_record(talk, level=9))
        assert talk.asked == b""
        talk.wait(5)
    assert talk.thrown == FOUR_CURVES * 2  # which never came
    assert states(talk.said)[StatusCode.CONNECTED] == "The monitor is connected"
    assert StatusCode.NOT_ANSWERING not in states(talk.said)
    assert shown(talk.said)


def test_a_carescape_is_asked_each_second_and_for_its_alarms() -> None:
    talk = Talk()
    assert talk.asked
    talk.hear(value_record(talk))
    assert talk.asked == EXT1_EACH_SECOND
    for _ in range(4):
        talk.hear(value_record(talk))
        assert talk.asked == b""
        talk.wait(1)
    assert talk.thrown == ALARMS_ONCE + ENTER_DIFFERENTIAL


def quick() -> Talk:
    """A talk with a monitor that sends values and curves each second."""
    talk = Talk()
    for _ in range(4):
        both(talk)
    assert BEGIN + EXT1_EACH_SECOND + ALARMS_ONCE + ENTER_DIFFERENTIAL in talk.thrown + talk.asked
    return talk


def both(talk: Talk) -> None:
    talk.hear(value_record(talk), curves(step(talk), (8, 2, (1, 2))))
    talk.wait(1)


def test_alarms_are_asked_for_again_now_and_then() -> None:
    talk = quick()
    asked = b""
    for _ in range(60):
        talk.hear(value_record(talk), curves(step(talk), (8, 2, (1, 2))))
        talk.at += S
        talk.said += talk.decoder.wake(talk.at)
        asked += talk.asked
    assert asked == ALARMS_ONCE * 2


def test_a_monitor_that_never_answers_is_asked_every_7_s() -> None:
    talk = Talk()
    assert talk.asked
    assert talk.wait(22) == [7, 14, 21]
    told = [one.text for one in talk.said if isinstance(one, DeviceStatus)]
    assert told == ["The monitor does not answer; asking again. Are RTS and CTS wired?"]
    talk.hear(value_record(talk, level=9))
    assert StatusCode.NOT_ANSWERING not in states(talk.said)


def test_what_is_asked_again_is_values_and_curves() -> None:
    talk = Talk()
    assert talk.asked
    talk.said += talk.decoder.wake(AT + 7 * S)
    assert talk.asked == AGAIN


def test_silence_of_a_quick_monitor_is_noticed_after_5_s_and_ends_what_it_said() -> None:
    talk = quick()
    talk.hear(record(4, 0, TIME_S + step(talk), alarm_part(("HR low", 2))))
    talk.hear(values(step(talk), {0: b"\x0f", 76: b"\x2b"}))
    talk.at += S
    talk.hear(values(step(talk), {0: b"\x0f", 76: b"\x2b"}))
    assert {alarm.text for alarm in alarms(talk.said).values()} == {"HR low", "Asystole"}
    assert StatusCode.MEASURING in states(talk.said)
    assert talk.wait(6) == [3, 5]  # curves first, which were silent before
    assert alarms(talk.said) == {}
    assert states(talk.said)[StatusCode.NOT_ANSWERING] == "The monitor sends no values any more; asking again"
    assert not {StatusCode.CONNECTED, StatusCode.MEASURING} & states(talk.said).keys()
    talk.hear(values(step(talk), {0: b"\x0f", 76: b"\x2b"}))
    talk.at += S
    talk.hear(values(step(talk), {0: b"\x0f", 76: b"\x2b"}))
    assert StatusCode.MEASURING in states(talk.said)
    assert [a.text for a in talk.said if isinstance(a, DeviceAlarm)][-1] == "Asystole"


def test_silence_of_a_slow_monitor_is_noticed_after_15_s() -> None:
    talk = Talk()
    assert talk.asked
    talk.hear(value_record(talk, level=9))
    assert talk.wait(16) == [15]
    talk = Talk()
    talk.hear(value_record(talk, level=9), record(1, 0, TIME_S, (8, b"\1\0\2\0\0\0\5\0"), level=9))
    assert talk.asked
    assert talk.wait(6) == [5]  # for curves come each second


def test_curves_without_values() -> None:
    talk = Talk()
    assert talk.asked
    for n in range(17):
        talk.hear(record(1, n, TIME_S + n, (8, b"\1\0\2\0\0\0\5\0"), level=9))
        asked = talk.wait(1)
        assert bool(asked) is (n == 14)
    assert states(talk.said)[StatusCode.NOT_ANSWERING] == "The monitor sends no values; asking again"


def test_curves_that_stop_are_asked_for_again() -> None:
    """A monitor whose CTS is blocked for 2 s stops them."""
    talk = quick()
    asked = []
    for second in range(12):
        talk.hear(value_record(talk))
        talk.at += S
        talk.said += talk.decoder.wake(talk.at)
        if sent := talk.asked:
            assert sent == FOUR_CURVES
            asked.append(second)
    assert len(asked) == 2
    assert StatusCode.NOT_ANSWERING not in states(talk.said)


def test_a_carescape_that_does_not_send_each_second_is_asked_each_5_s_for_good() -> None:
    talk = Talk()
    for n in range(2):
        talk.hear(values(n), curves(n, (8, 2, (1,))))
        talk.wait(1)
    assert talk.asked.endswith(EXT1_EACH_SECOND)
    asked = b""
    for n in range(2, 12):
        talk.hear(curves(n, (8, 2, (1,))))
        talk.at += S
        talk.said += talk.decoder.wake(talk.at)
        asked += talk.asked
    assert asked.count(ALL_EACH_5_S) == 1
    for n in range(12, 32, 5):
        talk.hear(values(n), *(curves(m, (8, 2, (1,))) for m in range(n, n + 5)))
        asked += talk.asked
        talk.at += 5 * S
        talk.said += talk.decoder.wake(talk.at - S)
    assert EXT1_EACH_SECOND not in asked
    assert states(talk.said)[StatusCode.CONNECTED]
    talk.decoder.opened(talk.at)
    assert talk.asked == BEGIN


def test_its_farewell_asks_for_nothing_any_more() -> None:
    talk = Talk()
    assert talk.asked
    talk.decoder.closing(AT)
    assert talk.asked == STOP + CANCEL
    assert talk.decoder.next_deadline() is None
    talk = quick()
    talk.decoder.closing(talk.at)
    assert talk.asked == NO_ALARMS + STOP + CANCEL
    talk.hear(value_record(talk))
    assert talk.asked == b""


def test_the_first_record_after_opening_is_not_told_alone() -> None:
    talk = Talk()
    talk.hear(value_record(talk))
    talk.wait(4)
    assert not [one for one in talk.said if isinstance(one, Reading)]


def test_its_own_words_coming_back_are_no_monitor() -> None:
    for heard in (ALL_EACH_5_S, FOUR_CURVES, ENTER_DIFFERENTIAL):
        talk = Talk()
        talk.hear(heard)
        assert states(talk.said)[StatusCode.NOT_THIS_DEVICE] == (
            "No monitor on this line: only what is sent comes back (looped adapter?)"
        )
        talk.hear(value_record(talk))
        assert StatusCode.NOT_THIS_DEVICE not in states(talk.said)


def test_both_sides_in_one_recording_are_a_monitor_all_the_same() -> None:
    said = play(values(0) + ALL_EACH_5_S, values(1) + FOUR_CURVES)
    assert StatusCode.NOT_THIS_DEVICE not in states(said)
    assert shown(said)


def test_a_record_of_nothing_is_no_answer() -> None:
    talk = Talk()
    talk.hear(record(1, 0, TIME_S), record(0, 0, TIME_S, (2, class_part(TIME_S))))
    assert StatusCode.CONNECTED not in states(talk.said)
