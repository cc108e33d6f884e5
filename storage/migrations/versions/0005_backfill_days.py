"""How far every past day of a source was brought in, so that a backfill goes on where it stopped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table more."""
    names = ("expected", "found", "new", "duplicates", "failed")
    counts = [sa.Column(name, sa.Integer(), nullable=False) for name in names]
    op.create_table(
        "backfill_day",
        sa.Column("source_id", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        *counts,
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "day", name=op.f("pk_backfill_day")),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("backfill_day")
