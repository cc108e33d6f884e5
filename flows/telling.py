"""Carry out what the rules decided: alerts, deliveries, digest items and the ledger, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from alerts import rendering
from alerts.destinations import Destination
from alerts.model import Alert, AlertState, Coverage, Decision, DeliveryKind, Message
from alerts.rules import updates
from alerts.rules.cases import PendingMatch, Ruling, Situation, Triple
from alerts.rules.throttle import FLOOD
from alerts.rules.updates import Report
from alerts.watchlist import Watch
from flows.house import House
from flows.tally import DeliveryTally
from storage import actions, alerts, decisions, digests, matches, mutes, outbox, rechecks
from storage.alerts import Written
from storage.digests import Item
from storage.engine import reading
from storage.outbox import Outgoing, delivery_key
from storage.sources import expect

log = logging.getLogger(__name__)

NEWS_FOR = timedelta(hours=6)  # what could not be sent for so long is told by a digest instead


@dataclass(slots=True)
class Desk:
    """What one transaction decides on, and all that is known of it."""

    house: House
    session: Session
    now: datetime
    situation: Situation
    watches: Mapping[str, Watch]
    destinations: Mapping[str, Destination]
    newest: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weather:
    """What a whole pass is decided under: watches with too many new matches, and those that had too many lately."""

    flooded: Mapping[str, int] = field(default_factory=dict)
    stormy: Mapping[tuple[str, str], int] = field(default_factory=dict)


CALM = Weather()


def weather(house: House) -> Weather:
    """How much comes in at the beginning of a pass."""
    with reading(house.engine) as session:
        return Weather(matches.flood(session, FLOOD), decisions.throttled(session, _throttled_since(house)))


def _throttled_since(house: House) -> dict[str, datetime]:
    known = house.configuration.destinations.by_id
    return {name: house.now() - one.limit.period for name, one in known.items()}


def desk(session: Session, house: House, stories: Iterable[int], weather: Weather = CALM) -> Desk:
    """Everything that decisions on these stories depend on, but for their coverage."""
    now, wanted = house.now(), set(stories)
    known = house.configuration.destinations.by_id
    situation = Situation(
        now=now,
        standing=alerts.standing(session, wanted),
        mutes=mutes.active(session, now),
        used=alerts.used(session, _throttled_since(house)),
        flooded=weather.flooded,
        stormy=weather.stormy,
        wishes=actions.digest_wishes(session),
    )
    watches = {watch.id: watch for watch in house.configuration.watchlist.watches}
    return Desk(house, session, now, situation, watches, known, matches.newest(session, wanted))


def carry_out(at: Desk, pending: Sequence[PendingMatch], rulings: Sequence[Ruling], tally: DeliveryTally) -> None:
    """Store what was ruled; where somebody else was quicker to open an alert, the match is a further report."""
    by_id = {one.id: one for one in pending}
    load(at, {ruling.story for ruling in rulings if ruling.state is AlertState.OPEN})
    wanted = [_written(at, ruling, by_id[ruling.match]) for ruling in rulings if ruling.state]
    written = alerts.write(at.session, wanted, at.now)
    done = [_unless_lost(ruling, written) for ruling in rulings]
    opening = [ruling for ruling in done if ruling.state is AlertState.OPEN]
    outgoing = list(_messages(at, opening, by_id, written))
    tally.opened += outbox.put(at.session, outgoing, at.now)
    queued = [
        Item(ruling.destination, ruling.match, written.get(ruling.triple), ruling.decision)
        for ruling in done
        if ruling.is_queued
    ]
    digests.queue(at.session, queued, at.now)
    standing = {triple: one.id for triple, one in at.situation.standing.items() if one.id}
    told = [ruling for ruling in done if ruling.decision in (Decision.FIRST_REPORT, Decision.FURTHER_OUTLET)]
    deliveries = outbox.made_for(at.session, {ruling.story for ruling in told})
    kept = {ruling.triple for ruling in told}
    first = {triple: made for triple, made in deliveries.items() if triple in kept}
    decisions.write(at.session, done, standing | written, first, at.now)
    _plan_checks(at, {ruling.match for ruling in opening})
    tally.decided.update(ruling.decision for ruling in done)


def alert_of(  # noqa: PLR0917 - what an alert is made of
    one: PendingMatch,
    watch: Watch,
    coverage: Sequence[Coverage],
    reason: Decision,
    alert: int,
    archived: datetime | None,
) -> Alert:
    """What a reader is told of a match."""
    return Alert(
        watch=watch.id,
        watch_name=watch.name,
        version=one.match.version,
        priority=watch.priority,
        reason=reason,
        story=one.story,
        article=one.article,
        excerpt=one.match.excerpt,
        terms=one.match.terms,
        coverage=tuple(coverage),
        cut=one.cut,
        id=alert,
        archived=archived,
    )


def message(  # noqa: PLR0917 - what an outgoing message is made of
    at: Desk, kind: DeliveryKind, alert: Alert, destination: Destination, recipient: str, thread: str
) -> Outgoing:
    """The first message on a story for one recipient, rendered and frozen."""
    key = delivery_key(kind, alert.watch, alert.story, destination.id, recipient)
    rendered = _render(at, alert, destination, key)
    return Outgoing(
        key=key,
        kind=kind,
        alert_id=alert.id,
        watch=alert.watch,
        story=alert.story,
        destination=destination.id,
        recipient=recipient,
        reason=alert.reason,
        headline=alert.article.title,
        message=replace(rendered, thread=thread),
        urgency=outbox.URGENCY[alert.priority],
        expires_at=at.now + NEWS_FOR,
    )


def load(at: Desk, stories: set[int]) -> None:
    """Read who reports these stories, where that is not known yet."""
    missing = stories - at.situation.coverage.keys()
    if missing:
        found = matches.coverage(at.session, missing, at.house.configuration.sources)
        at.situation.coverage = {**at.situation.coverage, **found}


def load_for(at: Desk, pending: Sequence[PendingMatch]) -> None:
    """Read the coverage that the watches of these matches ask about."""
    load(at, {one.story for one in pending if _is_asked(at, one)})


def _is_asked(at: Desk, one: PendingMatch) -> bool:
    """Whether coverage decides: not where the story has an alert of the watch everywhere."""
    watch = at.watches.get(one.match.watch)
    if watch is None or not (watch.require or watch.hold):
        return False
    standing = (at.situation.standing.get((watch.id, one.story, to)) for to in watch.to)
    return not all(found is not None and (found.is_told or found.is_held) for found in standing)


def _written(at: Desk, ruling: Ruling, one: PendingMatch) -> Written:
    watch = at.watches.get(ruling.watch)
    assert watch is not None
    assert ruling.state is not None
    told: dict[str, Any] = {"outcome": ruling.decision.value, "reason": ruling.reason}
    due = ruling.until if ruling.state in (AlertState.WAITING, AlertState.HELD) else None
    if ruling.state is AlertState.OPEN:
        report = Report(one.article, one.revision, one.is_gone)
        told = updates.first_told(report, at.situation.coverage.get(ruling.story, ()), at.now).to_json()
        due = at.now + watch.escalate.after if watch.escalate else None
    return Written(ruling, watch.priority, due, told, at.newest.get(ruling.story, 0))


def _unless_lost(ruling: Ruling, written: Mapping[Triple, int]) -> Ruling:
    if ruling.state is None or ruling.triple in written:
        return ruling
    further = Decision.FURTHER_OUTLET
    return replace(ruling, decision=further, reason="the story was alerted by another run", state=None, is_queued=False)


def _messages(
    at: Desk, opening: Sequence[Ruling], by_id: Mapping[int, PendingMatch], written: Mapping[Triple, int]
) -> Iterable[Outgoing]:
    archived = alerts.archived(at.session, {by_id[ruling.match].article_id for ruling in opening})
    threads = alerts.threads(at.session, {ruling.story for ruling in opening})
    for ruling in opening:
        one, watch, destination = by_id[ruling.match], at.watches[ruling.watch], at.destinations[ruling.destination]
        coverage = at.situation.coverage.get(ruling.story, ())
        alert = alert_of(one, watch, coverage, ruling.decision, written[ruling.triple], archived.get(one.article_id))
        for recipient in destination.recipients:
            place = (ruling.story, destination.id, recipient)
            made = message(at, DeliveryKind.NEW, alert, destination, recipient, threads.get(place, ""))
            threads.setdefault(place, made.key)
            yield made


def _plan_checks(at: Desk, alerting: set[int]) -> None:
    """Have the articles that alert now looked at again, also where their sources rest longer."""
    sources = at.house.configuration.sources
    for name, when in sorted(rechecks.plan(at.session, alerting, at.now).items()):
        if name in sources:
            expect(at.session, sources[name], at.now, when)


def _render(at: Desk, alert: Alert, destination: Destination, key: str) -> Message:
    try:
        return rendering.render(alert, destination, key, at.now, at.house.links)
    except Exception:  # a plain alert is better than none, and than holding up the others
        log.exception("alert not rendered", extra={"watch": alert.watch, "story": alert.story})
        return plain(alert)


def plain(alert: Alert) -> Message:
    """What is left of an alert that cannot be rendered."""
    title = rendering.clean_text(alert.article.title)
    return Message(text=f"{title}\n{alert.article.url}", subject=title)
