"""`varta up` as people start it: a real Prefect server, real runs, a clean end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from deployments import automations, server
from deployments.server import OpenServerError
from flows.demo.mail_server import MailStandIn
from flows.demo.site import DemoSite
from flows.demo.slack_server import SlackStandIn
from flows.settings import Settings
from tests.deployments.ups import free_port, runs, talk, up, wait_for
from tests.flows.rooms import ageless


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
            with talk(port) as api:
                kept = {one["name"] for one in api("POST", "automations/filter", {})}
            assert kept == {one.name for one in automations.ours(uuid4())}
            with talk(port) as api:
                told = {"filter": {"event": {"name": ["varta.alert.sent"]}}}
                sent = len(mail.messages) + len(slack.messages)
                # one event for each alert, though two runs may tell of it
                wait_for(lambda: api("POST", "events/filter", told)["total"] == sent, 60)
                done = {"filter": {"event": {"name": ["varta.ingest.completed"]}}}
                assert "new" in api("POST", "events/filter", done)["events"][-1]["payload"]
            # another page in the same browser gets no answer that it may read, and changes nothing
            foreign = {"Origin": "https://evil.example"}
            ask = f"http://127.0.0.1:{port}/api/flow_runs/filter"
            answer = requests.options(ask, headers={**foreign, "Access-Control-Request-Method": "POST"}, timeout=5)
            assert "access-control-allow-origin" not in answer.headers
            assert requests.post(ask, json={}, headers=foreign, timeout=5).status_code == 403
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
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
    assert f"port {port} of 127.0.0.1 cannot be had (Address already in use)" in (tmp_path / "up.log").read_text()


def test_the_prefect_server_imports() -> None:
    # prefect 3.8.8 allows versions of fastapi with which it does not
    code = "import prefect.server.api.server"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_up_refuses_to_be_open_to_others_without_a_password(tmp_path: Path, host: str) -> None:
    with up(tmp_path, free_port(), "--host", host) as process:
        assert process.wait(60) == 2
    log = (tmp_path / "up.log").read_text()
    assert f"--host {host}: whoever reaches the Prefect page runs flows with any parameters" in log
    assert "set PREFECT_SERVER_API_AUTH_STRING=user:password first" in log


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_server_that_only_this_machine_reaches_needs_no_password(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_SERVER_API_AUTH_STRING", raising=False)
    server.refuse_open(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "varta.example", "localhost.example"])
def test_a_server_that_others_reach_needs_a_password(
    host: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PREFECT_SERVER_API_AUTH_STRING", raising=False)
    with pytest.raises(OpenServerError, match="set PREFECT_SERVER_API_AUTH_STRING=user:password first"):
        server.refuse_open(host)
    monkeypatch.setenv("VARTA_SECRETS_DIR", str(tmp_path))
    (tmp_path / "PREFECT_SERVER_API_AUTH_STRING").write_text("admin:secret\n", encoding="utf-8")
    server.refuse_open(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_password_without_a_user_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "secret")
    with pytest.raises(OpenServerError, match="must be user:password"):
        server.refuse_open(host)


def test_a_server_that_others_reach_asks_for_the_password_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "admin:secret")
    server.refuse_open("0.0.0.0")
    told = server.environment(Settings(home=tmp_path), 4200, "0.0.0.0")
    assert told["PREFECT_SERVER_API_AUTH_STRING"] == told["PREFECT_API_AUTH_STRING"] == "admin:secret"
    assert told["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert told["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4200"


def test_a_server_of_this_machine_lets_no_foreign_page_in(tmp_path: Path) -> None:
    told = server.environment(Settings(home=tmp_path), 4200)
    assert told["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4200,http://localhost:4200"
    assert told["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert told["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert told["DO_NOT_TRACK"] == "1"
