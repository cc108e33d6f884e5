"""An end for what libraries and servers would make us wait for."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, ask: Callable[[], T]) -> T:
    """What `ask` returns or raises (OSError), or TimeoutError: the resolver of a system cannot be cut off otherwise."""
    answers: queue.SimpleQueue[tuple[T | None, OSError | None]] = queue.SimpleQueue()

    def wait() -> None:
        try:
            answers.put((ask(), None))
        except OSError as failed:
            answers.put((None, failed))

    threading.Thread(target=wait, daemon=True).start()
    try:
        answer, failed = answers.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError("no answer in time") from None
    if failed is not None:
        raise failed
    assert answer is not None
    return answer


class Deadline:
    """Cuts one request off when its seconds are over, also while it waits inside a library."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self._timer = threading.Timer(max(0.0, seconds), self._cut)
        self._timer.daemon = True
        self._timer.start()
        self.expired = False

    def left(self) -> float:
        """Seconds until the deadline."""
        return self._ends - time.monotonic()

    def attach(self, sock: socket.socket) -> None:
        """Name the socket to cut; raises TimeoutError when it is too late."""
        with self._lock:
            if self.expired:
                raise TimeoutError("deadline passed")
            self._sock = sock

    def close(self) -> None:
        """Let the socket live: the request is done."""
        self._timer.cancel()
        with self._lock:
            self._sock = None

    def _cut(self) -> None:
        with self._lock:
            self.expired = True
            if self._sock is not None:
                with contextlib.suppress(OSError):  # the other side was quicker
                    # Not SSLSocket.shutdown, which takes the TLS state away from under the reader.
                    socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
