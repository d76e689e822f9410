"""What the IntelliVue decoder makes of polled data: sets and their parts, damage, other voices. Nothing is asked for here."""

import random

import pytest

from drivers.base.observations import DeviceStatus, LinkFault, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import FaultKind, Parameter, Quality, StatusCode, WaveformName
from drivers.intellivue import DRIVER, Action, IntellivueDecoder, ObjectClass, Operation, Physio, UnitCode
from simulators._intellivue_encoding import (
    Entry,
    Poll,
    attribute,
    framed,
    listed,
    operation,
    poll_results,
    sized,
    u16,
    u32,
)
from tests.drivers import intellivue_messages as messages
from tests.drivers.intellivue_sets import (
    PLETH,
    SET,
    START,
    Line,
    S,
    alert_set,
    block,
    hr,
    numeric_set,
    of,
    shown,
    spo2,
    value,
    wave_set,
)


def test_the_driver_tells_what_it_can() -> None:
    assert (str(DRIVER.line), DRIVER.commands) == ("115200 8N1", ())
    assert set(DRIVER.parameters) == set(Parameter) - {Parameter.CUFF_PRESSURE}
    assert set(DRIVER.waveforms) == set(WaveformName)


def test_a_linked_set_is_one_reading_and_the_cuff_another() -> None:
    line = Line()
    parts = (messages.LINKED_FIRST, messages.LINKED_MIDDLE, messages.LINKED_LAST)
    assert line.hear(*parts) == []
    continuous, spot = of(Reading, line.hear(messages.LINKED_CLOSING))
    assert {(n.parameter.value, n.value, n.quality) for n in continuous.numerics} == {
        ("hr", 72, ()),
        ("rr", 14, ()),
        ("spo2", 97, ()),
        ("pr", 71, ()),
        ("pi", 1.8, ()),
        ("etco2", None, (Quality.INVALID,)),
    }
    assert [(n.parameter.value, n.value) for n in spot.numerics] == [
        ("nibp_sys", 121),
        ("nibp_dia", 78),
        ("nibp_mean", 92),
    ]
    assert (spot.spot, spot.device_time, continuous.spot) == (True, "2026-01-02T10:28:12", False)
    assert shown(line.hear(messages.SMALL_RESULT))[0]["hr"] == 72


def test_a_part_that_is_missing_makes_nothing_gone() -> None:
    line = Line()
    line.hear(messages.LINKED_FIRST, messages.LINKED_MIDDLE, messages.LINKED_LAST, messages.LINKED_CLOSING)
    entries = hr(70), spo2(96), value(Physio.RESPIRATORY_RATE, 12, UnitCode.BREATHS_PER_MINUTE)
    whole = numeric_set(*entries, mtu=90)
    assert len(whole) == 4
    for lost in range(3):
        parts = whole[:lost] + whole[lost + 1 :]
        assert None not in shown(line.hear(*parts))[0].values()
    assert shown(line.hear(whole[3])) == []


def test_parts_of_different_sets_are_never_joined() -> None:
    line = Line()
    before = numeric_set(hr(50), spo2(90), mtu=90, sequence=0)
    after = numeric_set(hr(70), spo2(96), mtu=90, sequence=0, ticks=2 * SET)
    assert len(before) == len(after) == 3
    said = line.hear(before[0], *after[1:])
    assert shown(said) == [{"hr": 50}, {"spo2": 96}]


def test_two_polls_interleave() -> None:
    line = Line()
    first, last, closing = numeric_set(hr(70), spo2(96), mtu=90)
    wave = wave_set(block(0x4BB4, 1, 2, about=PLETH))
    said = line.hear(first, *wave, last, *alert_set([]), closing)
    assert shown(said) == [{"hr": 70, "spo2": 96}]
    assert len(of(WaveformChunk, said)) == 1


def test_a_set_that_is_never_closed_is_told_after_a_second() -> None:
    line = Line()
    line.hear(messages.LINKED_FIRST)
    assert shown(line.wait(0.9)) == []
    assert shown(line.wait(0.2)) == [{"hr": 72, "rr": 14}]
    assert line.decoder.next_deadline() is None


def test_open_sets_are_bounded() -> None:
    line = Line()
    said: list[Observation] = []
    for invoke_id in range(40):
        message = bytearray(messages.LINKED_FIRST)
        message[11] = invoke_id
        said += line.hear(bytes(message))
    assert 30 < len(shown(said)) < 40
    assert len(shown(line.hear(*[messages.LINKED_FIRST] * 100))) >= 1


def test_what_a_complete_set_no_longer_holds_is_missing() -> None:
    line = Line()
    line.hear(*numeric_set(hr(70), spo2(96)))
    assert shown(line.hear(*numeric_set(hr(71), ticks=2 * SET))) == [{"hr": 71, "spo2": None}]
    assert shown(line.hear(*numeric_set(hr(72), ticks=3 * SET))) == [{"hr": 72}]


def test_context_alone_says_nothing_of_values() -> None:
    line = Line()
    line.hear(*numeric_set(hr(70)))
    empty = Entry(1, Physio.HEART_RATE, (attribute(0x0924, u32(0x24182)),))
    assert line.hear(*numeric_set(empty, sequence=0)) == []
    assert line.hear(*numeric_set(sequence=0)) == []


def test_a_single_poll_of_numerics_is_a_reading() -> None:
    assert shown(Line().hear(*numeric_set(hr(64), single=True))) == [{"hr": 64}]


@pytest.mark.parametrize(
    "message",
    [
        messages.LINKED_FIRST[:-3],
        messages.ASSOCIATION_RESPONSE[:120],
        messages.ASSOCIATION_RESPONSE.replace(b"\xbe\x80", b"\xbe\x81"),
        b"\xe1",
        numeric_set(Entry(1, 1, (attribute(0x0950, b"\x41\x82"),)))[0],
        wave_set(Entry(1, 1, (attribute(0x098D, b"\0"), attribute(0x096D, b"\0"), attribute(0x0924, u32(1)))))[0],
    ],
)
def test_a_good_frame_with_a_bad_message_is_a_fault(message: bytes) -> None:
    (fault,) = Line().hear(message)
    assert isinstance(fault, LinkFault)
    assert fault.kind is FaultKind.SHORT


def test_a_set_given_up_may_be_bad_too() -> None:
    line = Line()
    line.hear(numeric_set(Entry(1, 1, (attribute(0x0950, b"\x41"),)), hr(60), mtu=80)[0])
    (fault,) = line.wait(2)
    assert isinstance(fault, LinkFault)


def test_messages_of_no_interest() -> None:
    others = (
        operation(Operation.RESULT, u16(1) + u16(1) + sized(b"")),
        operation(Operation.RESULT, u16(1) + u16(5) + sized(bytes.fromhex("002100000000") + listed([]))),
        operation(Operation.RESULT, u16(1) + u16(7) + sized(bytes.fromhex("002100000000") + u16(0x1234) + sized(b""))),
        operation(Operation.INVOKE, u16(1) + u16(2) + sized(b"")),
        operation(Operation.INVOKE, u16(1) + u16(0) + sized(bytes(6) + u32(0) + u16(0x0D17) + sized(b""))),
        operation(0x0A, b""),
        b"\x77",
        b"",
        poll_results(Poll(1, Action.SINGLE_POLL, 1, ObjectClass.DEMOGRAPHICS, 0), 0, 0, [Entry(0, 1, ())], 996)[0],
    )
    line = Line()
    assert line.hear(*others) == []
    assert (
        line.hear(messages.ROER, messages.RELEASE_REQUEST, messages.RELEASE_RESPONSE, messages.ABORT, b"\x0c\0") == []
    )


def test_ones_own_voice_is_no_monitor() -> None:
    line = Line()
    (status,) = line.hear(messages.ASSOCIATION_REQUEST)
    assert isinstance(status, DeviceStatus)
    assert (status.code, status.on) == (StatusCode.NOT_THIS_DEVICE, True)
    for echo in (messages.SET_PRIORITIES, messages.GET_PRIORITIES, messages.POLL_NUMERICS, messages.KEEP_ALIVE):
        assert line.hear(echo) == []
    (status,) = of(DeviceStatus, line.hear(messages.ASSOCIATION_RESPONSE))
    assert (status.code, status.on) == (StatusCode.NOT_THIS_DEVICE, False)
    assert line.hear(messages.KEEP_ALIVE) == []  # a recording of both sides: there is a monitor
    line.at += 6 * S
    assert len(line.hear(messages.KEEP_ALIVE)) == 1


def test_a_recording_asks_for_nothing() -> None:
    line = Line()
    line.hear(messages.ASSOCIATION_RESPONSE, messages.MDS_CREATE, messages.SET_PRIORITIES_RESULT, messages.LINKED_FIRST)
    line.wait(30)
    line.decoder.closing(line.at)
    assert line.decoder.bytes_to_send() == b""


def test_a_whole_conversation_in_any_chunks() -> None:
    conversation = b"".join(framed(getattr(messages, name)) for name in messages.WIRE_SIZES_AND_FCS)

    def heard(size: int) -> list[Observation]:
        decoder = IntellivueDecoder()
        return [
            o for at in range(0, len(conversation), size) for o in decoder.feed(conversation[at : at + size], START)
        ]

    whole = heard(len(conversation))
    assert len(of(Reading, whole)) == 3
    assert all(heard(size) == whole for size in (1, 2, 7, 62, 1000))


def test_damage_on_the_line_is_told() -> None:
    harmed = bytearray(framed(messages.SMALL_RESULT))
    harmed[30] ^= 1
    decoder = IntellivueDecoder()
    said = decoder.feed(b"noise" + harmed + framed(messages.SMALL_RESULT), START)
    faults = [(fault.kind, fault.discarded) for fault in of(LinkFault, said)]
    assert faults == [(FaultKind.SYNC, 5), (FaultKind.CHECKSUM, len(harmed))]
    assert shown(said) == [{"hr": 72}]


def test_half_a_frame_at_the_end_is_told_after_a_second() -> None:
    line = Line()
    line.decoder.feed(framed(messages.ALERTS)[:100], START)
    assert line.decoder.next_deadline() == START + S
    assert line.wait(2) == [LinkFault(START + S, FaultKind.SHORT, 100)]


def test_no_bytes_raise() -> None:
    rng = random.Random(4)
    good = [getattr(messages, name) for name in messages.WIRE_SIZES_AND_FCS]
    line = Line()
    for _ in range(1000):
        message = bytearray(rng.choice(good))
        for _ in range(rng.randint(1, 4)):
            message[rng.randrange(len(message))] = rng.randrange(256)
        line.hear(bytes(message))
        line.wait(rng.choice((0, 0, 2)))
