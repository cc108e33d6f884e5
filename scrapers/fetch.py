"""The one way to the network: fetch a page, or say why not."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import BinaryIO, Self
from urllib.parse import urljoin

import requests
import urllib3.exceptions
from requests.structures import CaseInsensitiveDict

from scrapers.article import FetchedPage
from scrapers.errors import FetchOutcome
from scrapers.web import answers
from scrapers.web.address import ForbiddenAddressError, Gate, GuardedAdapter, Target, forbidden
from scrapers.web.answers import failure
from scrapers.web.deadline import Deadline
from scrapers.web.politeness import Politeness, Share
from scrapers.web.redirects import Chain
from scrapers.web.robots import Robots

_CHUNK = 64 << 10
_SMALL = 4 << 10  # bytes of an answer without use that are read, so that its connection can serve the next
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_UNREAD = {"br", "zstd", "compress", "x-compress", "dcb", "dcz"}  # other names are charsets and slips
_AGENT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server needs to answer "not modified": its own words from an earlier answer."""

    etag: str = ""
    last_modified: str = ""


def validators_of(page: FetchedPage) -> Validators:
    """What to send next time for `page.url`; nothing after a redirect, where they belong to another URL."""
    if page.url != page.final_url:
        return Validators()
    return Validators(page.headers.get("etag", ""), page.headers.get("last-modified", ""))


@dataclass(frozen=True, slots=True)
class _Sink:
    """Where a body goes that is too large for memory, and how many bytes it may have."""

    file: BinaryIO
    most: int


class Http:
    """Fetches pages for one run; safe to share between threads.

    Times are seconds. `allow_hosts` (`host` or `host:port`) are the user's own: they may have any
    address and port, and are not spared. `robots` are robots.txt texts by site, as `robots.learned()` of
    a run in the last day gave them. `now` returns aware UTC, `share` the place among processes that fetch. Raises
    ValueError for an `agent` that no request can carry.
    """

    def __init__(
        self,
        *,
        agent: str,
        allow_hosts: frozenset[str] = frozenset(),
        host_delay: float = 1.0,
        connect_timeout: float = 10.0,
        read_timeout: float = 20.0,
        deadline: float = 45.0,
        max_bytes: int = 10 << 20,
        respect_robots: bool = True,
        robots: Mapping[str, str] = MappingProxyType({}),
        now: Callable[[], datetime],
        share: Callable[[], Share] = Share,
    ) -> None:
        if not _AGENT.fullmatch(agent):
            # found out in time: at the first request it would look like a bad URL
            raise ValueError(f"a user agent is printable ASCII without spaces around it, not {agent!r}")
        self._agent = agent
        self._gate = Gate(allow_hosts)
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._respect_robots = respect_robots
        self._now = now
        self._politeness = Politeness(host_delay, share=share)
        self._local = threading.local()
        self._adapters: list[GuardedAdapter] = []
        self._moved: dict[str, str] = {}
        self.robots = Robots(agent, self._robots_file, robots)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection that is kept open."""
        for adapter in self._adapters:
            adapter.close()

    def get(self, url: str, validators: Validators | None = None, *, deadline: float | None = None) -> FetchedPage:
        """The page at `url`, after at most 5 redirects; raises FetchError.

        With `validators` the answer may have status 304 and no body. `deadline` limits the time on the
        network, robots.txt and redirects included; waiting for the host's turn is not counted.
        """
        seconds = self._deadline if deadline is None else deadline
        return self._follow(url.strip(), validators or Validators(), seconds, robots=self._respect_robots)

    def save(self, url: str, path: Path, most: int, *, deadline: float = 7200.0) -> None:
        """Write at most `most` bytes at `url` into a file, within `deadline` seconds; raises FetchError."""
        with path.open("wb") as file:
            self._follow(url.strip(), Validators(), deadline, robots=self._respect_robots, sink=_Sink(file, most))

    def moved_to(self, url: str) -> str:
        """Where `url` lives from now on, by the permanent redirects that it answered with; "" while it stays."""
        return self._moved.get(url.strip(), "")

    def _robots_file(self, url: str, seconds: float) -> FetchedPage:
        return self._follow(url, Validators(), min(seconds, self._deadline), robots=False)

    def _follow(
        self, url: str, validators: Validators, seconds: float, *, robots: bool, sink: _Sink | None = None
    ) -> FetchedPage:
        chain = Chain(url, _conditions(validators))
        ends = self._spent() + seconds
        here = url
        while True:
            target = self._gate.target(here)
            headers = chain.visit(target)
            self._admit(target, ends, robots=robots)
            with nullcontext() if target.own else self._politeness.turn(target.name):
                self._refuse_blocked(target)  # another thread may have been told while this one waited
                page = self._exchange(here, target, headers, chain, ends - self._spent(), sink)
                self._politeness.block(target.name, answers.pause(page) or 0.0)
            conditional = bool(headers.keys() & {"If-None-Match", "If-Modified-Since"})
            answers.judge(page, target.url, conditional=conditional)
            if page.status not in answers.REDIRECTS:
                if chain.moved_to:
                    self._moved[url] = chain.moved_to
                return page
            here = _joined(target.url, _utf8(page.headers["location"]).strip())
            chain.leads_to(here, page.status)

    def _admit(self, target: Target, ends: float, *, robots: bool) -> None:
        """Raises FetchError when we may not come at all."""
        self._refuse_blocked(target)
        if robots:
            # a robots.txt that drips must leave time for the page
            rules = self.robots.rules(target.url, (ends - self._spent()) / 3)
            if not rules.allows(target.url):
                raise failure(target.url, "robots.txt disallows it", FetchOutcome.DISALLOWED, retryable=False)
            if rules.crawl_delay:
                self._politeness.slow_down(target.name, rules.crawl_delay)
            self._refuse_blocked(target)

    def _refuse_blocked(self, target: Target) -> None:
        seconds = self._politeness.blocked_for(target.name)
        if seconds:
            why = f"the server asked to be left alone for {seconds:.0f} s"
            raise failure(target.url, why, FetchOutcome.RATE_LIMITED, retryable=True, retry_after=seconds)

    def _exchange(  # noqa: PLR0917 - private, called once
        self, here: str, target: Target, headers: dict[str, str], chain: Chain, seconds: float, sink: _Sink | None
    ) -> FetchedPage:
        """One request with its answer; raises FetchError for what happens below HTTP."""
        if seconds <= 0:
            raise answers.timeout(target.url)
        with closing(Deadline(seconds)) as watch:
            try:
                status, got, body = self._answer(target, headers, chain, watch, sink)
            except ForbiddenAddressError as refused:
                raise forbidden(target.url, str(refused)) from refused
            except (
                requests.RequestException,
                urllib3.exceptions.HTTPError,
                http.client.HTTPException,
                OSError,
                ValueError,  # what http.client makes of some malformed answers
            ) as broken:
                raise answers.broken(target.url, broken, watch) from broken
            finally:
                self._local.spent = self._spent() + seconds - watch.left()
        return FetchedPage(chain.url, here, status, body, self._now().astimezone(UTC), got)

    def _answer(
        self, target: Target, headers: dict[str, str], chain: Chain, watch: Deadline, sink: _Sink | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body, as they come from the libraries."""
        adapter = self._adapter()
        adapter.watch = watch
        left = max(0.001, watch.left())
        timeout = (min(self._connect_timeout, left), min(self._read_timeout, left))
        request = self._request(target.url, headers)
        with closing(self._send(adapter, request, timeout)) as response:
            chain.keep_cookies(target, response.raw.headers.getlist("set-cookie"))
            if response.status_code in answers.PAGES:
                body = self._body(response, target.url, watch, sink)
            else:
                body = b""
                _drain(response)
            return response.status_code, {k.lower(): v for k, v in response.headers.items()}, body

    def _send(
        self, adapter: GuardedAdapter, request: requests.PreparedRequest, timeout: tuple[float, float]
    ) -> requests.Response:
        """The answer; asked once more where a connection that was kept open turns out to be closed."""
        before = adapter.connected
        try:
            return adapter.send(request, stream=True, timeout=timeout)
        except requests.ConnectionError as broken:
            if adapter.connected > before or not answers.is_hung_up(broken):
                raise
        return adapter.send(request, stream=True, timeout=timeout)

    def _spent(self) -> float:
        """Seconds that this thread has been on the network."""
        return float(getattr(self._local, "spent", 0.0))

    def _adapter(self) -> GuardedAdapter:
        """One adapter a thread: a connection that never changes threads is cut by its own watch only.

        There is no requests.Session: it would keep cookies, read .netrc and proxies, and follow redirects.
        """
        adapter: GuardedAdapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = GuardedAdapter(self._gate, self._connect_timeout)
            self._adapters.append(adapter)
        return adapter

    def _request(self, url: str, more: dict[str, str]) -> requests.PreparedRequest:
        headers = CaseInsensitiveDict(
            {"User-Agent": self._agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"} | more
        )
        return requests.Request("GET", url, headers=headers).prepare()

    def _body(self, response: requests.Response, url: str, watch: Deadline, sink: _Sink | None) -> bytes:
        coding = response.headers.get("Content-Encoding", "")
        if {name.strip().lower() for name in coding.split(",")} & _UNREAD:
            why = f"answered in {coding!r}, which we do not read"
            raise failure(url, why, FetchOutcome.SERVER_ERROR, retryable=True)
        body, size, most = bytearray(), 0, sink.most if sink else self._max_bytes
        # what is saved stays as it was packed: a .gz that a server calls encoded would be unpacked
        for chunk in response.raw.stream(_CHUNK, decode_content=False) if sink else response.iter_content(_CHUNK):
            size += len(chunk)
            if size > most:
                raise failure(url, f"more than {most / (1 << 20):.0f} MiB", FetchOutcome.TOO_LARGE, retryable=False)
            if sink:
                sink.file.write(chunk)
            else:
                body += chunk
            if watch.left() <= 0:
                break
        if watch.expired or watch.left() <= 0:  # a cut body without a length looks complete
            raise answers.timeout(url)
        return bytes(body)


def _conditions(validators: Validators) -> dict[str, str]:
    given = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in given.items() if value and re.fullmatch(r"[\x20-\xff]+", value)}


def _drain(response: requests.Response) -> None:
    """Read what stands between a connection and its next use, where that is next to nothing."""
    length = response.headers.get("content-length", "")
    empty = response.status_code == HTTPStatus.NOT_MODIFIED
    if empty or (length.isascii() and length.isdigit() and len(length) < 5 and int(length) <= _SMALL):  # noqa: PLR2004
        with suppress(urllib3.exceptions.HTTPError, http.client.HTTPException, OSError):  # then it is closed
            response.raw.read(_SMALL, decode_content=False)


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        return location  # no URL at all; the gate says so


def _utf8(header: str) -> str:
    """A header as its author wrote it: http.client reads all of them as Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
