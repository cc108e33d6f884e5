"""What each source does against what it usually does; knows nothing of Prefect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

from flows import polling
from flows.discovery import ZONE
from scrapers.source import Source
from storage import sources, volumes
from storage.sources import State
from storage.volumes import Lags

_WEEKS = 8  # of which the middle is what is expected
_LEAST = 4  # articles a day, from which a day with hardly any is news
_HARDLY = 0.25
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Day:
    """A whole day of a source: how many articles were expected by the same weekday of earlier weeks, how many came."""

    day: date
    expected: float
    seen: int

    @property
    def is_low(self) -> bool:
        """Whether hardly anything came although much was expected."""
        return self.expected >= _LEAST and self.seen < self.expected * _HARDLY


@dataclass(frozen=True, slots=True)
class Habit:
    """How a source fares: the last seven whole days, oldest first; lags as (median, 90 %) in seconds."""

    source: str
    week: tuple[Day, ...]
    seen_after: tuple[float, float] | None
    sent_after: tuple[float, float] | None
    failures: int
    error: str
    overflow: str  # why entries may be missing

    @property
    def unusual(self) -> str:
        """A sentence for an operator, "" when all is as usual."""
        last = self.week[-1]
        if self.failures:
            return f"{self.source} failed {self.failures} times in a row: {self.error}"
        if last.is_low:
            return f"{self.source} brought {last.seen} articles on {last.day}, {last.expected:g} were expected"
        return f"{self.source}: {self.overflow}" if self.overflow else ""


def habits(session: Session, wanted: Sequence[Source], now: datetime) -> list[Habit]:
    """The habit of each source, in order."""
    today = now.astimezone(ZONE).date()
    begin = datetime.combine(today - timedelta(weeks=_WEEKS, days=8), time(), ZONE).astimezone(UTC)
    counted, lags, states = (
        volumes.daily(session, begin, ZONE),
        volumes.lags(session, now),
        sources.states(session),
    )
    return [
        _habit(one.id, today, counted.get(one.id, Counter()), lags.get(one.id, Lags()), states.get(one.id))
        for one in wanted
    ]


def unusual(found: Sequence[Habit]) -> list[str]:
    """What operators should know, a sentence each."""
    return [one.unusual for one in found if one.unusual]


def table(found: Sequence[Habit]) -> list[dict[str, Any]]:
    """One row per source for a table artifact: seen of expected on each weekday, lags, troubles."""
    return [
        {
            "source": one.source,
            **{_NAMES[day.day.weekday()]: f"{day.seen} of {day.expected:g}" for day in one.week},
            "seen after": _shown(one.seen_after),
            "sent after": _shown(one.sent_after),
            "failures": one.failures,
            "unusual": one.unusual,
        }
        for one in sorted(found, key=lambda one: not one.unusual)
    ]


def row(one: Habit) -> dict[str, Any]:
    """One habit as `varta sources list --json` prints it; lags in seconds."""
    return {
        "week": [{"day": day.day, "expected": day.expected, "seen": day.seen, "low": day.is_low} for day in one.week],
        "lag_seen": _pair(one.seen_after),
        "lag_sent": _pair(one.sent_after),
        "overflow": one.overflow,
        "unusual": one.unusual,
    }


def _habit(source: str, today: date, counted: Mapping[date, int], lags: Lags, state: State | None) -> Habit:
    first = min(counted, default=today)
    week = tuple(_day(today - timedelta(days=back), counted, first) for back in range(7, 0, -1))
    error = state.error if state else ""
    overflow = error if state and not state.failures and polling.OVERFLOW in error else ""
    return Habit(
        source, week, _percentiles(lags.seen), _percentiles(lags.sent), state.failures if state else 0, error, overflow
    )


def _day(day: date, counted: Mapping[date, int], first: date) -> Day:
    before = [day - timedelta(weeks=week) for week in range(1, _WEEKS + 1)]
    known = [counted.get(one, 0) for one in before if one > first]  # the first day was not watched from its morning on
    return Day(day, median(known) if known else 0, counted.get(day, 0))


def _percentiles(seconds: Sequence[float]) -> tuple[float, float] | None:
    """The middle, and what nine of ten do not exceed."""
    if not seconds:
        return None
    return median(seconds), seconds[-(-len(seconds) * 9 // 10) - 1]


def _pair(found: tuple[float, float] | None) -> dict[str, float] | None:
    return {"p50": found[0], "p90": found[1]} if found else None


def _shown(found: tuple[float, float] | None) -> str:
    return " / ".join(_duration(one) for one in found) if found else ""


def _duration(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004 - two hours
