from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.destinations import Destination, Digest, SlackTarget
from alerts.model import AlertState, Coverage, Decision, Excerpt, Match, Mode, Priority
from alerts.rules import throttle
from alerts.rules.cases import PendingMatch, Ruling, Situation, Standing
from alerts.rules.decide import decide
from alerts.rules.mutes import Mute, MuteScope
from alerts.watchlist import Watch

NOON = datetime(2025, 2, 12, 12, tzinfo=UTC)
NIGHT = datetime(2025, 2, 12, 21, tzinfo=UTC)
SLACK = SlackTarget(webhook="env:X")
DESK = Destination(id="desk", slack=SLACK)
EDITOR = Destination(id="editor", slack=SLACK)
WATCHES = {
    "w": Watch(id="w", query="x", to=("desk", "editor"), priority=Priority.HIGH),
    "quiet": Watch(id="quiet", query="x"),
    "typo": Watch(id="typo", query="x", to=("desc",)),
}


def pending(number: int, story: int = 1, watch: str = "w", minute: int = 0, **changes: Any) -> PendingMatch:
    at = NOON + timedelta(minutes=minute)
    article = Coverage("Wire", "agency", f"https://wire.example/{number}", "t", "en", at, at)
    match = Match(watch, "v", (), Excerpt("t"))
    given: dict[str, Any] = {
        "mode": Mode.LIVE,
        "story": story,
        "article": article,
        "created": at,
        "source": "wire",
    } | changes
    return PendingMatch(number, match, **given)


def rule(*given: PendingMatch, situation: Situation | None = None) -> list[Ruling]:
    at = situation or Situation(NOON + timedelta(hours=1))
    rulings = decide(given, WATCHES, {"desk": DESK, "editor": EDITOR}, at)
    assert len(rulings) == len({(ruling.match, ruling.destination) for ruling in rulings})
    return rulings


def outcome(*given: PendingMatch, situation: Situation | None = None) -> set[tuple[int, str, str]]:
    return {(one.match, one.destination, one.decision) for one in rule(*given, situation=situation)}


def test_the_earliest_article_opens_the_story_once_per_destination() -> None:
    assert outcome(pending(1, minute=9), pending(2, minute=3)) == {
        (2, "desk", Decision.FIRST_REPORT),
        (2, "editor", Decision.FIRST_REPORT),
        (1, "desk", Decision.FURTHER_OUTLET),
        (1, "editor", Decision.FURTHER_OUTLET),
    }


def test_a_story_that_was_alerted_before_opens_nothing_there() -> None:
    told = Standing(7, AlertState.OPEN, Priority.HIGH, NOON)
    assert outcome(pending(1), situation=Situation(NOON, {("w", 1, "desk"): told})) == {
        (1, "desk", Decision.FURTHER_OUTLET),
        (1, "editor", Decision.FIRST_REPORT),
    }


def test_two_stories_open_two_alerts() -> None:
    firsts = [one for one in outcome(pending(1, story=1), pending(2, story=2)) if one[2] == Decision.FIRST_REPORT]
    assert len(firsts) == 4


def test_a_backfilled_match_never_opens_and_never_blocks_a_live_one() -> None:
    found = outcome(pending(1, mode=Mode.BACKFILL), pending(2, minute=5))
    assert (1, "desk", Decision.BACKFILL) in found
    assert (2, "desk", Decision.FIRST_REPORT) in found


def test_every_match_gets_a_reason_also_when_nothing_is_sent() -> None:
    given = (pending(1, watch="quiet"), pending(2, watch="typo"), pending(3, watch="gone"))
    assert outcome(*given) == {
        (1, "", Decision.NO_DESTINATION),
        (2, "desc", Decision.UNKNOWN_DESTINATION),
        (3, "", Decision.WATCH_GONE),
    }
    assert all(ruling.reason for ruling in rule(*given))


def test_a_watch_that_is_missing_from_a_broken_watchlist_may_come_back() -> None:
    given = [pending(1, watch="gone"), pending(2)]
    rulings = decide(given, WATCHES, {"desk": DESK, "editor": EDITOR}, Situation(NOON), is_whole=False)
    assert {ruling.match for ruling in rulings} == {2}


def one(watch: dict[str, Any], destination: dict[str, Any], situation: Situation, **changes: Any) -> Ruling:
    settings: dict[str, Any] = {"priority": Priority.NORMAL, "wait": timedelta(0), "to": ("desk",)} | watch
    found = decide(
        [pending(1, **({"created": situation.now} | changes))],
        {"w": Watch(id="w", query="x", **settings)},
        {"desk": replace(DESK, **destination)},
        situation,
    )
    return found[0]


URGENT = Standing(3, AlertState.OPEN, Priority.HIGH, NOON)
DAILY = {"digest": (Digest(at=("08:00",)),)}
LOW, CRITICAL = {"priority": Priority.LOW}, {"priority": Priority.CRITICAL}


@pytest.mark.parametrize(
    ("watch", "destination", "known", "decision", "state"),
    [
        ({}, {}, {}, Decision.FIRST_REPORT, AlertState.OPEN),
        ({"wait": None}, {}, {}, Decision.GATHERING, AlertState.HELD),
        ({"wait": None} | CRITICAL, {}, {}, Decision.FIRST_REPORT, AlertState.OPEN),
        ({}, DAILY, {}, Decision.DIGEST, AlertState.QUEUED),
        (CRITICAL, DAILY, {}, Decision.FIRST_REPORT, AlertState.OPEN),
        ({}, {"quiet": "22:00-07:00"}, {"now": NIGHT}, Decision.QUIET, AlertState.HELD),
        (CRITICAL, {"quiet": "22:00-07:00"}, {"now": NIGHT}, Decision.FIRST_REPORT, AlertState.OPEN),
        (CRITICAL, {"quiet": "22:00-07:00", "quiet_except": ()}, {"now": NIGHT}, Decision.QUIET, AlertState.HELD),
        (LOW, {}, {"standing": {("h", 1, "desk"): URGENT}}, Decision.INHIBITED, AlertState.CLOSED),
        (LOW, DAILY, {"standing": {("h", 1, "desk"): URGENT}}, Decision.INHIBITED, AlertState.CLOSED),
        (LOW, {}, {"standing": {("h", 2, "desk"): URGENT}}, Decision.FIRST_REPORT, AlertState.OPEN),
        ({}, {}, {"standing": {("h", 1, "desk"): URGENT}}, Decision.FIRST_REPORT, AlertState.OPEN),
        ({"require": "2 outlets"}, {}, {}, Decision.UNCORROBORATED, AlertState.WAITING),
        ({}, {}, {"used": Counter({("desk", False): 10})}, Decision.THROTTLED, AlertState.QUEUED),
        (CRITICAL, {}, {"used": Counter({("desk", False): 10})}, Decision.FIRST_REPORT, AlertState.OPEN),
        ({}, {}, {"flooded": {"w": 201}}, Decision.THROTTLED, AlertState.QUEUED),
        ({}, {}, {"flooded": {"w": 200}}, Decision.FIRST_REPORT, AlertState.OPEN),
        ({}, {}, {"stormy": {("desk", "w"): 10}}, Decision.THROTTLED, AlertState.QUEUED),
        ({}, {}, {"mutes": [Mute(MuteScope.SOURCE, "wire")]}, Decision.MUTED, AlertState.CLOSED),
        ({}, {}, {"mutes": [Mute(MuteScope.DESTINATION, "desk")]}, Decision.MUTED, AlertState.HELD),
        ({}, {}, {"mutes": [Mute(MuteScope.WATCH, "w", destination="else")]}, Decision.FIRST_REPORT, AlertState.OPEN),
        ({}, {}, {"mutes": [Mute(MuteScope.STORY, "1", NOON)]}, Decision.FIRST_REPORT, AlertState.OPEN),
        ({"max_age": timedelta(minutes=30)}, {}, {}, Decision.TOO_OLD, None),
    ],
)  # fmt: skip
def test_the_rules(
    watch: dict[str, Any], destination: dict[str, Any], known: dict[str, Any], decision: str, state: str | None
) -> None:
    ruling = one(watch, destination, Situation(**({"now": NOON + timedelta(hours=1)} | known)))
    assert (ruling.decision, ruling.state) == (decision, state)
    assert ruling.reason


def test_the_end_of_what_holds_an_alert_is_told_in_the_time_of_its_reader() -> None:
    ruling = one({}, {"quiet": "22:00-07:00"}, Situation(NIGHT))
    assert ruling.reason == "quiet hours 22:00-07:00: held until 2025-02-13 07:00"
    assert ruling.until == datetime(2025, 2, 13, 5, tzinfo=UTC)
    assert one({}, DAILY, Situation(NOON)).reason == "normal priority: the digest of 2025-02-13 08:00 tells it"


def test_a_later_storm_digest_waits_twice_as_long_each_time() -> None:
    period = timedelta(minutes=10)
    assert throttle.next_gathered((), period) is None
    made = [NOON]
    for wait in (10, 20, 40, 80, 160, 240, 240):
        assert throttle.next_gathered(tuple(made), period) == made[-1] + timedelta(minutes=wait)
        made.append(made[-1] + timedelta(minutes=wait))
