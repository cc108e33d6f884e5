"""A stand-in for Slack on 127.0.0.1 that keeps Slack's limits and fails when told to."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, ClassVar, Literal

from alerts.slack_contract import check
from flows.demo.loopback import Served, Server

WEBHOOK = "/services/T0DEMO/B0DEMO/standinstandinstandin"
TOKEN = "xoxb-stand-in"  # noqa: S105 -- opens nothing but this stand-in
_LONGEST_BODY = 1_000_000
_HANG = 60.0  # seconds, unless the stand-in closes earlier


@dataclass(frozen=True, slots=True)
class Answer:
    """A scripted answer in place of the real one; nothing is recorded."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


# drop: close before reading; drop_after: accept, then close without an answer; hang: answer nothing
Fault = Answer | Literal["drop", "drop_after", "hang"]


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A message that the stand-in took. `channel` is the webhook's path or the channel's id."""

    channel: str
    payload: dict[str, Any]
    arrived: datetime

    @property
    def text(self) -> str:
        """The fallback text."""
        return str(self.payload.get("text", ""))


class _Server(Server):
    slack: SlackStandIn


class SlackStandIn(Served):
    """Takes messages at `webhook_url` and at `api` + chat.postMessage; a context manager.

    `per_second` limits each channel as Slack does (None: no limit), by `clock` in seconds. Faults put
    in by `script` answer the next requests, one each.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.messages: list[SlackMessage] = []
        self.requests = 0
        self.closing = threading.Event()
        self._faults: deque[Fault] = deque()
        self._lock = threading.Lock()
        self._per_second = per_second
        self._clock = clock
        self._free_at: dict[str, float] = {}
        server = self._server = _Server(("127.0.0.1", port), _Handler)
        server.slack = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def host(self) -> str:
        """The host:port to name in VARTA_ALLOW_HOSTS."""
        return f"127.0.0.1:{self.port}"

    @property
    def webhook_url(self) -> str:
        """The address of the incoming webhook."""
        return f"http://{self.host}{WEBHOOK}"

    @property
    def api(self) -> str:
        """What stands for https://slack.com/api/; its token is TOKEN."""
        return f"http://{self.host}/api/"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        super().__exit__(kind, error, trace)

    def script(self, *faults: Fault) -> None:
        """Let the next requests end so."""
        with self._lock:
            self._faults.extend(faults)

    def next_fault(self) -> Fault | None:
        """What the request that just came must end as."""
        with self._lock:
            self.requests += 1
            return self._faults.popleft() if self._faults else None

    def wait_for(self, channel: str) -> int:
        """0 when `channel` may post now, else the seconds that Retry-After tells."""
        if self._per_second is None:
            return 0
        with self._lock:
            now, free_at = self._clock(), self._free_at.get(channel, 0.0)
            if now < free_at:
                return max(1, math.ceil(free_at - now))
            self._free_at[channel] = now + 1 / self._per_second
            return 0

    def record(self, channel: str, payload: dict[str, Any]) -> str:
        """Keep the message; its ts, as Slack would name it."""
        with self._lock:
            self.messages.append(SlackMessage(channel, payload, datetime.now(UTC)))
            return f"1700000000.{len(self.messages):06d}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30
    _JSON: ClassVar = (("Content-Type", "application/json; charset=utf-8"),)

    def do_POST(self) -> None:
        slack = self.server.slack
        fault = slack.next_fault()
        if fault == "drop":
            return
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LONGEST_BODY))
        if fault == "hang":
            slack.closing.wait(_HANG)
        elif isinstance(fault, Answer):
            self._answer(fault)
        else:
            answer = self._webhook(body) if self.path.startswith("/services/") else self._api(body)
            if fault != "drop_after":
                self._answer(answer)

    def _webhook(self, body: bytes) -> Answer:
        if self.path != WEBHOOK:
            return Answer(404, "no_service")
        payload = _parse(body)
        if payload is None:
            return Answer(400, "invalid_payload")
        if problems := check(payload):
            return Answer(400, _name(problems))
        if seconds := self.server.slack.wait_for(self.path):
            return Answer(429, "rate_limited", (("Retry-After", str(seconds)),))
        self.server.slack.record(self.path, payload)
        return Answer(200, "ok")

    def _api(self, body: bytes) -> Answer:
        payload = _parse(body) or {}
        channel = str(payload.get("channel") or "")
        if error := self._api_error(payload, channel):
            return Answer(200, json.dumps({"ok": False, "error": error}), self._JSON)
        if seconds := self.server.slack.wait_for(channel):
            return Answer(429, '{"ok":false,"error":"ratelimited"}', (("Retry-After", str(seconds)),))
        ts = self.server.slack.record(channel, payload)
        return Answer(200, json.dumps({"ok": True, "channel": channel, "ts": ts}), self._JSON)

    def _api_error(self, payload: dict[str, Any], channel: str) -> str:
        if self.path != "/api/chat.postMessage":
            return "unknown_method"
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return "invalid_auth"
        if not channel:
            return "channel_not_found"
        problems = check(payload)
        return _name(problems) if problems else ""

    def _answer(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name in the base class
        """Quiet: the messages are the record."""


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        payload = json.loads(body)
    except ValueError:
        return None
    return payload if isinstance(payload, dict) else None


def _name(problems: list[str]) -> str:
    """The error that Slack itself would answer with; it knows no finer ones for blocks."""
    name = problems[0].split(":", 1)[0]
    return name if name in ("no_text", "msg_blocks_too_long") else "invalid_blocks"
