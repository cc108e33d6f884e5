"""Read title, authors, time and the other facts about an article from the tree of its page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from scrapers import permalink, urls
from scrapers.article import DateOrigin
from scrapers.page import authors, bylines, jsonld, published, references, titles
from scrapers.page.markup import Gathered, gather, words

_TIER = re.compile(r"content[-_]?tier$|\baccess(?:[-_]?status)?$")
_TIERS = re.compile(r"(free|open|public)|locked|metered|paid|premium|subscri\w+")
_CLOSED = re.compile(r"(?:^|[-_:.]|\bis)(?:premium|paywall(?:ed)?|paid-?content)$")
_SAID = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about its article; empty where it says nothing.

    `published` is as the page wrote it: aware with an offset, or a naive wall clock.
    `canonical` is an address of the page's own site. `language` is ISO 639-1 as the page claims it. `body` is
    the article text in JSON-LD, perhaps with markup. `free` is False behind a paywall, None when nothing is
    said. `translations` are (language, URL) of the same article. `outlets` are addresses or names that the page
    gives as the origin of its article, never its own site. `links` are (text, URL) of what the paragraphs lead
    to on other sites, at most 40.
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
    translations: tuple[tuple[str, str], ...] = ()
    outlets: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def read(tree: HtmlElement, url: str) -> Metadata:
    """Everything that the page at `url` says about its article. The tree is left as it is."""
    found = gather(tree)
    linked = jsonld.read(found.blocks, url)
    sites = _sites(found, linked, url)
    when, origin = published.find(tree, found, linked, url)
    language = found.language or linked.language or found.first("og:locale", "content-language", "dc.language")
    code = language.strip()[:2].lower()
    spoken = code if re.fullmatch("[a-z]{2}", code) else None
    canonical = _canonical(found, linked, url)
    return Metadata(
        title=titles.find(found, linked, sites),
        authors=bylines.find(tree, found, linked, sites),
        published=when,
        date_origin=origin,
        canonical=canonical,
        language=spoken,
        description=words(found.first("og:description", "description", "twitter:description") or linked.description),
        body=linked.body,
        free=_free(found) if linked.free is None else linked.free,
        translations=references.translations(found, url, canonical, spoken),
        outlets=references.outlets(found, linked, url, sites),
        links=references.links(tree, url),
    )


def _free(found: Gathered) -> bool | None:
    """What meta elements say about a paywall. Classes tell nothing: on fundus, as many free pages name one."""
    for name, values in found.meta.items():
        value = values[0].strip().lower()
        if name == "isaccessibleforfree" and value in _SAID:
            return _SAID[value]
        if _CLOSED.search(name) and value in _SAID:
            return not _SAID[value]
        if _TIER.search(name) and (tier := _TIERS.fullmatch(value)):
            return tier[1] is not None
    return None


def _canonical(found: Gathered, linked: jsonld.Linked, url: str) -> str | None:
    here = urls.canonical(url) or url
    for given in (found.canonical, found.first("og:url"), linked.url):
        address = urls.canonical(given, url) if given else None
        is_own = address and (urlsplit(address).netloc == urlsplit(here).netloc or urls.same_site(address, url))
        if address and is_own and permalink.names(address, here):
            return address
    return None


def _sites(found: Gathered, linked: jsonld.Linked, url: str) -> set[str]:
    """Names of the site as keys: as it says, and as its host is called with and without its endings."""
    host = urls.host_of(url).removeprefix("www.")
    named = [*found.meta.get("og:site_name", ()), found.first("application-name"), linked.publisher]
    label = max(host.split(".")[:-1], key=len, default="")
    return {authors.key(words(name)) for name in (*named, host, label)} - {""}
