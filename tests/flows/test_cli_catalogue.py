"""`varta sources verify | add | import | export`: output, exit status, and that it can be read back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import yaml

from scrapers import source
from scrapers.routes import opml
from scrapers.source import RouteType, Source, SourceKind
from tests.flows import rooms
from tests.flows.test_cli import Varta
from tests.servers import Reply, Web

PATHS = tuple(f"/news/2025/rutte-names-condition-number-{number}" for number in range(4))


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        server.routes["/feed.rss"] = fresh(server)
        server.routes |= {
            path: rooms.page(f"Rutte names condition {path[-1]}", published=datetime.now(UTC).isoformat())
            for path in PATHS
        }
        yield server


@pytest.fixture
def varta(tmp_path: Path) -> Varta:
    return Varta(tmp_path, {"VARTA_ALLOW_HOSTS": "127.0.0.1"})


def fresh(web: Web) -> bytes:
    """A feed of an hour ago: commands live by the real clock."""
    told = format_datetime(datetime.now(UTC) - timedelta(hours=1))
    return rooms.feed(web.url(""), *PATHS).replace(b"Wed, 12 Feb 2025 16:00:00 +0200", told.encode())


def front(head: str = "", body: str = "", name: str = "Kyiv Wire") -> bytes:
    site = f'<meta property="og:site_name" content="{name}">'
    return f'<!doctype html><html lang="en-GB"><head>{site}{head}</head><body>{body}</body></html>'.encode()


def configure(varta: Varta, sources: str) -> None:
    config = varta.folder / "config"
    config.mkdir()
    (config / "sources.yaml").write_text(f"sources:\n{sources}", encoding="utf-8")


def loaded(varta: Varta, text: str) -> tuple[Source, ...]:
    """What the loader makes of a printed sources.yaml; it must not complain."""
    path = varta.folder / "printed.yaml"
    path.write_text(text, encoding="utf-8")
    found = source.load(path)
    assert found.problems == ()
    return found.sources


def added(varta: Varta, url: str, *words: str) -> Source:
    return loaded(varta, varta("sources", "add", url, *words).stdout)[0]


def test_verify_tells_each_route_and_names_the_lost_source(varta: Varta, web: Web) -> None:
    configure(varta, rooms.source("good", web.url(""), path="/feed.rss") + rooms.source("bad", web.url(""), path="/no"))
    ended = varta("sources", "verify", expect=1)
    assert "bad: no live route is healthy" in ended.stderr
    assert "good: no live route" not in ended.stderr
    rows = {row["source"]: row for row in varta.json("sources", "verify", expect=1)}
    assert {name: (row["route"], row["health"], row["entries"]) for name, row in rows.items()} == {
        "good": ("feed", "ok", 4),
        "bad": ("feed", "dead", 0),
    }
    assert rows["good"]["articles"] == 3
    assert "404" in rows["bad"]["reason"]
    lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]  # fits 80 columns, the reason below
    assert any(line.startswith("good feed ok ") and line.endswith(" 4 3/3") for line in lines)
    assert [line for line in lines if line.startswith("!")] == [
        f"! bad: feed {web.url('/no')}: dead: {rows['bad']['reason']}"
    ]


def test_verify_takes_ids_and_list_shows_what_it_found(varta: Varta, web: Web) -> None:
    configure(varta, rooms.source("good", web.url(""), path="/feed.rss") + rooms.source("bad", web.url(""), path="/no"))
    assert [row["source"] for row in varta.json("sources", "verify", "good")] == ["good"]
    assert "no source is called `god`; did you mean `good`?" in varta("sources", "verify", "god", expect=2).stderr
    listed = {row["id"]: row["routes"][0] for row in varta.json("sources", "list")}
    assert listed["good"]["health"] == "ok"
    assert listed["good"]["verified"]
    assert listed["good"]["newest"]
    assert (listed["bad"]["health"], listed["bad"]["verified"]) == ("", None)
    assert "good outlet not polled 0 1/1" in " ".join(varta("sources", "list").stdout.split())


def test_verify_counts_the_days_that_are_asked_for(varta: Varta, web: Web) -> None:
    web.routes["/feed.rss"] = rooms.feed(web.url(""), *PATHS)
    configure(varta, rooms.source("wire", web.url(""), path="/feed.rss"))
    assert [row["health"] for row in varta.json("sources", "verify", expect=1)] == ["stale"]
    assert [row["health"] for row in varta.json("sources", "verify", "--days", "3650")] == ["ok"]
    varta("sources", "verify", "--days", "0", expect=2)


def test_add_finds_the_feed_that_a_page_names(varta: Varta, web: Web) -> None:
    web.routes["/"] = front('<link rel="alternate" type="application/rss+xml" href="/feed.rss">')
    found = added(varta, web.url())
    assert (found.id, found.name, found.language) == ("kyiv-wire", "Kyiv Wire", "en")
    assert (found.kind, found.topics) == (SourceKind.OUTLET, "required")
    assert [(route.type, route.url) for route in found.routes] == [(RouteType.FEED, web.url("/feed.rss"))]
    assert not web.asked("/rss.xml")  # no guess where the page says it


def test_add_guesses_where_nothing_is_named_but_not_for_long(varta: Varta, web: Web) -> None:
    web.routes |= {"/": front(), "/atom.xml": fresh(web)}
    assert [route.url for route in added(varta, web.url()).routes] == [web.url("/atom.xml")]
    guessed = {call.path for call in web.requests} - {"/", "/robots.txt", *PATHS}
    assert len(guessed) <= 10


def test_add_passes_over_a_feed_that_is_named_and_dead(varta: Varta, web: Web) -> None:
    named = "".join(f'<link rel="alternate" type="application/rss+xml" href="{p}">' for p in ("/dead", "/feed.rss"))
    web.routes["/"] = front(named)
    printed = varta("sources", "add", web.url()).stdout
    assert [route.url for route in loaded(varta, printed)[0].routes] == [web.url("/feed.rss")]
    assert f"# - feed {web.url('/dead')}: dead" in printed


def test_add_finds_sitemaps_listings_and_wordpress_behind_the_feed(varta: Varta, web: Web) -> None:
    now = datetime.now(UTC).isoformat()
    rows = "".join(
        f"<url><loc>{web.url(path)}</loc><n:news><n:publication_date>{now}</n:publication_date>"
        "<n:title>Rutte</n:title></n:news></url>"
        for path in PATHS
    )
    space = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    )
    web.routes["/maps/news.xml"] = f'<?xml version="1.0"?><urlset {space}>{rows}</urlset>'.encode()
    index = f"<sitemapindex {space}><sitemap><loc>{web.url('/maps/news.xml')}</loc></sitemap></sitemapindex>"
    web.routes["/index"] = f'<?xml version="1.0"?>{index}'.encode()
    web.routes["/robots.txt"] = f"User-agent: *\nAllow: /\nSitemap: {web.url('/index')}\n".encode()
    cards = "".join(f'<div class="card"><h3><a href="{p}">Rutte names one more condition</a></h3></div>' for p in PATHS)
    web.routes["/"] = front('<link rel="alternate" type="application/rss+xml" href="/feed.rss">', cards)
    routes = added(varta, web.url()).routes
    assert [route.type for route in routes] == [RouteType.FEED, RouteType.NEWS_SITEMAP, RouteType.LISTING]
    assert routes[1].url == web.url("/maps/news.xml")
    assert routes[2].links


def test_add_takes_the_address_of_a_feed_itself(varta: Varta, web: Web) -> None:
    web.routes["/"] = front(name="Лінія фронту")
    found = added(varta, web.url("/feed.rss"))
    assert (found.id, found.homepage) == ("liniia-frontu", web.url())
    assert [route.url for route in found.routes] == [web.url("/feed.rss")]


def test_add_keeps_ids_apart(varta: Varta, web: Web) -> None:
    web.routes["/"] = front('<link rel="alternate" type="application/rss+xml" href="/feed.rss">')
    configure(varta, rooms.source("kyiv-wire", web.url("")))
    ended = varta("sources", "add", web.url())
    assert loaded(varta, ended.stdout)[0].id == "kyiv-wire-2"
    assert "`kyiv-wire` of the catalogue is of the same host" in ended.stderr
    assert added(varta, web.url(), "--id", "mine").id == "mine"
    assert "called `kyiv-wire` already" in varta("sources", "add", web.url(), "--id", "kyiv-wire", expect=2).stderr
    assert "no slug" in varta("sources", "add", web.url(), "--id", "No Slug", expect=2).stderr


def test_add_says_what_it_tried_where_nothing_is_usable(varta: Varta, web: Web) -> None:
    web.routes["/"] = front()
    ended = varta("sources", "add", web.url(), expect=1)
    assert "no route works" in ended.stderr
    assert f"feed {web.url('/rss.xml')}: dead" in ended.stderr
    assert ended.stdout == ""
    web.routes["/"] = Reply(403)
    assert "403" in varta("sources", "add", web.url(), expect=1).stderr
    assert "no web address" in varta("sources", "add", "ftp://a.example/", expect=2).stderr


def test_add_tells_programs_the_entry_and_what_it_judged(varta: Varta, web: Web) -> None:
    web.routes["/"] = front('<link rel="alternate" type="application/rss+xml" href="/feed.rss">')
    told = varta.json("sources", "add", web.url())
    assert told["entry"]["routes"] == [{"type": "feed", "url": web.url("/feed.rss")}]
    assert "ok" in [row["health"] for row in told["judged"]]
    assert loaded(varta, yaml.safe_dump({"sources": [told["entry"]]}))


def outlines(*rows: str) -> str:
    return f'<opml version="2.0">\n<body>\n{chr(10).join(rows)}\n</body></opml>'


def test_import_prints_entries_and_tells_what_it_skips(varta: Varta) -> None:
    configure(varta, rooms.source("known", "https://known.example"))
    (varta.folder / "x.opml").write_text(
        outlines(
            '<outline text="Війна"><outline text="Українська правда" language="uk" xmlUrl="https://up.example/rss"/>'
            "</outline>",
            '<outline text="Українська правда" xmlUrl="https://up.example/other" htmlUrl="https://up.example/home"/>',
            '<outline text="Known" xmlUrl="http://www.known.example/feed"/>',
            '<outline text="Bad" xmlUrl="gopher://x"/>',
            '<outline text="{odd}" xmlUrl="https://odd.example/{id}"/>',
        ),
        encoding="utf-8",
    )
    ended = varta("sources", "import", "x.opml")
    found = loaded(varta, ended.stdout)
    assert [(one.id, one.homepage) for one in found] == [
        ("ukrainska-pravda", "https://up.example/"),
        ("ukrainska-pravda-2", "https://up.example/home"),
        ("odd", "https://odd.example/"),
    ]
    assert found[0].language == "uk"
    assert "x.opml:5: http://www.known.example/feed is a route of `known` already" in ended.stderr
    assert "x.opml:6: `Bad`" in ended.stderr


def test_import_refuses_what_is_hostile_or_absent(varta: Varta) -> None:
    bomb = '<!DOCTYPE o [<!ENTITY a "aaaa">]>' + outlines('<outline text="&a;" xmlUrl="https://a.example/"/>')
    (varta.folder / "bomb.opml").write_text(bomb, encoding="utf-8")
    (varta.folder / "big.opml").write_bytes(b" " * (opml.LARGEST + 1))
    (varta.folder / "none.opml").write_text(outlines(), encoding="utf-8")
    assert "document type" in varta("sources", "import", "bomb.opml", expect=1).stderr
    assert "10 MB" in varta("sources", "import", "big.opml", expect=1).stderr
    assert "no new feed" in varta("sources", "import", "none.opml", expect=1).stderr
    assert "nowhere.opml" in varta("sources", "import", "nowhere.opml", expect=1).stderr


def test_what_is_exported_imports_as_the_same_feeds(varta: Varta, tmp_path: Path) -> None:
    configure(
        varta,
        rooms.source("one", "https://one.example", path="/rss?a=1&b=2", extra="    kind: agency\n    language: uk\n")
        + "  - {id: two, name: 'A <b> & \"c\"', homepage: 'https://two.example/', routes: "
        "[{type: feed, url: 'https://two.example/f'}, {type: feed, url: 'https://two.example/g'}]}\n"
        + "  - {id: tg, name: T, homepage: 'https://t.me/x', routes: [{type: telegram, channel: xchannel}]}\n",
    )
    ended = varta("sources", "export")
    assert "1 sources have no feed and are not in it: tg" in ended.stderr
    other = Varta(tmp_path / "other")
    other.folder.mkdir()
    configure(other, rooms.source("unrelated", "https://unrelated.example"))
    (other.folder / "x.opml").write_text(ended.stdout, encoding="utf-8")
    back = loaded(other, other("sources", "import", "x.opml").stdout)
    assert {(one.name, one.kind, one.language, one.homepage, one.routes[0].url) for one in back} == {
        ("one", SourceKind.AGENCY, "uk", "https://one.example/", "https://one.example/rss?a=1&b=2"),
        ('A <b> & "c"', SourceKind.OUTLET, None, "https://two.example/", "https://two.example/f"),
        ('A <b> & "c"', SourceKind.OUTLET, None, "https://two.example/", "https://two.example/g"),
    }


def test_the_shipped_catalogue_survives_the_way_out_and_in(varta: Varta, tmp_path: Path) -> None:
    ended = varta("sources", "export")
    feeds = {route.url for one in source.load(None).sources for route in one.routes if route.type is RouteType.FEED}
    assert {one.feed for one in opml.read(ended.stdout.encode()).outlines} == feeds
    assert len(varta.json("sources", "export")) >= len(feeds)
    (tmp_path / "again.opml").write_text(ended.stdout, encoding="utf-8")
    assert "no new feed" in varta("sources", "import", "again.opml", expect=1).stderr
