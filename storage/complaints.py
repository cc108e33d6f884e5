"""What a database that cannot be used is told as: one sentence, with no password, for the person who runs Varta."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# primary result codes of https://www.sqlite.org/rescode.html, and whether the trouble may pass by itself
_SQLITE: Mapping[int, tuple[str, bool]] = {
    sqlite3.SQLITE_BUSY: ("is locked by another process, for 30 seconds already", True),
    sqlite3.SQLITE_LOCKED: ("is locked by another process", True),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", False),
    sqlite3.SQLITE_IOERR: ("cannot be read or written: its disk reports an error", False),
    sqlite3.SQLITE_READONLY: ("cannot be written: the file or its folder is read-only", False),
    sqlite3.SQLITE_PERM: ("cannot be opened: you have no right to", False),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened: does its folder exist, and may you write there?", False),
    sqlite3.SQLITE_NOTADB: ("is no SQLite database: name another file", False),
    sqlite3.SQLITE_CORRUPT: ("is damaged: restore it from a copy", False),
}
# classes and states of https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES: Mapping[str, tuple[str, bool]] = {
    "53100": ("cannot grow: the disk is full", False),
    "53": ("has no room for us", True),
    "55P03": ("is locked by another process, for 30 seconds already", True),
    "57014": ("took too long to answer", True),
    "57P": ("is shutting down or starting up", True),
    "40": ("was changed by another process at the same moment", True),
    "25P03": ("ended a transaction that took too long", True),
    "42501": ("does not let this role do what Varta needs: make it the owner of the database", False),
    "25006": ("cannot be written: it is read-only", False),
    "08": ("cannot be reached", True),
}


def explain(url: URL, broken: DBAPIError | PoolTimeoutError | sqlite3.Error) -> tuple[str, bool] | None:
    """The error as one sentence that names the database, and whether it may pass; None for one of SQL or a value."""
    if isinstance(broken, PoolTimeoutError):
        found: tuple[str, bool] | None = ("is too busy: no connection came free", True)
    elif (code := getattr(getattr(broken, "orig", broken), "sqlite_errorcode", None)) is not None:
        found = _SQLITE.get(code & 0xFF)
    elif isinstance(broken, sqlite3.Error):
        found = None
    else:
        found = _of_postgres(broken)
    return found and (f"the database {shown(url)} {found[0]}", found[1])


def shown(url: URL) -> str:
    """The database as people know it: a file, or a URL without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)


def _of_postgres(broken: DBAPIError) -> tuple[str, bool] | None:
    state: str = getattr(broken.orig, "sqlstate", None) or ""
    for length in (5, 3, 2):
        if state[:length] in _POSTGRES:
            return _POSTGRES[state[:length]]
    if broken.connection_invalidated or (not state and isinstance(broken, OperationalError | InterfaceError)):
        lines = str(broken.orig).splitlines() or [""]
        return f"cannot be reached: {lines[0].removeprefix('connection failed: ')}", True
    return None
