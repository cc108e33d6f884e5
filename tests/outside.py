"""Adapters of the contract's section 5 over our own code, for scoring from outside."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts import matching
from alerts.normalize import tokens
from alerts.watchlist import Entity, Watchlist
from scrapers import dates, urls
from scrapers.article import Article
from scrapers.page import extraction
from scrapers.routes import feeds, sitemaps
from scrapers.urls import url_key
from storage import clustering
from storage.fingerprint import text_hash

__all__ = [
    "NearDuplicates",
    "build_matcher",
    "cluster",
    "compile_query",
    "extract_page",
    "parse_date",
    "parse_feed",
    "parse_sitemap",
    "url_key",
]

Found = list[tuple[str, int, int]]
LEAD = 300  # characters of a summary: what an overview shows


def parse_feed(body: bytes, url: str) -> list[dict[str, Any]]:
    return [
        {
            "link": entry.url,
            "title": entry.title,
            "published": entry.published,
            "summary": entry.summary,
            "id": entry.id,
            "author": "; ".join(entry.authors),
        }
        for entry in feeds.iter_entries(body, url, longest=LEAD)
    ]


def parse_sitemap(body: bytes, url: str) -> list[dict[str, Any]]:
    return [
        {
            "kind": entry.kind,
            "link": entry.url,
            "lastmod": entry.lastmod,
            "published": entry.published,
            "title": entry.title,
            "language": entry.language,
        }
        for entry in sitemaps.iter_entries(body, url)
    ]


def parse_date(text: str) -> datetime | None:
    return dates.parse(text)


def extract_page(html: str, url: str) -> dict[str, Any]:
    found = extraction.extract_html(html, url)
    facts = found.metadata
    return {
        "text": found.text,
        "title": facts.title,
        "authors": list(facts.authors),
        "published": facts.published,
        "canonical": facts.canonical or urls.canonical(url),
        "language": found.language,
    }


def build_matcher(entries: Sequence[Mapping[str, Any]]) -> Callable[[str], Found]:
    """A function from a text to (id, start, end) of every place where an entry stands."""
    compiled = matching.compile(Watchlist(entities=tuple(map(_entity, entries))))

    def find(text: str) -> Found:
        hits = matching.entity_hits(_article(text), compiled)
        return [(name, hit.start, hit.end) for name, places in hits.items() for hit in places]

    return find


def compile_query(query: str, entities: Sequence[Mapping[str, Any]] = ()) -> Callable[[Mapping[str, Any]], bool]:
    """Whether an article (title, lead, body, source, language, url) matches. Raises QueryError."""
    compiled = matching.compile_one(query, Watchlist(entities=tuple(map(_entity, entities))))

    def holds(article: Mapping[str, Any]) -> bool:
        text = "\n\n".join(part for part in (article.get("lead"), article.get("body")) if part)
        return bool(matching.match(_article(text, article), compiled))

    return holds


def _entity(entry: Mapping[str, Any]) -> Entity:
    language = str(entry.get("lang") or "en")
    return Entity(
        id=str(entry["id"]),
        names=_names(entry.get("names", ()), language),
        weak=_names(entry.get("weak", ()), language),
        needs=tuple(entry.get("needs", ())),
        not_=tuple(entry.get("not", ())),
        case=entry.get("case", "auto"),
        inflect=bool(entry.get("inflect", True)),
    )


def _names(names: Any, language: str) -> dict[str, tuple[str, ...]]:
    """Names as the outside gives them, a list or a list per language; what is no word is left out."""
    listed = names if isinstance(names, Mapping) else {language: names}
    return {lang: tuple(name for name in group if tokens(name)) for lang, group in listed.items() if group}


def _article(text: str, given: Mapping[str, Any] | None = None) -> Article:
    given = given or {}
    return Article(
        source=str(given.get("source") or "outside"),
        url=str(given.get("url") or "https://outside.example/"),
        title=str(given.get("title") or ""),
        text=text,
        language=given.get("language"),
    )


class NearDuplicates:
    """Texts that repeat an earlier one. So far only the very same words are recognised."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[str]] = defaultdict(list)

    def add(self, id: str, text: str, outlet: str = "") -> None:  # noqa: A002 - the contract names it
        del outlet
        if digest := text_hash(text):
            self._known[digest].append(id)

    def find(self, text: str, outlet: str = "") -> list[tuple[str, str, float]]:
        del outlet
        digest = text_hash(text)
        return [(found, "exact", 1.0) for found in self._known.get(digest, ())] if digest else []


def cluster(articles: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Id -> story, given in arrival order."""
    stories: dict[str, str] = {}
    vectors: list[dict[int, float]] = []
    holders: dict[int, list[int]] = defaultdict(list)
    for number, article in enumerate(articles):
        vector = clustering.terms(str(article["title"] or ""), str(article["text"]))
        seen = {term: len(holders[term]) for term in vector}
        near = {one for term in vector for one in holders[term] if _are_near(article, articles[one])}
        scored = [(clustering.similarity(vector, vectors[one], seen, number), -one) for one in near]
        best, at = max(scored, default=(0.0, 0))
        name = str(article["id"])
        stories[name] = stories[str(articles[-at]["id"])] if best >= clustering.THRESHOLD else name
        vectors.append(vector)
        for term in vector:
            holders[term].append(number)
    return stories


def _are_near(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    times = [article.get("published") for article in (one, other)]
    known = [time for time in times if isinstance(time, datetime)]
    apart = [abs(a - b) for a, b in itertools.pairwise(known)]
    return all(gap <= timedelta(hours=clustering.WINDOW_HOURS) for gap in apart)
