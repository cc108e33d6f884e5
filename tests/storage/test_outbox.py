from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from alerts.errors import DeliveryError, SendOutcome
from alerts.model import DeliveryKind, DeliveryState, Receipt
from storage import channels, outbox
from storage.engine import reading, transaction
from storage.outbox import delivery_key
from tests.storage.outgoing import claim, fill, only_row, out, record


@pytest.fixture
def filled(engine: Engine, now: datetime) -> Engine:
    fill(engine, now, out())
    return engine


def test_the_same_delivery_is_put_once(filled: Engine, now: datetime) -> None:
    with transaction(filled) as session:
        assert outbox.put(session, [out(), out("k2", "b@b.example")], now) == 1


def test_a_delivery_may_wait_for_its_time(engine: Engine, now: datetime) -> None:
    fill(engine, now, out(not_before=now + timedelta(hours=1)))
    assert claim(engine, now) is None
    assert claim(engine, now + timedelta(hours=1)) is not None


def test_what_goes_to_a_suppressed_address_is_cancelled_with_the_reason(filled: Engine, now: datetime) -> None:
    with transaction(filled) as session:
        channels.suppress(session, "desk", "gone@b.example", "550 no such mailbox", now)
        outbox.put(session, [out("k2", "gone@b.example")], now)
        (line,) = outbox.ledger(session, DeliveryState.CANCELLED)
    assert (line.key, line.error) == ("k2", "the address gets nothing more: 550 no such mailbox")


def test_retry_brings_back_the_dead_but_not_the_sent(filled: Engine, now: datetime) -> None:
    record(filled, claim(filled, now), DeliveryError("x", SendOutcome.DEAD_RECIPIENT), now)
    number = only_row(filled).id
    with transaction(filled) as session:
        assert outbox.retry(session, [number, 999], now) == {number: "desk"}
    record(filled, claim(filled, now), Receipt(), now)
    with transaction(filled) as session:
        assert outbox.retry(session, [number], now) == {}


def test_what_is_no_news_any_more_is_taken_out_once_and_told(filled: Engine, now: datetime) -> None:
    hour = timedelta(hours=1)
    with transaction(filled) as session:
        outbox.put(session, [out("late", "b@b.example", alert_id=7, expires_at=now + hour)], now)
    with transaction(filled) as session:
        assert outbox.expired(session, ["desk"], now + hour - timedelta(seconds=1)) == []
    with transaction(filled) as session:
        (late,) = outbox.expired(session, ["desk"], now + hour)
        assert (late.alert_id, late.destination, late.recipient) == (7, "desk", "b@b.example")
        assert outbox.expired(session, ["desk"], now + hour) == []
        assert [one.key for one in outbox.ledger(session, DeliveryState.DIGESTED)] == ["late"]


def test_what_a_sender_holds_does_not_expire_under_its_hands(filled: Engine, now: datetime) -> None:
    with transaction(filled) as session:
        outbox.put(session, [out("held", "b@b.example", expires_at=now, urgency=3)], now)
    held = claim(filled, now)
    with transaction(filled) as session:
        assert outbox.expired(session, ["desk"], now + timedelta(hours=1)) == []
    assert record(filled, held, Receipt(), now) is DeliveryState.SENT


def test_a_muted_alert_leaves_no_more_and_others_do(filled: Engine, now: datetime) -> None:
    with transaction(filled) as session:
        outbox.put(session, [out(f"k{n}", f"{n}@b.example", alert_id=n) for n in (5, 6)], now)
    with transaction(filled) as session:
        assert outbox.cancel(session, [5], "muted") == 1
    taken = []
    while (claimed := claim(filled, now)) is not None:
        taken.append(claimed.key)
    assert sorted(taken) == ["k1", "k6"]


def test_the_ledger_tells_what_a_person_asks_for(filled: Engine, now: datetime) -> None:
    record(filled, claim(filled, now), DeliveryError("451 later", SendOutcome.RETRY, code=451), now)
    with reading(filled) as session:
        (line,) = outbox.ledger(session, DeliveryState.PENDING)
        assert outbox.ledger(session, DeliveryState.SENT) == []
    assert (line.destination, line.recipient, line.attempts, line.error) == ("desk", "a@b.example", 1, "451 later")
    assert line.not_before > now


def test_a_key_names_one_delivery_for_ever() -> None:
    key = delivery_key(DeliveryKind.NEW, "w", 1, "desk", "a@b.example")
    assert key == delivery_key(DeliveryKind.NEW, "w", 1, "desk", "a@b.example")
    others = [
        delivery_key(DeliveryKind.UPDATE, "w", 1, "desk", "a@b.example"),
        delivery_key(DeliveryKind.NEW, "w", 2, "desk", "a@b.example"),
        delivery_key(DeliveryKind.NEW, "w", None, "desk", "a@b.example"),
        delivery_key(DeliveryKind.NEW, "w", 1, "desk", "a@b.example", 1),
    ]
    assert len({key, *others}) == 5
    assert len(key) == 32


def test_what_was_cancelled_for_its_address_is_sent_again_only_when_the_address_is_back(
    filled: Engine, now: datetime
) -> None:
    number = only_row(filled).id
    with transaction(filled) as session:
        channels.suppress(session, "desk", "a@b.example", "550", now)
        assert outbox.retry(session, [number], now) == {}
        channels.restore(session, "desk", "a@b.example")
        assert outbox.retry(session, [number], now) == {number: "desk"}
    assert claim(filled, now) is not None


def test_deliveries_are_counted_by_state(filled: Engine, now: datetime) -> None:
    with transaction(filled) as session:
        outbox.put(session, [out("k2", "b@b.example")], now)
    claim(filled, now)
    with reading(filled) as session:
        assert outbox.counts(session) == {DeliveryState.PENDING: 1, DeliveryState.LEASED: 1}
