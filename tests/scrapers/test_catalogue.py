from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from scrapers import source
from scrapers.article import Article, FetchedPage
from scrapers.origin.outlets import Outlets
from scrapers.page import rules
from scrapers.page.extraction import extract
from scrapers.page.rules import Ruled
from scrapers.source import ArticleRule, RouteType, Source, SourceKind

PAGES = Path(__file__).parents[1] / "pages"
SHIPPED = {shipped.id: shipped for shipped in source.load(None).sources}
RULED = [shipped for shipped in SHIPPED.values() if shipped.article]
OUTLETS = Outlets(SHIPPED.values())
NOW = datetime(2026, 10, 1, tzinfo=UTC)
# Words that stand for other things every day: at the start of a sentence they would be taken for an outlet.
EVERYDAY = """
    правда час главком тиждень неделя еспресо эспрессо цензор медуза дзеркало зеркало новини новости свобода голос
    коммерсант комерсант громадське общественное вісті вести факти факты преса пресса канал страна країна лівий
    bild guardian times gaze insider independent babel news telegraph post voice nv
"""


def ids(shipped: Source) -> str:
    return shipped.id


def expected(id_: str) -> Mapping[str, Any]:
    read: Mapping[str, Any] = yaml.safe_load((PAGES / f"{id_}.yaml").read_text(encoding="utf-8"))
    return read


def html(id_: str) -> str:
    return (PAGES / f"{id_}.html").read_text(encoding="utf-8")


def extracted(shipped: Source) -> Article:
    url = expected(shipped.id)["url"]
    page = FetchedPage(url, url, 200, html(shipped.id).encode(), NOW, {"content-type": "text/html; charset=utf-8"})
    return extract(page, shipped)


def read(id_: str, rule: ArticleRule | None) -> Ruled:
    assert rule
    return rules.read(html(id_), rule)


def test_it_holds_a_hundred_sources_and_no_mistake() -> None:
    assert source.load(None).problems == ()
    assert len(SHIPPED) >= 100
    assert len(SHIPPED) == len(source.load(None).sources)


def test_its_kinds_languages_and_topics_are_spread() -> None:
    assert {shipped.kind for shipped in SHIPPED.values()} == set(SourceKind)
    assert {"uk", "en", "ru", "pl", "de"} <= {shipped.language for shipped in SHIPPED.values()}
    assert {shipped.topics for shipped in SHIPPED.values()} == {"none", "required"}


def test_state_media_are_marked() -> None:
    marked = {shipped.id for shipped in SHIPPED.values() if shipped.kind is SourceKind.STATE_MEDIA}
    assert marked == {"aa", "armyinform", "ria", "tass", "tass-ru", "tg-rybar", "tg-rybar-en", "united24"}


def test_editions_of_one_family_are_of_one_kind() -> None:
    kinds = defaultdict(set)
    for shipped in SHIPPED.values():
        kinds[shipped.family].add(shipped.kind)
    assert {family: found for family, found in kinds.items() if len(found) > 1} == {}


def test_no_address_is_asked_for_two_sources() -> None:
    askers = defaultdict(set)
    for shipped in SHIPPED.values():
        for route in shipped.routes:
            askers[route.address].add(shipped.id)
        assert len({route.address for route in shipped.routes}) == len(shipped.routes)
    assert {address: found for address, found in askers.items() if len(found) > 1} == {}


def test_every_address_is_safe_to_ask() -> None:
    for shipped in SHIPPED.values():
        for address in (shipped.homepage, *(route.address for route in (*shipped.routes, *shipped.backfill))):
            assert not address or urlsplit(address).scheme == "https", (shipped.id, address)


def test_search_results_of_google_are_the_last_resort() -> None:
    for shipped in SHIPPED.values():
        searched = ["news.google.com" in route.url for route in shipped.routes]
        assert sum(searched) <= 1, shipped.id
        assert not any(searched[:-1]), shipped.id
        if searched == [True]:
            assert shipped.every.total_seconds() >= 900, shipped.id


def test_archives_of_others_are_asked_last() -> None:
    for shipped in SHIPPED.values():
        assert all(route.type is not RouteType.WAYBACK for route in (*shipped.routes, *shipped.backfill[:-1])), (
            shipped.id
        )


def test_a_host_belongs_to_one_family() -> None:
    for shipped in SHIPPED.values():
        for place in (shipped.homepage, *(f"https://{host}/2026/09/21/1" for host in shipped.hosts)):
            owner = OUTLETS.by_host(place)
            assert owner is not None, (shipped.id, place)
            assert SHIPPED[owner].family == shipped.family, (place, owner)


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("https://mil.in.ua/uk/news/1", "militarnyi"),
        ("https://militarnyi.com/en/news/1", "militarnyi-en"),
        ("https://www.defense.gov/News/Releases/Release/Article/1", "us-war"),
        ("https://biz.censor.net.ua/n1", "censor"),
        ("https://www.unn.com.ua/uk/news/1", "unn"),
        ("https://theins.ru/news/1", "theins-ru"),
        ("https://theins.press/en/news/1", "theins"),
        ("https://www.pravda.com.ua/eng/news/2026/09/21/7531402/", "pravda-en"),
        ("https://news.liga.net/ua/politics/news/1", "liga"),
        ("https://www.bbc.co.uk/news/articles/c1", "bbc"),
        ("https://www.bbc.com/ukrainian/articles/c1", "bbc-ukrainian"),
        ("https://www.nato.int/en/news-and-events/events/transcripts/2026/09/21/x", "nato-transcripts"),
        ("https://www.nato.int/cps/en/natohq/opinions_1.htm", "nato"),
        ("https://t.me/kpszsu/1", "ua-airforce"),
    ],
)
def test_an_address_of_before_a_move_or_of_an_edition_finds_its_source(address: str, owner: str) -> None:
    assert OUTLETS.by_host(address) == owner


def test_a_name_belongs_to_one_family() -> None:
    bearers = defaultdict(set)
    for shipped in SHIPPED.values():
        for name in (shipped.name, *shipped.names):
            bearers[name.casefold()].add(shipped.family)
        assert len(set(shipped.names)) == len(shipped.names), shipped.id
    assert {name: found for name, found in bearers.items() if len(found) > 1} == {}


def test_every_name_is_found_where_a_text_writes_it() -> None:
    for shipped in SHIPPED.values():
        for name in shipped.names:
            owner = OUTLETS.named(name, shipped.language)
            assert owner, (shipped.id, name)
            assert owner.family == shipped.family, (name, owner.id)


def test_no_name_is_an_everyday_word() -> None:
    for shipped in SHIPPED.values():
        assert set(EVERYDAY.split()).isdisjoint(name.casefold() for name in (shipped.name, *shipped.names)), shipped.id


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("Про це повідомляє Суспільне.", "suspilne"),
        ("У коментарі Суспільному речник підтвердив втрати.", "suspilne"),
        ("з посиланням на Європейську правду", "eurointegration"),
        ("за даними Генштабу ЗСУ", "ua-genstaff"),
        ("сообщили в Воздушных силах ВСУ", "ua-airforce"),
        ("со ссылкой на Интерфакс-Украина", "interfax-ua-ru"),
        ("передает Интерфакс", "interfax-ru"),
        ("передає РБК-Україна", "rbc-ua"),
        ("according to The Kyiv Independent", "kyiv-independent"),
        ("Associated Press reports", "ap"),
        ("за оцінкою Інституту вивчення війни", "isw"),
        ("в эфире Радио Свобода", "radiosvoboda"),
        ("по сообщениям РИА Новости", "ria"),
        ("сообщает Русская служба Би-би-си", "bbc-russian"),
    ],
)
def test_the_cases_of_a_name_lead_to_its_source(text: str, owner: str) -> None:
    language = "en" if text.isascii() else "uk" if set(text) & set("іїє") else "ru"
    assert [mention.outlet.id for mention in OUTLETS.mentions(text, language)] == [owner]


@pytest.mark.parametrize(
    ("id_", "address", "number"),
    [
        ("suspilne", "https://suspilne.media/dnipro/1104233-u-dnipri-vidnovili/", "1104233"),
        ("pravda-ua", "https://www.pravda.com.ua/news/2026/09/21/7531402/", "7531402"),
        ("pravda-en", "https://www.pravda.com.ua/eng/news/2026/09/21/7531402/", "7531402"),
        ("pravda-ru", "https://www.pravda.com.ua/rus/columns/2026/09/1/7531402/", "7531402"),
        ("interfax-ua-en", "https://en.interfax.com.ua/news/general/1105527.html", "1105527"),
        ("24tv", "https://24tv.ua/ru/vojna-novosti_n2911223", "2911223"),
        ("ria", "https://ria.ru/20260921/sammit-2041234567.html", "2041234567"),
    ],
)
def test_the_id_of_an_article_is_read_from_its_address(id_: str, address: str, number: str) -> None:
    page = FetchedPage(address, address, 200, html("suspilne").replace("canonical", "x").encode(), NOW)
    found = extract(page, replace(SHIPPED[id_], article=None))
    assert found.external_id == f"{SHIPPED[id_].family}:{number}"


def test_every_rule_has_its_saved_page_and_every_page_its_rule() -> None:
    ruled = sorted(shipped.id for shipped in RULED)
    assert ruled == sorted(path.stem for path in PAGES.glob("*.html"))
    assert ruled == sorted(path.stem for path in PAGES.glob("*.yaml"))


@pytest.mark.parametrize("shipped", RULED, ids=ids)
def test_a_saved_page_is_read_as_expected(shipped: Source) -> None:
    found, wanted = extracted(shipped), expected(shipped.id)
    assert found.text == wanted["text"].strip()
    assert found.published
    assert (found.url, found.title, list(found.authors), found.published.isoformat(), found.language) == (
        wanted["url"],
        wanted["title"],
        wanted["authors"],
        datetime.fromisoformat(wanted["published"]).astimezone(UTC).isoformat(),
        wanted["language"],
    )
    assert found.cut is None


@pytest.mark.parametrize("shipped", RULED, ids=ids)
def test_the_text_of_a_saved_page_is_what_the_rule_selects(shipped: Source) -> None:
    assert shipped.article
    found = read(shipped.id, shipped.article)
    assert found.broken == ""
    assert found.text == expected(shipped.id)["text"].strip()
    assert len(found.text.split()) >= 120
    assert extracted(shipped).rule_broken == ""
    for dropped in shipped.article.drop:
        others = tuple(selector for selector in shipped.article.drop if selector != dropped)
        assert read(shipped.id, replace(shipped.article, drop=others)).text != found.text, dropped


@pytest.mark.parametrize("shipped", RULED, ids=ids)
def test_a_page_whose_container_was_renamed_is_still_read_and_reported(shipped: Source) -> None:
    assert shipped.article
    found = extracted(replace(shipped, article=replace(shipped.article, body="div.gone")))
    assert found.rule_broken == "`div.gone` finds nothing"
    assert found.text[:60] in expected(shipped.id)["text"]
