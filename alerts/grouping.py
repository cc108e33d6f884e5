"""Decide what becomes an alert: one per watch, story and destination, the earliest report first (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.model import Coverage, Decision, Match, Mode
from alerts.watchlist import Watch
from scrapers.article import Cut


@dataclass(frozen=True, slots=True)
class PendingMatch:
    """A stored match that no destination was decided for yet."""

    id: int
    match: Match
    mode: Mode
    story: int
    article: Coverage
    cut: Cut | None = None

    @property
    def at(self) -> datetime:
        """When the article came out, as far as we know."""
        return self.article.published or self.article.first_seen


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of one match for one destination; "" when there is no destination to speak of."""

    match: int
    watch: str
    story: int
    destination: str
    decision: Decision


def decide(
    pending: Sequence[PendingMatch],
    watches: Mapping[str, Watch],
    destinations: Collection[str],
    opened: Collection[tuple[str, int, str]],
    *,
    is_whole: bool = True,
) -> list[Ruling]:
    """At least one ruling for every match, earliest article first.

    Without a ruling stays a match whose watch is missing while the watchlist is not whole (`is_whole`): it
    may only be misspelt at the moment.

    `opened` holds (watch, story, destination) of alerts made before; each triple opens once, ever. A match
    whose watch names a destination that is not configured is ruled UNKNOWN_DESTINATION there: it stays
    undecided until somebody mends the name.
    """
    done = set(opened)
    rulings: list[Ruling] = []
    for one in sorted(pending, key=lambda match: (match.at, match.id)):
        watch = watches.get(one.match.watch)
        if watch is None:
            rulings += [_ruling(one, "", Decision.WATCH_GONE)] if is_whole else []
        elif not watch.to:
            rulings.append(_ruling(one, "", Decision.NO_DESTINATION))
        else:
            rulings += [_ruling(one, to, _decision(one, to, destinations, done)) for to in watch.to]
    return rulings


def _decision(
    one: PendingMatch, destination: str, destinations: Collection[str], done: set[tuple[str, int, str]]
) -> Decision:
    if one.mode is Mode.BACKFILL:
        return Decision.BACKFILL
    if destination not in destinations:
        return Decision.UNKNOWN_DESTINATION
    triple = (one.match.watch, one.story, destination)
    if triple in done:
        return Decision.FURTHER_OUTLET
    done.add(triple)
    return Decision.FIRST_REPORT


def _ruling(one: PendingMatch, destination: str, decision: Decision) -> Ruling:
    return Ruling(one.id, one.match.watch, one.story, destination, decision)
