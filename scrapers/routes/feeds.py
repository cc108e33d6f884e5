"""Read the entries of an RSS, Atom or JSON feed."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin

from scrapers import charset
from scrapers.article import FeedEntry
from scrapers.errors import FeedError
from scrapers.routes import feedtolerant, feedxml, jsonfeed, pulling
from scrapers.routes.feedpace import pace
from scrapers.routes.feedreading import Reader
from scrapers.routes.feedxml import Told
from scrapers.routes.markup_text import LONGEST, MARKUP, plain

__all__ = ["Feed", "described", "iter_entries", "pace", "parse", "plain", "read"]

MOST = 5_000  # entries of one feed; the longest of 113 real ones has 1,046
_HEAD = 65_536  # bytes searched for the root element
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BLANK = " \t\r\n"
_MARK = "ï»¿"  # of UTF-8, as latin-1 reads it
_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)\b(?=[^<]*>)", re.IGNORECASE)
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype\s+html|<html|<head|<body)", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)\b", re.IGNORECASE)
_BYTES = 2  # of a letter beyond ASCII
_TITLE = 200  # characters that no title is cut below
_PRESENT = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_BASE = re.compile(r"""xml:base=["']([^"'<>]+)["']""")
_LANGUAGE = re.compile(r"""(?:<language>\s*|<dc:language>\s*|xml:lang=["'])([A-Za-z]{2})\b""")
_SITE = re.compile(r"<link>\s*(?:<!\[CDATA\[)?\s*(https?://[^\s<\]]+)")


@dataclass(frozen=True, slots=True)
class Feed:
    """The entries of a feed in its own order, and how many older ones were left out of one that is too long."""

    entries: tuple[FeedEntry, ...]
    left_out: int = 0


def parse(body: bytes, url: str, source: str = "", content_type: str = "") -> list[FeedEntry]:
    """The entries of `read`."""
    return list(read(body, url, source, content_type).entries)


def read(body: bytes, url: str, source: str = "", content_type: str = "", most: int = MOST) -> Feed:
    """The feed with at most `most` entries: the newest, an undated one being as new as its place is near the top.

    For the rest see iter_entries.
    """
    kept: list[tuple[datetime, int, FeedEntry]] = []
    count = 0
    for count, entry in enumerate(iter_entries(body, url, source, content_type), 1):
        ranked = (entry.published or datetime.max.replace(tzinfo=UTC), -count, entry)
        if count <= most:
            kept.append(ranked)
            continue
        if count == most + 1:
            heapq.heapify(kept)
        heapq.heappushpop(kept, ranked)
    kept.sort(key=lambda ranked: -ranked[1])
    return Feed(tuple(entry for *_, entry in kept), count - len(kept))


def iter_entries(
    body: bytes, url: str, source: str = "", content_type: str = "", longest: int = LONGEST
) -> Iterator[FeedEntry]:
    """The entries of a feed in its own order, without those whose link is no web address.

    An entry without any link has no page, and as its name the feed's URL with a fragment of its own.
    `url` is the feed's, for relative links; `content_type` the HTTP header; a summary has at most `longest`
    characters. A naive date counts as UTC. A feed of any length needs the memory of a few entries.
    Raises FeedError that says what was found instead of a feed.
    """
    if b"\x00" in body[:4]:
        body = charset.decode(body, content_type).encode("utf-8")
    head = _opening(body)
    head_text = head.lstrip(_MARK + _BLANK)
    if head_text.startswith(("{", "[")):
        language, told = jsonfeed.read(charset.decode(body, content_type).lstrip("\ufeff" + _BLANK))
        yield from Reader(url, url, source, language, longest).entries(told)
        return
    root = _ROOT.search(head)
    if not root or _HTML.match(head_text):
        raise FeedError(f"expected a feed, found {described(charset.decode(body, content_type))}")
    start = root.start()
    entry = _ENTRY.search(head, start)
    before = head[start : entry.start()] if entry else head[start:]
    base, code, site = _BASE.search(before), _LANGUAGE.search(before), _SITE.search(before)
    reader = Reader(
        url, urljoin(url, base[1]) if base else url, source, code[1] if code else "", longest, site[1] if site else ""
    )
    yield from reader.entries(_told(body, start, content_type, longest))


def _opening(body: bytes) -> str:
    """What stands before the first entry, and a little more, with blanks for comments; of few feeds it is long."""
    head = ""
    for size in (_HEAD // 16, _HEAD):
        head = body[:size].decode("latin-1")
        if "<!--" in head:
            head = _COMMENT.sub(lambda found: " " * len(found[0]), head)
        if _ENTRY.search(head):
            break
    return head


def described(text: str) -> str:
    """What `text` is instead of a feed, in a few words for an error message."""
    if not text.strip():
        return "an empty answer"
    title = re.search(r"<title[^<>]{0,200}>([^<]{1,200})", text, re.IGNORECASE)
    if re.search(r"<html|<!doctype html|<body|<head", text[:_HEAD], re.IGNORECASE):
        return f"an HTML page titled '{plain(title[1])[:80]}'" if title else "an HTML page without a title"
    if root := re.search(r"<([A-Za-z][\w:.-]{0,40})", text[:_HEAD]):
        return f"a document with the root <{root[1]}>"
    return f"{len(text)} characters that are no XML, beginning {text[:40]!r}"


def _told(body: bytes, start: int, content_type: str, longest: int) -> Iterator[Told]:
    """The entries by the fast reader, and those that only the tolerant one finds in a broken feed."""
    broken = False
    few = len(body) <= feedtolerant.LARGEST
    size = _BYTES * MARKUP * max(longest, _TITLE)
    read: list[Told] = []

    def chunks() -> Iterator[bytes]:
        return pulling.pieces(body, start)

    def short() -> Iterator[bytes]:
        if len(body) <= size:
            return chunks()
        parts = pulling.shortened(body, start, size)
        return parts if len(body) <= pulling.SMALL else pulling.in_chunks(parts)

    def recoded() -> Iterator[bytes]:
        nonlocal broken
        broken = True
        return charset.recoded(chunks, content_type, body[:start])

    count = 0
    for told in feedxml.entries(short, recoded):
        if few and broken and not told.link:
            continue  # as likely as not it is the reading that lost it
        count += 1
        if few:
            read.append(told)
        yield told
    if broken or not count:
        yield from _missed(body, recoded, count, set(map(_key, read)))


def _missed(body: bytes, recoded: pulling.Chunks, count: int, seen: set[str]) -> Iterator[Told]:
    ends = max(body.rfind(b"</item>"), body.rfind(b"</entry>"))
    present = sum(1 for _ in _PRESENT.finditer(body, 0, ends if ends > 0 else len(body)))
    if present > count and len(body) <= feedtolerant.LARGEST:
        for told in feedtolerant.entries(_whole(b"".join(pulling.mended(recoded())))):
            if _key(told) not in seen:
                count += 1
                yield told
    if present and not count:
        raise FeedError(f"a feed that cannot be read: none of its {present} entries is whole")


def _key(told: Told) -> str:
    return told.link or told.id or told.title


def _whole(body: bytes) -> bytes:
    """Without the entry that breaks off with the feed: half a link leads elsewhere."""
    ends = max(body.rfind(b"</item>"), body.rfind(b"</entry>"))
    return body[: ends + len(b"</entry>")] if ends > 0 else body
