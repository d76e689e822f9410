"""A journal applied again brings the same alerts, exactly: across gaps, restarts and holes. And what differs is found."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitor.clock import ManualClock
from monitor.core.entries import Bytes, ChairConfig, PortOpened
from monitor.replay import Outcome, replay
from monitor.station import Station
from monitor.storage import tables
from monitor.storage.recorder import Recorder
from monitor.storage.store import read_store
from tests.shells.making import ADMISSION, DRIVERS, NURSE, Talker, chair
from tests.storage.making import Told, opened

LOW, GOOD, MISSING = b"\x50", b"\x61", b"\x00"
"""80 %, 97 %, and a number that can be none."""


@pytest.fixture(autouse=True)
def _mended() -> Iterator[None]:
    yield
    Talker.broken = False


class Recorded:
    """A chair that is recorded on disk, with a device that says what the test wants, once a second."""

    def __init__(self, station: Station, clock: ManualClock, recorder: Recorder) -> None:
        self.station = station
        self.clock = clock
        self.recorder = recorder

    async def begin(self) -> None:
        self.station.submit("1", PortOpened("oximeter", simulated=True))
        await self.station.act("1", NURSE, "admit", ADMISSION)
        self.station.submit("1", PortOpened("oximeter", simulated=True))
        await self.station.act("1", NURSE, "start", {})

    async def say(self, value: bytes, seconds: int) -> None:
        for _ in range(seconds):
            self.station.submit("1", Bytes("oximeter", value))
            await self.clock.advance(1)

    def alerts(self) -> list[str]:
        return [alert.id for alert in self.station.view("1")[1].alerts]

    def not_monitored(self) -> list[str]:
        session = self.station.view("1")[1].session
        assert session is not None
        return [one.reason for one in session.not_monitored]


@asynccontextmanager
async def recorded(
    directory: Path, clock: ManualClock, config: ChairConfig | None = None, software: str = "0.1.0"
) -> AsyncIterator[Recorded]:
    store, told = opened(directory), Told()
    clock.settle(None, store.last_at())
    station = Station(clock, [config or chair()], DRIVERS, software)
    recorder = Recorder(store, told.tell, station.resume)
    station.start(recorder, {"1": store.tail("1")})
    running = asyncio.create_task(station.run())
    try:
        yield Recorded(station, clock, recorder)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await recorder.close()
        store.close()


def replayed(directory: Path, software: str = "0.1.0", session: bool = False) -> Outcome:
    store = read_store(directory)
    try:
        first, last = (1, None)
        if session:
            with store.engine.connect() as connection:
                name = connection.execute(tables.session.select()).one().id
            _, first, last = store.session_span(name)
        return replay(store, "1", DRIVERS, software, first, last)
    finally:
        store.close()


async def desaturation(at: Recorded) -> None:
    await at.say(GOOD, 5)
    await at.say(LOW, 60)
    (alert,) = at.alerts()
    await at.station.act("1", NURSE, "acknowledge", {"alert": alert})
    await at.say(GOOD, 30)


async def test_a_session_agrees_with_every_step_of_its_alerts(tmp_path: Path) -> None:
    async with recorded(tmp_path, ManualClock()) as at:
        await at.begin()
        await desaturation(at)
        await at.station.act("1", NURSE, "stop", {"reason": "end"})
        await at.station.act("1", NURSE, "close", {})
    for session in (False, True):
        outcome = replayed(tmp_path, session=session)
        assert outcome.agrees, outcome.differences
        assert outcome.alert_steps >= 3
        assert outcome.notes == []
        assert 94 <= outcome.recorded_s <= 97


async def test_it_agrees_across_a_standstill_a_failing_entry_and_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    async with recorded(tmp_path, clock) as at:
        await at.begin()
        await at.say(LOW, 20)
        assert at.alerts()
        clock.jump(120)
        await at.say(LOW, 20)
        Talker.broken = True
        at.station.submit("1", PortOpened("oximeter"))
        Talker.broken = False
        at.station.submit("1", PortOpened("oximeter", simulated=True))
        await desaturation_goes_on(at)
    clock.jump(30)
    async with recorded(tmp_path, clock, chair("1", "Window")) as at:
        at.station.submit("1", PortOpened("oximeter", simulated=True))
        await at.say(LOW, 40)
    async with recorded(tmp_path, clock, chair("1", "Window")) as at:
        await clock.advance(90)
    outcome = replayed(tmp_path)
    assert outcome.agrees, outcome.differences
    assert outcome.notes == []
    assert outcome.alert_steps > 5


async def test_alarm_off_for_what_is_not_connected_is_read_back_from_the_record(tmp_path: Path) -> None:
    clock = ManualClock()
    async with recorded(tmp_path, clock) as at:
        await at.begin()
        await at.say(GOOD, 2)
        await at.station.act("1", NURSE, "stop", {})
        await at.say(MISSING, 5)
        await at.station.act("1", NURSE, "not_monitored", {"parameter": "spo2", "reason": "awake, going home"})
    clock.jump(30)
    async with recorded(tmp_path, clock) as at:
        at.station.submit("1", PortOpened("oximeter", simulated=True))
        await at.say(MISSING, 60)
        assert at.alerts() == []
        assert at.not_monitored() == ["awake, going home"]
        await at.say(GOOD, 1)
        assert at.not_monitored() == []
        await at.say(MISSING, 40)
        assert len(at.alerts()) == 1
    outcome = replayed(tmp_path)
    assert outcome.agrees, outcome.differences
    assert outcome.alert_steps == 1


async def desaturation_goes_on(at: Recorded) -> None:
    await at.say(LOW, 70)
    await at.say(GOOD, 20)


async def test_an_alert_that_was_not_recorded_and_one_that_was_made_up_are_found(tmp_path: Path) -> None:
    async with recorded(tmp_path, ManualClock()) as at:
        await at.begin()
        await desaturation(at)
    store = opened(tmp_path)
    steps = store.alert_steps("1")
    table = tables.alert_change
    with store.engine.begin() as connection:
        connection.execute(table.delete().where(table.c.seq == steps[0].seq))
        connection.execute(table.update().where(table.c.seq == steps[-1].seq).values(text="made up"))
    store.close()
    outcome = replayed(tmp_path)
    assert not outcome.agrees
    assert outcome.differing == 3
    assert [sentence.split(":")[0] for sentence in outcome.differences] == [
        "replayed, not recorded",
        "recorded, not replayed",
        "replayed, not recorded",
    ]


async def test_another_version_of_the_software_is_told(tmp_path: Path) -> None:
    async with recorded(tmp_path, ManualClock(), software="0.0.9") as at:
        await at.begin()
    outcome = replayed(tmp_path)
    assert outcome.notes == ["recorded by version 0.0.9 from entry 1 on; this is version 0.1.0"]


async def test_a_hole_is_told_and_the_replay_goes_on_after_it(tmp_path: Path) -> None:
    clock = ManualClock()
    async with recorded(tmp_path, clock) as at:
        await at.begin()
        await at.say(LOW, 30)
        at.recorder.flush()
        await at.say(LOW, 10)
        at.recorder.flush()
        at.station.resume("1", "a hole")
        at.station.submit("1", PortOpened("oximeter", simulated=True))
        await at.say(GOOD, 40)
    store = opened(tmp_path)
    resumed = next(seq for seq, one in store.beginnings("1").items() if one.kind == "resumed")
    table = tables.block
    with store.engine.begin() as connection:
        blocks = connection.execute(table.select().where(table.c.last_seq < resumed - 1)).all()
        lost = blocks[-1]
        connection.execute(table.delete().where(table.c.first_seq == lost.first_seq))
    store.close()
    outcome = replayed(tmp_path)
    assert outcome.notes == [f"entries {lost.first_seq} to {lost.last_seq} were not recorded"]
    assert outcome.agrees, outcome.differences


async def test_a_state_that_did_not_survive_as_it_should_is_found(tmp_path: Path) -> None:
    clock = ManualClock()
    async with recorded(tmp_path, clock) as at:
        await at.begin()
    async with recorded(tmp_path, clock) as at:
        await at.say(GOOD, 1)
    store = opened(tmp_path)
    table = tables.beginning
    with store.engine.begin() as connection:
        kept = connection.execute(table.select().where(table.c.kind == "resumed")).one().checkpoint
        connection.execute(
            table.update().where(table.c.kind == "resumed").values(checkpoint=kept.replace(b"A.B.", b"X.Y."))
        )
    store.close()
    outcome = replayed(tmp_path)
    assert outcome.differing == 1
    assert outcome.differences[0].endswith("what had to survive differs: session")
