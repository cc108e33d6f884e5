"""The tree of a watch query (pure)."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Case: TypeAlias = Literal["auto", "any", "exact"]
Part: TypeAlias = Literal["title", "lead", "body"]


class FactName(enum.StrEnum):
    """What can be asked of an article or its source besides its words."""

    SOURCE = "source"
    SITE = "site"
    KIND = "kind"
    LANG = "lang"
    COUNTRY = "country"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or the words of a phrase side by side. `column` counts from 1.

    The capitals of a word bind as it is written (`auto`), those of a quoted one or a prefix do not (`any`); `exact` is
    this spelling alone. Of a prefix only the beginning of the last word is given.
    """

    text: str
    column: int
    case: Case = "auto"
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """An entity of the watchlist, with all its names."""

    entity: str
    column: int


@dataclass(frozen=True, slots=True)
class And:
    """Every part must hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One part must hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: Node


@dataclass(frozen=True, slots=True)
class Near:
    """Both stand in one paragraph with at most `words` words between them, `left` first where `is_ordered`."""

    left: Node
    right: Node
    words: int
    is_ordered: bool


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The part stands in `count` places that do not overlap."""

    count: int
    part: Node


@dataclass(frozen=True, slots=True)
class Within:
    """The part must hold in the title, the first paragraph (`lead`) or what follows it (`body`) alone."""

    field: Part
    part: Node


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the article or its source tells, folded."""

    name: FactName
    value: str
    column: int


Node: TypeAlias = Term | Named | And | Or | Not | Near | AtLeast | Within | Fact


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, from left to right."""
    match node:
        case And() | Or():
            return node.parts
        case Near():
            return (node.left, node.right)
        case Not() | AtLeast() | Within():
            return (node.part,)
        case _:
            return ()


def leaves(node: Node) -> Iterator[Term | Named]:
    """Every term and entity of the tree, from left to right."""
    if isinstance(node, Term | Named):
        yield node
    for part in children(node):
        yield from leaves(part)


def is_positive(node: Node) -> bool:
    """Whether the node can only hold where something is found."""
    match node:
        case And():
            return any(map(is_positive, node.parts))
        case Or():
            return all(map(is_positive, node.parts))
        case Within():
            return is_positive(node.part)
        case _:
            return not isinstance(node, Not | Fact)


def has_places(node: Node) -> bool:
    """Whether the node stands somewhere: what NEAR can join."""
    match node:
        case Or():
            return all(map(has_places, node.parts))
        case Within():
            return has_places(node.part)
        case _:
            return isinstance(node, Term | Named | Near)


def write(node: Node) -> str:  # noqa: PLR0911 - a case for each kind of node
    """The query that reads as this tree."""
    match node:
        case Term():
            return _term(node)
        case Named():
            return f"@{node.entity}"
        case Fact():
            return f'{node.name}:"{node.value}"' if " " in node.value else f"{node.name}:{node.value}"
        case And():
            return " AND ".join(_bracketed(part, Or) for part in node.parts)
        case Or():
            return " OR ".join(map(write, node.parts))
        case Not():
            return f"NOT {_bracketed(node.part, And, Or, Near)}"
        case Near():
            sign = f"{'O' if node.is_ordered else ''}NEAR/{node.words}"
            return f"{_bracketed(node.left, Or)} {sign} {_bracketed(node.right, Or, Near)}"
        case AtLeast():
            return f"ATLEAST/{node.count} {_bracketed(node.part, Or)}"
        case Within():
            return f"{node.field}:{_bracketed(node.part, And, Or, Not, Near, AtLeast)}"


def _term(node: Term) -> str:
    if node.case == "auto" or node.is_prefix:
        return f"{node.text}*" if node.is_prefix else node.text
    opening, closing = ("«", "»") if '"' in node.text else ('"', '"')
    return f"{'=' if node.case == 'exact' else ''}{opening}{node.text}{closing}"


def _bracketed(node: Node, *looser: type) -> str:
    return f"({write(node)})" if isinstance(node, looser) else write(node)
