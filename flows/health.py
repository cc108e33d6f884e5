"""The health flow: what each source brings against what it usually does, how long it takes, what is wrong."""

from __future__ import annotations

import logging

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import habits, house, settings
from flows.choices import SourceIds
from storage.engine import reading

log = logging.getLogger(__name__)


@flow(name="health", timeout_seconds=600)
def health(sources: SourceIds = []) -> State[None]:  # noqa: B006 - the form shows None as a type of its own
    """Show for every source the articles of the last week against those expected, lags, failures and overflow.

    Expected is the middle of the same weekday in the last eight weeks. Lags are the middle and what nine of ten do
    not exceed: from publication until Varta saw an article, and from there until an alert on it was sent.

    Args:
        sources: Sources to show; leave empty for all of them.
    """
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        wanted = house.chosen(rooms.configuration, tuple(sources))
        found = habits.habits(session, wanted, rooms.now())
    strange = habits.unusual(found)
    for sentence in strange:
        log.warning("%s", sentence)
    told = f"{len(found)} sources, {len(strange)} unusual"
    create_table_artifact(habits.table(found), key="source-health", description=told)
    return Completed(message=told)
