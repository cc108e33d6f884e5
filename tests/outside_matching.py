"""Adapters of the contract's section 5 for the watchlist: names in a text, queries over an article."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alerts import matching
from alerts.normalize import tokens
from alerts.watchlist import Entity, Watchlist
from scrapers.article import Article

Found = list[tuple[str, int, int]]


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
