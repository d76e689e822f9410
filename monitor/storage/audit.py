"""The audit log: what has no chair. Sign-ins, the clinic's pre-set, amendments of closed sessions; docs/journal.md has its form.

Rows are added, never changed. Each bears a SHA-256 over the row before and itself, so that whatever was changed, taken out or put
in between shows; rows cut from the end show only to who kept the newest hash. A broken chain is told and left as it is.
"""

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from drivers.base.observations import Instant
from monitor.core.entries import Actor, Role
from monitor.errors import StoreError
from monitor.storage import tables
from monitor.storage.blocks import to_json
from monitor.storage.writer import RETRY_S

BEGINNING = "0" * 64
"""What stands for the hash before the first row."""
MOST_WAITING = 10_000
"""Notes that may wait for a disk that refuses."""
_AT_ONCE = 1000

Body = dict[str, Any]
log = structlog.get_logger("audit")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row: who did what, when. ``kind`` says what ``body`` holds; ``n`` counts from 1 without holes."""

    n: int
    at: Instant
    actor: Actor
    kind: str
    body: Body
    hash: str


@dataclass(frozen=True, slots=True)
class Chain:
    """How the chain stands: how many rows hold, the hash of the last of them, and where it breaks as a sentence ("": nowhere)."""

    rows: int
    newest: str
    broken: str = ""


@dataclass(frozen=True, slots=True)
class _Note:
    at: Instant
    actor: Actor
    kind: str
    body: Body


def linked(previous: str, n: int, at: Instant, actor: str, role: str, kind: str, body: str) -> str:
    """Return a row's hash: SHA-256, in hex, of these seven as a JSON list without spaces, in UTF-8."""
    row = json.dumps([previous, n, at, actor, role, kind, body], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(row.encode()).hexdigest()


class AuditLog:
    """The log in a record's database. Its methods block, but for ``note``, ``write``, ``run`` and ``close``."""

    def __init__(self, engine: sa.Engine, now: Callable[[], Instant]) -> None:
        self._engine = engine
        self._now = now
        self._waiting: list[_Note] = []
        self._one_at_a_time = threading.Lock()
        self._news = asyncio.Event()
        self._ailing = False
        self.broken = ""
        """Where the chain broke when it was last checked, as a sentence."""

    def note(self, actor: Actor, kind: str, body: Body | None = None) -> None:
        """Have something written as soon as the disk takes it. Waits for nothing: nobody is kept from a chair by a full disk."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(_Note(self._now(), actor, kind, body or {}))
        self._news.set()

    async def write(self, actor: Actor, kind: str, make: Callable[[], Body]) -> AuditRow:
        """Write what ``make`` gives, and return it once it is on disk.

        ``make`` is called when all before is written and nothing else can be, in another thread; what it raises is raised
        here. Raises ``StoreError`` when the disk refuses: then nothing was written.
        """
        try:
            return await asyncio.to_thread(self._write, actor, kind, make)
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise StoreError(f"nothing was changed: the record cannot be written ({cause})") from None

    async def run(self) -> None:
        """Write what was noted, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            if not await asyncio.to_thread(self.flush):
                await asyncio.sleep(RETRY_S)
                self._news.set()

    async def close(self) -> None:
        """Write what is left, if it can be written."""
        if not await asyncio.to_thread(self.flush):
            log.error("audit log not written to its end", rows=len(self._waiting))

    def flush(self) -> bool:
        """Write what was noted; return whether it could be."""
        try:
            with self._one_at_a_time:
                self._write_waiting()
        except SQLAlchemyError as error:
            if not self._ailing:
                log.error("audit log cannot be written", error=str(getattr(error, "orig", None) or error))
            self._ailing = True
            return False
        if self._ailing:
            log.info("audit log written again")
        self._ailing = False
        return True

    def check(self) -> Chain:
        """Follow the chain from its first row on; ``broken`` remembers what was found."""
        chain = self._followed()
        self.broken = chain.broken
        return chain

    def _followed(self) -> Chain:
        newest, n = BEGINNING, 0
        for row in self._every_row():
            if row.n != n + 1:
                return Chain(n, newest, f"the audit log is broken: row {n + 1} is missing")
            if row.hash != linked(newest, *row[:-1]):
                when = datetime.fromtimestamp(row.at / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
                return Chain(
                    n,
                    newest,
                    f"the audit log is broken at row {row.n} ({row.kind}, {when} UTC): it is not what was written",
                )
            newest, n = row.hash, row.n
        return Chain(n, newest)

    def rows(self, kind: str, *, session: str | None = None, limit: int = 1000) -> list[AuditRow]:
        """Return the rows of this kind (and of this session), newest first."""
        c = tables.audit.c
        query = sa.select(c.n, c.at, c.actor, c.role, c.kind, c.body, c.hash).where(c.kind == kind)
        if session is not None:
            query = query.where(sa.func.json_extract(c.body, "$.session") == session)
        with self._engine.connect() as connection:
            found = connection.execute(query.order_by(c.n.desc()).limit(limit)).all()
        return [AuditRow(r.n, r.at, Actor(r.actor, Role(r.role)), r.kind, json.loads(r.body), r.hash) for r in found]

    def _write(self, actor: Actor, kind: str, make: Callable[[], Body]) -> AuditRow:
        with self._one_at_a_time:
            self._write_waiting()
            note = _Note(self._now(), actor, kind, make())
            with self._engine.begin() as connection:
                return _append(connection, [note])[0]

    def _write_waiting(self) -> None:
        """Take what waits off the list only when it is on disk, whatever becomes of the task that asked for it."""
        notes = self._waiting[:]
        if notes:
            with self._engine.begin() as connection:
                _append(connection, notes)
            del self._waiting[: len(notes)]

    def _every_row(self) -> Iterator[Any]:
        c, n = tables.audit.c, 0
        query = sa.select(c.n, c.at, c.actor, c.role, c.kind, c.body, c.hash).order_by(c.n).limit(_AT_ONCE)
        while True:
            with self._engine.connect() as connection:
                rows = connection.execute(query.where(c.n > n)).all()
            yield from rows
            if len(rows) < _AT_ONCE:
                return
            n = rows[-1].n


def _append(connection: sa.Connection, notes: Iterable[_Note]) -> list[AuditRow]:
    c = tables.audit.c
    last = connection.execute(sa.select(c.n, c.hash).order_by(c.n.desc()).limit(1)).one_or_none()
    n, newest = (last.n, last.hash) if last else (0, BEGINNING)
    made = []
    for note in notes:
        n, body = n + 1, to_json(note.body).decode()
        row = (n, note.at, note.actor.name, note.actor.role.value, note.kind, body)
        newest = linked(newest, *row)
        made.append(AuditRow(n, note.at, note.actor, note.kind, json.loads(body), newest))
        values = dict(zip(("n", "at", "actor", "role", "kind", "body", "hash"), (*row, newest), strict=True))
        connection.execute(tables.audit.insert(), values)
    return made
