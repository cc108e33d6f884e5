"""List what the archives of a source hold for some past days, route after route."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from flows import discovery
from flows.discovery import ZONE, Answer
from flows.house import House
from scrapers import urls
from scrapers.article import DateOrigin, FeedEntry, FetchedPage
from scrapers.errors import FeedError, FetchError
from scrapers.fetch import Validators
from scrapers.routes import wayback
from scrapers.source import Route, RouteType, Source

_MOST_PAGES = 500  # behind the first one of a route; a year of a busy WordPress site


@dataclass(frozen=True, slots=True)
class Window:
    """Days in Europe/Kyiv, both inclusive."""

    since: date
    until: date

    def holds(self, when: datetime) -> bool:
        """Whether the instant lies on one of the days."""
        return self.since <= when.astimezone(ZONE).date() <= self.until

    @property
    def days(self) -> list[date]:
        """Every day of it, in order."""
        return [self.since + timedelta(days=n) for n in range((self.until - self.since).days + 1)]

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """When the first day begins and when the last one ends, in UTC."""
        begin, end = (datetime.combine(day, time(), ZONE) for day in (self.since, self.until + timedelta(days=1)))
        return begin.astimezone(UTC), end.astimezone(UTC) - timedelta(microseconds=1)


@dataclass(slots=True)
class Shelf:
    """What the archives of a source list for the days asked for.

    An entry that bears only the time of a change or capture stands under that day, or the last one when it was later:
    it may be of any day before, as its page will tell. `unplaced` ones bear no time and were not taken. `failed` says
    of a day why its list could not be had; of the others all is listed.
    """

    source: str
    route: str = ""
    wayback: Route | None = None
    listed: int = 0
    days: dict[date, list[FeedEntry]] = field(default_factory=dict)
    unplaced: int = 0
    failed: dict[date, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def expected(self) -> int:
        """How many entries are to be looked at."""
        return sum(map(len, self.days.values()))


def routes(source: Source, kind: RouteType | None) -> tuple[Route, ...]:
    """The routes to a source's past, in order; those of one kind, which need not be configured for Wayback."""
    known = source.backfill or source.routes
    if kind is None:
        return known
    chosen = tuple(route for route in (*source.backfill, *source.routes) if route.type is kind)
    return chosen or ((Route(type=kind),) if kind is RouteType.WAYBACK else ())


def read(source: Source, days: Sequence[date], house: House, kind: RouteType | None = None) -> Shelf:
    """List `days` of a source by the first route that has them; those that it cannot give by the next one."""
    shelf = Shelf(source.id)
    missing = dict.fromkeys(days, f"no route lists articles of {min(days)} to {max(days)}")
    for route in routes(source, kind):
        before = shelf.expected
        broken = _read(source, route, sorted(missing), house, shelf)
        shelf.listed += shelf.expected - before
        if shelf.expected > before:
            shelf.route = shelf.route or f"{route.type} {route.address}".strip()
            shelf.wayback = shelf.wayback or (route if route.type is RouteType.WAYBACK else None)
            missing = broken
        else:  # a list without anything says more of the route than of the days
            missing |= broken
        if not missing:
            break
    if not routes(source, kind):
        missing = dict.fromkeys(days, f"the source has no {kind} route")
    shelf.failed = missing
    if missing and not shelf.expected:
        shelf.errors.append(f"{source.id}: {missing[min(missing)]}")
    return shelf


def _read(source: Source, route: Route, days: Sequence[date], house: House, shelf: Shelf) -> dict[date, str]:
    """Put on the shelf what one route lists; the days that it could not give, with the reason."""
    broken: dict[date, str] = {}
    span, wanted = Window(min(days), max(days)), set(days)
    known = {urls.url_key(entry.url) for entries in shelf.days.values() for entry in entries}
    for day, url in _pages(route, days):
        try:
            answer = _ask(source, route, url, Window(day, day) if day else span, house)
        except (FetchError, FeedError) as refused:
            why = f"{route.type} route: {refused}"
            shelf.errors.append(f"{source.id}: {why}")
            broken |= dict.fromkeys(_covered(route, url, days), why)
            continue
        shelf.errors += answer.errors
        if answer.is_cut:
            why = f"{route.type} route: {_MOST_PAGES} pages do not reach {span.since}"
            shelf.errors.append(f"{source.id}: {why}")
            oldest = answer.oldest
            reached = oldest.astimezone(ZONE).date() if oldest else span.until
            broken |= {one: why for one in days if one <= reached}
        for entry in answer.entries:
            if (key := urls.url_key(entry.url)) not in known:
                known.add(key)
                _place(entry, day, span, wanted, shelf)
    return broken


def _ask(source: Source, route: Route, url: str, span: Window, house: House) -> Answer:
    since, until = span.instants
    return discovery.ask(source, route, house, url=url, since=since, until=until, most=_MOST_PAGES)


def _place(entry: FeedEntry, day: date | None, span: Window, wanted: set[date], shelf: Shelf) -> None:
    """Put an entry under its day, where it can be of a wanted one; undated archive links get that of their page."""
    if entry.published is None and entry.modified is None and day is not None:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
        entry = replace(entry, published=noon, origin=DateOrigin.URL)
    when = discovery.moment(entry)
    if when is None:
        shelf.unplaced += 1
        return
    own = when.astimezone(ZONE).date()
    if entry.published is None and own > span.until:
        own = span.until
    if own in wanted:
        shelf.days.setdefault(own, []).append(entry)


def _pages(route: Route, days: Sequence[date]) -> Iterator[tuple[date | None, str]]:
    """Each listing page once; the day is known when the URL is made for one day."""
    if "{" not in route.url:
        yield None, ""
        return
    seen = set()
    for day in days:
        url = discovery.on_day(route, day)
        if url not in seen:
            seen.add(url)
            yield (day if "{day" in route.url else None), url


def _covered(route: Route, url: str, days: Sequence[date]) -> list[date]:
    """The days that a listing page stands for."""
    return [day for day in days if not url or discovery.on_day(route, day) == url]


def fetcher(
    route: Route | None, listed: Sequence[FeedEntry], house: House
) -> Callable[[str, Validators], FetchedPage] | None:
    """How to get the pages of entries that a Wayback route listed: from the outlet, else as they were captured."""
    if route is None:
        return None
    captured = {entry.url: entry.modified for entry in listed if entry.modified}

    def get(url: str, validators: Validators) -> FetchedPage:
        try:
            return house.http.get(url, validators)
        except FetchError as lost:
            when = captured.get(url)
            if when is None:
                raise
            try:
                page = house.http.get(wayback.capture(url, when, route.url))
            except FetchError:
                raise lost from None  # what the outlet said is what a person wants to know
            return replace(page, url=url, final_url=url)

    return get
