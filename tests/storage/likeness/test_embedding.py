"""An embedder is plugged in by its name, and its vectors are checked."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence

import pytest

from storage.likeness import clustering, embedding
from storage.likeness.clustering import Marks
from storage.likeness.embedding import EmbedderError

NO_FUNCTION = 7
SAME = "Drones burnt down a bakery in Odesa overnight", "A bakery in Odesa was burnt down by drones at night"
OTHER = "Parliament voted on the budget of the ministry of health"


def by_letters(texts: Sequence[str]) -> list[list[float]]:
    """A small embedder: hashed runs of four letters."""
    vectors = []
    for text in texts:
        runs = Counter(zlib.crc32(text[at : at + 4].casefold().encode()) % 256 for at in range(len(text) - 3))
        vectors.append([float(runs[place]) for place in range(256)])
    return vectors


def test_an_embedder_is_loaded_by_its_name() -> None:
    loaded = embedding.load(f"{__name__}:by_letters")
    one, same, other = embedding.embed(loaded, [*SAME, OTHER])
    assert embedding.cosine(one, same) > 0.6 > embedding.cosine(one, other)
    assert embedding.cosine(one, one) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("by_letters", "package.module:name"),
        (":x", "package.module:name"),
        ("no.such.module:x", "No module named 'no'"),
        (f"{__name__}:missing", "has no missing"),
        (f"{__name__}:NO_FUNCTION", "is no function but int"),
    ],
)
def test_an_embedder_that_cannot_be_used_says_why(name: str, said: str) -> None:
    with pytest.raises(EmbedderError, match=said):
        embedding.load(name)


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        ([[1.0]], "1 vectors for 2 texts"),
        ([[1.0], [1.0, 2.0]], "different lengths"),
        ([[1.0], [float("nan")]], "finite"),
    ],
)
def test_vectors_that_cannot_be_compared_are_refused(vectors: list[list[float]], said: str) -> None:
    with pytest.raises(EmbedderError, match=said):
        embedding.embed(lambda _: vectors, ["a", "b"])


def test_a_text_of_an_unknown_language_has_no_vector() -> None:
    assert embedding.embed(lambda _: [[], [0.0, 0.0], [3.0, 4.0]], ["a", "b", "c"]) == [(), (), (0.6, 0.8)]


def test_vectors_of_two_embedders_are_never_near() -> None:
    assert embedding.cosine((1.0, 0.0), (1.0,)) == 0


def test_packed_vectors_take_four_bytes_a_number() -> None:
    packed = embedding.pack((0.5, -0.25, 1.0))
    assert len(packed) == 12
    assert embedding.unpack(packed) == (0.5, -0.25, 1.0)


def test_an_embedder_proposes_and_names_and_figures_decide() -> None:
    one, same = marks("ode kip", "34"), marks("ode", "34 9")
    assert clustering.score(0.06, one, same, 0.9) > clustering.THRESHOLD
    assert clustering.score(0.06, one, same, 0.5) == 0
    assert clustering.score(0.06, one, marks("kha", ""), 0.9) == 0
    assert clustering.score(0.06, one, marks("ode", "35 36"), 0.9) == 0
    assert clustering.score(0.06, marks("", ""), marks("", ""), 0.9) == 0


def marks(names: str, figures: str) -> Marks:
    return Marks(frozenset(names.split()), frozenset(names.split()), frozenset(figures.split()), frozenset())
