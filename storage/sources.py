"""State of each source between polls: when it is due, how the last poll went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from scrapers.source import Source
from storage.tables import SourceState
from storage.upsert import insert_for

_SKEW = timedelta(hours=1)  # clocks of two machines differ by less
LONGEST = timedelta(days=1)  # between polls, however quiet a source is
_LONGEST_BACKOFF = timedelta(hours=6)  # of a broken one: it may be back any time


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


def claim(session: Session, sources: Sequence[Source], now: datetime, *, force: bool) -> list[Source]:
    """Those that are due, taken by moving their next poll on: nobody else polls them meanwhile."""
    table = SourceState
    ids = [source.id for source in sources]
    insert = insert_for(session, table).values([{"source_id": name, **_FRESH} for name in ids])
    if ids:
        session.execute(insert.on_conflict_do_nothing())
    taken: set[str] = set()
    for source in sources:
        # further ahead than any wait can be: written when the clock was wrong
        too_far = table.next_poll_at > now + max(LONGEST, source.every) + _SKEW
        due = or_(table.next_poll_at.is_(None), table.next_poll_at <= now, too_far)
        claimed = session.scalar(
            update(table)
            .where(table.source_id == source.id, *(() if force else (due,)))
            .values(next_poll_at=now + source.every)
            .returning(table.source_id)
        )
        if claimed is not None:
            taken.add(claimed)
    return [source for source in sources if source.id in taken]


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
    row.last_polled_at, row.outcome, row.route, row.error = now, poll.outcome, poll.route, poll.error
    if poll.stated is not None:
        row.stated = int(poll.stated.total_seconds())
    if poll.answered:
        wait = max(poll.interval or source.every, source.every)
        row.failures, row.interval = 0, int(wait.total_seconds())
        row.last_ok_at = now if poll.whole else row.last_ok_at
    else:
        row.failures = (row.failures or 0) + 1
        wait = min(source.every * 2 ** min(row.failures - 1, 10), max(_LONGEST_BACKOFF, source.every))
        wait = max(wait, min(poll.retry_after or wait, LONGEST))
    row.next_poll_at = now + wait


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
    )


def _seconds(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)
