from datetime import UTC, datetime, timedelta

from alerts.grouping import PendingMatch, decide
from alerts.model import Coverage, Decision, Excerpt, Match, Mode
from alerts.watchlist import Watch

NOON = datetime(2025, 2, 12, 12, tzinfo=UTC)
WATCHES = {
    "w": Watch(id="w", query="x", to=("desk", "editor")),
    "quiet": Watch(id="quiet", query="x"),
    "typo": Watch(id="typo", query="x", to=("desc",)),
}


def pending(number: int, story: int = 1, watch: str = "w", minute: int = 0, mode: Mode = Mode.LIVE) -> PendingMatch:
    at = NOON + timedelta(minutes=minute)
    article = Coverage("Wire", "agency", f"https://wire.example/{number}", "t", "en", at, at)
    return PendingMatch(number, Match(watch, "v", (), Excerpt("t")), mode, story, article)


def outcome(*given: PendingMatch, opened: set[tuple[str, int, str]] | None = None) -> set[tuple[int, str, str]]:
    rulings = decide(given, WATCHES, {"desk", "editor"}, opened or set())
    assert len(rulings) == len({(ruling.match, ruling.destination) for ruling in rulings})
    return {(ruling.match, ruling.destination, ruling.decision) for ruling in rulings}


def test_the_earliest_article_opens_the_story_once_per_destination() -> None:
    assert outcome(pending(1, minute=9), pending(2, minute=3)) == {
        (2, "desk", Decision.FIRST_REPORT),
        (2, "editor", Decision.FIRST_REPORT),
        (1, "desk", Decision.FURTHER_OUTLET),
        (1, "editor", Decision.FURTHER_OUTLET),
    }


def test_a_story_that_was_alerted_before_opens_nothing_there() -> None:
    assert outcome(pending(1), opened={("w", 1, "desk")}) == {
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
    assert outcome(pending(1, watch="quiet"), pending(2, watch="typo"), pending(3, watch="gone")) == {
        (1, "", Decision.NO_DESTINATION),
        (2, "desc", Decision.UNKNOWN_DESTINATION),
        (3, "", Decision.WATCH_GONE),
    }


def test_a_watch_that_is_missing_from_a_broken_watchlist_may_come_back() -> None:
    given = [pending(1, watch="gone"), pending(2)]
    rulings = decide(given, WATCHES, {"desk", "editor"}, set(), is_whole=False)
    assert {ruling.match for ruling in rulings} == {2}
