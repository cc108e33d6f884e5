from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from scrapers import dates

MORNING = datetime(2025, 2, 12, 10, 0)  # noqa: DTZ001 - a wall clock
DAY = datetime(2025, 2, 12)  # noqa: DTZ001


def east(hours: float) -> timezone:
    return timezone(timedelta(hours=hours))


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Wed, 12 Feb 2025 10:00:00 GMT", 0),
        ("Wed, 12 Feb 2025 10:00:00 +0200", 2),
        ("Wed,12 Feb 2025 10:00:00 +02:00", 2),
        ("12 Feb 25 10:00:00 Z", 0),
        ("Wed, 12 Feb 2025 10:00 EST", -5),
        ("2025-02-12T10:00:00Z", 0),
        ("2025-02-12T10:00:00.000+0200", 2),
        ("2025-02-12 10:00:00 UTC", 0),
        ("20250212T100000Z", 0),
        ("2025-02-12T10:00:00-05:00[America/New_York]", -5),
        ("Wed Feb 12 10:00:00 EET 2025", 2),
        ("Wed Feb 12 2025 10:00:00 GMT+0200 (Eastern European Standard Time)", 2),
        ("12 февраля 2025 г. в 10:00 (МСК)", 3),
        ("12 лютого 2025, 10:00 за Києвом", 2),
        ("Feb. 12, 2025, 10:00 a.m. ET", -5),
        ("12 Feb, 2025 10:00 IST", 5.5),
    ],
)
def test_a_date_with_a_zone_keeps_its_offset(text: str, hours: float) -> None:
    found = dates.parse(text)
    assert found == MORNING.replace(tzinfo=east(hours))
    assert found is not None
    assert found.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-12T10:00",
        "2025/02/12 10:00",
        "12.02.2025 10:00",
        "12.02.25 10:00",
        "10:00, 12.02.2025",
        "12/02/2025 à 10h00",
        "12 лютого 2025, 10:00",
        "Середа, 12 лютого 2025 р., 10:00",
        "12 февраля 2025 10:00",
        "12 лют 2025 10:00",
        "12 lutego 2025 r. 10:00",
        "12. Februar 2025, 10.00 Uhr",
        "12 février 2025 à 10h00",
        "12 de febrero de 2025 10:00",
        "February 12, 2025 at 10:00 AM",
        "Wed Feb 12 10:00:00 2025",
        "2025年2月12日 10:00",
    ],
)
def test_a_date_without_a_zone_is_a_wall_clock(text: str) -> None:
    assert dates.parse(text) == MORNING


@pytest.mark.parametrize(
    "text", ["12 лютого 2025 року", "12 февраля 2025", "February 12th, 2025", "12-Feb-2025", "20250212", "12 únor 2025"]
)
def test_a_date_without_a_clock_is_midnight(text: str) -> None:
    assert dates.parse(text) == DAY


@pytest.mark.parametrize(
    ("names", "language"),
    [
        ("січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня", "uk"),
        ("січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень", "uk"),
        ("января февраля марта апреля мая июня июля августа сентября октября ноября декабря", "ru"),
        ("янв фев мар апр май июн июл авг сен окт ноя дек", "ru"),
        ("stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia", "pl"),
        ("Januar Februar März April Mai Juni Juli August September Oktober November Dezember", "de"),
        ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "fr"),
        ("Jan. Feb. Mar. Apr. May Jun. Jul. Aug. Sept. Oct. Nov. Dec.", "en"),
    ],
)
def test_every_month_is_known_in_its_language(names: str, language: str) -> None:
    found = [dates.parse(f"15 {name} 2024") for name in names.split()]
    assert [when and when.month for when in found] == list(range(1, 13)), language
    assert {when and when.day for when in found} == {15}


def test_numbers_are_read_day_first_unless_that_is_no_date() -> None:
    assert dates.parse("03.02.2025") == datetime(2025, 2, 3)  # noqa: DTZ001
    assert dates.parse("09/25/2025") == datetime(2025, 9, 25)  # noqa: DTZ001


@pytest.mark.parametrize(("text", "hour"), [("12:30 AM", 0), ("12:30 PM", 12), ("5:30 p.m.", 17)])
def test_halves_of_the_day_are_understood(text: str, hour: int) -> None:
    found = dates.parse(f"Feb 12, 2025 {text}")
    assert found is not None
    assert (found.hour, found.minute) == (hour, 30)


def test_the_end_of_a_day_may_be_written_as_hour_24() -> None:
    assert dates.parse("2025-02-12T24:00:00Z") == datetime(2025, 2, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "8 вересня, 10:00",
        "12:30",
        "2025-02-30",
        "99.99.2025",
        "Version 1.2.3",
        "1757319600",
        "15 Marines 2024",
    ],
)
def test_what_is_no_full_date_is_none(text: str) -> None:
    assert dates.parse(text) is None


def test_a_long_text_is_no_date() -> None:
    assert dates.parse("12 лютого 2025 " + "слово " * 100) is None
    assert dates.parse("1" * 1_000_000) is None


def test_a_naive_time_becomes_utc_by_the_fallback_zone() -> None:
    assert dates.to_utc(MORNING) == MORNING.replace(tzinfo=UTC)
    assert dates.to_utc(MORNING, ZoneInfo("Europe/Kyiv")) == datetime(2025, 2, 12, 8, 0, tzinfo=UTC)
    assert dates.to_utc(MORNING.replace(tzinfo=east(3))).tzinfo is UTC


def test_the_first_and_last_moments_of_time_do_not_break_utc() -> None:
    assert dates.to_utc(datetime.min.replace(tzinfo=east(3))).year == 1
    assert dates.to_utc(datetime.max.replace(tzinfo=east(-3))).year == 9999


def test_times_before_the_web_and_after_tomorrow_are_not_plausible(now: datetime) -> None:
    assert dates.plausible(now + timedelta(hours=14), now)
    assert not dates.plausible(now + timedelta(days=3), now)
    assert not dates.plausible(datetime(1970, 1, 1, tzinfo=UTC), now)


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59:59Z", "2101-01-01", "31.12.1989 10:00", "0001-01-01T00:00:00+00:00",
        "Mon, 01 Jan 0001 00:00:00 Z", "01.01.0001", "1 січня 0001",
    ],
)  # fmt: skip
def test_a_year_without_articles_makes_no_date(text: str) -> None:
    assert dates.parse(text) is None
