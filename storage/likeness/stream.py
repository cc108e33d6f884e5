"""Follow articles in the order in which they come and put each into its story (pure)."""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import NamedTuple

from storage.likeness import clustering
from storage.likeness.clustering import Sketch
from storage.likeness.embedding import cosine
from storage.likeness.fingerprint import normal_words
from storage.likeness.traces import Trace

WINDOW = 60 * clustering.WINDOW_HOURS  # minutes, as all times here, since 1970
DAYS = 3  # around a day, in which its terms are counted
LEAST = 0.08  # of a product of stored terms, to be a candidate; ECB+ has the same stories with .05 and .1
LEAST_EMBEDDED = 0.05
MOST = 30  # candidates of an article
# A week without an end is a running war, not an event; what comes once a week is another story each time
LONGEST = 7 * 24 * 60
_AGAIN = 2 * 60  # minutes: who tells the same in the same words after that tells it of another event, as an air raid
ANOTHER = -1.0  # how sure it is that an article tells another event than a candidate, and than all of its story
_UPDATED = 5 * 60  # minutes: casualties are counted again within hours, bulletins come twice a day at most
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\b(?![.,]?\d)")
EVERY = 0  # the term that every article holds
_DAY = 24 * 60
_MANY = 60  # holders that one term may bring: of a commoner one the nearest in time


class Ask(NamedTuple):
    """A term by which earlier articles are sought, with its weight and from when to when."""

    term: int
    weight: float
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Known:
    """An article that is compared; `edition_of` is the edition before it of the same bulletin."""

    key: int
    at: int
    source: str
    title: str
    language: str | None
    trace: Trace
    edition_of: int | None = None
    vector: Sequence[float] = ()  # of an embedder


@dataclass(slots=True)
class Counts:
    """How many articles hold a term around each day that was asked for."""

    around: Mapping[int, dict[int, int]]  # day -> term -> articles

    def add(self, terms: Iterable[int], day: int) -> None:
        """Count an article of `day`."""
        every = (EVERY, *terms)
        for other, seen in self.around.items():
            if abs(other - day) <= DAYS:
                for term in every:
                    seen[term] = seen.get(term, 0) + 1


@dataclass(slots=True)
class Index:
    """Articles by their strongest terms, in memory, as the database holds those of earlier batches."""

    counts: Counts
    holders: dict[int, list[tuple[int, int, float]]] = field(default_factory=lambda: defaultdict(list))

    def trace(self, sketch: Sketch, at: int) -> Trace:
        """The sketch with weights by what was counted around its day."""
        seen = self.counts.around[at // _DAY]
        return Trace.of(clustering.vector(sketch.terms, seen, seen.get(EVERY, 0)), sketch.marks)

    def asks(self, trace: Trace, at: int) -> list[Ask]:
        """How its earlier mates are found. The key words of a big event are common: its latest articles are enough."""
        seen = self.counts.around[at // _DAY]
        found = []
        for term, weight in trace.strongest():
            reach = WINDOW * _MANY // max(_MANY, seen.get(term, 0))
            found.append(Ask(term, weight, at - reach, at + reach))
        return found

    def mates(self, asks: Sequence[Ask]) -> dict[int, float]:
        """What articles added before share with one that asks."""
        shared: dict[int, float] = defaultdict(float)
        for term, weight, since, until in asks:
            for key, at, other in self.holders.get(term, ()):
                if since <= at <= until:
                    shared[key] += weight * other
        return shared

    def add(self, key: int, at: int, trace: Trace) -> None:
        """Let later articles find this one."""
        self.counts.add(trace.terms[: trace.stored], at // _DAY)
        for term, weight in trace.strongest():
            self.holders[term].append((key, at, weight))


def nearest(shared: Mapping[int, float], *, embedded: bool) -> list[int]:
    """The candidates among articles, by what their stored terms share with one."""
    least = LEAST_EMBEDDED if embedded else LEAST
    sums = ((round(value, 9), key) for key, value in shared.items())  # each engine adds up in another order
    return [key for _, key in heapq.nlargest(MOST, (one for one in sums if one[0] >= least))]


def compare(own: Known, candidates: Sequence[Known]) -> list[tuple[int, float]]:
    """Those that may tell the same event, each with how sure that is; other editions of a bulletin never do.

    `ANOTHER` marks those whose story cannot be that of `own`.
    """
    weights = dict(zip(own.trace.terms, own.trace.weights, strict=True))
    scored = []
    for one in _without_editions(own, candidates):
        shared = sum(map(mul, one.trace.weights, [weights.get(term, 0.0) for term in one.trace.terms]))
        near = cosine(own.vector, one.vector) if own.vector and one.vector else 0.0
        if shared >= clustering.LEAST or near:
            value = clustering.score(shared, own.trace.marks, one.trace.marks, near)
            # what an embedder alone proposes has no words in common
            scored.append((one.key, _doubted(own, one, value) if shared >= clustering.LEAST else value))
    return [(key, value) for key, value in scored if value]


def _doubted(own: Known, one: Known, value: float) -> float:
    """How sure it is that two like articles tell one event, when their words are those of a form or of a paywall."""
    if value < clustering.THRESHOLD:
        return value
    given = (own.title, one.title, own.trace.terms, one.trace.terms)
    if own.source and own.source == one.source:
        is_same = own.title == one.title and set(own.trace.terms) == set(one.trace.terms)
        is_again = is_same and abs(own.at - one.at) >= _AGAIN
        if is_again or (value > clustering.TEMPLATE and clustering.is_filled_in(*given)):
            return ANOTHER
    return 0.0 if clustering.is_foreign(*given) else value


def is_rewritten(title: str, old: Trace, new_title: str, new: Sketch) -> bool:
    """Whether a revised article tells another event than before: an address that is used again."""
    shared = clustering.product(dict(zip(old.terms, old.weights, strict=True)), clustering.vector(new.terms, {}, 0))
    return shared < LEAST and not clustering.headline(title)[0] & clustering.headline(new_title)[0]


def is_added(title: str, text: str, new: Sketch) -> bool:
    """Whether news tells another event than an article did at first that holds it by now, as a live blog does."""
    first = clustering.sketch(title, text)
    return clustering.product(clustering.vector(first.terms, {}, 0), clustering.vector(new.terms, {}, 0)) < LEAST


def _without_editions(own: Known, candidates: Sequence[Known]) -> list[Known]:
    """Without other editions of a bulletin; a report whose figures change within hours is news of one event."""
    series = {own.edition_of} - {None}
    title: list[str] = []
    kept = []
    for one in sorted(candidates, key=lambda one: one.key, reverse=True):
        if own.source and one.source == own.source:
            title = title or normal_words(own.title)
            is_titled = clustering.is_edition(title, normal_words(one.title))
        else:
            is_titled = False
        if abs(own.at - one.at) < _UPDATED and not (is_titled and _are_of_other_hours(own.title, one.title)):
            kept.append(one)
        elif is_titled or one.key in series or one.edition_of == own.key or (one.edition_of in series):
            series |= {one.key, one.edition_of}
            series.discard(None)
        else:
            kept.append(one)
    return kept


def _are_of_other_hours(title: str, other: str) -> bool:
    """Whether two titles differ in the time of day alone: bulletins "as of 16:00"; counts that grow differ, too."""
    return title != other and _CLOCK.sub("", title) == _CLOCK.sub("", other)


@dataclass(slots=True)
class Stories:
    """Stories as they grow: from when to when, and the language and time of each text of their own."""

    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    texts: dict[int, list[tuple[str | None, int]]] = field(default_factory=lambda: defaultdict(list))
    of: dict[int, int] = field(default_factory=dict)  # article -> story

    def choose(self, own: Known, scored: Iterable[tuple[int, float]]) -> int | None:
        """The story that `own` continues, None when it begins one."""
        # a story without a span was not read, as nothing in it comes near enough
        told = [(self.of[key], value) for key, value in scored if self.of.get(key) in self.spans]
        others = {story for story, value in told if value == ANOTHER}
        near = [(story, value) for story, value in told if story not in others and self._takes(story, own.at)]
        sizes = {
            story: sum(language == own.language and abs(at - own.at) <= WINDOW for language, at in self.texts[story])
            for story in {story for story, _ in near}
        }
        return clustering.choose(near, sizes)

    def join(self, story: int, own: Known) -> None:
        """Let a text of its own count for its story."""
        self.of[own.key] = story
        self.texts[story].append((own.language, own.at))
        self.widen(story, own.at)

    def widen(self, story: int, at: int) -> None:
        """Let a story reach to `at`; a copy that comes weeks later keeps no story open."""
        if story not in self.spans:
            self.spans[story] = (at, at)
        elif self._takes(story, at):
            first, last = self.spans[story]
            self.spans[story] = (min(first, at), max(last, at))

    def _takes(self, story: int, at: int) -> bool:
        first, last = self.spans[story]
        return first - WINDOW <= at <= last + WINDOW and max(last, at) - min(first, at) <= LONGEST


def day_counts(days: Collection[int]) -> Counts:
    """Nothing counted yet around these days."""
    return Counts({day: Counter() for day in days})
