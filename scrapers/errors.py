"""What can go wrong while a source is read.

ScraperError
├── ConfigError       a configuration file cannot be used at all
├── FetchError        no usable answer from a server; `outcome` says what happened
├── FeedError         the bytes are not a feed, sitemap or listing
└── ExtractionError   the page holds no article
"""

from __future__ import annotations

import enum


class ScraperError(Exception):
    """Base of everything that `scrapers` raises on purpose."""


class FetchOutcome(enum.StrEnum):
    """What a server, or the way to it, made of one request."""

    FETCHED = "fetched"
    NOT_MODIFIED = "not_modified"
    GONE = "gone"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    FORBIDDEN_ADDRESS = "forbidden_address"
    DISALLOWED = "disallowed"
    BAD_URL = "bad_url"
    TOO_MANY_REDIRECTS = "too_many_redirects"


class FetchError(ScraperError):
    """No usable answer. `retryable` says whether asking again later can help; `retry_after` is seconds."""

    def __init__(
        self,
        message: str,
        outcome: FetchOutcome,
        *,
        retryable: bool,
        retry_after: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.retryable = retryable
        self.retry_after = retry_after
        self.status = status


class PageOutcome(enum.StrEnum):
    """What a page turned out to be that holds no article."""

    CHALLENGE = "challenge"  # a check for robots stands before the article
    LOGIN_WALL = "login_wall"  # readers without an account see nothing of it
    EMPTY_SHELL = "empty_shell"  # a script would have to fill the page
    ELSEWHERE = "elsewhere"  # the address leads to another page
    NOT_HTML = "not_html"
    BROKEN = "broken"  # the reader itself fails on it


class FeedError(ScraperError):
    """The bytes are not a feed, sitemap or listing that yields entries; `outcome` is what they are, if known."""

    def __init__(self, message: str, outcome: PageOutcome | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome


class ExtractionError(ScraperError):
    """The page holds no article; `outcome` says what it is instead."""

    def __init__(self, message: str, outcome: PageOutcome = PageOutcome.EMPTY_SHELL) -> None:
        super().__init__(message)
        self.outcome = outcome


class ConfigError(ScraperError):
    """A configuration file cannot be used; the text names file and line."""
