"""Adapters of the contract's section 5 for feeds, sitemaps, dates and pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from scrapers import dates, extraction, feeds, sitemaps, urls


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
        for entry in feeds.parse(body, url)
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
        for entry in sitemaps.parse(body, url)
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
