"""Deliver while a pass still reads: what matched leaves as soon as it is stored; knows nothing of Prefect."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from threading import Event, Thread

from flows.delivery import deliver
from flows.house import House
from flows.tally import DeliveryTally

log = logging.getLogger(__name__)


@contextmanager
def at_work(house: House) -> Iterator[tuple[House, DeliveryTally]]:
    """The house with a bell that has matches delivered at once, and what was delivered, complete at the end."""
    bell, is_over, total = Event(), Event(), DeliveryTally()
    rung = replace(house, bell=bell)

    def work() -> None:
        while bell.wait() and not is_over.is_set():
            bell.clear()
            try:
                total.add(deliver(rung))
            except Exception as broken:  # noqa: BLE001 - what is left is delivered at the end, where a failure is told
                log.warning("not delivered yet: %s", type(broken).__name__)

    thread = Thread(target=copy_context().run, args=(work,), name="postman", daemon=True)
    thread.start()
    try:
        yield rung, total
    finally:
        is_over.set()
        bell.set()
        thread.join()
    total.add(deliver(house))
