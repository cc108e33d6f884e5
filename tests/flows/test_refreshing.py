"""The first message of a story is brought up to date where it stands, at no cost for anything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.links import Action, Claim
from alerts.model import DeliveryKind
from flows import answering, delivery
from flows.demo.slack_room import SlackMessage
from flows.demo.slack_server import TOKEN, Answer, Busy, Fault, SlackStandIn
from storage import actions, channels
from storage.engine import reading
from tests.flows.newsroom import DESK, Newsroom, newsroom, watch

BOT = (
    "destinations:\n"
    "  - {{id: desk, slack: {{token: 'env:TEST_TOKEN', channel: C0DESK, api: '{api}'}}, throttle: '100 per 10m'}}\n"
)


@contextmanager
def opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch, database_url: str = "", watches: str = ""
) -> Iterator[tuple[Newsroom, SlackStandIn]]:
    """A newsroom whose desk is a channel of a bot that takes one message a second, by the newsroom's clock."""
    rooms: list[Newsroom] = []

    def clock() -> float:
        return rooms[0].clock.time.timestamp()

    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    with (
        SlackStandIn(per_second=1.0, clock=clock) as slack,
        newsroom(folder, watches, BOT.format(api=slack.api), database_url=database_url) as room,
    ):
        rooms.append(room)
        yield room, slack


def updated(room: Newsroom, *outlets: str) -> int:
    """A story that was alerted, then reported by others; the story."""
    story = room.story()
    room.match(story)
    delivery.deliver(room.house)
    for outlet in outlets:
        room.article(story, outlet)
        room.clock.forward(minutes=5)
        delivery.deliver(room.house)
    return story


def block(message: SlackMessage, name: str) -> str:
    return str(next(one for one in message.payload["blocks"] if one["block_id"] == name))


def acknowledge(room: Newsroom) -> None:
    with reading(room.house.engine) as session:
        subject = actions.find(session, room.sent(DeliveryKind.NEW)[0].key)
    assert subject is not None
    answering.do(room.house, subject, Claim(Action.ACKNOWLEDGE, subject.key), "Olena")


def test_an_update_also_changes_who_reports_it_in_the_first_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    with opened(tmp_path, monkeypatch, database_url) as (room, slack):
        updated(room, "ministry")
        first, reply = slack.messages
        assert (first.edits, reply.edits, reply.root) == (1, 0, first.ts)
        assert "ministry" in block(first, "coverage")
        assert "2 articles from 2 sources" in block(first, "coverage")
        assert "answer ack" in block(first, "deeds")
        assert first.key == room.sent(DeliveryKind.NEW)[0].key
        assert slack.early == {}


def test_who_acknowledged_stands_in_the_place_of_the_actions_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    with opened(tmp_path, monkeypatch, database_url) as (room, slack):
        story = updated(room, "ministry")
        acknowledge(room)
        assert delivery.deliver(room.house).sent == 0
        assert "Acknowledged by Olena 14:05" in block(slack.messages[0], "deeds")
        assert "ministry" in block(slack.messages[0], "coverage")
        for number in range(6):
            room.article(story, f"outlet-{number}")
        room.clock.forward(hours=1)
        delivery.deliver(room.house)
        assert "8 articles from 8 sources" in block(slack.messages[0], "coverage")
        assert "Acknowledged by Olena 14:05" in block(slack.messages[0], "deeds")
        assert (slack.messages[0].edits, slack.early) == (3, {})


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (Busy(7), 3),
        (Answer(503), 3),
        ("drop", 3),
        (Answer(200, '{"ok":false,"error":"cant_update_message"}'), 1),
        (Answer(200, '{"ok":false,"error":"invalid_auth"}'), 1),
    ],
)
def test_what_cannot_be_changed_costs_no_message_and_ends_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, tries: int
) -> None:
    with opened(tmp_path, monkeypatch) as (room, slack):
        updated(room)
        acknowledge(room)
        slack.broken, before = fault, slack.requests
        for _ in range(8):
            assert delivery.deliver(room.house).errors == []
            room.clock.forward(minutes=40)
        assert slack.requests - before == tries
        with reading(room.house.engine) as session:
            assert channels.troubled(session) == []
        (refresh,) = room.sent(DeliveryKind.REFRESH)
        assert (refresh.state, refresh.attempts) == ("cancelled", tries)
        slack.broken = ""
        room.match()
        assert delivery.deliver(room.house).sent == 1
        assert slack.early == {}


def test_a_reply_leaves_before_any_change_and_many_changes_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, monkeypatch) as (room, slack):
        story = updated(room)
        for outlets in (["ministry"], [f"outlet-{number}" for number in range(6)]):
            for outlet in outlets:
                room.article(story, outlet)
            room.clock.forward(hours=1)
            delivery.prepare(room.house)
        acknowledge(room)
        delivery.deliver(room.house)
        left = sorted(room.sent(), key=lambda one: one.sent_at or room.clock.time)
        assert [one.kind for one in left] == ["new", "update", "update", "refresh"]
        assert slack.messages[0].edits == 1


def test_a_webhook_changes_nothing(tmp_path: Path, slack: SlackStandIn) -> None:
    with newsroom(tmp_path, watch("w"), DESK) as room:
        updated(room, "ministry")
        acknowledge(room)
        delivery.deliver(room.house)
        assert room.sent(DeliveryKind.REFRESH) == []
        assert [one.edits for one in slack.messages] == [0, 0]


def test_a_change_that_finds_its_way_broken_counts_neither_for_nor_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, monkeypatch) as (room, slack):
        updated(room)
        slack.broken = Answer(200, '{"ok":false,"error":"token_revoked"}')
        room.match()
        delivery.deliver(room.house)
        acknowledge(room)
        with reading(room.house.engine) as session:
            (broken,) = channels.troubled(session)
        before = slack.requests
        for _ in range(20):
            room.clock.forward(minutes=31)
            delivery.deliver(room.house)
            with reading(room.house.engine) as session:
                assert channels.troubled(session)[0].opened == broken.opened
        assert slack.requests - before <= 20
        assert not any(one.edits for one in slack.messages)
