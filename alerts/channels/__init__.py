"""The means by which a message leaves: what every channel offers."""

from __future__ import annotations

from typing import Protocol

from alerts.model import Message, Receipt


class Channel(Protocol):
    """Sends messages to one recipient."""

    def send(self, message: Message, key: str, *, repeat: bool = False) -> Receipt:
        """Hand `message` over once, without any retry of its own.

        `key` names the delivery for ever: equal keys are the same message. `repeat` says that an
        earlier try may have arrived. Raises DeliveryError for every other end.
        """
        ...
