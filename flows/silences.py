"""What may be muted and for how long, and the sentences that refuse it or tell of it, on every way to ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.cards import phrases
from alerts.rules.mutes import Mute, MuteScope
from flows.house import House
from flows.inert import inert
from scrapers import clean
from scrapers.yamlfile import nearest
from storage import lookup, mutes
from storage.engine import reading

ZONE = ZoneInfo("Europe/Kyiv")  # of whoever has no destination to say another one
_MORNING = time(7)
_MOST_DIGITS = 18  # of a number that fits every database


class MuteError(Exception):
    """What was asked for cannot be muted; the text is for the person who asked."""


def reference(house: House, scope: MuteScope, ref: str) -> str:
    """What `ref` is stored as: of a story its number, also where an address of one of its articles is given.

    Raises MuteError where no story is found by an address.
    """
    ref = clean.line(ref)
    if scope is not MuteScope.STORY:
        return ref
    if "/" in ref:
        with reading(house.engine) as session:
            article = lookup.article(session, ref)
        if article is None:
            raise MuteError(f"no article is stored that has the address {ref}")
        if article.story is None:
            raise MuteError(f"the article has no story yet, mute its source or a watch: {ref}")
        return str(article.story)
    return str(int(ref)) if _is_number(ref) else ref


def checked(house: House, scope: MuteScope, ref: str, destination: str) -> str:
    """As `reference`; raises MuteError also when that, or the destination, does not exist."""
    known = house.configuration.destinations.by_id
    if destination and destination not in known:
        raise MuteError(f"no destination is called `{destination}`{nearest(destination, known)}")
    if destination and scope is MuteScope.DESTINATION:
        raise MuteError("a destination to mute for goes with a story, watch, entity or source")
    ref = reference(house, scope, ref)
    if scope is MuteScope.STORY:
        with reading(house.engine) as session:
            if not (_is_number(ref) and mutes.titles(session, [int(ref)])):
                raise MuteError(f"no story has the number {ref}: see `varta stories`, or give the URL of an article")
        return ref
    names = {
        MuteScope.WATCH: [watch.id for watch in house.configuration.watchlist.watches],
        MuteScope.ENTITY: [entity.id for entity in house.configuration.watchlist.entities],
        MuteScope.SOURCE: list(house.configuration.sources),
        MuteScope.DESTINATION: list(known),
    }[scope]
    if ref not in names:
        raise MuteError(f"no {scope} is called `{ref}`{nearest(ref, names)}")
    return ref


def ending(now: datetime, lasting: timedelta | None, zone: ZoneInfo) -> datetime:
    """When a mute of so long ends; without a length with the night, at the next 07:00 of `zone`."""
    if lasting is not None:
        return now + lasting
    local = now.astimezone(zone)
    morning = datetime.combine(local.date(), _MORNING, zone)
    return (morning if morning > local else morning + timedelta(days=1)).astimezone(now.tzinfo)


def zone_of(house: House, scope: MuteScope, ref: str, destination: str) -> ZoneInfo:
    """Where the readers are whom a mute is for; Kyiv when it is for all of them."""
    found = house.configuration.destinations.by_id.get(ref if scope is MuteScope.DESTINATION else destination)
    return found.zone if found else ZONE


def told(muted: Mute, cancelled: int, zone: ZoneInfo) -> list[str]:
    """What was muted until when, and how many messages were cancelled."""
    to = f" for {muted.destination}" if muted.destination else ""
    lasting = f"until {_moment(muted.until, zone)}" if muted.until else "until it is lifted"
    lines = [f"{muted.scope} {muted.ref} is muted{to} {lasting}"]
    return [*lines, f"messages that had not left yet and were cancelled: {cancelled}"] if cancelled else lines


def lifted(scope: MuteScope, ref: str, destination: str) -> str:
    """What is muted no more."""
    return f"{scope} {ref} is muted no more{f' for {destination}' if destination else ''}"


def not_muted(house: House, scope: MuteScope, ref: str, destination: str) -> str:
    """Why nothing was lifted, with what is muted instead."""
    with reading(house.engine) as session:
        held = [one for one in mutes.active(session, house.now()) if one.scope is scope]
    for_whom = [one.destination or "all destinations" for one in held if one.ref == ref]
    instead = f", but for {', '.join(for_whom)}" if for_whom else nearest(ref, [one.ref for one in held])
    return f"{scope} {ref} is not muted{f' for {destination}' if destination else ''}{instead}"


def table(held: Sequence[Mute], titles: dict[int, str], house: House) -> list[dict[str, Any]]:
    """One row per mute for a table artifact, whose cells are Markdown; what others wrote is inert in it."""
    return [
        {
            "scope": str(one.scope),
            "what": inert(_named(one, titles)),
            "until": _until(one, house),
            "destination": inert(one.destination) or "all",
            "by": inert(one.by),
            "comment": inert(one.comment),
        }
        for one in held
    ]


def _is_number(ref: str) -> bool:
    return ref.isascii() and ref.isdigit() and len(ref) <= _MOST_DIGITS


def _named(one: Mute, titles: dict[int, str]) -> str:
    title = titles.get(int(one.ref)) if one.scope is MuteScope.STORY else None
    return f"{one.ref}: {title}" if title else one.ref


def _until(one: Mute, house: House) -> str:
    if one.until is None:
        return "it is lifted"
    return _moment(one.until, zone_of(house, one.scope, one.ref, one.destination))


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {phrases.zone_name(local, zone)}"
