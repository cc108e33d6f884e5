"""An alert rendered as the mail or the Slack message that one destination gets."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.card import Card, make_card
from alerts.cleaning import clean_text
from alerts.destinations import Destination
from alerts.links import Links
from alerts.model import Alert, Change, DigestContent, Message, Notice, Update
from alerts.slack_blocks import fallback, make_blocks, mrkdwn
from alerts.slack_contract import escape

__all__ = [
    "STORY_HEADER",
    "WATCH_HEADER",
    "WIDTH",
    "clean_text",
    "render",
    "render_digest",
    "render_notice",
    "render_update",
]

WIDTH = 78
# What a mail rule can sort by; the mail channel, which knows its domain, makes List-Id and References
# from them.
WATCH_HEADER = "X-Varta-Watch"
STORY_HEADER = "X-Varta-Story"

_TEMPLATES = FileSystemLoader(Path(__file__).parent / "templates")
_HTML = Environment(loader=_TEMPLATES, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_TEXT = Environment(
    loader=_TEMPLATES,
    autoescape=False,  # noqa: S701 -- plain text has no markup to escape
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(alert: Alert, destination: Destination, key: str, now: datetime, links: Links | None = None) -> Message:  # noqa: ARG001
    """The message that tells `destination` about `alert`, in its time zone.

    `key` names the delivery, `now` (aware) is when the message is made. What outlets wrote is inert in
    it: no markup, mention, link or header of theirs comes through.
    """
    card = make_card(alert, destination.zone, key, now)
    if destination.slack:
        return Message(text=fallback(card), blocks=make_blocks(card))
    return Message(
        subject=f"[{card.priority.upper()}] {card.headline}",
        text=_TEXT.get_template("alert.txt.j2").render(card=card, width=WIDTH),
        html=_HTML.get_template("alert.html.j2").render(card=card),
        headers=_headers(card, now),
    )


def render_update(
    update: Update,
    destination: Destination,
    key: str,
    now: datetime,
    links: Links | None = None,  # noqa: ARG001
) -> Message:
    """The message that tells what is new in a story that `destination` was alerted to."""
    article = update.alert.article
    counted = f"also reported by {update.outlets}, of which {update.independent} independent" if update.outlets else ""
    lines = [_change(change) for change in update.changes] + ([counted] if counted else [])
    message = _plain(destination, f"Update: {clean_text(article.title, 150)}", [*lines, article.url, f"Delivery {key}"])
    return replace(message, headers=_headers(make_card(update.alert, destination.zone, key, now), now))


def render_digest(
    content: DigestContent,
    destination: Destination,
    key: str,
    now: datetime,
    links: Links | None = None,  # noqa: ARG001
) -> Message:
    """The message that tells `destination` of many stories at once."""
    lines = [clean_text(content.note, 500)] if content.note else []
    lines += [f"{clean_text(one.article.title, 200)} ({clean_text(one.watch_name, 80)})" for one in content.alerts]
    lines += [f"and {content.more} more"] if content.more else []
    lines += [
        f"{clean_text(one.source, 80)} could not be read: {clean_text(one.error, 200)}" for one in content.silences
    ]
    subject = f"Digest: {len(content.alerts) + content.more} stories"
    return replace(_plain(destination, subject, [*lines, f"Delivery {key}"]), headers={"Date": format_datetime(now)})


def render_notice(notice: Notice, destination: Destination, key: str, now: datetime) -> Message:
    """The message that tells an operator of an incident, of its end, or that the way works."""
    lines = [*(clean_text(line, 500) for line in notice.lines), f"Delivery {key}"]
    message = _plain(destination, clean_text(notice.headline, 150), lines)
    return replace(message, headers={"Date": format_datetime(now)})


def _change(change: Change) -> str:
    told = f"{change.news.value}: {clean_text(change.article.title, 200)} ({clean_text(change.article.source, 80)})"
    return f"{told}: {clean_text(change.before, 200)} -> {clean_text(change.after, 200)}" if change.before else told


def _plain(destination: Destination, subject: str, lines: list[str]) -> Message:
    if destination.slack:
        block: dict[str, object] = {"type": "section", "text": mrkdwn(escape("\n".join(lines))[:2900])}
        return Message(text=escape(subject), blocks=(block,))
    return Message(text="\n".join([subject, "", *lines]), subject=subject)


def _headers(card: Card, now: datetime) -> dict[str, str]:
    return {
        "Date": format_datetime(now),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Varta-Priority": card.priority.value,
        WATCH_HEADER: card.watch_id,
        STORY_HEADER: str(card.story),
    }


def _wrap(text: str, first: str = "", rest: str | None = None) -> str:
    hanging = first if rest is None else rest
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=hanging, break_on_hyphens=False)


_TEXT.filters["wrap"] = _wrap
