"""What an operator must know, put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.cards import phrases
from alerts.cleaning import clean_text
from alerts.model import Notice

_MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class NoticeCard:
    """A notice in words: cleaned, shortened, in local time, not yet escaped. `mood` is bad, over or alive."""

    mood: str
    title: str
    since: str
    lines: tuple[str, ...]
    made: str
    key: str


def make_notice(notice: Notice, zone: ZoneInfo, key: str, now: datetime) -> NoticeCard:
    """Put `notice` into words."""
    headline = clean_text(notice.headline, 200) or "(no headline)"
    begun = phrases.moment(notice.since, zone)
    if notice.is_canary:
        mood, title, since = "alive", headline, f"Counted since {begun}"
    elif notice.is_over:
        mood, title, since = "over", f"Over: {headline}", f"From {begun} to {phrases.moment(now, zone)}"
    else:
        mood, title, since = "bad", headline, f"Since {begun}"
    lines = tuple(filter(None, (clean_text(line, 500) for line in notice.lines[:_MOST_LINES])))
    return NoticeCard(mood, title, since, lines, phrases.moment(now, zone), clean_text(key, 64))
