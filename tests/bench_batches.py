"""Rows of `make bench` on storing: what a batch costs and where, and how many writers get along."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.orm import Session

from alerts import matching, watchlist
from alerts.model import Mode
from alerts.reading import Reading
from scrapers import urls
from scrapers.article import Article, FeedEntry
from storage import articles, copies, entries, matches, search, stories, suggestions
from storage import engine as database
from storage.engine import transaction
from storage.entries import EntryState, Result
from storage.likeness import gist
from storage.likeness.fingerprint import key_hash
from storage.tables import ArticleRow
from tests import postgres
from tests.bench_texts import BEGIN, Newsroom
from tests.measure import row, say, spent

STORED = 20_000  # articles of three days: as many as 140 outlets write in a busy time
_BATCH, _BATCHES = 100, 5
_WRITERS, _SOME, _ROUNDS = 8, 20, 10  # batches of the pipeline are of 20
_STEP = timedelta(seconds=13)
_LATER = BEGIN + STORED * _STEP
_PARTS: tuple[tuple[Any, str, str], ...] = (
    (gist, "take", "gist"),
    (matching, "look", "match"),
    (copies, "link", "copies"),
    (stories, "attach", "stories"),
    (suggestions, "suggest", "suggestions"),
    (search, "index", "search"),
    (matches, "add", "matches"),
    (entries, "finish", "entries"),
)

_WITHIN = ("copies", "stories", "suggestions", "search")  # of `articles.save`


@dataclass(frozen=True, slots=True)
class Cost:
    """What a batch took: CPU seconds of this process, in all and by part, and those of the server."""

    total: float
    parts: dict[str, float]
    server: float


def rows() -> None:
    """Print every row on storing."""
    with engines() as found:
        for name, create in found.items():
            bare = _bare(create())
            tell(f"batch, {name}, empty", cheapest(create()), bare)
            _writers(name, create(), create())
            full = create()
            fill(full, STORED)
            tell(f"batch, {name}, {STORED:,} stored", cheapest(full, _LATER), bare)


@contextmanager
def engines(**settings: str) -> Iterator[dict[str, Callable[[], str]]]:
    """By engine, what makes an empty database and returns its URL; `settings` are the server's."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        found = {"SQLite": lambda: f"sqlite:///{folder}/{uuid.uuid4().hex}.db"}
        if postgres.binaries() is not None:
            server = stack.enter_context(postgres.running(**settings))
            found["PostgreSQL"] = lambda: _created(server)
        yield found


def _created(server: str) -> str:
    name = f"b{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{server.rsplit('/', 1)[0]}/{name}"


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine with every table."""
    engine = database.open_engine(url)
    database.upgrade(engine)
    yield engine
    engine.dispose()


def tell(name: str, cost: Cost, bare: float = 0.0) -> None:
    """Print what a batch took, against `bare` if that was measured."""
    if bare:
        row(name, cost.total, bare, _BATCH, "one SELECT and one INSERT per article, nothing recognised; CPU")
    else:
        say(f"{name:34} {1000 * cost.total / _BATCH:9.3f} ms")
    parts = ", ".join(f"{part} {1000 * value / _BATCH:.2f}" for part, value in cost.parts.items())
    server = f"; of the server {1000 * cost.server / _BATCH:.2f}" if cost.server else ""
    say(f"    ms per article: {parts}{server}")


def cheapest(url: str, since: datetime = BEGIN) -> Cost:
    """What the cheapest of some batches took, with articles from `since` on."""
    compiled = matching.compile(watchlist.load(None))
    room = Newsroom(seed=7)
    with opened(url) as engine:
        costs = []
        for number in range(_BATCHES):
            begin = since + number * _BATCH * _STEP
            costs.append(_batch(engine, list(room.write(_BATCH, begin)), compiled, begin + _BATCH * _STEP))
    return min(costs, key=lambda cost: cost.total)


def _batch(engine: Engine, batch: Sequence[Article], compiled: matching.Compiled, now: datetime) -> Cost:
    """Do what the pipeline does with a batch of extracted pages."""
    with transaction(engine) as session:
        for one in batch:  # each outlet lists its own
            entries.remember(session, [FeedEntry(one.source, one.url, one.title)], Mode.LIVE, now)
        ids = {url: entry for url, entry in session.execute(text("SELECT url, id FROM entry"))}  # noqa: C416
        pid = _server(session)
    with _timed() as parts:
        before, start = _server_time(pid), spent()
        looking = spent()
        readings = [Reading(one) for one in batch]
        parts["match"] += spent() - looking
        looked = [matching.look(one, compiled, reading) for one, reading in zip(batch, readings, strict=True)]
        gists = [
            gist.take(one, named, reading) for one, (_, named), reading in zip(batch, looked, readings, strict=True)
        ]
        with transaction(engine) as session:
            saving = spent()
            stored = articles.save(session, gists, now)
            parts["insert"] += spent() - saving - sum(parts[part] for part in _WITHIN)
            if any(not one.verdict.is_fresh for one in stored):
                raise RuntimeError("these articles are stored already")
            found = [(one.id, which) for one, (which, _) in zip(stored, looked, strict=True)]
            matches.add(session, found, Mode.LIVE, now)
            done = [Result(ids[one.article.url], EntryState.STORED, article=one.id) for one in stored]
            entries.finish(session, done)
            ending = spent()
        parts["commit"] += spent() - ending
        total = spent() - start
    return Cost(total, parts, _server_time(pid) - before)


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """CPU seconds by part, counted at the functions that the parts consist of."""
    times: dict[str, float] = dict.fromkeys(("gist", "match", "insert", *_WITHIN, "matches", "entries", "commit"), 0.0)

    def counted(work: Callable[..., Any], part: str) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            start = spent()
            try:
                return work(*given, **named)
            finally:
                times[part] += spent() - start

        return timed

    kept = [(module, name, getattr(module, name)) for module, name, _ in _PARTS]
    for module, name, part in _PARTS:
        setattr(module, name, counted(getattr(module, name), part))
    try:
        yield times
    finally:
        for module, name, work in kept:
            setattr(module, name, work)


def _server(session: Session) -> int:
    """The process that serves this connection, 0 where there is none."""
    is_served = session.get_bind().dialect.name == "postgresql"
    return int(session.scalar(text("SELECT pg_backend_pid()")) or 0) if is_served else 0


def _server_time(pid: int) -> float:
    """CPU seconds of a process, in steps of 10 ms; 0 where the system does not tell."""
    file = Path(f"/proc/{pid}/stat")
    if not pid or not file.exists():
        return 0.0
    fields = file.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _bare(url: str) -> float:
    """CPU seconds of the least that a reader does with a batch: ask for each URL, insert what is new."""
    room, times = Newsroom(seed=3), []
    with opened(url) as engine:
        for _ in range(_BATCHES):
            batch = list(room.write(_BATCH))
            start = spent()
            with transaction(engine) as session:
                for one in batch:
                    key = key_hash(urls.url_key(one.url))
                    if session.scalar(select(ArticleRow.id).where(ArticleRow.url_key == key)) is None:
                        session.execute(insert(ArticleRow).values(**_columns(one, key)))
            times.append(spent() - start)
    return min(times)


def _columns(one: Article, key: bytes) -> dict[str, Any]:
    now = datetime.now(UTC)
    plain = {"source_id": one.source, "url": one.url, "url_key": key, "title": one.title, "text": one.text}
    return plain | {"authors": [], "partial": False, "first_seen_at": now, "last_seen_at": now, "at": now}


def _writers(name: str, one: str, eight: str) -> None:
    """Articles of eight processes at once against those of one, by the clock."""
    alone, together = _written(one, 1), _written(eight, _WRITERS)
    count = _SOME * _ROUNDS
    rates = f"{_WRITERS * count / together:,.0f} articles/s, 1 writer {count / alone:,.0f}"
    row(f"{_WRITERS} writers, {name}, wall", together / _WRITERS, alone, count, rates)


def _written(url: str, writers: int) -> float:
    """Seconds until every writer has stored its articles."""
    with opened(url):
        pass
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(writers + 1)
    crowd = [context.Process(target=_write, args=(url, number, barrier)) for number in range(writers)]
    for one in crowd:
        one.start()
    barrier.wait(120)
    start = time.perf_counter()
    for one in crowd:
        one.join()
    if any(one.exitcode for one in crowd):
        raise RuntimeError("a writer failed")
    return time.perf_counter() - start


def _write(url: str, number: int, barrier: Barrier) -> None:
    room = Newsroom(seed=100 + number)
    batches = [list(room.write(_SOME)) for _ in range(_ROUNDS)]
    with opened(url) as engine:
        barrier.wait(120)
        for batch in batches:
            store(engine, batch, _LATER)


def store(engine: Engine, batch: Sequence[Article], now: datetime) -> None:
    """Store articles as the pipeline does, without entries and matches."""
    gists = [gist.take(one) for one in batch]
    with transaction(engine) as session:
        articles.save(session, gists, now)


def fill(url: str, count: int) -> None:
    """Store so many articles, `_STEP` apart."""
    room = Newsroom(seed=11)
    with opened(url) as engine:
        for start in range(0, count, _BATCH):
            begin = BEGIN + start * _STEP
            store(engine, list(room.write(_BATCH, begin)), begin + _BATCH * _STEP)
