"""The backfill flow: bring in the articles of past days by hand."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from alerts.model import Mode
from flows import backfilling, discovery, house, report, settings
from flows.backfilling import BackfillAlerts, BackfillTally, Window
from flows.delivery import deliver
from flows.house import House
from flows.opaque import opaque
from scrapers.source import Source

log = logging.getLogger(__name__)


@flow(name="backfill", flow_run_name="backfill {since} to {until}")
def backfill(
    since: date,
    until: date,
    sources: list[str] | None = None,
    alerts: Literal["none", "digest", "live"] = "none",
    dry_run: bool = False,  # noqa: FBT001, FBT002
) -> State[None]:
    """Bring in what the sources published on past days. Running it again fetches nothing twice.

    Args:
        since: First day, in Europe/Kyiv.
        until: Last day, included.
        sources: Ids such as suspilne; leave None for all.
        alerts: none: store and match, send nothing. digest: one digest of all that matches. live: alert as if the
            articles had just come in; what is older than a watch wants is for its digest.
        dry_run: Only count what the archives list; fetch and store no article.
    """
    with house.opened(settings.load()) as rooms:
        asked = backfilling.window(since, until, datetime.now(discovery.ZONE).date())
        wanted = house.chosen(rooms.configuration, tuple(sources or ()))
        mode = backfilling.MODES[BackfillAlerts(alerts)]
        tallies = [
            backfill_source.with_options(task_run_name=source.id)(
                opaque(Job(source, asked, rooms, mode, dry_run=dry_run))
            )
            for source in wanted
        ]
        create_table_artifact(
            [
                {"expected": t.expected, "undated": t.undated, **row}
                for t, row in zip(tallies, report.table(tallies), strict=True)
            ],
            key="backfill",
            description=f"Backfill of {asked.since} to {asked.until}: {report.summary(tallies)}",
        )
        deliver(rooms, backfilled=mode is Mode.DIGEST)
    return Completed(message=report.summary(tallies))


@dataclass(frozen=True, slots=True)
class Job:
    """What one task run brings in."""

    source: Source
    asked: Window
    rooms: House
    mode: Mode
    dry_run: bool


@task(cache_policy=NO_CACHE, persist_result=False)
def backfill_source(job: Job) -> BackfillTally:
    """Bring in one source; a failure is told in its row and leaves the others alone."""
    try:
        return backfilling.backfill(job.source, job.asked, job.rooms, job.mode, dry_run=job.dry_run)
    except Exception as broken:  # isolation of one source
        log.exception("source not backfilled")
        what = f"{job.source.id}: {type(broken).__name__}: {broken}"
        return BackfillTally(job.source.id, outcome="broken", errors=[what])
