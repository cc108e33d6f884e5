"""Random query trees, and a slow and plain judge of what they say of a text."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from alerts.querytree import And, AtLeast, Fact, FactName, Named, Near, Node, Not, Or, Part, Term, Within

WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "f", "16")
_PARTS: tuple[Part, ...] = ("title", "lead", "body")
Place = tuple[int, int, int]  # paragraph, first and last word in it


def random_tree(  # noqa: PLR0911 - a case for each kind of node
    dice: random.Random, depth: int = 0, *, is_placed: bool = False, in_field: bool = False
) -> Node:
    """A tree as `query.parse` could make one: `is_placed` for what NEAR can join."""

    def inner() -> Node:
        return random_tree(dice, depth + 1, is_placed=is_placed, in_field=in_field)

    if depth > 3 or dice.random() < 0.3:
        return _leaf(dice)
    kinds = ["or", "near", *([] if is_placed else ["and", "not", "often"])]
    kinds += [] if in_field or is_placed else ["field", "fact"]
    match dice.choice(kinds):
        case "or":
            return Or((inner(), inner()))
        case "near":
            left, right = (random_tree(dice, depth + 1, is_placed=True, in_field=in_field) for _ in range(2))
            return Near(left, right, dice.choice((0, 1, 2, 5, 50)), dice.random() < 0.5)
        case "and":
            return And((inner(), inner()))
        case "not":
            return And((inner(), Not(inner())))
        case "often":
            return AtLeast(dice.randint(1, 4), dice.choice((_leaf(dice), Or((_leaf(dice), _leaf(dice))))))
        case "field":
            return Within(dice.choice(_PARTS), random_tree(dice, depth + 1, in_field=True))
    return And((_leaf(dice), Fact(FactName.SOURCE, dice.choice(("wire", "kyiv post")), 1)))


def _leaf(dice: random.Random) -> Node:
    kind = dice.random()
    if kind < 0.15:
        return Named("rutte", 1)
    if kind < 0.25:
        return Term(dice.choice(("char", "delt", "alpha")), 1, "any", is_prefix=True)
    if kind < 0.3:
        return Term(dice.choice(("Bravo", "bravo echo")), 1, "exact")
    if kind < 0.5:
        return Term(" ".join(dice.choices(WORDS[:5], k=2)), 1, "any")
    return Term(dice.choice((*WORDS[:5], "F-16")), 1, "any" if kind < 0.7 else "auto")


@dataclass(frozen=True)
class Written:
    """A text by paragraphs of (word as written, the sign behind it); the first is the title."""

    paragraphs: Sequence[Sequence[tuple[str, str]]]

    @property
    def title(self) -> str:
        return _joined(self.paragraphs[0])

    @property
    def text(self) -> str:
        return "\n\n".join(map(_joined, self.paragraphs[1:]))


def random_text(dice: random.Random) -> Written:
    signs = (" ", " ", " ", " ", ", ", ". ", "\n", "-")
    lengths = [dice.randint(0, 4), *(dice.randint(1, 9) for _ in range(dice.randint(0, 3)))]
    return Written(
        [
            [(dice.choice((*WORDS, "zulu", "zulu", "Bravo")), dice.choice(signs)) for _ in range(length)]
            for length in lengths
        ]
    )


def _joined(paragraph: Sequence[tuple[str, str]]) -> str:
    return "".join(word + sign for word, sign in paragraph).strip()


class Judge:
    """What a tree says of a text, by looking at every pair of places."""

    def __init__(self, written: Written) -> None:
        self._paragraphs = written.paragraphs
        self._within = range(len(written.paragraphs))

    def holds(self, node: Node) -> bool:  # noqa: PLR0911 - a case for each kind of node
        match node:
            case And():
                return all(map(self.holds, node.parts))
            case Or():
                return any(map(self.holds, node.parts))
            case Not():
                return not self.holds(node.part)
            case Within():
                return self._inside(node.field, node.part)
            case AtLeast():
                return self._most_apart(sorted(self.places(node.part))) >= node.count
            case Fact():
                return node.value == "wire"
        return bool(self.places(node))

    def _inside(self, field: Part, node: Node) -> bool:
        kept, count = self._within, len(self._paragraphs)
        body = range(2, count) if count > 2 else range(1, count)
        self._within = {"title": range(1), "lead": range(1, min(2, count)), "body": body}[field]
        holds = self.holds(node)
        self._within = kept
        return holds

    def places(self, node: Node) -> set[Place]:
        match node:
            case Term():
                return set(self._stands(node))
            case Named():
                return self._entity()
            case Or():
                return {place for part in node.parts for place in self.places(part)}
            case Near():
                pairs = product(self.places(node.left), self.places(node.right))
                return {place for pair in pairs if self._is_near(*pair, node) for place in pair}
        raise AssertionError(node)

    def _stands(self, node: Term) -> Iterator[Place]:
        wanted = node.text.replace("-", " ").split()
        for number in self._within:
            read = self._paragraphs[number]
            for first in range(len(read) - len(wanted) + 1):
                some = read[first : first + len(wanted)]
                # the stop behind one letter is that of an initial
                is_whole = all(sign in (" ", "\n", "-") or (sign, len(word)) == (". ", 1) for word, sign in some[:-1])
                written = [word if node.case == "exact" else word.lower() for word, _ in some]
                if node.case == "exact" and any(sign == "-" for _, sign in some[:-1]):
                    continue
                if node.is_prefix:
                    is_right = written[-1].startswith(wanted[-1])
                elif node.text == "F-16" and node.case == "auto":
                    is_right = [word for word, _ in some] == ["F", "16"]  # capitals bind; no text has this one
                else:
                    is_right = written == [word if node.case == "exact" else word.lower() for word in wanted]
                if is_whole and is_right:
                    yield number, first, first + len(wanted) - 1

    def _entity(self) -> set[Place]:
        """As RUTTE of the test: its names, the weak one beside what it needs, and what takes a hit back."""
        every, kept = range(len(self._paragraphs)), self._within
        self._within = every
        strong = set(self._stands(Term("alpha bravo", 1, "any")))
        needed = {number for number, _, _ in self._stands(Term("delta", 1, "any"))}
        weak = {place for place in self._stands(Term("charlie", 1, "any")) if place[0] in needed}
        vetoes = set(self._stands(Term("echo charlie", 1, "any"))) | set(self._stands(Term("bravo echo", 1, "any")))
        self._within = kept
        return {one for one in strong | weak if one[0] in kept and all(_are_apart(one, veto) for veto in vetoes)}

    def _is_near(self, one: Place, other: Place, node: Near) -> bool:
        if one[0] != other[0] or not _are_apart(one, other) or (node.is_ordered and one > other):
            return False
        before, after = sorted((one, other))
        signs = [sign for _, sign in self._paragraphs[one[0]][before[2] : after[1]]]
        return max(0, sum(sign != "-" for sign in signs) - 1) <= node.words

    def _most_apart(self, places: list[Place]) -> int:
        """The most places of which no two overlap."""
        if not places:
            return 0
        rest = [place for place in places[1:] if _are_apart(place, places[0])]
        return max(1 + self._most_apart(rest), self._most_apart(places[1:]))


def _are_apart(one: Place, other: Place) -> bool:
    return one[0] != other[0] or one[2] < other[1] or other[2] < one[1]
