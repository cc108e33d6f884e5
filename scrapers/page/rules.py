"""Read an outlet's page by the CSS selectors that its source gives for it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from soupsieve import SelectorSyntaxError

from scrapers.source import ArticleRule

_LARGEST = 3_000_000  # characters; Beautiful Soup takes a second for a megabyte
_BLOCKS = ("p", "h2", "h3", "h4", "li", "blockquote", "pre")
_NEVER = ("script", "style", "noscript", "template", "iframe", "form", "button", "figure", "svg", "aside")


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the selectors found; `broken` says why they found nothing, for the log."""

    text: str = ""
    title: str = ""
    broken: str = ""


def read(html: str, rule: ArticleRule) -> Ruled:
    """Text and title as `rule` selects them, paragraphs joined by a blank line. Never raises."""
    soup = BeautifulSoup(html[:_LARGEST], "lxml")
    try:
        bodies = soup.select(rule.body) if rule.body else []
        titled = soup.select_one(rule.title) if rule.title else None
        dropped = [element for selector in rule.drop for body in bodies for element in body.select(selector)]
    except (SelectorSyntaxError, NotImplementedError, ValueError) as wrong:
        return Ruled(broken=f"no CSS selector: {str(wrong).splitlines()[0]}")
    title = _words(titled) if titled else ""
    if not bodies:
        return Ruled(title=title, broken=f"`{rule.body}` finds nothing" if rule.body else "")
    for element in dropped:
        element.extract()
    text = "\n\n".join(part for body in _outermost(bodies) for part in _paragraphs(body))
    return Ruled(text=text, title=title, broken="" if text else f"`{rule.body}` finds no text")


def _outermost(bodies: list[Tag]) -> list[Tag]:
    ids = {id(body) for body in bodies}
    return [body for body in bodies if not any(id(parent) in ids for parent in body.parents)]


def _paragraphs(body: Tag) -> list[str]:
    for element in body.find_all(_NEVER):
        element.extract()
    for line in body.find_all("br"):
        line.replace_with("\n")
    if body.name in _BLOCKS:
        blocks = [body]
    else:
        blocks = [block for block in body.find_all(_BLOCKS) if not block.find_parent(_BLOCKS)]
    texts = [_words(block) for block in blocks]
    whole = [" ".join(line.split()) for line in body.get_text().splitlines()]
    # an outlet without <p>: lines are its paragraphs
    if sum(map(len, texts)) < sum(map(len, whole)) / 2:
        texts = [unicodedata.normalize("NFC", line) for line in whole]
    return [text for text in texts if text]


def _words(element: Tag) -> str:
    return unicodedata.normalize("NFC", " ".join(element.get_text().split()))
