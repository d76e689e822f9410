"""The simulated IntelliVue monitor, asked by a client that is not ours: what it sends equals the worked messages."""

import random
from itertools import pairwise

import pytest

from drivers.base.observations import Instant
from simulators._intellivue_encoding import Deframer, framed
from simulators.intellivue import SIMULATOR, IntellivueSimulator
from tests.drivers import intellivue_messages as messages
from tests.drivers.test_intellivue_conversation import START, Still

MS = 1_000
S = 1_000_000

ABORTED = messages.ABORT
REFUSED = b"\x0c\x03\x32\x01\x00"
LINKED, RESULT, ERROR = 5, 2, 3


class Probe:
    """A monitor, and a client that plays worked messages to it."""

    def __init__(self, connected: bool = True) -> None:
        self.patient = Still()
        self.monitor = IntellivueSimulator(self.patient, random.Random(1), START)
        self.at = START
        self._deframer = Deframer()
        if connected:
            self.say(messages.ASSOCIATION_REQUEST)
            self.say(messages.MDS_CREATE_RESULT)

    def say(self, *user_data: bytes) -> list[bytes]:
        for message in user_data:
            self.monitor.receive(framed(message), self.at)
        return self._deframer.feed(self.monitor.advance(self.at))

    def wait(self, seconds: float, alive: bool = False) -> list[tuple[Instant, bytes]]:
        """What the monitor sends, with its time; ``alive`` keeps the association."""
        heard = []
        for _ in range(round(seconds * 100)):
            self.at += 10 * MS
            heard += [(self.at, one) for one in self._deframer.feed(self.monitor.advance(self.at))]
            if alive and (self.at - START) % (4 * S) == 0:
                self.say(messages.KEEP_ALIVE)
        return heard


def test_a_monitor_on_the_network_broadcasts_how_it_is_reached() -> None:
    """Laid out by hand from the guide's connect indication: data out (5) over UDP (1) at port 24105 of 127.0.0.1."""
    assert SIMULATOR.network is not None
    assert SIMULATOR.network.announcement("127.0.0.1", 24105).hex(" ", 2) == (
        "0000 0100 0001 004e 0000 0000 0048 0021 0000 0000 0000 0000 0d17 003a 0004 0036 "
        "0986 0004 0001 114d f101 000c 0001 0008 0005 0001 5e29 0000 "
        "0937 0008 062d 062d 0001 000b f100 000e 0200 0000 0001 7f00 0001 ffff ff00"
    )
    assert SIMULATOR.network.announced_to == 24005


def is_poll(message: bytes, object_class: int) -> bool:
    """Whether a message is a plain extended result of this class."""
    return (
        message[4:6] == b"\0\x02" and message[10:12] == b"\0\x07" and message[42:44] == object_class.to_bytes(2, "big")
    )


def sequence(message: bytes) -> int:
    return int.from_bytes(message[26:28], "big")


def ticks(message: bytes) -> int:
    return int.from_bytes(message[28:32], "big")


def test_association_equals_the_worked_one() -> None:
    probe = Probe(connected=False)
    assert probe.say(messages.ASSOCIATION_REQUEST) == [messages.ASSOCIATION_RESPONSE, messages.MDS_CREATE]


def test_priorities_equal_the_worked_ones() -> None:
    probe = Probe()
    assert probe.say(messages.SET_PRIORITIES) == [messages.SET_PRIORITIES_RESULT]
    assert probe.say(messages.GET_PRIORITIES) == [messages.GET_PRIORITIES_RESULT]
    compound = messages.SET_PRIORITIES.replace(b"\x4b\xb4", b"\x01\0")
    assert probe.say(compound)[0][-8:] == b"\0\x01\0\x04\0\x02\x01\0"  # single leads give way
    unknown = messages.SET_PRIORITIES.replace(b"\x4b\xb4", b"\x4a\x10")
    assert probe.say(unknown)[0][-8:] == b"\0\x01\0\x04\0\x02\x01\x02"
    default = messages.SET_PRIORITIES.replace(b"\0\0\xf2\x3a", b"\0\x03\xf2\x3a")
    assert len(probe.say(default)[0]) == 44
    for message, error in (
        (messages.SET_PRIORITIES.replace(b"\xf2\x3a", b"\xf2\x3b"), 8),
        (messages.SET_PRIORITIES.replace(b"\0\0\xf2\x3a", b"\0\x01\xf2\x3a"), 8),
        (messages.GET_PRIORITIES.replace(b"\xf2\x3a", b"\xf2\x3b"), 7),
    ):
        (answer,) = probe.say(message)
        assert (answer[5], answer[10:12]) == (ERROR, error.to_bytes(2, "big"))


def test_keep_alive_equals_the_worked_one() -> None:
    probe = Probe()
    probe.at += (0x10BC40 - 0x100000) * 125
    probe.monitor.receive(framed(messages.KEEP_ALIVE), probe.at)  # 6 s later: still associated
    assert probe.say() == [messages.KEEP_ALIVE_ANSWER]


def test_pleth_equals_the_worked_one() -> None:
    probe = Probe()
    probe.patient.finger_off = True
    probe.say(messages.SET_PRIORITIES.replace(b"\0\x02\x01\x02", b"\0\x02\x99\x99"), messages.POLL_WAVES)
    first, second = [one for _, one in probe.wait(0.3)]
    assert (sequence(first), sequence(second), ticks(second) - ticks(first)) == (0, 1, -1024)
    assert b"\x09\x6e" not in first
    worked = bytearray(messages.PLETH_WITH_CONTEXT)
    worked[28:32] = second[28:32]
    assert second == bytes(worked)


def test_release_is_answered_and_ends_it() -> None:
    probe = Probe()
    probe.say(messages.POLL_NUMERICS)
    assert probe.say(messages.RELEASE_REQUEST) == [messages.RELEASE_RESPONSE]
    assert probe.wait(15) == []
    assert probe.say(messages.ASSOCIATION_REQUEST)[0] == messages.ASSOCIATION_RESPONSE


def test_abort_ends_it_without_a_word() -> None:
    probe = Probe()
    probe.say(messages.POLL_NUMERICS, messages.ABORT)
    assert probe.wait(15) == []
    assert probe.say(messages.KEEP_ALIVE) == []


def test_creation_is_repeated_three_times_and_then_given_up() -> None:
    probe = Probe(connected=False)
    probe.say(messages.ASSOCIATION_REQUEST)
    assert probe.say(messages.RELEASE_REQUEST, messages.POLL_NUMERICS) == []
    heard = probe.wait(12)
    times = [(at - START) / S for at, _ in heard]
    assert times == [3.1, 6.2, pytest.approx(9.3), 10.0]
    assert all(one[24:26] == b"\x0d\x06" for _, one in heard[:3])
    assert heard[3][1] == ABORTED
    assert probe.say(messages.ASSOCIATION_REQUEST)[0] == messages.ASSOCIATION_RESPONSE


def test_only_one_association_at_a_time() -> None:
    probe = Probe()
    assert probe.say(messages.ASSOCIATION_REQUEST) == [REFUSED]
    assert len(probe.say(messages.KEEP_ALIVE)) == 1


@pytest.mark.parametrize(
    "request_",
    [
        messages.ASSOCIATION_REQUEST[:130],
        messages.ASSOCIATION_REQUEST.replace(b"\xbe\x80\x28", b"\xbe\x80\x29"),
        messages.ASSOCIATION_REQUEST.replace(b"\x02\x81\x48", b"\x02\x83\x48"),
        messages.ASSOCIATION_REQUEST.replace(b"\x02\x81\x48", b"\x02\x81\x7f"),
        messages.ASSOCIATION_REQUEST.replace(b"\0\x01\0\x2c\0\x01", b"\0\x01\0\x2c\0\x02"),
        messages.ASSOCIATION_REQUEST.replace(b"\0\x01\0\x2c\0\x01", b"\0\x01\0\x2b\0\x01"),
        messages.ASSOCIATION_REQUEST.replace(b"\0\0\x03\xe8", b"\0\0\0\xff"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(request_: bytes) -> None:
    assert Probe(connected=False).say(request_) == [REFUSED]


def asking(options: bytes, mtu: int = 1000, period: int = 4000) -> bytes:
    request = messages.ASSOCIATION_REQUEST.replace(b"\x88\0\0\0\0\0\0\0", options + bytes(4))
    request = request.replace(b"\0\0\x03\xe8", mtu.to_bytes(4, "big"))
    return request.replace((4000).to_bytes(4, "big"), period.to_bytes(4, "big"))


@pytest.mark.parametrize(
    ("options", "mtu", "granted", "bytes_"),
    [
        (b"\x8e\0\0\0", 1364, b"\x88\0\0\0", 996),
        (b"\xa0\0\0\0", 1000, b"\x80\0\0\0", 996),
        (b"\x70\0\0\0", 1000, b"\x40\0\0\0", 996),
        (b"\x88\0\0\0", 499, b"\x80\0\0\0", 499),
        (b"\x08\0\0\0", 1000, b"\0\0\0\0", 996),
    ],
)
def test_what_is_granted(options: bytes, mtu: int, granted: bytes, bytes_: int) -> None:
    probe = Probe(connected=False)
    response = probe.say(asking(options, mtu))[0]
    assert granted + bytes(20) == response[-24:]
    assert response.count(bytes_.to_bytes(4, "big")) == 2


def test_waves_that_were_not_granted_are_refused() -> None:
    probe = Probe(connected=False)
    probe.say(asking(b"\x80\0\0\0"), messages.MDS_CREATE_RESULT)
    (answer,) = probe.say(messages.POLL_WAVES)
    assert answer[5] == ERROR


def test_a_long_length_in_the_request_is_understood() -> None:
    request = messages.ASSOCIATION_REQUEST.replace(b"\x02\x81\x48", b"\x02\x81\x82\0\x48")
    assert Probe(connected=False).say(request)[0] == messages.ASSOCIATION_RESPONSE


@pytest.mark.parametrize(("period", "patience"), [(4000, 10), (8 * 8000, 24), (50 * 8000, 130)])
def test_a_silent_client_is_given_up(period: int, patience: float) -> None:
    probe = Probe(connected=False)
    probe.say(asking(b"\x88\0\0\0", period=period), messages.MDS_CREATE_RESULT)
    probe.say(messages.POLL_NUMERICS)
    heard = probe.wait(patience + 5)
    assert heard[-1] == (START + int(patience * S), ABORTED)


def test_numerics_come_each_second_until_their_time_is_over() -> None:
    probe = Probe()
    probe.at += 500 * MS
    probe.say(messages.POLL_NUMERICS)
    heard = [(at, one) for at, one in probe.wait(70, alive=True) if is_poll(one, 6)]
    assert len(heard) == 59
    assert [sequence(one) for _, one in heard] == list(range(59))
    assert {ticks(later) - ticks(one) for (_, one), (_, later) in pairwise(heard)} == {8192}
    assert heard[0][0] - START < 600 * MS


def test_asking_again_renews_and_counts_anew() -> None:
    probe = Probe()
    probe.say(messages.POLL_NUMERICS)
    before = [one for _, one in probe.wait(50, alive=True) if is_poll(one, 6)]
    probe.say(messages.POLL_NUMERICS)
    after = [one for _, one in probe.wait(50, alive=True) if is_poll(one, 6)]
    assert len(before) + len(after) == 98
    assert sequence(after[0]) == 0
    assert ticks(after[0]) - ticks(before[-1]) == 8192


def test_without_an_active_period_there_is_one_result() -> None:
    probe = Probe()
    once = messages.POLL_NUMERICS[:36] + bytes(4)
    once = once[:7] + bytes((len(once) - 8,)) + once[8:13] + bytes((len(once) - 14,)) + once[14:]
    once = once[:27] + bytes((len(once) - 28,)) + once[28:]
    probe.say(once)
    assert len(probe.wait(5)) == 1


def test_slower_numerics() -> None:
    probe = Probe(connected=False)
    probe.say(asking(b"\x40\0\0\0"), messages.MDS_CREATE_RESULT, messages.POLL_NUMERICS)
    assert len([one for _, one in probe.wait(20, alive=True) if is_poll(one, 6)]) == 4


def test_group_0_brings_context_first_and_is_linked() -> None:
    probe = Probe()
    probe.say(messages.POLL_NUMERICS.replace(b"\0\x06\x08\x03", b"\0\x06\0\0"))
    heard = [one for _, one in probe.wait(2)]
    parts = [(one[8], one[9]) if one[5] == LINKED else (0, 0) for one in heard]
    assert (1, 1) in parts
    assert (0, 0) in parts
    assert all(len(one) - 8 <= 996 for one in heard)
    closed = parts.index((0, 0)) + 1
    assert not any(b"\x09\x50\0\x0a" in one for one in heard[:closed])
    assert any(b"\x09\x50\0\x0a" in one for one in heard[closed:])


def test_waves_each_256_ms_with_context_in_turn() -> None:
    probe = Probe()
    probe.say(messages.POLL_WAVES)
    heard = [one for _, one in probe.wait(10.25, alive=True) if is_poll(one, 9)]
    assert len(heard) == 41
    assert {ticks(later) - ticks(one) for one, later in pairwise(heard[1:])} == {2048}
    told = [one.count(b"\x09\x8d\0\x04") for one in heard]
    assert told[:9] == [3, 1, 0, 0, 0, 1, 0, 0, 0]
    assert heard[1].count(b"\x09\x67") == 1


@pytest.mark.parametrize(("group", "context", "samples"), [(b"\x08\x03", 0, 1), (b"\x08\x11", 3, 0)])
def test_waves_honour_the_group(group: bytes, context: int, samples: int) -> None:
    probe = Probe()
    probe.say(messages.POLL_WAVES.replace(b"\0\x09\0\0", b"\0\x09" + group))
    last = [one for _, one in probe.wait(1)][-1]
    assert (last.count(b"\x09\x8d\0\x04"), last.count(b"\x09\x67")) == (context, samples)


def test_single_leads_come_at_500_a_second() -> None:
    probe = Probe()
    probe.say(messages.SET_PRIORITIES, messages.POLL_WAVES)
    second = [one for _, one in probe.wait(1)][1]
    assert b"\x01\x02\0\0\x01\0" in second  # lead II, state 0, 256 bytes


def test_short_messages_cut_what_is_too_long() -> None:
    probe = Probe(connected=False)
    probe.say(asking(b"\x88\0\0\0", mtu=500), messages.MDS_CREATE_RESULT, messages.POLL_WAVES)
    heard = [one for _, one in probe.wait(2)]
    assert all(len(one) - 8 <= 500 for one in heard)
    assert any(one[5] == LINKED for one in heard)


def test_one_single_poll_a_second_and_class() -> None:
    probe = Probe()
    assert len(probe.say(messages.KEEP_ALIVE, messages.KEEP_ALIVE)) == 1
    numerics = messages.KEEP_ALIVE.replace(b"\0\x36\x08\x11", b"\0\x06\x08\x03")
    assert len(probe.say(numerics)) == 1
    probe.wait(0.9)
    assert probe.say(messages.KEEP_ALIVE) == []
    probe.wait(0.1)
    assert len(probe.say(messages.KEEP_ALIVE)) == 1


@pytest.mark.parametrize(("object_class", "found"), [(0x09, 0), (0x21, b"M8000"), (0x2A, b""), (0x05, b"")])
def test_other_classes_can_be_polled(object_class: int, found: bytes | int) -> None:
    (answer,) = Probe().say(messages.KEEP_ALIVE.replace(b"\0\x36", bytes((0, object_class))))
    assert answer[5] == RESULT
    if isinstance(found, bytes):
        assert found in answer
    else:
        assert answer.count(b"\x09\x8d\0\x04") == 3


def test_what_it_does_not_have_is_an_error_or_ignored() -> None:
    probe = Probe()
    for harmed, error in (
        (messages.KEEP_ALIVE.replace(b"\0\x36", b"\0\x77"), 0),
        (messages.KEEP_ALIVE.replace(b"\x0c\x16", b"\x0c\x17"), 9),
        (messages.POLL_NUMERICS.replace(b"\0\x01\0\x08\xf1\x3e", b"\0\x09\0\x08\xf1\x3e"), 15),
    ):
        (answer,) = probe.say(harmed)
        assert (answer[5], answer[10:12]) == (ERROR, error.to_bytes(2, "big"))
    assert probe.say(messages.KEEP_ALIVE.replace(b"\0\x07\0\x07", b"\0\x07\0\x04"), b"\xe1\0\0\x02", b"\x77", b"") == []


def test_alerts_come_each_second_and_count_their_changes() -> None:
    probe = Probe()
    probe.say(messages.POLL_ALERTS)
    quiet = [one for _, one in probe.wait(3)]
    probe.patient.finger_off = True
    alarmed = [one for _, one in probe.wait(3, alive=True) if is_poll(one, 0x36)]
    assert len(quiet) == len(alarmed) == 3
    assert "SpO2 SENSOR OFF".encode("utf-16-be") in alarmed[-1]
    counters = [one[one.index(b"\x09\x16\0\x0a") + 6 :][:2] for one in quiet + alarmed]
    assert counters == [b"\0\x01"] * 3 + [b"\0\x02"] * 3


def test_group_0_of_alerts_brings_context_first() -> None:
    probe = Probe()
    probe.say(messages.POLL_ALERTS.replace(b"\0\x36\x08\x01", b"\0\x36\0\0"))
    first, second = [one for _, one in probe.wait(1.5)]
    assert (b"\x09\x16\0\x0a" in first, b"\x09\x16\0\x0a" in second) == (False, True)


def test_the_same_whenever_it_is_asked() -> None:
    fine, coarse = Probe(), Probe()
    for probe in (fine, coarse):
        probe.say(messages.POLL_NUMERICS, messages.POLL_WAVES, messages.POLL_ALERTS)
    heard = [one for _, one in fine.wait(9)]
    coarse.at += 9 * S
    assert coarse.say() == heard


def test_unknown_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="no fault 'cuff_leak'"):
        SIMULATOR.make(Still(), random.Random(1), START).misbehave("cuff_leak", True)
