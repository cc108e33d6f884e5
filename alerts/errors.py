"""What can go wrong between a watchlist and a delivered message.

AlertError
├── QueryError      a watch query cannot be read; the text names the column
└── DeliveryError   a channel did not take a message; `outcome` says what to do next
"""

from __future__ import annotations

import enum


class AlertError(Exception):
    """Base of everything that `alerts` raises on purpose."""


class QueryError(AlertError):
    """A query cannot be read. `column` counts characters from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column


class SendOutcome(enum.StrEnum):
    """What became of one attempt to send."""

    SENT = "sent"
    RETRY = "retry"  # surely not delivered, may work later
    UNKNOWN = "unknown"  # the answer was lost after the message was written
    DEAD_MESSAGE = "dead_message"  # this message will never be taken
    DEAD_RECIPIENT = "dead_recipient"  # this address will never be reached
    DEAD_CHANNEL = "dead_channel"  # nothing goes out here until somebody mends the configuration


class DeliveryError(AlertError):
    """A channel did not take a message. `retry_after` is seconds; the text holds no secret.

    `way_works` says that the way to the destination is sound: only this message, this recipient or this moment is not.
    """

    def __init__(
        self,
        message: str,
        outcome: SendOutcome,
        *,
        code: int | None = None,
        retry_after: float | None = None,
        way_works: bool = False,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.code = code
        self.retry_after = retry_after
        self.way_works = way_works or outcome in (SendOutcome.DEAD_MESSAGE, SendOutcome.DEAD_RECIPIENT)
