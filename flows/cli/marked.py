"""Show a sentence with its found words marked, and why a watch matched or not, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_MOST_SHOWN = 6  # of the words that are found or missing


def sentence(text: str, marks: Iterable[tuple[int, int]]) -> str:
    """One line, each found word in square brackets."""
    parts, last = [], 0
    for start, end in marks:
        parts += [text[last:start], "[", text[start:end], "]"]
        last = end
    return " ".join("".join([*parts, text[last:]]).split())


def lacking(missing: Sequence[str], unwanted: Sequence[str]) -> str:
    """What an article lacks to match, and what stands in it that must not."""
    told = [f"missing: {listed(missing, ' and ')}"] if missing else []
    told += [f"must not stand there: {listed(unwanted)}"] if unwanted else []
    return "; ".join(told)


def listed(words: Sequence[str], joint: str = ", ") -> str:
    """The first few of them, and how many more there are."""
    more = len(words) - _MOST_SHOWN
    return joint.join([*words[:_MOST_SHOWN], *([f"{more} more"] if more > 0 else [])])
