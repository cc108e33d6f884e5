"""Know which page was kept where, of which article, and until when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Select, delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from alerts.model import Mode
from scrapers.article import Cut, FeedEntry, FetchedPage
from storage.archive import Archive, Place, day_of
from storage.engine import reading, transaction
from storage.entries import EntryState, entry_of
from storage.tables import ArticleRow, EntryRow, PageRow

_SOME = 5000  # rows of one transaction of `prune`: writers wait for no more than that
_LISTED = 500  # rows that are read at a time
_STILL_WRITTEN = timedelta(days=1)  # a process may write its file of today until it ends
_OPEN = (EntryState.NEW, EntryState.CHANGED, EntryState.RETRY, EntryState.GIVEN_UP)


@dataclass(frozen=True, slots=True)
class Kept:
    """A page to be noted as kept; `article` is the one that was read from it, None where reading failed."""

    source: str
    article: int | None
    entry: int
    page: FetchedPage
    sha256: str
    place: Place


@dataclass(frozen=True, slots=True)
class Page:
    """A kept page. `size` is bytes of the body, `sha256` its digest in hex; `start` and `length` as in `Place`."""

    id: int
    source: str
    article: int | None
    entry: int | None
    url: str
    fetched_at: datetime
    status: int
    sha256: str
    size: int
    file: str
    start: int
    length: int

    @property
    def place(self) -> Place:
        """Where the archive has it."""
        return Place(self.file, self.start, self.length)


@dataclass(frozen=True, slots=True)
class Reading:
    """A page to be read again, with the entry that led to it; `is_failed` says that it never was an article."""

    page: Page
    entry: FeedEntry | None
    mode: Mode
    is_failed: bool
    is_waiting: bool  # whether its entry waits for a page that can be read


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was dropped: rows of pages, files and their bytes."""

    pages: int
    files: int
    bytes: int


def add(session: Session, kept: Sequence[Kept]) -> None:
    """Note where pages stand in the archive."""
    rows = [
        {
            "source_id": one.source,
            "article_id": one.article,
            "entry_id": one.entry,
            "url": one.page.final_url,
            "fetched_at": one.page.fetched_at,
            "status": one.page.status,
            "sha256": bytes.fromhex(one.sha256),
            "size": len(one.page.body),
            "file": one.place.file,
            "place": one.place.start,
            "length": one.place.length,
        }
        for one in kept
    ]
    if rows:
        session.execute(insert(PageRow), rows)


def wanted(session: Session, failed: Collection[int]) -> dict[int, int | None]:
    """Of entries whose page could not be read: those that have none yet, with what the feed told of them.

    One page of each is enough: it is asked for again up to eight times, and looks the same each time.
    """
    query = (
        select(EntryRow.id, EntryRow.article_id)
        .outerjoin(ArticleRow, ArticleRow.id == EntryRow.article_id)
        .where(EntryRow.id.in_(failed), or_(EntryRow.article_id.is_(None), ArticleRow.cut == Cut.FEED))
        .where(~exists().where(PageRow.entry_id == EntryRow.id))
    )
    return dict(session.execute(query).all()) if failed else {}  # type: ignore[arg-type]  # a Row is a tuple


def latest(session: Session, article: int) -> Page | None:
    """The page from which the article was read as it stands, if it is still kept."""
    query = select(PageRow).where(PageRow.article_id == article).order_by(PageRow.id.desc()).limit(1)
    row = session.scalar(query)
    return _page(row) if row else None


def of(
    session: Session, since: datetime | None = None, until: datetime | None = None, source: str | None = None
) -> Iterator[Page]:
    """Every kept page that was fetched in that time, oldest first, some at a time. `until` is exclusive."""
    query = _within(select(PageRow), since, until, (source,) if source else ())
    found = session.scalars(query.order_by(PageRow.id).execution_options(yield_per=_LISTED))
    return (_page(row) for row in found)


def readings(
    session: Session,
    after: int,
    most: int,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    sources: Collection[str] = (),
) -> list[Reading]:
    """Up to `most` pages with an id above `after`: the latest of each article, and those that never became one."""
    later = aliased(PageRow)
    same = or_(
        later.article_id == PageRow.article_id,
        (later.entry_id == PageRow.entry_id) & PageRow.article_id.is_(None),
    )
    query = (
        select(PageRow, EntryRow, ArticleRow.cut)
        .outerjoin(EntryRow, EntryRow.id == PageRow.entry_id)
        .outerjoin(ArticleRow, ArticleRow.id == PageRow.article_id)
        .where(PageRow.id > after, or_(PageRow.article_id.is_not(None), EntryRow.article_id.is_(None)))
        .where(~select(later.id).where(same, later.id > PageRow.id).exists())
        .order_by(PageRow.id)
        .limit(most)
    )
    found = session.execute(_within(query, since, until, sources))
    return [
        Reading(
            _page(page),
            entry_of(entry) if entry else None,
            Mode(entry.mode) if entry else Mode.BACKFILL,
            is_failed=page.article_id is None or cut == Cut.FEED,
            is_waiting=entry is not None and entry.state in _OPEN,
        )
        for page, entry, cut in found
    ]


def attach(session: Session, articles: Mapping[int, int]) -> None:
    """Note that these pages, which could not be read before, became articles (page id: article id)."""
    for page, article in sorted(articles.items()):
        session.execute(update(PageRow).where(PageRow.id == page).values(article_id=article))


def prune(engine: Engine, archive: Archive, now: datetime, keep_days: int, most_bytes: int) -> Pruned:
    """Drop pages older than `keep_days`, then the oldest files of this machine while they take more than `most_bytes`.

    A file goes when none of its pages is referred to any more. Those of today and yesterday stay: other processes
    write them.
    """
    dropped = _drop_before(engine, now - timedelta(days=keep_days))
    sizes = {name: size for name, size in archive.sizes().items() if day_of(name) < (now - _STILL_WRITTEN).date()}
    total, heavy = sum(archive.sizes().values()), []
    for name, size in sizes.items():
        if total <= most_bytes:
            break
        heavy.append(name)
        total -= size
    dropped += _drop_of(engine, heavy)
    with reading(engine) as session:
        held = set(session.scalars(select(PageRow.file).distinct()))
    spare = sizes.keys() - held
    archive.remove(spare)
    return Pruned(dropped, len(spare), sum(sizes[name] for name in spare))


def _drop_before(engine: Engine, before: datetime) -> int:
    """Oldest first, some at a time."""
    dropped = 0
    while True:
        some = select(PageRow.id).where(PageRow.fetched_at < before).order_by(PageRow.fetched_at).limit(_SOME)
        with transaction(engine) as session:
            gone = session.scalars(delete(PageRow).where(PageRow.id.in_(some)).returning(PageRow.id)).all()
        dropped += len(gone)
        if len(gone) < _SOME:
            return dropped


def _drop_of(engine: Engine, files: Sequence[str]) -> int:
    dropped = 0
    for start in range(0, len(files), _LISTED):
        with transaction(engine) as session:
            gone = delete(PageRow).where(PageRow.file.in_(files[start : start + _LISTED])).returning(PageRow.id)
            dropped += len(session.scalars(gone).all())
    return dropped


def _within(
    query: Select[Any], since: datetime | None, until: datetime | None, sources: Collection[str]
) -> Select[Any]:
    if since is not None:
        query = query.where(PageRow.fetched_at >= since)
    if until is not None:
        query = query.where(PageRow.fetched_at < until)
    if sources:
        query = query.where(PageRow.source_id.in_(sources))
    return query


def _page(row: PageRow) -> Page:
    return Page(
        id=row.id,
        source=row.source_id,
        article=row.article_id,
        entry=row.entry_id,
        url=row.url,
        fetched_at=row.fetched_at,
        status=row.status,
        sha256=row.sha256.hex(),
        size=row.size,
        file=row.file,
        start=row.place,
        length=row.length,
    )
