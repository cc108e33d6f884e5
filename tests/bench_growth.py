"""Make a database of some stored articles as large as one of many, in SQL alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from typing import Any, TypeAlias

from sqlalchemy import Engine

from storage.tables import AliasRow, ArticleRow, Base, StoryRow

Run: TypeAlias = Callable[[str], Any]

_HASHES = {"url_key": 16, "text_hash": 32}  # bytes
_SHIFTED = ["id", "story_id", "article_id", "duplicate_of", "translation_of", "maybe_translation_of", "edition_of"]
# written in the order of their keys, so that a table of gigabytes grows at its end alone; the copies of a fingerprint
# are other fingerprints, those of a term are the same term
_ORDERED = {
    "article_key": ("{xor}, day + days, article_id + ids", ""),
    "story_term": ("term, at + 1440 * days, article_id + ids, weight", ""),
    "term_count": ("term, day + days, sum(n)", "GROUP BY 1, 2"),
}
_DIALECT = {
    "sqlite": {
        "xor": "(key | mask) - (key & mask)",
        "hash": "randomblob({size})",
        "later": "strftime('%Y-%m-%d %H:%M:%f000', {0}, days || ' days')",
        "empty": "DELETE FROM",
        "search": "INSERT INTO article_search (rowid, title, body) SELECT id, lower(title), "
        "replace(replace(replace(text, '.', ''), char(10), ' '), 'ё', 'е') FROM article WHERE id > {base}",
    },
    "postgresql": {
        "xor": "key # mask",
        "hash": "substring(sha256(({row} || ' ' || nth)::bytea) for {size})",
        "later": "{0} + make_interval(days => days)",
        "empty": "TRUNCATE",
        "search": "INSERT INTO article_search SELECT article_id + ids, body FROM article_search, copy WHERE nth > 0",
    },
}


def multiply(
    engine: Engine,
    times: int,
    base: int,
    days: int,
    only: Collection[str] | None = None,
    *,
    search: bool = False,
) -> None:
    """Turn the `base` articles into `times` as many, the latest of them `days` later than the first.

    With `only` the other tables stay as they are, and what they hold is inconsistent; without `search`, which takes
    long, that index does.
    """
    dialect = _DIALECT[engine.dialect.name]
    with closing(engine.raw_connection()) as raw:
        run = _prepare(raw.driver_connection, engine.dialect.name)
        raw.detach()  # its settings go with it
        run("CREATE TEMP TABLE copy (nth INTEGER, ids BIGINT, days INTEGER, mask BIGINT)")
        run(f"INSERT INTO copy VALUES {', '.join(_copies(times, base, days))}")
        for table in (StoryRow, ArticleRow, AliasRow) if only is None else ():
            _repeat(run, table, dialect)
        for name, (columns, grouped) in _ORDERED.items():
            if only is None or name in only:
                _reorder(run, name, columns.format(xor=dialect["xor"]), grouped, dialect["empty"])
        if search:
            run(dialect["search"].format(base=base))
        _settle(run, engine.dialect.name)


def _copies(times: int, base: int, days: int) -> Iterator[str]:
    dice = random.Random(5)
    for n in range(times):
        yield f"({n}, {n * base}, {n * days // max(1, times - 1)}, {n and dice.getrandbits(63)})"


def _prepare(connection: Any, name: str) -> Run:
    """Each statement is its own transaction; SQLite keeps no journal meanwhile."""
    if name == "postgresql":
        connection.autocommit = True
    else:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000", "temp_store=FILE"):
            connection.execute(f"PRAGMA {pragma}")
    return connection.execute  # type: ignore[no-any-return]


def _repeat(run: Run, table: type[Base], dialect: Mapping[str, str]) -> None:
    """Every row again, with ids, times and hashes of its own."""
    name = table.__tablename__
    columns = {f'"{column.name}"': _changed(name, column.name, dialect) for column in table.__table__.columns}
    values = ", ".join(columns.values())
    run(f"INSERT INTO {name} ({', '.join(columns)}) SELECT {values} FROM {name}, copy WHERE nth > 0")


def _changed(table: str, column: str, dialect: Mapping[str, str]) -> str:
    name = f'"{column}"'
    if column in _SHIFTED:
        return f"{name} + ids"
    if column in _HASHES:
        made = dialect["hash"].format(row="id" if table == "article" else "article_id", size=_HASHES[column])
        return f"CASE WHEN {name} IS NULL THEN NULL ELSE {made} END"
    return dialect["later"].format(name) if column == "at" or column.endswith("_at") else name


def _reorder(run: Run, table: str, columns: str, grouped: str, empty: str) -> None:
    run(f"CREATE TEMP TABLE held AS SELECT * FROM {table}")
    run(f"{empty} {table}")
    order = "1, 2" if grouped else "1, 2, 3"
    run(f"INSERT INTO {table} SELECT {columns} FROM held, copy {grouped} ORDER BY {order}")
    run("DROP TABLE held")


def _settle(run: Run, name: str) -> None:
    """Leave nothing to do that a database does after it was filled."""
    run("DROP TABLE copy")
    if name == "sqlite":
        run("PRAGMA journal_mode=WAL")
        return
    for table in ("article", "story"):
        run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
    run("VACUUM ANALYZE")
