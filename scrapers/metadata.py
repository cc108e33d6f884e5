"""Read title, authors, time and the other facts about an article from the tree of its page."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from urllib.parse import urlsplit

import htmldate
from lxml.html import HtmlElement

from scrapers import authors, dates, jsonld, urls
from scrapers.article import DateOrigin

_PUBLISHED = (
    "article:published_time", "article:published", "og:article:published_time", "og:published_time",
    "datepublished", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "publishdate",
    "publish-date", "publish_date", "publication_date", "pubdate", "article.published", "published_time",
    "dc.date.issued", "dcterms.issued", "dcterms.created", "dcterms.date", "dc.date", "citation_publication_date",
    "iso-8601-publish-date", "rnews:datepublished", "article_date_original", "originalpublicationdate",
    "vr:published_time", "bt:pubdate", "date", "created",
)  # fmt: skip
_AUTHORS = (
    "author", "article:author", "og:article:author", "og:author", "parsely-author", "sailthru.author", "byl",
    "dc.creator", "dcterms.creator", "cxenseparse:author", "article:author_name", "authors", "citation_author",
)  # fmt: skip
_SEPARATOR = re.compile(r"\s+[|\-–—·•:»«/]+\s+|\s*[|»：ㅣ]\s*|:\s+(?=[^:]*$)")
_CUT = re.compile(r"(?:…|\.\.\.)\s*$")
_ASIDE = re.compile(r"aside|related|teaser|comment|footer|sidebar|recommend|most-?read|latest", re.IGNORECASE)
_UPDATE = re.compile(r"updated|modified|aktualisiert|mis à jour|aktualizacja|оновлен|обновлен", re.IGNORECASE)
_BYLINE = re.compile(
    r"(?<![a-z])(?:author|byline|autor|auteur|autore|article__author)(?:[-_]*(?:name|s|link))?(?![a-z])", re.IGNORECASE
)
_STAMP = re.compile(r"(?<![a-z])(?:date|time|published|posted|pubdate|datetime|timestamp|meta)(?![a-z])", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d\d?\.\d\d?\.\d\d(?!\d)")
_FIRST_YEAR = 1990
_NEARBY = 120  # elements behind the heading in which a date is looked for
_SHORT = 60  # characters around a date


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about its article; empty where it says nothing.

    `published` is as the page wrote it: aware with an offset, or a naive wall clock. `canonical` is an
    address of the page's own site. `language` is ISO 639-1 as the page claims it. `body` is the article
    text in JSON-LD, perhaps with markup. `free` is False behind a paywall, None when nothing is said.
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


@dataclass(slots=True)
class _Found:
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


def read(tree: HtmlElement, url: str) -> Metadata:
    """Everything that the page at `url` says about its article. The tree is left as it is."""
    found = _gather(tree)
    linked = jsonld.read(found.blocks, url)
    sites = _sites(found, linked, url)
    published, origin = _published(tree, found, linked, url)
    language = found.language or linked.language or found.first("og:locale", "content-language", "dc.language")
    code = language.strip()[:2].lower()
    free = linked.free
    if free is None and found.first("article:content_tier") in ("locked", "metered"):
        free = False
    return Metadata(
        title=_title(found, linked, sites),
        authors=_authors(found, linked, sites),
        published=published,
        date_origin=origin,
        canonical=_canonical(found, linked, url),
        language=code if re.fullmatch("[a-z]{2}", code) else None,
        description=_words(found.first("og:description", "description", "twitter:description") or linked.description),
        body=linked.body,
        free=free,
    )


def _gather(tree: HtmlElement) -> _Found:
    found = _Found()
    for element in tree.iter(
        "html", "meta", "link", "script", "title", "h1", "time", "a", "span", "div", "p", "address"
    ):
        tag, given = element.tag, element.attrib
        if tag == "meta":
            name = given.get("property") or given.get("name") or given.get("itemprop") or given.get("http-equiv")
            value = (given.get("content") or "").strip()
            if name and value:
                found.meta.setdefault(name.strip().lower(), []).append(value)
        elif tag == "script":
            if "ld+json" in (given.get("type") or "").lower():
                found.blocks.append(element.text or "")
        elif tag == "title":
            found.title = found.title or _content(element)
        elif tag == "h1":
            found.headings.append(element)
        elif tag == "time":
            found.times.append(element)
        elif tag == "link":
            if "canonical" in (given.get("rel") or "").lower().split():
                found.canonical = found.canonical or (given.get("href") or "")
        elif tag == "html":
            found.language = (
                given.get("lang")
                or given.get("{http://www.w3.org/XML/1998/namespace}lang")
                or given.get("xml:lang")
                or ""
            )
        else:
            _mark(element, found)
    return found


def _mark(element: HtmlElement, found: _Found) -> None:
    given = element.attrib
    if not given:
        return
    role = f"{given.get('rel') or ''} {given.get('itemprop') or ''}".lower()
    if "datepublished" in role:
        found.stamped.insert(0, element)
        return
    if "author" in role:
        found.bylines.insert(0, element)
        return
    named = f"{given.get('class') or ''} {given.get('id') or ''}"
    if named == " ":
        return
    if _BYLINE.search(named):
        found.bylines.append(element)
    if _STAMP.search(named):
        found.stamped.append(element)


def _title(found: _Found, linked: jsonld.Linked, sites: set[str]) -> str:
    """What most of JSON-LD, heading and og:title agree on; in this order where none agree.

    The <title> counts half: it is written for search engines. Measured on fundus and WCXB, where each of
    the four alone is right less often.
    """
    headings = [text for text in map(_content, found.headings) if authors.key(text) not in sites | {""}]
    keys = {authors.key(text) for text in headings}

    def stripped(text: str) -> str:
        short = _without_site(_words(text), sites, keys)
        return "" if authors.key(short) in sites else short

    headline, page = stripped(linked.headline), stripped(found.title)
    shared = stripped(found.first("og:title", "twitter:title"))
    others = [text for text in (headline, shared, page) if text]
    closeness = [max((_overlap(heading, other) for other in others), default=1.0) for heading in headings]
    heading = next((h for h, close in zip(headings, closeness, strict=True) if close == max(closeness)), "")
    if heading and max(closeness) < 1 / 3:
        heading = ""
    votes: dict[str, float] = {}
    for text, weight in ((headline, 1), (heading, 1), (shared, 1), (page, 0.5)):
        votes[authors.key(text)] = votes.get(authors.key(text), 0) + weight
    candidates = [text for text in (headline, heading, shared, page) if text and not _CUT.search(text)]
    agreed = [text for text in candidates if votes[authors.key(text)] >= 2]  # noqa: PLR2004 - of four
    return next(iter([*agreed, *candidates, *others]), "")


def _without_site(title: str, sites: set[str], headings: set[str]) -> str:
    cuts = list(_SEPARATOR.finditer(title))
    for cut in cuts:
        head, tail = title[: cut.start()].strip(), title[cut.end() :].strip()
        if head and (_is_site(tail, sites) or authors.key(head) in headings):
            return head
        if tail and cut is cuts[0] and (_is_site(head, sites) or authors.key(tail) in headings):
            return tail
    return title


def _is_site(text: str, sites: set[str]) -> bool:
    name = authors.key(text)
    return name in sites or any(
        name.startswith(site) or site.startswith(name)
        for site in sites
        if min(len(name), len(site)) > 2  # noqa: PLR2004
    )


def _overlap(one: str, other: str) -> float:
    a, b = ({authors.key(word) for word in text.split()} - {""} for text in (one, other))
    return len(a & b) / max(1, len(a | b))


def _authors(found: _Found, linked: jsonld.Linked, sites: set[str]) -> tuple[str, ...]:
    """People before the site itself, whoever names them: JSON-LD, meta elements, bylines on the page."""
    fallback: tuple[str, ...] = ()
    stated = [linked.authors, *(found.meta.get(name, ()) for name in _AUTHORS)]
    shown = (_signed(element) for element in found.bylines[:10])
    for names in chain(stated, shown):
        if cleaned := authors.clean(names, sites):
            if any(authors.key(name) not in sites for name in cleaned):
                return cleaned
            fallback = fallback or cleaned
    return fallback


def _signed(element: HtmlElement) -> list[str]:
    links = [text for link in element.iter("a") if (text := _content(link))]
    text = _content(element)
    shown = links or ([text] if len(text) < 100 else [])  # noqa: PLR2004 - longer is a biography
    # a class called "author" is also given to icons, roles and agencies: take what looks like a name
    return [
        name
        for name in authors.clean(shown)
        if re.fullmatch(r"\S+(?: [^\sa-zа-яіїєґ]\S*){1,3}|[^\W_a-zA-Z]{2,5}", name)
    ]


def _published(
    tree: HtmlElement, found: _Found, linked: jsonld.Linked, url: str
) -> tuple[datetime | None, DateOrigin | None]:
    best: tuple[datetime | None, DateOrigin | None] = (None, None)
    for text, origin in _stamps(found, linked, url):
        when = dates.parse(text)
        if when is None or when.year < _FIRST_YEAR:
            continue
        first = best[0]
        if first is None or _tells_more(when, first):
            best = (when, origin)
        if best[0] and best[0].tzinfo:
            break
    if best[0] is None and found.headings:
        best = _beside(found.headings[0]), DateOrigin.TEXT
    if best[0] is None:
        copied = deepcopy(tree)  # htmldate prunes what it is given
        day = htmldate.find_date(copied, extensive_search=False, original_date=True, url=url)
        best = (dates.parse(day), DateOrigin.TEXT) if day else (None, None)
    return best


def _stamps(found: _Found, linked: jsonld.Linked, url: str) -> Iterator[tuple[str, DateOrigin]]:
    """Every text that may tell the time of publication, the more trustworthy first."""
    yield linked.published, DateOrigin.JSON_LD
    for name in _PUBLISHED:
        for value in found.meta.get(name, ())[:1]:
            yield value, DateOrigin.META
    for element in sorted(found.times[:30], key=_is_aside):
        yield element.get("datetime") or _content(element), DateOrigin.TIME
    if path := re.search(r"/((?:19|20)\d\d)[/-]?(\d\d)[/-]?(\d\d)(?=\D|$)", urlsplit(url).path):
        yield "-".join(path.groups()), DateOrigin.URL
    for element in found.stamped[:30]:
        if not _is_aside(element):
            given = element.get("datetime") or element.get("content")
            yield given or _content(element), DateOrigin.TEXT


def _beside(heading: HtmlElement) -> datetime | None:
    """The first date written out beside the heading, in a text that is hardly more than the date."""
    elements = list(islice(heading.itersiblings("*", preceding=True), 5))
    elements += islice(heading.xpath("following::*"), _NEARBY)
    for element in elements:
        for text in (element.text, element.tail):
            words = " ".join((text or "").split())
            if len(words) <= _SHORT and _YEAR.search(words) and not _is_aside(element):
                when = dates.parse(words)
                if when and when.year >= _FIRST_YEAR:
                    return when
    return None


def _is_aside(element: HtmlElement) -> bool:
    """Whether a time seems to be another's: of a teaser, a comment, a footer, an update."""
    around = " ".join(f"{up.tag} {up.get('class') or ''}" for up in islice(element.iterancestors(), 12))
    own = f"{element.get('class') or ''} {element.get('itemprop') or ''} {_content(element)[:60]}"
    return bool(_ASIDE.search(around) or _UPDATE.search(own))


def _tells_more(when: datetime, first: datetime) -> bool:
    """Whether `when` is the moment of `first` with a clock or a zone that `first` does not have."""
    if not _has_clock(when):
        return False
    if not _has_clock(first):
        return when.date() == first.date()
    if first.tzinfo is None and when.tzinfo is not None:
        apart = abs((when.replace(tzinfo=None) - first).total_seconds())
        utc = abs((dates.to_utc(when).replace(tzinfo=None) - first).total_seconds())
        return min(apart, utc) < 60  # noqa: PLR2004 - seconds
    return False


def _has_clock(when: datetime) -> bool:
    return bool(when.hour or when.minute or when.second) or when.tzinfo is not None


def _canonical(found: _Found, linked: jsonld.Linked, url: str) -> str | None:
    for given in (found.canonical, found.first("og:url"), linked.url):
        address = urls.canonical(given, url) if given else None
        if not address or not urls.same_site(address, url):
            continue
        # a template error sends every page of a site to its front page
        if urlsplit(address).path.strip("/") or not urlsplit(url).path.strip("/"):
            return address
    return None


def _sites(found: _Found, linked: jsonld.Linked, url: str) -> set[str]:
    """Names of the site as keys: as it says, and as its host is called with and without its endings."""
    host = urls.host_of(url).removeprefix("www.")
    named = [*found.meta.get("og:site_name", ()), found.first("application-name"), linked.publisher]
    label = max(host.split(".")[:-1], key=len, default="")
    return {authors.key(_words(name)) for name in (*named, host, label)} - {""}


def _content(element: HtmlElement) -> str:
    return _words(" ".join(element.itertext()))


def _words(text: str) -> str:
    text = html.unescape(text[:5000])
    if "<" in text:
        text = re.sub(r"</?[a-zA-Z][^<>]*>", "", text)
    return unicodedata.normalize("NFC", " ".join(text.replace("\xad", "").split()))
