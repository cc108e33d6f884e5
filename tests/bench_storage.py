"""`make bench-storage ARTICLES=1000000`: look-ups, batches and sizes with that many articles, on both engines."""

from __future__ import annotations

import argparse
import contextlib
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from storage import fingerprints
from storage.engine import reading
from storage.likeness import shingles
from tests import bench_search
from tests.bench_batches import cheapest, engines, fill, opened, tell
from tests.bench_growth import multiply
from tests.bench_texts import BEGIN, Newsroom
from tests.measure import say, spent

_BASE = 20_000  # articles that are really stored; the others are those again, with fingerprints of their own
_DAYS = 42  # between the first and the last of them, three days long: as long as fingerprints are kept
_LOOKED, _STEADY = 300, 10_000  # articles that are looked up, and look-ups in which memory must not grow
_SERVER = {"shared_buffers": "1GB", "work_mem": "64MB", "max_wal_size": "8GB", "maintenance_work_mem": "512MB"}
_PARTS = {"article_key": "keys", "story_term": "terms", "term_count": "terms", "article_search": "search"}
_SIZES = {
    "sqlite": "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY 1",
    "postgresql": "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
    "'public'::regnamespace",
}


def main() -> None:
    """Print sizes and times with so many articles, on each engine that there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--engine", choices=["SQLite", "PostgreSQL"], help="this one alone")
    parser.add_argument("--keys-only", action="store_true", help="no more of anything but fingerprints")
    chosen = parser.parse_args()
    with engines(**_SERVER) as found:
        for name, create in found.items():
            if chosen.engine in (None, name):
                _scale(name, create(), chosen.articles, keys_only=chosen.keys_only)
                if not chosen.keys_only:
                    bench_search.rows(name, create())


def _scale(name: str, url: str, count: int, *, keys_only: bool) -> None:
    fill(url, _BASE)
    with opened(url) as engine:
        say(f"{name}, {_BASE:,} stored batch by batch")
        _sizes(engine, _BASE)
        _look_ups(engine, days=0)
        start = time.perf_counter()
        multiply(engine, round(count / _BASE), _BASE, _DAYS, ("article_key",) if keys_only else None)
        say(f"{name}, {count:,} made in {time.perf_counter() - start:.0f} s")
        _sizes(engine, count)
        _look_ups(engine, days=_DAYS)
        _steady(engine)
    if not keys_only:
        tell(f"batch, {name}, {count:,} stored", cheapest(url, BEGIN + timedelta(days=_DAYS + 3)))


def _sizes(engine: Engine, count: int) -> None:
    """Bytes per article of each part: fingerprints, story terms, search index, and texts with all the rest."""
    with contextlib.suppress(OperationalError), reading(engine) as session:  # an SQLite without dbstat
        size = dict.fromkeys(("keys", "terms", "search", "texts and the rest"), 0.0)
        for table, taken in session.execute(text(_SIZES[engine.dialect.name])):
            part = next((part for start, part in _PARTS.items() if table.startswith(start)), "texts and the rest")
            size[part] += float(taken) / count
        every = ", ".join(f"{part} {value:,.0f}" for part, value in size.items())
        say(f"    bytes per article: {every}, in all {sum(size.values()):,.0f}")


def _look_ups(engine: Engine, days: int) -> None:
    """Milliseconds by the clock and of CPU to ask who holds the fingerprints of an article."""
    day = fingerprints.day_of(BEGIN + timedelta(days=days + 1))
    for what, texts in _asked(engine).items():
        one = [{day: set(shingles.read(found).keys)} for found in texts]
        many = [{day: set().union(*(keys[day] for keys in one[at : at + 100]))} for at in range(0, len(one), 100)]
        times = [_time(engine, asked, len(texts)) for asked in (one, many)]
        told = ", ".join(
            f"{how} {wall:.3f} ms ({cpu:.3f} CPU)" for how, (wall, cpu) in zip(("alone", "by 100"), times, strict=True)
        )
        say(f"    fingerprints of {what}: {told}")


def _asked(engine: Engine) -> dict[str, list[str]]:
    """New texts, and some that are stored."""
    with reading(engine) as session:
        query = text("SELECT text FROM article WHERE id % 61 = 7 AND id <= :last AND duplicate_of IS NULL LIMIT :most")
        stored = list(session.scalars(query, {"last": _BASE, "most": _LOOKED}))
    return {"a new text": [one.text for one in Newsroom(seed=77).write(_LOOKED)], "a copy": stored}


def _time(engine: Engine, asked: Sequence[dict[int, set[int]]], count: int) -> tuple[float, float]:
    """Wall and CPU milliseconds for one of `count` articles; the second time, as in a process that goes on."""
    with reading(engine) as session:
        for _ in range(2):
            start, used = time.perf_counter(), spent()
            for keys in asked:
                fingerprints.holders(session, keys)
            wall, cpu = time.perf_counter() - start, spent() - used
    return 1000 * wall / count, 1000 * cpu / count


def _steady(engine: Engine) -> None:
    """Memory of this process before and after many look-ups."""
    dice = random.Random(1)
    day = fingerprints.day_of(BEGIN + timedelta(days=_DAYS))

    def look() -> None:
        with reading(engine) as session:
            fingerprints.holders(session, {day: {dice.getrandbits(63) for _ in range(57)}})

    for _ in range(500):
        look()
    before = _resident()
    for _ in range(_STEADY):
        look()
    say(f"    memory: {before:,.0f} MB, {_resident():,.0f} MB after {_STEADY:,} look-ups")


def _resident() -> float:
    """Megabytes of memory of this process, 0 where the system does not tell."""
    file = Path("/proc/self/statm")
    return int(file.read_text().split()[1]) * 4096 / 1e6 if file.exists() else 0.0


if __name__ == "__main__":
    main()
