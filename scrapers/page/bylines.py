"""Find who wrote an article among all that its page calls an author."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from lxml.html import HtmlElement

from scrapers.page import authors
from scrapers.page.jsonld import Linked
from scrapers.page.markup import Gathered, content, is_aside, words

_NAMES = (
    "author", "article:author", "og:article:author", "og:author", "parsely-author", "sailthru.author", "byl",
    "dc.creator", "dcterms.creator", "cxenseparse:author", "article:author_name", "authors", "citation_author",
)  # fmt: skip
_PARTICLES = r"(?:(?:de|del|della|da|di|do|dos|du|la|le|el|al|bin|van|von|der|den|ter|zu) )*"
_PERSON = re.compile(rf"\S+(?: {_PARTICLES}[^\sa-zа-яіїєґ]\S*){{1,3}}|[^\W_a-zA-Z]{{2,5}}")
# What stands before a name, where no attribute says that it is one; and the pages that outlets give to their authors.
_BY = re.compile(
    r"\s*(?:by|von|par|por|door|written by|автор(?:ка|и|ы)?|autor(?:in|zy|ka)?|tekst)(?::|\s|$)", re.IGNORECASE
)
_PROFILE = re.compile(
    r"/(?:authors?|autor(?:en|es|i|zy)?|auteurs?|profiles?|avtory?|journalists?)/[^/?#]+", re.IGNORECASE
)
_BIOGRAPHY = 100  # characters of a byline that is more than names
_SHORT = 80  # characters of a byline that nothing else tells
_MOST = 100  # elements of a kind that are looked at, most of them aside
_SEVERAL = 10  # elements that are read


def find(tree: HtmlElement, found: Gathered, linked: Linked, sites: set[str]) -> tuple[str, ...]:
    """People before the site itself, whoever names them: JSON-LD, meta elements, bylines on the page.

    `sites` are the names of the site as keys.
    """
    fallback: tuple[str, ...] = ()
    for names in chain([linked.authors], (found.meta.get(name, ()) for name in _NAMES)):
        if cleaned := authors.clean(names, sites):
            if any(authors.key(name) not in sites for name in cleaned):
                return _completed(cleaned, found)
            fallback = fallback or cleaned
    shown = islice(chain(found.credited[:_MOST], found.bylines[:_MOST], _likely(tree)), 3 * _MOST)
    own = islice((element for element in shown if not is_aside(element)), _SEVERAL)
    # the first is the article's; what comes further down belongs to others
    return next((names for element in own if (names := _signed(element))), fallback)


def _likely(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Elements that no attribute calls a byline, but that read like one or lead to the page of an author."""
    for element in tree.iter("p", "span", "div", "a", "strong", "em", "li", "h4", "h5"):
        text = element.text
        is_signed = text and len(text) <= _SHORT and _BY.match(text)
        is_named = "author" in (element.get("itemprop") or "").lower()
        if is_signed or is_named or (element.tag == "a" and _PROFILE.search(element.get("href") or "")):
            yield element


def _completed(named: tuple[str, ...], found: Gathered) -> tuple[str, ...]:
    """With those whom the page marks up as authors in the same way besides the `named`."""
    keys = set(map(authors.key, named))
    explicit = [element for element in found.credited[:_SEVERAL] if not is_aside(element)]
    shown = authors.clean(name for element in explicit for name in _signed(element))
    return shown if keys < set(map(authors.key, shown)) else named


def _signed(element: HtmlElement) -> tuple[str, ...]:
    # a class called "author" is also given to icons, roles and agencies: take what looks like a name
    if (element.get("itemprop") or "").lower() == "author" and element.find("*") is None:
        return authors.clean([content(element)])
    text = content(element)
    parts = [[content(link) for link in element.iter("a")], _alike(element), [text] if len(text) < _BIOGRAPHY else []]
    for texts in parts:
        if names := tuple(name for name in authors.clean(texts) if _PERSON.fullmatch(name)):
            return names
    return ()


def _alike(element: HtmlElement) -> list[str]:
    """The first name within `element`, and all texts that are marked up as it is: roles and places are not."""
    pieces = [((child.tag, child.get("class")), words(child.text)) for child in element.iterdescendants() if child.text]
    first = next((kind for kind, text in pieces if _PERSON.fullmatch(text)), None)
    return [text for kind, text in pieces if kind == first] if first else []
