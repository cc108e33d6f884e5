"""The tables of what is told to whom: matches, decisions, alerts, digests, deliveries; rows never leave `storage`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import String, Text
from storage.tables import Base, Id

METADATA = Base.metadata  # of every table, in this module and in `tables`


class MatchRow(Base):
    """A watch that matched an article; `decided_at` is empty until every destination has its decision.

    `watchlist_version` is of the whole list that found it; `lapsed_at` is when a changed watch found it no longer.
    """

    __tablename__ = "match"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), index=True)
    watch_id: Mapped[str] = mapped_column(String(64))
    watch_version: Mapped[str] = mapped_column(String(32))
    mode: Mapped[str] = mapped_column(String(16))
    hits: Mapped[list[Any]]
    excerpt: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None] = mapped_column(index=True)
    watchlist_version: Mapped[str] = mapped_column(String(32), default="", server_default="")
    lapsed_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("watch_id", "article_id"),)


class DecisionRow(Base):
    """What became of a match for a destination, also when nothing was sent; `reason` is a sentence for people."""

    __tablename__ = "decision"
    match_id: Mapped[int] = mapped_column(ForeignKey("match.id"), primary_key=True)
    destination_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    until: Mapped[datetime | None]  # when what holds it back ends
    alert_id: Mapped[int | None] = mapped_column(Id, index=True)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    decided_at: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (Index("ix_decision_outcome", "outcome", "destination_id", "match_id"),)


class AlertRow(Base):
    """One watch on one story for one destination: it opens once, whatever else reports the story."""

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    watch_id: Mapped[str] = mapped_column(String(64))
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    destination_id: Mapped[str] = mapped_column(String(64))
    match_id: Mapped[int | None] = mapped_column(Id)  # the one that it is about
    priority: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # when one that is held back is looked at again
    told_at: Mapped[datetime | None]  # when its last message was made
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what the reader knows, to find what is new
    seen_article: Mapped[int] = mapped_column(Id, default=0)  # the newest article of the story that was considered
    acked_at: Mapped[datetime | None]
    acked_by: Mapped[str] = mapped_column(Text, default="")
    escalated_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("watch_id", "story_id", "destination_id"),
        Index("ix_alert_due", "state", "due_at"),
    )


class DigestRow(Base):
    """A digest that was made: a scheduled one once per local date, others under a name of their own."""

    __tablename__ = "digest"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    destination_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    local_date: Mapped[str] = mapped_column(String(10))  # YYYY-MM-DD where the reader is
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    made_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("destination_id", "name", "local_date"),)


class DigestItemRow(Base):
    """A match that waits for a digest of its destination, or stands in one."""

    __tablename__ = "digest_item"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    destination_id: Mapped[str] = mapped_column(String(64))
    match_id: Mapped[int] = mapped_column(ForeignKey("match.id"))
    alert_id: Mapped[int | None] = mapped_column(Id)
    why: Mapped[str] = mapped_column(String(32))  # the decision that put it here
    queued_at: Mapped[datetime]
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digest.id"), index=True)
    __table_args__ = (
        UniqueConstraint("destination_id", "match_id"),
        Index("ix_digest_item_waiting", "destination_id", "digest_id"),
    )


class DeliveryRow(Base):
    """One message to one recipient of one destination: the outbox and its ledger."""

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(16), default="new", server_default="new")
    alert_id: Mapped[int | None] = mapped_column(Id, index=True)
    digest_id: Mapped[int | None] = mapped_column(Id, index=True)
    watch_id: Mapped[str] = mapped_column(String(64), default="", server_default="")
    story_id: Mapped[int | None] = mapped_column(ForeignKey("story.id"), index=True)
    destination_id: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(32))
    headline: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    urgency: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # the highest leaves first
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # afterwards it goes into the next digest instead of out
    attempts: Mapped[int] = mapped_column(default=0)
    unknowns: Mapped[int] = mapped_column(default=0)
    is_plain: Mapped[bool] = mapped_column(default=False, server_default="0")  # refused once, sent as plain text
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    payload: Mapped[dict[str, Any]]
    provider_id: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_delivery_due", "state", "not_before"),
        Index("ix_delivery_destination", "destination_id", "created_at"),
    )


class AttemptRow(Base):
    """One try to send a delivery; written once, never changed."""

    __tablename__ = "attempt"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    number: Mapped[int]
    ended_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(32))
    code: Mapped[int | None]
    error: Mapped[str] = mapped_column(Text, default="")


class ChannelRow(Base):
    """The way to a destination as all processes share it: its pace, and whether it is open."""

    __tablename__ = "channel"
    way: Mapped[str] = mapped_column(String(80), primary_key=True)
    free_at: Mapped[datetime | None]  # the next message leaves no earlier
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    probes: Mapped[int] = mapped_column(default=0)  # tried since the circuit opened
    opened_at: Mapped[datetime | None]  # since when nothing goes out
    open_until: Mapped[datetime | None]  # when one message may try
    reason: Mapped[str] = mapped_column(Text, default="")


class RecipientRow(Base):
    """An address that gets nothing more: its server refused it for ever, or its owner unsubscribed."""

    __tablename__ = "recipient"
    destination_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    address: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]


class MuteRow(Base):
    """A story, watch, entity, source or destination that alerts nobody for a while."""

    __tablename__ = "mute"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scope: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(String(128))
    destination_id: Mapped[str] = mapped_column(String(64), default="", server_default="")  # "": for all of them
    until: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(Text, default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("scope", "ref", "destination_id"),)


class FeedbackRow(Base):
    """What a reader said of a delivery."""

    __tablename__ = "feedback"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    verb: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("delivery_id", "verb"),)


class IncidentRow(Base):
    """Something that an operator must know; told when it begins and when it is over."""

    __tablename__ = "incident"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(128), index=True)
    text: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
