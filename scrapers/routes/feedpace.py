"""Read how often a feed itself asks to be read."""

from __future__ import annotations

import re
from datetime import timedelta

_HEAD = 8192  # bytes
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=7)
_TTL = re.compile(r"<ttl>\s*(?:<!\[CDATA\[)?\s*(\d{1,7})\b", re.IGNORECASE)
# https://web.resource.org/rss/1.0/modules/syndication/: so many times in a period, once a day unless it says otherwise
_PERIOD = re.compile(r"<\w+:updatePeriod>\s*(?:<!\[CDATA\[)?\s*(\w+)", re.IGNORECASE)
_TIMES = re.compile(r"<\w+:updateFrequency>\s*(?:<!\[CDATA\[)?\s*(\d{1,7})\b", re.IGNORECASE)
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 7 * 24, "monthly": 30 * 24, "yearly": 365 * 24}  # hours


def pace(body: bytes) -> timedelta | None:
    """The interval that a feed asks for, 1 minute to 7 days; None where it says nothing that makes sense.

    Both an RSS `ttl` (minutes) and the syndication module may stand there: then the shorter one counts.
    """
    head = body[:_HEAD].replace(b"\0", b"").decode("latin-1")
    asked = [told for told in (_ttl(head), _period(head)) if told]
    return min(max(min(asked), _SHORTEST), _LONGEST) if asked else None


def _ttl(head: str) -> timedelta | None:
    told = _TTL.search(head)
    return timedelta(minutes=int(told[1])) if told else None


def _period(head: str) -> timedelta | None:
    period, told = _PERIOD.search(head), _TIMES.search(head)
    if not period and not told:
        return None
    hours = _PERIODS.get(period[1].lower()) if period else _PERIODS["daily"]
    times = int(told[1]) if told else 1
    return timedelta(hours=hours) / times if hours and times else None
