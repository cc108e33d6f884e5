"""Read kept pages again, after the reader or the rule of an outlet became better; fetches nothing."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from alerts import matching
from alerts.model import Match, Mode
from flows.house import House
from flows.pipeline import OLD, is_wanted
from scrapers.article import Article
from scrapers.errors import ExtractionError
from scrapers.page import extraction
from storage import articles, entries, matches, pages
from storage.archive import ArchiveError
from storage.articles import Improvement, Reread
from storage.engine import UnavailableError, insist, reading, transaction
from storage.entries import EntryState, Result
from storage.likeness import gist
from storage.likeness.gist import Gist
from storage.pages import Reading

log = logging.getLogger(__name__)

_BATCH = 20  # pages that are held at once
_MOST_TOLD = 100  # pages that are named; the rest is counted and logged


@dataclass(slots=True)
class Tally:
    """What reading again did: how many pages, and what became of them.

    `new` were no article before. `worse` changed nothing, nor did `failed`, which still are no article, nor
    `missing`, which the archive of this machine cannot give. `told` names those that are worse, missing or broken.
    """

    pages: int = 0
    better: int = 0
    new: int = 0
    same: int = 0
    older: int = 0
    worse: int = 0
    failed: int = 0
    missing: int = 0
    off_topic: int = 0
    matched: int = 0
    told: list[str] = field(default_factory=list)

    def tell(self, what: str) -> None:
        """Name a page that a person may want to look at."""
        if len(self.told) < _MOST_TOLD:
            self.told.append(what)
        else:
            log.warning("page not read again", extra={"reason": what})


@dataclass(frozen=True, slots=True)
class _Read:
    """A page that was read again."""

    found: Reading
    gist: Gist
    matched: Sequence[Match]
    mode: Mode


def reread(
    house: House,
    source_ids: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    dry_run: bool = False,
) -> Tally:
    """Read the latest kept page of each article again, and those that never became one.

    What is read better replaces title, text, authors and date: no revision, for the outlet changed nothing, and no
    alert: new matches are stored as those of a backfill. A page that could not be read before becomes an article as
    if it had been fetched now. `since` and `until` (exclusive) are times of fetching; no source means all. Running
    it again is harmless, and what was done stays done when it was stopped. With `dry_run` it only counts.

    Raises UnavailableError when the database is locked or gone for longer than `insist` waits.
    """
    tally, after = Tally(), 0
    while True:
        with reading(house.engine) as session:
            some = pages.readings(session, after, _BATCH, since=since, until=until, sources=source_ids)
        if not some:
            return tally
        after = some[-1].page.id
        read = [one for found in some if (one := _read(found, house, tally)) is not None]
        _keep_safely(read, house, tally, dry_run=dry_run)
        tally.pages += len(some)
        through = some[-1].page.fetched_at.isoformat()
        log.info("read again", extra={"pages": tally.pages, "better": tally.better, "fetched_until": through})


def _read(found: Reading, house: House, tally: Tally) -> _Read | None:
    """The article that the page holds now; None where there is none or nobody wants it."""
    try:
        article = _article(found, house, tally)
    except Exception as broken:  # one bad page never costs the others
        log.exception("page not read again", extra={"source": found.page.source, "url": found.page.url})
        tally.failed += 1
        tally.tell(f"{found.page.url}: {type(broken).__name__}: {broken}")
        return None
    if article is None:
        return None
    matched, named = matching.look(article, house.compiled)
    return _Read(found, gist.take(article, named), matched, _mode(found, article, house.now()))


def _article(found: Reading, house: House, tally: Tally) -> Article | None:
    source = house.configuration.sources.get(found.page.source)
    if source is None:
        tally.missing += 1
        return None  # its rule and its name are gone with it
    try:
        page = house.archive.read(found.page.place)
        article = extraction.extract(page, source, found.entry, house.outlets)
    except ArchiveError as lost:
        tally.missing += 1
        tally.tell(f"{found.page.url}: {lost}")
    except ExtractionError as unreadable:
        tally.failed += found.is_failed
        if not found.is_failed:
            tally.worse += 1
            tally.tell(f"{found.page.url}: was an article, and is none now: {unreadable}")
    else:
        if not found.is_failed or is_wanted(article, source, house):
            return article
        tally.off_topic += 1
    return None


def _mode(found: Reading, article: Article, now: datetime) -> Mode:
    """An improvement of ours alerts nobody, and what is weeks old is no news."""
    if not found.is_failed or now - (article.published or found.page.fetched_at) > OLD:
        return Mode.BACKFILL
    return found.mode


def _keep_safely(batch: Sequence[_Read], house: House, tally: Tally, *, dry_run: bool) -> None:
    """Store a batch; when it breaks, one by one, so that the one that breaks it costs no other."""
    try:
        insist(partial(_keep, batch, house, tally, dry_run=dry_run))
    except UnavailableError:
        raise  # nothing is wrong with the articles
    except Exception as broken:
        log.exception("batch not stored", extra={"pages": len(batch)})
        if len(batch) == 1:
            tally.failed += 1
            tally.tell(f"{batch[0].found.page.url}: cannot be stored: {type(broken).__name__}: {broken}")
            return
        for one in batch:
            _keep_safely([one], house, tally, dry_run=dry_run)


def _keep(batch: Sequence[_Read], house: House, tally: Tally, *, dry_run: bool) -> None:
    if not batch:
        return
    now, matched = house.now(), 0
    known = [(one.found.page.article, one) for one in batch if one.found.page.article is not None]
    lost = [one for one in batch if one.found.page.article is None]
    asked = [Reread(article, one.gist, one.found.page.fetched_at) for article, one in known]
    with reading(house.engine) if dry_run else transaction(house.engine) as session:
        told = articles.improve(session, asked, now, dry_run=dry_run)
        if not dry_run:
            better = [pair for pair, said in zip(known, told, strict=True) if said is Improvement.BETTER]
            changed = better + _store(session, lost, now)
            matched = _match(session, changed, now)
            matches.stamp(session, [article for article, _ in changed], house.compiled.version)
    counted = Counter(told)
    tally.better += counted[Improvement.BETTER]
    tally.same += counted[Improvement.SAME]
    tally.older += counted[Improvement.OLDER]
    tally.worse += counted[Improvement.WORSE]
    tally.new += len(lost)
    tally.matched += matched
    for (_, one), said in zip(known, told, strict=True):
        if said is Improvement.WORSE:
            tally.tell(f"{one.found.page.url}: is read much shorter now, the stored text stays")


def _store(session: Session, lost: Sequence[_Read], now: datetime) -> list[tuple[int, _Read]]:
    """The articles of pages that could not be read before, without those that came another way meanwhile."""
    if not lost:
        return []
    stored = articles.save(session, [one.gist for one in lost], now)
    fresh = [(one.id, read) for one, read in zip(stored, lost, strict=True) if one.verdict.is_fresh]
    pages.attach(session, {read.found.page.id: article for article, read in fresh})
    entries.finish(session, [_result(one.id, read) for one, read in zip(stored, lost, strict=True)])
    return fresh


def _match(session: Session, changed: Sequence[tuple[int, _Read]], now: datetime) -> int:
    """Store what the articles match now; their entries need no page any more."""
    waiting = [_result(article, one) for article, one in changed if one.found.is_failed and one.found.is_waiting]
    entries.finish(session, waiting)
    return sum(
        matches.add(session, [(article, one.matched) for article, one in changed if one.mode is mode], mode, now)
        for mode in Mode
    )


def _result(article: int, read: _Read) -> Result:
    return Result(read.found.page.entry or 0, EntryState.STORED, article=article)
