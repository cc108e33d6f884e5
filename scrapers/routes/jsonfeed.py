"""Read a JSON Feed, version 1 or 1.1 (https://jsonfeed.org), into entries as feeds.py knows them."""

from __future__ import annotations

import json
from typing import Any

from scrapers.errors import FeedError
from scrapers.routes.feedxml import Told


def read(text: str) -> tuple[str, list[Told]]:
    """The language and the entries. Raises FeedError when `text` is no JSON Feed.

    A broken entry is left out; the others stay.
    """
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise FeedError("neither XML nor readable JSON, but text that begins with a brace") from broken
    version = _text(feed.get("version")) if isinstance(feed, dict) else ""
    listed = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(listed, list) or ("jsonfeed" not in version and not _has_links(listed)):
        raise FeedError("JSON, but no JSON Feed: it has no list of `items` with addresses")
    return _text(feed.get("language")), [_told(raw) for raw in listed if isinstance(raw, dict)]


def _told(raw: dict[str, Any]) -> Told:
    people = raw.get("authors") if isinstance(raw.get("authors"), list) else [raw.get("author")]
    return Told(
        link=_text(raw.get("url")) or _text(raw.get("external_url")),
        title=_text(raw.get("title")),
        id=_text(raw.get("id")),
        description=_text(raw.get("summary")),
        content=_text(raw.get("content_html")) or _text(raw.get("content_text")),
        published=_text(raw.get("date_published")),
        updated=_text(raw.get("date_modified")),
        names=tuple(_text(person.get("name")) for person in people or [] if isinstance(person, dict)),
    )


def _has_links(listed: list[Any]) -> bool:
    return any(isinstance(raw, dict) and ("url" in raw or "external_url" in raw) for raw in listed)


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
