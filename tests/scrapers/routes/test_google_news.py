from __future__ import annotations

import base64
import html
from datetime import UTC, datetime
from typing import Any

import pytest

from scrapers.article import FeedEntry
from scrapers.routes import feeds, google_news
from scrapers.source import Route, RouteType, Source

GOOGLE = "https://news.google.com/rss/articles/"
OPAQUE = f"{GOOGLE}CBMiVkFVX3lxTE9hYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODk?oc=5"
OUTLET = Source(
    id="kyivpost",
    name="Kyiv Post",
    homepage="https://www.kyivpost.com/",
    names=("Київ Пост",),
    hosts=("archive.kyivpost.org",),
    routes=(Route(RouteType.FEED, "https://news.google.com/rss/search?q=site:kyivpost.com"),),
)
SHOWN = (
    f'<a href="{OPAQUE}" target="_blank">Рютте назвав дві умови - що далі</a>'
    '&nbsp;&nbsp;<font color="#6f6f6f">Kyiv Post</font>'
)
# The form of Google's search feeds since 2024: one link in the description, the outlet in grey behind it.
FEED = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><generator>NFE/5.0</generator>
<title>"site:kyivpost.com when:3d" - Google News</title><link>https://news.google.com/search?q=x</link>
<language>en-US</language>
<item><title>Рютте назвав дві умови - що далі - Kyiv Post</title><link>{OPAQUE}</link>
<guid isPermaLink="false">CBMiVkFVX3lxTE9</guid><pubDate>Wed, 12 Feb 2025 08:15:00 GMT</pubDate>
<description>{html.escape(SHOWN)}</description><source url="https://www.kyivpost.com">Kyiv Post</source></item>
</channel></rss>"""


def link(url: str, amp: str = "") -> str:
    """A link as Google wrote it until July 2024."""
    message = b"\x08\x13\x22" + sized(url) + b"\xd2\x01" + sized(amp)
    return f"{GOOGLE}{base64.urlsafe_b64encode(message).decode().rstrip('=')}?oc=5"


def sized(text: str) -> bytes:
    raw = text.encode()
    low, high = len(raw) & 0x7F, len(raw) >> 7
    return (bytes([low | 0x80, high]) if high else bytes([low])) + raw


def entry(**changes: Any) -> FeedEntry:
    given = {"source": "x", "url": OPAQUE, "title": "Headline - Kyiv Post", "credit": "https://www.kyivpost.com"}
    return FeedEntry(**(given | changes))


def of_outlet(**changes: Any) -> list[FeedEntry]:
    return list(google_news.of_outlet([entry(**changes)], OUTLET))


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://news.google.com/rss/search?q=site:x.example", True),
        (OPAQUE, True),
        ("https://NEWS.google.com./rss", True),
        ("https://www.google.com/alerts/feeds/1/2", False),
        ("https://news.google.com.evil.example/rss", False),
        ("https://[news.google.com/", False),
    ],
)
def test_google_news_is_known_by_its_host(url: str, answer: bool) -> None:  # noqa: FBT001
    assert google_news.is_google_news(url) is answer


def test_an_entry_of_a_real_feed_becomes_one_of_the_outlet_without_a_page() -> None:
    (found,) = google_news.of_outlet(feeds.parse(FEED.encode(), "https://news.google.com/rss/search"), OUTLET)
    assert (found.source, found.title, found.summary) == ("kyivpost", "Рютте назвав дві умови - що далі", "")
    assert found.published == datetime(2025, 2, 12, 8, 15, tzinfo=UTC)
    assert (found.url, found.has_page, found.credit, found.language) == (OPAQUE, False, "", None)


@pytest.mark.parametrize("url", ["https://www.kyivpost.com/post/47012", "https://www.kyivpost.com/post/" + "б" * 90])
def test_an_address_that_stands_in_the_link_is_taken_from_it(url: str) -> None:
    (found,) = of_outlet(url=link(url, amp=f"{url}.amp"))
    assert (found.url, found.has_page) == (url, True)
    (read,) = of_outlet(url=link(url).replace("/rss/articles/", "/__i/rss/rd/articles/"))
    assert read.url == url


@pytest.mark.parametrize(
    "key", ["", "CAIi", "CBMi", "CBMi____", "CBMi_____w8", "!!!", "CBMiL2h0dHBz", "CCAiC0l2Z1BvamdCdXNj"]
)
def test_a_link_that_cannot_be_read_stays_as_it_is(key: str) -> None:
    (found,) = of_outlet(url=GOOGLE + key)
    assert (found.url, found.has_page) == (GOOGLE + key, False)


@pytest.mark.parametrize(
    "changes",
    [
        {"credit": "https://www.msn.com", "title": "Headline - Kyiv Post"},
        {"url": link("https://www.yahoo.example/x"), "credit": "https://www.kyivpost.com"},
        {"credit": "", "title": "Headline - MSN"},
        {"credit": "", "title": "Headline"},
        {"credit": "https://notkyivpost.com", "title": "Headline - Kyiv Post"},
    ],
)
def test_what_is_of_another_outlet_is_dropped(changes: dict[str, str]) -> None:
    assert of_outlet(**changes) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"credit": "http://kyivpost.com/"},
        {"credit": "https://archive.kyivpost.org"},
        {"credit": "", "title": "Заголовок - Київ пост"},
        {"credit": "", "title": "Headline", "url": link("https://www.kyivpost.com/post/1")},
    ],
)
def test_credit_address_or_publisher_tell_the_outlet(changes: dict[str, str]) -> None:
    assert len(of_outlet(**changes)) == 1


def test_a_dash_within_the_name_of_the_publisher_is_told_from_one_in_the_headline() -> None:
    title = "Strikes on Odesa - live - Kyiv Post - Ukraine's Global Voice"
    summary = "Strikes on Odesa - live Kyiv Post - Ukraine's Global Voice"
    assert of_outlet(title=title, summary=summary)[0].title == "Strikes on Odesa - live"


def test_a_title_is_never_emptied() -> None:
    assert [of_outlet(title=title)[0].title for title in ("No publisher", " - Kyiv Post")] == [
        "No publisher",
        " - Kyiv Post",
    ]


def test_titles_of_other_outlets_in_the_summary_are_dropped_and_own_words_stay() -> None:
    several = "Headline Kyiv Post\n\nWhat others write The Times\n\nMore Reuters"
    assert of_outlet(summary=several)[0].summary == ""
    assert of_outlet(summary="A sentence of its own.")[0].summary == "A sentence of its own."


def test_ten_thousand_entries_are_borne() -> None:
    assert len(google_news.of_outlet([entry(title="a - " * 30 + "Kyiv Post")] * 10_000, OUTLET)) == 10_000
