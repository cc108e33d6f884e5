"""Alerts sent by mail: one SMTP transaction for one recipient, encrypted unless told otherwise."""

from __future__ import annotations

import enum
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import formatdate, parseaddr
from urllib.parse import parse_qsl, unquote, urlsplit

from alerts.cleaning import clean_text
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Message, Receipt
from alerts.redact import redact
from alerts.rendering import STORY_HEADER, WATCH_HEADER

TIMEOUT = 30.0  # seconds for each step with the server
_LONGEST_HEADER = 180
_OWN_HEADERS = {
    "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "message-id", "references", "in-reply-to",
    "list-id", "mime-version", "content-type", "content-transfer-encoding",
}  # fmt: skip
_SEVENBIT = compat32.clone(linesep="\r\n", max_line_length=76, cte_type="7bit")


class Tls(enum.StrEnum):
    """How the way to the mail server is encrypted."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


_PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How to reach the mail server. Without `user` nobody logs in."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = Tls.STARTTLS


def parse_smtp_url(url: str) -> SmtpSettings:
    """Settings of smtp://user:password@host:587?tls=starttls (or implicit, none); smtps:// is implicit.

    Raises ValueError with a sentence that names what is wrong, and never the password.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError:
        raise ValueError(_malformed()) from None
    if parts.scheme not in ("smtp", "smtps"):
        raise ValueError("a mail server address begins with smtp:// (or smtps://)")
    if not host or parts.path.strip("/") or parts.fragment:
        raise ValueError(_malformed())
    if unknown := options.keys() - {"tls"}:
        raise ValueError(f"unknown option `{min(unknown)}` in the mail server address; only `tls` is known")
    chosen = options.get("tls", Tls.IMPLICIT if parts.scheme == "smtps" else Tls.STARTTLS)
    if chosen not in list(Tls):
        raise ValueError("`tls` in the mail server address can be starttls, implicit or none")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("the mail server address needs both a user and a password, or neither")
    if not (user.isascii() and password.isascii()):
        raise ValueError("SMTP carries a user and a password in ASCII only")
    return SmtpSettings(host, port or _PORTS[Tls(chosen)], user, password, Tls(chosen))


def _malformed() -> str:
    return (
        "expected smtp://user:password@host:587?tls=starttls; "
        "write special characters of the password as %XX, for example / as %2F and # as %23"
    )


class MailChannel:
    """Sends mail to `recipient` from `sender`, which is an address or `Name <address>`.

    `context` verifies the server; the default one trusts the system and SSL_CERT_FILE.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        sender: str,
        recipient: str,
        *,
        context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._settings = settings
        self._name, address = parseaddr(sender)
        self._sender = _ascii_address(address, "the sender (VARTA_MAIL_FROM)", SendOutcome.DEAD_CHANNEL)
        self._recipient = _ascii_address(recipient, "the recipient", SendOutcome.DEAD_RECIPIENT)
        self._context = context
        self._timeout = timeout

    def send(self, message: Message, key: str, *, repeat: bool = False) -> Receipt:
        """Hand `message` over in one transaction; equal keys make equal Message-IDs.

        The outcome is UNKNOWN when the server fell silent after it may have had the whole message.
        """
        content = self._compose(message, key, repeat=repeat)
        server: smtplib.SMTP | None = None
        try:
            server = self._connect()
            self._open(server)
            return self._hand_over(server, content)
        except (smtplib.SMTPException, OSError) as broken:
            raise self._lost(broken) from None  # the chained text may quote the password
        finally:
            if server is not None:
                server.close()

    def _connect(self) -> smtplib.SMTP:
        host, port = self._settings.host, self._settings.port
        if self._settings.tls is Tls.IMPLICIT:
            return smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=self._trust())
        return smtplib.SMTP(host, port, timeout=self._timeout)

    def _trust(self) -> ssl.SSLContext:
        return self._context or ssl.create_default_context()

    def _open(self, server: smtplib.SMTP) -> None:
        """Encrypt and log in; nothing of the message has left yet."""
        server.ehlo_or_helo_if_needed()
        if self._settings.tls is Tls.STARTTLS:
            if not server.has_extn("starttls"):
                raise DeliveryError(
                    f"the mail server {self._settings.host} offers no STARTTLS, so nothing was sent in clear; "
                    "use a port that does (587), or ?tls=implicit, or ?tls=none if the way is safe without",
                    SendOutcome.DEAD_CHANNEL,
                )
            server.starttls(context=self._trust())
            server.ehlo()
        if self._settings.user:
            server.login(self._settings.user, self._settings.password)

    def _hand_over(self, server: smtplib.SMTP, content: bytes) -> Receipt:
        self._expect(server.mail(self._sender), 250, _judge_sender)
        self._expect(server.rcpt(self._recipient), (250, 251), _judge_recipient)
        self._expect(server.docmd("DATA"), 354, _judge_content)
        try:
            server.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
            reply = server.getreply()
        except (smtplib.SMTPException, OSError) as broken:
            raise DeliveryError(
                f"the mail server's answer was lost after the message: {self._said(str(broken))}",
                SendOutcome.UNKNOWN,
            ) from None
        self._expect(reply, 250, _judge_content)
        _say_goodbye(server)
        queued = re.search(rb"queued as <?([\w.@-]+)", reply[1])
        return Receipt(queued[1].decode("ascii", "replace") if queued else "")
