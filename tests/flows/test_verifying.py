"""Routes judged by what they hold, against a real server with every fault."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flows import verifying
from flows.house import House
from flows.judging import Check, Judged
from scrapers.errors import FetchError, FetchOutcome
from storage import health
from storage.engine import reading
from storage.health import Health
from tests.flows import rooms
from tests.servers import Reply, Web, redirect, silent

CHALLENGE = (
    b"<html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies to continue"
    b"</noscript><script>window._cf_chl_opt={}</script></body></html>"
)
SHELL = b"<html><head><title>Wire</title></head><body><div id='root'></div><script src='/a.js'></script></body></html>"
EMPTY = b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>'


@pytest.fixture
def web() -> Iterator[Web]:
    with Web({"/robots.txt": b"User-agent: *\nDisallow: /closed/\n"}) as server:
        server.routes["/feed"] = rooms.feed(server.url(""), "/a/first-story-of-the-day", "/a/second-story-of-the-day")
        for number, path in enumerate(("/a/first-story-of-the-day", "/a/second-story-of-the-day")):
            server.routes[path] = rooms.page(f"Rutte names condition {number}")
        yield server


def judge(web: Web, folder: Path, *routes: str, extra: str = "", days: int = 0) -> list[Judged]:
    """What becomes of one source with these routes."""
    with rooms.opened(folder, entry("wire", web, *routes, extra=extra)) as house:
        return verifying.verify(house.configuration.catalogue.sources, house, days)


def entry(name: str, web: Web, *routes: str, extra: str = "") -> str:
    listed = "".join(f"      - {route}\n" for route in routes)
    return f"  - id: {name}\n    name: {name}\n    homepage: {web.url()}\n{extra}    routes:\n{listed}"


def feed(web: Web, path: str = "/feed") -> str:
    return f'{{type: feed, url: "{web.url(path)}"}}'


def old(web: Web, days: int) -> bytes:
    return rooms.feed(web.url(""), "/a/first-story-of-the-day").replace(
        b"12 Feb 2025", f"{12 - days:02} Feb 2025".encode()
    )


def only(judged: list[Judged]) -> Judged:
    assert len(judged) == 1
    return judged[0]


def test_a_fresh_feed_whose_articles_can_be_read_is_ok(web: Web, tmp_path: Path) -> None:
    found = only(judge(web, tmp_path, feed(web)))
    assert found.health is Health.OK, found.reason
    assert (found.entries, found.dated, found.tried, found.read) == (2, 2, 2, 2)
    assert found.words > 60
    assert found.newest is not None
    assert found.newest.isoformat() == "2025-02-12T14:00:00+00:00"


def test_at_most_three_articles_are_read_the_newest_first(web: Web, tmp_path: Path) -> None:
    paths = [f"/a/story-number-{number}-of-many" for number in range(9)]
    listed = rooms.feed(web.url(""), *paths).decode().split("<pubDate>")
    web.routes["/feed"] = "<pubDate>".join(
        part if not number else part.replace("16:00", f"{number:02}:00") for number, part in enumerate(listed)
    ).encode()
    for path in paths:
        web.routes[path] = rooms.page()
    assert only(judge(web, tmp_path, feed(web))).read == 3
    assert {call.path for call in web.requests if call.path in paths} == set(paths[-3:])


def test_routes_of_one_source_share_what_was_read(web: Web, tmp_path: Path) -> None:
    web.routes["/other"] = web.routes["/feed"]
    judged = judge(web, tmp_path, feed(web), feed(web, "/other"))
    assert [one.health for one in judged] == [Health.OK, Health.OK]
    assert len(web.asked("/a/first-story-of-the-day")) == 1


@pytest.mark.parametrize(
    ("answer", "health", "says"),
    [
        (Reply(404), Health.DEAD, "404"),
        (Reply(410), Health.DEAD, "410"),
        (Reply(403), Health.BLOCKED, "403"),
        (Reply(403, headers={"cf-mitigated": "challenge"}), Health.CHALLENGE, "check for robots"),
        (Reply(500), Health.UNREACHABLE, "may pass"),
        (Reply(429, headers={"Retry-After": "9"}), Health.UNREACHABLE, "429"),
        (b"", Health.NOT_A_FEED, "empty"),
        (rooms.page("All our feeds"), Health.NOT_A_FEED, "All our feeds"),
        (CHALLENGE, Health.CHALLENGE, "challenge"),
        (SHELL, Health.NOT_A_FEED, "HTML page"),
        (EMPTY, Health.EMPTY, "lists nothing"),
    ],
)
def test_an_answer_without_entries_is_told_for_what_it_is(
    web: Web, tmp_path: Path, answer: bytes | Reply, health: Health, says: str
) -> None:
    web.routes["/feed"] = answer
    found = only(judge(web, tmp_path, feed(web)))
    assert (found.health, found.read) == (health, 0), found.reason
    assert says in found.reason
    assert "\n" not in found.reason


def test_an_old_feed_is_stale_and_its_articles_are_left_alone(web: Web, tmp_path: Path) -> None:
    web.routes["/feed"] = old(web, 8)
    found = only(judge(web, tmp_path, feed(web)))
    assert (found.health, found.tried) == (Health.STALE, 0)
    assert "8 days old" in found.reason
    assert web.asked("/a/first-story-of-the-day") == []


def test_who_publishes_seldom_has_a_month_unless_days_are_named(web: Web, tmp_path: Path) -> None:
    web.routes["/feed"] = old(web, 8)
    extra = "    kind: think-tank\n"
    assert only(judge(web, tmp_path, feed(web), extra=extra)).health is Health.OK
    assert only(judge(web, tmp_path, feed(web), extra=extra, days=7)).health is Health.STALE


def test_a_date_in_the_future_makes_no_old_feed_fresh(web: Web, tmp_path: Path) -> None:
    listed = rooms.feed(web.url(""), "/a/first-story-of-the-day", "/a/second-story-of-the-day")
    web.routes["/feed"] = listed.replace(b"12 Feb 2025", b"12 Jan 2025", 1).replace(b"12 Feb 2025", b"12 Feb 2031", 1)
    assert only(judge(web, tmp_path, feed(web))).health is Health.STALE


def test_a_feed_without_times_is_undated(web: Web, tmp_path: Path) -> None:
    web.routes["/feed"] = rooms.feed(web.url(""), "/a/first-story-of-the-day").replace(b"pubDate", b"when")
    found = only(judge(web, tmp_path, feed(web)))
    assert (found.health, found.dated) == (Health.UNDATED, 0)
    assert "the articles do" in found.reason


def test_a_listing_needs_no_times_where_its_articles_tell_theirs(web: Web, tmp_path: Path) -> None:
    web.routes["/"] = b'<html><body><h2><a href="/a/first-story-of-the-day">First story</a></h2></body></html>'
    found = only(judge(web, tmp_path, f'{{type: listing, url: "{web.url()}", links: "h2 a"}}'))
    assert (found.health, found.dated) == (Health.OK, 0), found.reason
    assert found.newest is not None


def test_a_listing_of_old_articles_is_stale(web: Web, tmp_path: Path) -> None:
    web.routes["/"] = b'<html><body><h2><a href="/a/first-story-of-the-day">First story</a></h2></body></html>'
    web.routes["/a/first-story-of-the-day"] = rooms.page(published="2024-02-12T16:00:00+02:00")
    found = only(judge(web, tmp_path, f'{{type: listing, url: "{web.url()}", links: "h2 a"}}'))
    assert found.health is Health.STALE


@pytest.mark.parametrize("answer", [SHELL, CHALLENGE, Reply(403), Reply(404), b"%PDF-1.4"])
def test_a_feed_whose_articles_cannot_be_read_has_none(web: Web, tmp_path: Path, answer: bytes | Reply) -> None:
    for path in ("/a/first-story-of-the-day", "/a/second-story-of-the-day"):
        web.routes[path] = answer
    found = only(judge(web, tmp_path, feed(web)))
    assert (found.health, found.tried, found.read) == (Health.NO_ARTICLES, 2, 0)
    assert "/a/" in found.reason


def test_one_article_that_fails_is_told_and_the_feed_stays_ok(web: Web, tmp_path: Path) -> None:
    web.routes["/a/first-story-of-the-day"] = Reply(404)
    found = only(judge(web, tmp_path, feed(web)))
    assert found.health is Health.OK
    assert "1 of 2" in found.reason


def test_a_feed_that_moved_for_good_works_and_says_where_to(web: Web, tmp_path: Path) -> None:
    web.routes["/old"] = redirect(web.url("/feed"), 301)
    found = only(judge(web, tmp_path, feed(web, "/old")))
    assert (found.health, found.read) == (Health.MOVED, 2)
    assert web.url("/feed") in found.reason
    assert verifying.lost([found]) == []


def test_a_redirect_for_now_is_no_move(web: Web, tmp_path: Path) -> None:
    web.routes["/old"] = redirect(web.url("/feed"), 302)
    assert only(judge(web, tmp_path, feed(web, "/old"))).health is Health.OK


def test_a_feed_that_moved_to_a_page_is_no_feed_and_says_where(web: Web, tmp_path: Path) -> None:
    web.routes |= {"/old": redirect(web.url("/front"), 301), "/front": rooms.page()}
    found = only(judge(web, tmp_path, feed(web, "/old")))
    assert found.health is Health.NOT_A_FEED
    assert web.url("/front") in found.reason


def test_what_robots_txt_disallows_is_told_and_not_asked(web: Web, tmp_path: Path) -> None:
    found = only(judge(web, tmp_path, feed(web, "/closed/feed")))
    assert found.health is Health.DISALLOWED
    assert "robots.txt" in found.reason
    assert web.asked("/closed/feed") == []


def test_a_server_that_is_not_there_is_unreachable(web: Web, tmp_path: Path) -> None:
    with Web() as gone:
        address = feed(gone)
    found = only(judge(web, tmp_path, address))
    assert found.health is Health.UNREACHABLE


def test_backfill_routes_are_asked_for_a_past_day(web: Web, tmp_path: Path) -> None:
    web.routes["/archive/2025-02-10"] = (
        b'<html><body><h2><a href="/a/first-story-of-the-day">First</a></h2></body></html>'
    )
    url = web.url("/archive/{year}-{month:02}-{day:02}")
    extra = f'    backfill: [{{type: archive, url: "{url}", links: "h2 a"}}]\n'
    live, past = judge(web, tmp_path, feed(web), extra=extra)
    assert (live.is_live, past.is_live, past.health) == (True, False, Health.OK), past.reason
    assert past.url == url


def test_a_dead_backfill_does_not_make_a_source_lost(web: Web, tmp_path: Path) -> None:
    extra = f'    backfill: [{{type: sitemap, url: "{web.url("/none.xml")}"}}]\n'
    judged = judge(web, tmp_path, feed(web), extra=extra)
    assert [one.health for one in judged] == [Health.OK, Health.DEAD]
    assert verifying.lost(judged) == []


def both(web: Web, folder: Path) -> Iterator[House]:
    text = entry("bad", web, feed(web, "/none")) + entry("good", web, feed(web))
    with rooms.opened(folder, text) as house:
        yield house


def test_a_broken_source_costs_no_other_and_all_is_stored(web: Web, tmp_path: Path) -> None:
    heard: list[str] = []
    for house in both(web, tmp_path):
        judged = verifying.verify(
            house.configuration.catalogue.sources, house, tell=lambda one: heard.append(one.source)
        )
        with reading(house.engine) as session:
            stored = health.of_sources(session)
        assert [(one.source, one.health) for one in judged] == [("bad", Health.DEAD), ("good", Health.OK)]
        assert verifying.lost(judged) == ["bad"]
        assert sorted(heard) == ["bad", "good"]
        assert {name: found[0].health for name, found in stored.items()} == {"bad": Health.DEAD, "good": Health.OK}
        assert stored["good"][0].verified_at == house.now()
        assert json.dumps(verifying.row(judged[1]), default=str)


def test_what_servers_write_is_inert_in_the_table(web: Web, tmp_path: Path) -> None:
    web.routes["/feed"] = rooms.page("Feeds | &lt;img src=x&gt; [a](javascript:1)")
    table = verifying.markdown(judge(web, tmp_path, feed(web)))
    last = table.splitlines()[-1]
    assert "<img" not in last.replace("\\<img", "")
    assert "\\[a\\]" in last
    assert len(last.replace("\\|", "").split("|")) == 7


def test_a_silent_server_is_unreachable_and_the_others_are_judged(web: Web, tmp_path: Path) -> None:
    web.routes["/feed"] = silent
    web.routes["/other"] = EMPTY
    with rooms.opened(tmp_path, entry("wire", web, feed(web), feed(web, "/other"))) as house:
        house.http._deadline = 0.5
        judged = verifying.verify(house.configuration.catalogue.sources, house)
    assert [one.health for one in judged] == [Health.UNREACHABLE, Health.EMPTY]


@pytest.mark.parametrize(
    ("number", "health"), [(socket.EAI_NONAME, Health.DEAD), (socket.EAI_AGAIN, Health.UNREACHABLE)]
)
def test_a_host_that_does_not_exist_is_dead_and_one_that_cannot_be_looked_up_now_is_not(
    web: Web, tmp_path: Path, number: int, health: Health
) -> None:
    with rooms.opened(tmp_path, entry("wire", web, feed(web))) as house:
        wire = house.configuration.catalogue.sources[0]
        refused = FetchError("https://a.example/: gaierror", FetchOutcome.UNREACHABLE, retryable=True)
        refused.__cause__ = OSError("wrapped")
        refused.__cause__.__cause__ = socket.gaierror(number, "no such name")
        check = Check(wire, house, timedelta(days=7))
        assert check._refused(wire.routes[0], refused).health is health
