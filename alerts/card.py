"""An alert put into words for one reader, before it takes the form of a mail or a Slack message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.cleaning import clean_piece, clean_text, web_link
from alerts.model import Alert, Coverage, Decision, Excerpt, Field, Priority
from scrapers.article import Cut
from scrapers.source import SourceKind

_LONGEST_EXCERPT = 500
_BEFORE_MARK = 150  # how much of a long sentence is kept before its first mark
_MOST_TERMS = 12
_MOST_LINES = 10

KINDS: dict[str, str] = {
    SourceKind.AGENCY: "news agency",
    SourceKind.OUTLET: "news outlet",
    SourceKind.OFFICIAL: "official source",
    SourceKind.THINK_TANK: "think tank",
    SourceKind.TRADE: "trade press",
    SourceKind.STATE_MEDIA: "state media",
    SourceKind.AGGREGATOR: "aggregator",
}
_REASONS: dict[Decision, str] = {
    Decision.FIRST_REPORT: "First alert of this watch on this story.",
    Decision.FURTHER_OUTLET: "A further outlet on a story that you were alerted to.",
    Decision.BACKFILL: "Found by a backfill of older news.",
}
_PARTIAL: dict[Cut, str] = {
    Cut.PAYWALL: "The rest of this article is for subscribers; only its beginning was read.",
    Cut.TRUNCATED: "The text breaks off; the page did not give the rest.",
    Cut.TEASER: "The page shows no full text; this is what it says of itself.",
    Cut.FEED: "Only the feed's own text could be had, not the full page.",
}
_LANGUAGES = {
    "ar": "Arabic", "be": "Belarusian", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hu": "Hungarian", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "ko": "Korean",
    "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sv": "Swedish",
    "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the sentence that shows why; `marked` parts are what the watch found."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One article of the story. `note` is empty or says what the reader should beware of."""

    time: str
    title: str
    link: str | None
    source: str
    kind: str
    language: str
    note: str
    is_this: bool
    is_state_media: bool


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

    @property
    def sentence(self) -> str:
        """The sentence that shows why, without its marks."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def bracketed(self) -> str:
        """The sentence with its marks in [brackets], for plain text."""
        return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in self.pieces)

    @property
    def origin(self) -> str:
        """Who says it: source, kind and language."""
        return f"{self.source} ({self.kind}, {self.language})"


def make_card(alert: Alert, zone: ZoneInfo, key: str, now: datetime) -> Card:
    """Put `alert` into words. Times are shown in `zone`; `now` is when the message is made."""
    article, lines = alert.article, _lines(alert, zone, now)
    return Card(
        priority=alert.priority,
        watch=clean_text(alert.watch_name, 100) or clean_text(alert.watch, 100) or "unnamed watch",
        watch_id=clean_text(alert.watch, 64),
        version=clean_text(alert.version, 40),
        story=alert.story,
        key=clean_text(key, 64),
        headline=clean_text(article.title, 300) or "(no headline)",
        language_code=article.language if article.language in _LANGUAGES else "",
        link=web_link(article.url),
        address=clean_text(article.url, 300),
        source=_source(article),
        kind=_kind(article.kind),
        language=_language(article.language),
        is_state_media=article.kind == SourceKind.STATE_MEDIA,
        partial=_PARTIAL[alert.cut] if alert.cut else "",
        after=_after(article),
        first_seen=_moment(article.first_seen, zone),
        published=_published(article, zone),
        made=_moment(now, zone),
        zone=_zone_name(now.astimezone(zone), zone),
        reason=_REASONS.get(alert.reason, ""),
        pieces=_pieces(alert.excerpt),
        terms=tuple(filter(None, (clean_text(term, 60) for term in alert.terms[:_MOST_TERMS]))),
        where=_where(alert),
        summary=_summary(alert),
        lines=lines[:_MOST_LINES],
        more=len(lines) - len(lines[:_MOST_LINES]),
    )


def _kind(kind: str) -> str:
    return KINDS.get(kind) or clean_text(kind, 30) or "kind of source unknown"


def _language(code: str | None) -> str:
    shown = clean_text(code or "", 12)
    return _LANGUAGES.get(shown) or (f"language {shown}" if shown else "language unknown")


def _source(article: Coverage) -> str:
    return clean_text(article.source, 80) or "unnamed source"


def _moment(time: datetime, zone: ZoneInfo) -> str:
    local = time.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} {_zone_name(local, zone)}"


def _zone_name(local: datetime, zone: ZoneInfo) -> str:
    area, _, city = zone.key.rpartition("/")
    return city.replace("_", " ") if area and area != "Etc" else local.tzname() or zone.key


def _published(article: Coverage, zone: ZoneInfo) -> str:
    if article.published is None:
        return "publication time not given"
    said = f"published {_moment(article.published, zone)}"
    return said + _delay(article.first_seen - article.published)


def _delay(delay: timedelta) -> str:
    minutes, hours = int(delay.total_seconds() // 60), int(delay.total_seconds() // 3600)
    if delay < -timedelta(minutes=5):
        return ", by a clock that is ahead of ours"
    if minutes < 1:
        return ""
    if hours < 2:  # noqa: PLR2004 -- up to two hours read better as minutes
        return f", {minutes} min before we saw it"
    if hours <= 48:  # noqa: PLR2004 -- and up to two days as hours
        return f", {hours} h before we saw it"
    return f", {hours // 24} days before we saw it"


def _pieces(excerpt: Excerpt) -> tuple[Piece, ...]:
    """The sentence in parts; marks that overlap, are out of order or out of range do no harm."""
    text, marks = excerpt.text, sorted(excerpt.marks)
    start = max(0, marks[0][0] - _BEFORE_MARK) if marks and len(text) > _LONGEST_EXCERPT else 0
    stop = min(len(text), start + _LONGEST_EXCERPT)
    raw: list[Piece] = [Piece("…", marked=False)] if start else []
    at = start
    for begin, end in marks:
        first, last = max(begin, at), min(end, stop)
        if first >= last:
            continue
        raw += [Piece(text[at:first], marked=False), Piece(text[first:last], marked=True)]
        at = last
    raw += [Piece(text[at:stop], marked=False), Piece("…" if stop < len(text) else "", marked=False)]
    cleaned = [Piece(clean_piece(piece.text), piece.marked) for piece in raw]
    return tuple(piece for piece in cleaned if piece.text)


def _where(alert: Alert) -> str:
    if alert.excerpt.field is Field.TITLE:
        return "in the headline"
    in_title = any(term in alert.article.title for term in alert.terms)
    return "in the headline and the text" if in_title else "in the text"


def _articles(alert: Alert) -> tuple[Coverage, ...]:
    """The story's articles with the alerted one among them exactly once, earliest first."""
    others = {article.url: article for article in alert.coverage} | {alert.article.url: alert.article}
    return tuple(sorted(others.values(), key=lambda article: (_time(article), article.url)))


def _time(article: Coverage) -> datetime:
    """When it was published; a clock that is ahead, or none, counts as when it was seen."""
    return min(article.published or article.first_seen, article.first_seen)


def _summary(alert: Alert) -> str:
    articles = _articles(alert)
    if len(articles) == 1:
        return "No other source is recognised with this story so far."
    outlets = len({article.source for article in articles})
    independent = sum(article.independent for article in articles)
    counted = [_count(len(articles), "article"), f"from {_count(outlets, 'source')}"]
    copies = len(articles) - independent
    derived = sum(bool(article.after) for article in articles if article.independent)
    told = [" ".join(counted)]
    if copies:
        told.append(f"{_count(copies, 'copy', 'copies')} of another's text")
    if derived:
        told.append(f"{derived} naming another source as the origin")
    return ", ".join(told)


def _note(article: Coverage) -> str:
    if not article.independent:
        return "copy of another's text"
    return f"after {clean_text(article.after, 60)}" if article.after else ""


def _after(article: Coverage) -> str:
    """Which outlet the article itself names as its origin, in its words."""
    if not article.after:
        return ""
    phrase = clean_text(article.phrase, 160)
    return f"Names {clean_text(article.after, 60)} as its origin" + (f": \u201c{phrase}\u201d" if phrase else ".")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _lines(alert: Alert, zone: ZoneInfo, now: datetime) -> tuple[Line, ...]:
    today = now.astimezone(zone).date()
    return tuple(_line(alert, article, zone, today) for article in _articles(alert))


def _line(alert: Alert, article: Coverage, zone: ZoneInfo, today: date) -> Line:
    local = _time(article).astimezone(zone)
    clock = f"{local:%H:%M}" if local.date() == today else f"{local.day} {local:%b %H:%M}"
    return Line(
        time=clock,
        title=clean_text(article.title, 160) or "(no headline)",
        link=web_link(article.url),
        source=_source(article),
        kind=_kind(article.kind),
        language=_language(article.language),
        note=_note(article),
        is_this=article.url == alert.article.url,
        is_state_media=article.kind == SourceKind.STATE_MEDIA,
    )
