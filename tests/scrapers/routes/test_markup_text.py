from __future__ import annotations

import pytest

from scrapers.routes import markup_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain words", "plain words"),
        ("<p>One</p>\n<p>two <b>bold</b></p>", "One\n\ntwo bold"),
        ("a<br/>b<br>c", "a\n\nb\n\nc"),
        ("a &lt; b &amp;amp; c", "a < b &amp; c"),
        ("a < b, c <d", "a < b, c <d"),
        ("<Script>x</sCRIPT>one<!-- two -->", "one"),
        ("un<span>broken</span> word\u00a0 here", "unbroken word here"),
        ("и\u0306", "й"),
        ("", ""),
    ],
)
def test_markup_becomes_the_text_that_a_reader_sees(markup: str, text: str) -> None:
    assert markup_text.plain(markup) == text


def test_no_half_of_a_tag_shows_where_the_text_is_cut() -> None:
    markup = "<p>" + "word " * 100 + "<a href='https://news.example/"
    assert markup_text.plain(markup, 400).rstrip("word ") == ""


def test_a_line_is_one() -> None:
    assert markup_text.line("<p>one</p><p>two &amp; three</p>") == "one two & three"
    assert markup_text.line(" a \n b ") == "a b"
