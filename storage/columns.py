"""Types of columns that hold the same on both engines, whatever a page holds."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import DateTime, Dialect, TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant on both engines; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC for the database; SQLite keeps no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r} where an aware one is needed")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Aware UTC again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def storable(text: str) -> str:
    """`text` as both engines take it: no NUL, and no half of a surrogate pair.

    7 us for 3,100 Cyrillic letters that need no change, 0.1 us for English ones (`timeit`, busy machine).
    """
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:  # halves that belong together become the letter that they stand for
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class Text(TypeDecorator[str]):
    """Text that never costs a batch, whatever a page holds."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Without what PostgreSQL refuses."""
        return None if value is None else storable(value)


class String(TypeDecorator[str]):
    """Text of a length that only PostgreSQL would insist on; what is longer is cut on both engines."""

    impl = sa.String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Without what PostgreSQL refuses."""
        return None if value is None else storable(value)[: self.length]
