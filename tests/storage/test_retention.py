from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from alerts.channels.ways import MAIL
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Decision, DeliveryState, Message, Receipt
from storage import articles, leases, outbox, retention, space, suggestions
from storage.alert_tables import AttemptRow, DeliveryRow
from storage.articles import Stored, Verdict
from storage.engine import UnavailableError, open_engine, reading, transaction, upgrade
from storage.likeness import gist
from storage.outbox import Outgoing
from storage.tables import ArticleRow, Base, FigureRow, KeyRow, RevisionRow, StoryTermRow, TermCountRow
from tests.storage.builders import BODY, NOON, OTHER, article

DAY = timedelta(days=1)
LONG = f"{BODY} {OTHER}"


def save(engine: Engine, now: datetime, **changes: Any) -> Stored:
    with transaction(engine) as session:
        return articles.save(session, [gist.take(article(**changes), ("rutte",))], now)[0]


def told(number: int, **changes: Any) -> dict[str, Any]:
    words = f"{LONG} Convoy {number * 7919} left harbour {number * 104729} towards berth {number * 1299709}."
    return {"url": f"https://wire.example/a/{number}", "title": f"Convoy {number * 7919}", "text": words} | changes


def count(engine: Engine, table: type[Base], *conditions: Any) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def run(engine: Engine, step: Callable[[Session], int]) -> int:
    with transaction(engine) as session:
        return step(session)


def row(engine: Engine, number: int) -> ArticleRow:
    with reading(engine) as session:
        return session.get_one(ArticleRow, number)


def test_fingerprints_go_when_an_article_is_old_by_both_dates(engine: Engine) -> None:
    old = save(engine, NOON, **told(1))
    backfilled = save(engine, NOON + 40 * DAY, **told(2, text=OTHER))
    fresh = save(engine, NOON + 45 * DAY, **told(3, text=BODY, published=NOON + 45 * DAY))
    now = NOON + 46 * DAY
    assert count(engine, KeyRow, KeyRow.article_id == old.id) > 0
    assert run(engine, lambda session: retention.drop_keys(session, now)) == 1
    assert count(engine, KeyRow, KeyRow.article_id == old.id) == 0
    assert count(engine, KeyRow, KeyRow.article_id == backfilled.id) > 0
    assert count(engine, KeyRow, KeyRow.article_id == fresh.id) > 0
    assert run(engine, lambda session: retention.drop_keys(session, now)) == 0


def test_what_was_dropped_is_not_indexed_again_and_copies_stay_linked(engine: Engine) -> None:
    first = save(engine, NOON, **told(1))
    copy = save(engine, NOON, **told(2, text=told(1)["text"], source="other"))
    assert copy.verdict is Verdict.DUPLICATE
    now = NOON + 400 * DAY
    assert run(engine, lambda session: retention.drop_keys(session, now)) == 2
    assert run(engine, lambda session: retention.drop_terms(session, now)) >= 1
    assert run(engine, lambda session: articles.reread(session, 10)) == 0
    assert row(engine, copy.id).duplicate_of == first.id
    assert row(engine, copy.id).story_id == first.story
    late = save(engine, now, **told(3, text=told(1)["text"], source="third", published=now))
    assert late.verdict is Verdict.DUPLICATE  # the hash of a text stays for ever


def test_story_terms_and_their_counts_go_with_their_articles(engine: Engine) -> None:
    for number in (1, 2):
        save(engine, NOON, **told(number))
    fresh = save(engine, NOON + 14 * DAY, **told(3, published=NOON + 14 * DAY))
    assert run(engine, lambda session: retention.drop_terms(session, NOON + 15 * DAY)) == 2
    assert count(engine, StoryTermRow, StoryTermRow.article_id != fresh.id) == 0
    assert count(engine, StoryTermRow) > 0
    assert count(engine, TermCountRow, TermCountRow.n != 1) == 0
    assert row(engine, 1).sketch is None
    assert row(engine, fresh.id).sketch is not None


def test_a_batch_is_bounded_and_the_next_one_goes_on(engine: Engine) -> None:
    for number in range(1, 6):
        save(engine, NOON, **told(number))
    now = NOON + 100 * DAY
    for step in (
        lambda session: retention.drop_keys(session, now, 2),
        lambda session: retention.drop_terms(session, now, 2),
        lambda session: retention.drop_texts(session, now, 60, 2),
    ):
        assert [run(engine, step) for _ in range(4)] == [2, 2, 1, 0]


def test_old_figures_go_and_fresh_ones_stay(engine: Engine) -> None:
    save(engine, NOON, **told(1, text="Rutte promised 1263 rockets and 4817 shells. " + BODY))
    save(engine, NOON + 20 * DAY, **told(2, text="Rutte sent 1771 rockets and 4818 shells.", published=NOON + 20 * DAY))
    before = count(engine, FigureRow)
    now = NOON + 20 * DAY
    gone = [
        run(engine, lambda session, part=part: suggestions.forget(session, now, part))  # type: ignore[misc]
        for part in range(suggestions.PARTS)
    ]
    assert 0 < sum(gone) < before
    assert count(engine, FigureRow, FigureRow.article_id == 1) == 0
    assert count(engine, FigureRow, FigureRow.article_id == 2) == before - sum(gone)


def test_a_text_that_is_let_go_leaves_title_links_and_hash(engine: Engine) -> None:
    first = save(engine, NOON, **told(1))
    save(engine, NOON + DAY, **told(1, text=OTHER))
    now = NOON + 100 * DAY
    assert run(engine, lambda session: retention.drop_texts(session, now, 60)) == 1
    kept = row(engine, first.id)
    assert (kept.text, kept.title, kept.let_go_at) == ("", "Convoy 7919", now)
    assert kept.text_hash
    assert kept.story_id == first.story
    assert count(engine, RevisionRow) == 1
    assert count(engine, RevisionRow, RevisionRow.text != "") == 0
    assert count(engine, KeyRow) == 0
    assert count(engine, StoryTermRow) == 0
    assert run(engine, lambda session: articles.reread(session, 10)) == 0
    copy = save(engine, now, **told(2, text=OTHER, source="other", published=now))
    assert copy.verdict is Verdict.DUPLICATE


def test_a_text_that_came_again_and_one_dated_ahead_are_let_go_in_their_time(engine: Engine) -> None:
    early = save(engine, NOON, **told(1, published=NOON + DAY))  # a wall clock far east, read as UTC
    for number in (2, 3):
        save(engine, NOON, **told(number))
    first = NOON + 60 * DAY + timedelta(hours=1)
    assert run(engine, lambda session: retention.drop_texts(session, first, 60)) == 2
    assert save(engine, first, **told(2, text=OTHER)).verdict is Verdict.REVISED
    assert count(engine, ArticleRow, ArticleRow.text != "") == 2
    later = first + DAY
    assert run(engine, lambda session: retention.drop_texts(session, later, 60)) == 2
    assert row(engine, early.id).text == ""
    assert count(engine, ArticleRow, ArticleRow.text != "") == 0
    assert run(engine, lambda session: retention.drop_texts(session, later, 60)) == 0


def test_a_disk_without_room_to_shrink_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_engine(f"sqlite:///{tmp_path / 'varta.db'}")
    upgrade(opened)

    def full(_database: object) -> str:
        refused = sqlite3.OperationalError("database or disk is full")
        refused.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise refused

    monkeypatch.setattr(space, "_shrink", full)
    with pytest.raises(UnavailableError, match=r"varta\.db cannot grow: the disk is full$"):
        space.reclaim(opened)
    opened.dispose()


def test_texts_cannot_be_let_go_while_they_are_compared(engine: Engine) -> None:
    with pytest.raises(ValueError, match="keep them as long"), transaction(engine) as session:
        retention.drop_texts(session, NOON, retention.LEAST_TEXT_DAYS - 1)


def outgoing(key: str) -> Outgoing:
    message = Message("plain", "subject", "<p>html</p>", ({"type": "divider"},))
    return Outgoing(
        key=key,
        watch="watch",
        story=1,
        destination="desk",
        recipient=key,
        reason=Decision.FIRST_REPORT,
        headline="headline",
        message=message,
    )


def send(session: Session, now: datetime, ended: Receipt | DeliveryError) -> None:
    claimed = leases.claim(session, "me", now, MAIL, ["desk"])
    assert claimed is not None
    leases.record(session, claimed, ended, now)


def test_an_old_delivery_loses_its_attempts_and_message_but_still_stops_a_second_alert(engine: Engine) -> None:
    save(engine, NOON, **told(1))
    refused = DeliveryError("no such mailbox", SendOutcome.DEAD_RECIPIENT)
    with transaction(engine) as session:
        for key, ended in (("a", Receipt("id")), ("b", refused)):
            outbox.put(session, [outgoing(key)], NOON)
            send(session, NOON, ended)
        outbox.put(session, [outgoing("c")], NOON)
        outbox.put(session, [outgoing("d")], NOON + 380 * DAY)
    now = NOON + 401 * DAY
    assert run(engine, lambda session: retention.drop_attempts(session, now, 400)) == 2
    assert run(engine, lambda session: retention.drop_attempts(session, now, 400)) == 0
    assert count(engine, AttemptRow) == 0
    with transaction(engine) as session:
        assert outbox.made_for(session, [1]) == {("watch", 1, "desk"): 1}
        assert outbox.put(session, [outgoing("a")], now) == 0
        lines = {one.key: one.state for one in outbox.ledger(session)}
        assert lines == {
            "a": DeliveryState.SENT,
            "b": DeliveryState.DEAD,
            "c": DeliveryState.PENDING,
            "d": DeliveryState.PENDING,
        }
        payloads = {one.key: one.payload for one in session.execute(select(DeliveryRow.key, DeliveryRow.payload))}
        assert not payloads["a"]
        assert outbox.retry(session, [2], now) == {2: "desk"}  # what was refused can still be sent
        assert payloads["b"]["subject"] == "subject"


def test_space_is_given_back_and_all_rows_stay(engine: Engine) -> None:
    for number in range(1, 4):
        save(engine, NOON, **told(number))
    with transaction(engine) as session:
        session.execute(update(ArticleRow).values(text="x" * 3_000_000))
    with transaction(engine) as session:
        session.execute(update(ArticleRow).values(text="x"))
    done = space.reclaim(engine)
    assert not done.note
    if engine.dialect.name == "sqlite":
        assert done.after < done.before - 8_000_000
    assert count(engine, ArticleRow) == 3


def test_a_file_of_an_earlier_version_is_written_anew_once_and_shrinks_from_then_on(
    engine: Engine,
) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no file")
    save(engine, NOON, **told(1))
    path = str(engine.url.database)
    engine.dispose()
    old = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode=DELETE", "PRAGMA auto_vacuum=NONE", "VACUUM", "PRAGMA journal_mode=WAL"):
        old.execute(statement).fetchall()
    assert old.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    old.execute("CREATE TABLE spare (x)")
    old.execute("INSERT INTO spare VALUES (zeroblob(9000000))")
    old.execute("DROP TABLE spare")
    old.close()
    done = space.reclaim(engine)
    assert (done.note, done.after < done.before - 8_000_000) == ("", True)
    with reading(engine) as session:
        assert session.scalar(text("PRAGMA auto_vacuum")) == 2


def test_space_is_left_for_another_night_while_somebody_writes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "_WAIT_MS", 50)
    save(engine, NOON, **told(1))
    with transaction(engine) as session:
        session.execute(update(ArticleRow).values(title="held"))
        session.flush()
        done = space.reclaim(engine)
    assert done.before == done.after or engine.dialect.name == "postgresql"
    assert "busy" in done.note or engine.dialect.name == "postgresql"
    with reading(engine) as session:
        waits = session.scalar(text("PRAGMA busy_timeout")) if engine.dialect.name == "sqlite" else 30_000
        assert waits == 30_000
