"""What SIGKILL does to `varta up`: everything runs again by itself, and nothing is lost or told twice."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.demo.mail_server import MailStandIn
from flows.demo.site import DemoSite
from flows.demo.slack_server import SlackStandIn
from storage import engine as database
from storage import lookup
from storage.engine import reading
from tests.deployments.ups import began_after, children, free_port, kill, killed_at, runs, talk, up, wait_for
from tests.flows.rooms import ageless

pytestmark = [pytest.mark.real, pytest.mark.slow]
WITHIN = 240  # seconds until a test gives up
PROMISED = timedelta(seconds=120)  # from a kill to the start of the next ingest that ends well


class World:
    """A site, a mail server and a Slack, and `varta up` over them."""

    def __init__(self, folder: Path, site: DemoSite, mail: MailStandIn, slack: SlackStandIn) -> None:
        self.folder, self.site, self.mail, self.slack, self.port = folder, site, mail, slack, free_port()
        ageless(site, folder / "config")
        self.variables = {
            "VARTA_ALLOW_HOSTS": "127.0.0.1",
            "VARTA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
            "VARTA_MAIL_FROM": "varta@varta.example",
            "SLACK_WEBHOOK_URL": slack.webhook_url,
        }

    def ingested(self) -> list[str]:
        return [run["id"] for run in runs(self.port, flow="ingest", state="COMPLETED")]

    def ingests_again(self, killed: datetime) -> None:
        """Wait for an ingest that ends well and began after `killed`; it began within what is promised."""
        assert began_after(self.port, killed, WITHIN) - killed <= PROMISED

    def is_whole(self) -> None:
        """Everything that the site serves is stored once, and every message went out once."""
        served = [truth for truth in self.site.truth().values() if truth.status == 200 and truth.indexed]
        engine = database.open_engine(f"sqlite:///{self.folder / 'var' / 'varta.db'}")
        with reading(engine) as session:
            found = lookup.counts(session)
        engine.dispose()
        assert found["articles"] == len(served) + 2  # two pages are broken, and kept as the feed told them
        sent = [mail.message["Message-ID"] for mail in self.mail.messages]
        assert sent
        assert len(set(sent)) == len(sent)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with DemoSite() as site, MailStandIn() as mail, SlackStandIn() as slack:
        yield World(tmp_path, site, mail, slack)


@contextmanager
def running(world: World) -> Iterator[Any]:
    with up(world.folder, world.port, **world.variables) as process:
        yield process


def only(pid: int, part: str) -> list[int]:
    return [child for child, line in children(pid).items() if part in line]


def test_each_process_of_up_is_started_again_after_a_kill(world: World) -> None:
    with running(world) as process:
        run = wait_for(lambda: only(process.pid, "prefect.engine"))  # first-ingest
        world.ingests_again(killed_at(*run))
        world.ingests_again(killed_at(*only(process.pid, "prefect server start")))
        world.ingests_again(killed_at(*only(process.pid, "deployments.worker")))
        assert runs(world.port, flow="ingest", state="CRASHED")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    log = (world.folder / "up.log").read_text()
    assert "The Prefect server ended (signal 9): starting it again." in log
    assert "The worker ended (signal 9): starting it again." in log
    world.is_whole()


def forward_an_hour(world: World) -> int:
    """Let the Prefect server believe that it was off for an hour; how many runs it had planned."""
    with closing(sqlite3.connect(world.folder / "var" / "prefect" / "prefect.db")) as held, held:
        moved = ", ".join(
            f"{name} = strftime('%Y-%m-%d %H:%M:%f000', {name}, '-1 hour')"
            for name in ("expected_start_time", "next_scheduled_start_time")
        )
        of = "auto_scheduled AND state_type = 'SCHEDULED' AND expected_start_time < datetime('now', '+1 hour')"
        return held.execute(f"UPDATE flow_run SET {moved} WHERE {of}").rowcount


def test_after_an_hour_without_power_one_run_catches_up(world: World) -> None:
    with running(world) as process:
        wait_for(lambda: len(runs(world.port, flow="deliver", state="SCHEDULED")) >= 50)
        wait_for(lambda: only(process.pid, "prefect.engine"))
        below = children(process.pid)
        kill(process.pid, *below)
    planned = forward_an_hour(world)
    assert planned > 80
    booted = datetime.now(UTC)
    with running(world) as process:
        world.ingests_again(booted)
        with talk(world.port) as api:
            told = [one["state"]["message"] for one in api("POST", "flow_runs/filter", {"limit": 200})]
        missed = sum("Missed" in (message or "") for message in told)
        assert missed > planned - 12  # the last few of the hour were not late yet
        assert [message for message in told if "vanished" in (message or "")]
        assert len(world.ingested()) < 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    world.is_whole()


def test_the_unit_for_systemd_is_one(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    unit = (Path(__file__).parents[2] / "deployments" / "varta.service").read_text(encoding="utf-8")
    # what it names is not installed here
    there = (
        unit.replace("/opt/varta/.venv/bin/varta", "/bin/true").replace("/opt/varta", "/").replace("=varta", "=root")
    )
    path = tmp_path / "varta.service"
    for text, problems in ((there, 0), (there.replace("Restart=always", "Restart=ever"), 1)):
        path.write_text(text, encoding="utf-8")
        done = subprocess.run([program, "verify", str(path)], capture_output=True, text=True, check=False)
        assert len([line for line in done.stderr.splitlines() if "varta.service" in line]) == problems, done.stderr
