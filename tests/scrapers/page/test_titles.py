from __future__ import annotations

import json

import pytest
from lxml.html import document_fromstring

from scrapers.page import metadata

URL = "https://www.wire.example/2025/02/rutte-kyiv"
SITE = '<meta property="og:site_name" content="The Wire">'


def headline(text: str) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "headline": text})}</script>'


def shared(text: str) -> str:
    return f'<meta property="og:title" content="{text}">'


def title(head: str, body: str = "") -> str:
    page = document_fromstring(f"<html><head>{SITE}{head}</head><body>{body}<p>x</p></body></html>")
    return metadata.read(page, URL).title


@pytest.mark.parametrize(
    "kicker",
    [
        '<span class="article__kicker">Visit</span>',
        '<small class="overline">Visit</small>',
        "<div class=topline>a</div>",
    ],
)
def test_a_kicker_that_nothing_else_calls_title_is_no_part_of_it(kicker: str) -> None:
    heading = f'<h1>{kicker} <span aria-hidden="true"> - </span> <b>Rutte arrives in Kyiv</b></h1>'
    assert title(shared("NATO chief: Rutte arrives in Kyiv"), heading) == "Rutte arrives in Kyiv"


def test_a_kicker_that_the_headline_repeats_is_a_part_of_the_title() -> None:
    heading = '<h1><span class="kicker">NATO chief</span>: Rutte arrives in Kyiv</h1>'
    assert title(headline("NATO chief: Rutte arrives in Kyiv"), heading) == "NATO chief: Rutte arrives in Kyiv"


@pytest.mark.parametrize("mark", ['class="breadcrumb__headline"', 'class="seotitle"', "data-breadcrumb-headline"])
def test_a_heading_for_search_engines_is_not_the_title(mark: str) -> None:
    seo = "Rutte Kyiv: visit of the NATO chief"
    head = headline(seo) + shared("Rutte arrives in Kyiv") + f"<title>{seo}</title>"
    assert title(head, f"<h1 {mark}>{seo}</h1>") == "Rutte arrives in Kyiv"


def test_a_second_level_heading_shows_which_title_readers_see() -> None:
    seo = "Visit in Kyiv: Rutte arrives"
    head = headline(seo) + shared("Rutte arrives") + f"<title>{seo}</title>"
    visible = '<h1 class="small">Visit in Kyiv: Rutte arrives</h1><h2><span>Visit in Kyiv</span><span>{}</span></h2>'
    assert title(head, visible.format("Rutte arrives")) == "Rutte arrives"
    teaser = "<h1>Visit in Kyiv: Rutte arrives</h1><h2><a href=/rutte>Rutte arrives</a></h2>"
    assert title(head, teaser) == seo


def test_a_title_that_search_engines_get_too_loses_against_the_headline() -> None:
    seo = "Rutte Kyiv visit NATO"
    assert title(headline("Rutte arrives in Kyiv") + shared(seo) + f"<title>{seo}</title>") == "Rutte arrives in Kyiv"


def test_the_title_of_a_live_page_is_the_one_that_stays() -> None:
    head = headline("War LIVE: Rutte lands") + shared("Rutte visits Kyiv")
    assert title(head, "<h1>War LIVE: Rutte lands</h1>") == "Rutte visits Kyiv"


def test_the_only_heading_of_the_article_is_its_title_where_all_others_differ() -> None:
    head = shared("What the chief of the alliance wants") + headline("Why NATO came") + "<title>Why NATO came</title>"
    heading = "<h1>Rutte arrives in Kyiv by train</h1>"
    assert title(head, f"<article>{heading}</article>") == "Rutte arrives in Kyiv by train"
    assert title(head, f"<div>{heading}</div>") == "What the chief of the alliance wants"


@pytest.mark.parametrize(
    "written",
    [
        "Rutte arrives in Kyiv | World | The Wire",
        "Opinion | Rutte arrives in Kyiv | The Wire",
        "Rutte arrives in Kyiv - World",
    ],
)
def test_sections_beside_the_site_are_no_part_of_the_title(written: str) -> None:
    head = '<meta property="article:section" content="World">'
    assert title(head + shared(written)) == "Rutte arrives in Kyiv"


def test_a_hyphenated_word_is_no_section() -> None:
    head = '<meta property="article:section" content="War">'
    assert title(head + shared("Thousands march anti-war")) == "Thousands march anti-war"


def test_a_headline_stays_a_candidate_where_the_page_has_no_title() -> None:
    assert title(headline("Rutte arrives in Kyiv") + shared("Rutte arrives in…")) == "Rutte arrives in Kyiv"


def test_soft_hyphens_and_references_leave_the_title() -> None:
    assert title(shared("Heli&amp;shy;kopter&amp;amp;Lande­platz")) == "Helikopter&Landeplatz"


def test_a_heading_of_a_hundred_thousand_kickers_is_read_in_time() -> None:
    assert title("", "<h1>" + "<span class=kicker>a</span>" * 100_000 + "</h1>").startswith("a a a")


def test_a_place_at_the_beginning_is_no_name_of_an_outlet_that_is_called_after_it() -> None:
    whole = "Kyiv: two wounded in drone attack"
    page = document_fromstring(f"<html><head>{shared(whole)}</head><body><h1>{whole}</h1><p>x</p></body></html>")
    assert metadata.read(page, "https://kyivindependent.com/two-wounded-in-drone-attack/").title == whole
