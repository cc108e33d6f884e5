"""Read the entries of an RSS, Atom or JSON feed."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from html.entities import html5
from typing import Any
from urllib.parse import urljoin

import fastfeedparser
import feedparser

from scrapers import authors, clean, dates, jsonfeed
from scrapers.article import FeedEntry
from scrapers.charset import decode
from scrapers.errors import FeedError

_PROLOG = 65_536  # characters searched for the root element
_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)\b(?=[^<]*>)", re.IGNORECASE)
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!doctype\s+html|<html|<head|<body)", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)\b", re.IGNORECASE)
_BASE = re.compile(r"""xml:base=["']([^"'<>]+)["']""")
_LANGUAGE = re.compile(r"""(?:<language>\s*|<dc:language>\s*|xml:lang=["'])([A-Za-z]{2})\b""")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][\da-fA-F]{1,6});)(\w{1,32};)?")
_DATES = tuple(
    (f"<{tag}", re.compile(rf"(<{tag}(?:\s[^>]*)?>)\s*(?:<!\[CDATA\[)?([^<>\]]*)(?:\]\]>)?\s*(?=</)"))
    for tag in ("pubDate", "dc:date", "published", "updated", "issued", "modified", "created", "pubdate")
)
# What every library reads rightly: RFC 822 in English, ISO 8601 with a zone.
_PLAIN_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d\d? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d"
    r" (?:GMT|UTC|Z|[+-]\d{4})|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
)
_TITLE_WORDS = 12
_FALLBACK_LIMIT = 3_000_000  # characters; feedparser needs more than a second for a megabyte
_MARKUP_LIMIT = 40_000  # characters of one summary that are looked at
_SUMMARY_LIMIT = 10_000  # characters of one summary that are kept
_NEXT = "\ue000"  # between two authors; of private use, no name holds it
_ASIDE = r"(?:[^<]|<(?!/?(?:atom:)?(?:author|name)\b))*"
_AUTHORS = (
    ("creator>", re.compile(r"</((?:\w+:)?creator)>\s*<\1(?:\s[^<>]*)?>")),
    ("author>", re.compile(r"</author>\s*<author>(?!\s*<[^!])")),
    ("name>", re.compile(rf"</(atom:|)name>{_ASIDE}</\1author>\s*<\1author\b[^<>]*>{_ASIDE}<\1name\b[^<>]*>")),
)

_HIDDEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)
_BLOCK = re.compile(
    r"</?(?:p|P|div|DIV|br|BR|hr|li|LI|ul|ol|h[1-6]|tr|table|blockquote|section|article|figure|figcaption)\b[^<>]*>"
)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")


def parse(body: bytes, url: str, source: str = "", content_type: str = "") -> list[FeedEntry]:
    """The entries of a feed in its own order, without those whose link is no web address.

    An entry without any link has no page, and as its name the feed's URL with a fragment of its own.
    `url` is the feed's, for relative links; `content_type` the HTTP header. A naive date counts as UTC.
    A feed without entries gives an empty list. Raises FeedError that says what was found instead.
    """
    text = decode(body, content_type).lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        feed = jsonfeed.read(text)
        return _entries(feed["entries"], url, url, source, feed["language"])
    head = re.sub(r"<!--.*?-->", "", text[:_PROLOG], flags=re.DOTALL)
    root = _ROOT.search(head)
    if not root or _HTML.match(text):
        raise FeedError(f"expected a feed, found {described(text)}")
    head = head[root.start() :]
    entry = _ENTRY.search(head)
    before = head[: entry.start()] if entry else head
    base, language = _BASE.search(before), _LANGUAGE.search(before)
    raw = _read(_washed(head + text[_PROLOG:]))
    return _entries(raw, urljoin(url, base[1]) if base else url, url, source, language[1] if language else "")


def plain(markup: str) -> str:
    """The text of an HTML fragment without controls, blocks separated by a blank line, in NFC.

    Regular expressions, because a tree for every summary would cost ten times what reading the whole
    feed does, and 100,000 nested tags are a known attack on trees.
    """
    text = markup[:_MARKUP_LIMIT]
    if "<" in text:
        if _HIDDEN.search(text):
            text = _HIDDEN.sub(" ", text)
        text = _TAG.sub("", _BLOCK.sub("\n", text))
    if "&" in text:
        text = html.unescape(text)
    told = _paragraphs(text)
    cleaned = clean.text(told)
    return told if cleaned == told else _paragraphs(cleaned)


def _paragraphs(text: str) -> str:
    return "\n\n".join(line for raw in text.split("\n") if (line := " ".join(raw.split())))


def described(text: str) -> str:
    """What `text` is instead of a feed, in a few words for an error message."""
    if not text.strip():
        return "an empty answer"
    title = re.search(r"<title[^>]*>([^<]{1,200})", text, re.IGNORECASE)
    if re.search(r"<html|<!doctype html|<body|<head", text[:_PROLOG], re.IGNORECASE):
        return f"an HTML page titled '{plain(title[1])[:80]}'" if title else "an HTML page without a title"
    if root := re.search(r"<([A-Za-z][\w:.-]{0,40})", text[:_PROLOG]):
        return f"a document with the root <{root[1]}>"
    return f"{len(text)} characters that are no XML, beginning {text[:40]!r}"


def _washed(text: str) -> str:
    """Well-formed where simple means suffice; without a DTD, whose entities serve only attacks."""
    if "&" in text:
        first, *sections = text.split(_CDATA)
        cut = [section.partition(_CDATA_END) for section in sections]
        mended = [f"{inside}{end}{_mended(after)}" for inside, end, after in cut]
        text = _CDATA.join([_mended(first), *mended])
    entry = _ENTRY.search(text)
    sample = text[entry.start() : entry.start() + _PROLOG] if entry else ""
    for mark, pattern in _DATES:
        if mark in sample:
            text = pattern.sub(_dated, text)
    for mark, pattern in _AUTHORS:
        if mark in sample:
            # the fast library keeps the first author only
            text = pattern.sub(_NEXT, text)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'


def _mended(text: str) -> str:
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    meant = html5.get(name) if name else None
    return meant or f"&amp;{name or ''}"


def _dated(found: re.Match[str]) -> str:
    # our own reading where the libraries would guess: they take 03.02.2025 for the second of March
    raw = found[2].strip()
    if _PLAIN_DATE.fullmatch(raw):
        return found[1] + raw
    when = dates.parse(html.unescape(raw))
    return found[1] + (dates.to_utc(when).isoformat() if when else "")


def _read(text: str) -> list[Any]:
    """The raw entries, by the fast library or else by the tolerant one."""
    body = text.encode("utf-8")
    try:
        feed = fastfeedparser.parse(body)
    except Exception:  # noqa: BLE001 - whatever a library raises on bytes from outside means: not by this one
        feed = None
    if feed is not None and (feed.entries or not _ENTRY.search(text)):
        return list(feed.entries)
    if len(text) <= _FALLBACK_LIMIT:
        try:
            body = _CONTROL.sub("", text).encode("utf-8")
            feed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
        except Exception as broken:
            raise FeedError(f"a feed that cannot be read: {type(broken).__name__}: {broken}") from broken
        if feed.entries or (feed.version and not _ENTRY.search(text)):
            return list(feed.entries)
    raise FeedError(f"expected a feed, found {described(text)}")


def _entries(raw: Iterable[Any], base: str, feed_url: str, source: str, language: str) -> list[FeedEntry]:
    code = language.strip()[:2].lower()
    found = []
    for entry in raw:
        link, own = _link(entry, base), str(entry.get("id") or "")
        has_page = bool(link or entry.get("link"))
        summary, published = _summary(entry), _published(entry)
        title = plain(str(entry.get("title") or ""))
        if not has_page:
            title = title or _first_words(summary)
            link = _name(feed_url, own or f"{title}\n{published}\n{summary}") if own or title else ""
        if not link:
            continue
        read = FeedEntry(
            source=source,
            url=link,
            id=own,
            title=title,
            summary=summary,
            authors=_authors(entry),
            published=published,
            language=code if code.isalpha() else None,
            has_page=has_page,
        )
        found.append(clean.entry(read))
    return found


def _name(feed_url: str, told: str) -> str:
    """RSS lets an entry be without a page: `#!` is the one form of fragment that tells URLs apart.

    The query of the feed stays out: it may hold a key, and keys change.
    """
    key = sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{feed_url.partition('#')[0].partition('?')[0]}#!{key}"


def _first_words(text: str) -> str:
    """A title for an entry that has only a text."""
    words = text.split()
    return " ".join(words[:_TITLE_WORDS]) + (" …" if len(words) > _TITLE_WORDS else "")


def _link(entry: Any, base: str) -> str:
    links = entry.get("links") or ()
    # fastfeedparser gives the first link of an Atom entry, be it rel="self"
    pages = [link.get("href") for link in links if link.get("rel") in (None, "alternate")]
    for candidate in (*pages[:1], entry.get("link"), entry.get("id")):
        wanted = re.sub(r"[\t\r\n]", "", str(candidate or "")).strip()
        if candidate is entry.get("id") and not wanted.startswith(("http://", "https://")):
            continue
        try:
            link = urljoin(base, wanted) if wanted else ""
        except ValueError:
            continue
        if link.startswith(("http://", "https://")):
            return link
    return ""


def _summary(entry: Any) -> str:
    content = entry.get("content") or ""
    if not isinstance(content, str):
        content = next((str(part.get("value") or "") for part in content), "")
    description = str(entry.get("description") or entry.get("summary") or "")
    return plain(max(content, description, key=len))[:_SUMMARY_LIMIT]


def _authors(entry: Any) -> tuple[str, ...]:
    named = entry.get("authors")
    names = [str((one.get("name") if isinstance(one, dict) else one) or "") for one in named or ()]
    told = names or [str(entry.get("author") or "")]
    return authors.clean(name for several in told for name in several.split(_NEXT))


def _published(entry: Any) -> datetime | None:
    for name in ("published", "updated"):
        when = dates.parse(str(entry.get(name) or ""))
        if when:
            return dates.to_utc(when)
    return None
