"""A small page on which the mail and Slack messages of the demo can be looked at."""

from __future__ import annotations

import email
import email.policy
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.demo.loopback import Served, Server
from flows.demo.mail_server import MailStandIn
from flows.demo.mrkdwn import to_html
from flows.demo.slack_server import SlackStandIn

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "inbox"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A delivered mail, decoded for the page."""

    to: str
    subject: str
    html: str
    text: str


class Inbox(Served):
    """Serves the page on loopback while the block lasts. Port 0 takes any free one."""

    def __init__(self, mail: MailStandIn, slack: SlackStandIn, port: int = 0) -> None:
        try:
            self._server = Server(("127.0.0.1", port), _handler(mail, slack))
        except OSError:  # somebody else has that port; any other is as good
            self._server = Server(("127.0.0.1", 0), _handler(mail, slack))
        self._server.daemon_threads = True  # a browser keeps idle connections that nobody waits for
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"


def mails(stand_in: MailStandIn) -> list[Mail]:
    """Every mail that the stand-in took, the most urgent first, of equals the earliest."""
    found = []
    for kept in stand_in.messages:
        parsed = email.message_from_bytes(kept.raw, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content() for part in parsed.walk() if not part.is_multipart()}
        shown = parts.get("text/html", "").replace(
            "<head>", '<head><base target="_blank">', 1
        )  # no link fills the frame
        found.append(Mail(str(parsed["To"]), str(parsed["Subject"]), shown, parts["text/plain"]))
    return sorted(found, key=lambda mail: _rank(mail.subject))


def page(mail: MailStandIn, slack: SlackStandIn) -> str:
    """The whole page as HTML."""
    ordered = sorted(slack.messages, key=lambda kept: _rank(kept.text))
    posts = [to_html(cast("list[dict[str, Any]]", kept.payload.get("blocks", []))) for kept in ordered]
    return _TEMPLATES.get_template("inbox.html.j2").render(mails=mails(mail), posts=posts)


def _rank(text: str) -> int:
    """Where the priority that a subject or a fallback text begins with comes in the page."""
    ranks = {"CRITICAL": 0, "HIGH": 1, "NORMAL": 2, "LOW": 3}
    return ranks.get(text.lstrip("[").partition("]")[0].partition(" ")[0], len(ranks))


def _handler(mail: MailStandIn, slack: SlackStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/"
            body = page(mail, slack).encode() if found else b"not here"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            # the mails are shown in frames without scripts; nothing may be loaded from elsewhere
            policy = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self' data: about:"
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Requests to the page are no news."""

    return Handler
