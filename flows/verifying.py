"""Judge and store every route of many sources, hosts side by side; knows nothing of Prefect."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from flows import pipeline
from flows.house import House
from flows.inert import inert
from flows.judging import Check, Judged
from scrapers.source import Source, SourceKind
from storage import health as store
from storage.engine import StorageError, transaction
from storage.health import RouteHealth

log = logging.getLogger(__name__)

_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)
_SELDOM = (SourceKind.THINK_TANK, SourceKind.OFFICIAL)  # they publish when there is something to say
_THREADS = 16


def verify(
    sources: Sequence[Source], house: House, days: int = 0, tell: Callable[[Judged], None] = lambda _: None
) -> list[Judged]:
    """Judge and store every route of `sources`, hosts side by side; `tell` hears of each from any thread.

    Entries older than `days` make a route stale; with 0 these are 30 for think tanks and officials, else 7.
    """
    shards = pipeline.by_host(sources)
    with ThreadPoolExecutor(max_workers=min(len(shards), _THREADS) or 1) as pool:
        work_of = [pool.submit(copy_context().run, _verify_each, shard, house, days, tell) for shard in shards]
        found = {one.source: done for work in work_of for done in work.result() for one in done}
    return [one for source in sources for one in found.get(source.id, ())]


def oldest_for(source: Source, days: int) -> timedelta:
    """How old the newest entry of a route may be."""
    if days:
        return timedelta(days=days)
    return _MONTH if source.kind in _SELDOM else _WEEK


def lost(judged: Sequence[Judged]) -> list[str]:
    """The ids of the sources without any live route that brings articles, in order."""
    working = {one.source for one in judged if one.is_live and one.health.is_good}
    return [source for source in dict.fromkeys(one.source for one in judged) if source not in working]


def row(judged: Judged) -> dict[str, object]:
    """One route as `varta sources verify --json` prints it."""
    return {
        "source": judged.source,
        "route": judged.route.type,
        "use": "live" if judged.is_live else "backfill",
        "url": judged.url,
        "health": judged.health,
        "reason": judged.reason,
        "entries": judged.entries,
        "dated": judged.dated,
        "newest": judged.newest,
        "articles": judged.read,
        "tried": judged.tried,
        "words": judged.words,
    }


def markdown(judged: Sequence[Judged]) -> str:
    """A Markdown table of routes for a page that others see: what servers wrote stays inert in it."""
    if not judged:
        return "Every route is healthy."
    shown = [
        (one.source, one.route.type if one.is_live else f"{one.route.type} (backfill)", one.url, one.health, one.reason)
        for one in judged
    ]
    head = ["| source | route | address | health | reason |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(f"| {' | '.join(map(inert, cells))} |" for cells in shown)])


def _verify_each(
    shard: Sequence[Source], house: House, days: int, tell: Callable[[Judged], None]
) -> list[list[Judged]]:
    return [_verify(source, house, days, tell) for source in shard]


def _verify(source: Source, house: House, days: int, tell: Callable[[Judged], None]) -> list[Judged]:
    check = Check(source, house, oldest_for(source, days))
    judged: list[Judged] = []
    for number, route in enumerate((*source.routes, *source.backfill)):
        is_live = number < len(source.routes)
        same = next((one for one in judged if one.route == route), None)
        judged.append(replace(same, is_live=is_live) if same else check.judge(route, is_live=is_live))
        tell(judged[-1])
    now = house.now()
    # a route in both lists is one row: that for live use
    kept = {
        one.url: RouteHealth(one.url, one.route.type, one.health, one.reason, one.newest, now) for one in judged[::-1]
    }
    try:
        with transaction(house.engine) as session:
            store.keep(session, source.id, list(kept.values()))
    except (SQLAlchemyError, StorageError):  # what was found out is told all the same, and costs no other source
        log.exception("health not kept", extra={"source": source.id})
    return judged
