"""Read sitemaps, news sitemaps, sitemap indexes and text sitemaps, plain or gzipped."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urljoin

from scrapers import charset, clean, dates, urls
from scrapers.errors import FeedError
from scrapers.routes import feeds, pulling

_GZIP = b"\x1f\x8b"
_HELD = 10_000_000  # bytes of a list in plain text; one of 50,000 addresses has half of them
_LARGEST = 100_000_000  # bytes after decompression; the protocol allows 50 MB
_PROLOG = 65_536
_NAMES = ("url", "sitemap")
_BLANK = " \t\r\n"
_MARK = "ï»¿"  # of UTF-8, as latin-1 reads it
_ROOT = re.compile(r"<(?:\w+:)?(urlset|sitemapindex)\b", re.IGNORECASE)
_LISTED = re.compile(r"^[ \t\r]*(https?://\S+)[ \t\r]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """A page, or in an index another sitemap. Times are aware UTC.

    `published`, `title` and `language` come from a news sitemap.
    `lastmod` without a time of day is midnight UTC.
    """

    kind: Literal["page", "index"]
    url: str
    lastmod: datetime | None = None
    published: datetime | None = None
    title: str = ""
    language: str | None = None


def parse(body: bytes, url: str) -> list[SitemapEntry]:
    """All that iter_entries gives, for sitemaps that are known to be small."""
    return list(iter_entries(body, url))


def iter_entries(body: bytes, url: str) -> Iterator[SitemapEntry]:
    """The entries of a sitemap in its own order; entries without a web address are left out.

    Needs the memory of a few entries beyond `body`, gzipped or not, where it is well-formed or in UTF-8. A
    sitemap without entries gives nothing. Raises FeedError that says what was found instead, and for more
    than 100 MB after decompression.
    """
    chunks = _Unpacked(body)
    first = b""
    for chunk in chunks():
        first += chunk
        if len(first) >= _PROLOG:
            break
    head = first[:_PROLOG].decode("latin-1")
    root = _ROOT.search(head)
    if root is None:
        yield from _without_root(_joined(chunks()), head.lstrip(_MARK + _BLANK), url)
        return
    # what stands before the root (a DTD with entities, a style sheet, warnings of PHP) has no use
    start = root.start()
    prolog = first[:start]
    del first, chunk, head

    def rest() -> Iterator[bytes]:
        return chunks(start)

    for element in pulling.elements(rest, lambda: charset.recoded(rest, head=prolog), _NAMES, partial=True):
        if entry := _entry(element, url):
            yield entry


def _joined(chunks: Iterator[bytes]) -> bytes:
    """What has to be held whole, because it begins as no XML does."""
    whole = bytearray()
    for chunk in chunks:
        whole += chunk
        if len(whole) > _HELD:
            raise FeedError(f"expected a sitemap, found more than {_HELD // 1_000_000} MB that are no XML")
    return bytes(whole)


def _without_root(body: bytes, head: str, url: str) -> Iterator[SitemapEntry]:
    """A list in plain text, a sitemap in UTF-16, or what the protocol also allows: the feed of the site."""
    text = charset.decode(body)
    if head.startswith("<") or "\0" in head[:4]:
        if _ROOT.search(text, 0, _PROLOG):
            yield from iter_entries(text.encode("utf-8"), url)
            return
    else:
        found = None
        for found in _LISTED.finditer(text):
            yield SitemapEntry("page", clean.address(found[1]))
        if found:
            return
    try:
        for entry in feeds.iter_entries(body, url):
            if entry.has_page:
                yield SitemapEntry("page", entry.url, None, entry.published, entry.title, entry.language)
    except FeedError as broken:
        raise FeedError(f"expected a sitemap, found {feeds.described(text)}") from broken


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """The chunks of a body, gzipped or not, from any place on and as often as asked for."""

    body: bytes

    def __call__(self, start: int = 0) -> Iterator[bytes]:
        if not self.body.startswith(_GZIP):
            yield from pulling.pieces(self.body, start)
            return
        for chunk in self._inflated():
            if start < len(chunk):
                yield chunk[start:]
            start = max(0, start - len(chunk))

    def _inflated(self) -> Iterator[bytes]:
        stream, size = zlib.decompressobj(wbits=31), 0
        for piece in pulling.pieces(self.body):
            packed = piece
            while packed:
                try:
                    chunk = stream.decompress(packed, pulling.CHUNK)
                except zlib.error as broken:
                    if size:
                        return  # what came before stands
                    raise FeedError(f"a gzipped sitemap that cannot be unpacked: {broken}") from broken
                size += len(chunk)
                if size > _LARGEST:
                    raise FeedError(f"a sitemap of more than {_LARGEST // 1_000_000} MB")
                yield chunk
                packed = stream.unconsumed_tail
                if stream.eof and stream.unused_data.startswith(_GZIP):  # of several members, as `cat` joins them
                    packed, stream = stream.unused_data, zlib.decompressobj(wbits=31)
                if not chunk and not packed:
                    break


def _entry(element: Any, base: str) -> SitemapEntry | None:
    kind: Literal["page", "index"] = "index" if _name(element.tag) == "sitemap" else "page"
    given: dict[str, str] = {}
    for child in element:
        name = _name(child.tag)
        if name == "news":
            # the title of a picture is also called title: only the news block counts
            given |= {_name(part.tag): part.text or "" for part in child.iter() if part is not child}
        elif name in ("loc", "lastmod"):
            given.setdefault(name, child.text or "")
    url = clean.address(_absolute(given.get("loc", "").strip(), base))
    if not url:
        return None
    code = given.get("language", "").strip()[:2].lower()
    return SitemapEntry(
        kind,
        url,
        lastmod=_time(given.get("lastmod", "")),
        published=_time(given.get("publication_date", "")),
        title=clean.line(given.get("title", "")),
        language=code if re.fullmatch("[a-z]{2}", code) else None,
    )


@lru_cache(maxsize=256)
def _name(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _absolute(loc: str, base: str) -> str:
    if urls.is_web(loc):
        return loc
    try:
        url = urljoin(base, loc) if loc else ""
    except ValueError:
        return ""
    return url if urls.is_web(url) else ""


def _time(text: str) -> datetime | None:
    when = dates.parse(text) if text else None
    return dates.to_utc(when) if when else None
