"""The parts of the hub without a socket: numbers of curves, frames, who can sound, the marks of a queue."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base.observations import WaveformChunk
from drivers.base.vocabulary import Unit, WaveformName
from monitor.core.changes import Phase
from monitor.errors import BadRequest
from monitor.web import hub as hubs
from monitor.web import viewer as viewers
from monitor.web.hub import Hub
from monitor.web.messages import Hello, Seen
from monitor.web.screens import FRESH_BEATS, LOST_BEATS
from monitor.web.viewer import SnapshotOf, Viewer
from monitor.web.waves import Gathering, Part, WaveformNumbers, pack, unpack
from tests.web.house import CLINIC, START, FakeHouse, session

HELLO = Hello(type="hello", protocol=1)


def chunk(
    first_index: int, samples: tuple[int, ...], run: int = 1, name: WaveformName = WaveformName.ECG_II
) -> WaveformChunk:
    return WaveformChunk(name, START, 250.0, run, first_index, samples, 0.005, 0, Unit.MILLIVOLT)


# Frames


def test_a_frame_by_its_bytes() -> None:
    frame = pack(3, [Part(7, 2, 2**40, [1, -2, 3])])
    assert frame == (
        b"\x01\x01\x03\x00\x00\x00\x00\x00"
        + struct.pack("<HHIQ", 7, 3, 2, 2**40)
        + b"\x01\x00\xfe\xff\x03\x00"
        + b"\x00\x00"
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.lists(st.integers(-32768, 32767), max_size=20)), max_size=300))
def test_what_is_packed_is_what_is_unpacked(pieces: list[tuple[int, list[int]]]) -> None:
    parts = [Part(number, 1, number, samples) for number, samples in pieces[:255]]
    frame = pack(0xFFFF, parts)
    assert len(frame) % 8 == 0
    assert unpack(frame) == (0xFFFF, parts)


@pytest.mark.parametrize("frame", [b"", b"\x02" + bytes(7), pack(1, [Part(1, 1, 1, [1] * 9)])[:-10]])
def test_a_frame_that_is_not_whole_is_refused(frame: bytes) -> None:
    with pytest.raises(ValueError, match="this wave frame"):
        unpack(frame)


def test_a_gap_or_a_new_run_begins_a_new_part() -> None:
    gathering = Gathering(0)
    for first_index, run in ((0, 1), (2, 1), (5, 1), (0, 2)):
        gathering.add(1, chunk(first_index, (1, 1), run))
    [frame] = gathering.frames()
    assert [(part.first_index, part.run, len(part.samples)) for part in unpack(frame)[1]] == [
        (0, 1, 4),
        (5, 1, 2),
        (0, 2, 2),
    ]
    assert gathering.frames() == []


def test_more_parts_than_a_frame_holds_take_several() -> None:
    gathering = Gathering(0)
    for run in range(300):
        gathering.add(1, chunk(0, (1,), run))
    assert [len(unpack(frame)[1]) for frame in gathering.frames()] == [255, 45]


def test_each_kind_of_curve_of_a_device_has_one_number() -> None:
    numbers = WaveformNumbers()
    same = [numbers.number("cardiac", chunk(0, ())), numbers.number("cardiac", chunk(9, (1,), 4))]
    other = [
        numbers.number("oximeter", chunk(0, ())),
        numbers.number("cardiac", chunk(0, (), name=WaveformName.ECG_I)),
    ]
    assert (same, other) == ([1, 1], [2, 3])
    assert [(one.number, one.device, one.name) for one in numbers.waveforms] == [
        (1, "cardiac", "ecg_ii"),
        (2, "oximeter", "ecg_ii"),
        (3, "cardiac", "ecg_i"),
    ]


# A viewer's queue


async def drained(viewer: Viewer) -> list[object]:
    viewer.put("end")
    items: list[object] = []
    while (item := await viewer.next()) != "end":
        items.append(item)
    return items


async def seeing() -> Viewer:
    viewer = Viewer("v1")
    viewer.chairs = frozenset("1")
    viewer.waves = True
    return viewer


async def test_waves_go_first_when_a_queue_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "WAVES_MARK", 100)
    viewer = await seeing()
    viewer.put_waves("1", bytes(60))
    viewer.put_changes("1", "a" * 30)
    viewer.put_waves("1", bytes(20))
    viewer.put_changes("1", "b" * 30)
    viewer.put_waves("1", bytes(40))
    assert viewer.waiting == 100
    viewer.put_changes("1", "c")
    viewer.put_waves("1", bytes(30))
    assert await drained(viewer) == ["a" * 30, "b" * 30, "c", bytes(30)]


async def test_what_a_waiting_snapshot_will_hold_is_not_queued() -> None:
    viewer = await seeing()
    viewer.put_changes("1", "before")
    viewer.owe("1")
    viewer.owe("1")
    viewer.put_changes("1", "in the snapshot")
    assert await viewer.next() == "before"
    assert await viewer.next() == SnapshotOf("1")
    viewer.put_changes("1", "after")
    assert await drained(viewer) == ["after"]


async def test_another_chair_is_none_of_its_business() -> None:
    viewer = await seeing()
    viewer.put_changes("2", "changes")
    viewer.put_waves("2", b"waves")
    viewer.owe("2")
    assert await drained(viewer) == []


# Who can sound


async def screen(hub: Hub) -> Viewer:
    viewer = hub.join()
    hub.hello(viewer, HELLO)
    return viewer


def says(hub: Hub, viewer: Viewer, beat: int, sound: bool = True, visible: bool = True) -> None:
    hub.seen(viewer, Seen(type="seen", beat=beat, sound=sound, visible=visible))


async def test_a_screen_can_sound_only_while_it_says_so_and_is_fresh() -> None:
    house = FakeHouse("1")
    hub = Hub(house, house.now, CLINIC)
    viewer = await screen(hub)
    hub.beat()
    assert hub.screens().sounding == 0
    for sound, visible, sounding in ((True, True, 1), (False, True, 0), (True, False, 0), (True, True, 1)):
        says(hub, viewer, 1, sound, visible)
        assert hub.screens().sounding == sounding
    for _ in range(FRESH_BEATS):
        hub.beat()
    assert hub.screens().sounding == 1
    hub.beat()
    assert hub.screens().sounding == 0


async def test_the_house_is_told_when_the_last_screen_that_can_sound_is_lost_and_when_it_is_back() -> None:
    house = FakeHouse("1")
    hub = Hub(house, house.now, CLINIC)
    house.subscribers.append(hub.take)
    viewer = await screen(hub)
    hub.beat()
    says(hub, viewer, 1)
    house.happen("1", session(Phase.INFUSING))
    hub.beat()
    assert house.told == [("screens", False, "")]
    hub.leave(viewer)
    for _ in range(LOST_BEATS):
        hub.beat()
    assert len(house.told) == 1
    hub.beat()
    hub.beat()
    assert house.told[1:] == [("screens", True, "No screen can sound an alarm: tap Start shift on one")]
    viewer = await screen(hub)
    says(hub, viewer, 1)
    says(hub, viewer, 9)
    hub.beat()
    assert house.told[2:] == [("screens", False, "")]


async def test_a_page_loaded_anew_is_no_loss_and_neither_is_an_empty_room() -> None:
    house = FakeHouse("1")
    hub = Hub(house, house.now, CLINIC)
    house.subscribers.append(hub.take)
    for _ in range(20):
        hub.beat()
    house.happen("1", session(Phase.INFUSING))
    for beat in range(1, 20):
        hub.beat()
        if beat % LOST_BEATS == 0:
            viewer = await screen(hub)
            says(hub, viewer, 20 + beat)
            hub.beat()
            hub.leave(viewer)
    house.happen("1", session(Phase.RECOVERY))
    for _ in range(20):
        hub.beat()
    assert [told for told in house.told if told[1]] == []


async def test_a_beat_that_has_not_been_is_nonsense() -> None:
    house = FakeHouse("1")
    hub = Hub(house, house.now, CLINIC)
    viewer = await screen(hub)
    with pytest.raises(BadRequest, match="beat 5 has not been yet; the newest is 0"):
        says(hub, viewer, 5)


async def test_there_is_an_end_to_the_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_VIEWERS", 2)
    house = FakeHouse("1")
    hub = Hub(house, house.now, CLINIC)
    hub.join()
    hub.join()
    with pytest.raises(BadRequest, match="no more may be"):
        hub.join()
