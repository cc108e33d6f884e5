"""Gather from the tree of a page whatever can tell something about its article."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

from scrapers import clean

_BYLINE = re.compile(
    r"(?<![a-z])(?:author|byline|autor|auteur|autore)(?:[-_]*(?:name|s|links?|line|list))?(?![a-z])", re.IGNORECASE
)
_ASIDE = re.compile(r"aside|related|teaser|comment|footer|sidebar|recommend|most-?read|latest", re.IGNORECASE)
_STAMP = re.compile(r"(?<![a-z])(?:date|time|published|posted|pubdate|datetime|timestamp|meta)(?![a-z])", re.IGNORECASE)
_COMMON = frozenset({"a", "span", "div", "p", "address"})
_TAGS = ("html", "meta", "link", "script", "title", "h1", "h2", "time", *_COMMON)
_UPWARDS = 12  # elements around one that tell what it belongs to
_LONGEST = 5000  # characters of one title, name or description


@dataclass(slots=True)
class Gathered:
    """The raw material, gathered in one walk through the tree."""

    meta: dict[str, list[str]] = field(default_factory=dict)
    blocks: list[str] = field(default_factory=list)
    times: list[HtmlElement] = field(default_factory=list)
    headings: list[HtmlElement] = field(default_factory=list)
    subheadings: list[HtmlElement] = field(default_factory=list)
    credited: list[HtmlElement] = field(default_factory=list)  # an attribute of meaning says: author
    bylines: list[HtmlElement] = field(default_factory=list)  # a class says so
    dated: list[HtmlElement] = field(default_factory=list)
    stamped: list[HtmlElement] = field(default_factory=list)
    alternates: list[tuple[str, str]] = field(default_factory=list)
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
        tag = element.tag
        if tag in _COMMON:  # nine of ten elements
            _marked(element, tag, found)
        else:
            _telling(element, tag, found)
    return found


def content(element: HtmlElement) -> str:
    """All text within `element` on one line."""
    return words(" ".join(element.itertext()))


def is_aside(element: HtmlElement) -> bool:
    """Whether it stands in a teaser, a comment, a footer: in something else than the article."""
    around = islice(element.iterancestors(), _UPWARDS)
    # the class of the whole page tells what else it has: "has-sidebar", "no-comments"
    return bool(_ASIDE.search(" ".join(f"{up.tag} {up.get('class') or ''}" for up in around if up.tag != "body")))


def words(text: str) -> str:
    """`text` on one line in NFC, without tags, references, controls and soft hyphens."""
    text = clean.line(html.unescape(text[:_LONGEST]))
    if "<" in text:
        text = re.sub(r"</?[a-zA-Z][^<>]*>", "", text)
    return unicodedata.normalize("NFC", " ".join(text.replace("\xad", "").split()))


def _telling(element: HtmlElement, tag: str, found: Gathered) -> None:
    """Note an element that tells something by what it is."""
    match tag:
        case "meta":
            _meta(element, found)
        case "script":
            found.blocks += [element.text or ""] if "ld+json" in (element.get("type") or "").lower() else []
        case "title":
            found.title = found.title or content(element)
        case "h1":
            found.headings.append(element)
        case "h2":
            found.subheadings.append(element)
        case "time":
            found.times.append(element)
        case "link":
            _link(element, found)
        case "html":
            found.language = element.get("lang") or element.get("xml:lang") or ""


def _link(element: HtmlElement, found: Gathered) -> None:
    rel, address = (element.get("rel") or "").lower().split(), (element.get("href") or "").strip()
    if "canonical" in rel:
        found.canonical = found.canonical or address
    elif "alternate" in rel and address and element.get("hreflang"):
        found.alternates.append((element.get("hreflang", ""), address))


def _meta(element: HtmlElement, found: Gathered) -> None:
    given = element.attrib
    name = given.get("property") or given.get("name") or given.get("itemprop") or given.get("http-equiv")
    value = (given.get("content") or "").strip()
    if name and value:
        found.meta.setdefault(name.strip().lower(), []).append(value)


def _marked(element: HtmlElement, tag: str, found: Gathered) -> None:
    """Note an element that its attributes call a byline or a date."""
    role = element.get("itemprop") or ""
    if tag == "a":
        role += element.get("rel") or ""
    kind, name = element.get("class"), element.get("id")
    is_byline, is_stamp = _called(kind or "", name or "") if kind or name else (False, False)
    if role and "datepublished" in role.lower():
        found.dated.append(element)
    elif role and "author" in role.lower():
        found.credited.append(element)
    elif is_byline:
        found.bylines.append(element)
    if is_stamp:
        found.stamped.append(element)


@lru_cache(maxsize=4096)
def _called(kind: str, name: str) -> tuple[bool, bool]:
    """Whether class and id call an element a byline, and whether a date; most repeat within a page."""
    named = f"{kind} {name}"
    return bool(_BYLINE.search(named)), bool(_STAMP.search(named))
