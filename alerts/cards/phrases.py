"""Times, counts, kinds and languages as a reader is told them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.cleaning import clean_text
from alerts.model import Coverage
from scrapers.source import SourceKind

KINDS: dict[str, str] = {
    SourceKind.AGENCY: "news agency",
    SourceKind.OUTLET: "news outlet",
    SourceKind.OFFICIAL: "official source",
    SourceKind.THINK_TANK: "think tank",
    SourceKind.TRADE: "trade press",
    SourceKind.STATE_MEDIA: "state media",
    SourceKind.AGGREGATOR: "aggregator",
}
LANGUAGES = {
    "ar": "Arabic", "be": "Belarusian", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hu": "Hungarian", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "ko": "Korean",
    "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sv": "Swedish",
    "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


def kind(name: str) -> str:
    """The kind of a source."""
    return KINDS.get(name) or clean_text(name, 30) or "kind of source unknown"


def language(code: str | None) -> str:
    """The language of an article."""
    shown = clean_text(code or "", 12)
    return LANGUAGES.get(shown) or (f"language {shown}" if shown else "language unknown")


def source(article: Coverage) -> str:
    """The name of the source."""
    return clean_text(article.source, 80) or "unnamed source"


def moment(time: datetime, zone: ZoneInfo) -> str:
    """Day, clock and place: 23 Nov 2026, 14:02 Kyiv."""
    local = time.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} {zone_name(local, zone)}"


def clock(time: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The clock alone for a time of today, else with its day."""
    local = time.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local.day} {local:%b %H:%M}"


def zone_name(local: datetime, zone: ZoneInfo) -> str:
    """The city of a zone, or its offset."""
    area, _, city = zone.key.rpartition("/")
    return city.replace("_", " ") if area and area != "Etc" else local.tzname() or zone.key


def published(article: Coverage, zone: ZoneInfo) -> str:
    """When it was published, and how long before we saw it."""
    if article.published is None:
        return "publication time not given"
    said = f"published {moment(article.published, zone)}"
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


def count(number: int, one: str, many: str = "") -> str:
    """1 article, 2,000 articles."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def upper_first(text: str) -> str:
    """The same with a capital first."""
    return text[:1].upper() + text[1:]
