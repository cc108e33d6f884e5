"""First messages that are to be brought up to date where they stand: one delivery for each, always the latest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.model import DeliveryKind, DeliveryState, Message
from storage.alert_tables import AlertRow, DeliveryRow
from storage.outbox import delivery_key
from storage.upsert import insert_for

_URGENCY = -1  # whatever is news leaves first
_FIRST = (DeliveryKind.NEW, DeliveryKind.ESCALATION)


@dataclass(frozen=True, slots=True)
class First:
    """The first message of an alert as it stands, or will when its last refresh has left."""

    key: str
    watch: str
    story: int | None
    destination: str
    reason: str
    headline: str
    message: Message


def firsts(session: Session, alerts: Collection[int]) -> dict[int, First]:
    """The first message of each of these alerts, where it has blocks and was or will be sent."""
    row = DeliveryRow
    sent = row.state.in_((DeliveryState.PENDING, DeliveryState.LEASED, DeliveryState.SENT))
    query = select(row).where(row.alert_id.in_(alerts), row.kind.in_(_FIRST), sent, row.is_plain.is_(False))
    rows = session.scalars(query.order_by(row.id)).all()
    keys = {_key(one): one.key for one in rows}
    latest = select(row).where(row.key.in_(keys)).execution_options(populate_existing=True)
    fresh = {keys[one.key]: one.payload for one in session.scalars(latest)}
    return {
        one.alert_id: First(
            one.key, one.watch_id, one.story_id, one.destination_id, one.reason, one.headline,
            _message(fresh.get(one.key, one.payload)),
        )
        for one in rows
        if one.alert_id is not None and one.payload["blocks"]
    }  # fmt: skip


def of_story(session: Session, story: int | None, destination: str) -> list[int]:
    """The alerts of a destination on a story."""
    row = AlertRow
    return list(session.scalars(select(row.id).where(row.story_id == story, row.destination_id == destination)))


def put(session: Session, wanted: Sequence[First], now: datetime) -> None:
    """Let these messages stand as they are here; what waits to change one of them is replaced."""
    rows = [
        {
            "key": delivery_key(DeliveryKind.REFRESH, one.watch, one.story, one.destination, ""),
            "kind": DeliveryKind.REFRESH,
            "watch_id": one.watch,
            "story_id": one.story,
            "destination_id": one.destination,
            "recipient": "",
            "reason": one.reason,
            "headline": one.headline,
            "urgency": _URGENCY,
            "payload": asdict(replace(one.message, thread=one.key)),
            "provider_id": "",
            "created_at": now,
            "state": DeliveryState.PENDING,
            "not_before": now,
            "attempts": 0,
            "unknowns": 0,
            "error": "",
        }
        for one in wanted
    ]
    if not rows:
        return
    insert = insert_for(session, DeliveryRow)
    # one that is on its way at this moment is sent again
    changed = ("payload", "state", "not_before", "attempts", "unknowns", "error")
    fresh = {name: insert.excluded[name] for name in changed}
    session.execute(insert.on_conflict_do_update(index_elements=["key"], set_=fresh), rows)


def _key(first: DeliveryRow) -> str:
    return delivery_key(DeliveryKind.REFRESH, first.watch_id, first.story_id, first.destination_id, "")


def _message(payload: dict[str, object]) -> Message:
    return Message(**{**payload, "blocks": tuple(payload["blocks"])})  # type: ignore[arg-type]
