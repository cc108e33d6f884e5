"""The path of an alert, from a stored match to a recorded delivery; knows nothing of Prefect."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from alerts import grouping, rendering
from alerts.destinations import Destination
from alerts.grouping import PendingMatch, Ruling
from alerts.model import Alert, Coverage, Decision, DeliveryKind, Message
from flows.house import House
from flows.sending import send_due
from flows.tally import DeliveryTally
from storage import matches, outbox, rechecks
from storage.engine import transaction
from storage.outbox import Outgoing, delivery_key
from storage.sources import expect

log = logging.getLogger(__name__)

_BATCH = 200  # matches that are decided in one transaction


def deliver(house: House) -> DeliveryTally:
    """Decide on every new match, then send what is due, one claim at a time."""
    tally = DeliveryTally()
    last: int | None = 0
    while last is not None:
        last = _open_some(house, tally, last)
    send_due(house, tally)
    return tally


def _open_some(house: House, tally: DeliveryTally, after: int) -> int | None:
    """Turn the next matches after id `after` into decisions and deliveries; the last id, None at the end."""
    sources, known = house.configuration.sources, house.configuration.destinations.by_id
    watches = {watch.id: watch for watch in house.configuration.watchlist.watches}
    with transaction(house.engine) as session:
        pending = matches.pending(session, sources, after, _BATCH)
        if not pending:
            return None
        stories = {one.story for one in pending}
        opened = outbox.made_for(session, stories)
        is_whole = not house.configuration.watchlist.problems
        rulings = grouping.decide(pending, watches, known.keys(), opened.keys(), is_whole=is_whole)
        coverage = matches.coverage(session, stories, sources)
        outgoing = list(_messages(pending, rulings, coverage, house))
        tally.opened += outbox.put(session, outgoing, house.now())
        matches.decide(session, rulings, outbox.made_for(session, stories), house.now())
        _plan_checks(session, rulings, house)
    tally.decided.update(ruling.decision for ruling in rulings)
    return max(one.id for one in pending)


def _plan_checks(session: Session, rulings: Sequence[Ruling], house: House) -> None:
    """Have the articles that alert now looked at again, also where their sources rest longer."""
    now, sources = house.now(), house.configuration.sources
    alerting = {ruling.match for ruling in rulings if ruling.decision is Decision.FIRST_REPORT}
    for name, at in sorted(rechecks.plan(session, alerting, now).items()):
        if name in sources:
            expect(session, sources[name], now, at)


def _messages(
    pending: Sequence[PendingMatch],
    rulings: Sequence[Ruling],
    coverage: dict[int, tuple[Coverage, ...]],
    house: House,
) -> Iterable[Outgoing]:
    by_id = {one.id: one for one in pending}
    watches = {watch.id: watch for watch in house.configuration.watchlist.watches}
    for ruling in rulings:
        if ruling.decision is not Decision.FIRST_REPORT:
            continue
        one, watch = by_id[ruling.match], watches[ruling.watch]
        destination = house.configuration.destinations.by_id[ruling.destination]
        alert = Alert(
            watch=watch.id,
            watch_name=watch.name,
            version=one.match.version,
            priority=watch.priority,
            reason=ruling.decision,
            story=one.story,
            article=one.article,
            excerpt=one.match.excerpt,
            terms=one.match.terms,
            coverage=coverage.get(one.story, ()),
            cut=one.cut,
        )
        for recipient in destination.recipients:
            key = delivery_key(DeliveryKind.NEW, watch.id, one.story, destination.id, recipient)
            yield Outgoing(
                key=key,
                watch=watch.id,
                story=one.story,
                destination=destination.id,
                recipient=recipient,
                reason=ruling.decision,
                headline=alert.article.title,
                message=_render(alert, destination, key, house),
                urgency=outbox.URGENCY[watch.priority],
            )


def _render(alert: Alert, destination: Destination, key: str, house: House) -> Message:
    try:
        return rendering.render(alert, destination, key, house.now())
    except Exception:  # a plain alert is better than none, and than holding up the others
        log.exception("alert not rendered", extra={"watch": alert.watch, "story": alert.story})
        plain = f"{rendering.clean_text(alert.article.title)}\n{alert.article.url}"
        return Message(text=plain, subject=rendering.clean_text(alert.article.title))
