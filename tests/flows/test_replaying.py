"""What a watch would have sent over stored articles: counted by story, with samples and near misses."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from alerts.errors import QueryError
from flows import replaying
from flows.house import House
from flows.replaying import NEAR, SAMPLES
from storage.engine import transaction
from storage.tables import ArticleRow
from tests.flows.rooms import BEGIN, Clock, opened
from tests.flows.test_rematching import store

WATCHLIST = """
entities:
  - {id: rutte, names: {en: [Mark Rutte, Rutte]}}
watches:
  - {id: talks, query: '@rutte AND Ukraine AND NOT bicycles', to: [desk]}
  - {id: port, query: Odesa, to: []}
"""
DESTINATIONS = 'destinations:\n  - {id: desk, slack: {webhook: "env:TEST_WEBHOOK"}}\n'
WORDS = (
    "harbour",
    "tax",
    "orchestra",
    "bridge",
    "railway",
    "vineyard",
    "museum",
    "glacier",
    "theatre",
    "cinema",
    "mill",
    "zoo",
)


def house(folder: Path, database_url: str) -> AbstractContextManager[House]:
    return opened(folder, "", database_url=database_url, watchlist=WATCHLIST, destinations=DESTINATIONS, clock=Clock())


def text(about: str, number: int) -> str:
    """A text that shares nothing with others but what it is about."""
    word = WORDS[number % len(WORDS)]
    return f"{about} Number {number * 7919}: the {word} of town {number * 104_729} opened on day {number * 31}."


def filled(rooms: House) -> None:
    """Three stories that match on two days, one told twice; articles that lack one thing or have one too many."""
    rutte = "Mark Rutte spoke of Ukraine."
    store(rooms, {"first": text(rutte, 1), "second": text(rutte, 2)})
    store(rooms, {"yesterday": text(rutte, 3)}, days_ago=1)
    with transaction(rooms.engine) as session:
        first = session.query(ArticleRow).filter_by(title="first").one()
        session.execute(update(ArticleRow).where(ArticleRow.title == "second").values(story_id=first.story_id))
    store(rooms, {"long ago": text(rutte, 4)}, days_ago=100)
    store(rooms, {"bicycles": text("Mark Rutte spoke of Ukraine and bicycles.", 5)}, days_ago=2)
    store(rooms, {"no country": text("Mark Rutte spoke of nothing.", 6)}, days_ago=3)
    store(rooms, {"neither": text("Nobody spoke.", 7)}, days_ago=4)


def test_alerts_are_counted_by_story_and_day(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url) as rooms:
        filled(rooms)
        done = replaying.replay(rooms, "talks", 30)
    assert (done.watch, done.to, done.articles, done.matched, done.alerts) == ("talks", ("desk",), 6, 3, 2)
    assert done.per_day == {"2025-02-11": 1, "2025-02-12": 1}
    assert done.since == BEGIN - timedelta(days=4)  # nothing older is stored of these days
    assert done.alerts_per_day == 2 / 4
    assert [sample.title for sample in done.samples] == ["first", "yesterday"]
    assert done.samples[0].sentence[slice(*done.samples[0].marks[0])] == "Mark Rutte"
    assert done.notes == ()
    told = "3 of 6 articles since 2025-02-08 match. Alerts, one for each story: 2, which is 0.5 a day, at most 1 on one"
    assert replaying.summary(done).startswith(told)


def test_what_comes_too_fast_counts_for_a_digest(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url) as rooms:
        store(rooms, {f"story {n}": text("Mark Rutte spoke of Ukraine.", 50 + n) for n in range(13)})
        with transaction(rooms.engine) as session:
            session.execute(update(ArticleRow).values(story_id=None))
        done = replaying.replay(rooms, "talks", 30)
    assert (done.matched, done.alerts, done.throttled) == (13, 10, 3)
    assert "3 more come too fast on each other: a digest tells them" in replaying.summary(done)


def test_what_only_just_missed_is_told_with_what_it_lacks(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url) as rooms:
        filled(rooms)
        done = replaying.replay(rooms, "talks", 30)
    told = {one.title: (one.missing, one.unwanted) for one in done.near}
    assert told == {"bicycles": ((), ("bicycles",)), "no country": (("Ukraine",), ())}
    assert "Mark Rutte" in done.near[0].found


def test_of_near_misses_each_reason_gets_its_turn_the_rarest_first(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url) as rooms:
        store(rooms, {f"ukraine {n}": text("Ukraine.", n) for n in range(NEAR + 2)})
        store(rooms, {f"rutte {n}": text("Rutte.", 100 + n) for n in range(2)}, days_ago=3)
        store(rooms, {"far": text("Ukraine and bicycles.", 200)})
        done = replaying.replay(rooms, "talks", 30)
    lacks = [one.missing for one in done.near]
    assert lacks == [("Ukraine",), ("@rutte",), ("Ukraine",), *[("@rutte",)] * (NEAR - 3)]


def test_a_query_is_tried_like_a_watch(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url) as rooms:
        filled(rooms)
        done = replaying.replay(rooms, "bicycles OR Nobody", 30)
        assert (done.watch, done.query, done.matched, done.alerts, done.near) == ("", "bicycles OR Nobody", 2, 2, ())
        with pytest.raises(QueryError, match="column"):
            replaying.replay(rooms, "Rutte (", 30)
        assert replaying.replay(rooms, "tolks", 30).notes == (
            "no watch is called `tolks`; did you mean `talks`? It was tried as a query.",
        )


def test_only_a_few_samples_and_near_misses_are_kept(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url) as rooms:
        store(rooms, {f"hit {n}": text("Rutte and Ukraine.", n) for n in range(SAMPLES + 3)})
        store(rooms, {f"miss {n}": text("Rutte and Belgium.", 100 + n) for n in range(NEAR + 3)})
        done = replaying.replay(rooms, "talks", 30)
    assert (done.matched, len(done.near)) == (SAMPLES + 3, NEAR)
    assert all(one.missing == ("Ukraine",) for one in done.near)


def test_what_cannot_be_read_in_time_is_told_and_not_counted(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "_MOST_READ", 2)
    with house(tmp_path, database_url) as rooms:
        for day in range(4):
            store(rooms, {f"hit {day}": text("Rutte and Ukraine.", day)}, days_ago=day)
        done = replaying.replay(rooms, "talks", 30)
    assert (done.matched, done.days) == (2, 1.0)
    told = "only the newest 2 articles that may match were read, back to 2025-02-11; 2 older ones were not"
    assert [note.partition(":")[0] for note in done.notes] == [told]


def test_an_empty_store_is_told(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url) as rooms:
        done = replaying.replay(rooms, "talks", 30)
    assert replaying.summary(done).startswith("no article is stored of these days")
    assert (done.alerts_per_day, done.samples, done.near) == (0.0, (), ())


def test_texts_that_were_let_go_are_told(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url) as rooms:
        store(rooms, {"hit": text("Rutte and Ukraine.", 1)})
        with transaction(rooms.engine) as session:
            session.execute(update(ArticleRow).values(text="", let_go_at=BEGIN))
        assert "1 articles of these days have no text any more" in replaying.replay(rooms, "talks", 30).notes[0]


def test_the_markdown_of_a_replay_is_inert(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url) as rooms:
        store(rooms, {"<b>*hit*</b>|": "Rutte and Ukraine `code` [link](http://evil.example)."})
        store(rooms, {"miss | miss": text("Rutte <script>.", 2)})
        told = replaying.markdown(replaying.replay(rooms, "talks", 30))
    assert r"\<b\>\*hit\*\</b\>\|" in told
    assert r"**Rutte** and **Ukraine** \`code\` \[link\]" in told
    assert r"| miss \| miss | Rutte | Ukraine |" in told
