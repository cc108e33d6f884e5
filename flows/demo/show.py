"""The demo: run the whole path on a local world, in the terminal and on a small page."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from alerts.errors import AlertError
from alerts.model import DeliveryKind
from flows import delivery, house, pipeline, report, settings
from flows.cli.ask import CUTS
from flows.cli.output import narrow_table
from flows.demo.inbox import Inbox
from flows.demo.mail_server import MailStandIn
from flows.demo.site import DemoSite
from flows.demo.slack_server import SlackStandIn
from flows.house import House
from flows.pipeline import Tally
from flows.tally import DeliveryTally
from flows.web import serving
from storage import lookup
from storage.engine import reading
from storage.lookup import StoredArticle

KYIV = ZoneInfo("Europe/Kyiv")
EVENING = datetime(2025, 2, 13, 15, 45, tzinfo=UTC)
_AGAIN_EVERY = 30.0


class WorldClock:
    """A clock that goes as ours does, but began on the evening of the demo's world, and is moved on by waiting."""

    def __init__(self) -> None:
        self._ahead = datetime.now(UTC) - EVENING

    def __call__(self) -> datetime:
        """The time there."""
        return datetime.now(UTC) - self._ahead

    def sleep(self, seconds: float) -> None:
        """Nobody waits a second for Slack in a world of a minute."""
        self._ahead -= timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class World:
    """The stand-ins that the demo talks to."""

    site: DemoSite
    mail: MailStandIn
    slack: SlackStandIn
    clock: WorldClock


def main(*, once: bool, as_json: bool, port: int) -> int:
    """Run the path; with `once` print the summary and say by the exit status whether all was delivered."""
    console = Console(stderr=as_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does, nothing left behind
    with (
        tempfile.TemporaryDirectory(prefix="varta-demo-") as folder,
        _world() as world,
        _rooms(Path(folder), world) as rooms,
    ):
        first, sent = _pass(rooms)
        _show_pass(console, "First pass", first, sent)
        world.site.edit()
        second, later = _pass(rooms)
        _show_pass(console, "Second pass, after one outlet edited its article", second, later)
        _show_story(console, rooms)
        found = summary(rooms, world, [first, second], [sent, later])
        _show_end(console, found)
        if as_json:
            json.dump(found, sys.stdout, ensure_ascii=False, indent=2)
            sys.stdout.write("\n")
        if not once:
            _keep_showing(console, rooms, world, port)
        return 0 if 0 < found["alerts"] == found["delivered"] else 1


@contextmanager
def _world() -> Iterator[World]:
    clock = WorldClock()
    with (
        DemoSite() as site,
        MailStandIn() as mail,
        SlackStandIn(per_second=1, clock=lambda: clock().timestamp()) as slack,
    ):
        yield World(site, mail, slack, clock)


@contextmanager
def _rooms(folder: Path, world: World) -> Iterator[House]:
    """The product itself, with its settings pointing at the stand-ins."""
    config = folder / "config"
    config.mkdir()
    world.site.write_config(config)
    hosts = [f"127.0.0.1:{port}" for port in (world.site.port, world.mail.port, world.slack.port)]
    settings.set_for_this_process({"SLACK_WEBHOOK_URL": world.slack.webhook_url})
    chosen = settings.Settings.model_validate(
        {
            "home": folder / "var",
            "database_url": f"sqlite:///{folder / 'var' / 'varta.db'}",
            "config_dir": config,
            "smtp_url": f"smtp://127.0.0.1:{world.mail.port}?tls=none",
            "mail_from": "varta@varta.example",
            "allow_hosts": ",".join(hosts),
            "links_url": f"http://127.0.0.1:{_free_port()}",
            "links_secret": secrets.token_urlsafe(32),
        }
    )
    with house.opened(chosen, world.clock, world.clock.sleep) as rooms:
        for problem in rooms.configuration.problems:
            raise AlertError(str(problem))
        yield rooms


def _pass(rooms: House) -> tuple[list[Tally], DeliveryTally]:
    due = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True)
    tallies = pipeline.pass_over(due, rooms)
    return tallies, delivery.deliver(rooms)


def summary(
    rooms: House, world: World, passes: Sequence[Sequence[Tally]], sent: Sequence[DeliveryTally]
) -> dict[str, Any]:
    """What the demo did, for `--json`: counts, and one line per (watch, story, destination)."""
    with reading(rooms.engine) as session:
        counts = lookup.counts(session)
        alerts, kinds = lookup.alerts(session), lookup.deliveries_by_kind(session)
    return {
        **counts,
        "passes": [report.rows(tallies) for tallies in passes],
        "alerts": len(alerts),
        "updates": kinds.get(DeliveryKind.UPDATE, 0),
        "delivered": sum(1 for one in alerts if one["state"] == "sent"),
        "alert_list": alerts,
        "mails": len(world.mail.messages),
        "slack_messages": len(world.slack.messages),
        "decisions": {name: sum(one.decided[name] for one in sent) for name in {n for o in sent for n in o.decided}},
    }


def _show_pass(console: Console, title: str, tallies: Sequence[Tally], sent: DeliveryTally) -> None:
    console.print(f"{title}. {report.summary(tallies)}; {report.delivered(sent)}", style="bold", highlight=False)
    table = narrow_table()
    rows = report.counts(tallies)
    for name in rows[0]:
        table.add_column(name, no_wrap=True)
    for row in rows:
        table.add_row(*map(str, row.values()))
    console.print(table, "")
    errors = [error for t in tallies for error in t.errors] + sent.errors
    if errors:
        console.print("Faults that are built into this world, each survived:", style="bold")
    for error in errors:
        console.print(f"! {error}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    console.print()


def _show_story(console: Console, rooms: House) -> None:
    """The stories that more than one outlet tells, and why each alert was sent."""
    with reading(rooms.engine) as session:
        partial = [article for article in lookup.articles(session) if article.partial]
        told = [story for story in lookup.stories(session, None, 500) if len(story.articles) > 1]
        alerts = lookup.alerts(session)
    table = narrow_table("Stories told more than once")
    for name in ("story", "published (Kyiv)", "source", "title", "whose words"):
        table.add_column(name, overflow="fold")
    for story in told:
        names: dict[int | None, str] = {article.id: article.source for article in story.articles}
        for article in story.articles:
            when = article.published.astimezone(KYIV).strftime("%d %b %H:%M") if article.published else ""
            copied = names.get(article.duplicate_of)
            words = f"copy of {copied}" if copied else f"names {article.origin}" if article.origin else "own"
            table.add_row(str(story.id), when, article.source, article.title, words)
    console.print(table, "")
    _show_partial(console, partial)
    _show_alerts(console, alerts)


def _show_partial(console: Console, partial: Sequence[StoredArticle]) -> None:
    """What is not the whole text, and why; an alert on it says the same."""
    table = narrow_table("Read only in part, and marked so")
    for name in ("source", "title", "why"):
        table.add_column(name, overflow="fold")
    for article in partial:
        table.add_row(article.source, article.title, CUTS.get(article.cut or "", ""))
    console.print(table, "")


def _show_alerts(console: Console, alerts: Sequence[dict[str, Any]]) -> None:
    """One row per watch and story, with everyone it went to."""
    table = narrow_table("Alerts: one per watch, story and destination")
    for name in ("watch", "story", "headline", "delivered to"):
        table.add_column(name, overflow="fold")
    by_story: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for alert in alerts:
        by_story[alert["watch"], alert["story"]].append(alert)
    for (watch, story), group in by_story.items():
        to = ", ".join(
            f"{one['destination']}{'' if one['state'] == 'sent' else ' (' + one['state'] + ')'}" for one in group
        )
        table.add_row(watch, str(story), group[0]["headline"], to)
    console.print(table, "")


def _show_end(console: Console, found: dict[str, Any]) -> None:
    console.print(
        f"{found['articles']} articles, {found['duplicates']} of them copies, in {found['stories']} stories; "
        f"{found['matches']} matches became {found['alerts']} alerts, {found['delivered']} delivered, "
        f"and {found['updates']} updates: "
        f"{found['mails']} mails, {found['slack_messages']} Slack messages."
    )


def _free_port() -> int:
    """Where the page behind the links of messages will be, which stands in every one of them before it runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _keep_showing(console: Console, rooms: House, world: World, port: int) -> None:
    """Serve the page and keep polling until Ctrl-C."""
    with (
        Inbox(world.mail, world.slack, port) as inbox,
        serving.pages(rooms, rooms.settings.links_url.partition("//")[2]),
    ):
        console.print(f"\nLook at the delivered mail and Slack messages on {inbox.url}\nStop with Ctrl-C.")
        stop = threading.Event()
        try:
            while not stop.wait(_AGAIN_EVERY):
                tallies, sent = _pass(rooms)
                if sent.sent or any(tally.new or tally.revised for tally in tallies):
                    console.print(f"{time.strftime('%H:%M:%S')}  {report.summary(tallies)}; {report.delivered(sent)}")
        except KeyboardInterrupt:
            console.print("Stopped.")
