"""`varta up` in a process of its own, and its Prefect server as a page would talk to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> dict[int, str]:
    """Every process below `pid`, with its command line."""
    parents, lines = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            child = int(stat.parent.name)
            parents[child] = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            lines[child] = (stat.parent / "cmdline").read_text(errors="replace").replace("\0", " ")
    below: dict[int, str] = {}
    level = {pid}
    while level := {child for child, parent in parents.items() if parent in level}:
        below |= {child: lines[child] for child in level}
    return below


def kill(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def killed_at(*pids: int) -> datetime:
    """Kill these, and say when; there is one at least."""
    assert pids
    now = datetime.now(UTC)
    kill(*pids)
    return now


@contextmanager
def up(folder: Path, port: int, *options: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """`varta up` in a process of its own; killed with all that it started if the test does not end it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("VARTA_", "PREFECT_"))}
    with (folder / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "up", "--port", str(port), *options],
            cwd=folder,
            env={**clean, "PYTHONPATH": str(ROOT), **variables},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            below = children(process.pid)
            process.kill()
            process.wait(20)
            kill(*below)


def wait_for(what: Callable[[], Any], seconds: float = 120, pause: float = 0.5) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = what()
        except (requests.ConnectionError, requests.Timeout):
            found = None
        if found:
            return found
        time.sleep(pause)
    raise AssertionError(f"nothing after {seconds} s")


@contextmanager
def talk(port: int) -> Iterator[Callable[..., Any]]:
    """A client of the API that brings the token without which nothing is changed."""
    with requests.Session() as session:
        session.trust_env = False
        address = f"http://127.0.0.1:{port}/api/"
        session.headers["Prefect-Csrf-Client"] = me = str(uuid.uuid4())

        def call(method: str, path: str, body: Any = None) -> Any:
            if method != "GET" and "Prefect-Csrf-Token" not in session.headers:
                token = session.get(f"{address}csrf-token", params={"client": me}, timeout=10).json()["token"]
                session.headers["Prefect-Csrf-Token"] = token
            for _ in range(20):
                answer = session.request(method, address + path, json=body, timeout=30)
                if answer.status_code != requests.codes.unavailable:  # its SQLite is locked; every client tries again
                    break
                time.sleep(0.5)
            answer.raise_for_status()
            return answer.json() if answer.content else None

        yield call


def runs(port: int, *, flow: str, state: str) -> list[dict[str, Any]]:
    """The latest runs of a flow in a state, newest first."""
    query = {
        "flows": {"name": {"any_": [flow]}},
        "flow_runs": {"state": {"type": {"any_": [state]}}},
        "sort": "START_TIME_DESC",
        "limit": 50,
    }
    with talk(port) as api:
        return list(api("POST", "flow_runs/filter", query))


def began_after(port: int, moment: datetime, seconds: float) -> datetime:
    """When the first ingest began that started after `moment` and completed, as Prefect tells; waits `seconds`."""

    def began() -> list[datetime]:
        done = runs(port, flow="ingest", state="COMPLETED")
        return [at for at in (datetime.fromisoformat(one["start_time"]) for one in done) if at > moment]

    found: list[datetime] = wait_for(began, seconds)
    return min(found)
