import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from alerts.model import AlertState, DeliveryKind, DeliveryState, Mode
from alerts.rules.mutes import Mute, MuteScope
from flows import delivery, muting
from flows.tally import DeliveryTally
from storage.alert_tables import AlertRow, DeliveryRow, DigestRow, MatchRow
from storage.engine import reading, transaction
from storage.tables import EntryRow
from tests.flows.newsroom import DESK, Newsroom, newsroom, watch

DIGEST, NEW = DeliveryKind.DIGEST, DeliveryKind.NEW
CHIEF = "  - {id: chief, email: {to: a@b.example}}\n"


def test_a_storm_of_two_thousand_matches_is_one_digest_that_says_so(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.flood(2000)
        room.turn()
        for _ in range(30):
            room.turn(minutes=1)
        assert [one.kind for one in room.sent()] == [DIGEST]
        assert "2,000" in str(room.sent()[0].payload)
        assert room.outcomes() == {"throttled": 2000}
        assert len({item.match_id for item in room.items() if item.digest_id}) == 2000
        assert {row.delivery_id for row in room.ledger().values()} == {room.sent()[0].id}


def test_a_storm_that_comes_bit_by_bit_is_twelve_messages_at_most(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        for _ in range(20):
            room.flood(100)
            room.turn(seconds=45)
        assert len(room.sent()) <= 12
        room.turn(hours=5)
        assert all(item.digest_id for item in room.items())
        assert room.outcomes().keys() == {"first_report", "throttled"}
        assert room.outcomes().total() == 2000


def test_a_storm_does_not_keep_what_is_critical_from_leaving(tmp_path: Path) -> None:
    with newsroom(tmp_path, watch("w") + watch("now", priority="critical")) as room:
        room.flood(150)
        room.turn()
        critical = room.match(name="now")
        room.turn(minutes=1)
        assert room.outcome(critical) == "first_report"
        assert len(room.sent(NEW)) == 11


def test_after_the_throttled_time_alerts_leave_at_once_again(tmp_path: Path) -> None:
    slow = DESK.replace("}}", "}, throttle: 2 per 1h}")
    with newsroom(tmp_path, destinations=slow) as room:
        first = [room.match() for _ in range(3)]
        room.turn()
        assert [room.outcome(one) for one in first] == ["first_report", "first_report", "throttled"]
        assert "2 per 1h" in str(room.sent(DIGEST)[0].payload)
        later = room.match()
        room.turn(minutes=61)
        assert room.outcome(later) == "first_report"


def test_a_backfill_of_ninety_days_alerts_nobody_also_twice_and_beside_a_live_run(
    tmp_path: Path, database_url: str
) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        story = room.story()
        for day in range(90):
            at = room.clock.time - timedelta(days=day)
            room.match(mode=Mode.BACKFILL, published_at=at)
            room.match(story, mode=Mode.BACKFILL, published_at=at)
        start = threading.Barrier(2)

        def work() -> DeliveryTally:
            start.wait(10)
            return delivery.prepare(room.house)

        with ThreadPoolExecutor(2) as pool:
            ended = [done.result() for done in [pool.submit(work) for _ in range(2)]]
        assert sum(one.decided["backfill"] for one in ended) == 180
        room.turn(days=1)
        assert (room.sent(), room.items(), room.alerts()) == ([], [], [])
        assert room.outcomes() == {"backfill": 180}
        live = room.match(story, outlet="herald")
        room.turn()
        assert room.outcome(live) == "first_report"


def test_a_backfill_that_asks_for_it_is_one_digest_made_at_its_end(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        matches = []
        for day in range(30):
            matches.append(room.match(mode=Mode.DIGEST, published_at=room.clock.time - timedelta(days=day)))
            room.turn(minutes=1)
        assert room.sent() == []
        delivery.prepare(room.house, backfilled=True)
        room.send()
        room.turn(days=1)
        assert [one.kind for one in room.sent()] == [DIGEST]
        assert {row.outcome for row in room.ledger().values()} == {"backfill"}
        assert {row.delivery_id for row in room.ledger().values()} == {room.sent()[0].id}


def test_the_digest_of_a_backfill_that_was_killed_is_made_later(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        room.match(mode=Mode.DIGEST)
        room.turn(minutes=5)
        assert room.sent() == []
        room.turn(minutes=61)
        assert [one.kind for one in room.sent()] == [DIGEST]


def test_undated_articles_of_the_first_crawl_of_a_source_alert_nobody(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        first = room.match(published_at=None)
        _listed(room, first, room.clock.time)
        room.turn()
        room.clock.forward(minutes=30)
        later = room.match(published_at=None)
        _listed(room, later, room.clock.time)
        room.turn()
        assert (room.outcome(first), room.outcome(later)) == ("too_old", "first_report")


def _listed(room: Newsroom, match: int, at: datetime) -> None:
    with transaction(room.house.engine) as session:
        session.add(
            EntryRow(
                source_id="wire", url_key=b"%d" % match, url=f"https://wire.example/{match}", state="stored",
                article_id=room.article_of(match), first_seen_at=at, last_seen_at=at,
            )
        )  # fmt: skip


def test_an_uncorroborated_story_waits_until_enough_report_it(tmp_path: Path, database_url: str) -> None:
    watches = watch("w", require="at least 2 independent or 1 official")
    with newsroom(tmp_path, watches, database_url=database_url) as room:
        story, other = room.story(), room.story()
        first, second = room.match(story), room.match(other)
        room.turn()
        assert room.outcome(first) == "uncorroborated"
        assert room.reason(first).startswith(
            "waits for corroboration: 1 independent, 0 official; wanted 2 independent or 1 official, until 2026-11-24"
        )
        room.article(story, "herald", duplicate_of=room.article_of(first))
        room.turn(minutes=5)
        assert room.sent() == []
        room.article(story, "ministry")  # it need not match the watch
        later = room.match(other, outlet="herald")
        room.turn(minutes=5)
        assert {one.story_id for one in room.sent()} == {story, other}
        assert [room.outcome(one) for one in (first, second, later)] == [
            "first_report",
            "first_report",
            "further_outlet",
        ]


@pytest.mark.parametrize(("digest", "ends"), [("", "closed"), (", digest: {at: '08:00', of: low}", "the digest")])
def test_what_is_never_corroborated_ends_as_its_sentence_says(tmp_path: Path, digest: str, ends: str) -> None:
    desk = DESK.replace("}}", "}" + digest + "}")
    with newsroom(tmp_path, watch("w", hold="only state media", max_age="6h"), desk) as room:
        story = room.story()
        match = room.match(story, outlet="tass")
        room.turn()
        assert room.reason(match).startswith("waits: only state media report it, until 2026-11-23 20:00")
        again = room.match(story, outlet="pravda")
        room.turn(hours=5)
        room.turn(minutes=70)
        assert room.outcome(match) == "uncorroborated"
        assert ends in room.reason(match)
        room.turn(days=1)
        assert len(room.sent(DIGEST)) == bool(digest)
        assert len(room.sent(NEW)) == 0
        assert (again, "desk") in room.ledger()


def test_twenty_thousand_undecided_matches_are_linear_work(tmp_path: Path) -> None:
    """Statements, not seconds: five times the matches are at most six times the statements."""
    counted = []
    for count in (800, 4000):
        folder = tmp_path / str(count)
        folder.mkdir()
        with newsroom(folder, watch("w", require="3 independent")) as room:
            room.flood(count, story=room.story())
            counted.append(_statements(room))
            assert room.outcomes().total() == count
    assert counted[1] <= 6 * counted[0]


def _statements(room: Newsroom) -> int:
    seen = []

    def note(*_: object) -> None:
        seen.append(1)

    event.listen(room.house.engine, "before_cursor_execute", note)
    room.turn()
    event.remove(room.house.engine, "before_cursor_execute", note)
    return len(seen)


def test_matches_of_a_missing_destination_are_not_looked_at_again_until_it_is_there(
    tmp_path: Path, database_url: str
) -> None:
    watches = watch("w", to="[desk, chief]")
    with newsroom(tmp_path, watches, DESK + CHIEF, database_url=database_url) as room:
        room.flood(600)
    with newsroom(tmp_path, watches, DESK, database_url=database_url, is_right=False) as room:
        room.turn()
        assert room.outcomes()["unknown_destination"] == 600
        idle = _statements(room)
        with reading(room.house.engine) as session:
            assert session.scalar(select(func.count()).where(MatchRow.decided_at.is_(None))) == 0
        assert idle < 60
    with newsroom(tmp_path, watches, DESK + CHIEF, database_url=database_url) as room:
        room.turn()
        assert room.outcomes()["unknown_destination"] == 0
        assert len(room.sent(NEW, to="chief")) == 10


def test_what_could_not_be_sent_in_time_is_told_by_a_digest(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        match = room.match()
        delivery.prepare(room.house)
        room.clock.forward(hours=6, minutes=1)
        delivery.prepare(room.house)
        delivery.prepare(room.house)
        assert [(one.kind, one.state) for one in room.sent()] == [(NEW, "digested"), (DIGEST, "pending")]
        assert room.alerts()[0].state == AlertState.QUEUED
        room.send()
        assert "told by the digest" in room.reason(match)


WATCHES = (
    watch("critical", priority="critical", escalate="{to: second, after: 20m}")
    + watch("high", to="[desk, chief]")
    + watch("normal", priority="normal", require="2 independent", max_age="3h", to="[desk, chief]")
    + watch("low", priority="low", to="[desk, chief]")
)
PLACES = (
    "destinations:\n  - {id: desk, slack: {webhook: 'env:TEST_WEBHOOK'}, quiet: '22:00-07:00', throttle: 3 per 30m}\n"
    "  - {id: chief, email: {to: a@b.example}, digest: [{at: ['03:30', '18:00'], of: [low, normal]}]}\n"
    "  - {id: second, email: {to: c@d.example}}\n"
)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_nothing_is_lost_doubled_or_untold(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    begin = dice.choice([datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)])
    with newsroom(tmp_path, WATCHES, PLACES, begin) as room:
        stories = [room.story() for _ in range(6)]
        made: list[int] = []
        for _ in range(120):
            _something(room, dice, stories, made)
            _check(room, is_over=False)
        for scope in MuteScope:
            for ref in (*map(str, stories), "low", "high", "wire", "desk", "chief"):
                muting.unmute(room.house, scope, ref)
        for _ in range(40):
            room.turn(hours=2)
        _check(room, is_over=True)


def _something(room: Newsroom, dice: random.Random, stories: list[int], made: list[int]) -> None:
    what = dice.choices(["match", "pass", "mute", "move", "burst", "crash"], [10, 8, 1, 2, 1, 2])[0]
    if what == "match":
        name = dice.choice(["critical", "high", "normal", "low"])
        age = timedelta(hours=dice.choice([0, 0, 0, 1, 30]))
        mode = dice.choice([Mode.LIVE] * 8 + [Mode.BACKFILL, Mode.DIGEST])
        outlet = dice.choice(["wire", "herald", "ministry", "tass", "pravda"])
        story = dice.choice([*stories, room.story()])
        made.append(room.match(story, name, outlet, mode, published_at=room.clock.time - age))
    elif what == "burst":
        room.flood(dice.choice([5, 30, 210]), dice.choice(["high", "low"]))
    elif what == "mute":
        scope, ref = dice.choice(
            [("story", str(stories[0])), ("watch", "low"), ("source", "wire"), ("destination", "desk")]
        )
        until = dice.choice([None, room.clock.time + timedelta(hours=2)])
        muting.mute(room.house, Mute(MuteScope(scope), ref, until))
    elif what == "move" and made:
        room.change(room.article_of(dice.choice(made)), story_id=dice.choice(stories))
    elif what == "crash":
        room.clock.forward(minutes=dice.choice([0, 5, 400]))
        delivery.prepare(room.house)  # killed before anything left
    else:
        room.turn(minutes=dice.choice([0, 1, 3, 25, 90, 400]))


def _check(room: Newsroom, *, is_over: bool) -> None:
    triples = [(one.watch_id, one.story_id, one.destination_id) for one in room.alerts()]
    assert len(triples) == len(set(triples))
    opened = [(one.watch_id, one.story_id, one.destination_id, one.recipient) for one in room.sent(NEW)]
    assert len(opened) == len(set(opened))
    if not is_over:
        return
    with reading(room.house.engine) as session:
        matches = session.execute(select(MatchRow.id, MatchRow.watch_id)).all()
        held = session.scalars(select(AlertRow).where(AlertRow.state.in_([AlertState.WAITING, AlertState.HELD]))).all()
        waiting = session.scalar(select(func.count()).where(DeliveryRow.state == DeliveryState.PENDING))
        dates = [(row.destination_id, row.name, row.local_date) for row in session.scalars(select(DigestRow))]
    to = {watch.id: watch.to for watch in room.house.configuration.watchlist.watches}
    ledger = room.ledger()
    assert {(match, place) for match, name in matches for place in to[name]} <= ledger.keys()
    assert (len(held), waiting) == (0, 0)
    assert len(dates) == len(set(dates))
    assert all(item.digest_id for item in room.items())
    assert all(row.reason for row in ledger.values())
    alerts = {one.id: one for one in room.alerts()}
    for row in ledger.values():
        if row.outcome in ("first_report", "further_outlet"):
            assert row.alert_id in alerts
            assert alerts[row.alert_id].told_at is not None
        assert row.outcome not in ("quiet", "gathering")
