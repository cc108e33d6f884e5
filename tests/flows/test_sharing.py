"""Processes that fetch at the same time find each other in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from sqlalchemy import Engine, event

from flows.sharing import Sharing
from scrapers.web.politeness import Share
from storage import engine as database
from storage import fetchers
from storage.engine import transaction
from tests.storage.processes import ended, started

NOW = datetime(2025, 2, 12, 18, 0, tzinfo=UTC)


class Clock:
    """Seconds and the time of day, moved by a test and by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def read(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def sharing(engine: Engine, clock: Clock) -> Sharing:
    return Sharing(engine, clock.now, clock=clock.read, sleep=clock.sleep)


def fetch(url: str, ready: Event, go: Event) -> None:
    """What another process does that fetches."""
    engine = database.open_engine(url)
    with Sharing(engine, lambda: NOW, sleep=lambda _: None) as mine:
        mine()
        ready.set()
        go.wait(60)
    engine.dispose()


def test_two_processes_share_the_slots_until_one_of_them_is_done(engine: Engine, database_url: str) -> None:
    forks = get_context("forkserver")
    ready, go = forks.Event(), forks.Event()
    other = started(fetch, database_url, ready, go)
    assert ready.wait(60)
    clock = Clock()
    with sharing(engine, clock) as mine:
        share = mine()
        assert share.count == 2
        assert clock.seconds == 2.0  # it waited until the other one could know of it
        go.set()
        assert ended(other) == [0]
        clock.seconds += 3
        assert mine() == Share(0, 1)


def test_two_never_have_the_same_place(engine: Engine) -> None:
    clock = Clock()
    with sharing(engine, clock) as one, sharing(engine, clock) as two:
        two()
        one()
        clock.seconds += 3
        assert {one().place, two().place} == {0, 1}
        assert one().count == two().count == 2


def test_one_that_was_killed_is_forgotten(engine: Engine) -> None:
    clock = Clock()
    with transaction(engine) as session:
        fetchers.tell(session, "killed", clock.now())
    with sharing(engine, clock) as mine:
        assert mine().count == 2
        clock.seconds += fetchers.ALIVE.total_seconds()
        assert mine() == Share(0, 1)


def test_alone_it_writes_once_in_ten_seconds_however_many_requests(engine: Engine) -> None:
    clock, written = Clock(), []
    event.listen(engine, "before_cursor_execute", lambda *given: written.append(given[2]))
    with sharing(engine, clock) as mine:
        for _ in range(100):
            assert mine() == Share(0, 1)
            clock.seconds += 0.1
    inserts = [text for text in written if text.startswith("INSERT")]
    assert len(inserts) == 1
