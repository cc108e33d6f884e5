"""Bring in the articles of past days, silently unless asked otherwise; knows nothing of Prefect."""

from __future__ import annotations

import enum
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from alerts.model import Mode
from flows import discovery, polling
from flows.discovery import ZONE
from flows.house import House
from flows.pipeline import Tally, work
from scrapers import urls
from scrapers.article import DateOrigin, FeedEntry
from scrapers.errors import FeedError, FetchError, FetchOutcome
from scrapers.source import Route, Source
from storage import entries
from storage.engine import transaction

log = logging.getLogger(__name__)

LONGEST = timedelta(days=366)
_MOST_PAGES = 500  # behind the first one of a route; a year of a busy WordPress site


class BackfillAlerts(enum.StrEnum):
    """How a backfill alerts."""

    NONE = "none"
    DIGEST = "digest"
    LIVE = "live"


MODES = {BackfillAlerts.NONE: Mode.BACKFILL, BackfillAlerts.DIGEST: Mode.DIGEST, BackfillAlerts.LIVE: Mode.LIVE}


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
    def instants(self) -> tuple[datetime, datetime]:
        """When the first day begins and when the last one ends, in UTC."""
        begin, end = (datetime.combine(day, time(), ZONE) for day in (self.since, self.until + timedelta(days=1)))
        return begin.astimezone(UTC), end.astimezone(UTC) - timedelta(microseconds=1)


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
        listed = _list(source, route, asked, house)
        tally.errors += listed.errors
        # pages overlap where something came in while they were read
        once = {urls.url_key(entry.url): entry for entry in reversed(listed.entries) if asked.may_hold(entry)}
        wanted = list(once.values())[::-1]
        if wanted or (listed.entries and not tally.route):
            tally.route, tally.outcome = f"{route.type} {route.address}".strip(), FetchOutcome.FETCHED
            tally.entries, tally.undated, tally.expected = len(listed.entries), listed.undated, len(wanted)
        if wanted:
            if not dry_run:
                _take(source, wanted, asked, house, mode, tally)
            return tally
    tally.outcome = tally.outcome or polling.BROKEN
    tally.errors.append(f"{source.id}: no route lists articles of {asked.since} to {asked.until}")
    return tally


def _take(  # noqa: PLR0917 - private, called once
    source: Source, wanted: list[FeedEntry], asked: Window, house: House, mode: Mode, tally: BackfillTally
) -> None:
    keys = {urls.url_key(entry.url) for entry in wanted}
    now = house.now()
    with transaction(house.engine) as session:
        remembered = entries.remember(session, wanted, mode, now, asked.holds)
        waiting = [due for due in entries.due(session, source.id, now) if urls.url_key(due.entry.url) in keys]
    tally.known = tally.expected - remembered.new
    work(source, waiting, house, tally, asked.holds)


def _list(source: Source, route: Route, asked: Window, house: House) -> _Listed:
    """Everything that the pages of this route list for the window; undated archive links get their day."""
    found = _Listed()
    since, until = asked.instants
    for day, url in _pages(route, asked):
        try:
            answer = discovery.ask(source, route, house, url=url, since=since, until=until, most=_MOST_PAGES)
        except (FetchError, FeedError) as broken:
            found.errors.append(f"{source.id}: {route.type} route: {broken}")
            continue
        found.errors += answer.errors
        if answer.is_cut:
            found.errors.append(f"{source.id}: {route.type} route: {_MOST_PAGES} pages do not reach {asked.since}")
        for entry in answer.entries:
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
    if "{" not in route.url:
        yield None, ""
        return
    seen = set()
    by_day = "{day" in route.url
    for day in discovery.days(*asked.instants):
        url = discovery.on_day(route, day)
        if url not in seen:
            seen.add(url)
            yield (day if by_day else None), url
