"""Read the articles of a WordPress site from its REST interface.

The parameters, headers and error codes are those of https://developer.wordpress.org/rest-api/reference/posts/
and https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from scrapers import clean, dates, urls
from scrapers.article import FeedEntry
from scrapers.charset import decode
from scrapers.errors import FeedError
from scrapers.routes import feeds
from scrapers.routes.listed import Listed

# `after` and `before` compare the local time of the site, which no answer names: no zone is further off.
_MARGIN = timedelta(days=1)
_PER_PAGE = 100  # the most that WordPress gives
_FIELDS = "id,date_gmt,modified_gmt,link,title,excerpt,content"
_PAST_THE_END = "rest_post_invalid_page_number"
_SUMMARY_LIMIT = 10_000  # characters of one summary that are kept
# PHP writes its warnings before the answer where a site is set up to show them.
_LIST = re.compile(r'\[\s*(?:\{\s*"|\]\s*\Z)')


def first(url: str, since: datetime | None, until: datetime | None = None) -> str:
    """The address of the newest articles between two times; None leaves that end open.

    What `url` asks for stays as it is, except for the window. Because of the margin that the site's own time
    needs, articles up to two days outside the window come along.
    """
    window = {"after": since and since - _MARGIN, "before": until and until + _MARGIN}
    wanted = {"per_page": str(_PER_PAGE), "orderby": "date", "order": "desc", "_fields": _FIELDS}
    wanted |= {name: f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" for name, when in window.items() if when}
    given = [pair for pair in _query(url) if pair[0] not in window or pair[0] not in wanted]
    named = {name for name, _ in given}
    return _with_query(url, given + [pair for pair in wanted.items() if pair[0] not in named])


def parse(body: bytes, url: str, source: str, headers: Mapping[str, str]) -> Listed:
    """The articles on one page, newest first, and the address of the next page if there is one.

    `headers` have lower-case names. To ask for a page past the end is no error: WordPress answers it with
    status 400 and a body that gives an empty list here. Raises FeedError that tells the code and the message
    of any other refusal, or what was found instead of a list.
    """
    listed = _read(decode(body, headers.get("content-type", "")))
    entries = [_entry(raw, source) for raw in listed if isinstance(raw, dict)]
    following = _following(url, len(listed), headers)
    return Listed(tuple(entry for entry in entries if entry), (following,) if following else ())


def _read(text: str) -> list[Any]:
    text = text.strip()
    if not text.startswith(("[", "{")):
        start = _LIST.search(text)
        if not start:
            raise FeedError(f"expected the articles of WordPress, found {feeds.described(text)}")
        text = text[start.start() :]
    try:
        answer, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError) as broken:
        raise FeedError(f"expected the articles of WordPress, found broken JSON: {broken}") from broken
    if isinstance(answer, list):
        return answer
    code = clean.line(str(answer.get("code") or ""))[:100]
    if code == _PAST_THE_END:
        return []
    if code:
        raise FeedError(f"WordPress refuses: {code}: {feeds.plain(str(answer.get('message') or ''))[:200]}")
    raise FeedError("expected the articles of WordPress, found a JSON object without a code")


def _entry(raw: dict[str, Any], source: str) -> FeedEntry | None:
    link, number = raw.get("link"), raw.get("id")
    if not isinstance(link, str) or not urls.is_web(link):
        return None
    published, modified = _time(raw.get("date_gmt")), _time(raw.get("modified_gmt"))
    if published and modified:
        # an article that was scheduled was last changed before it appeared
        modified = max(published, modified)
    texts = (feeds.plain(_rendered(raw.get("content"))), feeds.plain(_rendered(raw.get("excerpt"))))
    entry = FeedEntry(
        source=source,
        url=link,
        id=f"wp:{number}" if isinstance(number, int) else "",
        title=clean.line(feeds.plain(_rendered(raw.get("title")))),
        summary=max(texts, key=len)[:_SUMMARY_LIMIT],
        published=published,
        modified=modified,
    )
    return clean.entry(entry)


def _rendered(field: object) -> str:
    """The HTML of a field; a protected one may hold a form that asks for the password."""
    if isinstance(field, dict):
        return "" if field.get("protected") is True else _rendered(field.get("rendered"))
    return field if isinstance(field, str) else ""


def _time(given: object) -> datetime | None:
    """UTC, which `_gmt` fields are without saying so; what was never published has the year 0000."""
    when = dates.parse(given) if isinstance(given, str) else None
    return dates.to_utc(when) if when else None


def _following(url: str, count: int, headers: Mapping[str, str]) -> str:
    """The next page: while the header tells more; where a cache drops the header, while pages are full."""
    query = _query(url)
    given = dict(query)
    page, full = _number(given.get("page", ""), 1), _number(given.get("per_page", ""), 10)
    total = _number(headers.get("x-wp-totalpages", ""), -1)
    if not count or not (page < total if total >= 0 else count >= full):
        return ""
    return _with_query(url, [*(pair for pair in query if pair[0] != "page"), ("page", str(page + 1))])


def _number(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text.strip()) else otherwise


def _query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def _with_query(url: str, query: list[tuple[str, str]]) -> str:
    return urlunsplit(urlsplit(url)._replace(query=urlencode(query, safe="/:,"), fragment=""))
