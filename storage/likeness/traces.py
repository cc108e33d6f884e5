"""Keep what an article is compared by in some 500 bytes (pure)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from storage.likeness.clustering import Marks

# Of the 60 terms of a vector. ECB+ B3 F1 / ARI when articles are found by 60, 24, 20, 16 and 12 of them:
# .901/.861, .898/.858, .895/.854, .900/.860, .890/.849; vectors of 40 terms in all: .885/.832
STORED = 16
_HEAD = struct.Struct("<BBB")  # version, number of terms, of those that are stored
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """Terms of an article, the strongest first, with their weights as it came, and its marks."""

    terms: tuple[int, ...]
    weights: tuple[float, ...]  # of 32 bits
    marks: Marks
    stored: int = STORED

    @classmethod
    def of(cls, vector: Mapping[int, float], marks: Marks) -> Trace:
        """With weights as they will be read again, so that an article compares alike before and after it is stored."""
        ordered = sorted(vector.items(), key=lambda pair: (-pair[1], pair[0]))
        count = len(ordered)
        weights = struct.unpack(f"<{count}f", struct.pack(f"<{count}f", *(weight for _, weight in ordered)))
        return cls(tuple(term for term, _ in ordered), weights, marks)

    def strongest(self) -> Iterable[tuple[int, float]]:
        """The terms by which others find it."""
        return zip(self.terms[: self.stored], self.weights[: self.stored], strict=True)

    def pack(self) -> bytes:
        """Bytes that `unpack` reads, on every machine."""
        count = len(self.terms)
        marks = (self.marks.heads, self.marks.names, self.marks.figures, self.marks.weekdays)
        words = "\n".join(" ".join(sorted(group)) for group in marks).encode()
        numbers = struct.pack(f"<{count}i{count}f", *self.terms, *self.weights)
        return _HEAD.pack(_VERSION, count, self.stored) + numbers + words


def unpack(packed: bytes) -> Trace:
    """What `Trace.pack` wrote."""
    _, count, stored = _HEAD.unpack_from(packed)
    numbers = struct.unpack_from(f"<{count}i{count}f", packed, _HEAD.size)
    heads, names, figures, weekdays = packed[_HEAD.size + 8 * count :].decode().split("\n")
    marks = Marks(*(frozenset(group.split()) for group in (heads, names, figures, weekdays)))
    return Trace(numbers[:count], numbers[count:], marks, stored)
