"""Find where a page leads besides itself: to translations, to the origin of its article, to what it quotes."""

from __future__ import annotations

import re
from itertools import islice
from typing import cast
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from scrapers import urls
from scrapers.page import titles
from scrapers.page.jsonld import Linked
from scrapers.page.markup import Gathered, content, is_aside, words

_ORIGINS = (
    "original-source", "syndication-source", "original_source", "article:original_source", "source", "dc.source",
    "dcterms.source", "citation_source",
)  # fmt: skip
_MOST = 40
_SEVERAL = 200  # alternates, named origins and hosts of one page that are looked at
_LONGEST = 300  # characters of a name, or of the text of a link
_WORDY = 3  # words of a slug; sections have one or two
_QUOTED = etree.XPath('//a[contains(@href, "//") and ancestor::p]')
_HOST = re.compile(r"\s*(?:https?:)?//([^/?#]+)", re.IGNORECASE)
_SOURCE = re.compile(r"^(?:source|quelle|fuente|источник|джерело|来源)\s*[:：]\s*", re.IGNORECASE)


def translations(found: Gathered, url: str, canonical: str | None, language: str | None) -> tuple[tuple[str, str], ...]:
    """(language, URL) of the same article in other languages, ISO 639-1, each language once.

    A link to a front page or section of another edition is none. The page's own language is as the links tell
    it; `language`, which a page may claim wrongly, counts where they do not.
    """
    if not found.alternates:
        return ()
    told = [
        (code[:2].lower(), address)
        for code, given in found.alternates[:_SEVERAL]
        if re.match(r"[a-zA-Z]{2}(?:[-_]|$)", code) and (address := urls.canonical(given, url))
    ]
    here = {urls.url_key(own) for own in (url, canonical) if own}
    own = {code for code, address in told if urls.url_key(address) in here} or {language or ""}
    others: dict[str, str] = {}
    for code, address in told:
        if code not in own and urls.url_key(address) not in here and _is_article(address, url):
            others.setdefault(code, address)
    return tuple(others.items())


def outlets(found: Gathered, linked: Linked, url: str, sites: set[str]) -> tuple[str, ...]:
    """Addresses or names that the page gives as the origin of its article: another site, never its own."""
    given = [found.canonical, found.first("og:url")]
    named = [value for name in _ORIGINS for value in found.meta.get(name, ())]
    origins: dict[str, None] = {}
    for text in (*(address for address in given if _HOST.match(address)), *named[:_SEVERAL], *linked.origins):
        if origin := _origin(text, url, sites):
            origins.setdefault(origin)
    return tuple(islice(origins, _MOST))


def links(tree: HtmlElement, url: str) -> tuple[tuple[str, str], ...]:
    """(text, URL) of the first 40 links within paragraphs that lead to another site, in order."""
    led: dict[tuple[str, str], None] = {}
    foreign: dict[str, bool] = {}
    for anchor in cast("list[HtmlElement]", _QUOTED(tree)):
        given = anchor.get("href") or ""
        host = _HOST.match(given)
        if not host or not foreign.get(host[1], True):
            continue
        if host[1] not in foreign:
            foreign[host[1]] = not urls.same_site(given, url)
        if foreign[host[1]] and not is_aside(anchor) and (text := content(anchor)):
            address = urls.canonical(given, url)
            # what a redirector wraps may be the page's own site
            if address and (urlsplit(address).netloc == host[1] or not urls.same_site(address, url)):
                led.setdefault((text[:_LONGEST], address))
        if len(led) == _MOST or len(foreign) == _SEVERAL:
            break
    return tuple(led)


def _origin(text: str, url: str, sites: set[str]) -> str:
    if host := _HOST.match(text):
        if host[1].lower() == urlsplit(url).netloc.lower():
            return ""
        address = urls.canonical(text, url)
        return address if address and "." in urls.host_of(address) and not urls.same_site(address, url) else ""
    name = _SOURCE.sub("", words(text[:_LONGEST]))
    return "" if titles.is_site(name, sites) or not re.search(r"[^\W\d]{2}", name) else name


def _is_article(address: str, url: str) -> bool:
    """Whether `address` is as much that of an article as `url` is: its last step or a parameter tells one."""
    there, here = urlsplit(address), urlsplit(url)
    steps, own = ([step for step in parts.path.split("/") if step] for parts in (there, here))
    if re.search(r"\d{2}", there.query) and re.search(r"\d{2}", here.query):
        return True
    if not steps or len(steps) < len(own) - 1:  # one step may name the language
        return False
    last = re.sub(r"(?<!\d)(?:19|20)\d\d(?!\d)", "", steps[-1])
    return steps[-1:] == own[-1:] or bool(re.search(r"\d{3}", last)) or len(re.findall(r"[^\W_]+", last)) >= _WORDY
