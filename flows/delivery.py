"""The path of an alert, from a stored match to a recorded delivery; knows nothing of Prefect."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from alerts import grouping, rendering
from alerts.channels import Channel
from alerts.destinations import Destination
from alerts.errors import DeliveryError, SendOutcome
from alerts.grouping import PendingMatch, Ruling
from alerts.model import Alert, Coverage, Decision, DeliveryState, Message, Receipt
from alerts.redact import redact
from flows.house import House
from storage import matches, outbox, rechecks
from storage.engine import transaction
from storage.outbox import Claimed, Outgoing
from storage.sources import expect

log = logging.getLogger(__name__)

_BATCH = 200  # matches that are decided in one transaction


@dataclass(slots=True)
class DeliveryTally:
    """What one pass over the outbox did, as `varta deliver --json` shows it."""

    decided: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    sent: int = 0
    waiting: int = 0
    held: int = 0
    dead: int = 0
    errors: list[str] = field(default_factory=list)


def deliver(house: House) -> DeliveryTally:
    """Decide on every new match, then send what is due, one claim at a time."""
    tally = DeliveryTally()
    last: int | None = 0
    while last is not None:
        last = _open_some(house, tally, last)
    owner = uuid.uuid4().hex
    with transaction(house.engine) as session:
        if lost := outbox.release_lost(session, house.now()):
            log.warning("lost leases released", extra={"deliveries": lost})
    resting: set[str] = set()
    while True:
        with transaction(house.engine) as session:
            claimed = outbox.claim(session, owner, house.now(), resting)
        if claimed is None:
            return tally
        ended = _send(claimed, house, tally)
        if isinstance(ended, DeliveryError) and _is_channels_fault(ended):
            resting |= _same_way(claimed.destination, house)


def _is_channels_fault(ended: DeliveryError) -> bool:
    """Whether the way itself is broken or slow, so that others on it would only wait, too."""
    lost = ended.outcome in (SendOutcome.RETRY, SendOutcome.UNKNOWN) and ended.code is None
    return lost or ended.outcome is SendOutcome.DEAD_CHANNEL


def _same_way(name: str, house: House) -> set[str]:
    """The destinations that go the same way: all mail has one server, a Slack destination has its own."""
    known = house.configuration.destinations.by_id
    if name in known and known[name].email:
        return {one.id for one in known.values() if one.email}
    return {name}


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
            key = delivery_key(watch.id, one.story, destination.id, recipient, ruling.decision)
            message = _render(alert, destination, key, house)
            yield Outgoing(
                key, watch.id, one.story, destination.id, recipient, ruling.decision, alert.article.title, message
            )


def _render(alert: Alert, destination: Destination, key: str, house: House) -> Message:
    try:
        return rendering.render(alert, destination, key, house.now())
    except Exception:  # a plain alert is better than none, and than holding up the others
        log.exception("alert not rendered", extra={"watch": alert.watch, "story": alert.story})
        plain = f"{rendering.clean_text(alert.article.title)}\n{alert.article.url}"
        return Message(text=plain, subject=rendering.clean_text(alert.article.title))


def delivery_key(watch: str, story: int, destination: str, recipient: str, reason: Decision) -> str:
    """32 hex digits that name this delivery for ever; sending it again sends the same key."""
    parts = "\x1f".join((watch, str(story), destination, recipient, reason))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def _send(claimed: Claimed, house: House, tally: DeliveryTally) -> Receipt | DeliveryError:
    """Send outside any transaction, then record; a failure stays in the ledger with its reason."""
    ended = _attempt(claimed, house)
    with transaction(house.engine) as session:
        state = outbox.record(session, claimed, ended, house.now())
    extra = {"delivery": claimed.id, "destination": claimed.destination, "state": state}
    log.info("delivery attempted", extra=extra)
    if isinstance(ended, DeliveryError):
        tally.errors.append(f"delivery {claimed.id} to {claimed.destination}: {ended}")
    tally.sent += state is DeliveryState.SENT
    tally.waiting += state is DeliveryState.PENDING
    tally.held += state is DeliveryState.HELD
    tally.dead += state is DeliveryState.DEAD
    return ended


def _attempt(claimed: Claimed, house: House) -> Receipt | DeliveryError:
    destination = house.configuration.destinations.by_id.get(claimed.destination)
    if destination is None:
        what = f"destination `{claimed.destination}` is no longer configured"
        return DeliveryError(what, SendOutcome.DEAD_CHANNEL)
    try:
        channel: Channel = house.channel(destination, claimed.recipient)
        return channel.send(claimed.message, claimed.key, repeat=claimed.unknowns > 0)
    except DeliveryError as refused:
        return refused
    except Exception as broken:  # one broken channel never costs the others
        log.exception("channel broke", extra={"destination": claimed.destination})
        what = redact(f"{type(broken).__name__}: {broken}", ())
        return DeliveryError(what, SendOutcome.UNKNOWN)
