"""Read what an RSS, RDF or Atom document tells of its entries, before anything is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from scrapers import urls
from scrapers.routes.pulling import Chunks, elements

_ENTRIES = ("item", "entry")
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_INNER = re.compile(r"(?s)\A<[^>]*>(.*)</[^>]*>\Z")
_PREFIX = re.compile(r"(</?)[\w.-]+:(?=[a-zA-Z])")

_OWN = {
    "title": "title",
    "link": "link",
    "guid": "id",
    "id": "id",
    "description": "description",
    "summary": "description",
    "content": "content",
    "author": "author",
    "pubdate": "published",
    "published": "published",
    "issued": "published",
    "date": "dated",
    "created": "dated",
    "updated": "updated",
    "modified": "updated",
    "source": "source",
}
_EXTENSIONS = {
    "dc": {"creator": "author", "date": "dated", "title": "title", "description": "description"},
    "dcterms": {"issued": "published", "created": "dated", "modified": "updated", "abstract": "description"},
    "content": {"encoded": "content"},
    "xhtml": {"body": "content", "div": "content"},
}
_SPACES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
# The whole text as Ukrainian and Russian sites give it to aggregators, under several namespaces.
_WHOLE = {"fulltext", "full-text"}


@dataclass(slots=True)
class Told:
    """What a feed tells of one entry, all as it stands there: texts may hold markup, dates are of any form.

    `source` is the address of the outlet or feed that the entry was taken from.
    """

    link: str = ""
    id: str = ""
    title: str = ""
    description: str = ""
    content: str = ""
    published: str = ""
    dated: str = ""
    updated: str = ""
    source: str = ""
    base: str = ""
    names: tuple[str, ...] = ()


def entries(chunks: Chunks, recoded: Chunks) -> Iterator[Told]:
    """The entries of a feed, one after the other; for the arguments see pulling.elements."""
    roles: dict[str, str] = {}
    for element in elements(chunks, recoded, _ENTRIES):
        yield _told(element, roles)


_NO_LINKS = "", "", ""


def _told(element: Any, roles: dict[str, str]) -> Told:
    first: dict[str, str] = {}
    links = _NO_LINKS
    names: tuple[str, ...] = ()
    for child in element:
        tag = child.tag
        role = roles.get(tag)
        if role is None:
            role = roles[tag] = _role(tag, element.tag)
        if not role or role in first:
            continue
        if role == "link":
            links = _with_link(links, child)
        elif role == "author":
            names = (*names, _name(child))
        elif role == "source":
            first[role] = _origin(child)
        elif text := _markup(child) if len(child) else child.text:
            first[role] = text.strip()
    if about := element.get(_RDF_ABOUT):
        first.setdefault("id", about)
    told = Told(**first, names=names, base=element.get(_BASE) or "")
    # the entries of CDF hold their address in an attribute of their own
    text, page, other = links
    told.link = text.strip() or page or element.get("href") or ""
    if not told.link and not urls.is_web(told.id):
        told.link = other
    return told


def _with_link(links: tuple[str, str, str], link: Any) -> tuple[str, str, str]:
    """The first link of each kind: written as text, to the page, and any other."""
    text, page, other = links
    if not (href := link.get("href")):
        return text or link.text or "", page, other
    return (text, page or href, other) if link.get("rel") in (None, "alternate") else (text, page, other or href)


def _role(tag: str, entry_tag: str) -> str:
    """Which field of Told an element fills; none where its namespace means something else by the name."""
    space, _, name = tag.rpartition("}")
    space = space.lstrip("{")
    if not space and ":" in name:
        space, _, name = name.partition(":")  # a prefix that nobody declared
    name = name.lower()
    if name in _WHOLE:
        return "content"
    if extension := _EXTENSIONS.get(_SPACES.get(space, space)):
        return extension.get(name, "")
    own = not space or space == entry_tag.rpartition("}")[0].lstrip("{") or "atom" in space.lower()
    return _OWN.get(name, "") if own else ""


def _markup(element: Any) -> str:
    """What stands inside an element, be it text or elements that should have been escaped."""
    written = etree.tostring(element, encoding="unicode", with_tail=False)
    inner = _INNER.search(written)
    return _PREFIX.sub(r"\1", inner[1]) if inner else ""


def _name(author: Any) -> str:
    for part in author:
        if part.tag.rpartition("}")[2] == "name":
            return part.text or ""
    return author.text or ""


def _origin(source: Any) -> str:
    if url := source.get("url"):
        return str(url)
    for part in source:
        if part.tag.rpartition("}")[2] == "link" and part.get("rel") in (None, "alternate"):
            return part.get("href") or ""
    return ""
