from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.rules import times
from alerts.rules.times import Slot

KYIV = ZoneInfo("Europe/Kyiv")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        ("Europe/Kyiv", "2026-11-30", "08:00", "2026-11-30 06:00"),
        ("Europe/Kyiv", "2026-03-29", "03:30", "2026-03-29 01:00"),  # 03:00 became 04:00
        ("Europe/Kyiv", "2026-03-29", "03:00", "2026-03-29 01:00"),
        ("Europe/Kyiv", "2026-03-29", "04:00", "2026-03-29 01:00"),
        ("Europe/Kyiv", "2026-03-29", "02:59", "2026-03-29 00:59"),
        ("Europe/Kyiv", "2026-10-25", "03:30", "2026-10-25 00:30"),  # the first of the two
        ("Europe/Kyiv", "2026-10-25", "04:00", "2026-10-25 02:00"),
        ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04 03:00"),  # its midnight does not exist
        ("Pacific/Apia", "2011-12-30", "08:00", "2011-12-30 10:00"),  # the date itself does not exist
    ],
)
def test_the_first_instant_of_a_time_of_day(zone: str, day: str, at: str, instant: str) -> None:
    assert times.first_instant(date.fromisoformat(day), at, ZoneInfo(zone)) == utc(instant)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        ("22:00-07:00", "2026-11-23 19:59", None),
        ("22:00-07:00", "2026-11-23 20:00", "2026-11-24 05:00"),
        ("22:00-07:00", "2026-11-24 04:59", "2026-11-24 05:00"),
        ("22:00-07:00", "2026-11-24 05:00", None),
        ("12:00-13:00", "2026-11-24 10:30", "2026-11-24 11:00"),
        ("22:00-07:00", "2026-03-28 20:00", "2026-03-29 04:00"),
        ("22:00-07:00", "2026-10-24 19:00", "2026-10-25 05:00"),
        ("22:00-03:30", "2026-03-29 00:30", "2026-03-29 01:00"),  # the end falls into the gap
        ("03:15-03:45", "2026-10-25 00:20", "2026-10-25 00:45"),  # twice in one night
        ("03:15-03:45", "2026-10-25 01:20", "2026-10-25 01:45"),
    ],
)
def test_quiet_hours_end(quiet: str, now: str, until: str | None) -> None:
    assert times.quiet_until(quiet, utc(now), KYIV) == (utc(until) if until else None)


@pytest.mark.parametrize("begin", ["2026-03-28 00:00", "2026-10-24 00:00"])
def test_every_minute_of_a_night_when_the_clocks_change_is_quiet_as_its_wall_time_says(begin: str) -> None:
    for minute in range(48 * 60):
        now = utc(begin) + timedelta(minutes=minute)
        until = times.quiet_until("22:00-07:00", now, KYIV)
        wall = now.astimezone(KYIV).strftime("%H:%M")
        assert (until is not None) == (wall >= "22:00" or wall < "07:00")
        if until:
            assert until.astimezone(KYIV).strftime("%H:%M") == "07:00"
            assert until - now <= timedelta(hours=10)


def test_a_weekly_slot_is_found_before_and_after() -> None:
    slot, now = Slot("weekly", "09:00", ("mon",)), utc("2026-11-30 06:59")  # a Monday, 08:59 in Kyiv
    assert times.latest(slot, now, KYIV) == (date(2026, 11, 23), utc("2026-11-23 07:00"))
    assert times.following(slot, now, KYIV) == utc("2026-11-30 07:00")
    assert times.following(slot, utc("2026-11-30 07:00"), KYIV) == utc("2026-12-07 07:00")
    assert times.next_slot([slot, Slot("daily", "08:00")], now, KYIV) == utc("2026-11-30 07:00")
    assert times.next_slot([], now, KYIV) is None
