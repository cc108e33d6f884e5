from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime

import pytest

from scrapers.errors import FeedError
from scrapers.routes import sitemaps
from scrapers.routes.sitemaps import SitemapEntry

URL = "https://news.example/sitemap.xml"
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)
NEWS = """<url><loc> https://news.example/1 </loc><lastmod>2025-02-12T10:30:00+02:00</lastmod>
<image:image><image:loc>https://news.example/p.jpg</image:loc><image:title>Picture</image:title></image:image>
<news:news><news:publication><news:name>Wire</news:name><news:language>uk</news:language></news:publication>
<news:publication_date>2025-02-12T10:00:00+02:00</news:publication_date><news:title>Новина &amp; дня</news:title>
</news:news></url>"""


def urlset(inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {SPACES}>{inside}</urlset>'.encode()


def page(n: int) -> str:
    return f"<url><loc>https://news.example/{n}</loc></url>"


def addresses(body: bytes) -> list[str]:
    return [entry.url for entry in sitemaps.parse(body, URL)]


def test_a_news_sitemap_tells_time_title_and_language_and_not_those_of_pictures() -> None:
    assert sitemaps.parse(urlset(NEWS), URL) == [
        SitemapEntry(
            "page",
            "https://news.example/1",
            lastmod=datetime(2025, 2, 12, 8, 30, tzinfo=UTC),
            published=datetime(2025, 2, 12, 8, 0, tzinfo=UTC),
            title="Новина & дня",
            language="uk",
        )
    ]


def test_an_index_lists_sitemaps() -> None:
    body = b"<sitemapindex><sitemap><loc>/s1.xml.gz</loc><lastmod>2025-02-12</lastmod></sitemap></sitemapindex>"
    assert sitemaps.parse(body, URL) == [
        SitemapEntry("index", "https://news.example/s1.xml.gz", lastmod=datetime(2025, 2, 12, tzinfo=UTC))
    ]


def test_gzip_is_known_by_its_first_bytes() -> None:
    assert addresses(gzip.compress(urlset(page(1)))) == ["https://news.example/1"]


def test_a_cut_off_gzip_keeps_what_came() -> None:
    body = gzip.compress(urlset("".join(page(n) for n in range(5000))))
    found = addresses(body[: len(body) // 2])
    assert 100 < len(found) < 5000


def test_entries_are_given_before_the_whole_is_read() -> None:
    body = urlset("".join(page(n) for n in range(50_000)))
    first = next(iter(sitemaps.iter_entries(gzip.compress(body), URL)))
    assert first.url == "https://news.example/0"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "windows-1251"])
def test_other_charsets_are_read(encoding: str) -> None:
    text = urlset(NEWS).decode().replace("UTF-8", encoding)
    [entry] = sitemaps.parse(text.encode(encoding), URL)
    assert entry.title == "Новина & дня"


def test_a_sitemap_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "_LARGEST", 1_000_000)
    with pytest.raises(FeedError, match="more than 1 MB"):
        sitemaps.parse(gzip.compress(b"<urlset>" + b" " * 2_000_000), URL)


def test_broken_gzip_is_a_feed_error() -> None:
    with pytest.raises(FeedError, match="cannot be unpacked"):
        sitemaps.parse(b"\x1f\x8b" + b"nonsense" * 10, URL)


@pytest.mark.parametrize(
    "body",
    [
        b"\n\n \xef\xbb\xbf" + urlset(page(1) + page(2)),
        b"<urlset>" + (page(1) + page(2)).encode() + b"</urlset>",
        urlset(page(1) + page(2))[:-20],
        urlset(page(1) + "<url><loc>javascript:alert(1)</loc></url><url/>" + page(2)),
        urlset(page(1) + "\x0b<!-- no --><?no no?>" + page(2)),
        f"<s:urlset xmlns:s='http://www.sitemaps.org/schemas/sitemap/0.9'>{page(1) + page(2)}</s:urlset>".encode(),
        b"A list of our pages\nhttps://news.example/1\r\nhttps://news.example/2\n",
    ],
)
def test_odd_sitemaps_give_their_pages(body: bytes) -> None:
    assert addresses(body) == ["https://news.example/1", "https://news.example/2"]


def test_a_bare_ampersand_stays_in_the_address() -> None:
    body = urlset("<url><loc>https://news.example/?a=1&b=2&amp;c=3</loc></url>")
    assert addresses(body) == ["https://news.example/?a=1&b=2&c=3"]


def test_cdata_is_read_as_it_stands() -> None:
    assert addresses(urlset("<url><loc><![CDATA[https://news.example/?a=1&b=2]]></loc></url>")) == [
        "https://news.example/?a=1&b=2"
    ]


def test_an_entity_bomb_costs_no_page() -> None:
    bomb = b'<!DOCTYPE urlset [<!ENTITY a "' + b"x" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">]>'
    assert addresses(bomb + urlset("<url><loc>&b;</loc></url>" + page(1)))[-1] == "https://news.example/1"


def test_a_feed_handed_in_as_a_sitemap_is_read() -> None:
    body = b"<rss><channel><item><title>T</title><link>https://news.example/1</link></item></channel></rss>"
    assert sitemaps.parse(body, URL) == [SitemapEntry("page", "https://news.example/1", title="T")]


def test_an_entry_without_a_page_in_a_feed_is_none_of_a_sitemap() -> None:
    assert sitemaps.parse(b"<rss><channel><item><title>T</title></item></channel></rss>", URL) == []


@pytest.mark.parametrize("year", ["9999", "2999", "1970", "0001"])
def test_an_impossible_date_is_no_date(year: str) -> None:
    [entry] = sitemaps.parse(urlset(NEWS.replace("2025", year)), URL)
    assert (entry.published, entry.lastmod) == (None, None)


def test_strings_hold_no_controls_and_a_language_is_one() -> None:
    odd = NEWS.replace("дня", "&#x202e;&#x7f;дня").replace(">uk<", ">&#x85;?<")
    [entry] = sitemaps.parse(urlset(odd), URL)
    assert (entry.title, entry.language) == ("Новина & дня", None)
    assert addresses(b"https://news.example/1\x00\n") == ["https://news.example/1"]


def test_a_sitemap_without_pages_is_no_error() -> None:
    assert sitemaps.parse(urlset(""), URL) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"", "an empty answer"), (b"<html><title>404</title></html>", "an HTML page titled '404'"), (b"no", "no XML")],
)
def test_what_is_no_sitemap_says_what_it_is(body: bytes, said: str) -> None:
    with pytest.raises(FeedError) as error:
        sitemaps.parse(body, URL)
    assert said in str(error.value)


def test_a_gzip_file_of_several_members_is_read_to_its_end() -> None:
    whole = urlset(page(1) + page(2))
    middle = whole.index(b"<url><loc>https://news.example/2")
    assert addresses(gzip.compress(whole[:middle]) + gzip.compress(whole[middle:])) == [
        "https://news.example/1",
        "https://news.example/2",
    ]


def test_blank_lines_cost_no_more_than_their_length() -> None:
    start = time.process_time()
    with pytest.raises(FeedError, match="expected a sitemap"):
        addresses(b"\n" * 300_000 + b"nothing")
    assert addresses(b"\n" * 300_000 + b"https://news.example/1\r\n") == ["https://news.example/1"]
    assert time.process_time() - start < 2
