"""Alerts, updates, digests and notices rendered as the mail or the Slack message that one destination gets."""

from __future__ import annotations

import textwrap
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.cards.alert import Card, make_card
from alerts.cards.deeds import Deed
from alerts.cards.digest import MOST_STORIES, DigestCard, make_digest
from alerts.cards.notice import make_notice
from alerts.cards.update import make_update
from alerts.cleaning import clean_text
from alerts.destinations import Destination
from alerts.links import Links
from alerts.model import Alert, DigestContent, Message, Notice, Update
from alerts.slack_blocks import fallback, make_blocks, make_update_blocks, update_fallback
from alerts.slack_digest import digest_fallback, make_digest_blocks, make_notice_blocks, notice_fallback

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
# What a mail rule can sort by; the mail channel, which knows its domain, makes List-Id from the first.
WATCH_HEADER = "X-Varta-Watch"
STORY_HEADER = "X-Varta-Story"
_LARGEST = 80_000  # bytes of a part: Gmail cuts a mail off at about 102 KB

_TEMPLATES = FileSystemLoader(Path(__file__).parent / "templates")
_HTML = Environment(loader=_TEMPLATES, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_TEXT = Environment(
    loader=_TEMPLATES,
    autoescape=False,  # noqa: S701 -- plain text has no markup to escape
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(alert: Alert, destination: Destination, key: str, now: datetime, links: Links | None = None) -> Message:
    """The message that tells `destination` about `alert`, in its time zone.

    `key` names the delivery, `now` (aware) is when the message is made. Actions are signed by `links`, and
    commands without them. What outlets wrote is inert in it: no markup, mention, link or header of theirs
    comes through.
    """
    card = make_card(alert, destination, key, now, links)
    if destination.slack:
        return Message(text=fallback(card), blocks=make_blocks(card))
    return Message(
        subject=f"[{card.priority.upper()}] {card.headline}",
        text=_text("alert", card=card),
        html=_html("alert", card=card),
        headers=_story_headers(card, now),
    )


def render_update(
    update: Update, destination: Destination, key: str, now: datetime, links: Links | None = None
) -> Message:
    """The message that tells what is new in a story that `destination` was alerted to.

    Its subject is that of the first mail, by which mail programs keep a thread together.
    """
    told = make_update(update, destination, key, now, links)
    card = told.card
    if destination.slack:
        return Message(text=update_fallback(told), blocks=make_update_blocks(told))
    return Message(
        subject=f"Re: [{card.priority.upper()}] {told.root}",
        text=_text("update", card=card, update=told),
        html=_html("update", card=card, update=told),
        headers=_story_headers(card, now),
    )


def render_digest(
    content: DigestContent, destination: Destination, key: str, now: datetime, links: Links | None = None
) -> Message:
    """The message that tells `destination` of many stories at once, as many as a mail program shows whole."""
    card, most = make_digest(content, destination.zone, key, now, links), MOST_STORIES
    if destination.slack:
        return Message(text=digest_fallback(card), blocks=make_digest_blocks(card))
    html = _html("digest", card=card)
    while len(html.encode("utf-8", "replace")) > _LARGEST and most > 1:
        most = most * 3 // 4
        card = make_digest(content, destination.zone, key, now, links, most=most)
        html = _html("digest", card=card)
    return Message(
        subject=_digest_subject(card),
        text=_text("digest", card=card),
        html=html,
        headers={**_headers(now), **_unsubscribe(card.unsubscribe)},
    )


def render_notice(notice: Notice, destination: Destination, key: str, now: datetime) -> Message:
    """The message that tells an operator of an incident, of its end, or that the way works."""
    card = make_notice(notice, destination.zone, key, now)
    if destination.slack:
        return Message(text=notice_fallback(card), blocks=make_notice_blocks(card))
    return Message(
        subject=f"[VARTA] {card.title}",
        text=_text("notice", card=card),
        html=_html("notice", card=card),
        headers=_headers(now),
    )


def _digest_subject(card: DigestCard) -> str:
    down = f", {card.silent:,} sources could not be read" if card.silent > 1 else ", one source could not be read"
    return f"[DIGEST] {card.title}{down if card.silent else ''}"


def _headers(now: datetime) -> dict[str, str]:
    return {"Date": format_datetime(now), "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def _story_headers(card: Card, now: datetime) -> dict[str, str]:
    return {
        **_headers(now),
        "X-Varta-Priority": card.priority.value,
        WATCH_HEADER: card.watch_id,
        STORY_HEADER: str(card.story),
        **_unsubscribe(card.unsubscribe),
    }


def _unsubscribe(deed: Deed | None) -> dict[str, str]:
    """One click in the mail program, RFC 8058: only an https address may offer it."""
    if deed is None or deed.link is None or not deed.link.startswith("https://"):
        return {}
    return {"List-Unsubscribe": f"<{deed.link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _html(name: str, **values: object) -> str:
    return _HTML.get_template(f"{name}.html.j2").render(values)


def _text(name: str, **values: object) -> str:
    return _TEXT.get_template(f"{name}.txt.j2").render(values)


def _wrap(text: str, first: str = "", rest: str | None = None) -> str:
    hanging = first if rest is None else rest
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=hanging, break_on_hyphens=False)


_TEXT.filters["wrap"] = _wrap
