"""Events for the automations of users: one for each run that ended, one for each alert that was sent.

They are told after the fact, and whatever goes wrong with them costs no run anything. They bear counts and ids,
never a text of an outlet, an address or a secret.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from prefect.events import emit_event

from flows.house import House
from storage import gauges
from storage.engine import reading

log = logging.getLogger(__name__)


def completed(flow: str, counts: dict[str, int]) -> None:
    """Tell `varta.FLOW.completed` with what the run did."""
    try:
        emit_event(f"varta.{flow}.completed", resource={"prefect.resource.id": f"varta.{flow}"}, payload=counts)
    except Exception:  # the run is over and was good
        log.warning("event not told", exc_info=True)


def sent(house: House, since: datetime) -> None:
    """Tell `varta.alert.sent` of every delivery since then. Two runs may tell of the same one: its event has one id."""
    try:
        with reading(house.engine) as session:
            found = gauges.sent_since(session, since)
        for one in found:
            emit_event(
                "varta.alert.sent",
                resource={"prefect.resource.id": f"varta.watch.{one.watch}", "varta.destination": one.destination},
                occurred=one.at,
                payload={
                    "kind": one.kind,
                    "watch": one.watch,
                    "story": one.story,
                    "destination": one.destination,
                    "delivery": one.key,
                },
                id=uuid5(NAMESPACE_URL, f"varta:{one.key}:{one.at.isoformat()}"),
            )
    except Exception:  # as above
        log.warning("events not told", exc_info=True)
