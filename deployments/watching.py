"""Keep the two processes of `varta up` alive: whichever ends is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deployments import dying, server
from deployments.server import Server, ServerError
from flows.settings import child_environment

_LOOK = 1.0  # seconds between two looks
_STEADY = 60.0  # seconds after which a process that ends did not end because it cannot start
_LONGEST_PAUSE = 60.0
_STOP_WITHIN = 30.0  # the worker ends its runs first


class Worker:
    """The process that takes runs, see worker.py."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process, None before the first start."""
        return self._process.pid if self._process else None

    @property
    def ended(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll() if self._process else 0

    def start(self) -> None:
        """Start it; it tells the server itself when it is ready."""
        self._process = subprocess.Popen(  # noqa: S603 - arguments of our own
            dying.command("-m", "deployments.worker"),
            env=child_environment({}),
            start_new_session=True,  # Ctrl-C is for us
        )

    def stop(self) -> None:
        """End it and its runs."""
        if self._process is not None:
            server.end(self._process, _STOP_WITHIN)
        _end_orphans(set())


@contextmanager
def working() -> Iterator[Worker]:
    """A worker for as long as the block lasts."""
    dying.take_orphans()
    worker = Worker()
    try:
        worker.start()
        yield worker
    finally:
        worker.stop()


def keep(served: Server, worker: Worker, say: Callable[[str], None]) -> None:
    """Start again whatever ends, for ever; SIGTERM and Ctrl-C raise out of it."""
    pauses = {"server": _Pause(), "worker": _Pause()}
    while True:
        time.sleep(_LOOK)
        ours = {pid for pid in (served.pid, worker.pid) if pid}
        if (status := served.ended) is not None:
            say(f"The Prefect server ended ({_said(status)}): starting it again.")
            pauses["server"].take()
            with suppress(ServerError):  # it is tried again, with longer and longer pauses
                served.start()
        elif (status := worker.ended) is not None:
            say(f"The worker ended ({_said(status)}): starting it again.")
            _end_orphans(ours)
            pauses["worker"].take()
            worker.start()


class _Pause:
    """How long to wait before the next start: not at all, unless the last one did not last."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._wait = 0.0

    def take(self) -> None:
        """Sleep for as long as is due."""
        lasted = time.monotonic() - self._started >= _STEADY
        self._wait = 0.0 if lasted else min(max(1.0, self._wait * 2), _LONGEST_PAUSE)
        time.sleep(self._wait)
        self._started = time.monotonic()


def _end_orphans(ours: set[int]) -> None:
    """Kill the runs whose worker was killed: they hold sources that the next worker's runs need.

    Linux only; elsewhere they go on until they are done, and the leases in the database keep them apart.
    """
    for pid in set(_children()) - ours:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _children() -> Iterator[int]:
    if sys.platform != "linux":
        return
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):  # it has just ended
            # the name in parentheses may hold anything
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[1]) == os.getpid():
                yield int(stat.parent.name)


def _said(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
