"""What becomes of deliveries when channels fail in every way that they can."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.slack import SlackChannel
from alerts.model import Decision, DeliveryKind, Message
from flows import sending
from flows.demo.mail_server import MailStandIn, Stage
from flows.demo.slack_server import TOKEN, Answer, Fault, SlackStandIn
from flows.house import House
from flows.tally import DeliveryTally
from storage import channels, outbox
from storage.engine import reading, transaction
from storage.outbox import Delivery, Outgoing
from tests.flows import rooms as house_of_tests
from tests.flows.rooms import Clock

GONE = Answer(410, "channel_is_archived")
_DESTINATIONS = """
destinations:
  - {{id: hook, unknown: {unknown}, slack: {{webhook: "env:TEST_WEBHOOK"}}}}
  - {{id: bot, unknown: {unknown}, slack: {{token: "env:TEST_TOKEN", channel: C0DESK, api: "{api}"}}}}
  - {{id: editor, unknown: {unknown}, email: {{to: [a@newsroom.example, b@newsroom.example]}}}}
"""


@pytest.fixture
def mail() -> Iterator[MailStandIn]:
    with MailStandIn() as server:
        yield server


class Desk:
    """A house with three destinations and its stand-ins."""

    def __init__(self, rooms: House, clock: Clock, mail: MailStandIn, slack: SlackStandIn) -> None:
        self.rooms, self.clock, self.mail, self.slack = rooms, clock, mail, slack

    def put(self, key: str, destination: str, recipient: str = "", **more: Any) -> None:
        block: dict[str, object] = {"type": "section", "text": {"type": "plain_text", "text": f"blocks of {key}"}}
        settled: dict[str, Any] = {
            "reason": Decision.FIRST_REPORT,
            "headline": key,
            "message": Message(text=f"text of {key}", subject=key, html=f"<p>{key}</p>", blocks=(block,)),
        }
        one = Outgoing(key=key, destination=destination, recipient=recipient, **(settled | more))
        with transaction(self.rooms.engine) as session:
            outbox.put(session, [one], self.rooms.now())

    def send(self) -> DeliveryTally:
        tally = DeliveryTally()
        sending.send_due(self.rooms, tally)
        return tally

    def line(self, key: str) -> Delivery:
        with reading(self.rooms.engine) as session:
            return next(one for one in outbox.ledger(session) if one.key == key)

    def texts(self) -> list[str]:
        return [message.text for message in self.slack.messages]


@pytest.fixture
def desk(mail: MailStandIn, slack: SlackStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    with opened(tmp_path, mail, slack) as found:
        yield found


@contextmanager
def opened(folder: Path, mail: MailStandIn, slack: SlackStandIn, unknown: str = "resend") -> Iterator[Desk]:
    clock = Clock()
    with house_of_tests.opened(
        folder,
        "  []",
        watchlist="watches: []",
        destinations=_DESTINATIONS.format(api=slack.api, unknown=unknown),
        clock=clock,
        smtp_url=f"smtp://127.0.0.1:{mail.port}?tls=none",
    ) as rooms:
        yield Desk(rooms, clock, mail, slack)


def test_a_dead_channel_loses_delays_and_repeats_nothing(desk: Desk) -> None:
    desk.slack.broken = GONE
    for number in range(5):
        desk.put(f"hook{number}", "hook")
        desk.put(f"mail{number}", "editor", "a@newsroom.example")
    tally = desk.send()
    assert tally.sent == len(desk.mail.messages) == 5
    assert desk.slack.requests == 1
    assert "slack:TEST_WEBHOOK is broken" in tally.errors[-1]
    for probes in (2, 3, 4):
        desk.clock.forward(minutes=10)
        assert desk.send().sent == 0
        assert desk.slack.requests == probes
    assert {desk.line(f"hook{number}").state for number in range(5)} == {"pending"}
    assert {desk.line(f"hook{number}").attempts for number in range(5)} == {0}
    desk.slack.broken = ""
    desk.clock.forward(minutes=30)
    assert desk.send().sent == 5
    assert desk.send().sent == 0
    assert sorted(desk.texts()) == [f"text of hook{number}" for number in range(5)]


def test_five_failures_in_a_row_break_a_way_across_passes(desk: Desk) -> None:
    desk.slack.broken = Answer(503)
    for number in range(8):
        desk.put(f"hook{number}", "hook")
    for _ in range(8):
        desk.send()
        desk.clock.forward(seconds=45)
    assert desk.slack.requests < 8
    with reading(desk.rooms.engine) as session:
        (circuit,) = channels.troubled(session)
    assert circuit.opened is not None


def test_a_webhook_that_lost_its_answer_twice_is_held_for_a_person(desk: Desk) -> None:
    desk.slack.script("drop_after", "drop_after")
    desk.put("k", "hook")
    for _ in range(3):
        desk.send()
        desk.clock.forward(hours=1)
    assert desk.line("k").state == "held"
    assert "it may have arrived" in desk.line("k").error
    assert [("possible repeat" in text) for text in desk.texts()] == [False, True]
    with transaction(desk.rooms.engine) as session:
        outbox.retry(session, [desk.line("k").id], desk.rooms.now())
    assert desk.send().sent == 1


def test_mail_that_lost_its_answer_is_repeated_under_the_same_name(desk: Desk) -> None:
    desk.mail.script(Stage.END, "drop")
    desk.put("k", "editor", "a@newsroom.example")
    desk.send()
    desk.clock.forward(hours=1)
    assert desk.send().sent == 1
    first, second = (one.message for one in desk.mail.messages)
    assert first["Message-ID"] == second["Message-ID"] == "<k@varta.example>"
    assert second["X-Varta-Possible-Repeat"] == "yes"


@pytest.mark.parametrize("destination", ["hook", "editor"])
def test_who_would_rather_miss_than_hear_twice_has_it_held(
    mail: MailStandIn, slack: SlackStandIn, tmp_path: Path, destination: str
) -> None:
    slack.script("drop_after")
    mail.script(Stage.END, "drop")
    with opened(tmp_path, mail, slack, unknown="hold") as desk:
        desk.put("k", destination, "a@newsroom.example" if destination == "editor" else "")
        desk.send()
        desk.clock.forward(hours=1)
        desk.send()
        assert desk.line("k").state == "held"
    assert len(mail.messages) + len(slack.messages) == 1


@pytest.mark.parametrize(("fault", "requests"), [("drop_after", 2), ("drop", 3)])
def test_with_a_token_a_lost_answer_is_settled_by_looking(desk: Desk, fault: Fault, requests: int) -> None:
    desk.slack.script(fault)
    desk.put("k", "bot")
    desk.send()
    desk.clock.forward(hours=1)
    assert desk.send().sent == 1
    (message,) = desk.slack.messages
    assert "possible repeat" not in message.text
    assert desk.slack.requests == requests
    with reading(desk.rooms.engine) as session:
        assert [one.provider_id for one in outbox.ledger(session)] == [message.ts]


def test_a_token_that_may_not_read_resends_with_a_warning(desk: Desk) -> None:
    desk.slack.scopes.remove("channels:history")
    desk.slack.script("drop_after")
    desk.put("k", "bot")
    desk.send()
    desk.clock.forward(hours=1)
    assert desk.send().sent == 1
    assert ["possible repeat" in text for text in desk.texts()] == [False, True]


def test_while_slack_cannot_be_asked_nothing_is_sent_again(desk: Desk) -> None:
    desk.slack.script("drop_after", Answer(500), "drop")
    desk.put("k", "bot")
    for _ in range(3):
        desk.send()
        desk.clock.forward(hours=1)
    assert len(desk.slack.messages) == 1
    assert desk.send().sent == 1
    assert len(desk.slack.messages) == 1


def test_an_update_goes_into_the_thread_of_its_story_and_is_found_there(desk: Desk) -> None:
    desk.put("first", "bot")
    desk.send()
    update = Message(text="two more outlets", thread="first")
    desk.put("update", "bot", kind=DeliveryKind.UPDATE, message=update)
    desk.slack.script("drop_after")
    desk.send()
    desk.clock.forward(hours=1)
    assert desk.send().sent == 1
    first, second = desk.slack.messages
    assert (second.root, second.payload["reply_broadcast"]) == (first.ts, True)


def test_an_update_by_mail_answers_the_first_mail(desk: Desk) -> None:
    desk.put("first", "editor", "a@newsroom.example")
    update = Message(text="more", subject="more", thread="first")
    desk.put("update", "editor", "a@newsroom.example", kind=DeliveryKind.UPDATE, message=update, urgency=3)
    assert desk.send().sent == 2
    first, second = (one.message for one in desk.mail.messages)
    assert second["References"] == second["In-Reply-To"] == first["Message-ID"]


def test_a_refused_message_arrives_as_plain_text(desk: Desk) -> None:
    desk.slack.script(Answer(400, "invalid_blocks"))
    desk.mail.script(Stage.END, "554 5.6.0 no such encoding")
    desk.put("s", "hook")
    desk.put("m", "editor", "a@newsroom.example")
    assert desk.send().sent == 2
    assert "blocks" not in desk.slack.messages[0].payload
    assert [part.get_content_type() for part in desk.mail.messages[0].message.walk()][1:] == ["text/plain"]


def test_a_message_refused_twice_is_dead_and_shown(desk: Desk) -> None:
    desk.slack.broken = Answer(400, "invalid_payload")
    desk.put("s", "hook")
    assert desk.send().dead == 1
    assert (desk.slack.requests, desk.line("s").error) == (2, "Slack answered 400: invalid_payload")


def test_a_refused_address_gets_nothing_more_and_the_others_do(desk: Desk) -> None:
    desk.mail.script(Stage.RCPT, "550 5.1.1 no such user")
    desk.put("1", "editor", "a@newsroom.example", urgency=3)
    desk.put("2", "editor", "a@newsroom.example")
    desk.put("3", "editor", "b@newsroom.example")
    tally = desk.send()
    assert (tally.sent, tally.dead) == (1, 1)
    assert "varta destinations restore editor a@newsroom.example" in tally.errors[0]
    assert [desk.line(key).state for key in "123"] == ["dead", "cancelled", "sent"]


def test_a_greylisted_recipient_breaks_no_way(desk: Desk) -> None:
    desk.mail.script(Stage.RCPT, *["450 4.2.0 greylisted"] * 6)
    for number in range(8):
        desk.put(f"k{number}", "editor", "a@newsroom.example")
    assert (desk.send().sent, len(desk.mail.messages)) == (2, 2)


def test_a_busy_slack_is_waited_for_in_the_same_pass(desk: Desk) -> None:
    desk.slack.script(Answer(429, "rate_limited", (("Retry-After", "5"),)))  # once: its clock is not that of the desk
    for number in range(3):
        desk.put(f"k{number}", "hook")
    before = desk.clock.time
    assert desk.send().sent == 3
    assert (desk.clock.time - before).total_seconds() >= 5 + 2


def test_what_no_reader_of_slack_can_be_told_keeps_the_channel_waiting(desk: Desk) -> None:
    desk.slack.script(Answer(400, "user_not_found"))
    desk.put("k", "hook")
    desk.send()
    assert desk.line("k").state == "pending"
    desk.clock.forward(minutes=2)
    assert desk.send().sent == 1


def test_a_slow_slack_does_not_keep_mail_waiting(desk: Desk) -> None:
    desk.slack.script("hang")
    desk.put("s", "hook", urgency=3)
    desk.put("m", "editor", "a@newsroom.example")
    at_work = threading.Thread(target=desk.send)
    at_work.start()
    try:
        for _ in range(1000):
            if desk.mail.messages:
                break
            at_work.join(0.02)
        assert desk.mail.messages
        assert at_work.is_alive()
    finally:
        desk.slack.closing.set()
        at_work.join(30)


def test_a_message_that_breaks_a_channel_costs_no_other_and_tells_no_secret(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(channel: SlackChannel, message: Message, *given: object, **options: Any) -> Any:
        if "bad" in message.text:
            raise RuntimeError(f"could not post to {desk.slack.webhook_url}")
        return send(channel, message, *given, **options)

    send: Any = SlackChannel.send
    monkeypatch.setattr(SlackChannel, "send", broken)
    for key in ("bad1", "bad2", "good"):
        desk.put(key, "hook")
    assert desk.send().sent == 1
    secret = desk.slack.webhook_url.rsplit("/", 1)[1]
    assert secret not in caplog.text
    assert secret not in desk.line("bad1").error
    assert "RuntimeError" in caplog.text


def test_deliveries_for_a_destination_that_is_gone_wait_and_are_told(desk: Desk) -> None:
    desk.put("k", "nobody")
    tally = desk.send()
    assert tally.errors == ["destination `nobody` is no longer configured: 1 deliveries wait for it"]
    assert desk.line("k").state == "pending"


def test_a_clock_that_is_put_back_by_an_hour_keeps_no_message_waiting(desk: Desk) -> None:
    desk.put("first", "hook")
    desk.put("refused", "bot")
    desk.slack.script(GONE)
    desk.send()
    desk.put("second", "hook")
    desk.clock.forward(hours=-1)
    assert desk.send().sent == 2
    assert sorted(desk.texts()) == ["text of first", "text of refused", "text of second"]
    desk.put("third", "hook")
    assert desk.send().sent == 1
    assert desk.slack.early == {}
