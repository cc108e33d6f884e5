"""A digest put into words for one reader: by watch and story, the weightiest first, and what could not be read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.cards import coverage, deeds, excerpt, phrases
from alerts.cards.deeds import Deed
from alerts.cards.excerpt import Piece
from alerts.cards.phrases import count
from alerts.cleaning import clean_text, web_link
from alerts.links import Links
from alerts.model import Alert, Decision, DigestContent, Priority, Silence
from scrapers.source import SourceKind

MOST_STORIES = 40
_LONGEST_SENTENCE = 180
_MOST_SILENCES = 20
_MOST_QUIET = 30
_KNOWN = 0.5  # the novelty of a story that was reported before the period began
_TITLES: dict[Decision, str] = {
    Decision.THROTTLED: "Too many alerts at once: {stories} in one message",
    Decision.TOO_OLD: "Older news that did not alert: {stories}",
    Decision.QUIET: "From your quiet hours: {stories}",
    Decision.BACKFILL: "Found by a backfill: {stories}",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One story of a digest, in at most three lines: headline, who reports it, why it matched."""

    headline: str
    language_code: str
    link: str | None
    byline: str
    is_state_media: bool
    pieces: tuple[Piece, ...]
    also: tuple[str, ...]  # other watches that it stands for
    mute: Deed | None

    @property
    def bracketed(self) -> str:
        """The sentence with its marks in [brackets], for plain text."""
        return excerpt.bracketed(self.pieces)


@dataclass(frozen=True, slots=True)
class Group:
    """What one watch found."""

    watch: str
    priority: Priority
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class DigestCard:
    """Everything that a digest tells, in words: cleaned, shortened, in local time, not yet escaped."""

    title: str
    period: str
    note: str
    advice: tuple[str, ...]
    groups: tuple[Group, ...]
    more: int
    silences: tuple[str, ...]
    silent: int
    quiet: tuple[str, ...]
    quiet_more: int
    made: str
    zone: str
    key: str
    unsubscribe: Deed | None

    @property
    def warning(self) -> str:
        """That part of the world could not be seen, "" when all could."""
        if not self.silent:
            return ""
        told = f"{count(self.silent, 'source')} could not be read for a part of this time. "
        return f"{told}That they bring nothing here does not mean that nothing happened."

    @property
    def calm(self) -> str:
        """What an empty digest says."""
        return "" if self.groups or self.more else "No story in this time."


def make_digest(
    content: DigestContent,
    zone: ZoneInfo,
    key: str,
    now: datetime,
    links: Links | None = None,
    *,
    most: int = MOST_STORIES,
) -> DigestCard:
    """Put `content` into words, with its `most` weightiest stories."""
    stories = _stories(content)
    shown, more = stories[:most], content.more + len(stories[most:])
    return DigestCard(
        title=_title(content, len(stories) + content.more),
        period=f"{phrases.moment(content.start, zone)} to {phrases.moment(content.end, zone)}",
        note=clean_text(content.note, 600),
        advice=_advice(content),
        groups=_groups(shown, zone, key, now, links),
        more=more,
        silences=tuple(_silence(one, zone, now) for one in content.silences[:_MOST_SILENCES]),
        silent=len(content.silences),
        quiet=tuple(clean_text(name, 80) for name in content.quiet[:_MOST_QUIET]),
        quiet_more=len(content.quiet[_MOST_QUIET:]),
        made=phrases.moment(now, zone),
        zone=phrases.zone_name(now.astimezone(zone), zone),
        key=clean_text(key, 64),
        unsubscribe=deeds.unsubscribe(key, now, links),
    )


def weight(alert: Alert, start: datetime) -> float:
    """Novelty times independent texts: a story that others tell in their own words comes before a lone report."""
    found = coverage.articles(alert)
    novelty = 1.0 if coverage.time(found[0]) >= start else _KNOWN
    return novelty * max(1, coverage.independent(found))


def _stories(content: DigestContent) -> list[tuple[Alert, ...]]:
    """The alerts of each story together, the most urgent first; stories by urgency, then by weight."""
    by_story: dict[object, list[Alert]] = defaultdict(list)
    for alert in content.alerts:
        by_story[alert.story or alert.article.url].append(alert)
    order = list(Priority)
    told = [tuple(sorted(same, key=lambda one: (-order.index(one.priority), one.watch))) for same in by_story.values()]
    return sorted(
        told, key=lambda same: (-order.index(same[0].priority), -weight(same[0], content.start), same[0].article.url)
    )


def _groups(
    shown: Sequence[tuple[Alert, ...]], zone: ZoneInfo, key: str, now: datetime, links: Links | None
) -> tuple[Group, ...]:
    by_watch: dict[str, list[tuple[Alert, ...]]] = defaultdict(list)
    for same in shown:
        by_watch[same[0].watch].append(same)
    return tuple(
        Group(_watch(found[0][0]), found[0][0].priority, tuple(_entry(same, zone, key, now, links) for same in found))
        for found in by_watch.values()
    )


def _watch(alert: Alert) -> str:
    return clean_text(alert.watch_name, 80) or clean_text(alert.watch, 64) or "unnamed watch"


def _entry(same: tuple[Alert, ...], zone: ZoneInfo, key: str, now: datetime, links: Links | None) -> Entry:
    alert = same[0]
    article, found = alert.article, coverage.articles(alert)
    return Entry(
        headline=clean_text(article.title, 200) or "(no headline)",
        language_code=article.language if article.language in phrases.LANGUAGES else "",
        link=web_link(article.url),
        byline=_byline(alert, zone, now),
        is_state_media=all(one.kind == SourceKind.STATE_MEDIA for one in found),
        pieces=excerpt.pieces(alert.excerpt, _LONGEST_SENTENCE),
        also=tuple(_watch(one) for one in same[1:]),
        mute=deeds.mute_story(alert.story, key, now, links),
    )


def _byline(alert: Alert, zone: ZoneInfo, now: datetime) -> str:
    """Who says it and since when, and how many more do."""
    article, found = alert.article, coverage.articles(alert)
    told = [
        phrases.clock(coverage.time(article), zone, now),
        phrases.source(article),
        phrases.kind(article.kind),
        phrases.language(article.language),
    ]
    if len(found) > 1:
        sources = len({one.source for one in found})
        told.append(f"{count(sources, 'source')}, {count(coverage.independent(found), 'independent text')}")
        if article.kind != SourceKind.OFFICIAL and any(one.kind == SourceKind.OFFICIAL for one in found):
            told.append("also official")
    return " · ".join(told)


def _title(content: DigestContent, stories: int) -> str:
    counted = count(stories, "story", "stories")
    if content.why in _TITLES:
        return _TITLES[content.why].format(stories=counted)
    name = clean_text(content.name, 40)
    return (
        f"{phrases.upper_first(name)}: {counted}"
        if "digest" in name.lower()
        else f"{phrases.upper_first(f'{name} digest'.strip())}: {counted}"
    )


def _advice(content: DigestContent) -> tuple[str, ...]:
    """For a storm: which terms matched most, and what to do about it."""
    if content.why is not Decision.THROTTLED:
        return ()
    told = []
    terms = Counter(clean_text(term, 60) for alert in content.alerts for term in dict.fromkeys(alert.terms))
    if terms:
        often = ", ".join(f"{term} ({number:,}×)" for term, number in terms.most_common(5))
        told.append(f"Matched most often: {often}.")
    watches = Counter(alert.watch for alert in content.alerts)
    for watch, _ in watches.most_common(2):
        name = clean_text(watch, 64)
        told.append(
            f"If `{name}` asks for too much, make its query narrower and see what it finds: varta watches try {name}"
        )
        told.append(f"To silence it for a day: varta mute watch {name} --for 24h")
    return tuple(told)


def _silence(one: Silence, zone: ZoneInfo, now: datetime) -> str:
    since = f" since {phrases.clock(one.since, zone, now)}" if one.since else ""
    if one.since and one.until:
        since = f" from {phrases.clock(one.since, zone, now)} to {phrases.clock(one.until, zone, one.since)}"
    error = clean_text(one.error, 160)
    return f"{clean_text(one.source, 80) or 'unnamed source'}: nothing read{since}" + (f" ({error})" if error else "")
