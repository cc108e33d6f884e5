"""How long to wait until a source is asked again."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST = timedelta(minutes=2)
LONGEST = timedelta(days=1)
_SHARE = 48  # polls in a typical gap: half an hour late at most where one entry comes a day
_WISH_SHARE = 8  # a server may ask for so few polls in a typical gap, not for fewer
_CACHED = timedelta(minutes=5)  # what a cache may hold back from a source of any speed
_UNKNOWN = timedelta(hours=1)  # what a server may ask for before anything is known of its speed
_PAUSE = timedelta(days=3)  # a weekend with a holiday; only a longer silence slows a source down
_LATELY = 5  # gaps that tell of a burst


def interval(
    shortest: timedelta,
    *,
    stated: timedelta | None = None,
    fresh_for: timedelta | None = None,
    arrivals: Sequence[datetime] = (),
    now: datetime,
) -> timedelta:
    """The time until the next poll, from two minutes (or a longer `shortest`) to a day.

    A 48th of the typical gap: the median of all gaps between `arrivals` (times of the last entries, aware UTC), or
    of the last five in a burst. At most half of what the arrivals span, lest a feed drop entries between two polls.
    At least a 48th of a silence, counted after three days or the longest usual gap: nights and weekends slow nothing.
    The server's wishes lengthen it to an eighth of the gap: a feed that proves faster than its ttl is asked faster,
    and a cache (`fresh_for`) gets five minutes at any speed.
    """
    least = min(max(shortest, SHORTEST), LONGEST)
    seen = _apart(arrivals, now, least)
    if not seen:
        wished = min(max(stated or least, fresh_for or least), _UNKNOWN)
        return _within(wished, least)
    age = now - seen[0]
    gaps = [later - earlier for later, earlier in itertools.pairwise(seen)]
    # the only entry of a source says that the next one takes at least as long as it is old
    typical = _typical(gaps, age) if gaps else age
    wait = typical / _SHARE
    if gaps:
        wait = min(wait, (seen[0] - seen[-1]) / 2)
    wait = max(wait, (age - max(_PAUSE, *gaps, timedelta())) / _SHARE)
    asked = typical / _WISH_SHARE
    wait = max(wait, min(stated or wait, asked), min(fresh_for or wait, max(asked, _CACHED)))
    return _within(wait, least)


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the answer stays fresh by its own headers (lower-case names), at most a day; None when they do not say.

    After RFC 9111: max-age less Age, else Expires less Date. `now` stands in for a missing Date.
    """
    directives = headers.get("cache-control", "").lower()
    if re.search(r"\bno-(?:cache|store)\b", directives):
        return None
    ages = re.findall(r'(?<![\w-])max-age\s*=\s*"?(\d{1,9})', directives)
    if ages:
        spent = re.fullmatch(r"\s*(\d{1,9})\s*", headers.get("age", ""), re.ASCII)
        left = timedelta(seconds=min(map(int, ages)) - (int(spent[1]) if spent else 0))
    else:
        expires = http_date(headers.get("expires", ""))
        if expires is None:
            return None
        left = expires - (http_date(headers.get("date", "")) or now)
    return min(left, LONGEST) if left > timedelta() else None


def http_date(text: str) -> datetime | None:
    """The aware UTC time that a header names; None when it names none."""
    try:
        then = parsedate_to_datetime(text)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # all of them happen with hostile headers
        return None


def _within(wait: timedelta, least: timedelta) -> timedelta:
    return min(max(wait, least), LONGEST)


def _apart(arrivals: Sequence[datetime], now: datetime, least: timedelta) -> list[datetime]:
    """The arrivals, newest first, with those as one that a single poll would find; future ones are of now."""
    apart: list[datetime] = []
    for when in sorted((min(when, now) for when in arrivals), reverse=True):
        if not apart or apart[-1] - when >= least:
            apart.append(when)
    return apart


def _typical(gaps: list[timedelta], age: timedelta) -> timedelta:
    """The median gap, or that of the last few while they show a burst; `age` is how long the last one is over."""
    lately = statistics.median_high(gaps[:_LATELY])
    return min(statistics.median_high(gaps), max(lately, age))
