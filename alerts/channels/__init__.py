"""The means by which a message leaves: what every channel offers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from alerts.model import Message, Receipt


class Channel(Protocol):
    """Sends messages to one recipient."""

    def send(self, message: Message, key: str, *, repeat: bool = False, root: str = "") -> Receipt:
        """Hand `message` over once, without any retry of its own.

        `key` names the delivery for ever: equal keys are the same message. `repeat` says that an
        earlier try may have arrived. `root` is what the channel called the first message of the thread.
        Raises DeliveryError for every other end.
        """
        ...

    def edit(self, message: Message, root: str) -> Receipt:
        """Put `message` in the place of the one that the channel called `root`; harmless when repeated.

        Raises DeliveryError for every other end.
        """
        ...

    def find(self, key: str, since: datetime, *, root: str = "") -> Receipt | None:
        """The receipt of the delivery `key`, if it arrived after `since` although its answer was lost.

        Raises DeliveryError: UNKNOWN when this channel cannot tell, else as `send` does.
        """
        ...
