from __future__ import annotations

import itertools
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from alerts.channels.opening import open_channel
from alerts.channels.slack import SlackChannel
from alerts.destinations import Destination, SlackTarget
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Message, Receipt
from alerts.rendering import render
from flows.demo.slack_server import TOKEN, WEBHOOK, Answer, Busy, Fault, SlackStandIn
from tests.builders_alerts import DESK, HOSTILE, KEY, NOW, make_alert, make_coverage

SECRET_PATH = WEBHOOK.rsplit("/", 1)[-1]
MESSAGE = Message(text="HIGH | headline")


@pytest.fixture
def slack() -> Iterator[SlackStandIn]:
    with SlackStandIn() as server:
        yield server


def webhook_to(server: SlackStandIn, **changes: Any) -> SlackChannel:
    settled: dict[str, Any] = {
        "webhook": server.webhook_url,
        "allow_hosts": frozenset({server.host}),
        "timeouts": (2.0, 2.0),
    }
    return SlackChannel(**(settled | changes))


def bot_to(server: SlackStandIn, token: str = TOKEN) -> SlackChannel:
    return SlackChannel(
        token=token,
        channel="C0DESK",
        api=server.api,
        allow_hosts=frozenset({"127.0.0.1"}),
        timeouts=(2.0, 2.0),
    )


def refusal(channel: SlackChannel, message: Message = MESSAGE) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        channel.send(message, KEY)
    return raised.value


def test_a_rendered_alert_is_taken_by_the_webhook(slack: SlackStandIn) -> None:
    receipt = webhook_to(slack).send(render(make_alert(), DESK, KEY, NOW), KEY)
    assert receipt.provider_id == ""
    assert [message.payload["blocks"][0]["text"]["text"] for message in slack.messages] == [
        "Рютте назвав дві умови безпеки для України"
    ]
    assert slack.messages[0].payload["unfurl_links"] is False


def test_a_bot_token_posts_to_its_channel_and_tells_the_ts(slack: SlackStandIn) -> None:
    receipt = bot_to(slack).send(render(make_alert(), DESK, KEY, NOW), KEY)
    (message,) = slack.messages
    assert receipt.provider_id == message.ts
    assert message.channel == "C0DESK"
    assert message.payload["metadata"]["event_payload"] == {"delivery_key": KEY}


@pytest.mark.parametrize("title", HOSTILE)
def test_every_hostile_title_is_taken(slack: SlackStandIn, title: str) -> None:
    alert = make_alert(article=make_coverage(title=title), watch_name=title, terms=(title,))
    webhook_to(slack).send(render(alert, DESK, KEY, NOW), KEY)
    assert "blocks" in slack.messages[0].payload


WEBHOOK_ROWS = [
    (200, "invalid_blocks", SendOutcome.DEAD_MESSAGE),
    (200, "<html>log in to the hotel network</html>", SendOutcome.UNKNOWN),
    (200, "", SendOutcome.UNKNOWN),
    (302, "", SendOutcome.DEAD_CHANNEL),
    (400, "invalid_payload", SendOutcome.DEAD_MESSAGE),
    (400, "invalid_blocks", SendOutcome.DEAD_MESSAGE),
    (400, "no_text", SendOutcome.DEAD_MESSAGE),
    (400, "invalid_token", SendOutcome.DEAD_CHANNEL),
    (400, "user_not_found", SendOutcome.DEAD_RECIPIENT),
    (403, "action_prohibited", SendOutcome.DEAD_CHANNEL),
    (403, "", SendOutcome.DEAD_CHANNEL),
    (404, "no_service", SendOutcome.DEAD_CHANNEL),
    (404, "", SendOutcome.DEAD_CHANNEL),
    (410, "channel_is_archived", SendOutcome.DEAD_CHANNEL),
    (413, "", SendOutcome.DEAD_MESSAGE),
    (429, "rate_limited", SendOutcome.RETRY),
    (500, "rollup_error", SendOutcome.UNKNOWN),
    (500, "", SendOutcome.UNKNOWN),
    (502, "bad gateway", SendOutcome.UNKNOWN),
    (503, "", SendOutcome.RETRY),
    (504, "", SendOutcome.UNKNOWN),
]


@pytest.mark.parametrize(("status", "body", "outcome"), WEBHOOK_ROWS)
def test_webhook_answers_mean_what_the_table_says(
    slack: SlackStandIn, status: int, body: str, outcome: SendOutcome
) -> None:
    slack.script(Answer(status, body))
    error = refusal(webhook_to(slack))
    assert (error.outcome, error.code, slack.requests) == (outcome, status, 1)


API_ROWS = [
    (200, '{"ok":false,"error":"invalid_auth"}', SendOutcome.DEAD_CHANNEL),
    (200, '{"ok":false,"error":"token_revoked"}', SendOutcome.DEAD_CHANNEL),
    (200, '{"ok":false,"error":"account_inactive"}', SendOutcome.DEAD_CHANNEL),
    (200, '{"ok":false,"error":"channel_not_found"}', SendOutcome.DEAD_CHANNEL),
    (200, '{"ok":false,"error":"not_in_channel"}', SendOutcome.DEAD_CHANNEL),
    (200, '{"ok":false,"error":"user_not_found"}', SendOutcome.DEAD_RECIPIENT),
    (200, '{"ok":false,"error":"msg_too_long"}', SendOutcome.DEAD_MESSAGE),
    (200, '{"ok":false,"error":"invalid_blocks"}', SendOutcome.DEAD_MESSAGE),
    (200, '{"ok":false,"error":"an_error_of_next_year"}', SendOutcome.DEAD_MESSAGE),
    (200, '{"ok":false,"error":"ratelimited"}', SendOutcome.RETRY),
    (200, '{"ok":false,"error":"internal_error"}', SendOutcome.UNKNOWN),
    (200, '{"ok":false,"error":"fatal_error"}', SendOutcome.UNKNOWN),
    (200, "ok", SendOutcome.UNKNOWN),
    (200, "[1]", SendOutcome.UNKNOWN),
    (200, '{"ok":"true"}', SendOutcome.UNKNOWN),
    (429, '{"ok":false,"error":"ratelimited"}', SendOutcome.RETRY),
    (500, "", SendOutcome.UNKNOWN),
    (503, '{"ok":false,"error":"service_unavailable"}', SendOutcome.RETRY),
    (401, "", SendOutcome.DEAD_CHANNEL),
]


@pytest.mark.parametrize(("status", "body", "outcome"), API_ROWS)
def test_api_answers_mean_what_the_table_says(
    slack: SlackStandIn, status: int, body: str, outcome: SendOutcome
) -> None:
    slack.script(Answer(status, body))
    error = refusal(bot_to(slack))
    assert (error.outcome, error.code, slack.requests) == (outcome, status, 1)


def test_a_wrong_token_is_a_dead_channel(slack: SlackStandIn) -> None:
    assert refusal(bot_to(slack, token="xoxb-wrong")).outcome is SendOutcome.DEAD_CHANNEL


@pytest.mark.parametrize(("told", "seconds"), [("7", 7.0), ("", 30.0), ("soon", 30.0), ("-1", 30.0)])
def test_retry_after_is_told_in_seconds(slack: SlackStandIn, told: str, seconds: float) -> None:
    slack.script(Answer(429, "", (("Retry-After", told),)))
    assert refusal(webhook_to(slack)).retry_after == seconds


@pytest.mark.parametrize(("fault", "taken"), [("drop", 0), ("drop_after", 1)])
def test_a_dropped_connection_is_unknown_and_posted_once(slack: SlackStandIn, fault: Fault, taken: int) -> None:
    slack.script(fault)
    assert refusal(webhook_to(slack)).outcome is SendOutcome.UNKNOWN
    assert (slack.requests, len(slack.messages)) == (1, taken)


def test_silence_is_unknown(slack: SlackStandIn) -> None:
    slack.script("hang")
    assert refusal(webhook_to(slack, timeouts=(2.0, 0.2))).outcome is SendOutcome.UNKNOWN


@contextmanager
def speaking(raw: bytes) -> Iterator[str]:
    """The host:port of a server that answers every connection with `raw` and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                connection.recv(65536)
                connection.sendall(raw)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
        b"not http at all\r\n\r\n",
    ],
)
def test_a_mangled_answer_is_unknown(raw: bytes) -> None:
    with speaking(raw) as host:
        channel = SlackChannel(webhook=f"http://{host}{WEBHOOK}", allow_hosts=frozenset({host}))
        assert refusal(channel).outcome is SendOutcome.UNKNOWN


def test_a_tls_failure_is_tried_again() -> None:
    with speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n") as host:
        error = refusal(SlackChannel(webhook=f"https://{host}{WEBHOOK}"))
    assert error.outcome is SendOutcome.RETRY


def test_a_refused_connection_is_tried_again_and_its_text_tells_no_secret() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    error = refusal(SlackChannel(webhook=f"http://{host}{WEBHOOK}", allow_hosts=frozenset({host})))
    assert error.outcome is SendOutcome.RETRY
    assert SECRET_PATH not in str(error)
    assert "127.0.0.1" in str(error)


def test_an_unknown_host_is_tried_again() -> None:
    channel = SlackChannel(webhook=f"https://no-such-host.invalid{WEBHOOK}")
    assert refusal(channel).outcome is SendOutcome.RETRY


def test_a_host_that_no_name_server_knows_to_spell_is_a_dead_channel() -> None:
    channel = SlackChannel(webhook=f"https://{'a' * 70}.example{WEBHOOK}")
    assert refusal(channel).outcome is SendOutcome.DEAD_CHANNEL


def test_an_answer_in_pieces_is_read_to_its_end() -> None:
    pieces = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
    with speaking(pieces) as host:
        SlackChannel(webhook=f"http://{host}{WEBHOOK}", allow_hosts=frozenset({host})).send(MESSAGE, KEY)


def test_a_redirect_is_not_followed(slack: SlackStandIn) -> None:
    slack.script(Answer(307, "", (("Location", slack.webhook_url),)))
    assert refusal(webhook_to(slack)).outcome is SendOutcome.DEAD_CHANNEL
    assert slack.requests == 1


@pytest.mark.parametrize(
    "echo", [SECRET_PATH, f"https://hooks.slack.com{WEBHOOK}", "xoxb-123456789012-abcdef", WEBHOOK]
)
def test_an_answer_that_echoes_the_secret_is_redacted(slack: SlackStandIn, echo: str) -> None:
    slack.script(Answer(400, f"no such webhook: {echo}"))
    error = refusal(webhook_to(slack))
    assert "[hidden]" in str(error)
    assert echo not in str(error)


def test_no_exception_in_the_chain_that_a_traceback_prints_holds_the_secret(slack: SlackStandIn) -> None:
    slack.script("drop")
    error = refusal(webhook_to(slack))
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_the_secret_is_not_in_the_repr(slack: SlackStandIn) -> None:
    assert SECRET_PATH not in repr(webhook_to(slack))
    assert TOKEN not in repr(bot_to(slack))


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/services/T/B/X",
        "ftp://hooks.slack.com/x",
        "hooks.slack.com/x",
        "http://[",
        "https://",
    ],
)
def test_only_https_addresses_are_posted_to(address: str) -> None:
    with pytest.raises(DeliveryError) as raised:
        SlackChannel(webhook=address, allow_hosts=frozenset({"127.0.0.1"}))
    assert raised.value.outcome is SendOutcome.DEAD_CHANNEL
    assert "/services" not in str(raised.value)


def test_another_port_of_an_allowed_host_and_port_is_not_allowed() -> None:
    with pytest.raises(DeliveryError, match="VARTA_ALLOW_HOSTS"):
        SlackChannel(webhook="http://127.0.0.1:81/x", allow_hosts=frozenset({"127.0.0.1:80"}))


def test_a_repeat_says_so_in_the_context_line_and_leaves_the_message_alone(slack: SlackStandIn) -> None:
    message = render(make_alert(), DESK, KEY, NOW)
    before = json.dumps(message.blocks)
    webhook_to(slack).send(message, KEY, repeat=True)
    (sent,) = slack.messages
    assert "possible repeat" in json.dumps(sent.payload["blocks"][1])
    assert "possible repeat" in sent.text
    assert json.dumps(message.blocks) == before


def test_a_plain_message_with_markup_pages_nobody(slack: SlackStandIn) -> None:
    webhook_to(slack).send(Message(text="<!channel> & <@U1>"), KEY)
    assert slack.messages[0].text == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


def test_blocks_that_slack_would_refuse_cost_only_the_looks(slack: SlackStandIn) -> None:
    webhook_to(slack).send(Message(text="plain", blocks=({"type": "carousel"},)), KEY)
    assert "blocks" not in slack.messages[0].payload


def test_the_stand_in_limits_each_channel_and_tells_when_to_come_back() -> None:
    ticks = itertools.count()
    with SlackStandIn(per_second=1, clock=lambda: next(ticks) * 0.4) as slack:
        webhook_to(slack).send(MESSAGE, KEY)
        error = refusal(webhook_to(slack))
        assert (error.outcome, error.code, error.retry_after) == (SendOutcome.RETRY, 429, 1.0)
        bot_to(slack).send(MESSAGE, KEY)
        webhook_to(slack).send(MESSAGE, KEY)
        assert len(slack.messages) == 3


def test_hundreds_of_messages_all_arrive_and_in_order(slack: SlackStandIn) -> None:
    for number in range(300):
        webhook_to(slack).send(Message(text=f"message {number}"), KEY)
    assert [int(m.text.split()[1]) for m in slack.messages] == list(range(300))
    arrived = [m.arrived for m in slack.messages]
    assert arrived == sorted(arrived)
    assert arrived[-1] - arrived[0] > timedelta(0)


def opened(target: SlackTarget, *secrets: tuple[str, str]) -> object:
    destination = Destination(id="desk", slack=target)
    return open_channel(destination, "", secret=dict(secrets).get, smtp=None, sender="", allow_hosts=frozenset())


def test_a_missing_webhook_names_its_variable() -> None:
    with pytest.raises(DeliveryError, match=re.escape("SLACK_WEBHOOK_URL is not set")) as raised:
        opened(SlackTarget(webhook="env:SLACK_WEBHOOK_URL"))
    assert raised.value.outcome is SendOutcome.DEAD_CHANNEL


def test_a_blank_token_names_its_variable() -> None:
    with pytest.raises(DeliveryError, match="SLACK_BOT_TOKEN is not set"):
        opened(SlackTarget(token="env:SLACK_BOT_TOKEN", channel="C1"), ("SLACK_BOT_TOKEN", " \n"))


def test_a_token_with_a_line_end_inside_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(DeliveryError) as raised:
        opened(SlackTarget(token="env:T", channel="C1"), ("T", "xoxb-1\r\nX: y"))
    assert raised.value.outcome is SendOutcome.DEAD_CHANNEL


def test_both_targets_open() -> None:
    hook = opened(SlackTarget(webhook="env:W"), ("W", "https://hooks.slack.com/services/T1/B1/x\n"))
    bot = opened(SlackTarget(token="env:T", channel="C1"), ("T", "xoxb-1-2"))
    assert isinstance(hook, SlackChannel)
    assert isinstance(bot, SlackChannel)


# What the stand-in keeps for the demo and for tests of the outbox


def called(server: SlackStandIn, method: str, **asked: Any) -> dict[str, Any]:
    """The answer of a method; those that read take a form."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    is_form = method.startswith("conversations")
    answer: dict[str, Any] = requests.post(
        f"{server.api}{method}",
        headers=headers,
        timeout=5,
        data=asked if is_form else None,
        json=None if is_form else asked,
    ).json()
    return answer


def test_the_stand_in_lists_threads_and_history_page_by_page(slack: SlackStandIn) -> None:
    first = called(slack, "chat.postMessage", channel="C1", text="first")["ts"]
    called(slack, "chat.postMessage", channel="C1", text="inside", thread_ts=first)
    called(slack, "chat.postMessage", channel="C1", text="both", thread_ts=first, reply_broadcast=True)
    called(slack, "chat.postMessage", channel="C2", text="elsewhere")
    thread = called(slack, "conversations.replies", channel="C1", ts=first)
    assert [message["text"] for message in thread["messages"]] == ["first", "inside", "both"]
    page = called(slack, "conversations.history", channel="C1", limit="1")
    assert ([message["text"] for message in page["messages"]], page["has_more"]) == (["both"], True)
    cursor = page["response_metadata"]["next_cursor"]
    rest = called(slack, "conversations.history", channel="C1", limit="1", cursor=cursor)
    assert ([message["text"] for message in rest["messages"]], rest["has_more"]) == (["first"], False)


def test_the_stand_in_changes_a_message_and_refuses_what_is_not_there(slack: SlackStandIn) -> None:
    ts = called(slack, "chat.postMessage", channel="C1", text="first")["ts"]
    assert called(slack, "chat.update", channel="C1", ts=ts, text="second")["ok"] is True
    assert (slack.messages[0].text, slack.messages[0].edits) == ("second", 1)
    assert called(slack, "chat.update", channel="C1", ts="1.2", text="x")["error"] == "message_not_found"
    assert called(slack, "chat.postMessage", channel="C1", thread_ts="1.2", text="x")["error"] == "thread_not_found"
    assert called(slack, "chat.delete", channel="C1", ts=ts)["error"] == "unknown_method"


def test_a_busy_channel_takes_nothing_until_its_time_is_over_and_counts_who_comes_early() -> None:
    seconds = [0.0]
    with SlackStandIn(clock=lambda: seconds[0]) as slack:
        slack.script(Busy(3))
        assert refusal(webhook_to(slack)).retry_after == 3
        seconds[0] = 1.5
        assert refusal(webhook_to(slack)).retry_after == 2
        bot_to(slack).send(MESSAGE, KEY)
        seconds[0] = 3.0
        webhook_to(slack).send(MESSAGE, KEY)
    assert slack.early == {WEBHOOK: 1}


def test_an_answer_dripped_for_ever_is_unknown(slack: SlackStandIn) -> None:
    slack.script("drip")
    assert refusal(webhook_to(slack, deadline=0.5)).outcome is SendOutcome.UNKNOWN
    assert len(slack.messages) == 1


# Looking whether a message arrived


def test_a_message_is_found_by_its_key_in_the_channel_and_in_its_thread(slack: SlackStandIn) -> None:
    bot, since = bot_to(slack), datetime.now(UTC)
    root = bot.send(MESSAGE, "first").provider_id
    for number in range(120):
        bot.send(MESSAGE, f"other{number}")
    inside = bot.send(Message(text="inside"), "answer", root=root)
    assert bot.find("first", since) == Receipt(root)
    assert bot.find("answer", since, root=root) == inside
    assert bot.find("never sent", since) is None
    assert bot.find("first", since + timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(429, "", (("Retry-After", "9"),)), SendOutcome.RETRY),
        (Answer(500), SendOutcome.RETRY),
        ("drop", SendOutcome.RETRY),
        (Answer(200, '{"ok":false,"error":"missing_scope"}'), SendOutcome.UNKNOWN),
        (Answer(200, '{"ok":false,"error":"not_in_channel"}'), SendOutcome.UNKNOWN),
    ],
)
def test_a_question_that_gets_no_answer_changes_nothing(
    slack: SlackStandIn, answer: Fault, outcome: SendOutcome
) -> None:
    slack.script(answer)
    with pytest.raises(DeliveryError) as raised:
        bot_to(slack).find(KEY, datetime.now(UTC))
    assert raised.value.outcome is outcome


def test_a_webhook_cannot_tell(slack: SlackStandIn) -> None:
    with pytest.raises(DeliveryError) as raised:
        webhook_to(slack).find(KEY, datetime.now(UTC))
    assert (raised.value.outcome, slack.requests) == (SendOutcome.UNKNOWN, 0)


def test_a_bot_changes_a_message_where_it_stands_and_a_webhook_does_not(slack: SlackStandIn) -> None:
    bot = bot_to(slack)
    sent = bot.send(Message(text="one outlet"), KEY)
    assert bot.edit(Message(text="two outlets"), sent.provider_id) == sent
    assert [(one.text, one.key, one.edits) for one in slack.messages] == [("two outlets", KEY, 1)]
    with pytest.raises(DeliveryError, match="changes no message"):
        SlackChannel(webhook=slack.webhook_url, allow_hosts=frozenset({slack.host})).edit(Message(text="x"), "1.1")
