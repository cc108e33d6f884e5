"""Sources taken for a while, so that no two runs poll one at the same time, on one machine or on several.

A lease is short, so that what a killed run held is polled again soon; a thread keeps it for as long as the run lives,
however slow its hosts are.
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock, Thread

from flows.house import House
from scrapers.source import Source
from storage import sources
from storage.engine import StorageError, insist, reading, transaction
from storage.sources import LEASE, Turn

log = logging.getLogger(__name__)

_RENEWAL = LEASE / 6
_MOST_RENEWALS = 240  # times _RENEWAL: an hour, which is longer than any run may take


@dataclass(slots=True)
class Claim:
    """The right of one run to poll some sources; it lasts while the run goes on asking `holds`."""

    owner: str
    turns: dict[str, Turn]
    renewed: datetime
    _lock: Lock = field(default_factory=Lock)

    def holds(self, source: str, house: House) -> bool:
        """Whether the source is still ours; another run takes it when this one stood still for longer than a lease."""
        self.renew(house)
        return self.turns.get(source) is Turn.OURS

    def renew(self, house: House) -> None:
        """Prolong what is still ours, where that is due."""
        with self._lock:
            now = house.now()
            if abs(now - self.renewed) < _RENEWAL:
                return
            with suppress(StorageError), transaction(house.engine) as session:
                held = sources.renew(session, self.owner, now)
                self.renewed = now
                lost = {name: Turn.BUSY for name, turn in self.turns.items() if turn is Turn.OURS and name not in held}
                self.turns |= lost | dict.fromkeys(held, Turn.OURS)

    def give_back(self, source: str, house: House) -> None:
        """Let others poll the source when it is due again; without a database the lease ends by itself."""
        with suppress(StorageError), transaction(house.engine) as session:
            sources.release(session, source, self.owner)


def due(wanted: Sequence[Source], house: House, *, force: bool) -> list[Source]:
    """The sources that are due and that nobody polls now; all with `force`, and those being polled are told."""
    if not force:
        with reading(house.engine) as session:
            return sources.due(session, wanted, house.now())
    with transaction(house.engine) as session:
        busy = sources.hasten(session, wanted, house.now())
    for source, owner in sorted(busy.items()):
        log.warning("is being polled by another run", extra={"source": source, "by": owner})
    return list(wanted)


@contextmanager
def taken(wanted: Sequence[Source], house: House) -> Iterator[Claim]:
    """What `take` claims, kept for as long as the block lasts."""
    claim, is_over = take(wanted, house), Event()

    def keep() -> None:
        for _ in range(_MOST_RENEWALS):
            if is_over.wait(_RENEWAL.total_seconds()):
                return
            claim.renew(house)

    keeper = Thread(target=keep, name="claims", daemon=True)
    keeper.start()
    try:
        yield claim
    finally:
        is_over.set()
        keeper.join()


def take(wanted: Sequence[Source], house: House) -> Claim:
    """Claim the sources that are still due; `turns` says of each whether it is ours."""
    owner, now = f"{socket.gethostname()[:32]}:{os.getpid()}:{uuid.uuid4().hex[:12]}", house.now()

    def claim() -> dict[str, Turn]:
        with transaction(house.engine) as session:
            return sources.claim(session, wanted, owner, now)

    return Claim(owner, insist(claim), now)
