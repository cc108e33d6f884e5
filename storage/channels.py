"""Ways as all processes share them: their pace, whether they are open, and the addresses that get nothing more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from alerts.channels.ways import Way
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import DeliveryState, Receipt
from storage.alert_tables import AttemptRow, ChannelRow, DeliveryRow, RecipientRow
from storage.upsert import insert_for

MOST_FAILURES = 5  # in a row, then nothing goes out until one message may try again
HOLD = timedelta(seconds=60)  # no send lasts longer, see DEADLINE of alerts/channels/deadline.py
_FIRST_PROBE = timedelta(minutes=1)
_LAST_PROBE = timedelta(minutes=30)
_PAUSE = timedelta(seconds=5)  # after a failure; doubled with every further one
_TOO_FAR = timedelta(days=2)  # no rest is so long: it was written when the clock was wrong
_LONGEST_REST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Circuit:
    """A way that is not as it should be, for people: broken since `opened`, or with failures in a row."""

    way: str
    failures: int
    opened: datetime | None
    next_try: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An address that gets nothing more, since when and why."""

    destination: str
    address: str
    reason: str
    since: datetime


def rest(session: Session, way: Way, now: datetime) -> timedelta:
    """How long nothing may leave on `way`; zero when it is free."""
    return _rest(session.get(ChannelRow, way.name, populate_existing=True), now)


def _rest(row: ChannelRow | None, now: datetime) -> timedelta:
    free = [row.free_at, row.open_until] if row else []
    longest = max((at for at in free if at is not None and at < now + _TOO_FAR), default=now)
    return max(longest - now, timedelta())


def forget_future(session: Session, way: Way, destinations: Collection[str], now: datetime) -> None:
    """Free a way that rests only because the clock was put back since its last message ended.

    `destinations` are those that lie on `way`.
    """
    row = session.get(ChannelRow, way.name, populate_existing=True)
    if row is None or _rest(row, now) <= HOLD:
        return
    last = (
        select(AttemptRow.ended_at)
        .join(DeliveryRow, DeliveryRow.id == AttemptRow.delivery_id)
        .where(DeliveryRow.destination_id.in_(destinations))
        .order_by(AttemptRow.id.desc())
        .limit(1)
    )
    ended = session.scalar(last)
    if ended is not None and ended > now + HOLD:
        row.free_at, row.open_until = now, now if row.opened_at else None


def enter(session: Session, way: Way, now: datetime) -> bool | None:
    """Take the way for one message: True when it is the one that tries a broken way; None when it may not leave now.

    Nobody else enters a way with a pace until `leave`, or until HOLD is over; nor a broken one until the next probe.
    """
    row = session.get(ChannelRow, way.name, populate_existing=True)
    if _rest(row, now):
        return None
    is_probe = row is not None and row.opened_at is not None
    values: dict[str, Any] = {"free_at": now + HOLD} if way.pace is not None else {}
    if row is not None and is_probe:
        values |= {"probes": row.probes + 1, "open_until": now + _interval(row.probes + 1)}
    if not values:
        return False
    if row is None:
        added = insert_for(session, ChannelRow).values(way=way.name, **values).on_conflict_do_nothing()
        taken = session.scalar(added.returning(ChannelRow.way))
    else:
        taken = session.scalar(
            update(ChannelRow)
            .where(
                ChannelRow.way == way.name,
                ChannelRow.free_at.is_not_distinct_from(row.free_at),
                ChannelRow.open_until.is_not_distinct_from(row.open_until),
            )
            .values(**values)
            .returning(ChannelRow.way)
            .execution_options(synchronize_session=False)
        )
    return is_probe if taken is not None else None


def leave(session: Session, way: Way, ended: Receipt | DeliveryError | None, now: datetime, pause: float = 0.0) -> bool:
    """Note what a message told of its way; whether the way is broken since now.

    None tells nothing of it: nothing was sent after all, or only what does not count; it rests for `pause` seconds.
    Call it last in its transaction: who waits for a way holds a delivery already.
    """
    insert = insert_for(session, ChannelRow).values(way=way.name).on_conflict_do_nothing()
    if isinstance(ended, DeliveryError):
        session.execute(insert)  # a way that never failed and has no pace needs no row
    chosen = select(ChannelRow).where(ChannelRow.way == way.name).with_for_update()
    row = session.scalars(chosen.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        return False
    if ended is None:
        row.free_at = now + min(timedelta(seconds=pause), _LONGEST_REST)
        row.open_until = now if row.opened_at else None
        return False
    if isinstance(ended, Receipt) or ended.way_works:
        _mend(row)
        told = ended.retry_after if isinstance(ended, DeliveryError) else None
        pause = max(told or 0.0, way.pace or 0.0)
        row.free_at = now + min(timedelta(seconds=pause), _LONGEST_REST) if pause else None
        return False
    return _fail(row, ended, now)


def _mend(row: ChannelRow) -> None:
    row.failures = row.probes = 0
    row.opened_at = row.open_until = None
    row.reason = ""


def _fail(row: ChannelRow, ended: DeliveryError, now: datetime) -> bool:
    was_open = row.opened_at is not None
    row.failures += 1
    row.reason = str(ended)
    pause = timedelta(seconds=ended.retry_after or 0) or _PAUSE * 2 ** min(row.failures - 1, MOST_FAILURES)
    row.free_at = now + min(pause, _LONGEST_REST)
    if was_open or row.failures >= MOST_FAILURES or ended.outcome is SendOutcome.DEAD_CHANNEL:
        row.opened_at = row.opened_at or now
        row.open_until = now + _interval(row.probes)
    return row.opened_at is not None and not was_open


def _interval(probes: int) -> timedelta:
    """Until the next message may try a broken way: 1, 2, 4 ... 30 minutes."""
    return min(_FIRST_PROBE * int(2 ** min(probes, 10)), _LAST_PROBE)


def close(session: Session, way: Way) -> None:
    """Let messages leave again on a way that was proved to work."""
    row = session.get(ChannelRow, way.name)
    if row is not None:
        _mend(row)


def try_again(session: Session, ways: Collection[Way], now: datetime) -> None:
    """Let one message try each of these ways at once, where they are broken."""
    broken = update(ChannelRow).where(ChannelRow.way.in_([way.name for way in ways]), ChannelRow.opened_at.is_not(None))
    session.execute(broken.values(open_until=now, free_at=now))


def troubled(session: Session) -> list[Circuit]:
    """The ways that are broken, then those that failed lately."""
    rows = session.scalars(select(ChannelRow).where(ChannelRow.failures > 0).order_by(ChannelRow.way))
    found = [Circuit(row.way, row.failures, row.opened_at, row.open_until, row.reason) for row in rows]
    return sorted(found, key=lambda one: one.opened is None)


def suppress(session: Session, destination: str, address: str, reason: str, now: datetime) -> bool:
    """Send `address` nothing more, what waits for it included; False when it was so already."""
    new = {"destination_id": destination, "address": address, "reason": reason, "since": now}
    insert = insert_for(session, RecipientRow).values(**new).on_conflict_do_nothing().returning(RecipientRow.address)
    is_new = session.scalar(insert) is not None
    row = DeliveryRow
    waiting = (row.destination_id == destination, row.recipient == address, row.state == DeliveryState.PENDING)
    session.execute(
        update(row)
        .where(*waiting)
        .values(state=DeliveryState.CANCELLED, error=not_sent(reason))
        .execution_options(synchronize_session=False)
    )
    return is_new


def restore(session: Session, destination: str, address: str) -> bool:
    """Let `address` get alerts again; False when nothing kept them from it."""
    row = RecipientRow
    kept = delete(row).where(row.destination_id == destination, row.address == address).returning(row.address)
    return session.scalar(kept) is not None


def suppressed(session: Session) -> list[Suppressed]:
    """Every address that gets nothing more."""
    rows = session.scalars(select(RecipientRow).order_by(RecipientRow.destination_id, RecipientRow.address))
    return [Suppressed(row.destination_id, row.address, row.reason, row.since) for row in rows]


def not_sent(reason: str) -> str:
    """What a delivery tells that was not sent to a suppressed address."""
    return f"the address gets nothing more: {reason}"
