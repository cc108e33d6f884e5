"""How far every past day of a source was brought in: what a backfill skips when it is started again."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.alert_tables import MatchRow
from storage.tables import ArticleRow, BackfillRow
from storage.upsert import insert_for


class DayState(enum.StrEnum):
    """How a day ended; only `done` days are skipped by the next backfill."""

    DONE = "done"
    FAILED = "failed"  # its list or some of its pages could not be had
    STOPPED = "stopped"  # cancelled, or at the limit


@dataclass(frozen=True, slots=True)
class Day:
    """What became of one day of a source; `day` as YYYY-MM-DD."""

    source_id: str
    day: str
    state: DayState
    route: str = ""
    expected: int = 0
    found: int = 0
    new: int = 0
    duplicates: int = 0
    failed: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What one watch found in some days: matched articles, the stories that they tell, and one headline."""

    watch: str
    matches: int
    stories: int
    headline: str


def found(session: Session, sources: Collection[str], since: datetime, until: datetime) -> list[Found]:
    """What each watch found in articles of these sources and times, most stories first."""
    stories = func.count(func.distinct(ArticleRow.story_id))
    query = (
        select(MatchRow.watch_id, func.count(), stories, func.min(ArticleRow.title))
        .join(ArticleRow, ArticleRow.id == MatchRow.article_id)
        .where(ArticleRow.source_id.in_(sources), ArticleRow.at.between(since, until))
        .group_by(MatchRow.watch_id)
        .order_by(stories.desc(), MatchRow.watch_id)
    )
    return [Found(*row) for row in session.execute(query)]


def keep(session: Session, days: Iterable[Day], now: datetime) -> None:
    """Store how days ended, in place of how they ended before."""
    rows = [asdict(one) | {"ended_at": now} for one in days]
    if not rows:
        return
    insert = insert_for(session, BackfillRow)
    changed = {name: insert.excluded[name] for name in rows[0] if name not in ("source_id", "day")}
    session.execute(insert.on_conflict_do_update(index_elements=["source_id", "day"], set_=changed), rows)


def done(session: Session, source: str, days: Collection[date]) -> dict[date, Day]:
    """Those of `days` that were brought in whole."""
    if not days:
        return {}
    row = BackfillRow
    query = select(row).where(
        row.source_id == source,
        row.state == DayState.DONE,
        row.day.between(min(days).isoformat(), max(days).isoformat()),
    )
    held = {date.fromisoformat(one.day): _day(one) for one in session.scalars(query)}
    return {day: held[day] for day in days if day in held}


def _day(row: BackfillRow) -> Day:
    return Day(
        row.source_id,
        row.day,
        DayState(row.state),
        row.route,
        row.expected,
        row.found,
        row.new,
        row.duplicates,
        row.failed,
        row.error,
    )
