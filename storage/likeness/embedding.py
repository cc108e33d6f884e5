"""Load the optional embedder of texts, and say how near two of its vectors are (pure)."""

from __future__ import annotations

import importlib
import math
import struct
from collections.abc import Callable, Sequence
from operator import mul
from typing import TypeAlias

Embedder: TypeAlias = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Texts -> one vector each, all of one length; an empty one for a text whose language it does not know."""


class EmbedderError(ValueError):
    """An embedder that cannot be loaded, or whose vectors cannot be used."""


def load(name: str) -> Embedder:
    """The embedder called `package.module:name`. Raises EmbedderError with what is wrong."""
    module, colon, attribute = name.partition(":")
    if not (colon and module and attribute):
        raise EmbedderError(f"an embedder is named as package.module:name, not {name!r}")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ImportError as broken:
        raise EmbedderError(f"embedder {name!r}: {broken}") from broken
    except AttributeError:
        raise EmbedderError(f"embedder {name!r}: {module} has no {attribute}") from None
    if not callable(found):
        raise EmbedderError(f"embedder {name!r} is no function but {type(found).__name__}")
    return found  # type: ignore[no-any-return]  # what it returns is checked by `embed`


def embed(embedder: Embedder, texts: Sequence[str]) -> list[tuple[float, ...]]:
    """A vector of length one for each text, empty where there is none. Raises EmbedderError."""
    found = embedder(texts)
    if len(found) != len(texts):
        raise EmbedderError(f"the embedder gave {len(found)} vectors for {len(texts)} texts")
    vectors = [_unit(vector) for vector in found]
    sizes = {len(vector) for vector in vectors if vector}
    if len(sizes) > 1:
        raise EmbedderError(f"the embedder gave vectors of different lengths: {sorted(sizes)}")
    return vectors


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """How near two vectors of length one are; 0 when they are of two embedders."""
    return sum(map(mul, one, other)) if len(one) == len(other) else 0.0


def pack(vector: Sequence[float]) -> bytes:
    """Bytes that `unpack` reads, 4 a number."""
    return struct.pack(f"<{len(vector)}f", *vector)


def unpack(packed: bytes) -> tuple[float, ...]:
    """What `pack` wrote."""
    return struct.unpack(f"<{len(packed) // 4}f", packed)


def _unit(vector: Sequence[float]) -> tuple[float, ...]:
    length = math.hypot(*vector)
    if not math.isfinite(length):
        raise EmbedderError("the embedder gave a number that is not finite")
    return tuple(float(number) / length for number in vector) if length else ()
