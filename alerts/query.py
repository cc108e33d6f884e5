"""Read a watch query into a tree; every mistake is answered with its column and what to write instead (pure).

There are no regular expressions in queries, so none can run away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NoReturn

from alerts.errors import QueryError
from alerts.normalize import words
from alerts.querylex import Token, cut
from alerts.querytree import (
    And,
    AtLeast,
    Fact,
    FactName,
    Named,
    Near,
    Node,
    Not,
    Or,
    Term,
    Within,
    has_places,
    is_positive,
)
from scrapers.source import SourceKind
from scrapers.yamlfile import nearest

MOST_WORDS = 10_000
DEEPEST = 50
_TERMS: dict[str, Literal["auto", "any", "exact"]] = {
    "word": "auto", "prefix": "any", "phrase": "any", "exact": "exact",
}  # fmt: skip
_PARTS: dict[str, Literal["title", "lead", "body"]] = {
    "title": "title", "intitle": "title", "lead": "lead", "body": "body",
}  # fmt: skip
_HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+")
_CODES = {"ua": "uk", "cz": "cs", "gr": "el", "jp": "ja", "cn": "zh", "se": "sv", "dk": "da"}  # countries for languages
_COUNTRIES = {"uk": "gb", "el": "gr"}


def parse(query: str) -> Node:
    """The tree of `query`. Raises QueryError."""
    read = _bounded(query)
    if not read:
        raise QueryError("the query is empty: write a word, a phrase in quotes, or @entity", 1)
    parser = _Parser(read, len(query) + 1)
    tree = parser.either(0)
    if parser.peek is not None:
        raise QueryError("this bracket closes nothing: remove it", parser.peek.column)
    if not is_positive(tree):
        what = "the query only says what must be absent, or where to look"
        raise QueryError(f"{what}: add a word or @entity that must be there", 1)
    return tree


def _bounded(query: str) -> list[Token]:
    read: list[Token] = []
    count = 0
    for token in cut(query):
        count += len(token.text.split()) or 1
        if count > MOST_WORDS:
            raise QueryError(
                f"the query has more than {MOST_WORDS:,} words: split it into several watches", token.column
            )
        read.append(token)
    return read


class _Parser:
    """Recursive descent: OR of ANDs of NEARs of (NOT) parts. `depth` counts brackets."""

    def __init__(self, read: Sequence[Token], end: int) -> None:
        self._tokens = read
        self._next = 0
        self._end = end
        self._within = ""  # the field whose bracket we are in

    @property
    def peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self) -> Token | None:
        token = self.peek
        self._next += 1
        return token

    def _follows(self, *kinds: str) -> bool:
        return self.peek is not None and self.peek.kind in kinds

    def _ends(self) -> bool:
        return self.peek is None or self.peek.text == ")"

    def either(self, depth: int) -> Node:
        parts = [self._all(depth)]
        while self._follows("OR", "or"):
            self._take()
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, depth: int) -> Node:
        parts = [self._near(depth)]
        while not self._ends() and not self._follows("OR", "or"):
            if self._follows("AND"):
                self._take()
            parts.append(self._near(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _near(self, depth: int) -> Node:
        tree = self._part(depth)
        while self._follows("NEAR", "ONEAR"):
            sign = self._take()
            assert sign is not None
            self._refuse_number(sign)
            right = self._part(depth)
            if not (has_places(tree) and has_places(right)):
                what = f"{sign.text} joins words, phrases, @entities or OR groups of them only"
                raise QueryError(f"{what}: put the others outside, behind AND or AND NOT", sign.column)
            tree = Near(tree, right, sign.number, sign.kind == "ONEAR")
        return tree

    def _refuse_number(self, sign: Token) -> None:
        """`NEAR 5` would look for the number."""
        if sign.text == sign.kind and (after := self.peek) and after.kind == "word" and after.text.isdecimal():
            what = f'write {sign.kind}/{after.text} without a blank (or quote the number: "{after.text}")'
            raise QueryError(what, after.column)

    def _part(self, depth: int) -> Node:
        before = self._tokens[self._next - 1].text if self._next else ""
        token = self._take()
        if token is None:
            raise QueryError(f"the query ends after '{before}': a word is missing", self._end)
        if token.kind in ("NOT", "minus"):
            if self._follows("NOT", "minus"):
                raise QueryError("two NOTs in a row: remove both", token.column)
            return Not(self._part(depth))
        if token.kind == "ATLEAST":
            return self._at_least(token, depth)
        if token.kind == "field":
            return self._field(token, depth)
        if token.text == "(":
            return self._bracket(token, depth)
        if token.kind in _TERMS:
            return Term(token.text, token.column, _TERMS[token.kind], token.kind == "prefix")
        if token.kind == "entity":
            return Named(token.text, token.column)
        raise QueryError(f"unexpected '{token.text}': a word is missing before it", token.column)

    def _bracket(self, opening: Token, depth: int) -> Node:
        if depth >= DEEPEST:
            raise QueryError(f"brackets are nested deeper than {DEEPEST}: simplify the query", opening.column)
        inner = self.either(depth + 1)
        closing = self._take()
        if closing is None or closing.text != ")":
            raise QueryError("the bracket opened here is never closed: add )", opening.column)
        return inner

    def _at_least(self, sign: Token, depth: int) -> Node:
        counted = None
        if not self._follows("ATLEAST", "NOT", "minus"):
            counted = self._part(depth)
        if counted is None or isinstance(counted, Near) or not has_places(counted):
            what = f"{sign.text} counts a word, a phrase, an @entity or an OR group of them"
            raise QueryError(f"{what}: write one behind it", sign.column)
        return AtLeast(sign.number, counted)

    def _field(self, token: Token, depth: int) -> Node:
        if self._within:
            raise QueryError(f"{token.text}: stands within {self._within}: write it outside the bracket", token.column)
        if not (self._follows(*_TERMS, "entity") or (self.peek and self.peek.text == "(")):
            self._refuse_value(token)
        if token.text not in _PARTS:
            return self._fact(token)
        self._within = token.text
        inner = self._part(depth)
        self._within = ""
        return Within(_PARTS[token.text], inner)

    def _refuse_value(self, token: Token) -> NoReturn:
        what = f"write a word, a phrase or a bracket behind {token.text}:"
        if self._follows("minus", "NOT"):
            what = f"write the NOT before the field: NOT {token.text}:"
        raise QueryError(what, token.column)

    def _fact(self, token: Token) -> Node:
        """A value, or a bracket with values joined by OR."""
        name = FactName(token.text)
        if not self._follows("bracket"):
            return _told(name, self._take())
        self._take()
        parts = [_told(name, self._take())]
        while self._follows("OR", "or"):
            self._take()
            parts.append(_told(name, self._take()))
        if not self._follows("bracket"):
            raise QueryError(f"in the bracket of {name}: join values by OR: {name}:(a OR b)", token.column)
        self._take()
        return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _told(name: FactName, token: Token | None) -> Fact:
    if token is None or token.kind not in ("word", "phrase"):
        column = token.column if token else 1
        raise QueryError(f"{name}: takes a value, or values in a bracket: {name}:(a OR b)", column)
    value = token.text.strip().casefold()
    if name is FactName.SITE:
        value = value.removeprefix("www.").strip(".")
    elif name is FactName.AUTHOR:
        value = " ".join(words(value))
    elif name is FactName.COUNTRY:
        value = _COUNTRIES.get(value, value)
    if wrong := _mistake(name, value):
        raise QueryError(f"{wrong} `{token.text}`{_near(name, value)}", token.column)
    return Fact(name, value, token.column)


def _mistake(name: FactName, value: str) -> str:
    """What is wrong with a value, up to the value; "" when it is right."""
    if name is FactName.LANG and (value in _CODES or not re.fullmatch("[a-z]{2,3}", value)):
        return "lang: takes the code of a language, such as uk or en, not"
    if name is FactName.COUNTRY and not re.fullmatch("[a-z]{2}", value):
        return "country: takes the code of a country, such as UA or GB, not"
    if name is FactName.KIND and value not in set(SourceKind):
        return "no source is of the kind"
    if name is FactName.SITE and not _HOST.fullmatch(value):
        return "site: takes a host alone, such as site:example.org, not"
    return ""


def _near(name: FactName, value: str) -> str:
    if name is FactName.LANG:
        return f"; did you mean `{_CODES[value]}`?" if value in _CODES else ""
    if name is FactName.KIND:
        return nearest(value, SourceKind) or f": there are {', '.join(SourceKind)}"
    return ""
