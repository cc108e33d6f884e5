import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from alerts.channels.ways import MAIL, Way
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import DeliveryKind, DeliveryState, Message, Receipt
from storage import channels, leases, outbox
from storage.alert_tables import AttemptRow
from storage.engine import reading, transaction
from storage.leases import Claimed, Held
from tests.storage.outgoing import claim, fill, only_row, out, record

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
SLOW = Way("slack:DESK", 1.0)


@pytest.fixture
def filled(engine: Engine, now: datetime) -> Engine:
    fill(engine, now, out())
    return engine


def release(engine: Engine, now: datetime) -> int:
    with transaction(engine) as session:
        return leases.release_lost(session, now)


def test_a_claimed_delivery_is_nobody_elses_and_comes_back_as_it_went_in(filled: Engine, now: datetime) -> None:
    claimed = claim(filled, now)
    assert claimed is not None
    assert claimed.message == out().message
    assert claim(filled, now, "other") is None


def test_the_most_urgent_leaves_first_then_what_was_due_longest(engine: Engine, now: datetime) -> None:
    early = now - HOUR
    fill(
        engine,
        now,
        out("low", "1@b.example", not_before=early - HOUR),
        out("late", "2@b.example", urgency=2),
        out("high", "3@b.example", urgency=2, not_before=early),
        out("critical", "4@b.example", urgency=3),
    )
    taken = [claimed.key for _ in range(4) if (claimed := claim(engine, now)) is not None]
    assert taken == ["critical", "high", "late", "low"]


def test_another_ways_deliveries_are_left_alone(filled: Engine, now: datetime) -> None:
    assert claim(filled, now, destinations=["editor"]) is None
    assert claim(filled, now) is not None


def test_a_sent_delivery_is_never_claimed_again(filled: Engine, now: datetime) -> None:
    assert record(filled, claim(filled, now), Receipt("id-7"), now) is DeliveryState.SENT
    assert claim(filled, now + timedelta(days=1)) is None
    assert (only_row(filled).sent_at, only_row(filled).provider_id) == (now, "id-7")


def test_a_refusal_waits_as_long_as_it_was_told_and_keeps_its_reason(filled: Engine, now: datetime) -> None:
    refused = DeliveryError("busy", SendOutcome.RETRY, code=429, retry_after=77)
    assert record(filled, claim(filled, now), refused, now) is DeliveryState.PENDING
    assert only_row(filled).error == "busy"
    assert claim(filled, now + timedelta(seconds=76)) is None
    assert claim(filled, now + timedelta(seconds=77)) is not None


def test_a_refused_message_is_sent_once_without_its_looks_then_it_is_dead(filled: Engine, now: datetime) -> None:
    refused = DeliveryError("invalid_blocks", SendOutcome.DEAD_MESSAGE)
    assert record(filled, claim(filled, now), refused, now) is DeliveryState.PENDING
    plain = claim(filled, now)
    assert plain is not None
    assert plain.message == Message(text="t", subject="s")
    assert record(filled, plain, refused, now) is DeliveryState.DEAD
    assert claim(filled, now + HOUR) is None
    with reading(filled) as session:
        assert [one.error for one in outbox.ledger(session, DeliveryState.DEAD)] == ["invalid_blocks"]


def test_a_refused_recipient_is_dead_at_once(filled: Engine, now: datetime) -> None:
    gone = DeliveryError("550 no such user", SendOutcome.DEAD_RECIPIENT, code=550)
    assert record(filled, claim(filled, now), gone, now) is DeliveryState.DEAD


def test_a_dead_channel_costs_no_attempt(filled: Engine, now: datetime) -> None:
    gone = DeliveryError("404", SendOutcome.DEAD_CHANNEL, code=404)
    assert record(filled, claim(filled, now), gone, now) is DeliveryState.PENDING
    assert only_row(filled).attempts == 0
    assert claim(filled, now) is not None


def test_a_lost_answer_is_counted_and_waits(filled: Engine, now: datetime) -> None:
    lost = DeliveryError("reset", SendOutcome.UNKNOWN)
    for count in (1, 2):
        claimed = claim(filled, now + count * HOUR)
        assert claimed is not None
        assert claimed.unknowns == count - 1
        assert record(filled, claimed, lost, now + count * HOUR) is DeliveryState.PENDING
    assert only_row(filled).unknowns == 2


def test_what_was_held_waits_for_a_person(filled: Engine, now: datetime) -> None:
    assert record(filled, claim(filled, now), Held("it may have arrived"), now) is DeliveryState.HELD
    assert claim(filled, now + HOUR) is None
    assert (only_row(filled).error, only_row(filled).attempts) == ("it may have arrived", 0)
    with reading(filled) as session:
        assert session.scalars(select(AttemptRow)).all() == []


def test_a_vanished_sender_gives_its_delivery_back_as_perhaps_sent(filled: Engine, now: datetime) -> None:
    claim(filled, now)
    assert release(filled, now + leases.LEASE - SECOND) == 0
    assert release(filled, now + leases.LEASE) == 1
    again = claim(filled, now + leases.LEASE)
    assert again is not None
    assert again.unknowns == 1


def test_a_sender_that_lost_its_lease_cannot_overwrite(filled: Engine, now: datetime) -> None:
    slow = claim(filled, now, "slow")
    later = now + leases.LEASE
    release(filled, later)
    fast = claim(filled, later, "fast")
    assert record(filled, fast, Receipt(), later) is DeliveryState.SENT
    assert record(filled, slow, DeliveryError("late", SendOutcome.RETRY), later) is None
    assert only_row(filled).state == DeliveryState.SENT
    with reading(filled) as session:
        assert len(session.scalars(select(AttemptRow)).all()) == 2


def test_a_run_whose_clock_is_a_little_behind_takes_no_lease_away(filled: Engine, now: datetime) -> None:
    claim(filled, now)
    assert [release(filled, now - timedelta(seconds=behind)) for behind in (0.001, 2, 300)] == [0, 0, 0]


def test_a_lease_from_a_clock_that_was_far_ahead_is_released(filled: Engine, now: datetime) -> None:
    claim(filled, now)
    assert release(filled, now - timedelta(days=400)) == 1


def test_an_update_waits_for_the_message_that_it_answers(engine: Engine, now: datetime) -> None:
    update = out("u", kind=DeliveryKind.UPDATE, urgency=3, message=Message(text="more", thread="first"))
    fill(engine, now, update, out("first"))
    first = claim(engine, now)
    assert first is not None
    assert first.key == "first"
    assert claim(engine, now) is None
    record(engine, first, Receipt("1700.1"), now)
    answer = claim(engine, now)
    assert answer is not None
    assert (first.root, answer.root) == ("", "1700.1")


def test_an_update_to_a_message_that_never_left_goes_out_alone(engine: Engine, now: datetime) -> None:
    update = out("u", kind=DeliveryKind.UPDATE, message=Message(text="more", thread="first"))
    fill(engine, now, out("first", urgency=1), update)
    record(engine, claim(engine, now), DeliveryError("no such user", SendOutcome.DEAD_RECIPIENT), now)
    answer = claim(engine, now)
    assert answer is not None
    assert answer.root == ""


def test_what_is_due_is_counted_by_destination(engine: Engine, now: datetime) -> None:
    fill(
        engine, now, out("a", "1"), out("b", "2"), out("c", destination="editor"), out("d", "4", not_before=now + HOUR)
    )
    with reading(engine) as session:
        assert leases.due(session, now) == {"desk": 2, "editor": 1}
        assert leases.pause(session, MAIL, ["desk"], now) == timedelta()
        assert leases.pause(session, MAIL, ["nobody"], now) is None


@pytest.mark.parametrize("way", [MAIL, SLOW])
def test_parallel_senders_take_each_delivery_once(engine: Engine, now: datetime, way: Way) -> None:
    fill(engine, now, *(out(f"k{n}", f"r{n}@b.example") for n in range(60)))
    taken: list[Claimed] = []
    under_way: set[str] = set()
    most: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        owner = uuid.uuid4().hex
        start.wait(10)
        for _ in range(10_000):
            if len(taken) == 60:
                return
            claimed = claim(engine, now, owner, way)
            if claimed is None:
                continue
            under_way.add(claimed.key)
            most.append(len(under_way))
            taken.append(claimed)
            under_way.discard(claimed.key)
            with transaction(engine) as session:
                leases.record(session, claimed, Receipt(), now)
                channels.leave(session, way, None, now)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    assert sorted(one.key for one in taken) == sorted(f"k{n}" for n in range(60))
    assert way is MAIL or max(most) == 1


def test_waits_grow_with_jitter_and_have_an_end() -> None:
    assert all(5 <= leases.backoff(1, None) <= 30 for _ in range(100))
    assert all(leases.backoff(50, None) <= 1800 for _ in range(100))
    assert leases.backoff(1, 500) == 500
    assert leases.backoff(1, 10_000_000) == 86_400
