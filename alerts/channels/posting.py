"""One request by POST within a deadline, which tells whether it may have left when its answer is lost."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError, NewConnectionError
from urllib3.response import HTTPResponse

from alerts.channels.deadline import Deadline
from alerts.cleaning import clean_text
from alerts.errors import DeliveryError, SendOutcome


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, its body as text."""

    status: int
    headers: Mapping[str, str]
    body: str


class _Connection(HTTPConnection):
    """A connection that ends at the deadline of its adapter."""

    adapter: ClassVar[_Adapter]

    def _new_conn(self) -> socket.socket:
        host, port = self._dns_host.strip("[]"), self.port or self.default_port or 0
        try:
            return self.adapter.deadline.connect(host, port, self.adapter.connect_timeout)
        except UnicodeError as broken:
            raise LocationParseError(host) from broken
        except OSError as broken:
            raise NewConnectionError(self, str(broken)) from broken

    def connect(self) -> None:
        """Connect, and say so: from here on something may have been written."""
        super().connect()
        self.adapter.connected = True

    def request(self, method: str, url: str, *given: Any, **options: Any) -> None:
        """Ask for the path that only the adapter knows."""
        del url
        super().request(method, self.adapter.path, *given, **options)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3 itself
        """Hide the path first: urllib3 logs it with headers that it cannot read, and a webhook's is secret."""
        if self._response_options:
            self._response_options = self._response_options._replace(request_url="")
        return super().getresponse()


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Adapter(HTTPAdapter):
    """Sends one request within `deadline`; `connected` tells whether it may have left."""

    def __init__(self, deadline: Deadline, connect_timeout: float) -> None:
        self.deadline = deadline
        self.connect_timeout = connect_timeout
        self.connected = False
        self.path = "/"
        super().__init__(max_retries=0)

    def request_url(self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None) -> str:
        """Keep the path to ourselves: urllib3 logs what it is given, and a webhook's is secret."""
        self.path = super().request_url(request, proxies)
        return "/"

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make pools whose connections know this adapter."""
        super().init_poolmanager(*args, **options)
        plain, tls = (type("Bound", (base,), {"adapter": self}) for base in (_Connection, _TlsConnection))
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("BoundPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("BoundTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }


@dataclass(frozen=True, slots=True)
class Post:
    """How to ask: `timeouts` in seconds to connect and for each read, `deadline` for all; `safe` hides secrets."""

    timeouts: tuple[float, float]
    deadline: float
    longest: int
    safe: Callable[[str], str]

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Send `body` once, follow nothing. Raises DeliveryError: UNKNOWN when the answer was lost."""
        # A session for one request: a kept connection that the server has closed would look like a lost
        # answer. trust_env off: no proxy and no .netrc that nobody mentioned.
        with Deadline(self.deadline) as deadline, requests.Session() as session:
            session.trust_env = False
            adapter = _Adapter(deadline, self.timeouts[0])
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            try:
                with session.post(
                    url, data=body, headers=headers, timeout=self.timeouts, allow_redirects=False, stream=True
                ) as answer:
                    read = _read(answer, self.longest)
                    deadline.check()  # an answer that was cut off may look whole
                    text = self.safe(read.decode("utf-8", "replace"))
                    return Answered(answer.status_code, answer.headers, text)
            except (requests.RequestException, HTTPError, TimeoutError) as broken:
                # `from None`: the chained error's text would bring the address back into a traceback.
                raise self._lost(broken, adapter) from None

    def _lost(self, broken: Exception, adapter: _Adapter) -> DeliveryError:
        told = clean_text(self.safe(str(broken)), 300)
        if adapter.deadline.expired:
            told = f"no complete answer within {adapter.deadline.seconds:g} s"
        if adapter.connected:
            return DeliveryError(f"Slack's answer was lost: {told}", SendOutcome.UNKNOWN)
        if isinstance(broken, ValueError):
            # requests marks addresses and headers that it refuses as ValueError
            return DeliveryError(f"the Slack address cannot be used: {told}", SendOutcome.DEAD_CHANNEL)
        return DeliveryError(f"Slack could not be reached: {told}", SendOutcome.RETRY)


def _read(answer: requests.Response, longest: int) -> bytes:
    """The body as far as it matters; a chunked one comes in pieces."""
    body = b""
    for piece in answer.iter_content(longest):
        body += piece
        if len(body) >= longest:
            break
    return body[:longest]
