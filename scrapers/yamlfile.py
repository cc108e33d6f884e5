"""Read a YAML file into checked values, keeping the line of every entry for its error message.

Used for sources.yaml here and for watchlist.yaml and destinations.yaml in `alerts`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import yaml
from pydantic import AfterValidator, TypeAdapter, ValidationError

from scrapers.errors import ConfigError

CONFIDENTIAL = "confidential"  # error type of a field whose value must not be shown
_MOST = 100_000  # nodes of one file, what an alias stands for counted each time
_DEEPEST = 500  # levels
_LONGEST_SHOWN = 80  # characters of what was found
_EXPECTED = {
    "string_type": "expected text",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dict_type": "expected a mapping",
    "dataclass_type": "expected a mapping",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
}
T = TypeVar("T")
Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration file: where it is and what was expected."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML mapping with the line of every node, counted from 1. Problems are duplicate keys."""

    file: str
    content: dict[str, Any]
    lines: Mapping[Path_, int]
    problems: tuple[Problem, ...] = ()

    def line(self, path: Sequence[str | int]) -> int:
        """The line of the node at `path`, or of its nearest parent that has one."""
        where = tuple(path)
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def problem(self, path: Sequence[str | int], message: str) -> Problem:
        """A mistake at the node at `path`."""
        return Problem(self.file, self.line(path), message)


@dataclass(frozen=True, slots=True)
class Entries(Generic[T]):
    """The good entries of one section, by position, and what is wrong with the others."""

    values: tuple[tuple[int, T], ...]
    problems: tuple[Problem, ...]


class _Loader(yaml.CSafeLoader):
    """YAML 1.2's idea of true and false: `language: no` is Norwegian, `on` and `yes` are words."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class reads it from the class
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read(path: Path) -> Document:
    """Parse `path`; raises ConfigError with file and line when it is no YAML mapping."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise ConfigError(f"{path}:1: cannot be read: {broken}") from broken
    return parse(text, str(path))


def _advised(what: str, text: str, mark: yaml.Mark | None) -> str:
    """`what`, and what to write instead where YAML itself gives @ or a tab a meaning."""
    line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    sign = line[mark.column : mark.column + 1] if mark else ""
    if what == "found character that cannot start any token" and sign:
        return f"{what}: " + ("a tab, write blanks" if sign == "\t" else f"put what begins with {sign} in quotes")
    return what


def parse(text: str, file: str) -> Document:
    """Parse YAML text; raises ConfigError as `read` does. `file` is only for messages."""
    try:
        _refuse_deep(text)
        loader = _Loader(text)  # libyaml reads the shipped catalogue ten times as fast as the loader in Python
        root = loader.get_single_node()
        _size(root, {})  # before the content, where merge keys copy what an alias stands for
        content = None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        mark = getattr(broken, "problem_mark", None)
        what = getattr(broken, "problem", None) or str(broken).splitlines()[0]
        what = _advised(what, text, mark)
        last = max(1, len(text.rstrip().splitlines()))  # libyaml means the line behind it where something is missing
        raise ConfigError(f"{file}:{min(mark.line + 1, last) if mark else 1}: not valid YAML: {what}") from broken
    if content is None:
        return Document(file, {}, {(): 1})
    if not isinstance(content, dict):
        raise ConfigError(f"{file}:1: expected a mapping at the top, found {_kind(content)}")
    lines: dict[Path_, int] = {}
    problems: list[Problem] = []
    _walk(root, (), lines, problems, file)
    return Document(file, content, lines, tuple(problems))


def _refuse_deep(text: str) -> None:
    """Raise ValueError for what nests so deep that libyaml would run out of stack, and take us with it."""
    depth = 0
    for sign in re.findall(r"[\[{\]}]", text):
        depth = depth + 1 if sign in "[{" else max(0, depth - 1)
        if depth > _DEEPEST:
            break
    if depth > _DEEPEST or re.search(rf"(?:[-?:]\s+){{{_DEEPEST}}}", text):
        raise ValueError(f"more than {_DEEPEST} levels")


def _size(node: yaml.Node | None, known: dict[int, int]) -> int:
    """How many nodes `node` stands for; raises MarkedYAMLError for too many, or one that holds itself."""
    if id(node) in known:
        size = known[id(node)]
    else:
        known[id(node)] = _MOST  # until its end is reached: within itself it is endless
        inner = node.value if isinstance(node, yaml.CollectionNode) else ()
        parts = [part for pair in inner for part in (pair if isinstance(pair, tuple) else (pair,))]
        size = known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    if size > _MOST and node is not None:
        what = f"aliases that hold themselves, or more than {_MOST} nodes"
        raise yaml.MarkedYAMLError(problem=what, problem_mark=node.start_mark)
    return size


def _walk(node: yaml.Node | None, path: Path_, lines: dict[Path_, int], problems: list[Problem], file: str) -> None:
    if node is None or len(path) > _DEEPEST:
        return
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                message = f"`{name}` is written twice (first on line {seen[name]})"
                problems.append(Problem(file, line, message))
            seen[name] = line
            _walk(value, (*path, name), lines, problems, file)
            lines[(*path, name)] = line
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            _walk(value, (*path, position), lines, problems, file)


def unknown_keys(document: Document, known: Iterable[str]) -> tuple[Problem, ...]:
    """One problem for each top-level key that is not `known`, with the nearest name."""
    names = sorted(known)
    return tuple(
        document.problem((key,), f"unknown key `{key}`{nearest(str(key), names)}")
        for key in document.content
        if key not in names
    )


def entries(document: Document, section: str, kind: type[T]) -> Entries[T]:
    """Check every entry of the list `section` against the dataclass `kind`.

    A bad entry becomes problems with their lines and leaves the others alone. Two entries with one id
    are a problem of the second.
    """
    listed = document.content.get(section)
    if listed is None:
        return Entries((), ())
    if not isinstance(listed, list):
        expected = f"`{section}` must be a list of entries, found {_kind(listed)}"
        return Entries((), (document.problem((section,), expected),))
    adapter, good, problems = TypeAdapter(kind), [], []
    first: dict[str, int] = {}
    for position, raw in enumerate(listed):
        path = (section, position)
        try:
            value = adapter.validate_python(raw)
        except ValidationError as wrong:
            problems += [_explain(document, path, raw, detail, kind) for detail in wrong.errors()]
            continue
        name = str(getattr(value, "id", position))
        if name in first:
            message = f"id `{name}` is used twice (first on line {first[name]})"
            problems.append(document.problem((*path, "id"), message))
            continue
        first[name] = document.line(path)
        good.append((position, value))
    return Entries(tuple(good), tuple(problems))


def form(pattern: str, expected: str) -> AfterValidator:
    """A field that holds text of this form; `expected` says it to people."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"expected {expected}")
        return text

    return AfterValidator(check)


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for a misspelt name, or an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _explain(document: Document, path: Path_, raw: object, detail: Any, kind: type) -> Problem:
    where: tuple[str | int, ...] = tuple(detail["loc"])
    name = raw.get("id", path[-1]) if isinstance(raw, dict) else path[-1]
    field = ".".join(str(part) for part in where)
    message = _expected(detail)
    if detail["type"] == "missing":
        message = f"`{field}` is missing"
    elif detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        message = f"unknown key `{field}`{nearest(str(where[-1]), _fields(kind, where[:-1]))}"
    elif detail["type"] == CONFIDENTIAL:
        message = f"`{field}`: {message}"
    elif field:
        message = f"`{field}`: {message}, found {_short(detail['input'])}{_near(detail)}"
    else:
        message = f"{message}, found {_short(detail['input'])}" if not isinstance(raw, dict) else message
    return document.problem((*path, *where), f"{path[0]} `{name}`: {message}")


def _expected(detail: Any) -> str:
    """What should have stood there, in the words of a YAML file and not in those of Python."""
    kind, said = str(detail["type"]), detail.get("ctx", {})
    if kind in ("enum", "literal_error"):
        return f"expected {said['expected']}"
    return _EXPECTED.get(kind) or str(detail["msg"]).removeprefix("Value error, ")


def _near(detail: Any) -> str:
    """The nearest of the words that may stand there."""
    may = detail.get("ctx", {}).get("expected", "")
    return nearest(str(detail["input"]), re.findall(r"'([^']+)'", str(may)))


def _fields(kind: Any, where: Sequence[str | int]) -> list[str]:
    """The keys that may stand at `where` within an entry of `kind`; none where that is no mapping of ours."""
    for part in where:
        if isinstance(part, str):
            hints = get_type_hints(kind, include_extras=True) if is_dataclass(kind) else {}
            kind = _inner(hints.get(part))
    return [one.name for one in fields(kind)] if is_dataclass(kind) else []


def _inner(hint: Any) -> Any:
    """The dataclass within a type such as tuple[Annotated[Route, ...], ...] | None."""
    if is_dataclass(hint):
        return hint
    return next((found for part in get_args(hint) if (found := _inner(part))), None)


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]} ..."


def _kind(value: object) -> str:
    return {"str": "text", "list": "a list", "dict": "a mapping"}.get(type(value).__name__, repr(value))
