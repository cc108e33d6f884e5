"""The facts that operators' conditions are read from, and the incidents that were told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from alerts.channels.ways import way_of
from alerts.destinations import Destination
from alerts.incidents import LEAST_SILENCE, Condition, Facts, Incident, QueueFact, SourceFact, WayFact
from alerts.model import DeliveryKind, DeliveryState
from scrapers.source import Source
from storage import channels, mutes, sources
from storage.alert_tables import DeliveryRow, IncidentRow
from storage.engine import serialise
from storage.sources import State
from storage.tables import ArticleRow, SourceState

_TURN = 0x494E4349  # advisory lock of PostgreSQL: one run at a time tells operators
_LAST = 40  # articles that tell of the habit of a source
_REMEMBERED = timedelta(days=60)
_DEAD_FOR = timedelta(days=7)  # whoever has not sent a message again by then will not
_UNDELIVERED = (DeliveryState.DEAD, DeliveryState.HELD)
_INSTANT = (DeliveryKind.NEW, DeliveryKind.UPDATE, DeliveryKind.ESCALATION)


def take_turn(session: Session) -> None:
    """Wait until no other run compares facts with incidents."""
    serialise(session, _TURN)


def facts(
    session: Session, known: Mapping[str, Source], destinations: Mapping[str, Destination], now: datetime
) -> Facts:
    """What is known of the configured sources, of the outbox and of the ways."""
    ways = {name: way_of(one).name for name, one in destinations.items()}
    row = DeliveryRow
    due = (
        row.state == DeliveryState.PENDING,
        row.kind != DeliveryKind.REFRESH,  # nobody waits for it
        row.not_before <= now,
        ~mutes.is_held(row.destination_id, now),
    )
    dead = (row.state.in_(_UNDELIVERED), row.created_at > now - _DEAD_FOR)
    return Facts(
        sources=tuple(_source_facts(session, known, now)),
        due=_queues(session, due, row.not_before, ways),
        dead=_queues(session, dead, row.created_at, ways),
        broken=tuple(
            WayFact(one.way, one.opened, one.reason) for one in channels.troubled(session) if one.opened is not None
        ),
    )


def open_ones(session: Session) -> dict[str, Incident]:
    """The incidents that are not over, by key."""
    rows = session.scalars(select(IncidentRow).where(IncidentRow.closed_at.is_(None)).order_by(IncidentRow.id))
    return {row.key: Incident(row.id, row.key, row.text, row.opened_at, row.told_at) for row in rows}


def see(session: Session, found: Sequence[Condition], known: Mapping[str, Incident], now: datetime) -> list[Incident]:
    """Store what is new and note what goes on; the incidents of all conditions, in their order."""
    session.add_all(
        IncidentRow(key=one.key[:128], text=one.headline, opened_at=now, seen_at=now)
        for one in found
        if one.key[:128] not in known
    )
    session.flush()
    going_on = [known[one.key[:128]].id for one in found if one.key[:128] in known]
    session.execute(update(IncidentRow).where(IncidentRow.id.in_(going_on)).values(seen_at=now))
    standing = open_ones(session)
    return [standing[one.key[:128]] for one in found]


def told(session: Session, ids: Collection[int], now: datetime) -> None:
    """Note that operators know of these."""
    session.execute(update(IncidentRow).where(IncidentRow.id.in_(ids)).values(told_at=now))


def close(session: Session, ids: Collection[int], now: datetime) -> None:
    """End these."""
    session.execute(update(IncidentRow).where(IncidentRow.id.in_(ids)).values(closed_at=now))


def made(session: Session, keys: Collection[str]) -> set[str]:
    """Those of these delivery keys that exist."""
    return set(session.scalars(select(DeliveryRow.key).where(DeliveryRow.key.in_(keys))))


def counts(session: Session, known: Collection[str], now: datetime) -> dict[str, int]:
    """Articles, alerts sent and failed in the last day, and how many of the configured sources answer."""
    since, row = now - timedelta(days=1), DeliveryRow
    sent = (row.state == DeliveryState.SENT, row.sent_at > since, row.kind.in_(_INSTANT))
    failed = (row.state.in_(_UNDELIVERED), row.created_at > since)
    states = [one for name, one in sources.states(session).items() if name in known]
    return {
        "articles": session.scalar(select(func.count()).where(ArticleRow.first_seen_at > since)) or 0,
        "alerts": session.scalar(select(func.count()).select_from(row).where(*sent)) or 0,
        "failed": session.scalar(select(func.count()).select_from(row).where(*failed)) or 0,
        "sources": len(known),
        "answering": sum(not one.failures and one.last_ok_at is not None for one in states),
    }


def _queues(
    session: Session, chosen: Iterable[ColumnElement[bool]], time: Any, ways: Mapping[str, str]
) -> tuple[QueueFact, ...]:
    row = DeliveryRow
    query = select(row.destination_id, func.count(), func.min(time), func.max(row.error))
    rows = session.execute(query.where(*chosen).group_by(row.destination_id).order_by(row.destination_id))
    return tuple(QueueFact(name, ways.get(name, ""), number, since, error) for name, number, since, error in rows)


def _source_facts(session: Session, known: Mapping[str, Source], now: datetime) -> Iterable[SourceFact]:
    newest = _newest(session, known, now)
    quiet = [name for name, at in newest.items() if at < now - LEAST_SILENCE]
    pauses = _pauses(session, quiet, now)
    for name, state in sorted(sources.states(session).items()):
        if name in known:
            articles, pause = pauses.get(name, (0, timedelta()))
            yield replace(_of_state(known[name], state), newest=newest.get(name), articles=articles, pause=pause)


def _of_state(source: Source, state: State) -> SourceFact:
    error = state.error if state.failures else ""
    return SourceFact(source.id, source.name, error=error, rule_error=state.rule_error, next_poll=state.next_poll_at)


def _newest(session: Session, known: Mapping[str, Source], now: datetime) -> dict[str, datetime]:
    """When each source last had an article: one look into the index for each."""
    latest = select(func.max(ArticleRow.at)).where(ArticleRow.source_id == SourceState.source_id, ArticleRow.at <= now)
    rows = session.execute(select(SourceState.source_id, latest.scalar_subquery()))
    return {name: at for name, at in rows if at is not None and name in known}


def _pauses(session: Session, names: Sequence[str], now: datetime) -> dict[str, tuple[int, timedelta]]:
    """How many articles tell of the habit of each, and the longest pause between two of them."""
    row = ArticleRow
    number = func.row_number().over(partition_by=row.source_id, order_by=row.at.desc()).label("number")
    lately = (row.source_id.in_(names), row.at <= now, row.at > now - _REMEMBERED)
    numbered = select(row.source_id, row.at, number).where(*lately).subquery()
    query = select(numbered.c.source_id, numbered.c.at).where(numbered.c.number <= _LAST)
    times: dict[str, list[datetime]] = defaultdict(list)
    for name, at in session.execute(query.order_by(numbered.c.source_id, numbered.c.at)) if names else ():
        times[name].append(at)
    return {
        name: (len(found), max((b - a for a, b in pairwise(found)), default=timedelta()))
        for name, found in times.items()
    }
