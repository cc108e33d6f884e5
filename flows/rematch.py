"""The rematch flow: apply a changed watchlist to the stored articles by hand."""

from __future__ import annotations

from typing import Annotated, Literal

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from alerts.model import Mode
from flows import house, rematching, settings
from flows.backfilling import MODES, BackfillAlerts
from flows.delivery import deliver


@flow(name="rematch")
def rematch(
    days: Annotated[int, Field(ge=0, le=36_500)] = 30,
    watch: str = "",
    alerts: Literal["none", "digest", "live"] = "none",
) -> State[None]:
    """Match the stored articles again with the watchlist as it is now, without fetching them.

    New matches are stored, changed ones get the new sentence and version, and those that no longer hold are marked.
    Articles that this watchlist has seen are not read again, so a stopped run goes on where it was.

    Args:
        days: Only articles of the last so many days; 0 means all.
        watch: Id of the one watch to match again, such as air-defence; empty means all.
        alerts: none: store, send nothing. digest: one digest of what is new. live: alert on what is new as if the
            articles had just come in.
    """
    with house.opened(settings.load()) as rooms:
        try:
            only = house.watch_of(rooms.configuration, watch) if watch else None
        except KeyError as unknown:
            return Failed(message=str(unknown.args[0]))
        mode = MODES[BackfillAlerts(alerts)]
        tally = rematching.rematch(rooms, days or None, only, mode)
        told = rematching.summary(tally)
        create_table_artifact(rematching.rows(tally), key="rematch", description="; ".join([told, *tally.errors[:5]]))
        deliver(rooms, backfilled=mode is Mode.DIGEST)
    return Completed(message=told)
