"""Find the routes of a site that no catalogue knows yet, and propose them as a source."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import parse_qs, urljoin, urlsplit

from flows.house import House
from flows.judging import Check, Judged
from scrapers import urls
from scrapers.article import FetchedPage
from scrapers.errors import FeedError, FetchError
from scrapers.routes import autodiscovery, feeds, sitemaps
from scrapers.routes.autodiscovery import Site
from scrapers.source import Route, RouteType, Source
from storage.health import Health

_OLDEST = timedelta(days=30)  # nobody said yet how often it publishes
_MOST_GUESSES = 10  # addresses that nobody named, asked of one site
_MOST_NAMED = 4  # feeds, and sitemaps, that the site names
_MOST_ROUTES = 2  # of one type: the second is for the day when the first breaks
_BEST_FIRST = (
    RouteType.FEED,
    RouteType.NEWS_SITEMAP,
    RouteType.WORDPRESS,
    RouteType.TELEGRAM,
    RouteType.LISTING,
    RouteType.SITEMAP,
)
_ADVICE = "see what each lacks, and give the address of a feed or a sitemap if you know one"
_CONTENT_TYPE = "content-type"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The source that could be added, None when nothing works; `judged` are all routes that were tried."""

    source: Source | None
    judged: tuple[Judged, ...] = ()
    failed: str = ""


@dataclass(slots=True)
class _Search:
    """The rounds over one site."""

    check: Check
    site: Site
    tell: Callable[[Judged], None]
    judged: list[Judged] = field(default_factory=list)
    guesses: int = _MOST_GUESSES

    def try_(self, route: Route) -> bool:
        """Whether `route` works."""
        if any(one.url == route.address and one.route.links == route.links for one in self.judged):
            return False
        self.judged.append(self.check.judge(route))
        self.tell(self.judged[-1])
        return self.judged[-1].health.is_good

    def guess(self, route: Route) -> bool:
        """The same for an address that nobody named, as long as there are guesses left."""
        if self.guesses <= 0:
            return False
        self.guesses -= 1
        return self.try_(route)

    @property
    def good(self) -> list[Judged]:
        """What works, the best first."""
        working = [one for one in self.judged if one.health.is_good]
        return sorted(working, key=lambda one: (_BEST_FIRST.index(one.route.type), one.health is not Health.OK))


def propose(
    url: str, house: House, taken: Collection[str] = (), name: str = "", tell: Callable[[Judged], None] = lambda _: None
) -> Proposal:
    """Look for feeds, sitemaps, WordPress and listings behind `url`, and judge each by what it holds.

    `taken` are ids in use, `name` is the id that is wanted; `tell` hears of each route that was tried.
    """
    url = url.strip() if "://" in url else f"https://{url.strip()}"
    if urls.canonical(url) is None:
        return Proposal(None, failed=f"{url} is no web address")
    if known := autodiscovery.known_route(url):
        site, homepage = _of_known(known, url)
        search = _Search(Check(_source("new", site, homepage, (known,)), house, _OLDEST), site, tell)
        search.try_(known)
    else:
        try:
            page = house.http.get(url)
        except FetchError as refused:
            return Proposal(None, failed=str(refused))
        search = _explore(page, house, tell)
    working = [one for kind in _BEST_FIRST for one in [o for o in search.good if o.route.type is kind][:_MOST_ROUTES]]
    if not working:
        return Proposal(None, tuple(search.judged), f"{url}: no route works: {_ADVICE}")
    routes = tuple(_at_home(one, house) for one in working)
    site = search.site
    chosen = name or autodiscovery.slug(site.name, taken)
    return Proposal(_source(chosen, site, search.check.source.homepage, routes), tuple(search.judged))


def _explore(page: FetchedPage, house: House, tell: Callable[[Judged], None]) -> _Search:
    named = _as_route(page)
    homepage, site = page.final_url, Site(urls.host_of(page.final_url))
    if named is None:
        site = autodiscovery.look(page.body, page.final_url, page.headers.get(_CONTENT_TYPE, ""))
    else:
        homepage = urljoin(page.final_url, "/")
        try:
            front = house.http.get(homepage)
            site = replace(
                autodiscovery.look(front.body, front.final_url, front.headers.get(_CONTENT_TYPE, "")), feeds=()
            )
        except FetchError:
            pass  # only the name comes from there
    first = named or Route(RouteType.FEED, homepage)
    search = _Search(Check(_source("new", site, homepage, (first,)), house, _OLDEST), site, tell)
    if named:
        search.try_(named)
    for address in site.feeds[:_MOST_NAMED]:
        search.try_(Route(RouteType.FEED, address))
    if not search.good:
        any(search.guess(Route(RouteType.FEED, urljoin(homepage, path))) for path in autodiscovery.FEED_PATHS)
    if site.is_wordpress:
        search.guess(Route(RouteType.WORDPRESS, urljoin(homepage, autodiscovery.WORDPRESS_PATH)))
    _try_sitemaps(search, homepage, house)
    for route in site.listings:
        search.try_(route)
    return search


def _try_sitemaps(search: _Search, homepage: str, house: House) -> None:
    """The sitemaps that robots.txt names, else those at the usual places, until one of news works."""
    listed = [found for line in house.http.robots.rules(homepage).sitemaps if (found := urls.canonical(line, homepage))]
    # the names of news sitemaps say what they are
    stated = sorted(dict.fromkeys(listed), key=lambda address: "news" not in address)[:_MOST_NAMED]
    usual = [urljoin(homepage, path) for path in autodiscovery.SITEMAP_PATHS]
    for address in stated or usual:
        if address in usual and address not in stated:
            search.guesses -= 1
            if search.guesses < 0:
                return
        for route in _of_sitemap(address, house):
            if search.try_(route) and route.type is RouteType.NEWS_SITEMAP:
                return


def _of_sitemap(address: str, house: House) -> Iterator[Route]:
    """The routes of a sitemap: itself, and in an index the sitemaps of news before it."""
    try:
        page = house.http.get(address)
        listed = sitemaps.parse(page.body, page.final_url)
    except (FetchError, FeedError):
        yield Route(RouteType.SITEMAP, address)  # judged all the same, to say why it is of no use
        return
    children = [one.url for one in listed if one.kind == "index" and "news" in urlsplit(one.url).path.lower()]
    yield from (Route(RouteType.NEWS_SITEMAP, child) for child in children[:_MOST_ROUTES])
    is_news = any(one.published for one in listed)
    yield Route(RouteType.NEWS_SITEMAP if is_news else RouteType.SITEMAP, address)


def _as_route(page: FetchedPage) -> Route | None:
    """The route that the page is itself; None for an HTML page."""
    try:
        feeds.parse(page.body, page.final_url, "", page.headers.get(_CONTENT_TYPE, ""))
    except FeedError:
        pass
    else:
        return Route(RouteType.FEED, page.url)
    try:
        listed = sitemaps.parse(page.body, page.final_url)
    except FeedError:
        return None
    return Route(RouteType.NEWS_SITEMAP if any(one.published for one in listed) else RouteType.SITEMAP, page.url)


def _of_known(route: Route, url: str) -> tuple[Site, str]:
    """Name and home of what only its address tells; the outlet behind a search of Google News is the source."""
    if route.channel:
        return Site(route.channel), f"https://t.me/{route.channel}"
    query = parse_qs(urlsplit(route.url).query).get("q", [""])[0]
    if found := re.search(r"\bsite:([\w.-]+\.\w+)", query):
        return Site(found[1].removeprefix("www.")), f"https://{found[1]}/"
    return Site(urls.host_of(url).removeprefix("www.")), url


def _at_home(judged: Judged, house: House) -> Route:
    """The route at the address where it lives for good now."""
    moved = house.http.moved_to(judged.route.url) if judged.health is Health.MOVED and judged.route.url else ""
    return replace(judged.route, url=moved) if moved and not re.search(r"[{}]", moved) else judged.route


def _source(name: str, site: Site, homepage: str, routes: tuple[Route, ...]) -> Source:
    return Source(id=name, name=site.name, homepage=homepage, language=site.language, routes=routes, topics="required")
