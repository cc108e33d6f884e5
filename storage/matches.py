"""Matches, and the articles of their stories, as the rules want them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, defer

from alerts.model import Coverage, Excerpt, Field, Hit, Match, Mode
from alerts.rules.cases import PendingMatch
from scrapers.article import Cut
from scrapers.source import Source
from storage.alert_tables import MatchRow
from storage.engine import serialise
from storage.tables import ArticleRow, EntryRow
from storage.upsert import insert_for

_RULING = 0x52554C45  # advisory lock of PostgreSQL: one run at a time decides what opens an alert
_LIGHT = tuple(defer(column) for column in (ArticleRow.text, ArticleRow.sketch, ArticleRow.vector))
_OPEN = (MatchRow.decided_at.is_(None), MatchRow.lapsed_at.is_(None))  # undecided, and it holds
_QUERY = (
    select(MatchRow, ArticleRow)
    .join(ArticleRow, ArticleRow.id == MatchRow.article_id)
    .where(ArticleRow.story_id.is_not(None))
    .options(*_LIGHT)
)


def add(session: Session, found: Sequence[tuple[int, Sequence[Match]]], mode: Mode, now: datetime) -> int:
    """Store the matches of articles (article id, matches); one that is stored already stays as it is."""
    rows = [
        evidence(match) | {"article_id": article, "watch_id": match.watch, "mode": mode, "created_at": now}
        for article, matches in found
        for match in matches
    ]
    if not rows:
        return 0
    insert = insert_for(session, MatchRow).on_conflict_do_nothing().returning(MatchRow.id)
    return len(session.scalars(insert, rows).all())


def evidence(match: Match) -> dict[str, Any]:
    """The columns that say why a watch matched."""
    return {
        "watch_version": match.version,
        "watchlist_version": match.watchlist,
        "hits": [asdict(hit) for hit in match.hits],
        "excerpt": asdict(match.excerpt),
    }


def stamp(session: Session, articles: Collection[int], watchlist: str) -> None:
    """Note that these articles were looked at with this version of the watchlist."""
    looked = update(ArticleRow).where(ArticleRow.id.in_(articles), ArticleRow.matched_with != watchlist)
    session.execute(looked.values(matched_with=watchlist), execution_options={"synchronize_session": False})


def shares(session: Session, since: datetime) -> dict[str, int]:
    """How many articles from `since` on each watch matches, by id."""
    query = (
        select(MatchRow.watch_id, func.count())
        .join(ArticleRow, ArticleRow.id == MatchRow.article_id)
        .where(ArticleRow.at >= since, MatchRow.lapsed_at.is_(None))
        .group_by(MatchRow.watch_id)
    )
    return dict(session.execute(query).all())  # type: ignore[arg-type]  # a Row is a tuple


def pending(
    session: Session,
    sources: Mapping[str, Source],
    after: int,
    limit: int,
    watches: Collection[str],
    *,
    others: bool = False,
) -> list[PendingMatch]:
    """Undecided matches of `watches` with an id above `after`, oldest first; with `others` those of all but these.

    Only one run at a time sees them.
    """
    wait_for_turn(session)
    chosen = MatchRow.watch_id.not_in(watches) if others else MatchRow.watch_id.in_(watches)
    query = _QUERY.where(*_OPEN, MatchRow.id > after, chosen).order_by(MatchRow.id).limit(limit)
    return _read(session, query, sources)


def by_id(session: Session, sources: Mapping[str, Source], ids: Collection[int]) -> list[PendingMatch]:
    """These matches with their articles as they are now, whatever was decided on them; one run at a time."""
    wait_for_turn(session)
    return _read(session, _QUERY.where(MatchRow.id.in_(ids)).order_by(MatchRow.id), sources)


def flood(session: Session, more_than: int) -> dict[str, int]:
    """Watches with more undecided live matches than that, and how many."""
    count = func.count()
    query = select(MatchRow.watch_id, count).where(*_OPEN, MatchRow.mode == Mode.LIVE)
    found = session.execute(query.group_by(MatchRow.watch_id).having(count > more_than))
    return dict(found.all())  # type: ignore[arg-type]  # a Row is a tuple


def wait_for_turn(session: Session) -> None:
    """Let one run at a time decide, until its transaction ends."""
    serialise(session, _RULING)


def mark_decided(session: Session, ids: Collection[int], now: datetime) -> None:
    """These matches have a decision for every destination."""
    session.execute(update(MatchRow).where(MatchRow.id.in_(ids)).values(decided_at=now))


def newest(session: Session, stories: Collection[int]) -> dict[int, int]:
    """The highest id of an article of each story."""
    query = select(ArticleRow.story_id, func.max(ArticleRow.id)).where(ArticleRow.story_id.in_(stories))
    return dict(session.execute(query.group_by(ArticleRow.story_id)).all())  # type: ignore[arg-type]


def watches_between(session: Session, start: datetime, end: datetime) -> set[str]:
    """The watches that matched anything from `start` to `end`."""
    within = (MatchRow.created_at >= start, MatchRow.created_at <= end)
    return set(session.scalars(select(MatchRow.watch_id).where(*within).distinct()))


def _read(
    session: Session, query: Select[tuple[MatchRow, ArticleRow]], sources: Mapping[str, Source]
) -> list[PendingMatch]:
    rows = session.execute(query).all()
    first = _first_crawls(session, [article for _, article in rows if article.published_at is None])
    return [
        PendingMatch(
            id=row.id,
            match=_match(row),
            mode=Mode(row.mode),
            story=article.story_id or 0,
            article=_coverage(article, sources),
            created=row.created_at,
            source=article.source_id,
            entities=tuple(article.entities),
            cut=Cut(article.cut) if article.cut else Cut.FEED if article.partial else None,
            article_id=article.id,
            revision=article.revision,
            is_gone=article.gone_at is not None,
            is_first_crawl=article.id in first,
            is_lapsed=row.lapsed_at is not None,
        )
        for row, article in rows
    ]


def _first_crawls(session: Session, undated: Sequence[ArticleRow]) -> set[int]:
    """Which of these were listed when their source was read for the first time."""
    if not undated:
        return set()
    seen, first = EntryRow.first_seen_at, func.min(EntryRow.first_seen_at)
    by_source = select(EntryRow.source_id, first).where(EntryRow.source_id.in_({row.source_id for row in undated}))
    begun: dict[str, datetime] = dict(session.execute(by_source.group_by(EntryRow.source_id)).all())  # type: ignore[arg-type]
    listed = select(EntryRow.article_id, EntryRow.source_id, seen).where(
        EntryRow.article_id.in_({row.id for row in undated})
    )
    return {article for article, source, at in session.execute(listed) if article and at <= begun[source]}


def coverage(
    session: Session, stories: Collection[int], sources: Mapping[str, Source]
) -> dict[int, tuple[Coverage, ...]]:
    """Every article of each story, earliest first; one text or one publisher family counts once."""
    query = select(ArticleRow).options(*_LIGHT).where(ArticleRow.story_id.in_(stories)).order_by(ArticleRow.id)
    found: dict[int, list[ArticleRow]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.story_id or 0].append(row)
    return {story: _independent(rows, sources) for story, rows in found.items()}


def _independent(rows: list[ArticleRow], sources: Mapping[str, Source]) -> tuple[Coverage, ...]:
    families: set[str] = set()
    listed: list[Coverage] = []
    for row in sorted(rows, key=lambda row: (row.published_at or row.first_seen_at, row.id)):
        source = sources.get(row.source_id)
        family = source.family if source else row.source_id
        own = row.duplicate_of is None and family not in families
        families.add(family)
        listed.append(_coverage(row, sources, independent=own))
    return tuple(listed)


def _coverage(row: ArticleRow, sources: Mapping[str, Source], *, independent: bool = True) -> Coverage:
    source = sources.get(row.source_id)
    return Coverage(
        source=source.name if source else row.source_id,
        kind=source.kind if source else "outlet",
        url=row.url,
        title=row.title,
        language=row.language,
        published=row.published_at,
        first_seen=row.first_seen_at,
        independent=independent,
        after=_name(row.origin_outlet, sources),
        phrase=row.origin_phrase or "",
    )


def _name(outlet: str | None, sources: Mapping[str, Source]) -> str:
    source = sources.get(outlet or "")
    return source.name if source else outlet or ""


def _match(row: MatchRow) -> Match:
    hits = tuple(Hit(**(hit | {"field": Field(hit["field"])})) for hit in row.hits)
    excerpt = row.excerpt
    marks = tuple((start, end) for start, end in excerpt["marks"])
    return Match(
        watch=row.watch_id,
        version=row.watch_version,
        hits=hits,
        excerpt=Excerpt(excerpt["text"], marks, Field(excerpt["field"])),
        watchlist=row.watchlist_version,
    )
