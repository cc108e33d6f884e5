"""The path of an article, from a source to its matches; knows nothing of Prefect.

Network time is outside every transaction. An article and its matches commit together, so a kill can
neither lose nor double a match, and running again is harmless.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from alerts import matching
from alerts.model import Mode
from flows import polling
from flows.house import House
from flows.polling import BROKEN, Found
from scrapers import urls
from scrapers.article import Article
from scrapers.errors import ExtractionError, FetchError, FetchOutcome
from scrapers.fetch import Validators, validators_of
from scrapers.page import extraction
from scrapers.routes import pace
from scrapers.source import Source
from storage import articles, entries, matches, routes, sources
from storage.articles import Verdict
from storage.engine import transaction
from storage.entries import Due, EntryState, Result
from storage.likeness import gist
from storage.sources import Poll

log = logging.getLogger(__name__)

_THREADS = 16
MOST_PAGES = 200  # of one source in one pass: a flood waits its turn, and the next pass goes on with it
_RECENT = 50  # entries that tell how often a source brings something
_OLD = timedelta(days=14)  # what is older is no news, however late its source shows it
_BATCH = 20  # articles that one kill can make us fetch again
_GIVE_UP = (FetchOutcome.GONE, FetchOutcome.DISALLOWED, FetchOutcome.BAD_URL, FetchOutcome.FORBIDDEN_ADDRESS)


@dataclass(slots=True)
class Tally:
    """What one pass over one source did, as `varta ingest --json` shows it."""

    source: str
    route: str = ""
    outcome: str = ""
    entries: int = 0
    fetched: int = 0
    new: int = 0
    revised: int = 0
    duplicates: int = 0
    matched: int = 0
    partial: int = 0
    off_topic: int = 0
    errors: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one due entry: an article to store, or only a result."""

    due: Due
    result: Result
    article: Article | None = None


def ingest(source: Source, house: House) -> Tally:
    """Bring everything new from one source into the database, with its matches."""
    found = polling.poll(source, house)
    tally = Tally(source.id, route=found.route, outcome=found.outcome, entries=len(found.entries))
    tally.errors += found.errors
    now = house.now()
    with transaction(house.engine) as session:
        if found.entries:
            remembered = entries.remember(session, found.entries, Mode.LIVE, now)
            tally.reasons["known"] += remembered.known
        if found.seen:
            entries.remember(session, found.seen, Mode.LIVE, now, state=EntryState.OUTSIDE)
        routes.keep(session, source.id, found.asked, now)
        sources.record(session, source, now, _poll(session, source, found, now))
        is_waiting = _come_back(session, source, now)
        waiting = entries.due(session, source.id, now, MOST_PAGES) if is_waiting else []
    if waiting:
        work(source, waiting, house, tally)
        with transaction(house.engine) as session:
            _come_back(session, source, house.now())
    log.info("ingested", extra={"source": source.id, "outcome": tally.outcome, "new": tally.new})
    return tally


def _come_back(session: Session, source: Source, now: datetime) -> bool:
    """Whether pages wait: failed ones, or those of a run that was killed, cannot wait for a quiet source."""
    wanted = entries.next_due(session, source.id, now)
    sources.expect(session, source, now, wanted)
    return wanted is not None


def _poll(session: Session, source: Source, found: Found, now: datetime) -> Poll:
    """How the poll went, and how long the source is to be left alone."""
    arrivals = entries.arrivals(session, source.id, _RECENT)
    wait = pace.interval(
        source.every, stated=found.stated or None, fresh_for=found.fresh_for, arrivals=arrivals, now=now
    )
    return Poll(
        answered=found.is_answered,
        outcome=found.outcome,
        route=found.route,
        error="; ".join(found.errors),
        interval=wait,
        stated=found.stated,
        retry_after=found.retry_after,
        whole=not found.is_open,
    )


def pass_over(sources_due: Sequence[Source], house: House) -> list[Tally]:
    """One pass over `sources_due`, hosts side by side, the sources of one host one after the other."""
    shards = by_host(sources_due)
    with ThreadPoolExecutor(max_workers=min(len(shards), _THREADS) or 1) as pool:
        work_of = [pool.submit(copy_context().run, ingest_each, shard, house) for shard in shards]
        return [tally for done in work_of for tally in done.result()]


def by_host(sources_due: Sequence[Source]) -> list[list[Source]]:
    """Sources grouped by the host of their first route, so that one host is asked from one place."""
    shards: dict[str, list[Source]] = {}
    for source in sources_due:
        url = source.routes[0].address or source.homepage
        shards.setdefault(urls.host_of(url) or source.id, []).append(source)
    return list(shards.values())


def ingest_each(shard: Sequence[Source], house: House) -> list[Tally]:
    """Ingest sources one after the other; a broken one is told and never costs the others."""
    tallies = []
    for source in shard:
        try:
            tallies.append(ingest(source, house))
        except Exception as broken:  # isolation of one source
            log.exception("source not ingested", extra={"source": source.id})
            what = f"{source.id}: {type(broken).__name__}: {broken}"
            tallies.append(Tally(source.id, outcome=BROKEN, errors=[what]))
            _note_crash(source, what, house)
    return tallies


def _note_crash(source: Source, what: str, house: House) -> None:
    """Let the state of the source tell that its pass broke, where the database still takes it."""
    with suppress(SQLAlchemyError), transaction(house.engine) as session:
        sources.record(session, source, house.now(), Poll(answered=False, outcome=BROKEN, error=what[:1000]))


def claim_due(wanted: Sequence[Source], house: House, *, force: bool = False) -> list[Source]:
    """The sources that are due (all with `force`), taken so that no other run polls them too."""
    with transaction(house.engine) as session:
        return sources.claim(session, wanted, house.now(), force=force)


def work(
    source: Source,
    waiting: Sequence[Due],
    house: House,
    tally: Tally,
    is_asked: Callable[[datetime], bool] | None = None,
) -> None:
    """Fetch, extract, store and match the due entries of one source, some at a time.

    `is_asked` says of a publication time whether a backfill wants it.
    """
    for start in range(0, len(waiting), _BATCH):
        some = waiting[start : start + _BATCH]
        batch = [_placed(read, is_asked, house.now()) for read in _read_each(source, some, house, tally)]
        _store_safely(source, batch, house, tally)


def _placed(read: Read, is_asked: Callable[[datetime], bool] | None, now: datetime) -> Read:
    """The read page by its own date: a sitemap tells when a page was changed, a listing tells nothing."""
    when = read.article.published if read.article else None
    if when and now - when > _OLD and read.due.entry.published is None and read.due.mode is Mode.LIVE:
        return replace(read, due=replace(read.due, mode=Mode.BACKFILL))  # stored, and alerts nobody
    if is_asked is None or when is None or is_asked(when):
        return read
    if read.due.mode is Mode.LIVE or read.due.article is not None:
        return read  # it was not this backfill that asked for it first
    return Read(read.due, replace(read.result, state=EntryState.OUTSIDE, published=when))


def _read_each(source: Source, waiting: Sequence[Due], house: House, tally: Tally) -> Iterator[Read]:
    for due in waiting:
        try:
            found = _read(source, due, house, tally)
        except Exception as broken:  # one bad page never costs the others
            log.exception("page not read", extra={"source": source.id, "url": due.entry.url})
            found = _failed(source, due, house, f"{due.entry.url}: {type(broken).__name__}: {broken}")
        if found.result.reason:
            tally.errors.append(f"{source.id}: {found.result.reason}")
        tally.reasons[found.result.state] += 1
        yield found


def _read(source: Source, due: Due, house: House, tally: Tally) -> Read:
    if not due.entry.has_page:
        return _told_by_feed(source, due, house, tally)
    validators = Validators(due.etag or "", due.last_modified or "")
    try:
        page = house.http.get(due.entry.url, validators)
    except FetchError as broken:
        final = broken.outcome in _GIVE_UP or not broken.retryable
        return _failed(source, due, house, str(broken), broken.retry_after, final=final)
    tally.fetched += 1
    if page.status == 304:  # noqa: PLR2004 - the only answer of our own validators
        return Read(due, Result(due.id, EntryState.STORED))
    try:
        article = extraction.extract(page, source, due.entry, house.outlets)
    except ExtractionError as broken:
        tally.reasons[broken.outcome] += 1
        return _failed(source, due, house, f"{due.entry.url}: {broken}")
    if not _is_wanted(article, source, house):
        tally.off_topic += 1
        return Read(due, Result(due.id, EntryState.OFF_TOPIC))
    fresh = validators_of(page)
    result = Result(due.id, EntryState.STORED, etag=fresh.etag, last_modified=fresh.last_modified)
    return Read(due, result, article)


def _told_by_feed(source: Source, due: Due, house: House, tally: Tally) -> Read:
    """An entry without a page of its own: the feed tells all that there is."""
    told = extraction.partial_article(due.entry, house.now(), source=source, outlets=house.outlets)
    if told is None:
        return Read(due, Result(due.id, EntryState.GIVEN_UP, f"{due.entry.url}: neither a page nor a title"))
    if not _is_wanted(told, source, house):
        tally.off_topic += 1
        return Read(due, Result(due.id, EntryState.OFF_TOPIC))
    return Read(due, Result(due.id, EntryState.STORED), replace(told, cut=None))


def _failed(
    source: Source,
    due: Due,
    house: House,
    reason: str,
    retry_after: float | None = None,
    *,
    final: bool = False,
) -> Read:
    """The page cannot be had (now): keep what the feed told rather than lose the news."""
    again = None if final else entries.next_try(due.attempts, house.now(), retry_after)
    state = EntryState.RETRY if again else EntryState.GIVEN_UP
    told = extraction.partial_article(due.entry, house.now(), source=source, outlets=house.outlets)
    partial = told if due.article is None else None
    if partial and not _is_wanted(partial, source, house):
        partial = None
    return Read(due, Result(due.id, state, reason, next_try_at=again), partial)


def _is_wanted(article: Article, source: Source, house: House) -> bool:
    return source.topics == "none" or matching.matches_topic(article, house.compiled, source.topics)


def _store_safely(source: Source, batch: Sequence[Read], house: House, tally: Tally) -> None:
    """Store a batch; when it breaks, one by one, so that the one that breaks it costs no other."""
    try:
        _store(source, batch, house, tally)
    except OperationalError:
        raise  # the database is locked or gone: nothing is wrong with the articles
    except Exception as broken:
        log.exception("batch not stored", extra={"source": source.id, "entries": len(batch)})
        if len(batch) > 1:
            for read in batch:
                _store_safely(source, [read], house, tally)
            return
        due = batch[0].due
        reason = f"{due.entry.url}: cannot be stored: {type(broken).__name__}: {broken}"[:500]
        tally.errors.append(f"{source.id}: {reason}")
        again = entries.next_try(due.attempts, house.now(), None)
        result = Result(due.id, EntryState.RETRY if again else EntryState.GIVEN_UP, reason, next_try_at=again)
        with transaction(house.engine) as session:
            entries.finish(session, [result])


def _note_rule(session: Session, source: Source, read: Sequence[Article]) -> None:
    """Mark the outlet's rule as broken, or as working again."""
    if source.article and read:
        broken = [f"{article.url}: {article.rule_broken}" for article in read if article.rule_broken]
        sources.note_rule(session, source.id, broken[0] if broken else "")


def _store(source: Source, batch: Sequence[Read], house: House, tally: Tally) -> None:
    """Commit a batch: articles, their matches, and how far each entry has come."""
    now = house.now()
    held = [read for read in batch if read.article is not None]
    looked = [matching.look(read.article, house.compiled) for read in held if read.article]
    gists = [
        gist.take(read.article, entities) for read, (_, entities) in zip(held, looked, strict=True) if read.article
    ]
    matched = 0
    with transaction(house.engine) as session:
        stored = articles.save(session, gists, now)
        for mode in Mode:
            found = [
                (one.id, matches_of)
                for one, read, (matches_of, _) in zip(stored, held, looked, strict=True)
                if one.verdict.is_fresh and read.due.mode is mode
            ]
            matched += matches.add(session, found, mode, now)
        ids = {read.due.id: one.id for one, read in zip(stored, held, strict=True)}
        _note_rule(session, source, [read.article for read in held if read.article and not read.result.reason])
        entries.finish(session, [replace(read.result, article=ids.get(read.due.id)) for read in batch])
    verdicts = Counter(one.verdict for one in stored)
    tally.new += verdicts[Verdict.NEW] + verdicts[Verdict.DUPLICATE]
    tally.duplicates += verdicts[Verdict.DUPLICATE]
    tally.revised += verdicts[Verdict.REVISED]
    tally.reasons.update(verdicts)
    tally.matched += matched
    tally.partial += sum(one.article.partial for one in stored)
    log.debug("stored", extra={"source": source.id, "articles": len(stored)})
