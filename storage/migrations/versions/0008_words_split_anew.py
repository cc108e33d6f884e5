"""The search index begins anew: words are split in another way, so that old ones could not be taken out of it."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty the index; `upkeep` fills it again, newest articles first."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO article_search (article_search) VALUES ('delete-all')")
    else:
        op.execute("TRUNCATE article_search")
    op.execute("UPDATE article SET indexed = 0")


def downgrade() -> None:
    """The same: an earlier version splits its own words."""
    upgrade()
