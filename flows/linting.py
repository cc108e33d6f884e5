"""Everything that is probably a mistake in the user's watchlist, with what the stored articles tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts import lints, matching
from alerts.lints import Finding, Lint, Own, Written
from alerts.matching import Compiled
from alerts.querytree import write
from alerts.watchlist import Entity, Watch, Watchlist
from flows.house import Configuration
from flows.settings import Settings
from scrapers import yamlfile
from storage import engine as database
from storage import lookup, matches, search
from storage.engine import StorageError, reading

WEEK = timedelta(days=7)
LONG = timedelta(days=90)
_ENOUGH = 30  # days that must be stored before it means anything that a name was in none of them
_FEWEST = 100  # articles of a week, below which a share says nothing
_MUCH = 0.2
_MOST_NAMES = 5_000


@dataclass(frozen=True, slots=True)
class Linted:
    """What was found, in the order of the file, and which questions could not be asked, with the reason."""

    findings: tuple[Finding, ...]
    skipped: tuple[str, ...]


def lint(settings: Settings, configuration: Configuration, now: datetime) -> Linted:
    """Look at the watchlist that the user wrote; the shipped one is ours to check."""
    path = settings.config_file("watchlist.yaml")
    if path is None:
        return Linted((), ("watchlist: it is the shipped one",))
    mine = lints.own(yamlfile.read(path), configuration.watchlist)
    languages = {one.language.partition("-")[0].lower() for one in configuration.catalogue.sources if one.language}
    found = list(lints.look(mine, configuration.facts, languages))
    skipped: list[str] = []
    found += _stored(settings, mine, now, skipped)
    return Linted(tuple(sorted(found, key=lambda one: (one.line, one.message))), tuple(skipped))


def _stored(settings: Settings, mine: Own, now: datetime, skipped: list[str]) -> list[Finding]:
    what = "how much watches match and which names stand nowhere"
    url = settings.database
    if url.startswith("sqlite") and not Path(make_url(url).database or "").is_file():
        skipped.append(f"{what}: there is no database yet")
        return []
    engine: Engine | None = None
    try:
        engine = database.open_engine(url)
        if not database.is_current(engine):
            skipped.append(f"{what}: the database is of another version, run `varta db upgrade`")
            return []
        with reading(engine) as session:
            return [*_busy(session, mine, now, skipped), *_unseen(session, mine, now, skipped)]
    except (StorageError, SQLAlchemyError) as broken:
        skipped.append(f"{what}: {str(broken).splitlines()[0]}")
        return []
    finally:
        if engine is not None:
            engine.dispose()


def _busy(session: Session, mine: Own, now: datetime, skipped: list[str]) -> Iterator[Finding]:
    """Watches that match so much that nobody can read it."""
    stored = lookup.extent(session, now - WEEK).articles
    if stored < _FEWEST:
        skipped.append(f"how much watches match: only {stored:,} articles are stored of the last week")
        return
    matched = matches.shares(session, now - WEEK)
    for at, watch in mine.watches:
        count = matched.get(watch.id, 0)
        if count > _MUCH * stored:
            what = (
                f"watches `{watch.id}` matched {count:,} of the {stored:,} articles of the last week "
                f"({count / stored:.0%}): narrow it, `varta watches try {watch.id}` shows what it finds"
            )
            yield Finding(mine.document.file, mine.line("watches", at), Lint.BUSY, what)


def _unseen(session: Session, mine: Own, now: datetime, skipped: list[str]) -> Iterator[Finding]:
    """Names in which there may be a typing mistake: no article holds them."""
    extent = lookup.extent(session, now - LONG)
    days = (now - extent.oldest).days if extent.oldest else 0
    if days < _ENOUGH or extent.articles < _FEWEST:
        skipped.append(f"which names stand nowhere: only {extent.articles:,} articles of {days} days are stored")
        return
    for one in list(lints.written(mine))[:_MOST_NAMES]:
        if not search.is_seen(session, _compiled(one), now - LONG):
            what = f"{one.owner}: no article of the last {days} days holds `{one.text}` in any form"
            yield Finding(mine.document.file, one.line, Lint.UNSEEN, f"{what}: is it written as the press does?")


def _compiled(one: Written) -> Compiled:
    """A watch for this name alone."""
    if one.term is not None:
        return matching.compile_one(write(one.term), Watchlist())
    known = one.entity
    assert known is not None
    names: dict[str, tuple[str, ...]] = {one.language or "": (one.text,)}
    entity = Entity(id="name", type=known.type, names=names, case=known.case, inflect=known.inflect)
    return matching.compile(Watchlist(entities=(entity,), watches=(Watch(id="name", query="@name"),)))
