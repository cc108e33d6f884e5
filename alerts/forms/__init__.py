"""The forms under which a name can stand in a text: so far only as it is written (pure)."""

from __future__ import annotations

from alerts.normalize import tokens

VERSION = 0


def patterns(
    name: str,
    language: str | None,  # noqa: ARG001 - of the tables to come
    *,
    inflect: bool = True,  # noqa: ARG001
    category: str = "",  # noqa: ARG001
) -> tuple[tuple[frozenset[str], ...], ...]:
    """Alternatives, each a set of folded token texts per position."""
    return (tuple(frozenset((token.text,)) for token in tokens(name)),)


def latin(name: str, language: str) -> tuple[str, ...]:  # noqa: ARG001
    """Latin spellings of a Ukrainian or Russian name."""
    return ()
