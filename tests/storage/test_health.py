"""Health of routes: kept beside what polls know, and never instead of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from storage import health, routes
from storage.engine import reading, transaction
from storage.health import Health, RouteHealth

FEED = "https://wire.example/feed"


def judged(now: datetime, **changes: object) -> RouteHealth:
    given = {"url": FEED, "type": "feed", "health": Health.OK, "reason": "", "newest": now, "verified_at": now}
    return RouteHealth(**(given | changes))  # type: ignore[arg-type]


def keep(engine: Engine, *found: RouteHealth) -> None:
    with transaction(engine) as session:
        health.keep(session, "wire", found)


def stored(engine: Engine) -> dict[str, tuple[RouteHealth, ...]]:
    with reading(engine) as session:
        return health.of_sources(session)


def polled(engine: Engine) -> routes.Known:
    with reading(engine) as session:
        return routes.known(session, "wire", [FEED])[FEED]


def test_health_comes_back_as_it_was_kept(engine: Engine, now: datetime) -> None:
    old = judged(now, health=Health.STALE, reason="newest entry is 9 days old")
    other = judged(now, url="https://wire.example/map.xml", type="sitemap", newest=None, health=Health.EMPTY)
    keep(engine, old, other)
    assert stored(engine) == {"wire": (old, other)}


def test_the_last_judgement_counts(engine: Engine, now: datetime) -> None:
    keep(engine, judged(now, health=Health.STALE, reason="old"))
    fresh = judged(now + timedelta(days=1), newest=now + timedelta(hours=20))
    keep(engine, fresh)
    assert stored(engine) == {"wire": (fresh,)}


def test_a_judgement_changes_nothing_that_polls_know(engine: Engine, now: datetime) -> None:
    asked = routes.Asked(FEED, "feed", "fetched", answered=True, validators=('"1"', "Mon"), newest=now)
    with transaction(engine) as session:
        routes.keep(session, "wire", [asked], now)
    before = polled(engine)
    later = now + timedelta(days=2)
    keep(engine, judged(later, newest=later, health=Health.NO_ARTICLES, reason="all shells"))
    assert polled(engine) == before
    assert stored(engine)["wire"][0].health is Health.NO_ARTICLES


def test_a_poll_leaves_the_judgement(engine: Engine, now: datetime) -> None:
    keep(engine, judged(now, health=Health.UNDATED, reason="no entry has a date"))
    with transaction(engine) as session:
        routes.keep(session, "wire", [routes.Asked(FEED, "feed", "gone", answered=False, reason="404")], now)
    found = stored(engine)["wire"][0]
    assert (found.health, found.reason) == (Health.UNDATED, "no entry has a date")


def test_routes_that_were_only_polled_have_no_health(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        routes.keep(session, "wire", [routes.Asked(FEED, "feed", "fetched", answered=True)], now)
    assert stored(engine) == {}
