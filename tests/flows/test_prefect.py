"""The Prefect flows on a real Prefect server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from flows import backfill, deliver, explain, health, ingest, settings, upkeep, verify
from flows.demo.mail_server import MailStandIn
from flows.demo.site import DemoSite
from flows.demo.slack_server import SlackStandIn
from storage import engine as database
from storage import lookup
from storage.engine import reading

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    # what Prefect and its libraries warn of is not ours to mend
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def _prefect() -> Iterator[None]:
    # without a heartbeat a flow does not wait a second for its heart to stop
    with (
        prefect_test_harness(server_startup_timeout=180),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


@pytest.fixture
def world(
    _prefect: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[DemoSite, MailStandIn, SlackStandIn]]:
    with DemoSite() as site, MailStandIn() as mail, SlackStandIn() as slack:
        site.write_config(tmp_path / "config")
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
    broken = "committee-backs-veterans-housing-bill"  # answers 500, and is tried again
    listing = ("sitemap", "archive", "robots", broken)
    assert [path for path, _ in site.requests[fetched:] if not any(part in path for part in listing)] == []


def test_a_backfill_that_makes_no_sense_fails_with_a_sentence(
    world: tuple[DemoSite, MailStandIn, SlackStandIn],
) -> None:
    del world
    state = backfill.backfill(date(2025, 2, 13), date(2025, 2, 12), return_state=True)
    assert state.is_failed()
    assert "lies after the last day" in str(state.message)


def test_the_form_of_a_backfill_offers_days_sources_and_languages_with_help() -> None:
    form = backfill.backfill.parameters.model_dump()
    fields = form["properties"]
    assert form["required"] == ["since", "until"]
    assert {fields[name]["format"] for name in ("since", "until")} == {"date"}
    assert "ukrinform-en" in fields["sources"]["items"]["enum"]
    assert {"en", "uk"} <= set(fields["languages"]["items"]["enum"])
    assert {"automatic", "wayback", "telegram", "wordpress"} <= set(fields["route"]["enum"])
    assert fields["alerts"]["default"] == "none"
    assert [name for name, field in fields.items() if not field.get("description")] == []
    assert [name for name, field in fields.items() if "null" in str(field)] == []  # the page shows it as a switch


def test_every_form_offers_sources_and_explains_its_fields() -> None:
    for flow in (verify.verify, health.health, explain.explain):
        fields = flow.parameters.model_dump()["properties"]
        assert fields
        assert [name for name, field in fields.items() if not field.get("description")] == []
        assert [name for name, field in fields.items() if "null" in str(field)] == []
        if "sources" in fields:
            assert "ukrinform-en" in fields["sources"]["items"]["enum"]


def test_health_and_explanations_are_shown_as_artifacts(world: tuple[DemoSite, MailStandIn, SlackStandIn]) -> None:
    site, _, _ = world
    ended(ingest.ingest(return_state=True))
    assert ended(health.health(return_state=True)).startswith("12 sources, ")
    told = next(one for one in site.truth().values() if one.watches and one.status == 200)
    assert ended(explain.explain(f" {told.url}?utm_source=x ", return_state=True))
    with get_client(sync_client=True) as client:
        found = client._client.post("/artifacts/latest/filter", json={}).json()
    shown = {artifact["key"]: artifact["data"] for artifact in found}
    assert {row["source"] for row in json.loads(shown["source-health"])} >= {"dnipro-wire", "koordshtab"}
    assert f"    {told.watches[0]} matched" in shown["explanation"]
    state = explain.explain("https://never.example/seen", return_state=True)
    assert state.is_failed()
    assert "never seen" in str(state.message)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"sources": ["dnipro-wier"]}, "no source is called `dnipro-wier`; did you mean `dnipro-wire`?"),
        ({"languages": ["xx"]}, "no chosen source publishes in xx"),
        ({"files": ["none.csv"]}, "none.csv: there is no such file"),
    ],
)
def test_a_backfill_of_what_is_not_there_fails_with_a_sentence(
    world: tuple[DemoSite, MailStandIn, SlackStandIn], given: dict[str, list[str]], says: str
) -> None:
    del world
    state = backfill.backfill(date(2025, 2, 12), date(2025, 2, 12), **given, return_state=True)
    assert state.is_failed()
    assert says in str(state.message)


def test_a_backfill_shows_a_row_for_every_source_and_day_and_a_summary(
    world: tuple[DemoSite, MailStandIn, SlackStandIn],
) -> None:
    del world
    days = (date(2025, 2, 11), date(2025, 2, 12))
    ended(backfill.backfill(*days, ["dnipro-wire", "portovyi-telehraf"], return_state=True))
    with get_client(sync_client=True) as client:
        found = client._client.post("/artifacts/latest/filter", json={}).json()
        runs = client._client.post("/task_runs/filter", json={}).json()
    shown = {artifact["key"]: artifact for artifact in found}
    rows = json.loads(shown["backfill"]["data"])
    assert [(row["source"], row["day"]) for row in rows] == [
        (source, day.isoformat()) for source in ("dnipro-wire", "portovyi-telehraf") for day in days
    ]
    assert "## What the watches found in these days" in shown["backfill-summary"]["data"]
    assert shown["backfill-progress"]["data"] == 100
    names = {run["name"] for run in runs}
    assert {"list dnipro-wire", "dnipro-wire 2025-02-12"} <= names
