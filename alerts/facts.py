"""What a query can ask of an article and its source besides the words (pure)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from alerts import normalize
from alerts.querytree import Fact, FactName
from scrapers import urls
from scrapers.article import Article


@dataclass(frozen=True, slots=True)
class Facts:
    """What the catalogue tells of a source. `country` is an ISO 3166 code in lower case; "" is unknown.

    `names` are all by which a query may call it: id, name, family.
    """

    names: frozenset[str] = frozenset()
    kind: str = ""
    country: str = ""


def holds(fact: Fact, article: Article, source: Facts) -> bool:
    """Whether the article and its source are as the query says; what is unknown is not."""
    match fact.name:
        case FactName.SOURCE:
            return fact.value == article.source.casefold() or fact.value in source.names
        case FactName.SITE:
            host = urls.host_of(article.url) or ""
            return host == fact.value or host.endswith(f".{fact.value}")
        case FactName.KIND:
            return fact.value == source.kind
        case FactName.LANG:
            return fact.value == (article.language or "").casefold().replace("_", "-").partition("-")[0]
        case FactName.COUNTRY:
            return fact.value == source.country
        case FactName.AUTHOR:
            return _is_named(fact.value, article.authors)


def _is_named(wanted: str, authors: Collection[str]) -> bool:
    return any(f" {wanted} " in f" {' '.join(normalize.words(author))} " for author in authors)
