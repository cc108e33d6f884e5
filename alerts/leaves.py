"""Every distinct word and name of a watchlist, and where each stands in an article: one pass over its words (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from alerts import forms, normalize
from alerts.querytree import Case
from alerts.reading import Reading

_CAPITALS = 2  # of a word written in capitals: US, НАТО
_MARK = re.compile(r"[.,]")
_INVISIBLE = re.compile("[\u00ad\u0300-\u036f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_EVEN = str.maketrans(dict.fromkeys("’ʼ‘`´ʹ′＇", "'") | dict.fromkeys("‐‑‒–—−", "-"))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One word, name or prefix to find, as it was written, and how its capitals bind.

    With a `language` its endings are those of that language; `category` is the type of the entity.
    """

    text: str
    case: Case = "auto"
    language: str | None = None
    inflect: bool = True
    category: str = ""
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to spell a leaf: the forms of each word, how its capitals bind, and marks between the words.

    The last of `words` is None for a prefix, which is `prefix`. `capitals` say how many a word must have: 1 is its
    first letter.
    """

    words: tuple[frozenset[str] | None, ...]
    capitals: tuple[int, ...] = ()
    marks: str = ""
    exact: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A pattern under one of its words, the `pivot`."""

    leaf: int
    pivot: int
    pattern: Pattern
    is_plain: bool  # nothing more is asked than the one word


Place: TypeAlias = tuple[int, int, int]  # the first and the last word, and the leaf


class Index:
    """The patterns of leaves by one word of each, the one that the fewest others share."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        spelled = [(number, pattern) for number, leaf in enumerate(leaves) for pattern in patterns(leaf)]
        shared: Counter[str] = Counter()
        for _, pattern in spelled:
            for words in pattern.words:
                shared.update(words or ())
        entries: dict[str, list[_Entry]] = defaultdict(list)
        prefixes: dict[str, list[_Entry]] = defaultdict(list)
        for number, pattern in spelled:
            if pattern.prefix:
                prefixes[pattern.prefix].append(_Entry(number, len(pattern.words) - 1, pattern, is_plain=False))
                continue
            pivot = _pivot(pattern, shared)
            is_plain = len(pattern.words) == 1 and not any(pattern.capitals) and not pattern.exact
            entry = _Entry(number, pivot, pattern, is_plain)
            for word in pattern.words[pivot] or ():
                entries[word].append(entry)
        self._entries: Mapping[str, list[_Entry]] = dict(entries)
        self._prefixes: Mapping[str, list[_Entry]] = dict(prefixes)
        self._lengths = sorted({len(prefix) for prefix in prefixes})

    def find(self, reading: Reading) -> dict[int, list[Place]]:
        """Where each leaf stands that stands anywhere; places may be nested, overlap, and come twice."""
        found: dict[int, list[Place]] = {}
        of = self._entries.get
        listed = [(at, entries) for at, word in enumerate(reading.words) if (entries := of(word))]
        for length in self._lengths:
            begun = self._prefixes
            listed += [
                (at, entries)
                for at, word in enumerate(reading.words)
                if (entries := begun.get(word[:length])) and len(word) >= length
            ]
        for at, entries in listed:
            for entry in entries:
                if entry.is_plain:
                    found.setdefault(entry.leaf, []).append((at, at, entry.leaf))
                elif (place := _place(entry, at, reading)) is not None:
                    found.setdefault(entry.leaf, []).append(place)
        return found


@lru_cache(maxsize=65_536)
def patterns(leaf: Leaf) -> tuple[Pattern, ...]:
    """Every way to spell a leaf."""
    read = normalize.tokens(leaf.text)
    alone = tuple(frozenset((token.text,)) for token in read)
    if leaf.case == "exact":
        return (Pattern(alone, exact=_even(leaf.text)),)
    written = [leaf.text[token.start : token.end] for token in read]
    capitals = tuple(map(_capitals, written)) if leaf.case == "auto" else ()
    marks = "".join(_MARK.findall(" ".join(leaf.text[one.end : after.start] for one, after in pairwise(read))))
    if leaf.is_prefix:
        return (Pattern((*alone[:-1], None), capitals, marks, prefix=read[-1].text),)
    spelled = forms.patterns(leaf.text, leaf.language, inflect=leaf.inflect, category=leaf.category)
    found = [Pattern(words, _aligned(capitals, len(words)), marks) for words in spelled if words and all(words)]
    for name in forms.latin(leaf.text, leaf.language) if leaf.language in ("uk", "ru") else ():
        tokens = normalize.tokens(name)
        initials = tuple(int(name[token.start].isupper()) for token in tokens)
        found.append(Pattern(tuple(frozenset((token.text,)) for token in tokens), initials))
    return tuple(dict.fromkeys(found))


def _capitals(word: str) -> int:
    """How many capitals a word must have where this one is written: US is not us, Patriot is not patriot."""
    capitals = sum(letter.isupper() for letter in word)
    if capitals >= _CAPITALS and capitals == sum(letter.isalpha() for letter in word):
        return _CAPITALS
    return int(word[0].isupper())


def _aligned(capitals: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The same for a spelling of `count` words; where these are others, only the first is told."""
    if not capitals or len(capitals) == count:
        return capitals
    return (min(capitals[0], 1), *([0] * (count - 1)))


def _pivot(pattern: Pattern, shared: Mapping[str, int]) -> int:
    if len(pattern.words) == 1:
        return 0
    return min(range(len(pattern.words)), key=lambda at: max(map(shared.__getitem__, pattern.words[at] or ())))


def _place(entry: _Entry, at: int, reading: Reading) -> Place | None:
    """Where the pattern stands with its pivot `at`, if it does."""
    pattern = entry.pattern
    words, first = reading.words, at - entry.pivot
    last = first + len(pattern.words) - 1
    if first < 0 or last >= len(words):
        return None
    for number, wanted in enumerate(pattern.words):
        if number != entry.pivot and wanted is not None and words[first + number] not in wanted:
            return None
    if pattern.exact:
        is_right = _even(reading.surface(first, last)) == pattern.exact
    else:
        is_right = (first == last or reading.is_side_by_side(first, last, pattern.marks)) and all(
            _has_capitals(reading.surface(first + number, first + number), wanted)
            for number, wanted in enumerate(pattern.capitals)
            if wanted
        )
    return (first, last, entry.leaf) if is_right else None


def _has_capitals(surface: str, wanted: int) -> bool:
    if wanted == 1:
        return surface[0].isupper()
    return sum(letter.isupper() for letter in surface) >= wanted


def _even(text: str) -> str:
    """A spelling without what no reader sees."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).translate(_EVEN).split())
