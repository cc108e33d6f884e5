"""Write rows in the way of the engine at hand: INSERT with ON CONFLICT, and many small rows at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.tables import Base

MOST_ROWS = 500  # a statement stays well below SQLite's 32,766 variables


def insert_for(session: Session, table: type[Base]) -> Any:
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update` on both engines."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def write_many(session: Session, statement: Mapping[str, str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Run a statement for every row, in the order of its table: pages are near, and no two writers wait in a ring.

    `statement` by engine: for SQLite with `?`, for PostgreSQL with the columns as arrays `:a`, `:b`, `:c` and `:d`.
    """
    ordered = sorted(rows)
    if not ordered:
        return
    name = session.get_bind().dialect.name
    if name == "sqlite":
        session.connection().exec_driver_sql(statement[name], ordered)
        return
    columns = map(list, zip(*ordered, strict=True))
    session.execute(text(statement[name]), dict(zip("abcd", columns)))  # noqa: B905 - three or four of them


def given(session: Session, values: Iterable[int]) -> Any:
    """Many values as one parameter, in the order of the index."""
    return json.dumps(sorted(values)) if session.get_bind().dialect.name == "sqlite" else sorted(values)
