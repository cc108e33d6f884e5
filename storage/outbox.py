"""Deliveries on their way: put in, claimed by one sender at a time, recorded with their outcome.

A sender claims ONE row, commits, sends outside any transaction, then records. So overlapping runs send
each message once, and a killed sender can repeat at most the one message that it held.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Decision, DeliveryKind, DeliveryState, Message, Priority, Receipt
from storage.alert_tables import AttemptRow, DeliveryRow
from storage.upsert import insert_for

LEASE = timedelta(seconds=120)  # longer than the longest time that one send may take
MOST_UNKNOWNS = 2  # answers lost before a person decides: one repeat is forgiven, a flood is not
_SKEW = timedelta(hours=1)  # clocks of two machines differ by less; a lease beyond it was written by a wrong one
_TOO_FAR = timedelta(days=2)  # no wait is so long: it was written when the clock was wrong
_FIRST_WAIT = 15.0
_LONGEST_WAIT = 1800.0
URGENCY = {Priority.LOW: 0, Priority.NORMAL: 1, Priority.HIGH: 2, Priority.CRITICAL: 3}
_DEAD = (SendOutcome.DEAD_MESSAGE, SendOutcome.DEAD_RECIPIENT)


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
class Claimed:
    """A delivery that `owner` alone may send until its lease ends."""

    id: int
    key: str
    destination: str
    recipient: str
    message: Message
    attempts: int
    unknowns: int
    owner: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the ledger, for people. Times are aware UTC."""

    id: int
    key: str
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


def delivery_key(  # noqa: PLR0917 - each of them tells one delivery from another
    kind: DeliveryKind, watch: str, story: int | None, destination: str, recipient: str, number: int = 0
) -> str:
    """32 hex digits that name this delivery for ever; sending it again sends the same key.

    `number` counts updates, and whatever else may be sent again on purpose.
    """
    parts = "\x1f".join((kind, watch, str(story or ""), destination, recipient, str(number)))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def put(session: Session, outgoing: Sequence[Outgoing], now: datetime) -> int:
    """Store deliveries; one that exists already stays as it is. Returns how many are new."""
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
            "state": DeliveryState.PENDING,
            "urgency": out.urgency,
            "not_before": out.not_before or now,
            "expires_at": out.expires_at,
            "attempts": 0,
            "unknowns": 0,
            "payload": asdict(out.message),
            "provider_id": "",
            "error": "",
            "created_at": now,
        }
        for out in outgoing
    ]
    if not rows:
        return 0
    insert = insert_for(session, DeliveryRow).on_conflict_do_nothing().returning(DeliveryRow.id)
    return len(session.scalars(insert, rows).all())


def made_for(session: Session, stories: Collection[int]) -> dict[tuple[str, int, str], int]:
    """The first delivery of every (watch, story, destination) that was alerted on one of `stories`."""
    row = DeliveryRow
    query = select(row.watch_id, row.story_id, row.destination_id, func.min(row.id))
    query = query.where(row.story_id.in_(stories)).group_by(row.watch_id, row.story_id, row.destination_id)
    return {(watch, story, to): first for watch, story, to, first in session.execute(query)}


def expired(session: Session, now: datetime) -> list[Expired]:
    """Take out what still waits although its time is over; whoever calls puts it into the next digest."""
    row = DeliveryRow
    columns = (row.id, row.alert_id, row.watch_id, row.story_id, row.destination_id, row.recipient)
    late = session.execute(
        update(row)
        .where(row.state == DeliveryState.PENDING, row.expires_at <= now)
        .values(state=DeliveryState.DIGESTED)
        .returning(*columns)
        .execution_options(synchronize_session=False)
    )
    return [Expired(*found) for found in sorted(late)]


def cancel(session: Session, alert_ids: Collection[int]) -> int:
    """Let what waits of these alerts never leave; how many. What a sender holds at this moment may still go out."""
    row = DeliveryRow
    changed = session.scalars(
        update(row)
        .where(row.alert_id.in_(alert_ids), row.state == DeliveryState.PENDING)
        .values(state=DeliveryState.CANCELLED)
        .returning(row.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def release_lost(session: Session, now: datetime) -> int:
    """Put back what a vanished sender held. Its message may have gone out: that counts as an unknown."""
    row = DeliveryRow
    held = row.unknowns + 1 >= MOST_UNKNOWNS
    released = session.scalars(
        update(row)
        .where(row.state == DeliveryState.LEASED, or_(row.lease_until <= now, row.lease_until > now + LEASE + _SKEW))
        .values(
            state=case((held, DeliveryState.HELD), else_=DeliveryState.PENDING),
            unknowns=row.unknowns + 1,
            not_before=now,
            lease_owner=None,
            error="the sender vanished before it could record the outcome",
        )
        .returning(row.id)
        .execution_options(synchronize_session=False)
    )
    return len(released.all())


def claim(session: Session, owner: str, now: datetime, without: Collection[str] = frozenset()) -> Claimed | None:
    """Take the delivery that has been due longest, or None; `without` are destinations to leave alone."""
    row = DeliveryRow
    chosen = (
        select(row.id)
        .where(
            row.state == DeliveryState.PENDING,
            or_(row.not_before <= now, row.not_before > now + _TOO_FAR),
            row.destination_id.not_in(without),
        )
        .order_by(row.urgency.desc(), row.not_before, row.id)
        .limit(1)
        # SQLite leaves this out: BEGIN IMMEDIATE has made this the only writer
        .with_for_update(skip_locked=True)
    )
    taken = session.scalars(
        update(row)
        .where(row.id == chosen.scalar_subquery(), row.state == DeliveryState.PENDING)
        .values(
            state=DeliveryState.LEASED,
            lease_owner=owner,
            lease_until=now + LEASE,
            attempts=row.attempts + 1,
        )
        .returning(row)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        return None
    message = Message(**{**taken.payload, "blocks": tuple(taken.payload["blocks"])})
    return Claimed(
        taken.id,
        taken.key,
        taken.destination_id,
        taken.recipient,
        message,
        taken.attempts,
        taken.unknowns,
        owner,
    )


def record(session: Session, claimed: Claimed, ended: Receipt | DeliveryError, now: datetime) -> DeliveryState | None:
    """Store how a send ended and what state that leads to.

    None means that the lease was lost meanwhile: another sender owns the row and its state.
    """
    values = _after(claimed, ended, now)
    row = DeliveryRow
    mine = session.scalar(
        update(row)
        .where(row.id == claimed.id, row.state == DeliveryState.LEASED, row.lease_owner == claimed.owner)
        .values(lease_owner=None, lease_until=None, **values)
        .returning(row.id)
    )
    attempt = AttemptRow(
        delivery_id=claimed.id, number=claimed.attempts, ended_at=now, outcome=SendOutcome.SENT, error=""
    )
    if isinstance(ended, DeliveryError):
        attempt.outcome, attempt.code, attempt.error = ended.outcome, ended.code, str(ended)
    session.add(attempt)
    return DeliveryState(str(values["state"])) if mine is not None else None


def _after(claimed: Claimed, ended: Receipt | DeliveryError, now: datetime) -> dict[str, object]:
    if isinstance(ended, Receipt):
        return {
            "state": DeliveryState.SENT,
            "sent_at": now,
            "provider_id": ended.provider_id,
            "error": "",
        }
    values: dict[str, object] = {"error": str(ended)}
    if ended.outcome in _DEAD:
        return values | {"state": DeliveryState.DEAD}
    if ended.outcome is SendOutcome.UNKNOWN:
        values["unknowns"] = claimed.unknowns + 1
        if claimed.unknowns + 1 >= MOST_UNKNOWNS:
            return values | {"state": DeliveryState.HELD}
    wait = timedelta(seconds=backoff(claimed.attempts, ended.retry_after))
    return values | {"state": DeliveryState.PENDING, "not_before": now + wait}


def backoff(attempts: int, retry_after: float | None) -> float:
    """Seconds until the next try: exponential with full jitter, never before `retry_after`."""
    longest = min(_FIRST_WAIT * 2 ** min(attempts, 10), _LONGEST_WAIT)
    wanted = min(retry_after or 0.0, 86_400.0)
    return max(random.uniform(_FIRST_WAIT / 3, longest), wanted)  # noqa: S311 - no secret


def ledger(session: Session, state: DeliveryState | None = None, limit: int = 200) -> list[Delivery]:
    """The newest deliveries first, all or those in one state."""
    query = select(DeliveryRow).order_by(DeliveryRow.id.desc()).limit(limit)
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    return [_delivery(row) for row in session.scalars(query)]


def retry(session: Session, ids: Collection[int], now: datetime) -> list[int]:
    """Send dead and held deliveries, or those that wait, again at once. Returns those that it did so for."""
    again = (DeliveryState.DEAD, DeliveryState.HELD, DeliveryState.PENDING)
    row = DeliveryRow
    changed = session.scalars(
        update(row)
        .where(row.id.in_(ids), row.state.in_(again))
        .values(state=DeliveryState.PENDING, not_before=now, unknowns=0, error="")
        .returning(row.id)
    )
    return sorted(changed.all())


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        key=row.key,
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
    )
