"""What stands in a digest, in which order, and the sentence on why it was made (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.destinations import Destination
from alerts.model import Decision, Priority
from alerts.rules.decide import RANK
from alerts.rules.times import Slot, latest

SHOWN = 40  # stories of one digest; the rest is counted

# what is told by a digest that no calendar asks for, each with what brought it there
STORM = frozenset({Decision.THROTTLED})
FILL = frozenset({Decision.BACKFILL})
REST = frozenset(Decision) - STORM - FILL


@dataclass(frozen=True, slots=True)
class Due:
    """A scheduled digest whose time has come: its slot, local date, and the beginning of its window in UTC.

    `is_first` says that it was never made and nothing waited when its time came: it counts from the next time on.
    """

    slot: Slot
    local_date: str
    start: datetime
    is_first: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """One story in a digest; `match` is the report that it shows."""

    watch: str
    story: int
    match: int
    priority: Priority
    outlets: int


def due(
    slots: Iterable[Slot],
    last: Mapping[str, tuple[str, datetime]],
    oldest: datetime | None,
    now: datetime,
    zone: ZoneInfo,
) -> list[Due]:
    """The slots that are to be made now; `last` says by name for which local date and until when each was made.

    However long nothing ran, a slot is made once, for the latest date on which it came; the windows of one digest
    follow each other. `oldest` is since when something waits.
    """
    coming = [(*latest(slot, now, zone), slot) for slot in slots]
    ends = {name: end for name, (_, end) in last.items()}
    found = []
    for day, at, slot in sorted(coming, key=lambda one: (one[1], one[2].name)):
        name = slot.name
        if name in last and last[name][0] >= day.isoformat():
            continue
        same = [end for other, end in ends.items() if other.partition("@")[0] == slot.digest]
        is_first = name not in last and (oldest is None or oldest > at)
        begin = max(same, default=min(at, oldest or at))
        found.append(Due(slot, day.isoformat(), begin, is_first))
        ends[name] = now
    return found


def listed(found: Iterable[Listed]) -> tuple[list[Listed], int]:
    """The stories that are shown, the weightiest first and watch by watch, and how many more there are."""
    once: dict[tuple[str, int], Listed] = {}
    for one in found:
        once.setdefault((one.watch, one.story), one)
    ranked = sorted(once.values(), key=lambda one: (-RANK[one.priority], -one.outlets, one.match))
    shown = ranked[:SHOWN]
    order = {watch: place for place, watch in enumerate(dict.fromkeys(one.watch for one in shown))}
    return sorted(shown, key=lambda one: order[one.watch]), len(ranked) - len(shown)


def note(why: Decision, matches: Sequence[str], names: Mapping[str, str], destination: Destination, flood: int) -> str:
    """Why a digest was made out of turn; `matches` are the watches of what stands in it."""
    often = Counter(matches).most_common(3)
    said = ", ".join(f"{names.get(watch, watch)}: {number:,}" for watch, number in often)
    if why is Decision.THROTTLED:
        loud = [names.get(watch, watch) for watch, number in often if number > flood]
        if loud:
            return f"{' and '.join(loud)} matched far more than usual at once ({said}): look at its terms."
        return f"More came in than {destination.throttle} for this destination; the rest stands here ({said})."
    if why is Decision.BACKFILL:
        return f"Found by a backfill ({said})."
    return f"These could not be told in time ({said})."
