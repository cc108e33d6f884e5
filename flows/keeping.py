"""The work of upkeep: free what hangs, catch up, let go what is old, give space back; knows nothing of Prefect."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.orm import Session

from flows import sending
from flows.house import House
from storage import articles, pages, retention, space, suggestions
from storage.engine import StorageError, transaction
from storage.space import Reclaimed

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_READ_AGAIN = 50  # articles of one transaction: it reads them, too
_GB = 10**9


@dataclass(frozen=True, slots=True)
class Kept:
    """What upkeep did. `before` and `after` are bytes of the database; `errors` name each part that broke, and why.

    `keys`, `terms` and `texts` count articles, `attempts` deliveries; `unfinished` are parts that the time ended.
    """

    released: int = 0
    reread: int = 0
    keys: int = 0
    terms: int = 0
    texts: int = 0
    attempts: int = 0
    pages: int = 0
    page_bytes: int = 0
    before: int = 0
    after: int = 0
    notes: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(slots=True)
class _Round:
    """One run of upkeep: every part is on its own, and ends in time."""

    house: House
    until: float  # as time.monotonic
    errors: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    def each(self, part: str, some: int, step: Callable[[Session, int], int]) -> int:
        """Run `step` in small transactions until it does fewer than `some`; returns how many it did."""
        done, count = 0, some
        with self._apart(part):
            while count >= some:
                if time.monotonic() >= self.until:
                    self.unfinished.append(part)
                    break
                with transaction(self.house.engine) as session:
                    count = step(session, some)
                done += count
        return done

    def once(self, part: str, work: Callable[[], _T]) -> _T | None:
        """The result of `work`, None when it broke."""
        with self._apart(part):
            return work()
        return None

    @contextmanager
    def _apart(self, part: str) -> Iterator[None]:
        """What breaks here stops nothing else, and is told in one line."""
        try:
            yield
        except StorageError as broken:
            self.errors.append(f"{part}: {broken}")
        except OSError as broken:
            self.errors.append(f"{part}: {broken.filename or 'a file'}: {broken.strerror}")
        except Exception as broken:
            log.exception("upkeep failed", extra={"part": part})
            self.errors.append(f"{part}: {type(broken).__name__}: {str(broken).partition(chr(10))[0]}")


def keep(house: House, *, seconds: float = 2_400.0) -> Kept:
    """Do all upkeep, as the settings want it, in about that many seconds; what is left is for the next run.

    Safe at any time and beside every other run: each transaction is short, and a part that breaks or meets a lock
    stops no other.
    """
    round_, now, settings = _Round(house, time.monotonic() + seconds), house.now(), house.settings
    released = round_.once("deliveries", lambda: sending.release_lost(house)) or 0
    reread = round_.each("reading again", _READ_AGAIN, articles.reread)
    some = retention.SOME
    keys = round_.each("fingerprints", some, lambda session, most: retention.drop_keys(session, now, most))
    terms = round_.each("story terms", some, lambda session, most: retention.drop_terms(session, now, most))
    round_.once("figures", lambda: _drop_figures(house))
    texts, days = 0, settings.keep_texts_days
    if days is not None:
        texts = round_.each("texts", some, lambda session, most: retention.drop_texts(session, now, days, most))
    ledger = settings.keep_ledger_days
    attempts = round_.each("ledger", some, lambda session, most: retention.drop_attempts(session, now, ledger, most))
    gone = round_.once("pages", lambda: _prune_pages(house))
    reclaimed = round_.once("space", lambda: space.reclaim(house.engine)) or Reclaimed(0, 0)
    return Kept(
        released,
        reread,
        keys,
        terms,
        texts,
        attempts,
        gone.pages if gone else 0,
        gone.bytes if gone else 0,
        reclaimed.before,
        reclaimed.after,
        (reclaimed.note,) if reclaimed.note else (),
        tuple(round_.unfinished),
        tuple(round_.errors),
    )


def _drop_figures(house: House) -> None:
    for part in range(suggestions.PARTS):
        with transaction(house.engine) as session:
            suggestions.forget(session, house.now(), part)


def _prune_pages(house: House) -> pages.Pruned:
    settings = house.settings
    most = int(settings.keep_pages_gb * _GB)
    return pages.prune(house.engine, house.archive, house.now(), settings.keep_pages_days, most)
