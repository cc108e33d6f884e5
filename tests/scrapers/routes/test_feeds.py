from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scrapers.article import FeedEntry
from scrapers.errors import FeedError
from scrapers.routes import feeds, feedtolerant
from scrapers.urls import canonical, url_key

DATA = Path(__file__).parents[3].parent / "shared" / "data" / "feeds"
URL = "https://news.example/rss"
TITLE = "Рютте назвав дві умови безпеки для України"


def item(n: int = 1, title: str = TITLE, date: str = "Wed, 12 Feb 2025 10:00:00 +0200", extra: str = "") -> str:
    link = f"<link>https://news.example/{n}</link>"
    return f"<item><title>{title}</title>{link}<guid>g{n}</guid><pubDate>{date}</pubDate>{extra}</item>"


def rss(items: str, prolog: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f'{prolog}<rss version="2.0"><channel><title>Новини</title><language>uk-UA</language>{items}</channel></rss>'


def parse(text: str, url: str = URL) -> list[FeedEntry]:
    return feeds.parse(text.encode(), url, "wire")


def test_an_rss_entry_has_every_field() -> None:
    extra = "<description>&lt;p&gt;Перше.&lt;/p&gt;&lt;p&gt;Друге.&lt;/p&gt;</description>"
    extra += "<author>a@b.example (Ann Lee)</author>"
    assert parse(rss(item(extra=extra))) == [
        FeedEntry(
            source="wire",
            url="https://news.example/1",
            id="g1",
            title=TITLE,
            summary="Перше.\n\nДруге.",
            authors=("Ann Lee",),
            published=datetime(2025, 2, 12, 8, 0, tzinfo=UTC),
            language="uk",
        )
    ]


def test_an_atom_entry_takes_the_page_and_not_the_feed_as_its_link() -> None:
    [entry] = parse(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://news.example/world/"><entry><title>T</title>'
        '<link rel="self" href="atom/1"/><link href="story-1"/><id>urn:1</id><author><name>Ann Lee</name></author>'
        "<updated>2025-02-12T10:00:00+02:00</updated><summary>S</summary></entry></feed>"
    )
    assert (entry.url, entry.id, entry.authors) == ("https://news.example/world/story-1", "urn:1", ("Ann Lee",))
    assert entry.published == datetime(2025, 2, 12, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("declared", "real"),
    [("windows-1251", "windows-1251"), ("utf-8", "windows-1251"), ("windows-1251", "utf-8"), ("koi8-u", "koi8-u")],
)
def test_cyrillic_survives_right_and_wrong_declarations(declared: str, real: str) -> None:
    text = rss(item(1) + item(2), f'<?xml version="1.0" encoding="{declared}"?>')
    assert [entry.title for entry in feeds.parse(text.encode(real), URL)] == [TITLE, TITLE]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("12 лютого 2025 10:00", 12),
        ("12 февраля 2025, 10:00", 12),
        ("03.02.2025 10:00", 3),
        ("<![CDATA[03.02.2025 10:00]]>", 3),
    ],
)
def test_dates_that_libraries_guess_are_read_by_our_own_rules(written: str, day: int) -> None:
    [entry] = parse(rss(item(date=written)))
    assert entry.published == datetime(2025, 2, day, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["Thu, 01 Jan 1970 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59Z", "01.01.2999 10:00"],
)
def test_a_date_before_the_web_or_centuries_ahead_is_no_date(written: str) -> None:
    assert parse(rss(item(date=written)))[0].published is None


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("AT&T & Co", "AT&T & Co"),
        ("&laquo;Слава&raquo;&nbsp;дня", "«Слава» дня"),
        ("&lt;b&gt;Bold&lt;/b&gt; move", "Bold move"),
        ("<![CDATA[R&D <i>now</i> &amp; then]]>", "R&D now & then"),
        ("a &lt; b", "a < b"),
        ("one\n   two", "one two"),
    ],
)
def test_titles_are_plain_text(written: str, title: str) -> None:
    assert parse(rss(item(title=written)))[0].title == title


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss [<!ENTITY a "'
        + "x" * 1000
        + '"><!ENTITY b "'
        + "&a;" * 1000
        + '"><!ENTITY c "'
        + "&b;" * 1000
        + '">]>',
        '<!DOCTYPE rss [<!ENTITY c SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_entities_are_neither_expanded_nor_read_and_cost_no_entry(doctype: str) -> None:
    entries = parse(rss(item(0, "bomb &c;") + item(1) + item(2), '<?xml version="1.0"?>' + doctype))
    assert [entry.title for entry in entries] == ["bomb &c;", TITLE, TITLE]


def test_a_truncated_feed_keeps_what_came() -> None:
    assert [entry.url for entry in parse(rss(item(1) + item(2) + item(3))[:-90])][:2] == [
        "https://news.example/1",
        "https://news.example/2",
    ]


def test_a_guid_that_is_an_address_stands_in_for_a_missing_link() -> None:
    [entry] = parse(rss("<item><title>T</title><guid>https://news.example/7</guid></item>"))
    assert entry.url == "https://news.example/7"


def test_a_relative_link_is_resolved_against_the_feed() -> None:
    assert parse(rss("<item><title>T</title><link>/a b</link></item>"))[0].url == "https://news.example/a b"


def test_an_entry_with_a_script_for_a_link_is_left_out() -> None:
    bad = item(1).replace("https://news.example/1", "javascript:alert(1)")
    assert [entry.url for entry in parse(rss(bad + item(2)))] == ["https://news.example/2"]


def test_entries_without_any_link_are_told_apart_by_a_fragment() -> None:
    one, other = parse(rss("<item><title>A</title></item><item><title>B</title></item>"))
    assert one.url.startswith(f"{URL}#!")
    assert url_key(one.url) != url_key(other.url)
    assert canonical(one.url) != canonical(other.url)


def test_an_entry_without_any_link_has_no_page() -> None:
    entries = parse(rss("<item><title>A</title></item><item><guid>g</guid></item>" + item(1)))
    assert [entry.has_page for entry in entries] == [False, False, True]


@pytest.mark.parametrize(
    "people",
    [
        "<dc:creator>Ann Lee</dc:creator><dc:creator><![CDATA[Bo Ek]]></dc:creator>\n <dc:creator>Cy Dee</dc:creator>",
        "<author>a@b.example (Ann Lee)</author><author>b@b.example (Bo Ek)</author><author>Cy Dee</author>",
        "<author><name>Ann Lee</name></author><author><name>Bo Ek</name></author><author> <name>Cy Dee</name></author>",
    ],
)
def test_every_author_of_an_entry_is_kept(people: str) -> None:
    dc = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    if "<name>" in people:
        atom = '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'
        entry = '<entry><title>T</title><link href="https://news.example/{}"/>{}</entry>'
        text = atom.format(entry.format(1, people) + entry.format(2, ""))
    else:
        text = rss(item(1, extra=people) + item(2)).replace("<rss", f"<rss {dc}")
    assert [entry.authors for entry in parse(text)] == [("Ann Lee", "Bo Ek", "Cy Dee"), ()]


def test_100_000_nested_tags_are_only_text() -> None:
    nested = "<description>" + "&lt;b&gt;" * 100_000 + "deep</description>"
    assert len(parse(rss(item(1, extra=nested) + item(2)))) == 2


def test_a_summary_loses_scripts_and_styles_and_comments() -> None:
    markup = "<style>p{}</style><p>One<br>two</p><!-- three --><script>four()</script>"
    assert feeds.plain(markup) == "One\n\ntwo"


def test_the_longer_of_content_and_description_is_the_summary() -> None:
    extra = (
        '<description>Short.</description><content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        "<![CDATA[<p>The whole text.</p>]]></content:encoded>"
    )
    assert parse(rss(item(extra=extra)))[0].summary == "The whole text."


def test_a_json_feed_is_read_and_one_broken_entry_costs_no_other() -> None:
    listed = [
        7,
        {"id": 1, "url": "https://news.example/1", "title": TITLE, "date_published": "2025-02-12T10:00:00+02:00"},
        {"external_url": "/2", "content_html": "<p>Text</p>", "authors": [{"name": "Ann Lee"}, {"name": "Bo Ek"}]},
    ]
    one, two = parse(json.dumps({"version": "https://jsonfeed.org/version/1.1", "language": "uk", "items": listed}))
    assert (one.id, one.title, one.published) == ("1", TITLE, datetime(2025, 2, 12, 8, 0, tzinfo=UTC))
    assert (two.url, two.summary, two.authors) == ("https://news.example/2", "Text", ("Ann Lee", "Bo Ek"))


def test_an_escape_that_no_text_can_hold_is_taken_out_of_a_json_feed() -> None:
    bad = "\ud800\x00\u202e"
    one = {
        "url": f"/1{bad[0]}",
        "id": bad,
        "title": f"A{bad}",
        "content_text": f"B{bad}",
        "author": {"name": f"Ann{bad} Lee"},
    }
    listed = [one, {"url": "/2", "title": "C"}, {"title": f"D{bad}", "id": bad}]
    found = parse(json.dumps({"version": "https://jsonfeed.org/version/1", "language": "uk", "items": listed}))
    assert [(entry.title, entry.summary, entry.authors) for entry in found] == [
        ("A", "B", ("Ann Lee",)),
        ("C", "", ()),
        ("D", "", ()),
    ]
    for entry in found:
        assert (entry.url + entry.id).encode()
        assert "\x00" not in entry.url + entry.id


def test_no_reference_brings_a_control_into_a_text() -> None:
    extra = "<description>&lt;p&gt;one&amp;#x202e; &amp;#x9b;two&amp;#x7f;&lt;/p&gt;</description>"
    [entry] = parse(rss(item(title="a&#x202e;&#x7f;b&#x2066;", extra=extra)))
    assert (entry.title, entry.summary) == ("ab", "one ›two")


def test_a_feed_without_entries_is_no_error() -> None:
    assert parse(rss("")) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "an empty answer"),
        (b" \n ", "an empty answer"),
        (b"<!doctype html><title>Just a moment...</title><body>x", "an HTML page titled 'Just a moment...'"),
        (b"<html><body>no title", "an HTML page without a title"),
        (b"<?xml version='1.0'?><urlset><url/></urlset>", "root <urlset>"),
        (b"not found", "no XML, beginning 'not found'"),
        (b'{"error": "no"}', "no JSON Feed"),
        (b"[" * 200_000, "neither XML nor readable JSON"),
        (bytes(range(256)) * 40, "expected a feed"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: bytes, said: str) -> None:
    with pytest.raises(FeedError) as error:
        feeds.parse(body, URL)
    assert said in str(error.value)


def test_the_named_origin_on_another_host_is_credited() -> None:
    origins = ["https://outlet.example/feed", "https://www.news.example/other", "javascript:alert(1)"]
    entries = parse(rss("".join(item(n, extra=f'<source url="{url}">O</source>') for n, url in enumerate(origins))))
    assert [entry.credit for entry in entries] == [origins[0], "", ""]


def test_an_atom_source_is_credited_and_lends_the_entry_nothing_else() -> None:
    [entry] = parse(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><source><title>O</title><link rel="self" href="/x"/>'
        '<link href="https://outlet.example/"/></source><title>T</title><link href="/1"/></entry></feed>'
    )
    assert (entry.credit, entry.title, entry.url) == ("https://outlet.example/", "T", "https://news.example/1")


def test_an_entry_tells_when_it_was_changed_after_its_publication() -> None:
    entry = "<entry><link href='/{}'/><published>{}</published><updated>2025-02-12T10:00:00Z</updated></entry>"
    listed = [entry.format(n, day) for n, day in enumerate(["2025-02-11T09:00:00Z", "2025-02-12T10:00:00Z", ""])]
    entries = parse(f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(listed)}</feed>')
    changed = datetime(2025, 2, 12, 10, tzinfo=UTC)
    assert [entry.modified for entry in entries] == [changed, None, None]
    assert [entry.published for entry in entries] == [datetime(2025, 2, 11, 9, tzinfo=UTC), changed, changed]


def test_titles_and_dates_of_media_are_not_those_of_the_entry() -> None:
    extra = "<media:title>Photo</media:title><media:description>" + "A long caption. " * 9 + "</media:description>"
    text = rss(item(extra=extra + "<description>Short.</description>"))
    [entry] = parse(text.replace("<rss", '<rss xmlns:media="http://search.yahoo.com/mrss/"'))
    assert (entry.title, entry.summary) == (TITLE, "Short.")


def test_the_whole_text_for_aggregators_is_the_summary() -> None:
    [entry] = parse(rss(item(extra="<description>Short.</description><fulltext>All of the text.</fulltext>")))
    assert entry.summary == "All of the text."


@pytest.mark.parametrize(
    "text",
    [
        (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="c"/><item rdf:about="g1"><title>T</title>'
            "<link>https://news.example/1</link><dc:date>2025-02-12T10:00:00+02:00</dc:date></item></rdf:RDF>"
        ),
        (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf'
            '/simple/0.9/"><item><title>T</title><link>https://news.example/1</link></item></rdf:RDF>'
        ),
        '<rss version="0.91"><channel><item><title>T</title><link>https://news.example/1</link></item></channel></rss>',
        (
            '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>T</title><link rel="alternate" '
            'href="https://news.example/1"/><issued>2025-02-12T10:00:00+02:00</issued></entry></feed>'
        ),
        '<CHANNEL><Item HREF="https://news.example/1"><Title>T</Title></Item></CHANNEL>',
        (
            '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>T</a:title><a:link href="/1"/></a:entry>'
            "</a:feed>"
        ),
    ],
)
def test_old_and_odd_dialects_are_read(text: str) -> None:
    [entry] = parse(text)
    assert (entry.title, entry.url) == ("T", "https://news.example/1")
    assert entry.published in (None, datetime(2025, 2, 12, 8, tzinfo=UTC))


def test_a_link_whose_scheme_was_forgotten_leads_to_the_host_that_it_names() -> None:
    head = "<link>http://www.outlet.example/</link>"
    entries = parse(rss(head + "".join(f"<item><link>{n}</link></item>" for n in ("outlet.example/1", "a.b/2"))))
    assert [entry.url for entry in entries] == ["http://outlet.example/1", "https://news.example/a.b/2"]


def test_a_break_in_the_middle_costs_and_doubles_no_entry() -> None:
    broken = "<item><title>AT&T <b>now</title><link>https://news.example/999</link><x:y/></item>"
    listed = [item(n) for n in range(300)]
    entries = parse(rss("".join([*listed[:150], broken, *listed[150:]])))
    found = [entry.url.rpartition("/")[2] for entry in entries]
    assert sorted(map(int, found)) == [*range(300), 999]


def test_a_feed_that_is_too_long_is_cut_to_its_newest_entries_and_says_so() -> None:
    days = [5, 1, 4, 2, 3]
    listed = "".join(item(n, date=f"2025-02-0{day}T10:00:00Z") for n, day in enumerate(days)) + item(9, date="")
    feed = feeds.read(rss(listed).encode(), URL, most=3)
    assert [entry.url.rpartition("/")[2] for entry in feed.entries] == ["0", "2", "9"]
    assert feed.left_out == 3


def test_a_short_summary_is_the_beginning_of_the_long_one_and_changes_nothing_else() -> None:
    texts = ["слово &lt;b&gt;жирне&lt;/b&gt; " * 900, "<![CDATA[" + "<p>one <a href='/x'>two</a></p> " * 900 + "]]>"]
    body = rss("".join(item(n, extra=f"<description>{text}</description>") for n, text in enumerate(texts)) + item(7))
    whole = parse(body)
    short = list(feeds.iter_entries(body.encode(), URL, "wire", longest=100))
    assert [(e.url, e.title, e.published) for e in short] == [(e.url, e.title, e.published) for e in whole]
    assert all(e.summary.startswith(s.summary) for s, e in zip(short, whole, strict=True))
    assert [len(e.summary) > 80 for e in short] == [True, True, False]
    assert len(whole[0].summary) > 9000


@pytest.mark.parametrize(
    ("head", "asked"),
    [
        ("<ttl>15</ttl>", timedelta(minutes=15)),
        ("<ttl> <![CDATA[60]]></ttl>", timedelta(hours=1)),
        ("<ttl>0</ttl>", None),
        ("<ttl>999999</ttl>", timedelta(days=7)),
        ("<ttl>soon</ttl>", None),
        (
            "<sy:updatePeriod>\n\thourly\t</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            timedelta(minutes=15),
        ),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", timedelta(days=1)),
        ("<sy:updateFrequency>2</sy:updateFrequency>", timedelta(hours=12)),
        (
            "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>9999</sy:updateFrequency>",
            timedelta(minutes=1),
        ),
        ("<sy:updatePeriod>sometimes</sy:updatePeriod>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", None),
        ("<ttl>30</ttl><sy:updatePeriod>weekly</sy:updatePeriod>", timedelta(minutes=30)),
        (" " * 9000 + "<ttl>15</ttl>", None),
        ("", None),
    ],
)
def test_the_pace_is_what_the_feed_asks_for(head: str, asked: timedelta | None) -> None:
    assert feeds.pace(rss(head).encode()) == asked


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_every_real_feed_yields_entries() -> None:
    for path in sorted((DATA / "real").iterdir()):
        assert feeds.parse(gzip.decompress(path.read_bytes()), URL), path.name


@pytest.mark.parametrize("part", [b"<a ", b"<a/"])
def test_tags_that_never_end_do_not_hold_up_the_tolerant_reader(part: bytes) -> None:
    start = time.process_time()
    list(feedtolerant.entries(b"<rss><channel><item>" + part * 100_000))
    assert time.process_time() - start < 5


@pytest.mark.parametrize("body", [b"<title" * 500_000, b"<html>" + b"<title " * 500_000, b"<!--" * 16_000 + b"<x>"])
def test_what_is_no_feed_is_described_at_once(body: bytes) -> None:
    start = time.process_time()
    with pytest.raises(FeedError, match="expected a feed"):
        feeds.parse(body, URL)
    assert time.process_time() - start < 2


def test_the_scheme_of_a_link_may_be_in_capitals() -> None:
    found = parse("<rss><channel><item><title>a</title><link>HTTP://News.example/A</link></item></channel></rss>")
    assert [entry.url for entry in found] == ["http://News.example/A"]
