"""Suggest which article of another language tells the same: tracked entities, figures and time agree."""

from __future__ import annotations

import functools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from storage.likeness import translations
from storage.likeness.gist import Gist
from storage.likeness.translations import Tale
from storage.stories import minute_of
from storage.tables import ArticleRow, FigureRow

KEEP = timedelta(days=14)  # of figures: only what is a day apart is compared, the rest is for late arrivals
PARTS = 16  # of the table of figures, each pruned in a transaction of its own
_MINUTE = timedelta(minutes=1)
_WINDOW = timedelta(hours=24)
_COMMON = 300  # articles of the window that one figure leads to, the latest
_LEAST = 2  # shared figures
_CLOSEST = 16  # articles that share most of the figures are looked at
_START = 1_000  # characters of a text that are compared
_QUIETLY = {"autoflush": False, "synchronize_session": False}

# the inner SELECT walks a range of the primary key backwards and stops, however many articles hold a figure
_HOLDERS = {
    "sqlite": "WITH asked AS MATERIALIZED (SELECT json_extract(value, '$[0]') AS n, json_extract(value, '$[1]') AS "
    "figure, json_extract(value, '$[2]') AS at FROM json_each(:asked)) SELECT n, (SELECT group_concat(article_id) "
    "FROM (SELECT article_id FROM article_figure AS f WHERE f.figure = asked.figure "
    "AND f.at BETWEEN asked.at - :window AND asked.at + :window ORDER BY f.at DESC LIMIT :most)) FROM asked",
    "postgresql": "SELECT asked.n, near.held FROM unnest(CAST(:ns AS integer[]), CAST(:figures AS integer[]), "
    "CAST(:ats AS integer[])) AS asked(n, figure, at) CROSS JOIN LATERAL "
    "(SELECT string_agg(CAST(article_id AS text), ',') AS held FROM (SELECT article_id FROM article_figure AS f "
    "WHERE f.figure = asked.figure AND f.at BETWEEN asked.at - :window AND asked.at + :window "
    "ORDER BY f.at DESC LIMIT :most) AS one) AS near",
}
_INSERT = {
    "sqlite": "INSERT INTO article_figure (figure, at, article_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO article_figure (figure, at, article_id) SELECT * FROM unnest(CAST(:figures AS integer[])"
    ", CAST(:ats AS integer[]), CAST(:ids AS bigint[])) ON CONFLICT DO NOTHING",
}


@dataclass(frozen=True)
class _Stored:
    """An article to compare with; not slotted, because its tale is kept when it was asked for."""

    id: int
    at: datetime
    title: str
    start: str  # of its text
    language: str | None
    entities: frozenset[str]
    is_told: bool  # its original is known
    score: float  # of the suggestion that it has

    @functools.cached_property
    def tale(self) -> Tale:
        return translations.read(self.title, self.start, self.language or "", self.entities)


def suggest(session: Session, fresh: Sequence[tuple[ArticleRow, Gist]]) -> None:
    """Note for each article the likeliest earlier one of which it may be a translation; nothing is merged by it.

    A stored article that turns out to be later than one of `fresh` gets its suggestion too. A copy gets none, its
    original has it, nor does an article whose publisher names the original.
    """
    for row, _ in fresh:
        if row.maybe_translation_of is not None:  # an earlier version of it
            row.maybe_translation_of = row.maybe_score = None
    asked = {row.id: (row, figures) for row, _ in fresh if (figures := _keys(row))}
    _keep(session, asked.values())
    near = _near(session, list(asked.values()))
    own = {row.id: _compared(row, row.text[:_START]) for row, _ in asked.values()}  # perhaps not written yet
    stored = own | _read(session, {held for found in near.values() for held in found} - own.keys())
    later: dict[int, tuple[float, int]] = {}
    for number, found in near.items():
        row = asked[number][0]
        for score, other in _likely(own[number], [stored[held] for held in found if held in stored]):
            if (other.at, other.id) < (row.at, row.id):
                if row.translation_of is None and score > (row.maybe_score or 0.0):
                    row.maybe_translation_of, row.maybe_score = other.id, score
            elif other.id not in asked and not other.is_told and score > other.score:
                later[other.id] = max(later.get(other.id, (0.0, 0)), (score, row.id))
    _note(session, later)


def forget(session: Session, now: datetime, part: int) -> int:
    """Drop the figures dated more than `KEEP` ago in one of the `PARTS` of their table; returns the rows."""
    size = 2**32 // PARTS
    first = part * size - 2**31
    near = FigureRow.figure.between(first, first + size - 1)
    old = delete(FigureRow).where(near, FigureRow.at < minute_of(now - KEEP)).returning(FigureRow.article_id)
    return len(session.scalars(old, execution_options=_QUIETLY).all())


def _keys(row: ArticleRow) -> tuple[int, ...]:
    """The figures by which an article is looked for and found; a copy leaves that to its original."""
    is_asked = row.language and row.entities and row.duplicate_of is None
    return translations.keys(row.title, row.text) if is_asked else ()


def _near(session: Session, asked: Sequence[tuple[ArticleRow, Sequence[int]]]) -> dict[int, list[int]]:
    """For each article those that share most of its figures within the window, in one statement."""
    rows = [(n, figure, minute_of(row.at)) for n, (row, figures) in enumerate(asked) for figure in figures]
    shared: dict[int, Counter[str]] = defaultdict(Counter)
    for n, held in _holders(session, rows):
        shared[n].update(held.split(","))
    return {asked[n][0].id: _best(found, asked[n][0].id) for n, found in shared.items()}


def _best(found: Counter[str], own: int) -> list[int]:
    enough = [(-shared, int(held)) for held, shared in found.items() if shared >= _LEAST and int(held) != own]
    return [held for _, held in sorted(enough)[:_CLOSEST]]


def _holders(session: Session, rows: Sequence[tuple[int, int, int]]) -> Iterable[tuple[int, str]]:
    if not rows:
        return
    name = session.get_bind().dialect.name
    given: dict[str, Any] = {"window": _WINDOW // _MINUTE, "most": _COMMON}
    if name == "sqlite":
        given["asked"] = json.dumps(rows)
    else:
        given |= zip(("ns", "figures", "ats"), map(list, zip(*rows, strict=True)), strict=True)
    for n, held in session.execute(text(_HOLDERS[name]), given, execution_options=_QUIETLY):
        if held:
            yield n, held


def _keep(session: Session, asked: Iterable[tuple[ArticleRow, Sequence[int]]]) -> None:
    """Those of an earlier version stay until `forget`: they lead to a comparison with what it says now."""
    rows = sorted((figure, minute_of(row.at), row.id) for row, figures in asked for figure in figures)
    if rows and session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql(_INSERT["sqlite"], rows)
    elif rows:
        columns = zip(("figures", "ats", "ids"), map(list, zip(*rows, strict=True)), strict=True)
        session.execute(text(_INSERT["postgresql"]), dict(columns))


def _read(session: Session, ids: Iterable[int]) -> dict[int, _Stored]:
    wanted = sorted(ids)
    if not wanted:
        return {}
    row = ArticleRow
    start = func.substr(row.text, 1, _START).label("start")
    told = (row.language, row.entities, row.translation_of, row.maybe_score)
    query = select(row.id, row.at, row.title, start, *told).where(row.id.in_(wanted))
    return {one.id: _compared(one, one.start) for one in session.execute(query, execution_options=_QUIETLY)}


def _compared(row: Any, start: str) -> _Stored:
    """Of a row, or of its columns."""
    is_told, score = row.translation_of is not None, row.maybe_score or 0.0
    return _Stored(row.id, row.at, row.title, start, row.language, frozenset(row.entities), is_told, score)


def _likely(one: _Stored, others: Iterable[_Stored]) -> Iterable[tuple[float, _Stored]]:
    for other in others:
        if one.entities & other.entities and translations.are_foreign(one.language, other.language):
            score = translations.likeness(one.tale, other.tale)
            if score >= translations.LEAST:
                yield score, other


def _note(session: Session, later: Mapping[int, tuple[float, int]]) -> None:
    rows = [
        {"id": held, "maybe_translation_of": first, "maybe_score": score}
        for held, (score, first) in sorted(later.items())
    ]
    if rows:
        session.execute(update(ArticleRow), rows)
