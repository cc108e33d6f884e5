"""Articles, entities and watches with everything that a test does not care about filled in."""

from __future__ import annotations

from typing import Any

from alerts import matching
from alerts.model import Match
from alerts.watchlist import Entity, Watch, Watchlist
from scrapers.article import Article


def make_article(text: str = "", title: str = "", **changes: Any) -> Article:
    return Article(**({"source": "wire", "url": "https://wire.example/1", "title": title, "text": text} | changes))


def found(article: Article | str, query: str, *entities: Entity) -> list[Match]:
    """What one watch with `query` finds in an article."""
    watchlist = Watchlist(entities=entities, watches=(Watch(id="w", query=query),))
    article = make_article(article) if isinstance(article, str) else article
    return matching.match(article, matching.compile(watchlist))


def surfaces(article: Article | str, query: str, *entities: Entity) -> list[str]:
    """The places in the article that `query` finds."""
    return [hit.surface for match in found(article, query, *entities) for hit in match.hits]
