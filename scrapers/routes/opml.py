"""Read and write OPML, the list of feeds that feed readers exchange (http://opml.org/spec2.opml)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from itertools import groupby
from urllib.parse import quote, urlsplit

from lxml import etree

from scrapers import clean, urls
from scrapers.charset import decode
from scrapers.errors import FeedError
from scrapers.routes import feeds

LARGEST = 10_000_000  # bytes
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_DTD = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][\da-fA-F]{1,6});)(\w{1,32};)?")
_FEED_TYPES = ("rss", "atom", "feed")
_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_]|\Z)")


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in an OPML file. `folder` is the title of the innermost outline around it, `line` its line."""

    title: str
    feed: str
    homepage: str = ""
    language: str | None = None
    folder: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """An outline that is not taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Opml:
    """The feeds of a file in its order, each address once, and what was left out."""

    outlines: tuple[Outline, ...]
    skipped: tuple[Skipped, ...] = ()


def read(body: bytes) -> Opml:
    """Every outline with a feed address, however deep. Raises FeedError for what is no OPML, or not a safe one.

    Real files have bare ampersands and attributes in any case: both are read. A document type declaration
    is refused, because it serves only attacks here.
    """
    if len(body) > LARGEST:
        raise FeedError(f"more than {LARGEST // 1_000_000} MB, too large for a list of feeds")
    root = _root(decode(body).lstrip("\ufeff \t\r\n"))
    found: list[Outline] = []
    skipped: list[Skipped] = []
    first: dict[str, int] = {}
    for element in root.iter():
        if _name(element) != "outline":
            continue
        read_ = _outline(element)
        if isinstance(read_, Outline):
            key = urls.url_key(read_.feed)
            if key in first:
                read_ = Skipped(read_.line, f"{read_.feed} stands on line {first[key]} already")
            else:
                first[key] = read_.line
                found.append(read_)
        if isinstance(read_, Skipped):
            skipped.append(read_)
    return Opml(tuple(found), tuple(skipped))


def write(outlines: Sequence[Outline], title: str, now: datetime) -> bytes:
    """An OPML 2.0 file with one folder for each `folder`, in the given order inside. `now` is aware UTC."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = _safe(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    for folder, inside in groupby(sorted(outlines, key=lambda one: one.folder), key=lambda one: one.folder):
        around = etree.SubElement(body, "outline", text=_safe(folder), title=_safe(folder)) if folder else body
        for one in inside:
            told = {
                "type": "rss",  # for Atom and JSON feeds as well, says the specification
                "text": _safe(one.title) or one.feed,
                "title": _safe(one.title) or one.feed,
                "xmlUrl": _safe(one.feed),
                "htmlUrl": _safe(one.homepage),
                "language": _safe(one.language or ""),
            }
            etree.SubElement(around, "outline", {name: value for name, value in told.items() if value})
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _root(text: str) -> etree._Element:
    if _DTD.search(_HIDDEN.sub("", text)):
        raise FeedError("it declares a document type or entities, which no list of feeds needs: refused")
    text = _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text, count=1)
    text = _REFERENCE.sub(_reference, _CONTROL.sub("", text))
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None or _name(root) != "opml":
        raise FeedError(f"expected OPML, found {feeds.described(text)}")
    return root


def _reference(found: re.Match[str]) -> str:
    """A bare ampersand, or an entity of HTML, as XML has it."""
    letter = html.unescape(found[0]) if found[1] else found[0]
    return letter.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _outline(element: etree._Element) -> Outline | Skipped | None:
    """The feed of one outline; None for a folder or a note."""
    told = _attributes(element)
    line: int = getattr(element, "sourceline", 0) or 0  # its type is wrong in the stubs
    title = clean.line(told.get("title") or told.get("text") or "")
    raw = told.get("xmlurl", "")
    if not raw:
        if told.get("type", "").lower() in _FEED_TYPES:
            return Skipped(line, f"`{title[:80]}` has no xmlUrl")
        return None
    feed = _address(raw)
    if not feed:
        return Skipped(line, f"`{title[:80]}`: {raw[:200]!r} is no http or https address")
    language = _LANGUAGE.match(told.get("language", ""))
    return Outline(
        title=title or urls.host_of(feed),
        feed=feed,
        homepage=_address(told.get("htmlurl", "")),
        language=language[1].lower() if language else None,
        folder=next(_folders(element), ""),
        line=line,
    )


def _folders(element: etree._Element) -> Iterator[str]:
    for above in element.iterancestors():
        if _name(above) == "outline":
            told = _attributes(above)
            yield clean.line(told.get("title") or told.get("text") or "")


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name).rpartition("}")[2].lower(): str(value).strip() for name, value in element.attrib.items()}


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _address(raw: str) -> str:
    """A web address as the file wrote it, with the schemes that only feed readers know replaced."""
    text = re.sub(r"\A(?:feed|itpc|pcast):(?://)?(?=https?://)", "", clean.address(raw.strip()), flags=re.IGNORECASE)
    text = re.sub(r"\A(?:feed|itpc|pcast)://", "http://", text, flags=re.IGNORECASE)
    text = quote(text, safe="%/:=&?~#+!$,;'@()*[]|") if re.search(r"[\s{}<>\"\\^`]", text) else text
    try:
        parts = urlsplit(text)
        is_web = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return text if is_web and urls.canonical(text) else ""


def _safe(text: str) -> str:
    return _CONTROL.sub("", text)
