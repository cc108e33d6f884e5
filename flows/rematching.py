"""Apply a changed watchlist to the stored articles, without fetching anything."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from alerts import matching
from alerts.matching import Compiled
from alerts.model import Mode
from alerts.watchlist import Watch
from flows.house import House
from storage import lookup, rematches, search
from storage.engine import UnavailableError, insist, reading, transaction
from storage.lookup import StoredArticle
from storage.rematches import Asked, Change, Looked

log = logging.getLogger(__name__)

_BATCH = 200  # articles of one transaction; it writes for some 50 ms
_MOST_TOLD = 100  # articles that are named; the rest is counted and logged


@dataclass(slots=True)
class Tally:
    """What a re-match did: articles looked at, and per watch how many matches became what.

    `without_text` are articles whose text was let go: their matches stay as they are. `failed` are articles that
    could not be matched or stored, the first of them named in `errors`.
    """

    articles: int = 0
    without_text: int = 0
    failed: int = 0
    watches: dict[str, Counter[Change]] = field(default_factory=lambda: defaultdict(Counter))
    errors: list[str] = field(default_factory=list)

    def count(self, change: Change) -> int:
        """How many matches of all watches became that."""
        return sum(counts[change] for counts in self.watches.values())

    def fail(self, what: str) -> None:
        """Note an article that could not be matched again."""
        self.failed += 1
        if len(self.errors) < _MOST_TOLD:
            self.errors.append(what)


def rematch(
    house: House,
    days: int | None = None,
    watch: Watch | None = None,
    mode: Mode = Mode.BACKFILL,
    tell: Callable[[Tally], None] | None = None,
) -> Tally:
    """Match the stored articles of the last `days` (None: all) again, newest first, with one watch or all.

    What is new is stored with `mode`, a backfill alerts nobody. Running it again is harmless; with all watches an
    article that this version of the watchlist has seen is not read again, so what was stopped goes on where it was.
    `tell` is called after each batch. Raises UnavailableError when the database is gone for longer than `insist`
    waits.
    """
    since = house.now() - timedelta(days=days) if days is not None else None
    watchlist = house.configuration.watchlist
    tally = Tally()
    with reading(house.engine) as session:
        tally.without_text = lookup.extent(session, since).without_text
    if watch is None:
        compiled, batches = house.compiled, _behind(house, since)
        asked = Asked(frozenset(one.id for one in watchlist.watches), mode, compiled.version)
    else:
        compiled = matching.compile(replace(watchlist, watches=(watch,)), house.configuration.facts)
        compiled = replace(compiled, version=house.compiled.version)
        asked, batches = Asked(frozenset((watch.id,)), mode), _concerned(house, compiled, watch.id, since)
    for name in asked.watches:
        tally.watches[name] = Counter()
    for some in batches:
        looked = [one for found in some if (one := _look(found, compiled, tally)) is not None]
        _store_safely(looked, asked, house, tally)
        tally.articles += len(some)
        log.info("matched again", extra={"articles": tally.articles, "new": tally.count(Change.NEW)})
        if tell:
            tell(tally)
    return tally


def rows(tally: Tally) -> list[dict[str, Any]]:
    """One row per watch: how many matches are new, renewed, lapsed and kept."""
    return [
        {"watch": watch, **{change.value: counts[change] for change in Change}}
        for watch, counts in sorted(tally.watches.items())
    ]


def summary(tally: Tally) -> str:
    """One sentence on a re-match."""
    counts = ", ".join(f"{tally.count(change):,} {change}" for change in Change)
    told = f"articles matched again: {tally.articles:,}; matches: {counts}"
    if tally.without_text:
        told += f"; left as they are, because their text was let go: {tally.without_text:,} articles"
    return f"{told}; failed: {tally.failed:,}" if tally.failed else told


def _behind(house: House, since: datetime | None) -> Iterator[list[StoredArticle]]:
    """Every article that this watchlist has not seen; one that fails is passed by, and behind in the next run."""
    after: StoredArticle | None = None
    while True:
        with reading(house.engine) as session:
            some = rematches.behind(session, house.compiled.version, since, after, _BATCH)
        if not some:
            return
        after = some[-1]
        yield some


def _concerned(house: House, compiled: Compiled, watch: str, since: datetime | None) -> Iterator[list[StoredArticle]]:
    """The articles that a watch may match now, and those that it matched."""
    with reading(house.engine) as session:
        found = search.candidates(session, compiled, since=since)
        may = list(dict.fromkeys([*found, *rematches.holding(session, watch, since)]))
    for start in range(0, len(may), _BATCH):
        ids = may[start : start + _BATCH]
        with reading(house.engine) as session:
            held = lookup.by_id(session, ids)
        yield [held[key] for key in ids if key in held]


def _look(found: StoredArticle, compiled: Compiled, tally: Tally) -> Looked | None:
    try:
        return Looked(found, *matching.look(lookup.as_read(found), compiled))
    except Exception as broken:  # one bad article never costs the others
        log.exception("article not matched again", extra={"url": found.url})
        tally.fail(f"{found.url}: {type(broken).__name__}: {broken}")
        return None


def _store_safely(looked: Sequence[Looked], asked: Asked, house: House, tally: Tally) -> None:
    """Store a batch; when it breaks, one by one, so that the one that breaks it costs no other."""
    try:
        told = insist(partial(_store, looked, asked, house))
    except UnavailableError:
        raise  # nothing is wrong with the articles
    except Exception as broken:
        log.exception("batch not stored", extra={"articles": len(looked)})
        if len(looked) == 1:
            tally.fail(f"{looked[0].article.url}: cannot be stored: {type(broken).__name__}: {broken}")
            return
        for one in looked:
            _store_safely([one], asked, house, tally)
    else:
        for name, change in told:
            tally.watches[name][change] += 1


def _store(looked: Sequence[Looked], asked: Asked, house: House) -> list[tuple[str, Change]]:
    with transaction(house.engine) as session:
        return rematches.reconcile(session, looked, asked, house.now())
