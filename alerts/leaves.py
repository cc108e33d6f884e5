"""Every distinct word and name of a watchlist, and where each stands in an article: one pass over its words (pure)."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from alerts import forms, normalize
from alerts.querytree import Case
from alerts.reading import Reading

_CAPITALS = 2  # of a word written in capitals: US, НАТО
_PLAIN = re.compile("[A-Za-z]+")  # all that stands in a spelling that is made
_MARK = re.compile(r"[.,]")
_INVISIBLE = re.compile("[\u00ad\u0300-\u036f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_EVEN = str.maketrans(dict.fromkeys("’ʼ‘`´ʹ′＇", "'") | dict.fromkeys("‐‑‒–—−", "-"))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One word, name or prefix to find, as it was written, and how its capitals bind.

    With a `language` its endings are those of that language; `category` is the type of the entity. A name that is
    not `romanized` is not looked for in Latin letters.
    """

    text: str
    case: Case = "auto"
    language: str | None = None
    inflect: bool = True
    category: str = ""
    is_prefix: bool = False
    romanized: bool = True


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


class _Ask(enum.IntEnum):
    """What a pattern asks besides the word under which it is kept."""

    NOTHING = 0
    CAPITAL = 1  # of a single word
    MORE = 2


class _Entry(NamedTuple):  # a frozen dataclass costs three times as much, ten thousands of times
    """A pattern under one of its words, the `pivot`."""

    leaf: int
    ask: _Ask
    pivot: int
    pattern: Pattern


_HEAD = 4  # letters that a prefix has at least, but for the last word of a longer one
Place: TypeAlias = tuple[int, int, int]  # the first and the last word, and the leaf


class Index:
    """The patterns of leaves by one word of each, the one that the fewest others share."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        spelled = [(number, pattern) for number, leaf in enumerate(leaves) for pattern in patterns(leaf)]
        shared = Counter(words for _, pattern in spelled if len(pattern.words) > 1 for words in pattern.words)
        self._entries: dict[str, Sequence[_Entry]] = {}
        prefixes: dict[str, Sequence[_Entry]] = {}
        for number, pattern in spelled:
            if pattern.prefix:
                entry = _Entry(number, _Ask.MORE, len(pattern.words) - 1, pattern)
                _keep(entry, (pattern.prefix,), prefixes)
            else:
                entry = _entry(number, pattern, shared)
                _keep(entry, pattern.words[entry.pivot] or (), self._entries)
        # by their first letters: each word is asked for once, not once for every length of a prefix
        self._heads: dict[int, dict[str, list[tuple[str, Sequence[_Entry]]]]] = {}
        for prefix, entries in prefixes.items():
            head = prefix[:_HEAD]
            self._heads.setdefault(len(head), {}).setdefault(head, []).append((prefix, entries))

    def find(self, reading: Reading) -> Mapping[int, list[Place]]:
        """Where each leaf stands that stands anywhere; places may be nested, overlap, and come twice."""
        found: defaultdict[int, list[Place]] = defaultdict(list)
        of = self._entries.get
        listed = [(at, entries) for at, word in enumerate(reading.words) if (entries := of(word))]
        for length, heads in self._heads.items():
            begun = heads.get
            listed += [
                (at, entries)
                for at, word in enumerate(reading.words)
                if (some := begun(word[:length]))
                for prefix, entries in some
                if word.startswith(prefix)
            ]
        for at, entries in listed:
            for entry in entries:
                leaf, ask, _, _ = entry
                if not ask or (ask == 1 and reading.is_capital(at)):
                    found[leaf].append((at, at, leaf))
                elif ask > 1 and (place := _place(entry, at, reading)) is not None:
                    found[leaf].append(place)
        return found


def _entry(number: int, pattern: Pattern, shared: Mapping[frozenset[str] | None, int]) -> _Entry:
    words = pattern.words
    if len(words) == 1:
        is_odd = pattern.exact or pattern.capitals == (_CAPITALS,)
        ask = _Ask.MORE if is_odd else _Ask.CAPITAL if pattern.capitals == (1,) else _Ask.NOTHING
        return _Entry(number, ask, 0, pattern)
    pivot = min(range(len(words)), key=lambda at: shared[words[at]])
    return _Entry(number, _Ask.MORE, pivot, pattern)


def _keep(entry: _Entry, words: Iterable[str], index: dict[str, Sequence[_Entry]]) -> None:
    """Put `entry` under every word: most words have one alone, which forms of one name share."""
    alone = (entry,)
    for word in words:
        held = index.get(word)
        if held is None:
            index[word] = alone
        elif isinstance(held, list):
            held.append(entry)
        else:
            index[word] = [*held, entry]


@lru_cache(maxsize=8_192)  # of what was asked last; forms know the words of the others
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
    if leaf.romanized and leaf.language in ("uk", "ru"):
        found += _in_latin(forms.latin(leaf.text, leaf.language))
    return tuple(dict.fromkeys(found))


def _in_latin(names: Iterable[str]) -> Iterator[Pattern]:
    """Spellings in Latin letters, of which every word has a capital where it is written with one."""
    by_count: dict[tuple[int, ...], list[list[str]]] = {}
    for name in names:
        written = _PLAIN.findall(name)
        initials = tuple(int(word[0].isupper()) for word in written)
        by_count.setdefault(initials, []).append([word.lower() for word in written])
    for initials, spelled in by_count.items():
        yield Pattern(tuple(map(frozenset, zip(*spelled, strict=True))), initials)


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
        is_right = _even(reading.where(first, last)[3]) == pattern.exact
    else:
        is_right = (first == last or reading.is_side_by_side(first, last, pattern.marks)) and all(
            reading.is_capital(first + number) if wanted == 1 else reading.capitals(first + number) >= wanted
            for number, wanted in enumerate(pattern.capitals)
            if wanted
        )
    return (first, last, entry.leaf) if is_right else None


def _even(text: str) -> str:
    """A spelling without what no reader sees."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).translate(_EVEN).split())
