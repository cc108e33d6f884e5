"""A stand-in for Slack on 127.0.0.1 that keeps Slack's limits and fails when told to."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl

from alerts.slack_contract import check
from flows.demo.loopback import Served, Server
from flows.demo.slack_room import Room, SlackMessage

WEBHOOK = "/services/T0DEMO/B0DEMO/standinstandinstandin"
TOKEN = "xoxb-stand-in"  # noqa: S105 -- opens nothing but this stand-in
_LONGEST_BODY = 1_000_000
_HANG = 60.0  # seconds, unless the stand-in closes earlier
_DRIP = 0.2  # seconds between two bytes
_READING = {"conversations.history": "channels:history", "conversations.replies": "channels:history"}
_WRITING = {"chat.postMessage": "chat:write", "chat.update": "chat:write"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A scripted answer in place of the real one; nothing is recorded."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Busy:
    """429: the channel that the request was for takes nothing for so many seconds."""

    seconds: int


# drop: close before reading; drop_after: accept, then close without an answer; hang: answer nothing;
# drip: accept, then answer so slowly that nobody waits for it
Fault = Answer | Busy | Literal["", "drop", "drop_after", "hang", "drip"]


class _Server(Server):
    slack: SlackStandIn


class SlackStandIn(Served):
    """Takes messages at `webhook_url` and at the methods of `api`; a context manager.

    `per_second` limits each channel as Slack does (None: no limit), by `clock` in seconds. Faults put
    in by `script` answer the next requests, one each ("": as usual); `broken` answers all of them while it is set.
    Without a scope in `scopes` the methods that need it refuse.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.room = Room(per_second, clock)
        self.requests = 0
        self.broken: Fault = ""
        self.scopes = {"chat:write", "channels:history"}
        self.closing = threading.Event()
        self._faults: deque[Fault] = deque()
        self._lock = threading.Lock()
        server = self._server = _Server(("127.0.0.1", port), _Handler)
        server.slack = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def messages(self) -> list[SlackMessage]:
        """What was taken, in order of arrival."""
        return self.room.messages

    @property
    def early(self) -> Counter[str]:
        """Posts that came while their channel took nothing."""
        return self.room.early

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

    def next_fault(self) -> Fault:
        """What the request that just came must end as."""
        with self._lock:
            self.requests += 1
            return self._faults.popleft() if self._faults else self.broken


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
            is_hook = self.path.startswith("/services/")
            answer = self._webhook(body, fault) if is_hook else self._api(body, fault)
            if fault == "drip":
                self._drip(answer)
            elif fault != "drop_after":
                self._answer(answer)

    def _webhook(self, body: bytes, fault: Fault) -> Answer:
        if self.path != WEBHOOK:
            return Answer(404, "no_service")
        payload = _parse(body)
        if payload is None:
            return Answer(400, "invalid_payload")
        if problems := check(payload):
            return Answer(400, _name(problems))
        if seconds := self._busy(self.path, fault):
            return Answer(429, "rate_limited", (("Retry-After", str(seconds)),))
        self.server.slack.room.post(self.path, payload)
        return Answer(200, "ok")

    def _api(self, body: bytes, fault: Fault) -> Answer:
        method = self.path.removeprefix("/api/")
        is_form = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        # the methods that read take no JSON, as with Slack
        asked: dict[str, Any] = dict(parse_qsl(body.decode())) if is_form else {}
        asked = asked or ((_parse(body) or {}) if method in _WRITING else {})
        channel = str(asked.get("channel") or "")
        if error := self._refusal(method, asked, channel):
            return self._told({"ok": False, "error": error})
        if method in _WRITING and (seconds := self._busy(channel, fault)):
            return Answer(429, '{"ok":false,"error":"ratelimited"}', (("Retry-After", str(seconds)),))
        try:
            return self._told({"ok": True, "channel": channel} | self._do(method, channel, asked))
        except KeyError:
            error = "message_not_found" if method == "chat.update" else "thread_not_found"
            return self._told({"ok": False, "error": error})

    def _refusal(self, method: str, asked: dict[str, Any], channel: str) -> str:
        scope = (_READING | _WRITING).get(method)
        if scope is None:
            return "unknown_method"
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return "invalid_auth"
        if scope not in self.server.slack.scopes:
            return "missing_scope"
        if not channel:
            return "channel_not_found"
        problems = check(asked) if method in _WRITING else []
        return _name(problems) if problems else ""

    def _do(self, method: str, channel: str, asked: dict[str, Any]) -> dict[str, Any]:
        room = self.server.slack.room
        if method == "chat.postMessage":
            return {"ts": room.post(channel, asked)}
        if method == "chat.update":
            room.update(channel, str(asked.get("ts")), {n: asked[n] for n in ("text", "blocks") if n in asked})
            return {"ts": asked.get("ts")}
        most, cursor = int(asked.get("limit") or _LONGEST_BODY), str(asked.get("cursor") or "")
        if method == "conversations.replies":
            found, following = room.replies(channel, str(asked.get("ts")), cursor, most)
        else:
            found, following = room.history(channel, float(asked.get("oldest") or 0), cursor, most)
        with_all = asked.get("include_all_metadata") == "true"
        shown = [_shown(message, with_metadata=with_all) for message in found]
        return {"messages": shown, "has_more": bool(following), "response_metadata": {"next_cursor": following}}

    def _busy(self, channel: str, fault: Fault) -> int:
        room = self.server.slack.room
        seconds = room.wait_for(channel)
        if not seconds and isinstance(fault, Busy):
            room.close_for(channel, fault.seconds)
            return fault.seconds
        return seconds

    def _told(self, answer: dict[str, Any]) -> Answer:
        return Answer(200, json.dumps(answer), self._JSON)

    def _answer(self, answer: Answer) -> None:
        self.wfile.write(self._head(answer) + answer.body.encode())

    def _drip(self, answer: Answer) -> None:
        with contextlib.suppress(OSError):  # the client has gone
            for byte in self._head(answer) + answer.body.encode():
                self.wfile.write(bytes([byte]))
                if self.server.slack.closing.wait(_DRIP):
                    return

    def _head(self, answer: Answer) -> bytes:
        told = (*answer.headers, ("Content-Length", str(len(answer.body.encode()))))
        lines = [f"HTTP/1.0 {answer.status} Stand-in", *(f"{name}: {value}" for name, value in told), "", ""]
        return "\r\n".join(lines).encode()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name in the base class
        """Quiet: the messages are the record."""


def _shown(message: SlackMessage, *, with_metadata: bool) -> dict[str, Any]:
    """A message as Slack's history tells it; its metadata only to those who ask."""
    hidden = {"channel", "unfurl_links", "unfurl_media"} | (set() if with_metadata else {"metadata"})
    told = {name: value for name, value in message.payload.items() if name not in hidden}
    return {"type": "message", "ts": message.ts} | told


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
