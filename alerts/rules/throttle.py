"""How many messages a destination takes in a while, and when the rest is told at once (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

DEFAULT = "10 per 10m"
FLOOD = 200  # new matches of one watch in one run: more are told by one digest
_UNITS = {"s": 1, "m": 60, "h": 3600}
_FORM = re.compile(r"(\d{1,4}) per (\d{1,4})([smh])")
_LONGEST = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `most` instant messages within `period`."""

    most: int
    period: timedelta


def parse(text: str) -> Throttle:
    """The throttle of text such as "10 per 10m"; raises ValueError with what was expected."""
    found = _FORM.fullmatch(" ".join(text.split()))
    if not found or not int(found[1]) or not int(found[2]):
        raise ValueError(f'expected a number of messages and a time such as "{DEFAULT}"')
    return Throttle(int(found[1]), timedelta(seconds=int(found[2]) * _UNITS[found[3]]))


def lets_through(times: Sequence[datetime], limit: Throttle) -> list[bool]:
    """Of messages that are due at these times, ascending, which leave at once; a digest tells the others."""
    sent: list[datetime] = []
    told = []
    for when in times:
        is_free = len(sent) < limit.most or when - sent[-limit.most] >= limit.period
        told.append(is_free)
        if is_free:
            sent.append(when)
    return told


def _checked(text: str) -> str:
    parse(text)
    return text


Limit = Annotated[str, AfterValidator(_checked)]


def next_gathered(made: tuple[datetime, ...], period: timedelta) -> datetime | None:
    """When the rest of a storm may be told next; `made` are the times at which it was told in the last day.

    The first time at once, then after one period, two, four and so on: a storm that lasts stays a few messages.
    """
    if not made:
        return None
    times: int = 2 ** min(len(made) - 1, 12)
    return max(made) + min(period * times, max(_LONGEST, period))
