"""A small web server on loopback that does what a test tells it, faults included."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """What a route answers. Content-Length is added unless `headers` has one."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came in. `headers` have lower-case names; `path` is without the query."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    _handler: BaseHTTPRequestHandler
    _closing: threading.Event

    def write(self, raw: bytes) -> bool:
        """Put bytes on the wire as they are; False when the client has gone."""
        try:
            self._handler.connection.sendall(raw)
        except OSError:
            return False
        return not self._closing.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait; False when the server is closing."""
        return not self._closing.wait(seconds)

    def hang_up(self, *, reset: bool = False) -> None:
        """Close the connection, by a reset if wanted."""
        self._handler.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


Route = bytes | Reply | Callable[[Call], "bytes | Reply | None"]


class Web:
    """Serves `routes` (path to bytes, Reply or a function of the call) on 127.0.0.1; records `requests`.

    A function that returns None has written its answer itself. Unknown paths are 404.
    """

    def __init__(self, routes: Mapping[str, Route] | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.requests: list[Call] = []
        self.connections = 0
        self._closing = threading.Event()
        self._scheme = "https" if tls else "http"
        self._server = _Server(self, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def host(self) -> str:
        """For `allow_hosts`: 127.0.0.1 with the port."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"{self._scheme}://{self.host}{path}"

    def asked(self, path: str) -> list[Call]:
        """The requests for one path, in order."""
        return [call for call in self.requests if call.path == path]

    def answer(self, call: Call) -> bytes | Reply | None:
        """What the route of this call says."""
        self.requests.append(call)
        route = self.routes.get(call.path, Reply(404))
        return route(call) if callable(route) else route

    @property
    def closing(self) -> threading.Event:
        return self._closing


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, web: Web, tls: ssl.SSLContext | None) -> None:
        self.web = web
        self.tls = tls
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.web.connections += 1
        if self.tls:  # here, in the connection's own thread: a handshake may take its time
            request = self.tls.wrap_socket(request, server_side=True)
        with contextlib.closing(request) if self.tls else contextlib.nullcontext():
            super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        web = self.server.web
        call = Call(self.command, parts.path, parts.query, headers, body, self, web.closing)
        reply = web.answer(call)
        if reply is None:
            self.close_connection = True
            return
        reply = Reply(body=reply) if isinstance(reply, bytes) else reply
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "content-length" not in {name.lower() for name in reply.headers}:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_POST = do_HEAD = do_PUT = do_GET  # noqa: N815 - names that the library calls

    def log_message(self, *_: Any) -> None:
        """Keep the test output quiet."""


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status, headers={"Location": location})


def slow_headers(call: Call) -> None:
    """One byte of a header every fifth of a second, for ever."""
    call.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while call.pause(0.2) and call.write(b"a"):
        pass


def slow_body(call: Call) -> None:
    """Headers at once, then one byte every fifth of a second."""
    call.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while call.pause(0.2) and call.write(b"a"):
        pass


def endless(call: Call) -> None:
    """As many bytes as the client takes."""
    call.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while call.write(b"x" * 65536):
        pass


def silent(call: Call) -> None:
    """Nothing at all."""
    while call.pause(0.2):
        pass


def reset(call: Call) -> None:
    """Half a page, then a reset."""
    call.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    call.hang_up(reset=True)


def cut_short(call: Call) -> None:
    """Fewer bytes than announced."""
    call.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    call.hang_up()


def gzipped(body: bytes) -> Reply:
    return Reply(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})


def bomb(size: int) -> Reply:
    """`size` bytes of zeros in gzip, made without holding them."""
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    packed = b"".join(press.compress(block) for _ in range(size >> 20)) + press.flush()
    return Reply(body=packed, headers={"Content-Encoding": "gzip"})
