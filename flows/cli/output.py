"""How commands answer: one JSON document on standard output, or a table for people."""

from __future__ import annotations

import csv
import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_WHOLE = ("id", "source", "state", "outcome", "destination", "watch")  # columns that are never broken
_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}  # what is no field of ours
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # the wide ones count in some locales


class Failed(Exception):  # noqa: N818 - it is the end of a command, not an error class of the product
    """A command cannot do what was asked; the text is for the person."""


class WithFields(logging.Formatter):
    """A constant message followed by its fields: `robots unreadable: url=... outcome=...`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for the terminal, inert."""
        told = ", ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _RECORD)
        line = super().format(record)
        head, newline, trace = line.partition("\n")
        return (_CONTROL.sub("?", f"{head}: {told}") if told else head) + newline + trace


def complain(*lines: str) -> None:
    """Lines on standard error, inert: they may quote a server."""
    sys.stderr.writelines(f"{_CONTROL.sub('?', line)}\n" for line in lines)


def wrong(text: str) -> typer.Exit:
    """End with status 2 after telling what was wrong."""
    complain(text)
    return typer.Exit(2)


def to_json(value: Any) -> None:
    """One JSON document."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def to_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table as wide as the terminal; nothing but the title when there are no rows."""
    if not rows:
        to_lines([title])
        return
    to_lines([title])
    table = narrow_table()
    for name in rows[0]:
        table.add_column(str(name), overflow="fold", no_wrap=name in _WHOLE)
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    Console().print(table)


def narrow_table(title: str | None = None) -> Table:
    """A table whose columns stand two blanks apart: ten of them fit a terminal of 80 columns."""
    return Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True
    )


def to_lines(lines: Iterable[str]) -> None:
    """Lines for people, inert: what outlets write cannot steer the terminal."""
    sys.stdout.writelines(f"{_CONTROL.sub('?', line)}\n" for line in lines)


def stream(rows: Iterable[Mapping[str, Any]], form: str) -> None:
    """Rows as JSON lines or CSV, as they come; a CSV cell never begins like a formula."""
    if form == "jsonl":
        for row in rows:
            sys.stdout.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")
        return
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(sys.stdout, fieldnames=list(row))
            writer.writeheader()
        writer.writerow({name: _inert(value) for name, value in row.items()})


def _inert(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        is_flat = not any(isinstance(one, dict) for one in value)
        value = "; ".join(map(str, value)) if is_flat else json.dumps(value, ensure_ascii=False, default=_plain)
    text = "" if value is None else _CONTROL.sub("?", str(_plain(value)))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else _CONTROL.sub("?", str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value) if not isinstance(value, (int, float, bool)) else value
