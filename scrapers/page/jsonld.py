"""Find what the JSON-LD blocks of a page say about its article."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_LARGEST = 2_000_000  # characters of one block
_FEW = 50  # values of one property
_MOST = 3000  # nodes of one page that are looked at
# What an article may be called (https://schema.org/Article), the better the earlier.
_TYPES = (
    *("newsarticle", "reportagenewsarticle", "analysisnewsarticle", "backgroundnewsarticle", "opinionnewsarticle"),
    *("reviewnewsarticle", "liveblogposting", "article", "blogposting", "report", "advertisercontentarticle"),
    *("scholarlyarticle", "techarticle", "socialmediaposting", "discussionforumposting"),
    *("creativework", "webpage", "itempage"),
)
_PAGES = ("webpage", "itempage", "creativework")
# Where an article hides in other nodes. Lists of other articles (itemListElement, hasPart) are left alone.
_WITHIN = ("@graph", "mainEntity", "mainEntityOfPage", "subjectOf", "about")
# What an article may be taken from (https://schema.org/CreativeWork).
_ORIGINS = ("isBasedOn", "isBasedOnUrl", "citation", "sourceOrganization", "provider")
_WRAPPING = re.compile(r"^\s*(?://\s*)?(?:<!--|<!\[CDATA\[|/\*<!\[CDATA\[\*/)|(?://\s*)?(?:-->|\]\]>)\s*$|;\s*$")


@dataclass(frozen=True, slots=True)
class Linked:
    """What JSON-LD says, as it is written; empty where it says nothing."""

    headline: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    body: str = ""
    description: str = ""
    language: str = ""
    url: str = ""
    publisher: str = ""
    sections: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    free: bool | None = None


def read(blocks: Iterable[str], url: str) -> Linked:
    """The article that the page at `url` is about. Broken blocks are passed over."""
    nodes: list[dict[str, Any]] = []
    for block in blocks:
        nodes.extend(_nodes(_loaded(block)))
    by_id = {str(node["@id"]): node for node in nodes if len(node) > 1 and isinstance(node.get("@id"), str)}
    ranked = sorted((_rank(node, url), n) for n, node in enumerate(nodes) if _kind(node))
    articles = [nodes[n] for _, n in ranked]
    if not articles:
        return Linked()
    first = articles[0]
    rest = [node for node in articles[1:] if _kind(node) in _PAGES]

    def text(name: str) -> str:
        return next((found for node in (first, *rest) if (found := _text(node.get(name)))), "")

    people = first.get("author") or first.get("creator")
    return Linked(
        headline=_text(first.get("headline")) or (_text(first.get("name")) if _kind(first) not in _PAGES else ""),
        published=text("datePublished") or text("dateCreated") or text("uploadDate"),
        authors=tuple(_names(people, by_id)),
        body=_text(first.get("articleBody")),
        description=_text(first.get("description")),
        language=text("inLanguage"),
        url=_text(first.get("url")) or _reference(first.get("mainEntityOfPage")),
        publisher=next(_names(first.get("publisher"), by_id), ""),
        sections=_texts(first.get("articleSection")),
        origins=tuple(_addresses([first.get(name) for name in _ORIGINS], by_id)),
        free=_free([first, *rest]),
    )


def _loaded(block: str) -> Any:
    text = _WRAPPING.sub("", block.strip()[:_LARGEST]).strip()
    for attempt in (text, re.sub(r",\s*(?=[}\]])", "", text)):
        try:
            return json.loads(attempt, strict=False)
        except RecursionError:
            return None
        except ValueError:
            continue
    # a broken block still tells the time and the headline: the first of each is the article's
    pairs = re.findall(r'"(headline|datePublished|articleBody)"\s*:\s*"((?:[^"\\\n]|\\.){1,500})"', text)
    return {"@type": "Article", **dict(reversed(pairs))} if pairs else None


def _nodes(root: Any) -> Iterator[dict[str, Any]]:
    """Every object that may be the article, or a person that one refers to."""
    waiting, seen = [root], 0
    while waiting and seen < _MOST:
        node = waiting.pop(0)
        seen += 1
        if isinstance(node, list):
            waiting.extend(node[:_MOST])
        elif isinstance(node, dict):
            yield node
            waiting.extend(node[name] for name in _WITHIN if isinstance(node.get(name), dict | list))


def _kind(node: dict[str, Any]) -> str:
    """The type of an article or a page in lower case; "" for everything else."""
    named = node.get("@type")
    types = [str(one).rpartition("/")[2].lower() for one in (named if isinstance(named, list) else [named])]
    return next((kind for kind in _TYPES if kind in types), "")


def _rank(node: dict[str, Any], url: str) -> tuple[bool, bool, bool, int]:
    """The lower, the likelier the node is the article of the page."""
    kind = _kind(node)
    addresses = (_text(node.get("url")), _text(node.get("@id")), _reference(node.get("mainEntityOfPage")))
    is_page = any(_path(address) == _path(url) for address in addresses if address)
    return (
        kind in _PAGES,
        not (node.get("headline") or node.get("datePublished")),
        not is_page,
        _TYPES.index(kind),
    )


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/").lower()
    except ValueError:
        return url


def _names(people: Any, by_id: dict[str, dict[str, Any]]) -> Iterator[str]:
    listed = people if isinstance(people, list) else [people]
    for person in listed[:50]:
        if isinstance(person, str):
            yield person
        elif isinstance(person, dict):
            known = person if person.get("name") else by_id.get(str(person.get("@id")), person)
            parts = (_text(known.get(part)) for part in ("givenName", "additionalName", "familyName"))
            named = known.get("name") or " ".join(part for part in parts if part)
            yield from (str(one) for one in (named if isinstance(named, list) else [named]) if one)


def _addresses(values: list[Any], by_id: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Where each of `values` stands, or what it is called where that is not told."""
    for value in values:
        if isinstance(value, list):
            yield from _addresses(value[:_FEW] if not any(isinstance(one, list) for one in value) else [], by_id)
        elif isinstance(value, dict):
            known = by_id.get(str(value.get("@id")), value)
            if found := _text(known.get("url")) or _text(known.get("sameAs")) or _text(known):
                yield found
        elif found := _text(value):
            yield found


def _reference(value: Any) -> str:
    return _text(value.get("@id") or value.get("url")) if isinstance(value, dict) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name") or value.get("alternateName")
    return value.strip() if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(found for one in listed[:_FEW] if (found := _text(one)))


def _free(nodes: list[dict[str, Any]]) -> bool | None:
    """What the first says that says it of itself; else False where a part is only for subscribers."""
    stated = [flag for node in nodes if (flag := _flag(node.get("isAccessibleForFree"))) is not None]
    if stated:
        return stated[0]
    parts = [node.get("hasPart") for node in nodes]
    listed = [one for part in parts for one in (part[:_FEW] if isinstance(part, list) else [part])]
    closed = any(isinstance(one, dict) and _flag(one.get("isAccessibleForFree")) is False for one in listed)
    return False if closed else None


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool | int):
        return bool(value)
    # also an address of schema.org, in a list, or as a value node
    said = _text(value).lower().rpartition("/")[2]
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(said)
