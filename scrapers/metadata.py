"""Read title, authors, time and the other facts about an article from the tree of its page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from lxml.html import HtmlElement

from scrapers import authors, jsonld, permalink, published, urls
from scrapers.article import DateOrigin
from scrapers.markup import Gathered, content, gather, words

_AUTHORS = (
    "author", "article:author", "og:article:author", "og:author", "parsely-author", "sailthru.author", "byl",
    "dc.creator", "dcterms.creator", "cxenseparse:author", "article:author_name", "authors", "citation_author",
)  # fmt: skip
_SEPARATOR = re.compile(r"\s+[|\-–—·•:»«/]+\s+|\s*[|»：ㅣ]\s*|:\s+(?=[^:]*$)")
_AGREED = 2  # votes, of three and a half
_TELLING = 3  # letters of a name that can be recognised by its beginning
_BIOGRAPHY = 100  # characters of a byline that is more than names
_CUT = re.compile(r"(?:…|\.\.\.)\s*$")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about its article; empty where it says nothing.

    `published` is as the page wrote it: aware with an offset, or a naive wall clock. `canonical` is an
    address of the page's own site. `language` is ISO 639-1 as the page claims it. `body` is the article
    text in JSON-LD, perhaps with markup. `free` is False behind a paywall, None when nothing is said.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    date_origin: DateOrigin | None = None
    canonical: str | None = None
    language: str | None = None
    description: str = ""
    body: str = ""
    free: bool | None = None


def read(tree: HtmlElement, url: str) -> Metadata:
    """Everything that the page at `url` says about its article. The tree is left as it is."""
    found = gather(tree)
    linked = jsonld.read(found.blocks, url)
    sites = _sites(found, linked, url)
    when, origin = published.find(tree, found, linked, url)
    language = found.language or linked.language or found.first("og:locale", "content-language", "dc.language")
    code = language.strip()[:2].lower()
    free = linked.free
    if free is None and found.first("article:content_tier") in ("locked", "metered"):
        free = False
    return Metadata(
        title=_title(found, linked, sites),
        authors=_authors(found, linked, sites),
        published=when,
        date_origin=origin,
        canonical=_canonical(found, linked, url),
        language=code if re.fullmatch("[a-z]{2}", code) else None,
        description=words(found.first("og:description", "description", "twitter:description") or linked.description),
        body=linked.body,
        free=free,
    )


def _title(found: Gathered, linked: jsonld.Linked, sites: set[str]) -> str:
    """What most of JSON-LD, heading and og:title agree on; in this order where none agree.

    The <title> counts half: it is written for search engines. Measured on fundus and WCXB, where each of
    the four alone is right less often.
    """
    headings = [text for text in map(content, found.headings) if authors.key(text) not in sites | {""}]
    keys = {authors.key(text) for text in headings}

    def stripped(text: str) -> str:
        short = _without_site(words(text), sites, keys)
        return "" if authors.key(short) in sites else short

    headline, page = stripped(linked.headline), stripped(found.title)
    shared = stripped(found.first("og:title", "twitter:title"))
    others = [text for text in (headline, shared, page) if text]
    heading = _nearest(headings, others)
    votes: dict[str, float] = {}
    for text, weight in ((headline, 1), (heading, 1), (shared, 1), (page, 0.5)):
        votes[authors.key(text)] = votes.get(authors.key(text), 0) + weight
    candidates = [text for text in (headline, heading, shared, page) if text and not _CUT.search(text)]
    agreed = [text for text in candidates if votes[authors.key(text)] >= _AGREED]
    return next(iter([*agreed, *candidates, *others]), "")


def _nearest(headings: list[str], others: list[str]) -> str:
    """The heading that shares most words with what else is called title; "" when none shares a third."""
    if not others:
        return headings[0] if headings else ""
    nearness = {heading: max(_overlap(heading, other) for other in others) for heading in reversed(headings)}
    best = max(reversed(nearness), key=lambda heading: nearness[heading], default="")
    return best if nearness.get(best, 0) >= 1 / 3 else ""


def _without_site(title: str, sites: set[str], headings: set[str]) -> str:
    cuts = list(_SEPARATOR.finditer(title))
    for cut in cuts:
        head, tail = title[: cut.start()].strip(), title[cut.end() :].strip()
        if head and (_is_site(tail, sites) or authors.key(head) in headings):
            return head
        if tail and cut is cuts[0] and (_is_site(head, sites) or authors.key(tail) in headings):
            return tail
    return title


def _is_site(text: str, sites: set[str]) -> bool:
    name = authors.key(text)
    return name in sites or any(
        name.startswith(site) or site.startswith(name) for site in sites if min(len(name), len(site)) >= _TELLING
    )


def _overlap(one: str, other: str) -> float:
    a, b = ({authors.key(word) for word in text.split()} - {""} for text in (one, other))
    return len(a & b) / max(1, len(a | b))


def _authors(found: Gathered, linked: jsonld.Linked, sites: set[str]) -> tuple[str, ...]:
    """People before the site itself, whoever names them: JSON-LD, meta elements, bylines on the page."""
    fallback: tuple[str, ...] = ()
    stated = [linked.authors, *(found.meta.get(name, ()) for name in _AUTHORS)]
    shown = (_signed(element) for element in found.bylines[:10])
    for names in chain(stated, shown):
        if cleaned := authors.clean(names, sites):
            if any(authors.key(name) not in sites for name in cleaned):
                return cleaned
            fallback = fallback or cleaned
    return fallback


def _signed(element: HtmlElement) -> list[str]:
    links = [text for link in element.iter("a") if (text := content(link))]
    text = content(element)
    shown = links or ([text] if len(text) < _BIOGRAPHY else [])
    # a class called "author" is also given to icons, roles and agencies: take what looks like a name
    return [
        name
        for name in authors.clean(shown)
        if re.fullmatch(r"\S+(?: [^\sa-zа-яіїєґ]\S*){1,3}|[^\W_a-zA-Z]{2,5}", name)
    ]


def _canonical(found: Gathered, linked: jsonld.Linked, url: str) -> str | None:
    here = urls.canonical(url) or url
    for given in (found.canonical, found.first("og:url"), linked.url):
        address = urls.canonical(given, url) if given else None
        if address and urls.same_site(address, url) and permalink.names(address, here):
            return address
    return None


def _sites(found: Gathered, linked: jsonld.Linked, url: str) -> set[str]:
    """Names of the site as keys: as it says, and as its host is called with and without its endings."""
    host = urls.host_of(url).removeprefix("www.")
    named = [*found.meta.get("og:site_name", ()), found.first("application-name"), linked.publisher]
    label = max(host.split(".")[:-1], key=len, default="")
    return {authors.key(words(name)) for name in (*named, host, label)} - {""}
