"""Give the space of what was dropped back to the disk, without making a writer wait long."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from storage.engine import explained

_WAIT_MS = 2_000  # for other writers; then the space is reclaimed another night
_SOME_PAGES = 2_000  # of one small transaction: 8 MB
_MERGES, _MERGED = 200, 500  # steps of the search index, and pages of each
_NO_STEP = 2  # changes that a merge without anything to merge makes, at most
_MUCH_FREE = 0.25  # of the pages of a file made before space could be given back piece by piece
_LARGEST = 2**29  # bytes that are written anew in one go, while writers wait: 190 MB took 1.4 s
_ROOM = 2.2  # times the size of what is written anew that the disk needs: a copy, and the log of it
_PRUNED = (
    "article",
    "article_figure",
    "article_key",
    "article_revision",
    "article_search",
    "attempt",
    "delivery",
    "page",
    "story_term",
    "term_count",
)


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """Bytes of the database before and after, and a sentence when something was left for another time."""

    before: int
    after: int
    note: str = ""


def reclaim(engine: Engine) -> Reclaimed:
    """Shrink the database and bring its statistics up to date; safe while others read and write.

    Raises UnavailableError when the disk is full, or the database gone or damaged.
    """
    with explained(engine):
        return _reclaim_postgres(engine) if engine.dialect.name == "postgresql" else _reclaim_sqlite(engine)


def _reclaim_postgres(engine: Engine) -> Reclaimed:
    """The freed space is used again by the same tables; only what is free at their ends goes back to the disk."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        size = text("SELECT pg_database_size(current_database())")
        before = int(connection.scalar(size) or 0)
        try:
            # not for ever: another VACUUM of the table, or one who changes it, may hold it
            connection.execute(text(f"SET statement_timeout = 0; SET lock_timeout = {_WAIT_MS}"))
            connection.execute(text(f"VACUUM (ANALYZE, SKIP_LOCKED) {', '.join(_PRUNED)}"))
            return Reclaimed(before, int(connection.scalar(size) or 0))
        finally:
            connection.invalidate()  # with its limits


def _reclaim_sqlite(engine: Engine) -> Reclaimed:
    with closing(engine.raw_connection()) as pooled:
        database: Any = pooled.driver_connection
        waited = _pragma(database, "busy_timeout")
        database.execute(f"PRAGMA busy_timeout={_WAIT_MS}").close()
        before, note = _size(database), ""
        try:
            note = _shrink(database)
        except sqlite3.OperationalError as refused:
            if refused.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
            note = "the database was busy, and is shrunk another time"
        finally:
            database.execute(f"PRAGMA busy_timeout={waited}").close()
        return Reclaimed(before, _size(database), note)


def _shrink(database: Any) -> str:
    """What could not be done, "" when all was. Every statement is a transaction of its own."""
    _merge(database)
    note = ""
    if _pragma(database, "auto_vacuum"):
        free = _pragma(database, "freelist_count")
        while free:
            database.execute(f"PRAGMA incremental_vacuum({_SOME_PAGES})").fetchall()
            left = _pragma(database, "freelist_count")
            if left >= free:
                break
            free = left
    elif _pragma(database, "freelist_count") > _MUCH_FREE * _pragma(database, "page_count"):
        note = _vacuum(database)
    database.execute("PRAGMA analysis_limit=1000").close()
    database.execute("PRAGMA optimize").fetchall()
    is_busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return note or ("others read the log of the database, which stays as long as it is" if is_busy else "")


def _merge(database: Any) -> None:
    """Put the pieces of the search index together, so that dropped articles leave it."""
    step = "INSERT INTO article_search(article_search, rank) VALUES('merge', ?)"
    for number in range(_MERGES):
        changes = database.total_changes
        # a negative number has even a level with few pieces merged
        database.execute(step, (_MERGED if number else -_MERGED,)).close()
        if database.total_changes - changes < _NO_STEP:
            return


def _vacuum(database: Any) -> str:
    """Write the file anew, if that is quick and there is room; from then on it can shrink piece by piece."""
    size = _pragma(database, "page_count") - _pragma(database, "freelist_count")
    used = size * _pragma(database, "page_size")
    spare = _size(database) - used
    if used > _LARGEST:
        return f"{spare:,} bytes of the file are free and will be used again; to have them, stop Varta and run VACUUM"
    path = database.execute("PRAGMA database_list").fetchone()[2]
    if path and shutil.disk_usage(Path(path).parent).free < _ROOM * used:
        return f"{spare:,} bytes of the file are free, but the disk has no room to write it anew"
    database.execute("PRAGMA auto_vacuum=INCREMENTAL").close()
    database.execute("VACUUM").close()
    return ""


def _size(database: Any) -> int:
    return _pragma(database, "page_count") * _pragma(database, "page_size")


def _pragma(database: Any, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])
