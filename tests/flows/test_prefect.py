"""The Prefect flows on a real Prefect server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from alerts.model import Decision, Message
from flows import backfill, deliver, ingest, settings, upkeep
from flows.demo.mail_server import MailStandIn, Stage
from flows.demo.site import DemoSite
from flows.demo.slack_server import Answer, SlackStandIn
from storage import engine as database
from storage import lookup, outbox
from storage.engine import reading, transaction
from storage.outbox import Outgoing
from tests.flows.rooms import ageless

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    # what Prefect and its libraries warn of is not ours to mend
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def _prefect() -> Iterator[None]:
    # without a heartbeat a flow does not wait a second for its heart to stop
    with prefect_test_harness(), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


@pytest.fixture
def world(
    _prefect: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[DemoSite, MailStandIn, SlackStandIn]]:
    with DemoSite() as site, MailStandIn() as mail, SlackStandIn() as slack:
        ageless(site, tmp_path / "config")
        for name, value in {
            "VARTA_HOME": str(tmp_path / "var"),
            "VARTA_CONFIG_DIR": str(tmp_path / "config"),
            "VARTA_ALLOW_HOSTS": "127.0.0.1",
            "VARTA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
            "VARTA_MAIL_FROM": "varta@varta.example",
            "SLACK_WEBHOOK_URL": slack.webhook_url,
        }.items():
            monkeypatch.setenv(name, value)
        yield site, mail, slack


def counts() -> dict[str, int]:
    engine = database.open_engine(settings.load().database)
    with reading(engine) as session:
        found = lookup.counts(session)
    engine.dispose()
    return found


def ended(state: State[Any]) -> str:
    assert state.is_completed(), state
    return str(state.message)


def test_ingest_takes_in_the_whole_world_and_delivers(
    world: tuple[DemoSite, MailStandIn, SlackStandIn],
) -> None:
    site, mail, slack = world
    told = ended(ingest.ingest(return_state=True))
    served = [truth for truth in site.truth().values() if truth.status == 200 and truth.indexed]
    assert counts()["articles"] == len(served) + 2  # two pages are broken, and kept as the feed told them
    assert f"deliveries sent: {len(mail.messages) + len(slack.messages)}" in told
    assert mail.messages
    assert slack.messages
    before = len(mail.messages), len(slack.messages)
    ended(ingest.ingest(force=True, return_state=True))
    ended(deliver.deliver(return_state=True))
    assert (len(mail.messages), len(slack.messages)) == before
    assert "sources broken" in ended(upkeep.upkeep(return_state=True))


def test_a_backfill_is_silent_and_fetches_nothing_twice(
    world: tuple[DemoSite, MailStandIn, SlackStandIn],
) -> None:
    site, mail, slack = world
    day = date(2025, 2, 12)
    ended(backfill.backfill(day, day, ["dnipro-wire", "portovyi-telehraf"], return_state=True))
    stored = counts()
    assert stored["articles"] > 2
    assert stored["matches"] > 0
    assert not mail.messages
    assert not slack.messages
    fetched = len(site.requests)
    ended(backfill.backfill(day, day, ["dnipro-wire", "portovyi-telehraf"], return_state=True))
    assert counts() == stored
    assert all("sitemap" in path or "archive" in path or "robots" in path for path, _ in site.requests[fetched:])


def test_a_backfill_that_makes_no_sense_fails_with_a_sentence(
    world: tuple[DemoSite, MailStandIn, SlackStandIn],
) -> None:
    del world
    state = backfill.backfill(date(2025, 2, 13), date(2025, 2, 12), return_state=True)
    assert state.is_failed()
    assert "lies after the last day" in str(state.message)


def test_no_secret_reaches_the_pages_of_prefect(
    world: tuple[DemoSite, MailStandIn, SlackStandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, mail, slack = world
    webhook = f"http://{slack.host}/services/T0CANARY/B0CANARY/hookcanaryhookcanary"
    monkeypatch.setenv("SLACK_WEBHOOK_URL", webhook)
    monkeypatch.setenv("VARTA_SMTP_URL", f"smtp://varta:canary%2Fp%40ss@127.0.0.1:{mail.port}?tls=none")
    slack.broken = Answer(400, f"no such webhook: {webhook}")
    mail.script(Stage.EHLO, "250 canary/p@ss")
    engine = database.open_engine(settings.load().database)
    database.upgrade(engine)
    message = Message(text="text", subject="subject")
    with transaction(engine) as session:
        for name, recipient in (("desk-slack", ""), ("editor", "editor@newsroom.example")):
            one = Outgoing(
                key=name,
                destination=name,
                recipient=recipient,
                reason=Decision.FIRST_REPORT,
                headline="headline",
                message=message,
            )
            outbox.put(session, [one], datetime.now(UTC))
    engine.dispose()
    ended(deliver.deliver(return_state=True))
    with get_client(sync_client=True) as client:
        APILogHandler().flush()
        told = [client.read_flow_runs(), client.read_task_runs(), client.read_artifacts(), client.read_logs(None, 200)]
        told += [client.read_flow_run_states(run.id) for run in client.read_flow_runs()]
    shown = str(told)
    assert "dead: 1" in shown  # else this would prove nothing
    assert not [canary for canary in ("hookcanary", "canary/p@ss", "canary%2Fp") if canary in shown]
