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


class FeedError(ScraperError):
    """The bytes are not a feed, sitemap or listing that yields entries."""


class ExtractionError(ScraperError):
    """The page holds no article: an empty shell, a challenge page, not HTML."""


class ConfigError(ScraperError):
    """A configuration file cannot be used; the text names file and line."""
