import os
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from storage import engine as database
from storage.alert_tables import METADATA
from storage.engine import (
    ForeignDatabaseError,
    NewerDatabaseError,
    StorageError,
    UnavailableError,
    open_engine,
    reading,
    transaction,
)
from storage.tables import SourceState
from tests import postgres


def test_migrations_make_the_tables_that_the_models_describe(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_ours})
        assert compare_metadata(context, METADATA) == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or not (name or "").startswith("article_search")  # made by hand, in another way per engine


def test_an_upgraded_database_is_current_and_upgrading_again_changes_nothing(engine: Engine) -> None:
    before = inspect(engine).get_table_names()
    database.upgrade(engine)
    assert database.is_current(engine)
    assert inspect(engine).get_table_names() == before


def test_an_empty_database_is_not_current(database_url: str) -> None:
    empty = open_engine(database_url)
    assert not database.is_current(empty)
    empty.dispose()


def test_an_older_version_refuses_a_newer_database_and_leaves_it_alone(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for look in (database.upgrade, database.is_current):
        with pytest.raises(
            NewerDatabaseError, match=r"newer Varta: its tables are at 9999, .* up to \d{4}; update Varta"
        ):
            look(engine)
    for command in (["db", "upgrade"], ["doctor"]):
        told = subprocess.run(
            [sys.executable, "-m", "flows.cli", *command],
            env=os.environ | {"VARTA_DATABASE_URL": database_url, "VARTA_HOME": str(tmp_path)},
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = told.stdout + told.stderr
        assert (told.returncode, "update Varta" in " ".join(said.split()), "Traceback" in said) == (1, True, False)


def test_tables_of_another_program_are_left_alone(database_url: str) -> None:
    opened = open_engine(database_url)
    with opened.begin() as connection:
        connection.execute(text("CREATE TABLE article (sku INTEGER)"))
    with pytest.raises(ForeignDatabaseError, match=r"belongs to another program \(table article\)"):
        database.upgrade(opened)
    with opened.begin() as connection:
        connection.execute(text("DROP TABLE article"))
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('ab12')"))
    with pytest.raises(ForeignDatabaseError, match="revision ab12"):
        database.upgrade(opened)
    opened.dispose()


def test_tables_of_others_under_other_names_do_not_matter(database_url: str) -> None:
    opened = open_engine(database_url)
    with opened.begin() as connection:
        connection.execute(text("CREATE TABLE stock (sku INTEGER)"))
    database.upgrade(opened)
    assert database.is_current(opened)
    opened.dispose()


def refused(url: str) -> str:
    """The sentence that tells why the database of `url` cannot be used."""
    opened = None
    try:
        opened = open_engine(url)
        with pytest.raises(UnavailableError) as told:
            database.upgrade(opened)
    except UnavailableError as early:
        return str(early)
    finally:
        if opened is not None:
            opened.dispose()
    return str(told.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Buy bread and milk. " * 400, encoding="utf-8")
    assert refused(f"sqlite:///{file}") == f"the database {file} is no SQLite database: name another file"


def test_a_place_where_no_file_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    assert "cannot be opened: does its folder exist" in refused(f"sqlite:///{tmp_path / 'folder'}")
    assert refused(f"sqlite:///{tmp_path / 'file' / 'varta.db'}") == (
        f"the folder {tmp_path / 'file'} for the database cannot be made: File exists"
    )


def test_a_database_that_may_only_be_read_is_named(tmp_path: Path) -> None:
    first = open_engine(f"sqlite:///{tmp_path / 'varta.db'}")
    with first.begin() as connection:
        connection.execute(text("CREATE TABLE stock (sku INTEGER)"))
    assert refused(f"sqlite:///file:{tmp_path / 'varta.db'}?mode=ro&uri=true").endswith(
        "cannot be written: the file or its folder is read-only"
    )
    first.dispose()


@pytest.mark.real
def test_a_server_that_is_down_and_a_database_that_is_missing_are_named(postgres_url: str) -> None:
    down = refused("postgresql://varta:geheim@127.0.0.1:1/varta")
    assert down.startswith("the database postgresql://varta:***@127.0.0.1:1/varta cannot be reached: ")
    assert "Connection refused" in down
    server = postgres_url.rsplit("/", 1)[0]
    assert 'database "nowhere" does not exist' in refused(f"{server}/nowhere")


@pytest.mark.real
def test_a_database_without_every_letter_and_one_without_rights_are_named(postgres_url: str) -> None:
    admin = open_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for statement in (
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
            "CREATE DATABASE closed",
            "CREATE ROLE reader LOGIN",
        ):
            connection.execute(text(statement))
    admin.dispose()
    server = postgres_url.rsplit("/", 1)[0]
    assert refused(f"{server}/latin").endswith("its encoding is LATIN1: make one with ENCODING 'UTF8'")
    assert refused(f"{server.replace('varta@', 'reader@')}/closed").endswith(
        "/closed does not let this role do what Varta needs: make it the owner of the database"
    )


@pytest.mark.real
def test_a_wrong_password_is_told_but_not_shown() -> None:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.running() as url:
        server = open_engine(url)
        with server.begin() as connection:
            connection.execute(text("CREATE ROLE editor LOGIN PASSWORD 'right'"))
            file = Path(connection.execute(text("SHOW hba_file")).scalar_one())
            file.write_text("host all editor 127.0.0.1/32 scram-sha-256\n" + file.read_text("utf-8"), "utf-8")
        with server.begin() as connection:
            connection.execute(text("SELECT pg_reload_conf()"))
        server.dispose()
        time.sleep(0.3)
        told = refused(url.replace("varta@", "editor:geheim@"))
    assert 'password authentication failed for user "editor"' in told
    assert "geheim" not in told


@pytest.mark.real
def test_no_wait_in_postgresql_is_without_end(database_url: str) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite has a waiting time alone")
    opened = open_engine(database_url)
    with reading(opened) as session:
        names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "application_name")
        held = [session.execute(text(f"SHOW {name}")).scalar() for name in names]
    assert held == ["30s", "10min", "5min", "varta"]
    opened.dispose()


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
