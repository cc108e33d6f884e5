"""Processes that ingest and deliver, and die where a test wants them to; the product knows nothing of this."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from alerts.channels.mail import MailChannel
from alerts.channels.slack import SlackChannel
from alerts.model import Message, Receipt
from flows import delivery, house, pipeline, settings
from flows.house import House
from flows.settings import Settings
from flows.tally import DeliveryTally
from tests.flows.rooms import BEGIN

# Which commit is which: a statement that only this transaction makes
_MARKS = {
    "store": "INSERT INTO match ",
    "open": "INSERT INTO delivery ",
    "claim": "attempts=(delivery.attempts + ",
    "record": "INSERT INTO attempt ",
}
FAILPOINTS = (
    "before store",
    "after store",
    "before open",
    "after open",
    "before claim",
    "after claim",  # and before the send
    "after send",
    "before record",
    "after record",
)


@dataclass(frozen=True, slots=True)
class Orders:
    """What one process does: the house it opens, the clock it goes by, and where it dies.

    It dies when it has come past `dies` for the `count`th time ("": anywhere of FAILPOINTS). A `speed` of 0 makes
    waiting cost nothing: the clock of the process moves on instead.
    """

    home: Path
    settings: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    begin: datetime = BEGIN
    started: float = 0.0  # of `time.monotonic`, which all processes share
    speed: float = 0.0
    dies: str | None = None
    count: int = 1
    ingests: bool = False


class SharedClock:
    """The same time in every process that is given the same orders, faster than ours; or one that waiting moves on."""

    def __init__(self, begin: datetime, started: float, speed: float) -> None:
        self._begin = begin
        self._started = started
        self._speed = speed
        self._waited = 0.0

    def __call__(self) -> datetime:
        passed = (time.monotonic() - self._started) * self._speed if self._speed else self._waited
        return self._begin + timedelta(seconds=passed)

    def sleep(self, seconds: float) -> None:
        if self._speed:
            time.sleep(seconds / self._speed)
        else:
            self._waited += seconds


def run(orders: Orders) -> None:
    """One pass, as `varta ingest` or `varta deliver` would make it."""
    settings.set_for_this_process(orders.environment)
    clock = SharedClock(orders.begin, orders.started, orders.speed)
    with house.opened(Settings.model_validate(orders.settings), clock, clock.sleep) as rooms:
        if orders.dies is not None:
            _Fate(orders.dies, orders.count).hang_over(rooms.engine)
        work(rooms, ingests=orders.ingests)


def work(rooms: House, *, ingests: bool) -> DeliveryTally:
    if ingests:
        due = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True)
        pipeline.pass_over(due, rooms)
    return delivery.deliver(rooms)


class _Fate:
    """Kills this process at a failpoint: around the commits of the path of an alert, and after a send."""

    def __init__(self, where: str, count: int) -> None:
        self._where = where
        self._left = count
        self._lock = threading.Lock()
        self._committed = threading.local()

    def hang_over(self, engine: Engine) -> None:
        event.listen(engine, "before_cursor_execute", self._note)
        event.listen(engine, "commit", self._before_commit)
        event.listen(engine, "rollback", lambda connection: connection.info.pop("mark", None))
        event.listen(Session, "after_commit", self._after_commit)
        for channel in (MailChannel, SlackChannel):
            channel.send = self._then_pass(channel.send)  # type: ignore[method-assign]

    def _pass(self, point: str) -> None:
        if self._where in ("", point):
            with self._lock:
                self._left -= 1
                if self._left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

    def _note(self, connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        for mark, words in _MARKS.items():
            if words in statement.replace('"', ""):
                connection.info["mark"] = mark

    def _before_commit(self, connection: Connection) -> None:
        mark = self._committed.mark = connection.info.pop("mark", None)
        if mark:
            self._pass(f"before {mark}")

    def _after_commit(self, _session: Session) -> None:
        mark, self._committed.mark = getattr(self._committed, "mark", None), None
        if mark:
            self._pass(f"after {mark}")

    def _then_pass(self, send: Callable[..., Receipt]) -> Callable[..., Receipt]:
        def sends(channel: object, message: Message, key: str, **options: Any) -> Receipt:
            receipt = send(channel, message, key, **options)
            self._pass("after send")
            return receipt

        return sends
