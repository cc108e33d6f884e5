from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

import pytest

from scrapers.article import FetchedPage
from scrapers.errors import FetchError, FetchOutcome
from scrapers.web.robots import Robots, parse

AGENT = "Varta/1.0 (+https://example.org/varta)"
SITE = "https://example.org"


def allows(text: str, path: str) -> bool:
    return parse(text, AGENT).allows(SITE + path)


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("", "/a", True),
        ("Disallow: /", "/a", False),
        ("Disallow:", "/a", True),
        ("Disallow: /a", "/ab/c", False),
        ("Disallow: /a", "/b/a", True),
        ("Disallow: /\nAllow: /rss", "/rss/all", True),  # the longest decides, not the first
        ("Allow: /\nDisallow: /private", "/private/1", False),
        ("Disallow: /a\nAllow: /a", "/a", True),  # a tie is allowed
        ("Disallow: /*.pdf", "/x/y.pdf?z", False),
        ("Disallow: /*.pdf$", "/x/y.pdf?z", True),
        ("Disallow: /*.pdf$", "/x/y.pdf", False),
        ("Disallow: /*?s=", "/?s=nato", False),
        ("Disallow: /*?s=", "/?q=nato", True),
        ("Disallow: /a*b*c$", "/a-b-b-c", False),
        ("Disallow: /a*bc*c$", "/a-bc", True),
        ("Disallow: /a$", "/a", False),
        ("Disallow: /a$", "/ab", True),
        ("Disallow: *", "/a", False),
        ("Disallow: /новини", "/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8/1", False),
        ("Disallow: /%7ejane", "/~jane/", False),
        ("Disallow: /a%2fb", "/a/b", True),
        ("Disallow: /a # not this", "/a", False),
        ("Crawl-delay: 5", "/a", True),
    ],
)
def test_longest_fitting_rule_decides(rules: str, path: str, *, allowed: bool) -> None:
    assert allows(f"User-agent: *\n{rules}", path) is allowed


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("User-agent: Varta\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: vArTa\nDisallow: /", False),
        ("User-agent: Other\nUser-agent: Varta\nDisallow: /", False),
        ("User-agent: Varta/2.0\nDisallow: /", False),
        ("User-agent: Var\nDisallow: /", True),
        ("User-agent: Varta\nCrawl-delay: 3\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: Varta\nAllow: /x\n\nUser-agent: Varta\nDisallow: /", False),
        ("Disallow: /", True),  # belongs to nobody
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", True),  # a mark that decode() would have removed
        ("<html><body>Disallow: /</body></html>", True),
    ],
)
def test_own_group_stands_before_that_of_all(text: str, *, allowed: bool) -> None:
    assert allows(text, "/a") is allowed


def test_sitemaps_and_delay_are_read() -> None:
    rules = parse(
        "Sitemap: https://example.org/a.xml\nUser-agent: *\nCrawl-delay: 2.5\nsitemap: https://example.org/b.xml",
        AGENT,
    )
    assert rules.sitemaps == ("https://example.org/a.xml", "https://example.org/b.xml")
    assert rules.crawl_delay == 2.5


@pytest.mark.parametrize("delay", ["soon", "-1", "nan", "inf", "", "1e9"])
def test_nonsense_delay_is_none(delay: str) -> None:
    assert parse(f"User-agent: *\nCrawl-delay: {delay}", AGENT).crawl_delay == 0


def test_hostile_pattern_ends() -> None:
    assert allows("User-agent: *\nDisallow: " + "*a" * 5000 + "b$", "/" + "a" * 5000)


class Site:
    """Answers for a web server, and counts."""

    def __init__(self, body: bytes = b"", error: FetchError | None = None) -> None:
        self.body = body
        self.error = error
        self.asked: list[str] = []

    def fetch(self, url: str, _seconds: float) -> FetchedPage:
        self.asked.append(url)
        if self.error:
            raise self.error
        return FetchedPage(url, url, 200, self.body, datetime.now(UTC))


def test_file_is_asked_for_once_a_site() -> None:
    site = Site(b"User-agent: *\nDisallow: /no")
    robots = Robots(AGENT, site.fetch)
    assert not robots.rules("https://example.org/no").allows("https://example.org/no")
    assert robots.rules("https://example.org/yes?x").allows("https://example.org/yes?x")
    robots.rules("http://example.org/")
    assert site.asked == ["https://example.org/robots.txt", "http://example.org/robots.txt"]


def test_threads_share_one_request() -> None:
    site = Site(b"User-agent: *\nDisallow: /")
    robots = Robots(AGENT, site.fetch)
    threads = [threading.Thread(target=robots.rules, args=("https://example.org/",)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("outcome", "noted"),
    [
        (FetchOutcome.GONE, False),
        (FetchOutcome.BLOCKED, False),
        (FetchOutcome.SERVER_ERROR, True),
        (FetchOutcome.UNREACHABLE, True),
        (FetchOutcome.TIMEOUT, True),
        (FetchOutcome.TOO_LARGE, True),
        (FetchOutcome.TOO_MANY_REDIRECTS, True),
    ],
)
def test_site_without_readable_rules_allows_all_and_a_broken_one_is_noted(
    caplog: pytest.LogCaptureFixture, outcome: FetchOutcome, *, noted: bool
) -> None:
    site = Site(error=FetchError("no", outcome, retryable=True))
    robots = Robots(AGENT, site.fetch)
    with caplog.at_level(logging.WARNING):
        assert robots.rules("https://example.org/a").allows("https://example.org/a")
        robots.rules("https://example.org/b")
    assert len(site.asked) == 1
    assert [record.message for record in caplog.records] == ["robots unreadable"] * noted
