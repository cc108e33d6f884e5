"""How far an article is from what a query asks: what it has, what it lacks, what stands in it and must not (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from alerts import matching, plan, query, querytree
from alerts.matching import Compiled
from alerts.plan import Found
from alerts.querytree import And, AtLeast, Named, Near, Node, Not, Or, Within
from alerts.reading import Span
from scrapers.article import Article

_LONGEST = 120  # characters of a part that is told
_MOST_WAYS = 12  # parts of which each is left out in turn


@dataclass(frozen=True, slots=True)
class Miss:
    """The way to a match that lacks least: the surface forms that were found, and the parts that failed.

    `missing` and `unwanted` are written as a query would; of words that do not stand near or often enough the whole
    condition is missing.
    """

    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    @property
    def lacks(self) -> int:
        """How many parts failed."""
        return len(self.missing) + len(self.unwanted)


def look(article: Article, compiled: Compiled) -> dict[str, Miss]:
    """For each watch that `article` does not match, how far it is from it."""
    found = matching.find(article, compiled)
    failed = [(watch, node) for watch, node in compiled.watches if not node.holds(found)]
    return {watch.id: _way(query.parse(watch.query), node, found, None) for watch, node in failed}


def loosened(compiled: Compiled) -> Compiled | None:
    """The same watches, each holding where all but one of its parts do; None where there is nothing to leave out."""
    watches = tuple((watch, loose) for watch, node in compiled.watches if (loose := _loose(node)) is not None)
    return replace(compiled, watches=watches) if watches else None


def _loose(node: plan.Node) -> plan.Node | None:
    loose: plan.Node | None = None
    match node:
        case plan.All():
            parts = [part for part in node.parts if part.required() is not None]
            ways = [[one for one in parts if one is not left] for left in parts] if len(parts) > 1 else [parts]
            loose = _some([_every(way) for way in ways if way] if len(parts) <= _MOST_WAYS else parts)
        case plan.Some():
            loose = _some([way for part in node.parts if (way := _loose(part)) is not None])
        case plan.Nearby():
            loose = _every((node.left, node.right))
        case plan.Often() | plan.InPart():
            loose = node.part
        case plan.Entity():
            loose = _some(list(map(plan.Word, sorted(node.leaves))))  # a weak name without what it needs
    return loose


def _every(parts: Sequence[plan.Node]) -> plan.Node:
    return parts[0] if len(parts) == 1 else plan.All(tuple(parts), tuple(parts))


def _some(parts: Sequence[plan.Node]) -> plan.Node | None:
    return plan.Some(tuple(parts)) if parts else None


def _way(tree: Node, node: plan.Node, found: Found, within: Span | None) -> Miss:
    if node.holds(found, within):
        return Miss(found=_surfaces(node, found, within))
    way = Miss(missing=(_written(tree),))
    match tree, node:
        case And(), plan.All():
            ways = [_way(part, its, found, within) for part, its in zip(tree.parts, node.parts, strict=True)]
            way = Miss(*(tuple(dict.fromkeys(one)) for one in _columns(ways)))
        case Or(), plan.Some():
            ways = [_way(part, its, found, within) for part, its in zip(tree.parts, node.parts, strict=True)]
            best = min(ways, key=lambda way: (way.lacks, -len(way.found)))
            way = best if best.found else way
        case Not(), plan.Absent():
            way = Miss(unwanted=(_written(tree.part),))
        case Near(), plan.Nearby():
            way = _condition(tree, (tree.left, tree.right), (node.left, node.right), found, within)
        case AtLeast(), plan.Often():
            way = _condition(tree, (tree.part,), (node.part,), found, within)
        case Within(), plan.InPart():
            way = _condition(tree, (tree.part,), (node.part,), found, within)
        case Named(), plan.Entity():
            way = _unnamed(node, found)
    return way


def _condition(
    tree: Node, trees: Sequence[Node], nodes: Sequence[plan.Node], found: Found, within: Span | None
) -> Miss:
    """The words of the condition may all be there, only not so near, so often or in that part."""
    ways = [_way(part, node, found, within) for part, node in zip(trees, nodes, strict=True)]
    there, lacking, unwanted = _columns(ways)
    if not lacking and not unwanted:
        return Miss(found=there, missing=(_written(tree),))
    return Miss(there, lacking if there else (_written(tree),), unwanted)


def _unnamed(node: plan.Entity, found: Found) -> Miss:
    """A name may stand there that counts only beside others, or that a longer one holds."""
    names = found.names.get(node.name)
    places = found.of((*names.strong, *names.weak)) if names else []
    if not names or not places:
        return Miss(missing=(f"@{node.name}",))
    surfaces = tuple(dict.fromkeys(found.reading.where(first, last)[3] for first, last, _ in places))
    vetoed = found.of(names.strong) or not names.weak
    why = "a phrase that rules it out" if vetoed else "nothing near it that it needs"
    return Miss(found=surfaces, missing=(f"@{node.name} ({surfaces[0]} stands there, with {why})",))


def _surfaces(node: plan.Node, found: Found, within: Span | None) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(found.reading.where(first, last)[3] for (first, last, _), _ in node.evidence(found, within))
    )


def _columns(ways: Iterable[Miss]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    held = list(ways)
    return (
        tuple(one for way in held for one in way.found),
        tuple(one for way in held for one in way.missing),
        tuple(one for way in held for one in way.unwanted),
    )


def _written(tree: Node) -> str:
    text = querytree.write(tree)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"
