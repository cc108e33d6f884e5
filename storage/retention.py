"""Prune what no decision needs any more; articles, matches and the ledger stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alerts.model import DeliveryState
from storage.tables import AttemptRow, DeliveryRow

_DONE = (DeliveryState.SENT, DeliveryState.DEAD)


def prune(session: Session, now: datetime, keep_days: int) -> int:
    """Drop attempts of finished deliveries older than `keep_days`; returns the rows."""
    before = now - timedelta(days=keep_days)
    finished = select(DeliveryRow.id).where(DeliveryRow.state.in_(_DONE), DeliveryRow.created_at < before)
    attempts = session.execute(
        delete(AttemptRow).where(AttemptRow.delivery_id.in_(finished)).returning(AttemptRow.id)
    ).all()
    return len(attempts)
