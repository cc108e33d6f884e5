"""Bring the first message of an alert up to date where it stands, for Slack with a bot token; knows no Prefect."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from alerts import slack_blocks
from alerts.cards import phrases
from alerts.cards.alert import make_card
from alerts.destinations import Destination
from alerts.model import Alert, Block
from storage import refreshes
from storage.refreshes import First

log = logging.getLogger(__name__)


def can_refresh(destination: Destination) -> bool:
    """Whether the messages of a destination can be changed after they were sent."""
    return bool(destination.slack and destination.slack.token)


def coverage(session: Session, alert: Alert, destination: Destination, now: datetime) -> None:
    """Let the first message of an alert name who reports its story by now."""
    if can_refresh(destination):
        found = refreshes.firsts(session, [alert.id])
        made = {key: _coverage(alert, destination, first.key, now) for key, first in found.items()}
        _put(session, found, {key: block for key, block in made.items() if block}, now)


def acknowledged(session: Session, destination: Destination, alerts: Collection[int], by: str, now: datetime) -> None:
    """Let the first messages of these alerts say who acknowledged them instead of what can be done."""
    if can_refresh(destination):
        block = slack_blocks.acknowledged_block(by, phrases.clock(now, destination.zone, now))
        found = refreshes.firsts(session, alerts)
        _put(session, found, dict.fromkeys(found, block), now)


def _coverage(alert: Alert, destination: Destination, key: str, now: datetime) -> Block | None:
    try:
        return slack_blocks.coverage_block(make_card(alert, destination, key, now))
    except Exception:  # the update tells it anyway
        log.exception("first message not refreshed", extra={"watch": alert.watch, "story": alert.story})
        return None


def _put(session: Session, found: Mapping[int, First], fresh: Mapping[int, Block], now: datetime) -> None:
    changed = []
    for alert, block in fresh.items():
        first = found[alert]
        blocks = slack_blocks.refreshed(first.message.blocks, [block])
        changed.append(replace(first, message=replace(first.message, blocks=blocks)))
    refreshes.put(session, changed, now)
