"""Answers for people: articles, stories, and why an article did or did not alert."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.model import DeliveryKind
from scrapers import urls
from scrapers.article import Article
from storage.alert_tables import DecisionRow, DeliveryRow, MatchRow
from storage.likeness.fingerprint import key_hash
from storage.tables import AliasRow, ArticleRow, EntryRow, StoryRow

_PAGE = 500
_FIRST = (DeliveryKind.NEW, DeliveryKind.ESCALATION)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as it is stored. Times are aware UTC.

    `change` is the kind of its last change, `gone` when its page was found deleted.
    """

    id: int
    url: str
    title: str
    text: str
    source: str
    language: str | None
    published: datetime | None
    first_seen: datetime
    story: int | None
    duplicate_of: int | None
    kind: str | None
    authors: tuple[str, ...]
    partial: bool
    cut: str | None
    translation_of: int | None
    origin: str | None
    origin_phrase: str | None
    revision: int
    changed: datetime | None
    change: str | None
    checked: datetime | None
    gone: datetime | None


@dataclass(frozen=True, slots=True)
class Explained:
    """One decision on one match of an article, and how far its delivery came.

    `version` is of the watch, `watchlist` of the whole list, as they were when the match was stored. `hits` as
    `alerts.model.Hit`. `lapsed` is when a changed watch found the match no longer.
    """

    watch: str
    version: str
    watchlist: str
    mode: str
    matched: datetime
    lapsed: datetime | None
    destination: str
    outcome: str
    reason: str
    until: datetime | None
    decided: datetime | None
    state: str | None
    sent: datetime | None
    error: str
    terms: tuple[str, ...]
    hits: tuple[dict[str, Any], ...]
    excerpt: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """How many articles are stored of some days, how many of them without their text, and the oldest."""

    articles: int
    without_text: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story with its articles, earliest first."""

    id: int
    title: str
    first: datetime
    last: datetime
    articles: tuple[StoredArticle, ...]


def articles(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    source: str | None = None,
    language: str | None = None,
) -> Iterator[StoredArticle]:
    """Stored articles, newest first, some at a time. `until` is exclusive."""
    at = func.coalesce(ArticleRow.published_at, ArticleRow.first_seen_at)
    query = select(ArticleRow).order_by(at.desc(), ArticleRow.id.desc()).execution_options(yield_per=_PAGE)
    if since is not None:
        query = query.where(at >= since)
    if until is not None:
        query = query.where(at < until)
    if source is not None:
        query = query.where(ArticleRow.source_id == source)
    if language is not None:
        query = query.where(ArticleRow.language == language)
    return (stored(row) for row in session.scalars(query))


def by_id(session: Session, ids: Sequence[int]) -> dict[int, StoredArticle]:
    """The articles with these ids, without those that are gone."""
    return {row.id: stored(row) for row in session.scalars(select(ArticleRow).where(ArticleRow.id.in_(ids)))}


def as_read(one: StoredArticle) -> Article:
    """The article as it was matched when it came in."""
    return Article(
        source=one.source,
        url=one.url,
        title=one.title,
        text=one.text,
        authors=one.authors,
        language=one.language,
        published=one.published,
    )


def article(session: Session, url: str) -> StoredArticle | None:
    """The article that this URL, in any of its spellings, led to."""
    key = key_hash(urls.url_key(url))
    row = session.scalar(
        select(ArticleRow).join(AliasRow, AliasRow.article_id == ArticleRow.id).where(AliasRow.url_key == key)
    )
    return stored(row) if row else None


def entry_state(session: Session, url: str) -> tuple[str, str, str] | None:
    """(source, state, reason) of a URL that a source listed, also when no article came of it."""
    row = session.scalar(select(EntryRow).where(EntryRow.url_key == key_hash(urls.url_key(url))).limit(1))
    return (row.source_id, row.state, row.reason) if row else None


def explain(session: Session, article_id: int) -> list[Explained]:
    """Every decision on every match of an article."""
    query = (
        select(MatchRow, DecisionRow, DeliveryRow)
        .outerjoin(DecisionRow, DecisionRow.match_id == MatchRow.id)
        .outerjoin(DeliveryRow, DeliveryRow.id == DecisionRow.delivery_id)
        .where(MatchRow.article_id == article_id)
        .order_by(MatchRow.watch_id, DecisionRow.destination_id)
    )
    return [
        Explained(
            watch=match.watch_id,
            version=match.watch_version,
            watchlist=match.watchlist_version,
            mode=match.mode,
            matched=match.created_at,
            lapsed=match.lapsed_at,
            destination=decision.destination_id if decision else "",
            outcome=decision.outcome if decision else "not decided yet",
            reason=decision.reason if decision else "",
            until=decision.until if decision else None,
            decided=decision.decided_at if decision else None,
            state=delivery.state if delivery else None,
            sent=delivery.sent_at if delivery else None,
            error=delivery.error if delivery else "",
            terms=tuple(dict.fromkeys(hit["surface"] for hit in match.hits)),
            hits=tuple(match.hits),
            excerpt=match.excerpt["text"],
            marks=tuple((start, end) for start, end in match.excerpt["marks"]),
        )
        for match, decision, delivery in session.execute(query)
    ]


def stories(session: Session, since: datetime | None, limit: int) -> list[StoryLine]:
    """The newest stories with their articles, earliest first."""
    query = select(StoryRow).order_by(StoryRow.last_at.desc(), StoryRow.id.desc()).limit(limit)
    if since is not None:
        query = query.where(StoryRow.last_at >= since)
    found = session.scalars(query).all()
    members: dict[int, list[ArticleRow]] = defaultdict(list)
    for row in session.scalars(select(ArticleRow).where(ArticleRow.story_id.in_([s.id for s in found]))):
        members[row.story_id or 0].append(row)
    return [
        StoryLine(story.id, story.title, story.first_at, story.last_at, _in_order(members[story.id])) for story in found
    ]


def all_matches(session: Session, since: datetime | None) -> Iterator[dict[str, object]]:
    """Every match as a flat record, oldest first."""
    query = select(MatchRow, ArticleRow.url, ArticleRow.title).join(ArticleRow).order_by(MatchRow.id)
    if since is not None:
        query = query.where(MatchRow.created_at >= since)
    for match, url, title in session.execute(query.execution_options(yield_per=_PAGE)):
        yield {
            "id": match.id,
            "watch": match.watch_id,
            "watch_version": match.watch_version,
            "watchlist_version": match.watchlist_version,
            "url": url,
            "title": title,
            "mode": match.mode,
            "terms": list(dict.fromkeys(hit["surface"] for hit in match.hits)),
            "hits": match.hits,
            "excerpt": match.excerpt["text"],
            "created": match.created_at,
            "lapsed": match.lapsed_at,
        }


def alerts(session: Session) -> list[dict[str, Any]]:
    """One line per (watch, story, destination, recipient) that was alerted, oldest first."""
    return [
        {
            "watch": row.watch_id,
            "story": row.story_id,
            "destination": row.destination_id,
            "recipient": row.recipient,
            "state": row.state,
            "headline": row.headline,
            "key": row.key,
        }
        for row in session.scalars(select(DeliveryRow).where(DeliveryRow.kind.in_(_FIRST)).order_by(DeliveryRow.id))
    ]


def extent(session: Session, since: datetime | None) -> Extent:
    """What is stored of the time from `since` on."""
    let_go = func.count(ArticleRow.let_go_at)
    query = select(func.count(), let_go, func.min(ArticleRow.at)).select_from(ArticleRow)
    every, without, oldest = session.execute(query.where(ArticleRow.at >= since) if since else query).one()
    return Extent(every, without, oldest)


def deliveries_by_kind(session: Session) -> dict[str, int]:
    """How many deliveries of each kind were made."""
    query = select(DeliveryRow.kind, func.count()).group_by(DeliveryRow.kind)
    return dict(session.execute(query).all())  # type: ignore[arg-type]  # a Row is a tuple


def counts(session: Session) -> dict[str, int]:
    """How many articles, duplicates, stories, matches and deliveries are stored."""
    tables = {"articles": ArticleRow, "stories": StoryRow, "matches": MatchRow, "deliveries": DeliveryRow}
    found = {name: session.scalar(select(func.count()).select_from(t)) or 0 for name, t in tables.items()}
    copies = select(func.count()).select_from(ArticleRow).where(ArticleRow.duplicate_of.is_not(None))
    return found | {"duplicates": session.scalar(copies) or 0}


def _in_order(rows: Sequence[ArticleRow]) -> tuple[StoredArticle, ...]:
    ordered = sorted(rows, key=lambda row: (row.published_at or row.first_seen_at, row.id))
    return tuple(stored(row) for row in ordered)


def stored(row: ArticleRow) -> StoredArticle:
    """An article without its row."""
    return StoredArticle(
        id=row.id,
        url=row.url,
        title=row.title,
        text=row.text,
        source=row.source_id,
        language=row.language,
        published=row.published_at,
        first_seen=row.first_seen_at,
        story=row.story_id,
        duplicate_of=row.duplicate_of,
        kind=row.duplicate_kind,
        authors=tuple(row.authors),
        partial=row.partial,
        cut=row.cut,
        translation_of=row.translation_of,
        origin=row.origin_outlet,
        origin_phrase=row.origin_phrase,
        revision=row.revision,
        changed=row.changed_at,
        change=row.change_kind,
        checked=row.checked_at,
        gone=row.gone_at,
    )
