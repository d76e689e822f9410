"""The audit log: a chain that shows what was changed, and that waits for a disk without keeping anybody."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from monitor.core.entries import Actor, Role
from monitor.errors import ActionNotAllowed, StoreError
from monitor.storage import tables
from monitor.storage.audit import BEGINNING, AuditLog
from monitor.storage.store import FILE, Store, read_store
from tests.storage.making import NURSE, T0, opened
from tests.storage.test_store import MIGRATIONS

PHYSICIAN = Actor("Dr. Ångström", Role.PHYSICIAN)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = opened(tmp_path)
    yield store
    store.close()


@pytest.fixture
def audit(store: Store) -> AuditLog:
    return AuditLog(store.engine, lambda: T0)


def changed_by_hand(file: Path, *statements: str) -> None:
    """What somebody could do who has the file and takes off its guards."""
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("DROP TRIGGER audit_no_delete")
        for statement in statements:
            connection.execute(statement)
    connection.close()


async def three_rows(audit: AuditLog) -> None:
    audit.note(NURSE, "signed_in")
    audit.note(PHYSICIAN, "signed_in", {"from": "Ärzte\n"})
    await audit.write(NURSE, "amendment", lambda: {"session": "1:5", "text": "said “no”"})


async def test_a_row_bears_the_hash_of_the_one_before_and_itself(audit: AuditLog) -> None:
    await three_rows(audit)
    (last,) = audit.rows("amendment")
    first = f'["{BEGINNING}",1,{T0},"L. Moreno","nurse","signed_in","{{}}"]'
    second = f',2,{T0},"Dr. Ångström","physician","signed_in","{{\\"from\\":\\"Ärzte\\\\n\\"}}"]'
    third = f',3,{T0},"L. Moreno","nurse","amendment","{{\\"session\\":\\"1:5\\",\\"text\\":\\"said “no”\\"}}"]'
    expected = hashlib.sha256(first.encode()).hexdigest()
    for rest in (second, third):
        expected = hashlib.sha256(f'["{expected}"{rest}'.encode()).hexdigest()
    assert (last.n, last.hash) == (3, expected)
    chain = audit.check()
    assert (chain.rows, chain.newest, chain.broken) == (3, expected, "")


@pytest.mark.parametrize(
    ("statement", "rows", "said"),
    [
        ("UPDATE audit SET actor = 'A. Guest' WHERE n = 2", 1, "at row 2 (signed_in, 2025-06-15 15:06 UTC)"),
        ("UPDATE audit SET at = at + 1000 WHERE n = 1", 0, "at row 1"),
        ("UPDATE audit SET role = 'physician' WHERE n = 3", 2, "at row 3 (amendment"),
        ("UPDATE audit SET kind = 'note' WHERE n = 3", 2, "at row 3 (note"),
        ("UPDATE audit SET body = '{}' WHERE n = 3", 2, "at row 3"),
        ("UPDATE audit SET hash = 'x' WHERE n = 2", 1, "at row 2"),
        ("DELETE FROM audit WHERE n = 2", 1, "row 2 is missing"),
        ("DELETE FROM audit WHERE n = 1", 0, "row 1 is missing"),
        ("UPDATE audit SET n = 10 - n", 0, "row 1 is missing"),
    ],
)
async def test_whatever_is_changed_shows_and_is_left_as_it_is(
    store: Store, audit: AuditLog, statement: str, rows: int, said: str
) -> None:
    await three_rows(audit)
    changed_by_hand(store.path, statement)
    before = store.path.read_bytes()
    chain = audit.check()
    assert chain.rows == rows
    assert said in chain.broken
    assert audit.broken == chain.broken
    assert store.path.read_bytes() == before


async def test_a_log_of_many_rows_is_followed_to_its_end(store: Store, audit: AuditLog) -> None:
    for _ in range(2500):
        audit.note(NURSE, "signed_in")
    assert audit.flush()
    assert audit.check().rows == 2500
    changed_by_hand(store.path, "UPDATE audit SET actor = '' WHERE n = 2400")
    assert audit.check().rows == 2399


async def test_the_database_refuses_to_change_or_delete_a_row(store: Store, audit: AuditLog) -> None:
    await three_rows(audit)
    for statement in ("UPDATE audit SET actor = ''", "DELETE FROM audit"):
        with pytest.raises(sa.exc.DatabaseError, match="added to, never changed"), store.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    assert audit.check().rows == 3


async def test_a_restart_goes_on_with_the_chain(tmp_path: Path) -> None:
    for _ in range(2):
        store = opened(tmp_path)
        await three_rows(AuditLog(store.engine, lambda: T0))
        store.close()
    reading = read_store(tmp_path)
    assert AuditLog(reading.engine, lambda: T0).check().rows == 6
    reading.close()


async def test_what_is_noted_waits_for_the_disk_and_what_is_asked_is_refused(tmp_path: Path) -> None:
    store = opened(tmp_path)
    audit = AuditLog(store.engine, lambda: T0)
    disk = sqlite3.connect(tmp_path / FILE)
    disk.execute("ALTER TABLE audit RENAME TO away")
    audit.note(NURSE, "signed_in")
    assert not await asyncio.to_thread(audit.flush)
    with pytest.raises(StoreError, match="nothing was changed"):
        await audit.write(NURSE, "amendment", dict)
    disk.execute("ALTER TABLE away RENAME TO audit")
    disk.close()
    await audit.close()
    assert [len(audit.rows(kind)) for kind in ("signed_in", "amendment")] == [1, 0]
    store.close()


async def test_what_is_refused_on_the_way_leaves_no_row(audit: AuditLog) -> None:
    def refuse() -> dict[str, object]:
        raise ActionNotAllowed("somebody was faster")

    with pytest.raises(ActionNotAllowed, match="faster"):
        await audit.write(PHYSICIAN, "preset", refuse)
    assert audit.check().rows == 0


async def test_two_who_write_at_once_come_one_after_the_other(audit: AuditLog) -> None:
    seen: list[int] = []

    def count() -> dict[str, object]:
        seen.append(len(audit.rows("preset")))
        return {}

    await asyncio.gather(*(audit.write(PHYSICIAN, "preset", count) for _ in range(8)))
    assert seen == list(range(8))
    assert audit.check().rows == 8


async def test_running_it_writes_what_is_noted(audit: AuditLog) -> None:
    running = asyncio.create_task(audit.run())
    audit.note(NURSE, "signed_out")
    while not audit.rows("signed_out"):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_amendments_are_found_by_their_session(audit: AuditLog) -> None:
    for session in ("1:5", "2:7", "1:5"):
        await audit.write(NURSE, "amendment", lambda session=session: {"session": session})  # type: ignore[misc]
    assert [row.n for row in audit.rows("amendment", session="1:5")] == [3, 1]


def test_a_record_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(f"sqlite:///{tmp_path / FILE}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(tables.chair.insert(), {"id": "1", "last_seq": 7, "last_at": T0})
    store = opened(tmp_path)
    tail = store.tail("1")
    assert tail
    assert tail.last_seq == 7
    assert AuditLog(store.engine, lambda: T0).check().rows == 0
    store.close()
