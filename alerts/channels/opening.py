"""The channel that leads to one recipient of a destination, with its secrets filled in."""

from __future__ import annotations

from collections.abc import Callable

from alerts.channels import Channel
from alerts.channels.mail import MailChannel, SmtpSettings
from alerts.channels.slack import SlackChannel
from alerts.destinations import Destination, SlackTarget, secret_name
from alerts.errors import DeliveryError, SendOutcome


def open_channel(
    destination: Destination,
    recipient: str,
    *,
    secret: Callable[[str], str | None],
    smtp: SmtpSettings | None,
    sender: str,
    allow_hosts: frozenset[str],
) -> Channel:
    """The channel to `recipient`, one of `destination.recipients`; connects to nothing yet.

    `secret` gives the value of an environment variable by its name. Raises DeliveryError, mostly
    DEAD_CHANNEL with the name of the variable that is not set.
    """
    if destination.slack:
        return _open_slack(destination.slack, secret, allow_hosts)
    if smtp is None:
        raise _not_set("VARTA_SMTP_URL", ", so no mail can be sent")
    if not sender.strip():
        raise _not_set("VARTA_MAIL_FROM", ", so no mail can be sent")
    return MailChannel(smtp, sender, recipient)


def _open_slack(target: SlackTarget, secret: Callable[[str], str | None], allow_hosts: frozenset[str]) -> SlackChannel:
    name = secret_name(target.webhook or target.token or "")
    value = (secret(name) or "").strip()
    if not value:
        raise _not_set(name)
    if target.webhook:
        return SlackChannel(webhook=value, allow_hosts=allow_hosts)
    return SlackChannel(token=value, channel=target.channel, api=target.api, allow_hosts=allow_hosts)


def _not_set(name: str, consequence: str = "") -> DeliveryError:
    return DeliveryError(f"{name} is not set{consequence}", SendOutcome.DEAD_CHANNEL)
