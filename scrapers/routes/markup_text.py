"""Turn small markup, of a title or a summary, into plain text."""

from __future__ import annotations

import html
import re

from scrapers import clean

LONGEST = 20_000  # characters of text that are kept; of 4,481 real summaries 53 are longer
MARKUP = 3  # characters of markup that are looked at for one of text
_MAY_HIDE = re.compile(r"<(?:!--|[sS](?:[cC][rR]|[tT][yY]))")  # much faster than the next
_HIDDEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)
_BLOCKS = (
    "p|P|div|DIV|br|BR|hr|li|LI|ul|ol|h[1-6]|tr|table|blockquote|section|article|figure|figcaption|dt|dd|pre|header"
)
_INLINE = re.compile(rf"<(?!/?(?:{_BLOCKS})\b)/?[a-zA-Z!][^<>]*>")
_BLOCK = re.compile(r"</?[a-zA-Z][^<>]*>\s*")
_HALF = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}\Z")


def plain(markup: str, longest: int = LONGEST) -> str:
    """The text of an HTML fragment without controls, blocks separated by a blank line, in NFC.

    Regular expressions, because a tree for every summary would cost more than reading the whole feed
    does, and 100,000 nested tags are a known attack on trees.
    """
    limit = MARKUP * longest
    text = markup[:limit]
    if "<" in text:
        if ("<!" in text or "<s" in text or "<S" in text) and _MAY_HIDE.search(text):
            text = _HIDDEN.sub(" ", text)
        text = _BLOCK.sub("\n", _INLINE.sub("", text))
        if len(markup) > longest and "<" in text:
            text = _HALF.sub("", text)  # what was cut off, here or before, within a tag
    if "&" in text:
        text = html.unescape(text)
    if len(text) > 2 * longest:
        text = text[: 2 * longest]  # what the blanks in it will leave is enough
    if text.isprintable() and text.isascii() and "  " not in text:
        return text.strip()[:longest]  # nothing is wrong with most texts, and to look costs next to nothing
    told = _paragraphs(text)
    cleaned = clean.text(told)
    return (told if cleaned == told else _paragraphs(cleaned))[:longest]


def line(markup: str) -> str:
    """The same on one line."""
    if "<" in markup or "&" in markup:
        markup = plain(markup)
    if markup.isascii() and markup.isprintable() and "  " not in markup:
        return markup.strip()
    return clean.line(markup)


def _paragraphs(text: str) -> str:
    lines = [line for raw in text.split("\n") if (line := raw.strip())]
    told = "\n\n".join(lines)
    if "  " not in told and told.replace("\n", "").isprintable():
        return told  # most are in order already, and to look costs half of what parting and joining does
    return "\n\n".join([_spaced(line) for line in lines])


def _spaced(line: str) -> str:
    return line if "  " not in line and line.isprintable() else " ".join(line.split())
