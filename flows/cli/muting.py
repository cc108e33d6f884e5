"""Commands that silence what somebody does not want to hear of for a while, and end the silence."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from alerts.rules.mutes import Mute, MuteScope
from flows import house, muting, settings
from flows.cli.output import Failed, complain, to_json, to_table, wrong
from flows.cli.run import Json
from flows.house import House
from scrapers.source import Duration
from scrapers.yamlfile import nearest
from storage import mutes
from storage.engine import reading, transaction

_FORMS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
Scope = Annotated[MuteScope, typer.Argument(help="What is muted.")]
Ref = Annotated[str, typer.Argument(metavar="REF", help="Number of a story, else an id of the configuration.")]
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
        _check(rooms, scope, ref, destination)
        now = rooms.now()
        end = _end(now, until, length, zone)
        if end is not None and end <= now:
            raise wrong(f"--until: {end:%Y-%m-%d %H:%M} UTC has passed")
        wanted = Mute(scope, ref, end, destination, _who(), comment)
        cancelled = muting.mute(rooms, wanted)
        to = f" for {destination}" if destination else ""
        lasting = f"until {end:%Y-%m-%d %H:%M} UTC" if end else "until it is lifted"
        complain(f"{scope} {ref} is muted{to} {lasting}")
        if cancelled:
            complain(f"messages that had not left yet and were cancelled: {cancelled}")


def unmute(scope: Scope, ref: Ref, destination: To = "") -> None:
    """End a silence; what was held for a destination is sent with the next pass."""
    with house.opened(settings.load()) as rooms:
        if not muting.unmute(rooms, scope, ref, destination):
            with transaction(rooms.engine) as session:
                held = [one.ref for one in mutes.active(session, rooms.now()) if one.scope is scope]
            raise Failed(f"{scope} {ref} is not muted{nearest(ref, held)}")
        complain(f"{scope} {ref} is muted no more")


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


def _check(rooms: House, scope: MuteScope, ref: str, destination: str) -> None:
    """End with a sentence when what is to be muted does not exist."""
    configuration = rooms.configuration
    known = configuration.destinations.by_id
    if destination and destination not in known:
        raise wrong(f"--destination: no destination is called `{destination}`{nearest(destination, known)}")
    if destination and scope is MuteScope.DESTINATION:
        raise wrong("--destination goes with a story, watch, entity or source")
    if scope is MuteScope.STORY:
        with reading(rooms.engine) as session:
            if not (ref.isascii() and ref.isdigit() and mutes.has_story(session, int(ref))):
                raise wrong(f"no story has the number {ref}: see `varta stories`")
        return
    names = {
        MuteScope.WATCH: [watch.id for watch in configuration.watchlist.watches],
        MuteScope.ENTITY: [entity.id for entity in configuration.watchlist.entities],
        MuteScope.SOURCE: list(configuration.sources),
        MuteScope.DESTINATION: list(known),
    }[scope]
    if ref not in names:
        raise wrong(f"no {scope} is called `{ref}`{nearest(ref, names)}")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        return ""
