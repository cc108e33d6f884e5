"""Alerts by story, digests, mutes, the state of channels; a story may have several deliveries to one recipient."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_OLD_DELIVERY = (
    "id, key, watch_id, story_id, destination_id, recipient, reason, headline, state, not_before, attempts, unknowns, "
    "lease_owner, lease_until, payload, provider_id, error, created_at, sent_at"
)
_ATTEMPT = "id, delivery_id, number, ended_at, outcome, code, error"
_OLD_DECISION = "match_id, destination_id, outcome, delivery_id, decided_at"
_ONCE = ("watch_id", "story_id", "destination_id", "recipient", "reason")


def _added() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "delivery": (
            sa.Column("kind", sa.String(16), server_default="new", nullable=False),
            sa.Column("alert_id", _ID),
            sa.Column("digest_id", _ID),
            sa.Column("urgency", sa.SmallInteger(), server_default="0", nullable=False),
            sa.Column("expires_at", _TIME),
            sa.Column("is_plain", sa.Boolean(), server_default="0", nullable=False),
        ),
        "decision": (
            sa.Column("reason", sa.Text(), server_default="", nullable=False),
            sa.Column("until", _TIME),
            sa.Column("alert_id", _ID),
        ),
    }


def upgrade() -> None:
    """What was alerted becomes an alert that is open, so that no story alerts a second time."""
    if op.get_bind().dialect.name == "sqlite":
        _write_anew()
    else:
        op.drop_constraint("uq_delivery_watch_id", "delivery")
        op.alter_column("delivery", "story_id", nullable=True)
        op.alter_column("delivery", "watch_id", server_default="")
        for table, columns in _added().items():
            for column in columns:
                op.add_column(table, column)
    op.create_index("ix_delivery_alert_id", "delivery", ["alert_id"])
    op.create_index("ix_delivery_digest_id", "delivery", ["digest_id"])
    op.create_index("ix_delivery_destination", "delivery", ["destination_id", "created_at"])
    _create_alert()
    _create_digest()
    _create_states()
    op.execute(
        "INSERT INTO alert (watch_id, story_id, destination_id, priority, state, opened_at, told_at, told, "
        "seen_article, acked_by) SELECT watch_id, story_id, destination_id, 'normal', 'open', min(created_at), "
        "max(created_at), '{}', 0, '' FROM delivery GROUP BY watch_id, story_id, destination_id"
    )
    held = "alert.watch_id = delivery.watch_id AND alert.story_id = delivery.story_id"
    op.execute(
        f"UPDATE delivery SET alert_id = (SELECT id FROM alert WHERE {held} "  # noqa: S608 - constants of this file
        "AND alert.destination_id = delivery.destination_id)"
    )
    op.execute(
        "UPDATE alert SET seen_article = coalesce((SELECT max(id) FROM article "
        "WHERE article.story_id = alert.story_id), 0)"
    )


def _write_anew() -> None:
    """SQLite changes no constraint: delivery, and what refers to it, are copied."""
    _delivery("delivery_new", *_added()["delivery"])
    op.execute(f"INSERT INTO delivery_new ({_OLD_DELIVERY}) SELECT {_OLD_DELIVERY} FROM delivery")  # noqa: S608
    _children("delivery_new", *_added()["decision"])
    op.execute(f"INSERT INTO attempt_new ({_ATTEMPT}) SELECT {_ATTEMPT} FROM attempt")  # noqa: S608
    op.execute(f"INSERT INTO decision_new ({_OLD_DECISION}) SELECT {_OLD_DECISION} FROM decision")  # noqa: S608
    _replace()


def _replace() -> None:
    for table in ("attempt", "decision", "delivery"):
        op.drop_table(table)
    for table in ("delivery", "attempt", "decision"):
        op.rename_table(f"{table}_new", table)
    op.create_index("ix_delivery_due", "delivery", ["state", "not_before"])
    op.create_index("ix_delivery_story_id", "delivery", ["story_id"])
    op.create_index("ix_attempt_delivery_id", "attempt", ["delivery_id"])


def _delivery(name: str, *more: sa.schema.SchemaItem, is_old: bool = False) -> None:
    op.create_table(
        name,
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("watch_id", sa.String(64), nullable=False, server_default=None if is_old else ""),
        sa.Column("story_id", _ID, nullable=not is_old),
        sa.Column("destination_id", sa.String(64), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("not_before", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unknowns", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(64)),
        sa.Column("lease_until", _TIME),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("sent_at", _TIME),
        *more,
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_delivery_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("key", name=op.f("uq_delivery_key")),
    )


def _children(delivery: str, *more: sa.Column[Any]) -> None:
    op.create_table(
        "attempt_new",
        sa.Column("id", _ID, nullable=False),
        sa.Column("delivery_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ended_at", _TIME, nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("code", sa.Integer()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], [f"{delivery}.id"], name=op.f("fk_attempt_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_table(
        "decision_new",
        sa.Column("match_id", _ID, nullable=False),
        sa.Column("destination_id", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("delivery_id", _ID),
        sa.Column("decided_at", _TIME, nullable=False),
        *more,
        sa.ForeignKeyConstraint(["delivery_id"], [f"{delivery}.id"], name=op.f("fk_decision_delivery_id")),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name=op.f("fk_decision_match_id")),
        sa.PrimaryKeyConstraint("match_id", "destination_id", name=op.f("pk_decision")),
    )


def _create_alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", _ID, nullable=False),
        sa.Column("watch_id", sa.String(64), nullable=False),
        sa.Column("story_id", _ID, nullable=False),
        sa.Column("destination_id", sa.String(64), nullable=False),
        sa.Column("match_id", _ID),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("told_at", _TIME),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("seen_article", _ID, nullable=False),
        sa.Column("acked_at", _TIME),
        sa.Column("acked_by", sa.Text(), nullable=False),
        sa.Column("escalated_at", _TIME),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_alert_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("watch_id", "story_id", "destination_id", name=op.f("uq_alert_watch_id")),
    )
    op.create_index("ix_alert_story_id", "alert", ["story_id"])
    op.create_index("ix_alert_due", "alert", ["state", "due_at"])


def _create_digest() -> None:
    op.create_table(
        "digest",
        sa.Column("id", _ID, nullable=False),
        sa.Column("destination_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("local_date", sa.String(10), nullable=False),
        sa.Column("start_at", _TIME, nullable=False),
        sa.Column("end_at", _TIME, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("destination_id", "name", "local_date", name=op.f("uq_digest_destination_id")),
    )
    op.create_table(
        "digest_item",
        sa.Column("id", _ID, nullable=False),
        sa.Column("destination_id", sa.String(64), nullable=False),
        sa.Column("match_id", _ID, nullable=False),
        sa.Column("alert_id", _ID),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("queued_at", _TIME, nullable=False),
        sa.Column("digest_id", _ID),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name=op.f("fk_digest_item_match_id")),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_digest_item_digest_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_item")),
        sa.UniqueConstraint("destination_id", "match_id", name=op.f("uq_digest_item_destination_id")),
    )
    op.create_index("ix_digest_item_digest_id", "digest_item", ["digest_id"])
    op.create_index("ix_digest_item_waiting", "digest_item", ["destination_id", "digest_id"])


def _create_states() -> None:
    op.create_table(
        "channel",
        sa.Column("way", sa.String(80), nullable=False),
        sa.Column("free_at", _TIME),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("opened_at", _TIME),
        sa.Column("open_until", _TIME),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("way", name=op.f("pk_channel")),
    )
    op.create_table(
        "recipient",
        sa.Column("destination_id", sa.String(64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("destination_id", "address", name=op.f("pk_recipient")),
    )
    op.create_table(
        "mute",
        sa.Column("id", _ID, nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("ref", sa.String(128), nullable=False),
        sa.Column("destination_id", sa.String(64), nullable=False, server_default=""),
        sa.Column("until", _TIME),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute")),
        sa.UniqueConstraint("scope", "ref", "destination_id", name=op.f("uq_mute_scope")),
    )
    op.create_table(
        "feedback",
        sa.Column("id", _ID, nullable=False),
        sa.Column("delivery_id", _ID, nullable=False),
        sa.Column("verb", sa.String(16), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_feedback_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("delivery_id", "verb", name=op.f("uq_feedback_delivery_id")),
    )
    op.create_index("ix_feedback_delivery_id", "feedback", ["delivery_id"])
    op.create_table(
        "incident",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.Column("told_at", _TIME),
        sa.Column("closed_at", _TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_key", "incident", ["key"])
    op.create_index("ix_incident_closed_at", "incident", ["closed_at"])


def downgrade() -> None:
    """Drop them again; of several deliveries of one kind the first is kept, and none that has no story."""
    for table in ("incident", "feedback", "mute", "recipient", "channel", "digest_item", "digest", "alert"):
        op.drop_table(table)
    kept = f"story_id IS NOT NULL AND id IN (SELECT min(id) FROM delivery GROUP BY {', '.join(_ONCE)})"  # noqa: S608
    dropped = f"SELECT id FROM delivery WHERE NOT ({kept})"  # noqa: S608
    op.execute(f"UPDATE decision SET delivery_id = NULL WHERE delivery_id IN ({dropped})")  # noqa: S608
    op.execute(f"DELETE FROM attempt WHERE delivery_id IN ({dropped})")  # noqa: S608
    op.execute(f"DELETE FROM delivery WHERE NOT ({kept})")  # noqa: S608
    once = sa.UniqueConstraint(*_ONCE, name=op.f("uq_delivery_watch_id"))
    if op.get_bind().dialect.name == "sqlite":
        _delivery("delivery_new", once, is_old=True)
        op.execute(f"INSERT INTO delivery_new ({_OLD_DELIVERY}) SELECT {_OLD_DELIVERY} FROM delivery")  # noqa: S608
        _children("delivery_new")
        op.execute(f"INSERT INTO attempt_new ({_ATTEMPT}) SELECT {_ATTEMPT} FROM attempt")  # noqa: S608
        op.execute(f"INSERT INTO decision_new ({_OLD_DECISION}) SELECT {_OLD_DECISION} FROM decision")  # noqa: S608
        _replace()
        return
    for name in ("ix_delivery_alert_id", "ix_delivery_digest_id", "ix_delivery_destination"):
        op.drop_index(name, "delivery")
    for table, columns in _added().items():
        for column in columns:
            op.drop_column(table, column.name)
    op.alter_column("delivery", "story_id", nullable=False)
    op.alter_column("delivery", "watch_id", server_default=None)
    op.create_unique_constraint("uq_delivery_watch_id", "delivery", list(_ONCE))
