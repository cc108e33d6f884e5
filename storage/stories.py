"""Put each article into the story that it tells, or begin a new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from storage.likeness.gist import Gist
from storage.tables import ArticleRow, StoryRow


def attach(session: Session, fresh: Sequence[tuple[ArticleRow, Gist]]) -> None:
    """Give every article its story. A copy or a translation has its original's; a revised article keeps its own."""
    for row, _ in fresh:
        if row.story_id is None and row.duplicate_of is not None:
            row.story_id = session.get_one(ArticleRow, row.duplicate_of).story_id
        if row.story_id is None:
            row.story_id = _translated(session, row) or _begin(session, row)
        _widen(session, row.story_id, row.at)


def forget(session: Session, rows: Sequence[ArticleRow]) -> None:
    """Drop the terms of articles, before their text changes."""


def _translated(session: Session, row: ArticleRow) -> int | None:
    first = session.get(ArticleRow, row.translation_of) if row.translation_of else None
    return first.story_id if first else None


def _begin(session: Session, row: ArticleRow) -> int:
    story = StoryRow(title=row.title, first_at=row.at, last_at=row.at)
    session.add(story)
    session.flush()
    return story.id


def _widen(session: Session, story_id: int, at: datetime) -> None:
    story = session.get_one(StoryRow, story_id)
    story.first_at, story.last_at = min(story.first_at, at), max(story.last_at, at)
