"""Secrets appear nowhere: not in the database, in a log, in an error, on a page of Prefect."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from alerts.model import Decision, Message
from flows import doctor, sending
from flows.demo.mail_server import MailStandIn, Stage
from flows.demo.slack_server import Answer, Fault, SlackStandIn
from flows.house import House
from flows.tally import DeliveryTally
from storage import channels, outbox
from storage.alert_tables import METADATA
from storage.engine import reading, transaction
from storage.outbox import Outgoing
from tests.flows.rooms import Clock, opened

PATH = "/services/T0CANARY/B0CANARY/hookcanaryhookcanary"
TOKEN = "xoxb-12345-tokencanary"
PASSWORD = "p@ss/canary#?"
CANARIES = ("hookcanary", "tokencanary", "p@ss/canary", "p%40ss%2Fcanary", "cEBzcy9jYW5hcnkjPw")
_DESTINATIONS = """
destinations:
  - {{id: hook, slack: {{webhook: "env:TEST_WEBHOOK"}}}}
  - {{id: bot, slack: {{token: "env:TEST_TOKEN", channel: C0DESK, api: "{api}"}}}}
  - {{id: editor, email: {{to: a@newsroom.example}}}}
"""
_SLACK: tuple[Fault, ...] = (
    Answer(400, f"no such webhook: https://hooks.slack.com{PATH}"),
    Answer(500, f"cannot post to {PATH} as {TOKEN}"),
    Answer(200, f'{{"ok":false,"error":"invalid_auth: {TOKEN}"}}'),
    Answer(302, "", (("Location", f"https://hooks.slack.com{PATH}"),)),
    "drop",
    "drop_after",
    Answer(404, f"no_service {PATH}"),
)
_MAIL = (
    (Stage.AUTH, f"535 5.7.8 {PASSWORD} is not the password"),
    (Stage.AUTH, "drop"),
    (Stage.MAIL, f"451 4.3.0 later, {PASSWORD}"),
    (Stage.RCPT, f"554 5.7.1 {PASSWORD} may not relay"),
    (Stage.END, f"550 5.7.1 {PASSWORD} smells"),
)


@pytest.fixture
def mail(authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[MailStandIn]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority[1])
    with MailStandIn(tls=context, users={"varta": PASSWORD}) as server:
        yield server


def test_no_secret_reaches_the_database_a_log_or_an_error(  # noqa: PLR0917 - fixtures
    mail: MailStandIn,
    slack: SlackStandIn,
    tmp_path: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("urllib3", "requests", "flows", "storage", "alerts"):
        caplog.set_level(logging.DEBUG, name)
    monkeypatch.setenv("TEST_WEBHOOK", f"http://{slack.host}{PATH}")
    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    told: list[str] = []
    clock = Clock()
    with opened(
        tmp_path,
        "  []",
        watchlist="watches: []",
        destinations=_DESTINATIONS.format(api=slack.api),
        database_url=database_url,
        clock=clock,
        smtp_url=f"smtp://varta:p%40ss%2Fcanary%23%3F@127.0.0.1:{mail.port}",
    ) as rooms:
        for number in range(len(_SLACK)):
            slack.script(*[_SLACK[number]] * 2)
            for stage, fault in _MAIL[number : number + 1]:
                mail.script(stage, fault)
            told += _pass(rooms, number)
            clock.forward(hours=2)
        told += [repr(rooms.settings), repr(rooms.channel(rooms.configuration.destinations.by_id["hook"], ""))]
        told += map(str, doctor._outbox({}, *_state(rooms)))
        with reading(rooms.engine) as session:
            kept = [str(session.execute(text(f'SELECT * FROM "{name}"')).all()) for name in METADATA.tables]
    assert len(told) > len(_SLACK)
    assert [one.user for one in mail.messages] == ["varta"] * len(mail.messages) != []
    assert any("[hidden]" in one for one in kept)
    for canary in CANARIES:
        assert canary not in caplog.text
        assert not [one for one in [*told, *kept] if canary in one]
    assert f"http://{slack.host}" in caplog.text  # else the log would prove nothing


def _pass(rooms: House, number: int) -> list[str]:
    block: dict[str, object] = {"type": "divider"}
    message = Message(text="text", subject="s", blocks=(block,))
    recipients = {"hook": "", "bot": "", "editor": "a@newsroom.example"}
    outgoing = [
        Outgoing(
            key=f"{number}-{name}",
            destination=name,
            recipient=recipient,
            reason=Decision.FIRST_REPORT,
            headline="h",
            message=message,
        )
        for name, recipient in recipients.items()
    ]
    with transaction(rooms.engine) as session:
        outbox.put(session, outgoing, rooms.now())
    tally = DeliveryTally()
    sending.send_due(rooms, tally)
    return tally.errors


def _state(rooms: House) -> tuple[Any, Any]:
    with reading(rooms.engine) as session:
        return channels.troubled(session), channels.suppressed(session)
