"""Every entry that a source listed, until its page is read or known to be unreadable."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from alerts.model import Mode
from scrapers import dates, urls
from scrapers.article import DateOrigin, FeedEntry
from storage.likeness.fingerprint import key_hash
from storage.tables import AliasRow, EntryRow
from storage.upsert import MOST_ROWS, insert_for

MOST_ATTEMPTS = 8
_FIRST_WAIT = timedelta(minutes=2)


class EntryState(enum.StrEnum):
    """How far an entry has come."""

    NEW = "new"  # listed, not fetched yet
    CHANGED = "changed"  # fetched, but the source gave it another title since
    RETRY = "retry"  # the page could not be had, to be tried again
    STORED = "stored"  # its article is stored
    CHECK = "check"  # stored, alerted, and to be looked at again
    KNOWN = "known"  # its URL belongs to an article that came another way
    OFF_TOPIC = "off_topic"  # read, and not about what the source is kept for
    GIVEN_UP = "given_up"  # the page is gone or failed too often
    OUTSIDE = "outside"  # read by a backfill, and not from the days that it asked for


@dataclass(frozen=True, slots=True)
class Due:
    """An entry whose page is to be fetched now, with the validators of that very page."""

    id: int
    entry: FeedEntry
    attempts: int
    mode: Mode
    etag: str | None
    last_modified: str | None
    article: int | None
    is_check: bool = False  # whether its article is stored and only looked at again


class Seen(enum.StrEnum):
    """What a check of the page of a stored article found."""

    THERE = "there"
    GONE = "gone"
    UNSURE = "unsure"  # no usable answer


@dataclass(frozen=True, slots=True)
class Result:
    """How the fetch of a due entry ended. `reason` is shown to people; `seen` is for checks alone."""

    id: int
    state: EntryState
    reason: str = ""
    article: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    next_try_at: datetime | None = None
    published: datetime | None = None  # as the page dates itself, where its source did not
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """How many of the listed entries were seen for the first time, changed, or known by URL."""

    new: int = 0
    changed: int = 0
    known: int = 0


# asked at every poll of an unchanged feed: built once
_OF_SOURCE = EntryRow.source_id == bindparam("source")
_NEXT_DUE = (
    select(EntryRow.next_try_at)
    .where(_OF_SOURCE, EntryRow.state.in_([EntryState.NEW, EntryState.CHANGED, EntryState.RETRY, EntryState.CHECK]))
    .order_by(EntryRow.next_try_at.asc().nulls_first())
    .limit(1)
)
_LATEST = (
    select(EntryRow.published_at, EntryRow.first_seen_at)
    .where(_OF_SOURCE, EntryRow.mode == Mode.LIVE)
    .order_by(EntryRow.first_seen_at.desc())
    .limit(bindparam("most"))
)


def remember(
    session: Session,
    listed: Sequence[FeedEntry],
    mode: Mode,
    now: datetime,
    is_asked: Callable[[datetime], bool] | None = None,
    *,
    state: EntryState = EntryState.NEW,
) -> Remembered:
    """Store what a source lists, once per URL. A new title asks for a new fetch of a stored page.

    With `state` OUTSIDE new ones are only noted as seen.
    A page that another backfill found to be from other days is read again only if `is_asked` wants its day.
    """
    by_key = {key_hash(urls.url_key(entry.url)): entry for entry in reversed(listed)}
    new = changed = known = 0
    for keys in _chunks(list(by_key)):
        source = by_key[keys[0]].source
        present = {
            row.url_key: row
            for row in session.scalars(select(EntryRow).where(EntryRow.source_id == source, EntryRow.url_key.in_(keys)))
        }
        fresh = [key for key in keys if key not in present]
        aliases = _aliases(session, fresh)
        known += len(aliases)
        for key, row in present.items():
            changed += _look_again(row, by_key[key], now)
            row.published_at = row.published_at or _published(by_key[key], now)
            new += _rearm(row, mode, is_asked)
        rows = [_row(by_key[key], key, aliases.get(key), mode, now, state) for key in fresh]
        if rows:
            inserted = insert_for(session, EntryRow).on_conflict_do_nothing().returning(EntryRow.id)
            new += len(session.scalars(inserted, rows).all())
    return Remembered(new - known, changed, known)


def due(session: Session, source: str, now: datetime, most: int | None = None) -> list[Due]:
    """Entries of `source` whose page is to be fetched now, newest first, at most `most`."""
    waiting = or_(
        EntryRow.state.in_([EntryState.NEW, EntryState.CHANGED]),
        and_(EntryRow.state.in_([EntryState.RETRY, EntryState.CHECK]), EntryRow.next_try_at <= now),
    )
    query = (
        select(EntryRow)
        .where(EntryRow.source_id == source, waiting)
        .order_by(EntryRow.published_at.desc().nulls_last(), EntryRow.id)
        .limit(most)
    )
    return [_due(row) for row in session.scalars(query)]


def due_of(session: Session, listed: Sequence[FeedEntry]) -> list[Due]:
    """Those of these entries, all of one source, whose page is still to be fetched, also before their next try."""
    waiting = EntryRow.state.in_([EntryState.NEW, EntryState.CHANGED, EntryState.RETRY])
    found: list[Due] = []
    for some in _chunks([key_hash(urls.url_key(entry.url)) for entry in listed]):
        query = select(EntryRow).where(EntryRow.source_id == listed[0].source, EntryRow.url_key.in_(some), waiting)
        found += [_due(row) for row in session.scalars(query.order_by(EntryRow.id))]
    return found


def settled(session: Session, listed: Sequence[FeedEntry]) -> int:
    """How many of these entries, all of one source, were read before, or need no reading."""
    ends = [EntryState.STORED, EntryState.CHECK, EntryState.KNOWN, EntryState.OFF_TOPIC]
    return sum(
        session.scalar(
            select(func.count()).where(
                EntryRow.source_id == listed[0].source, EntryRow.url_key.in_(some), EntryRow.state.in_(ends)
            )
        )
        or 0
        for some in _chunks([key_hash(urls.url_key(entry.url)) for entry in listed])
    )


def put_aside(session: Session, ids: Collection[int]) -> None:
    """Leave entries that were not read unread, until a backfill asks for their days again."""
    session.execute(
        update(EntryRow)
        .where(EntryRow.id.in_(ids), EntryRow.state == EntryState.NEW, EntryRow.published_at.is_not(None))
        .values(state=EntryState.OUTSIDE)
        .execution_options(synchronize_session=False)
    )


def knows_any(session: Session, listed: Sequence[FeedEntry], by: datetime) -> bool:
    """Whether one of these entries, all of one source, was listed at the time `by` or earlier."""
    keys = [key_hash(urls.url_key(entry.url)) for entry in listed]
    for some in _chunks(keys):
        query = select(EntryRow.id).where(
            EntryRow.source_id == listed[0].source, EntryRow.url_key.in_(some), EntryRow.first_seen_at <= by
        )
        if session.scalar(query.limit(1)) is not None:
            return True
    return False


def first_after(session: Session, source: str, since: datetime) -> datetime | None:
    """When `source` first listed something new after `since`."""
    query = select(func.min(EntryRow.first_seen_at))
    return session.scalar(query.where(EntryRow.source_id == source, EntryRow.first_seen_at > since))


def next_due(session: Session, source: str, now: datetime) -> datetime | None:
    """When a page of `source` is to be fetched next: `now` for one that waits its turn; None when none waits."""
    found = session.execute(_NEXT_DUE, {"source": source}).first()
    return None if found is None else found[0] or now


def arrivals(session: Session, source: str, most: int) -> list[datetime]:
    """When the latest entries of `source` came, newest first: as it dates them, else as they were seen.

    What a backfill brought says nothing of the pace of today.
    """
    rows = session.execute(_LATEST, {"source": source, "most": most})
    return sorted((published or seen for published, seen in rows), reverse=True)


def finish(session: Session, results: Iterable[Result]) -> None:
    """Record how each fetch of a batch ended."""
    by_id = {result.id: result for result in results}
    for row in session.scalars(select(EntryRow).where(EntryRow.id.in_(by_id)).order_by(EntryRow.id)):
        result = by_id[row.id]
        row.state, row.reason, row.next_try_at = result.state, result.reason, result.next_try_at
        row.attempts += result.state is EntryState.RETRY
        row.published_at = result.published or row.published_at
        row.article_id = result.article or row.article_id
        if result.etag or result.last_modified:
            row.etag, row.last_modified = result.etag, result.last_modified


def next_try(attempts: int, now: datetime, retry_after: float | None) -> datetime | None:
    """When to ask for a page again after `attempts` failures, or None when it was enough."""
    if attempts + 1 >= MOST_ATTEMPTS:
        return None
    wait: timedelta = _FIRST_WAIT * 2**attempts
    return now + max(wait, timedelta(seconds=retry_after or 0))


def _look_again(row: EntryRow, entry: FeedEntry, now: datetime) -> bool:
    row.last_seen_at = now
    renamed = bool(entry.title and row.title and entry.title != row.title)
    if not entry.has_page and entry.summary and entry.summary != row.summary:
        renamed = True  # what the source lists is all that there is, and it was edited
    if renamed:
        row.title, row.summary = entry.title, entry.summary
    if renamed and row.state in (EntryState.STORED, EntryState.CHECK, EntryState.OFF_TOPIC):
        row.state, row.attempts = EntryState.CHANGED, 0
        return True
    return False


def _rearm(row: EntryRow, mode: Mode, is_asked: Callable[[datetime], bool] | None) -> bool:
    if row.state != EntryState.OUTSIDE or row.published_at is None:
        return False
    if is_asked and not is_asked(row.published_at):
        return False
    row.state, row.mode = EntryState.NEW, mode
    return True


def _published(entry: FeedEntry, now: datetime) -> datetime | None:
    return entry.published if entry.published and dates.plausible(entry.published, now) else None


def _aliases(session: Session, keys: Sequence[bytes]) -> dict[bytes, int]:
    query = select(AliasRow.url_key, AliasRow.article_id).where(AliasRow.url_key.in_(keys))
    return dict(session.execute(query).all())  # type: ignore[arg-type]  # a Row is a tuple


def _row(  # noqa: PLR0917 - private, called once
    entry: FeedEntry, key: bytes, article: int | None, mode: Mode, now: datetime, state: EntryState
) -> dict[str, object]:
    return {
        "source_id": entry.source,
        "url_key": key,
        "url": entry.url,
        "guid": entry.id,
        "credit": entry.credit,
        "title": entry.title,
        "summary": entry.summary,
        "authors": list(entry.authors),
        "language": entry.language,
        "published_at": _published(entry, now),
        "origin": entry.origin,
        "has_page": entry.has_page,
        "state": state if article is None else EntryState.KNOWN,
        "mode": mode,
        "attempts": 0,
        "reason": "",
        "article_id": article,
        "first_seen_at": now,
        "last_seen_at": now,
    }


def entry_of(row: EntryRow) -> FeedEntry:
    """The entry as its source listed it."""
    return FeedEntry(
        source=row.source_id,
        url=row.url,
        id=row.guid,
        credit=row.credit,
        title=row.title,
        summary=row.summary,
        authors=tuple(row.authors),
        published=row.published_at,
        language=row.language,
        origin=DateOrigin(row.origin),
        has_page=row.has_page,
    )


def _due(row: EntryRow) -> Due:
    return Due(
        row.id,
        entry_of(row),
        row.attempts,
        Mode(row.mode),
        row.etag,
        row.last_modified,
        row.article_id,
        is_check=row.state == EntryState.CHECK,
    )


def _chunks(keys: list[bytes]) -> Iterable[list[bytes]]:
    return (keys[start : start + MOST_ROWS] for start in range(0, len(keys), MOST_ROWS))
