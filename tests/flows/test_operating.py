from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from flows import doctor, operating
from flows.demo.mail_server import MailStandIn
from flows.house import House
from flows.sending import send_due
from flows.tally import DeliveryTally
from storage.alert_tables import ChannelRow, DeliveryRow, IncidentRow
from storage.engine import reading, transaction
from storage.tables import ArticleRow, SourceState
from tests.flows.rooms import BEGIN, Clock, opened, source

OPERATORS = """
destinations:
  - {id: duty, operator: true, email: {to: duty@newsroom.example}}
  - {id: room, operator: true, slack: {webhook: "env:TEST_WEBHOOK"}}
  - {id: reader, email: {to: reader@newsroom.example}}
"""


class Room:
    """A house with operators, whose deliveries can be counted."""

    def __init__(self, rooms: House, clock: Clock) -> None:
        self.rooms, self.clock = rooms, clock

    def look(self, **later: float) -> DeliveryTally:
        self.clock.forward(**later)
        tally = DeliveryTally()
        operating.operate(self.rooms, tally)
        assert tally.errors == []
        return tally

    def told(self, kind: str = "operator") -> list[tuple[str, str]]:
        with reading(self.rooms.engine) as session:
            query = select(DeliveryRow.destination_id, DeliveryRow.payload).where(DeliveryRow.kind == kind)
            rows = session.execute(query.order_by(DeliveryRow.id)).all()
        return [(name, str(payload["subject"] or payload["text"]).partition("\n")[0]) for name, payload in rows]

    def write(self, *rows: object) -> None:
        with transaction(self.rooms.engine) as session:
            session.add_all(rows)


@contextmanager
def at_night(folder: Path, database_url: str = "", destinations: str = OPERATORS) -> Iterator[Room]:
    """Before nine o'clock, so that no canary sings."""
    clock = Clock()
    clock.time = BEGIN.replace(hour=2)
    with opened(
        folder, source("wire", "http://127.0.0.1:9"), database_url=database_url, destinations=destinations, clock=clock,
        watchlist="watches: []",
    ) as rooms:  # fmt: skip
        yield Room(rooms, clock)


def article(number: int, at: object) -> ArticleRow:
    return ArticleRow(
        source_id="wire", url=f"http://x/{number}", url_key=number.to_bytes(8), title="t", text="x", authors=[],
        at=at, first_seen_at=at, last_seen_at=at,
    )  # fmt: skip


def polled(room: Room, **more: object) -> SourceState:
    now = room.clock.time
    return SourceState(
        source_id="wire", last_polled_at=now, last_ok_at=now, next_poll_at=now + timedelta(days=3), **more
    )


def test_an_incident_is_told_once_when_it_begins_and_once_when_it_is_over(tmp_path: Path, database_url: str) -> None:
    with at_night(tmp_path, database_url) as room:
        last = room.clock.time - timedelta(hours=7)
        room.write(polled(room), *(article(n, last - timedelta(minutes=20 * n)) for n in range(30)))
        for _ in range(3):
            room.look(minutes=1)
        begun = [("duty", "[VARTA] wire has been silent for 7 h"), ("room", "wire has been silent for 7 h")]
        assert room.told() == begun
        room.write(article(99, room.clock.time))
        for _ in range(3):
            room.look(minutes=1)
        ended = [("duty", "[VARTA] Over: wire has been silent for 7 h"), ("room", "Over: wire has been silent for 7 h")]
        assert room.told() == begun + ended
        room.look(hours=8)  # it falls silent again: that is a new incident
        assert len(room.told()) == 6


def test_a_broken_way_is_told_by_the_other(tmp_path: Path, database_url: str) -> None:
    with at_night(tmp_path, database_url) as room:
        room.write(ChannelRow(way="mail", failures=5, probes=0, opened_at=room.clock.time, reason="535 login wanted"))
        room.look()
        assert room.told() == []  # it may pass with the next probe
        room.look(minutes=3)
        assert room.told() == [("room", "Nothing gets out by mail")]


def test_a_broken_way_is_used_when_there_is_no_other(tmp_path: Path) -> None:
    only = "destinations:\n  - {id: duty, operator: true, email: {to: duty@newsroom.example}}\n"
    with at_night(tmp_path, destinations=only) as room:
        room.write(ChannelRow(way="mail", failures=5, probes=0, opened_at=room.clock.time, reason="535"))
        room.look()
        room.look(minutes=3)
        assert room.told() == [("duty", "[VARTA] Nothing gets out by mail")]


def delivery(room: Room, key: str, state: str, minutes: float) -> DeliveryRow:
    at = room.clock.time - timedelta(minutes=minutes)
    return DeliveryRow(
        key=key * 32, destination_id="reader", recipient="reader@newsroom.example", reason="first_report", headline="x",
        state=state, not_before=at, payload={"text": "x"}, created_at=at, error="550 no such user",
    )  # fmt: skip


def test_late_and_dead_messages_are_told(tmp_path: Path, database_url: str) -> None:
    with at_night(tmp_path, database_url) as room:
        room.write(
            delivery(room, "a", "pending", 20), delivery(room, "b", "pending", 1), delivery(room, "c", "dead", 30)
        )
        room.look()
        told = [text for name, text in room.told() if name == "room"]
        assert told == ["Messages to reader wait since 01:40 UTC", "1 message to reader could not be delivered"]
        with transaction(room.rooms.engine) as session:
            session.execute(update(DeliveryRow).where(DeliveryRow.kind == "new").values(state="sent"))
        room.look()
        assert len([text for name, text in room.told() if name == "room"]) == 4


def test_a_pass_that_does_not_end_is_told_after_some_patience(tmp_path: Path, database_url: str) -> None:
    with at_night(tmp_path, database_url) as room:
        late = polled(room)
        late.next_poll_at = room.clock.time - timedelta(minutes=40)
        room.write(late)
        room.look()
        assert room.told() == []
        room.look(minutes=11)
        assert [text for _, text in room.told()][1] == "No pass over the sources has ended since 01:20 UTC"


def test_what_is_over_before_it_was_told_is_never_told(tmp_path: Path) -> None:
    with at_night(tmp_path) as room:
        late = polled(room)
        late.next_poll_at = room.clock.time - timedelta(minutes=40)
        room.write(late)
        room.look()
        with transaction(room.rooms.engine) as session:
            session.execute(update(SourceState).values(next_poll_at=room.clock.time + timedelta(hours=9)))
        room.look(minutes=11)
        assert room.told() == []
        with reading(room.rooms.engine) as session:
            assert session.scalar(select(func.count()).where(IncidentRow.closed_at.is_not(None))) == 1


def test_the_canary_sings_once_a_local_day_for_each_operator(tmp_path: Path, database_url: str) -> None:
    with at_night(tmp_path, database_url) as room:
        for _ in range(5 * 24):
            room.look(hours=1)
        assert sorted(name for name, _ in room.told("canary")) == ["duty"] * 5 + ["room"] * 5
        assert room.told("canary")[0][1] == "[VARTA] Varta is alive: 0 articles, 0 alerts, 0 failed"


def test_without_operators_the_log_and_doctor_tell(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "destinations:\n  - {id: reader, email: {to: reader@newsroom.example}}\n"
    with at_night(tmp_path, destinations=nobody) as room:
        room.write(delivery(room, "a", "pending", 20))
        with caplog.at_level("WARNING", logger="flows.operating"):
            room.look()
            room.look()
        assert [record.message for record in caplog.records] == ["incident"]
        assert room.told() == room.told("canary") == []
        monkeypatch.setenv("VARTA_HOME", str(tmp_path / "var"))
        monkeypatch.setenv("VARTA_CONFIG_DIR", str(tmp_path / "config"))
        found = {(one.check, one.detail.partition(":")[0]) for one in doctor.examine()}
    assert ("operation", "Messages to reader wait since 01") in found
    assert ("configuration", "nobody is told when sources fall silent or messages get stuck") in found


def test_operators_that_cannot_be_told_hold_up_nobody(tmp_path: Path) -> None:
    with at_night(tmp_path) as room:
        with transaction(room.rooms.engine) as session:
            session.connection().exec_driver_sql("DROP TABLE incident")
        tally = DeliveryTally()
        operating.operate(room.rooms, tally)
        assert len(tally.errors) == 1
        send_due(room.rooms, tally)


def test_a_notice_arrives_by_both_ways(tmp_path: Path, slack: object) -> None:
    assert slack
    with MailStandIn() as mail:
        clock = Clock()
        clock.time = BEGIN.replace(hour=2)
        with opened(
            tmp_path, source("wire", "http://127.0.0.1:9"), destinations=OPERATORS, clock=clock,
            watchlist="watches: []", smtp_url=f"smtp://127.0.0.1:{mail.port}?tls=none",
        ) as rooms:  # fmt: skip
            room = Room(rooms, clock)
            room.write(delivery(room, "a", "dead", 20))
            room.look()
            tally = DeliveryTally()
            send_due(rooms, tally)
    assert (tally.sent, tally.errors) == (2, [])
    assert mail.messages[0].message["Subject"] == "[VARTA] 1 message to reader could not be delivered"
