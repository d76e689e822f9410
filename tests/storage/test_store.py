"""Taking the record's file: one server at a time, and nothing that is damaged or foreign is touched."""

import sqlite3
from pathlib import Path

import pytest
from alembic import autogenerate
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from monitor.clock import Anchor
from monitor.errors import NotFound, StoreError
from monitor.storage import tables
from monitor.storage.opening import LOCK
from monitor.storage.store import FILE, Store, read_store
from tests.storage.making import Chair, opened, recorder_on

MIGRATIONS = Path(tables.__file__).parent / "migrations"


async def recorded(directory: Path) -> Path:
    """A record with something in it, closed; returns its file."""
    store = opened(directory)
    recorder = recorder_on(store)
    chair = Chair(recorder)
    chair.bytes(500)
    chair.act()
    await recorder.close()
    store.close()
    return directory / FILE


def refused(directory: Path) -> str:
    """The sentence with which the record is refused, on one line, the file left as it was."""
    file = directory / FILE
    before = file.read_bytes() if file.exists() else b""
    with pytest.raises(StoreError) as caught:
        Store(directory).open()
    assert (file.read_bytes() if file.exists() else b"") == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_migrations_make_the_tables(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with store.engine.connect() as connection:
        assert autogenerate.compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    store.close()


def test_the_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == tables.REVISION


def test_a_second_server_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first = opened(tmp_path)
    assert "another Vigil server (process" in refused(tmp_path)
    assert first.chairs() == []
    first.close()
    opened(tmp_path).close()


def test_a_lock_that_a_killed_server_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("12345")
    opened(tmp_path).close()


@pytest.mark.parametrize("where", ["head", "middle", "cut"])
async def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path, where: str) -> None:
    file = await recorded(tmp_path)
    data = bytearray(file.read_bytes())
    if where == "head":
        data[:100] = bytes(100)
    elif where == "middle":
        for page in range(1, len(data) // 4096):
            data[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    else:
        del data[len(data) // 2 :]
    file.write_bytes(data)
    assert "is damaged" in refused(tmp_path)


def test_text_in_the_place_of_the_record_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("this is no database, " * 100)
    assert "is damaged (file is not a database)" in refused(tmp_path)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    connection.close()
    assert "is no record of Vigil" in refused(tmp_path)


async def test_a_record_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    file = await recorded(tmp_path)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "was written by a newer version of Vigil" in refused(tmp_path)


def test_a_directory_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be used" in refused(tmp_path / "file" / "data")


async def test_reading_goes_on_beside_a_server(tmp_path: Path) -> None:
    store = opened(tmp_path)
    recorder = recorder_on(store)
    chair = Chair(recorder)
    await recorder.committed("1", chair.act().seq)
    reader = read_store(tmp_path)
    assert list(reader.journal("1")) == chair.written
    with pytest.raises(NotFound, match="no session 'x'"):
        reader.session_span("x")
    reader.close()
    await recorder.close()
    store.close()


def test_nothing_to_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no record"):
        read_store(tmp_path)


def test_the_anchor_of_the_clock_is_kept(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store.anchor() is None
    for at in (5, 6):
        store.keep_anchor(Anchor("boot", 1, at, 1.0))
    assert store.anchor() == Anchor("boot", 1, 6, 1.0)
    assert store.last_at() == 0
    store.close()
