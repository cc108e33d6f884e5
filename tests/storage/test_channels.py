from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from alerts.channels.ways import MAIL, Way, way_of
from alerts.destinations import Destination, EmailTarget, SlackTarget
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import DeliveryState, Receipt
from storage import channels, outbox
from storage.engine import reading, transaction
from tests.storage.outgoing import claim, fill, out

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SLACK = Way("slack:DESK", 1.0)
DEAD = DeliveryError("410 channel_is_archived", SendOutcome.DEAD_CHANNEL, code=410)
BUSY = DeliveryError("429", SendOutcome.RETRY, code=429, retry_after=20, way_works=True)
GONE = DeliveryError("no connection", SendOutcome.RETRY)


def rest(engine: Engine, now: datetime, way: Way = SLACK) -> timedelta:
    with reading(engine) as session:
        return channels.rest(session, way, now)


def enter(engine: Engine, now: datetime, way: Way = SLACK) -> bool | None:
    with transaction(engine) as session:
        return channels.enter(session, way, now)


def leave(engine: Engine, now: datetime, ended: Receipt | DeliveryError | None, way: Way = SLACK) -> bool:
    with transaction(engine) as session:
        return channels.leave(session, way, ended, now)


def test_one_message_at_a_time_is_on_a_way_with_a_pace(engine: Engine, now: datetime) -> None:
    assert enter(engine, now) is False
    assert enter(engine, now + 59 * SECOND) is None
    leave(engine, now + 2 * SECOND, Receipt())
    assert rest(engine, now + 2 * SECOND) == SECOND
    assert enter(engine, now + 3 * SECOND) is False


def test_a_sender_that_vanished_blocks_its_way_for_no_longer_than_a_send_can_take(
    engine: Engine, now: datetime
) -> None:
    enter(engine, now)
    assert rest(engine, now) == channels.HOLD
    assert enter(engine, now + channels.HOLD) is False


def test_mail_goes_side_by_side(engine: Engine, now: datetime) -> None:
    assert [enter(engine, now, MAIL) for _ in range(3)] == [False, False, False]
    leave(engine, now, Receipt(), MAIL)
    assert rest(engine, now, MAIL) == timedelta()


def test_everybody_waits_as_long_as_slack_asked_one_to(engine: Engine, now: datetime) -> None:
    enter(engine, now)
    assert leave(engine, now, BUSY) is False
    assert rest(engine, now) == 20 * SECOND
    assert enter(engine, now + 19 * SECOND) is None
    with reading(engine) as session:
        assert channels.troubled(session) == []


def test_five_failures_in_a_row_break_a_way_and_pauses_grow_before(engine: Engine, now: datetime) -> None:
    pauses, broken = [], []
    for _ in range(5):
        now += rest(engine, now, MAIL)
        enter(engine, now, MAIL)
        broken.append(leave(engine, now, GONE, MAIL))
        pauses.append(rest(engine, now, MAIL).total_seconds())
    assert broken == [False, False, False, False, True]
    assert pauses == [5, 10, 20, 40, 80]
    with reading(engine) as session:
        (circuit,) = channels.troubled(session)
    assert (circuit.way, circuit.failures, circuit.reason, circuit.opened) == ("mail", 5, "no connection", now)


def test_a_message_that_got_through_in_between_starts_the_count_anew(engine: Engine, now: datetime) -> None:
    for _ in range(4):
        leave(engine, now, GONE, MAIL)
    leave(engine, now, DeliveryError("451 greylisted", SendOutcome.RETRY, code=451, way_works=True), MAIL)
    assert not any(leave(engine, now, GONE, MAIL) for _ in range(4))


def test_a_dead_channel_breaks_its_way_at_once_and_one_message_probes_it_after_1_2_4_to_30_minutes(
    engine: Engine, now: datetime
) -> None:
    enter(engine, now)
    assert leave(engine, now, DEAD) is True
    waits = []
    for _ in range(8):
        waits.append(rest(engine, now) // MINUTE)
        now += rest(engine, now)
        assert enter(engine, now) is True
        assert enter(engine, now) is None
        assert leave(engine, now, DEAD) is False
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_probe_that_gets_through_mends_the_way(engine: Engine, now: datetime) -> None:
    leave(engine, now, DEAD)
    now += MINUTE
    assert enter(engine, now) is True
    leave(engine, now, Receipt())
    assert enter(engine, now + SECOND) is False
    with reading(engine) as session:
        assert channels.troubled(session) == []


def test_a_probe_whose_sender_vanished_lets_another_one_try_later(engine: Engine, now: datetime) -> None:
    leave(engine, now, DEAD)
    assert enter(engine, now + MINUTE) is True
    assert enter(engine, now + 2 * MINUTE) is None
    assert enter(engine, now + 3 * MINUTE) is True


def test_who_did_not_send_after_all_leaves_the_way_as_it_was(engine: Engine, now: datetime) -> None:
    leave(engine, now, DEAD)
    assert enter(engine, now + MINUTE) is True
    leave(engine, now + MINUTE, None)
    assert enter(engine, now + MINUTE) is True


def test_a_person_may_have_a_broken_way_tried_at_once_or_closed(engine: Engine, now: datetime) -> None:
    leave(engine, now, DEAD)
    with transaction(engine) as session:
        channels.try_again(session, [SLACK, MAIL], now)
    assert enter(engine, now) is True
    with transaction(engine) as session:
        channels.close(session, SLACK)
        channels.close(session, MAIL)
    with reading(engine) as session:
        assert channels.troubled(session) == []


def test_a_rest_written_by_a_clock_far_ahead_holds_nobody(engine: Engine, now: datetime) -> None:
    enter(engine, now + timedelta(days=400))
    assert enter(engine, now) is False


def test_a_way_that_rests_keeps_its_deliveries(engine: Engine, now: datetime) -> None:
    fill(engine, now, out())
    leave(engine, now, BUSY)
    assert claim(engine, now, way=SLACK) is None
    assert claim(engine, now + 20 * SECOND, way=SLACK) is not None


def test_a_suppressed_address_gets_nothing_more_until_it_is_restored(engine: Engine, now: datetime) -> None:
    fill(engine, now, out("a", "x@b.example"), out("b", "y@b.example"), out("c", "x@b.example", destination="other"))
    with transaction(engine) as session:
        assert channels.suppress(session, "desk", "x@b.example", "550 no such user", now) is True
        assert channels.suppress(session, "desk", "x@b.example", "again", now) is False
        (held,) = channels.suppressed(session)
        states = {one.key: one.state for one in outbox.ledger(session)}
    assert (held.address, held.reason, held.since) == ("x@b.example", "550 no such user", now)
    assert states == {"a": DeliveryState.CANCELLED, "b": DeliveryState.PENDING, "c": DeliveryState.PENDING}
    with transaction(engine) as session:
        assert channels.restore(session, "desk", "x@b.example") is True
        assert channels.restore(session, "desk", "x@b.example") is False
        assert channels.suppressed(session) == []


@pytest.mark.parametrize(
    ("destination", "name", "pace"),
    [
        (Destination(id="a", email=EmailTarget(("a@b.example",))), "mail", None),
        (Destination(id="b", slack=SlackTarget(webhook="env:DESK_URL")), "slack:DESK_URL", 1.0),
        (Destination(id="c", slack=SlackTarget(token="env:TOKEN", channel="C1")), "slack:TOKEN/C1", 1.0),
    ],
)
def test_a_way_is_what_shares_a_limit(destination: Destination, name: str, pace: float | None) -> None:
    assert way_of(destination) == Way(name, pace)


def test_a_long_name_of_a_way_fits_and_stays_its_own() -> None:
    one, two = (way_of(Destination(id="d", slack=SlackTarget(webhook=f"env:{'A' * 200}{end}"))) for end in "XY")
    assert one != two
    assert len(one.name) == len(two.name) == 80
