from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from storage import routes
from storage.engine import reading, transaction
from storage.routes import Asked, Known
from tests.storage.builders import NOON

URL = "https://wire.example/rss"


def keep(engine: Engine, now: datetime, **changes: object) -> Known:
    given: dict[str, object] = {"url": URL, "type": "feed", "outcome": "fetched", "answered": True}
    with transaction(engine) as session:
        routes.keep(session, "wire", [Asked(**(given | changes))], now)  # type: ignore[arg-type]
    with reading(engine) as session:
        return routes.known(session, "wire", [URL])[URL]


def failed(engine: Engine, now: datetime) -> Known:
    return keep(engine, now, outcome="timeout", answered=False, reason="no answer")


def test_validators_stay_until_the_route_gives_others(engine: Engine, now: datetime) -> None:
    keep(engine, now, validators=('"a"', ""), newest=NOON)
    kept = keep(engine, now, outcome="not_modified")
    assert (kept.etag, kept.newest_at) == ('"a"', NOON)
    assert keep(engine, now, validators=("", "")).etag == ""


def test_one_failure_is_bad_luck_and_several_let_the_route_rest(engine: Engine, now: datetime) -> None:
    assert failed(engine, now).rests_until() is None
    second = failed(engine, now)
    assert (second.failures, second.reason) == (2, "no answer")
    rest = second.rests_until()
    assert rest is not None
    assert rest > now
    assert keep(engine, now).rests_until() is None


def test_the_rest_grows_and_never_becomes_for_good(engine: Engine, now: datetime) -> None:
    rests = [failed(engine, now).rests_until() for _ in range(20)]
    waits = [rest - now for rest in rests if rest]
    assert waits == sorted(waits)
    assert waits[1] == 2 * waits[0]
    assert waits[-1] <= timedelta(hours=12)


def test_routes_of_other_sources_are_not_touched(engine: Engine, now: datetime) -> None:
    failed(engine, now)
    with reading(engine) as session:
        assert routes.known(session, "other", [URL]) == {}
