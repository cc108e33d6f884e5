"""Say whether equal words tell different things: a form filled in again, or a wall before the article (pure)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from storage.likeness.editions import is_number
from storage.likeness.words import reach, read

_STEM = 4  # letters by which a word of a title is looked for in a text
_TOLD = 3  # words of a title that says what it is about


def is_refilled(title: str, words: Sequence[str], other: str, others: Sequence[str]) -> bool:
    """Whether two texts of an outlet are one form with another name in the title, which stands in its text alone."""
    (stems, names), (other_stems, other_names) = _heading(title), _heading(other)
    if 2 * len(stems & other_stems) < min(len(stems), len(other_stems)):
        return False
    return _holds_alone(words, others, names - other_stems) and _holds_alone(others, words, other_names - stems)


def is_wall(titles: Collection[str], words: Sequence[str]) -> bool:
    """Whether a text under all these titles has to do with none of them, as what stands before a hidden article."""
    text = " ".join(words)
    headings = [_heading(title)[0] for title in titles]
    return all(len(stems) >= _TOLD and not any(stem[:_STEM] in text for stem in stems) for stems in headings)


def _heading(title: str) -> tuple[frozenset[str], frozenset[str]]:
    """Stems of a title without numbers, and those of them that are names."""
    found = read(title)
    telling = [token for token in found if token.word and not token.is_number and not is_number(token.raw)]
    names = [token.word for token in found[reach(found, 1) :] if token.is_capital and token in telling]
    return frozenset(token.word for token in telling), frozenset(names)


def _holds_alone(words: Sequence[str], others: Sequence[str], names: Collection[str]) -> bool:
    return any(_holds(words, name) and not _holds(others, name) for name in names)


def _holds(words: Sequence[str], name: str) -> bool:
    return any(word.startswith(name[:_STEM]) for word in words)
