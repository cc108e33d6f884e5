"""Find every watch that an article matches, in one pass over its words (pure).

Each distinct name or word of the whole watchlist stands once in an index; the time for an article does not grow with
the number of watches, only with those of which a word stands in it.
"""

from __future__ import annotations

import gc
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from alerts import plan, querytree
from alerts.excerpts import Sentences
from alerts.facts import Facts
from alerts.leaves import Index, Leaf
from alerts.model import Hit, Match
from alerts.plan import Evidence, Found, Names, Node
from alerts.querytree import And, AtLeast, Fact, Named, Near, Not, Or, Term, Within
from alerts.reading import Reading, Span
from alerts.watchlist import Entity, Watch, Watchlist, parsed, used
from scrapers.article import Article

_KEPT = 8  # compiled watchlists
_UNKNOWN = Facts()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A watchlist ready to match. `version` is its hash; `sources` is what the catalogue tells of each, by id."""

    version: str
    leaves: tuple[Leaf, ...]
    index: Index
    names: Mapping[str, Names]
    watches: tuple[tuple[Watch, Node], ...]
    topics: Mapping[str, Node]
    concerned: Mapping[int, tuple[int, ...]]  # the watches that a leaf can make hold, by position
    named: Mapping[int, tuple[str, ...]]  # the entities of which a leaf is a name
    sources: Mapping[str, Facts]


def compile(  # noqa: A001 - the verb of the trade
    watchlist: Watchlist, sources: Mapping[str, Facts] | None = None
) -> Compiled:
    """The watchlist ready to match; an equal one is compiled once in a process."""
    return _compile(_Content(watchlist, sources or {}))


def compile_one(text: str, watchlist: Watchlist, sources: Mapping[str, Facts] | None = None) -> Compiled:
    """A watchlist with this one query as its only watch, and the entities that it needs. Raises QueryError."""
    tree = parsed(text, {entity.id for entity in watchlist.entities})
    entities = tuple(used(tree, watchlist.entities))
    return compile(Watchlist(entities=entities, watches=(Watch(id="query", query=text),)), sources)


def match(article: Article, compiled: Compiled) -> list[Match]:
    """Every watch that `article` matches, with all hits and the sentence that shows why."""
    return _matches(compiled, find(article, compiled))


def look(article: Article, compiled: Compiled, reading: Reading | None = None) -> tuple[list[Match], tuple[str, ...]]:
    """As `match`, and the ids of the tracked entities that `article` names; its `reading` may be at hand."""
    found = find(article, compiled, reading)
    return _matches(compiled, found), tuple(name for name in _concerned_names(compiled, found) if found.entity(name))


def matches_topic(article: Article, compiled: Compiled, name: str) -> bool:
    """Whether `article` belongs to the topic. Raises KeyError when the watchlist has no such topic."""
    return compiled.topics[name].holds(find(article, compiled))


def entity_hits(article: Article, compiled: Compiled) -> dict[str, tuple[Hit, ...]]:
    """Every place where each tracked entity stands."""
    found = find(article, compiled)
    hits: dict[Evidence, Hit] = {}
    placed = {
        name: _hits(((place, name) for place in places), compiled, found, hits)
        for name in _concerned_names(compiled, found)
        if (places := found.entity(name))
    }
    return {name: placed[name] for name in compiled.names if name in placed}


class _Content:
    """A watchlist that is equal to another one of the same content."""

    def __init__(self, watchlist: Watchlist, sources: Mapping[str, Facts]) -> None:
        self.watchlist, self.sources = watchlist, sources
        self.version = watchlist.version
        parts = (self.version, watchlist.watches, sorted(_told(sources)))
        self._digest = hashlib.sha256(repr(parts).encode("utf-8", "replace")).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)


def _told(sources: Mapping[str, Facts]) -> Iterator[tuple[str, str, str, list[str]]]:
    for name, told in sources.items():
        yield name, told.kind, told.country, sorted(told.names)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles, of which none is made: it took a third of the time for 10,000 names."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@lru_cache(maxsize=_KEPT)
def _compile(content: _Content) -> Compiled:
    with _uncollected():
        return _compiled(content)


def _compiled(content: _Content) -> Compiled:
    watchlist, numbers = content.watchlist, _Numbers()
    names = {entity.id: _names(entity, numbers) for entity in watchlist.entities}
    watches = tuple((watch, _plan(parsed(watch.query, names), names, numbers)) for watch in watchlist.watches)
    topics = {name: _plan(parsed(text, names), names, numbers) for name, text in watchlist.topics.items()}
    concerned: dict[int, list[int]] = defaultdict(list)
    for at, (_, node) in enumerate(watches):
        for leaf in node.required() or ():
            concerned[leaf].append(at)
    named: dict[int, list[str]] = defaultdict(list)
    for name, its in names.items():
        for leaf in (*its.strong, *its.weak):
            named[leaf].append(name)
    leaves = tuple(numbers.of)
    return Compiled(
        version=content.version,
        leaves=leaves,
        index=Index(leaves),
        names=names,
        watches=watches,
        topics=topics,
        concerned={leaf: tuple(found) for leaf, found in concerned.items()},
        named={leaf: tuple(found) for leaf, found in named.items()},
        sources=content.sources,
    )


class _Numbers:
    """The number of each distinct leaf."""

    def __init__(self) -> None:
        self.of: dict[Leaf, int] = {}

    def __call__(self, leaf: Leaf) -> int:
        return self.of.setdefault(leaf, len(self.of))


def _names(entity: Entity, numbers: _Numbers) -> Names:
    def listed(names: Mapping[str, Sequence[str]]) -> tuple[int, ...]:
        leaves = (
            Leaf(name, entity.case, language, entity.inflect, entity.type)
            for language, group in names.items()
            for name in group
        )
        return tuple(dict.fromkeys(map(numbers, leaves)))

    strong, weak = listed(entity.names), listed(entity.weak)
    if entity.needs and not weak:
        strong, weak = (), strong
    needs = tuple(numbers(Leaf(need)) for need in entity.needs if not need.startswith("@"))
    needed = tuple(need[1:] for need in entity.needs if need.startswith("@"))
    return Names(strong, weak, needs, needed, tuple(numbers(Leaf(veto, "any")) for veto in entity.not_))


def _plan(  # noqa: C901, PLR0911 - a case for each kind of node
    node: querytree.Node, names: Mapping[str, Names], numbers: _Numbers
) -> Node:
    def planned(part: querytree.Node) -> Node:
        return _plan(part, names, numbers)

    match node:
        case Term():
            return plan.Word(numbers(Leaf(node.text, node.case, is_prefix=node.is_prefix)))
        case Named():
            its = names[node.entity]
            return plan.Entity(node.entity, frozenset((*its.strong, *its.weak)))
        case And():
            parts = tuple(map(planned, node.parts))
            return plan.All(parts, tuple(sorted(parts, key=lambda part: not isinstance(part, plan.Told))))
        case Or():
            return plan.Some(tuple(map(planned, node.parts)))
        case Not():
            return plan.Absent(planned(node.part))
        case Near():
            return plan.Nearby(planned(node.left), planned(node.right), node.words, node.is_ordered)
        case AtLeast():
            return plan.Often(node.count, planned(node.part))
        case Within():
            return plan.InPart(node.field, planned(node.part))
        case Fact():
            return plan.Told(node)


def find(article: Article, compiled: Compiled, reading: Reading | None = None) -> Found:
    """Where each leaf of the watchlist stands in `article`."""
    reading = reading or Reading(article)
    source = compiled.sources.get(article.source, _UNKNOWN)
    return Found(article, source, reading, compiled.index.find(reading), compiled.names)


def _matches(compiled: Compiled, found: Found) -> list[Match]:
    matches = []
    # no query holds without a hit (see `query`), so watches of which nothing was found are not looked at
    concerned = {at for leaf in found.by_leaf for at in compiled.concerned.get(leaf, ())}
    hits: dict[Evidence, Hit] = {}
    sentences = Sentences(found.article.title, found.article.text)
    for watch, node in (compiled.watches[at] for at in sorted(concerned)):
        if node.holds(found):
            ordered = _hits(node.evidence(found), compiled, found, hits)
            matches.append(Match(watch.id, watch.version, ordered, sentences.choose(ordered), compiled.version))
    return matches


def _concerned_names(compiled: Compiled, found: Found) -> Iterable[str]:
    return dict.fromkeys(name for leaf in found.by_leaf for name in compiled.named.get(leaf, ()))


def _hits(
    evidence: Iterable[Evidence], compiled: Compiled, found: Found, known: dict[Evidence, Hit]
) -> tuple[Hit, ...]:
    """Each place once, from left to right; what an entity and a word of the query name is the entity's.

    `known` are hits that were made for other watches.
    """
    once: dict[Span, Evidence] = {}
    for one in evidence:
        span = one[0][:2]
        if one[1] or span not in once:
            once[span] = one
    made = []
    for span in sorted(once) if len(once) > 1 else once:
        one = once[span]
        if (hit := known.get(one)) is None:
            (first, last, leaf), entity = one
            field, start, end, surface = found.reading.where(first, last)
            hit = known[one] = Hit(compiled.leaves[leaf].text, surface, field, start, end, entity)
        made.append(hit)
    return tuple(made)
