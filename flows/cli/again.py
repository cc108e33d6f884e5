"""The command that applies a changed watchlist to what is stored: rematch."""

from __future__ import annotations

from typing import Annotated

import typer

from alerts.model import Mode
from flows import delivery, house, rematching, settings
from flows.backfilling import MODES, BackfillAlerts
from flows.cli.output import complain, to_json, to_table, wrong
from flows.cli.run import Json, end

_TOLD_EVERY = 10_000  # articles


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(rematch)


def rematch(
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="Only articles of the last so many days; all when left out."),
    ] = None,
    watch: Annotated[str, typer.Option(metavar="ID", help="Only this watch; all when left out.")] = "",
    alerts: Annotated[
        BackfillAlerts,
        typer.Option(
            help="none: store what matches now. digest: one digest of what is new. live: alert as if just published."
        ),
    ] = BackfillAlerts.NONE,
    *,
    as_json: Json = False,
) -> None:
    """Apply a changed watchlist to the stored articles, without fetching; silent unless --alerts says otherwise."""
    mode = MODES[alerts]
    with house.opened(settings.load()) as rooms:
        try:
            only = house.watch_of(rooms.configuration, watch) if watch else None
        except KeyError as unknown:
            raise wrong(f"--watch: {unknown.args[0]}") from None
        tally = rematching.rematch(rooms, days, only, mode, _progress)
        sent = delivery.deliver(rooms, backfilled=mode is Mode.DIGEST)
        rows = rematching.rows(tally)
        if as_json:
            counts = {"articles": tally.articles, "without_text": tally.without_text, "failed": tally.failed}
            to_json(counts | {"watches": rows, "errors": tally.errors})
        else:
            to_table(rematching.summary(tally), rows)
        end(rooms, tally.errors + sent.errors)


def _progress(tally: rematching.Tally) -> None:
    if tally.articles % _TOLD_EVERY == 0:
        complain(f"{tally.articles:,} articles matched again")
