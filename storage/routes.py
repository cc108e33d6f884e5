"""How each route of a source fared: its validators, its failures in a row, its newest entry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.tables import RouteState
from storage.upsert import insert_for

_PATIENT = 2  # failures in a row that may be bad luck
_WAIT = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier requests taught about one route; times are aware UTC."""

    etag: str = ""
    last_modified: str = ""
    failures: int = 0
    checked_at: datetime | None = None
    newest_at: datetime | None = None
    last_ok_at: datetime | None = None
    reason: str = ""
    type: str = ""

    def rests_until(self) -> datetime | None:
        """When a route that failed several times in a row is worth another request; it never rests for good."""
        if self.failures < _PATIENT or self.checked_at is None:
            return None
        wait: timedelta = min(_WAIT * 2 ** min(self.failures - _PATIENT, 10), _LONGEST_WAIT)
        return self.checked_at + wait


@dataclass(frozen=True, slots=True)
class Asked:
    """How one request of a route went. `validators` is None where those that are stored still hold."""

    url: str
    type: str
    outcome: str
    answered: bool
    reason: str = ""
    validators: tuple[str, str] | None = None
    newest: datetime | None = None


def known(session: Session, source: str, urls: Collection[str]) -> dict[str, Known]:
    """What is known of these routes of `source`, by URL."""
    rows = session.scalars(select(RouteState).where(RouteState.source_id == source, RouteState.url.in_(urls)))
    return {
        row.url: Known(
            row.etag or "",
            row.last_modified or "",
            row.failures,
            row.checked_at,
            row.newest_at,
            row.last_ok_at,
            row.reason,
            row.type,
        )
        for row in rows
    }


def keep(session: Session, source: str, asked: Sequence[Asked], now: datetime) -> None:
    """Store how the routes fared, validators together with the entries that came under them."""
    for one in asked:
        key = {"source_id": source, "url": one.url}
        fresh = {"checked_at": now, "type": one.type, "outcome": one.outcome, "reason": one.reason[:1000]}
        found: dict[str, object] = {**fresh, "failures": 0 if one.answered else RouteState.failures + 1}
        if one.answered:
            found["last_ok_at"] = now
        if one.newest is not None:
            found["newest_at"] = one.newest
        if one.validators is not None:
            found["etag"], found["last_modified"] = one.validators
        first = {**found, "failures": 0 if one.answered else 1}
        insert = insert_for(session, RouteState).values(**key, **first)
        session.execute(insert.on_conflict_do_update(index_elements=["source_id", "url"], set_=found))
