"""Make entries of the outlet out of what Google News lists about it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from scrapers import clean
from scrapers.article import FeedEntry
from scrapers.source import Source
from scrapers.urls import is_web, same_site

_HOST = "news.google.com"
_KEY = re.compile(r"/(?:articles|read)/([\w-]+)=*/?$")
_BEFORE_PUBLISHER = " - "
_NUMBER, _TEXT = 0x08, 0x22  # field 1 as a number, field 4 with a length, of the protobuf message in a link
_LONGEST_NUMBER = 5  # bytes
_MOST_PARTS = 4  # of the name of a publisher


def is_google_news(url: str) -> bool:
    """Whether `url` is an address of Google News, be it of a feed or of an article."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".") == _HOST
    except ValueError:
        return False


def of_outlet(entries: Iterable[FeedEntry], source: Source) -> tuple[FeedEntry, ...]:
    """The entries of a feed of Google News that are of `source`, as if `source` had listed them.

    Google answers with copies, aggregators and other outlets that name the outlet: what an entry credits to
    another site is dropped, and so is what neither its credit, nor its address, nor the publisher in its title
    tells to be of the outlet. Where Google's address holds that of the article, the article's is given. Others keep
    Google's address without a page, because what is there is a script and no article: headline and time are
    what there is. The language is left open, as Google names that of the reader.
    """
    return tuple(_of_outlet(entries, source))


def _of_outlet(entries: Iterable[FeedEntry], source: Source) -> Iterator[FeedEntry]:
    sites = (source.homepage, *(f"https://{host}" for host in source.hosts))
    names = {name.casefold() for name in (source.name, *source.names)}
    for entry in entries:
        is_hidden = is_google_news(entry.url)
        address = _address(entry.url) if is_hidden else entry.url
        title, publisher = _parted(entry)
        told = [found for found in (entry.credit, address) if found]
        if told and not all(any(same_site(found, site) for site in sites) for found in told):
            continue
        if not told and publisher.casefold() not in names:
            continue
        yield replace(
            entry,
            source=source.id,
            url=address or entry.url,
            title=title,
            summary="" if _begins(entry.summary, title) else entry.summary,
            has_page=bool(address),
            language=None,
            credit="",
        )


def _parted(entry: FeedEntry) -> tuple[str, str]:
    """Headline and publisher, which Google joins by a dash that can stand within both.

    The summary, a list of links, begins with the same two without the dash between them.
    """
    *parts, last = entry.title.rsplit(_BEFORE_PUBLISHER, _MOST_PARTS)
    cuts: list[tuple[str, str]] = []
    while parts:
        if title := _BEFORE_PUBLISHER.join(parts).strip():
            cuts.append((title, last.strip()))
        last = parts.pop() + _BEFORE_PUBLISHER + last
    proven = (cut for cut in cuts if _begins(entry.summary, " ".join(cut)))
    return next(proven, cuts[0] if cuts else (entry.title, ""))


def _begins(text: str, words: str) -> bool:
    return bool(words) and clean.line(text[: 2 * len(words) + 100]).casefold().startswith(clean.line(words).casefold())


def _address(url: str) -> str:
    """The address that links of before July 2024 hold in clear; "" for later ones, which only Google can resolve."""
    found = _KEY.search(urlsplit(url).path)
    if not found:
        return ""
    try:
        message = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
    except ValueError:
        return ""
    after, kind = _number(message, 1)
    if message[:1] != bytes([_NUMBER]) or kind < 0 or message[after : after + 1] != bytes([_TEXT]):
        return ""
    start, length = _number(message, after + 1)
    raw = message[start : start + length] if length > 0 else b""
    try:
        address = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return clean.address(address) if is_web(address) and len(raw) == length else ""


def _number(message: bytes, at: int) -> tuple[int, int]:
    """Where the number at `at` ends, and the number: seven bits a byte, the lowest first; -1 for none."""
    value = 0
    for place, byte in enumerate(message[at : at + _LONGEST_NUMBER]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
            return at + place + 1, value
    return at, -1
