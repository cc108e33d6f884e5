"""Find stored articles by their words, on both engines alike."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from storage.likeness.gist import Gist
from storage.tables import ArticleRow


def index(session: Session, fresh: Sequence[tuple[ArticleRow, Gist]]) -> None:
    """Add the words of articles to the index."""


def forget(session: Session, rows: Sequence[ArticleRow]) -> None:
    """Take articles out of the index, before their title or text changes."""
