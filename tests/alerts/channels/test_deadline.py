from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import Channel, slack
from alerts.channels.deadline import DEADLINE, Deadline
from alerts.channels.mail import MailChannel, SmtpSettings, Tls
from alerts.channels.slack import SlackChannel
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Message
from flows.demo.slack_server import WEBHOOK
from storage.leases import LEASE
from tests.builders_alerts import KEY

MESSAGE = Message(subject="subject", text="text\n")
TALK = (b"220 hello\r\n", b"250 fine\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")
PATIENCE = 10.0  # seconds
END = b"\r\n.\r\n"  # of a message
SLOW_HANDSHAKE = b"\x16\x03\x03\x40\x00\x02"  # a TLS record of 16 KiB begins


@contextmanager
def dripping(*said: bytes, drop: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that says each of `said`, hears an answer to each but the last, then drips `drop`.

    An empty `drop` is silence.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)

        def talk() -> None:
            raw, _ = listener.accept()
            raw.settimeout(PATIENCE)
            with contextlib.suppress(OSError), tls.wrap_socket(raw, server_side=True) if tls else raw as connection:
                for number, words in enumerate(said):
                    if number:
                        hear(connection, END if said[number - 1].startswith(b"354") else b"\n")
                    connection.sendall(words)
                for _ in range(int(PATIENCE * 10)):
                    if drop:
                        connection.sendall(drop)
                    elif not connection.recv(65_536):
                        return
                    time.sleep(0.1)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def hear(connection: socket.socket, end: bytes) -> None:
    heard = b""
    while not heard.endswith(end):
        piece = connection.recv(65_536)
        if not piece:
            raise ConnectionResetError
        heard += piece


def mail_to(port: int, **changes: Any) -> MailChannel:
    settled: dict[str, Any] = {"timeout": 5.0, "deadline": 1.0}
    tls = changes.pop("tls", Tls.NONE)
    settings = SmtpSettings("127.0.0.1", port, tls=tls)
    return MailChannel(settings, "varta@news.example", "editor@example.org", **(settled | changes))


def slack_to(port: int, scheme: str = "http", **changes: Any) -> SlackChannel:
    settled: dict[str, Any] = {"timeouts": (5.0, 5.0), "deadline": 1.0}
    url = f"{scheme}://127.0.0.1:{port}{WEBHOOK}"
    return SlackChannel(webhook=url, allow_hosts=frozenset({"127.0.0.1"}), **(settled | changes))


def refusal(channel: Channel, message: Message = MESSAGE) -> tuple[DeliveryError, float]:
    """How the send failed, and after how many seconds."""
    began = time.monotonic()
    with pytest.raises(DeliveryError) as raised:
        channel.send(message, KEY)
    return raised.value, time.monotonic() - began


def assert_cut_off(channel: Channel, outcome: SendOutcome, message: Message = MESSAGE) -> None:
    error, seconds = refusal(channel, message)
    assert "no complete answer within 1 s" in str(error)
    assert error.outcome is outcome
    assert 0.9 < seconds < 3.0


def test_one_send_ends_long_before_its_lease() -> None:
    assert LEASE.total_seconds() > DEADLINE + slack._MOST_PAGES * slack._LOOKING


# Mail


@pytest.mark.parametrize(
    ("said", "drop"),
    [
        ((), b"220-hello\r\n"),
        ((), b"2"),
        (TALK[:1], b"250-HELP\r\n"),
        ((*TALK[:1], b"25"), b""),  # half an answer is not the answer 25
        ((*TALK[:2], b"550"), b" "),  # nor is half a refusal a refusal
        (TALK[:3], b"250-ok\r\n"),
        (TALK[:4], b"354-go\r\n"),
    ],
)
def test_a_mail_server_that_drips_before_the_message_is_tried_again(said: tuple[bytes, ...], drop: bytes) -> None:
    with dripping(*said, drop=drop) as port:
        assert_cut_off(mail_to(port), SendOutcome.RETRY)


@pytest.mark.parametrize(
    ("last", "drop"),
    [(b"", b"250-almost\r\n"), (b"250 2.0.0 Ok: queued as ", b"4"), (b"451 4.3.0 lat", b"e"), (b"25", b"")],
)
def test_a_reply_dripped_after_the_message_is_unknown(last: bytes, drop: bytes) -> None:
    with dripping(*TALK, last, drop=drop) as port:
        assert_cut_off(mail_to(port), SendOutcome.UNKNOWN)


def test_a_server_that_hardly_reads_the_message_is_tried_again() -> None:
    large = Message(subject="subject", text="x" * 8_000_000)
    with stuffed() as port:
        assert_cut_off(mail_to(port), SendOutcome.RETRY, large)


@contextmanager
def stuffed() -> Iterator[int]:
    """The port of a mail server that asks for the message and then takes next to nothing of it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.settimeout(10)
        done = threading.Event()

        def talk() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                for number, words in enumerate(TALK):
                    if number:
                        hear(connection, b"\n")
                    connection.sendall(words)
                done.wait(10)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        done.set()
        thread.join()


def test_a_goodbye_dripped_does_not_undo_the_delivery() -> None:
    began = time.monotonic()
    with dripping(*TALK, b"250 2.0.0 Ok: queued as 4F1B2C\r\n", drop=b"221-bye\r\n") as port:
        assert mail_to(port).send(MESSAGE, KEY).provider_id == "4F1B2C"
    assert time.monotonic() - began < 3.0


@pytest.mark.parametrize(
    ("said", "tls"),
    [((), Tls.IMPLICIT), ((TALK[0], b"250-hi\r\n250 STARTTLS\r\n", b"220 go\r\n"), Tls.STARTTLS)],
)
def test_a_tls_handshake_dripped_by_a_mail_server_is_tried_again(said: tuple[bytes, ...], tls: Tls) -> None:
    with dripping(*said, SLOW_HANDSHAKE, drop=b"\0") as port:
        assert_cut_off(mail_to(port, tls=tls), SendOutcome.RETRY)


@pytest.mark.parametrize(
    ("said", "drop", "outcome"),
    [
        ((), b"220-hello\r\n", SendOutcome.RETRY),
        (TALK[:1], b"250-HELP\r\n", SendOutcome.RETRY),
        ((*TALK, b""), b"250-almost\r\n", SendOutcome.UNKNOWN),
    ],
)
def test_the_deadline_holds_inside_tls(
    said: tuple[bytes, ...], drop: bytes, outcome: SendOutcome, authority: tuple[Path, Path]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority[1])
    trust = ssl.create_default_context(cafile=str(authority[0]))
    with dripping(*said, drop=drop, tls=context) as port:
        assert_cut_off(mail_to(port, tls=Tls.IMPLICIT, context=trust), outcome)


@pytest.mark.parametrize("said", [(), TALK[:2]])
def test_a_silent_mail_server_is_left_after_the_timeout_of_one_step(said: tuple[bytes, ...]) -> None:
    with dripping(*said, drop=b"") as port:
        error, seconds = refusal(mail_to(port, timeout=0.3, deadline=30.0))
    assert error.outcome is SendOutcome.RETRY
    assert seconds < 2.0


def test_a_server_that_has_the_whole_message_may_think_it_over_until_the_deadline() -> None:
    with dripping(*TALK, b"", drop=b"") as port:
        assert_cut_off(mail_to(port, timeout=0.1), SendOutcome.UNKNOWN)


# Slack


@pytest.mark.parametrize(
    ("said", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Filler: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nX", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\nok", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.0 200 OK\r\n\r\nok", b"\n"),  # cut off, it would look whole
        (b"HTTP/1.0 400 Bad Request\r\n\r\ninvalid_", b"x"),
    ],
)
def test_a_webhook_that_drips_its_answer_is_unknown(said: bytes, drop: bytes) -> None:
    with dripping(said, drop=drop) as port:
        assert_cut_off(slack_to(port), SendOutcome.UNKNOWN)


def test_a_tls_handshake_dripped_by_a_webhook_is_tried_again() -> None:
    with dripping(SLOW_HANDSHAKE, drop=b"\0") as port:
        assert_cut_off(slack_to(port, "https"), SendOutcome.RETRY)


def test_a_silent_webhook_is_left_after_the_timeout_of_one_read() -> None:
    with dripping(drop=b"") as port:
        error, seconds = refusal(slack_to(port, timeouts=(5.0, 0.3), deadline=30.0))
    assert error.outcome is SendOutcome.UNKNOWN
    assert seconds < 2.0


def test_headers_cut_off_leave_no_secret_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with dripping(b"HTTP/1.1 200 OK\r\nX", drop=b"x") as port:
        refusal(slack_to(port))
    assert caplog.records
    assert WEBHOOK not in caplog.text


# The deadline itself


def test_nothing_connects_when_the_time_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, Deadline(0.05) as deadline:
        time.sleep(0.2)
        with pytest.raises(TimeoutError):
            deadline.connect("127.0.0.1", listener.getsockname()[1], 5.0)
        with pytest.raises(TimeoutError):
            deadline.check()


def test_a_connection_outlives_a_deadline_that_was_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with Deadline(0.2) as deadline:
            ours = deadline.connect("127.0.0.1", listener.getsockname()[1], 5.0)
        theirs, _ = listener.accept()
        with ours, theirs:
            time.sleep(0.4)
            theirs.sendall(b"late")
            assert (ours.recv(4), deadline.expired) == (b"late", False)
