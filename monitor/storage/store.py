"""The record's file: opened by one server at a time, written in whole transactions, read by anybody.

SQLite in WAL mode with ``synchronous=FULL``: what ``write`` has returned from outlives the machine's power. Everything
here blocks; the recorder calls ``write`` in a thread of its own, readers go to worker threads.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError

from drivers.base.observations import Instant
from monitor.clock import Anchor
from monitor.core.entries import Entry
from monitor.errors import StoreError
from monitor.storage import tables
from monitor.storage.blocks import Block, unpack

FILE = "vigil.sqlite3"
LOCK = "vigil.lock"
CHECKED_SIZE = 256 * 1024 * 1024
"""A file up to this size is checked whole at every start; a larger one would keep the values waiting."""
BLOCKS_AT_ONCE = 256


@dataclass(slots=True)
class Batch:
    """What is to be written of one chair in one transaction: entries and all that follows from them."""

    chair: str
    last_seq: int
    last_at: Instant
    block: Block | None = None
    checkpoint: tuple[int, bytes] | None = None
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """About how much memory it holds, in bytes."""
        return len(self.block.data) if self.block else 0


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a chair's record ends: what a restart takes up. ``config`` is the JSON of the configuration last in force."""

    last_seq: int
    last_at: Instant
    checkpoint: bytes | None
    config: bytes | None


class Store:
    """The record in a data directory. Nothing is touched before ``open``; who only reads asks ``read_store``."""

    def __init__(self, directory: Path, *, read_only: bool = False) -> None:
        self.path = directory / FILE
        url = f"sqlite:///file:{self.path}?mode=ro&uri=true" if read_only else f"sqlite:///{self.path}"
        self.engine = sa.create_engine(url, connect_args={"timeout": 1.0, "check_same_thread": False})
        sa.event.listen(self.engine, "connect", _prepare)
        self._lock: int | None = None

    def open(self) -> None:
        """Take the directory for this server alone, and make the record or bring it up to date. Raises ``StoreError``."""
        directory = self.path.parent
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(directory)
        except OSError as error:
            raise StoreError(f"the data directory {directory} cannot be used: {error.strerror}") from None
        try:
            _check(self.path)
            _bring_up_to_date(self.engine, self.path)
        except StoreError:
            self.close()
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            self.close()
            raise StoreError(_cannot_use(self.path, error)) from error

    def close(self) -> None:
        """Let go of the file and of the directory."""
        self.engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write(self, batches: Sequence[Batch]) -> None:
        """Write ``batches`` in one transaction: all of it is on disk when this returns, or nothing. Raises SQLAlchemyError."""
        with self.engine.begin() as connection:
            for batch in batches:
                _write_chair(connection, batch)
            for name, statement in _WRITES.items():
                if rows := [row for batch in batches for row in batch.rows.get(name, ())]:
                    connection.execute(statement, rows)

    def tail(self, chair: str) -> Tail | None:
        """Return where the record of ``chair`` ends, or None where there is none."""
        c, b = tables.chair.c, tables.beginning.c
        config = (
            sa.select(b.config)
            .where(b.chair == chair, b.config.is_not(None))
            .order_by(b.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = sa.select(c.last_seq, c.last_at, c.checkpoint, config).where(c.id == chair)
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return Tail(*row) if row else None

    def last_at(self) -> Instant:
        """The newest time that was written; 0 in an empty record."""
        with self.engine.connect() as connection:
            return connection.execute(sa.select(sa.func.max(tables.chair.c.last_at))).scalar() or 0

    def anchor(self) -> Anchor | None:
        """The clock's anchor that was kept."""
        c = tables.anchor.c
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(c.boot, c.count_ns, c.at, c.speed)).one_or_none()
        return Anchor(*row) if row else None

    def keep_anchor(self, anchor: Anchor) -> None:
        """Keep the clock's anchor for the next start."""
        row = {"id": 1, "boot": anchor.boot, "count_ns": anchor.count_ns, "at": anchor.at, "speed": anchor.speed}
        with self.engine.begin() as connection:
            connection.execute(_upsert(tables.anchor, "id"), row)

    def journal(self, chair: str, first_seq: int = 1, last_seq: int | None = None) -> Iterator[Entry]:
        """Yield the stored entries of ``chair``, by seq. A hole in seq is where entries could not be written.

        Raises ``StoreError`` at the first block that is damaged.
        """
        b = tables.block.c
        query = sa.select(b.first_seq, b.last_seq, b.first_at, b.data).where(b.chair == chair)
        query = query.order_by(b.first_seq).limit(BLOCKS_AT_ONCE)
        if last_seq is not None:
            query = query.where(b.first_seq <= last_seq)
        come_to = first_seq - 1
        while True:
            with self.engine.connect() as connection:
                blocks = connection.execute(query.where(b.last_seq > come_to)).all()
            for block in blocks:
                for entry in unpack(chair, *block):
                    if entry.seq >= first_seq and (last_seq is None or entry.seq <= last_seq):
                        yield entry
                come_to = block.last_seq
            if len(blocks) < BLOCKS_AT_ONCE:
                return


def _write_chair(connection: sa.Connection, batch: Batch) -> None:
    row: dict[str, Any] = {"id": batch.chair, "last_seq": batch.last_seq, "last_at": batch.last_at}
    if batch.checkpoint:
        row["checkpoint_seq"], row["checkpoint"] = batch.checkpoint
    statement = insert(tables.chair).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))
    if block := batch.block:
        connection.execute(
            tables.block.insert(),
            {
                "chair": block.chair,
                "first_seq": block.first_seq,
                "last_seq": block.last_seq,
                "first_at": block.first_at,
                "last_at": block.last_at,
                "data": block.stored(),
            },
        )


def _upsert(table: sa.Table, key: str, *kept: str) -> sa.Insert:
    """Insert, or replace what stands under ``key`` but for the columns ``kept``."""
    statement = insert(table)
    names = [column.name for column in table.columns if column.name not in (key, *kept)]
    return statement.on_conflict_do_update(
        index_elements=[key], set_={name: statement.excluded[name] for name in names}
    )


_WRITES: dict[str, sa.Insert] = {
    "beginning": tables.beginning.insert(),
    "session": _upsert(tables.session, "id", "first_seq", "chair"),
    "session_step": tables.session_step.insert(),
    "alert": _upsert(tables.alert, "id", "chair"),
    "alert_change": tables.alert_change.insert(),
    "reading": tables.reading.insert(),
}


def read_store(directory: Path) -> Store:
    """Open the record in ``directory`` for reading only; a server may run beside. Raises ``StoreError``."""
    store = Store(directory, read_only=True)
    if not store.path.is_file():
        raise StoreError(f"there is no record in {directory}: {FILE} is missing")
    if _check(store.path) != tables.REVISION:
        raise StoreError(
            f"the record {store.path} is of an older version: start the server once, it brings it up to date"
        )
    return store


def _lock(directory: Path) -> int:
    """Take the directory for this process; the lock ends with it, however that ends."""
    lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(lock, 20).decode(errors="replace").strip()
        os.close(lock)
        who = f" (process {holder})" if holder else ""
        raise StoreError(
            f"another Vigil server{who} already uses the data directory {directory}: "
            "stop it, or choose another data_dir"
        ) from None
    os.truncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _check(path: Path) -> str | None:
    """Look at the file without changing it; return its revision, None when there is nothing yet. Raises ``StoreError``."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    connection = None
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        if path.stat().st_size <= CHECKED_SIZE:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise StoreError(_damaged(path, found))
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if "alembic_version" not in names:
            raise StoreError(f"{path} is no record of Vigil: move it away, or choose another data_dir")
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise StoreError(_cannot_use(path, error)) from error
    finally:
        if connection:
            connection.close()
    revision = row[0] if row else ""
    if revision > tables.REVISION:
        raise StoreError(
            f"the record {path} was written by a newer version of Vigil (its form is {revision}, "
            f"this version knows up to {tables.REVISION}): install the newer version"
        )
    return revision or None


def _cannot_use(path: Path, error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    if type(cause) is sqlite3.DatabaseError:
        return _damaged(path, str(cause))
    return f"the record {path} cannot be used: {cause}"


def _damaged(path: Path, detail: str) -> str:
    detail = " ".join(detail.split())[:120]
    return (
        f"the record {path} is damaged ({detail}); it was left as it is: "
        "move it away or put a copy in its place, then start again"
    )


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")


def _bring_up_to_date(engine: sa.Engine, path: Path) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        revision = None
        if sa.inspect(connection).has_table("alembic_version"):
            revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    with suppress(OSError):
        path.chmod(0o600)
    if revision == tables.REVISION:
        return
    # Alembic takes a while to import; a start that has nothing to migrate does without.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
