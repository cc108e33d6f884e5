"""What is allowed in a watchlist and is probably a mistake, as far as the file itself tells (pure).

Only what the user wrote is looked at, not what `include: shipped` adds.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alerts import forms, normalize, query
from alerts.facts import Facts
from alerts.querytree import And, Fact, FactName, Near, Node, Not, Term, children
from alerts.watchlist import Entity, Watch, Watchlist
from scrapers.yamlfile import Document, nearest

_COMMON = Path(__file__).parent / "defaults" / "common_words.txt"
_WHERE = {FactName.SOURCE: "called", FactName.LANG: "in the language", FactName.COUNTRY: "of the country"}


class Lint(enum.StrEnum):
    """What may be wrong."""

    COMMON = "common-word"
    NOBODY = "no-destination"
    UNKNOWN = "unknown-value"
    BUSY = "busy-watch"
    UNSEEN = "unseen-name"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is probably a mistake, and where it stands."""

    file: str
    line: int
    lint: Lint
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Written:
    """One name or word of the user's file, with its place there. `language` is None for a word of a query.

    A word of a query `is_enough` when its watch matches wherever it stands.
    """

    owner: str  # `entities `rutte`` or `watches `air-defence``
    text: str
    language: str | None
    line: int
    entity: Entity | None = None
    term: Term | None = None
    is_enough: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """The good entities and watches that stand in the user's file itself, with their lines."""

    document: Document
    entities: tuple[tuple[int, Entity], ...]
    watches: tuple[tuple[int, Watch], ...]

    def line(self, section: str, position: int, *keys: str | int) -> int:
        """Where an entry, or something in it, stands."""
        return self.document.line((section, position, *keys))


def own(document: Document, watchlist: Watchlist) -> Own:
    """What of `watchlist` stands in this file."""
    entities = {one.id: one for one in watchlist.entities}
    watches = {one.id: one for one in watchlist.watches}
    return Own(
        document,
        tuple((at, entities[name]) for at, name in _ids(document, "entities") if name in entities),
        tuple((at, watches[name]) for at, name in _ids(document, "watches") if name in watches),
    )


def look(mine: Own, sources: Mapping[str, Facts], languages: Collection[str]) -> Iterator[Finding]:
    """Everything that can be said without a database. `sources` are those of the catalogue, in these `languages`."""
    known = _known(sources, languages)
    for at, watch in mine.watches:
        if not watch.to:
            what = f"watches `{watch.id}` names no destination (`to`): it matches, and alerts nobody"
            yield Finding(mine.document.file, mine.line("watches", at), Lint.NOBODY, what)
        line = mine.line("watches", at, "query")
        for fact in _facts(query.parse(watch.query)):
            if told := _unknown(fact, known.get(fact.name, frozenset())):
                what = f"watches `{watch.id}`: `query`, column {fact.column}: {told}"
                yield Finding(mine.document.file, line, Lint.UNKNOWN, what)
    for one in written(mine):
        if (one.term is None or one.is_enough) and (told := _collision(one)):
            yield Finding(mine.document.file, one.line, Lint.COMMON, f"{one.owner}: {told}")


def written(mine: Own) -> Iterator[Written]:
    """Every name of the user's entities and every word of the user's watches."""
    for at, entity in mine.entities:
        for section, groups in (("names", entity.names), ("weak", entity.weak)):
            for language, names in groups.items():
                for number, name in enumerate(names):
                    line = mine.line("entities", at, section, language, number)
                    yield Written(f"entities `{entity.id}`", name, language, line, entity=entity)
    for at, watch in mine.watches:
        line = mine.line("watches", at, "query")
        for term, is_enough in _terms(query.parse(watch.query), is_enough=True):
            yield Written(f"watches `{watch.id}`", term.text, None, line, term=term, is_enough=is_enough)


def _ids(document: Document, section: str) -> Iterator[tuple[int, str]]:
    listed = document.content.get(section)
    seen: set[str] = set()
    for at, raw in enumerate(listed if isinstance(listed, list) else ()):
        name = str(raw.get("id")) if isinstance(raw, dict) else ""
        if name not in seen:
            seen.add(name)
            yield at, name


def _terms(tree: Node, *, is_enough: bool) -> Iterator[tuple[Term, bool]]:
    """The words that are looked for, not those that must be absent."""
    if isinstance(tree, Term):
        yield tree, is_enough
    elif not isinstance(tree, Not):
        for part in children(tree):
            yield from _terms(part, is_enough=is_enough and not isinstance(tree, And | Near))


def _facts(tree: Node) -> Iterator[Fact]:
    if isinstance(tree, Fact):
        yield tree
    for part in children(tree):
        yield from _facts(part)


def _known(sources: Mapping[str, Facts], languages: Collection[str]) -> Mapping[FactName, frozenset[str]]:
    """What sources are called, where they publish, and in which languages."""
    return {
        FactName.SOURCE: frozenset(name for told in sources.values() for name in told.names),
        FactName.COUNTRY: frozenset(told.country for told in sources.values()) - {""},
        FactName.LANG: frozenset(languages),
    }


def _unknown(fact: Fact, known: Collection[str]) -> str:
    """What no source of the catalogue is, with the nearest that one is."""
    if not known or fact.value in known:
        return ""
    return f"no source is {_WHERE[fact.name]} `{fact.value}`{nearest(fact.value, known)}"


def _collision(one: Written) -> str:
    """Which form of a name is a common word that would be found in its place."""
    read = normalize.words(one.text)
    if len(read) != 1 or not _may_collide(one):
        return ""
    if language := _common().get(read[0]):
        return _told_base(one.text, language, is_word=one.term is not None)
    if _is_bound(one):
        return ""  # a common word has that capital only where a sentence begins
    for form in sorted(forms.spellings(one.text, one.language)):
        if language := _common().get(form):
            advice = 'write the forms you want as ="..."' if one.term else "write it with a capital, or give it `needs`"
            return f"`{one.text}` has the form `{form}`, a common word ({language}): {advice}"
    return ""


def _may_collide(one: Written) -> bool:
    if one.term is not None:
        return (
            one.term.case != "exact" and not one.term.is_prefix and not (_is_capital(one) and one.term.case == "auto")
        )
    assert one.entity is not None
    return one.entity.case != "exact" and not one.entity.needs and not (_is_capital(one) and one.entity.case == "auto")


def _is_capital(one: Written) -> bool:
    """Whether it is written in capitals, and they bind: US is not us."""
    return len(one.text) > 1 and one.text.isupper()


def _is_bound(one: Written) -> bool:
    """Whether common words are told apart by a capital, or take none of its endings."""
    case = one.term.case if one.term is not None else one.entity.case if one.entity else "auto"
    is_still = one.entity is not None and not one.entity.inflect
    return is_still or (case == "auto" and one.text[0].isupper())


def _told_base(text: str, language: str, *, is_word: bool) -> str:
    if is_word:
        return (
            f"`{text}` is a common word ({language}), and enough for this watch to match: add what must stand beside it"
        )
    advice = "give it `needs`, or make it one of the `weak` names"
    where = "and stands at the beginning of sentences, too" if text[0].isupper() else "and is found everywhere"
    return f"`{text}` is a common word ({language}) {where}: {advice}"


@cache
def _common() -> Mapping[str, str]:
    """Language by folded common word."""
    found: dict[str, str] = {}
    for line in _COMMON.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            language, *listed = line.split()
            for word in listed:
                found.setdefault(" ".join(normalize.words(word)), language)
    return found
