"""The mute flow: silence for a while what somebody does not want to hear of, or end the silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from alerts.rules.mutes import Mute, MuteScope
from flows import house, muting, settings, silences
from flows.choices import EVERYBODY, DestinationId, one_of
from flows.house import House
from flows.silences import MuteError
from scrapers import clean
from storage import mutes
from storage.engine import reading

BY = "Prefect page"

HowLong = Literal["1 hour", "4 hours", "until 07:00", "1 day", "3 days", "1 week", "until lifted"]
_LENGTHS: dict[HowLong, timedelta | None] = {
    "1 hour": timedelta(hours=1),
    "4 hours": timedelta(hours=4),
    "until 07:00": None,
    "1 day": timedelta(days=1),
    "3 days": timedelta(days=3),
    "1 week": timedelta(days=7),
}


@flow(name="mute", flow_run_name="{do} {what} {which}", timeout_seconds=300)
def mute(  # noqa: PLR0917 - each is a field of the form
    what: Annotated[MuteScope, one_of(list(MuteScope))],
    which: str,
    how_long: HowLong = "1 day",
    destination: DestinationId = EVERYBODY,
    comment: str = "",
    do: Literal["mute", "lift"] = "mute",
) -> State[None]:
    """Alert nobody of a story, watch, entity or source for a while, or hold everything for a destination.

    What is muted is not alerted later; the next report after the end alerts again. What is held for a destination is
    sent when it ends. All mutes that hold now stand under Artifacts.

    Args:
        what: What is muted. A story is one event in all outlets; an entity is a name of the watchlist.
        which: Of a story its number, or the address of any of its articles; else the id, such as air-defence.
        how_long: When it ends by itself. until 07:00 is the next 07:00 on the clock of the destination, else of Kyiv.
        destination: Mute it only for this destination. Lifting takes the same destination as muting did.
        comment: Why, for whoever asks later why nothing came. Everybody who reaches this page can read it.
        do: mute begins the silence, or changes how long it lasts; lift ends it at once.
    """
    to = "" if destination == EVERYBODY else destination
    with house.opened(settings.load()) as rooms:
        try:
            if do == "lift":
                lines = [_lift(rooms, what, which, to)]
            else:
                lines = _mute(rooms, Mute(what, which, None, to, BY, clean.line(comment)), how_long)
        except MuteError as refused:
            return Failed(message=str(refused))
        with reading(rooms.engine) as session:
            held = mutes.active(session, rooms.now())
            titles = mutes.titles(session, [int(one.ref) for one in held if one.scope is MuteScope.STORY])
        create_table_artifact(silences.table(held, titles, rooms), key="mutes", description=f"mutes: {len(held)}")
    return Completed(message="; ".join(lines))


def _mute(rooms: House, asked: Mute, how_long: HowLong) -> list[str]:
    ref = silences.checked(rooms, asked.scope, asked.ref, asked.destination)
    zone = silences.zone_of(rooms, asked.scope, ref, asked.destination)
    until = None if how_long == "until lifted" else silences.ending(rooms.now(), _LENGTHS[how_long], zone)
    wanted = Mute(asked.scope, ref, until, asked.destination, asked.by, asked.comment)
    return silences.told(wanted, muting.mute(rooms, wanted), zone)


def _lift(rooms: House, scope: MuteScope, which: str, destination: str) -> str:
    ref = silences.reference(rooms, scope, which)
    if not muting.unmute(rooms, scope, ref, destination):
        raise MuteError(silences.not_muted(rooms, scope, ref, destination))
    return silences.lifted(scope, ref, destination)
