"""Mute and unmute, with what follows for messages that are on their way; knows nothing of Prefect."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from alerts.model import Decision
from alerts.rules import decide as rules
from alerts.rules.cases import Ruling, Situation
from alerts.rules.mutes import Mute, MuteScope
from flows.house import House
from flows.telling import NEWS_FOR
from scrapers.errors import ConfigError
from storage import alerts, decisions, matches, mutes, outbox
from storage.engine import transaction


def mute(house: House, wanted: Mute) -> int:
    """Store a mute, and cancel what it silences and has not left yet; how many messages that were.

    A whole destination is only held: nothing of it is cancelled, and it leaves when the mute ends.
    """
    with transaction(house.engine) as session:
        matches.wait_for_turn(session)
        mutes.put(session, wanted, house.now())
        if wanted.scope is not MuteScope.DESTINATION:
            return silence(session, house, wanted)
        outbox.prolong(session, wanted.ref, wanted.until + NEWS_FOR if wanted.until else None)
    return 0


def silence(session: Session, house: House, muted: Mute) -> int:
    """Cancel what a mute silences and has not left yet; how many messages that were."""
    matches.wait_for_turn(session)
    now = house.now()
    watches = {watch.id: watch for watch in house.configuration.watchlist.watches}
    known, situation = house.configuration.destinations.by_id, Situation(now, mutes=[muted])
    waiting = mutes.on_their_way(session)
    pending = matches.by_id(session, house.configuration.sources, {match for _, match, _ in waiting if match})
    by_id = {one.id: one for one in pending}
    silenced: dict[int, Ruling] = {}
    for alert, match, to in waiting:
        one = by_id.get(match or 0)
        watch, destination = watches.get(one.match.watch) if one else None, known.get(to)
        if one and watch and destination and rules.mute_of(one, watch, destination, situation):
            reason = f"{muted.sentence}: its message had not left"
            silenced[alert] = Ruling(one.id, watch.id, one.story, to, Decision.MUTED, reason, muted.until, alert=alert)
    cancelled = outbox.cancel(session, silenced.keys(), muted.sentence)
    reached = outbox.reached(session, silenced.keys())
    untold = {alert: ruling for alert, ruling in silenced.items() if alert not in reached}
    alerts.take_back(session, untold.keys(), {"outcome": Decision.MUTED.value, "reason": muted.sentence})
    decisions.write(session, list(untold.values()), {}, {}, now)
    return cancelled


def unmute(house: House, scope: MuteScope, ref: str, destination: str = "") -> bool:
    """Lift a mute; what it held is looked at with the next pass. Whether there was one."""
    with transaction(house.engine) as session:
        lifted = mutes.lift(session, scope, ref, destination)
        if lifted and scope is MuteScope.DESTINATION:
            alerts.hasten(session, house.now(), ref)
            outbox.prolong(session, ref, house.now() + NEWS_FOR)
    return lifted


def zone(name: str) -> ZoneInfo:
    """The time zone of this name; raises ConfigError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"--zone: no time zone is called `{name}`") from None
