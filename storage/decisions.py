"""The ledger: what became of every match for every destination, and why, also when nothing was sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from alerts.model import Decision
from alerts.rules.cases import Ruling, Triple
from storage.alert_tables import AlertRow, DecisionRow, MatchRow
from storage.upsert import MOST_ROWS, insert_for

_ALONE = (Decision.BACKFILL, Decision.TOO_OLD)  # they wait with no alert, and open none
_CHANGED = ("outcome", "reason", "until", "alert_id", "delivery_id", "decided_at")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many matches had one outcome for one destination."""

    destination: str
    outcome: str
    matches: int


def write(
    session: Session,
    rulings: Sequence[Ruling],
    alerts: Mapping[Triple, int],
    deliveries: Mapping[Triple, int],
    now: datetime,
) -> None:
    """Store one decision per match and destination, over what was decided before.

    `alerts` and `deliveries` are the ids that belong to a watch, story and destination.
    """
    rows = {
        (ruling.match, ruling.destination): {
            "match_id": ruling.match,
            "destination_id": ruling.destination,
            "outcome": ruling.decision,
            "reason": ruling.reason,
            "until": ruling.until,
            "alert_id": ruling.alert or (None if ruling.decision in _ALONE else alerts.get(ruling.triple)),
            "delivery_id": deliveries.get(ruling.triple),
            "decided_at": now,
        }
        for ruling in rulings
    }
    if not rows:
        return
    insert = insert_for(session, DecisionRow)
    changed = {name: insert.excluded[name] for name in _CHANGED}
    keys = ["match_id", "destination_id"]
    session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), list(rows.values()))


def settle(  # noqa: PLR0917 - what is written, and where
    session: Session, destination: str, matches: Collection[int], reason: str, delivery: int | None, now: datetime
) -> None:
    """Note of matches that a digest told what it was; their outcome stays."""
    row, ids = DecisionRow, sorted(matches)
    for start in range(0, len(ids), MOST_ROWS):
        chosen = update(row).where(row.destination_id == destination, row.match_id.in_(ids[start : start + MOST_ROWS]))
        session.execute(chosen.values(reason=reason, until=None, delivery_id=delivery, decided_at=now))


def attached(session: Session, alerts: Collection[int]) -> dict[int, list[int]]:
    """The matches that wait with each of these alerts, without those of an earlier time that it was closed after."""
    found: dict[int, list[int]] = defaultdict(list)
    query = (
        select(DecisionRow.alert_id, DecisionRow.match_id)
        .join(AlertRow, AlertRow.id == DecisionRow.alert_id)
        .where(AlertRow.id.in_(alerts), DecisionRow.decided_at >= AlertRow.opened_at)
    )
    for alert, match in session.execute(query.order_by(DecisionRow.match_id)):
        found[alert or 0].append(match)
    return found


def is_known(session: Session, match: int, destination: str) -> bool:
    """Whether something was decided on a match for a destination."""
    return session.get(DecisionRow, (match, destination)) is not None


def unanswered(session: Session, destinations: Collection[str], after: int, limit: int) -> dict[int, set[str]]:
    """Matches above `after` that waited for one of these destinations to be configured, with which of them."""
    row = DecisionRow
    waiting = (row.outcome == Decision.UNKNOWN_DESTINATION, row.destination_id.in_(destinations), row.match_id > after)
    ids = select(row.match_id).where(*waiting).group_by(row.match_id).order_by(row.match_id).limit(limit)
    found: dict[int, set[str]] = defaultdict(set)
    query = select(row.match_id, row.destination_id).where(*waiting, row.match_id.in_(ids.scalar_subquery()))
    for match, destination in session.execute(query):
        found[match].add(destination)
    return found


def throttled(session: Session, since: Mapping[str, datetime]) -> Counter[tuple[str, str]]:
    """How many matches were too many at once since the time of each destination, by destination and watch."""
    row = DecisionRow
    if not since:
        return Counter()
    recent = or_(*(and_(row.destination_id == name, row.decided_at > begin) for name, begin in since.items()))
    query = (
        select(row.destination_id, MatchRow.watch_id, func.count())
        .join(MatchRow, MatchRow.id == row.match_id)
        .where(row.decided_at > min(since.values()), recent, row.outcome == Decision.THROTTLED)
        .group_by(row.destination_id, MatchRow.watch_id)
    )
    return Counter({(name, watch): number for name, watch, number in session.execute(query)})


def counts(session: Session, since: datetime) -> list[Counted]:
    """How many matches had which outcome for whom since then, for an operator; the most frequent first."""
    row, number = DecisionRow, func.count()
    query = select(row.destination_id, row.outcome, number).where(row.decided_at >= since)
    query = query.group_by(row.destination_id, row.outcome).order_by(number.desc(), row.destination_id, row.outcome)
    return [Counted(*found) for found in session.execute(query)]
