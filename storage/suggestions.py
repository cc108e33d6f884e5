"""Suggest which article of another language tells the same: tracked entities, figures and time agree."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from storage.likeness.gist import Gist
from storage.tables import ArticleRow


def suggest(session: Session, fresh: Sequence[tuple[ArticleRow, Gist]]) -> None:
    """Note for each article the likeliest earlier one of which it may be a translation; nothing is merged by it."""
