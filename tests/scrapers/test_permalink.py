from __future__ import annotations

import pytest

from scrapers import permalink

SITE = "https://www.example.org"


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("/2025/02/rutte", "/rutte"),
        ("/rutte-visits-kyiv/amp/", "/rutte-visits-kyiv/"),
        ("/world/12345/print", "/world/12345"),
        ("/rutte-visits-kyiv/2", "/rutte-visits-kyiv"),
        ("/rutte-visits-kyiv?page=2", "/rutte-visits-kyiv"),
        ("/?p=12345", "/2025/02/rutte-visits-kyiv"),
        ("/12345", "/world/rutte-visits-kyiv"),
        ("/world/rutte-visits-kyiv-again.html", "/europe/kyiv-and-rutte-12345"),
        ("/article.php?id=12345", "/article.php?id=12345"),
        ("/article.php?id=12345&ref=x", "/article.php?id=12345"),
        ("/новини/рютте-прибув-до-києва", "/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8/рютте-прибув-до-києва/"),
        ("/b", "/c"),
        ("/", "/uk/"),
    ],
)
def test_a_page_may_name_another_form_of_itself(url: str, own: str) -> None:
    assert permalink.names(SITE + own, SITE + url)


@pytest.mark.parametrize("own", ["/e/news/", "/e/news/index.html", "/e/", "/", "/uk/news", "/2025/", "/topics/2025"])
@pytest.mark.parametrize(
    "url", ["/e/news/12345", "/e/news/7", "/e/news/rutte-visits-kyiv.html", "/e/news/2025/rutte-12345/", "/e/news?id=7"]
)
def test_no_article_is_its_section(url: str, own: str) -> None:
    assert not permalink.names(SITE + own, SITE + url)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("/article.php?id=12345", "/article.php"),
        ("/e/12345/view", "/e/view"),
        ("/world/russia-ukraine-war/rutte-12345", "/world/russia-ukraine-war"),
        ("/2025/02/rutte-visits-kyiv", "/world/north-sea-oil"),
        ("/e/news/rutte", "/e/news"),
    ],
)
def test_no_article_is_what_several_share(url: str, own: str) -> None:
    assert not permalink.names(SITE + own, SITE + url)


@pytest.mark.parametrize(
    ("asked", "final"),
    [
        ("/2025/02/long-slug-of-it", "/"),
        ("/?p=123", "/"),
        ("/news/world/summit", "/news/"),
        ("/2025/02/slug/", "/2025/02/"),
        ("/q/article-1", "/q/404"),
        ("/news/12345", "/login?return=/news/12345"),
        ("/news/summit", "/page-not-found"),
        ("/news/summit", "/consent?return=1"),
        ("/summit", "/home"),
    ],
)
def test_a_redirect_to_no_article_leads_away(asked: str, final: str) -> None:
    assert permalink.leads_away(f"https://wire.example{final}", f"https://wire.example{asked}")


@pytest.mark.parametrize(
    ("asked", "final"),
    [
        ("/news/summit?rss=1", "/news/summit"),
        ("/?p=123", "/2025/02/slug/"),
        ("/news/12345", "/news/12345/talks"),
        ("/node/1234", "/news/summit"),
        ("/article.php?id=77", "/news/summit"),
        ("/news.php?id=7", "/news/7"),
        ("/world-europe-12345678", "/articles/c1abc23de"),
        ("/s/AbC12", "/news/summit"),
        ("/news/summit/amp", "/news/summit"),
        ("/новини/саміт", "/news/samit"),
        ("/a/one-old-headline", "/b/another-new-text"),
    ],
)
def test_a_server_that_renames_an_article_is_believed(asked: str, final: str) -> None:
    assert not permalink.leads_away(f"https://wire.example{final}", f"https://wire.example{asked}")
