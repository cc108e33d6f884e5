"""An article read once into folded words that know their place, paragraph and field (pure)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate

from alerts import normalize
from alerts.model import Field
from alerts.querytree import Part
from scrapers.article import Article

_SPLIT = re.compile(f"({normalize.TOKEN.pattern})")
_BLANK = re.compile(r"\n\s*\n")
# between two words of a name: space, hyphen, quote, slash, bracket, line break; no comma, no sentence end, but a sign
# that parts nothing (AT&T) and the stop of an initial
_BETWEEN = re.compile(r"[.&+:]?|[\s\-‐-―'\"«»“”„‟‹›/()\[\]]{0,6}")
_INITIAL = re.compile(r"\.\s{0,2}")
_INITIAL_LETTERS = 1
_JOINED = re.compile(r"[\-‐-―'’]?")  # between the tokens of one word: F-16, Ukraine's

Span = tuple[int, int]  # the first and the last of some words, by number


class Reading:
    """The words of the title and the text in one row, numbered from 0; what costs time is read when it is asked."""

    def __init__(self, article: Article) -> None:
        self._article = article
        title, self._title_spans = normalize.fold(article.title)
        text, self._text_spans = normalize.fold(article.text)
        self._text_at = len(title) + 2
        self._is_even = self._title_spans is None and self._text_spans is None
        self._written = f"{article.title}\n\n{article.text}" if self._is_even else ""
        self._folded = f"{title}\n\n{text}"
        self._parts = _SPLIT.split(self._folded)
        self.words = self._parts[1::2]

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(map(len, self._parts)))

    @cached_property
    def titled(self) -> int:
        """How many words the title has."""
        return bisect_left(self._ends, self._text_at - 1) // 2

    def fields(self) -> tuple[list[str], list[str]]:
        """The words of the title, those of the text."""
        return self.words[: self.titled], self.words[self.titled :]

    def range(self, part: Part) -> Span:
        """The first word of a part, and the one behind its last; a text of one paragraph is lead and body."""
        if part == "title":
            return 0, self.titled
        if part == "lead":
            return self.titled, self._lead_end
        return (self._lead_end if self._lead_end < len(self.words) else self.titled), len(self.words)

    @cached_property
    def _lead_end(self) -> int:
        """The word behind the first paragraph of the text."""
        return (bisect_left(self._ends, self._lead_stop) + 1) // 2

    @cached_property
    def _lead_stop(self) -> int:
        """Where the first paragraph of the text ends; it is empty where the text begins with a blank line."""
        blank = _BLANK.search(self._folded, self._text_at)
        return blank.start() if blank else len(self._folded)

    @cached_property
    def _breaks(self) -> list[int]:
        """The words that begin a paragraph."""
        gaps = self._parts[::2]
        return [at for at, gap in enumerate(gaps) if "\n" in gap and _BLANK.search(gap)]

    def paragraph(self, word: int) -> int:
        """The number of the paragraph of a word; the title is one of its own."""
        return bisect_right(self._breaks, word)

    @cached_property
    def _counts(self) -> list[int]:
        return list(accumulate(0 if _JOINED.fullmatch(gap) else 1 for gap in self._parts[::2]))

    def between(self, one: int, other: int) -> int:
        """How many words stand between two, as people count: F-16 is one."""
        return max(0, self._counts[other] - self._counts[one] - 1)

    def is_side_by_side(self, first: int, last: int, marks: str = "") -> bool:
        """Whether only such signs stand between these words as a name may have, or besides them `marks`."""
        for word in range(first, last):
            gap = self._parts[2 * word + 2]
            if gap in (" ", ""):
                continue
            bare = gap.translate(dict.fromkeys(map(ord, marks))) if marks else gap
            is_initial = len(self.words[word]) <= _INITIAL_LETTERS and _INITIAL.fullmatch(gap)
            if not (is_initial or _BETWEEN.fullmatch(bare)) or _BLANK.search(gap):
                return False
        return True

    def is_capital(self, word: int) -> bool:
        """Whether a word begins with a capital."""
        start = self._ends[2 * word]
        if self._is_even:
            return self._written[start].isupper()
        return self.surface(word)[0].isupper()

    def capitals(self, word: int) -> int:
        """How many letters of a word are capitals."""
        return sum(letter.isupper() for letter in self.surface(word))

    def surface(self, word: int) -> str:
        """A word as it was written."""
        return self.where(word, word)[3]

    def where(self, first: int, last: int) -> tuple[Field, int, int, str]:
        """The field in which these words stand, their offsets there, and as what they were written."""
        start, end, at = self._ends[2 * first], self._ends[2 * last + 1], self._text_at
        if start < at - 1:
            field, text, spans = Field.TITLE, self._article.title, self._title_spans
        else:
            field = Field.LEAD if start < self._lead_stop else Field.BODY
            start, end, text, spans = start - at, end - at, self._article.text, self._text_spans
        if spans is not None:
            start, end = spans[start][0], spans[end - 1][1]
        return field, start, end, text[start:end]
