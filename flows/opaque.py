"""Hand a value to a Prefect task without Prefect looking into it."""

from __future__ import annotations

from typing import TypeVar, cast

from prefect.utilities.annotations import quote

T = TypeVar("T")


def opaque(value: T) -> T:
    """`value` for a task parameter; the task gets the value itself.

    Prefect would walk through every field of it in search of futures, and try to hash it for its cache.
    """
    return cast("T", quote(value))
