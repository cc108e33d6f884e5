"""Digests: what waits for one, and what stands in each; a match is told to a destination by one of them at most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from alerts.model import AlertState, Decision, DeliveryKind, DeliveryState, Priority
from storage.alert_tables import AlertRow, DeliveryRow, DigestItemRow, DigestRow, MatchRow
from storage.tables import ArticleRow
from storage.upsert import MOST_ROWS, insert_for


@dataclass(frozen=True, slots=True)
class Item:
    """A match that is to be told by a digest, and the decision that says so."""

    destination: str
    match: int
    alert: int | None
    why: Decision


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that stands in no digest yet.

    `is_told` says that a message told its story meanwhile, `is_lapsed` that its watch matches it no longer.
    """

    id: int
    match: int
    alert: int | None
    why: Decision
    queued: datetime
    watch: str
    story: int
    is_told: bool
    is_lapsed: bool


@dataclass(frozen=True, slots=True)
class Last:
    """When a scheduled digest was made last, for which local date, and where its window ends."""

    local_date: str
    end: datetime


def queue(session: Session, items: Sequence[Item], now: datetime) -> int:
    """Let matches wait for a digest; one that waits, or stands in one, stays there. Returns how many are new."""
    rows = [
        {
            "destination_id": item.destination,
            "match_id": item.match,
            "alert_id": item.alert,
            "why": item.why,
            "queued_at": now,
        }
        for item in items
    ]
    if not rows:
        return 0
    insert = insert_for(session, DigestItemRow).on_conflict_do_nothing().returning(DigestItemRow.id)
    return len(session.scalars(insert, rows).all())


def queue_late(session: Session, alerts: Collection[int], now: datetime) -> int:
    """Let alerts whose messages could not be sent in time wait for a digest instead."""
    query = select(AlertRow.destination_id, AlertRow.match_id, AlertRow.id).where(
        AlertRow.id.in_(alerts), AlertRow.match_id.is_not(None)
    )
    items = [Item(to, match, alert, Decision.TOO_OLD) for to, match, alert in session.execute(query)]
    update_ids = [item.alert for item in items]
    session.execute(update(AlertRow).where(AlertRow.id.in_(update_ids)).values(state=AlertState.QUEUED))
    return queue(session, items, now)


def kinds(session: Session, destinations: Collection[str]) -> dict[str, dict[Decision, datetime]]:
    """Why items wait, by destination, with the time at which the last one of each kind was queued."""
    row = DigestItemRow
    query = select(row.destination_id, row.why, func.max(row.queued_at)).where(
        row.destination_id.in_(destinations), row.digest_id.is_(None)
    )
    found: dict[str, dict[Decision, datetime]] = {}
    for name, why, at in session.execute(query.group_by(row.destination_id, row.why)):
        found.setdefault(name, {})[Decision(why)] = at
    return found


def waiting(session: Session, destination: str, whys: Collection[Decision]) -> list[Waiting]:
    """What waits at a destination for one of these reasons, oldest first."""
    row, told = DigestItemRow, aliased(AlertRow)
    is_told = and_(
        told.watch_id == MatchRow.watch_id,
        told.story_id == ArticleRow.story_id,
        told.destination_id == row.destination_id,
        told.state == AlertState.OPEN,
    )
    columns = (row.id, row.match_id, row.alert_id, row.why, row.queued_at)
    query = (
        select(*columns, MatchRow.watch_id, ArticleRow.story_id, told.id, MatchRow.lapsed_at)
        .join(MatchRow, MatchRow.id == row.match_id)
        .join(ArticleRow, ArticleRow.id == MatchRow.article_id)
        .outerjoin(told, is_told)
        .where(row.destination_id == destination, row.digest_id.is_(None), row.why.in_(whys))
        .order_by(row.id)
    )
    return [
        Waiting(
            key, match, alert, Decision(why), queued, watch, story or 0,
            is_told=open_alert is not None, is_lapsed=lapsed is not None,
        )
        for key, match, alert, why, queued, watch, story, open_alert, lapsed in session.execute(query)
    ]  # fmt: skip


def oldest(session: Session, destination: str) -> datetime | None:
    """Since when something waits for a digest of this destination."""
    row = DigestItemRow
    query = select(func.min(row.queued_at)).where(row.destination_id == destination, row.digest_id.is_(None))
    found: datetime | None = session.scalar(query)
    return found


def holds_critical(session: Session, destination: str) -> bool:
    """Whether something critical waits there because too much came at once."""
    row = DigestItemRow
    found = exists().where(
        row.destination_id == destination,
        row.digest_id.is_(None),
        row.why == Decision.THROTTLED,
        AlertRow.id == row.alert_id,
        AlertRow.priority == Priority.CRITICAL,
    )
    return bool(session.scalar(select(found)))


def last(session: Session, destination: str, names: Collection[str]) -> dict[str, Last]:
    """The last digest of each of these names."""
    row = DigestRow
    query = select(row.name, func.max(row.local_date), func.max(row.end_at)).where(
        row.destination_id == destination, row.name.in_(names)
    )
    return {name: Last(date, end) for name, date, end in session.execute(query.group_by(row.name))}


def gathered(session: Session, destination: str, why: Decision, since: datetime) -> tuple[datetime, ...]:
    """When digests that no calendar asked for were made since then, for this reason."""
    row = DigestRow
    query = select(row.made_at).where(
        row.destination_id == destination, row.name.like(f"{why.value}:%"), row.made_at > since
    )
    return tuple(session.scalars(query))


def is_on_its_way(session: Session, destination: str) -> bool:
    """Whether a digest waits to be sent there: another one would only make a heap."""
    row = DeliveryRow
    pending = exists().where(
        row.destination_id == destination,
        row.kind == DeliveryKind.DIGEST,
        or_(row.state == DeliveryState.PENDING, row.state == DeliveryState.LEASED),
    )
    return bool(session.scalar(select(pending)))


def make(  # noqa: PLR0917 - the columns in order
    session: Session, destination: str, name: str, local_date: str, start: datetime, end: datetime, now: datetime
) -> int | None:
    """Store a digest; None when it was made before: each name and local date goes out once."""
    insert = insert_for(session, DigestRow).values(
        destination_id=destination, name=name, local_date=local_date, start_at=start, end_at=end, made_at=now
    )
    made: int | None = session.scalar(insert.on_conflict_do_nothing().returning(DigestRow.id))
    return made


def take(session: Session, digest: int, items: Collection[int], now: datetime) -> set[int]:
    """Put items into a digest; those that no other one took meanwhile. Their alerts are told."""
    row, ids, taken = DigestItemRow, sorted(items), set[int]()
    for start in range(0, len(ids), MOST_ROWS):
        some = ids[start : start + MOST_ROWS]
        chosen = update(row).where(row.id.in_(some), row.digest_id.is_(None)).values(digest_id=digest)
        taken |= set(session.scalars(chosen.returning(row.id), execution_options={"synchronize_session": False}))
        mine = select(row.alert_id).where(row.id.in_(some), row.digest_id == digest, row.alert_id.is_not(None))
        told = update(AlertRow).where(AlertRow.id.in_(mine.scalar_subquery()), AlertRow.state == AlertState.QUEUED)
        session.execute(told.values(told_at=now), execution_options={"synchronize_session": False})
    return taken


def free(session: Session, made: Collection[int]) -> None:
    """Let what stands in these digests, which nobody got, wait for the next one."""
    row = DigestItemRow
    chosen = update(row).where(row.digest_id.in_(made)).values(digest_id=None)
    session.execute(chosen, execution_options={"synchronize_session": False})


def delivery_of(session: Session, digest: int) -> int | None:
    """The first delivery of a digest."""
    query = select(func.min(DeliveryRow.id)).where(DeliveryRow.digest_id == digest)
    found: int | None = session.scalar(query)
    return found


def outlets(session: Session, stories: Collection[int]) -> dict[int, int]:
    """How many articles with a text of their own each story has."""
    found: dict[int, int] = {}
    ids = sorted(stories)
    for start in range(0, len(ids), MOST_ROWS):
        query = select(ArticleRow.story_id, func.count()).where(
            ArticleRow.story_id.in_(ids[start : start + MOST_ROWS]), ArticleRow.duplicate_of.is_(None)
        )
        found |= dict(session.execute(query.group_by(ArticleRow.story_id)).all())  # type: ignore[arg-type]
    return found
