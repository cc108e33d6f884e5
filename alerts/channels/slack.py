"""Alerts posted to Slack, by an incoming webhook or by a bot token, once and never by themselves again."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from alerts.channels import slack_answers
from alerts.channels.deadline import DEADLINE
from alerts.channels.posting import Post
from alerts.cleaning import clean_text, shorten
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Block, Message, Receipt
from alerts.redact import redact
from alerts.slack_blocks import META, mrkdwn
from alerts.slack_contract import MAX_TEXT, check, escape
from alerts.slack_fitting import fit

TIMEOUTS = (5.0, 20.0)  # seconds to connect, and between two reads
_LONGEST_ANSWER = 4_000_000  # bytes; a page of a channel's history holds a hundred messages
# To look and then to send takes less than a lease: 4 times 10 seconds and DEADLINE
_MOST_PAGES = 4
_LOOKING = 10.0
_SKEW = timedelta(minutes=5)  # between our clock and Slack's
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_CHANGED = ("text", "blocks")
_REPEAT = "possible repeat: the answer to an earlier try was lost"


class SlackChannel:
    """Posts to one Slack channel; `webhook` and `token` with `api` are the two ways, exactly one is set.

    `timeouts` hold for connecting and for each read, `deadline` for one whole send, all in seconds.
    Addresses must be https unless `allow_hosts` names their `host` or `host:port`.
    """

    def __init__(
        self,
        *,
        webhook: str = "",
        token: str = "",
        channel: str = "",
        api: str = "",
        allow_hosts: frozenset[str] = frozenset(),
        timeouts: tuple[float, float] = TIMEOUTS,
        deadline: float = DEADLINE,
    ) -> None:
        self._webhook = webhook
        self._token = token
        self._channel = channel
        self._api = api.rstrip("/") + "/"
        self._post = Post(timeouts, deadline, _LONGEST_ANSWER, self._safe)
        self._ask = Post(timeouts, min(deadline, _LOOKING), _LONGEST_ANSWER, self._safe)
        what = "the Slack webhook address" if webhook else "the Slack api address"
        _require_safe(webhook or self._api, what, allow_hosts)
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise DeliveryError("the Slack token holds characters that no token has", SendOutcome.DEAD_CHANNEL)

    def __repr__(self) -> str:
        return f"SlackChannel({'webhook' if self._webhook else self._channel!r})"

    def send(self, message: Message, key: str, *, repeat: bool = False, root: str = "") -> Receipt:
        """Post `message` once; a lost answer is UNKNOWN, never tried again here.

        A webhook tells no id and knows no threads, a bot token tells the message's ts, which is the `root` of what
        answers it. With a token the delivery key travels as metadata, by which `find` finds the message.
        """
        payload = make_payload(message, repeat=repeat)
        if self._webhook:
            answer = self._post(self._webhook, json.dumps(payload).encode(), _JSON)
            return slack_answers.of_webhook(answer.status, answer.headers, answer.body)
        payload |= {
            "channel": self._channel,
            "metadata": {"event_type": "varta_alert", "event_payload": {"delivery_key": key}},
        }
        if root:
            # in the channel, too: Slack tells of a reply in a thread only those who wrote in it
            payload |= {"thread_ts": root, "reply_broadcast": True}
        answer = self._post(self._api + "chat.postMessage", json.dumps(payload).encode(), _JSON | self._login)
        told = slack_answers.of_method(answer.status, answer.headers, answer.body)
        return Receipt(clean_text(str(told.get("ts", "")), 40))

    def edit(self, message: Message, root: str) -> Receipt:
        """Put `message` in the place of the one whose ts is `root`; a webhook cannot."""
        if self._webhook:
            raise DeliveryError("a webhook changes no message", SendOutcome.DEAD_MESSAGE)
        payload = {name: told for name, told in make_payload(message, repeat=False).items() if name in _CHANGED}
        payload |= {"channel": self._channel, "ts": root}
        answer = self._post(self._api + "chat.update", json.dumps(payload).encode(), _JSON | self._login)
        slack_answers.of_method(answer.status, answer.headers, answer.body)
        return Receipt(root)

    def find(self, key: str, since: datetime, *, root: str = "") -> Receipt | None:
        """The receipt of `key` if the channel, or the thread of `root`, holds it since then.

        Needs a token that may read: the scope channels:history, or groups:history for a private channel.
        """
        if self._webhook:
            raise DeliveryError("a webhook cannot tell what arrived", SendOutcome.UNKNOWN, way_works=True)
        asked = {
            "channel": self._channel,
            "oldest": f"{(since - _SKEW).timestamp():.6f}",
            "include_all_metadata": "true",
            "limit": "100",
        }
        method = "conversations.replies" if root else "conversations.history"
        for _ in range(_MOST_PAGES):
            answered = self._read(method, asked | ({"ts": root} if root else {}))
            if ts := slack_answers.ts_of(answered, key):
                return Receipt(ts)
            if not (cursor := slack_answers.next_cursor(answered)):
                return None
            asked["cursor"] = cursor
        raise DeliveryError("too many messages came since to find one", SendOutcome.UNKNOWN, way_works=True)

    def _read(self, method: str, asked: Mapping[str, str]) -> dict[str, Any]:
        """The answer to a question, which changes nothing: its loss is no doubt."""
        try:
            answer = self._ask(self._api + method, urlencode(asked).encode(), _FORM | self._login)
            return slack_answers.of_method(answer.status, answer.headers, answer.body)
        except DeliveryError as refused:
            what = f"Slack was asked whether the message arrived: {refused}"
            passes = refused.outcome in (SendOutcome.RETRY, SendOutcome.UNKNOWN)
            outcome = SendOutcome.RETRY if passes else SendOutcome.UNKNOWN
            works = refused.way_works or not passes
            raise DeliveryError(
                what, outcome, code=refused.code, retry_after=refused.retry_after, way_works=works
            ) from None

    @property
    def _login(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _safe(self, text: str) -> str:
        return redact(text, (self._webhook, self._token))


def make_payload(message: Message, *, repeat: bool) -> dict[str, Any]:
    """What is posted: the same for both ways, with a warning when it may arrive a second time.

    Text that Slack would take for markup of ours is escaped; what is too long is cut, and blocks that Slack would
    refuse are left out: an alert without its looks is better than none, and than one that pages everybody.
    """
    text = escape(message.text) if check({"text": message.text}) else message.text
    text = shorten(text, MAX_TEXT - len(_REPEAT) - 3)
    payload: dict[str, Any] = {
        "text": f"{text} ({_REPEAT})" if repeat else text,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    blocks = _with_repeat(copy.deepcopy(message.blocks)) if repeat and message.blocks else message.blocks
    if fitting := fit(blocks):
        payload["blocks"] = fitting
    return payload


def _with_repeat(blocks: tuple[Block, ...]) -> list[Block]:
    notice = mrkdwn(f"⚠️ {_REPEAT}")
    for block in blocks:
        elements = block.get("elements")
        if block.get("block_id") == META and isinstance(elements, list):
            elements.append(notice)
            return list(blocks)
    return [{"type": "context", "elements": [notice]}, *blocks]


def _require_safe(url: str, what: str, allow_hosts: frozenset[str]) -> None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    allowed = bool({host, f"{host}:{port}"} & allow_hosts)
    if not host or parts.scheme not in ("http", "https"):
        raise DeliveryError(f"{what} is not a web address", SendOutcome.DEAD_CHANNEL)
    if parts.scheme == "http" and not allowed:
        raise DeliveryError(
            f"{what} must begin with https:// (or name its host in VARTA_ALLOW_HOSTS)",
            SendOutcome.DEAD_CHANNEL,
        )
