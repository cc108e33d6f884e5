from __future__ import annotations

import pytest

from scrapers import clean
from scrapers.article import Article, FeedEntry

BAD = [chr(code) for code in (*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xD800, 0xDFFF)]
TURNS = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]


@pytest.mark.parametrize("char", [*BAD, *TURNS], ids=ascii)
def test_neither_controls_nor_surrogates_nor_turns_of_direction_stay(char: str) -> None:
    assert clean.text(f"one{char}\n\ntwo{char}").replace(" ", "") == "one\n\ntwo"
    assert clean.line(f"{char}on{char}e").replace(" ", "") == "one"


def test_a_control_that_separates_words_becomes_a_space() -> None:
    assert clean.line("one\x85two\x0bthree") == "one two three"


def test_line_ends_and_tabs_stay_in_a_text_and_not_in_a_line() -> None:
    assert clean.text("a\tb\r\nc\rd") == "a\tb\nc\nd"
    assert clean.line("a\tb\r\nc\u2028d ") == "a b c d"


def test_what_is_taken_out_leaves_composed_letters() -> None:
    assert clean.text("и\x00\u0306") == "й"


def test_other_signs_stay() -> None:
    text = "Біля Бахмута 😀 — co\u00adop, العربية\u200f, क्\u200dष"
    assert clean.text(text) == text


def test_an_address_keeps_its_spaces_and_can_be_encoded() -> None:
    assert clean.address("https://a.example/x y\x00\n\ud800") == "https://a.example/x y\ufffd"


def test_every_string_of_an_entry_is_clean() -> None:
    entry = FeedEntry(
        "wire", "https://a.example/\udfff", "\x00i", "a\n\u202eb", "c\x00\n\nd", ("E\tF", "\x07"), None, "u\x00k"
    )
    assert clean.entry(entry) == FeedEntry(
        "wire", "https://a.example/\ufffd", "i", "a b", "c\n\nd", ("E F",), None, "uk"
    )


def test_every_string_of_an_article_is_clean() -> None:
    article = Article(
        "wire",
        "https://a.example/1\x00",
        "a\nb",
        "c\x9b\n\nd",
        authors=("\ud83d",),
        language="\x00",
        aliases=("x\x00", "x"),
    )
    assert clean.article(article) == Article("wire", "https://a.example/1", "a b", "c\n\nd", aliases=("x",))
