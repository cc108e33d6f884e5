"""What SIGKILL does to a worker of a pool and its run: nobody sees them end, and ingest runs again all the same."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from deployments import server
from flows.demo.mail_server import MailStandIn
from flows.demo.printing import Answer
from flows.demo.site import DemoSite
from flows.demo.slack_server import SlackStandIn
from flows.settings import Settings, child_environment
from storage import engine as database
from storage import lookup
from storage.engine import reading
from tests.deployments.ups import ROOT, began_after, children, free_port, kill, killed_at, talk, wait_for
from tests.flows.rooms import ageless

POOL = "varta-killed"


class Hanging(DemoSite):
    """A site that serves some articles and then none, until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs, self.goes_on = threading.Event(), threading.Event()
        self._articles = {url.removeprefix(self.url) for url in self.truth()}
        self._free = threading.Semaphore(5)

    def answer(self, path: str) -> Answer:
        if path in self._articles and not self.goes_on.is_set() and not self._free.acquire(blocking=False):
            self.hangs.set()
            self.goes_on.wait(60)
        return super().answer(path)


@contextmanager
def worker(folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """A worker of the pool, by its process; it and what it started are killed."""
    words = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield process.pid
        finally:
            below = children(process.pid)
            process.kill()
            process.wait(20)
            kill(*below)


def stored(folder: Path) -> int:
    """How many articles the database holds."""
    engine = database.open_engine(f"sqlite:///{folder / 'var' / 'varta.db'}")
    with reading(engine) as session:
        found = lookup.counts(session)
    engine.dispose()
    return found["articles"]


@pytest.mark.real
@pytest.mark.slow
def test_a_pool_ingests_again_after_its_worker_and_the_run_are_killed(tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(home=tmp_path / "var")
    with Hanging() as site, MailStandIn() as mail, SlackStandIn() as slack, server.running(settings, port):
        ageless(site, tmp_path / "config")
        environment = child_environment(
            {
                **server.environment(settings, port),
                "PYTHONPATH": str(ROOT),
                "VARTA_HOME": str(tmp_path / "var"),
                "VARTA_CONFIG_DIR": str(tmp_path / "config"),
                "VARTA_ALLOW_HOSTS": "127.0.0.1",
                "VARTA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
                "VARTA_MAIL_FROM": "varta@varta.example",
                "SLACK_WEBHOOK_URL": slack.webhook_url,
            }
        )
        register = [sys.executable, "-m", "deployments.register", "--type", "process", "--pool", POOL]
        subprocess.run(register, cwd=tmp_path, env=environment, check=True, capture_output=True)
        with talk(port) as api:
            ingest = api("GET", "deployments/name/ingest/ingest")["id"]
            api("POST", f"deployments/{ingest}/create_flow_run", {})
        with worker(tmp_path, environment) as pid:
            assert site.hangs.wait(180)
            killed = killed_at(pid, *children(pid))
        site.goes_on.set()
        with worker(tmp_path, environment):
            began = began_after(port, killed, 300)
            assert began - killed <= timedelta(seconds=120)
            served = [truth for truth in site.truth().values() if truth.status == 200 and truth.indexed]
            whole = len(served) + 2  # two pages are broken, and kept as the feed told them
            # what the killed run was reading comes with this ingest or the next
            wait_for(lambda: stored(tmp_path) == whole, 240)
            sent = wait_for(lambda: [one.message["Message-ID"] for one in mail.messages])
        assert len(set(sent)) == len(sent)
