"""Say what a watch would have sent over the stored articles; sends and stores nothing."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from alerts import matching, nearmiss
from alerts.matching import Compiled
from alerts.model import Match
from alerts.nearmiss import Miss
from alerts.rules import throttle
from alerts.rules.throttle import Throttle, lets_through
from alerts.watchlist import Watch
from flows.discovery import ZONE
from flows.house import House
from flows.inert import inert
from scrapers.yamlfile import nearest
from storage import lookup, search
from storage.engine import reading
from storage.lookup import StoredArticle

SAMPLES = 5
NEAR = 10
_MOST_READ = 20_000  # articles that may match; at 1 ms each
_MOST_NEAR = 2_000  # articles that are looked at only to see what they lack
_SAFE = "/:?&=%#+,;@"  # of an address in angle brackets
_CHUNK = 200  # articles in memory


@dataclass(frozen=True, slots=True)
class Sample:
    """An article that would have alerted; `marks` are (start, end) of the words in `sentence`."""

    at: datetime
    source: str
    title: str
    url: str
    sentence: str
    marks: tuple[tuple[int, int], ...]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An article that only just missed, and what it lacked."""

    at: datetime
    source: str
    title: str
    url: str
    found: tuple[str, ...]
    missing: tuple[str, ...]
    unwanted: tuple[str, ...]

    @property
    def reason(self) -> tuple[str, ...]:
        """What it lacked, and what stood there and must not."""
        return (*self.missing, "", *self.unwanted)

    @property
    def lacks(self) -> int:
        """How many parts failed."""
        return len(self.missing) + len(self.unwanted)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a watch would have done over the articles of some days. `per_day` counts alerts by day in Europe/Kyiv.

    `days` is the time that the stored articles cover, of what was asked for; `matched` counts articles, `alerts`
    stories, of which each alerts once; `throttled` stories come too fast on each other, so that a digest tells them.
    """

    watch: str
    query: str
    to: tuple[str, ...]
    since: datetime
    days: float
    articles: int
    matched: int
    alerts: int
    throttled: int
    per_day: dict[str, int]
    samples: tuple[Sample, ...]
    near: tuple[NearMiss, ...]
    notes: tuple[str, ...]

    @property
    def alerts_per_day(self) -> float:
        """The mean over the days that are covered."""
        return self.alerts / self.days


def replay(house: House, asked: str, days: int) -> Replay:
    """Try a watch, by its id, or a query over the stored articles of the last `days`. Raises QueryError."""
    watch, compiled, notes = _compiled(house, asked)
    now = house.now()
    since = now - timedelta(days=days)
    with reading(house.engine) as session:
        extent = lookup.extent(session, since)
        tried = _Tried(session, compiled, since)
        matched = list(tried.matched())
        near = tried.nearest()
        notes += tried.notes()
    notes += _without_text(extent.without_text)
    limits = [known.limit for name, known in house.configuration.destinations.by_id.items() if name in watch.to]
    sent, throttled = would_send(matched, limits)
    begin = max(since, extent.oldest or since, tried.begin or since)
    return Replay(
        watch=watch.id,
        query=watch.query,
        to=watch.to,
        since=begin,
        days=max(1.0, (now - begin) / timedelta(days=1)),
        articles=extent.articles,
        matched=len(matched),
        alerts=len(sent),
        throttled=throttled,
        per_day=dict(sorted(Counter(str(_at(one).astimezone(ZONE).date()) for one, _ in sent).items())),
        samples=tuple(_sample(article, match) for article, match in reversed(sent[-SAMPLES:])),
        near=near,
        notes=tuple(notes),
    )


def would_send(
    matched: Sequence[tuple[StoredArticle, Match]], limits: Sequence[Throttle]
) -> tuple[list[tuple[StoredArticle, Match]], int]:
    """Of what matched, what would alert: the earliest article of each story, earliest first; and how many would not.

    Those come too fast on each other for every destination of the watch (`limits`; without any, for one with the
    usual limit): a digest tells them.
    """
    first: dict[tuple[str, int], tuple[StoredArticle, Match]] = {}
    for article, match in sorted(matched, key=lambda pair: (_at(pair[0]), pair[0].id)):
        story = ("story", article.story) if article.story else ("article", article.id)
        first.setdefault(story, (article, match))
    stories = list(first.values())
    times = [_at(article) for article, _ in stories]
    passing = [lets_through(times, limit) for limit in limits or [throttle.parse(throttle.DEFAULT)]]
    sent = [one for one, *leaves in zip(stories, *passing, strict=True) if any(leaves)]
    return sent, len(stories) - len(sent)


def summary(done: Replay) -> str:
    """One or two sentences on a replay."""
    if not done.articles:
        return "no article is stored of these days: `varta ingest` or `varta backfill` brings some in"
    told = f"{done.matched:,} of {done.articles:,} articles since {done.since:%Y-%m-%d} match"
    if not done.alerts:
        return told
    busiest = max(done.per_day, key=lambda day: done.per_day[day])
    most = f"at most {done.per_day[busiest]:,} on one ({busiest})"
    rest = f"; {done.throttled:,} more come too fast on each other: a digest tells them" if done.throttled else ""
    return (
        f"{told}. Alerts, one for each story: {done.alerts:,}, which is {done.alerts_per_day:.1f} a day, {most}{rest}"
    )


def markdown(done: Replay) -> str:
    """The replay for the Prefect page."""
    lines = [f"## {inert(done.watch or done.query)}", "", inert(summary(done), 1_000), ""]
    lines += [f"- {inert(note, 1_000)}" for note in done.notes]
    if done.samples:
        lines += ["", "### The latest alerts", ""]
    for one in done.samples:
        lines += [f"**{one.at:%Y-%m-%d %H:%M} UTC, {inert(one.source)}: {inert(one.title)}**", ""]
        lines += [f"> {_marked(one)}", "", f"<{quote(one.url, safe=_SAFE)}>", ""]
    if done.near:
        lines += [
            "",
            "### Only just missed",
            "",
            "| published (UTC) | source | title | has | lacks |",
            "|---|---|---|---|---|",
        ]
    for missed in done.near:
        lacks = [*missed.missing, *(f"without {one}" for one in missed.unwanted)]
        cells = (f"{missed.at:%Y-%m-%d %H:%M}", missed.source, missed.title, ", ".join(missed.found), ", ".join(lacks))
        lines.append(f"| {' | '.join(map(inert, cells))} |")
    return "\n".join(lines)


def _marked(one: Sample) -> str:
    parts, last = [], 0
    for start, end in one.marks:
        parts += [inert(one.sentence[last:start], 1_000), f" **{inert(one.sentence[start:end])}** "]
        last = end
    return "".join([*parts, inert(one.sentence[last:], 1_000)])


def to_json(done: Replay) -> dict[str, Any]:
    """Everything that a replay tells, as JSON."""
    return asdict(done) | {"alerts_per_day": round(done.alerts_per_day, 2)}


def _compiled(house: House, asked: str) -> tuple[Watch, Compiled, list[str]]:
    """The watch with this id, or one made of a query."""
    watchlist = house.configuration.watchlist
    by_id = {watch.id: watch for watch in watchlist.watches}
    if watch := by_id.get(asked):
        return watch, matching.compile(replace(watchlist, watches=(watch,)), house.configuration.facts), []
    compiled = matching.compile_one(asked, watchlist, house.configuration.facts)
    close = nearest(asked, by_id)
    notes = [f"no watch is called `{asked}`{close} It was tried as a query."] if close else []
    return replace(compiled.watches[0][0], id=""), compiled, notes


class _Tried:
    """One watch over the stored articles, newest first, as far as they can be read in a bearable time."""

    def __init__(self, session: Session, compiled: Compiled, since: datetime) -> None:
        self._session = session
        self._compiled = compiled
        self._since = since
        self._seen: set[int] = set()
        self._near: dict[tuple[str, ...], list[tuple[tuple[int, float, int], NearMiss]]] = defaultdict(list)
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._skipped = 0
        self.begin: datetime | None = None  # the date of the oldest that was read, where not all were

    def matched(self) -> Iterator[tuple[StoredArticle, Match]]:
        """What matches, newest first."""
        ids = list(search.candidates(self._session, self._compiled, since=self._since))
        read, self._skipped = ids[:_MOST_READ], len(ids[_MOST_READ:])
        for one in self._read(read):
            if found := matching.match(lookup.as_read(one), self._compiled):
                yield replace(one, text=""), found[0]  # 20,000 texts are 100 MB
            else:
                self._consider(one)
            self.begin = _at(one) if self._skipped else None

    def nearest(self) -> tuple[NearMiss, ...]:
        """The articles that lack least; to be asked after `matched`.

        Of those that lack as much each reason gets its turn, the rarest first: that Rutte stands there without Ukraine
        says more than that a hundred articles on Ukraine do not name Rutte.
        """
        loose = nearmiss.loosened(self._compiled)
        if loose is not None:
            more = (key for key in search.candidates(self._session, loose, since=self._since) if key not in self._seen)
            for one in self._read(list(islice(more, _MOST_NEAR))):
                self._consider(one)
        turns: list[tuple[int, int, int, NearMiss]] = []
        for kept in self._near.values():
            ordered = sorted(kept, key=lambda pair: pair[0], reverse=True)
            turns += [(near.lacks, turn, self._counts[near.reason], near) for turn, (_, near) in enumerate(ordered)]
        turns.sort(key=lambda turn: turn[:3])
        return tuple(near for *_, near in turns[:NEAR])

    def notes(self) -> Iterator[str]:
        """What was left out."""
        if self._skipped and self.begin:
            yield (
                f"only the newest {_MOST_READ:,} articles that may match were read, back to {self.begin:%Y-%m-%d}; "
                f"{self._skipped:,} older ones were not: ask for fewer days"
            )
        if missing := search.unindexed(self._session):
            yield f"{missing:,} articles are not indexed yet, so some may be missing: run `varta upkeep`"

    def _read(self, ids: Sequence[int]) -> Iterator[StoredArticle]:
        self._seen.update(ids)
        for start in range(0, len(ids), _CHUNK):
            some = ids[start : start + _CHUNK]
            held = lookup.by_id(self._session, some)
            yield from (held[key] for key in some if key in held)

    def _consider(self, one: StoredArticle) -> None:
        """Keep the article if it is among those that lack least."""
        for miss in nearmiss.look(lookup.as_read(one), self._compiled).values():
            if not miss.found:
                continue
            near = _near(one, miss)
            held = self._near[near.reason]
            self._counts[near.reason] += 1
            put = heapq.heappush if len(held) < NEAR else heapq.heappushpop
            put(held, ((len(miss.found), _at(one).timestamp(), one.id), near))


def _near(one: StoredArticle, miss: Miss) -> NearMiss:
    return NearMiss(_at(one), one.source, one.title, one.url, miss.found, miss.missing, miss.unwanted)


def _sample(one: StoredArticle, match: Match) -> Sample:
    excerpt = match.excerpt
    return Sample(_at(one), one.source, one.title, one.url, excerpt.text, excerpt.marks, match.terms)


def _at(one: StoredArticle) -> datetime:
    return one.published or one.first_seen


def _without_text(count: int) -> list[str]:
    return [f"{count:,} articles of these days have no text any more: it was let go"] if count else []
