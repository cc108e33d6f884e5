"""How much each source brings a day, and how long articles take to us and alerts to their readers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.model import DeliveryState, Mode
from storage.alert_tables import DeliveryRow
from storage.tables import ArticleRow, EntryRow

_LAG_DAYS = timedelta(days=7)
_MOST = 20_000  # of the latest articles and deliveries that tell of lags


@dataclass(frozen=True, slots=True)
class Lags:
    """Seconds: from publication to our first sight, and from there until an alert was sent, each sorted."""

    seen: tuple[float, ...] = ()
    sent: tuple[float, ...] = ()


def daily(session: Session, since: datetime, zone: tzinfo) -> dict[str, Counter[date]]:
    """How many articles of each source bear each day from `since` (aware UTC) on, days as in `zone`."""
    found: dict[str, Counter[date]] = defaultdict(Counter)
    query = select(ArticleRow.source_id, ArticleRow.at).where(ArticleRow.at >= since)
    for source, at in session.execute(query.execution_options(yield_per=10_000)):
        found[source][at.astimezone(zone).date()] += 1
    return dict(found)


def lags(session: Session, now: datetime) -> dict[str, Lags]:
    """The lags of each source in the last week. What a backfill brought in tells nothing of them."""
    since = now - _LAG_DAYS
    article, entry, delivery = ArticleRow, EntryRow, DeliveryRow
    live = (
        select(article.source_id, article.published_at, article.first_seen_at)
        .join(entry, entry.article_id == article.id)
        .where(article.first_seen_at >= since, article.published_at.is_not(None), entry.mode == Mode.LIVE)
        .where(article.published_at <= article.first_seen_at, article.published_at >= since)
        .order_by(article.first_seen_at.desc())
        .limit(_MOST)
    )
    seen: dict[str, list[float]] = defaultdict(list)
    for source, published, first in session.execute(live):
        seen[source].append((first - published).total_seconds())
    told = (
        select(delivery.id, delivery.sent_at, article.source_id, article.first_seen_at)
        .join(article, article.story_id == delivery.story_id)
        .where(delivery.state == DeliveryState.SENT, delivery.sent_at >= since)
        .where(article.first_seen_at >= since, article.first_seen_at <= delivery.sent_at)
        .order_by(delivery.id.desc(), article.first_seen_at)
        .limit(_MOST)
    )
    sent = _first_of_each(session.execute(told).tuples())
    return {name: Lags(tuple(sorted(seen[name])), tuple(sorted(sent[name]))) for name in seen.keys() | sent.keys()}


def _first_of_each(rows: Iterable[tuple[int, datetime | None, str, datetime]]) -> dict[str, list[float]]:
    """Seconds until each delivery, under the source that had its story first."""
    sent: dict[str, list[float]] = defaultdict(list)
    last = None
    for delivery, at, source, first in rows:
        if delivery != last and at is not None:
            sent[source].append((at - first).total_seconds())
        last = delivery
    return sent
