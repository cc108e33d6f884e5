"""How far a backfill has come, in counts and with an estimated end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_SURE = 20  # pages after which the pace says something


@dataclass(slots=True)
class Progress:
    """Counts of a backfill that several threads work on. `begun` is aware UTC."""

    begun: datetime
    sources: int
    looked: int = 0
    expected: int = 0
    done: int = 0
    read: int = 0
    new: int = 0
    failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listed(self, expected: int) -> None:
        """A source was listed: so many entries more are to be looked at."""
        with self._lock:
            self.looked += 1
            self.expected += expected

    def brought(self, entries: int, *, read: int, new: int, failed: int) -> None:
        """Some entries were looked at, of which `read` pages were fetched."""
        with self._lock:
            self.done += entries
            self.read += read
            self.new += new
            self.failed += failed

    @property
    def percent(self) -> float:
        """Of all that is listed so far; listing itself counts as a tenth."""
        listed = self.looked / self.sources if self.sources else 1.0
        brought = self.done / self.expected if self.expected else listed
        return round(10 * listed + 90 * brought * listed, 1)

    def sentence(self, now: datetime) -> str:
        """What a person wants to know while it runs."""
        counted = f"{self.done:,} of {self.expected:,} listed articles looked at, {self.new:,} new"
        if self.failed:
            counted += f", {self.failed:,} failed"
        if self.looked < self.sources:
            return f"{counted}; {self.looked} of {self.sources} sources listed"
        return f"{counted}; {self._left(now)}"

    def _left(self, now: datetime) -> str:
        if self.done >= self.expected:
            return "nothing left"
        if self.done < _SURE:
            return "estimating the time left"
        left = (now - self.begun) * (self.expected - self.done) / self.done
        return f"about {duration(left)} left"


def duration(span: timedelta) -> str:
    """A time as people say it: 40 s, 12 min, 3 h 20 min."""
    seconds = int(span.total_seconds())
    if seconds < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
