"""Say by which few hashes of its word runs a text is found again: the fingerprints of an article (pure).

Fingerprints are stored, so a change of anything here needs a new `VERSION` and new rows.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from storage.likeness.fingerprint import normal_words

T = TypeVar("T")

VERSION = 1
RUN = 4  # words of a shingle: with 5 a text with a tenth of its words edited is lost, 3 is noisy (Reuters, ten changes)
LONGEST = 100_000  # characters that are looked at; a longer text is a table, a book or an attack
_SPARSE = 8  # one shingle of so many is kept
_MANY = 4
_LEAST = 8  # and so many more, so that a short text has some
_UNSPACED = (  # Thai, Lao, Burmese, Khmer, kana and Chinese characters: scripts that put no space between words
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_GRAM = 5  # characters of a word there: four overlapping ones span eight, about as much as four words elsewhere
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_PIECES = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_POINT = re.compile(r"(?<=\d)[.,](?=\d)")
_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?!\d)")
_GAP = re.compile(r"\D")
_PARTED = re.compile(r"[ .,\u00a0\u2009\u202f'’](?<=\d.)\d")  # what no digit begins is found five times as fast
_LATIN, _CYRILLIC = "abcehikmoptxy", "авсенікмортху"
_LOOK_ALIKE = str.maketrans(_LATIN, _CYRILLIC)
_HAS_CYRILLIC = re.compile("[\u0400-\u04ff]")
_MIXED = re.compile(f"[{_LATIN}](?:(?<=[\u0400-\u04ff].)|(?=[\u0400-\u04ff]))")


@dataclass(frozen=True)
class Text:
    """A text as its words; not slotted, because what is made of them is kept when it was asked for."""

    words: tuple[str, ...]
    size: int  # words; two characters of a script without spaces count as one
    is_cut: bool  # it was longer than `LONGEST`

    @cached_property
    def shingles(self) -> tuple[tuple[str, ...], ...]:
        """Every run of `RUN` words in order."""
        return tuple(runs(self.words))

    @cached_property
    def keys(self) -> dict[int, int]:
        """Fingerprints with the place of their shingle; 63 bits, equal in every process."""
        return _keys(self.words)


def runs(words: Sequence[T]) -> Iterator[tuple[T, ...]]:
    """Every run of `RUN` words in order."""
    return zip(*(words[start:] for start in range(RUN)), strict=False)


def read(text: str) -> Text:
    """The words of the first `LONGEST` characters, numbers without separators: "1,263" and "1 263" are 1263."""
    cut = text[:LONGEST]
    return of(cut, normal_words(cut), is_cut=len(text) > LONGEST)


def of(text: str, normal: list[str], *, is_cut: bool = False) -> Text:
    """What `read` makes of a text of at most `LONGEST` characters whose normal words are known."""
    words = normal_words(_GROUPED.sub(_digits, _POINT.sub("", text))) if _PARTED.search(text) else normal
    joined = " ".join(words)
    if _is_mixed(joined) and _is_mixed(text.casefold()):
        words = [word.translate(_LOOK_ALIKE) if _MIXED.search(word) else word for word in words]
    if not _HAS_UNSPACED.search(text):
        return Text(tuple(words), len(words), is_cut)
    split = [piece for word in words for piece in _PIECES.findall(word)]
    unspaced = [len(piece) for piece in split if _HAS_UNSPACED.match(piece)]
    size = len(split) - len(unspaced) + sum(unspaced) // 2
    return Text(tuple(gram for piece in split for gram in _grams(piece)), size, is_cut)


def _is_mixed(folded: str) -> bool:
    """Whether Latin letters stand in a Cyrillic word."""
    return not folded.isascii() and bool(_HAS_CYRILLIC.search(folded) and _MIXED.search(folded))


def _digits(number: re.Match[str]) -> str:
    return _GAP.sub("", number[0])


def _grams(piece: str) -> list[str]:
    """A word as it is, or the overlapping runs of characters of what has no spaces inside."""
    if len(piece) <= _GRAM or not _HAS_UNSPACED.match(piece):
        return [piece]
    return [piece[start : start + _GRAM] for start in range(len(piece) - _GRAM + 1)]


def _keys(words: tuple[str, ...]) -> dict[int, int]:
    """One shingle of `_SPARSE` and the `_LEAST` lowest: a part of a text keeps all that the whole has there."""
    encoded = " ".join(words).encode("utf-8", "replace").split(b" ")
    # checksums are cheap: the strong hash is only for what is kept
    sums = list(map(zlib.crc32, map(b" ".join, runs(encoded))))
    low = (_MANY * _LEAST << 32) // max(1, len(sums))  # below it are more than enough of them, but for repeated ones
    places: dict[int, int] = {}
    for place in [place for place, checksum in enumerate(sums) if checksum < low or not checksum % _SPARSE]:
        places.setdefault(sums[place], place)
    lowest = sorted(places)[:_LEAST]
    if len(lowest) < _LEAST or lowest[-1] >= low:
        places = dict(zip(reversed(sums), reversed(range(len(sums))), strict=True))
        lowest = sorted(places)[:_LEAST]
    kept = {place for checksum, place in places.items() if not checksum % _SPARSE}
    kept.update(places[checksum] for checksum in lowest)
    return {_hash(b" ".join(encoded[place : place + RUN])): place for place in sorted(kept)}


def _hash(run: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(run, digest_size=8).digest()) >> 1
