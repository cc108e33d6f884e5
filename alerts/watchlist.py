"""Entities and watches, and the loader of watchlist.yaml."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from alerts import query
from alerts.errors import QueryError
from alerts.model import News, Priority
from alerts.normalize import tokens
from alerts.querytree import Named, Node, leaves
from alerts.rules.corroboration import Hold, Require
from scrapers import yamlfile
from scrapers.source import Duration, Slug
from scrapers.yamlfile import Document, Problem, nearest

SHIPPED = Path(__file__).parent / "defaults" / "watchlist.yaml"
CATALOGUE = SHIPPED.parent / "entities"  # the shipped entities, a file per type
_STRICT = ConfigDict(extra="forbid", validate_by_alias=True, validate_by_name=True)
_KEYS = ("entities", "watches", "topics", "include")
FORMS = 3  # a new one where forms, tokens or operators change what the same watchlist matches


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _name(text: str) -> str:
    if not tokens(text):
        raise ValueError("a name must hold a letter or a number")
    return text


T = TypeVar("T", bound="Entity | Watch")
Names = Annotated[tuple[Annotated[str, AfterValidator(_name)], ...], BeforeValidator(_one_or_more)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Somebody or something that is tracked, with its names per language.

    `weak` names (all names, where there are none) count only beside one of `needs`, a word or @entity in
    the same paragraph. A hit that overlaps one of the `not_` phrases does not count.
    """

    id: Slug
    type: str = "other"
    names: dict[str, Names] = field(default_factory=dict)
    weak: dict[str, Names] = field(default_factory=dict)
    needs: Names = ()
    not_: Annotated[Names, Field(alias="not")] = ()
    case: Literal["auto", "exact", "any"] = "auto"
    inflect: bool = True
    qid: str | None = None

    __pydantic_config__ = _STRICT

    def __post_init__(self) -> None:
        if not any(self.names.values()) and not any(self.weak.values()):
            raise ValueError("an entity needs `names`, such as {en: [Mark Rutte], uk: [Марк Рютте]}")
        if any(self.weak.values()) and not self.needs:
            raise ValueError("`weak` names need `needs`, the words that must stand beside them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who is told, once, when nobody acknowledges an alert in time."""

    to: str
    after: Duration = timedelta(minutes=20)

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A named query with its priority and destinations. `version` is set by `load` and changes with it.

    It alerts once as many report as `require` says, and not while `hold` is true of the story; what came out longer
    than `max_age` ago is no news. `wait` lets other outlets join before the first message: 90 s, but none for what is
    urgent.
    """

    id: Slug
    query: Annotated[str, Field(min_length=1)]
    name: str = ""
    priority: Priority = Priority.NORMAL
    to: Annotated[tuple[str, ...], BeforeValidator(_one_or_more)] = ()
    require: Require = ""
    hold: Hold | None = None
    updates: Annotated[tuple[News, ...], BeforeValidator(_one_or_more)] = tuple(News)
    max_age: Duration = timedelta(hours=24)
    escalate: Escalation | None = None
    wait: Duration | None = None
    version: str = ""

    __pydantic_config__ = _STRICT

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.id)

    @property
    def is_urgent(self) -> bool:
        """Whether it silences low watches on the same story."""
        return self.priority in (Priority.HIGH, Priority.CRITICAL)

    @property
    def story_wait(self) -> timedelta:
        """How long the first message waits for other outlets."""
        return self.wait if self.wait is not None else timedelta(seconds=0 if self.is_urgent else 90)

    @property
    def entities(self) -> frozenset[str]:
        """The entities that the query names."""
        return _named(self.query)


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Every good entity and watch, the topic queries by name, and what is wrong with the others.

    `background` are the shipped entities that only a shipped topic names, for a list that does not include them.
    """

    entities: tuple[Entity, ...] = ()
    watches: tuple[Watch, ...] = ()
    topics: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    background: tuple[Entity, ...] = ()

    @property
    def version(self) -> str:
        """A hash of everything that decides what matches."""
        return _digest(
            self.entities, self.background, [(w.id, w.query) for w in self.watches], sorted(self.topics.items())
        )


def load(path: Path | None, *, destinations: Collection[str] | None = None) -> Watchlist:
    """Read watchlist.yaml, or the shipped one when `path` is None.

    `destinations` are the known ids; None leaves `to` unchecked. Raises ConfigError when the file is no
    YAML mapping; a bad entry or query becomes a problem with its line and leaves the others alone.
    """
    document = yamlfile.read(path or SHIPPED)
    base = shipped() if path else Watchlist()
    included = base if document.content.get("include") == "shipped" else Watchlist()
    files = [document] if path else [document, *map(yamlfile.read, sorted(CATALOGUE.glob("*.yaml")))]
    own = [(file, yamlfile.entries(file, "entities", Entity)) for file in files]
    entities = _joined([entity for _, listed in own for _, entity in listed.values], included.entities)
    ids = {entity.id for entity in entities}
    watched = yamlfile.entries(document, "watches", Watch)
    topics, topic_problems = _topics(document, ids)
    problems = [
        *(problem for file in files for problem in file.problems),
        *(problem for file in files for problem in yamlfile.unknown_keys(file, _KEYS)),
        *(problem for _, listed in own for problem in listed.problems),
        *(problem for file, listed in own for problem in _unknown_needs(file, listed.values, ids)),
        *watched.problems,
        *topic_problems,
    ]
    if document.content.get("include", "shipped") != "shipped":
        problems.append(document.problem(("include",), "`include` can only be `shipped`"))
    watches: list[Watch] = []
    for position, watch in watched.values:
        problems += _unknown_destinations(document, position, watch, destinations)
        try:
            tree = parsed(watch.query, ids)
        except QueryError as wrong:
            what = f"watches `{watch.id}`: `query`, {wrong}"
            problems.append(document.problem(("watches", position, "query"), what))
        else:
            watches.append(_versioned(watch, tree, entities))
    return Watchlist(
        tuple(entities),
        tuple(_joined(watches, included.watches)),
        {**base.topics, **topics},
        tuple(problems),
        tuple(_background([text for name, text in base.topics.items() if name not in topics], base, ids)),
    )


@cache
def shipped() -> Watchlist:
    """The shipped list, read once: it is long, and every list of a user refers to it."""
    return load(None)


def _background(topics: Sequence[str], shipped: Watchlist, known: Collection[str]) -> Iterator[Entity]:
    """What these topics of ours name and the user's list does not have."""
    needed = {one.id for text in topics for one in used(query.parse(text), shipped.entities)}
    return (one for one in shipped.entities if one.id in needed and one.id not in known)


def parsed(text: str, entities: Collection[str]) -> Node:
    """The tree of a query whose entities are all known. Raises QueryError with the column."""
    tree = query.parse(text)
    for leaf in leaves(tree):
        if isinstance(leaf, Named) and leaf.entity not in entities:
            raise QueryError(f"no entity is called @{leaf.entity}{nearest(leaf.entity, entities)}", leaf.column)
    return tree


def used(tree: Node, entities: Iterable[Entity]) -> Iterator[Entity]:
    """The entities that a query names, and those that these need."""
    by_id = {entity.id: entity for entity in entities}
    wanted = [leaf.entity for leaf in leaves(tree) if isinstance(leaf, Named)]
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in seen and name in by_id:
            seen.add(name)
            wanted += [need[1:] for need in by_id[name].needs if need.startswith("@")]
    return (entity for entity in by_id.values() if entity.id in seen)


def _joined(own: Sequence[T], others: Sequence[T]) -> list[T]:
    """The user's entries, then the shipped ones whose ids are free."""
    taken = {entry.id for entry in own}
    return [*own, *(entry for entry in others if entry.id not in taken)]


def _topics(document: Document, entities: Collection[str]) -> tuple[dict[str, str], list[Problem]]:
    listed = document.content.get("topics") or {}
    if not isinstance(listed, dict):
        return {}, [document.problem(("topics",), "`topics` must map a name to a query")]
    good: dict[str, str] = {}
    problems: list[Problem] = []
    for name, text in listed.items():
        try:
            parsed(str(text), entities)
        except QueryError as wrong:
            problems.append(document.problem(("topics", name), f"topic `{name}`: {wrong}"))
        else:
            good[str(name)] = str(text)
    return good, problems


def _unknown_needs(
    document: Document, listed: Sequence[tuple[int, Entity]], entities: Collection[str]
) -> Iterator[Problem]:
    for position, entity in listed:
        for number, need in enumerate(entity.needs):
            where = ("entities", position, "needs", number)
            if need.startswith("@") and need[1:] not in entities:
                what = f"entities `{entity.id}`: no entity is called {need}{nearest(need[1:], entities)}"
                yield document.problem(where, what)
            elif need == f"@{entity.id}" and not (entity.weak and entity.names):
                what = f"entities `{entity.id}`: {need} needs itself, and is never found by that"
                yield document.problem(where, what)
        for number, veto in enumerate(entity.not_):
            if veto.startswith("@"):
                what = f"entities `{entity.id}`: `not` takes phrases: write the words, not {veto}"
                yield document.problem(("entities", position, "not", number), what)


def _unknown_destinations(
    document: Document, position: int, watch: Watch, known: Collection[str] | None
) -> Iterator[Problem]:
    for number, name in enumerate(watch.to):
        if known is not None and name not in known:
            what = f"watches `{watch.id}`: no destination is called `{name}`{nearest(name, known)}"
            yield document.problem(("watches", position, "to", number), what)
    if watch.escalate is None:
        return
    where, name = ("watches", position, "escalate", "to"), watch.escalate.to
    if known is not None and name not in known:
        what = f"`escalate.to`: no destination is called `{name}`{nearest(name, known)}"
        yield document.problem(where, f"watches `{watch.id}`: {what}")
    elif name in watch.to:
        what = f"`escalate.to`: expected another destination than those of `to`, found `{name}`"
        yield document.problem(where, f"watches `{watch.id}`: {what}")


def _versioned(watch: Watch, tree: Node, entities: Sequence[Entity]) -> Watch:
    return replace(watch, version=_digest(watch.query, list(used(tree, entities))))


@lru_cache(maxsize=1024)
def _named(text: str) -> frozenset[str]:
    return frozenset(leaf.entity for leaf in leaves(query.parse(text)) if isinstance(leaf, Named))


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr((FORMS, *parts)).encode("utf-8", "replace")).hexdigest()[:12]
