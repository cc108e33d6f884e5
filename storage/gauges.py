"""Counts of the moment for those who watch over the watch: articles, entries that wait, deliveries by state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from alerts.model import DeliveryState
from storage.alert_tables import AttemptRow, DeliveryRow
from storage.entries import EntryState
from storage.tables import ArticleRow, EntryRow

_LATEST = 500  # attempts: what one run sends, and then some


@dataclass(frozen=True, slots=True)
class Gauges:
    """`oldest` is since when the delivery that waits longest is due; None when none is."""

    articles: int
    waiting: dict[str, int]  # entries to be read, by source
    deliveries: dict[str, int]  # by state
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery that went out."""

    key: str
    kind: str
    watch: str
    story: int | None
    destination: str
    at: datetime


def read(session: Session, now: datetime) -> Gauges:
    """All of them as they are now."""
    entry, row = EntryRow, DeliveryRow
    again = and_(entry.state == EntryState.RETRY, entry.next_try_at <= now)
    due = or_(entry.state.in_([EntryState.NEW, EntryState.CHANGED]), again)
    waiting = session.execute(select(entry.source_id, func.count()).where(due).group_by(entry.source_id))
    states = session.execute(select(row.state, func.count()).group_by(row.state))
    first = select(func.min(row.not_before)).where(row.state == DeliveryState.PENDING, row.not_before <= now)
    return Gauges(
        session.scalar(select(func.count()).select_from(ArticleRow)) or 0,
        dict(waiting.tuples().all()),
        dict.fromkeys(map(str, DeliveryState), 0) | dict(states.tuples().all()),
        session.scalar(first),
    )


def sent_since(session: Session, since: datetime) -> Sequence[Sent]:
    """What was sent since then, as far as it is among the latest attempts."""
    row, attempt = DeliveryRow, AttemptRow
    latest = select(func.max(attempt.id) - _LATEST).scalar_subquery()
    query = (
        select(row.key, row.kind, row.watch_id, row.story_id, row.destination_id, row.sent_at)
        .join(attempt, attempt.delivery_id == row.id)
        .where(attempt.id > latest, row.state == DeliveryState.SENT, row.sent_at >= since)
        .distinct()
    )
    rows = session.execute(query).tuples()
    return [Sent(key, kind, watch, story, to, at) for key, kind, watch, story, to, at in rows if at is not None]
