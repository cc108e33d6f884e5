"""Choose the sentence that shows why a watch matched, and mark the terms in it (pure)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from math import inf

from alerts.model import Excerpt, Field, Hit

LONGEST = 400
_DOTS = 2  # characters that each ellipsis costs
_BREAK = re.compile(r"(?<=[.!?…])[»”\"')\]]*\s+(?=[\"«“„(\[—–-]*\s*[^\W_a-zа-яіїєґ])|\s*\n\s*")
_ABBREVIATED = re.compile(
    r"(?:\b(?:[A-ZА-ЯІЇЄҐ]|Mr|Mrs|Ms|Dr|St|Gen|Lt|Col|Sgt|Prof|Gov|Sen|Rep|No|vs|U\.S|U\.K|a\.m|p\.m|"
    r"ім|вул|див|тис|млн|млрд|грн|ст|м|р|обл|им|ул|см|тыс|руб|г))\.$"
)


class Sentences:
    """The sentences of an article, found when the first is asked for."""

    def __init__(self, title: str, text: str) -> None:
        self._title, self._text = title, text

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        return sentences(self._text)

    def choose(self, hits: Sequence[Hit]) -> Excerpt:
        """The sentence of the text with the most distinct terms, the earliest of equals; else the title."""
        below = [hit for hit in hits if hit.field is not Field.TITLE]
        if not below:
            return _cut(self._title, 0, len(self._title), hits, Field.TITLE)
        best, most = (0, len(self._text)), 0
        below.sort(key=lambda hit: hit.start)
        starts = [hit.start for hit in below]
        for at in dict.fromkeys(bisect_right(self._places, (start, inf)) - 1 for start in starts):
            start, end = self._places[at]
            inside = below[bisect_left(starts, start) : bisect_left(starts, end)]
            terms = {hit.surface.casefold() for hit in inside if hit.end <= end}
            if len(terms) > most:
                best, most = (start, end), len(terms)
        where = next(hit.field for hit in below if hit.start >= best[0])
        return _cut(self._text, *best, below, where)


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of every sentence. Initials and common abbreviations end none."""
    cuts = [0]
    ends = []
    for found in _BREAK.finditer(text):
        is_line = "\n" in found[0]
        if is_line or not _ABBREVIATED.search(text, max(0, found.start() - 12), found.start()):
            ends.append(found.start() + len(found[0]) - len(found[0].lstrip("»”\"')]")))
            cuts.append(found.end())
    return [(start, end) for start, end in zip(cuts, [*ends, len(text)], strict=True) if start < end]


def _cut(text: str, start: int, end: int, hits: Sequence[Hit], where: Field) -> Excerpt:
    """At most LONGEST characters of text[start:end] around the first hit, cut at words."""
    marks = _longest([(hit.start, hit.end) for hit in hits if start <= hit.start and hit.end <= end])
    left, right = start, end
    if end - start > LONGEST:
        first = marks[0][0] if marks else start
        room = LONGEST - 2 * _DOTS
        left = max(start, min(first - room // 3, end - room))
        right = min(end, left + room)
        left = left if left == start else _word_start(text, left, right)
        right = right if right == end else _word_end(text, left, right)
    before, after = "… " if left > start else "", " …" if right < end else ""
    shift = len(before) - left
    kept = tuple((a + shift, b + shift) for a, b in marks if left <= a and b <= right)
    return Excerpt(before + text[left:right] + after, kept, where)


def _longest(marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Marks that do not overlap, the longest of each overlap."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
        elif end - start > kept[-1][1] - kept[-1][0]:
            kept[-1] = (start, end)
    return kept


def _word_start(text: str, left: int, right: int) -> int:
    space = text.find(" ", left, right)
    return space + 1 if space >= 0 else left


def _word_end(text: str, left: int, right: int) -> int:
    space = text.rfind(" ", left, right)
    return space if space > left else right
