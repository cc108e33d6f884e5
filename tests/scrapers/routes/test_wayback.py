from __future__ import annotations

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from scrapers.article import DateOrigin
from scrapers.errors import FeedError
from scrapers.routes import wayback
from scrapers.routes.listed import Listed

ASKED = wayback.first("https://suspilne.media/", date(2025, 2, 10), date(2025, 2, 14))
HEADER = ["original", "timestamp"]
ARTICLE = "https://suspilne.media/947301-rutte-nazvav-dvi-umovi/"


def listed(*rows: list[str], url: str = ASKED) -> Listed:
    return wayback.parse(json.dumps([HEADER, *rows]).encode(), url, "suspilne")


def addresses(*originals: str) -> list[str]:
    return [entry.url for entry in listed(*([url, "20250212101530"] for url in originals)).entries]


def test_the_index_is_asked_for_the_outlet_and_for_captures_until_after_the_window() -> None:
    parts = urlsplit(ASKED)
    assert (parts.netloc, parts.path) == ("web.archive.org", "/cdx/search/cdx")
    assert parse_qs(parts.query) == {
        "url": ["suspilne.media/"],
        "matchType": ["prefix"],
        "from": ["20250209"],
        "to": ["20250224"],
        "filter": ["statuscode:200", "mimetype:text/html"],
        "collapse": ["urlkey"],
        "fl": ["original,timestamp"],
        "output": ["json"],
        "limit": ["2000"],
        "showResumeKey": ["true"],
    }


def test_an_edition_below_a_path_is_asked_for_alone() -> None:
    asked = wayback.first("https://www.pravda.com.ua/eng/", date(2025, 2, 10), date(2025, 2, 14))
    assert parse_qs(urlsplit(asked).query)["url"] == ["www.pravda.com.ua/eng/"]


def test_a_capture_is_a_candidate_without_a_date_of_publication() -> None:
    (entry,) = listed([ARTICLE, "20250212101530"]).entries
    assert (entry.source, entry.url, entry.published) == ("suspilne", ARTICLE, None)
    assert (entry.modified, entry.origin) == (datetime(2025, 2, 12, 10, 15, 30, tzinfo=UTC), DateOrigin.FIRST_SEEN)


def test_columns_are_found_by_their_names() -> None:
    body = json.dumps([["timestamp", "digest", "original"], ["20250212101530", "ABC", ARTICLE]]).encode()
    assert [entry.url for entry in wayback.parse(body, ASKED, "s").entries] == [ARTICLE]


@pytest.mark.parametrize(
    "url",
    [
        ARTICLE,
        "https://www.pravda.com.ua/news/2025/02/12/7498012/",
        "https://site.example/archives/4711",
        "https://site.example/2025/02/ukraine-needs-more-air-defence.html",
        "https://site.example/?p=4711",
        "https://site.example/index.php?id=4711",
        "https://site.example/новини/рютте-назвав-умови",
        "https://site.example/world/ukraine-needs-more-air-defence/amp/",
        "https://site.example/2025/02/what-we-know-about-2025",
    ],
)
def test_addresses_of_articles_are_kept(url: str) -> None:
    assert addresses(url) == [url]


@pytest.mark.parametrize(
    "url",
    [
        "https://site.example/",
        "https://site.example/news/",
        "https://site.example/tag/air-defence-of-ukraine/",
        "https://site.example/author/4711/",
        "https://site.example/news/page/120/",
        "https://site.example/news/latest-120.html",
        "https://site.example/2025/02/12/",
        "https://site.example/news/date_12022025/",
        "https://site.example/archive/2025-02-12",
        "https://site.example/2025/02/a-long-name-of-a-picture.jpg",
        "https://site.example/a-long-article-slug/feed/",
        "https://site.example/wp-json/wp/v2/posts/4711",
        "https://site.example/robots.txt",
        "https://site.example/search/?id=4711",
        "ftp://site.example/a-long-article-slug",
        "https://[site.example/a-long-article-slug",
    ],
)
def test_addresses_that_cannot_be_articles_are_left_out(url: str) -> None:
    assert addresses(url) == []


def test_the_port_that_the_archive_writes_is_taken_off() -> None:
    assert addresses("http://site.example:80/one-two-three", "https://site.example:8443/four-five-six") == [
        "http://site.example/one-two-three",
        "https://site.example:8443/four-five-six",
    ]


def test_spellings_of_one_address_are_one_candidate_of_the_first_capture() -> None:
    (entry,) = listed([f"{ARTICLE}?utm_source=rss", "20250212101530"], [ARTICLE, "20250214101530"]).entries
    assert (entry.url, entry.modified) == (ARTICLE, datetime(2025, 2, 12, 10, 15, 30, tzinfo=UTC))


def test_the_key_goes_back_unchanged_in_place_of_the_one_before() -> None:
    key = "media%2Csuspilne%29%2F9+20250212101530%21"
    (second,) = listed([ARTICLE, "20250212101530"], [], [key]).more
    assert second == f"{ASKED}&resumeKey={key}"
    (third,) = listed([ARTICLE, "20250212101530"], [], ["other key"], url=second).more
    assert third == f"{ASKED}&resumeKey=other%20key"


def test_the_end_of_the_list_goes_nowhere() -> None:
    assert listed([ARTICLE, "20250212101530"]).more == ()
    again = listed([ARTICLE, "20250212101530"], [], ["k"], url=f"{ASKED}&resumeKey=k")
    assert again.more == ()


@pytest.mark.parametrize("body", [b"", b"\n", b"[]", json.dumps([HEADER]).encode()])
def test_nothing_captured_is_an_empty_list(body: bytes) -> None:
    assert wayback.parse(body, ASKED, "s") == Listed(())


def test_a_broken_row_does_not_cost_the_others() -> None:
    rows = [["https://site.example/one-two-three"], [ARTICLE, "2025"], [ARTICLE, "20259912101530"]]
    assert [entry.url for entry in listed(*rows, [ARTICLE, "20250212101530"]).entries] == [ARTICLE]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><head><title>429 Too Many Requests</title></head></html>", "titled '429 Too Many Requests'"),
        (
            b"org.archive.util.io.RuntimeIOException: AdministrativeAccessControlException",
            "no XML, beginning 'org.arch",
        ),
        (b'{"message": "blocked"}', "blocked"),
        (b'[["original","timestamp"],["https://', "broken JSON"),
        (b"[" * 200_000, "broken JSON"),
        (b'[["urlkey"],["x"]]', "expected the columns"),
        (b"[1, 2]", "expected the columns"),
    ],
)
def test_what_is_no_index_is_refused_and_described(body: bytes, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        wayback.parse(body, ASKED, "s")


def test_ten_thousand_rows_are_borne() -> None:
    assert len(listed(*([f"https://s.example/n/{n}-a-b", "20250212101530"] for n in range(10_000))).entries) == 10_000
