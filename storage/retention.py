"""Let go what no decision needs any more, some at a time; articles, links, matches and decisions stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session, defer

from alerts.model import DeliveryState
from scrapers.article import Article
from storage import fingerprints, search, stories
from storage.alert_tables import AttemptRow, DeliveryRow
from storage.articles import SAVING
from storage.engine import serialise
from storage.likeness import gist, shingles
from storage.tables import ArticleRow, RevisionRow, TermCountRow

SOME = 200  # articles of one transaction: 0.1 s at most with texts of 2,500 bytes, for which a writer waits
KEYS_DAYS = fingerprints.WINDOW  # further apart no two articles are compared
TERMS_DAYS = 14  # a story takes nothing that comes more than three days later; the rest is for late arrivals
LEAST_TEXT_DAYS = KEYS_DAYS + TERMS_DAYS  # an older text is needed by nothing but search and people
_DONE = (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.DIGESTED, DeliveryState.CANCELLED)
_QUIETLY = {"synchronize_session": False}


def drop_keys(session: Session, now: datetime, some: int = SOME) -> int:
    """Drop the fingerprints of up to `some` articles first seen and dated more than `KEYS_DAYS` ago.

    Returns how many articles it were: fewer than `some` when no more are left. A backfilled month keeps its own for
    as long after it was stored.
    """
    serialise(session, SAVING)
    before = now - timedelta(days=KEYS_DAYS)
    query = (
        select(ArticleRow.id, ArticleRow.at, ArticleRow.text, ArticleRow.key_count)
        .where(ArticleRow.key_count.is_not(None), ArticleRow.first_seen_at < before, ArticleRow.at < before)
        .order_by(ArticleRow.first_seen_at)
        .limit(some)
    )
    found = session.execute(query).all()
    keyed = [(one.id, one.at, one.text) for one in found if one.key_count]
    _drop_keys(session, keyed)
    _set_unkeyed(session, [one.id for one in found])
    return len(found)


def drop_terms(session: Session, now: datetime, some: int = SOME) -> int:
    """Drop the story terms of up to `some` articles first seen and dated more than `TERMS_DAYS` ago; as `drop_keys`."""
    serialise(session, SAVING)
    before = now - timedelta(days=TERMS_DAYS)
    query = (
        select(ArticleRow)
        .options(defer(ArticleRow.text))
        .where(ArticleRow.sketch.is_not(None), ArticleRow.first_seen_at < before, ArticleRow.at < before)
        .order_by(ArticleRow.first_seen_at)
        .limit(some)
    )
    rows = session.scalars(query).all()
    stories.forget(session, rows)
    session.flush()
    if rows and len(rows) < some:  # once at the end: it reads the whole table
        session.execute(delete(TermCountRow).where(TermCountRow.n <= 0), execution_options=_QUIETLY)
    return len(rows)


def drop_texts(session: Session, now: datetime, keep_days: int, some: int = SOME) -> int:
    """Empty the texts, also earlier ones, of up to `some` articles first seen and dated more than `keep_days` ago.

    The title stays and is found by search; `text_hash` stays, so the same text is recognised for ever. Raises
    ValueError for less than `LEAST_TEXT_DAYS`.
    """
    if keep_days < LEAST_TEXT_DAYS:
        raise ValueError(f"texts are compared for {LEAST_TEXT_DAYS} days; keep them as long")
    serialise(session, SAVING)
    before = now - timedelta(days=keep_days)
    query = (
        select(ArticleRow)
        .where(ArticleRow.let_go_at.is_(None), ArticleRow.first_seen_at < before, ArticleRow.at < before)
        .order_by(ArticleRow.first_seen_at)
        .limit(some)
    )
    rows = session.scalars(query).all()
    if not rows:
        return 0
    _drop_keys(session, [(row.id, row.at, row.text) for row in rows if row.key_count])
    stories.forget(session, rows)
    search.forget(session, rows)
    for row in rows:
        row.text, row.let_go_at, row.key_count = "", now, None
    session.flush()
    search.index(session, [(row, gist.take(_titled(row), row.entities)) for row in rows])
    earlier = update(RevisionRow).where(RevisionRow.article_id.in_([row.id for row in rows]), RevisionRow.text != "")
    session.execute(earlier.values(text=""), execution_options=_QUIETLY)
    return len(rows)


def drop_attempts(session: Session, now: datetime, keep_days: int, some: int = SOME) -> int:
    """Drop the attempts, and the message if it was sent, of up to `some` deliveries finished and older than that.

    The line of the ledger stays, at some 250 bytes: it is the promise that nobody is alerted twice on one story, and
    `why` tells it for ever. What was refused keeps its message, so that it can still be sent.
    """
    before = now - timedelta(days=keep_days)
    row = DeliveryRow
    query = (
        select(row.id)
        .where(row.state.in_(_DONE), row.created_at < before, exists().where(AttemptRow.delivery_id == row.id))
        .order_by(row.id)
        .limit(some)
    )
    ids = session.scalars(query).all()
    if ids:
        sent = update(row).where(row.id.in_(ids), row.state == DeliveryState.SENT)
        session.execute(sent.values(payload={}), execution_options=_QUIETLY)
        session.execute(delete(AttemptRow).where(AttemptRow.delivery_id.in_(ids)), execution_options=_QUIETLY)
    return len(ids)


def _drop_keys(session: Session, found: Sequence[tuple[int, datetime, str]]) -> None:
    """Not `copies.forget`: that undoes links, too, because it expects another text."""
    fingerprints.delete(
        session, [(key, fingerprints.day_of(at), held) for held, at, told in found for key in shingles.read(told).keys]
    )


def _set_unkeyed(session: Session, ids: Sequence[int]) -> None:
    if ids:
        unkeyed = update(ArticleRow).where(ArticleRow.id.in_(ids)).values(key_count=None)
        session.execute(unkeyed, execution_options=_QUIETLY)


def _titled(row: ArticleRow) -> Article:
    return Article(source=row.source_id, url=row.url, title=row.title, text="")
