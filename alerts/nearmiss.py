"""How far an article is from what a query asks: the one part that is missing (pure)."""

from __future__ import annotations

from alerts import matching, query, querytree
from alerts.matching import Compiled
from alerts.plan import All, Found, InPart, Nearby, Node, Often
from alerts.querytree import And
from scrapers.article import Article

_LONGEST = 120  # characters of a part that is told


def missing(article: Article, compiled: Compiled) -> str | None:
    """The part for want of which `article` just missed the first watch of `compiled`, as a query would write it.

    None where it holds, where more than one part is missing, and where nothing of it was found. What must be absent
    and stands there is told as `NOT ...`; of words that do not stand near or often enough, the whole condition.
    """
    watch, node = compiled.watches[0]
    found = matching.find(article, compiled)
    if node.holds(found):
        return None
    tree = query.parse(watch.query)
    if not isinstance(node, All) or not isinstance(tree, And):
        return _written(tree) if _is_loose(node, found) else None
    failing = [at for at, part in enumerate(node.parts) if not part.holds(found)]
    others = [part for at, part in enumerate(node.parts) if at not in failing]
    if len(failing) != 1 or not any(True for part in others for _ in part.evidence(found)):
        return None
    return _written(tree.parts[failing[0]])


def _is_loose(node: Node, found: Found) -> bool:
    """Whether all words of the condition are there, only not so near, often or in that part."""
    if isinstance(node, Nearby):
        return node.left.holds(found) and node.right.holds(found)
    return isinstance(node, Often | InPart) and node.part.holds(found)


def _written(tree: querytree.Node) -> str:
    text = querytree.write(tree)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"
