"""What a page tells of its site."""

from __future__ import annotations

import pytest

from scrapers.routes import autodiscovery, listings
from scrapers.routes.autodiscovery import Site, known_route, look, slug
from scrapers.source import Route, RouteType

URL = "https://wire.example/"


def page(body: str = "", head: str = "", lang: str = "") -> bytes:
    return f'<!doctype html><html lang="{lang}"><head>{head}</head><body>{body}</body></html>'.encode()


def feed_link(href: str, kind: str = "application/rss+xml", title: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" title="{title}" href="{href}">'


def headline(number: int) -> str:
    return f"Brigade number {number} holds the line"


def found(body: str) -> list[str]:
    """The addresses that the best listing of a page finds, read as a poll would read it."""
    raw = page(body)
    route = look(raw, URL).listings[0]
    return [entry.url.removeprefix(URL) for entry in listings.parse(raw, URL, route.links)]


def test_feeds_of_every_form_are_found_and_those_of_comments_come_last() -> None:
    head = (
        feed_link("/comments/feed", title="Comments")
        + feed_link("rss.xml")
        + feed_link("https://cdn.example/atom", "application/atom+xml")
        + feed_link("/feed.json", "application/feed+json")
        + feed_link("/wp-json/x", "application/json")
        + feed_link("/rss.xml")
        + '<link rel="alternate" hreflang="uk" href="/uk"><link rel="stylesheet" type="text/css" href="/feed.css">'
    )
    assert look(page(head=head), URL).feeds == (
        "https://wire.example/rss.xml",
        "https://cdn.example/atom",
        "https://wire.example/feed.json",
        "https://wire.example/comments/feed",
    )


def test_the_base_of_a_page_counts_for_its_links() -> None:
    assert look(page(head='<base href="https://b.example/x/">' + feed_link("rss")), URL).feeds == (
        "https://b.example/x/rss",
    )


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ('<meta property="og:site_name" content="The  Wire"><title>Other</title>', "The Wire"),
        ("<title>News of Ukraine today | The Wire</title>", "The Wire"),
        ("<title>Wire - News of Ukraine</title>", "Wire"),
        ("<title>Новини України - Дріт</title>", "Новини України"),
        ("", "wire.example"),
    ],
)
def test_a_site_is_called_what_it_calls_itself(head: str, name: str) -> None:
    assert look(page(head=head), URL).name == name


@pytest.mark.parametrize(
    ("raw", "language"),
    [
        (page(lang="uk-UA"), "uk"),
        (page(head='<meta property="og:locale" content="pl_PL">'), "pl"),
        (
            page(
                "<p>Президент України заявив, що сьогодні вночі було збито всі ракети та їхні уламки впали в полі.</p>"
            ),
            "uk",
        ),
        (page(), None),
    ],
)
def test_the_language_is_told_or_read(raw: bytes, language: str | None) -> None:
    assert look(raw, URL).language == language


def test_wordpress_gives_itself_away() -> None:
    assert look(page('<img src="/wp-content/uploads/a.jpg">'), URL).is_wordpress
    assert look(page(head='<meta name="generator" content="WordPress 6.5">'), URL).is_wordpress
    assert not look(page(), URL).is_wordpress


@pytest.mark.parametrize("raw", [b"", b"\x00", b"%PDF", b"<", b"<html>" * 3000])
def test_what_is_no_page_tells_nothing_and_breaks_nothing(raw: bytes) -> None:
    assert look(raw, URL) == Site("wire.example")


def test_the_group_with_most_articles_becomes_the_listing() -> None:
    menu = "".join(f'<li><a href="/section/{name}">{name}</a></li>' for name in ("world", "war", "sport"))
    cards = "".join(
        f'<div class="card card-{n} {"first" if not n else ""}"><a href="/a/{n}000{n}"><img></a>'
        f'<h3 class="card-title"><a href="/a/{n}000{n}">{headline(n)}</a></h3></div>'
        for n in range(8)
    )
    read = "".join(f'<p><a href="/a/900{n}">{headline(n)}</a></p>' for n in range(4))
    assert found(f"<nav><ul>{menu}</ul></nav><main>{cards}</main><div>{read}</div>") == [
        f"a/{n}000{n}" for n in range(8)
    ]


def test_classes_that_change_with_each_article_or_build_are_not_relied_on() -> None:
    cards = "".join(
        f'<article class="item-{n} category-{"abcdefgh"[n]}"><h2 class="Head_title__aBcDe"><a class="css-kfje"'
        f' href="/2025/02/12/story-{n}">{headline(n)}</a></h2></article>'
        for n in range(8)
    )
    route = look(page(cards), URL).listings[0]
    assert "css-" not in route.links
    assert "category" not in route.links
    assert "aBcDe" not in route.links
    assert len(listings.parse(page(cards), URL, route.links)) == 8


def test_a_page_without_classes_has_a_listing_too() -> None:
    rows = "".join(f'<tr><td><a href="/news/story-{n}-of-the-day.html">{headline(n)}</a></td></tr>' for n in range(5))
    assert len(found(f"<table>{rows}</table>")) == 5


def test_links_to_other_sites_menus_and_tags_make_no_listing() -> None:
    links = [
        *(f"https://other.example/a-story-of-war-{n}" for n in range(5)),
        *(f"/tag/a-story-of-war-{n}" for n in range(5)),
        *(f"/about-{n}" for n in range(5)),
        *(f"/files/a-story-of-war-{n}.pdf" for n in range(5)),
    ]
    body = "".join(f'<p><a href="{link}">{headline(1)}</a></p>' for link in links)
    assert look(page(body), URL).listings == ()


def test_ten_thousand_links_are_looked_at_in_bounded_work() -> None:
    body = "".join(
        f'<div class="a b c d e"><p class="a b c d"><a class="a b c" href="/{n}12345">x y z</a></p></div>'
        for n in range(10_000)
    )
    assert len(autodiscovery.look(page(body), URL).listings) <= 2


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://a.example/news/2025/02/12/7496123/", True),
        ("https://a.example/2025/02/12/short", True),
        ("https://a.example/rutte-names-two-conditions", True),
        ("https://a.example/?p=1234", True),
        ("https://a.example/news/story-123456.html", True),
        ("https://a.example/", False),
        ("https://a.example/news/2025", False),
        ("https://a.example/2025/02/12", False),
        ("https://a.example/about-us", False),
        ("https://a.example/author/john-f-smith-jones-12345", False),
        ("https://a.example/category/war-in-the-east/", False),
        ("https://a.example/12345.jpg", False),
    ],
)
def test_an_address_looks_like_an_article_or_not(url: str, is_one: bool) -> None:  # noqa: FBT001
    assert autodiscovery.is_article_like(url) is is_one


@pytest.mark.parametrize(
    ("url", "route"),
    [
        ("https://t.me/s/GeneralStaffZSU", Route(RouteType.TELEGRAM, channel="GeneralStaffZSU")),
        ("https://t.me/kpszsu/123", Route(RouteType.TELEGRAM, channel="kpszsu")),
        ("https://t.me/joinchat/abc", None),
        ("https://t.me/+abcdef", None),
        (
            "https://news.google.com/search?q=site:wire.example%20war&hl=uk&gl=UA&ceid=UA:uk&x=1",
            Route(RouteType.FEED, "https://news.google.com/rss/search?q=site:wire.example+war&hl=uk&gl=UA&ceid=UA:uk"),
        ),
        ("https://news.google.com/rss/search?q=a", Route(RouteType.FEED, "https://news.google.com/rss/search?q=a")),
        ("https://news.google.com/topics/x", None),
        (
            "https://www.youtube.com/channel/UC0123456789abcdefghijkl/videos",
            Route(RouteType.FEED, "https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789abcdefghijkl"),
        ),
        ("https://www.youtube.com/@someone", None),
        ("https://wire.example/t.me/name", None),
    ],
)
def test_an_address_that_says_what_it_is_needs_no_request(url: str, route: Route | None) -> None:
    assert known_route(url) == route


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Українська правда", "ukrainska-pravda"),
        ("Суспільне Новини", "suspilne-novyny"),
        ("Об’єднані сили", "obiednani-syly"),
        ("Żółć & Łódź", "zolc-lodz"),
        ("The  Kyiv Independent!", "the-kyiv-independent"),
        ("日本", "source"),
        ("x" * 200, "x" * 48),
    ],
)
def test_a_title_becomes_an_id_in_latin_letters(title: str, name: str) -> None:
    assert slug(title) == name


def test_an_id_that_is_taken_gets_a_number() -> None:
    assert slug("Wire", {"wire", "wire-2"}) == "wire-3"
