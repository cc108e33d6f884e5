from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scrapers.errors import FeedError
from scrapers.routes import wordpress
from scrapers.routes.listed import Listed

POSTS = "https://site.example/wp-json/wp/v2/posts"
SINCE, UNTIL = datetime(2025, 2, 12, 10, 30, tzinfo=UTC), datetime(2025, 2, 13, tzinfo=UTC)


def raw(number: int = 7, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "date_gmt": "2025-02-12T08:15:00",
        "modified_gmt": "2025-02-12T09:00:30",
        "link": f"https://site.example/2025/02/12/air-defence-{number}/",
        "title": {"rendered": "Air defence: what&#8217;s next &amp; why"},
        "excerpt": {"rendered": "<p>Short version [&hellip;]</p>\n", "protected": False},
        "content": {
            "rendered": "<p>The first paragraph is long.</p>\n<p>The <b>second</b> one too.</p>",
            "protected": False,
        },
    } | changes


def parse(answer: Any, url: str = POSTS, **headers: str) -> Listed:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return wordpress.parse(json.dumps(answer).encode(), url, "site", given)


def asked(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query, keep_blank_values=True)


def test_the_first_page_asks_for_the_window_with_a_day_of_margin() -> None:
    assert asked(wordpress.first(POSTS, SINCE, UNTIL)) == {
        "per_page": ["100"],
        "orderby": ["date"],
        "order": ["desc"],
        "_fields": ["id,date_gmt,modified_gmt,link,title,excerpt,content"],
        "after": ["2025-02-11T10:30:00"],
        "before": ["2025-02-14T00:00:00"],
    }


def test_an_open_window_asks_for_no_time() -> None:
    assert not {"after", "before"} & set(asked(wordpress.first(POSTS, None)))


def test_what_is_configured_stays_except_for_the_window() -> None:
    url = "https://site.example/?rest_route=/wp/v2/posts&categories=3&per_page=20&after=2020-01-01T00:00:00"
    given = asked(wordpress.first(url, SINCE))
    assert (given["rest_route"], given["categories"], given["per_page"]) == (["/wp/v2/posts"], ["3"], ["20"])
    assert given["after"] == ["2025-02-11T10:30:00"]
    assert asked(wordpress.first(url, None))["after"] == ["2020-01-01T00:00:00"]


def test_an_article_is_read_as_plain_text_in_utc() -> None:
    (entry,) = parse([raw()]).entries
    assert (entry.source, entry.id, entry.url) == ("site", "wp:7", "https://site.example/2025/02/12/air-defence-7/")
    assert entry.title == "Air defence: what’s next & why"
    assert entry.summary == "The first paragraph is long.\n\nThe second one too."
    assert entry.published == datetime(2025, 2, 12, 8, 15, tzinfo=UTC)
    assert entry.modified == datetime(2025, 2, 12, 9, 0, 30, tzinfo=UTC)
    assert entry.has_page


def test_an_article_that_was_scheduled_was_not_changed_before_it_appeared() -> None:
    (entry,) = parse([raw(modified_gmt="2025-02-10T20:00:00")]).entries
    assert entry.modified == entry.published == datetime(2025, 2, 12, 8, 15, tzinfo=UTC)


def test_the_year_0000_is_no_date() -> None:
    (entry,) = parse([raw(date_gmt="0000-00-00T00:00:00", modified_gmt="0000-00-00T00:00:00")]).entries
    assert (entry.published, entry.modified) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"content": {"rendered": "", "protected": True}, "excerpt": {"rendered": "", "protected": True}},
        {"content": {"rendered": "<form>Enter the password</form>", "protected": True}, "excerpt": {}},
        {"content": None, "excerpt": "", "title": {}},
    ],
)
def test_an_article_without_an_open_text_is_listed_without_one(changes: dict[str, Any]) -> None:
    (entry,) = parse([raw(**changes)]).entries
    assert entry.summary == ""


def test_one_broken_article_does_not_cost_the_others() -> None:
    listed = parse([None, "text", raw(1, link="javascript:alert(1)"), raw(2, link=None), raw(3, id=None, title=5)])
    assert [(entry.id, entry.title) for entry in listed.entries] == [("", "")]


def test_the_next_page_is_asked_while_the_header_tells_of_more() -> None:
    url = wordpress.first(POSTS, SINCE)
    (second,) = parse([raw()], url, x_wp_totalpages="3").more
    (third,) = parse([raw()], second, x_wp_totalpages="3").more
    assert [asked(page).get("page") for page in (second, third)] == [["2"], ["3"]]
    assert {name: value for name, value in asked(third).items() if name != "page"} == asked(url)
    assert parse([raw()], third, x_wp_totalpages="3").more == ()


def test_without_the_header_a_full_page_has_a_next_one() -> None:
    url = wordpress.first(POSTS, None)
    assert asked(parse([raw(n) for n in range(100)], url).more[0])["page"] == ["2"]
    assert parse([raw(n) for n in range(99)], url).more == ()


def test_a_page_past_the_end_is_empty() -> None:
    refusal = {
        "code": "rest_post_invalid_page_number",
        "message": "The page number requested is larger than the number of pages available.",
        "data": {"status": 400},
    }
    assert parse(refusal, f"{POSTS}?page=9", x_wp_totalpages="12") == Listed(())


def test_warnings_of_php_before_the_list_do_no_harm() -> None:
    noise = "<br />\n<b>Deprecated</b>:  Function [old] is deprecated in <b>/srv/x.php</b> on line <b>12</b><br />\n"
    listed = wordpress.parse((noise + json.dumps([raw()])).encode(), POSTS, "site", {})
    assert [entry.id for entry in listed.entries] == ["wp:7"]
    assert wordpress.parse(f"{noise}[]".encode(), POSTS, "site", {}).entries == ()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"code":"rest_no_route","message":"No route was <b>found</b>.","data":{}}', "rest_no_route: No route was f"),
        (b'{"code":"rest_forbidden","message":null}', "rest_forbidden"),
        (b'{"name":"Site","routes":{}}', "without a code"),
        (b"<!doctype html><html><head><title>Just a moment...</title></head></html>", "titled 'Just a moment...'"),
        (b"", "an empty answer"),
        (b"null", "characters that are no XML"),
        (json.dumps([raw()]).encode()[:-9], "broken JSON"),
        (b"[" * 200_000, "broken JSON"),
        (b'[{"id":' + b"9" * 10_000 + b"}]", "broken JSON"),
    ],
)
def test_what_is_no_list_is_refused_and_described(body: bytes, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        wordpress.parse(body, POSTS, "site", {})


def test_ten_thousand_articles_and_hostile_strings_are_borne() -> None:
    listed = parse([raw(n, title={"rendered": "<i>" * 500 + "\ud800\x00T"}) for n in range(10_000)])
    assert len(listed.entries) == 10_000
    assert listed.entries[0].title == "T"
