"""The ingest flow: poll the sources that are due, then deliver what matched."""

from __future__ import annotations

import logging
from datetime import timedelta

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows import happening, house, pipeline, postman, report, settings
from flows.house import House
from flows.opaque import opaque
from flows.pipeline import Tally
from scrapers.source import Source
from storage import decisions
from storage.engine import reading

log = logging.getLogger(__name__)


@flow(name="ingest", timeout_seconds=1800)
def ingest(sources: list[str] | None = None, force: bool = False) -> State[None]:  # noqa: FBT001, FBT002
    """Poll the sources that are due, store what is new, and deliver the alerts that follow.

    Args:
        sources: Ids of sources to poll; empty means all that are due.
        force: Poll them also when they are not due yet.
    """
    with house.opened(settings.load()) as rooms:
        for problem in rooms.configuration.problems:
            log.error("configuration: %s", problem)
        wanted = house.chosen(rooms.configuration, tuple(sources or ()))
        begun = rooms.now()
        due = pipeline.claim_due(wanted, rooms, force=force)
        with postman.at_work(rooms) as (rung, sent):
            tallies = _polled(due, rung) if due else []
        if report.is_eventful(tallies):
            create_table_artifact(report.table(tallies), key="ingest", description=report.summary(tallies))
        for error in sent.errors:
            log.error("delivery: %s", error)
        if sent.decided:
            with reading(rooms.engine) as session:
                counted = decisions.counts(session, rooms.now() - timedelta(days=1))
            told = "What became of the matches of the last day, by destination and outcome"
            create_table_artifact(report.decided(counted), key="decisions", description=told)
        happening.completed("ingest", report.totals(tallies) | {"sent": sent.sent})
        happening.sent(rooms, begun)
    text = f"{report.summary(tallies)}; {report.delivered(sent)}"
    return Completed(message=text) if len(tallies) == len(due) else Failed(message=f"the pass broke; {text}")


def _polled(due: list[Source], rooms: House) -> list[Tally]:
    """What became of each source; none when the task broke, whose run tells why."""
    named = poll_sources.with_options(task_run_name=_label(due))
    found = named(opaque(due), opaque(rooms), return_state=True).result(raise_on_failure=False)
    return found if isinstance(found, list) else []


# one run for all, as what a pass does to its sources stands in the table: four took a quarter more of the whole cost
@task(cache_policy=NO_CACHE, persist_result=False)
def poll_sources(sources: list[Source], rooms: House) -> list[Tally]:
    """Poll sources, hosts side by side, and store what is new."""
    tallies = pipeline.pass_over(sources, rooms)
    for tally in tallies:
        for error in tally.errors:
            log.warning("ingest: %s", error)
    return tallies


def _label(group: list[Source]) -> str:
    """What the task run is called on the Prefect page."""
    names = ", ".join(source.id for source in group[:3])
    return f"{names} and {len(group) - 3} more" if len(group) > 3 else names  # noqa: PLR2004 - three fit
