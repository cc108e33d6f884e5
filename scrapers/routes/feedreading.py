"""Make entries of what a feed tells."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

from scrapers import clean, dates
from scrapers.article import FeedEntry
from scrapers.page import authors
from scrapers.routes.feedxml import Told
from scrapers.routes.markup_text import line, plain

_WEB = ("http://", "https://")
_SHOUTED = re.compile(r"https?://", re.IGNORECASE)
_TITLE_WORDS = 12
_MONTHS = {
    name: n
    for n, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}
# RFC 822 as nearly every feed writes it; four times as fast as the reading of all forms
_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC|Z|([+-]\d{4}))"
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes entries of what one feed tells; `site` is the address of the website that it names."""

    url: str
    base: str
    source: str
    language: str
    longest: int
    site: str = ""

    def entries(self, listed: Iterable[Told]) -> Iterator[FeedEntry]:
        """The entries that have a web address, or at least something that names them."""
        code = self.language.strip()[:2].lower()
        language = code if code.isalpha() else None
        for told in listed:
            if entry := self._entry(told, language):
                yield entry

    def _entry(self, told: Told, language: str | None) -> FeedEntry | None:
        link = self._link(told)
        has_page = bool(link or told.link)
        title = line(told.title)
        summary = plain(max(told.content, told.description, key=len), self.longest)
        published, modified = _times(told)
        if not has_page:
            title = title or _first_words(summary)
            link = _name(self.url, told.id or f"{title}\n{published}\n{summary}") if told.id or title else ""
        if not link:
            return None
        return FeedEntry(
            source=self.source,
            url=clean.address(link),
            id=clean.address(told.id),
            title=title,
            summary=summary,
            authors=_authors(told.names) if told.names else (),
            published=published,
            language=language,
            modified=modified,
            has_page=has_page,
            credit=self._credit(told.source) if told.source else "",
        )

    def _link(self, told: Told) -> str:
        if told.link.startswith(_WEB) and told.link.isprintable():
            return told.link.strip()
        base = urljoin(self.base, told.base) if told.base else self.base
        if link := self._absolute(told.link, base):
            return link
        return told.id if told.id.startswith(_WEB) else ""

    def _absolute(self, told: str, base: str) -> str:
        wanted = told.strip()
        if not wanted.isprintable():
            wanted = re.sub(r"[\t\r\n]", "", wanted)
        if wanted.startswith(_WEB) or not wanted:
            return wanted
        if found := _SHOUTED.match(wanted):
            return found[0].lower() + wanted[found.end() :]
        for known in (self.site, self.url):
            # a host where a path should stand: the scheme was forgotten
            if (host := _host(known)) and wanted.lower().startswith(f"{host}/"):
                return f"{urlsplit(known).scheme}://{wanted}"
        try:
            link = urljoin(base, wanted)
        except ValueError:
            return ""
        return link if link.startswith(_WEB) else ""

    def _credit(self, told: str) -> str:
        origin = self._absolute(told, self.base)
        return "" if _host(origin) in ("", _host(self.url)) else clean.address(origin)


@lru_cache(maxsize=1024)
def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _name(feed_url: str, told: str) -> str:
    """RSS lets an entry be without a page: `#!` is the one form of fragment that tells URLs apart.

    The query of the feed stays out: it may hold a key, and keys change.
    """
    key = sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{feed_url.partition('#')[0].partition('?')[0]}#!{key}"


def _first_words(text: str) -> str:
    """A title for an entry that has only a text."""
    words = text.split(None, _TITLE_WORDS)
    return " ".join(words[:_TITLE_WORDS]) + (" …" if len(words) > _TITLE_WORDS else "")


@lru_cache(maxsize=1024)
def _authors(names: tuple[str, ...]) -> tuple[str, ...]:
    return authors.clean(names)


def _times(told: Told) -> tuple[datetime | None, datetime | None]:
    """When an entry was published, and when it was changed after that."""
    updated = _time(told.updated) if told.updated else None
    published = _time(told.published) if told.published else None
    if published is None and told.dated:
        published = _time(told.dated)
    if published is None:
        return updated, None
    return published, updated if updated and updated > published else None


@lru_cache(maxsize=4096)
def _time(text: str) -> datetime | None:
    if (found := _RFC822.fullmatch(text)) and (month := _MONTHS.get(found[2])) and _is_known(found[3]):
        day, _, *numbers, offset = found.groups()
        year, hour, minute, second = map(int, numbers)
        try:
            when = datetime(year, month, int(day), hour, minute, second, tzinfo=UTC)
        except ValueError:
            return None
        return when - _offset(offset) if offset else when
    told = dates.parse(html.unescape(text) if "&" in text else text)
    return dates.to_utc(told) if told else None


@lru_cache(maxsize=64)
def _is_known(year: str) -> bool:
    return dates.parse(f"{year}-07-01") is not None


@lru_cache(maxsize=64)
def _offset(text: str) -> timedelta:
    size = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return -size if text[0] == "-" else size
