"""A stand-in for a mail server on 127.0.0.1 that keeps what it takes and fails when told to."""

from __future__ import annotations

import asyncio
import email
import socket
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

DROP = "drop"  # take the message, then close without an answer
HANG = "hang"  # take the message, then stay silent until the stand-in closes
_MOST_CONNECTIONS = 256


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the stand-in took: the envelope, the bytes on the wire, how it came."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    arrived: datetime
    encrypted: bool
    user: str

    @property
    def message(self) -> Message:
        """The parsed mail."""
        return email.message_from_bytes(self.raw)


class MailStandIn:
    """Takes mail at 127.0.0.1:`port`; a context manager.

    With `tls` it offers STARTTLS; with `users` (name: password) a login is required. `at_rcpt` and
    `at_data` script the next answers to RCPT and to a whole message: a reply such as "451 4.3.0 later",
    DROP or HANG (only at data), or "" for the usual answer.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.messages: list[Mail] = []
        self.at_rcpt: deque[str] = deque()
        self.at_data: deque[str] = deque()
        self._tls = tls
        self._users = dict(users or {})
        self._socket = _listening(port)
        self._loop = asyncio.new_event_loop()
        self._silence = asyncio.Event()
        self._connections: list[SMTP] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def port(self) -> int:
        """The port, also when it was chosen by the system."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """What VARTA_SMTP_URL would be, without user and password."""
        return f"smtp://127.0.0.1:{self.port}?tls={'starttls' if self._tls else 'none'}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(self._session, sock=self._socket))
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        """Let every session end by itself, so that no socket and no task is left behind."""
        self._silence.set()
        for connection in self._connections:
            _cut(connection)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # the transports close their sockets in the next round

    def _session(self) -> SMTP:
        connection = SMTP(
            self,
            tls_context=self._tls,
            auth_required=bool(self._users),
            auth_require_tls=self._tls is not None,
            require_starttls=self._tls is not None,
            authenticator=self._authenticate,
            hostname="mail.stand-in.example",
            loop=self._loop,
        )
        self._connections.append(connection)
        return connection

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        login = given.login.decode() if isinstance(given, LoginPassword) else ""
        good = bool(login) and self._users.get(login) == given.password.decode()
        return AuthResult(success=good, handled=False, auth_data=login if good else None)

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the recipient, or answer as scripted."""
        if self.at_rcpt and (reply := self.at_rcpt.popleft()):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the message and name it, or answer as scripted."""
        fault = self.at_data.popleft() if self.at_data else ""
        if fault not in ("", DROP, HANG):
            return fault
        number = self._keep(session, envelope)
        if fault == HANG:
            await self._silence.wait()
        if fault == DROP:
            _cut(server)
        return f"250 2.0.0 OK: queued as {number:08d}"

    def _keep(self, session: Session, envelope: Envelope) -> int:
        self.messages.append(
            Mail(
                sender=str(envelope.mail_from),
                recipients=tuple(envelope.rcpt_tos),
                raw=bytes(envelope.original_content or b""),
                arrived=datetime.now(UTC),
                encrypted=session.ssl is not None,
                user=str(session.auth_data or ""),
            )
        )
        return len(self.messages)


def _listening(port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle's delay (40 ms a mail) off only then.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(_MOST_CONNECTIONS)
    return listener


def _cut(connection: SMTP) -> None:
    if isinstance(connection.transport, asyncio.WriteTransport):
        connection.transport.abort()
