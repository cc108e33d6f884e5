"""Choose the sentence that shows why a watch matched, and mark the terms in it (pure)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from alerts.model import Excerpt, Field, Hit

LONGEST = 400
_DOTS = 2  # characters that each ellipsis costs
_BREAK = re.compile(r"([.!?…][»”\"')\]]*)\s+(?=[\"«“„(\[—–-]*\s*[^\W_a-zа-яіїєґ])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:[A-ZА-ЯІЇЄҐ]|Mr|Mrs|Ms|Dr|St|Gen|Lt|Col|Sgt|Prof|Gov|Sen|Rep|No|vs|U\.S|U\.K|a\.m|p\.m|"
    r"ім|вул|див|тис|млн|млрд|грн|ст|м|р|обл|им|ул|см|тыс|руб|г))\.$"
)


class Sentences:
    """The sentences of an article, found where they are asked for."""

    def __init__(self, title: str, text: str) -> None:
        self._title, self._text = title, text
        self._line, self._starts, self._ends = (0, -1), [0], [0]  # the last line that was asked for
        self._of: dict[int, tuple[int, int]] = {}

    def choose(self, hits: Sequence[Hit]) -> Excerpt:
        """The sentence of the text with the most distinct terms, the earliest of equals; else the title.

        `hits` are in order, those of the title first.
        """
        below = hits
        if hits[0].field is Field.TITLE:
            below = [hit for hit in hits if hit.field is not Field.TITLE]
            if not below:
                return _cut(self._title, 0, len(self._title), hits, Field.TITLE)
        if len(below) == 1:
            return _cut(self._text, *self._around(below[0].start), below, below[0].field)
        within: dict[tuple[int, int], list[Hit]] = {}
        for hit in below:
            within.setdefault(self._around(hit.start), []).append(hit)
        best = max(within, key=lambda place: len({hit.surface.casefold() for hit in within[place]}))
        return _cut(self._text, *best, within[best], within[best][0].field)

    def _around(self, at: int) -> tuple[int, int]:
        """The sentence of the letter `at`."""
        held = self._of.get(at)
        if held is None:
            if not self._line[0] <= at < self._line[1]:
                end = self._text.find("\n", at)
                self._line = (self._text.rfind("\n", 0, at) + 1, len(self._text) if end < 0 else end)
                self._starts, self._ends = _sentences(self._text, *self._line)
            number = max(0, bisect_right(self._starts, at) - 1)
            held = self._of[at] = (self._starts[number], self._ends[number])
        return held


def _sentences(text: str, start: int, end: int) -> tuple[list[int], list[int]]:
    """Where the sentences of a line begin and end. Initials and common abbreviations end none."""
    line = text[start:end]
    start, end = start + len(line) - len(line.lstrip()), end - len(line) + len(line.rstrip())
    starts, ends = [start], []
    for found in _BREAK.finditer(text, start, end):
        if not _ABBREVIATED.search(text, max(0, found.start() - 11), found.start() + 1):
            ends.append(found.end(1))
            starts.append(found.end())
    return starts, [*ends, end]


def _cut(text: str, start: int, end: int, hits: Sequence[Hit], where: Field) -> Excerpt:
    """At most LONGEST characters of text[start:end] around the first hit, cut at words."""
    marks = [(hit.start, hit.end) for hit in hits if start <= hit.start and hit.end <= end]
    if len(marks) > 1:
        marks = _longest(marks)
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
    kept = [(a + shift, b + shift) for a, b in marks if left <= a and b <= right]
    return Excerpt(f"{before}{text[left:right]}{after}", tuple(kept), where)


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
