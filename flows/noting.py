"""Write down what a poll found: entries, how its routes fared, when to ask the source again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from alerts.model import Mode
from flows.claims import Claim
from flows.house import House
from flows.polling import Found
from scrapers.routes import pace
from scrapers.source import Source
from storage import entries, routes, sources
from storage.engine import transaction
from storage.entries import Due, EntryState
from storage.sources import Poll

_RECENT = 50  # entries that tell how often a source brings something


def note(source: Source, found: Found, house: House, claim: Claim | None, most: int) -> tuple[int, list[Due]]:
    """How many of the found entries are known by their URL, and the pages to be fetched now, at most `most`.

    Where none waits, the claim ends.
    """
    now = house.now()
    with transaction(house.engine) as session:
        known = entries.remember(session, found.entries, Mode.LIVE, now).known if found.entries else 0
        if found.seen:
            entries.remember(session, found.seen, Mode.LIVE, now, state=EntryState.OUTSIDE)
        routes.keep(session, source.id, found.asked, now)
        sources.record(session, source, now, _poll(session, source, found, house))
        is_waiting = _come_back(session, source, house)
        waiting = entries.due(session, source.id, now, most) if is_waiting else []
        if not waiting and claim is not None:
            sources.release(session, source.id, claim.owner)
    return known, waiting


def end(source: Source, house: House, claim: Claim | None) -> None:
    """After the pages: plan the next poll, and let others have the source."""
    with transaction(house.engine) as session:
        _come_back(session, source, house)
        if claim is not None:
            sources.release(session, source.id, claim.owner)


def _come_back(session: Session, source: Source, house: House) -> bool:
    """Whether pages wait: failed ones, or those of a run that was killed, cannot wait for a quiet source."""
    now = house.now()
    wanted = entries.next_due(session, source.id, now)
    sources.expect(session, source, now, wanted)
    return wanted is not None


def _poll(session: Session, source: Source, found: Found, house: House) -> Poll:
    """How the poll went, and how long the source is to be left alone."""
    arrivals = entries.arrivals(session, source.id, _RECENT)
    wait = pace.interval(
        source.every, stated=found.stated or None, fresh_for=found.fresh_for, arrivals=arrivals, now=house.now()
    )
    return Poll(
        answered=found.is_answered,
        outcome=found.outcome,
        route=found.route,
        error="; ".join(found.errors),
        interval=wait,
        stated=found.stated,
        retry_after=found.retry_after,
        whole=not found.is_open,
    )
