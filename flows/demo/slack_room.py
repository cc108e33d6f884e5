"""The workspace behind the Slack stand-in: its messages and threads, and what each channel takes per second."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

_PAGE = 100  # messages that one answer lists at most


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A message that the stand-in took. `channel` is the webhook's path or the channel's id."""

    channel: str
    payload: dict[str, Any]
    arrived: datetime
    ts: str = ""
    edits: int = 0

    @property
    def text(self) -> str:
        """The fallback text."""
        return str(self.payload.get("text", ""))

    @property
    def key(self) -> str:
        """The delivery key in its metadata, if it has any."""
        return str(self.payload.get("metadata", {}).get("event_payload", {}).get("delivery_key", ""))

    @property
    def root(self) -> str:
        """The ts of the message whose thread it stands in; "" for one that stands in the channel."""
        return str(self.payload.get("thread_ts") or "")


class Room:
    """Messages by channel, safe for many threads. `per_second` limits each channel (None: no limit), by `clock`.

    `early` counts the posts to a channel that came before it was free again: a sender that obeys makes none.
    """

    def __init__(self, per_second: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.messages: list[SlackMessage] = []
        self.early: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._per_second = per_second
        self._clock = clock
        self._free_at: dict[str, float] = {}

    def wait_for(self, channel: str) -> int:
        """0 when `channel` may be posted to now, else the seconds that Retry-After tells."""
        with self._lock:
            now, free_at = self._clock(), self._free_at.get(channel, 0.0)
            if now < free_at:
                self.early[channel] += 1
                return max(1, math.ceil(free_at - now))
            if self._per_second is not None:
                self._free_at[channel] = now + 1 / self._per_second
            return 0

    def close_for(self, channel: str, seconds: int) -> None:
        """Let `channel` take nothing for so long."""
        with self._lock:
            self._free_at[channel] = self._clock() + seconds

    def post(self, channel: str, payload: dict[str, Any]) -> str:
        """Keep the message; its ts. Raises KeyError when the thread that it answers does not exist."""
        now = datetime.now(UTC)
        with self._lock:
            message = SlackMessage(channel, payload, now, f"{int(now.timestamp())}.{next(self._numbers):06d}")
            if message.root:
                self._at(channel, message.root)
            self.messages.append(message)
            return message.ts

    def update(self, channel: str, ts: str, payload: Mapping[str, Any]) -> None:
        """Change a message; raises KeyError when there is none."""
        with self._lock:
            place = self._at(channel, ts)
            old = self.messages[place]
            self.messages[place] = replace(old, payload={**old.payload, **payload}, edits=old.edits + 1)

    def _at(self, channel: str, ts: str) -> int:
        for place, message in enumerate(self.messages):
            if (message.channel, message.ts) == (channel, ts):
                return place
        raise KeyError(ts)

    def history(self, channel: str, oldest: float, cursor: str, most: int) -> tuple[list[SlackMessage], str]:
        """What stands in `channel` since `oldest`, newest first, and where the next page begins ("" at the end)."""
        return _page(self._listed(channel, oldest), cursor, most)

    def _listed(self, channel: str, oldest: float) -> Iterator[SlackMessage]:
        for message in self.messages[::-1]:
            in_thread = message.root and not message.payload.get("reply_broadcast")
            if message.channel == channel and not in_thread and float(message.ts) >= oldest:
                yield message

    def replies(self, channel: str, root: str, cursor: str, most: int) -> tuple[list[SlackMessage], str]:
        """The thread of `root`, oldest first, the root itself included; raises KeyError when there is none."""
        with self._lock:
            first = self.messages[self._at(channel, root)]
            thread = [first, *(one for one in self.messages if (one.channel, one.root) == (channel, root))]
        return _page(iter(thread), cursor, most)


def _page(listed: Iterator[SlackMessage], cursor: str, most: int) -> tuple[list[SlackMessage], str]:
    start = int(cursor) if cursor.isdecimal() else 0
    end = start + max(1, min(most, _PAGE))
    found = list(listed)
    return found[start:end], str(end) if end < len(found) else ""
