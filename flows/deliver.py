"""The deliver flow: one pass over the outbox, so that alerts leave even when ingest is down."""

from __future__ import annotations

import logging

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import delivery, house, report, settings

log = logging.getLogger(__name__)


@flow(name="deliver", timeout_seconds=900)
def deliver() -> State[None]:
    """Decide on new matches and send every delivery that is due."""
    with house.opened(settings.load()) as rooms:
        tally = delivery.deliver(rooms)
    for error in tally.errors:
        log.error("delivery: %s", error)
    return Completed(message=report.delivered(tally))
