"""The deliver flow: one pass over the outbox, so that alerts leave even when ingest is down."""

from __future__ import annotations

import logging

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import delivery, happening, house, report, settings

log = logging.getLogger(__name__)


@flow(name="deliver", timeout_seconds=900)
def deliver() -> State[None]:
    """Decide on new matches and send every delivery that is due."""
    with house.opened(settings.load()) as rooms:
        begun = rooms.now()
        tally = delivery.deliver(rooms)
        if tally.sent or tally.errors:  # a run a minute that had nothing to do is no news
            happening.completed("deliver", {"sent": tally.sent, "errors": len(tally.errors)})
            happening.sent(rooms, begun)
    for error in tally.errors:
        log.error("delivery: %s", error)
    return Completed(message=report.delivered(tally))
