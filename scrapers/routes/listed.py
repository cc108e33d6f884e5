"""What one page of a route lists, with the addresses where the list goes on."""

from __future__ import annotations

from dataclasses import dataclass

from scrapers.article import FeedEntry


@dataclass(frozen=True, slots=True)
class Listed:
    """The entries of one page in its own order, and the addresses that go on where it ends.

    `more` has the most promising address first. An empty one means that there is nothing further. `left_out`
    counts older entries of a page that lists more than anybody can read.
    """

    entries: tuple[FeedEntry, ...]
    more: tuple[str, ...] = ()
    left_out: int = 0
