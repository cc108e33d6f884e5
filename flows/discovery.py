"""Ask one route of a source: its first page, and the pages to which that leads on."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flows.house import House
from scrapers import dates
from scrapers.article import DateOrigin, FeedEntry, FetchedPage
from scrapers.charset import decode
from scrapers.errors import FeedError, FetchError, PageOutcome
from scrapers.fetch import Validators
from scrapers.page import refusal
from scrapers.routes import feeds, google_news, listings, nested, sitemaps, telegram, wayback, wordpress
from scrapers.routes.listed import Listed
from scrapers.source import Route, RouteType, Source

ZONE = ZoneInfo("Europe/Kyiv")  # the days that outlets file their articles under
NOT_MODIFIED = 304
MOST_FOLLOWED = 10  # pages behind the first one, in one poll
_LOOKED_AT = 200_000  # bytes of what is no feed
_TITLE = re.compile(r"<title[^>]*>([^<]{1,300})", re.IGNORECASE)
_BEGINNING = 3  # pages of a source that was never polled: news, not its archive


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is asked for, aware UTC; None is open."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route listed: `page` is its first, `errors` are of pages behind it.

    `is_cut` says that it goes on further back than it was followed, `is_index` that the first page names others
    and lists nothing itself.
    """

    page: FetchedPage
    entries: tuple[FeedEntry, ...] = ()
    errors: tuple[str, ...] = ()
    is_cut: bool = False
    is_index: bool = False

    @property
    def newest(self) -> datetime | None:
        """The latest time that an entry bears."""
        return max(self._times, default=None)

    @property
    def oldest(self) -> datetime | None:
        """The earliest time that an entry bears."""
        return min(self._times, default=None)

    @property
    def _times(self) -> list[datetime]:
        times = filter(None, map(moment, self.entries))
        return [when for when in times if dates.plausible(when, self.page.fetched_at)]


def ask(
    source: Source,
    route: Route,
    house: House,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    conditional: Validators | None = None,
    url: str = "",
    most: int = MOST_FOLLOWED,
) -> Answer:
    """The entries of a route back to `since`, following at most `most` pages behind the first.

    `url` names one page of a backfill route; without it, that of `since` is taken. Raises FetchError or
    FeedError when the first page cannot be had or read.
    """
    span = Span(since, until)
    first = url or address(source, route, span, house.now())
    page = house.http.get(first, conditional)
    if page.status == NOT_MODIFIED:
        return Answer(page)
    read = _READERS[route.type]
    try:
        listed = read(page, source, route, span, most)
    except FeedError as wrong:
        raise _recognised(wrong, page) from wrong
    entries, errors = list(listed.entries), list[str]()
    if listed.left_out:
        why = f"{len(entries)} entries taken, {listed.left_out} older ones left out"
        errors.append(f"{source.id}: {route.type} route: {first}: {why}")
    asked, ahead, is_index = {first}, deque(listed.more), _is_index(listed, route)
    while ahead and len(asked) <= _reach(span, most) and _goes_on(listed, span, route):
        url = ahead.popleft()
        if url in asked:
            continue
        asked.add(url)
        try:
            listed = read(house.http.get(url), source, route, span, most)
        except (FetchError, FeedError) as broken:
            errors.append(f"{source.id}: {route.type} route: {broken}")
            continue
        entries += listed.entries
        ahead.extendleft(reversed(listed.more))
    if errors and not entries:
        raise FeedError(errors[0].partition(" route: ")[2])
    return Answer(page, tuple(entries), tuple(errors), bool(ahead) and _goes_on(listed, span, route), is_index)


def address(source: Source, route: Route, span: Span, now: datetime) -> str:
    """The first page of a route for a time; that of yesterday where a day must be named and none is."""
    since = span.since or now - timedelta(days=1)
    match route.type:
        case RouteType.WORDPRESS:
            # one address for every poll, so that its validators hold
            return wordpress.first(route.url, span.since if span.until else None, span.until)
        case RouteType.WAYBACK:
            return wayback.first(source.homepage, since.date(), (span.until or now).date(), route.url)
        case _:
            return on_day(route, since.astimezone(ZONE).date())


def on_day(route: Route, day: date) -> str:
    """The page of a route for one day."""
    return route.address.format(year=day.year, month=day.month, day=day.day)


def days(since: datetime, until: datetime) -> Iterator[date]:
    """Every day between two times, in order."""
    last = until.astimezone(ZONE).date()
    day = since.astimezone(ZONE).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def moment(entry: FeedEntry) -> datetime | None:
    """The time that an entry bears, if any."""
    return entry.published or entry.modified


def _recognised(wrong: FeedError, page: FetchedPage) -> FeedError:
    """The same error, saying what stands in place of a feed where that is a check for robots or a login."""
    html = decode(page.body[:_LOOKED_AT], page.headers.get("content-type", ""))
    title = _TITLE.search(html)
    shell = refusal.recognise(html, "", title[1] if title else "", page.headers)
    if shell is None or shell[0] not in (PageOutcome.CHALLENGE, PageOutcome.LOGIN_WALL):
        return wrong
    return FeedError(f"{wrong}: {shell[1]}", shell[0])


def _reach(span: Span, most: int) -> int:
    return most if span.since else min(most, _BEGINNING)


def _is_index(listed: Listed, route: Route) -> bool:
    return bool(listed.more) and route.type in (RouteType.SITEMAP, RouteType.NEWS_SITEMAP)


def _goes_on(last: Listed, span: Span, route: Route) -> bool:
    """Whether what lies behind the page that was read last may still be of the time that is asked for."""
    is_index = route.type in (RouteType.SITEMAP, RouteType.NEWS_SITEMAP)
    if span.since is None:
        return is_index  # it says nothing by itself; of everything else the first page is what is new
    times = [when for entry in last.entries if (when := moment(entry))]
    if not times or route.type is RouteType.WAYBACK:  # sorted by address, not by time
        return True
    return (max(times) if is_index else min(times)) >= span.since


def _read_feed(page: FetchedPage, source: Source, _route: Route, _span: Span, _most: int) -> Listed:
    kind = page.headers.get("content-type", "")
    feed = feeds.read(page.body, page.final_url, source.id, kind)
    is_google = google_news.is_google_news(page.url)
    return Listed(google_news.of_outlet(feed.entries, source) if is_google else feed.entries, left_out=feed.left_out)


def _read_sitemap(page: FetchedPage, source: Source, _route: Route, span: Span, most: int) -> Listed:
    entries, children = [], []
    for listed in sitemaps.iter_entries(page.body, page.final_url):
        if listed.kind != "page":
            children.append(listed)
            continue
        entries.append(
            FeedEntry(
                source=source.id,
                url=listed.url,
                title=listed.title or "",
                published=listed.published,
                language=listed.language,
                origin=DateOrigin.SITEMAP,
                modified=listed.lastmod,
            )
        )
    return Listed(tuple(entries), nested.choose(children, span.since, span.until, most))


def _read_listing(page: FetchedPage, source: Source, route: Route, _span: Span, _most: int) -> Listed:
    kind = page.headers.get("content-type", "")
    return Listed(tuple(listings.parse(page.body, page.final_url, route.links, source.id, kind)))


def _read_wordpress(page: FetchedPage, source: Source, _route: Route, _span: Span, _most: int) -> Listed:
    return wordpress.parse(page.body, page.url, source.id, page.headers)


def _read_telegram(page: FetchedPage, source: Source, route: Route, _span: Span, _most: int) -> Listed:
    return telegram.parse(page.body, page.final_url, route.channel, source.id)


def _read_wayback(page: FetchedPage, source: Source, _route: Route, _span: Span, _most: int) -> Listed:
    return wayback.parse(page.body, page.url, source.id)


_READERS: dict[RouteType, Callable[[FetchedPage, Source, Route, Span, int], Listed]] = {
    RouteType.FEED: _read_feed,
    RouteType.NEWS_SITEMAP: _read_sitemap,
    RouteType.SITEMAP: _read_sitemap,
    RouteType.LISTING: _read_listing,
    RouteType.ARCHIVE: _read_listing,
    RouteType.WORDPRESS: _read_wordpress,
    RouteType.TELEGRAM: _read_telegram,
    RouteType.WAYBACK: _read_wayback,
}
