"""OPML as readers write it, as attackers write it, and as we write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from scrapers.errors import FeedError
from scrapers.routes import opml
from scrapers.routes.opml import Outline

NOW = datetime(2025, 2, 12, 18, 0, tzinfo=UTC)


def file(body: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> bytes:
    return f'{head}<opml version="2.0">\n<head><title>t</title></head>\n<body>\n{body}\n</body></opml>'.encode()


def feeds(body: str) -> list[str]:
    return [one.feed for one in opml.read(file(body)).outlines]


def test_feeds_in_folders_within_folders_are_found() -> None:
    found = opml.read(
        file(
            '<outline text="World"><outline text="Ukraine">\n'
            '<outline type="rss" text="Wire &amp; Sons" xmlUrl="https://wire.example/rss" htmlUrl="https://wire.example/"'
            ' language="uk-UA"/></outline></outline>\n<outline text="Alone" xmlUrl="https://alone.example/atom"/>'
        )
    )
    assert found.outlines == (
        Outline("Wire & Sons", "https://wire.example/rss", "https://wire.example/", "uk", "Ukraine", 6),
        Outline("Alone", "https://alone.example/atom", line=7),
    )
    assert found.skipped == ()


def test_attributes_count_in_any_case() -> None:
    found = opml.read(file('<OUTLINE TITLE="A" XMLURL="https://a.example/1" HtmlUrl="https://a.example"/>')).outlines
    assert found == (Outline("A", "https://a.example/1", "https://a.example", line=5),)
    assert feeds('<outline xmlurl="https://a.example/2"/>') == ["https://a.example/2"]


def test_one_feed_in_two_spellings_is_told_and_taken_once() -> None:
    found = opml.read(
        file('<outline xmlUrl="https://www.a.example/rss"/>\n<outline xmlUrl="http://a.example/rss?utm_source=x"/>')
    )
    assert [one.feed for one in found.outlines] == ["https://www.a.example/rss"]
    assert [(one.line, "line 5" in one.reason) for one in found.skipped] == [(6, True)]


@pytest.mark.parametrize(
    "bad",
    [
        'type="rss" text="Nothing"',
        'xmlUrl="ftp://a.example/rss"',
        'xmlUrl="/rss.xml"',
        'xmlUrl="javascript:alert(1)"',
        'xmlUrl="https://user:secret@a.example/rss"',
        'xmlUrl="https://[::1/rss"',
    ],
)
def test_a_bad_outline_is_told_with_its_line_and_costs_no_other(bad: str) -> None:
    found = opml.read(file(f'<outline xmlUrl="https://a.example/1"/>\n<outline {bad}/>\n'))
    assert [one.feed for one in found.outlines] == ["https://a.example/1"]
    assert [one.line for one in found.skipped] == [6]


def test_what_is_no_feed_is_passed_over_in_silence() -> None:
    found = opml.read(file('<outline text="folder"/><outline type="link" text="x" url="https://a.example/"/>'))
    assert found == opml.Opml(())


def test_bare_ampersands_and_entities_of_html_are_read() -> None:
    body = '<outline text="Fr&uuml;h & sp&auml;t" xmlUrl="https://a.example/rss?a=1&b=2&copy=3"/>'
    only = opml.read(file(body)).outlines[0]
    assert only.title == "Früh & spät"
    assert only.feed == "https://a.example/rss?a=1&b=2&copy=3"


def test_schemes_of_feed_readers_become_web_addresses() -> None:
    body = '<outline xmlUrl="feed://a.example/1"/><outline xmlUrl="feed:https://a.example/2"/>'
    assert feeds(body) == ["http://a.example/1", "https://a.example/2"]


def test_what_follows_a_broken_tag_is_not_lost() -> None:
    assert feeds('<outline xmlUrl="https://a.example/1"></b>\n<outline xmlUrl="https://a.example/2"/>') == [
        "https://a.example/1",
        "https://a.example/2",
    ]


def test_a_file_in_windows_1251_or_utf_16_is_read() -> None:
    text = file('<outline text="Новини" xmlUrl="https://a.example/1"/>').decode()
    for name in ("windows-1251", "utf-16"):
        body = text.replace("UTF-8", name).encode(name)
        assert opml.read(body).outlines[0].title == "Новини"


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!doctype opml SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!-- <!-- --><!DOCTYPE opml [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>',
    ],
)
def test_a_document_type_is_refused(head: str) -> None:
    with pytest.raises(FeedError, match="document type"):
        opml.read(file('<outline text="&a;" xmlUrl="https://a.example/&a;"/>', head))


def test_a_document_type_in_a_comment_harms_nobody() -> None:
    assert feeds('<!-- <!DOCTYPE x> --><outline xmlUrl="https://a.example/1"/>') == ["https://a.example/1"]


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"<html><body>No</body></html>", b"<rss><channel/></rss>", b"\x00\xff"]
)
def test_what_is_no_opml_is_refused_with_what_it_is(body: bytes) -> None:
    with pytest.raises(FeedError, match="expected OPML, found"):
        opml.read(body)


def test_a_file_over_the_cap_is_refused() -> None:
    with pytest.raises(FeedError, match="10 MB"):
        opml.read(b"<opml>" + b" " * opml.LARGEST)


def test_many_comments_that_never_end_take_no_time_of_their_own() -> None:
    assert opml.read(b"<opml><body>" + b"<!--" * 500_000).outlines == ()


def test_fifty_thousand_nested_folders_end_without_an_error_of_their_own() -> None:
    depth = 50_000
    found = opml.read(file('<outline xmlUrl="https://a.example/1"/>' + "<outline text='f'>" * depth))
    assert [one.feed for one in found.outlines] == ["https://a.example/1"]


def test_what_we_write_reads_back_as_it_was() -> None:
    given = (
        Outline('Tom & "Jerry" <x>', "https://a.example/rss?a=1&b=2", "https://a.example/", "en", "agency"),
        Outline("Українська правда", "https://b.example/rss", "https://b.example/", "uk", "outlet"),
        Outline("Bare", "https://c.example/rss", folder="outlet"),
    )
    written = opml.write(given, "Varta", NOW)
    back = [Outline(one.title, one.feed, one.homepage, one.language, one.folder) for one in opml.read(written).outlines]
    assert back == list(given)


def test_what_we_write_is_opml_as_the_specification_has_it() -> None:
    root = etree.fromstring(opml.write([Outline("A\x00", "https://a.example/rss", folder="outlet")], "V\x01", NOW))
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title") == "V"
    assert root.findtext("head/dateCreated") == "Wed, 12 Feb 2025 18:00:00 +0000"
    assert root.xpath("body/outline/@text") == ["outlet"]
    only = root.find("body/outline/outline")
    assert only is not None
    assert {str(name): str(value) for name, value in only.attrib.items()} == {
        "type": "rss",
        "text": "A",
        "title": "A",
        "xmlUrl": "https://a.example/rss",
    }
