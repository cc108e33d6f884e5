"""Latin spellings of Ukrainian and Russian names: KMU 2010, BGN/PCGN, and what the press writes (pure)."""

from __future__ import annotations

from functools import lru_cache

MOST = 24  # spellings of one word


def latin(name: str, language: str) -> tuple[str, ...]:
    """Spellings of a one-word or longer Cyrillic name, with capitals as written; none of what is not Cyrillic."""
    return ()
