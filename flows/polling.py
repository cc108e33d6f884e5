"""Poll a source: its routes in order, the next one where one is broken, stale or leaves a gap."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flows import discovery
from flows.discovery import NOT_MODIFIED, Answer
from flows.house import House
from scrapers.article import FeedEntry
from scrapers.errors import FeedError, FetchError, FetchOutcome
from scrapers.fetch import Validators, validators_of
from scrapers.routes import feeds, pace
from scrapers.source import Route, RouteType, Source
from storage import entries, routes, sources
from storage.engine import reading
from storage.routes import Asked, Known
from storage.sources import State

log = logging.getLogger(__name__)

NOT_A_FEED = "not_a_feed"
BROKEN = "broken"
EMPTY = "empty"
OVERFLOW = "everything listed is newer than the last poll"  # so begins what is told of a gap
STALE = "stale"
_OLD = timedelta(days=14)  # a feed that nobody fills any more still answers 200
_ARCHIVES = (RouteType.NEWS_SITEMAP, RouteType.WORDPRESS, RouteType.SITEMAP, RouteType.ARCHIVE)
_NEWS = timedelta(days=3)  # how far back an archive is news
_PATIENCE = timedelta(days=1)  # with an archive that is late or out of order
_ROUNDED = timedelta(minutes=10)  # how far feed and archive may differ in the time of one article
_SLACK = timedelta(hours=1)  # what a cache between us and a sitemap may be behind
_LISTS = (RouteType.FEED, RouteType.LISTING)  # they show their newest entries only


@dataclass(frozen=True, slots=True)
class Found:
    """What a source listed, by which route; `errors` say why others were passed over, or what may be missing.

    `seen` is what an archive held before it was watched: to be noted, not read.
    It `is_open` while what came and went since the last poll may still be had.
    `stated` and `fresh_for` are how long its feed and its server ask to be left alone.
    """

    route: str = ""
    outcome: str = BROKEN
    entries: tuple[FeedEntry, ...] = ()
    seen: tuple[FeedEntry, ...] = ()
    asked: tuple[Asked, ...] = ()
    errors: tuple[str, ...] = ()
    stated: timedelta | None = None
    fresh_for: timedelta | None = None
    retry_after: timedelta | None = None
    is_open: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether any route worked."""
        return self.outcome in (FetchOutcome.FETCHED, FetchOutcome.NOT_MODIFIED)


@dataclass(slots=True)
class _Round:
    """One poll on its way through the routes."""

    source: Source
    house: House
    state: State | None
    known: dict[str, Known]
    asked: list[Asked] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    outcome: str = BROKEN
    retry_after: float | None = None

    @property
    def since(self) -> datetime | None:
        """When the source last answered."""
        return self.state.last_ok_at if self.state else None

    def tell(self, route: Route, why: str) -> None:
        self.errors.append(f"{self.source.id}: {route.type} route: {why}")


def poll(source: Source, house: House) -> Found:
    """The entries of the first route that works, with what an overflowing feed no longer shows."""
    with reading(house.engine) as session:
        state = sources.state(session, source.id)
        known = routes.known(session, source.id, [route.address for route in source.routes])
    now = house.now()
    this = _Round(source, house, state, known)
    passed: list[tuple[Route, Answer, str]] = []
    for route in _in_order(source.routes, known, now):
        answer = _ask(this, route)
        if answer is None:
            continue
        why = _doubt(answer, known.get(route.address), now)
        if why is None:
            for doubtful, _, doubt in passed:
                this.tell(doubtful, f"{doubtful.address}: {doubt}")
            return _found(this, route, answer)
        passed.append((route, answer, why))
    if passed:  # nothing better came: a source may well be silent for weeks
        route, answer, _ = max(passed, key=lambda one: bool(one[1].entries))
        # while another route is broken, nobody knows what it would have shown
        return replace(_found(this, route, answer), is_open=any(not asked.answered for asked in this.asked))
    wait = None if this.retry_after is None else timedelta(seconds=this.retry_after)
    return Found(outcome=this.outcome, asked=tuple(this.asked), errors=tuple(this.errors), retry_after=wait)


def _in_order(listed: Sequence[Route], known: dict[str, Known], now: datetime) -> list[Route]:
    """The routes as configured; one that failed several times in a row is left for last while it rests."""

    def rests(route: Route) -> bool:
        until = known[route.address].rests_until() if route.address in known else None
        return until is not None and now < until

    return sorted(listed, key=rests)


def _ask(this: _Round, route: Route) -> Answer | None:
    known = this.known.get(route.address)
    since = this.since - _SLACK if this.since else None
    # validators say what was read last; as another type, the page was never read
    conditional = Validators(known.etag, known.last_modified) if known and known.type == route.type else None
    try:
        answer = discovery.ask(this.source, route, this.house, since=since, conditional=conditional)
    except FetchError as broken:
        this.outcome, this.retry_after = broken.outcome, broken.retry_after
        why = str(broken)
    except FeedError as broken:
        this.outcome, why = broken.outcome or NOT_A_FEED, f"{route.address}: {broken}"
    else:
        if answer.page.status != NOT_MODIFIED or (known and known.failures):
            this.asked.append(_answered(route, answer))
        this.errors += answer.errors
        return answer
    this.tell(route, why)
    this.asked.append(Asked(route.address, route.type, this.outcome, answered=False, reason=why))
    return None


def _answered(route: Route, answer: Answer) -> Asked:
    if answer.page.status == NOT_MODIFIED:
        return Asked(route.address, route.type, FetchOutcome.NOT_MODIFIED, answered=True)
    fresh = validators_of(answer.page)
    # validators are those of one page: of an index they would hide what is new behind it, and an empty page that
    # answers "not modified" would pass for a route that works
    validators = (fresh.etag, fresh.last_modified) if answer.entries and not answer.is_index else ("", "")
    outcome = FetchOutcome.FETCHED if answer.entries else EMPTY
    return Asked(route.address, route.type, outcome, answered=True, validators=validators, newest=answer.newest)


def _doubt(answer: Answer, known: Known | None, now: datetime) -> str | None:
    """Why a route that answers should not be the last word, if there is a reason."""
    if answer.page.status == NOT_MODIFIED:
        newest = known.newest_at if known else None
    elif answer.entries:
        newest = answer.newest
    else:
        return "it lists nothing"
    if newest is not None and now - newest > _OLD:
        return f"its newest entry is of {newest:%Y-%m-%d}"
    return None


def _found(this: _Round, route: Route, answer: Answer) -> Found:
    unchanged = answer.page.status == NOT_MODIFIED
    stated = this.state.stated if this.state else None
    if route.type is RouteType.FEED and not unchanged:
        stated = feeds.pace(answer.page.body) or timedelta()
    missed, is_open = ((), False) if unchanged else _missed(this, route, answer)
    fresh, seen = _news(this, route, answer)
    if is_open:  # ask for the whole page again, although it may not have changed
        this.asked = [replace(one, validators=("", "")) if one.url == route.address else one for one in this.asked]
    return Found(
        f"{route.type} {route.address}",
        FetchOutcome.NOT_MODIFIED if unchanged else FetchOutcome.FETCHED,
        (*fresh, *missed),
        seen,
        tuple(this.asked),
        tuple(this.errors),
        stated,
        pace.freshness(answer.page.headers, this.house.now()),
        is_open=is_open,
    )


def _news(this: _Round, route: Route, answer: Answer) -> tuple[tuple[FeedEntry, ...], tuple[FeedEntry, ...]]:
    """What of a listing is new, and what only has to be known from now on. All of a feed or a news sitemap is new."""
    if route.type not in _ARCHIVES or route.type is RouteType.NEWS_SITEMAP:
        return answer.entries, ()
    known = this.known.get(route.address)
    begin = min(this.since or this.house.now(), this.house.now()) - _NEWS
    dated = tuple(entry for entry in answer.entries if (when := discovery.moment(entry)) and when >= begin)
    undated = tuple(entry for entry in answer.entries if discovery.moment(entry) is None)
    return (dated, undated) if known is None or known.last_ok_at is None else ((*dated, *undated), ())


def _missed(this: _Round, used: Route, answer: Answer) -> tuple[tuple[FeedEntry, ...], bool]:
    """What came and went between two polls, and whether to ask for it again.

    A feed that shows nothing seen before has overflowed.
    """
    since, oldest = this.since, answer.oldest
    if since is None or oldest is None or oldest <= since or (used.type in _LISTS and not answer.entries):
        return (), False
    if used.type not in _LISTS and not answer.is_cut:
        return (), False
    with reading(this.house.engine) as session:
        if entries.knows_any(session, answer.entries, since):
            return (), False
        noticed = entries.first_after(session, this.source.id, since)
    has_time = noticed is None or this.house.now() - noticed < _PATIENCE
    is_open = False
    gap = f"{OVERFLOW} of {since:%Y-%m-%d %H:%M} UTC"
    for route in sorted((*this.source.routes, *this.source.backfill), key=_preference):
        if route == used or route.type not in _ARCHIVES:
            continue
        try:
            found, reached = _between(this, route, since, oldest)
        except (FetchError, FeedError) as broken:
            this.tell(route, f"{gap}, and the gap cannot be read: {broken}")
            is_open |= has_time and isinstance(broken, FetchError) and broken.retryable
            continue
        log.info("overflow", extra={"source": this.source.id, "route": route.address, "entries": len(found)})
        if has_time and (reached < oldest - _ROUNDED if reached else not found):
            end = f"reaches only to {reached:%Y-%m-%d %H:%M} UTC" if reached else "lists nothing"
            this.tell(route, f"{gap}, and {route.address} {end} yet")
            return found, True
        return found, False
    if not is_open:
        why = "no sitemap or archive of the source tells what came before: entries may be missing"
        this.tell(used, f"{gap}, and {why}")
    return (), is_open


def _preference(route: Route) -> int:
    return _ARCHIVES.index(route.type) if route.type in _ARCHIVES else len(_ARCHIVES)


def _between(
    this: _Round, route: Route, since: datetime, until: datetime
) -> tuple[tuple[FeedEntry, ...], datetime | None]:
    """The entries of an archive route between two times, and the latest time of which it knows.

    A page for one day dates its links by that day.
    """
    found: dict[str, FeedEntry] = {}
    reached: list[datetime] = []
    is_dated = "{" in route.url
    pages = {discovery.on_day(route, day) if is_dated else "" for day in discovery.days(since, until)}
    for url in sorted(pages):
        answer = discovery.ask(this.source, route, this.house, url=url, since=since, until=until)
        reached += [answer.newest] if answer.newest else []
        for entry in answer.entries:
            changed = entry.modified is not None and entry.modified >= since
            if since <= entry.published <= until if entry.published else changed or is_dated:
                found[entry.url] = entry
    return tuple(found.values()), max(reached, default=None)
