from datetime import timedelta
from pathlib import Path

import pytest

from scrapers import source
from scrapers.errors import ConfigError
from scrapers.source import Catalogue

GOOD = """
sources:
  - id: ukrinform-en
    name: Ukrinform
    homepage: https://www.ukrinform.net
    language: en
    kind: agency
    family: ukrinform
    routes:
      - {type: feed, url: "https://www.ukrinform.net/rss/block-lastnews"}
      - {type: listing, url: "https://www.ukrinform.net/", links: "main a.title"}
      - {type: telegram, channel: name}
    backfill:
      - {type: archive, url: "https://www.ukrinform.net/{year}/{month:02}/{day:02}/", links: "a"}
      - {type: wayback}
    article: {body: "div.newsText", drop: [".related"], title: "h1"}
    every: 5m
    topics: required
  - id: second
    name: Second
    homepage: https://second.example
    language: no
    routes: [{type: feed, url: "https://second.example/rss"}]
"""


def load(folder: Path, text: str) -> Catalogue:
    path = folder / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    return source.load(path)


def test_the_form_of_the_contract_is_read(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD)
    assert found.problems == ()
    first = found.sources[0]
    assert (first.every, first.topics, first.kind) == (timedelta(minutes=5), "required", "agency")
    assert first.article is not None
    assert (first.article.body, first.article.drop) == ("div.newsText", (".related",))
    assert [route.type for route in first.routes] == ["feed", "listing", "telegram"]


def test_norwegian_is_a_language_and_a_family_is_its_own_by_default(tmp_path: Path) -> None:
    second = load(tmp_path, GOOD).sources[1]
    assert (second.language, second.family) == ("no", "second")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("kind: agency", "kind: agncy", 7, "'agency', 'outlet'"),
        ("every: 5m", "every: 5 minutes", 17, "a duration such as 90s, 5m"),
        ("every: 5m", "evry: 5m", 17, "unknown key `evry`; did you mean `every`?"),
        ('"https://www.ukrinform.net/rss/block-lastnews"', "rss", 10, "needs `url`, an http or https address"),
        (', links: "main a.title"', "", 11, "needs `links`, a CSS selector"),
        ("{type: telegram, channel: name}", "{type: telegram}", 12, "needs `channel`"),
        ("type: feed", "type: fed", 10, "'feed', 'news-sitemap'"),
        ("id: second", "id: ukrinform-en", 19, "used twice (first on line 3)"),
        ("id: second", "id: Second One", 19, "`id`: expected lower-case letters, digits and hyphens"),
        ("kind: agency", "kind: agncy", 7, "found 'agncy'; did you mean `agency`?"),
        ("type: listing", "type: listng", 11, "did you mean `listing`?"),
        ("channel: name", "chanel: name", 12, "unknown key `routes.2.chanel`; did you mean `channel`?"),
        ("channel: name", "channel: https://t.me/name", 12, "expected the name alone: `name` for https://t.me/name"),
        ("language: en", "language: English", 6, "`language`: expected the code of a language, such as uk or en"),
        ("kind: agency", "names: Ukrinform", 7, "`names`: expected a list, found 'Ukrinform'"),
        ("kind: agency", "names: ['']", 7, "`names.0`: expected a name"),
        ("kind: agency", "hosts: ['https://a.example/']", 7, "`hosts.0`: expected a host alone"),
        ("  - id: second", "  - second\n  - id: second", 19, "expected a mapping, found 'second'"),
        ("homepage: https://second.example\n", "homepage: second\n", 19, "`homepage` must be an http or https address"),
        ("    name: Second\n", "", 19, "`name` is missing"),
        ("{month:02}", "{mm}", 14, "`backfill.0`: `url` has {mm}; only {year}, {month}, {day}"),
        ("{month:02}", "{}", 14, "`url` has {}; only"),
        ("{month:02}", "{month!r}", 14, "`url` has {month}; only"),
        ("{month:02}", "{month.real}", 14, "`url` has {month.real}; only"),
        ("{month:02}", "{month:{day}}", 14, "`url` has {month}; only"),
        ("{month:02}", "{month:999999999}", 14, "`url` has {month}; only"),
        ("{month:02}", "{month", 14, "`url` has a brace"),
        ("{month:02}", "month}", 14, "`url` has a brace"),
        ("/rss/block-lastnews", "/{year}", 10, "`routes.0`: `url` has a brace; only those of `backfill`"),
        ('"main a.title"', '"main a["', 11, "`routes.1.links`: no CSS selector: "),
        ('"main a.title"', '"a:nope"', 11, "`routes.1.links`: no CSS selector: "),
        ('"main a.title"', f'"{":is(" * 3000}"', 11, "`routes.1.links`: no CSS selector: "),
        ('links: "a"', 'links: "a >"', 14, "`backfill.0.links`: no CSS selector: "),
        ('"div.newsText"', '"div..x"', 16, "`article.body`: no CSS selector: "),
        ('".related"', '".a, , .b"', 16, "`article.drop.0`: no CSS selector: "),
        ('title: "h1"', 'title: "h1:("', 16, "`article.title`: no CSS selector: "),
        ("    name: Second\n", "    name: Second\n    name: Third\n", 21, "`name` is written twice"),
    ],
)
def test_a_mistake_names_file_line_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    found = load(tmp_path, GOOD.replace(old, new, 1))
    told = [str(problem) for problem in found.problems]
    assert any(f"sources.yaml:{line}: " in text and says in text for text in told), told


def test_a_day_can_be_written_in_several_forms(tmp_path: Path) -> None:
    url = "https://a.example/{year}/{month:02d}/{day:2}/{day}"
    [route, _] = (
        load(tmp_path, GOOD.replace("https://www.ukrinform.net/{year}/{month:02}/{day:02}/", url)).sources[0].backfill
    )
    assert route.url == url


def test_a_bad_entry_leaves_the_others_alone(tmp_path: Path) -> None:
    assert [one.id for one in load(tmp_path, GOOD.replace("kind: agency", "kind: x")).sources] == ["second"]


@pytest.mark.parametrize("text", ["sources: [", "just text", "- a\n- b", "a: b: c"])
def test_a_file_that_is_no_yaml_mapping_names_file_and_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"sources\.yaml:\d+: "):
        load(tmp_path, text)


def test_sources_must_be_a_list(tmp_path: Path) -> None:
    assert "must be a list" in str(load(tmp_path, "sources: {a: b}").problems[0])


def test_an_empty_file_has_no_sources(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Catalogue((), ())


def test_the_shipped_sources_can_be_included_and_replaced(tmp_path: Path) -> None:
    shipped = source.load(None)
    assert shipped.problems == ()
    assert shipped.sources
    own = GOOD.replace("id: second", f"id: {shipped.sources[0].id}").replace(
        "sources:", "include: shipped\nsources:", 1
    )
    found = load(tmp_path, own)
    assert found.problems == ()
    assert {s.id for s in found.sources} == {s.id for s in shipped.sources} | {"ukrinform-en"}


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml:1: cannot be read"):
        source.load(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("homepage", "country", "home"),
    [
        ("https://www.ukrinform.net", "", None),
        ("https://www.ukrinform.net", "    country: UA\n", "UA"),
        ("https://www.pravda.com.ua", "", "UA"),
        ("https://www.telegraph.co.uk", "", "GB"),
        ("https://www.war.gov", "", "US"),
        ("https://meduza.io", "", None),
        ("https://t.me/name", "", None),
        ("https://www.pravda.com.ua", "    country: PL\n", "PL"),
    ],
)
def test_a_source_is_from_where_it_says_or_its_host_tells(
    tmp_path: Path, homepage: str, country: str, home: str | None
) -> None:
    text = GOOD.replace("homepage: https://www.ukrinform.net\n", f"homepage: {homepage}\n{country}", 1)
    found = load(tmp_path, text)
    assert found.problems == ()
    assert found.sources[0].home == home


def test_a_country_is_a_code(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD.replace("    kind: agency\n", "    kind: agency\n    country: Ukraine\n"))
    assert "expected the code of a country in capitals, such as UA or GB" in str(found.problems[0])


def test_most_shipped_sources_tell_their_country() -> None:
    listed = source.load(None).sources
    unknown = [one.id for one in listed if one.home is None]
    assert len(unknown) < 0.1 * len(listed), unknown
