"""Find what the Wayback Machine has captured of an outlet, by its CDX index.

The index and its parameters: https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from scrapers import clean
from scrapers.article import DateOrigin, FeedEntry
from scrapers.charset import decode
from scrapers.errors import FeedError
from scrapers.routes import feeds
from scrapers.routes.listed import Listed
from scrapers.urls import url_key

_INDEX = "https://web.archive.org/cdx/search/cdx"
_EARLY, _LATE = timedelta(days=1), timedelta(days=10)
_LIMIT = 2000
_COLUMNS = ("original", "timestamp")
_WORDY = 3  # words of a slug; sections have one or two
_PORT = re.compile(r"^(http://[^/?#]+):80(?=[/?#]|$)|^(https://[^/?#]+):443(?=[/?#]|$)")
_ENDING = re.compile(r"\.(?:[sx]?html?|php\d?|aspx?|jsp|amp)$")
_FILE = re.compile(r"\.[a-z][a-z0-9]{1,4}$")
_ASIDE = re.compile(
    r"tags?|topics?|categor(?:y|ies)|rubrics?|sections?|authors?|users?|profiles?|members?|search|page|feeds?|rss|atom"
    r"|comments?|reply|embed|oembed|print|login|register|account|wp-(?:json|content|admin|includes|login)|static"
    r"|assets|images?|img|uploads?|api|cdn-cgi|ajax|sitemaps?"
)
_PAGED = re.compile(r"(?:page|latest|p|part)[-_]?\d+")
_DAY = re.compile(r"(?:date[-_]?)?(?:(?:19|20)\d\d([-_.]?\d{1,2}){0,2}|\d{1,2}[-_.]?\d{1,2}[-_.]?(?:19|20)\d\d)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ID = re.compile(r"(?:^|&)(?:p|id|art|article|news|story|n|nid|aid)(?:_?id)?=\d{2,}", re.IGNORECASE)


def capture(url: str, when: datetime, index: str = "") -> str:
    """The address of a page as it was captured at `when`, without anything that the archive adds to it."""
    return urljoin(index or _INDEX, f"/web/{when:%Y%m%d%H%M%S}id_/{url}")


def first(homepage: str, since: date, until: date, index: str = "") -> str:
    """The address of what was captured of an outlet in the days from `since` to `until` and shortly after.

    `index` is another CDX server than that of the Internet Archive.

    A page is captured when it is out, often days later: hence the days after `until`, and the day before
    `since` for the zone of the outlet.
    """
    parts = urlsplit(homepage)
    wanted = [
        ("url", f"{parts.netloc}{parts.path}"),
        ("matchType", "prefix"),
        ("from", f"{since - _EARLY:%Y%m%d}"),
        ("to", f"{until + _LATE:%Y%m%d}"),
        ("filter", "statuscode:200"),
        ("filter", "mimetype:text/html"),
        ("collapse", "urlkey"),
        ("fl", ",".join(_COLUMNS)),
        ("output", "json"),
        ("limit", str(_LIMIT)),
        ("showResumeKey", "true"),
    ]
    return f"{index or _INDEX}?{urlencode(wanted, safe=',:/')}"


def parse(body: bytes, url: str, source: str) -> Listed:
    """The addresses that can be articles, each with its first capture in the window, and the rest of the list.

    The index knows nothing about publication: `published` is None, and `modified` is the capture, before which
    the article appeared; an old article that was captured again is listed as well. So a backfill takes the
    entries for candidates: it leaves out what is stored already, asks the outlet for each, and keeps an article
    only when its own page dates it into the window. Raises
    FeedError that says what was found instead of a list.
    """
    rows = _rows(decode(body))
    found: dict[str, FeedEntry] = {}
    for entry in _entries(rows, source):
        known = found.get(key := url_key(entry.url))
        # tracking parameters make captures of their own: the plain spelling, and the first time
        found[key] = _joined(known, entry) if known else entry
    return Listed(tuple(found.values()), _rest(rows, url))


def _rows(text: str) -> list[list[str]]:
    """The rows below the header, and behind an empty one the key that goes on."""
    if not text.strip():
        return []
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as broken:
        cause = "broken JSON" if text.lstrip().startswith("[") else feeds.described(text)
        raise FeedError(f"expected an index of the Wayback Machine, found {cause}") from broken
    if not isinstance(table, list):
        raise FeedError(f"expected an index of the Wayback Machine, found {clean.line(text)[:200]}")
    rows = [[cell for cell in row if isinstance(cell, str)] for row in table if isinstance(row, list)]
    if table and (not rows or not set(_COLUMNS) <= set(rows[0])):
        raise FeedError(f"expected the columns {' and '.join(_COLUMNS)}, found {clean.line(text)[:100]}")
    return rows


def _entries(rows: list[list[str]], source: str) -> Iterator[FeedEntry]:
    header = rows[0] if rows else []
    for row in rows[1:]:
        if len(row) != len(header):
            continue
        told = dict(zip(header, row, strict=True))
        url = _PORT.sub(r"\1\2", clean.address(told["original"]))
        captured = _time(told["timestamp"])
        if captured and _can_be_article(url):
            yield FeedEntry(source=source, url=url, origin=DateOrigin.FIRST_SEEN, modified=captured)


def _joined(one: FeedEntry, other: FeedEntry) -> FeedEntry:
    assert one.modified
    assert other.modified
    shorter = min(one, other, key=lambda entry: len(entry.url))
    return replace(shorter, modified=min(one.modified, other.modified))


def _rest(rows: list[list[str]], url: str) -> tuple[str, ...]:
    if len(rows) < 3 or rows[-2] or len(rows[-1]) != 1:  # noqa: PLR2004 - header, empty row, key
        return ()
    # the key comes escaped, and has to go back as it came
    key = quote(rows[-1][0], safe="%+!()*,-._~'")
    asked = re.sub(r"&resumeKey=[^&]*", "", url)
    following = f"{asked}&resumeKey={key}"
    return (following,) if following != url else ()


def _time(stamp: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{14}", stamp):
        return None
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _can_be_article(url: str) -> bool:
    """Whether the path ends as those of articles do: in a number that is no date, or in several words."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    steps = [step for step in unquote(parts.path).lower().split("/") if step not in ("", "amp")]
    if parts.scheme not in ("http", "https") or any(_ASIDE.fullmatch(step) for step in steps):
        return False
    last = _ENDING.sub("", steps[-1]) if steps else ""
    if _ID.search(parts.query) and not _FILE.search(last):
        return True
    if not last or _FILE.search(last) or _PAGED.fullmatch(last) or _DAY.fullmatch(last):
        return False
    words = {word for word in re.split(r"[\W_]+", last) if word}
    return bool(re.search(r"\d{3}", _YEAR.sub("", last))) or len(words) >= _WORDY
