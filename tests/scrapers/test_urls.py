from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from scrapers.urls import canonical, host_of, same_site, url_key

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "urls"
HOUSE = "https://mil.in.ua/uk/news/1"


@pytest.mark.parametrize(
    ("url", "clicked"),
    [
        ("HTTPS://Example.ORG:443/A/b?C=d", "https://example.org/A/b?C=d"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org/a?utm_source=x&b=2&a=1&fbclid=y#top", "https://example.org/a?b=2&a=1"),
        ("https://example.org/a#!/5", "https://example.org/a#!/5"),
        ("http://www.example.org/amp/?m=1", "http://www.example.org/amp/?m=1"),
        (
            "https://example.org/новини 1?q=є",
            "https://example.org/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8%201?q=%D1%94",
        ),
        ("https://новини.укр/", "https://xn--b1amarcd.xn--j1amh/"),
        ("https://example.org/a/../b/./c", "https://example.org/b/c"),
        ("https://example.org/../../a", "https://example.org/a"),
        ("https://example.org/a/%2e%2e/b", "https://example.org/b"),
        ("https://example.org/?a=1&amp;b=2", "https://example.org/?a=1&b=2"),
        ("https://example.org/?a=1&copy=2", "https://example.org/?a=1&copy=2"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("http://[2A00:0::1]:8080/a", "http://[2a00::1]:8080/a"),
        ("https://example.org/?a=%zz&b=100%", "https://example.org/?a=%zz&b=100%"),
        ("http://127.0.0.1\\@example.org/", "http://127.0.0.1/@example.org/"),  # as browsers read it
        ("https://example.org/a?id=5?utm_source=rss", "https://example.org/a?id=5"),
        ("https://example.org/a&utm_source=rss&utm_medium=x", "https://example.org/a"),
        ("https://www.google.com/url?rct=j&url=https://mil.in.ua/uk/news/1&ct=ga", HOUSE),
        ("https://www.google.com/url?q=https%3A%2F%2Fmil.in.ua%2Fuk%2Fnews%2F1%3Futm_source%3Dx", HOUSE),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fmil.in.ua%2Fuk%2Fnews%2F1&h=A", HOUSE),
        ("https://www.google.com/amp/s/mil.in.ua/uk/news/1", HOUSE),
        ("https://mil-in-ua.cdn.ampproject.org/c/s/mil.in.ua/uk/news/1", HOUSE),
        (
            "https://www.google.com/url?q=javascript:alert(1)",
            "https://www.google.com/url?q=javascript:alert(1)",
        ),
    ],
)
def test_canonical_is_what_people_click(url: str, clicked: str) -> None:
    assert canonical(url) == clicked


@pytest.mark.parametrize(
    ("url", "clicked"),
    [
        ("/b", "https://example.org/b"),
        ("c?d", "https://example.org/a/c?d"),
        ("//other.org/x", "https://other.org/x"),
        ("", "https://example.org/a/"),
        ("?p=2", "https://example.org/a/?p=2"),
        ("../up", "https://example.org/up"),
        ("http://third.org", "http://third.org/"),
    ],
)
def test_relative_url_is_joined_to_its_base(url: str, clicked: str) -> None:
    assert canonical(url, "https://example.org/a/") == clicked


@pytest.mark.parametrize(
    "url",
    [
        *("", "a/b", "mailto:a@example.org", "javascript:alert(1)", "data:text/html,x", "ftp://example.org/"),
        *(
            "http://",
            "http://[::1",
            "http://a:b:c/",
            "https://user:pass@example.org/",
            "https://example.org@evil.org/",
        ),
        *("http://exa mple.org/", "http://a..b/", "http://example.org:99999/", "tg://resolve?domain=x"),
        "https://example.org/" + "a" * 2000,
    ],
)
def test_what_is_no_web_address_has_no_canonical_form(url: str) -> None:
    assert canonical(url) is None


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("https://example.org/a", "http://www.example.org/a/"),
        ("https://en.m.wikipedia.org/wiki/NATO", "https://en.wikipedia.org/wiki/NATO"),
        ("https://example.org/a.amp.html", "https://example.org/a.html"),
        ("https://example.org/a/amp", "https://example.org/a"),
        ("https://example.org/a?amp", "https://example.org/a"),
        ("https://example.org/Default.aspx?id=1", "https://example.org/?id=1"),
        ("https://example.org/%D1%97", "https://example.org/%D1%96%CC%88"),  # ї, composed and not
        ("https://example.org/7,114881,3.html", "https://example.org/7%2C114881%2C3.html"),
        ("https://t.me/rybar/60001?single", "https://t.me/rybar/60001"),
        ("https://www.youtube.com/watch?v=abc&si=xyz", "https://www.youtube.com/watch?v=abc"),
        ("https://www.nytimes.com/a.html?partner=rss&emc=rss", "https://www.nytimes.com/a.html"),
        ("https://example.org/a?share=facebook", "https://example.org/a"),
        ("https://example.org/a?b=&c", "https://example.org/a?c=&b"),
        ("example.org/a", "https://example.org/a"),
        ("https://www.google.com/url?url=https://mil.in.ua/uk/news/1", HOUSE),
    ],
)
def test_spellings_of_one_article_have_one_key(a: str, b: str) -> None:
    assert url_key(a) == url_key(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("https://facebook.com/photo.php?fbid=1", "https://facebook.com/photo.php?fbid=2"),
        ("https://example.org/?gid=1", "https://example.org/?gid=2"),
        ("https://example.org/?at_id=1", "https://example.org/?at_id=2"),
        ("https://example.org/?sh=1", "https://example.org/?sh=2"),
        ("https://example.org/?si=1", "https://example.org/?si=2"),
        ("https://example.org/a+b", "https://example.org/a%20b"),
        ("https://amp.dev/a", "https://www.dev/a"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/a%26b", "https://example.org/a&b"),
        ("http://example.org:443/", "http://example.org/"),
        ("https://example.org/?q=a%2Bb", "https://example.org/?q=a+b"),
        ("https://m.me/a", "https://me/a"),
        ("https://example.org/" + "a" * 3000 + "1", "https://example.org/" + "a" * 3000 + "2"),
        ("one thing", "another"),
    ],
)
def test_different_articles_have_different_keys(a: str, b: str) -> None:
    assert url_key(a) != url_key(b)


def test_key_fits_into_a_database_index() -> None:
    assert len(url_key("https://example.org/" + "їa" * 50_000)) <= 1000


ODD = [
    *(
        "https://example.org/%",
        "https://example.org/%e",
        "https://example.org/%ff%fe",
        "https://example.org/\ud800",
    ),
    *(
        "http://http://http://a.org",
        "https:///a.org",
        "http://a.org?x?y#z#w",
        "////",
        "http:\\a.org",
        "\x00",
        "🇺🇦",
    ),
    *(
        "http://xn--/",
        "http://xn--a.org/",
        "http://\u200b.org/",
        "https://a.org/;jsessionid=1;x=2",
        "https://ß.de/",
    ),
    *(
        "https://example.org/?%75tm_source=1",
        "https://a.org/?=",
        "https://a.org/?&&&",
        "http://a.org:/",
        "http://1.1/",
    ),
    *("https://a.org/%5C\u0301", "https://a.org/|\u0301", "https://a.org/%2\u0301"),
    *("https://a.org/%252e%252e/b", "https://a.org/a%0ab", "https://a.org//b//", "http://[::ffff:1.2.3.4]/"),
]


@pytest.mark.parametrize("url", ODD)
def test_odd_urls_raise_nothing_and_their_forms_are_stable(url: str) -> None:
    assert isinstance(url_key(url), str)
    host_of(url)
    same_site(url, url)
    once = canonical(url)
    if once is not None:
        assert once.isascii()
        assert canonical(once) == once
        assert url_key(once) == url_key(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://WWW.Example.org:8080/a", "www.example.org"),
        ("https://новини.укр", "xn--b1amarcd.xn--j1amh"),
        ("http://[::1]/", "::1"),
        ("/a", ""),
        ("mailto:a@b.org", ""),
    ],
)
def test_host_is_lower_case_and_ascii(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("https://www.pravda.com.ua/", "https://eng.pravda.com.ua/", True),
        ("https://mil.in.ua/", "https://other.in.ua/", False),
        ("https://a.com.ua/", "https://b.com.ua/", False),
        ("https://www.bbc.co.uk/", "https://news.bbc.co.uk/", True),
        ("https://one.github.io/", "https://two.github.io/", False),
        ("http://localhost/", "http://localhost:81/", True),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
        ("/a", "/a", False),
    ],
)
def test_site_is_the_registrable_domain(a: str, b: str, *, same: bool) -> None:
    assert same_site(a, b) is same


@pytest.mark.skipif(not DATA.exists(), reason="shared data is absent")
@pytest.mark.parametrize(("name", "equal"), [("equal", True), ("differ", False)])
def test_labelled_pairs_are_told_apart(name: str, *, equal: bool) -> None:
    pairs: list[dict[str, Any]] = yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
    assert [pair for pair in pairs if (url_key(pair["a"]) == url_key(pair["b"])) is not equal] == []
