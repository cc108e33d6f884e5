"""How many headlines without any text the shipped watches take, and that they leave those of other subjects."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts import matching, watchlist
from tests.builders import make_article

RECALL = 0.97  # an article's text says more than its headline
ROWS = [
    (watch, headline)
    for line in (Path(__file__).parent / "headlines.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for watch, _, headline in [line.partition(" | ")]
]


@pytest.fixture(scope="module")
def taken() -> dict[str, set[str]]:
    """The watches that take each headline."""
    compiled = matching.compile(watchlist.load(None))
    return {
        headline: {match.watch for match in matching.match(make_article(title=headline), compiled)}
        for _, headline in ROWS
    }


def test_watches_take_headlines_of_their_subject(taken: dict[str, set[str]]) -> None:
    wanted = [(watch, headline) for watch, headline in ROWS if watch != "none"]
    missed = [(watch, headline) for watch, headline in wanted if watch not in taken[headline]]
    assert len(wanted) >= 200
    assert 1 - len(missed) / len(wanted) >= RECALL, missed


def test_no_watch_takes_headlines_of_other_subjects(taken: dict[str, set[str]]) -> None:
    others = [headline for watch, headline in ROWS if watch == "none"]
    assert len(others) >= 30
    assert {headline: taken[headline] for headline in others if taken[headline]} == {}
