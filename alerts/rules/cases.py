"""What the rules look at and what they answer: matches, what was told before, rulings (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.destinations import Destination
from alerts.model import AlertState, Coverage, Decision, Match, Mode, Priority
from alerts.rules.mutes import Mute
from alerts.watchlist import Watch
from scrapers.article import Cut

Triple = tuple[str, int, str]  # watch, story, destination: what alerts once


@dataclass(frozen=True, slots=True)
class PendingMatch:
    """A stored match that is to be decided on. Times are aware UTC.

    `source` and `entities` are ids of the article's source and of tracked entities that it names; `is_first_crawl`
    says that the article was listed when its source was read for the first time, `is_lapsed` that the watch was
    changed and matches it no longer.
    """

    id: int
    match: Match
    mode: Mode
    story: int
    article: Coverage
    created: datetime
    source: str = ""
    entities: tuple[str, ...] = ()
    cut: Cut | None = None
    article_id: int = 0
    revision: int = 1
    is_gone: bool = False
    is_first_crawl: bool = False
    is_lapsed: bool = False

    @property
    def at(self) -> datetime:
        """When the article came out, as far as we know."""
        return self.article.published or self.article.first_seen


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert as it is stored; `told` is when its first message was made, `outcome` and `reason` why none was."""

    id: int
    state: AlertState
    priority: Priority
    told: datetime | None = None
    outcome: Decision | None = None
    reason: str = ""
    until: datetime | None = None

    @property
    def is_told(self) -> bool:
        """Whether a message or a digest tells it: nothing opens it again."""
        return self.state in (AlertState.OPEN, AlertState.QUEUED) or self.told is not None

    @property
    def is_held(self) -> bool:
        """Whether it waits for something."""
        return self.state in (AlertState.WAITING, AlertState.HELD)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of one match for one destination ("": there is none to speak of), in a sentence.

    `state` is what its alert becomes, None where this changes none; `alert` is the id of a stored one. `until` is when
    it is looked at again, or told at the latest; `is_queued` says that a digest will tell it.
    """

    match: int
    watch: str
    story: int
    destination: str
    decision: Decision
    reason: str = ""
    until: datetime | None = None
    state: AlertState | None = None
    alert: int = 0
    is_queued: bool = False

    @property
    def triple(self) -> Triple:
        """What alerts once."""
        return (self.watch, self.story, self.destination)


@dataclass(frozen=True, slots=True)
class Case:
    """A match that may alert one destination; `alert` is the id of an alert that is stored and was never told."""

    one: PendingMatch
    watch: Watch
    destination: Destination
    alert: int = 0

    @property
    def triple(self) -> Triple:
        """What alerts once."""
        return (self.watch.id, self.one.story, self.destination.id)


@dataclass(slots=True)
class Situation:
    """What is known besides the matches. Rulings change `standing` and `used`, so that later ones see them.

    `used` counts instant messages of the throttled time by destination and whether they are critical, `stormy` what was
    too much in that time by destination and watch, `flooded` the new matches of watches that have too many; `coverage`
    is who reports each story, `wishes` are the (watch, destination) of which a reader asked for a digest instead.
    """

    now: datetime
    standing: dict[Triple, Standing] = field(default_factory=dict)
    mutes: Sequence[Mute] = ()
    coverage: Mapping[int, Sequence[Coverage]] = field(default_factory=dict)
    used: Counter[tuple[str, bool]] = field(default_factory=Counter)
    flooded: Mapping[str, int] = field(default_factory=dict)
    stormy: Mapping[tuple[str, str], int] = field(default_factory=dict)
    wishes: Collection[tuple[str, str]] = frozenset()
    _urgent: dict[tuple[int, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for triple, one in self.standing.items():
            self._note_urgent(triple, one)

    def remember(self, triple: Triple, one: Standing) -> None:
        """Let later rulings see what an earlier one did."""
        self.standing[triple] = one
        self._note_urgent(triple, one)

    def told_urgently(self, story: int, destination: str) -> str:
        """The urgent watch that told this destination of the story by a message of its own, if any."""
        return self._urgent.get((story, destination), "")

    def _note_urgent(self, triple: Triple, one: Standing) -> None:
        watch, story, destination = triple
        if one.state is AlertState.OPEN and one.priority in (Priority.HIGH, Priority.CRITICAL):
            self._urgent.setdefault((story, destination), watch)
