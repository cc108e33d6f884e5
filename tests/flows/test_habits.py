"""What a source does against its habit, and the numbers that Prometheus reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flows import habits, metrics
from flows.house import House
from scrapers.source import Source
from storage import sources
from storage.engine import reading, transaction
from storage.entries import EntryState
from storage.sources import Poll
from storage.tables import ArticleRow, EntryRow
from tests.flows.rooms import Clock, opened, source

NOW = datetime(2025, 2, 13, 10, 0, tzinfo=UTC)  # a Thursday


@pytest.fixture
def rooms(tmp_path: Path, database_url: str) -> Iterator[House]:
    clock = Clock()
    clock.time = NOW
    listed = source("wire", "http://127.0.0.1:9") + source("quiet", "http://127.0.0.1:9")
    with opened(tmp_path, listed, database_url=database_url, clock=clock) as house:
        yield house


def put(engine: Engine, name: str, at: datetime, count: int = 1, *, after: float = 60.0, mode: str = "live") -> None:
    """`count` articles of one moment that we saw `after` seconds."""
    with transaction(engine) as session:
        for number in range(count):
            key = f"{name}{at.isoformat()}{number}{mode}".encode()
            seen = at + timedelta(seconds=after)
            row = ArticleRow(
                source_id=name, url=key.decode(), url_key=key, title="t", text="x", authors=[], published_at=at, at=at,
                first_seen_at=seen, last_seen_at=seen,
            )  # fmt: skip
            session.add(row)
            session.flush()
            session.add(
                EntryRow(
                    source_id=name,
                    url_key=key,
                    url=key.decode(),
                    state=EntryState.STORED,
                    mode=mode,
                    article_id=row.id,
                    first_seen_at=seen,
                    last_seen_at=seen,
                )
            )


def wire(house: House) -> Source:
    return house.configuration.sources["wire"]


def look(house: House, name: str = "wire") -> habits.Habit:
    with reading(house.engine) as session:
        found = habits.habits(session, house.configuration.catalogue.sources, house.now())
    return next(one for one in found if one.source == name)


def test_a_day_is_held_against_the_same_weekday_of_earlier_weeks(rooms: House) -> None:
    yesterday = NOW - timedelta(days=1)
    for week, count in enumerate((1, 8, 8, 30, 8), start=0):
        put(rooms.engine, "wire", yesterday - timedelta(weeks=week), count)
    put(rooms.engine, "wire", yesterday - timedelta(weeks=5))  # the first day says nothing: it was not whole
    last = look(rooms).week[-1]
    assert (last.day.isoformat(), last.expected, last.seen, last.is_low) == ("2025-02-12", 8, 1, True)
    assert look(rooms).unusual == "wire brought 1 articles on 2025-02-12, 8 were expected"
    assert look(rooms, "quiet").unusual == ""


def test_days_are_those_of_kyiv(rooms: House) -> None:
    put(rooms.engine, "wire", datetime(2025, 2, 11, 22, 30, tzinfo=UTC))  # half past midnight of the 12th
    assert [day.seen for day in look(rooms).week[-2:]] == [0, 1]


def test_lags_are_those_of_live_articles(rooms: House) -> None:
    for number in range(10):
        put(rooms.engine, "wire", NOW - timedelta(hours=5, minutes=number), after=60.0 * (number + 1))
    put(rooms.engine, "wire", NOW - timedelta(days=2), after=86_400.0, mode="backfill")
    habit = look(rooms)
    assert habit.seen_after == (330.0, 540.0)
    assert habit.sent_after is None
    assert habits.row(habit)["lag_seen"] == {"p50": 330.0, "p90": 540.0}


def test_failures_and_overflow_are_told(rooms: House) -> None:
    gap = "wire: feed route: everything listed is newer than the last poll of 2025-02-13 08:00 UTC, and no archive"
    with transaction(rooms.engine) as session:
        sources.record(session, wire(rooms), rooms.now(), Poll(answered=True, outcome="fetched", error=gap))
    assert look(rooms).overflow == gap
    with transaction(rooms.engine) as session:
        for _ in range(2):
            sources.record(session, wire(rooms), rooms.now(), Poll(answered=False, outcome="gone", error="404"))
    assert (look(rooms).unusual, look(rooms).overflow) == ("wire failed 2 times in a row: 404", "")
    assert habits.table([look(rooms, "quiet"), look(rooms)])[0]["source"] == "wire"  # troubles first


SAMPLE = re.compile(
    r'[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\})? -?[0-9.e+-]+|[a-z_]+ nan'
)


def test_the_numbers_are_what_prometheus_reads(rooms: House) -> None:
    put(rooms.engine, "wire", NOW - timedelta(hours=5), after=90.0)
    lines = metrics.exposition(metrics.collect(rooms)).splitlines()
    named: dict[str, str] = {}
    for line in lines:
        if line.startswith("# "):
            _, kind, name, *rest = line.split(" ", 3)
            assert kind in ("HELP", "TYPE")
            assert rest
            named[name] = kind
        else:
            assert SAMPLE.fullmatch(line), line
            assert re.split(r"[{ ]", line, maxsplit=1)[0] in named  # described before it is used
    assert "varta_articles 1.0" in lines
    assert 'varta_seen_lag_seconds{source="wire",quantile="0.5"} 90.0' in lines
    assert 'varta_deliveries{state="sent"} 0.0' in lines
    assert "varta_outbox_oldest_seconds 0.0" in lines


def test_labels_cannot_break_a_line() -> None:
    family = metrics.Family("m", "gauge", "h", (({"source": 'a"\\\nb'}, 1.0),))
    assert metrics.exposition([family]).splitlines()[-1] == r'm{source="a\"\\\nb"} 1.0'
