"""Open the database, run a transaction, bring the tables up to date; SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

_BUSY_MS = 30_000
_LOCK = 0x56415254  # advisory lock of PostgreSQL under which tables are changed
_READ = "varta_read"


class StorageError(Exception):
    """Base of everything that `storage` raises on purpose."""


class DatabaseUrlError(StorageError):
    """VARTA_DATABASE_URL cannot be used; the text hides its password."""


def open_engine(url: str) -> Engine:
    """An engine for `url`; SQLite gets WAL, foreign keys and a fair waiting time.

    Raises StorageError, without the password, when the URL names neither SQLite nor PostgreSQL.
    """
    parsed = _checked(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": _BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that commits at the end and rolls back on any error. Keep it short: no network inside."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads and never waits for writers."""
    with Session(engine.execution_options(**{_READ: True})) as session:
        yield session


def serialise(session: Session, name: int) -> None:
    """Let one transaction at a time pass until it ends. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": name})


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest migration; safe when several processes do it at once."""
    if is_current(engine):
        return
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_lock(:name)"), {"name": _LOCK})
        elif _head() in _current(connection):
            return  # another process was quicker
        try:
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            if connection.dialect.name == "postgresql":
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:name)"), {"name": _LOCK})
                connection.commit()


def is_current(engine: Engine) -> bool:
    """Whether the tables are those that this version of Varta expects."""
    with reading(engine) as session:
        return _head() in _current(session.connection())


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUrlError("VARTA_DATABASE_URL is not a database URL such as sqlite:///var/varta.db") from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        shown = parsed.render_as_string(hide_password=True)
        raise DatabaseUrlError(f"VARTA_DATABASE_URL must name SQLite or PostgreSQL, found {shown}")
    return parsed


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, see _begin_sqlite
    for pragma in (f"busy_timeout={_BUSY_MS}", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":  # setting it writes
        connection.execute("PRAGMA journal_mode=WAL").close()


def _begin_sqlite(connection: Connection) -> None:
    # a write transaction that begins as a reader fails at its first write when another one came between
    reads = connection.get_execution_options().get(_READ)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    return config


def _head() -> str:
    return ScriptDirectory.from_config(_alembic()).get_current_head() or ""


def _current(connection: Connection) -> tuple[str, ...]:
    return MigrationContext.configure(connection).get_current_heads()
