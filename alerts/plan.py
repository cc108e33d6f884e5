"""A compiled query: what it asks of the words that were found in an article (pure)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from alerts import facts
from alerts.facts import Facts
from alerts.leaves import Place
from alerts.querytree import Fact, Part
from alerts.reading import Reading, Span
from scrapers.article import Article

Evidence: TypeAlias = tuple[Place, str]  # with the id of the entity that it names, or ""


@dataclass(frozen=True, slots=True)
class Names:
    """The leaves of one entity, and the entities of which one must stand beside its weak names."""

    strong: tuple[int, ...]
    weak: tuple[int, ...]
    needs: tuple[int, ...]
    needed: tuple[str, ...]
    veto: tuple[int, ...]


_NOBODY = Names((), (), (), (), ())


@dataclass(slots=True)
class Found:
    """What stands where in one article."""

    article: Article
    source: Facts
    reading: Reading
    by_leaf: Mapping[int, list[Place]]
    names: Mapping[str, Names]
    _entities: dict[str, list[Place]] = field(default_factory=dict)
    near: dict[tuple[int, Span | None], list[Evidence]] = field(default_factory=dict)  # of each NEAR that was asked

    def of(self, leaves: Iterable[int]) -> list[Place]:
        """The places of all these leaves."""
        return [place for leaf in leaves if leaf in self.by_leaf for place in self.by_leaf[leaf]]

    def entity(self, name: str) -> list[Place]:
        """Where an entity stands, by a strong name or by a weak one with what it needs beside it."""
        held = self._entities.get(name)
        if held is None:
            self._settle(name)
            held = self._entities[name]
        return held

    def _settle(self, name: str) -> None:
        """Find the entity, and with it those that its weak names need: these may need it in turn."""
        group: dict[str, Names] = {}
        waiting = [name]
        while waiting:
            one = waiting.pop()
            if one not in self._entities:
                self._entities[one] = []
                group[one] = self.names.get(one, _NOBODY)  # a list with a mistake may need one that it does not have
                waiting += group[one].needed if self.of(group[one].weak) else ()
        grows = True
        while grows:  # each round adds places, and what stands nowhere supports nobody
            grows = False
            for one, names in group.items():
                places = self._now(names)
                if len(places) > len(self._entities[one]):
                    self._entities[one] = places
                    grows = len(group) > 1

    def _now(self, names: Names) -> list[Place]:
        """The places of an entity, as far as those that it needs are found."""
        strong, weak = self.of(names.strong), self.of(names.weak)
        if weak:
            support = self.of(names.needs)
            for needed in names.needed:
                support += self._entities[needed]
            paragraphs = {self.reading.paragraph(first) for first, _, _ in support}
            strong += [place for place in weak if self.reading.paragraph(place[0]) in paragraphs]
        return _without(strong, self.of(names.veto)) if strong else strong


class Node(ABC):
    """A part of a compiled query. `within` is a range of words, None the whole article."""

    __slots__ = ()

    @abstractmethod
    def holds(self, found: Found, within: Span | None = None) -> bool:
        """Whether the article is as the query says."""

    def places(self, found: Found, within: Span | None = None) -> list[Place]:
        """Where it stands, for what stands somewhere."""
        return [place for place, _ in self.evidence(found, within)]

    @abstractmethod
    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:
        """The places that make it hold; none for what holds by absence or does not hold."""

    def required(self) -> frozenset[int] | None:
        """Leaves of which one is found wherever this holds; None where nothing can be said."""
        return None


@dataclass(frozen=True, slots=True)
class Word(Node):
    """A word, phrase or prefix."""

    leaf: int

    def holds(self, found: Found, within: Span | None = None) -> bool:
        """Whether it stands there."""
        return self.leaf in found.by_leaf and (within is None or bool(self.places(found, within)))

    def places(self, found: Found, within: Span | None = None) -> list[Place]:
        """Where it stands."""
        return _inside(found.by_leaf.get(self.leaf, []), within)

    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:
        """Every place."""
        return ((place, "") for place in self.places(found, within))

    def required(self) -> frozenset[int]:
        """Itself."""
        return frozenset((self.leaf,))


@dataclass(frozen=True, slots=True)
class Entity(Node):
    """An entity, by any of its names."""

    name: str
    leaves: frozenset[int]

    def holds(self, found: Found, within: Span | None = None) -> bool:
        """Whether it is named there."""
        return bool(self.places(found, within))

    def places(self, found: Found, within: Span | None = None) -> list[Place]:
        """Where it is named."""
        return _inside(found.entity(self.name), within)

    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:
        """Every place, with the entity."""
        return ((place, self.name) for place in self.places(found, within))

    def required(self) -> frozenset[int]:
        """Any of its names."""
        return self.leaves


@dataclass(frozen=True, slots=True)
class All(Node):
    """Every part; what costs nothing is asked `first`."""

    parts: tuple[Node, ...]
    first: tuple[Node, ...]

    def holds(self, found: Found, within: Span | None = None) -> bool:
        """Whether every part holds."""
        return all(part.holds(found, within) for part in self.first)

    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:
        """What makes its parts hold."""
        if self.holds(found, within):
            for part in self.parts:
                yield from part.evidence(found, within)

    def required(self) -> frozenset[int] | None:
        """Those of the part with the fewest."""
        return _fewest(self.parts)


@dataclass(frozen=True, slots=True)
class Some(Node):
    """One part at least."""

    parts: tuple[Node, ...]

    def holds(self, found: Found, within: Span | None = None) -> bool:
        """Whether one part holds."""
        return any(part.holds(found, within) for part in self.parts)

    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:
        """What makes each part hold that does."""
        for part in self.parts:
            yield from part.evidence(found, within)

    def required(self) -> frozenset[int] | None:
        """Those of all parts together."""
        sets = [part.required() for part in self.parts]
        return None if None in sets else frozenset().union(*(one for one in sets if one is not None))


@dataclass(frozen=True, slots=True)
class Absent(Node):
    """The part does not hold."""

    part: Node

    def holds(self, found: Found, within: Span | None = None) -> bool:
        """Whether the part does not."""
        return not self.part.holds(found, within)

    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:  # noqa: ARG002 - as any node
        """None."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Nearby(Node):
    """Both parts in one paragraph with at most `words` words between them; its places are those that are so near."""

    left: Node
    right: Node
    words: int
    is_ordered: bool

    def holds(self, found: Found, within: Span | None = None) -> bool:
        """Whether two places are near enough."""
        return bool(self._asked(found, within))

    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:
        """The places that are near enough."""
        return iter(self._asked(found, within))

    def required(self) -> frozenset[int] | None:
        """Those of the part with fewer."""
        return _fewest((self.left, self.right))

    def _asked(self, found: Found, within: Span | None) -> list[Evidence]:
        """Its places, found once in an article: in a row of NEARs each asks the one before it more than once."""
        asked = (id(self), within)
        if asked not in found.near:
            near = self._near(found, within)
            parts = (self.left, self.right) if near else ()
            told = (one for part in parts for one in part.evidence(found, within) if one[0] in near)
            found.near[asked] = list(dict.fromkeys(told))
        return found.near[asked]

    def _near(self, found: Found, within: Span | None) -> set[Place]:
        left = self.left.places(found, within)
        right = self.right.places(found, within) if left else []
        if not right:
            return set()
        near = _followed(left, right, found.reading, self.words)
        if not self.is_ordered:
            near |= _followed(right, left, found.reading, self.words)
        return near


@dataclass(frozen=True, slots=True)
class Often(Node):
    """The part in `count` places that do not overlap."""

    count: int
    part: Node

    def holds(self, found: Found, within: Span | None = None) -> bool:
        """Whether there are so many."""
        counted, end = 0, -1
        for first, last, _ in sorted(self.part.places(found, within), key=_by_last):
            if first > end:
                counted, end = counted + 1, last
        return counted >= self.count

    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:
        """Every place, when there are enough."""
        return self.part.evidence(found, within) if self.holds(found, within) else iter(())

    def required(self) -> frozenset[int] | None:
        """Those of the part."""
        return self.part.required()


@dataclass(frozen=True, slots=True)
class InPart(Node):
    """The part, asked of the title, the first paragraph or the rest alone."""

    field: Part
    part: Node

    def holds(self, found: Found, within: Span | None = None) -> bool:  # noqa: ARG002 - none is within another
        """Whether it holds there."""
        return self.part.holds(found, found.reading.range(self.field))

    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:  # noqa: ARG002
        """What makes it hold there."""
        return self.part.evidence(found, found.reading.range(self.field))

    def required(self) -> frozenset[int] | None:
        """Those of the part."""
        return self.part.required()


@dataclass(frozen=True, slots=True)
class Told(Node):
    """Something that the article or its source tells."""

    fact: Fact

    def holds(self, found: Found, within: Span | None = None) -> bool:  # noqa: ARG002 - it stands nowhere
        """Whether it tells so."""
        return facts.holds(self.fact, found.article, found.source)

    def evidence(self, found: Found, within: Span | None = None) -> Iterator[Evidence]:  # noqa: ARG002
        """None."""
        return iter(())


_by_first: Callable[[Place], int] = lambda place: place[0]  # noqa: E731 - a key
_by_last: Callable[[Place], int] = lambda place: place[1]  # noqa: E731


def _inside(places: list[Place], within: Span | None) -> list[Place]:
    if within is None:
        return places
    return [place for place in places if within[0] <= place[0] and place[1] < within[1]]


def _fewest(parts: Iterable[Node]) -> frozenset[int] | None:
    known = [leaves for part in parts if (leaves := part.required()) is not None]
    return min(known, key=len) if known else None


def _followed(before: Sequence[Place], after: Sequence[Place], reading: Reading, words: int) -> set[Place]:
    """Those of `before` that one of `after` follows closely, and those that follow: only neighbours are compared."""
    found: set[Place] = set()
    ordered = sorted(after, key=_by_first)
    firsts = [first for first, _, _ in ordered]
    for one in before:
        at = bisect_right(firsts, one[1])
        if at < len(firsts) and _is_near(one[1], firsts[at], reading, words):
            found.add(one)
    lasts_ordered = sorted(before, key=_by_last)
    lasts = [last for _, last, _ in lasts_ordered]
    for one in after:
        at = bisect_left(lasts, one[0]) - 1
        if at >= 0 and _is_near(lasts[at], one[0], reading, words):
            found.add(one)
    return found


def _is_near(last: int, first: int, reading: Reading, words: int) -> bool:
    return reading.between(last, first) <= words and reading.paragraph(last) == reading.paragraph(first)


def _without(places: list[Place], vetoes: list[Place]) -> list[Place]:
    """The places that no veto overlaps."""
    if not vetoes:
        return places
    barred: list[Span] = []
    for first, last, _ in sorted(vetoes):
        if barred and first <= barred[-1][1]:
            barred[-1] = (barred[-1][0], max(last, barred[-1][1]))
        else:
            barred.append((first, last))
    return [place for place in places if not _is_barred(place, barred)]


def _is_barred(place: Place, barred: Sequence[Span]) -> bool:
    at = bisect_right(barred, (place[1], place[1])) - 1
    return any(first <= place[1] and place[0] <= last for first, last in barred[max(0, at) : at + 2])
