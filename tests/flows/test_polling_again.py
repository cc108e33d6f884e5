"""What a later poll asks for again: pages behind validators, gaps that could not be read, pages that failed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts.model import Mode
from flows import backfilling
from flows.house import House
from scrapers.source import RouteType
from storage import entries, health, lookup, routes, sources
from storage.engine import reading, transaction
from storage.health import Health, RouteHealth
from storage.sources import State
from tests.flows.rooms import BEGIN, BODY, Clock, opened, page
from tests.flows.test_polling import ago, feed_of, of, pages, poll, rss, sitemap, source_of
from tests.servers import Call, Reply, Web


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server


def tagged(body: Callable[[], bytes]) -> Callable[[Call], Reply]:
    """What a server with validators answers."""

    def answer(call: Call) -> Reply:
        shown = body()
        tag = f'"{hashlib.sha256(shown).hexdigest()}"'
        return Reply(304) if call.headers.get("if-none-match") == tag else Reply(200, shown, {"etag": tag})

    return answer


def state_of(rooms: House) -> State:
    with reading(rooms.engine) as session:
        found = sources.state(session, "wire")
    assert found is not None
    return found


def is_stored(rooms: House, url: str) -> bool:
    with reading(rooms.engine) as session:
        return lookup.article(session, url) is not None


def test_an_empty_feed_that_is_not_modified_still_gives_way_to_the_next_route(web: Web, tmp_path: Path) -> None:
    base, listed = web.url(""), {"/a": ago(hours=1)}
    web.routes["/feed"] = tagged(lambda: rss(base, {}))
    web.routes["/map.xml"] = tagged(lambda: sitemap(base, listed))
    pages(web, "/a", "/b")
    with opened(tmp_path, of(base, feed_of(base), f'{{type: news-sitemap, url: "{base}/map.xml"}}')) as rooms:
        assert poll(rooms).new == 1
        listed["/b"] = ago(minutes=1)
        assert poll(rooms).new == 1


def test_what_is_new_behind_an_unchanged_index_of_news_sitemaps_is_found(web: Web, tmp_path: Path) -> None:
    base, listed = web.url(""), {"/a": ago(hours=1)}
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    index = f"<sitemapindex {space}><sitemap><loc>{base}/news.xml</loc></sitemap></sitemapindex>".encode()
    web.routes["/index.xml"] = tagged(lambda: index)
    web.routes["/news.xml"] = tagged(lambda: sitemap(base, listed))
    pages(web, "/a", "/b")
    with opened(tmp_path, of(base, f'{{type: news-sitemap, url: "{base}/index.xml"}}')) as rooms:
        assert poll(rooms).new == 1
        listed["/b"] = ago(minutes=1)
        assert poll(rooms).new == 1


@pytest.mark.parametrize("verified", [(), (RouteType.SITEMAP,)])
def test_a_page_is_read_again_when_its_route_gets_another_type(
    web: Web, tmp_path: Path, verified: tuple[RouteType, ...]
) -> None:
    base = web.url("")
    web.routes["/list"] = tagged(lambda: rss(base, {"/a": ago(hours=1)}))
    pages(web, "/a")
    with opened(tmp_path, of(base, feed_of(base, "/list"))) as rooms:
        assert poll(rooms).new == 1
        for kind in verified:  # the night before the next poll
            seen = RouteHealth(f"{base}/list", kind, Health.OK, "", None, rooms.now())
            with transaction(rooms.engine) as session:
                health.keep(session, "wire", [seen])
    with opened(tmp_path, of(base, f'{{type: sitemap, url: "{base}/list"}}')) as rooms:
        assert [poll(rooms).outcome, poll(rooms).outcome] == ["fetched", "not_modified"]


@pytest.mark.parametrize("late", [Reply(503), {}, {"/x": timedelta(minutes=-30)}])
def test_a_gap_is_closed_when_the_sitemap_comes_late(
    web: Web, tmp_path: Path, late: Reply | dict[str, timedelta]
) -> None:
    base, clock = web.url(""), Clock()
    web.routes["/feed"] = rss(base, {"/a": ago(minutes=30)})
    pages(web, "/a", "/b", "/d", "/x")
    listed = of(base, feed_of(base), backfill=f'[{{type: sitemap, url: "{base}/map.xml"}}]')
    with opened(tmp_path, listed, clock=clock) as rooms:
        poll(rooms)
        clock.forward(hours=3)
        shown = {"/d": BEGIN + timedelta(hours=2, minutes=50)}
        web.routes["/feed"] = tagged(lambda: rss(base, shown))
        answered = late if isinstance(late, Reply) else sitemap(base, {path: BEGIN + at for path, at in late.items()})
        web.routes["/map.xml"] = answered
        first = poll(rooms)
        assert first.new == 1
        assert "everything listed is newer than the last poll" in first.errors[0]
        clock.forward(minutes=10)
        web.routes["/map.xml"] = sitemap(base, {"/b": BEGIN + timedelta(hours=1), **shown})
        second = poll(rooms)
        assert (second.new, second.errors) == (1, [])
        assert poll(rooms).outcome == "not_modified"


def test_a_sitemap_that_never_comes_is_asked_for_a_day(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    web.routes["/feed"] = rss(base, {"/a": ago(minutes=30)})
    web.routes["/map.xml"] = Reply(503)
    pages(web, "/a", "/d")
    listed = of(base, feed_of(base), backfill=f'[{{type: sitemap, url: "{base}/map.xml"}}]')
    with opened(tmp_path, listed, clock=clock) as rooms:
        poll(rooms)
        clock.forward(hours=3)
        web.routes["/feed"] = rss(base, {"/d": BEGIN + timedelta(hours=2, minutes=50)})
        poll(rooms)
        assert state_of(rooms).last_ok_at == BEGIN
        clock.forward(hours=25)
        assert "entries may be missing" in poll(rooms).errors[-1]
        assert poll(rooms).errors == []


def test_a_stale_route_does_not_hide_what_the_broken_one_would_have_shown(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    web.routes["/feed"] = rss(base, {"/a": ago(minutes=30)})
    web.routes["/stale"] = rss(base, {"/old": ago(days=100)})
    web.routes["/map.xml"] = sitemap(base, {"/b": BEGIN + timedelta(hours=1), "/d": BEGIN + timedelta(hours=5)})
    pages(web, "/a", "/b", "/d", "/old")
    extra = f'[{{type: sitemap, url: "{base}/map.xml"}}]'
    with opened(tmp_path, of(base, feed_of(base), feed_of(base, "/stale"), backfill=extra), clock=clock) as rooms:
        poll(rooms)
        web.routes["/feed"] = Reply(403)
        for _ in range(4):
            clock.forward(hours=1)
            poll(rooms)
        clock.forward(hours=13)
        web.routes["/feed"] = rss(base, {"/d": BEGIN + timedelta(hours=5)})
        poll(rooms)
        assert is_stored(rooms, f"{base}/b")


def test_a_page_that_failed_is_tried_again_long_before_a_quiet_source_is_polled(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    quiet = {f"/w{n}": ago(days=7 * n) for n in range(3)}
    pages(web, *quiet)
    web.routes["/w0"] = Reply(503)
    web.routes["/feed"] = tagged(lambda: rss(base, quiet))
    with opened(tmp_path, of(base, feed_of(base)), clock=clock) as rooms:
        poll(rooms)
        assert state_of(rooms).next_poll_at == BEGIN + timedelta(minutes=5)
        clock.forward(minutes=5)
        pages(web, "/w0")
        assert poll(rooms).revised == 1  # what the feed told became whole
        then = state_of(rooms).next_poll_at
        assert then is not None
        assert then > clock() + timedelta(hours=1)


def test_pages_that_had_to_wait_their_turn_do_not_wait_for_the_next_poll_of_a_quiet_source(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.pipeline.MOST_PAGES", 2)
    base = web.url("")
    quiet = {f"/w{n}": ago(days=7 * n) for n in range(3)}
    pages(web, *quiet)
    web.routes["/feed"] = rss(base, quiet)
    with opened(tmp_path, of(base, feed_of(base))) as rooms:
        assert poll(rooms).new == 2
        assert state_of(rooms).next_poll_at == BEGIN + timedelta(minutes=5)


def test_a_backfill_does_not_slow_a_busy_source(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    busy = {f"/a{n}": ago(minutes=4 * n) for n in range(1, 12)}
    past = {f"/o{n}": ago(days=200 + n) for n in range(60)}
    pages(web, *busy)
    for path, when in past.items():
        web.routes[path] = page(f"Rutte on {path}", BODY.replace("Brussels", path), when.isoformat())
    web.routes["/feed"] = tagged(lambda: rss(base, busy))
    web.routes["/map.xml"] = sitemap(base, past)
    listed = of(base, feed_of(base), backfill=f'[{{type: sitemap, url: "{base}/map.xml"}}]')
    with opened(tmp_path, listed) as rooms:
        poll(rooms)
        asked = backfilling.Asked(backfilling.window(ago(days=270).date(), ago(days=190).date(), BEGIN.date()))
        looked = backfilling.look(source_of(rooms), asked, rooms)
        brought = [one for chunk in looked.chunks for one in backfilling.bring(chunk, asked, rooms)]
        assert sum(one.new for one in brought) == 60
        poll(rooms)
        assert state_of(rooms).next_poll_at == BEGIN + timedelta(minutes=5)


def test_an_old_page_that_a_sitemap_lists_as_changed_alerts_nobody(web: Web, tmp_path: Path) -> None:
    base, clock = web.url(""), Clock()
    changed = {"/old": ago(days=900), "/new": ago(hours=1)}

    def listed(_: Call) -> bytes:
        rows = "".join(
            f"<url><loc>{base}{path}</loc><lastmod>{when.isoformat()}</lastmod></url>" for path, when in changed.items()
        )
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode()

    web.routes["/map.xml"] = listed
    pages(web, "/new")
    web.routes["/old"] = page("Rutte of old", BODY, "2019-02-12T16:00:00+02:00")
    with opened(tmp_path, of(base, f'{{type: sitemap, url: "{base}/map.xml"}}'), clock=clock) as rooms:
        assert poll(rooms).matched == 1
        clock.forward(hours=1)
        changed["/old"] = clock()
        assert poll(rooms).new == 1
        with reading(rooms.engine) as session:
            modes = {match["mode"] for match in lookup.all_matches(session, None)}
        assert modes == {Mode.LIVE, Mode.BACKFILL}


def test_a_time_in_the_future_is_nobodys(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    web.routes["/feed"] = rss(base, {"/a": BEGIN + timedelta(days=900), "/b": ago(days=20)})
    pages(web, "/a", "/b")
    with opened(tmp_path, of(base, feed_of(base))) as rooms:
        for _ in range(2):
            poll(rooms)
        with reading(rooms.engine) as session:
            known = routes.known(session, "wire", [f"{base}/feed"])[f"{base}/feed"]
            came: list[datetime] = entries.arrivals(session, "wire", 10)
    assert known.newest_at == ago(days=20)
    assert came == [BEGIN, ago(days=20)]


def test_a_killed_run_does_not_leave_its_pages_to_the_next_poll_of_a_quiet_source(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, clock = web.url(""), Clock()
    quiet = {f"/w{n}": ago(days=7 * n) for n in range(3)}
    pages(web, *quiet)
    web.routes["/feed"] = tagged(lambda: rss(base, quiet))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with opened(tmp_path, of(base, feed_of(base)), clock=clock) as rooms:
        with monkeypatch.context() as patched:
            patched.setattr("flows.pipeline.work", killed)
            with pytest.raises(KeyboardInterrupt):
                poll(rooms)
        assert state_of(rooms).next_poll_at == BEGIN + timedelta(minutes=5)
        assert poll(rooms).new == 3


def test_a_source_that_is_wanted_once_a_week_is_polled_once_a_week(web: Web, tmp_path: Path) -> None:
    base = web.url("")
    web.routes["/feed"] = rss(base, {"/a": ago(minutes=30)})
    pages(web, "/a")
    with opened(tmp_path, of(base, feed_of(base), every="7d")) as rooms:
        poll(rooms)
        assert state_of(rooms).next_poll_at == BEGIN + timedelta(days=7)
