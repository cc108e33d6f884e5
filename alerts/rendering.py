"""An alert rendered as the mail or the Slack message that one destination gets."""

from __future__ import annotations

import textwrap
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.card import Card, make_card
from alerts.cleaning import clean_text
from alerts.destinations import Destination
from alerts.model import Alert, Message
from alerts.slack_blocks import fallback, make_blocks

__all__ = ["STORY_HEADER", "WATCH_HEADER", "WIDTH", "clean_text", "render"]

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


def render(alert: Alert, destination: Destination, key: str, now: datetime) -> Message:
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
