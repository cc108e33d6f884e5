"""How healthy each route was when it was last judged by what it holds."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from scrapers.source import Route
from storage.tables import RouteState
from storage.upsert import insert_for

_LONGEST = 1000  # characters of one reason


class Health(enum.StrEnum):
    """What a route is worth."""

    OK = "ok"
    MOVED = "moved"  # it works, at another address than the configured one
    STALE = "stale"  # its newest entry is old
    EMPTY = "empty"
    UNDATED = "undated"  # nothing tells how old its entries are
    NO_ARTICLES = "no_articles"  # entries, but none of their pages can be read
    NOT_A_FEED = "not_a_feed"
    CHALLENGE = "challenge"  # a check for robots stands before it
    BLOCKED = "blocked"
    DEAD = "dead"  # the address or the host exists no more
    DISALLOWED = "disallowed"  # by robots.txt
    UNREACHABLE = "unreachable"  # for now; it may pass

    @property
    def is_good(self) -> bool:
        """Whether the route brings articles."""
        return self in (Health.OK, Health.MOVED)


_NAMES = frozenset(health.value for health in Health)


@dataclass(frozen=True, slots=True)
class RouteHealth:
    """The health of one route, `reason` in a sentence. Times are aware UTC, `newest` that of its newest entry."""

    url: str
    type: str
    health: Health
    reason: str
    newest: datetime | None
    verified_at: datetime


def key_of(route: Route) -> str:
    """What `url` is in storage; the URL of a wayback route depends on the source, of which it is the only one."""
    return route.address or route.type.value


def keep(session: Session, source: str, judged: Sequence[RouteHealth]) -> None:
    """Store the health of routes of `source`; what polls know of them stays as it is."""
    for one in judged:
        insert = insert_for(session, RouteState).values(
            source_id=source,
            url=one.url,
            type=one.type,
            checked_at=one.verified_at,
            newest_at=one.newest,
            health=one.health.value,
            health_reason=one.reason[:_LONGEST],
            verified_at=one.verified_at,
        )
        fresh = insert.excluded
        # a poll compares with the newest entry that it took in itself: to move that on would hide a gap
        newest = case(
            (RouteState.last_ok_at.is_(None), func.coalesce(fresh.newest_at, RouteState.newest_at)),
            else_=RouteState.newest_at,
        )
        # what was read as a feed says nothing of a listing at the same address
        is_same = RouteState.type == fresh.type
        changed = {
            "etag": case((is_same, RouteState.etag)),
            "last_modified": case((is_same, RouteState.last_modified)),
            "type": fresh.type,
            "newest_at": newest,
            "health": fresh.health,
            "health_reason": fresh.health_reason,
            "verified_at": fresh.verified_at,
        }
        session.execute(insert.on_conflict_do_update(index_elements=["source_id", "url"], set_=changed))


def of_sources(session: Session) -> dict[str, tuple[RouteHealth, ...]]:
    """The health of every route that was ever judged, by source."""
    rows = session.scalars(
        select(RouteState).where(RouteState.verified_at.is_not(None)).order_by(RouteState.source_id, RouteState.url)
    )
    found: dict[str, list[RouteHealth]] = defaultdict(list)
    for row in rows:
        if row.verified_at is not None and row.health in _NAMES:
            health = Health(row.health)
            judged = RouteHealth(row.url, row.type, health, row.health_reason, row.newest_at, row.verified_at)
            found[row.source_id].append(judged)
    return {source: tuple(routes) for source, routes in found.items()}
