"""To store a batch costs the same whatever is stored already: every row is found by an index that tells it apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from storage import articles
from storage import engine as database
from storage.engine import transaction
from storage.likeness import gist
from tests.storage.builders import BODY, NOON, article
from tests.storage.likeness.test_clustering import SAME

# most articles are nobody's copy and nobody's edition: to ask these indexes for NULL is to read every article
POINTLESS = ("ix_article_duplicate_of", "ix_article_edition_of", "ix_article_translation_of")


@pytest.fixture
def asked(tmp_path: Path) -> list[tuple[str, Any]]:
    """The statements by which a batch is stored that repeats a text and continues stories, with their values."""
    engine = database.open_engine(f"sqlite:///{tmp_path}/plans.db")
    database.upgrade(engine)
    _store(engine, 0)
    found: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        _, _, statement, values, _, is_many = given
        if not is_many and not statement.startswith("INSERT"):
            found.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    _store(engine, 1)
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        plans = [
            (statement, [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)])
            for statement, values in found
            if not statement.startswith(("BEGIN", "PRAGMA"))
        ]
    engine.dispose()
    return plans


def test_no_statement_of_a_batch_walks_a_table(asked: list[tuple[str, Any]]) -> None:
    assert any("story_id IN" in statement for statement, _ in asked)  # stories were continued
    tables = ("SCAN article", "SCAN story", "SCAN entry", "SCAN term_count")
    assert [(statement, plan) for statement, plan in asked if any(line.startswith(tables) for line in plan)] == []


def test_no_statement_of_a_batch_finds_articles_by_what_most_of_them_lack(asked: list[tuple[str, Any]]) -> None:
    reads = [(statement, plan) for statement, plan in asked if statement.lstrip().startswith(("SELECT", "WITH"))]
    assert reads
    assert [(statement, plan) for statement, plan in reads if any(name in " ".join(plan) for name in POINTLESS)] == []


def _store(engine: Engine, turn: int) -> None:
    told = [article(url=f"https://wire.example/{turn}", text=f"{BODY} {'' if turn else 'Again.'}", source=f"w{turn}")]
    told += [
        article(url=f"https://wire.example/{turn}/{number}", title=leads[turn][0], text=leads[turn][1], language="uk")
        for number, leads in enumerate(SAME)
    ]
    with transaction(engine) as session:
        articles.save(session, [gist.take(one) for one in told], NOON)
