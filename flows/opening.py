"""Decide on new matches, and again on those that were held; knows nothing of Prefect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from alerts.model import AlertState, Decision, Priority
from alerts.rules import decide as rules
from alerts.rules.cases import Case, PendingMatch, Ruling
from flows import telling
from flows.house import House
from flows.tally import DeliveryTally
from flows.telling import Desk, Weather
from storage import alerts, decisions, matches
from storage.alerts import Held
from storage.engine import transaction

_BATCH = 200  # matches or alerts that are decided in one transaction
_URGENT_FIRST = tuple(reversed(Priority))
_MENDED_SOON = timedelta(minutes=10)  # a watchlist with mistakes is looked at again then


def open_new(house: House, tally: DeliveryTally) -> None:
    """Decide on every match that is new, those of the most urgent watches first."""
    weather = telling.weather(house)
    watches = house.configuration.watchlist.watches
    for priority in _URGENT_FIRST:
        some = {watch.id for watch in watches if watch.priority is priority}
        after: int | None = 0 if some else None
        while after is not None:
            after = _open_some(house, tally, after, some, weather)
    after = None if house.configuration.watchlist.problems else 0  # a watch that is misspelt now is not gone
    while after is not None:
        after = _open_some(house, tally, after, {watch.id for watch in watches}, weather, others=True)


def answer(house: House, tally: DeliveryTally) -> None:
    """Decide again on matches whose destination is configured by now."""
    after: int | None = 0
    known = house.configuration.destinations.by_id
    while after is not None and known:
        with transaction(house.engine) as session:
            waiting = decisions.unanswered(session, known.keys(), after, _BATCH)
            after = max(waiting, default=None)
            if waiting:
                pending = matches.by_id(session, house.configuration.sources, waiting)
                at = telling.desk(session, house, (one.story for one in pending))
                _rule(at, pending, tally, waiting)


def look_again(house: House, tally: DeliveryTally) -> None:
    """Judge again what was held and whose time has come, the most urgent first."""
    weather = replace(telling.weather(house), flooded={})  # what was held is few by now, or many: the throttle tells
    for priority in _URGENT_FIRST:
        after: int | None = 0
        while after is not None:
            after = _look_at_some(house, tally, priority, after, weather)


def _open_some(
    house: House,
    tally: DeliveryTally,
    after: int,
    watches: set[str],
    weather: Weather,
    *,
    others: bool = False,
) -> int | None:
    """Decide on the next matches after id `after`; the last id, None at the end."""
    with transaction(house.engine) as session:
        pending = matches.pending(session, house.configuration.sources, after, _BATCH, watches, others=others)
        if not pending:
            return None
        at = telling.desk(session, house, (one.story for one in pending), weather)
        rulings = _rule(at, pending, tally)
        matches.mark_decided(session, {ruling.match for ruling in rulings}, at.now)
    return max(one.id for one in pending)


def _rule(
    at: Desk, pending: Sequence[PendingMatch], tally: DeliveryTally, only: Mapping[int, set[str]] | None = None
) -> list[Ruling]:
    telling.load_for(at, pending)
    is_whole = not at.house.configuration.watchlist.problems
    rulings = rules.decide(pending, at.watches, at.destinations, at.situation, only, is_whole=is_whole)
    telling.carry_out(at, pending, rulings, tally)
    return rulings


def _look_at_some(house: House, tally: DeliveryTally, priority: Priority, after: int, weather: Weather) -> int | None:
    """Judge the next held alerts after id `after`; the last id, None at the end."""
    with transaction(house.engine) as session:
        matches.wait_for_turn(session)
        held = alerts.due(session, priority, after, _BATCH, house.now())
        if not held:
            return None
        attached = decisions.attached(session, [one.id for one in held])
        ids = {match for found in attached.values() for match in found} | {one.match or 0 for one in held}
        pending = {one.id: one for one in matches.by_id(session, house.configuration.sources, ids)}
        at = telling.desk(
            session, house, {one.story for one in pending.values()} | {one.story for one in held}, weather
        )
        telling.load(at, {one.story for one in held if _is_asking(at, one)})
        telling.load_for(at, [one for one in pending.values() if one.story not in {alert.story for alert in held}])
        rulings: list[Ruling] = []
        for one in held:
            of_it = {*attached.get(one.id, ()), one.match or 0}
            rulings += _look_at(at, one, [pending[match] for match in of_it if match in pending])
        telling.carry_out(at, list(pending.values()), rulings, tally)
    return held[-1].id


def _is_asking(at: Desk, held: Held) -> bool:
    watch = at.watches.get(held.watch)
    return watch is not None and bool(watch.require or watch.hold)


def _look_at(at: Desk, held: Held, of_it: Sequence[PendingMatch]) -> list[Ruling]:
    """What becomes of one alert and of every match that waits with it."""
    watch, destination = at.watches.get(held.watch), at.destinations.get(held.destination)
    if watch is None and at.house.configuration.watchlist.problems:
        alerts.put_off(at.session, [held.id], at.now + _MENDED_SOON)
        return []
    if watch is None or destination is None or held.destination not in watch.to:
        alerts.close(at.session, [held.id])
        return [_gone(held, one, is_watch=watch is None, is_destination=destination is None) for one in of_it]
    rulings = [_lapsed(held, one) for one in of_it if one.is_lapsed]
    holding = sorted((one for one in of_it if not one.is_lapsed), key=lambda one: (one.at, one.id))
    stays = [one for one in holding if one.story == held.story]
    moved = [one for one in holding if one.story != held.story]  # their articles tell another event by now
    if stays:
        since = min(one.created for one in stays)
        case = Case(replace(stays[0], created=since), watch, destination, held.id)
        first = rules.judge(case, at.situation)
        rulings += [first, *(_follows(first, one) for one in stays[1:])]
    else:
        alerts.close(at.session, [held.id])
    only = {one.id: {held.destination} for one in moved}
    return rulings + rules.decide(moved, at.watches, at.destinations, at.situation, only)


def _follows(first: Ruling, one: PendingMatch) -> Ruling:
    """The same for a later report of the story: told, it is a further outlet."""
    if first.state in (AlertState.OPEN, AlertState.QUEUED):
        reason = "joined the first report of the story"
        decision = Decision.FURTHER_OUTLET
        return replace(first, match=one.id, decision=decision, reason=reason, state=None, until=None, is_queued=False)
    return replace(first, match=one.id, state=None)


def _lapsed(held: Held, one: PendingMatch) -> Ruling:
    return Ruling(one.id, held.watch, held.story, held.destination, Decision.LAPSED, rules.NO_LONGER, alert=held.id)


def _gone(held: Held, one: PendingMatch, *, is_watch: bool, is_destination: bool) -> Ruling:
    decision, reason = Decision.NO_DESTINATION, "the watch names this destination no more"
    if is_watch:
        decision, reason = Decision.WATCH_GONE, "the watch was removed"
    elif is_destination:
        decision = Decision.UNKNOWN_DESTINATION
        reason = f"no destination is called `{held.destination}`: it is told when there is one"
    return Ruling(one.id, held.watch, held.story, held.destination, decision, reason, alert=held.id)
