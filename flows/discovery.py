"""Ask a source what is new: its routes in order, the next one when one is broken."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.house import House
from scrapers import feeds, listings, sitemaps
from scrapers.article import DateOrigin, FeedEntry, FetchedPage
from scrapers.errors import FeedError, FetchError, FetchOutcome
from scrapers.fetch import Validators, validators_of
from scrapers.source import Route, RouteType, Source
from storage import sources
from storage.engine import reading
from storage.sources import RouteValidators

log = logging.getLogger(__name__)

NOT_MODIFIED = 304
NOT_A_FEED = "not_a_feed"
BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Found:
    """What a source listed, by which route; `errors` say why earlier routes were passed over."""

    route: str = ""
    outcome: str = BROKEN
    entries: tuple[FeedEntry, ...] = ()
    validators: dict[str, RouteValidators] = field(default_factory=dict)
    errors: tuple[str, ...] = ()

    @property
    def is_answered(self) -> bool:
        """Whether any route worked."""
        return self.outcome in (FetchOutcome.FETCHED, FetchOutcome.NOT_MODIFIED)


def discover(source: Source, house: House) -> Found:
    """The entries of the first route that works."""
    with reading(house.engine) as session:
        known = sources.validators(session, source.id, [route.url for route in source.routes])
    errors: list[str] = []
    outcome: str = BROKEN
    for route in source.routes:
        try:
            page, entries = ask(source, route, route.url, house, known.get(route.url))
        except FetchError as broken:
            outcome = broken.outcome
            errors.append(f"{source.id}: {route.type} route: {broken}")
        except FeedError as broken:
            outcome = NOT_A_FEED
            errors.append(f"{source.id}: {route.type} route: {route.url}: {broken}")
        else:
            return _found(route, page, entries, errors)
    return Found(outcome=outcome, errors=tuple(errors))


def ask(
    source: Source, route: Route, url: str, house: House, known: RouteValidators | None = None
) -> tuple[FetchedPage, tuple[FeedEntry, ...]]:
    """Fetch one page of a route and read its entries. Raises FetchError or FeedError."""
    read = _READERS.get(route.type)
    if read is None:
        raise FeedError(f"routes of type {route.type} are not built yet")
    validators = Validators(known.etag or "", known.last_modified or "") if known else None
    page = house.http.get(url, validators)
    entries = () if page.status == NOT_MODIFIED else tuple(read(page, source, route))
    return page, entries


def _found(route: Route, page: FetchedPage, entries: tuple[FeedEntry, ...], errors: list[str]) -> Found:
    outcome = FetchOutcome.NOT_MODIFIED if page.status == NOT_MODIFIED else FetchOutcome.FETCHED
    fresh = validators_of(page)
    kept = {} if page.status == NOT_MODIFIED else {route.url: RouteValidators(fresh.etag, fresh.last_modified)}
    return Found(f"{route.type} {route.url}", outcome, entries, kept, tuple(errors))


def _read_feed(page: FetchedPage, source: Source, _route: Route) -> list[FeedEntry]:
    kind = page.headers.get("content-type", "")
    return feeds.parse(page.body, page.final_url, source.id, kind)


def _read_sitemap(page: FetchedPage, source: Source, _route: Route) -> list[FeedEntry]:
    return [
        FeedEntry(
            source=source.id,
            url=listed.url,
            title=listed.title or "",
            published=listed.published,
            language=listed.language,
            origin=DateOrigin.SITEMAP,
            modified=listed.lastmod,
        )
        for listed in sitemaps.parse(page.body, page.final_url)
        if listed.kind == "page"
    ]


def _read_listing(page: FetchedPage, source: Source, route: Route) -> list[FeedEntry]:
    kind = page.headers.get("content-type", "")
    return listings.parse(page.body, page.final_url, route.links, source.id, kind)


_READERS: dict[RouteType, Callable[[FetchedPage, Source, Route], list[FeedEntry]]] = {
    RouteType.FEED: _read_feed,
    RouteType.NEWS_SITEMAP: _read_sitemap,
    RouteType.SITEMAP: _read_sitemap,
    RouteType.LISTING: _read_listing,
    RouteType.ARCHIVE: _read_listing,
}
