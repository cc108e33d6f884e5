"""Find every watch that an article matches, in one pass over its tokens (pure).

Each distinct name or word of the whole watchlist stands once in an index from its first token; the time
for an article does not grow with the number of watches.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from alerts import excerpts, query
from alerts.forms import latin, patterns
from alerts.model import Field, Hit, Match
from alerts.normalize import Token, tokens
from alerts.query import And, Named, Node, Not, Or, Term
from alerts.watchlist import Entity, Watch, Watchlist, parsed
from scrapers.article import Article

# between two words of a name: space, hyphen, quote, slash, bracket, line break; no comma, no sentence end,
# no blank line
_GAP = re.compile(r"(?!\s*\n\s*\n)(?:[.&+:]?|[\s\-‐-―'\"«»“”„/()\[\]\u00ad\u200b-\u200f\u2060\ufeff]{0,6})")
_INITIAL = re.compile(r"\.\s{0,2}")
_PARAGRAPH = re.compile(r"\n\s*")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One name or word to find: as it was written, and how its capitals bind."""

    text: str
    case: str = "auto"
    language: str | None = None
    inflect: bool = True


@dataclass(frozen=True, slots=True)
class _Names:
    """The leaves of one entity."""

    strong: tuple[Leaf, ...]
    weak: tuple[Leaf, ...]
    needs: tuple[Leaf, ...]
    needed: tuple[str, ...]  # entities of which one must stand nearby
    veto: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A watchlist ready to match: the index of leaves, the entities, a tree per watch and topic."""

    index: Mapping[str, tuple[tuple[Leaf, tuple[frozenset[str], ...]], ...]]
    names: Mapping[str, _Names]
    watches: tuple[tuple[Watch, Node], ...]
    topics: Mapping[str, Node]
    concerned: Mapping[Leaf, tuple[int, ...]]  # the watches that a leaf can make hold, by position


@dataclass(slots=True)
class _Found:
    """Where each leaf stands in one article, with the text's paragraphs."""

    compiled: Compiled
    by_leaf: dict[Leaf, list[Hit]] = field(default_factory=lambda: defaultdict(list))
    breaks: list[int] = field(default_factory=list)
    entities: dict[str, list[Hit]] = field(default_factory=dict)


def compile(watchlist: Watchlist) -> Compiled:  # noqa: A001 - the verb of the trade
    """Build the index of a watchlist."""
    entities = {entity.id: _names(entity) for entity in watchlist.entities}
    watches = tuple((watch, parsed(watch.query, entities)) for watch in watchlist.watches)
    topics = {name: parsed(text, entities) for name, text in watchlist.topics.items()}
    leaves: dict[Leaf, None] = {}
    for names in entities.values():
        for group in (names.strong, names.weak, names.needs, names.veto):
            leaves.update(dict.fromkeys(group))
    for tree in [*topics.values(), *(tree for _, tree in watches)]:
        leaves.update(dict.fromkeys(_terms(tree)))
    return Compiled(_index(leaves), entities, watches, topics, _concerned(watches, entities))


def compile_one(text: str, watchlist: Watchlist) -> Compiled:
    """A watchlist with this one query as its only watch. Raises QueryError."""
    parsed(text, {entity.id for entity in watchlist.entities})
    return compile(Watchlist(entities=watchlist.entities, watches=(Watch(id="query", query=text),)))


def match(article: Article, compiled: Compiled) -> list[Match]:
    """Every watch that `article` matches, with all hits and the sentence that shows why."""
    return _matches(article, compiled, _find(article, compiled))


def _matches(article: Article, compiled: Compiled, found: _Found) -> list[Match]:
    matches = []
    # no query holds without a hit (see `query`), so watches of which nothing was found are not looked at
    concerned = {at for leaf in found.by_leaf for at in compiled.concerned.get(leaf, ())}
    for watch, tree in (compiled.watches[at] for at in sorted(concerned)):
        hits = _holds(tree, found)
        if hits:
            ordered = _in_order(hits)
            excerpt = excerpts.choose(article.title, article.text, ordered)
            matches.append(Match(watch.id, watch.version, ordered, excerpt))
    return matches


def look(article: Article, compiled: Compiled) -> tuple[list[Match], tuple[str, ...]]:
    """As `match`, and the ids of the tracked entities that `article` names."""
    found = _find(article, compiled)
    return _matches(article, compiled, found), tuple(name for name in compiled.names if _entity(name, found))


def matches_topic(article: Article, compiled: Compiled, name: str) -> bool:
    """Whether `article` belongs to the topic. Raises KeyError when the watchlist has no such topic."""
    return _holds(compiled.topics[name], _find(article, compiled)) is not None


def entity_hits(article: Article, compiled: Compiled) -> dict[str, tuple[Hit, ...]]:
    """Every place where each tracked entity stands."""
    found = _find(article, compiled)
    return {name: _in_order(hits) for name in compiled.names if (hits := _entity(name, found))}


def _names(entity: Entity) -> _Names:
    def listed(names: Iterable[tuple[str, str | None]], case: str = entity.case) -> tuple[Leaf, ...]:
        return tuple(Leaf(name, case, language, entity.inflect) for name, language in dict.fromkeys(names))

    strong = [(name, language) for language, group in entity.names.items() for name in group]
    strong += [(one, "en") for name, language in strong for one in latin(name, language or "")]
    weak = [(name, language) for language, group in entity.weak.items() for name in group]
    if entity.needs and not weak:
        strong, weak = [], strong
    words = [need for need in entity.needs if not need.startswith("@")]
    needed = tuple(need[1:] for need in entity.needs if need.startswith("@"))
    return _Names(listed(strong), listed(weak), listed([(word, None) for word in words], "auto"), needed, listed([(one, None) for one in entity.not_], "any"))


def _terms(node: Node) -> Iterable[Leaf]:
    if isinstance(node, Term):
        yield Leaf(node.text, node.case)
    elif isinstance(node, Not):
        yield from _terms(node.part)
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _terms(part)


def _concerned(watches: Sequence[tuple[Watch, Node]], entities: Mapping[str, _Names]) -> dict[Leaf, tuple[int, ...]]:
    found: dict[Leaf, dict[int, None]] = defaultdict(dict)
    for at, (_, tree) in enumerate(watches):
        for leaf in _terms(tree):
            found[leaf][at] = None
        for named in query.leaves(tree):
            if isinstance(named, Named):
                names = entities[named.entity]
                for leaf in (*names.strong, *names.weak):
                    found[leaf][at] = None
    return {leaf: tuple(positions) for leaf, positions in found.items()}


def _index(leaves: Iterable[Leaf]) -> dict[str, tuple[tuple[Leaf, tuple[frozenset[str], ...]], ...]]:
    """First token -> the leaves that begin with it and the tokens that must follow.

    This is the one place where inflected forms come in: a leaf may stand here under many spellings.
    """
    index: dict[str, list[tuple[Leaf, tuple[frozenset[str], ...]]]] = defaultdict(list)
    for leaf in leaves:
        for first, *rest in patterns(leaf.text, leaf.language, inflect=leaf.inflect):
            for form in first:
                index[form].append((leaf, tuple(rest)))
    return {first: tuple(found) for first, found in index.items()}


def _find(article: Article, compiled: Compiled) -> _Found:
    found = _Found(compiled)
    found.breaks = [gap.end() for gap in _PARAGRAPH.finditer(article.text)]
    for where, text in ((Field.TITLE, article.title), (Field.TEXT, article.text)):
        _scan(text, where, tokens(text), compiled, found)
    return found


def _scan(text: str, where: Field, read: Sequence[Token], compiled: Compiled, found: _Found) -> None:
    index = compiled.index
    for at, token in enumerate(read):
        for leaf, rest in index.get(token.text, ()):
            last = at + len(rest)
            if last >= len(read) or any(read[at + n].text not in word for n, word in enumerate(rest, 1)):
                continue
            spelled = read[at : last + 1]
            if _is_whole(text, spelled) and _case_holds(leaf, text, spelled):
                start, end = token.start, spelled[-1].end
                found.by_leaf[leaf].append(Hit(leaf.text, text[start:end], where, start, end))


def _is_whole(text: str, spelled: Sequence[Token]) -> bool:
    """Whether only such marks stand between the words as a name may have."""
    return all(
        _GAP.fullmatch(text, one.end, after.start)
        or (one.end - one.start < 4 and _INITIAL.fullmatch(text, one.end, after.start))
        for one, after in pairwise(spelled)
    )


def _case_holds(leaf: Leaf, text: str, spelled: Sequence[Token]) -> bool:
    """The capitals of the name bind: US is not us, Patriot is not patriot, drone is also Drone."""
    if leaf.case == "any":
        return True
    written = [leaf.text[token.start : token.end] for token in tokens(leaf.text)]
    return all(
        _word_holds(name, text[token.start : token.end], exact=leaf.case == "exact")
        for name, token in zip(written, spelled, strict=True)
    )


def _word_holds(name: str, surface: str, *, exact: bool) -> bool:
    if exact:
        return name == surface
    capitals = sum(letter.isupper() for letter in name)
    if capitals > 1 and capitals == sum(letter.isalpha() for letter in name):
        return sum(letter.isupper() for letter in surface) > 1
    return not name[0].isupper() or surface[0].isupper()


def _holds(node: Node, found: _Found) -> list[Hit] | None:
    """The hits that make `node` hold, none for what holds by absence; None when it does not hold."""
    if isinstance(node, Term):
        return found.by_leaf.get(Leaf(node.text, node.case))
    if isinstance(node, Named):
        return _entity(node.entity, found) or None
    if isinstance(node, Not):
        return [] if _holds(node.part, found) is None else None
    parts = [_holds(part, found) for part in node.parts]
    holding = [hits for hits in parts if hits is not None]
    if not holding or (isinstance(node, And) and len(holding) < len(parts)):
        return None
    return [hit for hits in holding for hit in hits]


def _entity(name: str, found: _Found) -> list[Hit]:
    if name not in found.entities:
        found.entities[name] = []  # two entities may need each other; the second look ends it
        names = found.compiled.names[name]
        hits = _of(names.strong, found) + _beside(names, found)
        found.entities[name] = _without(hits, _of(names.veto, found))
    return found.entities[name]


def _beside(names: _Names, found: _Found) -> list[Hit]:
    """Hits of weak names that have what they need in their paragraph."""
    weak = _of(names.weak, found)
    if not weak:
        return []
    support = _of(names.needs, found)
    for needed in names.needed:
        support += _entity(needed, found)
    paragraphs = {_paragraph(hit, found) for hit in support}
    return [hit for hit in weak if _paragraph(hit, found) in paragraphs]


def _of(leaves: Iterable[Leaf], found: _Found) -> list[Hit]:
    return [hit for leaf in leaves for hit in found.by_leaf.get(leaf, ())]


def _paragraph(hit: Hit, found: _Found) -> tuple[Field, int]:
    if hit.field is Field.TITLE:
        return hit.field, 0
    return hit.field, bisect_right(found.breaks, hit.start)


def _without(hits: list[Hit], vetoes: list[Hit]) -> list[Hit]:
    """The hits that no veto overlaps."""
    if not hits or not vetoes:
        return hits
    places = {
        where: excerpts.merged([(veto.start, veto.end) for veto in vetoes if veto.field is where]) for where in Field
    }
    return [hit for hit in hits if not _is_inside(hit, places[hit.field])]


def _is_inside(hit: Hit, places: Sequence[tuple[int, int]]) -> bool:
    """Whether `hit` overlaps one of `places`, which are in order and apart from each other."""
    before = bisect_right(places, (hit.end - 1, hit.end)) - 1
    return any(start < hit.end and hit.start < end for start, end in places[max(0, before) : before + 2])


def _in_order(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Each place once, the title first."""
    once = {(hit.field, hit.start, hit.end): hit for hit in hits}
    return tuple(sorted(once.values(), key=lambda hit: (hit.field is not Field.TITLE, hit.start, hit.end)))
