"""Alerts sent by mail: one SMTP transaction for one recipient, encrypted unless told otherwise."""

from __future__ import annotations

import contextlib
import enum
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import formataddr, formatdate, parseaddr
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from alerts.channels.deadline import DEADLINE, Deadline
from alerts.cleaning import clean_text
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Message, Receipt
from alerts.redact import redact
from alerts.rendering import WATCH_HEADER

TIMEOUT = 10.0  # seconds for each step with the server
_LONGEST_HEADER = 180
_OWN_HEADERS = {
    "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "message-id", "references", "in-reply-to",
    "list-id", "mime-version", "content-type", "content-transfer-encoding",
}  # fmt: skip
_ADDRESS = re.compile(r"<https?://[!-;=?-~]{1,900}>")  # a line on the wire has 998 characters at most
_WIRE = compat32.clone(linesep="\r\n", max_line_length=76)
_LOGIN_WANTED = (530, 534, 535, 538)
_TOO_LARGE = 552
_FULL = "5.2.2"  # RFC 3463: the mailbox is full
_OUR_FAULT = ("block", "blacklist", "spam", "policy", "reputation", "not allowed", "denied")  # no word on the address
_PASSING, _CLOSING, _FINAL = 400, 421, 500  # SMTP's own numbers
_LAST_PORT = 65_535


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
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), _written_port(parts)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError:
        raise ValueError(_malformed()) from None
    if parts.scheme not in ("smtp", "smtps"):
        raise ValueError("a mail server address begins with smtp:// (or smtps://)")
    # An @ further on means that the password ended the host part early: tell nothing of what follows.
    if not host or parts.path.strip("/") or parts.fragment or "@" in parts.query:
        raise ValueError(_malformed())
    if port is not None and not 1 <= port <= _LAST_PORT:
        raise ValueError(f"the port in the mail server address must be a number from 1 to {_LAST_PORT}")
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


def _written_port(parts: SplitResult) -> int | None:
    """The port, also one that is out of range; raises ValueError for what is no number."""
    written = parts.netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    return int(written) if written.isascii() and written.isdigit() else parts.port


def _malformed() -> str:
    return (
        "expected smtp://user:password@host:587?tls=starttls; "
        "write special characters of the password as %XX, for example / as %2F, # as %23 and ? as %3F"
    )


class _Server(smtplib.SMTP):
    """A connection to the mail server that ends at `deadline`; `implicit` encrypts it from the start."""

    def __init__(
        self, settings: SmtpSettings, deadline: Deadline, timeout: float, implicit: ssl.SSLContext | None
    ) -> None:
        self._deadline = deadline
        self._implicit = implicit
        super().__init__(settings.host, settings.port, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = self._deadline.connect(host, port, timeout)
        return self._implicit.wrap_socket(sock, server_hostname=host) if self._implicit else sock

    def getreply(self) -> tuple[int, bytes]:
        """One answer; raises TimeoutError when it was cut off by the deadline."""
        reply = super().getreply()
        if self._deadline.expired:
            self.close()
        self._deadline.check()
        return reply


class MailChannel:
    """Sends mail to `recipient` from `sender`, which is an address or `Name <address>`.

    `timeout` holds for each step, `deadline` for one whole send, both in seconds. `context` verifies the
    server; the default one trusts the system and SSL_CERT_FILE.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        sender: str,
        recipient: str,
        *,
        context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
        deadline: float = DEADLINE,
    ) -> None:
        self._settings = settings
        self._name, address = parseaddr(sender)
        self._sender = _ascii_address(address, "the sender (VARTA_MAIL_FROM)", SendOutcome.DEAD_CHANNEL)
        self._recipient = _ascii_address(recipient, "the recipient", SendOutcome.DEAD_RECIPIENT)
        self._context = context
        self._timeout = timeout
        self._deadline = deadline

    def edit(self, message: Message, root: str) -> Receipt:  # noqa: ARG002
        """A mail stays as it was sent."""
        raise DeliveryError("a mail cannot be changed", SendOutcome.DEAD_MESSAGE)

    def find(self, key: str, since: datetime, *, root: str = "") -> Receipt | None:  # noqa: ARG002
        """Never known: a mail server does not tell what it took before."""
        raise DeliveryError("a mail server cannot tell what it took", SendOutcome.UNKNOWN, way_works=True)

    def send(self, message: Message, key: str, *, repeat: bool = False, root: str = "") -> Receipt:  # noqa: ARG002
        """Hand `message` over in one transaction; equal keys make equal Message-IDs, which threads go by.

        The outcome is UNKNOWN when the server fell silent after it may have had the whole message.
        """
        content = self._compose(message, key, repeat=repeat)
        server: smtplib.SMTP | None = None
        with Deadline(self._deadline) as deadline:
            try:
                server = self._connect(deadline)
                self._open(server)
                return self._hand_over(server, content, deadline)
            except (smtplib.SMTPException, OSError) as broken:
                raise self._lost(broken, deadline) from None  # the chained text may quote the password
            finally:
                if server is not None:
                    server.close()

    def _connect(self, deadline: Deadline) -> smtplib.SMTP:
        implicit = self._trust() if self._settings.tls is Tls.IMPLICIT else None
        return _Server(self._settings, deadline, self._timeout, implicit)

    def _trust(self) -> ssl.SSLContext:
        return self._context or ssl.create_default_context()

    def _open(self, server: smtplib.SMTP) -> None:
        """Encrypt and log in; nothing of the message has left yet."""
        server.ehlo_or_helo_if_needed()
        if self._settings.tls is Tls.STARTTLS:
            if not server.has_extn("starttls"):
                raise DeliveryError(
                    f"the mail server {self._settings.host} offers no STARTTLS; nothing was sent in clear; "
                    "use a port that does (587), or ?tls=implicit, or ?tls=none if the way is safe without",
                    SendOutcome.DEAD_CHANNEL,
                )
            server.starttls(context=self._trust())
            server.ehlo()
        if self._settings.user:
            server.login(self._settings.user, self._settings.password)

    def _hand_over(self, server: smtplib.SMTP, content: bytes, deadline: Deadline) -> Receipt:
        self._expect(server.mail(self._sender), (250,), _judge_sender)
        self._expect(server.rcpt(self._recipient), (250, 251), _judge_recipient)
        self._expect(server.docmd("DATA"), (354,), _judge_content)
        # A failure in here is no doubt: the last bytes, with the dot that ends the message, never left.
        server.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        if server.sock is not None:
            # who looks through mail before taking it takes his time here; the deadline ends it
            server.sock.settimeout(max(deadline.left, 0.0) + self._timeout)
        try:
            reply = server.getreply()
        except (smtplib.SMTPException, OSError) as broken:
            why = _too_slow(deadline) if deadline.expired else self._said(str(broken))
            raise DeliveryError(
                f"the mail server's answer was lost after the message: {why}", SendOutcome.UNKNOWN
            ) from None
        self._expect(reply, (250,), _judge_end)
        _say_goodbye(server)
        queued = re.search(rb"queued as <?([\w.@-]+)", reply[1])
        return Receipt(queued[1].decode("ascii", "replace") if queued else "")

    def _expect(
        self, reply: tuple[int, bytes], good: tuple[int, ...], judge: Callable[[int, str], SendOutcome]
    ) -> None:
        code, said = reply[0], self._said(reply[1].decode("utf-8", "replace"))
        if code not in good:
            # 421 closes the way; another 4xx after MAIL is about this recipient or message: greylisting, a full box
            outcome = judge(code, said)
            works = judge is not _judge_sender and outcome is SendOutcome.RETRY and code != _CLOSING
            raise DeliveryError(f"the mail server answered {code}: {said}", outcome, code=code, way_works=works)

    def _lost(self, broken: smtplib.SMTPException | OSError, deadline: Deadline) -> DeliveryError:
        """Whatever ended the talk before the message was handed over."""
        if deadline.expired:  # whatever was heard may be half an answer
            return DeliveryError(f"the mail server gave {_too_slow(deadline)}", SendOutcome.RETRY)
        told = self._said(str(broken))
        if isinstance(broken, ssl.SSLCertVerificationError):
            return DeliveryError(
                f"the certificate of the mail server {self._settings.host} is not trusted ({told}); "
                "for a private authority set SSL_CERT_FILE to its certificate",
                SendOutcome.DEAD_CHANNEL,
            )
        if isinstance(broken, smtplib.SMTPResponseException):
            code, reply = broken.smtp_code, broken.smtp_error
            said = self._said(reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply)
            outcome = _judge(code, SendOutcome.DEAD_CHANNEL)
            return DeliveryError(f"the mail server answered {code}: {said}", outcome, code=code)
        if isinstance(broken, smtplib.SMTPServerDisconnected) or not isinstance(broken, smtplib.SMTPException):
            return DeliveryError(f"the mail server could not be reached: {told}", SendOutcome.RETRY)
        return DeliveryError(f"the mail server cannot be used: {told}", SendOutcome.DEAD_CHANNEL)

    def _said(self, text: str) -> str:
        return clean_text(redact(text, (self._settings.password,)), 300)

    def _compose(self, message: Message, key: str, *, repeat: bool) -> bytes:
        name = _plain_id(key)
        # Not EmailMessage: on Python 3.11 it loses blanks of Cyrillic subjects (cpython issue 92081).
        mail = MIMEMultipart("alternative", boundary=f"=_{name[:60]}")  # base64 cannot hold "_"
        for header, value in self._headers(message, name).items():
            mail[header] = value  # type: ignore[assignment]  # compat32 takes a Header, typeshed only str
        if repeat:
            mail["X-Varta-Possible-Repeat"] = "yes"
        for subtype, text in (("plain", message.text), ("html", message.html)):
            if text:
                mail.attach(_body(text, subtype))
        return bytes(mail.as_bytes(policy=_WIRE))

    def _headers(self, message: Message, name: str) -> dict[str, str | Header]:
        domain = self._sender.rpartition("@")[2]
        subject = message.subject or message.text.split("\n", 1)[0]
        return {
            "From": _from_header(self._name, self._sender),
            "To": self._recipient,
            "Subject": _header("Subject", subject),
            "Message-ID": f"<{name}@{domain}>",
            "Date": formatdate(),
            **{
                given: _given(given, value)
                for given, value in message.headers.items()
                if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", given) and given.lower() not in _OWN_HEADERS
            },
            **_sorting_headers(message, domain),
        }


def _sorting_headers(message: Message, domain: str) -> dict[str, str | Header]:
    """What mail programs sort by: the watch as a list, the first mail of the story as the root of a thread."""
    watch, root = _plain_id(message.headers.get(WATCH_HEADER, "")), _plain_id(message.thread)
    listed: dict[str, str | Header] = {"List-Id": f"<{watch}.watch.{domain}>"} if watch else {}
    return listed | ({"In-Reply-To": f"<{root}@{domain}>", "References": f"<{root}@{domain}>"} if root else {})


def _plain_id(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", text)


def _given(name: str, value: str) -> str | Header:
    """An address in angle brackets stays literal: no mail program decodes List-Unsubscribe."""
    return value if _ADDRESS.fullmatch(value) else _header(name, value)


def _body(text: str, subtype: str) -> MIMEText:
    # Lone surrogates cannot be encoded; the text of a mail has CRLF line ends also inside base64.
    sound = text.encode("utf-8", "replace").decode("utf-8")
    return MIMEText("\r\n".join(sound.splitlines()) + "\r\n", subtype, "utf-8")


def _header(name: str, text: str) -> Header:
    """One line, whatever `text` holds; what looks like an encoded word is encoded, so nobody decodes it."""
    cleaned = clean_text(text, _LONGEST_HEADER)
    charset = "us-ascii" if cleaned.isascii() and "=?" not in cleaned else "utf-8"
    return Header(cleaned, charset, header_name=name)


def _from_header(name: str, address: str) -> str | Header:
    cleaned = clean_text(name, 60)
    if cleaned.isascii():
        return formataddr((cleaned, address))
    header = Header(cleaned, "utf-8", header_name="From")
    header.append(f"<{address}>", "us-ascii")
    return header


def _ascii_address(address: str, what: str, otherwise: SendOutcome) -> str:
    local, _, domain = address.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    if not re.fullmatch(r"[!-;=?-~]+", local) or not re.fullmatch(r"[A-Za-z0-9.-]+", ascii_domain):
        raise DeliveryError(f"{what} is not a mail address", otherwise)
    return f"{local}@{ascii_domain}"


def _too_slow(deadline: Deadline) -> str:
    return f"no complete answer within {deadline.seconds:g} s"


def _say_goodbye(server: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):  # the message has been taken already
        server.quit()


def _judge(code: int, otherwise: SendOutcome) -> SendOutcome:
    if _PASSING <= code < _FINAL:
        return SendOutcome.RETRY
    return SendOutcome.DEAD_CHANNEL if code in _LOGIN_WANTED else otherwise


def _judge_sender(code: int, _: str) -> SendOutcome:
    too_large = code == _TOO_LARGE
    return _judge(code, SendOutcome.DEAD_MESSAGE if too_large else SendOutcome.DEAD_CHANNEL)


def _judge_recipient(code: int, said: str) -> SendOutcome:
    told = said.lower()
    if _FULL in told:
        return SendOutcome.RETRY  # the code says for ever, but somebody will tidy up
    if "relay" in told:
        return _judge(code, SendOutcome.DEAD_CHANNEL)  # who will not relay refuses everybody, not this address
    names_address = told.startswith(("5.1.", "5.2.1"))
    refuses_us = not names_address and (told.startswith("5.7.") or any(word in told for word in _OUR_FAULT))
    return _judge(code, SendOutcome.DEAD_MESSAGE if refuses_us else SendOutcome.DEAD_RECIPIENT)


def _judge_content(code: int, _: str) -> SendOutcome:
    return _judge(code, SendOutcome.DEAD_MESSAGE)


def _judge_end(code: int, said: str) -> SendOutcome:
    # Neither a yes nor a no after the whole message: it may have been taken.
    return _judge_content(code, said) if code >= 400 else SendOutcome.UNKNOWN  # noqa: PLR2004
