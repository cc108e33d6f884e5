import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import update

from alerts.model import DeliveryKind
from alerts.rules.mutes import Mute, MuteScope
from flows import delivery, muting
from storage import leases, sources
from storage.alert_tables import MatchRow
from storage.engine import reading, transaction
from storage.sources import Poll
from storage.tables import SourceState
from tests.flows.newsroom import Newsroom, newsroom, watch

DIGEST, NEW = DeliveryKind.DIGEST, DeliveryKind.NEW
SPRING, AUTUMN = datetime(2026, 3, 27, 22, tzinfo=UTC), datetime(2026, 10, 23, 21, tzinfo=UTC)  # midnight in Kyiv
LOW = watch("w", priority="low", wait="0s")


def desk(**settings: str) -> str:
    given = "".join(f", {key}: {value}" for key, value in settings.items())
    return f"destinations:\n  - {{id: desk, slack: {{webhook: 'env:TEST_WEBHOOK'}}{given}}}\n"


EARLY = desk(digest='{at: "03:30"}')


def windows_are_whole(room: Newsroom) -> None:
    made = room.digests()
    assert all(one.end_at == two.start_at for one, two in pairwise(made))
    assert len({one.local_date for one in made}) == len(made)


@pytest.mark.parametrize(("begin", "at"), [(SPRING, "04:00"), (AUTUMN, "03:30")])
def test_a_digest_goes_out_once_on_each_date_minute_by_minute_over_a_night_when_the_clocks_change(
    tmp_path: Path, begin: datetime, at: str
) -> None:
    with newsroom(tmp_path, LOW, EARLY, begin) as room:
        zone = room.house.configuration.destinations.by_id["desk"].zone
        room.turn()
        matches = []
        while room.clock.time < begin + timedelta(hours=60):
            local = room.clock.time.astimezone(zone)
            if local.minute % 20 == 0:
                matches.append(room.match())
            room.turn(minutes=1 if 1 <= local.hour <= 5 else 20)
        windows_are_whole(room)
        made = [one.made_at.astimezone(zone) for one in room.digests()[1:]]
        assert [f"{one:%H:%M}" for one in made] == ["03:30", at, "03:30"]
        assert len(room.sent(DIGEST)) == 3
        held = [item.match_id for item in room.items()]
        assert sorted(held) == sorted(matches)
        assert len(held) == len(set(held))
        by_window = {one.id: (one.start_at, one.end_at) for one in room.digests()}
        for item in room.items():
            if item.digest_id:
                start, end = by_window[item.digest_id]
                assert start <= item.queued_at <= end


@pytest.mark.parametrize("begin", [SPRING, AUTUMN])
@pytest.mark.parametrize("seed", range(2))
def test_a_digest_goes_out_once_whenever_a_pass_comes(
    tmp_path: Path, begin: datetime, seed: int, database_url: str
) -> None:
    dice = random.Random(seed)
    with newsroom(tmp_path, LOW, EARLY, begin, database_url) as room:
        room.turn()
        total = 0
        while room.clock.time < begin + timedelta(days=4):
            total += bool(dice.random() < 0.7 and room.match())
            room.turn(minutes=dice.choice([1, 7, 45, 200, 400, 1800]))
        room.turn(days=1)
        windows_are_whole(room)
        assert len(room.items()) == total
        assert all(item.digest_id for item in room.items())
        assert room.outcomes().keys() <= {"digest", "too_old"}  # older than a day when the pass came
        assert room.outcomes().total() == total


def test_two_times_a_day_and_once_a_week_are_three_lines_of_windows(tmp_path: Path) -> None:
    two = "[{at: ['08:00', '18:00'], of: low}, {name: weekly, at: '09:00', on: mon, of: [normal]}]"
    watches = LOW + watch("n", priority="normal", wait="0s")
    with newsroom(tmp_path, watches, desk(digest=two), datetime(2026, 11, 22, 21, tzinfo=UTC)) as room:  # a Sunday
        room.turn()
        for _ in range(24 * 8):
            room.match()
            room.match(name="n")
            room.turn(hours=1)
        mornings, evenings = room.digests("digest@08:00")[1:], room.digests("digest@18:00")[1:]
        assert (len(mornings), len(evenings)) == (8, 8)
        line = sorted([*mornings, *evenings], key=lambda one: one.made_at)
        assert all(one.end_at == two.start_at for one, two in pairwise(line))
        assert [one.local_date for one in room.digests("weekly@09:00")[1:]] == ["2026-11-23", "2026-11-30"]
        assert len(room.sent(NEW)) == 0


def test_each_part_of_a_digest_tells_the_priorities_that_it_is_for(tmp_path: Path) -> None:
    parts = "digest: [{at: '08:00', of: [low]}, {at: '09:00', of: [normal]}]"
    places = f"destinations:\n  - {{id: desk, slack: {{webhook: 'env:TEST_WEBHOOK'}}, timezone: UTC, {parts}}}\n"
    watches = watch("low", priority="low") + watch("normal", priority="normal")
    with newsroom(tmp_path, watches, places, datetime(2026, 11, 23, 7, tzinfo=UTC)) as room:
        low, normal = room.match(name="low"), room.match(name="normal")
        room.turn()
        for _ in range(2):
            room.turn(hours=1, minutes=1)
        (first,), (second,) = room.digests("digest@08:00")[-1:], room.digests("digest@09:00")[-1:]
        told = {item.match_id: item.digest_id for item in room.items()}
        assert told == {low: first.id, normal: second.id}


def test_after_days_without_a_pass_one_digest_tells_all(tmp_path: Path) -> None:
    with newsroom(tmp_path, LOW, EARLY) as room:
        room.turn()
        matches = [room.match() for _ in range(3)]
        room.turn(days=4)
        assert len(room.sent(DIGEST)) == 1
        assert {room.reason(match) for match in matches} == {"told by the digest of 2026-11-27 14:00"}
        windows_are_whole(room)


def test_two_processes_make_one_digest(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, LOW, EARLY, database_url=database_url) as room:
        room.turn()
        room.match()
        room.turn()
        room.clock.forward(days=1)
        with newsroom(tmp_path, LOW, EARLY, room.clock.time, database_url) as other:
            other.turn()
            room.turn()
        assert len(room.sent(DIGEST)) == 1


def test_a_digest_without_news_is_sent_only_when_sources_were_silent(tmp_path: Path) -> None:
    with newsroom(tmp_path, LOW, EARLY) as room:
        room.turn()
        room.turn(days=1)
        assert room.sent() == []
        with transaction(room.house.engine) as session:
            state = SourceState(source_id="ministry", failures=4, last_ok_at=room.clock.time, error="503", outcome="")
            session.add(state)
        room.turn(days=1)
        assert "ministry" in str(room.sent(DIGEST)[0].payload)
        assert len(room.digests()) == 3


def test_a_digest_names_sources_that_were_down_and_answer_again(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, LOW, EARLY, database_url=database_url) as room:
        room.turn()
        known, begin = room.house.configuration.sources, room.clock.time
        failed, answered = Poll(answered=False, outcome="failed", error="503"), Poll(answered=True, outcome="fetched")
        for hours, name, how in ((1, "ministry", failed), (3, "herald", failed), (5, "ministry", answered)):
            with transaction(room.house.engine) as session:
                sources.record(session, known[name], begin + timedelta(hours=hours), how)
        room.turn(days=1)
        told = str(room.sent(DIGEST)[0].payload["blocks"])
        assert "herald: nothing read (503)" in told  # is down still, and never answered before
        assert "ministry: nothing read from 23 Nov 15:00 to 19:00 (503)" in told
        with transaction(room.house.engine) as session:
            sources.record(session, known["herald"], room.clock.time + timedelta(hours=1), answered)
        room.turn(days=1)
        assert "ministry" not in str(room.sent(DIGEST)[1].payload)
        room.turn(days=1)
        assert len(room.sent(DIGEST)) == 2


def test_what_is_old_is_told_by_a_digest_or_stands_in_the_ledger(tmp_path: Path) -> None:
    both = EARLY + "  - {id: chief, email: {to: a@b.example}}\n"
    with newsroom(tmp_path, watch("w", to="[desk, chief]"), both) as room:
        old = room.match(published_at=room.clock.time - timedelta(hours=25))
        room.turn()
        assert room.outcome(old) == room.outcome(old, "chief") == "too_old"
        assert room.reason(old) == "published more than 24 h ago: only a digest tells it"
        assert room.reason(old, "chief").endswith("this destination has no digest that could tell it")
        assert room.sent() == []
        story = room.story()
        room.match(story, published_at=room.clock.time - timedelta(hours=25))
        fresh = room.match(story, outlet="herald")
        room.turn()
        assert room.outcome(fresh) == "first_report"  # an old report on the story takes nothing from it
        room.turn(days=1)
        assert room.outcome(old) == "too_old"
        assert "told by the digest" in room.reason(old)


@pytest.mark.parametrize("begin", [SPRING, AUTUMN, datetime(2026, 11, 23, 22, tzinfo=UTC)])
def test_what_comes_in_quiet_hours_is_sent_once_at_their_end(
    tmp_path: Path, begin: datetime, database_url: str
) -> None:
    watches = watch("w") + watch("now", priority="critical")
    quiet = desk(quiet='"22:00-07:00"')
    with newsroom(tmp_path, watches, quiet, begin + timedelta(hours=20), database_url) as room:
        zone = room.house.configuration.destinations.by_id["desk"].zone
        held, passing = [], []
        while room.clock.time < begin + timedelta(hours=36):
            local = room.clock.time.astimezone(zone)
            if local.minute == 0 and (local.hour >= 22 or local.hour < 7):
                held.append(room.match())
                passing.append(room.match(name="now"))
                room.turn()
                assert room.outcome(held[-1]) == "quiet"
                assert room.outcome(passing[-1]) == "first_report"
            room.turn(minutes=30)
        loud = [one for one in room.sent(NEW) if one.watch_id == "w"]
        assert {f"{one.created_at.astimezone(zone):%H:%M}" for one in loud} == {"07:00"}
        assert len(loud) == len(held) == len({one.story_id for one in loud})
        assert {room.outcome(match) for match in held} == {"first_report"}


def test_what_was_held_is_rendered_fresh_and_stays_silent_if_it_was_muted_meanwhile(
    tmp_path: Path, database_url: str
) -> None:
    night = datetime(2026, 11, 23, 22, tzinfo=UTC)
    with newsroom(tmp_path, destinations=desk(quiet='"22:00-07:00"'), begin=night, database_url=database_url) as room:
        told, muted = room.story(), room.story()
        first, second = room.match(told), room.match(muted)
        room.turn()
        later = room.match(told, outlet="herald")
        room.turn(hours=1)
        assert room.outcome(later) == "quiet"
        muting.mute(room.house, Mute(MuteScope.STORY, str(muted)))
        room.turn(hours=6)
        assert [one.story_id for one in room.sent()] == [told]
        assert "herald" in str(room.sent()[0].payload)
        assert (room.outcome(first), room.outcome(later)) == ("first_report", "further_outlet")
        assert (room.outcome(second), room.reason(second)) == ("muted", f"story {muted} is muted")


def test_when_a_mute_has_ended_the_next_report_alerts(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        story = room.story()
        muting.mute(room.house, Mute(MuteScope.WATCH, "w", room.clock.time + timedelta(hours=3), by="olena"))
        first = room.match(story)
        room.turn(minutes=1)
        assert room.reason(first) == "watch w is muted by olena"
        room.turn(hours=3)
        assert room.sent() == []
        second = room.match(story, outlet="herald")
        room.turn(minutes=1)
        assert (room.outcome(second), len(room.sent())) == ("first_report", 1)


def test_a_destination_that_is_muted_gets_what_it_missed_when_the_mute_ends_or_is_lifted(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        muting.mute(room.house, Mute(MuteScope.DESTINATION, "desk", room.clock.time + timedelta(hours=3)))
        first = room.match()
        room.turn(minutes=1)
        assert (room.outcome(first), room.sent()) == ("muted", [])
        room.turn(hours=3)
        assert len(room.sent()) == 1
        muting.mute(room.house, Mute(MuteScope.DESTINATION, "desk"))
        room.match()
        room.turn(minutes=1)
        room.turn(days=2)
        assert len(room.sent()) == 1
        assert muting.unmute(room.house, MuteScope.DESTINATION, "desk")
        room.turn(minutes=1)
        assert len(room.sent()) == 2
        assert room.outcomes() == {"first_report": 2}


@pytest.mark.parametrize(("scope", "ref"), [("source", "wire"), ("entity", "rutte"), ("watch", "w"), ("story", "1")])
def test_each_kind_of_mute_silences_what_it_names_and_nothing_else(tmp_path: Path, scope: str, ref: str) -> None:
    with newsroom(tmp_path, watch("w", query="'@rutte'") + watch("other")) as room:
        story = room.story()
        article = room.article(story, entities=["rutte"])
        muted, other = room.found(article, "w"), room.match(name="other", outlet="herald")
        muting.mute(room.house, Mute(MuteScope(scope), ref))
        room.turn()
        assert (room.outcome(muted), room.outcome(other)) == ("muted", "first_report")


def test_a_mute_takes_back_what_has_not_left(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        match = room.match()
        delivery.prepare(room.house)
        assert muting.mute(room.house, Mute(MuteScope.STORY, "1")) == 1
        room.send()
        assert [one.state for one in room.sent()] == ["cancelled"]
        assert room.reason(match) == "story 1 is muted: its message had not left"


@pytest.mark.parametrize("lasting", [timedelta(hours=9), None])
def test_what_waits_for_a_destination_that_is_muted_leaves_when_the_mute_ends(
    tmp_path: Path, lasting: timedelta | None, database_url: str
) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.match()
        delivery.prepare(room.house)
        muting.mute(room.house, Mute(MuteScope.DESTINATION, "desk", room.clock.time + lasting if lasting else None))
        room.clock.forward(hours=8)  # longer than a message is news
        delivery.prepare(room.house)
        assert due(room) == {}
        if lasting is None:
            assert muting.unmute(room.house, MuteScope.DESTINATION, "desk")
        room.clock.forward(hours=1)
        delivery.prepare(room.house)
        assert due(room) == {"desk": 1}
        assert [(one.kind, one.state) for one in room.sent()] == [("new", "pending")]


def due(room: Newsroom) -> dict[str, int]:
    with reading(room.house.engine) as session:
        return leases.due(session, room.clock.time)


def lapse(room: Newsroom, *ids: int) -> None:
    """A changed watch finds these no longer, as `varta rematch` notes it."""
    with transaction(room.house.engine) as session:
        session.execute(update(MatchRow).where(MatchRow.id.in_(ids)).values(lapsed_at=room.clock.time))


NO_LONGER = "the watch was changed and matches it no longer"


@pytest.mark.parametrize(
    ("watches", "outcome"),
    [(watch("w"), "quiet"), (watch("w", require="at least 2 independent"), "uncorroborated")],
)
def test_what_a_changed_watch_finds_no_longer_is_not_told_when_its_wait_ends(
    tmp_path: Path, watches: str, outcome: str, database_url: str
) -> None:
    night = datetime(2026, 11, 23, 22, tzinfo=UTC)
    with newsroom(tmp_path, watches, desk(quiet='"22:00-07:00"'), night, database_url) as room:
        lapsed, half, story = room.match(), room.match(), room.story()
        held = room.match(story)
        room.turn()
        assert room.outcome(lapsed) == outcome
        stays = room.match(room.ledger_story(half), outlet="herald")
        room.article(room.ledger_story(half), "ministry")
        room.article(room.ledger_story(lapsed), "ministry")
        room.article(story, "ministry")
        room.turn()
        lapse(room, lapsed, half)
        room.turn(hours=8)
        assert (room.outcome(lapsed), room.reason(lapsed)) == ("lapsed", NO_LONGER)
        assert (room.outcome(half), room.outcome(stays)) == ("lapsed", "first_report")
        assert room.outcome(held) == "first_report"
        assert len(room.sent()) == 2


def test_what_a_changed_watch_finds_no_longer_leaves_its_digest(tmp_path: Path) -> None:
    with newsroom(tmp_path, LOW, EARLY) as room:
        room.turn()
        lapsed, stays = room.match(), room.match()
        room.turn(minutes=1)
        lapse(room, lapsed)
        room.turn(days=1)
        assert (room.outcome(lapsed), room.reason(lapsed)) == ("lapsed", NO_LONGER)
        assert room.reason(stays).startswith("told by the digest")
        assert "1 stories" in room.sent(DIGEST)[0].headline
