"""The way that a message takes: what shares a limit, and breaks and works together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from alerts.destinations import Destination, secret_name

_LONGEST = 80  # characters that the database keeps


@dataclass(frozen=True, slots=True)
class Way:
    """A way by name; `pace` is the seconds between two messages on it, one at a time (None: as fast as they come)."""

    name: str
    pace: float | None


MAIL = Way("mail", None)
_SLACK_PACE = 1.0  # Slack takes one message a second, for each webhook and each channel of a bot


def way_of(destination: Destination) -> Way:
    """The way to `destination`: all mail has one server, a webhook or channel of Slack is a way of its own."""
    slack = destination.slack
    if slack is None:
        return MAIL
    name = f"slack:{secret_name(slack.webhook or slack.token or '')}"
    name = f"{name}/{slack.channel}" if slack.token else name
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - 17]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return Way(name, _SLACK_PACE)
