"""Connections to public addresses only, which end at their deadline."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, ClassVar
from urllib.parse import SplitResult, urlsplit

from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

from scrapers.errors import FetchError, FetchOutcome, ScraperError
from scrapers.urls import ascii_host, host_and_port
from scrapers.web.deadline import Deadline, within

PORTS = {"http": 80, "https": 443}
_MAX_TRIES = 4  # addresses of one host; each may cost a whole connect timeout

# The registries of RFC 6890. `ipaddress.is_global` is not used: it calls 224.0.0.1, fec0::1 and the
# NAT64 form of 169.254.169.254 global, and its answers change between patch releases of Python.
_CLOSED_4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # looks public, answers inside Azure with the machine's secrets
    )
)
_UNICAST_6 = IPv6Network("2000::/3")  # all that IANA has opened; everything else is local or special
_CLOSED_6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, with Teredo, which wraps an address of anybody's choice
        "2001:db8::/32",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(ip: str) -> bool:
    """Whether `ip` is an address of the public internet, in whatever IPv6 form it hides an IPv4 one."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = _wrapped(address)
        if inner is None:
            return address in _UNICAST_6 and not any(address in block for block in _CLOSED_6)
        address = inner
    return not any(address in block for block in _CLOSED_4)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class ForbiddenAddressError(ScraperError):
    """The host leads to an address that must not be contacted."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL. `own` hosts were named by the user and may have any address and port."""

    url: str
    scheme: str
    host: str
    port: int
    own: bool

    @property
    def name(self) -> str:
        """The host, with its port where that is unusual."""
        return self.host if self.port in PORTS.values() else f"{self.host}:{self.port}"


class Gate:
    """Says which URLs may be asked for; `allow_hosts` are exempt, written `host` or `host:port`."""

    def __init__(self, allow_hosts: frozenset[str] = frozenset()) -> None:
        self._own = frozenset(_entry(entry) for entry in allow_hosts) - {("", None)}

    def owns(self, host: str, port: int) -> bool:
        """Whether the user named this host, or this host with this port."""
        name = ascii_host(host)
        return (name, None) in self._own or (name, port) in self._own

    def target(self, url: str) -> Target:
        """Take `url` apart; raises FetchError (bad_url, forbidden_address).

        The URL to be sent is put together again from the checked parts, so that no other parser can
        find another host in it than the one that was checked.
        """
        if re.search(r"[\x00-\x1f\x7f]", url):  # urlsplit would drop some of them
            raise _bad(url, "contains control characters")
        try:
            parts = urlsplit(url)
            if parts.scheme not in PORTS:
                raise _bad(url, "only http and https are fetched")
            if "@" in parts.netloc:
                raise _bad(url, "carries credentials")
            host, given = host_and_port(parts.netloc)
        except ValueError as wrong:
            raise _bad(url, str(wrong)) from wrong
        port = PORTS[parts.scheme] if given is None else given
        target = Target(_rebuilt(parts, host, port), parts.scheme, host, port, self.owns(host, port))
        if not target.own and port not in PORTS.values():
            raise forbidden(url, f"port {port} is neither 80 nor 443{_if_yours(target)}")
        return target


def _if_yours(target: Target) -> str:
    return f"; if the host is yours, put {target.name} into VARTA_ALLOW_HOSTS"


def _rebuilt(parts: SplitResult, host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    shown += "" if port == PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{shown}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")


def _entry(written: str) -> tuple[str, int | None]:
    try:
        return host_and_port(written.strip())
    except ValueError:
        return ascii_host(written.strip()), None  # a bare IPv6 address


def visible(url: str) -> str:
    """`url` fit for a message: no credentials, nothing unprintable, not endless."""
    without = re.sub(r"^([a-zA-Z][a-zA-Z0-9+.-]*:[/\\]*)[^/?#]*@", r"\1", url)
    return "".join(char if char.isprintable() else "?" for char in without[:300])


def forbidden(url: str, why: str) -> FetchError:
    """The refusal to contact what `url` leads to."""
    return FetchError(f"{visible(url)}: {why}", FetchOutcome.FORBIDDEN_ADDRESS, retryable=False)


def _bad(url: str, why: str) -> FetchError:
    return FetchError(f"{visible(url)}: {why}", FetchOutcome.BAD_URL, retryable=False)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of `host`; raises socket.gaierror."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as impossible:  # a label longer than DNS allows
        raise socket.gaierror(str(impossible)) from impossible
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Guarded(HTTPConnection):
    """A connection that speaks only to public addresses or to the user's own hosts."""

    adapter: ClassVar[GuardedAdapter]

    def _new_conn(self) -> socket.socket:
        self.adapter.connected += 1
        host, port = self._dns_host.strip("[]"), self.port or PORTS["http"]
        own = self.adapter.gate.owns(host, port)
        try:
            addresses = within(self.adapter.watch.left(), lambda: look_up(host, port))
        except socket.gaierror as unknown:
            raise NameResolutionError(host, self, unknown) from unknown
        open_ones = [ip for ip in addresses if own or is_public(ip)]
        if not open_ones:
            raise ForbiddenAddressError(f"{host} has no public address")
        sock = self._first(open_ones[:_MAX_TRIES], port)
        # What counts is where we really are: a resolver asked twice may answer differently.
        if not own and not is_public(str(sock.getpeername()[0])):
            sock.close()
            raise ForbiddenAddressError(f"{host} has no public address")
        return sock

    def _first(self, addresses: list[str], port: int) -> socket.socket:
        failure: OSError = TimeoutError("no time left to connect")
        for ip in addresses:
            seconds = min(float(self.adapter.connect_timeout), self.adapter.watch.left())
            if seconds <= 0:
                break
            try:
                sock = create_connection((ip, port), seconds, socket_options=self.socket_options)
            except OSError as broken:
                failure = broken
            else:
                sock.settimeout(max(0.001, min(seconds, self.adapter.watch.left())))  # for a TLS handshake, as a whole
                return sock
        if isinstance(failure, TimeoutError):
            raise failure
        raise NewConnectionError(self, str(failure)) from failure

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3 itself
        """Hand the socket to the watch first: from here on a server may hold us up."""
        assert self.sock is not None
        self.adapter.watch.attach(self.sock)
        return super().getresponse()


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same over TLS."""


@cache
def _trusting(certificates: str) -> ssl.SSLContext:
    """Trust in the authorities of a file, which takes 14 ms to read: more than all the rest of a poll."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(certificates)
    return context


class GuardedAdapter(HTTPAdapter):
    """Sends requests over guarded connections; serves one thread, under the current `watch`."""

    trust: ClassVar[str] = DEFAULT_CA_BUNDLE_PATH  # the file of certificates; a test names its own here
    watch: Deadline

    def __init__(self, gate: Gate, connect_timeout: float) -> None:
        self.gate = gate
        self.connect_timeout = connect_timeout
        self.connected = 0  # connections made so far
        super().__init__(pool_connections=8, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make pools whose connections know this adapter."""
        super().init_poolmanager(*args, **options, ssl_context=_trusting(self.trust))
        bound = {"adapter": self}
        plain = {"ConnectionCls": type("GuardedHttp", (_Guarded,), bound)}
        tls = {"ConnectionCls": type("GuardedHttps", (_GuardedTls,), bound)}
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("GuardedHttpPool", (HTTPConnectionPool,), plain),
            "https": type("GuardedHttpsPool", (HTTPSConnectionPool,), tls),
        }

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002
        """Check every certificate, against what the shared context trusts; requests would read the file anew."""
        conn.cert_reqs = "CERT_REQUIRED"
