"""Bring in the articles of past days, silently unless asked otherwise; knows nothing of Prefect.

The unit is a day of a source: it is listed, read, and noted in the database as done, so that the same backfill
started again goes on where it stopped.
"""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from alerts.model import Mode
from flows import archives
from flows.archives import Shelf, Window
from flows.discovery import ZONE
from flows.house import House
from flows.house import chosen as named_sources
from flows.pipeline import Tally, work
from scrapers.article import FeedEntry
from scrapers.source import Route, RouteType, Source
from storage import backfills, entries
from storage.backfills import Day, DayState, Found
from storage.engine import reading, transaction
from storage.entries import EntryState

log = logging.getLogger(__name__)

LONGEST = timedelta(days=366)
_LONG = 45  # days from which a chunk is a week, so that the page of the run stays readable


class BackfillAlerts(enum.StrEnum):
    """How a backfill alerts."""

    NONE = "none"
    DIGEST = "digest"
    LIVE = "live"


MODES = {BackfillAlerts.NONE: Mode.BACKFILL, BackfillAlerts.DIGEST: Mode.DIGEST, BackfillAlerts.LIVE: Mode.LIVE}


class BackfillError(Exception):
    """What was asked for makes no sense; the text is for the person who asked."""


class Budget:
    """How many pages may still be read, in all threads together; None is no limit."""

    def __init__(self, most: int | None) -> None:
        self._left = most
        self._lock = threading.Lock()

    def take(self, wanted: int) -> int:
        """How many of `wanted` pages may be read; they are counted as read."""
        with self._lock:
            if self._left is None:
                return wanted
            given = min(wanted, self._left)
            self._left -= given
            return given


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for. `again` lists days anew that were done; `stop` ends everything within a page."""

    window: Window
    mode: Mode = Mode.BACKFILL
    route: RouteType | None = None
    again: bool = False
    dry_run: bool = False
    budget: Budget = field(default_factory=lambda: Budget(None))
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class BackfillTally(Tally):
    """What became of one day of a source: of `expected` listed entries `known` were read before."""

    day: str = ""
    state: str = ""
    expected: int = 0
    known: int = 0
    undated: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Days of one source that one task brings in, in order."""

    source: Source
    days: tuple[tuple[str, tuple[FeedEntry, ...]], ...]
    route: str
    failed: dict[str, str]  # why the list of a day is not whole
    wayback: Route | None = None  # that listed it, so that pages which are gone are read from there

    @property
    def label(self) -> str:
        """What it is called on the page of the run."""
        first, last = self.days[0][0], self.days[-1][0]
        return f"{self.source.id} {first}{f' to {last}' if last != first else ''}"

    @property
    def expected(self) -> int:
        """How many entries are listed for it."""
        return sum(len(listed) for _, listed in self.days)


@dataclass(slots=True)
class Looked:
    """What the archives of a source list: the work to be done, and the days that need none."""

    source: str
    ended: list[BackfillTally] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def window(since: date, until: date, today: date) -> Window:
    """The checked range; raises BackfillError with a sentence."""
    if since > until:
        raise BackfillError(f"the first day ({since}) lies after the last day ({until}): swap them")
    for name, day in (("first", since), ("last", until)):
        if day > today:
            raise BackfillError(f"the {name} day ({day}) lies in the future; today is {today}")
    if until - since > LONGEST:
        raise BackfillError(f"{since} to {until} is more than a year; ask for it in parts")
    return Window(since, until)


def chosen(house: House, ids: Sequence[str], languages: Sequence[str]) -> tuple[Source, ...]:
    """The named sources, or all, that publish in one of the languages; raises BackfillError with a sentence."""
    try:
        named = named_sources(house.configuration, tuple(ids))
    except KeyError as unknown:
        raise BackfillError(str(unknown.args[0])) from None
    found = tuple(one for one in named if not languages or one.language in languages)
    if not found:
        known = ", ".join(sorted({one.language for one in named if one.language}))
        raise BackfillError(f"no chosen source publishes in {', '.join(languages)}; they publish in {known}")
    return found


def would_alert(tallies: Sequence[BackfillTally], asked: Asked, house: House) -> list[Found]:
    """What the watches found in the days that were brought in, most stories first."""
    since, until = asked.window.instants
    with reading(house.engine) as session:
        return backfills.found(session, {one.source for one in tallies}, since, until)


def look(source: Source, asked: Asked, house: House) -> Looked:
    """List the days of a source that were not brought in before; a broken source is a failed one."""
    looked = Looked(source.id)
    try:
        _look(source, asked, house, looked)
    except Exception as broken:  # isolation of one source
        log.exception("source not listed", extra={"source": source.id})
        what = f"{source.id}: {type(broken).__name__}: {broken}"
        looked.errors.append(what)
        looked.ended.append(BackfillTally(source.id, state=DayState.FAILED, errors=[what]))
    return looked


def _look(source: Source, asked: Asked, house: House, looked: Looked) -> None:
    with reading(house.engine) as session:
        held = {} if asked.again else backfills.done(session, source.id, asked.window.days)
    for _, day in sorted(held.items()):
        one = BackfillTally(source.id, route=day.route, day=day.day, state="done before")
        one.expected, one.known = day.expected, day.expected
        looked.ended.append(one)
    missing = [day for day in asked.window.days if day not in held]
    if not missing:
        return
    shelf = archives.read(source, missing, house, asked.route)
    looked.errors += shelf.errors
    failed = {day.isoformat(): why for day, why in shelf.failed.items()}
    looked.chunks = _chunks(source, shelf, asked, failed)
    bare = [day for day in missing if not shelf.days.get(day)]
    looked.ended += [_bare(source, day, shelf, failed) for day in bare]
    if shelf.unplaced:
        looked.errors.append(f"{source.id}: {shelf.unplaced} addresses bear no time and were not taken")
    if not asked.dry_run:
        _note(source, [one for one in looked.ended if one.state != "done before"], house)


def _chunks(source: Source, shelf: Shelf, asked: Asked, failed: dict[str, str]) -> list[Chunk]:
    """Days, or weeks of a long window, in order."""
    is_long = len(asked.window.days) > _LONG
    groups: dict[date, list[date]] = {}
    for day in sorted(shelf.days):
        groups.setdefault(day - timedelta(days=day.weekday()) if is_long else day, []).append(day)
    return [
        Chunk(
            source,
            tuple((day.isoformat(), tuple(shelf.days[day])) for day in group),
            shelf.route,
            failed,
            shelf.wayback,
        )
        for group in groups.values()
    ]


def _bare(source: Source, day: date, shelf: Shelf, failed: dict[str, str]) -> BackfillTally:
    """A day of which nothing is listed, or whose list could not be had."""
    why = failed.get(day.isoformat(), "")
    state = DayState.FAILED if why else DayState.DONE
    return BackfillTally(source.id, route=shelf.route, day=day.isoformat(), state=state, errors=[why] if why else [])


def bring(chunk: Chunk, asked: Asked, house: House) -> list[BackfillTally]:
    """Bring in the days of a chunk, each noted as soon as it ended; a broken one costs no other."""
    return [_bring_safely(chunk, day, listed, asked, house) for day, listed in chunk.days]


def _bring_safely(chunk: Chunk, day: str, listed: Sequence[FeedEntry], asked: Asked, house: House) -> BackfillTally:
    tally = BackfillTally(chunk.source.id, route=chunk.route, day=day, expected=len(listed), entries=len(listed))
    tally.undated = sum(entry.published is None for entry in listed)
    try:
        with reading(house.engine) as session:
            tally.known = entries.settled(session, listed)
        if asked.dry_run:
            tally.state = "counted"
            return tally
        _bring(chunk, listed, asked, house, tally)
        _note(chunk.source, [tally], house)
    except Exception as broken:  # isolation of one day
        log.exception("day not backfilled", extra={"source": chunk.source.id, "day": day})
        tally.state = DayState.FAILED
        tally.errors.append(f"{chunk.source.id}: {day}: {type(broken).__name__}: {broken}")
    return tally


def _bring(chunk: Chunk, listed: Sequence[FeedEntry], asked: Asked, house: House, tally: BackfillTally) -> None:
    if asked.stop.is_set():
        tally.state = DayState.STOPPED
        return
    with transaction(house.engine) as session:
        entries.remember(session, listed, asked.mode, house.now(), asked.window.holds)
        waiting = entries.due_of(session, listed)
    given = asked.budget.take(len(waiting))
    get = archives.fetcher(chunk.wayback, listed, house)
    work(chunk.source, waiting[:given], house, tally, asked.window.holds, lambda: not asked.stop.is_set(), get)
    tally.failed = tally.reasons[EntryState.RETRY] + tally.reasons[EntryState.GIVEN_UP]
    if given < len(waiting) or asked.stop.is_set():
        with transaction(house.engine) as session:
            entries.put_aside(session, [due.id for due in waiting])
        tally.state = DayState.STOPPED
    elif why := chunk.failed.get(tally.day):
        tally.state = DayState.FAILED
        tally.errors.insert(0, f"{chunk.source.id}: {why}")
    else:
        tally.state = DayState.FAILED if tally.reasons[EntryState.RETRY] else DayState.DONE


def _note(source: Source, ended: Collection[BackfillTally], house: House) -> None:
    """Remember how days ended. Today is never done, as it goes on."""
    today = house.now().astimezone(ZONE).date().isoformat()
    days = [
        Day(
            source.id,
            one.day,
            DayState(one.state),
            one.route,
            one.expected,
            one.known + one.new,
            one.new,
            one.duplicates,
            one.failed,
            next(iter(one.errors), "")[:1000],
        )
        for one in ended
        if "" < one.day < today
    ]
    with transaction(house.engine) as session:
        backfills.keep(session, days, house.now())
