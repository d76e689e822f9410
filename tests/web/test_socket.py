"""The websocket: hello, changes at once, nonsense, slow screens, and that a snapshot mends everything."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.websockets import WebSocket

from dashboard.cli.watch import Chair, Follower
from drivers.base.vocabulary import CommandKind, Priority
from monitor.core.changes import (
    AlertGroup,
    AlertsGrouped,
    AlertState,
    AudioPauseChanged,
    Change,
    CommandChanged,
    CommandState,
    CommandView,
    HouseTold,
    LimitsChanged,
    NibpChanged,
    NibpSchedule,
    Phase,
    Send,
)
from monitor.core.entries import ChairConfig, Configured, Resumed
from monitor.web import viewer as viewers
from monitor.web.hub import Hub
from monitor.web.messages import encode
from monitor.web.socket import endpoint
from monitor.web.waves import unpack
from tests.web.house import CLINIC, START, FakeHouse, alert, device, pleth, session, spo2
from tests.web.line import HELLO, Line, settle


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse("1", "2")


@pytest.fixture
async def hub(house: FakeHouse) -> Hub:
    return opened(house)


def opened(house: FakeHouse) -> Hub:
    hub = Hub(house, house.now, CLINIC)
    house.subscribers.append(hub.take)
    return hub


def app(hub: Hub) -> Callable[..., Awaitable[None]]:
    serve = endpoint(hub)

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        await serve(WebSocket(scope, receive, send))

    return asgi


async def test_hello_is_answered_by_a_welcome_and_a_snapshot_for_each_chair(house: FakeHouse, hub: Hub) -> None:
    async with Line(app(hub)) as line:
        await line.say(HELLO)
        welcome, *snapshots = line.received
    assert welcome["type"] == "welcome"
    assert welcome["chairs"] == [
        {"id": "1", "name": "Chair 1", "index": 0},
        {"id": "2", "name": "Chair 2", "index": 1},
    ]
    assert [(one["type"], one["chair"]) for one in snapshots] == [("snapshot", "1"), ("snapshot", "2")]


async def test_changes_come_in_order_and_each_names_the_one_before(house: FakeHouse, hub: Hub) -> None:
    async with Line(app(hub)) as line:
        await line.say(HELLO)
        house.happen("1", spo2(96))
        house.happen("1", Send(START, "oximeter", b"?"))
        house.happen("2", spo2(97))
        house.happen("1", spo2(95))
        await settle()
        changes = line.of("changes")
    assert [(one["chair"], one["prev"], one["seq"]) for one in changes] == [("1", 0, 1), ("2", 0, 1), ("1", 1, 3)]
    assert changes[2]["changes"][0]["vitals"][0]["value"] == 95


async def test_a_viewer_sees_only_the_chairs_it_asked_for_and_may_ask_anew(house: FakeHouse, hub: Hub) -> None:
    async with Line(app(hub)) as line:
        await line.say({**HELLO, "chairs": ["2"]})
        house.happen("1", spo2(96))
        house.happen("2", spo2(97))
        await settle()
        assert {one["chair"] for one in line.of("changes") + line.of("snapshot")} == {"2"}
        await line.say({**HELLO, "chairs": ["1"]})
        assert line.of("snapshot")[-1]["state"]["vitals"][0]["value"] == 96


async def test_waves_are_gathered_into_one_frame_a_chair(house: FakeHouse, hub: Hub) -> None:
    async with Line(app(hub)) as line, Line(app(hub)) as blind:
        await line.say(HELLO)
        await blind.say({**HELLO, "waves": False})
        house.happen("2", pleth(0, 1, 2, 3))
        house.happen("2", pleth(3, -4, 5))
        house.happen("2", pleth(9, 6))
        hub.flush()
        await settle()
    [frame] = line.waves
    chair, parts = unpack(frame)
    assert chair == 1
    assert [(part.number, part.first_index, part.samples) for part in parts] == [(1, 0, [1, 2, 3, -4, 5]), (1, 9, [6])]
    assert line.of("waveforms")[0]["waveforms"][0]["name"] == "pleth"
    assert line.received.index(line.of("waveforms")[0]) < line.received.index(frame)
    assert not blind.waves


async def test_nonsense_is_answered_by_a_sentence_and_disturbs_nobody(house: FakeHouse, hub: Hub) -> None:
    async with Line(app(hub)) as line, Line(app(hub)) as other:
        await other.say(HELLO)
        said: list[Any] = [
            "{",
            b"\x00\x01",
            [],
            {"type": "goodbye"},
            {"type": "seen", "beat": 0, "sound": True, "visible": True},
            {**HELLO, "chairs": ["9"]},
            {**HELLO, "protocol": 2},
            {**HELLO, "extra": 1},
        ]
        for nonsense in said:
            await line.say(nonsense)
        assert [one["sentence"] for one in line.received] == [
            'this is no JSON; the first message is {"type":"hello","protocol":1}',
            "a binary message came; clients send JSON text",
            "a message is a JSON object",
            "'goodbye' is not known; there are 'hello', 'seen'",
            "say hello first",
            "there is no chair '9'; there are 1, 2",
            "this server speaks protocol 1, not 2: use a client for 1",
            "hello.extra: there is no such field",
        ]
        await line.say(HELLO)
        assert line.of("snapshot")
        house.happen("1", spo2(96))
        await settle()
        assert len(other.of("changes")) == len(line.of("changes")) == 1
        assert not other.of("error")


async def test_who_goes_on_with_nonsense_is_closed(hub: Hub) -> None:
    async with Line(app(hub)) as line:
        for _ in range(10):
            await line.say("nonsense")
        assert line.closed == (1008, "10 messages could not be used")


async def test_too_large_a_message_closes(hub: Hub) -> None:
    async with Line(app(hub)) as line:
        await line.say("x" * 5000)
        assert line.closed
        assert line.closed[0] == 1009


async def test_who_never_says_hello_hears_nothing_and_is_closed(house: FakeHouse, hub: Hub) -> None:
    async with Line(app(hub)) as line:
        for _ in range(11):
            hub.beat()
            house.happen("1", pleth(0, 1), spo2(96))
        hub.flush()
        await settle()
        assert not line.received
        assert line.closed == (1008, "no hello came within 10 s")


async def test_too_many_messages_in_a_second_are_refused(hub: Hub) -> None:
    async with Line(app(hub)) as line:
        for _ in range(21):
            await line.say(HELLO)
        assert len(line.of("welcome")) == 20
        assert len(line.of("error")) == 1
        hub.beat()
        await line.say(HELLO)
        assert len(line.of("welcome")) == 21


async def test_a_slow_screen_loses_its_waves_first_and_holds_up_nobody(house: FakeHouse, hub: Hub) -> None:
    async with Line(app(hub)) as slow, Line(app(hub)) as quick:
        await slow.say(HELLO)
        await quick.say(HELLO)
        slow.stick()
        for number in range(60):
            house.happen("1", pleth(5000 * number, *range(5000)), spo2(number))
            hub.flush()
            await settle()
        assert len(quick.waves) == 60
        await slow.flow()
    assert len(slow.waves) < 30
    assert [one["seq"] for one in slow.of("changes")] == [one["seq"] for one in quick.of("changes")]


async def test_a_screen_far_behind_starts_over_from_snapshots(
    house: FakeHouse, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "EMPTY_MARK", 20_000)
    async with Line(app(hub)) as slow:
        await slow.say(HELLO)
        slow.stick()
        house.happen("1", spo2(99), pleth(0, 1))
        await settle()
        for number in range(200):
            house.happen("1", spo2(number))
        assert slow_queue(hub) < 20_000
        await slow.flow()
        house.happen("1", spo2(88))
        await settle()
    assert len(slow.of("changes")) < 100
    assert slow.of("changes")[-1]["prev"] == slow.of("snapshot")[-2]["seq"]
    assert slow.of("snapshot")[-2]["state"]["vitals"][0]["value"] == 199
    assert len(slow.of("waveforms")[-1]["waveforms"]) == 1


def slow_queue(hub: Hub) -> int:
    return max(viewer.waiting for viewer in hub.viewers)


async def test_a_send_that_hangs_closes_the_screen(hub: Hub) -> None:
    async with Line(app(hub)) as line:
        await line.say(HELLO)
        line.stick()
        hub.beat()
        await settle()
        for _ in range(6):
            hub.beat()
        await settle()
        assert hub.screens().connected == 0 or [one for one in hub.viewers if one.ended.done()]


async def test_a_screen_that_draws_too_late_is_closed(hub: Hub) -> None:
    async with Line(app(hub)) as line:
        await line.say(HELLO)
        hub.beat()
        await line.say({"type": "seen", "beat": 1, "sound": True, "visible": True})
        for _ in range(5):
            hub.beat()
        await settle()
        assert not line.closed
        hub.beat()
        await settle()
        assert line.closed == (1008, "this screen is more than 5 s behind")


async def test_a_bedside_made_anew_is_told_by_a_snapshot(house: FakeHouse, hub: Hub) -> None:
    async with Line(app(hub)) as line:
        await line.say(HELLO)
        house.happen("1", alert(AlertState.ENDED), spo2(96))
        house.views["1"] = FakeHouse("1").views["1"]
        house.happen("1", body=Configured(ChairConfig("1", "Chair 1", ()), "0.1.0"))
        house.happen("1", body=Resumed(1, "test"))
        house.happen("1", spo2(97))
        await settle()
    last = line.of("snapshot")[-1]
    assert last["ended"] == []
    assert last["seq"] == 4
    assert not [one for one in line.of("changes") if one["seq"] == 4]


async def test_alerts_that_ended_stay_in_the_snapshot_for_an_hour(house: FakeHouse, hub: Hub) -> None:
    house.happen("1", session(Phase.INFUSING))
    hub.remember([alert(AlertState.ENDED, began=START + 1).alert, alert(AlertState.ENDED, began=START - 9).alert])
    house.happen("1", alert(AlertState.ENDED, "hr_high"))
    assert [one.code for one in hub.snapshot("1").ended] == ["spo2_low", "hr_high"]
    house.at += 3_600_000_001
    assert hub.snapshot("1").ended == ()


# A client that applies changes to a snapshot holds what the next snapshot says


COMMAND = CommandView("c1", "nibp", CommandKind.NIBP_START, CommandState.SENT, "", START, START, "L. Moreno")
SOME_CHANGES: list[Change] = [
    spo2(96),
    spo2(None),
    device(),
    device(demo=True),
    session(Phase.INFUSING),
    session(Phase.PAUSED),
    alert(),
    alert(AlertState.LATCHED),
    alert(AlertState.ENDED),
    alert(code="hr_high"),
    AlertsGrouped(START, AlertGroup("Multiple conditions (6)", Priority.HIGH, START, ("1:spo2_low:1",))),
    AlertsGrouped(START, None),
    AudioPauseChanged(START, START + 1, "L. Moreno"),
    AudioPauseChanged(START, None, ""),
    LimitsChanged(START, ()),
    CommandChanged(START, COMMAND),
    NibpChanged(START, NibpSchedule(300, START)),
    HouseTold(START, ("the record is not written",), 5),
    pleth(0, 1),
]


@given(
    st.lists(st.lists(st.sampled_from(SOME_CHANGES), max_size=3), max_size=12),
    st.integers(0, 12),
    st.sets(st.integers(0, 12)),
)
@settings(deadline=None, max_examples=60)
def test_a_client_that_came_at_any_moment_holds_what_is(
    entries: list[list[Change]], comes_at: int, misses: set[int]
) -> None:
    asyncio.run(_resumes(entries, comes_at, misses))


async def _resumes(entries: list[list[Change]], comes_at: int, misses: set[int]) -> None:
    house = FakeHouse("1")
    hub = opened(house)
    async with Line(app(hub)) as line:
        for number, changes in enumerate(entries):
            if number == comes_at:
                await line.say(HELLO)
            if number in misses:
                await line.say(HELLO)
            house.happen("1", *changes)
            if number % 2:
                await settle()
        if comes_at >= len(entries):
            await line.say(HELLO)
        await settle()
        follower = Follower()
        for message in line.received:
            if isinstance(message, dict):
                follower.take(message, 0.0)
    held = follower.chairs["1"].state
    fresh = Chair(_plain(hub.snapshot("1"))).state
    assert {**held, "at": 0} == {**fresh, "at": 0}


def _plain(message: Any) -> Any:
    import orjson

    return orjson.loads(encode(message))
