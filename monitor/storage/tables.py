"""The tables of the record. ``block`` is the truth; ``chair`` and ``beginning`` let it be taken up; the rest is projected,
but for ``audit``, which stands for itself.

A change here needs a migration beside it and a new ``REVISION``.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

REVISION = "0003"
"""The newest migration: what a database must have come to."""

metadata = MetaData()

anchor = Table(
    "anchor",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("boot", Text, nullable=False),
    Column("count_ns", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    Column("speed", Float, nullable=False),
)

chair = Table(
    "chair",
    metadata,
    Column("id", Text, primary_key=True),
    Column("last_seq", Integer, nullable=False),
    Column("last_at", Integer, nullable=False),
    Column("checkpoint_seq", Integer),
    Column("checkpoint", LargeBinary),  # JSON
)

block = Table(
    "block",
    metadata,
    Column("chair", Text, ForeignKey("chair.id"), primary_key=True),
    Column("first_seq", Integer, primary_key=True),
    Column("last_seq", Integer, nullable=False),
    Column("first_at", Integer, nullable=False),
    Column("last_at", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

beginning = Table(
    "beginning",
    metadata,
    Column("chair", Text, ForeignKey("chair.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # configured, resumed
    Column("software", Text, nullable=False),
    Column("config", LargeBinary),  # JSON of the ChairConfig, of a Configured
    Column("checkpoint", LargeBinary),  # JSON that the bedside was made from; None: from nothing
)

session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("chair", Text, ForeignKey("chair.id"), nullable=False),
    Column("phase", Text, nullable=False),
    Column("admitted_at", Integer, nullable=False),
    Column("closed_at", Integer),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("view", LargeBinary, nullable=False),  # JSON of the newest SessionView
    Index("session_by_chair", "chair", "admitted_at"),
)

session_step = Table(
    "session_step",
    metadata,
    Column("chair", Text, ForeignKey("chair.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("session", Text),
    Column("step", Text, nullable=False),
    Column("rate_mg_h", Text),
    Column("actor_name", Text),
    Column("actor_role", Text),
    Index("session_step_by_time", "chair", "at"),
)

alert = Table(
    "alert",
    metadata,
    Column("id", Text, primary_key=True),
    Column("chair", Text, ForeignKey("chair.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("began", Integer, nullable=False),
    Column("ended_at", Integer),
    Column("view", LargeBinary, nullable=False),  # JSON of the newest AlertView
    Index("alert_by_chair", "chair", "began"),
    Index("alert_by_time", "began"),
    Index("alert_by_state", "state", "began"),
)

alert_change = Table(
    "alert_change",
    metadata,
    Column("chair", Text, ForeignKey("chair.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("alert", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("sounding", Boolean, nullable=False),
    Column("text", Text, nullable=False),
)

deed = Table(
    "deed",
    metadata,
    Column("chair", Text, ForeignKey("chair.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("actor_role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("arguments", LargeBinary, nullable=False),  # JSON
    Index("deed_by_time", "chair", "at"),
)

reading = Table(
    "reading",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("chair", Text, ForeignKey("chair.id"), nullable=False),
    Column("at", Integer, nullable=False),
    Column("device", Text, nullable=False),
    Column("spot", Boolean, nullable=False),
    Column("vitals", LargeBinary, nullable=False),  # JSON: parameter → value or null
    Index("reading_by_time", "chair", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Column("hash", Text, nullable=False),  # of the row before and this one, see audit.py
    Index("audit_by_kind", "kind", "n"),
)
