"""The upkeep flow: release what vanished senders held, prune what is old, list broken sources."""

from __future__ import annotations

import logging

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import house, settings
from storage import outbox, retention, sources
from storage.engine import reading, transaction

log = logging.getLogger(__name__)


@flow(name="upkeep", timeout_seconds=3600)
def upkeep(keep_days: int = 400) -> State[None]:
    """Release stuck deliveries, prune old rows, and show the sources that do not answer.

    Args:
        keep_days: Days that the story index and finished deliveries' attempts are kept.
    """
    with house.opened(settings.load()) as rooms:
        now = rooms.now()
        with transaction(rooms.engine) as session:
            lost = outbox.release_lost(session, now)
            pruned = retention.prune(session, now, keep_days)
        with reading(rooms.engine) as session:
            broken = [state for state in sources.states(session).values() if state.failures or state.rule_error]
        create_table_artifact(
            [
                {
                    "source": s.source,
                    "failures": s.failures,
                    "outcome": s.outcome,
                    "last ok": str(s.last_ok_at),
                    "error": s.error,
                    "rule": s.rule_error,
                }
                for s in broken
            ],
            key="broken-sources",
            description=f"{len(broken)} sources do not answer, or their rule is broken",
        )
    return Completed(message=f"{lost} deliveries released, {pruned} rows pruned, {len(broken)} sources broken")
