"""When a host may be asked again."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MAX_CRAWL_DELAY = 30.0
MAX_BLOCK = 86400.0
AT_ONCE = 2  # requests to one host that may be under way; a page that is slow to come shall not stop the next


@dataclass(frozen=True, slots=True)
class Share:
    """The place of this process, from 0 on, among `count` that fetch."""

    place: int = 0
    count: int = 1

    def slot(self, at: float, gap: float) -> float:
        """The beginning of our next slot of `gap` seconds, not before `at`."""
        number = math.ceil(at / gap)
        return (number + (self.place - number) % self.count) * gap


class Politeness:
    """Keeps the starts of two requests to one host apart, and few of them under way, for all threads.

    All times are seconds. `share` tells how many processes fetch: together they keep the same pace, as each of them
    begins in its own share of the slots, into which the clock of the machines cuts time.
    """

    def __init__(
        self,
        delay: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall: Callable[[], float] = time.time,
        share: Callable[[], Share] = Share,
    ) -> None:
        self._delay = delay
        self._wall = wall
        self._share = share
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._slower: dict[str, float] = {}
        self._next_start: dict[str, float] = {}
        self._blocked_until: dict[str, float] = {}
        self._places: dict[str, threading.BoundedSemaphore] = {}

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Hold one of the places at `host` during a request, from its next free start on."""
        with self._lock:
            places = self._places.setdefault(host, threading.BoundedSemaphore(AT_ONCE))
        with places:  # before the start is taken: starts that wait for a place would come all at once
            self.wait(host)
            yield

    def wait(self, host: str) -> None:
        """Take the next free start for `host` and sleep until then, without holding up other hosts."""
        share = self._share()
        with self._lock:
            now = self._clock()
            gap = max(self._delay, self._slower.get(host, 0.0))
            start = max(now, self._next_start.get(host, now))
            if share.count > 1 and gap:
                ahead = self._wall() - now
                start = max(start, share.slot(start + ahead, gap) - ahead)
            self._next_start[host] = start + gap
        if start > now:
            self._sleep(start - now)

    def slow_down(self, host: str, delay: float) -> None:
        """Keep at least `delay` between two requests to `host`, but never more than half a minute."""
        with self._lock:
            self._slower[host] = min(delay, MAX_CRAWL_DELAY)

    def block(self, host: str, seconds: float) -> None:
        """Ask nothing of `host` for so long, at most a day; a longer block stays."""
        with self._lock:
            until = self._clock() + min(seconds, MAX_BLOCK)
            self._blocked_until[host] = max(until, self._blocked_until.get(host, until))

    def blocked_for(self, host: str) -> float:
        """How long `host` wants to be left alone; 0 when it may be asked."""
        with self._lock:
            return max(0.0, self._blocked_until.get(host, 0.0) - self._clock())
