"""What an operator must know: conditions that facts show, and when to tell of them (pure)."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.cards.phrases import count
from alerts.model import Notice


class IncidentKind(enum.StrEnum):
    """What can be wrong."""

    INGEST = "ingest"  # no pass over the sources has ended for long
    CIRCUIT = "circuit"  # a way to destinations is broken
    DUE = "due"  # messages wait although their way is open
    DEAD = "dead"  # messages that could not be delivered
    SILENT = "silent"  # a source brings nothing, against its habit
    RULE = "rule"  # the page rule of an outlet fits no more


LEAST_SILENCE = timedelta(hours=6)
LEAST_ARTICLES = 10  # so many tell of a habit
_PAUSES = 1.5  # times the longest pause that a source usually makes
_LATE = timedelta(minutes=15)  # messages leave every minute
_OVERDUE = timedelta(minutes=30)  # passes over the sources begin every two minutes
_MANY = 3  # more conditions of a kind at once are told in one message
# What passes by itself after a start, or with the next probe, is not told.
_PATIENCE: dict[IncidentKind, timedelta] = {
    IncidentKind.INGEST: timedelta(minutes=10),
    IncidentKind.CIRCUIT: timedelta(minutes=2),
}
_MANY_HEADLINES: dict[IncidentKind, str] = {
    IncidentKind.INGEST: "{n} signs that no sources are read",
    IncidentKind.CIRCUIT: "{n} ways to destinations are broken",
    IncidentKind.DUE: "Messages to {n} destinations wait",
    IncidentKind.DEAD: "Messages to {n} destinations could not be delivered",
    IncidentKind.SILENT: "{n} sources are silent beyond their habit",
    IncidentKind.RULE: "The page rules of {n} outlets are broken",
}


@dataclass(frozen=True, slots=True)
class SourceFact:
    """What is known of a source. `pause` is the longest between its last `articles` articles."""

    id: str
    name: str
    newest: datetime | None = None
    pause: timedelta = timedelta()
    articles: int = 0
    error: str = ""
    rule_error: str = ""
    next_poll: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueFact:
    """What waits for, or was not taken by, one destination; `way` is how messages go there."""

    destination: str
    way: str
    count: int
    since: datetime
    error: str = ""


@dataclass(frozen=True, slots=True)
class WayFact:
    """A way that is broken."""

    way: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that conditions are read from. Times are aware UTC."""

    sources: tuple[SourceFact, ...] = ()
    due: tuple[QueueFact, ...] = ()
    dead: tuple[QueueFact, ...] = ()
    broken: tuple[WayFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong now, by its `key`; `way` is a way that cannot be trusted to tell it."""

    key: str
    kind: IncidentKind
    headline: str
    lines: tuple[str, ...]
    since: datetime
    way: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """A condition as it was stored when it was first seen; `told` is when operators learned of it."""

    id: int
    key: str
    text: str
    opened: datetime
    told: datetime | None


def conditions(facts: Facts, now: datetime) -> tuple[Condition, ...]:
    """Everything that is wrong, the most urgent kind first."""
    broken = {one.way for one in facts.broken}
    return (
        *_ingest(facts.sources, now),
        *(_circuit(one) for one in facts.broken),
        *(_due(one, now) for one in facts.due if now - one.since > _LATE and one.way not in broken),
        *(_dead(one) for one in facts.dead),
        *(_silent(one, now) for one in facts.sources if _is_silent(one, now)),
        *(_rule(one, now) for one in facts.sources if one.rule_error),
    )


def is_ripe(condition: Condition, opened: datetime, now: datetime) -> bool:
    """Whether a condition has lasted long enough to be told."""
    return now - opened >= _PATIENCE.get(condition.kind, timedelta())


def notices(begun: Sequence[Condition]) -> Iterator[tuple[Notice, tuple[str, ...]]]:
    """What to tell of conditions that begin together, with the ways not to use; many of one kind are one notice."""
    for kind in IncidentKind:
        found = [one for one in begun if one.kind is kind]
        ways = tuple(sorted({one.way for one in found if one.way}))
        if len(found) > _MANY:
            headline = _MANY_HEADLINES[kind].format(n=len(found))
            lines = (*(one.headline for one in found[:10]), *_rest(len(found) - 10), "See `varta doctor`.")
            yield Notice(found[0].key, headline, lines, min(one.since for one in found)), ways
        else:
            for one in found:
                yield Notice(one.key, one.headline, one.lines, one.since), (one.way,) if one.way else ()


def over(ended: Sequence[Incident]) -> Iterator[Notice]:
    """What to tell of incidents that ended together."""
    by_kind: dict[str, list[Incident]] = {}
    for one in ended:
        by_kind.setdefault(one.key.partition(":")[0], []).append(one)
    for found in by_kind.values():
        if len(found) > _MANY:
            lines = (*(one.text for one in found[:10]), *_rest(len(found) - 10))
            headline = count(len(found), "incident")
            yield Notice(found[0].key, headline, lines, min(one.opened for one in found), is_over=True)
        else:
            yield from (Notice(one.key, one.text, (), one.opened, is_over=True) for one in found)


def canary(counts: Mapping[str, int], now: datetime) -> Notice:
    """The daily sign of life: what was read, sent and not sent in a day."""
    told = ", ".join(
        (
            count(counts["articles"], "article"),
            count(counts["alerts"], "alert"),
            f"{counts['failed']:,} failed",
        )
    )
    sources = f"{counts['answering']:,} of {counts['sources']:,} sources answer."
    lines = (sources, "This message comes once a day. When it does not come, something is broken.")
    return Notice("canary", f"Varta is alive: {told}", lines, now - timedelta(days=1), is_canary=True)


def _ingest(sources: Sequence[SourceFact], now: datetime) -> Iterator[Condition]:
    late = [(one.next_poll, one) for one in sources if one.next_poll and now - one.next_poll > _OVERDUE]
    if late:
        since, first = min(late, key=lambda pair: pair[0])
        told = f"No pass over the sources has ended since {since:%H:%M} UTC"
        lines = (
            f"{count(len(late), 'source')} should have been read by now, {first.name} first.",
            "Is `varta up` running? Its Prefect page shows the runs of `ingest`.",
        )
        yield Condition("ingest", IncidentKind.INGEST, told, lines, since)


def _circuit(one: WayFact) -> Condition:
    lines = (
        f"The last answer: {one.reason}" if one.reason else "",
        "Nothing is lost: messages wait, and one tries the way from time to time. See `varta deliveries list`.",
    )
    return Condition(
        f"circuit:{one.way}", IncidentKind.CIRCUIT, f"Nothing gets out by {one.way}", lines, one.since, one.way
    )


def _due(one: QueueFact, now: datetime) -> Condition:
    minutes = int((now - one.since).total_seconds() // 60)
    headline = f"Messages to {one.destination} wait since {one.since:%H:%M} UTC"
    lines = (f"{count(one.count, 'message')}, the oldest for {minutes} min. See `varta deliveries list`.",)
    return Condition(f"due:{one.destination}", IncidentKind.DUE, headline, lines, one.since, one.way)


def _dead(one: QueueFact) -> Condition:
    headline = f"{count(one.count, 'message')} to {one.destination} could not be delivered"
    lines = (
        f"The last answer: {one.error}" if one.error else "",
        "See `varta deliveries list`; `varta deliveries retry` sends them again.",
    )
    return Condition(f"dead:{one.destination}", IncidentKind.DEAD, headline, lines, one.since)


def _is_silent(one: SourceFact, now: datetime) -> bool:
    if one.newest is None or one.articles < LEAST_ARTICLES:
        return False
    return now - one.newest > max(LEAST_SILENCE, one.pause * _PAUSES)


def _silent(one: SourceFact, now: datetime) -> Condition:
    assert one.newest is not None
    headline = f"{one.name} has been silent for {_long(now - one.newest)}"
    habit = f"The longest pause between its last {one.articles} articles was {_long(one.pause)}."
    why = f"It cannot be read: {one.error}" if one.error else "It answers, but with nothing new."
    lines = (habit, why, f"Look: varta sources verify {one.id}")
    return Condition(f"silent:{one.id}", IncidentKind.SILENT, headline, lines, one.newest)


def _rule(one: SourceFact, now: datetime) -> Condition:
    lines = (one.rule_error, "Its articles are read without the rule until somebody mends it in sources.yaml.")
    return Condition(f"rule:{one.id}", IncidentKind.RULE, f"The page rule of {one.name} is broken", lines, now)


def _long(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"  # noqa: PLR2004 - up to three days as hours


def _rest(more: int) -> tuple[str, ...]:
    return (f"and {more:,} more",) if more > 0 else ()
