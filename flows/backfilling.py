"""Bring in the articles of past days, silently unless asked otherwise; knows nothing of Prefect."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.model import Mode
from flows import discovery
from flows.house import House
from flows.pipeline import Tally, work
from scrapers import urls
from scrapers.article import DateOrigin, FeedEntry
from scrapers.errors import FeedError, FetchError
from scrapers.source import Route, RouteType, Source
from storage import entries
from storage.engine import transaction

log = logging.getLogger(__name__)

ZONE = ZoneInfo("Europe/Kyiv")  # the days that people ask for
LONGEST = timedelta(days=366)
_BUILT = (RouteType.SITEMAP, RouteType.NEWS_SITEMAP, RouteType.ARCHIVE, RouteType.LISTING, RouteType.FEED)


class BackfillError(Exception):
    """The asked range makes no sense; the text is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days in Europe/Kyiv, both inclusive."""

    since: date
    until: date

    def holds(self, when: datetime) -> bool:
        """Whether the instant lies on one of the days."""
        return self.since <= when.astimezone(ZONE).date() <= self.until

    def may_hold(self, entry: FeedEntry) -> bool:
        """Whether the entry may be from one of the days, as far as its source dates it."""
        if entry.published:
            return self.holds(entry.published)
        return entry.modified is not None and entry.modified.astimezone(ZONE).date() >= self.since

    @property
    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.since + timedelta(days=n) for n in range((self.until - self.since).days + 1)]


@dataclass(slots=True)
class BackfillTally(Tally):
    """A tally with what the archives listed: `expected` within the window, `undated` not taken."""

    expected: int = 0
    known: int = 0
    undated: int = 0


@dataclass(slots=True)
class _Listed:
    entries: list[FeedEntry] = field(default_factory=list)
    undated: int = 0
    errors: list[str] = field(default_factory=list)


def window(since: date, until: date, today: date) -> Window:
    """The checked range; raises BackfillError with a sentence."""
    if since > until:
        raise BackfillError(f"the first day ({since}) lies after the last day ({until})")
    if since > today:
        raise BackfillError(f"the first day ({since}) lies in the future; today is {today}")
    if until - since > LONGEST:
        raise BackfillError(f"{since} to {until} is more than a year; ask for it in parts")
    return Window(since, min(until, today))


def backfill(source: Source, asked: Window, house: House, mode: Mode, *, dry_run: bool) -> BackfillTally:
    """Bring the articles that `source` published in the window into the database."""
    tally = BackfillTally(source.id)
    for route in source.backfill or source.routes:
        if route.type not in _BUILT:
            continue
        listed = _list(source, route, asked, house)
        tally.errors += listed.errors
        if listed.entries:
            tally.route, tally.outcome = f"{route.type} {route.url}", "fetched"
            tally.entries, tally.undated = len(listed.entries), listed.undated
            _take(source, listed.entries, asked, house, mode, tally, dry_run=dry_run)
            return tally
    tally.outcome = discovery.BROKEN
    tally.errors.append(f"{source.id}: no route lists articles of {asked.since} to {asked.until}")
    return tally


def _take(  # noqa: PLR0917 - private, called once
    source: Source,
    listed: list[FeedEntry],
    asked: Window,
    house: House,
    mode: Mode,
    tally: BackfillTally,
    *,
    dry_run: bool,
) -> None:
    wanted = [entry for entry in listed if asked.may_hold(entry)]
    keys = {urls.url_key(entry.url) for entry in wanted}
    tally.expected = len(wanted)
    if dry_run or not wanted:
        return
    now = house.now()
    with transaction(house.engine) as session:
        remembered = entries.remember(session, wanted, mode, now, asked.holds)
        waiting = [due for due in entries.due(session, source.id, now) if urls.url_key(due.entry.url) in keys]
    tally.known = tally.expected - remembered.new
    work(source, waiting, house, tally, asked.holds)


def _list(source: Source, route: Route, asked: Window, house: House) -> _Listed:
    """Everything that the pages of this route list for the window; undated archive links get their day."""
    found = _Listed()
    for day, url in _pages(route, asked):
        try:
            _, listed = discovery.ask(source, route, url, house)
        except (FetchError, FeedError) as broken:
            found.errors.append(f"{source.id}: {route.type} route: {url}: {broken}")
            continue
        for entry in listed:
            if entry.published or entry.modified:
                found.entries.append(entry)
            elif day is not None:
                noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
                found.entries.append(replace(entry, published=noon, origin=DateOrigin.URL))
            else:
                found.undated += 1
    return found


def _pages(route: Route, asked: Window) -> Iterator[tuple[date | None, str]]:
    """Each listing page once; the day is known when the URL is made for one day."""
    seen = set()
    by_day = "{day" in route.url
    for day in asked.days:
        url = route.url.format(year=day.year, month=day.month, day=day.day)
        if url not in seen:
            seen.add(url)
            yield (day if by_day else None), url
