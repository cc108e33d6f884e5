from __future__ import annotations

import json
from typing import Any

import pytest
from lxml.html import document_fromstring

from scrapers.page import metadata

URL = "https://www.wire.example/2025/02/rutte-kyiv"
BYLINE = '<div class="byline">By Bo Ek</div>'


def stated(author: Any) -> str:
    article = {"@type": "NewsArticle", "author": author, "publisher": {"name": "The Wire"}}
    return f'<script type="application/ld+json">{json.dumps(article)}</script>'


def names(body: str, head: str = "") -> tuple[str, ...]:
    page = document_fromstring(f"<html><head>{head}</head><body>{body}<p>x</p></body></html>")
    return metadata.read(page, URL).authors


def test_an_author_may_be_given_in_parts() -> None:
    assert names("", stated({"@type": "Person", "givenName": "Anna Giulia", "familyName": "Fink"})) == (
        "Anna Giulia Fink",
    )


@pytest.mark.parametrize(
    "body",
    [
        "<p>By Ann Lee</p>",
        "<h5>Von Ann Lee, Frankfurt</h5>",
        "<p>Автор: <b>Ann Lee</b></p>",
        '<ul><li><a href="/author/ann">Ann Lee</a></li></ul>',
        '<strong itemprop="author">Ann Lee</strong>',
        '<div class="authors">by <ul><li><b>Ann Lee</b></li></ul> 5 November 2024 <i>3 Min</i></div>',
        '<div class="author-list">Ann Lee</div>',
    ],
)
def test_a_byline_is_found_by_what_it_is_called_and_by_how_it_reads(body: str) -> None:
    assert names(body) == ("Ann Lee",)


def test_texts_that_are_marked_up_alike_are_names_and_others_are_not() -> None:
    body = (
        '<div class="byline"><span class="n">Ann Lee</span><span class="role">Kyiv Correspondent</span>'
        '<span class="n">Bo de Ek</span></div>'
    )
    assert names(body) == ("Ann Lee", "Bo de Ek")


@pytest.mark.parametrize("place", ["<aside>{}</aside>", "<div class=related>{}</div>", "<div class=comments>{}</div>"])
def test_authors_of_teasers_and_comments_are_not_those_of_the_article(place: str) -> None:
    assert names(place.format(BYLINE)) == ()
    assert names(place.format(BYLINE), stated({"name": "The Wire"})) == ("The Wire",)


def test_the_class_of_the_whole_page_makes_nothing_a_teaser() -> None:
    page = document_fromstring(f'<html><body class="has-sidebar related-on">{BYLINE}<p>x</p></body></html>')
    assert metadata.read(page, URL).authors == ("Bo Ek",)


def test_the_first_byline_is_the_article_s_even_where_it_names_the_site() -> None:
    body = '<span class="author">The Wire</span><span class="author">Bo Ek</span>'
    assert names(body, stated({"name": "The Wire"})) == ("The Wire",)


def test_a_second_author_whom_the_page_marks_up_as_the_first_is_one_too() -> None:
    body = '<a rel="author" href="/bo">Bo Ek</a><a rel="author" href="/ann">Ann Lee</a>'
    assert names(body, stated({"name": "Ann Lee"})) == ("Bo Ek", "Ann Lee")
    assert names(BYLINE, stated({"name": "Ann Lee"})) == ("Ann Lee",)


def test_a_credit_that_is_no_name_counts_where_an_attribute_says_author() -> None:
    assert names('<span itemprop="author">srf/hosb;kesm</span>') == ("srf/hosb", "kesm")
