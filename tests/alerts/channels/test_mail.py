from __future__ import annotations

import base64
import email
import email.policy
import quopri
import random
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.mail import MailChannel, SmtpSettings, Tls, parse_smtp_url
from alerts.channels.opening import open_channel
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Message
from alerts.rendering import render
from flows.demo.mail_server import DROP, HANG, MailStandIn, Stage
from tests.builders_alerts import EDITOR, HOSTILE, KEY, NOW, make_alert, make_coverage

SENDER = "Varta <varta@news.example>"
MESSAGE = Message(subject="subject", text="text\n")
PASSWORD = "p@ss:word/#?%"


@pytest.fixture
def server() -> Iterator[MailStandIn]:
    with MailStandIn() as stand_in:
        yield stand_in


def channel_to(server: MailStandIn, recipient: str = "editor@example.org", **changes: Any) -> MailChannel:
    settings = SmtpSettings("127.0.0.1", server.port, tls=Tls.NONE)
    settled: dict[str, Any] = {"settings": settings, "sender": SENDER, "recipient": recipient, "timeout": 5.0}
    return MailChannel(**(settled | changes))


def refusal(channel: MailChannel, message: Message = MESSAGE) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        channel.send(message, KEY)
    return raised.value


def sent(server: MailStandIn, message: Message, **changes: Any) -> bytes:
    channel_to(server).send(message, KEY, **changes)
    return server.messages[-1].raw


# What a mail looks like


def test_a_rendered_alert_arrives_with_its_headers_and_both_parts(server: MailStandIn) -> None:
    receipt = channel_to(server).send(render(make_alert(), EDITOR, KEY, NOW), KEY)
    (mail,) = server.messages
    parsed = email.message_from_bytes(mail.raw, policy=email.policy.default)
    assert (mail.sender, mail.recipients) == ("varta@news.example", ("editor@example.org",))
    assert receipt.provider_id == "00000001"
    assert {name: str(value) for name, value in parsed.items() if name not in ("Content-Type", "MIME-Version")} == {
        "From": "Varta <varta@news.example>",
        "To": "editor@example.org",
        "Subject": "[HIGH] Рютте назвав дві умови безпеки для України",
        "Message-ID": f"<{KEY}@news.example>",
        "Date": "Mon, 23 Nov 2026 12:03:00 +0000",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Varta-Priority": "high",
        "X-Varta-Watch": "nato-on-ukraine",
        "X-Varta-Story": "48213",
        "List-Id": "<nato-on-ukraine.watch.news.example>",
    }
    text, html = parsed.iter_parts()
    assert "[Марк Рютте]" in text.get_content()
    assert "<mark>Марк Рютте</mark>" in html.get_content()


def test_a_later_mail_of_a_story_answers_its_first(server: MailStandIn) -> None:
    first, later = "a" * 32, replace(MESSAGE, thread="a" * 32)
    channel_to(server).send(MESSAGE, first)
    parsed = email.message_from_bytes(sent(server, later))
    root = email.message_from_bytes(server.messages[0].raw)["Message-ID"]
    assert (parsed["In-Reply-To"], parsed["References"]) == (root, root)


@pytest.mark.parametrize("length", [60, 77, 300, 900])
def test_an_address_to_unsubscribe_stays_literal(server: MailStandIn, length: int) -> None:
    url = "https://alerts.example.org/stop/".ljust(length, "x")
    headers = {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    raw = sent(server, replace(MESSAGE, headers=headers))
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    assert f"<{url}>" in head
    assert email.message_from_string(head)["List-Unsubscribe"].strip() == f"<{url}>"


def test_sending_again_sends_the_same_bytes(server: MailStandIn) -> None:
    message = render(make_alert(), EDITOR, KEY, NOW)
    assert sent(server, message) == sent(server, message)


def test_a_repeat_keeps_the_message_id_and_says_so(server: MailStandIn) -> None:
    parsed = email.message_from_bytes(sent(server, MESSAGE, repeat=True))
    assert parsed["Message-ID"] == f"<{KEY}@news.example>"
    assert parsed["X-Varta-Possible-Repeat"] == "yes"


def test_every_line_on_the_wire_ends_in_crlf_and_keeps_the_limit(server: MailStandIn) -> None:
    alert = make_alert(article=make_coverage(title="Дуже довгий заголовок про оборону " * 8))
    raw = sent(server, render(alert, EDITOR, KEY, NOW))
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert raw.isascii()


def test_a_long_word_keeps_the_line_limit(server: MailStandIn) -> None:
    raw = sent(server, Message(subject="x" * 5000, text="y" * 5000, html="<p>" + "z" * 5000))
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_dots_at_line_starts_survive(server: MailStandIn) -> None:
    text = ".\n..\n.one\n"
    parsed = email.message_from_bytes(sent(server, Message(subject=".", text=text)), policy=email.policy.default)
    body = parsed.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == text


def test_a_non_ascii_domain_and_sender_name_are_encoded(server: MailStandIn) -> None:
    channel = channel_to(server, "editor@приклад.укр", sender="Варта новин <varta@варта.укр>")
    channel.send(MESSAGE, KEY)
    (mail,) = server.messages
    assert mail.recipients == ("editor@xn--80aikifvh.xn--j1amh",)
    assert str(make_header(decode_header(mail.message["From"]))) == f"Варта новин <{mail.sender}>"
    assert mail.message["Message-ID"] == f"<{KEY}@{mail.sender.partition('@')[2]}>"


WORDS = (
    "Рютте", "НАТО", "України", "безпеки", "Київ", "ЗСУ", "ППО", "удар", "дронів", "їжак", "об'єкт",
    "Путин", "ракета", "объект", "съезд", "ёлка", "Patriot", "F-16", "NATO", "Rutte's", "“quoted”",
    "🇺🇦", "👩‍🚒", "🔴", "—", "«Нептун»", "100%", "=?x?=", "a_b", "(sic)", "№5", "ґанок", "é", "日本",
)  # fmt: skip


def decoded_by_hand(raw: bytes) -> str:
    """RFC 2047 as written there, independent of the library that encoded."""
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    found = re.search(r"(?im)^subject: ?([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head)
    assert found
    unfolded = re.sub(r"\r\n(?=[ \t])", "", found[1])
    unfolded = re.sub(r"(\?=)\s+(=\?)", r"\1\2", unfolded)
    words = re.split(r"(=\?utf-8\?[bq]\?[^?\s]*\?=)", unfolded)

    def plain(word: str) -> bytes:
        match = re.fullmatch(r"=\?utf-8\?([bq])\?([^?\s]*)\?=", word)
        if not match:
            return word.encode()
        if match[1] == "b":
            return base64.b64decode(match[2])
        return quopri.decodestring(match[2].replace("_", " ").encode())

    return b"".join(map(plain, words)).decode().strip()


def test_two_thousand_random_subjects_survive_three_decoders(server: MailStandIn) -> None:
    chance = random.Random(20261123)
    channel, wrong = channel_to(server), []
    for number in range(2000):
        subject = "[HIGH] " + " ".join(chance.choices(WORDS, k=chance.randint(1, 18)))[:160].strip()
        raw = channel._compose(Message(subject=subject, text="x"), str(number), repeat=False)
        seen = {
            str(make_header(decode_header(str(email.message_from_bytes(raw)["Subject"]).replace("\r\n", "")))),
            str(email.message_from_bytes(raw, policy=email.policy.default)["Subject"]),
            decoded_by_hand(raw),
        }
        if seen != {subject}:
            wrong.append((subject, seen))
    assert wrong == []


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_subject_adds_no_header_and_hides_nothing(server: MailStandIn, title: str) -> None:
    alert = make_alert(article=make_coverage(title=title, source=title), watch=title, watch_name=title)
    usual = email.message_from_bytes(sent(server, render(make_alert(), EDITOR, KEY, NOW)))
    hostile = email.message_from_bytes(sent(server, render(alert, EDITOR, KEY, NOW)), policy=email.policy.default)
    assert not set(hostile.keys()) - set(usual.keys())
    assert hostile.defects == []
    subject = str(hostile["Subject"])
    assert len(subject) <= 180
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\u200b]", subject)
    assert hostile["Bcc"] is None


def test_what_looks_like_an_encoded_word_is_shown_and_not_decoded(server: MailStandIn) -> None:
    subject = "=?utf-8?q?=0D=0ABcc:_victim@example.org?="
    parsed = email.message_from_bytes(sent(server, Message(subject=subject, text="x")), policy=email.policy.default)
    assert parsed["Subject"] == subject


def test_headers_of_a_message_cannot_replace_ours(server: MailStandIn) -> None:
    headers = {"bcc": "x@example.org", "To": "y@example.org", "X-A: b\r\nBcc": "z", "X-Fine": "a\r\nBcc: q"}
    parsed = email.message_from_bytes(sent(server, Message(subject="s", text="t", headers=headers)))
    assert parsed.get_all("To") == ["editor@example.org"]
    assert parsed["Bcc"] is None
    assert parsed["X-Fine"] == "a Bcc: q"


# What becomes of it


def test_two_recipients_are_two_transactions(server: MailStandIn) -> None:
    server.script(Stage.RCPT, "550 5.1.1 no such user", "")
    assert refusal(channel_to(server, "gone@example.org")).outcome is SendOutcome.DEAD_RECIPIENT
    channel_to(server, "here@example.org").send(MESSAGE, KEY)
    assert [mail.recipients for mail in server.messages] == [("here@example.org",)]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("421 4.3.2 closing", SendOutcome.RETRY),
        ("450 4.2.0 greylisted", SendOutcome.RETRY),
        ("451 4.3.0 later", SendOutcome.RETRY),
        ("452 4.2.2 full", SendOutcome.RETRY),
        ("550 5.1.1 no such user", SendOutcome.DEAD_RECIPIENT),
        ("550 no such user", SendOutcome.DEAD_RECIPIENT),
        ("553 5.1.3 bad address", SendOutcome.DEAD_RECIPIENT),
        ("550 5.2.1 disabled", SendOutcome.DEAD_RECIPIENT),
        ("550 5.1.1 address rejected: access denied", SendOutcome.DEAD_RECIPIENT),
        ("550 5.7.1 client host blocked", SendOutcome.DEAD_MESSAGE),
        ("550 your address is on a blocklist", SendOutcome.DEAD_MESSAGE),
        ("552 5.2.2 mailbox full", SendOutcome.RETRY),
        ("550 5.7.1 Relaying denied", SendOutcome.DEAD_CHANNEL),
        ("554 5.7.1 Relay access denied", SendOutcome.DEAD_CHANNEL),
        ("530 5.7.0 authentication required", SendOutcome.DEAD_CHANNEL),
    ],
)
def test_answers_to_a_recipient_mean_what_the_table_says(server: MailStandIn, reply: str, outcome: SendOutcome) -> None:
    server.script(Stage.RCPT, reply)
    error = refusal(channel_to(server))
    assert (error.outcome, error.code) == (outcome, int(reply[:3]))
    assert server.messages == []


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("421 4.3.2 closing", SendOutcome.RETRY),
        ("451 4.3.0 later", SendOutcome.RETRY),
        ("452 4.3.1 no space", SendOutcome.RETRY),
        ("550 5.7.1 looks like spam", SendOutcome.DEAD_MESSAGE),
        ("552 5.3.4 too big", SendOutcome.DEAD_MESSAGE),
        ("554 5.6.0 Invalid Subject header", SendOutcome.DEAD_MESSAGE),
        ("535 5.7.8 login expired", SendOutcome.DEAD_CHANNEL),
        ("354 go on", SendOutcome.UNKNOWN),
    ],
)
def test_answers_to_the_message_mean_what_the_table_says(server: MailStandIn, reply: str, outcome: SendOutcome) -> None:
    server.script(Stage.END, reply)
    error = refusal(channel_to(server))
    assert (error.outcome, error.code) == (outcome, int(reply[:3]))


@pytest.mark.parametrize(
    ("stage", "reply", "outcome", "is_sound"),
    [
        (Stage.CONNECT, "421 4.3.2 too many connections", SendOutcome.RETRY, False),
        (Stage.CONNECT, "554 5.7.1 go away", SendOutcome.DEAD_CHANNEL, False),
        (Stage.CONNECT, DROP, SendOutcome.RETRY, False),
        (Stage.EHLO, DROP, SendOutcome.RETRY, False),
        (Stage.MAIL, "451 4.3.0 later", SendOutcome.RETRY, False),
        (Stage.MAIL, "530 5.7.0 authentication required", SendOutcome.DEAD_CHANNEL, False),
        (Stage.MAIL, "550 5.1.8 bad sender", SendOutcome.DEAD_CHANNEL, False),
        (Stage.MAIL, "552 5.3.4 too big", SendOutcome.DEAD_MESSAGE, True),
        (Stage.MAIL, DROP, SendOutcome.RETRY, False),
        (Stage.RCPT, "421 4.3.2 closing", SendOutcome.RETRY, False),
        (Stage.RCPT, "450 4.2.0 greylisted", SendOutcome.RETRY, True),
        (Stage.RCPT, "550 5.1.1 no such user", SendOutcome.DEAD_RECIPIENT, True),
        (Stage.RCPT, "554 5.7.1 Relay access denied", SendOutcome.DEAD_CHANNEL, False),
        (Stage.RCPT, DROP, SendOutcome.RETRY, False),
        (Stage.DATA, "451 4.3.0 later", SendOutcome.RETRY, True),
        (Stage.DATA, "554 5.5.1 no valid recipients", SendOutcome.DEAD_MESSAGE, True),
        (Stage.DATA, DROP, SendOutcome.RETRY, False),
        (Stage.END, "452 4.3.1 no space", SendOutcome.RETRY, True),
        (Stage.END, "550 5.7.1 looks like spam", SendOutcome.DEAD_MESSAGE, True),
        (Stage.END, DROP, SendOutcome.UNKNOWN, False),
    ],
)
def test_a_fault_at_each_stage_means_what_the_table_says(
    server: MailStandIn, stage: Stage, reply: str, outcome: SendOutcome, *, is_sound: bool
) -> None:
    server.script(stage, reply)
    error = refusal(channel_to(server))
    assert (error.outcome, error.way_works) == (outcome, is_sound)
    assert len(server.messages) == (outcome is SendOutcome.UNKNOWN)


def test_silence_at_any_stage_before_the_message_is_tried_again(server: MailStandIn) -> None:
    for stage in (Stage.CONNECT, Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.DATA):
        server.script(stage, HANG)
        assert refusal(channel_to(server, timeout=0.2)).outcome is SendOutcome.RETRY


def test_a_server_that_dies_after_the_message_is_unknown(server: MailStandIn) -> None:
    server.script(Stage.END, DROP)
    assert refusal(channel_to(server)).outcome is SendOutcome.UNKNOWN
    assert len(server.messages) == 1


def test_a_server_that_is_silent_after_the_message_is_unknown(server: MailStandIn) -> None:
    server.script(Stage.END, HANG)
    assert refusal(channel_to(server, timeout=0.3, deadline=0.6)).outcome is SendOutcome.UNKNOWN


def test_a_server_that_cannot_be_reached_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    channel = MailChannel(SmtpSettings("127.0.0.1", port, tls=Tls.NONE), SENDER, "a@example.org")
    assert refusal(channel).outcome is SendOutcome.RETRY


@contextmanager
def saying(*lines: bytes) -> Iterator[int]:
    """The port of a server that says these lines, one after each line it hears, then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def talk() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as heard:
                connection.settimeout(5)
                for number, line in enumerate(lines):
                    if number:
                        heard.readline()
                    connection.sendall(line + b"\r\n")
                heard.readline()

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([b"421 4.3.2 too busy"], SendOutcome.RETRY),
        ([b"554 5.3.2 no service here"], SendOutcome.DEAD_CHANNEL),
        ([b"220 hello", b"250 fine", b"451 4.3.0 later"], SendOutcome.RETRY),
        ([b"220 hello", b"250 fine", b"553 5.1.8 sender not owned"], SendOutcome.DEAD_CHANNEL),
        ([b"220 hello", b"250 fine", b"552 5.3.4 too big"], SendOutcome.DEAD_MESSAGE),
        ([b"220 hello", b"250 fine", b"250 ok", b"250 ok", b"451 4.3.0 later"], SendOutcome.RETRY),
        ([b"220 hello", b"250 fine", b"250 ok", b"250 ok", b"554 5.5.1 no"], SendOutcome.DEAD_MESSAGE),
        ([b"220 hello", b"250 fine", b"250 ok", b"250 ok"], SendOutcome.RETRY),
        ([b"220 hello"], SendOutcome.RETRY),
        ([b"HTTP/1.1 400 Bad Request"], SendOutcome.DEAD_CHANNEL),
    ],
)
def test_ends_before_the_message_mean_what_the_table_says(lines: list[bytes], outcome: SendOutcome) -> None:
    with saying(*lines) as port:
        channel = MailChannel(SmtpSettings("127.0.0.1", port, tls=Tls.NONE), SENDER, "a@example.org", timeout=5.0)
        assert refusal(channel).outcome is outcome


def test_a_failing_goodbye_does_not_undo_the_delivery() -> None:
    lines = [b"220 hello", b"250 fine", b"250 ok", b"250 ok", b"354 go"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def talk() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as heard:
                connection.settimeout(5)
                for number, line in enumerate(lines):
                    if number:
                        heard.readline()
                    connection.sendall(line + b"\r\n")
                while heard.readline() != b".\r\n":
                    pass
                connection.sendall(b"250 2.0.0 Ok: queued as 4F1B2C\r\n")

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        settings = SmtpSettings("127.0.0.1", listener.getsockname()[1], tls=Tls.NONE)
        assert MailChannel(settings, SENDER, "a@example.org").send(MESSAGE, KEY).provider_id == "4F1B2C"
        thread.join()


def test_hundreds_of_mails_all_arrive(server: MailStandIn) -> None:
    for number in range(300):
        channel_to(server).send(Message(subject=str(number), text="x"), f"key-{number}")
    assert [mail.message["Subject"] for mail in server.messages] == [str(number) for number in range(300)]


# Encryption and login


@pytest.fixture
def secure(authority: tuple[Path, Path]) -> Iterator[MailStandIn]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority[1])
    with MailStandIn(tls=context, users={"varta": PASSWORD}) as stand_in:
        yield stand_in


def login(server: MailStandIn, password: str = PASSWORD, **changes: Any) -> SmtpSettings:
    settled: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": "varta",
        "password": password,
    }
    return SmtpSettings(**(settled | changes))


def test_the_default_encrypts_trusts_ssl_cert_file_and_logs_in(
    secure: MailStandIn, authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    channel_to(secure, settings=login(secure)).send(MESSAGE, KEY)
    assert [(mail.encrypted, mail.user) for mail in secure.messages] == [(True, "varta")]


def test_a_certificate_of_a_stranger_stops_everything(secure: MailStandIn) -> None:
    error = refusal(channel_to(secure, settings=login(secure)))
    assert error.outcome is SendOutcome.DEAD_CHANNEL
    assert "SSL_CERT_FILE" in str(error)
    assert secure.messages == []


def test_a_certificate_for_another_host_stops_everything(secure: MailStandIn, authority: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=str(authority[0]))
    error = refusal(channel_to(secure, settings=login(secure, host="localhost"), context=context))
    assert error.outcome is SendOutcome.DEAD_CHANNEL
    assert secure.messages == []


def test_a_wrong_password_is_a_dead_channel_and_is_not_told(secure: MailStandIn, authority: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=str(authority[0]))
    error = refusal(channel_to(secure, settings=login(secure, "wrong-password"), context=context))
    assert (error.outcome, error.code) == (SendOutcome.DEAD_CHANNEL, 535)
    assert "wrong-password" not in str(error)


def test_a_login_that_the_server_does_not_know_is_a_dead_channel(server: MailStandIn) -> None:
    error = refusal(channel_to(server, settings=login(server, tls=Tls.NONE)))
    assert error.outcome is SendOutcome.DEAD_CHANNEL


def test_a_server_without_starttls_gets_nothing_in_clear() -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def talk() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                connection.settimeout(5)
                connection.sendall(b"220 hello\r\n")
                for line in stream:
                    heard.append(line)
                    connection.sendall(b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n")

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        settings = SmtpSettings("127.0.0.1", listener.getsockname()[1], "varta", PASSWORD)
        error = refusal(MailChannel(settings, SENDER, "editor@example.org", timeout=5.0))
        thread.join()
    assert error.outcome is SendOutcome.DEAD_CHANNEL
    assert "?tls=implicit" in str(error)
    assert [line[:4] for line in heard] == [b"ehlo"]


def test_a_starttls_that_is_refused_is_tried_again() -> None:
    with saying(b"220 hello", b"250-hi\r\n250 STARTTLS", b"454 4.7.0 TLS not available") as port:
        channel = MailChannel(SmtpSettings("127.0.0.1", port), SENDER, "a@example.org", timeout=5.0)
        assert refusal(channel).outcome is SendOutcome.RETRY


def test_implicit_tls_to_a_clear_server_sends_nothing(server: MailStandIn) -> None:
    error = refusal(channel_to(server, settings=login(server, tls=Tls.IMPLICIT)))
    assert error.outcome is SendOutcome.RETRY
    assert server.messages == []


# Settings


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", SmtpSettings("mail.example.org", 587)),
        ("smtp://u:p@mail.example.org:2525", SmtpSettings("mail.example.org", 2525, "u", "p")),
        ("smtp://mail.example.org:65535", SmtpSettings("mail.example.org", 65535)),
        ("smtp://mail.example.org:1", SmtpSettings("mail.example.org", 1)),
        ("smtp://mail.example.org?tls=implicit", SmtpSettings("mail.example.org", 465, tls=Tls.IMPLICIT)),
        ("smtps://mail.example.org/", SmtpSettings("mail.example.org", 465, tls=Tls.IMPLICIT)),
        ("smtp://localhost?tls=none", SmtpSettings("localhost", 25, tls=Tls.NONE)),
        (
            "smtp://me%40example.org:p%40ss%3Aword%2F%23@mail.example.org?tls=starttls",
            SmtpSettings("mail.example.org", 587, "me@example.org", "p@ss:word/#"),
        ),
        ("smtp://[::1]:26?tls=none", SmtpSettings("::1", 26, tls=Tls.NONE)),
        ("smtp://пошта.укр?tls=none", SmtpSettings("xn--80a1acn3a.xn--j1amh", 25, tls=Tls.NONE)),
    ],
)
def test_an_address_is_read(url: str, expected: SmtpSettings) -> None:
    assert parse_smtp_url(url) == expected


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "begins with smtp://"),
        ("https://mail.example.org", "begins with smtp://"),
        ("smtp://", "expected smtp://"),
        ("smtp://u:hunter2/x@mail.example.org", "%2F"),
        ("smtp://u:hunter2#x@mail.example.org", "%23"),
        ("smtp://u:1?hunter2@mail.example.org", "%3F"),
        ("smtp://u:1?hunter2&x@mail.example.org", "%3F"),
        ("smtp://u:hunter2@mail.example.org:port", "expected smtp://"),
        ("smtp://u:hunter2@[::1", "expected smtp://"),
        ("smtp://u:hunter2@mail.example.org:25:99999", "expected smtp://"),
        ("smtp://u:99999/hunter2@mail.example.org", "%2F"),
        ("smtp://u:hunter2@mail.example.org:0", "a number from 1 to 65535"),
        ("smtp://u:hunter2@mail.example.org:65536", "a number from 1 to 65535"),
        ("smtp://u:hunter2@[::1]:99999", "a number from 1 to 65535"),
        ("smtp://u:hunter2@mail.example.org:-25", "expected smtp://"),
        ("smtp://u:hunter2@mail.example.org?tls=maybe", "starttls, implicit or none"),
        ("smtp://u:hunter2@mail.example.org?ssl=1", "`ssl`"),
        ("smtp://u@mail.example.org", "both a user and a password"),
        ("smtp://u:hunter2ö@mail.example.org", "ASCII"),
        ("smtp://u:hunter2@" + "a" * 70 + ".example.org", "expected smtp://"),
    ],
)
def test_a_bad_address_is_explained_without_the_password(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as raised:
        parse_smtp_url(url)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_the_password_is_not_in_the_repr() -> None:
    assert "hunter2" not in repr(parse_smtp_url("smtp://u:hunter2@mail.example.org"))


@pytest.mark.parametrize(
    ("sender", "recipient", "outcome"),
    [
        ("", "a@example.org", SendOutcome.DEAD_CHANNEL),
        ("Varta", "a@example.org", SendOutcome.DEAD_CHANNEL),
        ("v@example.org", "nobody", SendOutcome.DEAD_RECIPIENT),
        ("v@example.org", "a@example.org>\r\nRCPT TO:<b@example.org", SendOutcome.DEAD_RECIPIENT),
        ("v@example.org", "імʼя@example.org", SendOutcome.DEAD_RECIPIENT),
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(
    sender: str, recipient: str, outcome: SendOutcome
) -> None:
    with pytest.raises(DeliveryError) as raised:
        MailChannel(SmtpSettings("127.0.0.1", 1), sender, recipient)
    assert raised.value.outcome is outcome


def no_secret(_: str) -> None:
    return None


@pytest.mark.parametrize(
    ("smtp", "sender", "told"),
    [
        (None, SENDER, "VARTA_SMTP_URL is not set, so no mail can be sent"),
        (SmtpSettings("127.0.0.1", 1), " ", "VARTA_MAIL_FROM is not set, so no mail can be sent"),
    ],
)
def test_a_missing_setting_names_its_variable(smtp: SmtpSettings | None, sender: str, told: str) -> None:
    with pytest.raises(DeliveryError, match=re.escape(told)) as raised:
        open_channel(EDITOR, "a@example.org", secret=no_secret, smtp=smtp, sender=sender, allow_hosts=frozenset())
    assert raised.value.outcome is SendOutcome.DEAD_CHANNEL


def test_a_mail_destination_opens_a_mail_channel() -> None:
    settings = SmtpSettings("127.0.0.1", 1)
    opened = open_channel(
        EDITOR, "a@example.org", secret=no_secret, smtp=settings, sender=SENDER, allow_hosts=frozenset()
    )
    assert isinstance(opened, MailChannel)
