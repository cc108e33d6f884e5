"""`varta up` as people start it: a real Prefect server, real runs, a clean end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from deployments import automations
from flows.demo.mail_server import MailStandIn
from flows.demo.site import DemoSite
from flows.demo.slack_server import SlackStandIn
from tests.flows.rooms import ageless

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def up(folder: Path, port: int, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """`varta up` in a process of its own; killed if the test does not end it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("VARTA_", "PREFECT_"))}
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "up", "--port", str(port)],
            cwd=folder,
            env={**clean, "PYTHONPATH": str(ROOT), **variables},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(20)


def wait_for(what: Callable[[], Any], seconds: float = 120) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = what()
        except requests.RequestException:
            found = None
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"nothing after {seconds} s")


def runs(port: int, *, flow: str, state: str) -> list[dict[str, Any]]:
    query = {
        "flows": {"name": {"any_": [flow]}},
        "flow_runs": {"state": {"type": {"any_": [state]}}},
        "limit": 5,
    }
    answer = requests.post(f"http://127.0.0.1:{port}/api/flow_runs/filter", json=query, timeout=5)
    return list(answer.json())


@pytest.mark.real
@pytest.mark.slow
def test_up_serves_ingests_delivers_on_schedule_and_ends_cleanly(tmp_path: Path) -> None:
    port = free_port()
    with DemoSite() as site, MailStandIn() as mail, SlackStandIn() as slack:
        ageless(site, tmp_path / "config")
        variables = {
            "VARTA_ALLOW_HOSTS": "127.0.0.1",
            "VARTA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
            "VARTA_MAIL_FROM": "varta@varta.example",
            "SLACK_WEBHOOK_URL": slack.webhook_url,
        }
        with up(tmp_path, port, **variables) as process:
            first = wait_for(lambda: runs(port, flow="ingest", state="COMPLETED"))[-1]
            assert first["name"] == "first-ingest"
            assert "sources with errors: 3" in first["state"]["message"]
            assert mail.messages
            assert slack.messages
            settings = requests.get(f"http://127.0.0.1:{port}/ui-settings", timeout=5).json()
            assert settings["api_url"] == f"http://127.0.0.1:{port}/api"  # the page calls its own port
            # a run that nobody started: the scheduler works, which is not the case with every SQLAlchemy
            wait_for(lambda: runs(port, flow="deliver", state="COMPLETED"))
            answer = requests.post(f"http://127.0.0.1:{port}/api/automations/filter", json={}, timeout=5)
            assert {one["name"] for one in answer.json()} == {one.name for one in automations.ours()}
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
    log = (tmp_path / "up.log").read_text()
    assert "Stopped." in log
    assert "Traceback" not in log
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/api/health", timeout=5)


def test_up_refuses_a_wrong_configuration(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "watchlist.yaml").write_text("watches:\n  - {id: a, query: 'x AND'}\n")
    with up(tmp_path, free_port()) as process:
        assert process.wait(60) == 2
    assert "watchlist.yaml:2: watches `a`: `query`, column 6" in (tmp_path / "up.log").read_text()


def test_up_says_that_a_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with up(tmp_path, port) as process:
            assert process.wait(60) == 1
    assert f"port {port} is taken" in (tmp_path / "up.log").read_text()


def test_the_prefect_server_imports() -> None:
    # prefect 3.8.8 allows versions of fastapi with which it does not
    code = "import prefect.server.api.server"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
