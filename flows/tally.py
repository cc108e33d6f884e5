"""What one pass over the outbox did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class DeliveryTally:
    """What one pass over the outbox did, as `varta deliver --json` shows it."""

    decided: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    sent: int = 0
    waiting: int = 0
    held: int = 0
    dead: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, later: DeliveryTally) -> None:
        """Count what a later pass did, too; an error is told once."""
        self.decided.update(later.decided)
        self.opened += later.opened
        self.sent += later.sent
        self.waiting += later.waiting
        self.held += later.held
        self.dead += later.dead
        self.errors += (error for error in later.errors if error not in self.errors)
