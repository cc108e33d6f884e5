"""Gather from the tree of a page whatever can tell something about its article."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from scrapers import clean

_BYLINE = re.compile(
    r"(?<![a-z])(?:author|byline|autor|auteur|autore|article__author)(?:[-_]*(?:name|s|link))?(?![a-z])", re.IGNORECASE
)
_STAMP = re.compile(r"(?<![a-z])(?:date|time|published|posted|pubdate|datetime|timestamp|meta)(?![a-z])", re.IGNORECASE)
_TAGS = ("html", "meta", "link", "script", "title", "h1", "time", "a", "span", "div", "p", "address")
_LONGEST = 5000  # characters of one title, name or description


@dataclass(slots=True)
class Gathered:
    """The raw material, gathered in one walk through the tree."""

    meta: dict[str, list[str]] = field(default_factory=dict)
    blocks: list[str] = field(default_factory=list)
    times: list[HtmlElement] = field(default_factory=list)
    headings: list[HtmlElement] = field(default_factory=list)
    bylines: list[HtmlElement] = field(default_factory=list)
    stamped: list[HtmlElement] = field(default_factory=list)
    title: str = ""
    canonical: str = ""
    language: str = ""

    def first(self, *names: str) -> str:
        """The first value that one of these meta elements has."""
        return next((value for name in names for value in self.meta.get(name, ())), "")


def gather(tree: HtmlElement) -> Gathered:
    """One walk through the whole tree, which is left as it is."""
    found = Gathered()
    for element in tree.iter(*_TAGS):
        match element.tag:
            case "meta":
                _meta(element, found)
            case "script":
                found.blocks += [element.text or ""] if "ld+json" in (element.get("type") or "").lower() else []
            case "title":
                found.title = found.title or content(element)
            case "h1":
                found.headings.append(element)
            case "time":
                found.times.append(element)
            case "link":
                is_canonical = "canonical" in (element.get("rel") or "").lower().split()
                found.canonical = found.canonical or (element.get("href") or "" if is_canonical else "")
            case "html":
                found.language = element.get("lang") or element.get("xml:lang") or ""
            case _:
                _marked(element, found)
    return found


def content(element: HtmlElement) -> str:
    """All text within `element` on one line."""
    return words(" ".join(element.itertext()))


def words(text: str) -> str:
    """`text` on one line in NFC, without tags, references, controls and soft hyphens."""
    text = clean.line(html.unescape(text[:_LONGEST]))
    if "<" in text:
        text = re.sub(r"</?[a-zA-Z][^<>]*>", "", text)
    return unicodedata.normalize("NFC", " ".join(text.replace("\xad", "").split()))


def _meta(element: HtmlElement, found: Gathered) -> None:
    given = element.attrib
    name = given.get("property") or given.get("name") or given.get("itemprop") or given.get("http-equiv")
    value = (given.get("content") or "").strip()
    if name and value:
        found.meta.setdefault(name.strip().lower(), []).append(value)


def _marked(element: HtmlElement, found: Gathered) -> None:
    """Note an element that its attributes call a byline or a date."""
    given = element.attrib
    if not given:
        return
    role = f"{given.get('rel') or ''} {given.get('itemprop') or ''}".lower()
    named = f"{given.get('class') or ''} {given.get('id') or ''}"
    if "datepublished" in role:
        found.stamped.insert(0, element)
    elif "author" in role:
        found.bylines.insert(0, element)
    elif named != " ":
        if _BYLINE.search(named):
            found.bylines.append(element)
        if _STAMP.search(named):
            found.stamped.append(element)
