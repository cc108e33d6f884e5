"""What Slack's answers mean for a message (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests

from alerts.cleaning import clean_text
from alerts.errors import DeliveryError, SendOutcome
from alerts.model import Receipt

_TOO_MANY = 429
_UNTOLD = 30.0  # seconds to wait when Slack is busy and does not say how long; its usual word
_BUSY = ("ratelimited", "rate_limited", "message_limit_exceeded")

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


def of_webhook(status: int, headers: Mapping[str, str], body: str) -> Receipt:
    """The receipt when an incoming webhook took a message; raises DeliveryError."""
    name = body.strip()
    if status == requests.codes.ok and name == "ok":
        return Receipt()
    raise _refusal(status, headers, name, _outcome(status, name))


def of_method(status: int, headers: Mapping[str, str], body: str) -> dict[str, Any]:
    """The answer when a method of the Web API did what it was asked; raises DeliveryError."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _refusal(status, headers, body, _outcome(status, ""))
    if status == requests.codes.ok and answer.get("ok") is True:
        return answer
    name = str(answer.get("error", ""))
    raise _refusal(status, headers, name, _outcome(status, name, named=answer.get("ok") is False))


def ts_of(answer: Mapping[str, Any], key: str) -> str:
    """What Slack calls the message that carries the delivery key, in a page of its history; "" when it is not there."""
    listed = answer.get("messages")
    for message in listed if isinstance(listed, list) else ():
        payload = message.get("metadata", {}).get("event_payload", {}) if isinstance(message, dict) else {}
        if isinstance(payload, dict) and payload.get("delivery_key") == key:
            return clean_text(str(message.get("ts", "")), 40)
    return ""


def next_cursor(answer: Mapping[str, Any]) -> str:
    """Where the next page begins; "" when there is none."""
    told = answer.get("response_metadata")
    return str(told.get("next_cursor") or "") if isinstance(told, dict) else ""


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
    is_busy = outcome is SendOutcome.RETRY and (status == _TOO_MANY or told in _BUSY)
    return DeliveryError(
        f"Slack answered {status}{f': {said}' if said else ''}",
        outcome,
        code=status,
        retry_after=_retry_after(headers, is_busy=is_busy) if outcome is SendOutcome.RETRY else None,
        way_works=is_busy,
    )


def _retry_after(headers: Mapping[str, str], *, is_busy: bool) -> float | None:
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdecimal():
        return float(told)
    return _UNTOLD if is_busy else None
