"""Take out of strings what no database, terminal or message can carry."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from scrapers.article import Article, FeedEntry

# Controls, lone surrogates (a JSON escape can write one), and what turns the direction of a line around
# and so shows another text than stands there (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def text(raw: str) -> str:
    """`raw` in NFC without controls, lone surrogates and marks of direction; line ends are newlines, tabs stay."""
    # far faster than the pattern, and true of almost every text
    if not raw.replace("\n", "").isprintable():
        raw = raw.replace("\r\n", "\n").replace("\r", "\n")
        raw = _BAD.sub(lambda found: " " if found[0].isspace() else "", raw)
    return unicodedata.normalize("NFC", raw)


def line(raw: str) -> str:
    """The same on one line, with single spaces."""
    collapsed = " ".join(raw.split())
    cleaned = text(collapsed)
    return cleaned if cleaned == collapsed else " ".join(cleaned.split())


def address(raw: str) -> str:
    """A URL or an id without controls; a lone surrogate becomes U+FFFD, as in browsers."""
    if raw.isprintable():
        return raw
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", raw))


def entry(raw: FeedEntry) -> FeedEntry:
    """`raw` with every string clean."""
    parts = (raw.url, raw.id, raw.title, raw.summary.replace("\n", ""), raw.language or "", *raw.authors)
    whole = "".join(parts)
    if whole.isprintable() and unicodedata.is_normalized("NFC", whole):
        return raw  # a copy of each would cost more than the check
    return replace(
        raw,
        url=address(raw.url),
        id=address(raw.id),
        title=line(raw.title),
        summary=text(raw.summary),
        authors=_names(raw.authors),
        language=_code(raw.language),
    )


def article(raw: Article) -> Article:
    """`raw` with every string clean, and no alias twice."""
    return replace(
        raw,
        url=address(raw.url),
        title=line(raw.title),
        text=text(raw.text),
        authors=_names(raw.authors),
        language=_code(raw.language),
        aliases=tuple(dict.fromkeys(map(address, raw.aliases))),
    )


def _names(raw: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in map(line, raw) if name)


def _code(raw: str | None) -> str | None:
    return address(raw) or None if raw else None
