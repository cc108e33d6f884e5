"""Rows of `make bench-storage` on search: a rare word, a common one and a phrase among 100,000 articles."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from sqlalchemy import Engine, text

from alerts import matching, watchlist
from storage import search
from storage.engine import reading
from tests.bench_batches import fill, opened
from tests.bench_growth import multiply
from tests.measure import row

_BASE, _TIMES, _DAYS = 10_000, 10, 30
_SEARCH: Any = search  # `find` is not there yet
_MOST = 20  # articles that are shown
_PEER = text(
    f"SELECT id FROM article WHERE lower(title) LIKE :word OR lower(text) LIKE :word ORDER BY at DESC LIMIT {_MOST}"
)


def rows(name: str, url: str) -> None:
    """Milliseconds by the clock until the newest articles are there, against a scan by LIKE."""
    fill(url, _BASE)
    with opened(url) as engine:
        multiply(engine, _TIMES, _BASE, _DAYS, search=True)
        entities = watchlist.load(None)
        for what, query in _queries(engine).items():
            compiled = matching.compile_one(f'"{query}"', entities)
            with reading(engine) as session:
                found = list(_SEARCH.find(session, compiled, limit=_MOST))
                ours = _wall(lambda: list(_SEARCH.find(session, compiled, limit=_MOST)))  # noqa: B023 - called at once
                peer = _wall(lambda: session.execute(_PEER, {"word": f"%{query}%"}).all())  # noqa: B023
            row(f"search, {name}, {what}", ours, peer, 1, f"LIKE; {_BASE * _TIMES:,} stored, {len(found)} shown")


def _queries(engine: Engine) -> dict[str, str]:
    """What stands in one article of the base, in every third, and two words that follow each other in few."""
    with reading(engine) as session:
        texts = session.scalars(text("SELECT text FROM article WHERE language = 'en' ORDER BY id LIMIT 2000")).all()
    sentences = [line.rstrip(".").lower().split() for found in texts for line in found.split("\n\n")]
    words = Counter(word for line in sentences for word in line if word.isalpha())
    pairs = Counter(pair for line in sentences for pair in pairwise(line) if "".join(pair).isalpha())
    rare = min(words, key=lambda word: (words[word], word))
    phrase = max(pairs, key=lambda pair: (pairs[pair] < 10, pairs[pair], pair))
    return {"rare word": rare, "common word": "said", "phrase": " ".join(phrase)}


def _wall(work: Callable[[], object]) -> float:
    """Seconds by the clock, the best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
