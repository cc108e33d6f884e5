"""Databases that an earlier release filled, brought up to date."""

import json
import os
import random
import signal
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, event, func, select, text

from alerts.channels.ways import MAIL
from alerts.model import Message, Receipt
from storage import articles, leases, outbox
from storage import engine as database
from storage.alert_tables import AlertRow, DeliveryRow, MatchRow
from storage.engine import open_engine, reading, transaction
from storage.likeness import gist
from storage.tables import ArticleRow, RevisionRow, SourceState
from tests.storage.builders import article
from tests.storage.processes import ended, started

COUNT = 60
BEGIN = datetime(2025, 2, 10, 6, 0, tzinfo=UTC)
_LETTERS = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu")
OLD = ("0001", "0002", "0003", "0005", "0007")
HITS = [{"term": "Рютте", "surface": "Рютте", "field": "title", "start": 0, "end": 5}]
KEPT = ("source_state", "entry", "article", "article_alias", "story", "match", "decision", "delivery", "attempt")


def words(number: int, count: int = 80) -> str:
    drawn = random.Random(number)
    return " ".join("".join(drawn.choices(_LETTERS, k=3)) for _ in range(count)).capitalize() + "."


def to_revision(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def has_three(number: int) -> bool:
    return number % 10 == 0


def filled(engine: Engine, revision: str) -> None:
    """A database of that revision, filled by an earlier one."""
    to_revision(engine, min(revision, "0002"))
    fill(engine)
    to_revision(engine, revision)


def fill(engine: Engine) -> None:
    """Articles of five outlets with everything that belongs to them, as the tables stood then."""
    with engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        is_sqlite = connection.dialect.name == "sqlite"

        def at(minutes: int) -> datetime:
            when = BEGIN + timedelta(minutes=minutes)
            return when.replace(tzinfo=None) if is_sqlite else when

        def add(name: str, **values: Any) -> None:
            connection.execute(tables.tables[name].insert().values(**values))

        add("source_state", source_id="outlet1", failures=2, outcome="timeout", route="feed", error="x")
        for story in range(1, 21):
            add("story", id=story, title=f"Story {story}", first_at=at(story), last_at=at(story + 60))
        for n in range(1, COUNT + 1):
            _add_article(add, at, n)
        for name in ("story", "article", "entry", "match", "delivery", "article_revision", "attempt"):
            if not is_sqlite:
                connection.execute(text(f"SELECT setval('{name}_id_seq', 1000)"))


def _add_article(add: Any, at: Any, n: int) -> None:
    url, source = f"https://outlet{n % 5}.example/{n}", f"outlet{n % 5}"
    key = sha256(f"https://{url}".encode()).digest()
    published = None if n % 7 == 0 else at(n)
    last = 3 if has_three(n) else 1
    add(
        "article", id=n, source_id=source, url=url, url_key=key, title=f"Title {n}, version {last}",
        text=words(n * 10 + last), authors=["Ганна"], language="uk", published_at=published, date_origin="feed",
        partial=False, text_hash=sha256(str(n).encode()).digest(), first_seen_at=at(n + 5), last_seen_at=at(n + 9),
        revision=last, story_id=(n + 2) // 3, duplicate_of=1 if n == 2 else None,
        duplicate_kind="exact" if n == 2 else None, duplicate_score=1.0 if n == 2 else None,
    )  # fmt: skip
    add("article_alias", url_key=key, url=url, article_id=n)
    for seq in range(1, last + 1):
        told = {"title": f"Title {n}, version {seq}", "text": words(n * 10 + seq), "seen_at": at(n + 5 * seq)}
        add("article_revision", article_id=n, seq=seq, **told)
    add(
        "entry", id=n, source_id=source, url_key=key, url=url, title=f"Title {n}", summary="", authors=[],
        published_at=published, origin="feed", has_page=True, state="stored", mode="live", attempts=0, reason="",
        article_id=n, first_seen_at=at(n), last_seen_at=at(n),
    )  # fmt: skip
    add("story_term", term=n, article_id=n, at=at(n), weight=0.5)
    add(
        "match", id=n, article_id=n, watch_id="rutte", watch_version="1", mode="live", hits=HITS,
        excerpt={"text": "Рютте", "marks": [[0, 5]]}, created_at=at(n), decided_at=at(n + 1),
    )  # fmt: skip
    if n <= 20:
        add(
            "delivery", id=n, key=str(n), watch_id="rutte", story_id=n, destination_id="desk", recipient="a@b.example",
            reason="first_report", headline="H", state="sent", not_before=at(n), attempts=1, unknowns=0,
            payload={"subject": "Рютте"}, provider_id="", error="", created_at=at(n), sent_at=at(n),
        )  # fmt: skip
        add("attempt", id=n, delivery_id=n, number=1, ended_at=at(n), outcome="sent", error="")
    add("decision", match_id=n, destination_id="desk", outcome="first_report", delivery_id=None, decided_at=at(n))


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in KEPT}


@pytest.mark.parametrize("revision", OLD)
def test_an_upgrade_keeps_everything_that_was_stored(database_url: str, revision: str) -> None:
    engine = open_engine(database_url)
    filled(engine, revision)
    before = counts(engine)
    database.upgrade(engine)
    assert database.is_current(engine)
    assert counts(engine) == before == dict.fromkeys(KEPT, COUNT) | {
        "source_state": 1, "story": 20, "delivery": 20, "attempt": 20,
    }  # fmt: skip
    with reading(engine) as session:
        kept = session.get_one(SourceState, "outlet1")
        assert (kept.failures, kept.rule_error, kept.interval, kept.claimed_by) == (2, "", None, None)
        alerts = session.scalars(select(AlertRow).order_by(AlertRow.story_id)).all()
        assert [(one.watch_id, one.story_id, one.state, one.seen_article) for one in alerts] == [
            ("rutte", story, "open", 3 * story) for story in range(1, 21)
        ]
        told = {one.alert_id: one.story_id for one in session.scalars(select(DeliveryRow))}
        assert told == {one.id: one.story_id for one in alerts}
        for row in session.scalars(select(ArticleRow)):
            n = row.id
            assert row.at == (BEGIN + timedelta(minutes=n + 5) if n % 7 == 0 else row.published_at)
            assert (row.authors, row.entities, row.indexed, row.duplicate_of) == (
                ["Ганна"],
                [],
                0,
                1 if n == 2 else None,
            )
            last, changed = (3, BEGIN + timedelta(minutes=n + 15)) if has_three(n) else (1, None)
            assert (row.title, row.text) == (f"Title {n}, version {last}", words(n * 10 + last))
            assert (row.revision, row.changed_at, row.change_kind) == (last, changed, "update" if changed else None)
        for match in session.scalars(select(MatchRow)):
            assert (match.watch_version, match.watchlist_version, match.lapsed_at) == ("1", "", None)
            assert (match.hits, match.decided_at) == (HITS, BEGIN + timedelta(minutes=match.id + 1))
        assert set(session.scalars(select(ArticleRow.matched_with))) == {""}
        revisions = session.scalars(select(RevisionRow).order_by(RevisionRow.article_id, RevisionRow.seq)).all()
        assert [(one.article_id, one.seq, one.kind) for one in revisions] == [
            (n, seq, kind) for n in range(10, COUNT + 1, 10) for seq, kind in ((1, ""), (2, "update"))
        ]
        for one in revisions:
            assert one.text == words(one.article_id * 10 + one.seq)
            assert one.seen_at == BEGIN + timedelta(minutes=one.article_id + 5 * one.seq)
    engine.dispose()


@pytest.mark.parametrize("revision", ["0001", "0003"])
def test_what_waited_when_an_earlier_release_ended_is_sent_once(database_url: str, revision: str) -> None:
    engine = open_engine(database_url)
    filled(engine, revision)
    old = {"text": "Рютте", "subject": "s", "html": "", "blocks": [{"type": "divider"}], "headers": {"X-A": "b"}}
    with engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection, only=["delivery"])
        row = tables.tables["delivery"]
        waiting = row.update().where(row.c.id <= 3)
        connection.execute(waiting.values(state="pending", sent_at=None, payload=old))
        held = {"state": "leased", "lease_owner": "gone", "lease_until": row.c.created_at}
        connection.execute(row.update().where(row.c.id == 3).values(**held))
    database.upgrade(engine)
    now, found = BEGIN + timedelta(days=1), []
    with transaction(engine) as session:
        assert outbox.expired(session, ["desk"], now) == []
        assert outbox.strayed(session, {"desk": ["a@b.example"]}) == (set(), set())
        assert leases.release_lost(session, now) == 1
        while (claimed := leases.claim(session, "me", now, MAIL, ["desk"])) is not None:
            assert claimed.message == Message("Рютте", "s", "", ({"type": "divider"},), {"X-A": "b"})
            found.append((claimed.key, claimed.unknowns))
            leases.record(session, claimed, Receipt(), now)
    assert sorted(found) == [("1", 0), ("2", 0), ("3", 1)]
    engine.dispose()


@pytest.mark.parametrize("revision", OLD)
def test_what_an_earlier_release_stored_is_found_again_once_it_is_reread(database_url: str, revision: str) -> None:
    engine = open_engine(database_url)
    filled(engine, revision)
    database.upgrade(engine)
    with transaction(engine) as session:
        assert articles.reread(session, 50) == 50
    with transaction(engine) as session:
        assert (articles.reread(session, 50), articles.reread(session, 50)) == (10, 0)
    with reading(engine) as session:
        assert session.scalar(select(func.count()).where(ArticleRow.indexed < gist.VERSION)) == 0
        assert session.scalar(text("SELECT count(*) FROM article_search")) == COUNT
        assert (session.scalar(text("SELECT count(*) FROM article_key")) or 0) > COUNT
    copied = article(source="late", url="https://late.example/1", title="Read elsewhere", text=words(10 * 33 + 1))
    with transaction(engine) as session:
        (stored,) = articles.save(session, [gist.take(copied)], BEGIN + timedelta(hours=30))
    with reading(engine) as session:
        assert session.get_one(ArticleRow, stored.id).duplicate_of == 33
    engine.dispose()


def upgrade_and_die(url: str) -> None:
    """Die in the middle of the latest migration, after its tables changed and before it ends."""
    engine = open_engine(url)

    @event.listens_for(engine, "before_cursor_execute")
    def _(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "CREATE TABLE fetcher" in statement:
            os.kill(os.getpid(), signal.SIGKILL)

    database.upgrade(engine)


@pytest.mark.parametrize("revision", OLD)
def test_an_upgrade_that_is_killed_leaves_the_old_tables_whole(database_url: str, revision: str) -> None:
    engine = open_engine(database_url)
    filled(engine, revision)
    before = counts(engine), shape(engine)
    assert ended(started(upgrade_and_die, database_url)) == [-signal.SIGKILL]
    assert (counts(engine), shape(engine)) == before
    database.upgrade(engine)
    assert database.is_current(engine)
    assert counts(engine) == before[0]
    engine.dispose()


def shape(engine: Engine) -> str:
    with engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return json.dumps([version, sorted((t.name, sorted(t.columns.keys())) for t in tables.tables.values())])
