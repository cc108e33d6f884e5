"""Articles, entries and sources for storage tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from scrapers.article import Article, FeedEntry
from scrapers.source import Route, RouteType, Source

NOON = datetime(2025, 2, 12, 10, 0, tzinfo=UTC)
BODY = (
    "The contact group met in Brussels on Wednesday. Mark Rutte named two conditions for the security of "
    "Ukraine after the war: the strongest possible place at the table, and an agreement that keeps Russia "
    "from attacking again. Allies in Europe and Canada invested 485 billion dollars in 2024."
)
OTHER = (
    "A storm closed the port of Odesa for nine hours on Tuesday. Three ships waited in the roads until the "
    "wind fell below twenty metres per second, the harbour master Ivan Koval told reporters, and the grain "
    "terminal resumed work before midnight with all of its seven loaders."
)


def article(**changes: Any) -> Article:
    given: dict[str, Any] = {
        "source": "wire",
        "url": "https://wire.example/a/1",
        "title": "Rutte names two conditions",
        "text": BODY,
        "published": NOON,
        "language": "en",
    }
    return Article(**(given | changes))


def entry(number: int = 1, **changes: Any) -> FeedEntry:
    given: dict[str, Any] = {
        "source": "wire",
        "url": f"https://wire.example/a/{number}",
        "title": f"Headline {number}",
        "published": NOON + timedelta(minutes=number),
    }
    return FeedEntry(**(given | changes))


def source(name: str = "wire", **changes: Any) -> Source:
    given: dict[str, Any] = {
        "id": name,
        "name": name.title(),
        "homepage": f"https://{name}.example/",
        "routes": (Route(RouteType.FEED, f"https://{name}.example/feed"),),
    }
    return Source(**(given | changes))
