from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from scrapers.routes.pace import LONGEST, SHORTEST, freshness, http_date, interval

NOW = datetime(2025, 2, 12, 18, 0, tzinfo=UTC)  # a Wednesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def every(gap: timedelta, count: int = 40, age: timedelta = MINUTE) -> list[datetime]:
    """Arrivals with equal gaps, newest first."""
    return [NOW - age - gap * number for number in range(count)]


def wait(
    arrivals: Sequence[datetime] = (),
    *,
    shortest: timedelta = SHORTEST,
    stated: timedelta | None = None,
    fresh_for: timedelta | None = None,
) -> timedelta:
    return interval(shortest, stated=stated, fresh_for=fresh_for, arrivals=arrivals, now=NOW)


@dataclass(frozen=True, slots=True)
class Watched:
    """What a simulated source gave away."""

    polls: int
    delays: tuple[timedelta, ...]
    lost: int


def watched(times: Iterable[datetime], days: int, window: int = 20) -> Watched:
    """Poll a feed that shows its last `window` entries for so many days, after a week of watching."""
    times = sorted(times)
    start = times[0] + 7 * DAY + 37 * MINUTE + timedelta(seconds=13)  # polls do not know when entries come
    end = start + days * DAY
    at, polls, known = start, 0, {when for when in times if when <= start}
    delays: list[timedelta] = []
    while at < end:
        shown = [when for when in times if when <= at][-window:]
        delays += [at - when for when in shown if when not in known]
        known |= set(shown)
        polls += 1
        at += interval(SHORTEST, arrivals=shown[::-1], now=at)
    due = [when for when in times if when <= at]
    return Watched(polls, tuple(sorted(delays)), len([when for when in due if when not in known and when < shown[0]]))


def by_day(hours: Iterable[float], days: int, weekdays: int = 7) -> list[datetime]:
    first = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday
    marks = list(hours)
    return [first + day * DAY + hour * HOUR for day in range(days) if day % 7 < weekdays for hour in marks]


def test_a_busy_agency_is_asked_as_often_as_allowed() -> None:
    assert wait(every(3 * MINUTE)) == SHORTEST
    assert wait(every(3 * MINUTE), shortest=5 * MINUTE) == 5 * MINUTE


def test_a_daily_source_is_asked_twice_an_hour_and_a_weekly_one_a_few_times_a_day() -> None:
    assert wait(every(DAY)) == HOUR / 2
    assert 3 <= DAY / wait(every(7 * DAY)) <= 7


def test_an_agency_that_sleeps_at_night_is_caught_at_once_in_the_morning() -> None:
    seen = watched(by_day([6 + n / 20 for n in range(320)], days=10), days=3)
    assert seen.delays[-1] <= SHORTEST
    assert seen.lost == 0


def test_a_weekend_slows_nothing_on_monday() -> None:
    seen = watched(by_day([8 + n / 2 for n in range(20)], days=21, weekdays=5), days=14)
    assert seen.delays[-1] <= 3 * MINUTE


def test_a_daily_think_tank_costs_two_polls_an_hour_and_waits_no_longer() -> None:
    seen = watched(by_day([14], days=30), days=20)
    assert seen.polls <= 20 * 49
    assert seen.delays[-1] <= HOUR / 2 + MINUTE


def test_a_burst_of_a_quiet_source_is_not_lost() -> None:
    breaking = [datetime(2025, 1, 20, 9, tzinfo=UTC) + n * MINUTE for n in range(0, 240, 4)]
    seen = watched(by_day([14], days=30) + breaking, days=20, window=20)
    assert seen.lost == 0
    after_the_first = [delay for delay in seen.delays if delay > 5 * MINUTE]
    assert len(after_the_first) < 20 + 18  # the daily ones, and the burst until it is noticed


def test_a_burst_that_is_over_is_forgotten() -> None:
    burst = [NOW - DAY - n * MINUTE * 3 for n in range(6)]
    assert wait([*burst, *every(DAY, 20, 2 * DAY)]) == HOUR / 2


def test_a_dead_feed_is_asked_once_a_day_and_never_less() -> None:
    assert wait(every(10 * MINUTE, age=60 * DAY)) == LONGEST
    assert wait(every(365 * DAY, count=5, age=300 * DAY)) == LONGEST
    assert wait(shortest=3 * DAY) == LONGEST


def test_a_silence_slows_a_source_by_and_by() -> None:
    waits = [wait(every(10 * MINUTE, age=days * DAY)) for days in range(1, 40)]
    assert all(earlier <= later for earlier, later in itertools.pairwise(waits))
    assert waits[1] == SHORTEST
    assert max(later - earlier for earlier, later in itertools.pairwise(waits)) <= HOUR


def test_a_feed_of_few_entries_is_asked_before_they_are_gone() -> None:
    quick_pairs = [NOW - DAY * (n // 2) - 5 * MINUTE * (n % 2) for n in range(4)]
    assert wait(quick_pairs) <= (quick_pairs[0] - quick_pairs[-1]) / 2


@pytest.mark.parametrize("stated", [HOUR, DAY, 30 * DAY])
def test_a_busy_feed_is_asked_more_often_than_its_ttl_says(stated: timedelta) -> None:
    assert wait(every(3 * MINUTE), stated=stated) == SHORTEST
    assert wait(every(HOUR), stated=stated) < 10 * MINUTE


def test_a_wish_of_the_server_is_granted_where_it_costs_little() -> None:
    assert wait(every(DAY), stated=2 * HOUR) == 2 * HOUR
    assert wait(every(DAY), stated=DAY) == 3 * HOUR
    assert wait(every(DAY), stated=MINUTE) == HOUR / 2
    assert wait(every(3 * MINUTE), fresh_for=4 * MINUTE) == 4 * MINUTE
    assert wait(every(3 * MINUTE), fresh_for=DAY) == 5 * MINUTE


def test_a_source_of_which_nothing_is_known_is_asked_often() -> None:
    assert wait() == SHORTEST
    assert wait(stated=DAY) == HOUR


def test_the_only_entry_of_a_source_tells_by_its_age() -> None:
    assert wait([NOW - 2 * DAY]) == HOUR
    assert wait([NOW - 2 * DAY] * 30) == HOUR  # one edition


def test_neither_order_nor_the_future_disturb() -> None:
    ordered = every(HOUR)
    assert wait(ordered[::-1]) == wait(ordered)
    assert wait([NOW + 300 * DAY, *ordered]) <= wait(ordered)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "public, max-age=300"}, 300),
        ({"cache-control": "max-age=300", "age": "100"}, 200),
        ({"cache-control": "max-age=300", "age": "400"}, None),
        ({"cache-control": "max-age=600, MAX-AGE=60"}, 60),
        ({"cache-control": "s-maxage=900"}, None),
        ({"cache-control": "max-age=0", "expires": "Wed, 12 Feb 2025 19:00:00 GMT"}, None),
        ({"cache-control": "no-cache, max-age=300"}, None),
        ({"cache-control": "no-store"}, None),
        ({"cache-control": 'private="x", max-age="300"'}, 300),
        ({"cache-control": "max-age=999999999"}, 86400),
        ({"cache-control": "max-age=-1"}, None),
        ({"expires": "Wed, 12 Feb 2025 18:10:00 GMT"}, 600),
        ({"expires": "Wed, 12 Feb 2025 18:10:00 GMT", "date": "Wed, 12 Feb 2025 18:05:00 GMT"}, 300),
        ({"expires": "Wed, 12 Feb 2025 18:10:00 GMT", "date": "nonsense"}, 600),
        ({"expires": "0"}, None),
        ({"expires": "-1"}, None),
        ({}, None),
    ],
)
def test_freshness_is_what_the_headers_say(headers: dict[str, str], seconds: int | None) -> None:
    assert freshness(headers, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("text", ["", "x", "Mon, 99 Jan 9999 99:99:99", "Mon, 1 Jan 99999 0:0:0 +9999", "\x00" * 9])
def test_nonsense_is_no_date(text: str) -> None:
    assert http_date(text) is None
