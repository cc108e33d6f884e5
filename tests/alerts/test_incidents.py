from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.incidents import (
    Condition,
    Facts,
    Incident,
    IncidentKind,
    QueueFact,
    SourceFact,
    WayFact,
    canary,
    conditions,
    is_ripe,
    notices,
    over,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def source(silent: timedelta, pause: timedelta, articles: int = 40, name: str = "ukrinform") -> SourceFact:
    return SourceFact(name, name.title(), newest=NOW - silent, pause=pause, articles=articles)


def kinds(facts: Facts) -> list[IncidentKind]:
    return [one.kind for one in conditions(facts, NOW)]


@pytest.mark.parametrize(
    ("silent", "pause", "articles", "told"),
    [
        (HOUR * 5, MINUTE * 10, 40, False),  # a night
        (HOUR * 7, MINUTE * 10, 40, True),
        (HOUR * 7, HOUR * 5, 40, False),  # it pauses so long every night
        (HOUR * 8, HOUR * 5, 40, True),
        (HOUR * 80, HOUR * 60, 40, False),  # a weekend
        (HOUR * 91, HOUR * 60, 40, True),
        (HOUR * 900, HOUR * 1, 9, False),  # nobody knows its habit yet
    ],
)
def test_a_source_is_silent_by_its_own_habit(silent: timedelta, pause: timedelta, articles: int, told: bool) -> None:  # noqa: FBT001
    assert kinds(Facts(sources=(source(silent, pause, articles),))) == [IncidentKind.SILENT] * told


def test_a_silent_source_says_what_its_habit_is_and_what_to_do() -> None:
    (one,) = conditions(Facts(sources=(source(HOUR * 9, HOUR * 2),)), NOW)
    assert one.headline == "Ukrinform has been silent for 9 h"
    assert "The longest pause between its last 40 articles was 2 h." in one.lines
    assert "Look: varta sources verify ukrinform" in one.lines


def test_late_messages_are_told_unless_their_way_is_known_to_be_broken() -> None:
    late = QueueFact("desk", "slack:X", 3, NOW - MINUTE * 16)
    fresh = QueueFact("editor", "mail", 3, NOW - MINUTE * 14)
    broken = WayFact("slack:X", NOW - HOUR, "410 channel_is_archived")
    assert kinds(Facts(due=(late, fresh))) == [IncidentKind.DUE]
    assert kinds(Facts(due=(late, fresh), broken=(broken,))) == [IncidentKind.CIRCUIT]


def test_a_pass_that_does_not_end_is_told_once_whatever_the_number_of_sources() -> None:
    late = tuple(SourceFact(f"s{n}", f"S{n}", next_poll=NOW - MINUTE * (31 + n)) for n in range(50))
    on_time = SourceFact("x", "X", next_poll=NOW - MINUTE * 29)
    (one,) = conditions(Facts(sources=(*late, on_time)), NOW)
    assert one.kind is IncidentKind.INGEST
    assert "50 sources should have been read by now, S49 first." in one.lines


def test_dead_messages_and_broken_rules_are_told() -> None:
    dead = QueueFact("desk", "slack:X", 2, NOW - HOUR, "Slack answered 400: invalid_blocks")
    ruled = SourceFact("a", "A", rule_error="body: nothing matches div.news")
    assert kinds(Facts(sources=(ruled,), dead=(dead,))) == [IncidentKind.DEAD, IncidentKind.RULE]


def test_what_passes_by_itself_is_not_told_at_once() -> None:
    one = Condition("ingest", IncidentKind.INGEST, "x", (), NOW)
    assert not is_ripe(one, NOW - MINUTE * 9, NOW)
    assert is_ripe(one, NOW - MINUTE * 10, NOW)


def many(count: int) -> list[Condition]:
    return [Condition(f"silent:s{n}", IncidentKind.SILENT, f"S{n} is silent", (), NOW, "") for n in range(count)]


@pytest.mark.parametrize(("count", "messages"), [(0, 0), (1, 1), (3, 3), (4, 1), (150, 1)])
def test_many_conditions_at_once_are_one_message(count: int, messages: int) -> None:
    told = [notice for notice, _ in notices(many(count))]
    assert len(told) == messages
    if count > 3:
        assert told[0].headline == f"{count} sources are silent beyond their habit"
        assert ("and 140 more" in told[0].lines) is (count == 150)


@pytest.mark.parametrize(("count", "messages"), [(0, 0), (3, 3), (4, 1)])
def test_many_ends_at_once_are_one_message(count: int, messages: int) -> None:
    ended = [Incident(n, f"silent:s{n}", f"S{n} is silent", NOW, NOW) for n in range(count)]
    told = list(over(ended))
    assert len(told) == messages
    assert all(notice.is_over for notice in told)


def test_a_notice_names_the_ways_that_cannot_tell_it() -> None:
    facts = Facts(broken=(WayFact("mail", NOW - HOUR, "535"), WayFact("slack:X", NOW - HOUR, "410")))
    assert [ways for _, ways in notices(conditions(facts, NOW))] == [("mail",), ("slack:X",)]


def test_the_canary_counts() -> None:
    counts = {"articles": 1412, "alerts": 1, "failed": 0, "sources": 150, "answering": 148}
    told = canary(counts, NOW)
    assert told.headline == "Varta is alive: 1,412 articles, 1 alert, 0 failed"
    assert told.is_canary
    assert "148 of 150 sources answer." in told.lines
