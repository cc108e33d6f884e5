"""Deliveries for tests of the outbox."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from alerts.channels.ways import MAIL, Way
from alerts.errors import DeliveryError
from alerts.model import Decision, DeliveryState, Message, Receipt
from storage import leases, outbox
from storage.alert_tables import DeliveryRow
from storage.engine import reading, transaction
from storage.leases import Claimed, Held
from storage.outbox import Outgoing
from storage.tables import StoryRow


def out(key: str = "k1", recipient: str = "a@b.example", **more: Any) -> Outgoing:
    message = Message(text="t", subject="s", html="h", blocks=({"type": "divider"},))
    settled: dict[str, Any] = {
        "key": key,
        "watch": "watch",
        "story": 1,
        "destination": "desk",
        "recipient": recipient,
        "reason": Decision.FIRST_REPORT,
        "headline": "headline",
        "message": message,
    }
    return Outgoing(**(settled | more))


def fill(engine: Engine, now: datetime, *outgoing: Outgoing) -> None:
    """Put deliveries into an outbox that is empty."""
    with transaction(engine) as session:
        session.add(StoryRow(id=1, title="story", first_at=now, last_at=now))
        session.flush()
        assert outbox.put(session, outgoing, now) == len(outgoing)


def claim(
    engine: Engine, now: datetime, owner: str = "me", way: Way = MAIL, destinations: Collection[str] = ("desk",)
) -> Claimed | None:
    with transaction(engine) as session:
        return leases.claim(session, owner, now, way, destinations)


def record(
    engine: Engine, claimed: Claimed | None, ended: Receipt | DeliveryError | Held, now: datetime
) -> DeliveryState | None:
    assert claimed is not None
    with transaction(engine) as session:
        return leases.record(session, claimed, ended, now)


def only_row(engine: Engine) -> DeliveryRow:
    with reading(engine) as session:
        return session.scalars(select(DeliveryRow)).one()
