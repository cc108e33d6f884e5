"""Alerts posted to Slack, by an incoming webhook or by a bot token, once and never by themselves again."""

from __future__ import annotations

import copy
import json
import socket
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError, NewConnectionError
from urllib3.response import HTTPResponse

from alerts.channels.deadline import DEADLINE, Deadline
from alerts.cleaning import clean_text
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Block, Message, Receipt
from alerts.redact import redact
from alerts.slack_blocks import META, mrkdwn
from alerts.slack_contract import check, escape

TIMEOUTS = (5.0, 20.0)  # seconds to connect, and between two reads
_LONGEST_ANSWER = 65_536
_REPEAT = "possible repeat: the answer to an earlier try was lost"

_BY_STATUS = {
    401: SendOutcome.DEAD_CHANNEL,
    403: SendOutcome.DEAD_CHANNEL,
    404: SendOutcome.DEAD_CHANNEL,
    405: SendOutcome.DEAD_CHANNEL,
    408: SendOutcome.RETRY,
    410: SendOutcome.DEAD_CHANNEL,
    429: SendOutcome.RETRY,
    503: SendOutcome.RETRY,
}
# Names of Slack's errors: its changelog of 2016-05-17 for webhooks, its list for chat.postMessage.
# Any other name is taken for a fault of the message.
_NAMES = {
    SendOutcome.RETRY: "ratelimited rate_limited message_limit_exceeded service_unavailable request_timeout",
    SendOutcome.UNKNOWN: "internal_error fatal_error rollup_error",
    SendOutcome.DEAD_RECIPIENT: "user_not_found",
    SendOutcome.DEAD_CHANNEL: """
        invalid_auth not_authed token_revoked token_expired account_inactive invalid_token missing_scope
        not_allowed_token_type no_permission access_denied ekm_access_denied enterprise_is_restricted
        org_login_required two_factor_setup_required team_access_not_granted messages_tab_disabled
        channel_not_found not_in_channel is_archived channel_is_archived no_service no_team
        restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel
        action_prohibited posting_to_general_channel_denied unknown_method""",
}
_BY_NAME = {name: outcome for outcome, names in _NAMES.items() for name in names.split()}
_KNOWN_REFUSALS = ("invalid_", "no_text", "missing_", "msg_", "too_")


class _Connection(HTTPConnection):
    """A connection that ends at the deadline of its adapter."""

    adapter: ClassVar[_Adapter]

    def _new_conn(self) -> socket.socket:
        host, port = self._dns_host.strip("[]"), self.port or self.default_port or 0
        try:
            return self.adapter.deadline.connect(host, port, self.adapter.connect_timeout)
        except UnicodeError as broken:
            raise LocationParseError(host) from broken
        except OSError as broken:
            raise NewConnectionError(self, str(broken)) from broken

    def connect(self) -> None:
        """Connect, and say so: from here on something may have been written."""
        super().connect()
        self.adapter.connected = True

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3 itself
        """Hide the path first: urllib3 logs it with headers that it cannot read, and a webhook's is secret."""
        if self._response_options:
            self._response_options = self._response_options._replace(request_url="")
        return super().getresponse()


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Adapter(HTTPAdapter):
    """Sends one request within `deadline`; `connected` tells whether it may have left."""

    def __init__(self, deadline: Deadline, connect_timeout: float) -> None:
        self.deadline = deadline
        self.connect_timeout = connect_timeout
        self.connected = False
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make pools whose connections know this adapter."""
        super().init_poolmanager(*args, **options)
        plain, tls = (type("Bound", (base,), {"adapter": self}) for base in (_Connection, _TlsConnection))
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("BoundPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("BoundTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }


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
        self._url = webhook or urljoin(api.rstrip("/") + "/", "chat.postMessage")
        self._timeouts = timeouts
        self._deadline = deadline
        what = "the Slack webhook address" if webhook else "the Slack api address"
        _require_safe(self._url, what, allow_hosts)
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise DeliveryError("the Slack token holds characters that no token has", SendOutcome.DEAD_CHANNEL)

    def __repr__(self) -> str:
        return f"SlackChannel({'webhook' if self._webhook else self._channel!r})"

    def send(self, message: Message, key: str, *, repeat: bool = False) -> Receipt:
        """Post `message` once; a lost answer is UNKNOWN, never tried again here.

        A webhook tells no id, a bot token tells the message's ts. With a token the delivery key travels
        as metadata, so that a person or a program can look whether the message is there.
        """
        payload = make_payload(message, repeat=repeat)
        if self._webhook:
            status, headers, body = self._post(payload, {})
            return _judge_webhook(status, headers, self._safe(body))
        payload |= {
            "channel": self._channel,
            "metadata": {"event_type": "varta_alert", "event_payload": {"delivery_key": key}},
        }
        status, headers, body = self._post(payload, {"Authorization": f"Bearer {self._token}"})
        return _judge_api(status, headers, self._safe(body))

    def _safe(self, text: str) -> str:
        return redact(text, (self._webhook, self._token))

    def _post(self, payload: dict[str, Any], headers: dict[str, str]) -> tuple[int, Mapping[str, str], str]:
        # A session for one request: a kept connection that the server has closed would look like a lost
        # answer. trust_env off: no proxy and no .netrc that nobody mentioned.
        with Deadline(self._deadline) as deadline, requests.Session() as session:
            session.trust_env = False
            adapter = _Adapter(deadline, self._timeouts[0])
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            try:
                with session.post(
                    self._url,
                    data=json.dumps(payload).encode(),
                    headers={"Content-Type": "application/json; charset=utf-8", **headers},
                    timeout=self._timeouts,
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    body = _read(answer)
                    deadline.check()  # an answer that was cut off may look whole
                    return answer.status_code, answer.headers, body.decode("utf-8", "replace")
            except (requests.RequestException, HTTPError, TimeoutError) as broken:
                # `from None`: the chained error's text would bring the address back into a traceback.
                raise self._lost(broken, adapter) from None

    def _lost(self, broken: Exception, adapter: _Adapter) -> DeliveryError:
        told = clean_text(self._safe(str(broken)), 300)
        if adapter.deadline.expired:
            told = f"no complete answer within {adapter.deadline.seconds:g} s"
        if adapter.connected:
            return DeliveryError(f"Slack's answer was lost: {told}", SendOutcome.UNKNOWN)
        if isinstance(broken, ValueError):
            # requests marks addresses and headers that it refuses as ValueError
            return DeliveryError(f"the Slack address cannot be used: {told}", SendOutcome.DEAD_CHANNEL)
        return DeliveryError(f"Slack could not be reached: {told}", SendOutcome.RETRY)


def _read(answer: requests.Response) -> bytes:
    """The body as far as it matters; a chunked one comes in pieces."""
    body = b""
    for piece in answer.iter_content(_LONGEST_ANSWER):
        body += piece
        if len(body) >= _LONGEST_ANSWER:
            break
    return body[:_LONGEST_ANSWER]


def make_payload(message: Message, *, repeat: bool) -> dict[str, Any]:
    """What is posted: the same for both ways, with a warning when it may arrive a second time.

    Text that Slack would take for markup of ours is escaped, and blocks that Slack would refuse are left
    out: an alert without its looks is better than none, and than one that pages everybody.
    """
    text = escape(message.text) if check({"text": message.text}) else message.text
    payload: dict[str, Any] = {
        "text": f"{text} ({_REPEAT})" if repeat else text,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    blocks = _with_repeat(copy.deepcopy(message.blocks)) if repeat and message.blocks else list(message.blocks)
    if blocks and not check({"text": text, "blocks": blocks}):
        payload["blocks"] = blocks
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


def _judge_webhook(status: int, headers: Mapping[str, str], body: str) -> Receipt:
    name = body.strip()
    if status == requests.codes.ok and name == "ok":
        return Receipt()
    raise _refusal(status, headers, name, _outcome(status, name))


def _judge_api(status: int, headers: Mapping[str, str], body: str) -> Receipt:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _refusal(status, headers, body, _outcome(status, ""))
    if status == requests.codes.ok and answer.get("ok") is True:
        return Receipt(clean_text(str(answer.get("ts", "")), 40))
    name = str(answer.get("error", ""))
    raise _refusal(status, headers, name, _outcome(status, name, named=answer.get("ok") is False))


def _outcome(status: int, name: str, *, named: bool = False) -> SendOutcome:
    """What an answer other than success means; `named` when `name` surely is the name of an error.

    A 200 without such a name comes from something else than Slack: nobody knows what it did.
    """
    if status >= 500 or status in (408, 429):  # noqa: PLR2004 -- HTTP's own numbers
        return _BY_STATUS.get(status, SendOutcome.UNKNOWN)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == requests.codes.ok:
        refused = named or name.startswith(_KNOWN_REFUSALS)
        return SendOutcome.DEAD_MESSAGE if refused else SendOutcome.UNKNOWN
    if 300 <= status < 400:  # noqa: PLR2004 -- Slack moves nothing: this is another server
        return SendOutcome.DEAD_CHANNEL
    return SendOutcome.DEAD_MESSAGE


def _refusal(status: int, headers: Mapping[str, str], told: str, outcome: SendOutcome) -> DeliveryError:
    said = clean_text(told, 200)
    return DeliveryError(
        f"Slack answered {status}{f': {said}' if said else ''}",
        outcome,
        code=status,
        retry_after=_retry_after(headers) if outcome is SendOutcome.RETRY else None,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    told = headers.get("Retry-After", "").strip()
    return float(told) if told.isascii() and told.isdecimal() else None
