"""`varta search`: what it prints, what it says of old articles, what it answers to a query that it cannot read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from storage import articles, search
from storage.engine import open_engine, transaction, upgrade
from storage.likeness import gist
from storage.tables import ArticleRow
from tests.flows.test_cli import Varta
from tests.storage.builders import BODY, NOON, OTHER, article

TEXTS = (
    ("Rutte names two conditions", BODY, "wire", "en"),
    ("Storm", OTHER, "daily", "en"),
    ("Рютте", "Київ", "wire", "uk"),
)


@pytest.fixture
def varta(tmp_path: Path) -> Varta:
    """A house with three articles, a day between each, the first the newest."""
    url = f"sqlite:///{tmp_path / 'varta.db'}"
    engine = open_engine(url)
    upgrade(engine)
    stored = [
        article(
            url=f"https://wire.example/a/{n}", title=title, text=text, source=source, language=language,
            published=NOON - timedelta(days=n),
        )
        for n, (title, text, source, language) in enumerate(TEXTS)
    ]  # fmt: skip
    with transaction(engine) as session:
        articles.save(session, [gist.take(one) for one in stored], NOON)
    engine.dispose()
    return Varta(tmp_path, {"VARTA_DATABASE_URL": url})


def names(varta: Varta, *words: str) -> list[str]:
    return [row["url"].rsplit("/", 1)[1] for row in varta.json("search", *words)]


def test_what_is_found_comes_newest_first_with_the_sentence_that_shows_why(varta: Varta) -> None:
    rows = varta.json("search", "Rutte OR Рютте OR Koval")
    assert [row["title"] for row in rows] == [title for title, *_ in TEXTS]
    assert "Ivan Koval" in rows[1]["snippet"]
    assert (rows[1]["source"], rows[1]["language"], rows[1]["kind"]) == ("daily", "en", None)
    assert "articles: 3" in varta("search", "Rutte OR Рютте OR Koval").stdout
    assert varta("search", "Rutte").stderr == ""


def test_filters_narrow_and_the_limit_holds(varta: Varta) -> None:
    assert names(varta, "Rutte OR Рютте OR Koval", "--limit", "2") == ["0", "1"]
    assert names(varta, "Rutte OR Рютте", "--lang", "uk") == ["2"]
    assert names(varta, "Rutte OR Koval", "--source", "daily") == ["1"]
    assert names(varta, "Rutte OR Koval", "--since", "2025-02-12") == ["0"]
    assert names(varta, "Rutte OR Koval", "--until", "2025-02-11") == ["1"]
    assert names(varta, "@rutte") == ["0", "2"]  # as the shipped watchlist names him


def test_articles_that_are_not_indexed_yet_are_told_of_and_found(varta: Varta, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(varta.variables["VARTA_DATABASE_URL"])
    with transaction(engine) as session:
        search.forget(session, list(session.query(ArticleRow)))
        session.execute(update(ArticleRow).values(indexed=0))
    engine.dispose()
    ended = varta("search", "Rutte", "--json")
    assert ended.stderr.strip() == "3 articles are not indexed yet: run `varta upkeep`"
    assert "wire.example/a/0" in ended.stdout
    monkeypatch.setattr(search, "MOST_UNINDEXED", 2)
    monkeypatch.setattr("flows.cli.ask.MOST_UNINDEXED", 2)
    assert "only the latest 2 of them were searched" in varta("search", "Rutte", "--json").stderr


def test_a_search_that_stopped_says_how_to_go_on(varta: Varta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_MISSED", 1)
    ended = varta("search", '="CONDITIONS"', "--json")
    assert "go on with --until 2025-02-12, or add a rarer word" in ended.stderr
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "query",
    [
        "", '"', "NEAR(a b)", "titel:rutte", "rut*", "(" * 60, "NOT Rutte",
        "; DROP", "@nobody", "\0", "\ud800", "?", "w " * 10_001,
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_read_is_wrong_usage(varta: Varta, query: str) -> None:
    ended = varta("search", "--", query, expect=2)
    assert ended.stderr.strip()
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
