"""Alerts as they stand: held, open, told; one for each watch, story and destination, as the constraint has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import Session

from alerts.model import AlertState, Decision, DeliveryKind, Priority
from alerts.rules.cases import Ruling, Standing, Triple
from alerts.rules.decide import SKEW
from storage.alert_tables import AlertRow, DeliveryRow
from storage.outbox import URGENCY
from storage.tables import ArticleRow, PageRow
from storage.upsert import insert_for

_INSTANT = (DeliveryKind.NEW, DeliveryKind.UPDATE, DeliveryKind.ESCALATION)
_HELD = (AlertState.WAITING, AlertState.HELD)
_TOLD = (AlertState.OPEN, AlertState.QUEUED)


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that waits, and the match that it is about."""

    id: int
    watch: str
    story: int
    destination: str
    match: int | None
    opened: datetime

    @property
    def triple(self) -> Triple:
        """What alerts once."""
        return (self.watch, self.story, self.destination)


@dataclass(frozen=True, slots=True)
class Written:
    """How an alert is to stand: the ruling, its priority, when it is looked at again, and what its reader knows."""

    ruling: Ruling
    priority: Priority
    due: datetime | None
    told: Mapping[str, Any]
    newest: int


def standing(session: Session, stories: Collection[int]) -> dict[Triple, Standing]:
    """Every alert on these stories."""
    query = select(AlertRow).where(AlertRow.story_id.in_(stories))
    return {(row.watch_id, row.story_id, row.destination_id): _standing(row) for row in session.scalars(query)}


def write(session: Session, wanted: Sequence[Written], now: datetime) -> dict[Triple, int]:
    """Open alerts, or let those that were never told stand as the rulings say; the ids of those that it did so for.

    One that was told stays as it is, whoever told it: its id is not returned.
    """
    rows = {
        one.ruling.triple: {
            "watch_id": one.ruling.watch,
            "story_id": one.ruling.story,
            "destination_id": one.ruling.destination,
            "match_id": one.ruling.match,
            "priority": one.priority,
            "state": one.ruling.state,
            "opened_at": now,
            "due_at": one.due,
            "told_at": now if one.ruling.state is AlertState.OPEN else None,
            "told": dict(one.told),
            "seen_article": one.newest,
            "acked_by": "",
        }
        for one in wanted
    }
    if not rows:
        return {}
    insert, row = insert_for(session, AlertRow), AlertRow
    changed = {
        name: insert.excluded[name]
        for name in ("match_id", "priority", "state", "due_at", "told_at", "told", "seen_article")
    }
    # one that was closed begins anew
    changed["opened_at"] = case((row.state == AlertState.CLOSED, insert.excluded.opened_at), else_=row.opened_at)
    upsert = insert.on_conflict_do_update(
        index_elements=["watch_id", "story_id", "destination_id"],
        set_=changed,
        where=and_(row.told_at.is_(None), *(row.state != told for told in _TOLD)),  # NOT IN takes no list of rows
    ).returning(row.id, row.watch_id, row.story_id, row.destination_id)
    done = session.execute(upsert, list(rows.values()))
    return {(watch, story, to): key for key, watch, story, to in done}


def due(session: Session, priority: Priority, after: int, limit: int, now: datetime) -> list[Held]:
    """Alerts of this priority above id `after` that are to be looked at again.

    Those whose time has come or was told by a clock that was put back since, and those that wait for corroboration
    and whose story has grown.
    """
    row = AlertRow
    grown = and_(
        row.state == AlertState.WAITING,
        exists().where(ArticleRow.story_id == row.story_id, ArticleRow.id > row.seen_article),
    )
    put_back = row.opened_at > now + SKEW  # the clock was
    query = (
        select(row.id, row.watch_id, row.story_id, row.destination_id, row.match_id, row.opened_at)
        .where(row.state.in_(_HELD), row.priority == priority, row.id > after, or_(row.due_at <= now, grown, put_back))
        .order_by(row.id)
        .limit(limit)
    )
    return [Held(*found) for found in session.execute(query)]


def put_off(session: Session, ids: Collection[int], until: datetime | None) -> None:
    """Look at these alerts again then; None: only when something asks for it."""
    session.execute(update(AlertRow).where(AlertRow.id.in_(ids)).values(due_at=until))


def close(session: Session, ids: Collection[int]) -> None:
    """Tell nothing more of these alerts, until another report opens them again."""
    session.execute(update(AlertRow).where(AlertRow.id.in_(ids)).values(state=AlertState.CLOSED, due_at=None))


def take_back(session: Session, ids: Collection[int], told: Mapping[str, Any]) -> None:
    """Close alerts of which nobody got a message after all; `told` says why, as that of any other silent one does."""
    values = {"state": AlertState.CLOSED, "due_at": None, "told_at": None, "told": dict(told)}
    session.execute(update(AlertRow).where(AlertRow.id.in_(ids)).values(**values))


def hasten(session: Session, now: datetime, destination: str = "") -> None:
    """Look at everything that is held again at once, for instance because a mute was lifted."""
    row = AlertRow
    held = update(row).where(row.state.in_(_HELD))
    held = held.where(row.destination_id == destination) if destination else held
    session.execute(held.values(due_at=now), execution_options={"synchronize_session": False})


def used(session: Session, since: Mapping[str, datetime]) -> Counter[tuple[str, bool]]:
    """Instant messages of each destination since its time, apart for what is critical; its recipients count as one."""
    if not since:
        return Counter()
    row = DeliveryRow
    query = select(row.destination_id, row.alert_id, row.kind, row.urgency, func.max(row.created_at)).where(
        or_(*(and_(row.destination_id == name, row.created_at > begin) for name, begin in since.items())),
        row.kind.in_(_INSTANT),
    )
    found = session.execute(query.group_by(row.destination_id, row.alert_id, row.kind, row.urgency))
    return Counter((name, urgency == URGENCY[Priority.CRITICAL]) for name, _, _, urgency, _ in found)


def threads(session: Session, stories: Collection[int]) -> dict[tuple[int, str, str], str]:
    """The key of the first message on each story, by destination and recipient."""
    row = DeliveryRow
    query = select(row.story_id, row.destination_id, row.recipient, row.key).where(
        row.story_id.in_(stories), row.kind.in_((DeliveryKind.NEW, DeliveryKind.ESCALATION))
    )
    found: dict[tuple[int, str, str], str] = {}
    for story, destination, recipient, key in session.execute(query.order_by(row.id)):
        found.setdefault((story or 0, destination, recipient), key)
    return found


def archived(session: Session, articles: Collection[int]) -> dict[int, datetime]:
    """When the kept copy of each article's page was fetched, the newest."""
    query = select(PageRow.article_id, func.max(PageRow.fetched_at)).where(PageRow.article_id.in_(articles))
    found: Sequence[Row[Any]] = session.execute(query.group_by(PageRow.article_id)).all()
    return {article: fetched for article, fetched in found if fetched is not None}


def _standing(row: AlertRow) -> Standing:
    outcome = row.told.get("outcome")
    return Standing(
        id=row.id,
        state=AlertState(row.state),
        priority=Priority(row.priority),
        told=row.told_at,
        outcome=Decision(outcome) if outcome else None,
        reason=str(row.told.get("reason", "")),
        until=row.due_at,
    )
