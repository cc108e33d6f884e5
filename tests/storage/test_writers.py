"""Many processes that store the same articles at the same time."""

import random
import signal
import time
from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement, Engine, func, select

from scrapers.article import Article
from storage import articles
from storage.engine import open_engine, reading, transaction
from storage.likeness import gist
from storage.tables import ArticleRow
from tests.storage.builders import NOON, article
from tests.storage.processes import ended, started

WRITERS = 8
EACH = 150
_BATCH = 10
_WORDS = [
    first + last for first in ("bor", "kal", "mer", "tos", "vin", "zad") for last in ("ak", "el", "im", "on", "ut")
]


def at_equal_urls(number: int, writer: int) -> Article:
    """What `writer` reads at an address that all of them read; its text differs a little in each process."""
    url = f"https://wire.example/a/{number}"
    return article(url=url, title=f"Title {number}", text=f"{_text(number)} Read {writer + 2} times.")


def with_equal_texts(number: int, writer: int) -> Article:
    """A text that every writer finds at another address, and another outlet."""
    url = f"https://outlet{writer}.example/{number}"
    return article(source=f"outlet{writer}", url=url, title=f"Title {number}", text=_text(number))


def _text(number: int) -> str:
    drawn = random.Random(number)
    return " ".join(drawn.choice(_WORDS) for _ in range(60)) + f" {number} of {drawn.randint(100, 999)} ships."


KINDS = {"urls": at_equal_urls, "texts": with_equal_texts}


def write(url: str, kind: str, writer: int) -> None:
    """Store all of them in an order of our own, some at a time."""
    numbers = list(range(EACH))
    random.Random(writer).shuffle(numbers)
    engine = open_engine(url)
    for start in range(0, EACH, _BATCH):
        batch = [gist.take(KINDS[kind](number, writer)) for number in numbers[start : start + _BATCH]]
        with transaction(engine) as session:
            articles.save(session, batch, NOON + timedelta(hours=1))
    engine.dispose()


def count(engine: Engine, *conditions: ColumnElement[bool]) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(ArticleRow).where(*conditions)) or 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_eight_writers_find_at_once_is_stored_once_also_when_one_is_killed(
    engine: Engine, database_url: str, kind: str
) -> None:
    writers = [started(write, database_url, kind, number) for number in range(WRITERS)]
    while count(engine) < EACH // 3:
        time.sleep(0.01)
    writers[0].kill()
    assert ended(*writers) == [-signal.SIGKILL] + [0] * (WRITERS - 1)
    assert ended(started(write, database_url, kind, 0)) == [0]
    linked = ArticleRow.duplicate_of.is_not(None)
    assert count(engine) == (EACH if kind == "urls" else EACH * WRITERS)
    assert count(engine, ~linked) == EACH
    assert count(engine, ArticleRow.id.in_(select(ArticleRow.duplicate_of).where(linked)), linked) == 0
