"""What people did at the chairs: each operator's action, so that a review need not read the whole journal for it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deed",
        sa.Column("chair", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("arguments", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["chair"], ["chair.id"]),
        sa.PrimaryKeyConstraint("chair", "seq"),
    )
    op.create_index("deed_by_time", "deed", ["chair", "at"], unique=False)
