"""Who asked for silence on what, and until when (pure)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


class MuteScope(enum.StrEnum):
    """What can be muted."""

    STORY = "story"
    WATCH = "watch"
    ENTITY = "entity"
    SOURCE = "source"
    DESTINATION = "destination"


@dataclass(frozen=True, slots=True)
class Mute:
    """A silence on `ref` until an instant (None: until it is lifted), for one destination or all of them ("")."""

    scope: MuteScope
    ref: str
    until: datetime | None = None
    destination: str = ""
    by: str = ""
    comment: str = ""
    id: int = 0

    def holds(self, now: datetime) -> bool:
        """Whether it has not ended yet."""
        return self.until is None or self.until > now

    @property
    def sentence(self) -> str:
        """What is muted, by whom and why."""
        by = f" by {self.by}" if self.by else ""
        comment = f" ({self.comment})" if self.comment else ""
        return f"{self.scope} {self.ref} is muted{by}{comment}"


@dataclass(frozen=True, slots=True)
class Subject:
    """What one message would be about, as mutes name it."""

    story: int
    watch: str
    source: str
    entities: Sequence[str]
    destination: str


def find(mutes: Iterable[Mute], subject: Subject, now: datetime) -> Mute | None:
    """The mute that silences the subject longest; one of a whole destination only where no other does."""
    held = [mute for mute in mutes if mute.holds(now) and _covers(mute, subject)]
    if not held:
        return None
    return max(held, key=lambda mute: (mute.scope is not MuteScope.DESTINATION, mute.until is None, _end(mute)))


def _end(mute: Mute) -> float:
    return mute.until.timestamp() if mute.until else 0.0


def _covers(mute: Mute, subject: Subject) -> bool:
    if mute.destination and mute.destination != subject.destination:
        return False
    match mute.scope:
        case MuteScope.STORY:
            return mute.ref == str(subject.story)
        case MuteScope.WATCH:
            return mute.ref == subject.watch
        case MuteScope.SOURCE:
            return mute.ref == subject.source
        case MuteScope.ENTITY:
            return mute.ref in subject.entities
        case MuteScope.DESTINATION:
            return mute.ref == subject.destination
