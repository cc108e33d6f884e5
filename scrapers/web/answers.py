"""What an answer of a server, or the lack of one, means for the caller."""

from __future__ import annotations

import http.client
import re
from datetime import datetime, timedelta
from http import HTTPStatus

import requests
import urllib3.exceptions

from scrapers.article import FetchedPage
from scrapers.errors import FetchError, FetchOutcome
from scrapers.routes.pace import http_date
from scrapers.web.address import visible
from scrapers.web.deadline import Deadline
from scrapers.web.politeness import MAX_BLOCK

PAGES = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NON_AUTHORITATIVE_INFORMATION})
MOVES = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
REDIRECTS = MOVES | {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT}
_PATIENCE = 60.0  # seconds without requests after a 429 that names no time
_OUTCOMES: dict[int, FetchOutcome] = {
    HTTPStatus.NOT_FOUND: FetchOutcome.GONE,
    HTTPStatus.GONE: FetchOutcome.GONE,
    HTTPStatus.REQUEST_TIMEOUT: FetchOutcome.TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS: FetchOutcome.RATE_LIMITED,
}
# A time named with these is a wish about the host; with a redirect or a 404 it is one about that page.
_HOST_WIDE = {HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


def pause(page: FetchedPage) -> float | None:
    """The seconds that the server wants to be left alone for, at most a day; None when it says nothing."""
    wait = retry_after(page.headers.get("retry-after", ""), page.fetched_at)
    if page.status == HTTPStatus.TOO_MANY_REQUESTS:
        return wait or _PATIENCE  # a time in the past is of a clock that differs, or of a cache
    return wait if page.status in _HOST_WIDE or page.status >= HTTPStatus.INTERNAL_SERVER_ERROR else None


def judge(page: FetchedPage, url: str, *, conditional: bool) -> None:
    """Let pages, redirects and expected 304s pass; raises FetchError for every other answer."""
    status, headers = page.status, page.headers
    wait = pause(page)
    if "x-amzn-waf-action" in headers or headers.get("cf-mitigated") == "challenge":
        why = "the server wants to see a browser"
        raise failure(url, why, FetchOutcome.BLOCKED, retryable=True, retry_after=wait, status=status)
    usable = (
        status in PAGES
        or (status in REDIRECTS and headers.get("location"))
        or (status == HTTPStatus.NOT_MODIFIED and conditional)
    )
    if not usable:
        why = f"{status} {http.client.responses.get(status, '')}".strip()
        outcome = _outcome(status)
        retryable = outcome is not FetchOutcome.GONE
        raise failure(url, why, outcome, retryable=retryable, retry_after=wait, status=status)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds until the time that `text` names in one of its two forms, at most a day."""
    text = text.strip()
    if re.fullmatch(r"\d+", text, re.ASCII):
        return min(float(text[:9]), MAX_BLOCK)
    then = http_date(text)
    return None if then is None else min(max(timedelta(), then - now).total_seconds(), MAX_BLOCK)


def failure(
    url: str,
    why: str,
    outcome: FetchOutcome,
    *,
    retryable: bool,
    retry_after: float | None = None,
    status: int | None = None,
) -> FetchError:
    """The error that names `url` and the reason, both fit to be printed."""
    message = f"{visible(url)}: {visible(why)}"
    return FetchError(message, outcome, retryable=retryable, retry_after=retry_after, status=status)


def timeout(url: str) -> FetchError:
    """The error for an answer that did not come, or not whole, before the deadline."""
    return failure(url, "no complete answer in time", FetchOutcome.TIMEOUT, retryable=True)


def broken(url: str, error: BaseException, watch: Deadline) -> FetchError:
    """What an exception of the libraries below means for the caller."""
    chain = _causes(error)
    # Not urllib3's own TimeoutError: it calls a refused connection and an unknown host that, too.
    timeouts = (TimeoutError, requests.Timeout, urllib3.exceptions.ReadTimeoutError)
    if watch.expired or watch.left() <= 0 or any(isinstance(cause, timeouts) for cause in chain):
        return timeout(url)
    if isinstance(error, requests.exceptions.InvalidURL | urllib3.exceptions.LocationValueError | UnicodeError):
        return failure(url, str(error), FetchOutcome.BAD_URL, retryable=False)
    why = f"{type(chain[-1]).__name__}: {chain[-1]}"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return failure(url, why, FetchOutcome.SERVER_ERROR, retryable=True)
    return failure(url, why, FetchOutcome.UNREACHABLE, retryable=True)


def is_hung_up(error: BaseException) -> bool:
    """Whether the server closed the connection instead of answering."""
    return any(isinstance(cause, http.client.RemoteDisconnected | ConnectionError) for cause in _causes(error))


def _outcome(status: int) -> FetchOutcome:
    if status in _OUTCOMES:
        return _OUTCOMES[status]
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return FetchOutcome.BLOCKED if refused else FetchOutcome.SERVER_ERROR


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
