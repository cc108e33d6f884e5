"""A Prefect server of our own: its environment, its start, its end."""

from __future__ import annotations

import ctypes
import fcntl
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from flows.settings import Settings, child_environment

HOST = "127.0.0.1"
READY_WITHIN = 120.0  # seconds; a first start migrates Prefect's database
_STOP_WITHIN = 15.0


class ServerError(Exception):
    """The server cannot run; the text says why and what to do."""


def environment(settings: Settings, port: int) -> dict[str, str]:
    """Variables for the server and everything that talks to it: local, quiet, tidy, quick to heal."""
    return {
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_API_URL": f"http://{HOST}:{port}/api",
        "PREFECT_SERVER_API_HOST": HOST,
        # --port alone leaves the page calling port 4200; only this setting reaches it
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(14 * 24 * 3600),
        # the slot of a killed run is free again after a minute, not five
        "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": "60",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,scrapers,storage,alerts",
        "PREFECT_CLI_PROMPT": "false",
        "NO_COLOR": "1",
    }


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the one place of `varta up` in this home; raises ServerError when another process has it."""
    folder = settings.home / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise ServerError(f"another `varta up` runs with {settings.home} already") from held
        yield


@contextmanager
def running(settings: Settings, port: int) -> Iterator[str]:
    """A healthy server on loopback for as long as the block lasts; gives the address of its page.

    Raises ServerError when the port is taken or the server does not become healthy.
    """
    _refuse_taken(port)
    log = settings.home / "prefect" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start"],
            env=child_environment(environment(settings, port)),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we end the server after its last client
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread of ours runs yet
        )
    try:
        _wait_until_healthy(child, port, log)
        yield f"http://{HOST}:{port}"
    finally:
        child.terminate()
        try:
            child.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as taken:
            what = f"port {port} is taken ({taken.strerror}); stop what runs there or use `varta up --port N`"
            raise ServerError(what) from taken


def _wait_until_healthy(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + READY_WITHIN
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < end:
            if child.poll() is not None:
                raise ServerError(f"the Prefect server ended with {child.returncode}:\n{_tail(log)}")
            with suppress(requests.RequestException):
                if session.get(f"http://{HOST}:{port}/api/health", timeout=2).ok:
                    return
            time.sleep(0.2)
    raise ServerError(f"the Prefect server did not answer within {READY_WITHIN:.0f} s:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def _die_with_parent() -> None:
    """Ask Linux to end the server should we be killed; elsewhere the port tells."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
