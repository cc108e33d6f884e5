"""The one way to the network: fetch a page, or say why not."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import requests
import urllib3.exceptions
from requests.structures import CaseInsensitiveDict

from scrapers.address import Deadline, ForbiddenAddressError, Gate, GuardedAdapter, Target, forbidden, visible
from scrapers.article import FetchedPage
from scrapers.errors import FetchError, FetchOutcome
from scrapers.politeness import MAX_BLOCK, Politeness
from scrapers.robots import Robots

MAX_REDIRECTS = 5
_CHUNK = 64 << 10
_PATIENCE = 60.0  # seconds without requests after a 429 that names no time
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_PAGES = {HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NON_AUTHORITATIVE_INFORMATION}
_REDIRECTS = {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}
_OUTCOMES: dict[int, FetchOutcome] = {
    HTTPStatus.NOT_FOUND: FetchOutcome.GONE,
    HTTPStatus.GONE: FetchOutcome.GONE,
    HTTPStatus.REQUEST_TIMEOUT: FetchOutcome.TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS: FetchOutcome.RATE_LIMITED,
}
_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}
_ROBOTS_DEADLINE = 15.0
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


class Http:
    """Fetches pages for one run; safe to share between threads.

    Times are seconds. `allow_hosts` (`host` or `host:port`) are the user's own: they may have any
    address and port, and are not spared. `now` returns aware UTC. Raises ValueError for an `agent` that no
    request can carry.
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
        now: Callable[[], datetime],
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
        self._politeness = Politeness(host_delay)
        self._local = threading.local()
        self._adapters: list[GuardedAdapter] = []
        self.robots = Robots(agent, self._robots_file)

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

        With `validators` the answer may have status 304 and no body. `deadline` limits the time on
        the network, redirects included; waiting for the host's turn is not counted.
        """
        seconds = self._deadline if deadline is None else deadline
        return self._follow(url.strip(), validators or Validators(), seconds, robots=self._respect_robots)

    def _robots_file(self, url: str) -> FetchedPage:
        return self._follow(url, Validators(), min(_ROBOTS_DEADLINE, self._deadline), robots=False)

    def _follow(self, url: str, validators: Validators, seconds: float, *, robots: bool) -> FetchedPage:
        asked = _conditions(validators)
        here, seen = url, set[str]()
        while True:
            target = self._gate.target(here)
            if target.url in seen or len(seen) > MAX_REDIRECTS:
                why = "redirects in a circle" if target.url in seen else f"more than {MAX_REDIRECTS} redirects"
                raise _failure(url, why, FetchOutcome.TOO_MANY_REDIRECTS, retryable=False)
            conditions = {} if seen else asked
            seen.add(target.url)
            self._admit(target, robots=robots)
            with closing(Deadline(seconds)) as watch:
                page = self._exchange(url, here, target, conditions, watch)
                seconds = watch.left()
            self._judge(page, target, conditional=bool(conditions))
            if page.status not in _REDIRECTS:
                return page
            here = _joined(target.url, _utf8(page.headers["location"]).strip())

    def _admit(self, target: Target, *, robots: bool) -> None:
        """Wait for our turn at the host; raises FetchError when we may not come at all."""
        self._refuse_blocked(target)
        if robots:
            rules = self.robots.rules(target.url)
            if not rules.allows(target.url):
                raise _failure(target.url, "robots.txt disallows it", FetchOutcome.DISALLOWED, retryable=False)
            if rules.crawl_delay:
                self._politeness.slow_down(target.name, rules.crawl_delay)
        if not target.own:
            self._politeness.wait(target.name)
        self._refuse_blocked(target)  # another thread may have been told while this one waited

    def _refuse_blocked(self, target: Target) -> None:
        seconds = self._politeness.blocked_for(target.name)
        if seconds:
            why = f"the server asked to be left alone for {seconds:.0f} s"
            raise _failure(target.url, why, FetchOutcome.RATE_LIMITED, retryable=True, retry_after=seconds)

    def _exchange(
        self, url: str, here: str, target: Target, conditions: dict[str, str], watch: Deadline
    ) -> FetchedPage:
        """One request with its answer; raises FetchError for what happens below HTTP."""
        adapter = self._adapter()
        adapter.watch = watch
        left = max(0.001, watch.left())
        timeout = (min(self._connect_timeout, left), min(self._read_timeout, left))
        try:
            request = self._request(target.url, conditions)
            with closing(adapter.send(request, stream=True, timeout=timeout, verify=adapter.trust)) as response:
                status, headers = response.status_code, {k.lower(): v for k, v in response.headers.items()}
                body = self._body(response, target.url, watch) if status in _PAGES else b""
        except ForbiddenAddressError as refused:
            raise forbidden(target.url, str(refused)) from refused
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,  # what http.client makes of some malformed answers
        ) as broken:
            raise _broken(target.url, broken, watch) from broken
        return FetchedPage(url, here, status, body, self._now().astimezone(UTC), headers)

    def _adapter(self) -> GuardedAdapter:
        """One adapter a thread: a connection that never changes threads is cut by its own watch only.

        There is no requests.Session: it would keep cookies, read .netrc and proxies, and follow redirects.
        """
        adapter: GuardedAdapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = GuardedAdapter(self._gate, self._connect_timeout)
            self._adapters.append(adapter)
        return adapter

    def _request(self, url: str, conditions: dict[str, str]) -> requests.PreparedRequest:
        headers = CaseInsensitiveDict(
            {"User-Agent": self._agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"} | conditions
        )
        return requests.Request("GET", url, headers=headers).prepare()

    def _body(self, response: requests.Response, url: str, watch: Deadline) -> bytes:
        coding = response.headers.get("Content-Encoding", "")
        if {name.strip().lower() for name in coding.split(",")} - _ENCODINGS:
            why = f"answered in {coding!r}, which we do not read"
            raise _failure(url, why, FetchOutcome.SERVER_ERROR, retryable=True)
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._max_bytes:
                why = f"more than {self._max_bytes} bytes"
                raise _failure(url, why, FetchOutcome.TOO_LARGE, retryable=False)
            if watch.left() <= 0:
                break
        if watch.expired or watch.left() <= 0:  # a cut body without a length looks complete
            raise _timeout(url)
        return bytes(body)

    def _judge(self, page: FetchedPage, target: Target, *, conditional: bool) -> None:
        """Let pages, redirects and expected 304s pass; raises FetchError for every other answer."""
        status, headers = page.status, page.headers
        wait = _retry_after(headers.get("retry-after", ""), page.fetched_at)
        if status == HTTPStatus.TOO_MANY_REQUESTS and wait is None:
            wait = _PATIENCE
        if wait is not None and status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            self._politeness.block(target.name, wait)
        if "x-amzn-waf-action" in headers or headers.get("cf-mitigated") == "challenge":
            why = "the server wants to see a browser"
            raise _failure(target.url, why, FetchOutcome.BLOCKED, retryable=True, status=status)
        usable = (
            status in _PAGES
            or (status in _REDIRECTS and headers.get("location"))
            or (status == HTTPStatus.NOT_MODIFIED and conditional)
        )
        if not usable:
            why = f"{status} {http.client.responses.get(status, '')}".strip()
            outcome = _outcome(status)
            retryable = outcome is not FetchOutcome.GONE
            raise _failure(target.url, why, outcome, retryable=retryable, retry_after=wait, status=status)


def _outcome(status: int) -> FetchOutcome:
    if status in _OUTCOMES:
        return _OUTCOMES[status]
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return FetchOutcome.BLOCKED if refused else FetchOutcome.SERVER_ERROR


def _conditions(validators: Validators) -> dict[str, str]:
    given = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in given.items() if value and re.fullmatch(r"[\x20-\xff]+", value)}


def _retry_after(text: str, now: datetime) -> float | None:
    """Seconds until the time that `text` names in one of its two forms, at most a day."""
    text = text.strip()
    if re.fullmatch(r"\d+", text, re.ASCII):
        return min(float(text[:9]), MAX_BLOCK)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return min(max(0.0, (then - now).total_seconds()), MAX_BLOCK)


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


def _failure(
    url: str,
    why: str,
    outcome: FetchOutcome,
    *,
    retryable: bool,
    retry_after: float | None = None,
    status: int | None = None,
) -> FetchError:
    message = f"{visible(url)}: {visible(why)}"
    return FetchError(message, outcome, retryable=retryable, retry_after=retry_after, status=status)


def _timeout(url: str) -> FetchError:
    return _failure(url, "no complete answer in time", FetchOutcome.TIMEOUT, retryable=True)


def _broken(url: str, error: BaseException, watch: Deadline) -> FetchError:
    """What an exception of the libraries below means for the caller."""
    chain = _causes(error)
    # Not urllib3's own TimeoutError: it calls a refused connection and an unknown host that, too.
    timeouts = (TimeoutError, requests.Timeout, urllib3.exceptions.ReadTimeoutError)
    if watch.expired or watch.left() <= 0 or any(isinstance(cause, timeouts) for cause in chain):
        return _timeout(url)
    if isinstance(error, requests.exceptions.InvalidURL | urllib3.exceptions.LocationValueError | UnicodeError):
        return _failure(url, str(error), FetchOutcome.BAD_URL, retryable=False)
    why = f"{type(chain[-1]).__name__}: {chain[-1]}"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return _failure(url, why, FetchOutcome.SERVER_ERROR, retryable=True)
    return _failure(url, why, FetchOutcome.UNREACHABLE, retryable=True)


def _causes(error: BaseException) -> list[BaseException]:
    """`error` and what it wraps, the root last."""
    chain = [error]
    while len(chain) < 10:  # noqa: PLR2004 - exceptions may be linked in a circle
        reason = getattr(chain[-1], "reason", None)
        inner = reason if isinstance(reason, BaseException) else chain[-1].__cause__ or chain[-1].__context__
        if inner is None or inner in chain:
            break
        chain.append(inner)
    return chain
