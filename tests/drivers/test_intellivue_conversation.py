"""The IntelliVue association: what the driver sends, and driver and simulator together in simulated time."""

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest

from drivers.base.observations import DeviceAlarm, DeviceStatus, Instant, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import Parameter, Quality, StatusCode, WaveformName
from drivers.intellivue import IntellivueDecoder
from simulators._intellivue_encoding import Deframer, framed
from simulators.base.simulator import Determination
from simulators.intellivue import IntellivueSimulator
from tests.drivers import intellivue_messages as messages

MS = 1_000
S = 1_000_000
START: Instant = 1_767_349_845 * S
"""2026-01-02 10:30:45, the time of the worked MDS create."""


class Still:
    """A patient who does not change by himself."""

    hr: float | None = 72
    pulse_rate: float | None = 71
    spo2: float | None = 97
    rr: float | None = 14
    pi = 1.8
    motion = False
    finger_off = False
    leads_off = False
    pressures: Determination | None = Determination(121, 78, 92, 71)

    def advance(self, at: Instant) -> None: ...

    def beats(self, after: Instant, until: Instant) -> list[Instant]:
        return []

    def pulses(self, after: Instant, until: Instant) -> list[Instant]:
        return []

    def ecg_mv(self, at: Instant) -> float:
        return 0.5

    def pleth(self, at: Instant) -> float:
        return at % S / S

    def resp(self, at: Instant) -> float:
        return -1.0

    def determine(self, at: Instant) -> Determination | None:
        return self.pressures


class Client:
    """A decoder that was opened, and what it sends with its time."""

    def __init__(self) -> None:
        self.decoder = IntellivueDecoder()
        self.at = START
        self.sent: list[tuple[Instant, bytes]] = []
        self.said: list[Observation] = []
        self._deframer = Deframer()
        self._take(self.decoder.opened(self.at))

    def _take(self, said: list[Observation]) -> list[Observation]:
        self.said += said
        self.sent += [(self.at, message) for message in self._deframer.feed(self.decoder.bytes_to_send())]
        return said

    def hear(self, *user_data: bytes) -> list[Observation]:
        return [one for message in user_data for one in self._take(self.decoder.feed(framed(message), self.at))]

    def wait(self, seconds: float) -> list[Observation]:
        until, said = self.at + int(seconds * S), []
        while (due := self.decoder.next_deadline()) is not None and due <= until:
            self.at = due
            said += self._take(self.decoder.wake(due))
        self.at = until
        return said

    def listen(self, seconds: float) -> list[Observation]:
        """Wait while all three polls bring something each second."""
        said = []
        for _ in range(int(seconds)):
            said += self.wait(1) + self.hear(messages.SMALL_RESULT, messages.PLETH_PLAIN, messages.KEEP_ALIVE_ANSWER)
        return said

    def new(self) -> list[bytes]:
        """What was sent since the last call."""
        sent = [message for _, message in self.sent]
        self.sent.clear()
        return sent

    def connect(self) -> None:
        self.hear(messages.ASSOCIATION_RESPONSE, messages.MDS_CREATE)
        self.wait(0.5)
        self.new()


def codes(said: Iterable[Observation]) -> list[tuple[StatusCode, bool]]:
    return [(one.code, one.on) for one in said if isinstance(one, DeviceStatus)]


LOST = [(StatusCode.CONNECTED, False), (StatusCode.NOT_ANSWERING, True)]


def test_from_the_first_word_to_the_polls() -> None:
    client = Client()
    assert client.new() == [messages.ASSOCIATION_REQUEST]
    client.hear(messages.ASSOCIATION_RESPONSE)
    assert client.new() == []
    client.at += 100 * MS
    client.hear(messages.MDS_CREATE)
    assert client.new() == [messages.MDS_CREATE_RESULT]
    client.wait(1)
    sent = client.new()
    assert len(sent) == 4
    assert {messages.POLL_NUMERICS, messages.POLL_ALERTS, messages.POLL_WAVES} <= {*sent}
    assert sent[2].startswith(messages.SET_PRIORITIES[:6])
    assert codes(client.said)[-1] == (StatusCode.CONNECTED, True)


def test_never_more_than_four_frames_in_128_ms() -> None:
    client = Client()
    client.connect()
    client.listen(40)
    client.hear(*[messages.MDS_CREATE] * 9)
    client.wait(2)
    times = [at for at, _ in client.sent]
    assert len(times) > 15
    assert all(later - first > 128 * MS for first, later in zip(times, times[4:], strict=False))


def test_a_repeated_create_is_answered_again_and_polls_go_on() -> None:
    client = Client()
    client.connect()
    client.hear(messages.MDS_CREATE)
    assert client.new() == [messages.MDS_CREATE_RESULT]


def test_kept_alive_and_renewed_in_time() -> None:
    client = Client()
    client.connect()
    client.listen(100)
    alive = [at for at, message in client.sent if message == messages.KEEP_ALIVE]
    assert 20 <= len(alive) <= 26
    assert all(later - at <= 5 * S for at, later in pairwise(alive))
    for poll in (messages.POLL_NUMERICS, messages.POLL_ALERTS, messages.POLL_WAVES):
        asked = [at for at, message in client.sent if message == poll]
        assert [later - at < 60 * S for at, later in pairwise(asked)] == [True] * 2
    assert codes(client.said)[-1] == (StatusCode.CONNECTED, True)


def test_a_poll_that_brings_nothing_is_asked_again_and_a_refused_one_left_alone() -> None:
    client = Client()
    client.connect()
    for _ in range(10):
        client.wait(1)
        client.hear(messages.SMALL_RESULT, messages.KEEP_ALIVE_ANSWER)
    assert client.new().count(messages.POLL_WAVES) == 3
    client.hear(messages.ROER.replace(b"\0\x09\0\x02", b"\0\x05\0\x02"), messages.ROER)
    for _ in range(10):
        client.wait(1)
        client.hear(messages.SMALL_RESULT, messages.KEEP_ALIVE_ANSWER)
    assert client.new().count(messages.POLL_WAVES) == 0


def test_five_seconds_of_silence_are_a_loss() -> None:
    client = Client()
    client.connect()
    client.listen(5)
    client.new()
    assert codes(client.wait(4.9)) == []
    assert codes(client.wait(0.2)) == LOST
    assert client.new()[-1] == messages.ABORT
    client.wait(1.8)
    assert client.new() == []
    client.wait(0.3)
    assert client.new() == [messages.ASSOCIATION_REQUEST]
    said = client.hear(messages.ASSOCIATION_RESPONSE, messages.MDS_CREATE)
    assert codes(said)[-2:] == [(StatusCode.NOT_ANSWERING, False), (StatusCode.CONNECTED, True)]


@pytest.mark.parametrize(
    ("farewell", "answered"),
    [
        (messages.ABORT, []),
        (messages.RELEASE_REQUEST, [messages.RELEASE_RESPONSE]),
        (messages.RELEASE_RESPONSE, []),
    ],
)
def test_when_the_monitor_leaves_it_is_asked_again(farewell: bytes, answered: list[bytes]) -> None:
    client = Client()
    client.connect()
    assert codes(client.hear(farewell)) == LOST
    assert client.hear(farewell) == []
    client.wait(1)
    assert client.new() == answered
    client.wait(2)
    assert client.new() == [messages.ASSOCIATION_REQUEST]


def test_nobody_answers() -> None:
    client = Client()
    assert codes(client.wait(60)) == [(StatusCode.NOT_ANSWERING, True)]
    times = [at for at, _ in client.sent]
    assert len(times) == 21
    assert all(later - at >= 2 * S for at, later in pairwise(times))


def test_a_refusal_is_told_and_a_forgotten_association_ended() -> None:
    client = Client()
    client.new()
    client.wait(0.1)
    assert client.hear(b"\x0c\x03\x32\x01\x00") == []
    client.wait(3)
    assert client.new() == [messages.ASSOCIATION_REQUEST]
    assert codes(client.hear(b"\x0c\x02\x00\x00")) == [(StatusCode.NOT_ANSWERING, True)]
    client.wait(3.1)
    assert client.new() == [messages.ABORT, messages.ASSOCIATION_REQUEST]


def test_a_refusal_means_nothing_once_connected() -> None:
    client = Client()
    client.connect()
    assert client.hear(b"\x0c\x03\x32\x01\x00") == []
    client.wait(0.1)
    assert client.new() == []


@pytest.mark.parametrize("refused", [True, False])
def test_an_association_that_was_there_before_is_taken_over(refused: bool) -> None:
    client = Client()
    said = client.hear(messages.SMALL_RESULT)
    assert len([one for one in said if isinstance(one, Reading)]) == 1
    assert codes(said) == []
    if refused:
        client.hear(b"\x0c\x03\x32\x01\x00")
    else:
        client.wait(1)
    client.new()
    assert codes(client.hear(messages.SMALL_RESULT)) == [(StatusCode.CONNECTED, True)]
    client.wait(0.5)
    assert messages.POLL_NUMERICS in client.new()
    client.listen(5)
    assert messages.KEEP_ALIVE in client.new()
    client.hear(messages.ASSOCIATION_RESPONSE, messages.MDS_CREATE)  # it began afresh after all
    client.wait(0.5)
    assert messages.POLL_NUMERICS in client.new()


WHO = messages.KEEP_ALIVE[:8] + b"\x00\x08" + messages.KEEP_ALIVE[10:28] + bytes.fromhex("0005 0001 0021 0000")
"""The sheet's single poll, of the MDS and all its attributes."""


def polled_mds(attributes: bytes) -> bytes:
    """The answer to it, built as the sheet's answer to a keep-alive is, with the attribute list of the sheet's MDS create."""
    objects = sized(sized(bytes(2) + attributes, "0000 0001"), "0001")
    body = bytes.fromhex("0005 0010bc40 ffffffffffffffff 0001 0021 0000") + objects
    return sized(sized(sized(body, "0021 0000 0000 0c16"), "0008 0007"), "e100 0002 0002")


def sized(data: bytes, before: str) -> bytes:
    return bytes.fromhex(before) + len(data).to_bytes(2, "big") + data


def test_h2_a_monitor_taken_over_is_asked_which_one_it_is_until_it_says_so() -> None:
    client = Client()
    client.hear(messages.SMALL_RESULT)
    client.wait(1)
    client.hear(messages.SMALL_RESULT)
    client.listen(10)
    assert client.new().count(WHO) == 3
    said = client.hear(polled_mds(messages.MDS_CREATE[34:]))
    assert codes(said) == [(StatusCode.IDENTITY, True)]
    client.listen(10)
    assert WHO not in client.new()


def test_without_waves_granted_none_are_asked() -> None:
    client = Client()
    client.hear(
        messages.ASSOCIATION_RESPONSE.replace(b"\x88\0\0\0\0\0\0\0", b"\x80\0\0\0\0\0\0\0"), messages.MDS_CREATE
    )
    client.wait(1)
    sent = client.new()
    assert messages.POLL_NUMERICS in sent
    assert messages.POLL_WAVES not in sent


def test_without_a_compound_ecg_single_leads_are_asked_once() -> None:
    client = Client()
    client.connect()
    pleth_only = messages.SET_PRIORITIES_RESULT.replace(b"\0\x02\x01\x02", b"\0\x02\x50\0")
    client.hear(messages.SET_PRIORITIES_RESULT, messages.GET_PRIORITIES_RESULT)
    client.wait(0.1)
    assert client.new() == []
    client.hear(pleth_only)
    client.wait(0.1)
    (asked,) = client.new()
    assert b"\0\x02\x01\x02" in asked
    client.hear(pleth_only)
    client.wait(0.1)
    assert client.new() == []


def test_a_create_that_never_comes() -> None:
    client = Client()
    client.hear(messages.ASSOCIATION_RESPONSE)
    assert codes(client.wait(12.5)) == [(StatusCode.NOT_ANSWERING, True)]
    client.new()
    client.wait(2)
    assert client.new() == [messages.ASSOCIATION_REQUEST]


def test_a_lost_response_does_not_matter() -> None:
    client = Client()
    client.hear(messages.MDS_CREATE)
    client.wait(1)
    assert messages.POLL_NUMERICS in client.new()


@pytest.mark.parametrize(
    ("heard", "farewell"),
    [
        ((messages.ASSOCIATION_RESPONSE, messages.MDS_CREATE), [messages.RELEASE_REQUEST]),
        ((messages.ASSOCIATION_RESPONSE,), [messages.ABORT]),
        ((), []),
    ],
)
def test_leave_is_taken(heard: tuple[bytes, ...], farewell: list[bytes]) -> None:
    client = Client()
    client.hear(*heard)
    client.wait(0.5)
    client.new()
    client.decoder.closing(client.at)
    client.wait(30)
    client.hear(messages.RELEASE_RESPONSE, messages.MDS_CREATE, messages.ASSOCIATION_RESPONSE)
    assert client.new() == farewell
    assert client.decoder.next_deadline() is None


def test_a_looped_adapter_is_no_monitor() -> None:
    client = Client()
    for _ in range(20):
        client.hear(*client.new())
        client.wait(1)
    assert codes(client.said) == [(StatusCode.NOT_THIS_DEVICE, True), (StatusCode.NOT_ANSWERING, True)]


def test_a_determination_from_before_is_told_as_held() -> None:
    client = Client()
    client.connect()
    old = (messages.LINKED_FIRST, messages.LINKED_MIDDLE, messages.LINKED_LAST, messages.LINKED_CLOSING)

    def spots(said: list[Observation]) -> list[tuple[Quality, ...]]:
        return [one.numerics[0].quality for one in said if isinstance(one, Reading) and one.spot]

    assert spots(client.hear(*old)) == [(Quality.HELD,)]  # 2.5 minutes old by the monitor's own clock
    fresh = messages.LINKED_LAST.replace(bytes.fromhex("2026010210281200"), bytes.fromhex("2026010210310000"))
    assert spots(client.hear(*old[:2], fresh, old[3])) == [()]

    recent = Client()
    recent.connect()
    a_minute_ago = messages.LINKED_LAST.replace(bytes.fromhex("2026010210281200"), bytes.fromhex("2026010210300000"))
    said = recent.hear(*old[:2], a_minute_ago, old[3])
    assert spots(said) == [()]
    assert [recent.at - one.at for one in said if isinstance(one, Reading) and one.spot] == [46_024 * MS]
    moved = messages.LINKED_LAST.replace(bytes.fromhex("2026010210281200"), bytes.fromhex("2026010110300000"))
    assert spots(recent.hear(*old[:2], moved, old[3])) == [(Quality.HELD,)]
    unknown = Client()
    assert spots(unknown.hear(*old)) == [(Quality.HELD,)]
    assert spots(unknown.hear(messages.SMALL_RESULT, *old)) == []


class Wire:
    """Decoder and simulated monitor on one line, in steps of 20 ms."""

    def __init__(self) -> None:
        self.patient = Still()
        self.monitor = IntellivueSimulator(self.patient, random.Random(1), START)
        self.at = START
        self.said: list[Observation] = []
        self.sent = bytearray()
        self.connect()

    def connect(self) -> None:
        """A decoder that knows nothing takes the line."""
        self.decoder = IntellivueDecoder()
        self.said += self.decoder.opened(self.at)

    def run(self, seconds: float) -> list[Observation]:
        said: list[Observation] = []
        for at in range(self.at, self.at + int(seconds * S), 20 * MS):
            self.at = at
            self.monitor.receive(self.decoder.bytes_to_send(), at)
            data = self.monitor.advance(at)
            self.sent += data
            said += self.decoder.feed(data, at)
            while (due := self.decoder.next_deadline()) is not None and due <= at:
                said += self.decoder.wake(due)
        self.at += 20 * MS
        self.said += said
        return said


def readings(said: Iterable[Observation]) -> list[dict[Parameter, int | float | None]]:
    return [{n.parameter: n.value for n in one.numerics} for one in said if isinstance(one, Reading)]


def alarms(said: Iterable[Observation]) -> list[tuple[str, bool]]:
    return [(one.code, one.active) for one in said if isinstance(one, DeviceAlarm)]


def waves(said: Iterable[Observation]) -> dict[WaveformName, list[WaveformChunk]]:
    found: dict[WaveformName, list[WaveformChunk]] = {}
    for one in said:
        if isinstance(one, WaveformChunk):
            found.setdefault(one.waveform, []).append(one)
    return found


def test_driver_and_simulator_agree_for_minutes() -> None:
    wire = Wire()
    said = wire.run(70)
    values = readings(said)
    assert 67 <= len(values) <= 69
    expected = {Parameter.HR: 72, Parameter.SPO2: 97, Parameter.PR: 71, Parameter.PI: 1.8, Parameter.RR: 14}
    assert all(value == expected for value in values)
    assert codes(said) == [(StatusCode.IDENTITY, True), (StatusCode.CONNECTED, True)]
    found = waves(said)
    rates = {name.value: chunks[0].rate_hz for name, chunks in found.items()}
    assert rates == {"ecg_i": 250, "ecg_ii": 250, "ecg_iii": 250, "pleth": 125, "resp": 62.5}
    for chunks in found.values():
        assert {chunk.run for chunk in chunks} == {0}
        ends = [chunk.first_index + len(chunk.samples) for chunk in chunks]
        assert [chunk.first_index for chunk in chunks[1:]] == ends[:-1]
    ecg = found[WaveformName.ECG_II][5]
    assert (ecg.samples[0] + ecg.offset) * (ecg.scale or 0) == pytest.approx(0.5)


def test_sensor_and_leads_off_and_on_again() -> None:
    wire = Wire()
    wire.run(5)
    wire.monitor.misbehave("sensor_off", True)
    wire.monitor.misbehave("leads_off", True)
    said = wire.run(4)
    assert {*alarms(said)} == {("inop.4bb8.308", True), ("inop.4182.274", True)}
    last = [one for one in said if isinstance(one, Reading)][-1]
    reasons = {n.parameter: n.quality for n in last.numerics if n.value is None}
    finger, chest = (Quality.SENSOR_OFF,), (Quality.LEADS_OFF,)
    oximetry = dict.fromkeys((Parameter.SPO2, Parameter.PR, Parameter.PI), finger)
    assert reasons == oximetry | dict.fromkeys((Parameter.HR, Parameter.RR), chest)
    pleth = waves(said)[WaveformName.PLETH][-1]
    assert {*pleth.samples} == {2048}
    wire.monitor.misbehave("sensor_off", False)
    wire.monitor.misbehave("leads_off", False)
    said = wire.run(4)
    assert {*alarms(said)} == {("inop.4bb8.308", False), ("inop.4182.274", False)}
    assert {(StatusCode.SENSOR_OFF, False), (StatusCode.LEADS_OFF, False)} <= {*codes(said)}
    assert None not in readings(said)[-1].values()
    ecg = waves(said)[WaveformName.ECG_II]
    assert ecg[0].run == 0
    assert ecg[0].first_index > 250 * 8


@pytest.mark.parametrize(
    ("what", "code", "quality"), [("demo", StatusCode.DEMO, Quality.DEMO), ("test", StatusCode.TEST, Quality.TEST)]
)
def test_demo_and_test_are_seen_from_the_first_value_on(what: str, code: StatusCode, quality: Quality) -> None:
    wire = Wire()
    wire.monitor.misbehave(what, True)
    said = wire.run(5)
    first = next(one for one in said if isinstance(one, Reading))
    status = next(one for one in said if isinstance(one, DeviceStatus) and one.code is code)
    assert said.index(status) < said.index(first)
    qualities = {quality for one in said if isinstance(one, Reading) for n in one.numerics for quality in n.quality}
    assert qualities == {quality}
    wire.monitor.misbehave(what, False)
    if what == "test":
        assert (code, False) in codes(wire.run(5))


def test_the_cuff_measures_by_itself() -> None:
    wire = Wire()
    wire.run(3)
    wire.monitor.misbehave("own_cuff", True)
    said = wire.run(32)
    (spot,) = [one for one in said if isinstance(one, Reading) and one.spot]
    assert [n.value for n in spot.numerics] == [121, 78, 92]
    assert spot.device_time == "2026-01-02T10:31:17"
    wire.patient.pressures = None
    wire.monitor.measure_each(50 * S)
    said = wire.run(33)
    assert [one for one in said if isinstance(one, Reading) and one.spot] == []
    assert {*codes(said)} == {
        (StatusCode.MEASURING, True),
        (StatusCode.MEASURING, False),
        (StatusCode.MEASUREMENT_FAILED, True),
    }
    wire.patient.pressures = Determination(130, 80, 97, 70)
    said = wire.run(85)
    assert (StatusCode.MEASUREMENT_FAILED, False) in codes(said)
    wire.monitor.misbehave("own_cuff", True)
    wire.monitor.misbehave("own_cuff", False)
    spots = [one for one in said + wire.run(60) if isinstance(one, Reading) and one.spot]
    assert [[n.value for n in spot.numerics] for spot in spots] == [[130, 80, 97]]
    wire.monitor.misbehave("own_cuff", False)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"hr": 130}, "alarm.4182.61768"),
        ({"hr": 40}, "alarm.4182.61766"),
        ({"hr": None}, "alarm.4182.3076"),
        ({"rr": 0}, "alarm.500a.3072"),
        ({"spo2": 85}, "alarm.4bb8.62"),
        ({"spo2": 75}, "alarm.4bb8.3246"),
    ],
)
def test_the_monitors_own_alarms(change: dict[str, float | None], code: str) -> None:
    wire = Wire()
    wire.run(2)
    for name, value in change.items():
        setattr(wire.patient, name, value)
    assert alarms(wire.run(3)) == [(code, True)]
    for name in change:
        setattr(wire.patient, name, getattr(Still, name))
    assert alarms(wire.run(3)) == [(code, False)]


def test_motion_makes_values_questionable() -> None:
    wire = Wire()
    wire.patient.motion = True
    wire.run(3)
    last = [one for one in wire.said if isinstance(one, Reading)][-1]
    doubtful = {n.parameter for n in last.numerics if n.quality == (Quality.QUESTIONABLE,)}
    assert doubtful == {Parameter.SPO2, Parameter.PR}


def test_results_are_linked_where_messages_are_short() -> None:
    wire = Wire()
    wire.monitor.misbehave("short_messages", True)
    said = wire.run(10)
    assert len(readings(said)) == 10
    sent = Deframer().feed(bytes(wire.sent))
    linked = [message for message in sent if message[:6] == b"\xe1\0\0\x02\0\x05"]
    assert len(linked) >= 18
    assert all(len(message) <= 308 for message in sent if message[5] in (2, 5))
    assert waves(said) == {}
    wire.monitor.misbehave("short_messages", False)


def test_a_monitor_that_falls_silent_is_found_again() -> None:
    wire = Wire()
    wire.run(5)
    wire.monitor.misbehave("deaf", True)
    said = wire.run(30)
    assert codes(said) == LOST
    wire.monitor.misbehave("deaf", False)
    said = wire.run(15)
    assert (StatusCode.CONNECTED, True) in codes(said)
    assert len(readings(said)) >= 5
    assert waves(said)[WaveformName.PLETH][0].run > 0


def test_a_fresh_decoder_takes_a_running_association_over() -> None:
    wire = Wire()
    wire.run(10)
    wire.connect()
    said = wire.run(3)
    assert len(readings(said)) >= 2
    assert codes(said) == [(StatusCode.CONNECTED, True), (StatusCode.IDENTITY, True)]
    wire.run(7)
    assert {*waves(wire.run(1))} >= {WaveformName.ECG_II, WaveformName.PLETH, WaveformName.RESP}
    assert len(readings(wire.run(65))) >= 60


def test_a_fresh_decoder_after_a_forgotten_association() -> None:
    wire = Wire()
    wire.run(10)
    wire.decoder.closing(wire.at)
    wire.run(1)
    wire.connect()
    assert codes(wire.run(2))[-1] == (StatusCode.CONNECTED, True)
