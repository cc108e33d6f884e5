"""A stand-in for a mail server on 127.0.0.1 that keeps what it takes and fails when told to."""

from __future__ import annotations

import asyncio
import email
import enum
import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from functools import partial
from types import TracebackType
from typing import Any, AnyStr, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

DROP = "drop"  # close without an answer; at the end of a message: after taking it
HANG = "hang"  # say nothing until the stand-in closes; at the end of a message: after taking it
_MOST_CONNECTIONS = 256


class Stage(enum.StrEnum):
    """Where in the talk a fault is put: the step that would be answered next."""

    CONNECT = "CONNECT"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "END"  # of a message


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

    With `tls` it offers STARTTLS; with `users` (name: password) a login is required. Faults put in by `script`
    answer the next steps of that stage, one each: a reply such as "451 4.3.0 later", DROP, HANG, or "" for the usual.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.messages: list[Mail] = []
        self._faults: dict[Stage, deque[str]] = defaultdict(deque)
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

    def script(self, stage: Stage, *faults: str) -> None:
        """Let the next steps of this stage end so."""
        self._faults[stage].extend(faults)

    def next_fault(self, stage: Stage) -> str:
        """What the step that comes now must end as; "" for the usual."""
        return self._faults[stage].popleft() if self._faults[stage] else ""

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
        connection = _Connection(
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

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the message and name it, or answer as scripted."""
        fault = self.next_fault(Stage.END)
        if fault not in ("", DROP, HANG):
            return fault
        number = self._keep(session, envelope)
        await self.silence(server, fault)
        return f"250 2.0.0 OK: queued as {number:08d}"

    async def silence(self, connection: SMTP, fault: str) -> None:
        """Close, or say nothing, as the fault wants."""
        if fault == HANG:
            await self._silence.wait()
        if fault == DROP:
            _cut(connection)

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


class _Connection(SMTP):
    """One talk with a client, which may go wrong at each stage."""

    def __init__(self, stand_in: MailStandIn, **options: Any) -> None:
        super().__init__(stand_in, **options)
        self._stand_in = stand_in
        self._is_greeted = False
        for stage in Stage:
            if stage in self._smtp_methods:
                self._smtp_methods[stage] = partial(self._step, stage, self._smtp_methods[stage])

    async def _step(self, stage: Stage, usual: Callable[[str | None], Awaitable[None]], words: str | None) -> None:
        if not (fault := self._stand_in.next_fault(stage)):
            await usual(words)
        elif fault in (DROP, HANG):
            await self._stand_in.silence(self, fault)
        else:
            await self.push(fault)

    async def push(self, status: AnyStr) -> None:
        """Answer; the greeting comes through here, too."""
        greeting = "" if self._is_greeted else self._stand_in.next_fault(Stage.CONNECT)
        self._is_greeted = True
        await self._stand_in.silence(self, greeting)
        if greeting in ("", DROP, HANG):
            await super().push(status)
        else:
            await super().push(greeting)


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
