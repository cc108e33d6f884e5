"""The commands that show what waits and what is broken, and mend it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.model import Decision, Message
from flows.demo.mail_server import MailStandIn, Stage
from flows.demo.slack_server import Answer, SlackStandIn
from storage import engine as database
from storage import outbox
from storage.engine import transaction
from storage.outbox import Outgoing
from tests.flows.test_cli import Varta

_DESTINATIONS = """
destinations:
  - {id: desk, slack: {webhook: "env:TEST_WEBHOOK"}}
  - {id: editor, email: {to: [a@newsroom.example, b@newsroom.example]}}
"""


class Desk:
    """A house whose channels a test breaks, and the commands over it."""

    def __init__(self, varta: Varta, mail: MailStandIn, slack: SlackStandIn) -> None:
        self.varta, self.mail, self.slack = varta, mail, slack

    def put(self, key: str, destination: str, recipient: str = "") -> None:
        engine = database.open_engine(f"sqlite:///{self.varta.folder / 'var' / 'varta.db'}")
        one = Outgoing(
            key=key,
            destination=destination,
            recipient=recipient,
            reason=Decision.FIRST_REPORT,
            headline=key,
            message=Message(text=key, subject=key),
        )
        with transaction(engine) as session:
            outbox.put(session, [one], datetime.now(UTC))
        engine.dispose()

    def states(self) -> dict[str, str]:
        return {row["headline"]: row["state"] for row in self.varta.json("deliveries", "list")}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "destinations.yaml").write_text(_DESTINATIONS)
    (config / "watchlist.yaml").write_text("watches: []\n")
    (config / "sources.yaml").write_text("sources: []\n")
    with MailStandIn() as mail, SlackStandIn() as slack:
        variables = {
            "VARTA_ALLOW_HOSTS": "127.0.0.1",
            "VARTA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
            "VARTA_MAIL_FROM": "varta@varta.example",
            "TEST_WEBHOOK": slack.webhook_url,
        }
        run = Varta(tmp_path, variables)
        run("db", "upgrade")
        yield Desk(run, mail, slack)


def test_a_broken_way_is_shown_everywhere_and_a_test_that_arrives_closes_it(desk: Desk) -> None:
    desk.slack.broken = Answer(404, "no_service")
    desk.put("one", "desk")
    desk.varta("deliver", expect=1)
    listed = {row["id"]: row for row in desk.varta.json("destinations", "list")}
    assert [(listed[name]["state"], listed[name]["due"]) for name in ("desk", "editor")] == [("broken", 1), ("ok", 0)]
    for words in (("destinations", "list"), ("deliveries", "list")):
        assert "slack:TEST_WEBHOOK is broken since" in desk.varta(*words).stdout.replace("\n", " ")
    assert "slack:TEST_WEBHOOK is broken since" in desk.varta("doctor", expect=1).stderr
    desk.slack.broken = ""
    assert desk.varta.json("deliver")["sent"] == 0
    desk.varta("destinations", "test", "desk")
    assert desk.varta.json("deliver")["sent"] == 1


def test_a_retry_has_a_broken_way_tried_at_once(desk: Desk) -> None:
    desk.slack.script(Answer(404, "no_service"))
    desk.put("one", "desk")
    desk.varta("deliver", expect=1)
    desk.varta("deliveries", "retry", "1")
    assert desk.varta.json("deliver")["sent"] == 1


def test_a_dead_letter_is_shown_with_its_reason_and_sent_again_by_command(desk: Desk) -> None:
    desk.slack.script(Answer(400, "invalid_payload"), Answer(400, "invalid_payload"))
    desk.put("one", "desk")
    desk.varta("deliver", expect=1)
    (row,) = desk.varta.json("deliveries", "list", "--state", "dead")
    assert (row["kind"], row["error"]) == ("new", "Slack answered 400: invalid_payload")
    assert "1 dead: see `varta deliveries list --state dead`" in str(desk.varta.json("doctor"))
    desk.varta("deliveries", "retry", str(row["id"]))
    assert desk.varta.json("deliver")["sent"] == 1


def test_a_refused_address_is_shown_and_comes_back_by_command(desk: Desk) -> None:
    desk.mail.script(Stage.RCPT, "550 5.1.1 no such user")
    desk.put("one", "editor", "a@newsroom.example")
    desk.varta("deliver", expect=1)
    assert "a@newsroom.example gets nothing more since" in desk.varta("destinations", "list").stdout
    assert desk.varta.json("destinations", "list")[1]["suppressed"] == ["a@newsroom.example"]
    assert "gets nothing more" in desk.varta("deliveries", "retry", "1", expect=1).stderr
    wrong = desk.varta("destinations", "restore", "editor", "a@newsroom.exampel", expect=2).stderr
    assert "did you mean `a@newsroom.example`" in wrong
    desk.varta("destinations", "restore", "editor", "a@newsroom.example")
    desk.varta("deliveries", "retry", "1")
    assert desk.varta.json("deliver")["sent"] == 1
    assert desk.states() == {"one": "sent"}
