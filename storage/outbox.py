"""Deliveries put in, taken out, and shown: the outbox and its ledger.

A message is rendered and frozen when its delivery is put in, in the transaction that decides on it; `leases` sends it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from alerts.model import Decision, DeliveryKind, DeliveryState, Message, Priority
from storage import channels
from storage.alert_tables import DeliveryRow, RecipientRow
from storage.upsert import insert_for

_LEFT = (DeliveryState.SENT, DeliveryState.LEASED, DeliveryState.HELD)  # a reader has it, or may have it
_ANEW = (  # of a cancelled delivery that is made again; what was tried before still counts
    "alert_id", "reason", "headline", "state", "urgency", "not_before", "expires_at", "payload", "error", "created_at",
)  # fmt: skip
_FIRST = (DeliveryKind.NEW, DeliveryKind.ESCALATION)
URGENCY = {Priority.LOW: 0, Priority.NORMAL: 1, Priority.HIGH: 2, Priority.CRITICAL: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A delivery to be put into the outbox, its message rendered and frozen. Times are aware UTC.

    It leaves when `not_before` has come (None: at once), the highest `urgency` (0 to 3) first; one that still waits at
    `expires_at` is no news any more, see `expired`.
    """

    key: str
    destination: str
    recipient: str
    reason: Decision
    headline: str
    message: Message
    watch: str = ""
    story: int | None = None
    kind: DeliveryKind = DeliveryKind.NEW
    alert_id: int | None = None
    digest_id: int | None = None
    urgency: int = 0
    not_before: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expired:
    """A delivery that waited until it was no news any more."""

    id: int
    alert_id: int | None
    watch: str
    story: int | None
    destination: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the ledger, for people. Times are aware UTC."""

    id: int
    key: str
    kind: DeliveryKind
    watch: str
    story: int | None
    destination: str
    recipient: str
    state: DeliveryState
    attempts: int
    error: str
    created: datetime
    not_before: datetime
    sent: datetime | None
    headline: str
    provider_id: str  # what the channel calls the message


def delivery_key(  # noqa: PLR0917 - each of them tells one delivery from another
    kind: DeliveryKind, watch: str, story: int | None, destination: str, recipient: str, number: int = 0
) -> str:
    """32 hex digits that name this delivery for ever; sending it again sends the same key.

    `number` counts updates, and whatever else may be sent again on purpose.
    """
    parts = "\x1f".join((kind, watch, str(story or ""), destination, recipient, str(number)))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def put(session: Session, outgoing: Sequence[Outgoing], now: datetime) -> int:
    """Store deliveries; one that exists already stays as it is, unless it was cancelled. Returns how many are new.

    What goes to a suppressed address is stored as cancelled, with the reason.
    """
    refused = {(one.destination, one.address): channels.not_sent(one.reason) for one in channels.suppressed(session)}
    rows = [
        {
            "key": out.key,
            "kind": out.kind,
            "alert_id": out.alert_id,
            "digest_id": out.digest_id,
            "watch_id": out.watch,
            "story_id": out.story,
            "destination_id": out.destination,
            "recipient": out.recipient,
            "reason": out.reason,
            "headline": out.headline,
            "state": DeliveryState.CANCELLED if (out.destination, out.recipient) in refused else DeliveryState.PENDING,
            "urgency": out.urgency,
            "not_before": out.not_before or now,
            "expires_at": out.expires_at,
            "attempts": 0,
            "unknowns": 0,
            "payload": asdict(out.message),
            "provider_id": "",
            "error": refused.get((out.destination, out.recipient), ""),
            "created_at": now,
        }
        for out in outgoing
    ]
    if not rows:
        return 0
    insert, row = insert_for(session, DeliveryRow), DeliveryRow
    upsert = insert.on_conflict_do_update(
        index_elements=["key"],
        set_={name: insert.excluded[name] for name in _ANEW},
        where=row.state == DeliveryState.CANCELLED,
    )
    return len(session.scalars(upsert.returning(row.id), rows).all())


def made_for(session: Session, stories: Collection[int]) -> dict[tuple[str, int, str], int]:
    """The first delivery of every (watch, story, destination) that was alerted on one of `stories`."""
    row = DeliveryRow
    query = select(row.watch_id, row.story_id, row.destination_id, func.min(row.id))
    query = query.where(row.story_id.in_(stories)).group_by(row.watch_id, row.story_id, row.destination_id)
    return {(watch, story, to): first for watch, story, to, first in session.execute(query)}


def expired(session: Session, destinations: Collection[str], now: datetime) -> list[Expired]:
    """Take out what still waits although its time is over; whoever calls puts it into the next digest.

    It stays where another message of its alert has left, because a digest would tell its readers a second time; and
    where its destination is none of these, because no digest can be made there.
    """
    row, sibling = DeliveryRow, aliased(DeliveryRow)
    columns = (row.id, row.alert_id, row.watch_id, row.story_id, row.destination_id, row.recipient)
    late = session.execute(
        update(row)
        .where(
            row.state == DeliveryState.PENDING,
            row.expires_at <= now,
            row.destination_id.in_(destinations),
            ~exists().where(sibling.alert_id == row.alert_id, sibling.state.in_(_LEFT)),
        )
        .values(state=DeliveryState.DIGESTED)
        .returning(*columns)
        .execution_options(synchronize_session=False)
    )
    return [Expired(*found) for found in sorted(late)]


def prolong(session: Session, destination: str, until: datetime | None) -> None:
    """Let what waits for a destination be news until then (None: for good), because it is held on purpose."""
    row = DeliveryRow
    waits = row.state.in_((DeliveryState.PENDING, DeliveryState.LEASED))
    chosen = update(row).where(row.destination_id == destination, waits, row.alert_id.is_not(None))
    session.execute(chosen.values(expires_at=until), execution_options={"synchronize_session": False})


def strayed(session: Session, addresses: Mapping[str, Collection[str]]) -> tuple[set[int], set[int]]:
    """Take out what waits for an address that its destination, one of `addresses`, has no more.

    The alerts and the digests (ids) of which nobody gets a message now: whoever calls has the next digest tell them.
    """
    row = DeliveryRow
    waiting = (row.state == DeliveryState.PENDING, row.destination_id.in_(addresses))
    held = session.execute(select(row.destination_id, row.recipient).where(*waiting).distinct()).tuples()
    alerts, digests = set[int](), set[int]()
    for destination, address in [(name, to) for name, to in held if to not in addresses[name]]:
        gone = session.execute(
            update(row)
            .where(row.state == DeliveryState.PENDING, row.destination_id == destination, row.recipient == address)
            .values(state=DeliveryState.CANCELLED, error="the destination has this address no more")
            .returning(row.alert_id, row.digest_id, row.kind)
            .execution_options(synchronize_session=False)
        ).all()
        alerts |= {alert for alert, _, kind in gone if alert and kind in _FIRST}
        digests |= {digest for _, digest, _ in gone if digest}
    alive = row.state.in_((*_LEFT, DeliveryState.PENDING))
    told = session.execute(
        select(row.alert_id, row.digest_id).where(alive, or_(row.alert_id.in_(alerts), row.digest_id.in_(digests)))
    ).all()
    return alerts - {alert for alert, _ in told}, digests - {digest for _, digest in told}


def reached(session: Session, alert_ids: Collection[int]) -> set[int]:
    """Those of these alerts of which a message has left, or is leaving at this moment."""
    row = DeliveryRow
    query = select(row.alert_id).where(row.alert_id.in_(alert_ids), row.state.in_(_LEFT)).distinct()
    return {alert for alert in session.scalars(query) if alert is not None}


def cancel(session: Session, alert_ids: Collection[int], reason: str) -> int:
    """Let what waits of these alerts never leave; how many. What a sender holds at this moment may still go out."""
    row = DeliveryRow
    changed = session.scalars(
        update(row)
        .where(row.alert_id.in_(alert_ids), row.state == DeliveryState.PENDING)
        .values(state=DeliveryState.CANCELLED, error=reason)
        .returning(row.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def ledger(session: Session, state: DeliveryState | None = None, limit: int = 200) -> list[Delivery]:
    """The newest deliveries first, all or those in one state."""
    query = select(DeliveryRow).order_by(DeliveryRow.id.desc()).limit(limit)
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    return [_delivery(row) for row in session.scalars(query)]


def retry(session: Session, ids: Collection[int], now: datetime) -> dict[int, str]:
    """Send again at once what is dead, held, cancelled or waits; these, with the destination of each.

    What goes to a suppressed address stays as it is.
    """
    again = (DeliveryState.DEAD, DeliveryState.HELD, DeliveryState.CANCELLED, DeliveryState.PENDING)
    row, refused = DeliveryRow, RecipientRow
    is_refused = exists().where(refused.destination_id == row.destination_id, refused.address == row.recipient)
    changed = session.execute(
        update(row)
        .where(row.id.in_(ids), row.state.in_(again), ~is_refused)
        .values(state=DeliveryState.PENDING, not_before=now, expires_at=None, unknowns=0, is_plain=False, error="")
        .returning(row.id, row.destination_id)
        .execution_options(synchronize_session=False)
    )
    return dict(sorted((number, destination) for number, destination in changed.tuples()))


def counts(session: Session) -> dict[DeliveryState, int]:
    """How many deliveries are in each state."""
    found = session.execute(select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state)).tuples()
    return {DeliveryState(state): count for state, count in found}


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        key=row.key,
        kind=DeliveryKind(row.kind),
        watch=row.watch_id,
        story=row.story_id,
        destination=row.destination_id,
        recipient=row.recipient,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        error=row.error,
        created=row.created_at,
        not_before=row.not_before,
        sent=row.sent_at,
        headline=row.headline,
        provider_id=row.provider_id,
    )
