from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from scrapers.article import DateOrigin
from scrapers.errors import FeedError
from scrapers.routes import listings

URL = "https://mod.example/news/"
PAGE = """<html><head><title>Новини</title></head><body>
<nav><a href="/about">Про нас</a></nav>
<ul><li class="card"><a class="picture" href="/news/1"><img></a><h3><a href="/news/1">Перша  новина</a></h3>
<time datetime="2025-02-12T10:00:00+02:00">10:00</time></li>
<li class="card"><h3><a href="https://mod.example/news/2#top">Друга новина</a></h3></li>
<li class="card"><h3><a href="mailto:press@mod.example">Пошта</a></h3></li></ul></body></html>"""


def parse(selector: str, page: str = PAGE) -> dict[str, str]:
    return {entry.url: entry.title for entry in listings.parse(page.encode(), URL, selector, "mod")}


@pytest.mark.parametrize("selector", [".card a", "h3 a", "h3", ".card"])
def test_links_are_found_whether_the_selector_names_them_or_what_holds_them(selector: str) -> None:
    found = parse(selector)
    assert list(found) == ["https://mod.example/news/1", "https://mod.example/news/2"]
    assert found["https://mod.example/news/2"] == "Друга новина"


def test_the_longest_text_of_an_address_is_its_title() -> None:
    assert parse(".card a")["https://mod.example/news/1"] == "Перша новина"


def test_a_time_beside_the_link_is_its_time_and_no_other_links() -> None:
    one, two = listings.parse(PAGE.encode(), URL, "h3 a", "mod")
    assert (one.published, one.origin, one.source) == (datetime(2025, 2, 12, 8, 0, tzinfo=UTC), DateOrigin.TIME, "mod")
    assert two.published is None


def test_links_are_resolved_against_the_base_of_the_page() -> None:
    page = '<html><head><base href="https://cdn.example/x/"></head><body><a class="n" href="1">T</a></body></html>'
    assert list(parse("a.n", page)) == ["https://cdn.example/x/1"]


def test_a_page_in_windows_1251_is_read() -> None:
    page = PAGE.replace("<head>", '<head><meta charset="windows-1251">').encode("windows-1251")
    assert listings.parse(page, URL, "h3 a")[0].title == "Перша новина"


@pytest.mark.parametrize(
    ("selector", "page", "said"),
    [
        (".cards a", PAGE, "`.cards a` finds no link in an HTML page titled 'Новини'"),
        ("a[", PAGE, "`a[` is no CSS selector"),
        ("a:hover-me", PAGE, "`a:hover-me` is no CSS selector"),
        ("a", " ", "empty answer"),
    ],
)
def test_a_listing_that_yields_nothing_names_the_selector(selector: str, page: str, said: str) -> None:
    with pytest.raises(FeedError) as error:
        parse(selector, page)
    assert said in str(error.value)


def test_an_impossible_date_is_no_date() -> None:
    page = PAGE.replace("2025-02-12", "9999-12-31")
    assert listings.parse(page.encode(), URL, "h3 a", "mod")[0].published is None


def test_titles_and_addresses_hold_no_controls() -> None:
    page = PAGE.replace("Перша", "&#x202e;Пер&#x7f;ша").replace("/news/1", "/news/1&#1;")
    assert parse("h3 a", page)["https://mod.example/news/1"] == "Перша новина"


@pytest.mark.parametrize(
    "page",
    [
        "<main>" + "".join(f'<a href="/news/{n}"><b>Новина {n}</b></a>' for n in range(3000)) + "</main>",
        "<main>" + '<a href="/news/1">Новина</a>' * 3000 + "</main>",
        "<div>" * 20_000 + '<a href="/news/1">Новина</a>',
    ],
    ids=["flat", "one address", "deep"],
)
def test_a_long_listing_costs_no_more_than_its_length(page: str) -> None:
    start = time.process_time()
    assert parse("a", page)
    assert time.process_time() - start < 5
