"""Read a watch query into a tree; every mistake is answered with its column and what to write instead.

There are no regular expressions in queries, so none can run away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from alerts.errors import QueryError
from alerts.normalize import tokens

MOST_WORDS = 10_000
DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or the words of a phrase side by side. `column` counts from 1.

    The capitals of a word bind as it is written (`auto`), those of a quoted one do not (`any`).
    """

    text: str
    column: int
    case: Literal["auto", "any"] = "auto"


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


Node = Term | Named | And | Or | Not

_QUOTES = {'"': '"', "«": "»", "“": "”", "„": "“”"}
_TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()])|(?P<quote>["«“„])|(?P<or>\|)|(?P<minus>-)(?=\S)|(?P<word>[^\s()"«»“”„|]+))"""
)
_OPERATORS = ("AND", "OR", "NOT")
_RESERVED = re.compile(r"(NEAR|ONEAR|ATLEAST)(/.*)?$")
_FIELD = re.compile(r"[^\W\d_]+:")
# Signs of other query languages, of punctuation or of nothing: read as words they would mislead.
_FOREIGN = re.compile(r"[\x00-\x1f\x7f~^!?+=,;:<>{}\[\]\\%$]")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def parse(query: str) -> Node:
    """The tree of `query`. Raises QueryError."""
    read = list(_tokens(query))
    if not read:
        raise QueryError("the query is empty: write a word, a phrase in quotes, or @entity", 1)
    if where := _overflow(read):
        raise QueryError(f"the query has more than {MOST_WORDS:,} words: split it into several watches", where)
    parser = _Parser(read, len(query) + 1)
    tree = parser.either(0)
    if parser.peek is not None:
        raise QueryError("this bracket closes nothing: remove it", parser.peek.column)
    if not _is_positive(tree):
        raise QueryError("the query only says what must be absent: add a word that must be there", 1)
    return tree


def leaves(node: Node) -> Iterator[Term | Named]:
    """Every term and entity of the tree, from left to right."""
    if isinstance(node, Not):
        yield from leaves(node.part)
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from leaves(part)
    else:
        yield node


def _overflow(read: list[_Token]) -> int:
    """The column where the words become too many, else 0."""
    words = 0
    for token in read:
        words += len(token.text.split()) or 1
        if words > MOST_WORDS:
            return token.column
    return 0


def _is_positive(node: Node) -> bool:
    """Whether the tree can only hold where something is found."""
    if isinstance(node, And):
        return any(map(_is_positive, node.parts))
    if isinstance(node, Or):
        return all(map(_is_positive, node.parts))
    return not isinstance(node, Not)


def _tokens(query: str) -> Iterator[_Token]:
    position = 0
    while position < len(query):
        found = _TOKEN.match(query, position)
        if found is None:
            if query[position:].isspace():
                return
            column = position + 1 + len(query[position:]) - len(query[position:].lstrip())
            raise QueryError(f"`{query[column - 1]}` has no meaning here: remove it", column)
        kind, text = str(found.lastgroup), found[str(found.lastgroup)]
        column, position = found.start(str(found.lastgroup)) + 1, found.end()
        if kind == "quote":
            text, position = _quoted(query, text, column)
            yield _Token("phrase", _checked(text, column), column)
        elif kind == "word" and text not in _OPERATORS:
            yield _word(text, column)
        else:
            yield _Token(text if kind == "word" else kind, text, column)


def _quoted(query: str, opening: str, column: int) -> tuple[str, int]:
    ends = [end for mark in _QUOTES[opening] if (end := query.find(mark, column)) >= 0]
    if not ends:
        raise QueryError(f"the quote opened here is never closed: add {_QUOTES[opening][0]}", column)
    return query[column : min(ends)], min(ends) + 1


def _word(text: str, column: int) -> _Token:
    if text in ("and", "or", "not"):
        raise QueryError(f'write operators in capitals: {text.upper()} (or quote the word: "{text}")', column)
    if _RESERVED.match(text):
        raise QueryError(f"{text.partition('/')[0]} is not built yet: use AND, OR, NOT or a phrase", column)
    if field := _FIELD.match(text):
        raise QueryError(f"searching in a field ({field[0]}) is not built yet: write the words alone", column)
    if text.startswith("="):
        raise QueryError("exact spelling with = is not built yet: write the word alone", column)
    if "*" in text:
        raise QueryError("a prefix with * is not built yet: write each form, joined by OR", column)
    if text.startswith("@"):
        if not re.fullmatch(r"@[a-z0-9][a-z0-9-]*", text):
            raise QueryError("an entity is written as @id, with the id of the watchlist", column)
        return _Token("entity", text[1:], column)
    if foreign := _FOREIGN.search(text):
        what = f"`{foreign[0]}` has no meaning here: remove it, or put the words in quotes"
        raise QueryError(what, column + foreign.start())
    return _Token("word", _checked(text, column), column)


def _checked(text: str, column: int) -> str:
    if not tokens(text):
        raise QueryError(f"`{text}` holds no letter or number: write a word", column)
    return text


class _Parser:
    """Recursive descent: OR of ANDs of (NOT) parts."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._next = 0
        self._end = end

    @property
    def peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self) -> _Token | None:
        token = self.peek
        self._next += 1
        return token

    def _follows(self, *kinds: str) -> bool:
        return self.peek is not None and self.peek.kind in kinds

    def either(self, depth: int) -> Node:
        parts = [self._all(depth)]
        while self._follows("OR", "or"):
            self._take()
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, depth: int) -> Node:
        parts = [self._part(depth)]
        while self.peek is not None and not self._follows("OR", "or") and self.peek.text != ")":
            if self._follows("AND"):
                self._take()
            parts.append(self._part(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _part(self, depth: int) -> Node:
        before = self._tokens[self._next - 1].text if self._next else ""
        token = self._take()
        if token is None:
            raise QueryError(f"the query ends after '{before}': a word is missing", self._end)
        if token.kind in ("NOT", "minus"):
            if self._follows("NOT", "minus"):
                raise QueryError("two NOTs in a row: remove both", token.column)
            return Not(self._part(depth))
        if token.kind == "bracket" and token.text == "(":
            return self._bracket(token, depth)
        if token.kind in ("word", "phrase"):
            return Term(token.text, token.column, "any" if token.kind == "phrase" else "auto")
        if token.kind == "entity":
            return Named(token.text, token.column)
        raise QueryError(f"unexpected '{token.text}': a word is missing before it", token.column)

    def _bracket(self, opening: _Token, depth: int) -> Node:
        if depth >= DEEPEST:
            raise QueryError(f"brackets are nested deeper than {DEEPEST}: simplify the query", opening.column)
        inner = self.either(depth + 1)
        closing = self._take()
        if closing is None or closing.text != ")":
            raise QueryError("the bracket opened here is never closed: add )", opening.column)
        return inner
