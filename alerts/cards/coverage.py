"""Who reports a story, earliest first, and whose words each report has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.cards import phrases
from alerts.cards.phrases import count
from alerts.cleaning import clean_text, web_link
from alerts.model import Alert, Coverage
from scrapers.source import SourceKind

_TOLD_KINDS = {
    SourceKind.OFFICIAL: ("official source", "official sources"),
    SourceKind.STATE_MEDIA: ("state media", "state media"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One article of the story. `words` says whose text it is: its own, a copy, or one after another source."""

    time: str
    title: str
    link: str | None
    source: str
    kind: str
    language: str
    words: str
    is_this: bool
    is_state_media: bool


def articles(alert: Alert) -> tuple[Coverage, ...]:
    """The story's articles with the alerted one among them exactly once, earliest first."""
    others = {article.url: article for article in alert.coverage} | {alert.article.url: alert.article}
    return tuple(sorted(others.values(), key=lambda article: (time(article), article.url)))


def time(article: Coverage) -> datetime:
    """When it was published; a clock that is ahead, or none, counts as when it was seen."""
    return min(article.published or article.first_seen, article.first_seen)


def lines(alert: Alert, zone: ZoneInfo, now: datetime) -> tuple[Line, ...]:
    """Every article of the story as a line."""
    return tuple(_line(alert, article, zone, now) for article in articles(alert))


def summary(found: tuple[Coverage, ...]) -> str:
    """How many report it, in how many languages, with how many independent texts, and which kinds to know of."""
    if len(found) == 1:
        return "No other source is recognised with this story so far."
    outlets, tongues = {one.source for one in found}, {one.language for one in found if one.language}
    counted = f"{count(len(found), 'article')} from {count(len(outlets), 'source')}"
    if len(tongues) > 1:
        counted += f" in {count(len(tongues), 'language')}"
    told = ", ".join([f"{counted}: {count(independent(found), 'independent text')}", *_rest(found)])
    kinds = [count(_of(kind, found), *names) for kind, names in _TOLD_KINDS.items() if _of(kind, found)]
    return f"{told}; among them {', '.join(kinds)}" if kinds else told


def independent(found: tuple[Coverage, ...]) -> int:
    """Texts of their own that name no other source as their origin."""
    return sum(one.independent and not one.after for one in found)


def _rest(found: tuple[Coverage, ...]) -> list[str]:
    derived = sum(bool(one.after) for one in found if one.independent)
    copies = sum(not one.independent for one in found)
    told = [f"{derived} naming another source as the origin"] if derived else []
    return told + ([count(copies, "copy", "copies")] if copies else [])


def _of(kind: SourceKind, found: tuple[Coverage, ...]) -> int:
    return sum(one.kind == kind for one in found)


def after(article: Coverage) -> str:
    """Which outlet the article itself names as its origin, in its words."""
    if not article.after:
        return ""
    phrase = clean_text(article.phrase, 160)
    return f"Names {clean_text(article.after, 60)} as its origin" + (f": \u201c{phrase}\u201d" if phrase else ".")


def _words(article: Coverage) -> str:
    if not article.independent:
        return "copy or same publisher"
    return f"names {clean_text(article.after, 60)} as its origin" if article.after else "own text"


def _line(alert: Alert, article: Coverage, zone: ZoneInfo, now: datetime) -> Line:
    return Line(
        time=phrases.clock(time(article), zone, now),
        title=clean_text(article.title, 160) or "(no headline)",
        link=web_link(article.url),
        source=phrases.source(article),
        kind=phrases.kind(article.kind),
        language=phrases.language(article.language),
        words=_words(article),
        is_this=article.url == alert.article.url,
        is_state_media=article.kind == SourceKind.STATE_MEDIA,
    )
