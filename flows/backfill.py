"""The backfill flow: bring in the articles of past days by hand."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from queue import SimpleQueue
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from alerts.model import Mode
from flows import backfilling, discovery, handed, happening, house, report, settings
from flows.backfilling import MODES, Asked, BackfillAlerts, BackfillError, BackfillTally, Budget, Chunk, Looked
from flows.choices import Languages, SourceIds
from flows.delivery import deliver
from flows.house import House
from flows.opaque import opaque
from flows.progress import Progress
from scrapers.source import RouteType, Source
from scrapers.web.politeness import AT_ONCE

log = logging.getLogger(__name__)

RouteChoice = Literal[
    "automatic", "archive", "sitemap", "news-sitemap", "wordpress", "telegram", "wayback", "feed", "listing"
]
_RUNNER: Any = ThreadPoolTaskRunner(max_workers=32)  # its type parameter does not fit the decorator's


@flow(name="backfill", flow_run_name="backfill {since} to {until}", task_runner=_RUNNER)
def backfill(  # noqa: PLR0917 - each is a field of the form
    since: date,
    until: date,
    sources: SourceIds = [],  # noqa: B006 - the form shows None as a type of its own
    languages: Languages = [],  # noqa: B006
    route: RouteChoice = "automatic",
    files: list[str] = [],  # noqa: B006
    alerts: Literal["none", "digest", "live"] = "none",
    limit: Annotated[int, Field(ge=0, le=1_000_000)] = 0,
    again: bool = False,  # noqa: FBT001, FBT002
    dry_run: bool = False,  # noqa: FBT001, FBT002
) -> State[None]:
    """Bring in what sources published on past days. Starting the same backfill again goes on where it stopped.

    Nothing is fetched or alerted twice. Each day of a source is a task run of its own; a day that fails does not stop
    the others. At the end there are a table per source and day, and a summary with what the watches found.

    Args:
        since: First day, in Europe/Kyiv.
        until: Last day, included. Today at the latest.
        sources: Sources to ask; leave empty for all of them.
        languages: Only sources that publish in these languages; leave empty for all.
        route: How to find the articles. automatic takes the routes of each source in order; wayback asks the Internet
            Archive, which knows every source.
        files: In place of the sources' own archives: paths or addresses of CSV or JSONL files with a column url (and
            published, title), or of WARC files such as those of CC-NEWS.
        alerts: none stores and matches, and sends nothing. digest makes one digest of all that matches. live alerts as
            if the articles had just come in; what is older than a watch wants is for its digest.
        limit: Read at most so many pages, in all; 0 means no limit.
        again: List days anew that an earlier backfill finished.
        dry_run: Only count what the archives list; read and store no article.
    """
    with house.opened(settings.load()) as rooms:
        try:
            asked = Asked(
                backfilling.window(since, until, datetime.now(discovery.ZONE).date()),
                MODES[BackfillAlerts(alerts)],
                None if route == "automatic" else RouteType(route),
                again,
                dry_run,
                Budget(limit or None),
            )
            wanted = backfilling.chosen(rooms, sources, languages)
            for file in files:
                handed.check(file)
        except BackfillError as refused:
            return Failed(message=str(refused))
        try:
            tallies = _run(wanted, files, asked, rooms)
        except BaseException:
            asked.stop.set()  # cancelled: no task begins another page
            raise
        _show(tallies, asked, rooms)
        begun = rooms.now()
        sent = deliver(rooms, backfilled=asked.mode is Mode.DIGEST)
        happening.completed("backfill", report.totals(tallies) | {"days": len(tallies), "sent": sent.sent})
        happening.sent(rooms, begun)
    return Completed(message=report.backfill_summary(tallies))


def _run(wanted: Sequence[Source], files: Sequence[str], asked: Asked, rooms: House) -> list[BackfillTally]:
    progress = Progress(rooms.now(), len(files) or len(wanted))
    shown = _Shown(progress, rooms)
    lines = _Lines()
    if files:
        for file in files:
            lines.add(file, bring_file.with_options(task_run_name=file), Handed(file, wanted, asked, rooms))
        brought = (result for _, result in lines.work_off() if isinstance(result, list))
        return [tally for held in brought for tally in _counted(held, shown)]
    for one in wanted:
        lines.add(one.id, look.with_options(task_run_name=f"list {one.id}"), Job(one, asked, rooms))
    tallies: list[BackfillTally] = []
    for source, result in lines.work_off():
        if isinstance(result, Looked):
            tallies += result.ended
            progress.listed(sum(chunk.expected for chunk in result.chunks))
            shown.update()
            for chunk in result.chunks:
                lines.add(source, bring.with_options(task_run_name=chunk.label), Work(chunk, asked, rooms))
        elif isinstance(result, list):
            tallies += _counted(result, shown)
    shown.update(is_over=True)
    return sorted(tallies, key=lambda one: (one.source, one.day))


class _Lines:
    """Tasks in a line for each source or file, of which as many run as its host is asked at a time.

    Were all of them begun at once, the days of the first source would keep every other one waiting for its pauses.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[tuple[Any, object]]] = defaultdict(deque)
        self._running: Counter[str] = Counter()
        self._ended: SimpleQueue[tuple[str, PrefectFuture[Any]]] = SimpleQueue()

    def add(self, source: str, task: Any, given: object) -> None:
        """Put a task at the end of the line of its source."""
        self._waiting[source].append((task, given))
        self._go_on(source)

    def work_off(self) -> Iterator[tuple[str, Any]]:
        """The source and the result of every task as it ends; more may be added meanwhile."""
        while self._running.total():
            source, future = self._ended.get()
            self._running[source] -= 1
            self._go_on(source)
            yield source, future.result(raise_on_failure=False)

    def _go_on(self, source: str) -> None:
        while self._waiting[source] and self._running[source] < AT_ONCE:
            task, given = self._waiting[source].popleft()
            self._running[source] += 1
            future = task.submit(opaque(given))
            future.add_done_callback(lambda ended: self._ended.put((source, ended)))


def _counted(tallies: list[BackfillTally], shown: _Shown) -> list[BackfillTally]:
    for one in tallies:
        shown.progress.brought(one.expected, read=one.fetched, new=one.new, failed=one.failed)
        for error in one.errors:
            log.warning("backfill: %s", error)
    shown.update()
    return tallies


class _Shown:
    """The progress on the page of the run; not told more often than a person can read."""

    def __init__(self, progress: Progress, rooms: House) -> None:
        self.progress = progress
        self._now = rooms.now
        self._told = rooms.now()
        made = create_progress_artifact(0.0, key="backfill-progress", description="listing the archives")
        self._artifact = cast("UUID", made)  # a coroutine only in asynchronous code

    def update(self, *, is_over: bool = False) -> None:
        now = self._now()
        if is_over or (now - self._told).total_seconds() >= 2:  # noqa: PLR2004 - seconds
            self._told = now
            done = 100.0 if is_over else self.progress.percent
            update_progress_artifact(self._artifact, done, description=self.progress.sentence(now))


def _show(tallies: Sequence[BackfillTally], asked: Asked, rooms: House) -> None:
    span = f"{asked.window.since} to {asked.window.until}"
    create_table_artifact(
        report.backfill_table(tallies),
        key="backfill",
        description=f"Backfill of {span}: {report.backfill_summary(tallies)}",
    )
    found = backfilling.would_alert(tallies, asked, rooms)
    create_markdown_artifact(
        report.backfill_markdown(span, tallies, found, is_dry=asked.dry_run),
        key="backfill-summary",
        description=f"Backfill of {span}, in words",
    )


@dataclass(frozen=True, slots=True)
class Job:
    """What one listing task is given."""

    source: Source
    asked: Asked
    rooms: House


@dataclass(frozen=True, slots=True)
class Work:
    """What one task run brings in."""

    chunk: Chunk
    asked: Asked
    rooms: House


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that one task run brings in, as far as it is of the sources asked for."""

    file: str
    wanted: Sequence[Source]
    asked: Asked
    rooms: House


@task(cache_policy=NO_CACHE, persist_result=False)
def look(job: Job) -> Looked:
    """List the days of a source that were not brought in before."""
    looked = backfilling.look(job.source, job.asked, job.rooms)
    for error in looked.errors:
        log.warning("backfill: %s", error)
    return looked


@task(cache_policy=NO_CACHE, persist_result=False)
def bring(work: Work) -> list[BackfillTally]:
    """Bring in some days of a source; a failure is told in its row and leaves the others alone."""
    return backfilling.bring(work.chunk, work.asked, work.rooms)


@task(cache_policy=NO_CACHE, persist_result=False)
def bring_file(work: Handed) -> list[BackfillTally]:
    """Bring in what a file names or holds."""
    return handed.bring(work.file, work.wanted, work.asked, work.rooms)
