"""Outside text and addresses, made harmless for every place that shows them."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

_JOINERS = "\u200c\u200d"  # emoji sequences and Persian or Indic spelling need them
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_BLANKS = re.compile(r"\s+")
_NO_HOST = re.compile(r"[^a-z0-9.:\[\]-]")
_LONGEST_LINK = 2000


def clean_text(text: str, limit: int | None = None) -> str:
    """One line in NFC without control and format characters, at most `limit` characters long.

    Gone are terminal sequences, NUL, bidi overrides, invisible characters and lone surrogates. Line
    ends and runs of blanks become one space. What is markup elsewhere stays: each sink escapes it.
    """
    cleaned = clean_piece(text).strip()
    return cleaned if limit is None else shorten(cleaned, limit)


def clean_piece(text: str) -> str:
    """The same for a part of a text: blanks stay at both ends, so that parts can be joined."""
    bare = "".join(_harmless(character) for character in _TERMINAL.sub("", text))
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", bare))


def _harmless(character: str) -> str:
    if character in _JOINERS:
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character


def shorten(text: str, limit: int) -> str:
    """`text` if it fits, else its beginning, cut between words where one ends late, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    blank = cut.rfind(" ")
    if blank > limit * 0.6:
        cut = cut[:blank]
    while cut and (cut[-1] in _JOINERS or cut[-1].isspace()):
        cut = cut[:-1]
    return cut + "…"


def web_link(url: str) -> str | None:
    """`url` in ASCII, safe to put into any link, or None when it must stay plain text.

    Links are http and https only. An address with a user name is none, as it can hide its true host
    (https://nato.int@example.org); a host in other letters is shown in its xn-- form.
    """
    url = url.strip()
    if "\\" in url or any(c.isspace() or unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in url):
        return None  # browsers and urlsplit disagree about where the host of such an address ends
    try:
        parts = urlsplit(url)
        host = _ascii_host(parts.netloc)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or _NO_HOST.search(host):
        return None
    path = quote(parts.path, safe="/%:@!$&'()*+,;=-._~")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=-._~?")
    fragment = quote(parts.fragment, safe="/%:@!$&'()*+,;=-._~?")
    link = urlunsplit((parts.scheme, host, path, query, fragment))
    return link if len(link) <= _LONGEST_LINK else None


def _ascii_host(netloc: str) -> str:
    return netloc.lower() if netloc.isascii() else netloc.lower().encode("idna").decode("ascii")
