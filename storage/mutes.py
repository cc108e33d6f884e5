"""Mutes as they are stored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Mapped, Session

from alerts.model import AlertState, DeliveryState
from alerts.rules.mutes import Mute, MuteScope
from storage.alert_tables import AlertRow, DeliveryRow, MuteRow
from storage.tables import StoryRow
from storage.upsert import insert_for


def put(session: Session, mute: Mute, now: datetime) -> None:
    """Store a mute; one on the same thing is replaced."""
    values = {"until": mute.until, "by": mute.by, "comment": mute.comment, "created_at": now}
    insert = insert_for(session, MuteRow).values(
        scope=mute.scope, ref=mute.ref, destination_id=mute.destination, **values
    )
    keys = ["scope", "ref", "destination_id"]
    session.execute(insert.on_conflict_do_update(index_elements=keys, set_=values))


def lift(session: Session, scope: MuteScope, ref: str, destination: str = "") -> bool:
    """End a mute; whether there was one."""
    row = MuteRow
    chosen = delete(row).where(row.scope == scope, row.ref == ref, row.destination_id == destination)
    return session.scalar(chosen.returning(row.id)) is not None


def active(session: Session, now: datetime) -> tuple[Mute, ...]:
    """Every mute that holds, the oldest first."""
    query = select(MuteRow).where(or_(MuteRow.until.is_(None), MuteRow.until > now)).order_by(MuteRow.id)
    return tuple(
        Mute(MuteScope(row.scope), row.ref, row.until, row.destination_id, row.by, row.comment, row.id)
        for row in session.scalars(query)
    )


def titles(session: Session, stories: Collection[int]) -> dict[int, str]:
    """What the stories with these numbers are called, without those that do not exist."""
    query = select(StoryRow.id, StoryRow.title).where(StoryRow.id.in_(stories))
    return dict(session.execute(query).tuples().all())


def is_held(destination: ColumnElement[str] | Mapped[str], now: datetime) -> ColumnElement[bool]:
    """Whether everything for the destination of a row waits for the end of a mute."""
    row = MuteRow
    holds = or_(row.until.is_(None), row.until > now)
    return exists().where(row.scope == MuteScope.DESTINATION, row.ref == destination, holds)


def on_their_way(session: Session) -> list[tuple[int, int | None, str]]:
    """Alerts that are open and have a message that has not left: (alert, match, destination)."""
    waiting = select(DeliveryRow.alert_id).where(DeliveryRow.state == DeliveryState.PENDING)
    query = select(AlertRow.id, AlertRow.match_id, AlertRow.destination_id).where(
        AlertRow.state == AlertState.OPEN, AlertRow.id.in_(waiting.scalar_subquery())
    )
    return [(alert, match, destination) for alert, match, destination in session.execute(query)]
