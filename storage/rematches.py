"""Bring the stored matches of articles in line with what a changed watchlist finds in them."""

from __future__ import annotations

import enum
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from alerts.model import Match, Mode
from storage import lookup, matches
from storage.alert_tables import MatchRow
from storage.articles import SAVING
from storage.columns import storable
from storage.engine import serialise
from storage.lookup import StoredArticle
from storage.tables import ArticleRow


class Change(enum.StrEnum):
    """What a re-match made of one match."""

    NEW = "new"
    RENEWED = "renewed"  # still holds, by another version of its watch or for other words
    LAPSED = "lapsed"  # holds no longer; it stays, marked, with its decisions
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Looked:
    """What the watches find in a stored article now, and the tracked entities that it names."""

    article: StoredArticle
    matches: Sequence[Match]
    entities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which watches are matched again, the mode of what is new, and the version of the watchlist if they are all."""

    watches: frozenset[str]
    mode: Mode
    whole: str = ""


def behind(
    session: Session, watchlist: str, since: datetime | None, after: StoredArticle | None, limit: int
) -> list[StoredArticle]:
    """Articles with a text that this version of the watchlist has not seen, the newest below `after` first."""
    query = (
        select(ArticleRow)
        .where(ArticleRow.matched_with != watchlist, ArticleRow.let_go_at.is_(None))
        .order_by(ArticleRow.at.desc(), ArticleRow.id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(ArticleRow.at >= since)
    if after is not None:
        at = after.published or after.first_seen
        query = query.where(ArticleRow.at <= at, or_(ArticleRow.at < at, ArticleRow.id < after.id))
    return [lookup.stored(row) for row in session.scalars(query)]


def holding(session: Session, watch: str, since: datetime | None) -> list[int]:
    """Ids of the articles with a text that `watch` matched."""
    query = (
        select(MatchRow.article_id)
        .join(ArticleRow, ArticleRow.id == MatchRow.article_id)
        .where(MatchRow.watch_id == watch, MatchRow.lapsed_at.is_(None), ArticleRow.let_go_at.is_(None))
        .order_by(MatchRow.article_id.desc())
    )
    return list(session.scalars(query.where(ArticleRow.at >= since) if since is not None else query))


def reconcile(session: Session, looked: Sequence[Looked], asked: Asked, now: datetime) -> list[tuple[str, Change]]:
    """Store what the asked watches find in these articles now; says of each match what became of it.

    A match that holds no longer is marked and never deleted: it may have alerted. An article that was revised since
    it was read is left to the next run.
    """
    serialise(session, SAVING)
    same = _unrevised(session, [one.article for one in looked])
    current = [one for one in looked if one.article.id in same]
    held = _held(session, same, asked.watches)
    told: list[tuple[str, Change]] = []
    fresh: list[tuple[int, list[Match]]] = []
    for one in current:
        found = {match.watch: match for match in one.matches}
        new = [match for watch, match in found.items() if (one.article.id, watch) not in held]
        fresh.append((one.article.id, new))
        told += [(match.watch, Change.NEW) for match in new]
        for watch in asked.watches:
            row = held.get((one.article.id, watch))
            change = _update(row, found.get(watch), asked.mode, now) if row else None
            told += [(watch, change)] if change else []
    matches.add(session, fresh, asked.mode, now)
    if asked.whole:
        _note_entities(session, current)
        matches.stamp(session, same, asked.whole)
    return told


def _unrevised(session: Session, read: Sequence[StoredArticle]) -> set[int]:
    revisions = {one.id: one.revision for one in read}
    query = select(ArticleRow.id, ArticleRow.revision).where(ArticleRow.id.in_(revisions))
    return {key for key, revision in session.execute(query) if revisions[key] == revision}


def _held(session: Session, ids: Collection[int], watches: Collection[str]) -> dict[tuple[int, str], MatchRow]:
    query = select(MatchRow).where(MatchRow.article_id.in_(ids), MatchRow.watch_id.in_(watches)).order_by(MatchRow.id)
    return {(row.article_id, row.watch_id): row for row in session.scalars(query)}


def _update(row: MatchRow, match: Match | None, mode: Mode, now: datetime) -> Change | None:
    """Bring one stored match up to date; None for one that lapsed before."""
    if match is None:
        if row.lapsed_at is not None:
            return None
        row.lapsed_at = now
        return Change.LAPSED
    told = matches.evidence(match)
    same = ("watch_version", "hits", "excerpt")
    if row.lapsed_at is None and all(_plain(getattr(row, name)) == _plain(told[name]) for name in same):
        return Change.KEPT
    if row.lapsed_at is not None and row.decided_at is None:
        row.mode = mode  # what nobody was told when it came is no news by itself now
    for name, value in told.items():
        setattr(row, name, value)
    row.lapsed_at = None
    return Change.RENEWED


def _plain(value: Any) -> Any:
    """As it is read back from the database."""
    return json.loads(storable(json.dumps(value, ensure_ascii=False)))


def _note_entities(session: Session, looked: Sequence[Looked]) -> None:
    named = {one.article.id: list(one.entities) for one in looked}
    query = select(ArticleRow.id, ArticleRow.entities).where(ArticleRow.id.in_(named))
    changed = [{"id": key, "entities": named[key]} for key, held in session.execute(query) if held != named[key]]
    if changed:
        session.execute(update(ArticleRow), changed)
