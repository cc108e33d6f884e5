"""Matches in, decisions out: nothing that matched is forgotten, and every outcome has a reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alerts.grouping import PendingMatch, Ruling
from alerts.model import Coverage, Decision, Excerpt, Field, Hit, Match, Mode
from scrapers.article import Cut
from scrapers.source import Source
from storage.alert_tables import DecisionRow, MatchRow
from storage.engine import serialise
from storage.tables import ArticleRow
from storage.upsert import insert_for

_RULING = 0x52554C45  # advisory lock of PostgreSQL: one run at a time decides what opens an alert


def add(session: Session, found: Sequence[tuple[int, Sequence[Match]]], mode: Mode, now: datetime) -> int:
    """Store the matches of articles (article id, matches); one that is stored already stays as it is."""
    rows = [
        {
            "article_id": article,
            "watch_id": match.watch,
            "watch_version": match.version,
            "mode": mode,
            "hits": [asdict(hit) for hit in match.hits],
            "excerpt": asdict(match.excerpt),
            "created_at": now,
        }
        for article, matches in found
        for match in matches
    ]
    if not rows:
        return 0
    insert = insert_for(session, MatchRow).on_conflict_do_nothing().returning(MatchRow.id)
    return len(session.scalars(insert, rows).all())


def pending(session: Session, sources: Mapping[str, Source], after: int, limit: int) -> list[PendingMatch]:
    """Undecided matches with an id above `after`, oldest first; only one run at a time sees them."""
    serialise(session, _RULING)
    query = (
        select(MatchRow, ArticleRow)
        .join(ArticleRow, ArticleRow.id == MatchRow.article_id)
        .where(MatchRow.decided_at.is_(None), MatchRow.id > after)
        .order_by(MatchRow.id)
        .limit(limit)
    )
    return [
        PendingMatch(
            id=row.id,
            match=_match(row),
            mode=Mode(row.mode),
            story=article.story_id or 0,
            article=_coverage(article, sources),
            cut=Cut(article.cut) if article.cut else Cut.FEED if article.partial else None,
        )
        for row, article in session.execute(query)
    ]


def decide(
    session: Session,
    rulings: Sequence[Ruling],
    deliveries: Mapping[tuple[str, int, str], int],
    now: datetime,
) -> None:
    """Store one decision per match and destination; `deliveries` as in `outbox.made_for`.

    A match that waits for a destination to be configured keeps its other decisions and stays undecided, as
    does one without any ruling.
    """
    rows = [
        {
            "match_id": ruling.match,
            "destination_id": ruling.destination,
            "outcome": ruling.decision,
            "delivery_id": deliveries.get((ruling.watch, ruling.story, ruling.destination)),
            "decided_at": now,
        }
        for ruling in rulings
    ]
    if rows:
        insert = insert_for(session, DecisionRow)
        changed = {name: insert.excluded[name] for name in ("outcome", "delivery_id", "decided_at")}
        only_waiting = DecisionRow.outcome == Decision.UNKNOWN_DESTINATION
        keys = ["match_id", "destination_id"]
        session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed, where=only_waiting), rows)
    waiting = {ruling.match for ruling in rulings if ruling.decision is Decision.UNKNOWN_DESTINATION}
    done = {ruling.match for ruling in rulings} - waiting
    decided = update(MatchRow).where(MatchRow.id.in_(done))
    session.execute(decided.values(decided_at=now))


def coverage(
    session: Session, stories: Collection[int], sources: Mapping[str, Source]
) -> dict[int, tuple[Coverage, ...]]:
    """Every article of each story, earliest first; one text or one publisher family counts once."""
    query = select(ArticleRow).where(ArticleRow.story_id.in_(stories)).order_by(ArticleRow.id)
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
    )
