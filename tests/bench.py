"""`make bench`: speed, each row as a ratio to a peer measured in the same run. CPU seconds, best of three."""

from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import requests
import trafilatura

from flows import pipeline
from flows.demo.site import DemoSite
from scrapers.charset import decode
from scrapers.fetch import Http, Validators
from scrapers.page import extraction
from scrapers.routes import feeds
from tests import bench_batches, bench_matching
from tests.flows import rooms
from tests.measure import cpu, row, say
from tests.servers import Call, Reply, Web

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
_POLLS = 300


def pages() -> list[tuple[str, str]]:
    """Real pages where there are some, else the demo's."""
    found = sorted((DATA / "pages" / "fundus").rglob("*.html.gz"))[:40]
    if found:
        return [(decode(gzip.decompress(path.read_bytes())), "https://page.example/a") for path in found]
    site = DemoSite()
    return [(site.answer(url.removeprefix(site.url)).body.decode(), url) for url in site.truth()]


def feed_bodies() -> list[bytes]:
    found = sorted((DATA / "feeds" / "real").glob("*.gz"))[:40]
    if found:
        return [gzip.decompress(path.read_bytes()) for path in found]
    return [DemoSite().answer("/dnipro-wire/feed.xml").body]


def polls() -> tuple[float, float, float]:
    """CPU seconds of our client, of whole polls, and of a bare session for the same requests.

    All are answered "not modified". A whole poll looks up validators, and stores how it went and when the next is.
    """
    program = "from tests.bench import unchanged; unchanged()"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT) as server:
        assert server.stdout is not None
        host = f"127.0.0.1:{int(server.stdout.readline())}"
        url, validators = f"http://{host}/feed", Validators(etag='"1"')
        try:
            with (
                Http(agent="bench", allow_hosts=frozenset({host}), now=lambda: datetime.now(UTC)) as http,
                requests.Session() as session,
            ):
                ours = cpu(lambda: [http.get(url, validators) for _ in range(_POLLS)])
                peer = cpu(lambda: [session.get(url, headers={"If-None-Match": '"1"'}) for _ in range(_POLLS)])
            with (
                tempfile.TemporaryDirectory() as folder,
                rooms.opened(Path(folder), rooms.source("bench", f"http://{host}")) as house,
            ):
                (source,) = house.configuration.catalogue.sources
                pipeline.ingest(source, house)
                whole = cpu(lambda: [pipeline.ingest(source, house) for _ in range(_POLLS)])
        finally:
            server.kill()
    return ours, whole, peer


def unchanged() -> None:
    """Serve "not modified", and no robots.txt, in a process of its own: its CPU is not ours."""
    listed = rooms.feed("http://127.0.0.1", "/a")
    validators = {"ETag": '"1"', "Cache-Control": "max-age=60"}

    def answer(call: Call) -> Reply:
        known = "if-none-match" in call.headers
        return Reply(304, headers=validators) if known else Reply(200, listed, validators)

    with Web({"/feed": answer}) as web:
        sys.stdout.write(f"{web.port}\n")
        sys.stdout.flush()
        threading.Event().wait()


def main() -> None:
    """Print every row: ours, the peer's, the ratio."""
    say(f"{'what':34} {'ours':>12} {'peer':>12}")
    html = pages()
    ours = cpu(lambda: [extraction.extract_html(*page) for page in html])
    peer = cpu(lambda: [trafilatura.bare_extraction(text, with_metadata=True) for text, _ in html])
    row("page, text and all metadata", ours, peer, len(html), "trafilatura with its metadata")
    bodies = feed_bodies()
    ours = cpu(lambda: [feeds.parse(body, "https://feed.example/") for body in bodies])
    peer = cpu(lambda: [feedparser.parse(body) for body in bodies])
    row("feed", ours, peer, len(bodies), "feedparser")
    ours, whole, peer = polls()
    row("request of an unchanged feed", ours, peer, _POLLS, "requests.Session, no guard, no deadline")
    row("poll of it, bookkeeping included", whole, peer, _POLLS, "the same")
    bench_matching.rows()
    bench_batches.rows()


if __name__ == "__main__":
    main()
