"""Plan when the page of an article that alerted is looked at again, and note what was found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.model import Decision
from storage.alert_tables import DecisionRow, MatchRow
from storage.entries import EntryState, Result, Seen
from storage.tables import ArticleRow, EntryRow

STEPS = tuple(timedelta(minutes=minutes) for minutes in (15, 60, 4 * 60, 24 * 60, 3 * 24 * 60))  # after the alert
_SOON = timedelta(minutes=2)  # until a check without an answer is made again; twice as long each time
_TRIES = 4  # of one check; then the next one is waited for
_OURS = (EntryState.STORED, EntryState.CHECK)
_ENDED = (*_OURS, EntryState.GIVEN_UP)


def plan(session: Session, matches: Collection[int], now: datetime) -> dict[str, datetime]:
    """Begin the checks of the articles of these matches, which alert now; says when each source is wanted.

    An article is looked at where its own source listed it; one that has no page cannot be.
    """
    if not matches:
        return {}
    query = (
        select(EntryRow)
        .join(ArticleRow, ArticleRow.id == EntryRow.article_id)
        .where(
            EntryRow.article_id.in_(select(MatchRow.article_id).where(MatchRow.id.in_(matches))),
            EntryRow.source_id == ArticleRow.source_id,
            EntryRow.state.in_(_OURS),
            EntryRow.has_page,
        )
        .order_by(EntryRow.id)
    )
    begun: dict[int, EntryRow] = {}
    for row in session.scalars(query):
        if begun.setdefault(row.article_id or 0, row) is row:
            row.state, row.checks, row.attempts, row.next_try_at = EntryState.CHECK, 0, 0, now + STEPS[0]
    return {row.source_id: now + STEPS[0] for row in begun.values()}


def go_on(session: Session, results: Iterable[Result], now: datetime) -> None:
    """After `entries.finish`: note what checks found and plan the next ones.

    `results` are those of articles that were stored before. One that alerted before its page could be had, or
    whose title changed since, goes on with the checks that are still to come.
    """
    seen = {result.id: result for result in results if result.state in _ENDED}
    if not seen:
        return
    query = (
        select(EntryRow, ArticleRow)
        .join(ArticleRow, ArticleRow.id == EntryRow.article_id)
        .where(EntryRow.id.in_(seen), EntryRow.has_page, EntryRow.source_id == ArticleRow.source_id)
        .order_by(EntryRow.id)
    )
    found = session.execute(query).all()
    alerted = _alerted(session, [article.id for _, article in found])
    for entry, article in found:
        result = seen[entry.id]
        if result.state is EntryState.GIVEN_UP and article.partial:
            continue  # nobody ever saw its page
        _note(article, result.seen, now)
        if article.id not in alerted:
            entry.state = EntryState.STORED if entry.state == EntryState.CHECK else entry.state
            continue
        if result.seen is Seen.UNSURE and _try_soon(entry, alerted[article.id], result.next_try_at, now):
            continue
        passed = sum(alerted[article.id] + step <= now for step in STEPS)
        entry.checks, entry.attempts = max(entry.checks + (result.seen is not None), passed), 0
        is_over = entry.checks >= len(STEPS)
        entry.state = EntryState.STORED if is_over else EntryState.CHECK
        entry.next_try_at = None if is_over else alerted[article.id] + STEPS[entry.checks]


def _note(article: ArticleRow, seen: Seen | None, now: datetime) -> None:
    if seen in (Seen.THERE, Seen.GONE):
        article.checked_at = now
        article.gone_at = None if seen is Seen.THERE else article.gone_at or now


def _try_soon(entry: EntryRow, alerted: datetime, not_before: datetime | None, now: datetime) -> bool:
    """Plan another try of a check without an answer, if there is time for it before the next check."""
    at = max(now + _SOON * 2**entry.attempts, not_before or now)
    following = [alerted + step for step in STEPS if alerted + step > now]
    if entry.attempts + 1 >= _TRIES or (following and at >= following[0]):
        return False
    entry.attempts += 1
    entry.next_try_at = at
    return True


def _alerted(session: Session, articles: Sequence[int]) -> dict[int, datetime]:
    """When each of these articles alerted last."""
    query = (
        select(MatchRow.article_id, func.max(DecisionRow.decided_at))
        .join(DecisionRow, DecisionRow.match_id == MatchRow.id)
        .where(MatchRow.article_id.in_(articles), DecisionRow.outcome == Decision.FIRST_REPORT)
        .group_by(MatchRow.article_id)
    )
    return dict(session.execute(query).all()) if articles else {}  # type: ignore[arg-type]  # a Row is a tuple
