"""The values of the alert side: watchlist, match, alert, message, destination."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from scrapers.article import Cut

Block = dict[str, object]


class Priority(enum.StrEnum):
    """How urgent a watch is, lowest first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class Mode(enum.StrEnum):
    """Which kind of run stored a match; only `live` ones alert by themselves."""

    LIVE = "live"
    BACKFILL = "backfill"
    DIGEST = "backfill_digest"  # a backfill that tells all that it found by one digest


class Field(enum.StrEnum):
    """Where in an article something was found: offsets of lead and body both count in its text."""

    TITLE = "title"
    LEAD = "lead"  # the first paragraph
    BODY = "body"  # what follows it

    @classmethod
    def _missing_(cls, value: object) -> Field | None:
        """Earlier versions stored `text`, and told no lead."""
        return cls.BODY if value == "text" else None


class Decision(enum.StrEnum):
    """What became of one match for one destination, also when nothing was sent."""

    FIRST_REPORT = "first_report"  # a delivery was made
    FURTHER_OUTLET = "further_outlet"  # the story was alerted to this destination already; an update may tell it
    DIGEST = "digest"  # waits for the destination's digest, as its rules say
    GATHERING = "gathering"  # held for a moment, so that the first message tells of other outlets, too
    QUIET = "quiet"  # held until the quiet hours end
    UNCORROBORATED = "uncorroborated"  # held until enough others report it
    MUTED = "muted"  # its story, watch, entity, source or destination is muted
    INHIBITED = "inhibited"  # a more urgent alert tells this destination of the same story
    THROTTLED = "throttled"  # too many at once: waits for one digest that says so
    TOO_OLD = "too_old"  # older than the watch wants: digest only
    BACKFILL = "backfill"  # found by a backfill that must not alert
    NO_DESTINATION = "no_destination"  # the watch names none
    UNKNOWN_DESTINATION = "unknown_destination"  # the watch names one that is not configured
    WATCH_GONE = "watch_gone"  # the watch was removed before the match was looked at
    LAPSED = "lapsed"  # the watch was changed and matches it no longer


class AlertState(enum.StrEnum):
    """Where an alert stands."""

    WAITING = "waiting"  # not corroborated yet
    HELD = "held"  # until its `due_at`
    QUEUED = "queued"  # told by a digest
    OPEN = "open"  # told; updates may follow
    CLOSED = "closed"  # nothing more is told


class DeliveryKind(enum.StrEnum):
    """What a message is for."""

    NEW = "new"
    UPDATE = "update"
    DIGEST = "digest"
    ESCALATION = "escalation"
    OPERATOR = "operator"
    CANARY = "canary"
    REFRESH = "refresh"  # changes the first message on a story instead of sending one


class DeliveryState(enum.StrEnum):
    """Where a delivery stands in the outbox."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    HELD = "held"  # perhaps delivered, twice unclear: a person decides
    DEAD = "dead"
    DIGESTED = "digested"  # too late to be news by itself: it stands in a digest
    CANCELLED = "cancelled"  # muted, or its recipient unsubscribed, before it left


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a term of a watch stands: offsets in `field` of the original text.

    `term` is the word or name as the watchlist writes it, `entity` the id of the tracked one that has this name.
    """

    term: str
    surface: str
    field: Field
    start: int
    end: int
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The sentence that shows why a watch matched; `marks` are (start, end) within `text`, ascending."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()
    field: Field = Field.BODY


@dataclass(frozen=True, slots=True)
class Match:
    """A watch that matched an article, with every hit and the sentence to show.

    `version` is of the watch with its entities, `watchlist` of the whole list.
    """

    watch: str
    version: str
    hits: tuple[Hit, ...]
    excerpt: Excerpt
    watchlist: str = ""

    @property
    def terms(self) -> tuple[str, ...]:
        """The distinct surface forms found, in order of appearance."""
        return tuple(dict.fromkeys(hit.surface for hit in self.hits))


@dataclass(frozen=True, slots=True)
class Coverage:
    """One article of a story, for the list of who else reports it. Times are aware UTC.

    `after` is the outlet that it names as its origin, in the words of `phrase`; a report after another one
    confirms nothing.
    """

    source: str
    kind: str
    url: str
    title: str
    language: str | None
    published: datetime | None
    first_seen: datetime
    independent: bool = True
    after: str = ""
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """What one person should read now about one story, and why. Times are aware UTC."""

    watch: str
    watch_name: str
    version: str
    priority: Priority
    reason: Decision
    story: int
    article: Coverage
    excerpt: Excerpt
    terms: tuple[str, ...]
    coverage: tuple[Coverage, ...] = ()
    cut: Cut | None = None
    id: int = 0  # of the stored alert, for its actions; 0 when it has none
    archived: datetime | None = None  # when the kept copy of its page was fetched
    note: str = ""  # a sentence on why it comes now, or to this reader: held, passed on because nobody acknowledged it


class News(enum.StrEnum):
    """What is new in a story that was alerted, the weightiest first."""

    DELETION = "deletion"  # the alerted article was taken down
    CORRECTION = "correction"  # its outlet corrected it, or changed its headline
    OFFICIAL = "official"  # the first official source reports it
    OUTLETS = "outlets"  # more independent texts report it


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is new in a story: the article that brings it, and for a correction the text before and after.

    `at` is when it was noticed, aware UTC.
    """

    news: News
    article: Coverage
    before: str = ""
    after: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """What is new in a story that was alerted: `outlets` more report it, of which `independent` with own texts."""

    alert: Alert
    changes: tuple[Change, ...]
    outlets: int = 0
    independent: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """A source that could not be read in a period, so that its silence is not calm.

    `since` is when it answered last, or failed first where it answers again `until`; both are aware UTC.
    """

    source: str
    since: datetime | None
    error: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DigestContent:
    """What one digest tells: alerts by watch, the weightiest first; `more` stories did not fit.

    `why` is DIGEST for a scheduled one, else what made it: THROTTLED, TOO_OLD, QUIET, BACKFILL; `note` is a sentence
    on the cause. `quiet` names the watches of the destination that found nothing. Times are aware UTC.
    """

    name: str
    start: datetime
    end: datetime
    alerts: tuple[Alert, ...]
    why: Decision = Decision.DIGEST
    note: str = ""
    more: int = 0
    silences: tuple[Silence, ...] = ()
    quiet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """What an operator must know, or that it is over; `lines` say what to do. Times are aware UTC."""

    key: str
    headline: str
    lines: tuple[str, ...]
    since: datetime
    is_over: bool = False
    is_canary: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered alert, frozen when the delivery is made: a retry sends the same bytes.

    Email uses `subject`, `text`, `html`; Slack uses `text` (fallback) and `blocks`. `thread` is the key of the
    first message of the story to the same recipient, which this one answers; "" when it is the first itself.
    """

    text: str
    subject: str = ""
    html: str = ""
    blocks: tuple[Block, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A channel took the message; `provider_id` is its name for it, if it told one."""

    provider_id: str = ""
