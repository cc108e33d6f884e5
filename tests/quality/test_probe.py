"""Precision and recall of the shipped catalogue on sentences of our own, counted in pairs of sentence and entity.

An entity that stands only within a longer name of another expected one (the sea in the fleet's) counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerts import matching, watchlist
from alerts.model import Hit
from alerts.watchlist import Watchlist
from tests.builders import make_article

PROBE = Path(__file__).parent / "probe"
# file -> least sentences, precision, recall; en_held_out is the half that nobody tunes on
FLOORS = {
    "en_held_out": (300, 0.98, 0.98),
    "en_open": (300, 0.98, 0.98),
    "uk": (100, 0.98, 0.98),
    "ru": (100, 0.98, 0.98),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence with the entities that it names, and those that the catalogue finds in it."""

    sentence: str
    expected: frozenset[str]
    found: frozenset[str]


def rows(name: str, compiled: matching.Compiled) -> Iterator[Row]:
    for line in (PROBE / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        sentence, _, listed = line.partition(" =>")
        expected = frozenset(listed.split())
        hits = matching.entity_hits(make_article(sentence), compiled)
        longer = [hit for id_ in expected & hits.keys() for hit in hits[id_]]
        found = {id_ for id_, places in hits.items() if id_ in expected or not are_within(places, longer)}
        yield Row(sentence, expected, frozenset(found))


def are_within(hits: Iterable[Hit], longer: Iterable[Hit]) -> bool:
    places = [(hit.start, hit.end) for hit in longer]
    return all(any(a <= hit.start and hit.end <= b and b - a > hit.end - hit.start for a, b in places) for hit in hits)


@pytest.fixture(scope="module")
def compiled() -> matching.Compiled:
    return matching.compile(Watchlist(entities=watchlist.load(None).entities))


@pytest.mark.parametrize("name", FLOORS)
def test_the_catalogue_finds_what_a_sentence_names_and_nothing_else(name: str, compiled: matching.Compiled) -> None:
    read = list(rows(name, compiled))
    least, precision, recall = FLOORS[name]
    right = sum(len(row.expected & row.found) for row in read)
    found, expected = sum(len(row.found) for row in read), sum(len(row.expected) for row in read)
    wrong = [
        f"{row.sentence}  missed: {sorted(row.expected - row.found)}  false: {sorted(row.found - row.expected)}"
        for row in read
        if row.found != row.expected
    ]
    figures = f"{name}: precision {right / found:.4f}, recall {right / expected:.4f} of {expected} in {len(read)}"
    assert len(read) >= least
    assert min(right / found - precision, right / expected - recall) >= 0, "\n".join([figures, *wrong])


def test_the_probe_names_only_entities_that_there_are(compiled: matching.Compiled) -> None:
    known = {entity.id for entity in watchlist.load(None).entities}
    assert {id_ for name in FLOORS for row in rows(name, compiled) for id_ in row.expected} <= known


def test_no_sentence_stands_in_both_halves(compiled: matching.Compiled) -> None:
    halves = [{row.sentence for row in rows(name, compiled)} for name in ("en_open", "en_held_out")]
    assert halves[0].isdisjoint(halves[1])
