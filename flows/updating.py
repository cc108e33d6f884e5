"""Tell what is new in stories that were alerted, and go to somebody else when nobody answers; without Prefect."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts import rendering
from alerts.destinations import Destination
from alerts.model import AlertState, Decision, DeliveryKind, Message, Update
from alerts.rules import decide as rules
from alerts.rules import updates
from alerts.rules.cases import PendingMatch, Ruling
from alerts.rules.mutes import MuteScope
from alerts.rules.updates import Findings, Report
from alerts.watchlist import Watch
from flows import refreshing, telling
from flows.house import House
from flows.tally import DeliveryTally
from flows.telling import Desk
from storage import alerts, decisions, followed, matches, outbox
from storage.alerts import Written
from storage.engine import reading, transaction
from storage.followed import Followed, Noted, Revised
from storage.outbox import Outgoing, delivery_key

log = logging.getLogger(__name__)

_BATCH = 100  # alerts that are looked at in one transaction
_ESCALATED_WITHIN = timedelta(days=1)  # a longer silence is no emergency


def tell_updates(house: House, tally: DeliveryTally) -> None:
    """Send what is new in open alerts, where their watches want to tell it."""
    after: int | None = 0
    while after is not None:
        with transaction(house.engine) as session:
            matches.wait_for_turn(session)
            found = followed.changed(session, after, _BATCH, house.now())
            after = max((one.id for one in found), default=None)
            fresh = [one for one in found if one.is_grown or _is_changed(one)]
            if fresh:
                at = telling.desk(session, house, {one.story for one in fresh})
                _update(at, fresh, tally)


def escalate(house: House, tally: DeliveryTally) -> None:
    """Tell a second destination, once, of alerts that nobody acknowledged in time."""
    watches = {one.id: one for one in house.configuration.watchlist.watches if one.escalate}
    if not watches:
        return
    with reading(house.engine) as session:
        late = _late(followed.unacknowledged(session, watches, house.now() - _ESCALATED_WITHIN), watches, house.now())
    for one in late:
        _escalate(house, one, watches[one.watch], tally)


def _is_changed(one: Followed) -> bool:
    told = updates.from_json(one.told)
    return told is not None and (one.revision > told.revision or one.is_gone != told.is_gone)


def _update(at: Desk, found: Sequence[Followed], tally: DeliveryTally) -> None:
    telling.load(at, {one.story for one in found})
    sources = at.house.configuration.sources
    pending = {one.id: one for one in matches.by_id(at.session, sources, {one.match for one in found if one.match})}
    since = {
        one.article: told.revision
        for one in found
        if one.article and (told := updates.from_json(one.told)) and one.revision > told.revision
    }
    revised = followed.revised(at.session, since)
    noted: list[Noted] = []
    outgoing: list[Outgoing] = []
    for one in found:
        made, note = _look(at, one, pending.get(one.match or 0), revised)
        outgoing += made
        noted.append(note)
    tally.opened += outbox.put(at.session, outgoing, at.now)
    followed.note(at.session, noted)


def _look(
    at: Desk, one: Followed, about: PendingMatch | None, revised: Mapping[int, Revised]
) -> tuple[list[Outgoing], Noted]:
    """The messages on what is new in one alert, and what is remembered of it."""
    coverage, newest = at.situation.coverage.get(one.story, ()), at.newest.get(one.story, 0)
    watch, destination = at.watches.get(one.watch), at.destinations.get(one.destination)
    change = revised.get(one.article or 0, Revised())
    report = (
        Report(about.article, about.revision, about.is_gone, change.kinds, change.before, change.after)
        if about
        else None
    )
    told = updates.from_json(one.told)
    if told is None or about is None or report is None or watch is None or destination is None:
        known = updates.first_told(report, coverage, one.told_at).to_json() if report and told is None else one.told
        return [], Noted(one.id, known, newest)
    found = updates.find(told, report, coverage, watch.updates, one.told_at, at.now)
    if not found.changes:
        seen = newest if found.later is None else newest - 1  # it is looked at again although nothing came
        return [], Noted(one.id, found.told.to_json(), seen, found.later)
    if (until := _silent_until(at, about, watch, destination)) is not None:
        if until <= at.now:  # muted: what was new is known, and not told
            return [], Noted(one.id, found.told.to_json(), newest)
        return [], Noted(one.id, one.told, newest - 1, until)
    if rules.is_spent(destination, watch.priority, at.situation):
        return [], Noted(one.id, one.told, newest - 1)
    rules.spend(destination, watch.priority, at.situation)
    return _messages(at, one, replace(about, story=one.story), found), Noted(
        one.id, found.told.to_json(), newest, None, at.now
    )


def _silent_until(at: Desk, about: PendingMatch, watch: Watch, destination: Destination) -> datetime | None:
    """Until when an update must wait; now, when it is muted for good, and None when nothing holds it."""
    muted = rules.mute_of(about, watch, destination, at.situation)
    if muted and muted.scope is not MuteScope.DESTINATION:
        return at.now
    if muted:
        return muted.until or at.now + watch.max_age
    return rules.held_until(destination, watch.priority, at.now)


def _messages(at: Desk, one: Followed, about: PendingMatch, found: Findings) -> list[Outgoing]:
    watch, destination = at.watches[one.watch], at.destinations[one.destination]
    coverage = at.situation.coverage.get(one.story, ())
    archived = alerts.archived(at.session, [about.article_id]).get(about.article_id)
    alert = telling.alert_of(about, watch, coverage, Decision.FURTHER_OUTLET, one.id, archived)
    outlets, independent = updates.others(Report(about.article), coverage)
    update = Update(alert, found.changes, outlets, independent)
    refreshing.coverage(at.session, alert, destination, at.now)
    threads = alerts.threads(at.session, [one.story])
    made = []
    for recipient in destination.recipients:
        number = found.told.updates
        key = delivery_key(DeliveryKind.UPDATE, watch.id, one.story, destination.id, recipient, number)
        thread = threads.get((one.story, destination.id, recipient), "")
        made.append(
            Outgoing(
                key=key,
                kind=DeliveryKind.UPDATE,
                alert_id=one.id,
                watch=watch.id,
                story=one.story,
                destination=destination.id,
                recipient=recipient,
                reason=Decision.FURTHER_OUTLET,
                headline=f"Update ({', '.join(change.news for change in found.changes)}): {about.article.title}",
                message=replace(_render(at, update, destination, key), thread=thread),
                urgency=outbox.URGENCY[watch.priority],
                expires_at=at.now + telling.NEWS_FOR,
            )
        )
    return made


def _render(at: Desk, update: Update, destination: Destination, key: str) -> Message:
    try:
        return rendering.render_update(update, destination, key, at.now, at.house.links)
    except Exception:  # a plain update is better than none, and than holding up the others
        log.exception("update not rendered", extra={"watch": update.alert.watch, "story": update.alert.story})
        return telling.plain(update.alert)


def _late(found: Sequence[Followed], watches: Mapping[str, Watch], now: datetime) -> list[Followed]:
    late = []
    for one in found:
        told, escalation = updates.from_json(one.told), watches[one.watch].escalate
        begun = datetime.fromisoformat(told.first) if told and told.first else one.told_at
        if escalation and escalation.to != one.destination and begun + escalation.after <= now:
            late.append(one)
    return late


def _escalate(house: House, one: Followed, watch: Watch, tally: DeliveryTally) -> None:
    escalation = watch.escalate
    destination = house.configuration.destinations.by_id.get(escalation.to) if escalation else None
    if escalation is None or destination is None:
        return
    with transaction(house.engine) as session:
        matches.wait_for_turn(session)
        pending = matches.by_id(session, house.configuration.sources, [one.match or 0])
        if not pending:
            followed.escalate(session, one.id, house.now())
            return
        about = replace(pending[0], story=one.story)
        at = telling.desk(session, house, [one.story])
        minutes = int(escalation.after.total_seconds() // 60)
        late = f"nobody at {one.destination} acknowledged it within {minutes} min"
        ruling = Ruling(about.id, watch.id, one.story, destination.id, Decision.FIRST_REPORT, state=AlertState.OPEN)
        until = _silent_until(at, about, watch, destination)
        if until is not None and until > at.now:  # asked again with the next pass: somebody may acknowledge it
            _wait_to_escalate(at, ruling, destination, late, until)
        elif followed.escalate(session, one.id, house.now()) and until is None:
            _tell_escalated(at, about, replace(ruling, reason=f"{late}: escalated"), tally)


def _wait_to_escalate(at: Desk, ruling: Ruling, destination: Destination, late: str, until: datetime) -> None:
    """Say once in the ledger what an escalation waits for."""
    is_quiet = rules.held_until(destination, at.watches[ruling.watch].priority, at.now) is not None
    decision, what = (Decision.QUIET, "quiet hours") if is_quiet else (Decision.MUTED, "its mute")
    reason = f"{late}: its escalation waits for the end of {what}, {rules.local(until, destination)}"
    if not decisions.is_known(at.session, ruling.match, destination.id):
        waiting = replace(ruling, decision=decision, reason=reason, until=until, state=None)
        decisions.write(at.session, [waiting], {}, {}, at.now)


def _tell_escalated(at: Desk, about: PendingMatch, ruling: Ruling, tally: DeliveryTally) -> None:
    watch, destination = at.watches[ruling.watch], at.destinations[ruling.destination]
    telling.load(at, {ruling.story})
    coverage = at.situation.coverage.get(ruling.story, ())
    told = updates.first_told(Report(about.article, about.revision, about.is_gone), coverage, at.now)
    written = alerts.write(
        at.session, [Written(ruling, watch.priority, None, told.to_json(), at.newest.get(ruling.story, 0))], at.now
    )
    if ruling.triple not in written:
        return  # it was told there before
    archived = alerts.archived(at.session, [about.article_id]).get(about.article_id)
    alert = telling.alert_of(about, watch, coverage, ruling.decision, written[ruling.triple], archived)
    alert = replace(alert, note=f"Passed on: {ruling.reason.removesuffix(': escalated')}.")
    made = [
        telling.message(at, DeliveryKind.ESCALATION, alert, destination, recipient, "")
        for recipient in destination.recipients
    ]
    tally.opened += outbox.put(at.session, made, at.now)
    deliveries = outbox.made_for(at.session, [ruling.story])
    decisions.write(at.session, [ruling], written, deliveries, at.now)
    tally.decided.update([ruling.decision])
