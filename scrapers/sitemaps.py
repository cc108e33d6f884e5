"""Read sitemaps, news sitemaps, sitemap indexes and text sitemaps, plain or gzipped."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import urljoin

from lxml import etree

from scrapers import clean, dates, feeds
from scrapers.charset import decode
from scrapers.errors import FeedError

_GZIP = b"\x1f\x8b"
_LARGEST = 100_000_000  # bytes after decompression; the protocol allows 50 MB
_PROLOG = 65_536
_ROOT = re.compile(r"<(?:\w+:)?(urlset|sitemapindex)\b", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BARE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-f]{1,6});)",
    re.DOTALL | re.IGNORECASE,
)


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
    """The entries of a sitemap in its own order; entries without a web address are left out.

    A sitemap without entries gives an empty list. Raises FeedError that says what was found instead, and
    for more than 100 MB after decompression.
    """
    text = decode(_inflated(body)).lstrip("\ufeff \t\r\n")
    root = _ROOT.search(text, 0, _PROLOG)
    if root is None:
        listed = re.findall(r"^\s*(https?://\S+)\s*$", text, re.MULTILINE)
        if listed and not text.startswith("<"):
            return [SitemapEntry("page", clean.address(line)) for line in listed]
        return _from_feed(body, text, url)
    # what stands before the root (a DTD with entities, a style sheet, warnings of PHP) has no use
    text = text[root.start() :]
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    if "&" in text:
        text = _BARE.sub(lambda found: found[0] if found[0] != "&" else "&amp;", text)
    return list(_entries(text.encode("utf-8"), url))


def _from_feed(body: bytes, text: str, url: str) -> list[SitemapEntry]:
    """The protocol lets a site hand in its feed as a sitemap."""
    try:
        entries = feeds.parse(_inflated(body), url)
    except FeedError as broken:
        raise FeedError(f"expected a sitemap, found {feeds.described(text)}") from broken
    return [SitemapEntry("page", e.url, None, e.published, e.title, e.language) for e in entries if e.has_page]


def _inflated(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, _LARGEST)
    except zlib.error as broken:
        raise FeedError(f"a gzipped sitemap that cannot be unpacked: {broken}") from broken
    if stream.unconsumed_tail:
        raise FeedError(f"a sitemap of more than {_LARGEST // 1_000_000} MB")
    return plain


def _entries(body: bytes, base: str) -> Iterator[SitemapEntry]:
    stream = etree.iterparse(
        io.BytesIO(body),
        tag=("{*}url", "{*}sitemap"),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for _, element in stream:
            entry = _entry(element, base)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
            if entry:
                yield entry
    except etree.XMLSyntaxError:
        return  # cut off, or broken beyond recovery: what was read before stands


def _entry(element: etree._Element, base: str) -> SitemapEntry | None:
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
    if loc.startswith(("http://", "https://")):
        return loc
    try:
        url = urljoin(base, loc) if loc else ""
    except ValueError:
        return ""
    return url if url.startswith(("http://", "https://")) else ""


def _time(text: str) -> datetime | None:
    when = dates.parse(text) if text else None
    return dates.to_utc(when) if when else None
