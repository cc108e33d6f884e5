"""Commands on watches: list, check, try."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from alerts.errors import QueryError
from flows import explaining, house, linting, replaying, settings
from flows.cli.output import complain, to_json, to_lines, to_table, wrong
from flows.cli.run import Json
from flows.house import Configuration
from flows.replaying import Replay
from scrapers.yamlfile import Problem


def listing(*, as_json: Json = False) -> None:
    """Every watch with its query and destinations."""
    watchlist = house.configure(settings.load()).watchlist
    rows = [
        {"id": w.id, "name": w.name, "priority": w.priority, "query": w.query, "to": list(w.to)}
        for w in watchlist.watches
    ]
    if as_json:
        to_json(rows)
    else:
        to_table(f"watches: {len(rows)}, entities: {len(watchlist.entities)}", rows)
    _tell(watchlist.problems)


def check(*, as_json: Json = False) -> None:
    """Tell each mistake in the configuration files with file and line, and what in the watchlist is probably one.

    Ends with 2 for mistakes, and with 0 when there are only warnings.
    """
    chosen = settings.load()
    found = house.configure(chosen)
    linted = linting.lint(chosen, found, house.utc_now())
    if as_json:
        to_json(
            [
                *({"severity": "error", "lint": "configuration"} | asdict(one) for one in found.problems),
                *({"severity": "warning"} | asdict(one) for one in linted.findings),
                *({"severity": "note", "lint": "skipped", "message": f"not checked: {why}"} for why in linted.skipped),
            ]
        )
    else:
        to_lines([] if found.problems else [_counted(found)])
        to_lines(f"warning: {one}" for one in linted.findings)
    complain(*(f"note: not checked: {reason}" for reason in linted.skipped))
    _tell(found.problems)


def try_watch(
    asked: Annotated[str, typer.Argument(metavar="ID_OR_QUERY", help="Id of a watch, or a query.")],
    days: Annotated[int, typer.Option(min=1, max=36_500, help="Over the articles of the last so many days.")] = 30,
    *,
    as_json: Json = False,
) -> None:
    """Say what a watch would have sent over the stored articles, and what it only just missed."""
    with house.opened(settings.load()) as rooms:
        try:
            done = replaying.replay(rooms, asked, days)
        except QueryError as unreadable:
            raise wrong(str(unreadable)) from None
        problems = rooms.configuration.watchlist.problems
    if as_json:
        to_json(replaying.to_json(done))
    else:
        to_lines(_replayed(done))
    complain(*(f"note: {note}" for note in done.notes), *map(str, problems))
    if problems:
        raise typer.Exit(2)


def _replayed(done: Replay) -> Iterator[str]:
    yield f"{done.watch or 'the query'}: {replaying.summary(done)}"
    if done.watch:
        yield f"goes to: {', '.join(done.to) or 'nobody, the watch names no destination'}"
    for number, one in enumerate(done.samples):
        yield "\nlatest alerts:" if not number else ""
        yield f"{one.at:%Y-%m-%d %H:%M}  {one.source}: {one.title}"
        yield f"  > {explaining.sentence(one.sentence, one.marks)}"
        yield f"  {one.url}"
    for number, missed in enumerate(done.near):
        yield "\nonly just missed:" if not number else ""
        yield f"{missed.at:%Y-%m-%d %H:%M}  {missed.source}: {missed.title}"
        yield f"  {explaining.lacks(missed.found, missed.missing, missed.unwanted)}"
        yield f"  {missed.url}"


def _counted(found: Configuration) -> str:
    counts = (len(found.catalogue.sources), len(found.watchlist.watches), len(found.destinations.by_id))
    return "configuration ok: {} sources, {} watches, {} destinations".format(*counts)


def _tell(problems: tuple[Problem, ...]) -> None:
    complain(*map(str, problems))
    if problems:
        raise typer.Exit(2)
