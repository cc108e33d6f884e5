"""Commands that do work: up, demo, ingest, deliver, upkeep, db."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from flows import delivery, house, keeping, metrics, pipeline, postman, report, rereading, settings
from flows.cli.output import complain, to_json, to_lines, to_table, wrong
from flows.house import House
from scrapers.source import Source
from storage import engine as database

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SourceIds = Annotated[list[str] | None, typer.Option("--source", help="Id of a source; repeatable.")]
_FORM = "YYYY-MM-DD"


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (up, demo, ingest, deliver, upkeep):
        app.command()(command)
    app.command("metrics")(print_metrics)
    tables = typer.Typer(help="The database.", no_args_is_help=True)
    tables.callback()(lambda: None)
    tables.command("upgrade")(upgrade)
    app.add_typer(tables, name="db")


def up(
    port: Annotated[int, typer.Option(help="Port of the Prefect page.", min=1, max=65535)] = 4200,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback need PREFECT_SERVER_API_AUTH_STRING.")
    ] = "127.0.0.1",
) -> None:
    """Start the Prefect server, serve every flow on its schedule, ingest at once; start again what ends."""
    os.execv(sys.executable, [sys.executable, "-m", "deployments.serve", str(port), host])  # noqa: S606


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Run the path once and exit.")] = False,
    as_json: Json = False,
    port: Annotated[int, typer.Option(help="Port of the page that shows what was delivered.")] = 8025,
) -> None:
    """The whole path offline: a small news site, a mail server and a Slack stand-in."""
    from flows.demo import show  # noqa: PLC0415 - its servers are of no use to any other command

    raise typer.Exit(show.main(once=once, as_json=as_json, port=port))


def ingest(
    source: SourceIds = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Also sources that are not due.")] = False,
    as_json: Json = False,
) -> None:
    """Poll the sources that are due once, and deliver what became due."""
    with house.opened(settings.load()) as rooms:
        wanted = _wanted(rooms, source)
        with postman.at_work(rooms) as (rung, sent):
            tallies = pipeline.pass_over(pipeline.claim_due(wanted, rooms, force=force), rung)
        if as_json:
            to_json(report.rows(tallies))
        else:
            to_table(f"{report.summary(tallies)}; {report.delivered(sent)}", report.counts(tallies))
        end(rooms, [error for tally in tallies for error in tally.errors] + sent.errors)


def deliver(*, as_json: Json = False) -> None:
    """Send every delivery that is due, once."""
    with house.opened(settings.load()) as rooms:
        sent = delivery.deliver(rooms)
        if as_json:
            to_json(report.sent(sent))
        else:
            to_table(report.delivered(sent), [])
        end(rooms, sent.errors)


def upkeep(
    *,
    extract_again: Annotated[
        bool, typer.Option("--extract-again", help="Read kept pages again without a fetch, after a better rule.")
    ] = False,
    source: SourceIds = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar=_FORM, help="Only pages fetched from this day on, UTC."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what reading again would do.")] = False,
    as_json: Json = False,
) -> None:
    """Free what hangs, let go what is old and give space back; or read kept pages again."""
    if not extract_again and (source or since or dry_run):
        raise wrong("--source, --since and --dry-run go with --extract-again")
    with house.opened(settings.load()) as rooms:
        if extract_again:
            begin = since.replace(tzinfo=UTC) if since else None
            ids = [one.id for one in _wanted(rooms, source)] if source else ()
            done = asdict(rereading.reread(rooms, ids, begin, dry_run=dry_run))
            title = "kept pages that would be read again" if dry_run else "kept pages read again"
            title, errors, notes = title if done["pages"] else "no such page is kept", done["told"], ()
        else:
            done, title = asdict(keeping.keep(rooms)), "upkeep"
            unfinished = [f"{part}: the time was over; the next run goes on" for part in done["unfinished"]]
            errors, notes = done["errors"], (*done["notes"], *unfinished)
        if as_json:
            to_json(done)
        else:
            counts = {name: count for name, count in done.items() if count and isinstance(count, int)}
            to_table(title, [{"what": name.replace("_", " "), "did": f"{count:,}"} for name, count in counts.items()])
            to_lines(notes)
        end(rooms, list(errors))


def print_metrics() -> None:
    """Print what Varta does as numbers, in the text format of Prometheus."""
    with house.opened(settings.load()) as rooms:
        to_lines([metrics.exposition(metrics.collect(rooms)).rstrip("\n")])


def upgrade() -> None:
    """Bring the tables to the newest version."""
    engine = database.open_engine(settings.load().database)
    database.upgrade(engine)
    engine.dispose()
    complain("the database is up to date")


def _wanted(rooms: House, ids: list[str] | None) -> tuple[Source, ...]:
    try:
        return house.chosen(rooms.configuration, tuple(ids or ()))
    except KeyError as unknown:
        raise wrong(f"--source: {unknown.args[0]}") from None


def end(rooms: House, errors: list[str]) -> None:
    """Tell every failure; end with 2 when the configuration has mistakes, 1 when something failed."""
    complain(*map(str, rooms.configuration.problems), *errors)
    if rooms.configuration.problems:
        raise typer.Exit(2)
    if errors:
        raise typer.Exit(1)
