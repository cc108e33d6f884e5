"""The try_watch flow: what a watch would have sent over the stored articles."""

from __future__ import annotations

from typing import Annotated

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from alerts.errors import QueryError
from flows import house, replaying, settings
from flows.replaying import Replay


@flow(name="try_watch", flow_run_name="try {watch}")
def try_watch(watch: str, days: Annotated[int, Field(ge=1, le=36_500)] = 30) -> State[None]:
    """Say what a watch would have sent over the stored articles, and what it only just missed. Sends nothing.

    The result stands under Artifacts: a summary with sample sentences, and a table of the alerts of each day.

    Args:
        watch: Id of a watch, such as air-defence, or a query, such as @rutte AND (Ukraine OR Україна).
        days: Over the stored articles of the last so many days.
    """
    with house.opened(settings.load()) as rooms:
        try:
            done = replaying.replay(rooms, watch, days)
        except QueryError as unreadable:
            return Failed(message=str(unreadable))
    told = replaying.summary(done)
    create_markdown_artifact(replaying.markdown(done), key="try-watch", description=told)
    create_table_artifact(_rows(done), key="try-watch-days", description=f"alerts by day of {watch}")
    return Completed(message=told)


def _rows(done: Replay) -> list[dict[str, object]]:
    return [{"day": day, "alerts": count} for day, count in done.per_day.items()]
