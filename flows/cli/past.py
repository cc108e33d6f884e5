"""The command that brings in the articles of past days."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from alerts.model import Mode
from flows import backfilling, delivery, discovery, handed, house, report, settings
from flows.backfilling import Asked, BackfillAlerts, BackfillError, BackfillTally, Budget, Looked
from flows.cli.output import complain, to_json, to_table, wrong
from flows.cli.run import Json, SourceIds, end
from flows.house import House
from flows.progress import Progress as Counts
from scrapers.source import RouteType, Source

_FORM = "YYYY-MM-DD"
_THREADS = 8


Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar=_FORM, help="First day, Europe/Kyiv.")]
LastDay = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar=_FORM, help="Last day, included.")]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("backfill")(backfill)


def backfill(  # noqa: PLR0917 - each is an option of the command
    since: Day,
    until: LastDay,
    source: SourceIds = None,
    lang: Annotated[list[str] | None, typer.Option(help="Only sources that publish in this language.")] = None,
    route: Annotated[RouteType | None, typer.Option(help="Only this kind of route, such as wayback.")] = None,
    file: Annotated[
        list[str] | None, typer.Option(help="A CSV or JSONL file of addresses, or a WARC file: its path or address.")
    ] = None,
    alerts: Annotated[
        BackfillAlerts,
        typer.Option(
            help="none: store and match only. digest: one digest of all that matches. "
            "live: alert as if it had just come in; what is older than a watch wants is for its digest."
        ),
    ] = BackfillAlerts.NONE,
    limit: Annotated[int, typer.Option(min=0, help="Read at most so many pages; 0: no limit.")] = 0,
    *,
    again: Annotated[bool, typer.Option("--again", help="List days anew that were finished before.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what the archives list; read and store nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring in the articles of past days, silently unless --alerts says otherwise; started again it goes on."""
    mode = backfilling.MODES[alerts]
    today = datetime.now(discovery.ZONE).date()
    with house.opened(settings.load()) as rooms:
        try:
            window = backfilling.window(since.date(), until.date(), today)
            wanted = backfilling.chosen(rooms, source or (), lang or ())
            for one in file or ():
                handed.check(one)
        except BackfillError as refused:
            raise wrong(str(refused)) from None
        asked = Asked(window, mode, route, again, dry_run, Budget(limit or None))
        tallies = _watched(wanted, file or (), asked, rooms)
        sent = delivery.deliver(rooms, backfilled=mode is Mode.DIGEST)
        if as_json:
            to_json(report.rows(tallies))
        else:
            to_table(report.backfill_summary(tallies), report.backfill_sources(tallies))
        if asked.window.until == today and mode is not Mode.LIVE:
            complain("note: articles of today that this brought in first will not alert any more")
        end(rooms, [error for tally in tallies for error in tally.errors] + sent.errors)


def _watched(wanted: Sequence[Source], files: Sequence[str], asked: Asked, rooms: House) -> list[BackfillTally]:
    """Bring everything in, hosts side by side, with a progress bar where a person looks on."""
    counts = Counts(rooms.now(), len(files) or len(wanted))
    paper = Console(stderr=True)
    with (
        Progress(BarColumn(), TextColumn("{task.description}"), console=paper, transient=True) as bar,
        ThreadPoolExecutor(_THREADS) as pool,
    ):
        shown = bar.add_task("listing the archives", total=100)
        try:
            return _run(pool, wanted, files, asked, rooms, counts, partial(_update, bar, shown, counts, rooms))
        except BaseException:
            asked.stop.set()  # Ctrl-C: no thread begins another page
            raise


def _update(bar: Progress, task: Any, counts: Counts, rooms: House) -> None:
    bar.update(task, completed=counts.percent, description=counts.sentence(rooms.now()))


def _run(  # noqa: PLR0917 - private, called once
    pool: ThreadPoolExecutor,
    wanted: Sequence[Source],
    files: Sequence[str],
    asked: Asked,
    rooms: House,
    counts: Counts,
    update: partial[None],
) -> list[BackfillTally]:
    waiting: set[Future[Any]] = set()

    def submit(function: Any, *given: Any) -> None:
        waiting.add(pool.submit(copy_context().run, function, *given))

    for file in files:
        submit(handed.bring, file, wanted, asked, rooms)
    for source in () if files else wanted:
        submit(backfilling.look, source, asked, rooms)
    tallies: list[BackfillTally] = []
    while waiting:
        ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in ended:
            result = future.result()
            if isinstance(result, Looked):
                tallies += result.ended
                counts.listed(sum(chunk.expected for chunk in result.chunks))
                for chunk in result.chunks:
                    submit(backfilling.bring, chunk, asked, rooms)
                continue
            for one in result:
                counts.brought(one.expected, read=one.fetched, new=one.new, failed=one.failed)
            tallies += result
        update()
    return sorted(tallies, key=lambda one: (one.source, one.day))
