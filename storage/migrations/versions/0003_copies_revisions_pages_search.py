"""Fingerprints, story terms by time, kinds of revisions, where pages are kept, a search index, claims of sources.

Columns and new tables only: SQLite would have to write a table anew for a constraint, with every row that refers to it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_INDEXES = {
    "ix_article_at": ("article", ["at"]),
    "ix_article_source_at": ("article", ["source_id", "at"]),
    "ix_article_maybe_translation_of": ("article", ["maybe_translation_of"]),
    "ix_article_edition_of": ("article", ["edition_of"]),
    "ix_article_indexed": ("article", ["indexed"]),
    "ix_entry_article_id": ("entry", ["article_id"]),
}
_PARTIAL = {
    "ix_article_keyed": ("first_seen_at", "key_count IS NOT NULL"),
    "ix_article_sketched": ("first_seen_at", "sketch IS NOT NULL"),
    "ix_article_with_text": ("first_seen_at", "let_go_at IS NULL"),
}


def _added() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "article": (
            sa.Column("at", _TIME, server_default="1970-01-01 00:00:00", nullable=False),
            sa.Column("maybe_translation_of", _ID),
            sa.Column("maybe_score", sa.Float()),
            sa.Column("entities", sa.JSON(), server_default="[]", nullable=False),
            sa.Column("changed_at", _TIME),
            sa.Column("change_kind", sa.String(16)),
            sa.Column("checked_at", _TIME),
            sa.Column("gone_at", _TIME),
            sa.Column("let_go_at", _TIME),
            sa.Column("edition_of", _ID),
            sa.Column("key_count", sa.Integer()),
            sa.Column("sketch", sa.LargeBinary()),
            sa.Column("vector", sa.LargeBinary()),
            sa.Column("indexed", sa.SmallInteger(), server_default="0", nullable=False),
        ),
        "article_revision": (sa.Column("kind", sa.String(16), server_default="", nullable=False),),
        "entry": (sa.Column("checks", sa.Integer(), server_default="0", nullable=False),),
        "source_state": (sa.Column("claimed_by", sa.String(64)), sa.Column("claimed_until", _TIME)),
    }


def upgrade() -> None:
    """Add columns and tables; the text of the latest revision stands in the article alone from now on."""
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.execute("UPDATE article SET at = coalesce(published_at, first_seen_at)")
    for name, (table, names) in _INDEXES.items():
        op.create_index(name, table, names)
    for name, (named, held) in _PARTIAL.items():
        op.create_index(name, "article", [named], sqlite_where=sa.text(held), postgresql_where=sa.text(held))
    latest = "article_revision.article_id = article.id AND article_revision.seq = article.revision"
    op.execute(
        f"UPDATE article SET changed_at = (SELECT seen_at FROM article_revision WHERE {latest}), "  # noqa: S608
        "change_kind = 'update' WHERE revision > 1"
    )
    op.execute("UPDATE article_revision SET kind = 'update' WHERE seq > 1")
    op.execute(f"DELETE FROM article_revision WHERE EXISTS (SELECT 1 FROM article WHERE {latest})")  # noqa: S608
    op.drop_table("story_term")  # made again for what is indexed again
    _create_tables()
    _create_search()


def _create_tables() -> None:
    op.create_table(
        "story_term",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("term", "at", "article_id", name=op.f("pk_story_term")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "article_figure",
        sa.Column("figure", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("figure", "at", "article_id", name=op.f("pk_article_figure")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "term_count",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("term", "day", name=op.f("pk_term_count")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "article_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "day", "article_id", name=op.f("pk_article_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "page",
        sa.Column("id", _ID, nullable=False),
        sa.Column("source_id", sa.String(64), nullable=False),
        sa.Column("article_id", _ID),
        sa.Column("entry_id", _ID),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("fetched_at", _TIME, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_page_article_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_page_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
    )
    for name in ("article_id", "entry_id", "fetched_at"):
        op.create_index(f"ix_page_{name}", "page", [name])


def _create_search() -> None:
    """An index of words alone: the texts stand in `article`. Words come folded and parted by single blanks."""
    if op.get_bind().dialect.name == "sqlite":
        # every letter beyond ASCII is one, whatever tables of Unicode this SQLite was built with
        op.execute("CREATE VIRTUAL TABLE article_search USING fts5(title, body, content='', tokenize='ascii')")
        return
    op.execute("CREATE TABLE article_search (article_id BIGINT PRIMARY KEY, body TSVECTOR)")
    op.execute("CREATE INDEX ix_article_search_body ON article_search USING gin (body)")


def downgrade() -> None:
    """Drop them again; the revision that is the article itself is written back."""
    op.execute("DROP TABLE article_search")
    for table in ("page", "article_key", "article_figure", "term_count", "story_term"):
        op.drop_table(table)
    op.execute(
        "INSERT INTO article_revision (article_id, seq, title, text, seen_at) "
        "SELECT id, revision, title, text, coalesce(changed_at, first_seen_at) FROM article"
    )
    for name in _PARTIAL:
        op.drop_index(name, "article")
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
    op.create_table(
        "story_term",
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_story_term_article_id")),
        sa.PrimaryKeyConstraint("term", "article_id", name=op.f("pk_story_term")),
    )
    op.create_index("ix_story_term_article_id", "story_term", ["article_id"])
