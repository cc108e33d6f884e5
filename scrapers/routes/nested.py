"""Choose those sitemaps of a sitemap index that are worth asking for a window of time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from scrapers.routes.sitemaps import SitemapEntry

# What is dated in another zone, or with a day only, counts as a day longer.
_DAY, _WEEK = timedelta(days=1), timedelta(days=6)  # from the first day to the last
_MONTHS = 12
_SPAN = tuple[date, date]
_Y, _M, _D = r"(?P<y>(?:19|20)\d\d)", r"(?P<m>0?[1-9]|1[0-2])", r"(?P<d>0?[1-9]|[12]\d|3[01])"
_START, _END = r"(?<![a-z0-9])", r"(?!\d)"
# From the most to the least exact. A year that follows a letter at once is the number of a shard.
_NAMES = tuple(
    re.compile(_START + name + _END)
    for name in (
        rf"(?:yyyy|year|y)={_Y}&(?:mm|month|m)={_M}&(?:dd|day|d)={_D}",
        rf"(?:yyyy|year|y)={_Y}&(?:mm|month|m)={_M}",
        rf"(?:mm|month|m)={_M}&(?:yyyy|year|y)={_Y}",
        rf"{_Y}([-_/.]){_M}\2{_D}",
        r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])",
        rf"{_Y}[-_/.]?w(?P<w>\d\d?)",
        rf"{_Y}[-_/.](?P<mw>\d\d?)",
        rf"{_M}[-_.]{_Y}",
        r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])",
        _Y,
    )
)
_KINDS = re.compile(
    r"(?P<articles>posts?|news|articles?|stor(?:y|ies)|materials?|publications?)"
    r"|(?P<others>tags?|categor(?:y|ies)|authors?|users?|images?|photos?|galler(?:y|ies)|videos?|taxonom(?:y|ies)"
    r"|topics?|rubrics?|sections?|persons?|people|products?|formats?|attachments?|static|pages|page(?![=_/-]?\d))"
)
_CURRENT = re.compile(r"(?<![a-z])(?:news|latest|last|current(?:week|day|month)?|recent|now|today)(?![a-z])")


def choose(
    children: Sequence[SitemapEntry], since: datetime | None, until: datetime | None, most: int
) -> tuple[str, ...]:
    """The addresses of at most `most` sitemaps that can hold articles of the window, the newest first.

    Left out is what was last changed before `since`, what names a year, month, ISO week or day outside the
    window, and maps of tags, authors, pictures and the like where maps of articles stand beside them; where
    none do, these come last. First of all come undated maps that call themselves the news or the latest,
    because they are small and what is new stands there; then what is dated, by the end of the time that its
    address names or else by its last change; then what is undated. The higher number comes first where
    dates are equal or missing: most sites begin a new shard with the next number. A shard that says nothing
    about its time can only be opened: walk on until one lies wholly before the window.
    """
    maps = [child for child in children if child.kind == "index"]
    named = _named(maps)
    kinds = {child.url: _kind(child.url) for child in maps}
    has_articles = "articles" in kinds.values()
    kept: list[tuple[tuple[bool, bool, datetime, tuple[int, ...]], str]] = []
    for child in maps:
        spans = [span for span in named[child.url] if _overlaps(span, since, until)]
        is_other = kinds[child.url] == "others"
        is_outside = bool(named[child.url] and not spans) or _is_before(child, since)
        if (is_other and has_articles) or is_outside:
            continue
        newest = _newest(child, spans)
        is_current = newest is None and bool(_CURRENT.search(_path(child.url)))
        numbers = tuple(int(number) for number in re.findall(r"\d{1,9}", _path(child.url)))
        oldest = datetime.min.replace(tzinfo=UTC)
        kept.append(((not is_other, is_current, newest or oldest, numbers), child.url))
    kept.sort(key=lambda ranked: ranked[0], reverse=True)
    return tuple(dict.fromkeys(url for _, url in kept))[: max(most, 0)]


def _is_before(child: SitemapEntry, since: datetime | None) -> bool:
    return bool(since and child.lastmod and child.lastmod + _DAY < since)


def _overlaps(span: _SPAN, since: datetime | None, until: datetime | None) -> bool:
    begin, end = span
    is_early = since is not None and end < (since - _DAY).date()
    is_late = until is not None and begin > (until + _DAY).date()
    return not (is_early or is_late)


def _newest(child: SitemapEntry, spans: list[_SPAN]) -> datetime | None:
    """The latest time of which the map can hold an article, as far as name and last change tell."""
    named = [datetime.combine(max(end for _, end in spans), time.max, UTC)] if spans else []
    return min([*named, *([child.lastmod] if child.lastmod else [])], default=None)


def _kind(url: str) -> str:
    """What the last telling word says, as in "post_tag" or "posts-page"; "page-3" tells only where one is."""
    path = re.sub(r"wp-sitemap-posts-(?:page|attachment|product)-", "static-", _path(url))
    told = [found.lastgroup or "" for word in re.finditer(r"[a-z]+[=_/-]?\d*", path) if (found := _typed(word[0]))]
    return told[-1] if told else ""


def _typed(word: str) -> re.Match[str] | None:
    found = _KINDS.match(word)
    return found if found and not re.match(r"[a-z]", word[found.end() :]) else None


def _spans(url: str) -> Iterator[_SPAN]:
    """The days that an address names; two spans, the week behind, where a number can be a month or a week."""
    path = _path(url)
    found = next(filter(None, (list(name.finditer(path)) for name in _NAMES)), [])
    spans = [span for one in found for span in _read(one.groupdict())]
    if len(found) > 1 and spans:
        yield min(begin for begin, _ in spans), max(end for _, end in spans)
    else:
        yield from spans


def _read(told: dict[str, str | None]) -> Iterator[_SPAN]:
    year = int(told["y"] or 0)
    number = told.get("mw")
    month, week, day = told.get("m") or number, told.get("w") or number, told.get("d")
    try:
        if month and day:
            yield (date(year, int(month), int(day)),) * 2
        elif not month and not week:
            yield date(year, 1, 1), date(year, 12, 31)
    except ValueError:
        return
    if month and not day and 1 <= int(month) <= _MONTHS:
        begin = date(year, int(month), 1)
        yield begin, (begin + timedelta(days=31)).replace(day=1) - _DAY
    if week:
        try:
            begin = date.fromisocalendar(year, int(week), 1)
        except ValueError:
            return
        yield begin, begin + timedelta(days=6)


def _named(maps: list[SitemapEntry]) -> dict[str, list[_SPAN]]:
    """The days that each address names, read alike in all addresses of one form.

    One number that can be no month makes weeks of all; one that can be no date, mere numbers.
    """
    families: dict[str, dict[str, list[_SPAN]]] = {}
    for child in maps:
        families.setdefault(re.sub(r"\d+", "#", _path(child.url)), {})[child.url] = list(_spans(child.url))
    return {url: spans for read in families.values() for url, spans in _settled(read).items()}


def _settled(read: dict[str, list[_SPAN]]) -> dict[str, list[_SPAN]]:
    """One reading for all where the family tells: a year that is over has a December, and has 52 weeks.

    Otherwise its numbers only count: 2024-1 to 2024-3 are three parts of a year.
    """
    latest: dict[int, date] = {}
    for spans in read.values():
        for _, end in spans[:1]:
            latest[end.year] = max(end, latest.get(end.year, end))
    over = sorted(latest)[:-1]
    if not all(read.values()) or any(latest[year] < date(year, _MONTHS, 1) for year in over):
        return {url: [] for url in read}
    if any(len(spans) == 1 and spans[0][1] - spans[0][0] == _WEEK for spans in read.values()):
        return {url: spans[-1:] for url, spans in read.items()}
    return {url: spans[:1] if over else spans for url, spans in read.items()}


def _path(url: str) -> str:
    return re.sub(r"^[a-z]+://[^/?]*", "", url.lower()).replace("&amp;", "&")
