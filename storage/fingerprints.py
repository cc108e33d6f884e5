"""Fingerprints of articles: who holds them around a day, put in and taken out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.likeness.nearness import MOST_HOLDERS
from storage.upsert import given, write_many

WINDOW = 45  # days before and after an article in which it finds copies: wire texts are reprinted for weeks
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DAY = 32_767  # of a SMALLINT, in 2059; earlier versions stored whatever date a page told

Key = tuple[int, int, int]  # fingerprint, day, article

# the inner SELECT walks the primary key backwards and stops: a footer under 5,000 articles costs 32 rows
_HOLDERS = {
    "sqlite": "WITH latest AS MATERIALIZED (SELECT k.value AS key, (SELECT group_concat(article_id) FROM "
    "(SELECT article_id FROM article_key WHERE key = k.value AND day BETWEEN :first AND :last "
    "ORDER BY day DESC, article_id DESC LIMIT :most)) AS held FROM json_each(:keys) AS k) "
    "SELECT key, held FROM latest WHERE held IS NOT NULL",
    "postgresql": "SELECT k.key, latest.held FROM unnest(CAST(:keys AS bigint[])) AS k(key) CROSS JOIN LATERAL "
    "(SELECT string_agg(CAST(article_id AS text), ',') AS held FROM "
    "(SELECT article_id FROM article_key WHERE key = k.key AND day BETWEEN :first AND :last "
    "ORDER BY day DESC, article_id DESC LIMIT :most) AS one) AS latest WHERE latest.held IS NOT NULL",
}
_INSERT = {
    "sqlite": "INSERT INTO article_key (key, day, article_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO article_key (key, day, article_id) SELECT * FROM unnest(CAST(:a AS bigint[]), "
    "CAST(:b AS smallint[]), CAST(:c AS bigint[])) ON CONFLICT DO NOTHING",
}
_DELETE = {
    "sqlite": "DELETE FROM article_key WHERE key = ? AND day = ? AND article_id = ?",
    "postgresql": "DELETE FROM article_key AS held USING unnest(CAST(:a AS bigint[]), CAST(:b AS smallint[]), "
    "CAST(:c AS bigint[])) AS one(key, day, id) "
    "WHERE held.key = one.key AND held.day = one.day AND held.article_id = one.id",
}


def insert(session: Session, found: Iterable[Key]) -> None:
    """Keep fingerprints; those that are kept already stay."""
    write_many(session, _INSERT, found)


def delete(session: Session, found: Iterable[Key]) -> None:
    """Drop fingerprints, as far as they are kept."""
    write_many(session, _DELETE, found)


def holders(session: Session, keys_by_day: Mapping[int, Collection[int]]) -> dict[int, dict[int, tuple[int, ...]]]:
    """For each day the stored articles by fingerprint, at most `MOST_HOLDERS` each, the latest around that day.

    A fingerprint with so many is an idiom or a form: `nearness` finds no candidates by it, only editions.
    """
    name = session.get_bind().dialect.name
    found: dict[int, dict[int, tuple[int, ...]]] = {}
    for day, keys in keys_by_day.items():
        asked = {"keys": given(session, keys), "first": day - WINDOW, "last": day + WINDOW, "most": MOST_HOLDERS}
        rows = session.execute(text(_HOLDERS[name]), asked)
        found[day] = {key: tuple(map(int, held.split(","))) for key, held in rows}
    return found


def day_of(at: datetime) -> int:
    """Days since 1970, as `article_key` keeps them."""
    return max(-_LAST_DAY, min((at - EPOCH).days, _LAST_DAY))
