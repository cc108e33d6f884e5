"""The values that travel from a source to an article; standard library only."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime


class DateOrigin(enum.StrEnum):
    """Where the publication time of an article was read."""

    FEED = "feed"
    SITEMAP = "sitemap"
    JSON_LD = "json-ld"
    META = "meta"
    TIME = "time"
    TEXT = "text"
    URL = "url"
    FIRST_SEEN = "first-seen"


class Cut(enum.StrEnum):
    """Why only a part of an article could be read."""

    PAYWALL = "paywall"  # the page says that the rest is for subscribers
    TRUNCATED = "truncated"  # the text breaks off, or asks to read on elsewhere
    TEASER = "teaser"  # the page shows less than its own description or feed tells
    FEED = "feed"  # the page could not be had: this is what the feed told


@dataclass(frozen=True, slots=True)
class Attribution:
    """The outlet that an article names as its origin: id of a known source, and the words that say so."""

    outlet: str
    phrase: str


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A pointer to an article in a feed, sitemap or listing.

    `url` is absolute and as the source wrote it. `published` and `modified` are aware UTC; `modified` is
    all that many sitemaps tell, and never earlier than the publication. `summary` is plain text. An entry
    without a page of its own (`has_page` is False) has all that there is to read, and `url` only names it.
    `credit` is the address of the outlet or page that the entry names as its origin (RSS `<source>`, a forward).
    """

    source: str
    url: str
    id: str = ""
    title: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    language: str | None = None
    origin: DateOrigin = DateOrigin.FEED
    modified: datetime | None = None
    has_page: bool = True
    credit: str = ""


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """The bytes that a server answered with, decoded for content encoding but not for charset.

    `url` was asked for, `final_url` answered after redirects. `headers` have lower-case names.
    `fetched_at` is aware UTC.
    """

    url: str
    final_url: str
    status: int
    body: bytes
    fetched_at: datetime
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Article:
    """What was read from a page, or from the feed alone when the page could not be had.

    `text` has paragraphs joined by a blank line; `cut` says why it is only a part of the article. `published`
    is aware UTC, read from `date_origin`. `aliases` are all URLs that led here: asked for, final, canonical.
    `external_id` is the publisher's own id of the text, equal in all its languages; `translations` are
    (language, URL) of the same text in other languages. `rule_broken` tells why the outlet's rule failed.
    """

    source: str
    url: str
    title: str
    text: str
    published: datetime | None = None
    date_origin: DateOrigin | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    aliases: tuple[str, ...] = ()
    cut: Cut | None = None
    external_id: str = ""
    translations: tuple[tuple[str, str], ...] = ()
    attribution: Attribution | None = None
    rule_broken: str = ""

    @property
    def partial(self) -> bool:
        """Whether a part of the article is missing."""
        return self.cut is not None
