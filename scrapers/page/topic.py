"""Tell by their longer words whether two texts of one page speak of the same."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 5  # letters of a word that stay when it bends


def stems(text: str) -> set[str]:
    """The beginnings of the longer words of `text`."""
    return {word[:_STEM] for word in _WORD.findall(text.casefold())}
