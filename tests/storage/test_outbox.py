import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Decision, DeliveryKind, DeliveryState, Message, Receipt
from storage import outbox
from storage.alert_tables import AttemptRow, DeliveryRow
from storage.engine import reading, transaction
from storage.outbox import Claimed, Outgoing, delivery_key
from storage.tables import StoryRow


def out(key: str = "k1", recipient: str = "a@b.example", **more: Any) -> Outgoing:
    message = Message(text="t", subject="s", html="h", blocks=({"type": "divider"},))
    return Outgoing(
        key=key,
        watch="watch",
        story=1,
        destination="desk",
        recipient=recipient,
        reason=Decision.FIRST_REPORT,
        headline="headline",
        message=message,
        **more,
    )


@pytest.fixture
def filled(engine: Engine, now: datetime) -> Engine:
    with transaction(engine) as session:
        session.add(StoryRow(id=1, title="story", first_at=now, last_at=now))
    with transaction(engine) as session:
        assert outbox.put(session, [out()], now) == 1
    return engine


def claim(engine: Engine, now: datetime, owner: str = "me") -> Claimed | None:
    with transaction(engine) as session:
        return outbox.claim(session, owner, now)


def record(
    engine: Engine, claimed: Claimed | None, ended: Receipt | DeliveryError, now: datetime
) -> DeliveryState | None:
    assert claimed is not None
    with transaction(engine) as session:
        return outbox.record(session, claimed, ended, now)


def row(engine: Engine) -> DeliveryRow:
    with reading(engine) as session:
        return session.scalars(select(DeliveryRow)).one()


def test_the_same_delivery_is_put_once(filled: Engine, now: datetime) -> None:
    with transaction(filled) as session:
        assert outbox.put(session, [out()], now) == 0


def test_a_claimed_delivery_is_nobody_elses_and_comes_back_as_it_went_in(filled: Engine, now: datetime) -> None:
    claimed = claim(filled, now)
    assert claimed is not None
    assert claimed.message == out().message
    assert claim(filled, now, "other") is None


def test_a_sent_delivery_is_never_claimed_again(filled: Engine, now: datetime) -> None:
    assert record(filled, claim(filled, now), Receipt("id-7"), now) is DeliveryState.SENT
    assert claim(filled, now + timedelta(days=1)) is None
    assert (row(filled).sent_at, row(filled).provider_id) == (now, "id-7")


def test_a_refusal_waits_and_keeps_its_reason(filled: Engine, now: datetime) -> None:
    refused = DeliveryError("busy", SendOutcome.RETRY, code=429, retry_after=77)
    assert record(filled, claim(filled, now), refused, now) is DeliveryState.PENDING
    assert row(filled).error == "busy"
    assert claim(filled, now + timedelta(seconds=76)) is None
    assert claim(filled, now + timedelta(hours=1)) is not None


@pytest.mark.parametrize("outcome", [SendOutcome.DEAD_MESSAGE, SendOutcome.DEAD_RECIPIENT])
def test_what_will_never_arrive_is_dead_and_visible(filled: Engine, now: datetime, outcome: SendOutcome) -> None:
    state = record(filled, claim(filled, now), DeliveryError("no such user", outcome), now)
    assert state is DeliveryState.DEAD
    with reading(filled) as session:
        assert [one.error for one in outbox.ledger(session, DeliveryState.DEAD)] == ["no such user"]


def test_a_dead_channel_keeps_its_deliveries_waiting(filled: Engine, now: datetime) -> None:
    gone = DeliveryError("404", SendOutcome.DEAD_CHANNEL, code=404)
    assert record(filled, claim(filled, now), gone, now) is DeliveryState.PENDING


def test_a_lost_answer_is_sent_again_once_then_held(filled: Engine, now: datetime) -> None:
    lost = DeliveryError("reset", SendOutcome.UNKNOWN)
    assert record(filled, claim(filled, now), lost, now) is DeliveryState.PENDING
    again = claim(filled, now + timedelta(hours=1))
    assert again is not None
    assert again.unknowns == 1
    assert record(filled, again, lost, now) is DeliveryState.HELD


def test_a_vanished_sender_gives_its_delivery_back_as_perhaps_sent(filled: Engine, now: datetime) -> None:
    claim(filled, now)
    with transaction(filled) as session:
        assert outbox.release_lost(session, now + outbox.LEASE - timedelta(seconds=1)) == 0
    with transaction(filled) as session:
        assert outbox.release_lost(session, now + outbox.LEASE) == 1
    again = claim(filled, now + outbox.LEASE)
    assert again is not None
    assert again.unknowns == 1


def test_a_sender_that_lost_its_lease_cannot_overwrite(filled: Engine, now: datetime) -> None:
    slow = claim(filled, now, "slow")
    later = now + outbox.LEASE
    with transaction(filled) as session:
        outbox.release_lost(session, later)
    fast = claim(filled, later, "fast")
    assert record(filled, fast, Receipt(), later) is DeliveryState.SENT
    assert record(filled, slow, DeliveryError("late", SendOutcome.RETRY), later) is None
    assert row(filled).state == DeliveryState.SENT
    with reading(filled) as session:
        assert len(session.scalars(select(AttemptRow)).all()) == 2


def test_retry_brings_back_the_dead_but_not_the_sent(filled: Engine, now: datetime) -> None:
    record(filled, claim(filled, now), DeliveryError("x", SendOutcome.DEAD_MESSAGE), now)
    number = row(filled).id
    with transaction(filled) as session:
        assert outbox.retry(session, [number, 999], now) == [number]
    record(filled, claim(filled, now), Receipt(), now)
    with transaction(filled) as session:
        assert outbox.retry(session, [number], now) == []


def test_parallel_senders_take_each_delivery_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        session.add(StoryRow(id=1, title="story", first_at=now, last_at=now))
    with transaction(engine) as session:
        outbox.put(session, [out(f"k{n}", f"r{n}@b.example") for n in range(60)], now)
    taken: list[str] = []
    start = threading.Barrier(4)

    def work() -> None:
        owner = uuid.uuid4().hex
        start.wait()
        while (claimed := claim(engine, now, owner)) is not None:
            taken.append(claimed.key)
            record(engine, claimed, Receipt(), now)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    assert sorted(taken) == sorted(f"k{n}" for n in range(60))


def test_waits_grow_with_jitter_and_have_an_end() -> None:
    assert all(5 <= outbox.backoff(1, None) <= 30 for _ in range(100))
    assert all(outbox.backoff(50, None) <= 1800 for _ in range(100))
    assert outbox.backoff(1, 500) == 500


def test_a_run_whose_clock_is_a_little_behind_takes_no_lease_away(filled: Engine, now: datetime) -> None:
    claim(filled, now)
    for behind in (0.001, 2, 300):
        with transaction(filled) as session:
            assert outbox.release_lost(session, now - timedelta(seconds=behind)) == 0


def test_a_lease_from_a_clock_that_was_far_ahead_is_released(filled: Engine, now: datetime) -> None:
    claim(filled, now)
    with transaction(filled) as session:
        assert outbox.release_lost(session, now - timedelta(days=400)) == 1


def test_a_destination_that_rests_is_left_alone(filled: Engine, now: datetime) -> None:
    with transaction(filled) as session:
        assert outbox.claim(session, "me", now, {"desk"}) is None
    assert claim(filled, now) is not None


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


def test_what_is_no_news_any_more_is_taken_out_once_and_told(filled: Engine, now: datetime) -> None:
    hour = timedelta(hours=1)
    with transaction(filled) as session:
        outbox.put(session, [out("late", "b@b.example", alert_id=7, expires_at=now + hour)], now)
    with transaction(filled) as session:
        assert outbox.expired(session, now + hour - timedelta(seconds=1)) == []
    with transaction(filled) as session:
        (late,) = outbox.expired(session, now + hour)
        assert (late.alert_id, late.destination, late.recipient) == (7, "desk", "b@b.example")
        assert outbox.expired(session, now + hour) == []
        assert [one.key for one in outbox.ledger(session, DeliveryState.DIGESTED)] == ["late"]


def test_what_a_sender_holds_does_not_expire_under_its_hands(filled: Engine, now: datetime) -> None:
    with transaction(filled) as session:
        outbox.put(session, [out("held", "b@b.example", expires_at=now, urgency=3)], now)
    held = claim(filled, now)
    with transaction(filled) as session:
        assert outbox.expired(session, now + timedelta(hours=1)) == []
    assert record(filled, held, Receipt(), now) is DeliveryState.SENT


def test_a_muted_alert_leaves_no_more_and_others_do(filled: Engine, now: datetime) -> None:
    with transaction(filled) as session:
        outbox.put(session, [out(f"k{n}", f"{n}@b.example", alert_id=n) for n in (5, 6)], now)
    with transaction(filled) as session:
        assert outbox.cancel(session, [5]) == 1
    taken = []
    while (claimed := claim(filled, now)) is not None:
        taken.append(claimed.key)
    assert sorted(taken) == ["k1", "k6"]
