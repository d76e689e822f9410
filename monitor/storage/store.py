"""The record's file: opened by one server at a time, written in whole transactions, read by anybody.

SQLite in WAL mode with ``synchronous=FULL``: what ``write`` has returned from outlives the machine's power. Everything
here blocks; the recorder calls ``write`` in a thread of its own, readers go to worker threads.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError

from drivers.base.observations import Instant
from monitor.clock import Anchor
from monitor.core.entries import Entry
from monitor.errors import NotFound, StoreError
from monitor.storage import opening, tables
from monitor.storage.blocks import Block, unpack

FILE = "vigil.sqlite3"
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


@dataclass(frozen=True, slots=True)
class Beginning:
    """A point from which a chair can be replayed: what kind of entry, by which software, from which state (JSON)."""

    seq: int
    kind: str
    software: str
    checkpoint: bytes | None


@dataclass(frozen=True, slots=True)
class AlertStep:
    """One step of an alert's life, as far as a replay must agree with it."""

    seq: int
    at: Instant
    alert: str
    event: str
    state: str
    priority: str
    sounding: bool
    text: str


class Store:
    """The record in a data directory. Nothing is touched before ``open``; who only reads asks ``read_store``."""

    def __init__(self, directory: Path, *, read_only: bool = False) -> None:
        self.path = directory / FILE
        connect = partial(opening.connect, self.path, read_only=read_only)
        self.engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool)
        self._lock: int | None = None

    def open(self) -> None:
        """Take the directory for this server alone, and make the record or bring it up to date. Raises ``StoreError``."""
        directory = self.path.parent
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = opening.lock(directory)
        except OSError as error:
            raise StoreError(f"the data directory {directory} cannot be used: {error.strerror}") from None
        try:
            opening.check(self.path)
            opening.bring_up_to_date(self.engine, self.path)
        except StoreError:
            self.close()
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            self.close()
            raise StoreError(opening.cannot_use(self.path, error)) from error

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

    def chairs(self) -> list[str]:
        """The chairs that have a record."""
        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(tables.chair.c.id).order_by(tables.chair.c.id)).scalars())

    def sessions(self) -> list[str]:
        """The sessions on record, oldest first."""
        with self.engine.connect() as connection:
            c = tables.session.c
            return list(connection.execute(sa.select(c.id).order_by(c.first_seq, c.id)).scalars())

    def session_span(self, session: str) -> tuple[str, int, int | None]:
        """Return a session's chair, first and last seq; None for one that is not closed. Raises ``NotFound``."""
        c = tables.session.c
        query = sa.select(c.chair, c.first_seq, c.last_seq, c.closed_at).where(c.id == session)
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"there is no session '{session}' in {self.path}")
        return row.chair, row.first_seq, None if row.closed_at is None else row.last_seq

    def beginnings(self, chair: str) -> dict[int, Beginning]:
        """Return where a replay of ``chair`` may begin, by seq."""
        c = tables.beginning.c
        query = sa.select(c.seq, c.kind, c.software, c.checkpoint).where(c.chair == chair)
        with self.engine.connect() as connection:
            return {row.seq: Beginning(*row) for row in connection.execute(query)}

    def alert_steps(self, chair: str, first_seq: int = 1, last_seq: int | None = None) -> list[AlertStep]:
        """Return what became of the alerts of ``chair``, as it was when it happened, in order."""
        c = tables.alert_change.c
        query = sa.select(c.seq, c.at, c.alert, c.event, c.state, c.priority, c.sounding, c.text)
        query = query.where(c.chair == chair, c.seq >= first_seq).order_by(c.seq, c.n)
        if last_seq is not None:
            query = query.where(c.seq <= last_seq)
        with self.engine.connect() as connection:
            return [AlertStep(*row) for row in connection.execute(query)]


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
    "deed": tables.deed.insert(),
}


def read_store(directory: Path) -> Store:
    """Open the record in ``directory`` for reading only; a server may run beside. Raises ``StoreError``."""
    store = Store(directory, read_only=True)
    if not store.path.is_file():
        raise StoreError(f"there is no record in {directory}: {FILE} is missing")
    if opening.check(store.path) != tables.REVISION:
        raise StoreError(
            f"the record {store.path} is of an older version: start the server once, it brings it up to date"
        )
    return store
