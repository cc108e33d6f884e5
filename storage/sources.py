"""State of each source between polls: due times, validators of its routes, last outcome."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from scrapers.source import Source
from storage.tables import RouteState, SourceState
from storage.upsert import insert_for

_SKEW = timedelta(hours=1)  # clocks of two machines differ by less
_LONGEST_BACKOFF = timedelta(hours=6)


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


@dataclass(frozen=True, slots=True)
class RouteValidators:
    """ETag and Last-Modified of one route URL, as its server sent them."""

    etag: str | None
    last_modified: str | None


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
        too_far = table.next_poll_at > now + max(_LONGEST_BACKOFF, source.every) + _SKEW
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


def record(
    session: Session, source: Source, now: datetime, *, answered: bool, outcome: str, route: str, error: str
) -> None:
    """Note how a poll went. Failing sources wait longer each time, but are never given up.

    `error` also tells why earlier routes were passed over when a later one `answered`.
    """
    row = session.get(SourceState, source.id) or SourceState(source_id=source.id, **_FRESH)
    session.add(row)
    row.last_polled_at, row.outcome, row.route, row.error = now, outcome, route, error
    if not answered:
        row.failures = (row.failures or 0) + 1
        wait = min(source.every * 2 ** min(row.failures - 1, 10), max(_LONGEST_BACKOFF, source.every))
    else:
        row.failures, row.last_ok_at, wait = 0, now, source.every
    row.next_poll_at = now + wait


def states(session: Session) -> dict[str, State]:
    """State of every source that was ever polled, by id."""
    return {
        row.source_id: State(
            row.source_id,
            row.last_polled_at,
            row.last_ok_at,
            row.next_poll_at,
            row.failures,
            row.outcome,
            row.route,
            row.error,
        )
        for row in session.scalars(select(SourceState))
    }


def validators(session: Session, source: str, urls: Collection[str]) -> dict[str, RouteValidators]:
    """The validators that each of these route URLs answered with last time."""
    rows = session.scalars(select(RouteState).where(RouteState.source_id == source, RouteState.url.in_(urls)))
    return {row.url: RouteValidators(row.etag, row.last_modified) for row in rows}


def keep_validators(session: Session, source: str, url: str, found: RouteValidators, now: datetime) -> None:
    """Store the validators of a route together with the entries that came under them."""
    values = {"etag": found.etag, "last_modified": found.last_modified, "checked_at": now}
    insert = insert_for(session, RouteState).values(source_id=source, url=url, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["source_id", "url"], set_=values))
