"""Deliveries on their way: claimed by one sender at a time, recorded with their outcome.

A sender claims ONE row, commits, sends outside any transaction, then records. So overlapping runs send
each message once, and a killed sender can repeat at most the one message that it held.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from alerts.channels.ways import Way
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import DeliveryKind, DeliveryState, Message, Receipt
from storage import channels, mutes
from storage.alert_tables import AttemptRow, DeliveryRow

LEASE = timedelta(seconds=120)  # longer than the longest time that one send may take
MOST_UNKNOWNS = 2  # answers lost before a person decides: one repeat is forgiven, a flood is not
_SKEW = timedelta(hours=1)  # clocks of two machines differ by less; a lease beyond it was written by a wrong one
_TOO_FAR = timedelta(days=2)  # no wait is so long: it was written when the clock was wrong
_FIRST_WAIT = 15.0
_LONGEST_WAIT = 1800.0
_REFRESHED = 3  # tries to change a message that stands already
_PASSING = (SendOutcome.RETRY, SendOutcome.UNKNOWN)
_DEAD = (SendOutcome.DEAD_MESSAGE, SendOutcome.DEAD_RECIPIENT)


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
    created: datetime
    owner: str
    way: Way
    is_probe: bool = False  # it tries whether a broken way works again
    is_plain: bool = False
    root: str = ""  # what the channel called the first message of the thread that this one goes into
    is_refresh: bool = False  # it changes the message `root` and sends none


@dataclass(frozen=True, slots=True)
class Held:
    """It was not sent: it may have arrived already, and a person decides."""

    reason: str


def release_lost(session: Session, now: datetime) -> int:
    """Put back what a vanished sender held. Its message may have gone out: that counts as an unknown."""
    row = DeliveryRow
    released = session.scalars(
        update(row)
        .where(row.state == DeliveryState.LEASED, or_(row.lease_until <= now, row.lease_until > now + LEASE + _SKEW))
        .values(
            state=DeliveryState.PENDING,
            unknowns=row.unknowns + 1,
            not_before=now,
            lease_owner=None,
            error="the sender vanished before it could record the outcome",
        )
        .returning(row.id)
        .execution_options(synchronize_session=False)
    )
    return len(released.all())


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Pending, its time has come, nobody muted its destination, and what it answers has left or never will."""
    row, root = DeliveryRow, aliased(DeliveryRow)
    waits = exists().where(
        root.key == row.payload["thread"].as_string(),
        root.state.in_((DeliveryState.PENDING, DeliveryState.LEASED)),
    )
    return and_(
        row.state == DeliveryState.PENDING,
        # what was to leave at once does so also when the clock was put back since
        or_(
            row.not_before <= now,
            and_(row.attempts == 0, row.not_before <= row.created_at),
            row.not_before > now + _TOO_FAR,
        ),
        or_(row.kind.not_in((DeliveryKind.UPDATE, DeliveryKind.REFRESH)), ~waits),
        ~mutes.is_held(row.destination_id, now),
    )


def due(session: Session, now: datetime) -> dict[str, int]:
    """How many deliveries are due, by destination; also those whose way rests."""
    row = DeliveryRow
    counted = select(row.destination_id, func.count()).where(_is_due(now)).group_by(row.destination_id)
    return {str(destination): int(count) for destination, count in session.execute(counted)}


def pause(session: Session, way: Way, destinations: Collection[str], now: datetime) -> timedelta | None:
    """How long what is due for `destinations` must wait for their `way`; None when nothing is due."""
    row = DeliveryRow
    waiting = select(row.id).where(row.destination_id.in_(destinations), _is_due(now)).limit(1)
    return None if session.scalar(waiting) is None else channels.rest(session, way, now)


def claim(session: Session, owner: str, now: datetime, way: Way, destinations: Collection[str]) -> Claimed | None:
    """Take the most urgent delivery, of those the one that has been due longest; None while `way` must rest.

    `destinations` are those that lie on `way`.
    """
    if channels.rest(session, way, now):
        return None
    row = DeliveryRow
    chosen = (
        select(row.id)
        .where(row.destination_id.in_(destinations), _is_due(now))
        .order_by(row.urgency.desc(), row.not_before, row.id)
        .limit(1)
        # SQLite leaves this out: BEGIN IMMEDIATE has made this the only writer
        .with_for_update(skip_locked=True, of=row)
    )
    with session.begin_nested() as attempt:
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
            .execution_options(synchronize_session=False, populate_existing=True)
        ).one_or_none()
        is_probe = channels.enter(session, way, now) if taken is not None else None
        if taken is None or is_probe is None:
            attempt.rollback()
            return None
    message = _message(taken)
    return Claimed(
        id=taken.id,
        key=taken.key,
        destination=taken.destination_id,
        recipient=taken.recipient,
        message=message,
        attempts=taken.attempts,
        unknowns=taken.unknowns,
        created=taken.created_at,
        owner=owner,
        way=way,
        is_probe=is_probe,
        is_plain=taken.is_plain,
        root=_root(session, message),
        is_refresh=taken.kind == DeliveryKind.REFRESH,
    )


def _message(row: DeliveryRow) -> Message:
    """What is sent: as it was frozen, or without its looks and its place in a thread when those were refused."""
    message = Message(**{**row.payload, "blocks": tuple(row.payload["blocks"])})
    return replace(message, html="", blocks=(), thread="") if row.is_plain else message


def _root(session: Session, message: Message) -> str:
    row = DeliveryRow
    found = select(row.provider_id).where(row.key == message.thread, row.state == DeliveryState.SENT)
    return (session.scalar(found) or "") if message.thread else ""


def record(
    session: Session, claimed: Claimed, ended: Receipt | DeliveryError | Held, now: datetime
) -> DeliveryState | None:
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
    if not isinstance(ended, Held):
        session.add(_attempt(claimed, ended, now))
    return DeliveryState(str(values["state"])) if mine is not None else None


def _attempt(claimed: Claimed, ended: Receipt | DeliveryError, now: datetime) -> AttemptRow:
    attempt = AttemptRow(delivery_id=claimed.id, number=claimed.attempts, ended_at=now, error="")
    attempt.outcome = SendOutcome.SENT
    if isinstance(ended, DeliveryError):
        attempt.outcome, attempt.code, attempt.error = ended.outcome, ended.code, str(ended)
    return attempt


def _after(claimed: Claimed, ended: Receipt | DeliveryError | Held, now: datetime) -> dict[str, object]:
    if isinstance(ended, Held):
        return {"state": DeliveryState.HELD, "error": ended.reason, "attempts": claimed.attempts - 1}
    if isinstance(ended, Receipt):
        return {"state": DeliveryState.SENT, "sent_at": now, "provider_id": ended.provider_id, "error": ""}
    values: dict[str, object] = {"error": str(ended), "state": DeliveryState.PENDING}
    if (state := _final(claimed, ended)) is not None:
        return values | {"state": state}
    if ended.outcome is SendOutcome.DEAD_MESSAGE:
        return values | {"is_plain": True, "not_before": now}
    if ended.outcome is SendOutcome.UNKNOWN:
        # one that only tried whether a broken way works again is not held for it
        values["unknowns"] = 1 if claimed.is_probe else claimed.unknowns + 1
    if (claimed.is_probe and not claimed.is_refresh) or ended.outcome is SendOutcome.DEAD_CHANNEL:
        return values | {"attempts": claimed.attempts - 1}  # it waits for its way
    return values | {"not_before": now + timedelta(seconds=backoff(claimed.attempts, ended.retry_after))}


def _final(claimed: Claimed, ended: DeliveryError) -> DeliveryState | None:
    """In what state it is left for good; None while it is tried again."""
    if claimed.is_refresh:
        is_over = claimed.attempts >= _REFRESHED or ended.outcome not in _PASSING
        return DeliveryState.CANCELLED if is_over else None
    if ended.outcome is SendOutcome.DEAD_MESSAGE and not claimed.is_plain:
        return None
    return DeliveryState.DEAD if ended.outcome in _DEAD else None


def backoff(attempts: int, retry_after: float | None) -> float:
    """Seconds until the next try: exponential with full jitter, or what the other side asked for."""
    if retry_after is not None:
        return min(retry_after, 86_400.0)
    longest = min(_FIRST_WAIT * 2 ** min(attempts, 10), _LONGEST_WAIT)
    return random.uniform(_FIRST_WAIT / 3, longest)  # noqa: S311 - no secret
