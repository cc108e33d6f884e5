"""The path of an article, from a source to its matches; knows nothing of Prefect.

Network time is outside every transaction. An article and its matches commit together, so a kill can
neither lose nor double a match, and running again is harmless.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts import matching
from alerts.model import Mode
from alerts.reading import Reading
from flows import claims, noting, polling
from flows.claims import Claim
from flows.house import House
from flows.polling import BROKEN
from scrapers import urls
from scrapers.article import Article, FetchedPage
from scrapers.errors import ExtractionError, FetchError, FetchOutcome, PageOutcome
from scrapers.fetch import Validators, validators_of
from scrapers.page import extraction
from scrapers.source import Source
from storage import articles, entries, matches, pages, rechecks, sources, warc
from storage.articles import Verdict
from storage.engine import StorageError, UnavailableError, insist, transaction
from storage.entries import Due, EntryState, Result, Seen
from storage.pages import Kept
from storage.sources import Poll
from storage.warc import Record

log = logging.getLogger(__name__)

Get = Callable[[str, Validators], FetchedPage]

_THREADS = 64  # hosts that are asked side by side
MOST_PAGES = 200  # of one source in one pass: a flood waits its turn, and the next pass goes on with it
OLD = timedelta(days=14)  # what is older is no news, however late its source shows it
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
    page: FetchedPage | None = None  # that was read, or could not be


def ingest(source: Source, house: House, claim: Claim | None = None) -> Tally:
    """Bring everything new from one source into the database, with its matches."""
    found = polling.poll(source, house)
    tally = Tally(source.id, route=found.route, outcome=found.outcome, entries=len(found.entries))
    tally.errors += found.errors
    known, waiting = insist(partial(noting.note, source, found, house, claim, MOST_PAGES))
    if found.entries:
        tally.reasons["known"] += known
    if waiting:
        work(source, waiting, house, tally, None, partial(claim.holds, source.id, house) if claim else None)
        noting.end(source, house, claim)
    log.info("ingested", extra={"source": source.id, "outcome": tally.outcome, "new": tally.new})
    return tally


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
    """Ingest sources one after the other, but not those that another run polls; a broken one costs no other."""
    try:
        with claims.taken(shard, house) as claim:
            return [_ingest_safely(source, house, claim) for source in shard]
    except StorageError as gone:  # nothing could be claimed; what breaks later is of its source
        return [_unstored(source, gone) for source in shard]


def _ingest_safely(source: Source, house: House, claim: Claim) -> Tally:
    if not claim.holds(source.id, house):
        return Tally(source.id, outcome=claim.turns[source.id])
    try:
        return ingest(source, house, claim)
    except StorageError as gone:  # nothing is wrong with the source
        claim.give_back(source.id, house)
        return _unstored(source, gone)
    except Exception as broken:  # isolation of one source
        log.exception("source not ingested", extra={"source": source.id})
        what = f"{source.id}: {type(broken).__name__}: {broken}"
        _note_crash(source, what, house, claim)
        return Tally(source.id, outcome=BROKEN, errors=[what])


def _unstored(source: Source, gone: StorageError) -> Tally:
    """The source as it was: it stays due."""
    return Tally(source.id, outcome=BROKEN, errors=[f"{source.id}: {gone}"])


def _note_crash(source: Source, what: str, house: House, claim: Claim) -> None:
    """Let the state of the source tell that its pass broke, where the database still takes it."""
    with suppress(SQLAlchemyError, StorageError), transaction(house.engine) as session:
        sources.record(session, source, house.now(), Poll(answered=False, outcome=BROKEN, error=what[:1000]))
        sources.release(session, source.id, claim.owner)


def claim_due(wanted: Sequence[Source], house: House, *, force: bool = False) -> list[Source]:
    """The sources that are due, all with `force`; `ingest_each` leaves out those that another run takes first."""
    return claims.due(wanted, house, force=force)


def work(  # noqa: PLR0917 - the callers are two
    source: Source,
    waiting: Sequence[Due],
    house: House,
    tally: Tally,
    is_asked: Callable[[datetime], bool] | None = None,
    is_ours: Callable[[], bool] | None = None,
    get: Get | None = None,
) -> None:
    """Fetch, extract, store and match the due entries of one source, some at a time, as long as the source `is_ours`.

    `is_asked` says of a publication time whether a backfill wants it, `get` fetches in another way than from the
    outlet. Without a database to store in, what was not
    stored stays due.
    """
    for start in range(0, len(waiting), _BATCH):
        some = takewhile(lambda _: is_ours is None or is_ours(), waiting[start : start + _BATCH])
        batch = [_placed(read, is_asked, house.now()) for read in _read_each(source, some, house, tally, get)]
        try:
            _store_safely(source, batch, house, tally)
        except UnavailableError as gone:
            tally.errors.append(f"{source.id}: {gone}; {len(waiting) - start} pages wait for the next pass")
            return


def _placed(read: Read, is_asked: Callable[[datetime], bool] | None, now: datetime) -> Read:
    """The read page by its own date: a sitemap tells when a page was changed, a listing tells nothing."""
    when = read.article.published if read.article else None
    if when and now - when > OLD and read.due.entry.published is None and read.due.mode is Mode.LIVE:
        return replace(read, due=replace(read.due, mode=Mode.BACKFILL))  # stored, and alerts nobody
    if is_asked is None or when is None or is_asked(when):
        return read
    if read.due.mode is Mode.LIVE or read.due.article is not None:
        return read  # it was not this backfill that asked for it first
    return Read(read.due, replace(read.result, state=EntryState.OUTSIDE, published=when))


def _read_each(source: Source, waiting: Iterable[Due], house: House, tally: Tally, get: Get | None) -> Iterator[Read]:
    for due in waiting:
        try:
            found = _read(source, due, house, tally, get or house.http.get)
        except Exception as broken:  # one bad page never costs the others
            log.exception("page not read", extra={"source": source.id, "url": due.entry.url})
            found = _failed(source, due, house, f"{due.entry.url}: {type(broken).__name__}: {broken}")
        if found.result.reason and not due.is_check:
            tally.errors.append(f"{source.id}: {found.result.reason}")
        tally.reasons[found.result.state] += 1
        yield found


def _read(source: Source, due: Due, house: House, tally: Tally, get: Get) -> Read:
    if not due.entry.has_page:
        return _told_by_feed(source, due, house, tally)
    validators = Validators(due.etag or "", due.last_modified or "")
    try:
        page = get(due.entry.url, validators)
    except FetchError as broken:
        final = broken.outcome in _GIVE_UP or not broken.retryable
        failed = _failed(source, due, house, str(broken), broken.retry_after, final=final)
        return _gone(failed) if broken.outcome is FetchOutcome.GONE else failed
    tally.fetched += 1
    if page.status == 304:  # noqa: PLR2004 - the only answer of our own validators
        return _there(due, Validators())
    try:
        article = extraction.extract(page, source, due.entry, house.outlets)
    except ExtractionError as broken:
        tally.reasons[broken.outcome] += 1
        failed = replace(_failed(source, due, house, f"{due.entry.url}: {broken}"), page=page)
        return _gone(failed) if broken.outcome is PageOutcome.ELSEWHERE else failed
    if not due.is_check and not is_wanted(article, source, house):
        tally.off_topic += 1
        return Read(due, Result(due.id, EntryState.OFF_TOPIC))
    return replace(_there(due, validators_of(page), article), page=page)


def _there(due: Due, fresh: Validators, article: Article | None = None) -> Read:
    """The page could be had, changed or not."""
    state, seen = (EntryState.CHECK, Seen.THERE) if due.is_check else (EntryState.STORED, None)
    result = Result(due.id, state, etag=fresh.etag, last_modified=fresh.last_modified, seen=seen)
    return Read(due, result, article)


def _gone(failed: Read) -> Read:
    """The page of a stored article was deleted, or leads to the front page."""
    return replace(failed, result=replace(failed.result, seen=Seen.GONE)) if failed.due.article else failed


def _told_by_feed(source: Source, due: Due, house: House, tally: Tally) -> Read:
    """An entry without a page of its own: the feed tells all that there is."""
    told = extraction.partial_article(due.entry, house.now(), source=source, outlets=house.outlets)
    if told is None:
        return Read(due, Result(due.id, EntryState.GIVEN_UP, f"{due.entry.url}: neither a page nor a title"))
    if not is_wanted(told, source, house):
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
    if due.is_check:
        log.info("page not checked", extra={"source": source.id, "reason": reason})
        wait = timedelta(seconds=retry_after or 0)
        result = Result(due.id, EntryState.CHECK, reason, next_try_at=house.now() + wait, seen=Seen.UNSURE)
        return Read(due, result)
    again = None if final else entries.next_try(due.attempts, house.now(), retry_after)
    state = EntryState.RETRY if again else EntryState.GIVEN_UP
    told = extraction.partial_article(due.entry, house.now(), source=source, outlets=house.outlets)
    partial = told if due.article is None else None
    if partial and not is_wanted(partial, source, house):
        partial = None
    return Read(due, Result(due.id, state, reason, next_try_at=again), partial)


def is_wanted(article: Article, source: Source, house: House) -> bool:
    """Whether the article is about what its source is kept for."""
    return source.topics == "none" or matching.matches_topic(article, house.compiled, source.topics)


def _store_safely(source: Source, batch: Sequence[Read], house: House, tally: Tally) -> None:
    """Store a batch; when it breaks, one by one, so that the one that breaks it costs no other."""
    try:
        insist(partial(_store, source, batch, house, tally))
    except UnavailableError:
        raise  # nothing is wrong with the articles
    except Exception as broken:
        log.exception("batch not stored", extra={"source": source.id, "entries": len(batch)})
        if len(batch) > 1:
            for read in batch:
                _store_safely(source, [read], house, tally)
            return
        due = batch[0].due
        reason = f"{due.entry.url}: cannot be stored: {type(broken).__name__}: {broken}"[:500]
        tally.errors.append(f"{source.id}: {reason}")
        read = replace(_failed(source, due, house, reason), article=None)
        with transaction(house.engine) as session:
            _finish(session, [read], {}, house.now())


def _note_rule(session: Session, source: Source, read: Sequence[Article]) -> None:
    """Mark the outlet's rule as broken, or as working again."""
    if source.article and read:
        broken = [f"{article.url}: {article.rule_broken}" for article in read if article.rule_broken]
        sources.note_rule(session, source.id, broken[0] if broken else "")


def _store(source: Source, batch: Sequence[Read], house: House, tally: Tally) -> None:
    """Commit a batch: articles, their matches, and how far each entry has come."""
    now = house.now()
    held = [read for read in batch if read.article is not None]
    readings = [(read.article, Reading(read.article)) for read in held if read.article]
    looked = [matching.look(article, house.compiled, reading) for article, reading in readings]
    gists = house.gists(
        [(article, named, reading) for (article, reading), (_, named) in zip(readings, looked, strict=True)]
    )
    packed = {read.due.id: (read.page, warc.pack(read.page)) for read in batch if read.page is not None}
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
        matches.stamp(session, [one.id for one in stored if one.verdict.is_fresh], house.compiled.version)
        ids = {read.due.id: one.id for one, read in zip(stored, held, strict=True)}
        _note_rule(session, source, [read.article for read in held if read.article and not read.result.reason])
        _finish(session, batch, ids, now)
        failed = pages.wanted(session, [read.due.id for read in batch if read.page and read.result.reason])
        read_from = {
            read.due.id: one.id
            for one, read in zip(stored, held, strict=True)
            if one.verdict.is_fresh and not read.result.reason
        }
        _keep_pages(session, source, packed, failed | read_from, house)
    if matched and house.bell is not None:
        house.bell.set()
    verdicts = Counter(one.verdict for one in stored)
    tally.new += verdicts[Verdict.NEW] + verdicts[Verdict.DUPLICATE]
    tally.duplicates += verdicts[Verdict.DUPLICATE]
    tally.revised += verdicts[Verdict.REVISED]
    tally.reasons.update(verdicts)
    tally.matched += matched
    tally.partial += sum(one.article.partial for one in stored)
    log.debug("stored", extra={"source": source.id, "articles": len(stored)})


def _finish(session: Session, batch: Sequence[Read], ids: Mapping[int, int], now: datetime) -> None:
    """Note how far each entry has come (`ids`: its article), and when alerted articles are looked at again."""
    entries.finish(session, [replace(read.result, article=ids.get(read.due.id)) for read in batch])
    rechecks.go_on(session, [read.result for read in batch if read.due.article is not None], now)


def _keep_pages(
    session: Session,
    source: Source,
    packed: Mapping[int, tuple[FetchedPage, Record]],
    chosen: Mapping[int, int | None],
    house: House,
) -> None:
    """Write the pages of these entries (entry id: article id) to the archive; one whose transaction fails is idle."""
    placed = {entry: house.archive.append(packed[entry][1]) for entry in chosen if entry in packed}
    kept = [
        Kept(source.id, chosen[entry], entry, packed[entry][0], packed[entry][1].sha256, place)
        for entry, place in placed.items()
        if place is not None
    ]
    pages.add(session, kept)
