"""Say when two texts are the same one: a hash of their words alone (pure)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

SHORTEST = 25  # words; shorter texts are too alike to call them copies
_WORD = re.compile(r"\w+")
_DROPPED = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\u0301'’ʼ‘`]")


def text_hash(text: str) -> bytes | None:
    """32 bytes, equal for texts that differ in case, marks, quotes and spaces; None when too short."""
    return words_hash(normal_words(text))


def words_hash(words: Sequence[str]) -> bytes | None:
    """The hash of a text with these normal words."""
    return hashlib.sha256(" ".join(words).encode()).digest() if len(words) >= SHORTEST else None


def normal_words(text: str) -> list[str]:
    """The words that count: folded, without stress marks, soft hyphens and apostrophes; ё is е."""
    plain = unicodedata.normalize("NFKC", _DROPPED.sub("", text)).casefold().replace("ё", "е")
    return _WORD.findall(plain)


def key_hash(url_key: str) -> bytes:
    """16 bytes for the key of a URL."""
    return hashlib.blake2b(url_key.encode("utf-8", "replace"), digest_size=16).digest()
