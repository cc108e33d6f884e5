from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from flows import keeping, settings
from flows.house import House
from scrapers.errors import ConfigError
from storage import articles, engine, retention
from storage.engine import reading, transaction
from storage.likeness import gist
from storage.tables import ArticleRow, KeyRow, StoryTermRow
from tests.flows import rooms
from tests.flows.rooms import Clock
from tests.storage.builders import article

COUNT = 3


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(tmp_path: Path, clock: Clock, database_url: str) -> Iterator[House]:
    """A house that stored some articles."""
    source = rooms.source("wire", "http://127.0.0.1:9")
    with rooms.opened(tmp_path, source, database_url=database_url, clock=clock, keep_texts_days=60) as opened:
        told = [f"{article().text} Berth {n * 7919} took {n * 31} ships." for n in range(COUNT)]
        gists = [gist.take(article(url=f"https://wire.example/{n}", text=one)) for n, one in enumerate(told)]
        with transaction(opened.engine) as session:
            articles.save(session, gists, clock())
        yield opened


def count(home: House, table: type[ArticleRow | KeyRow | StoryTermRow], *conditions: object) -> int:
    with reading(home.engine) as session:
        query = select(func.count()).select_from(table)
        return session.scalar(query.where(*conditions)) or 0  # type: ignore[arg-type]


def test_all_that_is_old_goes_and_every_article_stays(home: House, clock: Clock) -> None:
    assert keeping.keep(home).keys == 0
    clock.forward(days=61)
    kept = keeping.keep(home)
    assert (kept.keys, kept.terms, kept.texts, kept.errors, kept.unfinished) == (COUNT, COUNT, COUNT, (), ())
    assert count(home, KeyRow) == count(home, StoryTermRow) == 0
    assert count(home, ArticleRow) == count(home, ArticleRow, ArticleRow.text == "") == COUNT
    assert keeping.keep(home).keys == 0


def test_texts_stay_for_ever_unless_the_settings_say_otherwise(home: House, clock: Clock) -> None:
    clock.forward(days=3_000)
    for_ever = House(
        home.settings.model_copy(update={"keep_texts_days": None}),
        home.configuration,
        home.compiled,
        home.outlets,
        home.engine,
        home.http,
        home.archive,
        clock,
    )
    assert keeping.keep(for_ever).texts == 0
    assert count(home, ArticleRow, ArticleRow.text != "") == COUNT


def test_what_an_earlier_version_stored_is_read_again(home: House) -> None:
    with transaction(home.engine) as session:
        session.execute(update(ArticleRow).values(indexed=0))
    assert keeping.keep(home).reread == COUNT


def test_a_run_without_time_begins_nothing_and_says_so(home: House, clock: Clock) -> None:
    clock.forward(days=61)
    kept = keeping.keep(home, seconds=0)
    assert kept.unfinished == ("reading again", "fingerprints", "story terms", "texts", "ledger")
    assert count(home, KeyRow) > 0
    assert keeping.keep(home).keys == COUNT


def test_a_part_that_breaks_stops_no_other(home: House, clock: Clock) -> None:
    clock.forward(days=61)
    with transaction(home.engine) as session:
        session.execute(text("DROP TABLE term_count"))
    kept = keeping.keep(home)
    assert kept.keys == COUNT
    assert any(error.startswith("story terms: ") for error in kept.errors)
    assert not any(error.startswith(("fingerprints", "ledger", "pages")) for error in kept.errors)


def test_the_lock_of_another_writer_is_told_and_stops_nothing_for_good(
    home: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    if home.engine.dialect.name != "sqlite":
        pytest.skip("writers of PostgreSQL wait for rows, not for the file")
    clock.forward(days=61)
    home.engine.dispose()
    monkeypatch.setattr(engine, "_PRAGMAS", ("busy_timeout=20", "foreign_keys=ON"))
    with closing(sqlite3.connect(str(home.engine.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        kept = keeping.keep(home)
        assert len(kept.errors) >= 5
        assert kept.keys == 0
        other.execute("ROLLBACK")
    assert keeping.keep(home).keys == COUNT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KEEP_PAGES_DAYS", "0"),
        ("KEEP_PAGES_GB", "-1"),
        ("KEEP_PAGES_GB", "nan"),
        ("KEEP_TEXTS_DAYS", "30"),
        ("KEEP_LEDGER_DAYS", "soon"),
    ],
)
def test_a_wrong_time_to_keep_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"VARTA_{name}", value)
    with pytest.raises(ConfigError, match=f"^VARTA_{name}: "):
        settings.load()


def test_unset_means_pages_for_90_days_and_texts_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARTA_KEEP_TEXTS_DAYS", "")
    found = settings.load()
    assert (found.keep_pages_days, found.keep_pages_gb) == (90, 20.0)
    assert (found.keep_texts_days, found.keep_ledger_days) == (None, 400)
    assert settings.LEAST_TEXT_DAYS == retention.LEAST_TEXT_DAYS
