"""What was answered is on disk, what is on disk is a prefix of what happened, and a disk that refuses delays nothing."""

import shutil
from pathlib import Path

import pytest

from monitor.core.changes import AlertState
from monitor.core.entries import Entry, Resumed
from monitor.errors import StoreError
from monitor.storage import tables
from monitor.storage.store import FILE, Store
from tests.storage.making import Chair, Told, opened, recorder_on


def wal(directory: Path) -> Path:
    return directory / f"{FILE}-wal"


def recovered(source: Path, target: Path, wal_size: int) -> Store:
    """The record as a machine would find it whose power went when ``wal_size`` bytes of the log had reached the disk."""
    target.mkdir()
    shutil.copy(source / FILE, target / FILE)
    wal(target).write_bytes(wal(source).read_bytes()[:wal_size])
    return opened(target)


async def test_wherever_the_power_goes_the_disk_holds_a_prefix_with_all_that_was_answered(tmp_path: Path) -> None:
    source = tmp_path / "source"
    store = opened(source)
    start = wal(source).stat().st_size
    recorder = recorder_on(store)
    chairs = [Chair(recorder, "1"), Chair(recorder, "2")]
    answered: list[tuple[int, Entry]] = []
    for turn in range(12):
        for chair in chairs:
            chair.bytes(turn % 5)
            chair.reading(90 + turn)
            entry = chair.act() if turn % 3 else chair.alert()
            chair.bytes(turn % 2)
            await recorder.committed(chair.name, entry.seq)
            answered.append((wal(source).stat().st_size, entry))
    end = wal(source).stat().st_size
    for number, cut in enumerate([*range(start, end, (end - start) // 40), end]):
        found = recovered(source, tmp_path / f"cut{number}", cut)
        for chair in chairs:
            journal = list(found.journal(chair.name))
            assert journal == chair.written[: len(journal)]
            assert all(entry in journal for size, entry in answered if size <= cut and entry.chair == chair.name)
            assert_projections_end_with(found, chair.name, journal)
        found.close()
    await recorder.close()
    assert list(store.journal("1")) == chairs[0].written
    store.close()


def assert_projections_end_with(store: Store, chair: str, journal: list[Entry]) -> None:
    tail = store.tail(chair)
    if not journal:
        assert tail is None
        return
    assert tail
    assert (tail.last_seq, tail.last_at) == (journal[-1].seq, journal[-1].at)
    assert all(step.seq <= tail.last_seq for step in store.alert_steps(chair))
    with store.engine.connect() as connection:
        table = tables.chair.c
        seq, checkpoint = connection.execute(
            tables.chair.select().with_only_columns(table.checkpoint_seq, table.checkpoint).where(table.id == chair)
        ).one()
    actions = [entry.seq for entry in journal if entry.body.type == "operator_action"]
    assert seq == (actions[-1] if actions else None)
    assert checkpoint == (f'{{"seq":{seq}}}'.encode() if actions else None)


async def test_bytes_wait_and_an_alert_takes_them_along(tmp_path: Path) -> None:
    store = opened(tmp_path)
    recorder = recorder_on(store)
    chair = Chair(recorder)
    await recorder.committed("1", 1)
    chair.bytes(50)
    assert len(list(store.journal("1"))) == 1
    alert = chair.alert()
    await recorder.committed("1", alert.seq)
    assert list(store.journal("1")) == chair.written
    await recorder.close()
    store.close()


async def test_an_alert_that_ended_is_one_row_and_two_steps(tmp_path: Path) -> None:
    store = opened(tmp_path)
    recorder = recorder_on(store)
    chair = Chair(recorder)
    chair.alert()
    chair.alert(AlertState.ENDED)
    await recorder.close()
    assert [(step.seq, step.event) for step in store.alert_steps("1")] == [(2, "began"), (3, "ended")]
    with store.engine.connect() as connection:
        (row,) = connection.execute(tables.alert.select()).all()
    assert row.state == "ended"
    store.close()


async def test_trends_get_a_row_a_second_and_every_spot_value(tmp_path: Path) -> None:
    store = opened(tmp_path)
    recorder = recorder_on(store)
    chair = Chair(recorder)
    for _ in range(250):
        chair.reading(96)
    chair.reading(95, spot=True)
    chair.reading(94, spot=True)
    await recorder.close()
    with store.engine.connect() as connection:
        rows = connection.execute(tables.reading.select()).all()
    assert len([row for row in rows if not row.spot]) == 3
    assert [row.vitals for row in rows if row.spot] == [b'{"spo2":95}', b'{"spo2":94}']
    store.close()


async def test_a_full_disk_is_told_once_and_nothing_is_lost_when_it_takes_again(tmp_path: Path) -> None:
    store, told = opened(tmp_path), Told()
    recorder = recorder_on(store, told, retry_s=0.001)
    chair = Chair(recorder)
    await recorder.committed("1", 1)
    store.full = True
    chair.bytes(3)
    action = chair.act()
    with pytest.raises(StoreError, match="could not be written to the record"):
        await recorder.committed("1", action.seq)
    chair.act()
    with pytest.raises(StoreError):
        await recorder.committed("1", chair.seq)
    assert told.sentences == ["The record cannot be written: database or disk is full"]
    store.full = False
    while told.ailing[-1]:
        await told.news()
    assert told.ailing == [True, False]
    assert not recorder.ailing
    await recorder.close()
    assert list(store.journal("1")) == chair.written
    assert told.mended == []
    store.close()


async def test_what_waits_for_a_full_disk_is_bounded_and_the_hole_gets_a_new_beginning(tmp_path: Path) -> None:
    store, told = opened(tmp_path), Told()
    recorder = recorder_on(store, told, retry_s=0.001, most_waiting=20_000)
    chair = Chair(recorder)
    await recorder.committed("1", 1)
    store.full = True
    chair.act()
    await told.news()
    for _ in range(100):
        chair.bytes(100)
        recorder.flush()
    kept = chair.alert()
    last = chair.act()
    store.full = False
    while told.ailing[-1]:
        await told.news()
    assert told.mended == ["1"]
    resumed = chair.enter(Resumed(0, "mended", "0.1.0"))
    chair.bytes(3)
    await recorder.close()
    journal = list(store.journal("1"))
    hole = next(number for number, entry in enumerate(journal) if entry.seq != number + 1)
    assert journal[:hole] == chair.written[:hole]
    assert journal[hole:] == chair.written[resumed.seq - 1 :]
    assert len(journal) < len(chair.written)
    assert [step.seq for step in store.alert_steps("1")] == [kept.seq]
    assert store.beginnings("1")[resumed.seq].checkpoint == f'{{"seq":{last.seq}}}'.encode()
    store.close()


async def test_the_record_goes_on_where_it_ended(tmp_path: Path) -> None:
    store = opened(tmp_path)
    recorder = recorder_on(store)
    chair = Chair(recorder)
    chair.act()
    await recorder.close()
    store.close()

    store = opened(tmp_path)
    tail = store.tail("1")
    assert tail
    assert (tail.last_seq, tail.checkpoint) == (2, b'{"seq":2}')
    recorder = recorder_on(store)
    again = Chair(recorder, seq=tail.last_seq)
    again.bytes(2)
    await recorder.close()
    assert list(store.journal("1")) == chair.written + again.written
    assert list(store.journal("1", 2, 3)) == [*chair.written[1:], again.written[0]]
    assert store.chairs() == ["1"]
    store.close()
