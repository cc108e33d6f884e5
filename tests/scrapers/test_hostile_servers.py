"""What a hostile server can cost: an outcome that says what happened, and little memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import servers
from tests.servers import Call, Reply, Web

MIB = 1 << 20
TEXT = "<p>The secretary general arrived in Kyiv for talks about air defence with the president on Wednesday.</p>" * 8
PAGE = f"<!doctype html><html lang=en><head><title>Rutte in Kyiv</title></head><body><article>{TEXT}</article></body>"
ENTRY = "<item><title>t</title><link>/{0}</link></item>"
FEED = "<rss version='2.0'><channel><title>f</title>{}</channel></rss>"
BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>{}]>".format(
    "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(12))
)

# A child process takes on one fault after the other, each in a fork of its own, so that every peak is that of one
# fault. While a thread meets the fault, the main thread asks another server through the same client.
PROGRAM = """
import json, os, resource, sys, threading
from datetime import UTC, datetime
from scrapers.page import extraction
from scrapers.routes import feeds, sitemaps
from scrapers.errors import ExtractionError, FeedError, FetchError
from scrapers.fetch import Http
from scrapers.source import Route, RouteType, Source

asked = json.loads(sys.stdin.read())
source = Source(id="s", name="S", homepage="https://s.example",
                routes=(Route(RouteType.FEED, "https://s.example/rss"),))

def read(kind, page):
    if kind == "feed":
        return "entries" if list(feeds.parse(page.body, page.final_url, "s")) else "nothing"
    if kind == "sitemap":
        return "entries" if list(sitemaps.parse(page.body, page.final_url)) else "nothing"
    return "article" if extraction.extract(page, source).text else "nothing"

def meet(http, kind, url):
    try:
        return read(kind, http.get(url))
    except FetchError as failed:
        return failed.outcome.value
    except (FeedError, ExtractionError) as failed:
        return type(failed).__name__

def opened(deadline=60):
    return Http(agent="t", allow_hosts=frozenset(asked["hosts"]), respect_robots=False, deadline=deadline,
                max_bytes=asked["bytes"], now=lambda: datetime.now(UTC))

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

with opened() as http:
    for kind, url in asked["ordinary"]:
        meet(http, kind, url)
for name, kind, url, deadline in asked["faults"]:
    if os.fork():
        os.wait()
        continue
    before, answers, served = peak(), [], 0
    with opened(deadline) as http:
        other = threading.Thread(target=lambda: answers.append(meet(http, kind, url)))
        other.start()
        for _ in range(3):
            served += http.get(asked["neighbour"]).body == b"page"
        other.join()
        print(json.dumps([name, answers[0] if answers else "an exception", served, peak() - before]), flush=True)
    os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class Met:
    outcome: str
    served: int  # requests of the neighbour, of three
    kib: int  # above what an ordinary page and feed take


def zeros(gib: int) -> bytes:
    """A gzip stream of so many GiB of zeros in a thousandth of the room, made of one piece many times over."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = press.compress(bytes(MIB)) + press.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + piece * (gib << 10)


def endless_gzip(call: Call) -> None:
    call.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n")
    call.write(zeros(10))


def endless_headers(call: Call) -> None:
    call.write(b"HTTP/1.1 200 OK\r\n")
    while call.write(b"X-More: " + b"a" * 1000 + b"\r\n"):
        pass


def for_ever_continue(call: Call) -> None:
    while call.pause(0.01) and call.write(b"HTTP/1.1 100 Continue\r\n\r\n"):
        pass


def endless_chunk_size(call: Call) -> None:
    call.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while call.write(b"0" * 65536):
        pass


def dripping_redirect(call: Call) -> None:
    call.write(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 4000\r\n\r\n")
    while call.pause(0.2) and call.write(b"a"):
        pass


FAULTS: dict[str, tuple[str, servers.Route, str]] = {
    "gzip bomb": ("feed", endless_gzip, "too_large"),
    "nested gzip bomb": (
        "feed",
        Reply(body=gzip.compress(zeros(10)), headers={"Content-Encoding": "gzip, gzip"}),
        "too_large",
    ),
    "gzip bomb as a file": ("sitemap", Reply(body=zeros(4)), "FeedError"),
    "endless body": ("page", servers.endless, "too_large"),
    "one byte at a time in the headers": ("feed", servers.slow_headers, "timeout"),
    "one byte at a time in the body": ("feed", servers.slow_body, "timeout"),
    "endless headers": ("feed", endless_headers, "unreachable"),
    "for ever 100": ("feed", for_ever_continue, "timeout"),
    "endless size of a chunk": ("feed", endless_chunk_size, "unreachable"),
    "redirect with a dripping body": ("feed", dripping_redirect, "timeout"),
    "redirect to itself": ("page", servers.redirect("/redirect-to-itself"), "too_many_redirects"),
    "redirect to the metadata of a cloud": ("page", servers.redirect("http://169.254.169.254/"), "forbidden_address"),
    "redirect to a file": ("page", servers.redirect("file:///etc/passwd"), "bad_url"),
    "entity bomb as a feed": (
        "feed",
        (BOMB + FEED.format("<item><title>&m;</title><link>/1</link></item>")).encode(),
        "entries",
    ),
    "entity bomb as a sitemap": ("sitemap", (BOMB + "<urlset><url><loc>&m;</loc></url></urlset>").encode(), "entries"),
    "entity bomb as a page": ("page", (BOMB + PAGE).encode(), "article"),
    "nested tags in a page": ("page", PAGE.replace("<article>", "<article>" + "<div>" * 50_000).encode(), "article"),
    "nested tags in a feed": (
        "feed",
        FEED.format("<a>" * 50_000 + "</a>" * 50_000 + ENTRY.format(1)).encode(),
        "entries",
    ),
    "lone surrogates": (
        "page",
        PAGE.replace("Kyiv", "Ky&#xD800;iv").encode().replace(b"Rutte", b"Ru\xed\xa0\x80tte"),
        "article",
    ),
    "NUL": ("page", PAGE.replace("Kyiv", "Ky\x00iv").encode(), "article"),
    "NUL in a feed": ("feed", FEED.format(ENTRY.format("1\x00")).encode(), "entries"),
    "200,000 entries": ("feed", FEED.format("".join(ENTRY.format(n) for n in range(200_000))).encode(), "entries"),
}


def path(name: str) -> str:
    return "/" + name.replace(" ", "-").replace(",", "")


@pytest.fixture(scope="module")
def met() -> dict[str, Met]:
    """How every fault went."""
    routes = {path(name): fault for name, (_, fault, _) in FAULTS.items()}
    ordinary = {"/page": PAGE.encode(), "/feed": FEED.format(ENTRY.format(1)).encode()}
    with ExitStack() as stack:
        web = stack.enter_context(Web(routes | ordinary))
        neighbour = stack.enter_context(Web({"/": b"page"}))
        asked = {
            "hosts": [web.host, neighbour.host],
            "bytes": 10 * MIB,
            "ordinary": [["page", web.url("/page")], ["feed", web.url("/feed")]],
            "neighbour": neighbour.url(),
            "faults": [
                [name, kind, web.url(path(name)), 2 if expected == "timeout" else 60]
                for name, (kind, _, expected) in FAULTS.items()
            ],
        }
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=Path(__file__).parents[2],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found = (json.loads(line) for line in done.stdout.splitlines())
    return {name: Met(outcome, served, kib) for name, outcome, served, kib in found}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_an_outcome_costs_little_and_harms_no_other_source(met: dict[str, Met], name: str) -> None:
    assert met[name].outcome == FAULTS[name][2]
    assert met[name].served == 3
    assert met[name].kib < 64 * 1024
