"""A Prefect server of our own: its environment, its start, its end."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from deployments import dying
from flows import settings as environments
from flows.settings import Settings, child_environment

HOST = "127.0.0.1"
AUTH = "PREFECT_SERVER_API_AUTH_STRING"
READY_WITHIN = 120.0  # seconds; a first start migrates Prefect's database
_STOP_WITHIN = 15.0


class ServerError(Exception):
    """The server cannot run; the text says why and what to do."""


class OpenServerError(ServerError):
    """The server would be open to everybody who reaches it."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def refuse_open(host: str) -> None:
    """Raise OpenServerError when `host` is reached by others and nothing asks them who they are."""
    auth = environments.secret(AUTH)
    if auth is not None and ":" not in auth:
        raise OpenServerError(f"{AUTH} must be user:password")
    if not is_loopback(host) and not auth:
        raise OpenServerError(
            f"--host {host}: whoever reaches the Prefect page runs flows with any parameters, so set "
            f"{AUTH}=user:password first, or leave --host out"
        )


def environment(settings: Settings, port: int, host: str = HOST) -> dict[str, str]:
    """Variables for the server and everything that talks to it: local, quiet, tidy, quick to heal."""
    auth = environments.secret(AUTH)
    names = {_reached(host), "127.0.0.1", "localhost"} if is_loopback(host) else {_reached(host)}
    return {
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_API_URL": f"http://{_reached(host)}:{port}/api",
        "PREFECT_SERVER_API_HOST": host,
        # --port alone leaves the page calling port 4200; only this setting reaches it
        "PREFECT_SERVER_API_PORT": str(port),
        # by itself the server lets every website in the same browser read its answers and start flows
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ",".join(f"http://{name}:{port}" for name in sorted(names)),
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        **({AUTH: auth, "PREFECT_API_AUTH_STRING": auth} if auth else {}),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # the second page asks a host of an analytics company for its settings, whatever is set above
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(14 * 24 * 3600),
        # a run that was taken and never began gives its slot back after a minute, not five. A run that did begin
        # holds it for five whatever is set here: healing.py and the automations end that
        "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": "60",
        # kept in memory they are lost with the server: a run that outlives it is then cancelled in the middle
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        # what the server looks for every five seconds by itself costs more than all runs; a minute, or half, is enough
        "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "60",
        "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "30",
        "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS": "60",
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "60",
        "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "60",
        "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT15S",
        # zones from the package: for every schedule that is read, Prefect lists all files of the system's folder
        "PYTHONTZPATH": "",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,scrapers,storage,alerts",
        "PREFECT_CLI_PROMPT": "false",
        "NO_COLOR": "1",
    }


def _reached(host: str) -> str:
    """The address under which this machine reaches a server that listens on `host`."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - nothing is bound here
        return HOST
    return f"[{host}]" if ":" in host else host


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


class Server:
    """A Prefect server that can be started again."""

    def __init__(self, settings: Settings, port: int, host: str = HOST) -> None:
        self._settings, self._port, self._host = settings, port, host
        self._log = settings.home / "prefect" / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"http://{_reached(host)}:{port}"

    @property
    def pid(self) -> int | None:
        """Its process, None before the first start."""
        return self._process.pid if self._process else None

    @property
    def ended(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll() if self._process else 0

    def start(self) -> None:
        """Start it and wait until it is healthy; raises ServerError when the port is taken or it does not come up."""
        _refuse_taken(self._host, self._port)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - arguments of our own
                dying.command("-m", "deployments.calmly", "prefect", "server", "start"),
                env=child_environment(environment(self._settings, self._port, self._host)),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we end the server after its last client
            )
        self._wait_until_healthy(self._process)

    def stop(self) -> None:
        """End it, by force when it does not obey."""
        if self._process is not None:
            end(self._process, _STOP_WITHIN)

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + READY_WITHIN
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < until:
                if process.poll() is not None:
                    raise ServerError(f"the Prefect server ended with {process.returncode}:\n{_tail(self._log)}")
                with suppress(requests.RequestException):
                    if session.get(f"{self.address}/api/health", timeout=2).ok:
                        return
                time.sleep(0.2)
        raise ServerError(f"the Prefect server did not answer within {READY_WITHIN:.0f} s:\n{_tail(self._log)}")


@contextmanager
def running(settings: Settings, port: int, host: str = HOST) -> Iterator[Server]:
    """A healthy server for as long as the block lasts; raises ServerError as `start` does."""
    server = Server(settings, port, host)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def end(process: subprocess.Popen[bytes], within: float) -> None:
    """Have a child end; kill it after `within` seconds."""
    process.terminate()
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _refuse_taken(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            what = f"port {port} of {host} cannot be had ({taken.strerror}); stop what runs there or use --port N"
            raise ServerError(what) from taken


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
