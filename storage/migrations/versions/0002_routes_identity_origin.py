"""How each route fares, what identifies an article beyond its URL, its origin, and what robots.txt files say.

Columns and one table only: SQLite would have to write a table anew for a constraint, with every row that refers to it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def _text(name: str, kind: sa.String | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Text(), server_default="", nullable=False)


def _added() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "article": (
            sa.Column("cut", sa.String(16)),
            sa.Column("external_id", sa.String(128)),
            sa.Column("translation_of", _ID),
            sa.Column("origin_outlet", sa.String(64)),
            sa.Column("origin_phrase", sa.Text()),
        ),
        "entry": (_text("guid"), _text("credit")),
        "route_state": (
            _text("type", sa.String(16)),
            _text("outcome", sa.String(32)),
            _text("reason"),
            sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
            sa.Column("last_ok_at", _TIME),
            sa.Column("newest_at", _TIME),
            _text("health", sa.String(16)),
            _text("health_reason"),
            sa.Column("verified_at", _TIME),
        ),
        "source_state": (sa.Column("interval", sa.Integer()), sa.Column("stated", sa.Integer()), _text("rule_error")),
    }


def upgrade() -> None:
    """Add columns and table; what was stored before stays as it is."""
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.execute("DELETE FROM story_term")  # weights and stems of an earlier way to compare
    op.create_table(
        "robots",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fetched_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_robots")),
    )
    op.create_index("ix_article_external_id", "article", ["external_id"])
    op.create_index("ix_article_translation_of", "article", ["translation_of"])
    op.create_index("ix_entry_latest", "entry", ["source_id", "first_seen_at"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("robots")
    op.drop_index("ix_entry_latest", "entry")
    op.drop_index("ix_article_translation_of", "article")
    op.drop_index("ix_article_external_id", "article")
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
