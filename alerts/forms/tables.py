"""Ending tables: what may stand in place of the end of a word (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.normalize import fold

LONGEST = 6  # letters of the longest ending in any table


@dataclass(frozen=True, slots=True)
class Table:
    """The endings of one language, folded: ending -> every ending that the same word may have instead."""

    endings: Mapping[str, tuple[str, ...]]

    def forms(self, word: str, stem: int) -> frozenset[str]:
        """All forms of a folded word, itself included; at least `stem` of its letters stay as they are."""
        for length in range(min(LONGEST, len(word) - stem), 0, -1):
            found = self.endings.get(word[-length:])
            if found is not None:
                kept = word[:-length]
                return frozenset((word, *[kept + ending for ending in found]))
        return frozenset((word,))


class Rules:
    """Collects endings, written as grammar books write them, into a table.

    What is said of a short ending holds for the longer ones that end so: -ство is also -о.
    """

    def __init__(self) -> None:
        self._endings: dict[str, dict[str, None]] = {}

    def add(self, old: str, stems: str, endings: str) -> None:
        """A word that ends as one of `old` may end as any of `stems` with any of `endings`.

        A stem `=` is the old ending as it is; a stem or an ending `-` is nothing.
        """
        new = [(stem, "" if end == "-" else end) for stem in stems.split() for end in endings.split()]
        for whole in old.split():
            kept = self._endings.setdefault(_folded(whole), {})
            for stem, end in new:
                kept[_folded({"=": whole, "-": ""}.get(stem, stem) + end)] = None

    def table(self) -> Table:
        """The table of all rules so far."""
        return Table({ending: tuple(self._all(ending)) for ending in self._endings})

    def _all(self, ending: str) -> dict[str, None]:
        found: dict[str, None] = {}
        for at in range(len(ending)):
            found |= {ending[:at] + new: None for new in self._endings.get(ending[at:], ())}
        return found


def _folded(text: str) -> str:
    return fold(text)[0]
