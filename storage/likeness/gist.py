"""Read an article once for everything by which it is compared and found again (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts import normalize
from alerts.reading import Reading
from scrapers import urls
from scrapers.article import Article
from storage.likeness import clustering, shingles
from storage.likeness.clustering import Sketch
from storage.likeness.fingerprint import key_hash, normal_words, words_hash
from storage.likeness.shingles import Text

VERSION = 2  # of what is stored from a gist: a new one has every article read again by `upkeep`
LONGEST = 200_000  # characters that can be searched; a longer text is a table, a book or an attack


@dataclass(frozen=True, slots=True)
class Gist:
    """An article with its fingerprints, story sketch and words; made outside of every transaction.

    `keys` are all URLs that name it by their key, its own first.
    `hash` is None for a text too short to be called a copy. `entities` are the tracked ones that it names. `title`
    and `body` hold folded words parted by single blanks, as the search index takes them.
    """

    article: Article
    keys: Mapping[bytes, str]
    hash: bytes | None
    text: Text
    sketch: Sketch
    title: str
    body: str
    entities: tuple[str, ...]
    vector: tuple[float, ...] | None = None  # of an embedder, where one is plugged in


def take(article: Article, entities: Sequence[str] = (), read: Reading | None = None) -> Gist:
    """Everything that `storage.articles.save` wants to know of `article`, which may have been `read` for matching."""
    normal = normal_words(article.text)
    is_long = len(article.text) > shingles.LONGEST  # its shingles are those of a part
    text = shingles.read(article.text) if is_long else shingles.of(article.text, normal)
    text.keys  # noqa: B018 - computed here, not within the transaction
    return Gist(
        article,
        {key_hash(urls.url_key(url)): url for url in dict.fromkeys((article.url, *article.aliases))},
        words_hash(normal),
        text,
        clustering.sketch(article.title, article.text),
        *_fields(article, read),
        tuple(entities),
    )


def _fields(article: Article, read: Reading | None) -> tuple[str, str]:
    """The words of the title, those of the text."""
    if read is None or max(len(article.title), len(article.text)) > LONGEST:
        return words(article.title), words(article.text)
    title, text = read.fields()
    return " ".join(title), " ".join(text)


def words(text: str) -> str:
    """Folded words of the first `LONGEST` characters, parted by single blanks."""
    return " ".join(normalize.words(text[:LONGEST]))
