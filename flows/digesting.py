"""Make the digests that are due, and those that a storm or a backfill asks for; knows nothing of Prefect."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from alerts import rendering
from alerts.destinations import Destination
from alerts.model import Alert, Decision, DeliveryKind, DigestContent, Message, Priority, Silence
from alerts.rules import decide as rules
from alerts.rules import gathering
from alerts.rules.cases import PendingMatch, Ruling
from alerts.rules.gathering import FILL, REST, STORM, Listed
from alerts.rules.mutes import MuteScope
from alerts.rules.throttle import FLOOD, next_gathered
from alerts.watchlist import Watch
from flows import telling
from flows.house import House
from flows.tally import DeliveryTally
from flows.telling import Desk
from storage import alerts, decisions, digests, matches, outbox, sources
from storage import mutes as stored_mutes
from storage.digests import Waiting
from storage.engine import reading, transaction
from storage.outbox import Outgoing, delivery_key

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)
_ABANDONED = timedelta(hours=1)  # a backfill that queued nothing for so long has ended, or was killed
_READ = 500  # matches of which the articles are read at once


@dataclass(frozen=True, slots=True)
class Plan:
    """A digest that is to be made: under which name and date, from when on, and what goes in."""

    name: str
    local_date: str
    start: datetime
    why: Decision
    whys: Collection[Decision]
    slot_of: frozenset[Priority] | None = None  # priorities that it is for; None: all


def make_due(house: House, tally: DeliveryTally, *, backfilled: bool = False) -> None:
    """Make every digest whose time has come; with `backfilled` also that of a backfill, which has ended."""
    known = house.configuration.destinations.by_id
    with transaction(house.engine) as session:
        late = outbox.expired(session, known.keys(), house.now())
        strayed, lost = outbox.strayed(session, {one.id: one.recipients for one in known.values()})
        digests.queue_late(session, {one.alert_id for one in late if one.alert_id} | strayed, house.now())
        digests.free(session, lost)
    with reading(house.engine) as session:
        held = digests.kinds(session, known.keys())
    for destination in known.values():
        for plan in [*_scheduled(house, destination), *_unscheduled(house, destination, held, backfilled=backfilled)]:
            _make(house, destination, plan, tally)


def _scheduled(house: House, destination: Destination) -> list[Plan]:
    """The digests of its calendar whose time has come; one that was never made begins to count now."""
    if not destination.digest:
        return []
    now, slots = house.now(), [slot for digest in destination.digest for slot in digest.slots]
    with reading(house.engine) as session:
        last = digests.last(session, destination.id, [slot.name for slot in slots])
        if _is_muted(session, destination, now):
            return []
        made = {name: (one.local_date, one.end) for name, one in last.items()}
        oldest = digests.oldest(session, destination.id)
    due = gathering.due(slots, made, oldest, now, destination.zone)
    first = [one for one in due if one.is_first]
    if first:
        with transaction(house.engine) as session:
            for one in first:
                digests.make(session, destination.id, one.slot.name, one.local_date, now, now, now)
    meant = {slot.name: frozenset(digest.of) for digest in destination.digest for slot in digest.slots}
    every = frozenset(priority for of in meant.values() for priority in of)
    return [
        Plan(
            one.slot.name,
            one.local_date,
            one.start,
            Decision.DIGEST,
            REST | STORM,
            meant[one.slot.name] | (frozenset(Priority) - every),
        )
        for one in due
        if not one.is_first
    ]


def _unscheduled(
    house: House, destination: Destination, held: Mapping[str, Mapping[Decision, datetime]], *, backfilled: bool
) -> list[Plan]:
    """What cannot wait for a calendar: the rest of a storm, a backfill, and all where there is no calendar."""
    waiting, now = held.get(destination.id, {}), house.now()
    wanted = []
    if STORM & waiting.keys():
        wanted.append((Decision.THROTTLED, STORM))
    if FILL & waiting.keys() and (backfilled or waiting[Decision.BACKFILL] <= now - _ABANDONED):
        wanted.append((Decision.BACKFILL, FILL))
    if not destination.digest and REST & waiting.keys():
        wanted.append((Decision.TOO_OLD, REST))
    if not wanted:
        return []
    with reading(house.engine) as session:
        if digests.is_on_its_way(session, destination.id) or _is_muted(session, destination, now):
            return []
        loudest = Priority.CRITICAL if digests.holds_critical(session, destination.id) else Priority.NORMAL
        if rules.held_until(destination, loudest, now):
            return []
        times = {why: digests.gathered(session, destination.id, why, now - _DAY) for why, _ in wanted}
    date = f"{now.astimezone(destination.zone):%Y-%m-%d}"
    plans = []
    for why, whys in wanted:
        soonest = next_gathered(times[why], destination.limit.period) if why is not Decision.BACKFILL else None
        if soonest is None or soonest <= now:
            plans.append(Plan(f"{why.value}:{now:%H%M%S%f}", date, max(times[why], default=now), why, whys))
    return plans


def _is_muted(session: Session, destination: Destination, now: datetime) -> bool:
    held = stored_mutes.active(session, now)
    return any(mute.scope is MuteScope.DESTINATION and mute.ref == destination.id for mute in held)


def _make(house: House, destination: Destination, plan: Plan, tally: DeliveryTally) -> None:
    """Make one digest, if nobody did, with all that waits for it; without anything to tell it stays unsent."""
    with transaction(house.engine) as session:
        matches.wait_for_turn(session)
        now = house.now()
        watches = {watch.id: watch for watch in house.configuration.watchlist.watches}
        items = [
            item
            for item in digests.waiting(session, destination.id, plan.whys)
            if plan.slot_of is None or _priority(item, watches) in plan.slot_of
        ]
        if plan.slot_of is None and not items:
            return
        digest = digests.make(session, destination.id, plan.name, plan.local_date, plan.start, now, now)
        if digest is None:
            return
        taken = digests.take(session, digest, [item.id for item in items], now)
        at = telling.desk(session, house, {item.story for item in items if item.is_told})
        told = _sorted_out(at, destination, [item for item in items if item.id in taken])
        content = _content(at, destination, plan, told)
        if not content.alerts and not content.silences:
            return
        made = list(_messages(house, content, destination, plan, digest, now))
        tally.opened += outbox.put(session, made, now)
        delivery = digests.delivery_of(session, digest)
        date = f"{now.astimezone(destination.zone):%Y-%m-%d %H:%M}"
        reason = f"told by the digest of {date}"
        decisions.settle(session, destination.id, [item.match for item in told], reason, delivery, now)


def _priority(item: Waiting, watches: Mapping[str, Watch]) -> Priority:
    watch = watches.get(item.watch)
    return watch.priority if watch else Priority.NORMAL


def _sorted_out(at: Desk, destination: Destination, items: Sequence[Waiting]) -> list[Waiting]:
    """What is still to be told: not what a message told meanwhile, nor what was muted or is matched no longer."""
    about: dict[int, PendingMatch] = {}
    if any(mute.scope is not MuteScope.DESTINATION for mute in at.situation.mutes):
        about = {one.id: one for one in _read(at, [item.match for item in items if not item.is_told])}
    told, done = [], []
    for item in items:
        one, watch = about.get(item.match), at.watches.get(item.watch)
        if item.is_told:
            done.append(_ruling(item, destination, Decision.FURTHER_OUTLET, "a message told it meanwhile"))
        elif watch is None:
            done.append(_ruling(item, destination, Decision.WATCH_GONE, "the watch was removed"))
        elif item.is_lapsed:
            done.append(_ruling(item, destination, Decision.LAPSED, rules.NO_LONGER))
        elif one and (muted := _muted(at, one, watch, destination)):
            done.append(_ruling(item, destination, Decision.MUTED, muted))
        else:
            told.append(item)
    standing = {triple: one.id for triple, one in at.situation.standing.items()}
    deliveries = outbox.made_for(at.session, {item.story for item in items if item.is_told})
    decisions.write(at.session, done, standing, deliveries, at.now)
    return told


def _ruling(item: Waiting, destination: Destination, decision: Decision, reason: str) -> Ruling:
    return Ruling(item.match, item.watch, item.story, destination.id, decision, reason, alert=item.alert or 0)


def _muted(at: Desk, one: PendingMatch, watch: Watch, destination: Destination) -> str:
    found = rules.mute_of(one, watch, destination, at.situation)
    return found.sentence if found and found.scope is not MuteScope.DESTINATION else ""


def _read(at: Desk, ids: Sequence[int]) -> list[PendingMatch]:
    known = at.house.configuration.sources
    parts = (ids[start : start + _READ] for start in range(0, len(ids), _READ))
    return [one for part in parts for one in matches.by_id(at.session, known, part)]


def _content(at: Desk, destination: Destination, plan: Plan, told: Sequence[Waiting]) -> DigestContent:
    outlets = digests.outlets(at.session, {item.story for item in told})
    found = [
        Listed(item.watch, item.story, item.match, _priority(item, at.watches), outlets.get(item.story, 0))
        for item in told
        if item.watch in at.watches
    ]
    shown, more = gathering.listed(found)
    about = {one.id: one for one in _read(at, [one.match for one in shown])}
    telling.load(at, {one.story for one in shown})
    archived = alerts.archived(at.session, {one.article_id for one in about.values()})
    names = {watch.id: watch.name for watch in at.watches.values()}
    is_scheduled = plan.why is Decision.DIGEST
    note = gathering.note(plan.why, [item.watch for item in told], names, destination, FLOOD)
    return DigestContent(
        name=plan.name.partition("@")[0].partition(":")[0],
        start=plan.start,
        end=at.now,
        alerts=tuple(_alerts(at, shown, told, about, archived)),
        why=plan.why,
        note="" if is_scheduled else note,
        more=more,
        silences=_silences(at, plan.start) if is_scheduled else (),
        quiet=_quiet(at, destination, plan.start) if is_scheduled else (),
    )


def _alerts(
    at: Desk,
    shown: Sequence[Listed],
    told: Sequence[Waiting],
    about: Mapping[int, PendingMatch],
    archived: Mapping[int, datetime],
) -> list[Alert]:
    by_match = {item.match: item for item in told}
    found = []
    for one in shown:
        if one.match in about:
            match, item = about[one.match], by_match[one.match]
            coverage = at.situation.coverage.get(one.story, ())
            when = archived.get(match.article_id)
            found.append(telling.alert_of(match, at.watches[one.watch], coverage, item.why, item.alert or 0, when))
    return found


def _quiet(at: Desk, destination: Destination, start: datetime) -> tuple[str, ...]:
    """Names of the watches of the destination that found nothing since `start`, for no digest and for no alert."""
    found = matches.watches_between(at.session, start, at.now)
    return tuple(one.name for one in at.watches.values() if destination.id in one.to and one.id not in found)


def _silences(at: Desk, start: datetime) -> tuple[Silence, ...]:
    """Sources that do not answer, or did not since `start`, so that an empty digest is not taken for a quiet day.

    Each is named once: with the outage that goes on, else with its longest.
    """
    known, found = at.house.configuration.sources, dict[str, Silence]()
    for outage in sorted(sources.outages(at.session, start), key=lambda one: one.until - one.since):
        if outage.source in known:
            name = known[outage.source].name
            found[outage.source] = Silence(name, outage.since, outage.error, outage.until)
    for state in sources.states(at.session).values():
        begun = state.failed_at or state.last_ok_at
        if state.source in known and state.failures and (begun is None or begun <= at.now - sources.OUTAGE):
            found[state.source] = Silence(known[state.source].name, state.last_ok_at, state.error)
    return tuple(sorted(found.values(), key=lambda one: (one.until is not None, one.source)))


def _messages(  # noqa: PLR0917 - private, called once
    house: House, content: DigestContent, destination: Destination, plan: Plan, digest: int, now: datetime
) -> list[Outgoing]:
    number = int(plan.local_date.replace("-", ""))
    stories = len(content.alerts) + content.more
    made = []
    for recipient in destination.recipients:
        key = delivery_key(DeliveryKind.DIGEST, plan.name, None, destination.id, recipient, number)
        made.append(
            Outgoing(
                key=key,
                kind=DeliveryKind.DIGEST,
                digest_id=digest,
                destination=destination.id,
                recipient=recipient,
                reason=plan.why,
                headline=f"{content.name} of {plan.local_date}: {stories:,} stories",
                message=_render(house, content, destination, key, now),
                urgency=1,
            )
        )
    return made


def _render(house: House, content: DigestContent, destination: Destination, key: str, now: datetime) -> Message:
    try:
        return rendering.render_digest(content, destination, key, now, house.links)
    except Exception:  # a plain digest is better than none, and than holding up the others
        log.exception("digest not rendered", extra={"destination": destination.id, "stories": len(content.alerts)})
        lines = [f"{rendering.clean_text(one.article.title)}\n{one.article.url}" for one in content.alerts]
        return Message(text="\n\n".join(lines), subject=f"Digest: {len(lines)} stories")
