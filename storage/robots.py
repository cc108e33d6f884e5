"""The robots.txt files that earlier runs fetched, so that a poll costs one request and not two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.tables import RobotsRow
from storage.upsert import insert_for

_FRESH = timedelta(hours=24)  # RFC 9309 lets nobody remember them for longer
_AHEAD = timedelta(hours=1)  # a file of the future was stored while the clock was wrong


def remembered(session: Session, now: datetime) -> dict[str, str]:
    """The texts that are still fresh, by site (scheme and host)."""
    fresh = RobotsRow.fetched_at.between(now - _FRESH, now + _AHEAD)
    return dict(session.execute(select(RobotsRow.site, RobotsRow.text).where(fresh)).all())  # type: ignore[arg-type]  # a Row is a tuple


def keep(session: Session, texts: Mapping[str, str], now: datetime) -> None:
    """Store what a run learned."""
    for site, text in sorted(texts.items()):  # in one order, so that two runs never wait for each other
        found = {"text": text.replace("\x00", ""), "fetched_at": now}
        insert = insert_for(session, RobotsRow).values(site=site, **found)
        session.execute(insert.on_conflict_do_update(index_elements=["site"], set_=found))
