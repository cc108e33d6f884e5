"""The matcher against a judge that looks at every pair of places."""

from __future__ import annotations

import random

from alerts import matching, query, querytree
from alerts.errors import QueryError
from alerts.watchlist import Entity, Watch, Watchlist
from tests.builders import make_article
from tests.querytrees import Judge, Written, random_text, random_tree

RUTTE = Entity(
    id="rutte",
    names={"en": ("alpha bravo",)},
    weak={"en": ("charlie",)},
    needs=("delta",),
    not_=("echo charlie", "bravo echo"),
)


def test_random_queries_hold_in_random_texts_as_the_judge_says() -> None:
    dice = random.Random(1)
    trees: list[tuple[str, querytree.Node]] = []
    while len(trees) < 400:
        text = querytree.write(random_tree(dice))
        try:
            trees.append((text, query.parse(text)))
        except QueryError:  # only negative
            continue
    watches = tuple(Watch(id=f"w{number}", query=text) for number, (text, _) in enumerate(trees))
    compiled = matching.compile(Watchlist(entities=(RUTTE,), watches=watches))
    held = 0
    for _ in range(150):
        written = random_text(dice)
        judge = Judge(written)
        expected = {f"w{number}" for number, (_, tree) in enumerate(trees) if judge.holds(tree)}
        matched = matching.match(make_article(written.text, written.title), compiled)
        assert {one.watch for one in matched} == expected, differing(written, expected, compiled)
        assert all(one.hits for one in matched)
        held += len(expected)
    assert 0.1 < held / (150 * 400) < 0.9


def differing(written: Written, expected: set[str], compiled: matching.Compiled) -> str:
    """The text and the first query on which the two are of different minds."""
    got = {one.watch for one in matching.match(make_article(written.text, written.title), compiled)}
    odd = min(expected ^ got)
    (asked,) = (watch.query for watch, _ in compiled.watches if watch.id == odd)
    return f"{asked!r}, expected {odd in expected}: {written.title!r} / {written.text!r}"
