"""Commands that silence what somebody does not want to hear of for a while, and end the silence."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import TypeAdapter, ValidationError

from alerts.rules.mutes import Mute, MuteScope
from flows import house, muting, settings, silences
from flows.cli.output import Failed, complain, to_json, to_table, wrong
from flows.cli.run import Json
from flows.silences import MuteError
from scrapers.source import Duration
from storage import mutes
from storage.engine import reading

_UTC = ZoneInfo("UTC")
_FORMS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
Scope = Annotated[MuteScope, typer.Argument(help="What is muted.")]
Ref = Annotated[
    str,
    typer.Argument(
        metavar="REF", help="Number of a story or URL of an article of it, else an id of the configuration."
    ),
]
To = Annotated[str, typer.Option("--destination", metavar="ID", help="Only for this destination.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (mute, unmute, list_mutes):
        app.command("mutes" if command is list_mutes else None)(command)


def mute(  # noqa: PLR0917 - each is an option of the command
    scope: Scope,
    ref: Ref,
    until: Annotated[
        datetime | None,
        typer.Option(formats=_FORMS, metavar="YYYY-MM-DD[THH:MM]", help="Until then, local time of --zone."),
    ] = None,
    length: Annotated[
        str | None, typer.Option("--for", metavar="3h", help="For so long, such as 30m, 3h or 2d.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of --until.")] = "Europe/Kyiv",
    destination: To = "",
    comment: Annotated[str, typer.Option(help="Why, for whoever asks `varta why`.")] = "",
) -> None:
    """Alert nobody of a story, watch, entity or source, or hold everything for a destination.

    Without --until or --for it lasts until `varta unmute`. What is held for a destination is sent when it ends.
    """
    if until and length:
        raise wrong("either --until or --for: both say when it ends")
    with house.opened(settings.load()) as rooms:
        try:
            ref = silences.checked(rooms, scope, ref, destination)
        except MuteError as refused:
            raise wrong(str(refused)) from None
        now = rooms.now()
        end = _end(now, until, length, zone)
        if end is not None and end <= now:
            raise wrong(f"--until: {end:%Y-%m-%d %H:%M} UTC has passed")
        wanted = Mute(scope, ref, end, destination, _who(), comment)
        complain(*silences.told(wanted, muting.mute(rooms, wanted), _UTC))


def unmute(scope: Scope, ref: Ref, destination: To = "") -> None:
    """End a silence; what was held for a destination is sent with the next pass."""
    with house.opened(settings.load()) as rooms:
        try:
            ref = silences.reference(rooms, scope, ref)
        except MuteError as refused:
            raise wrong(str(refused)) from None
        if not muting.unmute(rooms, scope, ref, destination):
            raise Failed(silences.not_muted(rooms, scope, ref, destination))
        complain(silences.lifted(scope, ref, destination))


def list_mutes(*, as_json: Json = False) -> None:
    """What is muted now, until when, by whom."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        found = mutes.active(session, rooms.now())
    rows = [
        {
            "scope": one.scope,
            "ref": one.ref,
            "destination": one.destination,
            "until (UTC)": one.until,
            "by": one.by,
            "comment": one.comment,
        }
        for one in found
    ]
    if as_json:
        to_json([{("until" if name == "until (UTC)" else name): value for name, value in row.items()} for row in rows])
    else:
        to_table(f"mutes: {len(rows)}", rows)


def _end(now: datetime, until: datetime | None, length: str | None, zone: str) -> datetime | None:
    if length is not None:
        try:
            return now + TypeAdapter[timedelta](Duration).validate_python(length)
        except ValidationError:
            raise wrong(f"--for: expected a duration such as 90s, 30m, 3h or 2d, found {length}") from None
    if until is None:
        return None
    return until.replace(tzinfo=muting.zone(zone)).astimezone(UTC)


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        return ""
