from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from lxml.html import document_fromstring

from scrapers.article import DateOrigin
from scrapers.page import authors, metadata

URL = "https://www.wire.example/2025/02/rutte-kyiv"
KYIV = timezone(timedelta(hours=2))
NOON = datetime(2025, 2, 12, 12, 0, tzinfo=KYIV)
ARTICLE = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Рютте прибув до Києва",
    "datePublished": "2025-02-12T12:00:00+02:00",
    "author": [{"@type": "Person", "name": "Олена Іваненко"}, {"@type": "Person", "name": "Bo Ek"}],
    "publisher": {"@type": "Organization", "name": "The Wire"},
    "inLanguage": "uk",
    "isAccessibleForFree": "False",
    "articleBody": "Текст.",
}


def ld(*blocks: Any) -> str:
    return "".join(
        f'<script type="application/ld+json">{block if isinstance(block, str) else json.dumps(block)}</script>'
        for block in blocks
    )


def read(head: str = "", body: str = "", url: str = URL) -> metadata.Metadata:
    return metadata.read(document_fromstring(f"<html><head>{head}</head><body>{body}<p>x</p></body></html>"), url)


def test_json_ld_tells_everything() -> None:
    found = read(ld(ARTICLE))
    assert found == metadata.Metadata(
        title="Рютте прибув до Києва",
        authors=("Олена Іваненко", "Bo Ek"),
        published=NOON,
        date_origin=DateOrigin.JSON_LD,
        language="uk",
        body="Текст.",
        free=False,
    )
    assert found.published is not None
    assert found.published.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(
    "blocks",
    [
        [[ARTICLE]],
        [{"@graph": [{"@type": "WebSite", "name": "The Wire"}, ARTICLE]}],
        [{"@type": "WebPage", "name": "Wire", "mainEntity": ARTICLE}],
        [{"@type": "NewsArticle", "headline": "Інша новина", "url": "/other"}, ARTICLE | {"url": URL}],
        ["{broken", ARTICLE],
        [json.dumps(ARTICLE)[:-1] + ",}"],
        ["<!--" + json.dumps(ARTICLE) + "-->"],
        [json.dumps(ARTICLE).replace("\\u0442 ", "\t\n")],
        ["[" * 20_000, '{"@graph":' * 20_000, ARTICLE],
        [ARTICLE | {"@type": ["Thing", "http://schema.org/NewsArticle"]}],
    ],
)
def test_json_ld_is_read_in_every_disguise(blocks: list[Any]) -> None:
    found = read(ld(*blocks))
    assert (found.title, found.published) == ("Рютте прибув до Києва", NOON)


def test_an_unparsable_block_still_tells_the_time() -> None:
    found = read(ld('{"@type":"NewsArticle" "headline":"Head", "datePublished": "2025-02-12T12:00:00+02:00"'))
    assert (found.title, found.published) == ("Head", NOON)


def test_an_author_may_be_a_reference_into_the_graph() -> None:
    graph = [ARTICLE | {"author": {"@id": "#ann"}}, {"@type": "Person", "@id": "#ann", "name": "Ann Lee"}]
    assert read(ld({"@graph": graph})).authors == ("Ann Lee",)


def test_meta_elements_are_read_where_json_ld_is_missing() -> None:
    found = read(
        '<meta property="og:title" content="Rutte arrives | The Wire"><meta property="og:site_name" content="The Wire">'
        '<meta property="article:published_time" content="2025-02-12T12:00:00+02:00">'
        '<meta name="author" content="By Ann Lee and Bo Ek"><meta name="description" content="He &amp; she">'
        '<meta property="og:locale" content="en_GB"><meta property="article:content_tier" content="locked">'
    )
    assert found == metadata.Metadata(
        title="Rutte arrives",
        authors=("Ann Lee", "Bo Ek"),
        published=NOON,
        date_origin=DateOrigin.META,
        language="en",
        description="He & she",
        free=False,
    )


@pytest.mark.parametrize(
    "title",
    [
        "Rutte arrives - The Wire",
        "Rutte arrives | World | The Wire",
        "The Wire: Rutte arrives",
        "Rutte arrives — wire.example",
        "Rutte arrives » News",
    ],
)
def test_the_name_of_the_site_is_no_part_of_the_title(title: str) -> None:
    head = f'<meta property="og:site_name" content="The Wire"><title>{title}</title>'
    assert read(head, "<h1>Rutte arrives</h1>").title == "Rutte arrives"


def test_a_dash_that_parts_no_site_stays_in_the_title() -> None:
    assert read("<title>Kyiv - a city under fire</title>").title == "Kyiv - a city under fire"


def test_the_title_is_what_most_agree_on() -> None:
    head = ld({"@type": "NewsArticle", "headline": "Rutte Kyiv visit SEO"})
    head += '<meta property="og:title" content="Rutte arrives in Kyiv"><title>Rutte Kyiv visit news</title>'
    assert read(head, "<h1>The Wire</h1><h1>Rutte arrives in Kyiv</h1>").title == "Rutte arrives in Kyiv"


def test_a_headline_that_is_cut_off_gives_way_to_the_heading() -> None:
    head = ld({"@type": "NewsArticle", "headline": "Rutte arrives in Kyiv with…"})
    assert read(head, "<h1>Rutte arrives in Kyiv with promises</h1>").title == "Rutte arrives in Kyiv with promises"


@pytest.mark.parametrize(
    ("head", "body", "origin"),
    [
        ("", '<time datetime="2025-02-12T12:00:00+02:00">today</time>', DateOrigin.TIME),
        ("", '<span itemprop="datePublished" content="2025-02-12T12:00:00+02:00">today</span>', DateOrigin.TEXT),
        ("", '<div class="post-date">12 лютого 2025, 12:00 за Києвом</div>', DateOrigin.TEXT),
        ("", "<h1>Title of it</h1><div><b>12 лютого 2025, 12:00 за Києвом</b></div>", DateOrigin.TEXT),
        ('<meta name="parsely-pub-date" content="2025-02-12T10:00:00Z">', "", DateOrigin.META),
    ],
)
def test_the_time_is_found_on_the_page(head: str, body: str, origin: DateOrigin) -> None:
    found = read(head, body)
    assert (found.published, found.date_origin) == (NOON, origin)


def test_times_of_updates_and_teasers_are_not_the_time_of_publication() -> None:
    body = (
        '<aside><time datetime="2025-02-01T08:00:00Z">x</time></aside>'
        '<time class="updated" datetime="2025-02-14T08:00:00Z">x</time>'
        '<time datetime="2025-02-12T12:00:00+02:00">x</time>'
    )
    assert read("", body).published == NOON


def test_a_day_is_completed_by_a_clock_of_the_same_day_and_only_that() -> None:
    day = '<meta name="date" content="2025-02-12">'
    assert read(day, '<time datetime="2025-02-12T12:00:00+02:00">x</time>').published == NOON
    other = read(day, '<time datetime="2025-02-13T12:00:00+02:00">x</time>').published
    assert other == datetime(2025, 2, 12)  # noqa: DTZ001


def test_the_day_in_the_address_is_better_than_none() -> None:
    found = read(url="https://wire.example/2025/02/12/rutte")
    assert (found.published, found.date_origin) == (datetime(2025, 2, 12), DateOrigin.URL)  # noqa: DTZ001


def test_a_page_without_any_time_has_none() -> None:
    assert (read().published, read().date_origin) == (None, None)


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("https://example.org/rutte?utm_source=x", "https://example.org/rutte"),
        ("/rutte", "https://www.example.org/rutte"),
        ("https://copy.example/rutte", None),
        ("https://www.example.org/", None),
        ("", None),
    ],
)
def test_a_canonical_address_is_trusted_on_its_own_site_only_and_never_the_front_page(
    given: str, canonical: str | None
) -> None:
    head = f'<link rel="canonical" href="{given}">'
    assert read(head, url="https://www.example.org/2025/rutte").canonical == canonical


def test_the_tree_stays_as_it_was() -> None:
    tree = document_fromstring("<html><body><h1>T</h1><div class=related>a</div><footer>2024</footer></body></html>")
    before = len(list(tree.iter()))
    metadata.read(tree, URL)
    assert len(list(tree.iter())) == before


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("By Ann Lee", ("Ann Lee",)),
        ("Автор: Олена Іваненко", ("Олена Іваненко",)),
        ("Текст: Иван Петров", ("Иван Петров",)),
        ("Von Anna Groß und Bo Ek", ("Anna Groß", "Bo Ek")),
        ("Олена Іваненко та Петро Коваль", ("Олена Іваненко", "Петро Коваль")),
        ("Ann Lee, Bo Ek", ("Ann Lee", "Bo Ek")),
        ("Ann Lee, Kyiv", ("Ann Lee",)),
        ("a.lee@wire.example (Ann Lee)", ("Ann Lee",)),
        ("Ann Lee <a.lee@wire.example>", ("Ann Lee",)),
        ("Ann Lee - Feb 12, 2025", ("Ann Lee",)),
        ("J.R.R. Tolkien", ("J.R.R. Tolkien",)),
        ("Jean-Luc O'Neil", ("Jean-Luc O'Neil",)),
        ("https://www.facebook.com/wire", ()),
        ("admin", ()),
        ("", ()),
    ],
)
def test_authors_are_names_of_people(written: str, names: tuple[str, ...]) -> None:
    assert authors.clean([written]) == names


def test_the_site_is_an_author_only_where_nobody_else_is() -> None:
    assert authors.clean(["The Wire", "Ann Lee"], {"thewire"}) == ("Ann Lee",)
    assert authors.clean(["The Wire"], {"thewire"}) == ("The Wire",)


def test_a_byline_on_the_page_is_better_than_the_name_of_the_site() -> None:
    head = ld(ARTICLE | {"author": {"name": "The Wire"}})
    assert read(head, '<div class="byline">By <a href="/ann">Ann Lee</a></div>').authors == ("Ann Lee",)


@pytest.mark.parametrize("text", ["сьогодні, 14:05", "Today, 2:05 pm", "5 хвилин тому"])
def test_a_date_further_down_is_not_that_of_a_page_that_says_today(text: str) -> None:
    body = f"<h1>Тривога</h1><div class='time'>{text}</div><div class='box'><span class='date'>11.02.2025</span></div>"
    assert read(body=body, url="https://www.wire.example/alert").published is None


def test_a_page_may_call_its_date_by_words_only() -> None:
    body = "<div><i>Updated March 7, 2025</i> <span>Published on March 5, 2025</span></div>"
    assert read(body=body, url="https://www.wire.example/alert").published == datetime(2025, 3, 5)  # noqa: DTZ001
