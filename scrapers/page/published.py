"""Find the time of publication on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

import htmldate
from lxml.html import HtmlElement

from scrapers import dates
from scrapers.article import DateOrigin
from scrapers.page.jsonld import Linked
from scrapers.page.markup import Gathered, content, is_aside

_PUBLISHED = (
    "article:published_time", "article:published", "og:article:published_time", "og:published_time",
    "datepublished", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "publishdate",
    "publish-date", "publish_date", "publication_date", "pubdate", "article.published", "published_time",
    "dc.date.issued", "dcterms.issued", "dcterms.created", "dcterms.date", "dc.date", "citation_publication_date",
    "iso-8601-publish-date", "rnews:datepublished", "article_date_original", "originalpublicationdate",
    "vr:published_time", "bt:pubdate", "date", "created",
)  # fmt: skip
_UPDATE = re.compile(r"updated|modified|aktualisiert|mis à jour|aktualizacja|оновлен|обновлен", re.IGNORECASE)
_TOLD = re.compile(
    r"\s*(?:(?P<first>published|posted|first published|release date|date|опубліковано|опубликовано|дата|veröffentlicht"
    r"|publié|opublikowano|publicado|pubblicato)|(?:last )?(?:updated|modified|reviewed)|оновлено|обновлено"
    r"|aktualisiert|mis à jour|aktualizacja)\b",
    re.IGNORECASE,
)
_LABELLED = ("span", "div", "p", "li", "small", "em", "i", "b", "strong", "td", "dd", "font")
_RELATIVE = re.compile(
    r"\s*(?:сьогодні|сегодня|today|щойно|только что|just now"
    r"|\d+\s*(?:хв|мин|год|час|min|hour|h\b)\w*\.?\s*(?:тому|назад|ago))",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d\d?\.\d\d?\.\d\d(?!\d)")
_NEARBY = 120  # elements behind the heading in which a date is looked for
_SHORT = 60  # characters around a date
_SEVERAL = 30  # elements of a kind that are looked at


def find(tree: HtmlElement, found: Gathered, linked: Linked, url: str) -> tuple[datetime | None, DateOrigin | None]:
    """The time of publication as it is written, aware or naive, and where it stands.

    The first that names a clock and a zone is taken; until then a later one may add what is missing.
    """
    best: tuple[datetime | None, DateOrigin | None] = (None, None)
    for text, origin in _stamps(found, linked, url):
        when = dates.parse(text)
        if when is None:
            continue
        first = best[0]
        if first is None or _tells_more(when, first):
            best = (when, origin)
        if best[0] and best[0].tzinfo:
            break
    if best[0] is None and any(_RELATIVE.match(content(one)) for one in found.stamped[:_SEVERAL] if not _is_aside(one)):
        return best  # "today, 14:05": only the feed can tell which day that was
    if best[0] is None and found.headings:
        best = _beside(found.headings[0]), DateOrigin.TEXT
    if best[0] is None:
        best = _labelled(tree), DateOrigin.TEXT
    if best[0] is None:
        copied = deepcopy(tree)  # htmldate prunes what it is given
        day = htmldate.find_date(copied, extensive_search=False, original_date=True, url=url)
        when = dates.parse(day or "")
        best = (when, DateOrigin.TEXT) if when else (None, None)
    return best


def _stamps(found: Gathered, linked: Linked, url: str) -> Iterator[tuple[str, DateOrigin]]:
    """Every text that may tell the time of publication, the more trustworthy first."""
    yield linked.published, DateOrigin.JSON_LD
    for name in _PUBLISHED:
        for value in found.meta.get(name, ())[:1]:
            yield value, DateOrigin.META
    for element in sorted(found.times[:_SEVERAL], key=_is_aside):
        yield element.get("datetime") or content(element), DateOrigin.TIME
    if path := re.search(r"/((?:19|20)\d\d)[/-]?(\d\d)[/-]?(\d\d)(?=\D|$)", urlsplit(url).path):
        yield "-".join(path.groups()), DateOrigin.URL
    for element in (*found.dated[:_SEVERAL], *found.stamped[:_SEVERAL]):
        if not _is_aside(element):
            given = element.get("datetime") or element.get("content") or content(element)
            if _RELATIVE.match(given):
                return  # what stands further down is the date of something else
            yield given, DateOrigin.TEXT


def _beside(heading: HtmlElement) -> datetime | None:
    """The first date written out beside the heading, in a text that is hardly more than the date."""
    elements = list(islice(heading.itersiblings("*", preceding=True), 5))
    elements += islice(heading.xpath("following::*"), _NEARBY)
    for element in elements:
        for text in (element.text, element.tail):
            words = " ".join((text or "").split())
            if len(words) <= _SHORT and _YEAR.search(words) and not _is_aside(element):
                when = dates.parse(words)
                if when:
                    return when
    return None


def _labelled(tree: HtmlElement) -> datetime | None:
    """The date that its own words call that of publication, else of an update; None where teasers tell theirs, too."""
    published: set[datetime] = set()
    updated: set[datetime] = set()
    for element in tree.iter(*_LABELLED):
        told = _TOLD.match(element.text) if element.text else None
        words = content(element) if told else ""
        if told and len(words) <= _SHORT and _YEAR.search(words) and (when := dates.parse(words)):
            (published if told["first"] else updated).add(when)
    dated = published or updated
    return dated.pop() if len(dated) == 1 else None


def _is_aside(element: HtmlElement) -> bool:
    """Whether a time seems to be another's: of a teaser, a comment, a footer, an update."""
    own = f"{element.get('class') or ''} {element.get('itemprop') or ''} {content(element)[:60]}"
    return is_aside(element) or bool(_UPDATE.search(own))


def _tells_more(when: datetime, first: datetime) -> bool:
    """Whether `when` is the moment of `first` with a clock or a zone that `first` does not have."""
    if not _is_timed(when):
        return False
    if not _is_timed(first):
        return when.date() == first.date()
    if first.tzinfo is None and when.tzinfo is not None:
        apart = abs((when.replace(tzinfo=None) - first).total_seconds())
        utc = abs((dates.to_utc(when).replace(tzinfo=None) - first).total_seconds())
        return min(apart, utc) < 60  # noqa: PLR2004 - seconds
    return False


def _is_timed(when: datetime) -> bool:
    return bool(when.hour or when.minute or when.second) or when.tzinfo is not None
