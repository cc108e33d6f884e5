"""Turn a fetched page into an article."""

from __future__ import annotations

import logging
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import trafilatura
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from scrapers import authors, clean, dates, feeds, language, metadata, permalink, rules, urls
from scrapers.article import Article, Cut, DateOrigin, FeedEntry, FetchedPage
from scrapers.charset import decode
from scrapers.errors import ExtractionError
from scrapers.metadata import Metadata
from scrapers.source import Source

_LARGEST = 5_000_000  # characters; the longest article among 600 measured pages has 3.2 million
_LONGEST_TEXT = 400_000  # characters, a book of 150 pages
_DEEPEST = 200  # nested elements; libxml2 drops what lies below 256
_ENOUGH = 60  # words; a shorter text is a teaser, a caption, or a failed extraction
_FEW = 20  # words; below that a page without a title is empty
_APART = 14 * 3600  # seconds; a wall clock differs from UTC by at most so much
_CHALLENGE = re.compile(
    r"just a moment\.\.\.|attention required! \| cloudflare|checking your browser|verifying you are human"
    r"|are you a robot|access denied|ddos-guard|please enable (?:js|javascript) and disable any ad ?blocker"
    r"|pardon our interruption|request unsuccessful\. incapsula|перевірка браузера|проверка браузера",
    re.IGNORECASE,
)
_HTML = re.compile(r"<(?:!doctype html|html|head|body|article|div|p|meta|title|h1)\b", re.IGNORECASE)
_TAGS = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*?(/?)>", re.IGNORECASE)
# Tags that open no level, and tags that HTML closes by itself.
_FLAT = re.compile(
    r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr"
    r"|p|li|dt|dd|option|tr|td|th|thead|tbody|tfoot"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u200b]")
_TOP = 3  # paragraphs among which the title may stand
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it logs every page without text as a warning
logging.getLogger("htmldate").setLevel(logging.CRITICAL)
_SIGN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")
# the clock that an outlet means when it names no zone: languages of one country, or of one zone
_ZONES = {
    language: ZoneInfo(name)
    for name, languages in {
        "Europe/Kyiv": "uk",
        "Europe/Warsaw": "pl",
        "Europe/Prague": "cs sk",
        "Europe/Berlin": "de it nl da no sv hu hr sl",
        "Europe/Sofia": "bg",
        "Europe/Bucharest": "ro",
        "Europe/Helsinki": "fi et lv lt",
        "Europe/Athens": "el",
        "Europe/Istanbul": "tr",
        "Asia/Jerusalem": "he",
        "Asia/Tbilisi": "ka",
    }.items()
    for language in languages.split()
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one page holds by itself. `published` is as the page wrote it, aware or naive."""

    text: str
    metadata: Metadata
    language: str | None


def extract(page: FetchedPage, source: Source, entry: FeedEntry | None = None) -> Article:
    """The article on `page`. Raises ExtractionError with the reason when there is none, and nothing else.

    Where the page gives less than 60 words, JSON-LD, its description and the entry's summary step in, and
    the article is `partial`.
    """
    _refuse_elsewhere(page)
    html = _html(page)
    try:
        found = extract_html(html, page.final_url)
        return _article(page, source, entry, _by_rule(html, found, source))
    except ExtractionError:
        raise
    except Exception as broken:  # one page must not stop the others, whatever a library makes of it
        raise ExtractionError(f"the page breaks the reader: {type(broken).__name__}: {broken}") from broken


def extract_html(html: str, url: str) -> Extracted:
    """Text and facts of a page, by generic means. Empty where nothing is found; never raises."""
    html = _CONTROL.sub("", html[:_LARGEST])
    tree = _tree(html)
    if tree is None:
        return Extracted("", Metadata(), None)
    try:
        facts = metadata.read(tree, url)
    except Exception:  # noqa: BLE001 - text without facts is better than no article
        _log.exception("metadata unreadable", extra={"url": url})
        facts = Metadata()
    text = _text(tree)
    if _words(text) < _ENOUGH:
        # some pages come out empty from a tree that was parsed elsewhere
        text = max(text, _text(_flattened(html)), key=len)
    text = _below(facts.title, text)
    spoken = language.detect(f"{facts.title}\n{text}", facts.language)
    return Extracted(text, facts, spoken)


def partial_article(entry: FeedEntry, now: datetime | None = None) -> Article | None:
    """What the feed alone tells about an article whose page cannot be had; None without a title.

    With `now` (aware UTC), a time of publication after tomorrow is left out.
    """
    entry = clean.entry(entry)
    if not entry.title:
        return None
    published = entry.published
    if published and now and not dates.plausible(published, now):
        published = None
    found = Article(
        source=entry.source,
        url=urls.canonical(entry.url) or entry.url,
        title=entry.title,
        text=entry.summary,
        published=published,
        date_origin=entry.origin if published else None,
        authors=entry.authors,
        language=language.detect(f"{entry.title}\n{entry.summary}", entry.language),
        aliases=(entry.url,),
        cut=Cut.FEED,
    )
    return clean.article(found)


def _refuse_elsewhere(page: FetchedPage) -> None:
    """A removed article often leads to the front page or its section, which is no article."""
    here, final = urls.canonical(page.url) or page.url, urls.canonical(page.final_url) or page.final_url
    if here != final and urls.same_site(here, final) and permalink.leads_away(final, here):
        raise ExtractionError(f"it leads to {final}, which is another page")


def _html(page: FetchedPage) -> str:
    kind = page.headers.get("content-type", "")
    media = kind.partition(";")[0].strip().lower()
    if not page.body.strip():
        raise ExtractionError("the page is empty")
    if media and not re.search(r"html|xml|text/plain|octet-stream", media):
        raise ExtractionError(f"the page is {media}, not HTML")
    if page.body.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b")):
        raise ExtractionError("the page is a binary file, not HTML")
    html = decode(page.body, kind)
    if not _HTML.search(html):
        raise ExtractionError(f"the page is not HTML: it begins {html.strip()[:40]!r}")
    if re.match(r"\s*(?:<\?xml[^>]*>\s*)?<(?:rss|feed|urlset|sitemapindex)\b", html):
        raise ExtractionError("the page is a feed or a sitemap, not an article")
    return html


def _tree(html: str) -> HtmlElement | None:
    # the settings of trafilatura.utils.load_html: others lower its F1 by .002 to .004
    parser = HTMLParser(remove_comments=True, remove_pis=True, collect_ids=False, encoding="utf-8")
    try:
        return document_fromstring(html.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _text(content: HtmlElement | str) -> str:
    """The article text by trafilatura, with a blank line between paragraphs."""
    try:
        found = trafilatura.bare_extraction(content, include_comments=False, with_metadata=False)
    except Exception:  # noqa: BLE001 - and facts are better than nothing
        _log.exception("text unreadable")
        return ""
    text = getattr(found, "text", None) or ""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return unicodedata.normalize("NFC", "\n\n".join(line for line in lines if line))[:_LONGEST_TEXT]


def _below(title: str, text: str) -> str:
    """`text` without the title, where that is one of its first paragraphs."""
    paragraphs = text.split("\n\n")
    same = [n for n, words in enumerate(paragraphs[:_TOP]) if title and authors.key(words) == authors.key(title)]
    return "\n\n".join(paragraphs[same[0] + 1 :]) if same and len(paragraphs) > same[0] + 1 else text


def _flattened(html: str) -> str:
    """`html` without the tags that nest deeper than libxml2 follows."""
    if html.count("<") < _DEEPEST:
        return html
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        name = tag[2].lower()
        if tag[3] or _FLAT.fullmatch(name):
            return tag[0]
        if tag[1]:
            depth = max(0, depth - 1)
            return tag[0] if depth < _DEEPEST else " "
        depth += 1
        return tag[0] if depth <= _DEEPEST else " "

    return _TAGS.sub(keep, html)


def _by_rule(html: str, found: Extracted, source: Source) -> Extracted:
    """The outlet's own rule, where it gives a text that can be believed; selectors rot."""
    if source.article is None:
        return found
    ruled = rules.read(html, source.article)
    words = _words(ruled.text)
    believed = words >= _ENOUGH or 0 < _words(found.text) / 2 <= words
    if source.article.body and not believed:
        why = ruled.broken or f"{words} words"
        _log.warning("rule broken", extra={"source": source.id, "reason": why})
    title = ruled.title or found.metadata.title
    spoken = language.detect(f"{title}\n{ruled.text}", found.metadata.language) if believed else found.language
    return Extracted(ruled.text if believed else found.text, replace(found.metadata, title=title), spoken)


def _article(page: FetchedPage, source: Source, entry: FeedEntry | None, found: Extracted) -> Article:
    facts = found.metadata
    title = clean.line(facts.title) or (clean.line(entry.title) if entry else "")
    text, cut = _filled(found, entry)
    text = clean.text(text)
    if _words(found.text) < _ENOUGH and (_CHALLENGE.search(facts.title) or _CHALLENGE.search(found.text[:500])):
        raise ExtractionError(f"the page is a challenge, not an article: '{(facts.title or found.text)[:80]}'")
    if not title and _words(text) < _FEW:
        raise ExtractionError("the page is an empty shell: no text and no title")
    if not text:
        raise ExtractionError(f"the page has a title but no text: '{title[:80]}'")
    published, origin = _published(found, entry, page.fetched_at, _ZONES.get(source.language or "", UTC))
    address = facts.canonical or urls.canonical(page.final_url) or page.final_url
    aliases = dict.fromkeys((page.url, page.final_url, address, *([entry.url] if entry else [])))
    hint = facts.language or (entry.language if entry else None) or source.language
    read = Article(
        source=source.id,
        url=address,
        title=title,
        text=text,
        published=published,
        date_origin=origin,
        authors=facts.authors or (entry.authors if entry else ()),
        language=language.detect(f"{title}\n{text}", hint) if cut or not found.language else found.language,
        aliases=tuple(aliases),
        cut=cut,
    )
    return clean.article(read)


def _filled(found: Extracted, entry: FeedEntry | None) -> tuple[str, Cut | None]:
    """The text, and why it is only a part of the article where it is."""
    words = _words(found.text)
    stated = feeds.plain(found.metadata.body)
    if words < _ENOUGH <= _words(stated):
        return stated, None
    if words >= _ENOUGH:
        return found.text, Cut.PAYWALL if found.metadata.free is False and words < 2 * _ENOUGH else None
    others = [found.text, stated, found.metadata.description, entry.summary if entry else ""]
    longest = max(others, key=_words)
    # a flash of one sentence is whole; a description that says more than the page is not
    if found.metadata.free is False:
        return longest, Cut.PAYWALL
    return longest, None if longest is found.text else Cut.TEASER


def _published(
    found: Extracted, entry: FeedEntry | None, now: datetime, zone: tzinfo
) -> tuple[datetime | None, DateOrigin | None]:
    when, origin = found.metadata.published, found.metadata.date_origin
    told = entry.published if entry and entry.published and dates.plausible(entry.published, now) else None
    if when is None or not dates.plausible(when, now):
        return told, entry.origin if entry and told else None
    if when.tzinfo is not None or told is None:
        return dates.to_utc(when, zone), origin
    # a wall clock without a zone, or a day: the entry's instant is that moment where they agree
    apart = abs((told - when.replace(tzinfo=UTC)).total_seconds())
    is_day = (when.hour, when.minute, when.second) == (0, 0, 0)
    if apart <= _APART or (is_day and told.date() == when.date()):
        return told, entry.origin if entry else None
    return dates.to_utc(when, zone), origin


def _words(text: str) -> int:
    """How many words; two signs of a script without spaces count as one."""
    return len(text.split()) + len(_SIGN.findall(text)) // 2
