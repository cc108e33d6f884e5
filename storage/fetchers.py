"""Which processes fetch now, on one machine or on several."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from storage.tables import FetcherRow
from storage.upsert import insert_for

ALIVE = timedelta(seconds=30)  # one that told nothing for so long was killed, or has nothing to fetch
_SKEW = timedelta(hours=1)  # a clock that is further ahead was wrong


def tell(session: Session, name: str, now: datetime) -> None:
    """Note that `name` fetches; those that vanished are forgotten."""
    row = FetcherRow
    session.execute(delete(row).where(or_(row.seen_at <= now - ALIVE, row.seen_at > now + _SKEW)))
    insert = insert_for(session, row).values(id=name, seen_at=now)
    session.execute(insert.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}))


def alive(session: Session, now: datetime) -> Sequence[str]:
    """Those that fetch, in an order that is the same for all of them."""
    row = FetcherRow
    seen = (row.seen_at > now - ALIVE, row.seen_at <= now + _SKEW)
    return session.scalars(select(row.id).where(*seen).order_by(row.id)).all()


def leave(session: Session, name: str) -> None:
    """Note that `name` fetches no more."""
    session.execute(delete(FetcherRow).where(FetcherRow.id == name))
