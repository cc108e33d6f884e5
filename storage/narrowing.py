"""What an article must hold to match a watch query, in the languages of the two search indexes (pure).

It is always less than the query says: NOT, capitals, weak names, fields, how near, how often and what stands between
words are left to `matching`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from alerts import leaves
from alerts.leaves import Leaf, Pattern
from alerts.matching import Compiled
from alerts.plan import All as Every
from alerts.plan import Entity, InPart, Nearby, Node, Often, Told, Word
from alerts.plan import Some as Any
from alerts.querytree import Fact

# words that no text has, as they are no letters: of an article that is longer than what is indexed of it, and of one
# with more words, or one word more often, than PostgreSQL keeps places of
CUT, CROWDED = "…", "×"

_MOST_IN_PHRASE = 8  # words; the others are left to `matching`
_DEEPEST = 8  # SQLite 3.40 reads between 10 and 20 brackets within each other
_MOST_BYTES = 500_000  # of a query; a tsquery may have 1 MB
_LAST_PLACE, _MOST_PLACES = 16_383, 256  # of words in a tsvector
_LONGEST = 500  # characters of a word in a tsvector, which may have 2,046 bytes


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words side by side, in the title or in the text; with `is_open` the last only begins so."""

    words: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Every part must be there."""

    parts: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One part must be there; without parts nothing matches."""

    parts: tuple[Needed, ...]


Needed: TypeAlias = Phrase | All | Some


def needed(compiled: Compiled) -> Needed | None:
    """What each match of one of the watches has; None where nothing can be said."""
    return _of(Any(tuple(node for _, node in compiled.watches)), compiled)


def facts(compiled: Compiled) -> tuple[Fact, ...]:
    """What the article or its source must tell in any case."""
    nodes = [node for _, node in compiled.watches]
    parts = nodes[0].parts if len(nodes) == 1 and isinstance(nodes[0], Every) else ()
    return tuple(part.fact for part in parts if isinstance(part, Told))


def fts5(asked: Needed | None) -> str | None:
    """For MATCH of SQLite, articles with `CUT` included; None to look at every article."""
    return _within(None if asked is None else _fts5(_some((asked, Phrase((CUT,)))), 0))


def tsquery(asked: Needed | None) -> str | None:
    """For PostgreSQL, articles with `CUT` included; None to look at every article."""
    return _within(None if asked is None else _tsquery(_some((asked, Phrase((CUT,))))))


def _within(text: str | None) -> str | None:
    return text if text is not None and len(text.encode()) <= _MOST_BYTES else None


def tsvector(title: str, body: str) -> str:
    """The words with their places, as PostgreSQL reads a tsvector; no phrase reaches from the title into the text."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    words = title.split(" ")
    for at, word in enumerate(words, 1):
        places[word].append(at)
    for at, word in enumerate(body.split(" "), len(words) + 2):
        places[word].append(at)
    places.pop("", None)
    read = len(words) + 1 + body.count(" ") + 1
    if read > _LAST_PLACE or max(map(len, places.values()), default=0) > _MOST_PLACES:
        places[CROWDED] = []
    return " ".join(_lexeme(word, held) for word, held in places.items())


def _lexeme(word: str, places: Sequence[int]) -> str:
    kept = ",".join(str(at) for at in places[:_MOST_PLACES] if at <= _LAST_PLACE)
    return f"{_quoted(word)}:{kept}" if kept else _quoted(word)


def _quoted(word: str) -> str:
    return "'" + word[:_LONGEST].replace("'", "''") + "'"


def _of(node: Node, compiled: Compiled) -> Needed | None:  # noqa: PLR0911 - a case for each kind of node
    match node:
        case Word():
            return _leaf(compiled.leaves[node.leaf])
        case Entity():
            return _some([_leaf(compiled.leaves[leaf]) for leaf in sorted(node.leaves)])
        case Every():
            said = _said(node.parts, compiled)
            return _all(said) if said else None
        case Nearby():
            return _all(_said((node.left, node.right), compiled))
        case Any():
            said = _said(node.parts, compiled)
            return _some(said) if len(said) == len(node.parts) else None
        case Often() | InPart():
            return _of(node.part, compiled)
    return None


def _said(parts: Sequence[Node], compiled: Compiled) -> list[Needed]:
    return [said for part in parts if (said := _of(part, compiled)) is not None]


def _leaf(leaf: Leaf) -> Needed:
    return _some([_spelled(pattern) for pattern in leaves.patterns(leaf)])


def _spelled(pattern: Pattern) -> Needed:
    """A phrase, where each word has one form; else the forms of every word, wherever they stand."""
    words = pattern.words[:_MOST_IN_PHRASE]
    begun = (pattern.prefix,) if words[-1] is None else ()
    forms = [sorted(word) for word in words if word is not None]
    if all(len(word) == 1 for word in forms):
        return Phrase((*(word[0] for word in forms), *begun), bool(begun))
    parts: list[Needed] = [_some([Phrase((form,)) for form in word]) for word in forms]
    return _all([*parts, *(Phrase((word,), is_open=True) for word in begun)])


def _all(parts: Sequence[Needed]) -> Needed:
    once = tuple(dict.fromkeys(parts))
    return once[0] if len(once) == 1 else All(once)


def _some(parts: Sequence[Needed]) -> Needed:
    flat = (inner for part in parts for inner in (part.parts if isinstance(part, Some) else (part,)))
    once = tuple(dict.fromkeys(flat))
    return once[0] if len(once) == 1 else Some(once)


def _phrases(asked: Needed) -> Iterator[Phrase]:
    if isinstance(asked, Phrase):
        yield asked
    else:
        for part in asked.parts:
            yield from _phrases(part)


def _fts5(asked: Needed, depth: int) -> str:
    if isinstance(asked, Phrase):
        return f'"{" ".join(asked.words)}"{" *" if asked.is_open else ""}'
    sign = " AND " if isinstance(asked, All) else " OR "
    if depth == _DEEPEST:  # one of its words is there in any case
        return "(" + " OR ".join(_fts5(phrase, depth) for phrase in dict.fromkeys(_phrases(asked))) + ")"
    return "(" + sign.join(_fts5(part, depth + 1) for part in asked.parts) + ")"


def _tsquery(asked: Needed) -> str:
    if isinstance(asked, Phrase):
        words = [_quoted(word) for word in asked.words]
        words[-1] += ":*" if asked.is_open else ""
        if len(words) == 1:
            return words[0]
        return f"(({' <-> '.join(words)}) | {_balanced([*words, _quoted(CROWDED)], '&')})"
    return _balanced([_tsquery(part) for part in asked.parts], "&" if isinstance(asked, All) else "|")


def _balanced(parts: Sequence[str], sign: str) -> str:
    """The parts in brackets no deeper than need be: PostgreSQL goes down into each."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_balanced(parts[:half], sign)} {sign} {_balanced(parts[half:], sign)})"
