"""The verify flow: judge every route of the sources by what it holds, and show which are not healthy."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from flows import happening, house, pipeline, settings, verifying
from flows.choices import SourceIds
from flows.house import House
from flows.judging import Judged
from flows.opaque import opaque
from scrapers.source import Source
from storage.health import Health

log = logging.getLogger(__name__)

GROUPS = 4  # task runs of a verification
RUNNER: Any = ThreadPoolTaskRunner(max_workers=GROUPS)  # its type parameter does not fit the decorator's
Days = Annotated[int, Field(ge=0, le=3650)]


@flow(name="verify", task_runner=RUNNER, timeout_seconds=3600)
def verify(sources: SourceIds = [], days: Days = 0) -> State[None]:  # noqa: B006 - the form shows None as a type
    """Ask every route, live and backfill, what it lists now, and read its newest articles.

    Args:
        sources: Sources to judge; leave empty for all of them.
        days: Age of the newest entry that makes a route stale; 0 means 7, and 30 for think tanks and officials.
    """
    with house.opened(settings.load()) as rooms:
        for problem in rooms.configuration.problems:
            log.error("configuration: %s", problem)
        wanted = house.chosen(rooms.configuration, tuple(sources))
        shards = pipeline.by_host(wanted)
        groups = [[source for shard in shards[start::GROUPS] for source in shard] for start in range(GROUPS)]
        running = [
            verify_hosts.with_options(task_run_name=_label(group)).submit(opaque(group), days, opaque(rooms))
            for group in groups
            if group
        ]
        ended = [one.result(raise_on_failure=False) for one in running]
    judged = [one for found in ended if isinstance(found, list) for one in found]
    bad = [one for one in judged if not one.health.is_good]
    lost = verifying.lost(judged)
    text = f"{len(judged)} routes of {len(wanted)} sources judged, {len(bad)} not healthy"
    happening.completed("verify", {"routes": len(judged), "unhealthy": len(bad), "sources_lost": len(lost)})
    create_markdown_artifact(verifying.markdown(bad), key="route-health", description=text)
    if wanted and all(one.health is Health.UNREACHABLE for one in judged):
        return Failed(message=f"nothing could be asked: {text}")
    name = f"{len(lost)} of {len(wanted)} sources unhealthy" if lost else None
    return Completed(name=name or "Completed", message=text)


@task(cache_policy=NO_CACHE, persist_result=False)
def verify_hosts(sources: list[Source], days: int, rooms: House) -> list[Judged]:
    """Judge the routes of the sources of some hosts."""
    return verifying.verify(sources, rooms, days, _tell)


def _tell(judged: Judged) -> None:
    if not judged.health.is_good:
        log.warning("%s: %s %s: %s: %s", judged.source, judged.route.type, judged.url, judged.health, judged.reason)


def _label(group: list[Source]) -> str:
    """What the task run is called on the Prefect page."""
    more = len(group) - 1
    return f"{group[0].id} and {more} more" if more else group[0].id
