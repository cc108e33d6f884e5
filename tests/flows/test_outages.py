"""What is left of alerts when channels are away for hours, destinations change meanwhile, or the clock jumps."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from alerts.links import Action, Claim
from alerts.model import DeliveryKind, DeliveryState
from alerts.rules.mutes import Mute, MuteScope
from flows import answering, delivery, muting
from storage import actions
from storage.alert_tables import DeliveryRow
from storage.engine import reading, transaction
from tests.flows.newsroom import DESK, Newsroom, newsroom, watch

NEW, UPDATE, DIGEST, ESCALATION = (
    DeliveryKind.NEW, DeliveryKind.UPDATE, DeliveryKind.DIGEST, DeliveryKind.ESCALATION,
)  # fmt: skip
CHIEF = "  - {id: chief, email: {to: a@b.example}}\n"
GONE = "destinations:\n" + CHIEF
THREE = "destinations:\n  - {id: desk, email: {to: [a@b.example, c@d.example, e@f.example]}}\n"


def sent_to(room: Newsroom, *recipients: str) -> None:
    """Let what goes to these recipients leave."""
    with transaction(room.house.engine) as session:
        waiting = update(DeliveryRow).where(DeliveryRow.recipient.in_(recipients))
        session.execute(waiting.values(state=DeliveryState.SENT, sent_at=room.clock.time))


def test_a_recipient_whose_server_is_away_costs_the_others_no_second_message(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, destinations=THREE, database_url=database_url) as room:
        room.match()
        delivery.prepare(room.house)
        sent_to(room, "a@b.example", "c@d.example")
        room.clock.forward(hours=6, minutes=1)
        for _ in range(3):
            delivery.prepare(room.house)
        got = [(one.kind, one.recipient, one.state) for one in room.sent()]
        assert got == [
            (NEW, "a@b.example", "sent"), (NEW, "c@d.example", "sent"), (NEW, "e@f.example", "pending"),
        ]  # fmt: skip


def test_an_update_that_waits_for_hours_does_not_tell_the_story_again(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        room.match()
        room.turn()
        room.match(1, outlet="ministry")
        room.clock.forward(minutes=1)
        delivery.prepare(room.house)
        assert [one.kind for one in room.sent()] == [NEW, UPDATE]
        room.clock.forward(hours=6, minutes=1)
        for _ in range(3):
            delivery.prepare(room.house)
        assert [(one.kind, one.state) for one in room.sent()] == [(NEW, "sent"), (UPDATE, "pending")]


def test_a_mute_that_takes_an_update_back_leaves_the_ledger_of_what_was_told(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        match = room.match()
        room.turn()
        room.match(1, outlet="ministry")
        room.clock.forward(minutes=1)
        delivery.prepare(room.house)
        before = room.ledger()[match, "desk"]
        assert muting.mute(room.house, Mute(MuteScope.STORY, "1")) == 1
        after = room.ledger()[match, "desk"]
        assert (after.outcome, after.delivery_id) == ("first_report", before.delivery_id)
        assert [(one.state, one.error) for one in room.sent(UPDATE)] == [("cancelled", "story 1 is muted")]


def test_what_a_mute_took_back_was_never_told_and_the_next_report_after_it_alerts(
    tmp_path: Path, database_url: str
) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        first = room.match()
        delivery.prepare(room.house)
        muting.mute(room.house, Mute(MuteScope.STORY, "1"))
        during = room.match(1, outlet="herald")
        room.turn(minutes=1)
        assert (room.outcome(first), room.outcome(during)) == ("muted", "muted")
        muting.unmute(room.house, MuteScope.STORY, "1")
        after = room.match(1, outlet="ministry")
        for _ in range(2):
            room.turn(minutes=1)
        assert room.outcome(after) == "first_report"
        assert [(one.kind, one.state, one.error) for one in room.sent()] == [(NEW, "sent", "")]
        assert [one.told_at is not None for one in room.alerts()] == [True]


def test_an_urgent_alert_that_a_mute_took_back_silences_no_other(tmp_path: Path) -> None:
    with newsroom(tmp_path, watch("loud") + watch("low", priority="low", wait="0s")) as room:
        room.match(room.story(), "loud")
        delivery.prepare(room.house)
        muting.mute(room.house, Mute(MuteScope.WATCH, "loud"))
        low = room.match(1, "low", "herald")
        room.turn(minutes=1)
        assert room.outcome(low) == "first_report"


@pytest.mark.parametrize("action", [Action.MUTE, Action.IRRELEVANT, Action.TO_DIGEST])
def test_who_answered_a_message_is_not_passed_over(tmp_path: Path, action: Action) -> None:
    desk = DESK.replace("}}\n", "}, digest: {at: '08:00', of: [low]}}\n")
    with newsroom(tmp_path, watch(priority="critical", escalate="{to: chief, after: 20m}"), desk + CHIEF) as room:
        room.match()
        room.turn()
        with reading(room.house.engine) as session:
            subject = actions.find(session, room.sent()[0].key)
        assert subject
        answering.do(room.house, subject, Claim(action, subject.key, ""), "a reader")
        room.turn(minutes=30)
        assert not room.sent(ESCALATION)


def test_what_waits_for_a_destination_that_is_gone_waits_in_sight_and_is_told_when_it_is_back(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        match = room.match()
        delivery.prepare(room.house)
        late = room.clock.time + timedelta(hours=7)
    with newsroom(tmp_path, destinations=GONE, begin=late, is_right=False) as room:
        for _ in range(2):
            assert "`desk` is no longer configured: 1 deliveries wait" in delivery.deliver(room.house).errors[0]
    with newsroom(tmp_path, begin=late) as room:
        room.turn()
        room.turn()
        assert [(one.kind, one.state) for one in room.sent()] == [(NEW, "digested"), (DIGEST, "sent")]
        assert "told by the digest" in room.reason(match)


SLACK = "destinations:\n  - {id: desk, slack: {webhook: 'env:TEST_WEBHOOK'}}\n"


@pytest.mark.parametrize(("before", "after"), [(SLACK, THREE), (THREE, SLACK), (THREE, THREE.replace("@", "@new."))])
def test_what_waits_for_an_address_that_is_no_more_is_told_to_those_that_are(
    tmp_path: Path, database_url: str, before: str, after: str
) -> None:
    with newsroom(tmp_path, destinations=before, database_url=database_url) as room:
        match = room.match()
        delivery.prepare(room.house)
        begin = room.clock.time + timedelta(minutes=1)
    with newsroom(tmp_path, destinations=after, begin=begin, database_url=database_url) as room:
        for _ in range(2):
            room.turn(minutes=1)
        to = room.house.configuration.destinations.by_id["desk"].recipients
        assert [(one.kind, one.recipient) for one in room.sent() if one.state == "sent"] == [
            (DIGEST, one) for one in to
        ]
        assert {(one.state, one.error) for one in room.sent(NEW)} == {
            ("cancelled", "the destination has this address no more")
        }
        assert "told by the digest" in room.reason(match)


def test_what_gathers_other_outlets_is_told_in_time_also_when_the_clock_is_put_back(tmp_path: Path) -> None:
    with newsroom(tmp_path, watch(priority="normal")) as room:
        match = room.match()
        room.turn()
        assert room.outcome(match) == "gathering"
        room.turn(hours=-1)
        assert [one.state for one in room.sent(NEW)] == ["sent"]
        room.turn(hours=1)
        assert len(room.sent()) == 1


def test_a_digest_for_an_address_that_is_no_more_is_made_anew(tmp_path: Path) -> None:
    with newsroom(tmp_path, destinations=THREE) as room:
        room.flood(201)
        delivery.prepare(room.house)
        assert [one.kind for one in room.sent()] == [DIGEST] * 3
        begin = room.clock.time + timedelta(hours=1)
    with newsroom(tmp_path, destinations=SLACK, begin=begin) as room:
        room.turn()
        room.turn(minutes=30)
        (sent,) = [one for one in room.sent() if one.state == "sent"]
        assert (sent.kind, sent.recipient) == (DIGEST, "")
        assert all(item.digest_id == sent.digest_id for item in room.items())


def test_an_address_that_is_no_more_costs_those_that_stay_nothing(tmp_path: Path) -> None:
    with newsroom(tmp_path, destinations=THREE) as room:
        room.match()
        delivery.prepare(room.house)
        begin = room.clock.time
    with newsroom(tmp_path, destinations=THREE.replace(", e@f.example", ""), begin=begin) as room:
        for _ in range(3):
            room.turn(minutes=1)
        assert [one.state for one in room.sent()] == ["sent", "sent", "cancelled"]
