"""The processes that fetch, so that several together keep the pace of one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table more."""
    op.create_table(
        "fetcher",
        sa.Column("id", sa.String(96), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetcher")),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("fetcher")
