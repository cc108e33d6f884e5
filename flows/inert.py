"""Text of others in Markdown that we write for the Prefect page."""

from __future__ import annotations

import re

from scrapers import clean

_LONGEST = 300


def inert(text: str, longest: int = _LONGEST) -> str:
    """One line of at most `longest` characters in which no sign means anything."""
    return re.sub(r"([\\`*_\[\]<>|!#~])", r"\\\1", clean.line(text)[:longest])
