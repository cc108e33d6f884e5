"""Read the entries of feeds in rare dialects, by a library that is slow and knows them all."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import feedparser

from scrapers.errors import FeedError
from scrapers.routes.feedxml import Told

LARGEST = 1_000_000  # bytes; it needs seconds for a megabyte
# A tag that never ends: the library looks for its end once for each of them, nine minutes for 900,000.
_ENDLESS = re.compile(rb"<(?!!\[CDATA\[)(?=[^<>]*(?:<|\Z))")


def entries(body: bytes) -> Iterator[Told]:
    """The entries of a feed in mended UTF-8. Raises FeedError when the library fails on it."""
    try:
        feed = feedparser.parse(
            io.BytesIO(_ENDLESS.sub(b"&lt;", body)), sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as broken:  # whatever a library raises on bytes from outside
        raise FeedError(f"a feed that cannot be read: {type(broken).__name__}: {broken}") from broken
    yield from map(_told, feed.entries)


def _told(entry: Any) -> Told:
    content = next((str(part.get("value") or "") for part in entry.get("content") or ()), "")
    people = entry.get("authors") or ({"name": entry.get("author")},)
    origin = entry.get("source") or {}
    return Told(
        link=str(entry.get("link") or ""),
        id=str(entry.get("id") or ""),
        title=str(entry.get("title") or ""),
        description=str(entry.get("summary") or ""),
        content=content,
        published=str(entry.get("published") or ""),
        dated=str(entry.get("created") or ""),
        updated=str(dict.get(entry, "updated") or ""),  # its own `get` gives the publication instead
        source=str(origin.get("href") or ""),
        names=tuple(str(one.get("name") or "") for one in people),
    )
