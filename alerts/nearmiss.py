"""Say what an article lacks to match a watch (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts import matching
from alerts.matching import Compiled
from alerts.query import And, Named, Node, Not, Or, Term
from scrapers.article import Article

_MOST_NAMED = 3  # of several words of which one is enough


@dataclass(frozen=True, slots=True)
class Miss:
    """What of a query stands in an article, what is missing, and what stands there and must not."""

    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


def look(article: Article, compiled: Compiled) -> dict[str, Miss]:
    """For each watch that `article` does not match: the way to it that lacks least."""
    found = matching._find(article, compiled)  # noqa: SLF001
    told = {watch.id: _way(tree, found) for watch, tree in compiled.watches}
    return {watch: miss for watch, miss in told.items() if miss.missing or miss.unwanted}


def loosened(compiled: Compiled) -> Compiled | None:
    """The same watches, each holding where all but one of its parts do; None where there is nothing to leave out."""
    watches = tuple((watch, tree) for watch, whole in compiled.watches if (tree := _loose(whole)) is not None)
    return replace(compiled, watches=watches) if watches else None


def _loose(node: Node) -> Node | None:
    if isinstance(node, And):
        parts = [part for part in node.parts if not isinstance(part, Not)]
        if len(parts) == 1:
            return parts[0]  # only what must be absent can be left out
        ways = [_joined([one for one in parts if one is not left]) for left in parts]
        return Or(tuple(ways)) if ways else None
    if isinstance(node, Or):
        ways = [way for part in node.parts if (way := _loose(part)) is not None]
        return Or(tuple(ways)) if ways else None
    return None


def _joined(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _way(node: Node, found: matching._Found) -> Miss:
    if isinstance(node, Not):
        holds = matching._holds(node.part, found) is not None  # noqa: SLF001
        return Miss(unwanted=(_told(node.part),)) if holds else Miss()
    if isinstance(node, Term | Named):
        hits = matching._holds(node, found)  # noqa: SLF001
        return Miss(found=tuple(dict.fromkeys(hit.surface for hit in hits))) if hits else Miss(missing=(_told(node),))
    ways = [_way(part, found) for part in node.parts]
    if isinstance(node, And):
        return Miss(
            tuple(one for way in ways for one in way.found),
            tuple(one for way in ways for one in way.missing),
            tuple(one for way in ways for one in way.unwanted),
        )
    best = min(ways, key=lambda way: (len(way.missing) + len(way.unwanted), -len(way.found)))
    return best if best.found else Miss(missing=(_told(node),))


def _told(node: Node) -> str:
    """A part of a query as people write it, shortened."""
    if isinstance(node, Term):
        return f'"{node.text}"' if node.case == "any" else node.text
    if isinstance(node, Named):
        return f"@{node.entity}"
    if isinstance(node, Not):
        return f"not {_told(node.part)}"
    told = [_told(part) for part in node.parts]
    if isinstance(node, And):
        return " and ".join(told)
    more = len(told) - _MOST_NAMED
    return " or ".join([*told[:_MOST_NAMED], *([f"{more} others"] if more > 0 else [])])
