"""A poll over real HTTP: which route answers, what an overflowing feed missed, how long a source is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from alerts.model import Mode
from flows import pipeline
from flows.house import House
from flows.pipeline import Tally
from scrapers.routes import telegram
from scrapers.source import Source
from storage import entries, lookup, routes, sources
from storage.engine import reading, transaction
from tests.flows.rooms import BEGIN, BODY, Clock, opened, page
from tests.servers import Reply, Web


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server


def rss(base: str, times: dict[str, datetime], head: str = "") -> bytes:
    listed = "".join(
        f"<item><title>Rutte on {path.strip('/')}</title><link>{base}{path}</link>"
        f"<pubDate>{format_datetime(when)}</pubDate></item>"
        for path, when in times.items()
    )
    told = f"<title>x</title><link>{base}</link><description>d</description>{head}"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{told}{listed}</channel></rss>'.encode()


def sitemap(base: str, times: dict[str, datetime]) -> bytes:
    listed = "".join(
        f"<url><loc>{base}{path}</loc><news:news><news:publication_date>{when.isoformat()}</news:publication_date>"
        f"<news:title>Rutte on {path.strip('/')}</news:title></news:news></url>"
        for path, when in times.items()
    )
    spaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<?xml version="1.0"?><urlset {spaces}>{listed}</urlset>'.encode()


def index(base: str, children: dict[str, datetime]) -> bytes:
    listed = "".join(
        f"<sitemap><loc>{base}{path}</loc><lastmod>{when.isoformat()}</lastmod></sitemap>"
        for path, when in children.items()
    )
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'.encode()


def ago(**span: float) -> datetime:
    return BEGIN - timedelta(**span)


def of(base: str, *listed: str, **more: str) -> str:
    told = "".join(f"      - {route}\n" for route in listed)
    extra = "".join(f"    {name}: {value}\n" for name, value in more.items())
    return f"  - id: wire\n    name: Wire\n    homepage: {base}/\n    routes:\n{told}{extra}"


def feed_of(base: str, path: str = "/feed") -> str:
    return f'{{type: feed, url: "{base}{path}"}}'


def poll(rooms: House) -> Tally:
    (wire,) = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True)
    return pipeline.ingest(wire, rooms)


def source_of(rooms: House) -> Source:
    return rooms.configuration.catalogue.sources[0]


def pages(web: Web, *paths: str) -> None:
    for path in paths:
        web.routes[path] = page(f"Rutte on {path.strip('/')}", BODY.replace("Brussels", path.strip("/")))


def test_a_stale_feed_gives_way_to_the_next_route_and_the_reason_is_kept(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    web.routes["/feed"] = rss(base, {"/old": ago(days=400)})
    web.routes["/map.xml"] = sitemap(base, {"/new": ago(hours=1)})
    pages(web, "/new", "/old")
    listed = of(base, feed_of(base), f'{{type: news-sitemap, url: "{base}/map.xml"}}')
    with opened(tmp_path, listed) as rooms:
        tally = poll(rooms)
        assert (tally.route, tally.new) == (f"news-sitemap {base}/map.xml", 1)
        assert f"{base}/feed: its newest entry is of 2024-01-09" in tally.errors[0]
        with reading(rooms.engine) as session:
            known = routes.known(session, "wire", [f"{base}/feed"])[f"{base}/feed"]
            state = sources.states(session)["wire"]
        assert known.newest_at == ago(days=400)
        assert "newest entry is of" in state.error
        web.routes["/map.xml"] = Reply(500)
        assert poll(rooms).route == f"feed {base}/feed"  # better than nothing


def test_an_empty_feed_gives_way_to_the_next_route(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    web.routes["/feed"] = rss(base, {})
    web.routes["/map.xml"] = sitemap(base, {"/new": ago(hours=1)})
    pages(web, "/new")
    with opened(tmp_path, of(base, feed_of(base), f'{{type: news-sitemap, url: "{base}/map.xml"}}')) as rooms:
        tally = poll(rooms)
    assert (tally.route, tally.new) == (f"news-sitemap {base}/map.xml", 1)
    assert "it lists nothing" in tally.errors[0]


def test_a_route_that_keeps_failing_rests_behind_the_one_that_works(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    web.routes["/feed"] = Reply(500)
    web.routes["/map.xml"] = sitemap(base, {"/new": ago(hours=1)})
    pages(web, "/new")
    listed = of(base, feed_of(base), f'{{type: news-sitemap, url: "{base}/map.xml"}}')
    with opened(tmp_path, listed, clock=clock) as rooms:
        for _ in range(2):
            poll(rooms)
        web.requests.clear()
        poll(rooms)
        assert "/feed" not in [call.path for call in web.requests]
        clock.forward(hours=13)
        web.routes["/feed"] = rss(base, {"/new": ago(hours=1)})
        assert poll(rooms).route == f"feed {base}/feed"


def test_what_an_overflowing_feed_no_longer_shows_comes_from_the_sitemap(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    web.routes["/feed"] = rss(base, {"/a": ago(minutes=30)})
    listed = of(base, feed_of(base), backfill=f'[{{type: sitemap, url: "{base}/sitemap-{{year}}-{{month:02}}.xml"}}]')
    pages(web, "/a", "/b", "/c", "/d", "/older")
    with opened(tmp_path, listed, clock=clock) as rooms:
        poll(rooms)
        assert not [call for call in web.requests if "sitemap" in call.path]
        clock.forward(hours=3)
        late = {"/d": BEGIN + timedelta(hours=2, minutes=50)}
        web.routes["/feed"] = rss(base, late)
        gone = {"/b": BEGIN + timedelta(hours=1), "/c": BEGIN + timedelta(hours=2)}
        web.routes["/sitemap-2025-02.xml"] = sitemap(base, {"/older": ago(days=3), **gone, **late})
        tally = poll(rooms)
        with reading(rooms.engine) as session:
            stored = {path for path in ("/a", "/b", "/c", "/d", "/older") if lookup.article(session, base + path)}
    assert tally.new == 3
    assert stored == {"/a", "/b", "/c", "/d"}


def test_a_feed_that_still_shows_something_known_has_not_overflowed(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    web.routes["/feed"] = rss(base, {"/a": ago(minutes=30)})
    pages(web, "/a", "/b")
    with opened(tmp_path, of(base, feed_of(base)), clock=clock) as rooms:
        poll(rooms)
        clock.forward(hours=3)
        # the outlet stamps every entry with the time at which the feed was made
        made = BEGIN + timedelta(hours=2)
        web.routes["/feed"] = rss(base, {"/b": made, "/a": made})
        assert poll(rooms).errors == []


def test_an_overflow_without_an_archive_is_told(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    web.routes["/feed"] = rss(base, {"/a": ago(minutes=30)})
    pages(web, "/a", "/b")
    with opened(tmp_path, of(base, feed_of(base)), clock=clock) as rooms:
        poll(rooms)
        clock.forward(hours=3)
        web.routes["/feed"] = rss(base, {"/b": BEGIN + timedelta(hours=2)})
        tally = poll(rooms)
    assert "newer than the last poll of 2025-02-12 18:00 UTC" in tally.errors[0]
    assert "entries may be missing" in tally.errors[0]
    assert tally.new == 1


def test_a_sitemap_index_is_followed_to_what_changed_since_the_last_poll(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    web.routes["/index.xml"] = index(base, {"/old.xml": ago(days=40), "/post-2.xml": ago(hours=1)})
    web.routes["/post-2.xml"] = sitemap(base, {"/a": ago(hours=1)})
    web.routes["/old.xml"] = sitemap(base, {"/x": ago(days=40)})
    pages(web, "/a", "/b")
    with opened(tmp_path, of(base, f'{{type: sitemap, url: "{base}/index.xml"}}'), clock=clock) as rooms:
        poll(rooms)
        clock.forward(hours=5)
        web.requests.clear()
        now = clock()
        web.routes["/index.xml"] = index(base, {"/old.xml": ago(days=40), "/post-2.xml": now})
        web.routes["/post-2.xml"] = sitemap(base, {"/a": ago(hours=1), "/b": now})
        assert poll(rooms).new == 1
    assert [call.path for call in web.requests if "xml" in call.path] == ["/index.xml", "/post-2.xml"]


def test_an_undated_sitemap_is_news_only_from_the_second_poll_on(web: Web, tmp_path: Path) -> None:
    base = web.url("")

    def plain(*paths: str) -> bytes:
        listed = "".join(f"<url><loc>{base}{path}</loc></url>" for path in paths)
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'.encode()

    web.routes["/map.xml"] = plain("/a", "/b")
    pages(web, "/a", "/b", "/c")
    with opened(tmp_path, of(base, f'{{type: sitemap, url: "{base}/map.xml"}}')) as rooms:
        assert (poll(rooms).new, poll(rooms).new) == (0, 0)
        web.routes["/map.xml"] = plain("/a", "/b", "/c")
        assert poll(rooms).new == 1


def test_a_sitemap_of_years_brings_only_the_last_days(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    web.routes["/map.xml"] = sitemap(base, {"/a": ago(hours=1), "/b": ago(days=300)})
    pages(web, "/a", "/b")
    with opened(tmp_path, of(base, f'{{type: sitemap, url: "{base}/map.xml"}}')) as rooms:
        assert (poll(rooms).new, poll(rooms).new) == (1, 0)


def test_one_broken_sitemap_of_an_index_does_not_cost_the_others(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    web.routes["/index.xml"] = index(base, {"/post-1.xml": ago(hours=1), "/post-2.xml": ago(hours=2)})
    web.routes["/post-2.xml"] = sitemap(base, {"/a": ago(hours=2)})
    pages(web, "/a")
    with opened(tmp_path, of(base, f'{{type: sitemap, url: "{base}/index.xml"}}')) as rooms:
        tally = poll(rooms)
    assert tally.new == 1
    assert f"{base}/post-1.xml: 404" in tally.errors[0]


def test_a_wordpress_route_pages_back_to_the_last_poll(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    stamps = {f"/p{n}": ago(hours=n) for n in range(1, 4)}
    pages(web, *stamps, "/p4", "/p5")

    def posts(call: object) -> Reply:
        query = getattr(call, "query", "")
        number = int(query.partition("&page=")[2] or 1) if "page=" in query.replace("per_page", "") else 1
        paths = sorted(stamps, key=lambda path: stamps[path], reverse=True)
        shown = paths[(number - 1) * 2 : number * 2]
        listed = [
            {
                "id": n,
                "date_gmt": stamps[path].strftime("%Y-%m-%dT%H:%M:%S"),
                "modified_gmt": stamps[path].strftime("%Y-%m-%dT%H:%M:%S"),
                "link": base + path,
                "title": {"rendered": f"Rutte on {path}"},
                "excerpt": {"rendered": "<p>On Ukraine</p>"},
            }
            for n, path in enumerate(shown)
        ]
        total = str((len(paths) + 1) // 2)
        return Reply(200, json.dumps(listed).encode(), {"content-type": "application/json", "x-wp-totalpages": total})

    web.routes["/wp-json/wp/v2/posts"] = posts
    with opened(tmp_path, of(base, f'{{type: wordpress, url: "{base}/wp-json/wp/v2/posts"}}'), clock=clock) as rooms:
        assert poll(rooms).new == 2  # a first poll takes what is new, not the archive
        clock.forward(hours=4)
        stamps |= {"/p4": BEGIN + timedelta(hours=1), "/p5": BEGIN + timedelta(hours=2)}
        tally = poll(rooms)
    assert tally.errors == []
    assert tally.new >= 2


def test_an_edited_telegram_text_is_a_revision_and_a_forward_names_its_origin(web: Web, tmp_path: Path) -> None:
    # the address of a Telegram route is fixed, so its reader is fed the page that t.me would give
    def shown(text: str) -> bytes:
        return (
            '<div class="tgme_channel_info_header_title"><span>General Staff</span></div>'
            '<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message" '
            'data-post="GeneralStaffZSU/7"><a class="tgme_widget_message_forwarded_from_name" '
            'href="https://t.me/wire/3">Wire</a><div class="tgme_widget_message_text js-message_text">'
            f'{text}</div><a class="tgme_widget_message_date" href="https://t.me/GeneralStaffZSU/7">'
            '<time datetime="2025-02-12T16:00:00+00:00"></time></a></div></div>'
        ).encode()

    first = telegram.parse(
        shown("Rutte spoke of Ukraine."), "https://t.me/s/GeneralStaffZSU", "GeneralStaffZSU", "wire"
    )
    assert first.entries[0].credit == "https://t.me/wire/3"
    with opened(tmp_path, of(web.url(""), feed_of(web.url("")))) as rooms:
        wire = source_of(rooms)
        for text, state in (("Rutte spoke of Ukraine.", "new"), ("Rutte spoke of Ukraine and Poland.", "revised")):
            listed = telegram.parse(shown(text), "https://t.me/s/GeneralStaffZSU", "GeneralStaffZSU", "wire")
            tally = _take(rooms, wire, listed.entries)
            assert getattr(tally, state) == 1


def _take(rooms: House, wire: Source, listed: tuple[object, ...]) -> Tally:
    tally = Tally(wire.id)
    with transaction(rooms.engine) as session:
        entries.remember(session, listed, Mode.LIVE, rooms.now())  # type: ignore[arg-type]
        waiting = entries.due(session, wire.id, rooms.now())
    pipeline.work(wire, waiting, rooms, tally)
    return tally


def test_a_busy_source_is_polled_as_often_as_wanted_and_a_quiet_one_seldom(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    busy = {f"/a{n}": ago(minutes=4 * n) for n in range(1, 30)}
    pages(web, *busy, "/w0", "/w1", "/w2")
    web.routes["/feed"] = rss(base, busy)
    intervals = []
    for name, listed in (("busy", busy), ("quiet", {f"/w{n}": ago(days=7 * n) for n in range(3)})):
        web.routes["/feed"] = rss(base, listed)
        (tmp_path / name).mkdir()
        with opened(tmp_path / name, of(base, feed_of(base))) as rooms:
            poll(rooms)
            with reading(rooms.engine) as session:
                state = sources.states(session)["wire"]
            assert state.next_poll_at is not None
            intervals.append(state.next_poll_at - BEGIN)
    assert intervals[0] == timedelta(minutes=5)
    assert timedelta(hours=1) < intervals[1] <= timedelta(days=1)


def test_a_source_that_asks_for_patience_gets_it(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    web.routes["/feed"] = Reply(503, b"", {"retry-after": "5400"})
    with opened(tmp_path, of(base, feed_of(base))) as rooms:
        poll(rooms)
        with reading(rooms.engine) as session:
            state = sources.states(session)["wire"]
    assert state.next_poll_at == datetime(2025, 2, 12, 18, tzinfo=UTC) + timedelta(seconds=5400)


def test_a_poll_of_an_unchanged_feed_is_one_request_with_validators(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    web.routes["/robots.txt"] = b"User-agent: *\nDisallow: /private\n"
    body = rss(base, {"/a": ago(minutes=5)})
    pages(web, "/a")
    web.routes["/feed"] = lambda call: (
        Reply(304) if call.headers.get("if-none-match") == '"1"' else Reply(200, body, {"etag": '"1"'})
    )
    for outcome in ("fetched", "not_modified"):  # each opens the house anew, as every flow run does
        web.requests.clear()
        with opened(tmp_path, of(base, feed_of(base))) as rooms:
            assert poll(rooms).outcome == outcome
    assert [(call.path, call.headers["if-none-match"]) for call in web.requests] == [("/feed", '"1"')]


def test_a_rule_that_broke_is_told_until_it_works_again(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    web.routes["/feed"] = rss(base, {"/a": ago(minutes=5)})
    pages(web, "/a", "/b")
    with opened(tmp_path, of(base, feed_of(base), article='{body: "div.story"}'), clock=clock) as rooms:
        assert poll(rooms).new == 1  # by the generic way
        with reading(rooms.engine) as session:
            assert f"{base}/a: " in sources.states(session)["wire"].rule_error
        web.routes["/feed"] = rss(base, {"/b": ago(minutes=1), "/a": ago(minutes=5)})
        web.routes["/b"] = page("Second", f'<div class="story">{BODY.replace("Brussels", "Bonn")}</div>')
        poll(rooms)
        with reading(rooms.engine) as session:
            assert sources.states(session)["wire"].rule_error == ""
