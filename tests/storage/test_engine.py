import subprocess
import sys
import threading
from datetime import datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from storage import engine as database
from storage.engine import StorageError, open_engine, reading, transaction
from storage.tables import Base, SourceState


def test_migrations_make_the_tables_that_the_models_describe(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_ours})
        assert compare_metadata(context, Base.metadata) == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or not (name or "").startswith("article_search")  # made by hand, in another way per engine


def test_an_upgraded_database_is_current_and_upgrading_again_changes_nothing(engine: Engine) -> None:
    before = inspect(engine).get_table_names()
    database.upgrade(engine)
    assert database.is_current(engine)
    assert inspect(engine).get_table_names() == before


def test_an_upgrade_keeps_what_the_first_release_stored(database_url: str) -> None:
    old = open_engine(database_url)
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    with old.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text("INSERT INTO source_state (source_id, failures, outcome, route, error) VALUES ('a', 2, '', '', '')")
        )
        connection.commit()
    database.upgrade(old)
    with reading(old) as session:
        kept = session.get_one(SourceState, "a")
        assert (kept.failures, kept.rule_error, kept.interval) == (2, "", None)
    old.dispose()


def test_an_empty_database_is_not_current(database_url: str) -> None:
    empty = open_engine(database_url)
    assert not database.is_current(empty)
    empty.dispose()


def test_processes_that_upgrade_at_once_leave_one_set_of_tables(database_url: str) -> None:
    code = "import sys; from storage import engine as e; e.upgrade(e.open_engine(sys.argv[1]))"
    children = [subprocess.Popen([sys.executable, "-c", code, database_url]) for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    opened = open_engine(database_url)
    assert database.is_current(opened)
    opened.dispose()


def test_a_failing_transaction_leaves_nothing(engine: Engine, now: datetime) -> None:
    def fail() -> None:
        with transaction(engine) as session:
            session.add(SourceState(source_id="a", last_polled_at=now))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with reading(engine) as session:
        assert session.get(SourceState, "a") is None


def test_times_come_back_aware_and_equal(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        session.add(SourceState(source_id="a", last_polled_at=now))
    with reading(engine) as session:
        assert session.get_one(SourceState, "a").last_polled_at == now


def test_a_naive_time_is_refused(engine: Engine, now: datetime) -> None:
    with pytest.raises(Exception, match="naive datetime"), transaction(engine) as session:
        session.add(SourceState(source_id="a", last_polled_at=now.replace(tzinfo=None)))


def test_a_reader_does_not_wait_for_a_writer(engine: Engine, now: datetime) -> None:
    seen = threading.Event()

    def read() -> None:
        with reading(engine) as session:
            session.execute(text("SELECT count(*) FROM article")).all()
        seen.set()

    with transaction(engine) as session:
        session.add(SourceState(source_id="a", last_polled_at=now))
        session.flush()
        reader = threading.Thread(target=read)
        reader.start()
        assert seen.wait(20)
    reader.join(20)


@pytest.mark.parametrize("url", ["", "mysql://user:geheim@host/db", "no url at all"])
def test_other_databases_are_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(StorageError, match="VARTA_DATABASE_URL") as refused:
        open_engine(url)
    assert "geheim" not in str(refused.value)


def test_reading_a_current_database_needs_no_write_lock(engine: Engine, database_url: str) -> None:
    with transaction(engine) as session:
        session.execute(text("DELETE FROM attempt"))  # holds the writers' lock of SQLite
        other = open_engine(database_url)
        database.upgrade(other)
        with reading(other) as reader:
            assert reader.execute(text("SELECT count(*) FROM article")).scalar() == 0
        other.dispose()
