"""Tell operators what is wrong, once when it begins and once when it is over, and that all is alive."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from alerts import incidents, rendering
from alerts.channels.ways import way_of
from alerts.destinations import Destination
from alerts.incidents import Condition, Incident
from alerts.model import Decision, DeliveryKind, Message, Notice
from flows.house import House
from flows.tally import DeliveryTally
from storage import incidents as stored
from storage import outbox
from storage.engine import transaction
from storage.outbox import Outgoing, delivery_key

log = logging.getLogger(__name__)

CANARY_AT = 9  # o'clock where the operator is
_URGENCY = 3


def operate(house: House, tally: DeliveryTally) -> None:
    """Compare what is with what was told. A failure in here never holds up an alert."""
    try:
        with transaction(house.engine) as session:
            stored.take_turn(session)
            now = house.now()
            outgoing = [*_changes(session, house, now), *_canaries(session, house, now)]
            outbox.put(session, outgoing, now)
    except Exception as broken:  # alerts must leave also when this is wrong
        log.exception("operators not told")
        tally.errors.append(f"operators not told: {type(broken).__name__}")


def standing(session: Session, house: House, now: datetime) -> tuple[Condition, ...]:
    """Everything that is wrong now, told or not."""
    known = house.configuration.destinations.by_id
    return incidents.conditions(stored.facts(session, house.configuration.sources, known, now), now)


def _changes(session: Session, house: House, now: datetime) -> Iterator[Outgoing]:
    found = standing(session, house, now)
    known = stored.open_ones(session)
    seen = stored.see(session, found, known, now)
    begun = [
        condition
        for condition, incident in zip(found, seen, strict=True)
        if incident.told is None and incidents.is_ripe(condition, incident.opened, now)
    ]
    by_key = {incident.key: incident for incident in seen}
    ended = [incident for incident in known.values() if incident.key not in by_key]
    stored.told(session, [by_key[one.key[:128]].id for one in begun], now)
    stored.close(session, [incident.id for incident in ended], now)
    _log(begun, ended)
    for notice, ways in incidents.notices(begun):
        number = by_key[notice.key[:128]].id
        yield from _tell(notice, f"begun {number}", house, ways)
    for notice in incidents.over([incident for incident in ended if incident.told]):
        yield from _tell(notice, f"over {known[notice.key[:128]].id}", house, ())


def _log(begun: list[Condition], ended: list[Incident]) -> None:
    """Also for those who have no operator configured: the run's log on the Prefect page shows it."""
    for one in begun:
        log.warning("incident", extra={"key": one.key, "what": one.headline})
    for incident in ended:
        log.info("incident over", extra={"key": incident.key, "what": incident.text})


def _canaries(session: Session, house: House, now: datetime) -> list[Outgoing]:
    """Once a local day, after nine; its key says which day, so that a further pass adds nothing."""
    due = [one for one in _operators(house) if now.astimezone(one.zone).hour >= CANARY_AT]
    keys = {
        delivery_key(DeliveryKind.CANARY, _day(one, now), None, one.id, recipient)
        for one in due
        for recipient in one.recipients
    }
    if not keys or stored.made(session, keys) == keys:
        return []
    notice = incidents.canary(stored.counts(session, house.configuration.sources.keys(), now), now)
    return [outgoing for one in due for outgoing in _to(one, notice, _day(one, now), house)]


def _day(destination: Destination, now: datetime) -> str:
    return f"canary {now.astimezone(destination.zone).date().isoformat()}"


def _tell(notice: Notice, what: str, house: House, broken: tuple[str, ...]) -> Iterator[Outgoing]:
    """To every operator, but not by a broken way when there is another."""
    operators = _operators(house)
    others = [one for one in operators if way_of(one).name not in broken]
    for one in others or operators:
        yield from _to(one, notice, what, house)


def _operators(house: House) -> list[Destination]:
    return [one for one in house.configuration.destinations.by_id.values() if one.operator]


def _to(destination: Destination, notice: Notice, what: str, house: House) -> Iterator[Outgoing]:
    kind = DeliveryKind.CANARY if notice.is_canary else DeliveryKind.OPERATOR
    for recipient in destination.recipients:
        key = delivery_key(kind, what, None, destination.id, recipient)
        yield Outgoing(
            key=key,
            destination=destination.id,
            recipient=recipient,
            reason=Decision.FIRST_REPORT,
            headline=notice.headline,
            message=_render(notice, destination, key, house.now()),
            kind=kind,
            urgency=0 if notice.is_canary else _URGENCY,
        )


def _render(notice: Notice, destination: Destination, key: str, now: datetime) -> Message:
    try:
        return rendering.render_notice(notice, destination, key, now)
    except Exception:  # a plain notice is better than none
        log.exception("notice not rendered", extra={"key": notice.key})
        plain = rendering.clean_text(notice.headline)
        return Message(text=plain, subject=plain)
