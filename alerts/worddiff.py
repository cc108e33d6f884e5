"""Compare two texts word by word, in bounded time, and show the difference as it was spelled (pure)."""

from __future__ import annotations

import bisect
import enum
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

CONTEXT = 8  # words that are shown beside a change
_WORK = 4_000_000  # words times width of the windows in which every word is compared with every other
_WIDEST, _NARROWEST = 400, 8  # words of both sides in such a window
_DEEPEST = 4  # how often a gap is split at words that both sides hold once
_CHANCE = 2  # words: so few equal ones between two long changes say nothing
_GAP = " […] "
_QUIET = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u0301'’ʼ‘`"  # what `storage.likeness.fingerprint.normal_words` drops
_DROPPED = dict.fromkeys(map(ord, _QUIET))
_RAW = re.compile(rf"[\w\u0300-\u036f{_QUIET}]+")
_WORD = re.compile(r"\w+")


class PieceKind(enum.StrEnum):
    """What became of a part of a text."""

    EQUAL = "equal"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text as its outlet spelled it; one that is EQUAL is shortened in the middle."""

    kind: PieceKind
    text: str


class Word(NamedTuple):  # a frozen dataclass costs three times as much
    """A word as it is compared, and where it stands in the text."""

    key: str
    start: int
    end: int


class Hunk(NamedTuple):
    """Words `old[a:b]` that became `new[c:d]`; one side may be empty."""

    a: int
    b: int
    c: int
    d: int


def words(text: str) -> list[Word]:
    """The words that count: case, quotes, blanks, stress marks and soft hyphens make no difference."""
    found = []
    for match in _RAW.finditer(text):
        if match[0].isascii() and match[0].isalnum():  # nothing to fold but case
            found.append(Word(match[0].lower(), match.start(), match.end()))
            continue
        plain = unicodedata.normalize("NFKC", match[0].translate(_DROPPED)).casefold().replace("ё", "е")
        found += [Word(key, match.start(), match.end()) for key in _WORD.findall(plain)]
    return found


def hunks(old: Sequence[str], new: Sequence[str]) -> list[Hunk]:
    """What changed from `old` to `new`, in order; long texts without a common word in reach are replaced whole."""
    width = max(_NARROWEST, min(_WIDEST, _WORK // (len(old) + len(new) + 1)))
    found: list[Hunk] = []
    i = j = 0
    for a, b, size in [*_blocks(old, new, Hunk(0, len(old), 0, len(new)), width, 0), (len(old), len(new), 0)]:
        if a > i or b > j:
            found.append(Hunk(i, a, j, b))
        i, j = a + size, b + size
    return found


def joined(changed: Sequence[Hunk]) -> list[Hunk]:
    """Two changes as one where hardly anything between them stayed: "the" and "of" stay by chance."""
    found: list[Hunk] = []
    for hunk in changed:
        if found:
            last = found[-1]
            between = hunk.a - last.b
            least = min(max(last.b - last.a, last.d - last.c), max(hunk.b - hunk.a, hunk.d - hunk.c))
            if between <= _CHANCE and between < least:
                found[-1] = Hunk(last.a, hunk.b, last.c, hunk.d)
                continue
        found.append(hunk)
    return found


def pieces(old: str, new: str) -> tuple[Piece, ...]:
    """The difference for people, with some words around each change; empty when no word differs."""
    before, after = words(old), words(new)
    changed = joined(hunks([word.key for word in before], [word.key for word in after]))
    shown: list[Piece] = []
    j = 0
    for hunk in changed:
        shown += _context(new, after, j, hunk.c, opens=j == 0 and not shown, closes=False)
        shown += _piece(PieceKind.REMOVED, old, before, hunk.a, hunk.b)
        shown += _piece(PieceKind.ADDED, new, after, hunk.c, hunk.d)
        j = hunk.d
    if changed:
        shown += _context(new, after, j, len(after), opens=False, closes=True)
    return tuple(shown)


def _blocks(
    old: Sequence[str], new: Sequence[str], gap: Hunk, width: int, depth: int
) -> Iterator[tuple[int, int, int]]:
    """Equal runs (place in old, place in new, words) of the parts of both texts that `gap` names, in order."""
    a, b, c, d = gap
    head = _common(old, new, a, c, min(b - a, d - c), step=1)
    a, c = a + head, c + head
    tail = _common(old, new, b - 1, d - 1, min(b - a, d - c), step=-1)
    b, d = b - tail, d - tail
    if head:
        yield a - head, c - head, head
    if a < b and c < d:
        yield from _inner(old, new, Hunk(a, b, c, d), width, depth)
    if tail:
        yield b, d, tail


def _inner(old: Sequence[str], new: Sequence[str], gap: Hunk, width: int, depth: int) -> Iterator[tuple[int, int, int]]:
    """The same for parts that begin and end differently."""
    a, b, c, d = gap
    if b - a + d - c <= width:
        for i, j, size in SequenceMatcher(None, old[a:b], new[c:d], autojunk=False).get_matching_blocks():
            if size:
                yield a + i, c + j, size
        return
    anchors = _anchors(old, new, gap) if depth < _DEEPEST else []
    for i, j in anchors:
        yield from _blocks(old, new, Hunk(a, i, c, j), width, depth + 1)
        yield i, j, 1
        a, c = i + 1, j + 1
    if anchors:
        yield from _blocks(old, new, Hunk(a, b, c, d), width, depth + 1)


def _common(old: Sequence[str], new: Sequence[str], i: int, j: int, most: int, *, step: int) -> int:
    size = 0
    while size < most and old[i + step * size] == new[j + step * size]:
        size += 1
    return size


def _anchors(old: Sequence[str], new: Sequence[str], gap: Hunk) -> list[tuple[int, int]]:
    """Words that stand once on each side, as many as keep their order (patience diff)."""
    a, b, c, d = gap
    once = Counter(old[a:b])
    again = Counter(new[c:d])
    places = {new[j]: j for j in range(c, d) if again[new[j]] == 1}
    pairs = [(i, places[old[i]]) for i in range(a, b) if once[old[i]] == 1 and old[i] in places]
    tops: list[int] = []  # the lowest place in `new` that ends an ascending run of each length
    holders: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        at = bisect.bisect_left(tops, j)
        before.append(holders[at - 1] if at else -1)
        tops[at : at + 1] = [j]
        holders[at : at + 1] = [number]
    chosen: list[tuple[int, int]] = []
    number = holders[-1] if holders else -1
    while number >= 0:
        chosen.append(pairs[number])
        number = before[number]
    return chosen[::-1]


def _piece(kind: PieceKind, text: str, placed: Sequence[Word], start: int, end: int) -> list[Piece]:
    return [Piece(kind, _spelled(text, placed, start, end))] if start < end else []


def _spelled(text: str, placed: Sequence[Word], start: int, end: int) -> str:
    """Words as they were written, with the marks that follow them."""
    first = placed[start].start if start else 0
    return text[first : placed[end].start if end < len(placed) else len(text)]


def _context(text: str, placed: Sequence[Word], start: int, end: int, *, opens: bool, closes: bool) -> list[Piece]:
    """An equal part, of which only the words beside a change are shown."""
    if start >= end:
        return []
    head, tail = (0 if opens else CONTEXT), (0 if closes else CONTEXT)
    if end - start <= head + tail + 1:
        return _piece(PieceKind.EQUAL, text, placed, start, end)
    left = _spelled(text, placed, start, start + head).rstrip() if head else ""
    right = _spelled(text, placed, end - tail, end).lstrip() if tail else ""
    return [Piece(PieceKind.EQUAL, f"{left}{_GAP}{right}")]
