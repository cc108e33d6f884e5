"""State of each source between polls: when it is due, how the last poll went."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from scrapers.source import Source
from storage.tables import OutageRow, SourceState
from storage.upsert import insert_for

_SKEW = timedelta(hours=1)  # clocks of two machines differ by less
LONGEST = timedelta(days=1)  # between polls, however quiet a source is
LEASE = timedelta(seconds=75)  # renewed while a run lives; clocks of machines that share sources differ by less
_LONGEST_BACKOFF = timedelta(hours=6)  # of a broken one: it may be back any time
OUTAGE = timedelta(hours=1)  # what is sooner over is made up for by the next poll
_REMEMBERED = timedelta(days=60)  # no digest looks back further
_LONGEST_STATED = timedelta(days=366)  # a ttl may hold any number


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one source; times are aware UTC."""

    source: str
    last_polled_at: datetime | None
    last_ok_at: datetime | None
    next_poll_at: datetime | None
    failures: int
    outcome: str
    route: str
    error: str
    interval: timedelta | None
    stated: timedelta | None
    rule_error: str
    failed_at: datetime | None = None  # since when every poll fails


@dataclass(frozen=True, slots=True)
class Outage:
    """A source did not answer from `since` until `until`, both aware UTC; `error` is the last of that time."""

    source: str
    since: datetime
    until: datetime
    error: str


class Turn(enum.StrEnum):
    """What came of asking for a source."""

    OURS = "ours"  # nobody else polls it until the lease ends
    BUSY = "busy"  # another run is polling it
    POLLED = "polled"  # another run was quicker: it is not due any more


def due(session: Session, wanted: Sequence[Source], now: datetime) -> list[Source]:
    """Those that are to be polled now and that no run is polling."""
    query = select(SourceState.source_id, _is_free(now), SourceState.next_poll_at)
    known = {name: (is_free, next_poll) for name, is_free, next_poll in session.execute(query)}

    def is_due(source: Source) -> bool:
        is_free, next_poll = known.get(source.id, (True, None))
        return bool(is_free) and (next_poll is None or next_poll <= now or next_poll > now + _furthest(source))

    return [source for source in wanted if is_due(source)]


def hasten(session: Session, wanted: Sequence[Source], now: datetime) -> dict[str, str]:
    """Make all of them due at once; returns those that a run is polling meanwhile, with its name."""
    ids = [source.id for source in wanted]
    session.execute(update(SourceState).where(SourceState.source_id.in_(ids)).values(next_poll_at=None))
    query = select(SourceState.source_id, SourceState.claimed_by)
    return {name: by or "" for name, by in session.execute(query.where(SourceState.source_id.in_(ids), ~_is_free(now)))}


def claim(session: Session, wanted: Sequence[Source], owner: str, now: datetime) -> dict[str, Turn]:
    """Take those that are due for `LEASE`, in the name of `owner`, and say of each what came of it, by id."""
    table, turns = SourceState, {}
    lease = {"claimed_by": owner, "claimed_until": now + LEASE}
    for source in sorted(wanted, key=lambda source: source.id):  # rows are locked in one order
        is_due = or_(
            table.next_poll_at.is_(None), table.next_poll_at <= now, table.next_poll_at > now + _furthest(source)
        )
        insert = insert_for(session, table).values(source_id=source.id, **_FRESH, **lease)
        taken = insert.on_conflict_do_update(
            index_elements=["source_id"], set_=lease, where=and_(is_due, _is_free(now))
        ).returning(table.source_id)
        turns[source.id] = Turn.OURS if session.scalar(taken) is not None else Turn.POLLED
    lost = [name for name, turn in turns.items() if turn is not Turn.OURS]
    busy = session.scalars(select(table.source_id).where(table.source_id.in_(lost), ~_is_free(now))) if lost else ()
    return turns | dict.fromkeys(busy, Turn.BUSY)


def renew(session: Session, owner: str, now: datetime) -> set[str]:
    """Prolong every lease of `owner`; the ids of the sources that it still has."""
    mine = update(SourceState).where(SourceState.claimed_by == owner)
    return set(session.scalars(mine.values(claimed_until=now + LEASE).returning(SourceState.source_id)))


def release(session: Session, source: str, owner: str) -> None:
    """End the lease of one source before its time, if `owner` still has it."""
    mine = update(SourceState).where(SourceState.source_id == source, SourceState.claimed_by == owner)
    session.execute(mine.values(claimed_by=None, claimed_until=None))


def _is_free(now: datetime) -> ColumnElement[bool]:
    """No lease, one of a run that was killed, or one by a clock that was wrong."""
    until = SourceState.claimed_until
    return or_(until.is_(None), until <= now, until > now + LEASE + _SKEW)


def _furthest(source: Source) -> timedelta:
    """How far ahead a next poll may lie; one that lies further was written when the clock was wrong."""
    return max(LONGEST, source.every) + _SKEW


_FRESH: dict[str, object] = {"failures": 0, "outcome": "", "route": "", "error": ""}


@dataclass(frozen=True, slots=True)
class Poll:
    """How a poll went. `error` also tells why earlier routes were passed over when a later one `answered`.

    An answer that is not `whole` leaves out what was listed since the last whole one: it is asked for again.
    `interval` is how long a source that answers is left alone; `stated` what its feed asks for, None where
    nothing new was told; `retry_after` what a source that refuses asks for.
    """

    answered: bool
    outcome: str
    route: str = ""
    error: str = ""
    interval: timedelta | None = None
    stated: timedelta | None = None
    retry_after: timedelta | None = None
    whole: bool = True


def record(session: Session, source: Source, now: datetime, poll: Poll) -> None:
    """Note how a poll went. Failing sources wait longer each time, but are never given up."""
    row = session.get(SourceState, source.id) or SourceState(source_id=source.id, **_FRESH)
    session.add(row)
    if poll.answered and row.failures:
        _note_outage(session, row, now)
    row.failed_at = None if poll.answered else row.failed_at or now
    row.last_polled_at, row.outcome, row.route, row.error = now, poll.outcome, poll.route, poll.error
    if poll.stated is not None:
        row.stated = int(min(poll.stated, _LONGEST_STATED).total_seconds())
    if poll.answered:
        wait = max(poll.interval or source.every, source.every)
        row.failures, row.interval = 0, int(wait.total_seconds())
        row.last_ok_at = now if poll.whole else row.last_ok_at
    else:
        row.failures = (row.failures or 0) + 1
        wait = min(source.every * 2 ** min(row.failures - 1, 10), max(_LONGEST_BACKOFF, source.every))
        wait = max(wait, min(poll.retry_after or wait, LONGEST))
    row.next_poll_at = now + wait


def _note_outage(session: Session, row: SourceState, now: datetime) -> None:
    since, table = row.failed_at or row.last_ok_at, OutageRow
    if since is None or now - since < OUTAGE:
        return
    session.add(table(source_id=row.source_id, since=since, until=now, error=row.error))
    session.execute(delete(table).where(table.until < now - _REMEMBERED))


def outages(session: Session, since: datetime) -> list[Outage]:
    """The outages that ended after `since`, the earliest first."""
    row = OutageRow
    query = select(row.source_id, row.since, row.until, row.error).where(row.until > since).order_by(row.since, row.id)
    return [Outage(*found) for found in session.execute(query)]


def expect(session: Session, source: Source, now: datetime, wanted: datetime | None) -> None:
    """Plan the next poll of a source that answers by its pace, or for a page that is `wanted` before."""
    row = session.get(SourceState, source.id)
    if row is None or row.failures or row.last_polled_at is None or row.interval is None:
        return
    at = row.last_polled_at + timedelta(seconds=row.interval)
    row.next_poll_at = min(at, max(wanted, now + source.every)) if wanted else at


def states(session: Session) -> dict[str, State]:
    """State of every source that was ever polled, by id."""
    return {row.source_id: _state(row) for row in session.scalars(select(SourceState))}


def state(session: Session, source: str) -> State | None:
    """State of one source, None when it was never polled."""
    row = session.get(SourceState, source)
    return _state(row) if row else None


def note_rule(session: Session, source: str, error: str) -> None:
    """Mark the outlet's rule as broken, for the reason `error`, or with "" as working again."""
    session.execute(update(SourceState).where(SourceState.source_id == source).values(rule_error=error))


def _state(row: SourceState) -> State:
    return State(
        row.source_id,
        row.last_polled_at,
        row.last_ok_at,
        row.next_poll_at,
        row.failures,
        row.outcome,
        row.route,
        row.error,
        _seconds(row.interval),
        _seconds(row.stated),
        row.rule_error,
        row.failed_at,
    )


def _seconds(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)
