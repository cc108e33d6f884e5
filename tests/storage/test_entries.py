from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from alerts.model import Mode
from storage import articles, entries
from storage.engine import transaction
from storage.entries import Due, EntryState, Remembered, Result
from storage.likeness import gist
from tests.storage.builders import article, entry


def remember(engine: Engine, now: datetime, *listed: object) -> Remembered:
    with transaction(engine) as session:
        return entries.remember(session, listed, Mode.LIVE, now)  # type: ignore[arg-type]


def due(engine: Engine, now: datetime) -> list[Due]:
    with transaction(engine) as session:
        return entries.due(session, "wire", now)


def finish(engine: Engine, *results: Result) -> None:
    with transaction(engine) as session:
        entries.finish(session, results)


def test_what_is_listed_is_due_until_it_is_finished(engine: Engine, now: datetime) -> None:
    assert remember(engine, now, entry(1), entry(2)) == Remembered(new=2)
    assert [one.entry.url for one in due(engine, now)] == ["https://wire.example/a/2", "https://wire.example/a/1"]
    finish(engine, *(Result(one.id, EntryState.STORED) for one in due(engine, now)))
    assert due(engine, now) == []


def test_listing_it_again_changes_nothing(engine: Engine, now: datetime) -> None:
    remember(engine, now, entry(1))
    finish(engine, Result(due(engine, now)[0].id, EntryState.STORED))
    assert remember(engine, now, entry(1), entry(1)) == Remembered()
    assert due(engine, now) == []


def test_a_new_title_asks_for_a_new_fetch_with_the_pages_own_validators(engine: Engine, now: datetime) -> None:
    remember(engine, now, entry(1))
    finish(engine, Result(due(engine, now)[0].id, EntryState.STORED, etag='"a"', last_modified="x"))
    assert remember(engine, now, entry(1, title="Corrected headline")) == Remembered(changed=1)
    assert [(one.etag, one.entry.title) for one in due(engine, now)] == [('"a"', "Corrected headline")]


def test_an_entry_whose_url_is_a_stored_article_is_known_without_a_fetch(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        articles.save(session, [gist.take(article(source="other"))], now)
    assert remember(engine, now, entry(1, url="https://wire.example/a/1?utm_source=x")) == Remembered(known=1)
    assert due(engine, now) == []


def test_a_failed_page_is_tried_again_later_with_longer_waits(engine: Engine, now: datetime) -> None:
    remember(engine, now, entry(1))
    first = due(engine, now)[0]
    later = entries.next_try(first.attempts, now, None)
    assert later is not None
    finish(engine, Result(first.id, EntryState.RETRY, "500", next_try_at=later))
    assert due(engine, later - timedelta(seconds=1)) == []
    assert [one.attempts for one in due(engine, later)] == [1]
    assert entries.next_try(3, now, None) > later  # type: ignore[operator]


def test_a_server_that_says_when_is_not_asked_before(now: datetime) -> None:
    assert entries.next_try(0, now, 3600) == now + timedelta(hours=1)


def test_tries_end(now: datetime) -> None:
    assert entries.next_try(entries.MOST_ATTEMPTS - 1, now, None) is None


@pytest.mark.parametrize("size", [1, 499, 501, 1203])
def test_lists_of_any_length_are_remembered_whole(engine: Engine, now: datetime, size: int) -> None:
    assert remember(engine, now, *(entry(n) for n in range(size))) == Remembered(new=size)
    assert len(due(engine, now)) == size
