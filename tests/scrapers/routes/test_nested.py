from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scrapers.routes import nested
from scrapers.routes.sitemaps import SitemapEntry

SITE = "https://news.example"
SINCE, UNTIL = datetime(2025, 2, 10, tzinfo=UTC), datetime(2025, 2, 14, 23, tzinfo=UTC)


def child(path: str, *lastmod: int) -> SitemapEntry:
    changed = datetime(lastmod[0], lastmod[1], lastmod[2], tzinfo=UTC) if lastmod else None
    return SitemapEntry("index", f"{SITE}/{path}", lastmod=changed)


def choose(*children: SitemapEntry, since: datetime | None = SINCE, until: datetime | None = UNTIL) -> list[str]:
    return [url.removeprefix(f"{SITE}/") for url in nested.choose(children, since, until, 10)]


def named(*paths: str) -> list[str]:
    return choose(*(child(path) for path in paths))


def test_what_was_last_changed_before_the_window_is_left_out() -> None:
    kept = choose(child("a.xml", 2025, 2, 8), child("b.xml", 2025, 2, 12), child("c.xml", 2025, 3, 1), child("d.xml"))
    assert kept == ["c.xml", "b.xml", "d.xml"]


def test_a_last_change_with_a_day_only_counts_for_the_whole_day() -> None:
    since = datetime(2025, 2, 12, 18, tzinfo=UTC)
    assert choose(child("a.xml", 2025, 2, 12), child("b.xml", 2025, 2, 11), since=since) == ["a.xml"]


@pytest.mark.parametrize(
    "paths",
    [
        ("sitemap-2025-01.xml.gz", "sitemap-2025-02.xml.gz", "sitemap-2024-12.xml.gz"),
        ("sitemaps/posts/2024/12.xml", "sitemaps/posts/2025/2.xml", "sitemaps/posts/2025/4.xml"),
        ("monthly_2025-01_uk.xml", "monthly_2025-02_uk.xml", "monthly_2025-03_uk.xml"),
        ("sitemap_202501.xml", "sitemap_202502.xml", "sitemap_202503.xml"),
        ("sitemap-01-2025.xml", "sitemap-02-2025.xml"),
        ("sitemap.xml?yyyy=2025&mm=02&dd=08", "sitemap.xml?yyyy=2025&mm=02&dd=12"),
        ("sitemap.xml?yyyy=2024&amp;mm=12", "sitemap.xml?yyyy=2025&amp;mm=02"),
        ("map?month=1&year=2025", "map?month=02&year=2025"),
        ("map?date=2025-02-07&unit=days&period=1", "map?date=2025-02-12&unit=days&period=1"),
        ("sitemap/2025/02/07.xml", "sitemap/2025/02/12.xml"),
        ("sitemap-20250207.xml", "sitemap-20250212.xml"),
        ("sitemap-2025-w05.xml", "sitemap-2025-w07.xml", "sitemap-2025-w09.xml"),
        ("archive/2023.xml", "archive/2024.xml", "archive/2025.xml", "archive/2026.xml"),
    ],
)
def test_of_maps_that_name_their_time_those_of_the_window_are_kept(paths: tuple[str, ...]) -> None:
    (kept,) = named(*paths)
    assert kept in paths
    assert any(mark in kept for mark in ("02", "2025/2", "w07", "2025.xml"))


def test_a_number_after_the_year_can_be_a_month_or_an_iso_week() -> None:
    weeks = named(*(f"sitemap/2025/{week:02}.xml" for week in range(1, 53)))
    assert weeks == ["sitemap/2025/07.xml", "sitemap/2025/06.xml"]
    either = named(*(f"sitemap/2025/{number:02}.xml" for number in range(1, 8)))
    assert either == ["sitemap/2025/02.xml", "sitemap/2025/07.xml", "sitemap/2025/06.xml"]


def test_twelve_numbers_in_a_year_that_is_over_are_months() -> None:
    paths = [f"map-{year}-{month:02}.xml" for year in (2024, 2025) for month in range(1, 13)]
    assert named(*paths) == ["map-2025-02.xml"]


def test_a_map_that_names_two_days_holds_what_lies_between() -> None:
    paths = [f"map_2025-{month:02}-01_2025-{month:02}-28.xml" for month in (1, 2, 3)]
    assert named(*paths) == ["map_2025-02-01_2025-02-28.xml"]


def test_an_open_window_keeps_everything_and_the_newest_first() -> None:
    paths = [f"sitemap-{year}-{month:02}.xml" for year in (2023, 2024) for month in range(1, 13)]
    kept = choose(*map(child, paths), since=None, until=None)
    assert kept == [f"sitemap-2024-{month:02}.xml" for month in range(12, 2, -1)]


def test_a_map_is_not_newer_than_the_time_that_it_names() -> None:
    rebuilt = [child(f"sitemap-{name}.xml", 2025, 2, 12) for name in ("2024-12", "2025-02", "2025-01")]
    kept = choose(*rebuilt, since=None)
    assert kept == ["sitemap-2025-02.xml", "sitemap-2025-01.xml", "sitemap-2024-12.xml"]


def test_shards_are_walked_from_the_highest_number_as_a_number() -> None:
    shards = ["post-sitemap.xml", "post-sitemap2.xml", "post-sitemap12.xml", "post-sitemap9.xml"]
    assert named(*shards) == ["post-sitemap12.xml", "post-sitemap9.xml", "post-sitemap2.xml", "post-sitemap.xml"]
    rebuilt = [child(path, 2025, 2, 12) for path in shards]
    assert choose(*rebuilt)[0] == "post-sitemap12.xml"


@pytest.mark.parametrize(
    "paths",
    [
        ("sitemap_news_1.xml", "sitemap_news_1999.xml", "sitemap_news_2019.xml"),
        ("post-sitemap2019.xml", "post-sitemap2020.xml"),
        ("sitemap-2023-1.xml", "sitemap-2023-2.xml", "sitemap-2024-1.xml", "sitemap-2024-2.xml", "sitemap-2024-3.xml"),
        ("sitemap-2025-0.xml", "sitemap-2025-11.xml"),
    ],
)
def test_numbers_that_only_look_like_dates_leave_nothing_out(paths: tuple[str, ...]) -> None:
    assert set(named(*paths)) == set(paths)


@pytest.mark.parametrize(
    ("articles", "others"),
    [
        (
            ["wp-sitemap-posts-post-1.xml"],
            ["wp-sitemap-posts-page-1.xml", "wp-sitemap-taxonomies-post_tag-1.xml", "wp-sitemap-users-1.xml"],
        ),
        (["post-sitemap.xml", "post-sitemap2.xml"], ["page-sitemap.xml", "category-sitemap.xml", "author-sitemap.xml"]),
        (["sitemaps/en/articles.xml"], ["sitemaps/en/videos.xml", "sitemaps/en/news-images.xml"]),
        (["sitemap-posts.xml"], ["sitemap-pages.xml", "sitemap-tags.xml", "sitemap-authors.xml"]),
        (["news.xml?page=1", "news.xml?page=2"], ["tags.xml?page=1"]),
    ],
)
def test_maps_of_other_things_are_left_out_beside_maps_of_articles(articles: list[str], others: list[str]) -> None:
    assert sorted(named(*others, *articles)) == articles
    assert sorted(named(*others)) == sorted(others)


def test_maps_of_other_things_come_last_where_none_is_called_after_articles() -> None:
    kept = choose(child("sitemap-tags.xml", 2025, 3, 1), child("sitemap-1.xml", 2025, 2, 12))
    assert kept == ["sitemap-1.xml", "sitemap-tags.xml"]


def test_undated_maps_of_the_latest_come_first() -> None:
    kept = choose(child("articles-1.xml", 2025, 2, 12), child("articles-2.xml"), child("sitemap-news.xml"))
    assert kept == ["sitemap-news.xml", "articles-1.xml", "articles-2.xml"]


def test_no_more_than_wanted_and_none_twice() -> None:
    children = [child(f"post-sitemap{n}.xml") for n in (1, 2, 3, 3)]
    assert [url[-5:] for url in nested.choose(children, None, None, 2)] == ["3.xml", "2.xml"]
    assert nested.choose(children, None, None, 0) == ()
    assert nested.choose([], None, None, 5) == ()


def test_pages_in_an_index_are_no_sitemaps() -> None:
    assert nested.choose([SitemapEntry("page", f"{SITE}/news/1")], None, None, 5) == ()


def test_odd_addresses_are_borne() -> None:
    odd = ["https://[x/2025-02.xml", f"{SITE}/{'9' * 5000}.xml", f"{SITE}/2025-02-31.xml", f"{SITE}/2025/w99"]
    children = [SitemapEntry("index", url) for url in odd]
    assert set(nested.choose(children, SINCE, UNTIL, 9)) == set(odd)


def test_an_index_of_fifty_thousand_maps_is_borne() -> None:
    children = [child(f"s-{2000 + n % 26}-{n % 12 + 1:02}-{n}.xml", 2025, 2, 12) for n in range(50_000)]
    assert len(nested.choose(children, SINCE, UNTIL, 9)) == 9
