"""Send what is due: one claim, one send outside any transaction, one record at a time; knows nothing of Prefect."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy.orm import Session

from alerts.channels import Channel
from alerts.channels.ways import Way, way_of
from alerts.destinations import Destination
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import DeliveryState, Receipt
from alerts.redact import redact
from flows.house import House
from flows.tally import DeliveryTally
from storage import channels, leases
from storage.engine import reading, transaction
from storage.leases import Claimed, Held

log = logging.getLogger(__name__)

_LONGEST = timedelta(minutes=10)  # of one pass; the next goes on
_PATIENCE = timedelta(seconds=30)  # with a way that rests; one that rests longer is left to a later pass
_LOOK_AGAIN = 1.0  # seconds: another process may have left the way earlier than it had to
_THREADS = 16


def send_due(house: House, tally: DeliveryTally) -> None:
    """Send every delivery that is due and whose way is open; what became of each is recorded and counted.

    Ways are independent: one that is slow, busy or broken costs the others nothing.
    """
    release_lost(house)
    with reading(house.engine) as session:
        due = leases.due(session, house.now())
    known = house.configuration.destinations.by_id
    for name, count in due.items():
        if name not in known:
            tally.errors.append(f"destination `{name}` is no longer configured: {count} deliveries wait for it")
    # one sender on each way: whoever kills this process makes one message uncertain, not many
    senders = [_Sender(way, on_it, house, tally) for way, on_it in _ways(house).items() if due.keys() & on_it.keys()]
    with ThreadPoolExecutor(min(len(senders), _THREADS) or 1) as pool:
        for done in [pool.submit(copy_context().run, sender.work) for sender in senders]:
            done.result()


def release_lost(house: House) -> int:
    """Put back what vanished senders held; how many deliveries."""
    with transaction(house.engine) as session:
        lost = leases.release_lost(session, house.now())
    if lost:
        log.warning("lost leases released", extra={"deliveries": lost})
    return lost


def _ways(house: House) -> dict[Way, dict[str, Destination]]:
    ways: dict[Way, dict[str, Destination]] = {}
    for one in house.configuration.destinations.by_id.values():
        ways.setdefault(way_of(one), {})[one.id] = one
    return ways


_counting = Lock()
# SQLite lets whoever asks at the right moment write: of dozens of threads, one waited 30 seconds for its turn
_writing = Lock()


@dataclass(frozen=True, slots=True)
class _Sender:
    """Sends what is due on one way, one after the other, in the order of its urgency."""

    way: Way
    destinations: Mapping[str, Destination]
    house: House
    tally: DeliveryTally

    def work(self) -> None:
        """Go on until nothing is due, the way fails or rests for long, or the time of a pass is over."""
        house, owner = self.house, uuid.uuid4().hex
        end = house.now() + _LONGEST
        with _writing, transaction(house.engine) as session:
            channels.forget_future(session, self.way, self.destinations, house.now())
        while (now := house.now()) < end:
            with reading(house.engine) as session:  # who only waits keeps nobody from writing
                pause = leases.pause(session, self.way, self.destinations, now)
            if pause is None or pause > _PATIENCE:
                return
            if pause:
                house.sleep(min(pause.total_seconds(), _LOOK_AGAIN))
            else:
                with _writing, transaction(house.engine) as session:
                    claimed = leases.claim(session, owner, now, self.way, self.destinations)
                if claimed is not None and not self._send(claimed):
                    return
            if house.bell is not None and house.bell.is_set():
                return  # something new was stored, which may be more urgent than what is left

    def _send(self, claimed: Claimed) -> bool:
        """Send outside any transaction, then record; False when the way failed."""
        destination = self.destinations[claimed.destination]
        claimed, ended = _attempt(claimed, destination, self.house)
        now = self.house.now()
        with _writing, transaction(self.house.engine) as session:
            state = leases.record(session, claimed, ended, now)
            refused = isinstance(ended, DeliveryError) and ended.outcome is SendOutcome.DEAD_RECIPIENT
            if refused:
                channels.suppress(session, destination.id, claimed.recipient, str(ended), now)
            is_broken = self._leave(session, claimed, ended, now)
        self._tell(claimed, ended, state, is_broken=is_broken)
        return isinstance(ended, Receipt | Held) or ended.way_works

    def _leave(self, session: Session, claimed: Claimed, ended: Receipt | DeliveryError | Held, now: datetime) -> bool:
        """Free the way; a message that could not be changed says nothing of it, but it keeps the pace."""
        if claimed.is_refresh and isinstance(ended, DeliveryError):
            return channels.leave(session, self.way, None, now, max(ended.retry_after or 0.0, self.way.pace or 0.0))
        return channels.leave(session, self.way, None if isinstance(ended, Held) else ended, now)

    def _tell(
        self, claimed: Claimed, ended: Receipt | DeliveryError | Held, state: DeliveryState | None, *, is_broken: bool
    ) -> None:
        extra = {"delivery": claimed.id, "destination": claimed.destination, "state": state}
        log.info("delivery attempted", extra=extra)
        if claimed.is_refresh:
            return  # nobody gets or misses a message by it
        with _counting:
            told, tally = self.tally.errors, self.tally
            if not isinstance(ended, Receipt):
                told.append(f"delivery {claimed.id} to {claimed.destination}: {_why(claimed, ended)}")
            if is_broken:
                told.append(f"{self.way.name} is broken: nothing goes out until a message gets through again")
            tally.sent += state is DeliveryState.SENT
            tally.waiting += state is DeliveryState.PENDING
            tally.held += state is DeliveryState.HELD
            tally.dead += state is DeliveryState.DEAD


def _why(claimed: Claimed, ended: DeliveryError | Held) -> str:
    if isinstance(ended, Held):
        return f"held: {ended.reason}; `varta deliveries retry {claimed.id}` sends it again"
    if ended.outcome is SendOutcome.DEAD_RECIPIENT:
        again = f"`varta destinations restore {claimed.destination} {claimed.recipient}`"
        return f"{ended}; {claimed.recipient} gets nothing more until {again}"
    return str(ended)


def _attempt(
    claimed: Claimed, destination: Destination, house: House
) -> tuple[Claimed, Receipt | DeliveryError | Held]:
    """How sending ended; the claim forgets its lost answers when they proved to be nothing."""
    try:
        channel = house.channel(destination, claimed.recipient)
        if claimed.is_refresh:
            return claimed, _refresh(channel, claimed)
        if claimed.unknowns:
            settled = _settle(channel, claimed, destination)
            if not isinstance(settled, bool):
                return claimed, settled
            claimed = replace(claimed, unknowns=0) if settled else claimed
        return claimed, channel.send(claimed.message, claimed.key, repeat=claimed.unknowns > 0, root=claimed.root)
    except DeliveryError as refused:
        return claimed, _whole(refused) if not claimed.recipient else refused
    except Exception as broken:  # noqa: BLE001 - one message that breaks a channel costs no other
        secrets = house.secrets(destination)
        trace = redact(traceback.format_exc(), secrets)  # a raw one may tell them
        log.error("channel broke: %s", trace)  # noqa: TRY400
        what = redact(f"{type(broken).__name__}: {broken}", secrets)
        return claimed, DeliveryError(what, SendOutcome.UNKNOWN, way_works=True)


def _refresh(channel: Channel, claimed: Claimed) -> Receipt:
    if not claimed.root:
        raise DeliveryError("the message that it changes has no name there", SendOutcome.DEAD_MESSAGE, way_works=True)
    return channel.edit(claimed.message, claimed.root)


def _settle(channel: Channel, claimed: Claimed, destination: Destination) -> Receipt | Held | bool:
    """What became of a message whose answer was lost: it is there, it surely is not (True), or perhaps (False).

    Raises DeliveryError when this cannot be asked at the moment.
    """
    try:
        return channel.find(claimed.key, claimed.created, root=claimed.root) or True
    except DeliveryError as unclear:
        if unclear.outcome is not SendOutcome.UNKNOWN:
            raise
        if destination.unknown == "hold" or claimed.unknowns >= leases.MOST_UNKNOWNS:
            return Held(f"it may have arrived: {unclear}")
        return False


def _whole(refused: DeliveryError) -> DeliveryError:
    """A destination without an address of its own is refused as a whole."""
    if refused.outcome is not SendOutcome.DEAD_RECIPIENT:
        return refused
    return DeliveryError(str(refused), SendOutcome.DEAD_CHANNEL, code=refused.code)
