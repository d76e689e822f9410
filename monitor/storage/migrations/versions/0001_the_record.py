"""The record begins: the journal of the chairs and what is projected from it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _the_journal()
    _sessions()
    _alerts()
    _readings()


def _the_journal() -> None:
    op.create_table(
        "anchor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("count_ns", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "chair",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Integer(), nullable=False),
        sa.Column("checkpoint_seq", sa.Integer(), nullable=True),
        sa.Column("checkpoint", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "block",
        sa.Column("chair", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chair"],
            ["chair.id"],
        ),
        sa.PrimaryKeyConstraint("chair", "first_seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "beginning",
        sa.Column("chair", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("config", sa.LargeBinary(), nullable=True),
        sa.Column("checkpoint", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["chair"],
            ["chair.id"],
        ),
        sa.PrimaryKeyConstraint("chair", "seq"),
    )


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("chair", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("admitted_at", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.Integer(), nullable=True),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("view", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chair"],
            ["chair.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("session_by_chair", "session", ["chair", "admitted_at"], unique=False)
    op.create_table(
        "session_step",
        sa.Column("chair", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("rate_mg_h", sa.Text(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("actor_role", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["chair"],
            ["chair.id"],
        ),
        sa.PrimaryKeyConstraint("chair", "seq", "n"),
    )
    op.create_index("session_step_by_time", "session_step", ["chair", "at"], unique=False)


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("chair", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("began", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.Column("view", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chair"],
            ["chair.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alert_by_chair", "alert", ["chair", "began"], unique=False)
    op.create_index("alert_by_state", "alert", ["state", "began"], unique=False)
    op.create_index("alert_by_time", "alert", ["began"], unique=False)
    op.create_table(
        "alert_change",
        sa.Column("chair", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("sounding", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chair"],
            ["chair.id"],
        ),
        sa.PrimaryKeyConstraint("chair", "seq", "n"),
    )


def _readings() -> None:
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chair", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("spot", sa.Boolean(), nullable=False),
        sa.Column("vitals", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chair"],
            ["chair.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reading_by_time", "reading", ["chair", "at"], unique=False)
