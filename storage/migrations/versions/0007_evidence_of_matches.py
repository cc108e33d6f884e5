"""The watchlist that a match and an article were last seen with, and when a match ceased to hold.

Columns only. Articles of earlier versions say of no watchlist that it has seen them, so the first re-match reads them
all.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _added() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "match": (
            sa.Column("watchlist_version", sa.String(32), server_default="", nullable=False),
            sa.Column("lapsed_at", sa.DateTime(timezone=True)),
        ),
        "article": (sa.Column("matched_with", sa.String(32), server_default="", nullable=False),),
    }


def upgrade() -> None:
    """Add the columns."""
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)


def downgrade() -> None:
    """Drop them again; a match that had ceased to hold stands as if it still did."""
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
