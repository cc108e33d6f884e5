"""Judge one route of a source by what it holds, not by the status of an answer."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median

from flows import discovery
from flows.discovery import Answer, moment
from flows.house import House
from scrapers import dates, urls
from scrapers.article import Cut, FeedEntry
from scrapers.errors import ExtractionError, FeedError, FetchError, FetchOutcome, PageOutcome
from scrapers.page import extraction
from scrapers.source import Route, RouteType, Source
from storage.health import Health, key_of

log = logging.getLogger(__name__)

_PAST = timedelta(days=2)  # the day that a backfill route is asked for: over, and not yet archived away
_MOST_PAGES = 2  # behind the first one
_MOST_ARTICLES = 3
_BROWSER = "wants to see a browser"  # how scrapers.web.answers words a challenge that headers tell
_NO_HOST = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
# routes that list addresses and need not say when: there, the articles themselves are asked
_BARE = (RouteType.LISTING, RouteType.ARCHIVE, RouteType.SITEMAP, RouteType.WAYBACK)
_REFUSED: dict[FetchOutcome, Health] = {
    FetchOutcome.GONE: Health.DEAD,
    FetchOutcome.BAD_URL: Health.DEAD,
    FetchOutcome.BLOCKED: Health.BLOCKED,
    FetchOutcome.FORBIDDEN_ADDRESS: Health.BLOCKED,
    FetchOutcome.DISALLOWED: Health.DISALLOWED,
    FetchOutcome.TOO_LARGE: Health.NOT_A_FEED,
}
_BEHIND = {PageOutcome.CHALLENGE: Health.CHALLENGE, PageOutcome.LOGIN_WALL: Health.BLOCKED}
_SAID = {
    Health.DEAD: "it does not exist any more",
    Health.BLOCKED: "the server refuses us",
    Health.CHALLENGE: "a check for robots stands before it",
    Health.DISALLOWED: "the site does not want it read by programs",
    Health.NOT_A_FEED: "its answer cannot be read",
    Health.UNREACHABLE: "there is no usable answer now, which may pass",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One route and what it is worth. Of its entries `dated` bear a time; of `tried` articles `read` have a text.

    `words` is the median length of those texts, `newest` aware UTC. `is_live` is False for a backfill route.
    """

    source: str
    route: Route
    health: Health
    reason: str
    entries: int = 0
    dated: int = 0
    newest: datetime | None = None
    tried: int = 0
    read: int = 0
    words: int = 0
    is_live: bool = True

    @property
    def url(self) -> str:
        """What names the route, in storage too."""
        return key_of(self.route)


@dataclass(frozen=True, slots=True)
class _Tried:
    """What became of one article; `failed` says why it could not be read."""

    words: int = 0
    published: datetime | None = None
    failed: str = ""


@dataclass(slots=True)
class Check:
    """The rounds over the routes of one source, whose routes share articles: each is fetched once."""

    source: Source
    house: House
    oldest: timedelta
    _articles: dict[str, _Tried] = field(default_factory=dict)

    def judge(self, route: Route, *, is_live: bool = True) -> Judged:
        """What `route` is worth; a reader that breaks on it is a reason, too."""
        try:
            found = self._judge(route, is_live=is_live)
        except Exception as broken:  # isolation of one route
            log.exception("route not judged", extra={"source": self.source.id, "url": route.address})
            found = self._verdict(route, Health.NOT_A_FEED, f"reading it fails: {type(broken).__name__}: {broken}")
        return replace(found, is_live=is_live)

    def _judge(self, route: Route, *, is_live: bool) -> Judged:
        now = self.house.now()
        since = None if is_live else now - (_PAST if "{" in route.url else self.oldest)
        try:
            answer = discovery.ask(self.source, route, self.house, since=since, until=now, most=_MOST_PAGES)
        except FetchError as refused:
            return self._refused(route, refused)
        except FeedError as wrong:
            return self._misread(route, since, wrong)
        limit = self.oldest if is_live else self.oldest + _PAST
        return self._weigh(route, answer, limit)

    def _weigh(self, route: Route, answer: Answer, limit: timedelta) -> Judged:
        now = self.house.now()
        times = [when for entry in answer.entries if (when := moment(entry)) and dates.plausible(when, now)]
        newest = max(times, default=None)
        counted = Judged(self.source.id, route, Health.OK, "", len(answer.entries), len(times), newest)
        if not answer.entries:
            return replace(counted, health=Health.EMPTY, reason="it can be read, but lists nothing")
        if newest and newest < now - limit:
            return replace(counted, health=Health.STALE, reason=_old(newest, now))
        tried = [self._read(entry) for entry in _newest(answer.entries, route, now)]
        good = [one for one in tried if not one.failed]
        told = max((one.published for one in good if one.published), default=None)
        counted = replace(
            counted,
            newest=newest or told,
            tried=len(tried),
            read=len(good),
            words=int(median(one.words for one in good)) if good else 0,
        )
        health, reason = _worth(counted, next((one.failed for one in tried if one.failed), ""), now - limit, now)
        moved = self.house.http.moved_to(answer.page.url)
        if health is Health.OK and moved and _place(moved) != _place(answer.page.url):
            health, reason = Health.MOVED, f"it works, but lives at {moved} for good now"
        return replace(counted, health=health, reason=reason)

    def _read(self, entry: FeedEntry) -> _Tried:
        key = urls.url_key(entry.url)
        if key not in self._articles:
            self._articles[key] = self._read_page(entry)
        return self._articles[key]

    def _read_page(self, entry: FeedEntry) -> _Tried:
        try:
            article = extraction.extract(self.house.http.get(entry.url), self.source, entry)
        except FetchError as refused:
            return _Tried(failed=str(refused))
        except ExtractionError as empty:
            return _Tried(failed=f"{entry.url}: {empty}")
        if article.cut is Cut.TEASER:
            return _Tried(failed=f"{entry.url}: the page shows less than its own description tells")
        return _Tried(len(article.text.split()), article.published)

    def _refused(self, route: Route, refused: FetchError) -> Judged:
        health = _REFUSED.get(refused.outcome, Health.UNREACHABLE)
        if refused.outcome is FetchOutcome.BLOCKED and _BROWSER in str(refused):
            health = Health.CHALLENGE
        if _is_unknown_host(refused):
            health = Health.DEAD
        return self._verdict(route, health, str(refused))

    def _misread(self, route: Route, since: datetime | None, wrong: FeedError) -> Judged:
        """A page that is no feed is looked at once more: what it is says what can be done."""
        if wrong.outcome in _BEHIND:
            return self._verdict(route, _BEHIND[wrong.outcome], str(wrong))
        span = discovery.Span(since, self.house.now())
        address = discovery.address(self.source, route, span, self.house.now())
        try:
            page = self.house.http.get(address)
            extraction.extract(replace(page, url=page.final_url), self.source)
        except FetchError as refused:
            return self._refused(route, refused)
        except ExtractionError as empty:
            if empty.outcome in _BEHIND:
                return self._verdict(route, _BEHIND[empty.outcome], str(empty))
        moved = self.house.http.moved_to(address)
        return self._verdict(route, Health.NOT_A_FEED, f"{wrong}{f' (at {moved}, to where it moved)' if moved else ''}")

    def _verdict(self, route: Route, health: Health, why: str) -> Judged:
        return Judged(self.source.id, route, health, f"{_SAID[health]}: {why}")


def _worth(counted: Judged, failed: str, oldest: datetime, now: datetime) -> tuple[Health, str]:
    """What fresh or undated entries are worth, after their newest articles were tried; `failed` is one failure."""
    if counted.tried and not counted.read:
        return Health.NO_ARTICLES, f"no article can be read: {failed}"
    if not counted.dated and (counted.route.type not in _BARE or (counted.read and counted.newest is None)):
        return Health.UNDATED, f"no entry bears a time{', though the articles do' if counted.newest else ''}"
    if counted.newest and counted.newest < oldest:
        return Health.STALE, _old(counted.newest, now)
    if failed:
        return Health.OK, f"only {counted.read} of {counted.tried} articles can be read: {failed}"
    return Health.OK, "it lists fresh entries" + (", and their articles can be read" if counted.read else "")


def _newest(entries: Sequence[FeedEntry], route: Route, now: datetime) -> list[FeedEntry]:
    """The entries whose pages are tried: the newest, each address once."""
    with_page = list({urls.url_key(entry.url): entry for entry in entries if entry.has_page}.values())
    when = {entry.url: told for entry in with_page if (told := moment(entry)) and dates.plausible(told, now)}
    if when:
        with_page = sorted((e for e in with_page if e.url in when), key=lambda e: when[e.url], reverse=True)
    elif route.type is RouteType.SITEMAP:  # sorted either way: look at both ends
        with_page = [*with_page[:1], *with_page[:0:-1]]
    return with_page[:_MOST_ARTICLES]


def _old(newest: datetime, now: datetime) -> str:
    return f"its newest entry is {(now - newest).days} days old"


def _place(url: str) -> str:
    """Host and path, as far as they tell where something lives."""
    return re.split(r"[?#]", urls.url_key(url), maxsplit=1)[0]


def _is_unknown_host(refused: FetchError) -> bool:
    error: BaseException | None = refused
    for _ in range(10):  # exceptions may be linked in a circle
        if error is None:
            break
        if isinstance(error, socket.gaierror):
            return error.errno in _NO_HOST
        inner = getattr(error, "reason", None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
    return False
