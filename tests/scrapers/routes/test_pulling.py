from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scrapers.routes import pulling

ROOT = Path(__file__).parents[3]
# A process of its own tells what one reading needs: the peak after it less the peak before it, in KiB.
MEASURE = """
import resource, sys
from scrapers.routes import feeds, sitemaps
body = open(sys.argv[2], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
{"feed": feeds.read, "sitemap": lambda *given: sum(1 for _ in sitemaps.iter_entries(*given))}[sys.argv[1]](
    body, "https://news.example/x")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
ITEM = "<item><title>Новини дня {0}</title><link>https://news.example/{0}</link><pubDate>2025-02-12</pubDate></item>"
PAGE = "<url><loc>https://news.example/{0}</loc><lastmod>2025-02-12</lastmod></url>"


def mended(*chunks: bytes) -> bytes:
    return b"".join(pulling.mended(iter(chunks)))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"AT&T & Co &amp; &nbsp;&x;&#38;", "AT&amp;T &amp; Co &amp; \u00a0&amp;x;&#38;"),
        (b"a\x00\x0bb\xef\xbf\xbf&#0;&#xD800;", "ab"),
        (b"<![CDATA[a & b]]>&<![CDATA[&nbsp;", "<![CDATA[a & b]]>&amp;<![CDATA[&nbsp;"),
    ],
)
def test_only_what_xml_forbids_is_mended_wherever_the_chunks_end(written: bytes, told: str) -> None:
    assert mended(written).decode() == told
    for at in range(len(written)):
        assert mended(written[:at], written[at:]).decode("utf-8", "replace").replace("\uffff", "") == told


def test_an_element_is_given_once_though_the_document_breaks_off() -> None:
    body = b"<a>" + b"".join(b"<b>%d</b>" % n for n in range(50)) + b"<b>&</b><b>5"

    def chunks() -> Iterator[bytes]:
        return pulling.pieces(body)

    found = [element.text for element in pulling.elements(chunks, chunks, ("b",))]
    assert found == [*(str(n) for n in range(50)), "&"]


def test_long_texts_are_shortened_and_nothing_else_is() -> None:
    body = "<a><b>" + "слово " * 99 + "</b><c><![CDATA[" + "<i>x</i> " * 99 + "]]></c><d e='f'>g</d></a>"
    short = b"".join(pulling.shortened(body.encode(), 0, 100)).decode()
    assert len(short) < 300
    for element in pulling.elements(lambda: iter([short.encode()]), lambda: iter([]), ("a",)):
        assert [child.text[:5] for child in element] == ["слово", "<i>x<", "g"]
    assert short.endswith("<d e='f'>g</d></a>")


def test_a_section_that_opens_in_a_comment_takes_nothing_away() -> None:
    body = b"<a><!-- <![CDATA[ -->" + b"<b>1</b>" * 99 + b"</a>"
    assert b"".join(pulling.shortened(body, 0, 100)) == body


@pytest.mark.parametrize(
    ("kind", "entry", "count", "fault"),
    [
        ("feed", ITEM, 200_000, ""),
        ("feed", "<item><link>/{0}</link></item>", 200_000, ""),
        ("feed", ITEM, 60_000, "<x>&nbsp;</x>"),
        ("sitemap", PAGE, 200_000, ""),
        ("sitemap", PAGE, 200_000, "<url>&</url>"),
    ],
)
def test_what_is_read_does_not_set_the_memory_that_it_takes(
    tmp_path: Path, kind: str, entry: str, count: int, fault: str
) -> None:
    root = "rss" if kind == "feed" else "urlset"
    file = tmp_path / "body"
    file.write_text(f"<{root}>{fault}{''.join(entry.format(n) for n in range(count))}</{root}>")
    command = [sys.executable, "-c", MEASURE, kind, str(file)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert int(told) < 64 * 1024
