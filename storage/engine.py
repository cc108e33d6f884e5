"""Open the database, run a transaction, bring the tables up to date; SQLite and PostgreSQL alike."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from storage import complaints
from storage.alert_tables import METADATA
from storage.columns import storable

log = logging.getLogger(__name__)
_T = TypeVar("_T")

_BUSY_MS = 30_000
_PAUSES = (1.0, 8.0)  # seconds; a PostgreSQL server is back within ten
_LOCK = 0x56415254  # advisory lock of PostgreSQL under which tables are changed
_READ = "varta_read"
_POOL = {"pool_timeout": 90.0, "max_overflow": 20}  # seconds; every thread of a pass may wait for one lock
# Fingerprints looked up and inserted among 8 million, per article: 2.0 ms with SQLite's own 2 MB of cache, 1.9 with 16,
# 1.5 with 64 or with 16 and a mapped file (wall; CPU .6 in each case). A map is shared, a cache is per connection.
# A batch of 100 changes 6,500 pages among 20,000 articles, most of them fingerprints: written into the database after
# each batch, as SQLite does from 1,000 pages on, they take .5 ms CPU per article, after every 16,000 .35
_PRAGMAS = (
    f"busy_timeout={_BUSY_MS}",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "cache_size=-16000",
    "mmap_size=268435456",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",
    "wal_autocheckpoint=16000",
)
# no transaction waits or lasts for ever, also when the machine at the other end vanished in the middle of one
_SESSION = (
    "SET lock_timeout = '30s'; SET statement_timeout = '10min'; SET idle_in_transaction_session_timeout = '5min'; "
    "SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
)
_CONNECTION = {
    "client_encoding": "UTF8",  # whatever PGCLIENTENCODING says
    "fallback_application_name": "varta",
    "connect_timeout": "10",
    "keepalives_idle": "60",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
_RECYCLE = 1800  # seconds: before a firewall forgets an idle connection


class StorageError(Exception):
    """Base of everything that `storage` raises on purpose."""


class UnavailableError(StorageError):
    """The database cannot be used now, and nothing was stored; `is_passing` means that trying again may help."""

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing


class DatabaseUrlError(StorageError):
    """VARTA_DATABASE_URL cannot be used; the text hides its password."""


class NewerDatabaseError(StorageError):
    """A later version of Varta changed the tables: this one cannot know what they mean."""


class ForeignDatabaseError(StorageError):
    """The database holds tables of another program, under names that Varta needs."""


def open_engine(url: str) -> Engine:
    """An engine for `url`; SQLite gets WAL, foreign keys and a fair waiting time, PostgreSQL limits to every wait.

    Raises StorageError, without the password, when the URL names neither SQLite nor PostgreSQL, or a folder that
    cannot be made.
    """
    parsed = _checked(url)
    if parsed.get_backend_name() == "postgresql":
        own = {name: value for name, value in _CONNECTION.items() if name not in parsed.query}
        engine = create_engine(
            parsed, pool_pre_ping=True, pool_recycle=_RECYCLE, json_serializer=_json, connect_args=own, **_POOL
        )
        event.listen(engine, "connect", _prepare_postgres)
        return engine
    in_file = bool(parsed.database) and parsed.database != ":memory:"
    if in_file and not (parsed.database or "").startswith("file:"):
        _make_folder(Path(parsed.database or "").parent)
    pool = _POOL if in_file else {}
    engine = create_engine(parsed, connect_args={"timeout": _BUSY_MS / 1000}, json_serializer=_json, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that commits at the end and rolls back on any error. Keep it short: no network inside.

    Raises UnavailableError, with a sentence, when the database is locked, full, gone or damaged.
    """
    with explained(engine), Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads and never waits for writers; raises as `transaction` does."""
    with explained(engine), Session(engine.execution_options(**{_READ: True})) as session:
        yield session


def insist(action: Callable[[], _T]) -> _T:
    """What `action` returns; it is run again after 1 and 8 seconds while the database is locked or gone.

    It must hold its own transaction, so that nothing is left of one that failed.
    """
    for pause in _PAUSES:
        try:
            return action()
        except UnavailableError as broken:
            if not broken.is_passing:
                raise
            log.warning("database: %s; trying again", broken)
            time.sleep(pause)
    return action()


def serialise(session: Session, name: int) -> None:
    """Let one transaction at a time pass until it ends. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": name})


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest migration, or leave them as they are; safe when several processes do it at once.

    Raises NewerDatabaseError, ForeignDatabaseError, and as `transaction` does.
    """
    if is_current(engine):
        return
    with explained(engine), engine.connect() as connection:
        is_postgres = connection.dialect.name == "postgresql"
        if is_postgres:
            # to rewrite a large table, and to wait until another process has done so, takes what it takes
            connection.execute(text("SET statement_timeout = 0; SET lock_timeout = '30min'"))
            connection.execute(text("SELECT pg_advisory_lock(:name)"), {"name": _LOCK})
        try:
            if not _is_current(connection):  # another process may have been quicker
                config = _alembic()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            connection.commit()
        finally:
            if is_postgres:
                connection.invalidate()  # ends the lock and the limits with the connection


def is_current(engine: Engine) -> bool:
    """Whether the tables are those that this version of Varta expects; raises as `upgrade` does."""
    with reading(engine) as session:
        return _is_current(session.connection())


@cache
def newest() -> str:
    """The newest migration that this version of Varta knows."""
    return _migrations().get_current_head() or ""


def _migrations() -> ScriptDirectory:
    return ScriptDirectory.from_config(_alembic())


def _is_current(connection: Connection) -> bool:
    held, url = MigrationContext.configure(connection).get_current_heads(), connection.engine.url
    _check_letters(connection)
    if newest() in held:
        return True
    ours = sorted(set(inspect(connection).get_table_names()) & METADATA.tables.keys())
    if not held:  # another process may have made the tables since
        held = MigrationContext.configure(connection).get_current_heads()
    known = {revision.revision for revision in _migrations().walk_revisions()}
    strange = ", ".join(sorted(set(held) - known))
    if held and not strange:
        return newest() in held
    shown = complaints.shown(url)
    if strange and "article" in ours:
        raise NewerDatabaseError(
            f"the database {shown} was written by a newer Varta: its tables are at {strange}, this version knows them "
            f"up to {newest()}; update Varta, or go back to a copy made before"
        )
    if strange or ours:
        what = f"revision {strange}" if strange else f"table {ours[0]}"
        raise ForeignDatabaseError(f"the database {shown} belongs to another program ({what}): name an empty one")
    return False


def _check_letters(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    driver: Any = connection.connection.driver_connection
    held = driver.info.parameter_status("server_encoding")
    if held != "UTF8":
        raise UnavailableError(
            f"the database {complaints.shown(connection.engine.url)} cannot hold every letter, its encoding is {held}: "
            "make one with ENCODING 'UTF8'"
        )


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Broken connections, locks and full disks as UnavailableError; other errors of SQL stay what they are."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError, sqlite3.Error) as broken:
        if (told := complaints.explain(engine.url, broken)) is None:
            raise
        raise UnavailableError(told[0], is_passing=told[1]) from broken


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


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as broken:
        raise UnavailableError(f"the folder {folder} for the database cannot be made: {broken.strerror}") from broken


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, see _begin_sqlite
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":  # setting it writes
        if connection.execute("PRAGMA page_count").fetchone()[0] == 0:  # later it would take a VACUUM
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL").close()
        connection.execute("PRAGMA journal_mode=WAL").close()


def _prepare_postgres(connection: Any, _record: object) -> None:
    connection.execute(_SESSION)
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    # a write transaction that begins as a reader fails at its first write when another one came between
    reads = connection.get_execution_options().get(_READ)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _json(value: Any) -> str:
    """JSON as both engines store it; Cyrillic stays as it is, at a third of the bytes."""
    written = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in written:
        written = json.dumps(_without_nul(value), ensure_ascii=False)
    return storable(written)


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(held) for key, held in value.items()}
    return [_without_nul(held) for held in value] if isinstance(value, list | tuple) else value


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    return config
