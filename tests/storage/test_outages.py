"""When a source was down, remembered when it answers again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, event

from storage import sources
from storage.engine import reading, transaction
from storage.sources import Outage, Poll
from tests.storage import builders
from tests.storage.builders import NOON

WIRE = builders.source("wire")
OK, FAILED = Poll(answered=True, outcome="fetched"), Poll(answered=False, outcome="failed", error="503")


def poll(engine: Engine, hours: float, how: Poll) -> None:
    with transaction(engine) as session:
        sources.record(session, WIRE, NOON + timedelta(hours=hours), how)


def found(engine: Engine, since: datetime = NOON) -> list[Outage]:
    with reading(engine) as session:
        return sources.outages(session, since)


def test_an_outage_lasts_from_the_first_poll_that_failed_to_the_one_that_answered(engine: Engine) -> None:
    for hours, how in ((0, OK), (1, FAILED), (2, Poll(answered=False, outcome="failed", error="500")), (4, OK)):
        assert found(engine) == []
        poll(engine, hours, how)
    outage = Outage("wire", NOON + timedelta(hours=1), NOON + timedelta(hours=4), "500")
    assert found(engine) == [outage]
    assert found(engine, since=NOON + timedelta(hours=4)) == []


def test_a_failure_that_is_soon_over_is_no_outage(engine: Engine) -> None:
    for hours, how in ((0, OK), (1, FAILED), (1.9, OK)):
        poll(engine, hours, how)
    assert found(engine) == []


def test_the_outages_of_long_ago_are_forgotten(engine: Engine) -> None:
    for day in (0, 100):
        poll(engine, day * 24 + 1, FAILED)
        poll(engine, day * 24 + 3, OK)
    assert [one.since for one in found(engine)] == [NOON + timedelta(days=100, hours=1)]


def test_a_poll_that_is_answered_as_before_writes_no_outage(engine: Engine) -> None:
    poll(engine, 0, OK)
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    poll(engine, 1, OK)
    assert any("source_state" in one for one in said)
    assert not any("outage" in one for one in said)
