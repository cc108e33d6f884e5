"""The Prefect flows on a real Prefect server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness
from prefect.utilities.callables import parameter_schema
from sqlalchemy import update

from alerts.model import Decision, Message
from flows import (
    backfill,
    choices,
    deliver,
    delivery,
    explain,
    health,
    ingest,
    mute,
    rematch,
    settings,
    try_watch,
    upkeep,
    verify,
)
from flows.demo.mail_server import MailStandIn, Stage
from flows.demo.site import DemoSite
from flows.demo.slack_server import Answer, SlackStandIn
from scrapers import urls
from storage import engine as database
from storage import lookup, outbox
from storage.engine import reading, transaction
from storage.likeness.fingerprint import key_hash
from storage.outbox import Outgoing
from storage.tables import AliasRow, StoryRow
from tests.flows.newsroom import newsroom
from tests.flows.rooms import ageless

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    # what Prefect and its libraries warn of is not ours to mend
    pytest.mark.filterwarnings("default"),
]

URL = "https://wire.example/1"


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


def test_a_watch_is_tried_and_the_stored_articles_are_matched_again(
    world: tuple[DemoSite, MailStandIn, SlackStandIn], tmp_path: Path
) -> None:
    _, mail, slack = world
    day = date(2025, 2, 12)
    ended(backfill.backfill(day, day, ["dnipro-wire", "portovyi-telehraf"], return_state=True))
    told = ended(try_watch.try_watch("rutte-on-ukraine", 36_500, return_state=True))
    assert "Alerts, one for each story:" in told
    state = try_watch.try_watch("Rutte (", return_state=True)
    assert state.is_failed()
    assert "column 8" in str(state.message)
    watchlist = tmp_path / "config" / "watchlist.yaml"
    more = "watches:\n  - {id: brussels-too, query: 'Brussels OR Брюссель', to: [desk-slack]}\n"
    watchlist.write_text(watchlist.read_text(encoding="utf-8").replace("watches:\n", more, 1), encoding="utf-8")
    before = counts()
    assert " 0 new," not in ended(rematch.rematch(days=0, return_state=True))
    assert counts()["matches"] > before["matches"]
    assert "articles matched again: 0" in ended(rematch.rematch(days=0, return_state=True))
    assert "did you mean `brussels-too`?" in str(rematch.rematch(0, "brussels-two", return_state=True).message)
    assert not mail.messages
    assert not slack.messages
    with get_client(sync_client=True) as client:
        kept = {one.key: f"{one.description} {one.data}" for one in client.read_latest_artifacts()}
    assert "### The latest alerts" in kept["try-watch"]
    assert "2025-02-12" in kept["try-watch-days"]
    assert "articles matched again" in kept["rematch"]


@pytest.mark.parametrize("asked", [rematch.rematch, try_watch.try_watch, mute.mute])
def test_every_field_of_a_form_says_what_it_is_for(asked: Any) -> None:
    fields = parameter_schema(asked.fn).properties
    assert fields
    assert [name for name, field in fields.items() if len(field.get("description", "")) < 20] == []


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


def test_the_form_of_a_mute_offers_what_how_long_and_for_whom(
    world: tuple[DemoSite, MailStandIn, SlackStandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    del world
    fields = mute.mute.parameters.model_dump()
    assert fields["required"] == ["what", "which"]
    assert fields["properties"]["what"]["enum"] == ["story", "watch", "entity", "source", "destination"]
    assert "null" not in str(fields)
    assert choices.destination_ids() == ["all destinations", "brussels", "desk-slack", "editor"]
    monkeypatch.setenv("VARTA_CONFIG_DIR", "/nonexistent")
    assert choices.destination_ids() == ["all destinations"]  # the run itself tells why


@pytest.mark.usefixtures("_prefect")
def test_a_story_is_muted_and_lifted_on_the_page(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARTA_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("VARTA_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("VARTA_DATABASE_URL", database_url)
    with newsroom(tmp_path, begin=datetime.now(UTC), database_url=database_url) as room:
        story = room.story()
        first = room.match(story)
        with transaction(room.house.engine) as session:
            session.add(AliasRow(url_key=key_hash(urls.url_key(URL)), url=URL, article_id=room.article_of(first)))
            session.execute(update(StoryRow).values(title="Tanks | [seen](https://evil.example)"))
        delivery.prepare(room.house)
        told = ended(mute.mute("story", f" {URL}?utm_source=x ", "3 days", comment="*old*", return_state=True))
        until = datetime.now(ZoneInfo("Europe/Kyiv")) + timedelta(days=3)
        assert re.fullmatch(
            rf"story {story} is muted until {until:%Y-%m}-\d\d \d\d:\d\d Kyiv; "
            "messages that had not left yet and were cancelled: 1",
            told,
        )
        second = room.match(story, outlet="herald")
        room.turn(minutes=1)
        assert [one.state for one in room.sent()] == ["cancelled"]
        assert room.reason(first) == f"story {story} is muted by Prefect page (*old*): its message had not left"
        assert room.reason(second) == f"story {story} is muted by Prefect page (*old*)"
        (row,) = shown("mutes")
        assert row.pop("until").endswith(" Kyiv")
        assert row == {
            "scope": "story",
            "what": rf"{story}: Tanks \| \[seen\](https://evil.example)",
            "destination": "all",
            "by": "Prefect page",
            "comment": r"\*old\*",
        }
        assert ended(mute.mute("story", URL, do="lift", return_state=True)) == f"story {story} is muted no more"
        assert shown("mutes") == []
        room.match(story, outlet="ministry")
        room.turn(minutes=1)
        assert [one.state for one in room.sent()] == ["sent"]


def test_a_destination_is_held_and_released_on_the_page(world: tuple[DemoSite, MailStandIn, SlackStandIn]) -> None:
    _, mail, slack = world
    told = ended(mute.mute("destination", "desk-slack", "until lifted", return_state=True))
    assert told == "destination desk-slack is muted until it is lifted"
    ended(ingest.ingest(return_state=True))
    assert mail.messages
    assert not slack.messages
    assert [(row["what"], row["until"]) for row in shown("mutes")] == [("desk-slack", "it is lifted")]
    ended(mute.mute("destination", "desk-slack", do="lift", return_state=True))
    ended(deliver.deliver(return_state=True))
    assert slack.messages


def shown(key: str) -> Any:
    """The rows of the table that a flow made last."""
    with get_client(sync_client=True) as client:
        wanted = {"artifacts": {"key": {"any_": [key]}}}
        (found,) = client._client.post("/artifacts/latest/filter", json=wanted).json()
    return json.loads(found["data"])


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
