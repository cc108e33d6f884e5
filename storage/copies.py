"""Link an article to the earlier one whose text it repeats."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from storage.likeness.gist import Gist
from storage.tables import ArticleRow


def link(session: Session, fresh: Sequence[tuple[ArticleRow, Gist]]) -> None:
    """Say of each article which earlier one it repeats, and keep its fingerprints."""


def forget(session: Session, rows: Sequence[ArticleRow]) -> None:
    """Drop the fingerprints of articles, before their text changes."""
