"""Adapters of the contract's section 5 over our own code, for scoring from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts import matching
from alerts.normalize import tokens
from alerts.watchlist import Entity, Watchlist
from scrapers import dates, urls
from scrapers.article import Article
from scrapers.page import extraction
from scrapers.routes import feeds, sitemaps
from scrapers.urls import url_key
from storage.likeness import clustering, nearness, shingles, stream
from storage.likeness.fingerprint import SHORTEST

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
        text = (
            f"{article.get('lead') or ''}\n\n{article.get('body') or ''}"  # without a lead it begins with a blank line
        )
        return bool(matching.match(_article(text, article), compiled))

    return holds


def _entity(entry: Mapping[str, Any]) -> Entity:
    language = str(entry.get("lang") or "en")
    return Entity(
        id=str(entry["id"]),
        type=str(entry.get("category") or entry.get("type") or "other"),
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
    """Texts that repeat an earlier one, asked for as the database is: fingerprints, what is known, texts."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._texts: list[shingles.Text] = []
        self._known: dict[int, nearness.Known] = {}
        self._holders: dict[int, list[int]] = defaultdict(list)
        self._same: dict[tuple[str, ...], list[int]] = defaultdict(list)

    def add(self, id: str, text: str, outlet: str = "") -> None:  # noqa: A002 - the contract names it
        read, number = shingles.read(text), len(self._names)
        self._names.append(id)
        self._texts.append(read)
        self._known[number] = nearness.Known(outlet, len(read.keys))
        self._same[read.words].append(number)
        for key in read.keys:
            self._holders[key].append(number)

    def find(self, text: str, outlet: str = "") -> list[tuple[str, str, float]]:
        read = shingles.read(text)
        if not read.words:
            return []
        same = [n for n in self._same.get(read.words, ()) if read.size >= SHORTEST or self._known[n].outlet == outlet]
        latest = {
            key: self._holders[key][: -nearness.MOST_HOLDERS - 1 : -1] for key in read.keys if key in self._holders
        }
        known = {number: self._known[number] for number in nearness.worth_knowing(latest)}
        form = nearness.worn(latest, known)
        likely = nearness.candidates(read, latest, known, form)
        earlier = {number: self._texts[number] for number in likely if number not in same}
        found = dict.fromkeys(same, nearness.Likeness(nearness.Kind.EXACT, 1.0))
        found |= nearness.judge(read, outlet, earlier, known, form)
        return [(self._names[number], one.kind.value, one.score) for number, one in found.items()]


def cluster(articles: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Id -> story, given in arrival order; articles without a time are of one moment."""
    times = [_minute(article.get("published")) for article in articles]
    index, stories = stream.Index(stream.day_counts({at // (24 * 60) for at in times})), stream.Stories()
    known: list[stream.Known] = []
    for key, (article, at) in enumerate(zip(articles, times, strict=True)):
        title, source, language = (str(article.get(name) or "") for name in ("title", "source", "language"))
        trace = index.trace(clustering.sketch(title, str(article["text"])), at)
        own = stream.Known(key, at, source, title, language, trace)
        near = stream.nearest(index.mates(index.asks(trace, at)), embedded=False)
        found = stories.choose(own, stream.compare(own, [known[one] for one in near]))
        stories.join(key if found is None else found, own)
        index.add(key, at, trace)
        known.append(own)
    return {str(article["id"]): str(articles[stories.of[key]]["id"]) for key, article in enumerate(articles)}


def _minute(time: Any) -> int:
    return int(time.timestamp() // 60) if isinstance(time, datetime) else 0
