"""The turnstile: times and numbers, the order of things, the beat, gaps, and what a restart takes up."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import pytest

from drivers.base.observations import Instant
from monitor.clock import ManualClock
from monitor.core.changes import Change, Phase
from monitor.core.entries import (
    Bytes,
    ClockStepped,
    Configured,
    Entry,
    HouseChanged,
    PortLost,
    PortOpened,
    Resumed,
)
from monitor.errors import ActionNotAllowed, NotFound
from monitor.station import Station
from tests.shells.making import ADMISSION, DRIVERS, NURSE, House, MemoryRecord, Talker, chair, house


@pytest.fixture(autouse=True)
def _mended() -> Iterator[None]:
    yield
    Talker.broken = False


def spo2(at_house: House, name: str = "1") -> int | float | None:
    values = {vital.parameter.value: vital.value for vital in at_house.station.view(name)[1].vitals}
    return values.get("spo2")


async def admit_and_start(at_house: House) -> None:
    await at_house.station.act("1", NURSE, "admit", ADMISSION)
    await at_house.station.act("1", NURSE, "start", {})


async def test_entries_are_numbered_without_holes_and_never_go_back_in_time() -> None:
    async with house(chair("1"), chair("2")) as h:
        for step_s in (1, 1, -3, 0, 2):
            h.clock.jump(step_s)
            h.station.submit("1", Bytes("oximeter", b"\x60"))
        h.station.submit("2", PortOpened("oximeter"))
        for entries in h.record.entries.values():
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
            assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
        assert h.record.kinds("1") == ["configured"] + ["bytes"] * 5
        assert h.record.kinds("2") == ["configured", "port_opened"]
        assert [(place.id, place.index) for place in h.station.chairs.values()] == [("1", 0), ("2", 1)]


async def test_what_a_subscriber_submits_waits_its_turn() -> None:
    async with house() as h:
        seen: list[str] = []

        def answer(entry: Entry, changes: list[Change]) -> None:
            if isinstance(entry.body, PortOpened):
                h.station.submit("1", PortLost("oximeter", "gone"))

        h.station.subscribe(answer)
        h.station.subscribe(lambda entry, changes: seen.append(entry.body.type))
        h.station.submit("1", PortOpened("oximeter"))
        assert seen == ["port_opened", "port_lost"]
        assert h.record.kinds() == ["configured", "port_opened", "port_lost"]


async def test_a_subscriber_that_fails_disturbs_nobody() -> None:
    async with house() as h:
        seen: list[str] = []

        def fail(entry: Entry, changes: list[Change]) -> None:
            raise ValueError("a bug in a shell")

        h.station.subscribe(fail)
        h.station.subscribe(lambda entry, changes: seen.append(entry.body.type))
        h.station.submit("1", PortOpened("oximeter"))
        assert seen == ["port_opened"]
        assert h.station.view("1")[0] == 2


async def test_a_deadline_fires_at_its_own_time_though_nothing_comes() -> None:
    async with house() as h:
        h.station.submit("1", PortOpened("oximeter"))
        h.station.submit("1", Bytes("oximeter", b"\x60"))
        assert spo2(h) == 96
        told: list[tuple[Instant, str]] = []
        h.station.subscribe(lambda entry, changes: told.extend((change.at, change.type) for change in changes))
        start = h.clock.now()
        await h.clock.advance(40)
        assert spo2(h) is None
        assert (start + 30_000_000, "reading") in told
        assert h.record.kinds()[3:] == ["beat"] * (len(h.record.kinds()) - 3)


async def test_beats_that_change_nothing_leave_no_trace() -> None:
    async with house() as h:
        await h.clock.advance(120)
        beats = [entry for entry in h.record.entries["1"] if entry.body.type == "beat"]
        assert len(beats) < 10
        assert [entry.seq for entry in h.record.entries["1"]] == list(range(1, len(h.record.entries["1"]) + 1))


async def test_an_action_is_answered_when_it_is_on_disk_and_shown_before() -> None:
    async with house() as h:
        h.record.gate.clear()
        acting = asyncio.create_task(h.station.act("1", NURSE, "admit", ADMISSION))
        await h.clock.advance(0.1)
        session = h.station.view("1")[1].session
        assert session
        assert session.phase is Phase.PLANNED
        assert not acting.done()
        h.record.gate.set()
        assert await acting == h.record.entries["1"][-1].seq


async def test_admission_and_closing_make_the_bedside_anew() -> None:
    async with house() as h:
        h.station.submit("1", PortOpened("oximeter"))
        h.station.submit("1", Bytes("oximeter", b"\x60"))
        await h.station.act("1", NURSE, "admit", ADMISSION)
        assert spo2(h) is None
        assert h.record.kinds()[-2:] == ["configured", "operator_action"]
        await h.station.act("1", NURSE, "close", {})
        assert h.record.kinds()[-2:] == ["operator_action", "configured"]
        assert h.station.view("1")[1].session is None


async def test_an_action_that_is_not_allowed_leaves_no_entry() -> None:
    async with house() as h:
        with pytest.raises(ActionNotAllowed):
            await h.station.act("1", NURSE, "start", {})
        with pytest.raises(NotFound, match="there is no chair '9'; there are 1"):
            await h.station.act("9", NURSE, "start", {})
        with pytest.raises(NotFound):
            h.station.view("9")
        assert h.record.kinds() == ["configured"]


async def test_a_house_that_stood_still_tells_a_gap_and_takes_nothing_old() -> None:
    async with house(chair("1"), chair("2")) as h:
        await admit_and_start(h)
        h.station.submit("1", PortOpened("oximeter"))
        assert h.station.submit("1", Bytes("oximeter", b"\x60"))
        await h.clock.advance(2)
        h.clock.jump(60)
        assert not h.station.submit("1", Bytes("oximeter", b"\x50"))
        for name in ("1", "2"):
            gaps = [body for body in h.record.bodies(name) if isinstance(body, Resumed)]
            assert [gap.gap_us for gap in gaps] == [60_000_000]
        assert spo2(h) is None
        session = h.station.view("1")[1].session
        assert session
        assert session.infused_us == 62_000_000
        assert h.station.submit("1", Bytes("oximeter", b"\x5f"))
        assert spo2(h) == 95


async def test_the_beat_itself_finds_the_gap_when_nothing_comes() -> None:
    async with house() as h:
        h.clock.jump(30)
        await h.clock.advance(1)
        assert [body.gap_us for body in h.record.bodies() if isinstance(body, Resumed)] == [30_000_000]


async def test_an_entry_that_fails_goes_to_the_log_and_the_chair_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    async with house() as h:
        await admit_and_start(h)
        Talker.broken = True
        h.station.submit("1", PortOpened("oximeter"))
        Talker.broken = False
        assert "port_opened" not in h.record.kinds()
        assert h.record.kinds()[-2:] == ["resumed", "house_changed"]
        assert "entry not applied" in capsys.readouterr().out
        state = h.station.view("1")[1]
        assert state.session
        assert state.session.phase is Phase.INFUSING
        assert any("Monitor fault" in sentence for sentence in state.house)
        assert [entry.seq for entry in h.record.entries["1"]] == list(range(1, len(h.record.entries["1"]) + 1))
        await h.clock.advance(61)
        assert not any("Monitor fault" in sentence for sentence in h.station.view("1")[1].house)


async def test_a_restart_takes_up_session_and_alerts_and_tells_the_gap() -> None:
    record, clock = MemoryRecord(), ManualClock()
    async with house(record=record, clock=clock) as h:
        await admit_and_start(h)
        h.station.submit("1", HouseChanged("record", True, "The record cannot be written"))
        h.station.submit("1", PortLost("oximeter", "unplugged"))
        await clock.advance(60)
        before, alerts = h.station.view("1")[1], h.alerts()
        assert alerts
    last = record.entries["1"][-1]
    clock.jump(5)
    async with house(record=record, clock=clock) as h:
        resumed = next(entry for entry in record.entries["1"] if isinstance(entry.body, Resumed))
        assert resumed.seq == last.seq + 1
        assert isinstance(resumed.body, Resumed)
        assert resumed.body.gap_us == clock.now() - last.at
        after = h.station.view("1")[1]
        assert before.session
        assert after.session
        assert after.session.began_at == before.session.began_at
        assert after.session.infused_us == before.session.infused_us + 5_000_000
        assert after.session.dose_mg > before.session.dose_mg > Decimal(0)
        assert set(h.alerts()) <= set(alerts)
        assert after.house == ()


async def test_a_restart_with_another_configuration_keeps_the_session() -> None:
    record, clock = MemoryRecord(), ManualClock()
    async with house(record=record, clock=clock) as h:
        await admit_and_start(h)
    async with house(chair("1", "Window"), record=record, clock=clock) as h:
        assert isinstance(record.bodies()[-1], Configured)
        assert not any(isinstance(body, Resumed) for body in record.bodies())
        state = h.station.view("1")[1]
        assert state.name == "Window"
        assert state.session
        assert state.session.phase is Phase.INFUSING


def high_spo2(h: House) -> tuple[Decimal, str]:
    """The limit in force at chair 1, and the version of the pre-set its journal names last."""
    (limit,) = [one for one in h.station.view("1")[1].limits if (one.code, one.priority) == ("spo2_low", "high")]
    return limit.preset, [body.config.version for body in h.record.bodies() if isinstance(body, Configured)][-1]


async def test_another_preset_counts_from_the_next_admission_on() -> None:
    async with house() as h:
        await h.station.act("1", NURSE, "admit", ADMISSION)
        numbers = {"nibp_failed.times": Decimal(3)}
        h.station.set_preset(
            {"spo2_low.high": Decimal(88)}, {"spo2_low": "Look."}, "2", {"spo2_low.high": 8}, settings=numbers
        )
        assert high_spo2(h) == (Decimal(85), "")
        await h.station.act("1", NURSE, "close", {})
        assert high_spo2(h) == (Decimal(88), "2")
        await h.station.act("1", NURSE, "admit", ADMISSION)
        assert high_spo2(h) == (Decimal(88), "2")
        configured = [body.config for body in h.record.bodies() if isinstance(body, Configured)]
        assert [config.responses for config in configured[-2:]] == [{"spo2_low": "Look."}] * 2
        assert [config.delays for config in configured[-3:]] == [{}, {"spo2_low.high": 8}, {"spo2_low.high": 8}]
        assert [config.settings for config in configured[-3:]] == [{}, numbers, numbers]


async def test_a_session_keeps_its_preset_over_a_restart() -> None:
    record, clock = MemoryRecord(), ManualClock()
    async with house(record=record, clock=clock) as h:
        await h.station.act("1", NURSE, "admit", ADMISSION)
    for title in ("", "Window"):  # as it was, and with another name for the chair
        station = Station(clock, [chair("1", title)], DRIVERS, "0.1.0")
        numbers = {"nibp_failed.times": Decimal(3)}
        limits, delays = {"spo2_low.high": Decimal(88)}, {"spo2_low.high": 8}
        station.set_preset(limits, {"spo2_low": "Look."}, "2", delays, settings=numbers)
        station.start(record, record.tails())
        assert high_spo2(House(station, clock, record)) == (Decimal(85), "")
    last = [body.config for body in record.bodies() if isinstance(body, Configured)][-1]
    assert (last.delays, last.settings) == ({}, {})
    assert record.kinds()[-2:] == ["resumed", "configured"]


async def test_an_empty_chair_gets_the_preset_of_the_restart() -> None:
    record, clock = MemoryRecord(), ManualClock()
    async with house(record=record, clock=clock):
        pass
    station = Station(clock, [chair()], DRIVERS, "0.1.0")
    station.set_preset({"spo2_low.high": Decimal(88)}, {"spo2_low": "Look."}, "2", {"spo2_low.high": 8})
    station.start(record, record.tails())
    assert high_spo2(House(station, clock, record)) == (Decimal(88), "2")


async def test_a_wall_clock_that_steps_is_told_once_and_again_to_a_bedside_made_anew() -> None:
    async with house() as h:
        h.clock.offset = 900_000
        await h.clock.advance(3)
        assert "clock_stepped" not in h.record.kinds()
        h.clock.offset = 3_600_000_000
        await h.clock.advance(3)
        assert [body for body in h.record.bodies() if isinstance(body, ClockStepped)] == [ClockStepped(3_600_000_000)]
        await h.station.act("1", NURSE, "admit", ADMISSION)
        assert h.station.view("1")[1].offset_us == 3_600_000_000


async def test_what_ails_the_house_is_told_to_every_chair_and_outlives_an_admission() -> None:
    async with house(chair("1"), chair("2")) as h:
        h.station.tell("record", True, "The record cannot be written")
        await h.station.act("1", NURSE, "admit", ADMISSION)
        for name in ("1", "2"):
            assert h.station.view(name)[1].house == ("The record cannot be written",)
        h.station.tell("record", False, "")
        assert h.station.view("1")[1].house == ()


async def test_a_hole_in_the_record_gets_a_new_beginning() -> None:
    async with house() as h:
        await admit_and_start(h)
        h.station.resume("1", "the disk refused to take the record")
        assert h.record.kinds()[-1] == "resumed"
        assert h.station.view("1")[1].session


def test_the_station_needs_no_loop_to_be_made() -> None:
    assert list(Station(ManualClock(), [chair()], {"talker": None}, "0").chairs) == ["1"]  # type: ignore[dict-item]


async def test_a_checkpoint_that_is_not_understood_stops_no_chair() -> None:
    record, clock = MemoryRecord(), ManualClock()
    async with house(record=record, clock=clock) as h:
        await admit_and_start(h)
    record.checkpoints["1"] = {"of": "another version"}
    last = record.entries["1"][-1]
    async with house(record=record, clock=clock) as h:
        state = h.station.view("1")[1]
        assert state.session is None
        assert "could not be taken up after the restart" in state.house[0]
        assert record.entries["1"][record.entries["1"].index(last) + 1].seq == last.seq + 1
