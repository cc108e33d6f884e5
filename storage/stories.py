"""Put each article into the story that it tells, or begin a new one."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage import clustering
from storage.fingerprint import normal_words
from storage.tables import ArticleRow, StoryRow, StoryTermRow
from storage.upsert import MOST_ROWS

_WINDOW = timedelta(hours=clustering.WINDOW_HOURS)
_CANDIDATES = 30
_COMMON = 200  # a term of so many articles finds everything, so it finds nothing


def attach(session: Session, rows: Sequence[ArticleRow]) -> None:
    """Give every row its story. A copy or a translation has its original's; a revised article keeps its own."""
    for row in rows:
        if row.story_id is not None:
            _widen(session, row.story_id, _moment(row))
            continue
        vector, story = _find(session, row)
        row.story_id = _translated(session, row) or story or _begin(session, row)
        _widen(session, row.story_id, _moment(row))
        at = _moment(row)
        session.add_all(
            StoryTermRow(term=term, article_id=row.id, at=at, weight=weight) for term, weight in vector.items()
        )
        session.flush()


def _translated(session: Session, row: ArticleRow) -> int | None:
    first = session.get(ArticleRow, row.translation_of) if row.translation_of else None
    return first.story_id if first else None


def _find(session: Session, row: ArticleRow) -> tuple[dict[int, float], int | None]:
    """The vector of the article as it is now, with the story that it continues."""
    at, table = _moment(row), StoryTermRow
    near = table.at.between(at - _WINDOW, at + _WINDOW)
    sketch = clustering.sketch(row.title, row.text)
    holders: dict[int, list[tuple[int, float]]] = defaultdict(list)
    query = select(table.term, table.article_id, table.weight).where(table.term.in_(list(sketch.terms)), near)
    for term, article, weight in session.execute(query):
        holders[term].append((article, weight))
    total = session.scalar(select(func.count()).select_from(ArticleRow).where(_published_near(at))) or 0
    vector = clustering.vector(sketch.terms, {term: len(found) for term, found in holders.items()}, total)
    shared: dict[int, float] = defaultdict(float)
    for term, found in holders.items():
        if len(found) <= _COMMON:
            for article, weight in found:
                shared[article] += vector[term] * weight
    candidates = _without_bulletins(session, row, heapq.nlargest(_CANDIDATES, shared, key=shared.__getitem__))
    vectors = _vectors(session, candidates)
    alike = {one: clustering.product(vector, vectors[one]) for one in candidates}
    near_enough = {one: value for one, value in alike.items() if value >= clustering.LEAST}
    return vector, _choose(session, row, sketch.marks, near_enough) if near_enough else None


def _choose(session: Session, row: ArticleRow, marks: clustering.Marks, alike: dict[int, float]) -> int | None:
    articles = session.scalars(select(ArticleRow).where(ArticleRow.id.in_(list(alike))).order_by(ArticleRow.id)).all()
    scored = [
        (one.story_id, clustering.score(alike[one.id], marks, clustering.sketch(one.title, one.text).marks))
        for one in articles
        if one.story_id is not None
    ]
    table = ArticleRow
    query = select(table.story_id, func.count()).where(
        table.story_id.in_({story for story, _ in scored}),
        table.duplicate_of.is_(None),  # a text that 40 outlets carry speaks once
        table.language.is_not_distinct_from(row.language),
        _published_near(_moment(row)),
    )
    sizes = {story: count for story, count in session.execute(query.group_by(table.story_id)) if story is not None}
    return clustering.choose(scored, sizes)


def _without_bulletins(session: Session, row: ArticleRow, candidates: Sequence[int]) -> list[int]:
    """Leave out yesterday's edition of the same bulletin: one source, one title but for its numbers."""
    query = select(ArticleRow.id, ArticleRow.title).where(
        ArticleRow.id.in_(candidates), ArticleRow.source_id == row.source_id
    )
    own = normal_words(row.title)
    editions = {article for article, title in session.execute(query) if clustering.is_edition(own, normal_words(title))}
    return [article for article in candidates if article not in editions]


def _published_near(at: datetime) -> ColumnElement[bool]:
    return func.coalesce(ArticleRow.published_at, ArticleRow.first_seen_at).between(at - _WINDOW, at + _WINDOW)


def _vectors(session: Session, articles: Sequence[int]) -> dict[int, dict[int, float]]:
    found: dict[int, dict[int, float]] = defaultdict(dict)
    query = select(StoryTermRow).where(StoryTermRow.article_id.in_(articles[:MOST_ROWS]))
    for row in session.scalars(query):
        found[row.article_id][row.term] = row.weight
    return found


def _begin(session: Session, row: ArticleRow) -> int:
    story = StoryRow(title=row.title, first_at=_moment(row), last_at=_moment(row))
    session.add(story)
    session.flush()
    return story.id


def _widen(session: Session, story_id: int, at: datetime) -> None:
    story = session.get_one(StoryRow, story_id)
    story.first_at, story.last_at = min(story.first_at, at), max(story.last_at, at)


def _moment(row: ArticleRow) -> datetime:
    return row.published_at or row.first_seen_at
