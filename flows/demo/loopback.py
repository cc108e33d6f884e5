"""What the demo's web servers share: they serve 127.0.0.1 from entering to leaving."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Server(ThreadingHTTPServer):
    """An HTTP server whose end waits for every answer."""

    daemon_threads = False
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class Served:
    """A context manager over a server and the thread that runs it."""

    _server: ThreadingHTTPServer
    _thread: threading.Thread

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
