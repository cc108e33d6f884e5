from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from alerts import destinations, matching, watchlist
from flows.demo.site import DemoSite, Truth
from scrapers import source
from scrapers.article import Article
from scrapers.source import RouteType, SourceKind

EDITED = "/dnipro-wire/2025/02/13/drones-hit-sosnovyi-yar-substation"
COPY = "/brussels-ledger/article/rutte-after-ramstein-48213"
AGENCY = "/dnipro-wire/2025/02/12/rutte-names-two-conditions"


@dataclass(frozen=True)
class Got:
    status: int
    body: bytes
    headers: dict[str, str]


def get(site: DemoSite, url: str, **headers: str) -> Got:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    try:
        query = f"?{parts.query}" if parts.query else ""
        wanted = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", f"{parts.path}{query}", headers=wanted)
        answer = connection.getresponse()
        return Got(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    finally:
        connection.close()


def words(text: str) -> list[str]:
    return text.split()


def spaced(text: str) -> str:
    return " ".join(words(text))


def links(body: bytes, selector: str) -> list[str]:
    return [str(link["href"]) for link in BeautifulSoup(body, "lxml").select(selector)]


def locations(body: bytes) -> set[str]:
    return {loc.get_text() for loc in BeautifulSoup(body, "xml").find_all("loc")}


@pytest.fixture
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def readable(site: DemoSite) -> list[Truth]:
    return [truth for truth in site.truth().values() if truth.status == 200]


def test_world_has_enough_articles_in_three_languages(site: DemoSite) -> None:
    languages = Counter(truth.language for truth in readable(site))
    assert sum(languages.values()) >= 44
    assert set(languages) == {"en", "uk", "ru"}
    assert min(languages.values()) >= 12


def test_every_article_is_of_newspaper_length(site: DemoSite) -> None:
    odd = {
        truth.url: (len(words(truth.text)), truth.text.count("\n\n") + 1)
        for truth in site.truth().values()
        if not (90 <= len(words(truth.text)) <= 300 and 3 <= truth.text.count("\n\n") + 1 <= 7)
    }
    assert odd == {}


def test_every_article_is_dated_in_kyiv_time_within_three_days(site: DemoSite) -> None:
    for truth in site.truth().values():
        assert date(2025, 2, 11) <= truth.published.date() <= date(2025, 2, 13), truth.url
        assert truth.published.strftime("%z") == "+0200", truth.url


def test_at_least_eight_articles_are_not_about_defence_and_have_no_watch(site: DemoSite) -> None:
    others = [truth for truth in readable(site) if truth.topic == "other"]
    assert len(others) >= 8
    assert not any(truth.watches for truth in others)


def test_every_page_shows_its_title_and_text(site: DemoSite) -> None:
    for truth in readable(site):
        got = get(site, truth.url)
        assert got.status == 200, truth.url
        page = BeautifulSoup(got.body, "lxml")
        assert truth.title in [spaced(h1.get_text()) for h1 in page.find_all("h1")], truth.url
        shown = " ".join(paragraph.get_text() for paragraph in page.find_all("p"))
        assert spaced(truth.text) in spaced(shown), truth.url


def test_truth_covers_every_page_that_an_index_lists(site: DemoSite) -> None:
    truth = site.truth()
    spellings = {**truth, **{url: told for told in truth.values() for url in told.tracked}}
    listed = {url for outlet in site.outlets for url in index_of(site, outlet.id)}
    assert listed == {url for url, told in spellings.items() if told.indexed or url in told.tracked}


def index_of(site: DemoSite, outlet: str) -> list[str]:
    """What the outlet's route lists, read from XML or from the front page."""
    paths = {"oboronnyi-visnyk": "/atom.xml", "koordshtab": "/news-sitemap.xml", "portovyi-telehraf": "/"}
    got = get(site, f"{site.url}/{outlet}{paths.get(outlet, '/feed.xml')}")
    assert got.status == 200
    if outlet == "nightfall-tribune":
        return []
    if outlet == "portovyi-telehraf":
        return links(got.body, "main a.headline")
    feed = BeautifulSoup(got.body, "xml")
    atom = [str(link["href"]) for link in feed.select("entry > link")]
    return atom + [link.get_text() for link in feed.select("item > link, url > loc")]


def test_monthly_sitemap_knows_a_page_that_the_feed_does_not(site: DemoSite) -> None:
    got = get(site, f"{site.url}/dnipro-wire/sitemap-2025-02.xml")
    in_month = locations(got.body)
    own = {url for url, truth in site.truth().items() if truth.outlet == "dnipro-wire"}
    assert in_month == own
    assert in_month - set(index_of(site, "dnipro-wire"))


def test_daily_archive_of_the_listing_outlet_has_the_articles_of_that_day(site: DemoSite) -> None:
    got = get(site, f"{site.url}/portovyi-telehraf/archive/2025/02/12/")
    days = {site.truth()[url].published.day for url in links(got.body, "main a.headline")}
    assert days == {12}


def test_story_of_the_day_has_five_outlets_three_texts_and_two_copies(site: DemoSite) -> None:
    told = [truth for truth in site.truth().values() if truth.story == "rutte-conditions"]
    assert len({truth.outlet for truth in told}) == 6
    assert len({truth.text for truth in told}) == 4
    assert [truth.copy_of for truth in told if truth.copy_of] == [f"{site.url}{AGENCY}"] * 2
    assert sum(len(truth.tracked) for truth in told) == 1


def test_tracking_parameters_lead_to_the_same_page(site: DemoSite) -> None:
    told = next(truth for truth in site.truth().values() if truth.tracked)
    assert get(site, told.tracked[0]).body == get(site, told.url).body


def test_bulletins_of_two_days_differ_only_in_numbers(site: DemoSite) -> None:
    eleventh, twelfth = (
        next(truth.text for truth in site.truth().values() if truth.story == story)
        for story in ("losses-11", "losses-12")
    )
    assert eleventh != twelfth
    shared = Counter(words(eleventh)) & Counter(words(twelfth))
    assert sum(shared.values()) > 0.8 * len(words(eleventh))


def test_broken_and_missing_pages_answer_so_although_the_feed_lists_them(site: DemoSite) -> None:
    broken = [truth for truth in site.truth().values() if truth.status != 200]
    assert sorted(get(site, truth.url).status for truth in broken) == [404, 500]
    assert all(truth.url in index_of(site, truth.outlet) for truth in broken)


def test_the_story_for_subscribers_says_so_to_programs_and_to_people(site: DemoSite) -> None:
    told = next(one.url for one in site.truth().values() if "joint-interceptor-order" in one.url)
    body = get(site, told).body
    assert b'"isAccessibleForFree": false' in body
    assert "The rest of this story is for subscribers" in body.decode()
    assert b"for subscribers" not in get(site, f"{site.url}{COPY}").body


def test_state_newspaper_is_served_in_windows_1251_and_says_so(site: DemoSite) -> None:
    page = next(truth.url for truth in site.truth().values() if truth.outlet == "derzhavny-telegraf")
    for url in (page, f"{site.url}/derzhavny-telegraf/feed.xml"):
        body = get(site, url).body
        assert b"windows-1251" in body
        assert "Державный телеграф" in body.decode("windows-1251")


def test_challenge_page_stands_where_a_feed_should(site: DemoSite) -> None:
    got = get(site, f"{site.url}/nightfall-tribune/feed.xml")
    assert got.status == 200
    assert got.headers["content-type"].startswith("text/html")
    assert b"Just a moment" in got.body


@pytest.mark.parametrize(
    "path", ["/dnipro-wire/feed.xml", AGENCY, "/koordshtab/news-sitemap.xml", "/portovyi-telehraf/"]
)
def test_unchanged_answer_is_304_without_a_body(site: DemoSite, path: str) -> None:
    first = get(site, path)
    by_tag = get(site, path, If_None_Match=first.headers["etag"])
    by_date = get(site, path, If_Modified_Since=first.headers["last-modified"])
    assert [(got.status, got.body) for got in (by_tag, by_date)] == [(304, b"")] * 2


def test_wrong_validators_get_the_whole_page(site: DemoSite) -> None:
    late = "Thu, 13 Feb 2025 23:00:00 GMT"
    assert get(site, AGENCY, If_None_Match='"other"', If_Modified_Since=late).status == 200
    assert get(site, AGENCY, If_Modified_Since="yesterday").status == 200


def test_edit_changes_one_page_and_its_validators(site: DemoSite) -> None:
    before, other = get(site, EDITED), get(site, COPY)
    old = site.truth()[f"{site.url}{EDITED}"]
    site.edit()
    after = get(site, EDITED, If_None_Match=before.headers["etag"])
    new = site.truth()[f"{site.url}{EDITED}"]
    assert after.status == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert after.headers["last-modified"] != before.headers["last-modified"]
    assert new.title != old.title
    assert [pair for pair in zip(words(old.text), words(new.text), strict=True) if pair[0] != pair[1]] == [
        ("38,000", "48,000")
    ]
    assert get(site, COPY, If_None_Match=other.headers["etag"]).status == 304


def test_edit_reaches_the_sidebar_of_a_neighbour_but_not_its_text(site: DemoSite) -> None:
    old, told = get(site, AGENCY).body, site.truth()[f"{site.url}{AGENCY}"]
    site.edit()
    assert get(site, AGENCY).body != old
    assert site.truth()[f"{site.url}{AGENCY}"] == told


def test_edit_shows_in_the_feed(site: DemoSite) -> None:
    feed = get(site, "/dnipro-wire/feed.xml")
    site.edit()
    again = get(site, "/dnipro-wire/feed.xml", If_None_Match=feed.headers["etag"])
    assert again.status == 200
    assert again.headers["last-modified"] != feed.headers["last-modified"]
    assert b"48,000" in again.body
    assert b"48,000" not in feed.body


def test_second_edit_changes_nothing(site: DemoSite) -> None:
    site.edit()
    first = get(site, EDITED).body
    site.edit()
    assert get(site, EDITED).body == first


def test_robots_txt_forbids_no_article(site: DemoSite) -> None:
    got = get(site, "/robots.txt")
    assert got.status == 200
    forbidden = [line.split(":")[1].strip() for line in got.body.decode().splitlines() if "Disallow" in line]
    assert forbidden
    assert not [url for url in site.truth() if any(urlsplit(url).path.startswith(rule) for rule in forbidden)]


def test_requests_are_logged_with_their_status(site: DemoSite) -> None:
    get(site, "/robots.txt")
    get(site, "/nowhere?a=b")
    assert site.requests == [("/robots.txt", 200), ("/nowhere?a=b", 404)]


def test_unknown_month_and_home_of_nobody_are_404(site: DemoSite) -> None:
    assert get(site, "/dnipro-wire/sitemap-2024-01.xml").status == 404
    assert get(site, "/no-such-outlet/").status == 404


def test_written_configuration_has_no_problems(site: DemoSite, tmp_path: Path) -> None:
    site.write_config(tmp_path / "config")
    catalogue = source.load(tmp_path / "config" / "sources.yaml")
    targets = destinations.load(tmp_path / "config" / "destinations.yaml")
    watched = watchlist.load(tmp_path / "config" / "watchlist.yaml", destinations=targets.by_id)
    assert [*catalogue.problems, *targets.problems, *watched.problems] == []
    assert {entry.id for entry in catalogue.sources} == {outlet.id for outlet in site.outlets}
    assert len(watched.watches) == 5


def test_configured_routes_are_served(site: DemoSite, tmp_path: Path) -> None:
    site.write_config(tmp_path)
    catalogue = source.load(tmp_path / "sources.yaml")
    routes = [route for entry in catalogue.sources for route in entry.routes]
    assert {route.url: get(site, route.url).status for route in routes if get(site, route.url).status != 200} == {}
    assert {route.type for route in routes} == {RouteType.FEED, RouteType.NEWS_SITEMAP, RouteType.LISTING}
    kinds = {entry.kind for entry in catalogue.sources}
    assert kinds >= {SourceKind.AGENCY, SourceKind.OFFICIAL, SourceKind.THINK_TANK, SourceKind.STATE_MEDIA}


def test_configured_backfill_routes_are_served_for_the_month(site: DemoSite, tmp_path: Path) -> None:
    site.write_config(tmp_path)
    catalogue = source.load(tmp_path / "sources.yaml")
    urls = [route.url.format(year=2025, month=2, day=13) for entry in catalogue.sources for route in entry.backfill]
    assert len(urls) == len(catalogue.sources) - 1  # all but the one that is broken on purpose
    assert {get(site, url).status for url in urls} == {200}


def test_watches_match_exactly_the_articles_that_truth_names(site: DemoSite, tmp_path: Path) -> None:
    site.write_config(tmp_path)
    compiled = matching.compile(watchlist.load(tmp_path / "watchlist.yaml"))
    found = {
        told.url: sorted(
            hit.watch
            for hit in matching.match(
                Article(told.outlet, told.url, told.title, told.text, language=told.language), compiled
            )
        )
        for told in site.truth().values()
    }
    assert found == {told.url: sorted(told.watches) for told in site.truth().values()}
    assert {watch for watches in found.values() for watch in watches} == {
        "rutte-on-ukraine", "ramstein-format", "air-defence-and-arms", "energy-strikes", "black-sea"
    }  # fmt: skip


def test_traps_are_traps_for_a_watch_without_exceptions(site: DemoSite) -> None:
    others = "\n".join(truth.title + truth.text for truth in site.truth().values() if truth.topic == "other")
    assert all(name in others for name in ("Patriot", "Патріот", "Javelin", "Rammstein", "Рамштайн", "Чорним морем"))
