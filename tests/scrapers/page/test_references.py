from __future__ import annotations

import json
from typing import Any

import pytest
from lxml.html import document_fromstring

from scrapers.page import metadata

URL = "https://www.example.org/2025/02/12/rutte-arrives-in-kyiv"


def stated(**facts: Any) -> str:
    article = {"@type": "NewsArticle", "headline": "Rutte", "publisher": {"name": "The Wire"}} | facts
    return f'<script type="application/ld+json">{json.dumps(article)}</script>'


def read(head: str = "", body: str = "", url: str = URL) -> metadata.Metadata:
    return metadata.read(document_fromstring(f"<html><head>{head}</head><body>{body}<p>x</p></body></html>"), url)


def alternate(code: str, address: str) -> str:
    return f'<link rel="alternate" hreflang="{code}" href="{address}">'


def test_translations_are_the_same_article_in_other_languages() -> None:
    head = (
        alternate("en", URL)
        + alternate("x-default", URL + "?default")
        + alternate("uk-UA", "/ukr/2025/02/12/rutte-prybuv-do-kyieva")
        + alternate("uk", "/ukr/2025/02/12/rutte-prybuv-do-kyieva?again=1")
        + alternate("en-US", "https://us.example.org/2025/02/12/rutte-arrives-in-kyiv")
        + alternate("de", "https://www.example.org/de/")
        + alternate("fr", "https://fr.example.org/2025/02/monde")
    )
    assert read(head).translations == (("uk", "https://www.example.org/ukr/2025/02/12/rutte-prybuv-do-kyieva"),)


def test_the_links_tell_the_language_of_a_page_better_than_the_page() -> None:
    url = "https://example.org/rus/news/2025/02/8015225/"
    head = alternate("ru", url) + alternate("uk", "https://example.org/news/2025/02/8015225/")
    tree = document_fromstring(f'<html lang="uk"><head>{head}</head><body><p>x</p></body></html>')
    assert metadata.read(tree, url).translations == (("uk", "https://example.org/news/2025/02/8015225/"),)


def test_an_article_may_be_named_by_a_parameter() -> None:
    head = alternate("uk", "https://example.org/uk/?p=2024")
    assert read(head, url="https://example.org/?p=1024").translations == (("uk", "https://example.org/uk/?p=2024"),)


@pytest.mark.parametrize(
    ("head", "outlets"),
    [
        (stated(isBasedOn="https://agency.example/a/1"), ("https://agency.example/a/1",)),
        (stated(citation=[{"@type": "CreativeWork", "url": "https://b.example/2"}]), ("https://b.example/2",)),
        (stated(sourceOrganization={"@type": "Organization", "name": "Agency"}), ("Agency",)),
        (stated(provider={"@id": "#a", "name": "Agency"}), ("Agency",)),
        (stated(provider={"name": "The Wire"}, isBasedOn=URL, citation="https://example.org/1"), ()),
        ('<link rel="canonical" href="https://agency.example/a/1">', ("https://agency.example/a/1",)),
        ('<meta property="og:url" content="https://agency.example/a/1">', ("https://agency.example/a/1",)),
        ('<link rel="canonical" href="http://rutte-arrives/">', ()),
        ('<meta name="syndication-source" content="https://agency.example/a/1">', ("https://agency.example/a/1",)),
        ('<meta name="source" content="Джерело: Агенція">', ("Агенція",)),
        ('<meta name="original-source" content="12">', ()),
    ],
)
def test_outlets_are_what_the_page_names_as_its_origin_and_never_itself(head: str, outlets: tuple[str, ...]) -> None:
    assert read(head).outlets == outlets


def test_a_short_name_of_the_site_hides_no_other_outlet() -> None:
    head = '<meta name="source" content="Dwarf Daily">'
    assert read(head, url="https://www.dw.com/en/rutte/a-123").outlets == ("Dwarf Daily",)


def test_links_are_those_of_paragraphs_to_other_sites() -> None:
    body = (
        '<p><a href="https://agency.example/a/1?utm_source=x">the <b>agency</b></a> and '
        '<a href="https://news.example.org/2">ourselves</a> and <a href="/3">again</a> and '
        '<a href="//other.example/4">others</a> and <a href="https://pic.example/5"><img></a></p>'
        '<div><a href="https://menu.example/">menu</a></div>'
        '<footer><p><a href="https://owner.example/">owner</a></p></footer>'
    )
    assert read("", body).links == (
        ("the agency", "https://agency.example/a/1"),
        ("others", "https://other.example/4"),
    )


def test_links_are_at_most_forty_in_order() -> None:
    body = "<p>" + "".join(f'<a href="https://o{n}.example/">{n}</a> ' for n in range(60)) + "</p>"
    assert [text for text, _ in read("", body).links] == [str(n) for n in range(40)]


def test_a_page_of_countless_links_is_given_up_after_two_hundred_hosts() -> None:
    body = "<p>" + "".join(f'<a href="https://o{n}.example.com/"></a>' for n in range(300))
    assert read("", body + '<a href="https://late.example.com/">late</a></p>').links == ()


@pytest.mark.parametrize(
    ("head", "free"),
    [
        (stated(isAccessibleForFree=False), False),
        (stated(isAccessibleForFree="true"), True),
        (stated(isAccessibleForFree="https://schema.org/False"), False),
        (stated(isAccessibleForFree=[{"@value": "False"}]), False),
        (stated(isAccessibleForFree=0), False),
        (stated(hasPart={"@type": "WebPageElement", "isAccessibleForFree": "False"}), False),
        (stated(hasPart=[{"isAccessibleForFree": True}]), None),
        (stated(isAccessibleForFree=True, hasPart={"isAccessibleForFree": False}), True),
        ('<meta property="article:content_tier" content="metered">', False),
        ('<meta property="article:content_tier" content="free">', True),
        ('<meta name="article.access" content="paid">', False),
        ('<meta name="isPremium" content="0">', True),
        ('<meta itemprop="isAccessibleForFree" content="false">', False),
        ('<meta name="access" content="unknown">', None),
        ("", None),
    ],
)
def test_a_page_tells_whether_it_can_be_read_for_free(head: str, free: bool | None) -> None:  # noqa: FBT001
    assert read(head).free is free
