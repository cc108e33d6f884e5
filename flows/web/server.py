"""The web server behind signed links: small answers, no patience with slow or long requests."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flows.house import House
from flows.web.answers import Answer, answer, refused

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 64
DEADLINE = 10.0  # seconds from the connection to its end
_LONGEST_BODY = 8192  # bytes; one click of a mail program sends some dozens
_LONGEST_PATH = 600


class LinksServer(ThreadingHTTPServer):
    """Serves the action pages at `place`; port 0 takes any free one.

    A connection ends after `deadline` seconds, and the oldest ends when there are too many: who is slow waits for
    nobody but himself.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, house: House, place: tuple[str, int], *, deadline: float = DEADLINE, most: int = MOST_CONNECTIONS
    ) -> None:
        self.house = house
        self._deadline, self._most = deadline, most
        self._open: dict[socket.socket, float] = {}
        self._guard = threading.Lock()
        if _is_ipv6(place[0]):
            self.address_family = socket.AF_INET6
        super().__init__(place, _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        shown = f"[{host!s}]" if self.address_family is socket.AF_INET6 else str(host)
        return f"http://{shown}:{port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin an answer in a thread of its own, and end what has lasted too long."""
        with self._guard:
            while len(self._open) >= self._most:
                _cut(self._open, next(iter(self._open)))
            self._open[request] = time.monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Called twice a second while it serves."""
        late = time.monotonic() - self._deadline
        with self._guard:
            for request in [one for one, since in self._open.items() if since < late]:
                _cut(self._open, request)

    def shutdown_request(self, request: Any) -> None:
        """The end of a connection, whoever wanted it."""
        with self._guard:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


def _cut(held: dict[socket.socket, float], request: socket.socket) -> None:
    """Its thread finds the connection closed and ends."""
    held.pop(request, None)
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


def _is_ipv6(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).version == 6  # noqa: PLR2004
    return False


class _Handler(BaseHTTPRequestHandler):
    server: LinksServer
    timeout = DEADLINE

    def version_string(self) -> str:
        return "Varta"

    def do_GET(self) -> None:
        self._reply(answer(self.server.house, "GET", self._short_path()))

    def do_HEAD(self) -> None:
        self._reply(answer(self.server.house, "HEAD", self._short_path()))

    def do_POST(self) -> None:
        """What the body says makes no difference; it is read so that the client is not cut off while it sends."""
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > _LONGEST_BODY:
            self._reply(refused(413, "This did not work", "The request is too long."))
            return
        if len(self.rfile.read(int(length))) == int(length):
            self._reply(answer(self.server.house, "POST", self._short_path()))

    def _short_path(self) -> str:
        return self.path if len(self.path) <= _LONGEST_PATH else ""

    def _reply(self, found: Answer) -> None:
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(found.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Whatever cannot be read gets the same kind of page."""
        self._reply(refused(code, "This does not work", "An address from a message is opened in a browser."))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """An address is a key: it stands in no log."""
