"""Keep what an article said before, and tell how it changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts import changes
from alerts.changes import ChangeKind, Version
from alerts.worddiff import Piece
from scrapers.article import Article, Cut
from storage.likeness.fingerprint import normal_words, text_hash
from storage.tables import ArticleRow, RevisionRow


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of an article. `diff` is what it changed of the version before it, which no cut one is.

    `kind` is None for the first version; `seen` is aware UTC, when we first saw it.
    """

    number: int
    kind: ChangeKind | None
    seen: datetime
    title: str
    text: str
    is_current: bool
    diff: tuple[Piece, ...]


def judge(row: ArticleRow, article: Article) -> ChangeKind | None:
    """What `article` changes of what `row` holds; None when it is no new version, TRUNCATED when it is a cut one."""
    if row.source_id != article.source and not row.partial:
        return None  # an aggregator's rendering of the same URL is no edit by the outlet
    if article.cut is Cut.FEED and not row.partial:
        return None  # the words of the feed are no version of the page
    if (row.title, row.text, row.partial) == (article.title, article.text, article.partial):
        return None  # the rule, and quick
    if row.let_go_at is not None and (row.title, row.text_hash) == (article.title, text_hash(article.text)):
        return None  # retention emptied what stands in the page still
    old = Version(row.title, row.text, row.partial)
    return changes.classify(old, Version(article.title, article.text, article.partial))


def keep(session: Session, changed: Sequence[tuple[ArticleRow, ChangeKind]], now: datetime) -> None:
    """Store the versions that are about to be replaced."""
    last = _last(session, [row for row, _ in changed])
    for row, kind in changed:
        seen = row.changed_at or row.first_seen_at
        session.add(_row(row, row.revision, row.change_kind or "", row.title, row.text, seen))
        row.revision = max(row.revision, last.get(row.id, 0)) + 1
        row.changed_at, row.change_kind = now, kind


def keep_cut(session: Session, cut: Sequence[tuple[ArticleRow, Article]], now: datetime) -> None:
    """Store cut versions beside the whole ones, each once."""
    if not cut:
        return
    rows = [row for row, _ in cut]
    last, known = _last(session, rows), _known_cuts(session, rows)
    for row, article in cut:
        words = _words(article.title, article.text)
        if words in known[row.id]:
            continue
        known[row.id].append(words)
        last[row.id] = max(row.revision, last.get(row.id, 0)) + 1
        session.add(_row(row, last[row.id], ChangeKind.TRUNCATED, article.title, article.text, now))


def history(session: Session, article: int) -> tuple[Revision, ...]:
    """Every version of an article, oldest first, the current and the cut ones included."""
    row = session.get(ArticleRow, article)
    if row is None:
        return ()
    query = select(RevisionRow).where(RevisionRow.article_id == article)
    held = [(one.seq, one.kind, one.seen_at, one.title, one.text) for one in session.scalars(query)]
    held.append((row.revision, row.change_kind or "", row.changed_at or row.first_seen_at, row.title, row.text))
    told: list[Revision] = []
    whole: Version | None = None
    for number, kind, seen, title, text in sorted(held):
        new = Version(title, text)
        pieces = changes.diff(whole, new) if whole else ()
        is_current = number == row.revision
        told.append(Revision(number, ChangeKind(kind) if kind else None, seen, title, text, is_current, pieces))
        whole = whole if kind == ChangeKind.TRUNCATED else new
    return tuple(told)


def count(session: Session, article: int) -> int:
    """How often an article changed; that its page was cut does not count."""
    query = select(func.count()).select_from(RevisionRow)
    return session.scalar(query.where(RevisionRow.article_id == article, RevisionRow.kind != ChangeKind.TRUNCATED)) or 0


def _last(session: Session, rows: Sequence[ArticleRow]) -> dict[int, int]:
    """The highest number of a stored version, by article."""
    query = select(RevisionRow.article_id, func.max(RevisionRow.seq)).group_by(RevisionRow.article_id)
    found = session.execute(query.where(RevisionRow.article_id.in_([row.id for row in rows])))
    return dict(found.all())  # type: ignore[arg-type]  # a Row is a tuple


def _known_cuts(session: Session, rows: Sequence[ArticleRow]) -> defaultdict[int, list[list[str]]]:
    query = select(RevisionRow.article_id, RevisionRow.title, RevisionRow.text).where(
        RevisionRow.article_id.in_([row.id for row in rows]), RevisionRow.kind == ChangeKind.TRUNCATED
    )
    found = defaultdict[int, list[list[str]]](list)
    for article, title, text in session.execute(query):
        found[article].append(_words(title, text))
    return found


def _words(title: str, text: str) -> list[str]:
    return [*normal_words(title), "", *normal_words(text)]


def _row(  # noqa: PLR0917 - private, the columns in order
    article: ArticleRow, number: int, kind: str, title: str, text: str, seen: datetime
) -> RevisionRow:
    return RevisionRow(article_id=article.id, seq=number, kind=kind, title=title, text=text, seen_at=seen)
