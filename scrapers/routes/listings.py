"""Read the links of a listing page, for outlets without feed and sitemap."""

from __future__ import annotations

import itertools
from datetime import datetime
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from soupsieve import SelectorSyntaxError

from scrapers import clean, dates, urls
from scrapers.article import DateOrigin, FeedEntry
from scrapers.charset import decode
from scrapers.errors import FeedError
from scrapers.routes.feeds import described

_LARGEST = 5_000_000  # characters; Beautiful Soup takes a second for a megabyte
_CLIMB = 12  # blocks around a link in which its <time> is sought, and links to one address within them


def parse(body: bytes, url: str, links: str, source: str = "", content_type: str = "") -> list[FeedEntry]:
    """One entry for each address that the CSS selector `links` finds, in page order.

    `links` selects links, or elements that hold one. The longest text that links to an address is its
    title. Raises FeedError when nothing is found, or when the selector is none.
    """
    text = decode(body, content_type)[:_LARGEST]
    if not text.strip():
        raise FeedError(f"`{links}` finds no link in an empty answer")
    soup = BeautifulSoup(text, "lxml")
    try:
        selected = soup.select(links)
    except (SelectorSyntaxError, NotImplementedError, ValueError) as broken:
        reason = str(broken).splitlines()[0]
        raise FeedError(f"`{links}` is no CSS selector: {reason}") from broken
    base_tag = soup.find("base", href=True)
    base = _joined(url, str(base_tag["href"])) if isinstance(base_tag, Tag) else ""
    found: dict[str, FeedEntry] = {}
    for element in selected:
        entry = _entry(element, base or url, source)
        if entry and (entry.url not in found or len(entry.title) > len(found[entry.url].title)):
            found[entry.url] = entry
    if not found:
        raise FeedError(f"`{links}` finds no link in {described(text)}")
    return list(found.values())


def _entry(element: Tag, base: str, source: str) -> FeedEntry | None:
    link = element if element.name == "a" else element.find("a", href=True) or element.find_parent("a")
    if not isinstance(link, Tag):
        return None
    url = _joined(base, str(link.get("href") or ""))
    if not url or url == base.partition("#")[0]:
        return None
    words = link.get_text(" ", strip=True) or str(link.get("title") or "")
    found = FeedEntry(source=source, url=url, title=clean.line(words), published=_time(link), origin=DateOrigin.TIME)
    return clean.entry(found)


def _time(link: Tag) -> datetime | None:
    """The <time> in the link, or in the widest block around it that links nowhere else."""
    block: Tag | None = link
    for _ in range(_CLIMB):
        if block is None:
            return None
        # no further than needed: in a flat page every link would have all others looked at
        beside = list(itertools.islice(block.css.iselect("a[href]"), _CLIMB))
        if len(beside) == _CLIMB or any(other["href"] != link.get("href") for other in beside):
            return None
        if clock := block.select_one("time[datetime]"):
            when = dates.parse(str(clock["datetime"]))
            return dates.to_utc(when) if when else None
        block = block.parent
    return None


def _joined(base: str, href: str) -> str:
    try:
        url = urljoin(base, href.strip()).partition("#")[0]
    except ValueError:
        return ""
    return url if urls.is_web(url) else ""
