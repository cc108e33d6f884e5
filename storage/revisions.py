"""Keep what an article said before, and say what was changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from scrapers.article import Article
from storage.likeness.fingerprint import normal_words
from storage.tables import ArticleRow, RevisionRow

_TRUNCATED = 0.6  # a refetch with less than this share of the words is a cut page, not an edit


def is_change(row: ArticleRow, article: Article) -> bool:
    """Whether `article` is a new version that replaces what `row` holds."""
    if article.partial and not row.partial:
        return False
    old, new = normal_words(row.text), normal_words(article.text)
    if row.source_id != article.source and not row.partial:
        return False  # an aggregator's rendering of the same URL is no edit by the outlet
    if not row.partial and len(new) < _TRUNCATED * len(old):
        return False
    return old != new or normal_words(row.title) != normal_words(article.title)


def keep(session: Session, row: ArticleRow, now: datetime) -> None:
    """Store the version that is about to be replaced."""
    session.add(
        RevisionRow(
            article_id=row.id,
            seq=row.revision,
            kind=row.change_kind or "",
            title=row.title,
            text=row.text,
            seen_at=row.changed_at or row.first_seen_at,
        )
    )
    row.revision += 1
    row.changed_at, row.change_kind = now, "update"
