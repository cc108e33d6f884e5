"""An alert put into words for one reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.cards import coverage, deeds, excerpt, phrases
from alerts.cards.coverage import Line
from alerts.cards.deeds import Deed
from alerts.cards.excerpt import Piece
from alerts.cleaning import clean_text, web_link
from alerts.destinations import Destination
from alerts.links import Links
from alerts.model import Alert, Decision, Priority
from scrapers.article import Cut
from scrapers.source import SourceKind

_MOST_TERMS = 12
_MOST_LINES = 10
_REASONS: dict[Decision, str] = {
    Decision.FIRST_REPORT: "First alert of this watch on this story.",
    Decision.FURTHER_OUTLET: "A further outlet on a story that you were alerted to.",
    Decision.BACKFILL: "Found by a backfill of older news.",
    Decision.QUIET: "Held until your quiet hours ended.",
    Decision.UNCORROBORATED: "Held until others reported it, too.",
}
_PARTIAL: dict[Cut, str] = {
    Cut.PAYWALL: "The rest of this article is for subscribers; only its beginning was read.",
    Cut.TRUNCATED: "The text breaks off; the page did not give the rest.",
    Cut.TEASER: "The page shows no full text; this is what it says of itself.",
    Cut.FEED: "Only the feed's own text could be had, not the full page.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that a reader is told, in words: cleaned, shortened, in local time, not yet escaped.

    `link` is None when the address is no web link; `address` then shows it as plain text.
    """

    priority: Priority
    watch: str
    watch_id: str
    version: str
    story: int
    key: str
    headline: str
    language_code: str
    link: str | None
    address: str
    source: str
    kind: str
    language: str
    is_state_media: bool
    partial: str
    after: str
    first_seen: str
    published: str
    made: str
    zone: str
    reason: str
    pieces: tuple[Piece, ...]
    terms: tuple[str, ...]
    where: str
    summary: str
    lines: tuple[Line, ...]
    more: int
    kept: Deed | None
    deeds: tuple[Deed, ...]
    unsubscribe: Deed | None

    @property
    def sentence(self) -> str:
        """The sentence that shows why, without its marks."""
        return excerpt.plain(self.pieces)

    @property
    def bracketed(self) -> str:
        """The sentence with its marks in [brackets], for plain text."""
        return excerpt.bracketed(self.pieces)

    @property
    def origin(self) -> str:
        """Who says it: source, kind and language."""
        return f"{self.source} ({self.kind}, {self.language})"


def make_card(alert: Alert, destination: Destination, key: str, now: datetime, links: Links | None = None) -> Card:
    """Put `alert` into words for a reader of `destination`; `now` is when the message is made."""
    article, zone = alert.article, destination.zone
    lines = coverage.lines(alert, zone, now)
    return Card(
        priority=alert.priority,
        watch=clean_text(alert.watch_name, 100) or clean_text(alert.watch, 100) or "unnamed watch",
        watch_id=clean_text(alert.watch, 64),
        version=clean_text(alert.version, 40),
        story=alert.story,
        key=clean_text(key, 64),
        headline=clean_text(article.title, 300) or "(no headline)",
        language_code=article.language if article.language in phrases.LANGUAGES else "",
        link=web_link(article.url),
        address=clean_text(article.url, 300),
        source=phrases.source(article),
        kind=phrases.kind(article.kind),
        language=phrases.language(article.language),
        is_state_media=article.kind == SourceKind.STATE_MEDIA,
        partial=_PARTIAL[alert.cut] if alert.cut else "",
        after=coverage.after(article),
        first_seen=phrases.moment(article.first_seen, zone),
        published=phrases.published(article, zone),
        made=phrases.moment(now, zone),
        zone=phrases.zone_name(now.astimezone(zone), zone),
        reason=_reason(alert),
        pieces=excerpt.pieces(alert.excerpt),
        terms=tuple(filter(None, (clean_text(term, 60) for term in alert.terms[:_MOST_TERMS]))),
        where=excerpt.where(alert),
        summary=coverage.summary(coverage.articles(alert)),
        lines=lines[:_MOST_LINES],
        more=len(lines) - len(lines[:_MOST_LINES]),
        kept=deeds.kept_copy(alert, key, zone, now, links),
        deeds=deeds.for_alert(key, now, links, has_digest=bool(destination.digest)),
        unsubscribe=deeds.unsubscribe(key, now, links),
    )


def _reason(alert: Alert) -> str:
    return " ".join(filter(None, (_REASONS.get(alert.reason, ""), clean_text(alert.note, 300))))
