"""What stored articles tell of a watchlist: watches that match too much, names that stand nowhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from alerts.lints import Lint
from flows import linting
from flows.house import House
from flows.linting import Linted
from storage.engine import open_engine, transaction
from storage.tables import ArticleRow
from tests.flows.rooms import BEGIN, Clock, opened
from tests.flows.test_rematching import store
from tests.flows.test_replaying import text

WATCHLIST = """
entities:
  - id: rutte
    names:
      en: [Mark Rutte, Ruttte]
      uk: [Рютте]
  - {id: patriot, weak: {en: [Patriot]}, needs: [missile]}
watches:
  - {id: much, query: '@rutte', to: [desk]}
  - {id: little, query: 'orchestra AND (velodrome OR "sea ferry") AND NOT zeppelin AND @patriot', to: [desk]}
"""
DESTINATIONS = 'destinations:\n  - {id: desk, slack: {webhook: "env:NOT_THERE"}}\n'


def checked(rooms: House) -> Linted:
    return linting.lint(rooms.settings, rooms.configuration, BEGIN)


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linting, "_FEWEST", 10)


@pytest.mark.usefixtures("_few")
def test_a_busy_watch_and_names_that_stand_nowhere_are_told(tmp_path: Path, database_url: str) -> None:
    with opened(
        tmp_path, "", database_url=database_url, watchlist=WATCHLIST, destinations=DESTINATIONS, clock=Clock()
    ) as rooms:
        store(rooms, {f"busy {n}": text("Про Рютте says Mark Rutte.", n) for n in range(3)})
        store(rooms, {f"calm {n}": text("The orchestra and a Patriot.", 10 + n) for n in range(9)})
        store(rooms, {"old": text("The sea ferry.", 50)}, days_ago=40)
        store(rooms, {"very old": text("The velodrome.", 60)}, days_ago=100)
        found = checked(rooms)
        assert found.skipped == ()
        assert [(one.line, one.lint) for one in found.findings] == [(5, Lint.UNSEEN), (9, Lint.BUSY), (10, Lint.UNSEEN)]
        nowhere, busy, word = (one.message for one in found.findings)
        assert nowhere.startswith("entities `rutte`: no article of the last 40 days holds `Ruttte` in any form")
        assert busy.startswith("watches `much` matched 3 of the 12 articles of the last week (25%): narrow it")
        assert word.startswith("watches `little`: no article of the last 40 days holds `velodrome`")
        with transaction(rooms.engine) as session:
            session.execute(update(ArticleRow).values(at=BEGIN - timedelta(days=20)))
        assert checked(rooms).skipped == (
            "how much watches match: only 0 articles are stored of the last week",
            "which names stand nowhere: only 14 articles of 20 days are stored",
        )


def test_without_enough_articles_nothing_is_said_of_them(tmp_path: Path, database_url: str) -> None:
    with opened(
        tmp_path, "", database_url=database_url, watchlist=WATCHLIST, destinations=DESTINATIONS, clock=Clock()
    ) as rooms:
        store(rooms, {"one": text("Mark Rutte.", 1)})
        found = checked(rooms)
    assert found.findings == ()
    assert [reason.partition(":")[0] for reason in found.skipped] == [
        "how much watches match", "which names stand nowhere",
    ]  # fmt: skip


def test_an_old_database_is_left_alone_and_told(tmp_path: Path, database_url: str) -> None:
    with opened(
        tmp_path, "", database_url=database_url, watchlist=WATCHLIST, destinations=DESTINATIONS, clock=Clock()
    ) as rooms:
        settings, configuration = rooms.settings, rooms.configuration
    engine = open_engine(database_url)
    with transaction(engine) as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    engine.dispose()
    (skipped,) = linting.lint(settings, configuration, BEGIN).skipped
    assert "run `varta db upgrade`" in skipped
