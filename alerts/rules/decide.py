"""Decide what becomes of matches: one alert per watch, story and destination, and a reason for every outcome (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.destinations import Destination
from alerts.model import AlertState, Decision, Mode, Priority
from alerts.rules import corroboration, mutes
from alerts.rules.cases import Case, PendingMatch, Ruling, Situation, Standing
from alerts.rules.mutes import Mute, MuteScope, Subject
from alerts.rules.throttle import FLOOD
from alerts.rules.times import next_slot, quiet_until
from alerts.watchlist import Watch

NO_LONGER = "the watch was changed and matches it no longer"
SKEW = timedelta(minutes=5)  # clocks of two machines differ by less
RANK = {priority: rank for rank, priority in enumerate(Priority)}


def decide(
    pending: Sequence[PendingMatch],
    watches: Mapping[str, Watch],
    destinations: Mapping[str, Destination],
    situation: Situation,
    only: Mapping[int, Collection[str]] | None = None,
    *,
    is_whole: bool = True,
) -> list[Ruling]:
    """At least one ruling for every match, the most urgent watch first, then the earliest article.

    Without a ruling stays a match whose watch is missing while the watchlist is not whole (`is_whole`): it may only
    be misspelt at the moment. `only` restricts matches (by id) to destinations. A destination that is not configured
    is ruled UNKNOWN_DESTINATION: whoever calls asks again when it is.
    """
    rulings: list[Ruling] = []
    cases: list[tuple[int, datetime, int, int, Case]] = []
    for one in pending:
        watch = watches.get(one.match.watch)
        wanted = only.get(one.id, ()) if only is not None else None
        if watch is None:
            gone = [_ruling(one, to, Decision.WATCH_GONE, "the watch was removed") for to in wanted or ("",)]
            rulings += gone if is_whole else []
            continue
        if not watch.to and wanted is None:
            rulings.append(_ruling(one, "", Decision.NO_DESTINATION, "the watch names no destination"))
        for place, to in enumerate(watch.to if wanted is None else wanted):
            if to not in watch.to:
                rulings.append(_ruling(one, to, Decision.NO_DESTINATION, "the watch names this destination no more"))
            elif one.is_lapsed:
                rulings.append(_ruling(one, to, Decision.LAPSED, NO_LONGER))
            elif one.mode is Mode.BACKFILL:
                rulings.append(_ruling(one, to, Decision.BACKFILL, "found by a backfill that alerts nobody"))
            elif to not in destinations:
                reason = f"no destination is called `{to}`: it is told when there is one"
                rulings.append(_ruling(one, to, Decision.UNKNOWN_DESTINATION, reason))
            else:
                cases.append((-RANK[watch.priority], one.at, one.id, place, Case(one, watch, destinations[to])))
    return rulings + [_open(case, situation) for *_, case in sorted(cases, key=lambda found: found[:4])]


def judge(case: Case, situation: Situation) -> Ruling:
    """What becomes of an alert that nobody was told of yet, now; the situation remembers it."""
    ruling = _judge(case, situation)
    if ruling.state is not None:
        told = situation.now if ruling.state is AlertState.OPEN else None
        situation.remember(
            case.triple,
            Standing(case.alert, ruling.state, case.watch.priority, told, ruling.decision, ruling.reason, ruling.until),
        )
    if ruling.decision is Decision.FIRST_REPORT:
        spend(case.destination, case.watch.priority, situation)
    return ruling


def spend(destination: Destination, priority: Priority, situation: Situation) -> None:
    """Count an instant message of the destination."""
    situation.used[destination.id, priority is Priority.CRITICAL] += 1


def is_spent(destination: Destination, priority: Priority, situation: Situation) -> bool:
    """Whether the destination had its share of instant messages; what is critical has a share of its own."""
    return situation.used[destination.id, priority is Priority.CRITICAL] >= destination.limit.most


def is_ahead(when: datetime, now: datetime) -> bool:
    """Whether the clock was put back since: a wait that is counted from `when` would be longer than was meant."""
    return when > now + SKEW


def held_until(destination: Destination, priority: Priority, now: datetime) -> datetime | None:
    """When the quiet hours end that hold a message of this priority now; None when nothing holds it."""
    if destination.quiet is None or priority in destination.quiet_except:
        return None
    return quiet_until(destination.quiet, now, destination.zone)


def local(when: datetime, destination: Destination) -> str:
    """An instant as its reader writes it."""
    return f"{when.astimezone(destination.zone):%Y-%m-%d %H:%M}"


def _open(case: Case, situation: Situation) -> Ruling:
    """A new match joins what its story has already, or is judged as the first of it."""
    one, now = case.one, situation.now
    before = situation.standing.get(case.triple)
    if one.mode is Mode.DIGEST:
        return replace(_of_case(case, Decision.BACKFILL, "found by a backfill: its digest tells it"), is_queued=True)
    if before is not None and before.is_told:
        return replace(_further(case, before), alert=before.id)
    if too_old := _too_old(one, case.watch.max_age, now):
        if not case.destination.digest:
            return _of_case(case, Decision.TOO_OLD, f"{too_old}; this destination has no digest that could tell it")
        until = next_slot(case.destination.slots(case.watch.priority), now, case.destination.zone)
        ruling = _of_case(case, Decision.TOO_OLD, f"{too_old}: only a digest tells it", None, until)
        return replace(ruling, is_queued=True)
    if before is not None and before.is_held:
        reason = f"joins an alert of its story: {before.reason}"
        return _of_case(
            replace(case, alert=before.id), before.outcome or Decision.GATHERING, reason, None, before.until
        )
    return judge(replace(case, alert=before.id) if before else case, situation)


def _further(case: Case, before: Standing) -> Ruling:
    if before.state is AlertState.QUEUED:
        return _of_case(case, Decision.FURTHER_OUTLET, "a digest tells the story")
    when = f", last told on {local(before.told, case.destination)}" if before.told else ""
    return _of_case(case, Decision.FURTHER_OUTLET, f"the story was alerted{when}; updates may tell of it")


def _too_old(one: PendingMatch, most: timedelta, now: datetime) -> str:
    if one.article.published is None and one.is_first_crawl:
        return "undated, and listed when its source was read for the first time: perhaps old"
    if now - one.at > most:
        return f"published more than {_span(most)} ago"
    return ""


def _judge(case: Case, situation: Situation) -> Ruling:
    for rule in (_silenced, _inhibited, _waits_for_others, _in_a_digest, _held_back, _too_many):
        if ruling := rule(case, situation):
            return ruling
    return _of_case(case, Decision.FIRST_REPORT, "first report of the story", AlertState.OPEN)


def mute_of(one: PendingMatch, watch: Watch, destination: Destination, situation: Situation) -> Mute | None:
    """What silences the match for this destination; entities count where the watch names them."""
    entities = tuple(name for name in one.entities if name in watch.entities)
    subject = Subject(one.story, watch.id, one.source, entities, destination.id)
    return mutes.find(situation.mutes, subject, situation.now)


def _silenced(case: Case, situation: Situation) -> Ruling | None:
    muted = mute_of(case.one, case.watch, case.destination, situation)
    if muted is None or muted.scope is MuteScope.DESTINATION:
        return None
    return _of_case(case, Decision.MUTED, muted.sentence, AlertState.CLOSED, muted.until)


def _inhibited(case: Case, situation: Situation) -> Ruling | None:
    louder = situation.told_urgently(case.one.story, case.destination.id)
    if case.watch.priority is not Priority.LOW or not louder:
        return None
    reason = f"watch `{louder}` alerts of this story with more urgency"
    return _of_case(case, Decision.INHIBITED, reason, AlertState.CLOSED)


def _waits_for_others(case: Case, situation: Situation) -> Ruling | None:
    watch, one = case.watch, case.one
    if not watch.require and not watch.hold:
        return None
    found = corroboration.missing(watch.require, watch.hold, situation.coverage.get(one.story, (one.article,)))
    return _uncorroborated(case, found, situation.now) if found else None


def _in_a_digest(case: Case, situation: Situation) -> Ruling | None:
    priority = case.watch.priority
    if case.destination.digest and (case.watch.id, case.destination.id) in situation.wishes:
        return _digested(case, Decision.DIGEST, "a reader asked for it", situation.now)
    if not any(priority in digest.of for digest in case.destination.digest):
        return None
    return _digested(case, Decision.DIGEST, f"{priority} priority", situation.now)


def _held_back(case: Case, situation: Situation) -> Ruling | None:
    watch, destination, now = case.watch, case.destination, situation.now
    if muted := mute_of(case.one, watch, destination, situation):  # of the whole destination
        most = now + watch.max_age
        return _held(case, Decision.MUTED, f"{muted.sentence}: held", min(muted.until or most, most))
    if loud_at := held_until(destination, watch.priority, now):
        return _held(case, Decision.QUIET, f"quiet hours {destination.quiet}: held", loud_at)
    if now < (until := case.one.created + watch.story_wait) and not is_ahead(case.one.created, now):
        return _held(case, Decision.GATHERING, "waits for other outlets: held", until)
    return None


def _too_many(case: Case, situation: Situation) -> Ruling | None:
    watch, destination = case.watch, case.destination
    if (matches := situation.flooded.get(watch.id, 0)) > FLOOD:
        reason = f"the watch matched {matches:,} articles at once: one digest tells them"
    elif is_spent(destination, watch.priority, situation):
        reason = f"more than {destination.throttle} for this destination: one digest tells the rest"
    elif situation.stormy.get((destination.id, watch.id), 0) >= destination.limit.most:
        reason = f"the watch brings more than {destination.throttle} still: one digest tells the rest"
    else:
        return None
    return _of_case(case, Decision.THROTTLED, reason, AlertState.QUEUED)


def _uncorroborated(case: Case, missing: str, now: datetime) -> Ruling:
    """It waits until the watch takes it for old; then a digest tells it, or nobody."""
    end = case.one.created + case.watch.max_age
    if now < end:
        reason = f"{missing}, until {local(end, case.destination)}"
        return _of_case(case, Decision.UNCORROBORATED, reason, AlertState.WAITING, end)
    said = f"{missing.replace('waits for corroboration', 'not corroborated')} for {_span(case.watch.max_age)}"
    if case.destination.digest:
        return _digested(case, Decision.UNCORROBORATED, said, now)
    reason = f"{said}: closed, and this destination has no digest that could tell it"
    return _of_case(case, Decision.UNCORROBORATED, reason, AlertState.CLOSED)


def _digested(case: Case, decision: Decision, why: str, now: datetime) -> Ruling:
    until = next_slot(case.destination.slots(case.watch.priority), now, case.destination.zone)
    when = f" of {local(until, case.destination)}" if until else ""
    return _of_case(case, decision, f"{why}: the digest{when} tells it", AlertState.QUEUED, until)


def _held(case: Case, decision: Decision, why: str, until: datetime) -> Ruling:
    reason = f"{why} until {local(until, case.destination)}"
    return _of_case(case, decision, reason, AlertState.HELD, until)


def _of_case(
    case: Case,
    decision: Decision,
    reason: str,
    state: AlertState | None = None,
    until: datetime | None = None,
) -> Ruling:
    one = case.one
    return Ruling(
        match=one.id,
        watch=case.watch.id,
        story=one.story,
        destination=case.destination.id,
        decision=decision,
        reason=reason,
        until=until,
        state=state,
        alert=case.alert,
        is_queued=state is AlertState.QUEUED,
    )


def _ruling(one: PendingMatch, destination: str, decision: Decision, reason: str) -> Ruling:
    return Ruling(one.id, one.match.watch, one.story, destination, decision, reason)


def _span(length: timedelta) -> str:
    """A length of time as it is written in watchlist.yaml."""
    seconds = int(length.total_seconds())
    unit, size = next(
        (unit, size) for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)) if seconds % size == 0
    )
    return f"{seconds // size} {unit}" if seconds != 86_400 else "24 h"  # noqa: PLR2004 - a day, as people say it
