"""Send what is due: one claim, one send outside any transaction, one record at a time; knows nothing of Prefect."""

from __future__ import annotations

import logging
import uuid

from alerts.channels import Channel
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import DeliveryState, Receipt
from alerts.redact import redact
from flows.house import House
from flows.tally import DeliveryTally
from storage import outbox
from storage.engine import transaction
from storage.outbox import Claimed

log = logging.getLogger(__name__)


def send_due(house: House, tally: DeliveryTally) -> None:
    """Send every delivery that is due and whose way is open; what became of each is recorded and counted."""
    owner = uuid.uuid4().hex
    with transaction(house.engine) as session:
        if lost := outbox.release_lost(session, house.now()):
            log.warning("lost leases released", extra={"deliveries": lost})
    resting: set[str] = set()
    while True:
        with transaction(house.engine) as session:
            claimed = outbox.claim(session, owner, house.now(), resting)
        if claimed is None:
            return
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
