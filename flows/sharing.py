"""The pace of hosts shared by all processes that fetch: an ingest and a backfill together ask no more than one."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from scrapers.web.politeness import Share
from storage import fetchers
from storage.engine import StorageError, reading, transaction

_LOOK = 2.0  # seconds after which everybody has seen who came and who left
_TELL = 10.0  # seconds between two writes


class Sharing:
    """Tells the place of this process among those that fetch; it joins them with its first request."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine, self._now, self._clock, self._sleep = engine, now, clock, sleep
        self._name = f"{now():%Y%m%d%H%M%S%f}:{socket.gethostname()[:32]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._lock = threading.Lock()
        self._share = Share()
        self._told: float | None = None
        self._looked = 0.0

    def __call__(self) -> Share:
        """The place now; without a database as if alone."""
        with self._lock:
            now = self._clock()
            if self._told is None or now - self._looked >= _LOOK:
                with suppress(StorageError):
                    self._look(now)
                self._looked = self._clock()
            return self._share

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Make room for the others."""
        if self._told is not None:
            with suppress(StorageError), transaction(self._engine) as session:
                fetchers.leave(session, self._name)

    def _look(self, now: float) -> None:
        lately = self._told is not None and now - self._told < _TELL
        if not lately:
            with transaction(self._engine) as session:
                fetchers.tell(session, self._name, self._now())
        with reading(self._engine) as session:
            alive = fetchers.alive(session, self._now())
        is_new = self._told is None
        self._told = self._told if lately else now
        if self._name in alive:
            self._share = Share(alive.index(self._name), len(alive))
        if is_new and self._share.count > 1:
            self._sleep(_LOOK)  # until the others know of us, they use all slots
