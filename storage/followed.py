"""Alerts whose readers follow the story: what grew, what was corrected, what nobody acknowledged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from alerts import changes
from alerts.changes import ChangeKind, Version
from alerts.model import AlertState
from alerts.rules.updates import FOLLOWED
from alerts.worddiff import PieceKind
from storage.alert_tables import AlertRow, MatchRow
from storage.tables import ArticleRow, RevisionRow


@dataclass(frozen=True, slots=True)
class Followed:
    """An alert that was told. `told` is what its reader knows, `is_grown` whether its story has newer articles."""

    id: int
    watch: str
    story: int
    destination: str
    match: int | None
    article: int | None
    told: Mapping[str, Any]
    told_at: datetime
    revision: int
    is_gone: bool
    is_grown: bool


@dataclass(frozen=True, slots=True)
class Noted:
    """What is remembered of an alert that was looked at; `told_at` is set when a message was made."""

    id: int
    told: Mapping[str, Any]
    seen: int
    due: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Revised:
    """What revisions since a version changed, with the first words that a correction replaced."""

    kinds: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


def changed(session: Session, after: int, limit: int, now: datetime) -> list[Followed]:
    """Open alerts above id `after` whose story grew or whose article changed since their reader was told."""
    row = AlertRow
    newer = exists().where(ArticleRow.story_id == row.story_id, ArticleRow.id > row.seen_article)
    article = ArticleRow.__table__.alias("alerted")
    query = (
        select(row, MatchRow.article_id, article.c.revision, article.c.gone_at, newer.label("grown"))
        .outerjoin(MatchRow, MatchRow.id == row.match_id)
        .outerjoin(article, article.c.id == MatchRow.article_id)
        .where(
            row.state == AlertState.OPEN,
            row.told_at > now - FOLLOWED,
            row.id > after,
            or_(row.due_at.is_(None), row.due_at <= now),
            or_(newer, article.c.changed_at > row.told_at, article.c.gone_at > row.told_at),
        )
        .order_by(row.id)
        .limit(limit)
    )
    return [
        Followed(
            id=one.id,
            watch=one.watch_id,
            story=one.story_id,
            destination=one.destination_id,
            match=one.match_id,
            article=held,
            told=one.told,
            told_at=one.told_at or now,
            revision=revision or 1,
            is_gone=gone is not None,
            is_grown=bool(grown),
        )
        for one, held, revision, gone, grown in session.execute(query)
    ]


def revised(session: Session, since: Mapping[int, int]) -> dict[int, Revised]:
    """What articles (id: the version that the reader knows) changed since."""
    if not since:
        return {}
    current = {one.id: one for one in session.scalars(select(ArticleRow).where(ArticleRow.id.in_(since)))}
    kinds: dict[int, list[str]] = defaultdict(list)
    known: dict[int, Version] = {}
    query = select(RevisionRow).where(RevisionRow.article_id.in_(since)).order_by(RevisionRow.seq)
    for row in session.scalars(query):
        if row.seq == since[row.article_id]:
            known[row.article_id] = Version(row.title, row.text)
        elif row.seq > since[row.article_id] and row.kind != ChangeKind.TRUNCATED:
            kinds[row.article_id].append(row.kind)
    found = {}
    for key, article in current.items():
        if article.revision > since[key]:
            words = _first_change(known[key], Version(article.title, article.text)) if key in known else ("", "")
            found[key] = Revised((*kinds[key], article.change_kind or ""), *words)
    return found


def note(session: Session, noted: Sequence[Noted]) -> None:
    """Remember what readers were told, up to which article, and when to look again."""
    for one in noted:
        values: dict[str, Any] = {"told": dict(one.told), "seen_article": one.seen, "due_at": one.due}
        if one.told_at is not None:
            values["told_at"] = one.told_at
        session.execute(update(AlertRow).where(AlertRow.id == one.id).values(**values))


def unacknowledged(session: Session, watches: Collection[str], since: datetime) -> list[Followed]:
    """Open alerts of these watches, told since then, that nobody acknowledged and that were not escalated."""
    row, other = AlertRow, AlertRow.__table__.alias("other")
    acked = exists().where(
        other.c.watch_id == row.watch_id, other.c.story_id == row.story_id, other.c.acked_at.is_not(None)
    )
    query = (
        select(row, MatchRow.article_id)
        .outerjoin(MatchRow, MatchRow.id == row.match_id)
        .where(
            row.state == AlertState.OPEN,
            row.watch_id.in_(watches),
            row.escalated_at.is_(None),
            row.told_at > since,
            ~acked,
        )
        .order_by(row.id)
    )
    return [
        Followed(
            one.id, one.watch_id, one.story_id, one.destination_id, one.match_id, article, one.told,
            one.told_at or since, 1, is_gone=False, is_grown=False,
        )
        for one, article in session.execute(query)
    ]  # fmt: skip


def escalate(session: Session, alert: int, now: datetime) -> bool:
    """Note that an alert went to somebody else; False when it did before."""
    row = AlertRow
    chosen = update(row).where(row.id == alert, row.escalated_at.is_(None)).values(escalated_at=now)
    return session.scalar(chosen.returning(row.id)) is not None


def _first_change(old: Version, new: Version) -> tuple[str, str]:
    """The words around the first place that differs, before and after."""
    before: list[str] = []
    after: list[str] = []
    for piece in changes.diff(old, new):
        if piece.kind is PieceKind.EQUAL and (before or after):
            break
        if piece.kind is PieceKind.REMOVED:
            before.append(piece.text)
        elif piece.kind is PieceKind.ADDED:
            after.append(piece.text)
    return " ".join(before), " ".join(after)
