import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from alerts.model import AlertState, Decision, DeliveryKind, Priority
from alerts.rules.cases import Ruling
from flows import opening, report
from flows.tally import DeliveryTally
from storage import alerts, decisions
from storage.alert_tables import AlertRow
from storage.alerts import Written
from storage.engine import reading, transaction
from storage.tables import RevisionRow
from tests.flows.newsroom import Newsroom, newsroom, watch

NEW, UPDATE, ESCALATION = DeliveryKind.NEW, DeliveryKind.UPDATE, DeliveryKind.ESCALATION
TWO = (
    "destinations:\n  - {id: desk, slack: {webhook: 'env:TEST_WEBHOOK'}}\n"
    "  - {id: chief, email: {to: [a@b.example, c@d.example]}}\n"
)


def test_forty_outlets_on_one_story_are_one_message_and_its_updates(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        story = room.story()
        matches = []
        for n in range(40):
            matches.append(room.match(story, outlet=f"outlet-{n}"))
            room.turn(minutes=7)
        assert len(room.sent(NEW)) == 1
        assert len(room.sent(UPDATE)) == 7  # at 6, 11, 16 ... independent texts: every fifth one
        thread = {one.payload["thread"] for one in room.sent(UPDATE)}
        assert thread == {room.sent(NEW)[0].key}
        assert room.outcomes() == {"first_report": 1, "further_outlet": 39}
        assert "was alerted, last told on 2026-11-23 18:12" in room.reason(matches[-1])
        assert len(room.alerts()) == 1


def test_copies_are_no_news(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        story = room.story()
        first = room.article(story)
        room.found(first)
        room.turn()
        for n in range(20):
            room.match(story, outlet=f"outlet-{n}", duplicate_of=first)
            room.turn(minutes=40)
        assert len(room.sent()) == 1


def test_the_first_official_source_is_told_at_once_also_if_it_does_not_match(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        story = room.story()
        room.match(story)
        room.turn()
        room.article(story, "ministry")
        room.turn(minutes=1)
        room.article(story, "ministry")
        room.turn(minutes=60)
        assert [one.headline for one in room.sent(UPDATE)] == ["Update (official): Report 1"]


def test_a_corrected_headline_and_a_deleted_page_are_told_in_the_thread_once(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        article = room.article_of(room.match())
        room.turn()
        room.clock.forward(minutes=10)
        with transaction(room.house.engine) as session:
            session.add(
                RevisionRow(article_id=article, seq=1, kind="", title="Report 1", text="t", seen_at=room.clock.time)
            )
        now = room.clock.time
        room.change(article, title="Other report", revision=2, changed_at=now, change_kind="correction")
        room.turn(minutes=1)
        room.turn(minutes=1)
        room.change(article, gone_at=room.clock.time)
        room.turn(minutes=1)
        room.turn(minutes=1)
        assert [one.headline for one in room.sent(UPDATE)] == [
            "Update (correction): Other report",
            "Update (deletion): Other report",
        ]


def test_a_typo_is_no_news_and_updates_that_nobody_wants_are_not_sent(tmp_path: Path) -> None:
    with newsroom(tmp_path, watch("w", updates="[deletion]")) as room:
        story = room.story()
        article = room.article_of(room.match(story))
        room.turn()
        room.change(
            article, title="Raport 1", revision=2, changed_at=room.clock.time + timedelta(minutes=1), change_kind="typo"
        )
        room.article(story, "ministry")
        room.turn(minutes=2)
        assert room.sent(UPDATE) == []


def test_the_order_of_watches_in_a_batch_does_not_matter_to_who_is_silenced(tmp_path: Path, database_url: str) -> None:
    watches = watch("low", priority="low", wait="0s") + watch("high") + watch("normal", priority="normal", wait="0s")
    with newsroom(tmp_path, watches, database_url=database_url) as room:
        story = room.story()
        article = room.article(story)
        low, high, normal = (room.found(article, name) for name in ("low", "high", "normal"))
        room.turn()
        assert [one.watch_id for one in room.sent(NEW)] == ["high", "normal"]
        assert (room.outcome(high), room.outcome(normal)) == ("first_report", "first_report")
        assert (room.outcome(low), room.reason(low)) == (
            "inhibited",
            "watch `high` alerts of this story with more urgency",
        )
        later = room.match(story, "low", "herald")
        room.turn(minutes=5)
        assert room.outcome(later) == "inhibited"
        assert len(room.sent(NEW)) == 2


def test_a_second_alert_on_a_story_joins_the_thread_of_the_first(tmp_path: Path) -> None:
    with newsroom(tmp_path, watch("one") + watch("two")) as room:
        article = room.article(room.story())
        room.found(article, "one")
        room.turn()
        room.found(article, "two")
        room.turn(minutes=1)
        first, second = room.sent(NEW)
        assert (first.payload["thread"], second.payload["thread"]) == ("", first.key)


def test_what_waits_for_other_outlets_tells_of_them_in_one_message(tmp_path: Path) -> None:
    with newsroom(tmp_path, watch("w", priority="normal")) as room:
        story = room.story()
        first = room.match(story)
        room.turn()
        assert (room.outcome(first), room.sent()) == ("gathering", [])
        second = room.match(story, outlet="herald")
        room.turn(seconds=30)
        room.turn(seconds=61)
        assert len(room.sent()) == 1
        assert "herald" in str(room.sent()[0].payload)
        assert {room.outcome(first), room.outcome(second)} == {"first_report", "further_outlet"}


def test_the_constraint_decides_between_two_runs_that_open_one_alert(tmp_path: Path, database_url: str) -> None:
    """Both decided before either wrote, as if nothing made them take turns."""
    with newsroom(tmp_path, database_url=database_url) as room:
        story = room.story()
        match = room.match(story)
        ruling = Ruling(match, "w", story, "desk", Decision.FIRST_REPORT, "first", state=AlertState.OPEN)
        wanted = [Written(ruling, Priority.HIGH, None, {}, 0)]
        start = threading.Barrier(2)

        def write() -> int:
            start.wait(10)
            with transaction(room.house.engine) as session:
                return len(alerts.write(session, wanted, room.clock.time))

        with ThreadPoolExecutor(2) as pool:
            opened = [done.result() for done in [pool.submit(write) for _ in range(2)]]
        assert sorted(opened) == [0, 1]
        assert len(room.alerts()) == 1
        room.turn()
        assert (room.outcome(match), room.sent()) == ("further_outlet", [])


def test_an_article_that_moves_to_another_story_while_held_is_told_once_and_not_lost(
    tmp_path: Path, database_url: str
) -> None:
    watches = watch("w", priority="normal")
    with newsroom(tmp_path, watches, database_url=database_url) as room:
        one, two = room.story(), room.story()
        moved = room.match(one)
        room.turn()
        room.change(room.article_of(moved), story_id=two)
        room.turn(minutes=2)
        assert [(alert.story_id, alert.state) for alert in room.alerts()] == [(one, "closed"), (two, "open")]
        assert (len(room.sent(NEW)), room.outcome(moved)) == (1, "first_report")
        later = room.match(one, outlet="herald")  # what the first story tells is news still
        room.turn()
        room.turn(minutes=2)
        assert room.outcome(later) == "first_report"
        assert len(room.sent(NEW)) == 2


def test_an_article_that_moves_into_a_story_that_was_told_is_a_further_outlet(tmp_path: Path) -> None:
    with newsroom(tmp_path, watch("w", priority="normal")) as room:
        one, two = room.story(), room.story()
        room.match(two)
        room.turn()
        room.turn(minutes=2)
        moved = room.match(one, outlet="herald")
        room.turn()
        assert room.outcome(moved) == "gathering"
        room.change(room.article_of(moved), story_id=two)
        room.turn(minutes=2)
        assert (room.outcome(moved), len(room.sent(NEW))) == ("further_outlet", 1)


def test_an_article_that_moves_after_it_was_told_is_not_told_again(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        told = room.match()
        room.turn()
        room.change(room.article_of(told), story_id=room.story())
        room.turn(minutes=5)
        room.turn(hours=30)
        assert len(room.sent()) == 1


def escalating(room: Newsroom) -> int:
    story = room.story()
    room.match(story)
    room.turn()
    assert [one.destination_id for one in room.sent()] == ["desk"]
    return story


ESCALATES = watch("w", priority="critical", escalate="{to: chief, after: 20m}")


def test_a_critical_alert_that_nobody_acknowledges_goes_to_a_second_destination_once(
    tmp_path: Path, database_url: str
) -> None:
    with newsroom(tmp_path, ESCALATES, TWO, database_url=database_url) as room:
        escalating(room)
        room.turn(minutes=19)
        assert room.sent(ESCALATION) == []
        for _ in range(30):
            room.turn(minutes=1)
        assert [one.recipient for one in room.sent(ESCALATION)] == ["a@b.example", "c@d.example"]
        assert room.reason(1, "chief") == "nobody at desk acknowledged it within 20 min: escalated"
        assert len(room.sent()) == 3


def test_an_acknowledged_alert_is_not_escalated(tmp_path: Path) -> None:
    with newsroom(tmp_path, ESCALATES, TWO) as room:
        escalating(room)
        with transaction(room.house.engine) as session:
            session.execute(update(AlertRow).values(acked_at=room.clock.time, acked_by="olena"))
        room.turn(minutes=30)
        assert room.sent(ESCALATION) == []


def test_an_escalation_waits_for_the_end_of_the_quiet_hours_unless_they_let_critical_through(
    tmp_path: Path, database_url: str
) -> None:
    night = datetime(2026, 11, 23, 20, tzinfo=UTC)  # 22:00 in Kyiv
    asleep = TWO.replace("id: chief,", "id: chief, quiet: '22:00-07:00', quiet_except: [],")
    with newsroom(tmp_path, ESCALATES, asleep, night, database_url) as room:
        escalating(room)
        room.turn(minutes=30)
        assert room.sent(ESCALATION) == []
        assert room.outcome(1, "chief") == "quiet"
        assert room.reason(1, "chief") == (
            "nobody at desk acknowledged it within 20 min: its escalation waits for the end of quiet hours, "
            "2026-11-24 07:00"
        )
        room.turn(hours=8, minutes=29)
        assert room.sent(ESCALATION) == []
        room.turn(minutes=1)
        assert len(room.sent(ESCALATION)) == 2
        assert room.outcome(1, "chief") == "first_report"


def test_a_critical_alert_is_escalated_in_quiet_hours_by_default(tmp_path: Path) -> None:
    night = datetime(2026, 11, 23, 20, tzinfo=UTC)
    with newsroom(tmp_path, ESCALATES, TWO.replace("id: chief,", "id: chief, quiet: '22:00-07:00',"), night) as room:
        escalating(room)
        room.turn(minutes=20)
        assert len(room.sent(ESCALATION)) == 2


def test_who_acknowledges_before_the_quiet_hours_end_wakes_nobody(tmp_path: Path) -> None:
    night = datetime(2026, 11, 23, 20, tzinfo=UTC)
    asleep = TWO.replace("id: chief,", "id: chief, quiet: '22:00-07:00', quiet_except: [],")
    with newsroom(tmp_path, ESCALATES, asleep, night) as room:
        escalating(room)
        room.turn(minutes=30)
        with transaction(room.house.engine) as session:
            session.execute(update(AlertRow).values(acked_at=room.clock.time, acked_by="olena"))
        room.turn(hours=10)
        assert room.sent(ESCALATION) == []


def test_every_match_has_a_row_for_every_destination(tmp_path: Path, database_url: str) -> None:
    watches = watch("w", to="[desk, chief]") + watch("nobody", to="[]")
    with newsroom(tmp_path, watches, TWO, database_url=database_url) as room:
        one, two, three = room.match(), room.match(name="nobody"), room.match(name="gone")
        tally = DeliveryTally()
        opening.open_new(room.house, tally)
        assert {key: row.outcome for key, row in room.ledger().items()} == {
            (one, "desk"): "first_report",
            (one, "chief"): "first_report",
            (two, ""): "no_destination",
            (three, ""): "watch_gone",
        }
        assert all(row.reason for row in room.ledger().values())
        with reading(room.house.engine) as session:
            counted = decisions.counts(session, room.clock.time - timedelta(hours=1))
        rows = report.decided(counted)
        assert {"destination": "desk", "outcome": "first_report", "matches": 1} in rows
        assert {"destination": "nobody", "outcome": "watch_gone", "matches": 1} in rows
