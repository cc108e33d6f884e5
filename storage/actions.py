"""What readers do with the messages they got: acknowledge, mute, judge, ask for the digest, unsubscribe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from alerts.links import Action, Claim
from alerts.model import DeliveryKind
from storage import channels
from storage.alert_tables import AlertRow, DeliveryRow, FeedbackRow, MatchRow, MuteRow, RecipientRow
from storage.engine import StorageError
from storage.tables import ArticleRow
from storage.upsert import insert_for

MUTED_FOR = timedelta(hours=24)
_SHORTEST = 8  # digits of a key that may name a delivery
_OF_STORY = (Action.ACKNOWLEDGE, Action.IRRELEVANT, Action.TO_DIGEST, Action.COPY)
# whoever does one of these has seen the alert, so nobody else is woken for it
_SEEN = (Action.ACKNOWLEDGE, Action.MUTE, Action.IRRELEVANT, Action.TO_DIGEST)


@dataclass(frozen=True, slots=True)
class Subject:
    """The delivery that an action is about. `recipient` is a mail address, "" for Slack."""

    id: int
    key: str
    kind: DeliveryKind
    watch: str
    story: int | None
    destination: str
    recipient: str
    headline: str
    alert: int | None


@dataclass(frozen=True, slots=True)
class Done:
    """How it stands after an action: since when, until when (None: for good), and whether this very one did it."""

    is_new: bool
    at: datetime
    until: datetime | None = None


class ActionError(StorageError):
    """An action cannot be done with this delivery; the text is for the reader."""


def find(session: Session, key: str) -> Subject | None:
    """The delivery with this very key."""
    row = session.scalar(select(DeliveryRow).where(DeliveryRow.key == key))
    return _subject(row) if row else None


def find_by_beginning(session: Session, beginning: str) -> Subject:
    """The one delivery whose key begins so; raises ActionError when there is none, or more than one."""
    if len(beginning) < _SHORTEST or not beginning.isalnum():
        raise ActionError(f"expected at least {_SHORTEST} digits of a delivery, as the message has them")
    query = select(DeliveryRow).where(DeliveryRow.key.startswith(beginning.lower(), autoescape=True)).limit(2)
    rows = session.scalars(query).all()
    if len(rows) != 1:
        raise ActionError(f"{'several deliveries begin' if rows else 'no delivery begins'} with {beginning}")
    return _subject(rows[0])


def act(session: Session, subject: Subject, claim: Claim, by: str, now: datetime) -> Done:
    """Do it, and note it as what the reader said of the delivery; doing it again changes nothing.

    The `ref` of the claim names the story of a digest. Raises ActionError where the delivery is not of that kind.
    """
    action, ref = claim.action, claim.ref
    if action in _OF_STORY and subject.story is None:
        raise ActionError("this message is not about one story")
    if action in _SEEN:
        _acknowledge(session, subject, ref, by, now)
    if action is Action.MUTE:
        done = _mute(session, subject, ref, by, now)
    elif action is Action.UNSUBSCRIBE:
        done = _unsubscribe(session, subject, by, now)
    else:
        return _note(session, subject, action, by, now)
    _note(session, subject, action, by, now)
    return done


def stands(session: Session, subject: Subject, action: Action) -> datetime | None:
    """Since when the reader has done that with this delivery, None when not."""
    query = select(FeedbackRow.at).where(FeedbackRow.delivery_id == subject.id, FeedbackRow.verb == action)
    return session.scalar(query)


def article_of(session: Session, subject: Subject) -> int | None:
    """The article that an alert is about: that of its match, else the first of its watch on the story."""
    if subject.alert is not None:
        row = session.get(AlertRow, subject.alert)
        found = session.get(MatchRow, row.match_id) if row and row.match_id else None
        if found is not None:
            return found.article_id
    query = select(ArticleRow.id).join(MatchRow, MatchRow.article_id == ArticleRow.id)
    query = query.where(MatchRow.watch_id == subject.watch, ArticleRow.story_id == subject.story)
    return session.scalar(query.order_by(ArticleRow.at, ArticleRow.id).limit(1))


def digest_wishes(session: Session) -> frozenset[tuple[str, str]]:
    """Every (watch, destination) of which a reader wants a digest instead of single alerts."""
    query = select(DeliveryRow.watch_id, DeliveryRow.destination_id).distinct()
    query = query.join(FeedbackRow, FeedbackRow.delivery_id == DeliveryRow.id)
    rows = session.execute(query.where(FeedbackRow.verb == Action.TO_DIGEST))
    return frozenset((watch, destination) for watch, destination in rows)


def forget_wish(session: Session, watch: str, destination: str) -> int:
    """Let a watch alert this destination at once again; returns how many wishes were taken back."""
    of = select(DeliveryRow.id).where(DeliveryRow.watch_id == watch, DeliveryRow.destination_id == destination)
    gone = delete(FeedbackRow).where(FeedbackRow.verb == Action.TO_DIGEST, FeedbackRow.delivery_id.in_(of))
    return len(session.scalars(gone.returning(FeedbackRow.id)).all())


def _note(session: Session, subject: Subject, action: Action, by: str, now: datetime) -> Done:
    insert = insert_for(session, FeedbackRow).values(delivery_id=subject.id, verb=action, by=by, at=now)
    added = session.scalar(insert.on_conflict_do_nothing().returning(FeedbackRow.at))
    return Done(is_new=added is not None, at=added or stands(session, subject, action) or now)


def _acknowledge(session: Session, subject: Subject, ref: str, by: str, now: datetime) -> None:
    """Every alert of this destination on the story: who has seen one of them need not be woken for another."""
    row, story = AlertRow, int(ref) if ref.isdecimal() else subject.story
    of_story = (row.story_id == story, row.destination_id == subject.destination)
    session.execute(update(row).where(*of_story, row.acked_at.is_(None)).values(acked_at=now, acked_by=by))


def _mute(session: Session, subject: Subject, ref: str, by: str, now: datetime) -> Done:
    story = ref or (str(subject.story) if subject.story is not None else "")
    if not story:
        raise ActionError("this message tells of several stories: name one of them")
    until = now + MUTED_FOR
    row, of_story = MuteRow, {"scope": "story", "ref": story, "destination_id": subject.destination}
    held = session.scalar(select(row).filter_by(**of_story))
    if held is not None and (held.until is None or held.until > now):
        return Done(is_new=False, at=held.created_at, until=held.until)
    insert = insert_for(session, row).values(**of_story, until=until, by=by, comment="from a message", created_at=now)
    fresh = {name: insert.excluded[name] for name in ("until", "by", "comment", "created_at")}
    keys = ["scope", "ref", "destination_id"]
    session.execute(insert.on_conflict_do_update(index_elements=keys, set_=fresh))
    return Done(is_new=True, at=now, until=until)


def _unsubscribe(session: Session, subject: Subject, by: str, now: datetime) -> Done:
    """Nothing more goes to this address through this destination; what waits for it is cancelled."""
    if not subject.recipient:
        raise ActionError("a Slack channel is taken out of destinations.yaml by whoever configures Varta")
    reason = f"unsubscribed by {by}"
    if channels.suppress(session, subject.destination, subject.recipient, reason, now):
        return Done(is_new=True, at=now)
    held = session.get(RecipientRow, (subject.destination, subject.recipient))
    return Done(is_new=False, at=held.since if held else now)


def _subject(row: DeliveryRow) -> Subject:
    return Subject(
        row.id,
        row.key,
        DeliveryKind(row.kind),
        row.watch_id,
        row.story_id,
        row.destination_id,
        row.recipient,
        row.headline,
        row.alert_id,
    )
