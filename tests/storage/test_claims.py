"""Runs that share a database take sources one by one, and never one of them at the same time."""

import signal
import threading
import time
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from flows import claims, house, pipeline
from flows.settings import Settings
from scrapers.source import Source
from storage import sources
from storage.engine import reading, transaction
from storage.sources import LEASE, Poll, Turn
from storage.tables import SourceState
from tests.flows.rooms import Clock, feed, opened, page, source
from tests.servers import Call, Reply, Web
from tests.storage import builders
from tests.storage.builders import NOON
from tests.storage.processes import ended, started

WIRE, OTHER = builders.source("wire"), builders.source("other")


def take(engine: Engine, owner: str, *wanted: Source, after: timedelta = timedelta()) -> dict[str, Turn]:
    with transaction(engine) as session:
        return sources.claim(session, wanted or [WIRE], owner, NOON + after)


def due(engine: Engine, after: timedelta = timedelta()) -> list[str]:
    with reading(engine) as session:
        return [one.id for one in sources.due(session, [WIRE, OTHER], NOON + after)]


def test_a_source_has_one_owner_until_it_is_released(engine: Engine) -> None:
    assert take(engine, "a", WIRE, OTHER) == {"wire": Turn.OURS, "other": Turn.OURS}
    assert take(engine, "b", WIRE, OTHER) == {"wire": Turn.BUSY, "other": Turn.BUSY}
    with transaction(engine) as session:
        sources.release(session, "wire", "b")  # not its own
        sources.release(session, "other", "a")
    assert due(engine) == ["other"]
    assert take(engine, "b", WIRE, OTHER) == {"wire": Turn.BUSY, "other": Turn.OURS}


def test_a_source_of_a_killed_run_is_free_after_its_lease(engine: Engine) -> None:
    take(engine, "a")
    assert take(engine, "b", after=LEASE - timedelta(seconds=1)) == {"wire": Turn.BUSY}
    assert due(engine, after=LEASE) == ["wire", "other"]
    assert take(engine, "b", after=LEASE) == {"wire": Turn.OURS}
    with transaction(engine) as session:
        assert sources.renew(session, "a", NOON + LEASE) == set()


def test_a_renewed_lease_lasts_longer(engine: Engine) -> None:
    take(engine, "a")
    with transaction(engine) as session:
        assert sources.renew(session, "a", NOON + LEASE / 2) == {"wire"}
    assert take(engine, "b", after=LEASE) == {"wire": Turn.BUSY}


def test_a_lease_by_a_clock_that_is_wrong_holds_nobody_up(engine: Engine) -> None:
    take(engine, "a", after=timedelta(days=400))
    assert due(engine) == ["wire", "other"]
    assert take(engine, "b") == {"wire": Turn.OURS}


def test_clocks_that_differ_by_a_minute_give_a_source_to_one_run(engine: Engine) -> None:
    for ahead in (timedelta(minutes=1), -timedelta(minutes=1)):
        take(engine, "a", after=ahead)
        assert take(engine, "b") == {"wire": Turn.BUSY}
        with transaction(engine) as session:
            sources.release(session, "wire", "a")


def test_a_source_that_was_polled_meanwhile_is_not_polled_again(engine: Engine) -> None:
    assert due(engine) == ["wire", "other"]
    take(engine, "a")
    with transaction(engine) as session:
        sources.record(session, WIRE, NOON, Poll(answered=True, outcome="fetched"))
        sources.release(session, "wire", "a")
    assert take(engine, "b") == {"wire": Turn.POLLED}
    assert take(engine, "b", after=WIRE.every) == {"wire": Turn.OURS}


def test_force_makes_a_source_due_but_takes_it_from_nobody(engine: Engine) -> None:
    with transaction(engine) as session:
        sources.record(session, WIRE, NOON, Poll(answered=True, outcome="fetched"))
    take(engine, "a", OTHER)
    with transaction(engine) as session:
        assert sources.hasten(session, [WIRE, OTHER], NOON) == {"other": "a"}
    assert take(engine, "b", WIRE, OTHER) == {"wire": Turn.OURS, "other": Turn.BUSY}


def test_a_feed_may_state_any_number(engine: Engine) -> None:
    with transaction(engine) as session:
        stated = timedelta(days=10**8)
        sources.record(session, WIRE, NOON, Poll(answered=True, outcome="fetched", stated=stated))
    assert due(engine, after=timedelta(days=3)) == ["wire", "other"]


def test_a_forced_pass_tells_of_a_source_that_another_run_polls(
    tmp_path: Path, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Web() as web, opened(tmp_path, source("wire", web.url("")), database_url=database_url) as rooms:
        every = rooms.configuration.catalogue.sources
        claims.take(every, rooms)
        tallies = pipeline.pass_over(pipeline.claim_due(every, rooms, force=True), rooms)
        assert [(tally.source, tally.outcome, tally.errors) for tally in tallies] == [("wire", "busy", [])]
        assert [record.getMessage() for record in caplog.records] == ["is being polled by another run"]
        assert web.requests == []


def test_a_run_that_lost_its_claim_leaves_the_pages_to_the_other(tmp_path: Path, database_url: str) -> None:
    clock, links = Clock(), [f"/p{n}" for n in range(6)]
    with Web() as web, opened(tmp_path, source("wire", web.url("")), clock=clock, database_url=database_url) as rooms:

        def stolen(call: Call) -> bytes:
            if len(web.asked("/robots.txt")) and sum("/p" in one.path for one in web.requests) == 3:
                clock.forward(minutes=9)  # this process stood still
                with transaction(rooms.engine) as session:
                    session.execute(update(SourceState).values(claimed_by="another"))
            return page(f"Title of {call.path}", f"<p>{call.path} " + "says this of Ukraine " * 20)

        web.routes |= {"/feed": feed(web.url(""), *links)} | dict.fromkeys(links, stolen)
        (tally,) = pipeline.pass_over(rooms.configuration.catalogue.sources, rooms)
        assert (tally.fetched, tally.new) == (3, 3)
        with reading(rooms.engine) as session:
            assert session.get_one(SourceState, "wire").claimed_by == "another"


def test_a_slow_host_costs_no_claim_while_its_run_lives(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_RENEWAL", timedelta(milliseconds=20))
    renewed, clock = threading.Event(), Clock()
    with Web() as web, opened(tmp_path, source("wire", web.url("")), clock=clock, database_url=database_url) as rooms:

        def slow(_: Call) -> bytes:
            with reading(rooms.engine) as session:
                first = session.get_one(SourceState, "wire").claimed_until
            for _number in range(500):
                clock.forward(seconds=1)
                with reading(rooms.engine) as session:
                    if session.get_one(SourceState, "wire").claimed_until != first:
                        renewed.set()
                        break
                time.sleep(0.02)
            return feed(web.url(""))

        web.routes["/feed"] = slow
        (tally,) = pipeline.pass_over(rooms.configuration.catalogue.sources, rooms)
        assert tally.errors == []
        assert renewed.is_set()
        with reading(rooms.engine) as session:
            assert session.get_one(SourceState, "wire").claimed_by is None


class Outlets:
    """Feeds that record when each is being asked, and that one was asked twice at a time."""

    def __init__(self, web: Web, count: int) -> None:
        self.polls: dict[str, int] = {}
        self.overlaps: list[str] = []
        self.slow = 0.15
        self.open: set[str] = set()
        self._lock = threading.Lock()
        self._base = web.url("")
        web.routes |= {f"/s{number}": self.answer for number in range(count)}

    def answer(self, call: Call) -> Reply:
        with self._lock:
            if call.path in self.open:
                self.overlaps.append(call.path)
            self.open.add(call.path)
            self.polls[call.path] = self.polls.get(call.path, 0) + 1
        call.pause(self.slow)
        with self._lock:
            self.open.discard(call.path)
        return Reply(200, feed(self._base))


COUNT = 40


def run(folder: Path, url: str, lease: timedelta) -> None:
    """One pass over what is due, host by host, as if each source had a host of its own."""
    sources.LEASE = lease
    settings = {"home": folder / "var", "config_dir": folder / "config", "allow_hosts": "127.0.0.1", "host_delay": 0}
    with house.opened(Settings.model_validate({**settings, "database_url": url})) as rooms:
        for one in pipeline.claim_due(rooms.configuration.catalogue.sources, rooms):
            pipeline.ingest_each([one], rooms)


def polled_by(process: BaseProcess, engine: Engine) -> list[str]:
    with reading(engine) as session:
        query = select(SourceState.source_id).where(SourceState.claimed_by.contains(f":{process.pid}:"))
        return [f"/{name}" for name in session.scalars(query)]


def configured(folder: Path, web: Web, url: str) -> Outlets:
    outlets = Outlets(web, COUNT)
    listed = "".join(source(f"s{number}", web.url(""), path=f"/s{number}") for number in range(COUNT))
    with opened(folder, listed, database_url=url):
        return outlets


@pytest.mark.slow
def test_three_runs_poll_every_source_once_and_none_at_the_same_time(tmp_path: Path, database_url: str) -> None:
    with Web() as web:
        outlets = configured(tmp_path, web, database_url)
        assert ended(*(started(run, tmp_path, database_url, LEASE) for _ in range(3))) == [0, 0, 0]
        assert (len(outlets.polls), set(outlets.polls.values()), outlets.overlaps) == (COUNT, {1}, [])


@pytest.mark.slow
def test_what_a_killed_run_was_polling_is_polled_by_another_after_the_lease(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    lease = timedelta(seconds=6)
    with Web() as web:
        outlets = configured(tmp_path, web, database_url)
        outlets.slow = 1.0
        runs = [started(run, tmp_path, database_url, lease) for _ in range(3)]
        while not outlets.open.intersection(held := polled_by(runs[0], engine)):
            time.sleep(0.02)
        runs[0].kill()
        outlets.slow = 0.1
        assert ended(*runs) == [-signal.SIGKILL, 0, 0]
        assert polled_by(runs[0], engine) == held  # the others took it from nobody, and did all the rest
        assert (len(outlets.polls), set(outlets.polls.values()), outlets.overlaps) == (COUNT, {1}, [])
        time.sleep(lease.total_seconds())
        assert ended(started(run, tmp_path, database_url, lease)) == [0]
        assert {path for path, count in outlets.polls.items() if count == 2} == set(held)
        assert polled_by(runs[0], engine) == outlets.overlaps == []
