"""Say which earlier article tells the same event: terms of a text and their overlap (pure).

Names and numbers tell events apart better than any other words (measured on ECB+), so they weigh more.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

THRESHOLD = 0.25  # a little above the best on ECB+ (.20): a story too many repeats an alert, one too few loses it
WINDOW_HOURS = 72
MOST_TERMS = 60
_BACKGROUND = 300.0  # articles that an empty database pretends to have seen
_TITLE, _NAME, _WORD = 1.5, 2.0, 1.0
_SHORTEST = 3
_STEM = 6
_SENTENCE_END = re.compile(r"[.!?…:»”\n]\s*$")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’ʼ-][^\W\d_]+)*")


def terms(title: str, text: str) -> dict[int, float]:
    """At most `MOST_TERMS` terms with their weight; keys are 63-bit hashes, equal in every process."""
    weight: dict[str, float] = defaultdict(float)
    for part, factor in ((title, _TITLE), (text[:6000], 1.0)):
        for word, is_name in _words(part):
            weight[word] += factor * (_NAME if is_name else _WORD)
    scaled = {word: 1 + math.log(value) if value > 1 else value for word, value in weight.items()}
    best = sorted(scaled.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TERMS]
    return {_hash(word): value for word, value in best}


def _words(text: str) -> Iterable[tuple[str, bool]]:
    """Each stem with whether it reads as a name or number where it stands."""
    end = 0
    for found in _TOKEN.finditer(text):
        token, start = found[0], found.start()
        opens = start == 0 or bool(_SENTENCE_END.search(text, max(0, end - 1), start))
        end = found.end()
        if token[0].isdigit():
            if len(token) > 1:
                yield token.replace(",", "."), True
        elif len(token) >= _SHORTEST:
            yield token.casefold()[:_STEM], token[0].isupper() and not opens


def similarity(one: Mapping[int, float], other: Mapping[int, float], seen: Mapping[int, int], total: int) -> float:
    """Cosine of two articles from 0 to 1; `seen` says how many of `total` articles hold a term."""
    shared = one.keys() & other.keys()
    if not shared:
        return 0.0
    idf = {term: _idf(seen.get(term, 0), total) for term in one.keys() | other.keys()}
    dot = sum(one[term] * other[term] * idf[term] ** 2 for term in shared)
    return dot / (_norm(one, idf) * _norm(other, idf))


def is_edition(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two titles (folded words) differ in their numbers alone, as those of a daily bulletin do."""
    if one == other or len(one) != len(other):
        return False
    return all(a == b or (a.isdigit() and b.isdigit()) for a, b in zip(one, other, strict=True))


def _idf(seen: int, total: int) -> float:
    return math.log((total + _BACKGROUND) / (seen + 1))


def _norm(vector: Mapping[int, float], idf: Mapping[int, float]) -> float:
    return math.sqrt(sum((value * idf[term]) ** 2 for term, value in vector.items())) or 1.0


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest()) >> 1
