"""Pages that are no news, and databases that are locked, full or gone: what was stored stays whole."""

import os
import random
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, text

from alerts.model import Excerpt, Field, Hit, Match, Mode
from flows import pipeline
from flows.house import House
from flows.pipeline import Tally
from storage import articles, entries, matches, sources
from storage import engine as database
from storage.alert_tables import MatchRow
from storage.articles import Stored, Verdict
from storage.engine import UnavailableError, open_engine, reading, transaction
from storage.likeness import gist
from storage.likeness.gist import Gist
from storage.sources import Poll
from storage.tables import ArticleRow, EntryRow, SourceState
from tests import postgres
from tests.flows.rooms import feed, opened, page, source
from tests.servers import Call, Reply, Web
from tests.storage import builders
from tests.storage.builders import BODY, NOON, article, entry

LATER = NOON + timedelta(hours=1)
HALF, PAIR = "\ud83d", "\ud83d\ude00"
DIRTY = f"a\0b{HALF}c{PAIR}\0"
CLEAN = "ab\ufffdc\U0001f600"


def saved(engine: Engine, *batch: Any) -> list[Stored]:
    with transaction(engine) as session:
        return articles.save(session, [gist.take(one) for one in batch], LATER)


def count(engine: Engine, table: Any = ArticleRow) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_nul_and_halves_of_letters_cost_no_batch(engine: Engine) -> None:
    dirty = article(
        url=f"https://wire.example/{DIRTY}", title=DIRTY, text=BODY + DIRTY, authors=(DIRTY,), language=DIRTY
    )
    first, second = saved(engine, dirty, article(url="https://wire.example/2", text=f"{DIRTY} {BODY} More."))
    assert (first.verdict, second.id) == (Verdict.NEW, first.id + 1)
    match = Match("rutte", DIRTY, (Hit("rutte", DIRTY, Field.TITLE, 0, 1),), Excerpt(DIRTY, ((0, 1),), Field.TITLE))
    with transaction(engine) as session:
        assert matches.add(session, [(first.id, [match])], Mode.LIVE, LATER) == 1
        listed = [entry(1, url=f"https://wire.example/{DIRTY}", title=DIRTY, authors=(DIRTY,)), entry(2)]
        assert entries.remember(session, listed, Mode.LIVE, LATER).known == 1
        sources.record(session, builders.source(), LATER, Poll(answered=False, outcome=DIRTY, error=DIRTY))
    with reading(engine) as session:
        row = session.get_one(ArticleRow, first.id)
        assert (row.title, row.text, row.authors, row.language) == (CLEAN, BODY + CLEAN, [CLEAN], CLEAN)
        assert session.scalars(select(EntryRow.title).order_by(EntryRow.id.desc())).first() == CLEAN
        kept = session.scalars(select(MatchRow)).one()
        assert (kept.watch_version, kept.excerpt["text"]) == (CLEAN, CLEAN)
        assert session.get_one(SourceState, "wire").error == CLEAN
    assert saved(engine, dirty)[0].id == first.id


def test_what_is_longer_than_its_column_is_cut_on_both_engines(engine: Engine) -> None:
    (stored,) = saved(engine, article(language="x" * 500, external_id="y" * 500))
    with reading(engine) as session:
        row = session.get_one(ArticleRow, stored.id)
        assert (len(row.language or ""), len(row.external_id or "")) == (16, 128)


def test_json_is_kept_as_it_is_written(engine: Engine) -> None:
    told = (r"\u0000 is no NUL", 'Рютте "and" co', "\\")
    (stored,) = saved(engine, article(authors=told))
    with reading(engine) as session:
        assert session.get_one(ArticleRow, stored.id).authors == list(told)
        raw = session.scalar(text("SELECT CAST(authors AS TEXT) FROM article"))
    assert "Рютте" in raw


@pytest.mark.parametrize("year", [1, 1900, 2199, 9999])
def test_a_date_that_no_calendar_of_news_holds_is_dropped(engine: Engine, year: int) -> None:
    when = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC) if year > 1 else datetime(1, 1, 1, tzinfo=UTC)
    (stored,) = saved(engine, article(published=when))
    with transaction(engine) as session:
        entries.remember(session, [entry(1, published=when)], Mode.LIVE, LATER)
        assert entries.arrivals(session, "wire", 5) == [LATER]
    with reading(engine) as session:
        row = session.get_one(ArticleRow, stored.id)
        assert (row.published_at, row.at) == (None, LATER)


def test_long_addresses_and_titles_are_stored_whole(engine: Engine) -> None:
    drawn = random.Random(1)
    url = "https://wire.example/" + "".join(drawn.choices("abcdefghij0123456789", k=10_000))
    title = " ".join("".join(drawn.choices("abcdefghij", k=6)) for _ in range(150_000))
    (stored,) = saved(engine, article(url=url, title=title))
    with transaction(engine) as session:
        assert entries.remember(session, [entry(1, url=url, title=title)], Mode.LIVE, LATER).known == 1
    with reading(engine) as session:
        row = session.get_one(ArticleRow, stored.id)
        assert (row.url, row.title) == (url, title)
    assert saved(engine, article(url=url, title=title))[0].verdict is Verdict.SAME_URL


def test_an_article_of_five_megabytes_is_stored_and_its_copy_linked(engine: Engine) -> None:
    drawn = random.Random(1)
    huge = " ".join("".join(drawn.choices("abcdefghij", k=7)) for _ in range(650_000))
    first, second = saved(engine, article(text=huge), article(source="other", url="https://o.example/1", text=huge))
    with reading(engine) as session:
        assert session.get_one(ArticleRow, second.id).duplicate_of == first.id
        assert session.scalar(select(func.length(ArticleRow.text)).where(ArticleRow.id == first.id)) == len(huge)
        keys = session.scalar(text("SELECT count(*) FROM article_key")) or 0
    assert 0 < keys < 20_000  # what is looked at of a text has an end


def outlets(web: Web, names: Sequence[str], pages: int, *, letters: int = 300) -> str:
    """Sources with some pages each, as sources.yaml."""
    drawn = random.Random(1)
    for name in names:
        links = [f"/{name}/p{number}" for number in range(pages)]
        web.routes[f"/{name}"] = feed(web.url(""), *links)
        for link in links:
            words = " ".join("".join(drawn.choices("abdeiklmnorstuv", k=6)) for _ in range(letters // 7))
            web.routes[link] = page(f"Title of {link}", f"<p>{link} says this of Ukraine: {words}.</p>")
    return "".join(source(name, web.url(""), path=f"/{name}") for name in names)


def pass_over(rooms: House) -> dict[str, Tally]:
    due = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True)
    return {tally.source: tally for tally in pipeline.pass_over(due, rooms)}


def fetched(web: Web) -> int:
    return sum("/p" in call.path for call in web.requests)


def on_connect(engine: Engine, *statements: str) -> None:
    """Every new connection begins with these statements."""

    def prepare(connection: Any, _record: object) -> None:
        for statement in statements:
            connection.execute(statement).close()

    event.listen(engine, "connect", prepare)
    engine.dispose()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """As long as another process writes."""
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.slow
def test_a_writer_waits_for_a_lock_of_several_seconds(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'varta.db'}")
    database.upgrade(engine)
    with locked(tmp_path / "varta.db"):
        writer = threading.Thread(target=saved, args=(engine, article()))
        writer.start()
        time.sleep(6)  # SQLite itself gives up after five
        assert count(engine) == 0
    writer.join(30)
    assert count(engine) == 1
    engine.dispose()


def test_a_lock_that_does_not_end_is_told_and_the_pages_stay_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PAUSES", (0.01,))
    file = tmp_path / "var" / "varta.db"
    with Web() as web, opened(tmp_path, outlets(web, ["a"], 3)) as rooms:
        on_connect(rooms.engine, "PRAGMA busy_timeout=50")
        lock, real = locked(file), web.routes["/a/p1"]

        def lock_it(_: Call) -> Any:
            lock.__enter__()
            return real

        web.routes["/a/p1"] = lock_it
        tally = pass_over(rooms)["a"]
        assert (tally.outcome, tally.new, len(tally.errors)) == ("broken", 0, 1)
        assert tally.errors[0].startswith(f"a: the database {file} is locked by another process")
        assert (count(rooms.engine), count(rooms.engine, EntryRow)) == (0, 3)
        lock.__exit__(None, None, None)
        web.routes["/a/p1"] = real
        with reading(rooms.engine) as session:
            assert session.scalars(select(SourceState.failures)).all() == [0]
        with transaction(rooms.engine) as session:
            session.execute(text("UPDATE source_state SET claimed_until = NULL"))  # as after its lease
        assert (pass_over(rooms)["a"].new, count(rooms.engine)) == (3, 3)


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    with Web() as web, opened(tmp_path, outlets(web, ["a", "b"], 3, letters=90_000)) as rooms:
        with reading(rooms.engine) as session:
            pages = session.scalar(text("PRAGMA page_count"))
        on_connect(rooms.engine, f"PRAGMA max_page_count={pages + 30}")
        tallies = pass_over(rooms)
        assert [(tally.new, len(tally.errors)) for tally in tallies.values()] == [(0, 1), (0, 1)]
        for name, tally in tallies.items():
            why = f"the database {tmp_path / 'var' / 'varta.db'} cannot grow: the disk is full"
            assert tally.errors == [f"{name}: {why}; 3 pages wait for the next pass"]
        assert (count(rooms.engine), count(rooms.engine, EntryRow), count(rooms.engine, MatchRow)) == (0, 6, 0)
        on_connect(rooms.engine, "PRAGMA max_page_count=1000000")
        assert [tally.new for tally in pass_over(rooms).values()] == [3, 3]


@pytest.mark.real
def test_a_batch_whose_connection_is_lost_is_stored_once_and_fetched_once(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite has no connection to lose")
    real = articles.save
    lost: list[int] = []

    def save(session: Any, batch: Sequence[Gist], now: datetime) -> list[Stored]:
        stored = real(session, batch, now)
        if not lost:
            lost.append(session.scalar(text("SELECT pg_backend_pid()")))
            other = open_engine(database_url)
            with other.begin() as connection:
                connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": lost[0]})
            other.dispose()
        return stored

    monkeypatch.setattr(articles, "save", save)
    monkeypatch.setattr(database, "_PAUSES", (0.01,))
    with Web() as web, opened(tmp_path, outlets(web, ["a"], 25), database_url=database_url) as rooms:
        tally = pass_over(rooms)["a"]
        assert (len(lost), tally.new, tally.errors, fetched(web)) == (1, 25, [], 25)
        assert (count(rooms.engine), count(rooms.engine, MatchRow)) == (25, tally.matched)


@pytest.mark.real
@pytest.mark.slow
def test_a_server_that_starts_again_in_the_middle_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (binaries := postgres.binaries()) is None:
        pytest.skip("PostgreSQL is not installed")
    with Web() as web, postgres.running() as url, opened(tmp_path, outlets(web, ["a"], 25), database_url=url) as rooms:
        with reading(rooms.engine) as session:
            folder, port, place = (
                session.scalar(text(f"SHOW {name}")) for name in ("data_directory", "port", "unix_socket_directories")
            )
        first = web.routes["/a/p0"]

        def control(*command: str) -> None:
            user = "postgres" if os.geteuid() == 0 else None
            subprocess.run(
                [binaries / "pg_ctl", "-D", folder, *command], check=True, capture_output=True, user=user, cwd="/"
            )

        def restart(_: Call) -> Any:
            web.routes["/a/p0"] = first
            control("-m", "immediate", "stop")
            starting.start()
            return first

        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {place}"
        starting = threading.Timer(0.7, control, ("-w", "-l", f"{place}/log", "-o", options, "start"))
        web.routes["/a/p0"] = restart
        monkeypatch.setattr(database, "_PAUSES", (1.0, 5.0, 5.0))
        tally = pass_over(rooms)["a"]
        starting.join()
        assert (tally.new, tally.errors, fetched(web), count(rooms.engine)) == (25, [], 25, 25)


def test_a_server_that_asks_for_centuries_of_patience_is_asked_again_in_time(tmp_path: Path) -> None:
    with Web() as web, opened(tmp_path, outlets(web, ["a"], 2)) as rooms:
        web.routes["/a/p1"] = Reply(503, headers={"Retry-After": "9" * 30})
        assert (pass_over(rooms)["a"].new, count(rooms.engine)) == (2, 2)


def test_an_action_is_tried_again_as_long_as_the_trouble_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PAUSES", (0.0, 0.0))

    def failing(times: int, *, is_passing: bool) -> tuple[Callable[[], str], list[int]]:
        tried: list[int] = []

        def action() -> str:
            tried.append(1)
            if len(tried) <= times:
                raise UnavailableError("no", is_passing=is_passing)
            return "done"

        return action, tried

    passing, _ = failing(2, is_passing=True)
    assert database.insist(passing) == "done"
    for times, is_passing, tries in ((3, True, 3), (1, False, 1)):
        action, tried = failing(times, is_passing=is_passing)
        with pytest.raises(UnavailableError):
            database.insist(action)
        assert len(tried) == tries
