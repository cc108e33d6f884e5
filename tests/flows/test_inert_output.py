"""What outlets and servers write cannot steer a terminal, a spreadsheet, a log or a Prefect page."""

from __future__ import annotations

import csv
import io
import json
import logging
import re

import pytest

from flows import verifying
from flows.cli.output import WithFields, complain, stream, to_json, to_lines, to_table
from flows.judging import Judged
from scrapers.source import Route, RouteType
from storage.health import Health
from tests.builders_alerts import HOSTILE

STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝")


@pytest.mark.parametrize("title", HOSTILE)
def test_a_terminal_gets_no_control_character(title: str, capsys: pytest.CaptureFixture[str]) -> None:
    to_lines([title])
    to_table("table", [{"id": "1", "headline": title}])
    complain(title)
    record = logging.LogRecord("varta", logging.WARNING, "x.py", 1, "constant", None, None)
    record.headline = title
    told = capsys.readouterr()
    assert not STEERING.search(told.out.replace("\n", ""))
    assert not STEERING.search(told.err.replace("\n", ""))
    assert not STEERING.search(WithFields("%(message)s").format(record).replace("\n", ""))


@pytest.mark.parametrize("title", HOSTILE)
def test_a_spreadsheet_gets_no_formula(title: str, capsys: pytest.CaptureFixture[str]) -> None:
    stream([{"title": title, "terms": [title, title], "story": 7}], "csv")
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert [len(row) for row in rows] == [3, 3]
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(FORMULA)]
    assert not [cell for row in rows for cell in row if STEERING.search(cell)]


@pytest.mark.parametrize("title", [title for title in HOSTILE if "\ud800" not in title])
def test_json_keeps_the_words_as_they_are(title: str, capsys: pytest.CaptureFixture[str]) -> None:
    to_json({"title": title})
    assert json.loads(capsys.readouterr().out) == {"title": title}


@pytest.mark.parametrize("title", HOSTILE)
def test_a_page_of_prefect_gets_no_markup(title: str) -> None:
    route = Route(RouteType.FEED, "https://a.example/feed")
    judged = Judged("a", route, Health.DEAD, title)
    table = verifying.markdown([judged])
    lines = table.splitlines()
    assert len(lines) == 3
    bare = re.sub(r"\\.", "", lines[2])
    assert bare.count("|") == 6
    assert not set("`*_[]<>!#~") & set(bare)
