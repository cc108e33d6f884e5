"""Decisions are found by their alert and by their outcome, so that no pass reads the whole ledger."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three indexes."""
    op.create_index("ix_decision_alert_id", "decision", ["alert_id"])
    op.create_index("ix_decision_outcome", "decision", ["outcome", "destination_id", "match_id"])
    op.create_index("ix_decision_decided_at", "decision", ["decided_at"])


def downgrade() -> None:
    """Drop them again."""
    for name in ("ix_decision_decided_at", "ix_decision_outcome", "ix_decision_alert_id"):
        op.drop_index(name, "decision")
