"""When a local time of day comes: digests and quiet hours, right also on the nights when the clocks change (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SECOND = timedelta(seconds=1)
_LOOK_BACK = 8  # days: a weekly slot lies within


def _clock(text: str) -> str:
    if not re.fullmatch(CLOCK, text):
        raise ValueError('expected a time of day such as "08:00"')
    return text


def _quiet(text: str) -> str:
    if not re.fullmatch(f"{CLOCK}-{CLOCK}", text):
        raise ValueError('expected two times of day such as "22:00-07:00"')
    if text[:5] == text[6:]:
        raise ValueError("expected two different times of day, or no time would be left")
    return text


def one_or_more(value: object) -> object:
    """A list, also where only one is written."""
    return (value,) if isinstance(value, str) else value


Clock = Annotated[str, AfterValidator(_clock)]
Clocks = Annotated[tuple[Clock, ...], BeforeValidator(one_or_more)]
Days = Annotated[tuple[Day, ...], BeforeValidator(one_or_more)]
Quiet = Annotated[str, AfterValidator(_quiet)]


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a digest goes out: `at` on the local dates that fall on one of `on`."""

    digest: str
    at: str
    on: tuple[str, ...] = DAYS

    @property
    def name(self) -> str:
        """What it is stored under: two times of one digest are two messages a day."""
        return f"{self.digest}@{self.at}"


def first_instant(day: date, at: str, zone: ZoneInfo) -> datetime:
    """The first instant of the local date whose time of day is `at` or later, in UTC.

    Where the clocks are put forward over `at`, that is the moment of the change; where they are put back over it, the
    first of the two. A date that a zone leaves out begins with the next one.
    """
    wall = datetime.combine(day, time.fromisoformat(at))
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == wall:
        return early
    low, high = sorted((early, wall.replace(tzinfo=zone, fold=1).astimezone(UTC)))
    while high - low > _SECOND:  # in the gap: the wall time at `low` is before it, at `high` behind it
        middle = low + (high - low) // 2
        if middle.astimezone(zone).replace(tzinfo=None) >= wall:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)


def latest(slot: Slot, now: datetime, zone: ZoneInfo) -> tuple[date, datetime]:
    """The last time that the slot came: its local date and the instant, at `now` at the latest."""
    today = now.astimezone(zone).date()
    for back in range(-1, _LOOK_BACK + 1):
        day = today - timedelta(days=back)
        if DAYS[day.weekday()] in slot.on and (at := first_instant(day, slot.at, zone)) <= now:
            return day, at
    raise ValueError(f"{slot.name} never comes")


def following(slot: Slot, now: datetime, zone: ZoneInfo) -> datetime:
    """When the slot comes next, after `now`."""
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(-1, _LOOK_BACK + 1))
    return min(at for day in days if DAYS[day.weekday()] in slot.on and (at := first_instant(day, slot.at, zone)) > now)


def next_slot(slots: Sequence[Slot], now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the first of `slots` comes after `now`; None when there is none."""
    return min((following(slot, now, zone) for slot in slots), default=None)


def is_quiet(quiet: str, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the local time of this instant lies in hours such as "22:00-07:00"; their end is loud."""
    start, end, wall = quiet[:5], quiet[6:], now.astimezone(zone).strftime("%H:%M")
    return start <= wall < end if start < end else wall >= start or wall < end


def quiet_until(quiet: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that hold `now` end, in UTC; None when it is not quiet."""
    if not is_quiet(quiet, now, zone):
        return None
    return min(at for at in _ends(quiet[6:], now, zone) if at > now and not is_quiet(quiet, at, zone))


def _ends(end: str, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Instants near `now` at which the local time becomes `end`, also the second one where it comes twice."""
    today = now.astimezone(zone).date()
    for ahead in range(3):
        day = today + timedelta(days=ahead)
        first = first_instant(day, end, zone)
        yield first
        again = datetime.combine(day, time.fromisoformat(end), zone).replace(fold=1).astimezone(UTC)
        if again > first:
            yield again
