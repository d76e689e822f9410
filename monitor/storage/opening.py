"""How the record's file is taken: locked, looked at without changing it, made or brought up to date.

A file that is damaged, foreign or of a newer version is refused with one sentence and left as it is.
"""

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from monitor.errors import StoreError
from monitor.storage import tables

LOCK = "vigil.lock"
CHECKED_SIZE = 256 * 1024 * 1024
"""A file up to this size is checked whole at every start; a larger one would keep the values waiting."""


def lock(directory: Path) -> int:
    """Take the directory for this process; the lock ends with it, however that ends."""
    holding = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(holding, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(holding, 20).decode(errors="replace").strip()
        os.close(holding)
        who = f" (process {holder})" if holder else ""
        raise StoreError(
            f"another Vigil server{who} already uses the data directory {directory}: "
            "stop it, or choose another data_dir"
        ) from None
    os.truncate(holding, 0)
    os.pwrite(holding, str(os.getpid()).encode(), 0)
    return holding


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open a connection as the house wants it: whole syncs, checked references, no long wait for another's lock."""
    uri = path.resolve().as_uri() + ("?mode=ro" if read_only else "")
    connection = sqlite3.connect(uri, uri=True, timeout=1.0, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def check(path: Path) -> str | None:
    """Look at the file without changing it; return its revision, None when there is nothing yet. Raises ``StoreError``."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    connection = None
    try:
        connection = connect(path, read_only=True)
        if path.stat().st_size <= CHECKED_SIZE:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise StoreError(_damaged(path, found))
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if "alembic_version" not in names:
            raise StoreError(f"{path} is no record of Vigil: move it away, or choose another data_dir")
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise StoreError(cannot_use(path, error)) from error
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


def cannot_use(path: Path, error: Exception) -> str:
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


def bring_up_to_date(engine: sa.Engine, path: Path) -> None:
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
