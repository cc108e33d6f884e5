"""The most time that one send may take, however slowly the other side answers."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Self

DEADLINE = 60.0  # seconds; far enough below LEASE of storage/leases.py for a slow lookup of a name to fit in


class Deadline:
    """Shuts its connection down when its seconds are over, also while a library waits; a context manager.

    What a library makes of a connection that was shut down may look like a whole answer, so `check`
    comes before anybody believes one.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = False
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._drop()

    @property
    def left(self) -> float:
        """Seconds until the end."""
        return self._ends - time.monotonic()

    def check(self) -> None:
        """Raise TimeoutError when the time is over."""
        if self.expired:
            raise TimeoutError("the time is over")

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """The connection to watch, to the first address of `host` that answers.

        `timeout` in seconds holds for each address and then for each step. Raises OSError.
        """
        failure: OSError = TimeoutError("no time left to connect")
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            left = self.left
            if left <= 0:
                break
            try:
                sock = socket.create_connection((str(address[0]), port), min(timeout, left))
                return self._watched(sock, timeout)
            except OSError as broken:
                failure = broken
        raise failure

    def _watched(self, sock: socket.socket, timeout: float) -> socket.socket:
        try:
            sock.settimeout(timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.check()
                self._drop()
                # A duplicate, because TLS takes the connection away from the socket that it wraps, and
                # because shutting an SSLSocket down would take the TLS state away from under its reader.
                self._handle = sock.dup()
        except OSError:
            sock.close()
            raise
        return sock

    def _cut(self) -> None:
        with self._lock:
            self.expired = True
            if self._handle is not None:
                with contextlib.suppress(OSError):  # the other side was quicker
                    self._handle.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None
