from __future__ import annotations

import codecs
import json
import random
import re
from pathlib import Path

import pytest

from scrapers.charset import decode

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "feeds" / "encoding"
TEXT = "Міністр закордонних справ України зустрівся з послом. Оборона тримається, їжа є, ґанок цілий. " * 3
RUSSIAN = "Министр обороны заявил о поставках вооружений, сообщает агентство. Это уже третий случай за год. " * 3
POLISH = "Minister obrony ogłosił, że żołnierze dotarli na miejsce. Zażółć gęślą jaźń, powiedział poseł. " * 3


def html(text: str, charset: str = "") -> str:
    return f'<html><head>{f"""<meta charset="{charset}">""" if charset else ""}</head><p>{text}</p></html>'


@pytest.mark.parametrize("name", ["utf-8", "windows-1251", "koi8-u", "mac-cyrillic", "iso-8859-5"])
@pytest.mark.parametrize("where", ["header", "meta", "http-equiv", "xml"])
def test_right_declaration_is_followed_wherever_it_stands(name: str, where: str) -> None:
    text = TEXT.replace("ґ", "г") if name == "iso-8859-5" else TEXT
    text = text.replace("ґ", "г") if name == "mac-cyrillic" else text
    page, header = text, ""
    if where == "header":
        header = f'text/html; charset="{name.upper()}"'
    elif where == "meta":
        page = html(text, name)
    elif where == "http-equiv":
        page = f'<META http-equiv=Content-Type content="text/html; charset={name}">{text}'
    else:
        page = f"<?xml version='1.0' encoding='{name}'?><rss>{text}</rss>"
    assert decode(page.encode(name), header) == page


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1251", "koi8-r", "ascii", "gbk", "utf-16", "nonsense"])
def test_utf8_is_believed_over_any_declaration(declared: str) -> None:
    page = html(TEXT, declared)
    assert decode(page.encode(), f"text/html; charset={declared}") == page


def test_page_that_lies_about_being_utf8_is_read_by_its_other_declaration() -> None:
    page = html(TEXT, "windows-1251")
    assert decode(page.encode("windows-1251"), "text/html; charset=utf-8") == page


def test_latin_1_in_the_header_is_a_servers_default() -> None:
    page = html(TEXT, "windows-1251")
    assert decode(page.encode("windows-1251"), "text/html; charset=ISO-8859-1") == page


def test_header_counts_more_than_the_document() -> None:
    page = html(TEXT, "koi8-r")
    assert decode(page.encode("windows-1251"), "text/html; charset=windows-1251") == page


@pytest.mark.parametrize(
    ("text", "name"),
    [(TEXT, "windows-1251"), (RUSSIAN, "windows-1251"), (RUSSIAN, "koi8-r"), (POLISH, "cp1250")],
)
def test_undeclared_charset_is_guessed(text: str, name: str) -> None:
    assert decode(html(text).encode(name)) == html(text)


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_mark_decides_and_goes(mark: bytes, name: str) -> None:
    assert decode(mark + TEXT.encode(name), "text/html; charset=windows-1251") == TEXT


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_known_by_its_first_tag(name: str) -> None:
    assert decode(html(TEXT).encode(name)) == html(TEXT)


def test_latin_1_means_windows_1252_as_in_browsers() -> None:
    assert decode("“quoted” – 5 €".encode("cp1252"), "text/plain; charset=latin1") == "“quoted” – 5 €"


def test_chinese_and_japanese_labels_are_read_as_browsers_do() -> None:
    assert decode("乌克兰镕".encode("gb18030"), "text/html; charset=gb2312") == "乌克兰镕"
    assert decode("髙﨑①".encode("cp932"), "text/html; charset=shift_jis") == "髙﨑①"


def test_one_broken_byte_does_not_cost_a_page_its_charset() -> None:
    body = TEXT.encode()
    broken = body[:101] + b"\xff" + body[101:]
    assert decode(broken, "text/html; charset=windows-1251").count("\ufffd") <= 3
    assert "Оборона тримається" in decode(broken)


def test_page_cut_in_the_middle_of_a_letter_is_read() -> None:
    assert decode(TEXT.encode()[:-3]).startswith(TEXT[:-10])


@pytest.mark.parametrize("label", ["unicode_escape", "raw_unicode_escape", "utf-7", "rot13", "punycode", "idna", "hex"])
def test_codecs_that_are_no_charsets_are_not_used(label: str) -> None:
    body = rb"<p>\ud800 +ADw-script+AD4- abc</p>"
    assert decode(body, f"text/html; charset={label}") == body.decode("ascii")


def test_nul_and_lone_surrogates_never_come_out() -> None:
    assert decode(b"a\x00b") == "ab"
    assert decode("аб".encode("utf-16-le").join([codecs.BOM_UTF16_LE, b"\x00\xd8"])).encode() == "аб\ufffd".encode()
    assert "\x00" not in decode("<a>\x00б".encode("utf-16-le"))


def test_no_bytes_make_it_raise_or_give_what_cannot_be_stored() -> None:
    chance = random.Random(7)
    heads = [
        b"",
        b"<\x00",
        b"\x00<",
        *(mark for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF8)),
    ]
    labels = [
        "",
        "utf-8",
        "utf-16",
        "x\x00y",
        "é",
        "a" * 500,
        "cp037",
        "iso2022_jp",
        "cp65001",
        "koi8_r",
        "mbcs",
    ]
    for _ in range(300):
        body = chance.choice(heads) + chance.randbytes(chance.randrange(200))
        text = decode(body, f"text/html; charset={chance.choice(labels)}")
        assert "\x00" not in text
        assert text.encode().decode() == text


def test_empty_body_is_empty_text() -> None:
    assert decode(b"", "text/html; charset=windows-1251") == ""


@pytest.mark.skipif(not DATA.exists(), reason="shared data is absent")
def test_real_feeds_come_out_as_their_authors_wrote_them() -> None:
    rows = [json.loads(line) for line in (DATA / "expected.jsonl").read_text().splitlines()]
    wrong = [row["file"] for row in rows if row["first_title"] not in plain((DATA / row["file"]).read_bytes())]
    assert wrong == []


def plain(body: bytes) -> str:
    return re.sub(r"\s+", " ", decode(body))
