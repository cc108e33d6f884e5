"""Turn a fetched page into an article."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from scrapers import clean, dates, language, permalink, urls
from scrapers.article import Article, Attribution, Cut, DateOrigin, FeedEntry, FetchedPage
from scrapers.charset import decode
from scrapers.errors import ExtractionError, PageOutcome
from scrapers.origin import attribution
from scrapers.origin.attribution import Outlets
from scrapers.page import body, metadata, refusal, rules, topic, trees
from scrapers.page.metadata import Metadata
from scrapers.routes import feeds
from scrapers.source import Source

_LARGEST = 5_000_000  # characters; the longest article among 600 measured pages has 3.2 million
_ENOUGH = 60  # words; a shorter text is a teaser, a caption, or a failed extraction
_TEASED = 200  # words; of 15 real pages that say they are not free the whole ones have 313 and more
_FEW = 20  # words; below that a page without a title is empty
_ALIKE = 0.4  # share of the words of a description that the title or the text of its article has
_APART = 14 * 3600  # seconds; a wall clock differs from UTC by at most so much
_HTML = re.compile(r"<(?:!doctype html|html|head|body|article|div|p|meta|title|h1)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"https?://[^/]+/(?:[^?]*/)?\?p=\d+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u200b]")
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it logs every page without text as a warning
logging.getLogger("htmldate").setLevel(logging.CRITICAL)
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
_words = body.count
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one page holds by itself. `published` is as the page wrote it, aware or naive."""

    text: str
    metadata: Metadata
    language: str | None


def extract(
    page: FetchedPage, source: Source, entry: FeedEntry | None = None, outlets: Outlets | None = None
) -> Article:
    """The article on `page`. Raises ExtractionError with the reason when there is none, and nothing else.

    Where the page gives less than 60 words, JSON-LD, its description and the entry's summary step in, and
    the article is `partial`. With `outlets` it also tells which of them it names as its origin.
    """
    _refuse_elsewhere(page)
    html = _html(page)
    try:
        found = extract_html(html, page.final_url)
        _refuse_shell(html, page, found, entry)
        ruled, why = _by_rule(html, found, source)
        read = _article(page, source, entry, ruled)
        origin = _origin(read, source, entry, ruled.metadata, outlets) if outlets else None
        return replace(read, attribution=origin, rule_broken=why)
    except ExtractionError:
        raise
    except Exception as broken:  # one page must not stop the others, whatever a library makes of it
        why = f"the page breaks the reader: {type(broken).__name__}: {broken}"
        raise ExtractionError(why, PageOutcome.BROKEN) from broken


def extract_html(html: str, url: str) -> Extracted:
    """Text and facts of a page, by generic means. Empty where nothing is found; never raises."""
    html = _CONTROL.sub("", html[:_LARGEST])
    tree = trees.parse(html)
    if tree is None:
        return Extracted("", Metadata(), None)
    try:
        facts = metadata.read(tree, url)
    except Exception:  # noqa: BLE001 - text without facts is better than no article
        _log.exception("metadata unreadable", extra={"url": url})
        facts = Metadata()
    text = body.read(tree, html, facts)
    spoken = language.detect(f"{facts.title}\n{text}", facts.language)
    return Extracted(text, facts, spoken)


def partial_article(
    entry: FeedEntry,
    now: datetime | None = None,
    *,
    source: Source | None = None,
    outlets: Outlets | None = None,
) -> Article | None:
    """What the feed alone tells about an article whose page cannot be had; None without a title.

    With `now` (aware UTC), a time of publication after tomorrow is left out. `source` and `outlets` tell its
    ids and its origin.
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
        aliases=(entry.url, *_number_address(entry, entry.url)),
        cut=Cut.FEED,
        external_id=_external_id(source, entry.url) if source else "",
    )
    if source and outlets:
        found = replace(found, attribution=_origin(found, source, entry, Metadata(), outlets))
    return clean.article(found)


def _refuse_elsewhere(page: FetchedPage) -> None:
    """A removed article often leads to the front page or its section, which is no article."""
    here, final = urls.canonical(page.url) or page.url, urls.canonical(page.final_url) or page.final_url
    if here != final and urls.same_site(here, final) and permalink.leads_away(final, here):
        raise ExtractionError(f"it leads to {final}, which is another page", PageOutcome.ELSEWHERE)


def _refuse_shell(html: str, page: FetchedPage, found: Extracted, entry: FeedEntry | None) -> None:
    """A server that answers 200 may still show a check for robots, a form to log in, or nothing."""
    told = found.metadata.description or (entry.summary if entry else "")
    read = max(found.text, found.metadata.body, key=len)
    shell = refusal.recognise(html, read, found.metadata.title, page.headers)
    if shell is None:
        return
    outcome, why = shell
    if outcome is not PageOutcome.EMPTY_SHELL or not told:  # what it tells of itself makes a teaser
        raise ExtractionError(why, outcome)


def _html(page: FetchedPage) -> str:
    kind = page.headers.get("content-type", "")
    media = kind.partition(";")[0].strip().lower()
    if not page.body.strip():
        raise ExtractionError("the page is empty")
    if media and not re.search(r"html|xml|text/plain|octet-stream", media):
        raise ExtractionError(f"the page is {media}, not HTML", PageOutcome.NOT_HTML)
    if page.body.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b")):
        raise ExtractionError("the page is a binary file, not HTML", PageOutcome.NOT_HTML)
    html = decode(page.body, kind)
    if not _HTML.search(html):
        raise ExtractionError(f"the page is not HTML: it begins {html.strip()[:40]!r}", PageOutcome.NOT_HTML)
    if re.match(r"\s*(?:<\?xml[^>]*>\s*)?<(?:rss|feed|urlset|sitemapindex)\b", html):
        raise ExtractionError("the page is a feed or a sitemap, not an article", PageOutcome.NOT_HTML)
    return html


def _by_rule(html: str, found: Extracted, source: Source) -> tuple[Extracted, str]:
    """What the outlet's own rule reads, where that can be believed, and else why not: selectors rot."""
    if source.article is None:
        return found, ""
    ruled = rules.read(html, source.article)
    words = _words(ruled.text)
    believed = words >= _ENOUGH or 0 < _words(found.text) / 2 <= words
    why = "" if believed or not source.article.body else ruled.broken or f"{words} words"
    if why:
        _log.warning("rule broken", extra={"source": source.id, "reason": why})
    title = ruled.title or found.metadata.title
    spoken = language.detect(f"{title}\n{ruled.text}", found.metadata.language) if believed else found.language
    return Extracted(ruled.text if believed else found.text, replace(found.metadata, title=title), spoken), why


def _article(page: FetchedPage, source: Source, entry: FeedEntry | None, found: Extracted) -> Article:
    facts = found.metadata
    title = clean.line(facts.title) or (clean.line(entry.title) if entry else "")
    text, cut = _filled(found, entry)
    text = clean.text(text)
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
        aliases=(*aliases, *_number_address(entry, address)),
        cut=cut,
        external_id=_external_id(source, address, page.url),
        translations=facts.translations,
    )
    return clean.article(read)


def _filled(found: Extracted, entry: FeedEntry | None) -> tuple[str, Cut | None]:
    """The text, and why it is only a part of the article where it is."""
    words = _words(found.text)
    stated = feeds.plain(found.metadata.body)
    if words < _ENOUGH <= _words(stated):
        return stated, None
    if words >= _ENOUGH:
        return found.text, _cut(found)
    told = found.metadata.description
    others = [found.text, stated, told if _tells(told, found) else "", entry.summary if entry else ""]
    longest = max(others, key=_words)
    # a flash of one sentence is whole; a description that says more than the page is not
    if found.metadata.free is False:
        return longest, Cut.PAYWALL
    return longest, None if longest is found.text else Cut.TEASER


def _tells(told: str, found: Extracted) -> bool:
    """Whether a description is that of the article: many outlets describe themselves on every page."""
    if not found.text:
        return True
    stems = topic.stems(told)
    return len(stems & topic.stems(f"{found.metadata.title}\n{found.text}")) >= _ALIKE * len(stems)


def _cut(found: Extracted) -> Cut | None:
    """Why a text of some length is still not the whole article, as far as the page tells."""
    breaks_off = body.is_truncated(found.text)
    if found.metadata.free is False and (breaks_off or _words(found.text) < _TEASED):
        return Cut.PAYWALL
    return Cut.TRUNCATED if breaks_off else None


def _external_id(source: Source, *addresses: str) -> str:
    """The publisher's own id of the article, with its family; "" where its URLs bear none."""
    if not source.article_id:
        return ""
    found = (re.search(source.article_id, address) for address in addresses)
    return next((f"{source.family}:{match[1]}" for match in found if match and match[1]), "")


def _number_address(entry: FeedEntry | None, address: str) -> tuple[str, ...]:
    """The address that WordPress gives out as the id of an article: it stays when the title is edited."""
    if entry and _NUMBERED.fullmatch(entry.id) and urls.same_site(entry.id, address):
        return (entry.id,)
    return ()


def _origin(
    read: Article, source: Source, entry: FeedEntry | None, facts: Metadata, outlets: Outlets
) -> Attribution | None:
    """The known outlet that the article or its entry names as its origin, if there is one."""
    named = (*([entry.credit] if entry and entry.credit else ()), *facts.outlets)
    return attribution.find(read.text, source=source, outlets=outlets, title=read.title, links=facts.links, named=named)


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
    is_agreed = apart <= _APART or (is_day and told.date() == when.date())
    if is_agreed or origin is DateOrigin.TEXT:  # a date in words may be that of a teaser
        return told, entry.origin if entry else None
    return dates.to_utc(when, zone), origin
