"""The `varta` command: output, exit status, what stands on which stream."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from flows.cli import main
from flows.cli.output import WithFields
from flows.demo.mail_server import MailStandIn
from flows.demo.site import DemoSite
from flows.demo.slack_server import SlackStandIn
from tests.flows.rooms import ageless

AGENCY = "/dnipro-wire/2025/02/12/rutte-names-two-conditions"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


@dataclass
class Varta:
    """Runs commands in a folder and an environment of their own."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, expect: int = 0, **variables: str) -> Ended:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("VARTA_", "PREFECT_"))}
        out, err, status = io.StringIO(), io.StringIO(), 0
        with (
            mock.patch.dict(os.environ, {**clean, **self.variables, **variables}, clear=True),
            mock.patch.object(sys, "argv", ["varta", *words]),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as end:
                status = int(end.code or 0)
        done = Ended(status, out.getvalue(), err.getvalue())
        assert done.status == expect, done.stdout[-2000:] + done.stderr[-3000:]
        return done

    def json(self, *words: str, expect: int = 0) -> Any:
        return json.loads(self(*words, "--json", expect=expect).stdout)


@pytest.fixture
def varta(tmp_path: Path) -> Varta:
    return Varta(tmp_path)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Varta, DemoSite]]:
    """A house that has ingested the demo's world once."""
    folder = tmp_path_factory.mktemp("varta")
    with DemoSite() as site, MailStandIn() as mail, SlackStandIn() as slack:
        ageless(site, folder / "config")
        run = Varta(
            folder,
            {
                "VARTA_ALLOW_HOSTS": "127.0.0.1",
                "VARTA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
                "VARTA_MAIL_FROM": "varta@varta.example",
                "SLACK_WEBHOOK_URL": slack.webhook_url,
            },
        )
        tallies = run.json("ingest", expect=1)  # two pages and one feed are broken on purpose
        assert sum(tally["new"] for tally in tallies) > 40
        yield run, site


def test_ingest_tells_what_it_did_and_fetches_nothing_twice(ingested: tuple[Varta, DemoSite]) -> None:
    varta, site = ingested
    before = len(site.requests)
    tallies = varta.json("ingest", "--force", expect=1)
    wanted = {"source", "route", "outcome", "entries", "fetched", "new", "revised", "duplicates", "matched", "errors"}
    assert all(wanted <= tally.keys() for tally in tallies)
    assert sum(tally["new"] + tally["fetched"] + tally["revised"] for tally in tallies) == 0
    pages = {truth.url.removeprefix(site.url) for truth in site.truth().values() if truth.status == 200}
    assert not pages & {path.partition("?")[0] for path, _ in site.requests[before:]}


def test_why_explains_a_sent_alert(ingested: tuple[Varta, DemoSite]) -> None:
    varta, site = ingested
    told = varta.json("why", site.url + AGENCY + "?utm_source=x")
    sent = {(one["watch"], one["destination"]): (one["outcome"], one["state"]) for one in told["decisions"]}
    assert sent["rutte-on-ukraine", "desk-slack"] == ("first_report", "sent")
    assert {one["watch"] for one in told["silent"]} >= {"black-sea"}
    assert "desk-slack" in varta("why", site.url + AGENCY).stdout


def test_why_explains_a_copy_and_a_page_that_never_was(ingested: tuple[Varta, DemoSite]) -> None:
    varta, site = ingested
    copy = varta.json("why", f"{site.url}/brussels-ledger/article/rutte-after-ramstein-48213")
    assert {one["outcome"] for one in copy["decisions"]} == {"further_outlet"}
    assert "never seen" in varta("why", "https://nowhere.example/x", expect=1).stdout


def test_search_finds_by_query_and_filters(ingested: tuple[Varta, DemoSite]) -> None:
    varta, _ = ingested
    rows = varta.json("search", "Рютте OR Rutte", "--lang", "uk")
    assert {row["language"] for row in rows} == {"uk"}
    wanted = {
        "url",
        "title",
        "source",
        "language",
        "published",
        "first_seen",
        "story",
        "duplicate_of",
        "kind",
        "snippet",
    }
    assert wanted == rows[0].keys()
    assert varta.json("search", "Rutte", "--until", "2025-02-11") == []
    assert len(varta.json("search", "Ukraine", "--limit", "2")) == 2
    assert "column 8" in varta("search", "Rutte (", expect=2).stderr


def test_stories_hold_their_articles_earliest_first(ingested: tuple[Varta, DemoSite]) -> None:
    varta, _ = ingested
    story = max(varta.json("stories", "--limit", "500"), key=lambda story: len(story["articles"]))
    times = [article["published"] for article in story["articles"]]
    assert times == sorted(times)
    assert {article["source"] for article in story["articles"]} >= {"dnipro-wire", "brussels-ledger", "kyiv-courier"}


def test_the_ledger_lists_and_filters(ingested: tuple[Varta, DemoSite]) -> None:
    varta, _ = ingested
    rows = varta.json("deliveries", "list")
    assert {row["state"] for row in rows} == {"sent"}
    assert varta.json("deliveries", "list", "--state", "dead") == []
    assert "left as they are: 1; only what is dead, held" in varta("deliveries", "retry", "1", expect=1).stderr


def test_exports_stream_and_are_inert_in_a_spreadsheet(ingested: tuple[Varta, DemoSite]) -> None:
    varta, _ = ingested
    lines = varta("export", "articles").stdout.splitlines()
    assert len({json.loads(line)["url"] for line in lines}) == len(lines) > 40
    rows = list(csv.DictReader(io.StringIO(varta("export", "matches", "--format", "csv").stdout)))
    assert {row["watch"] for row in rows} >= {"rutte-on-ukraine", "black-sea"}
    assert varta("export", "deliveries").stdout.count("\n") == len(varta.json("deliveries", "list"))


def test_lists_tell_the_configuration(ingested: tuple[Varta, DemoSite]) -> None:
    varta, _ = ingested
    sources = varta.json("sources", "list")
    assert {row["id"]: row["failures"] for row in sources}["nightfall-tribune"] > 0
    assert {row["id"] for row in varta.json("destinations", "list")} == {"desk-slack", "editor", "brussels"}
    assert len(varta.json("watches", "list")) == 5
    assert {found["severity"] for found in varta.json("watches", "check")} <= {"note"}


def test_a_test_message_really_arrives(ingested: tuple[Varta, DemoSite]) -> None:
    varta, _ = ingested
    assert "sent to editor" in varta("destinations", "test", "editor").stderr
    assert "sent to desk-slack" in varta("destinations", "test", "desk-slack").stderr
    assert "did you mean `editor`" in varta("destinations", "test", "editr", expect=2).stderr


def test_a_backfill_is_silent_and_says_what_it_found(ingested: tuple[Varta, DemoSite]) -> None:
    varta, _ = ingested
    days = ("--since", "2025-02-11", "--until", "2025-02-11", "--source", "dnipro-wire")
    dry = varta.json("backfill", *days, "--dry-run")
    assert (dry[0]["expected"] > 0, dry[0]["new"]) == (True, 0)
    told = varta("backfill", *days, "--dry-run").stdout
    columns, row = (line.split() for line in told.splitlines() if line.startswith(("source ", "dnipro-wire ")))
    assert columns[1:3] == ["days", "expected"]
    assert row[1:3] == ["1", str(dry[0]["expected"])]
    before = len(varta.json("deliveries", "list"))
    # one page answers 500: that is told, and the next backfill tries no other
    first, again = (varta.json("backfill", *days, expect=1)[0] for _ in range(2))
    assert (first["new"], first["failed"], first["state"]) == (1, 1, "failed")
    assert (again["new"], again["fetched"], again["failed"]) == (0, 0, 1)
    assert len(varta.json("deliveries", "list")) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ingest", "--source", "nobody"), "no source is called `nobody`"),
        (("backfill", "--since", "2025-02-12", "--until", "2025-02-11"), "lies after the last day"),
        (("backfill", "--since", "2999-01-01", "--until", "2999-01-02"), "lies in the future"),
        (("backfill", "--since", "soon", "--until", "2025-02-11"), "soon"),
        (
            ("backfill", "--since", "2025-02-10", "--until", "2025-02-11", "--alerts", "loud"),
            "loud",
        ),
        (("nonsense",), "nonsense"),
        (("deliveries", "list", "--state", "lost"), "lost"),
    ],
)
def test_wrong_usage_ends_with_two(varta: Varta, words: tuple[str, ...], says: str) -> None:
    assert says in varta(*words, expect=2).stderr


def test_a_mistake_in_a_file_ends_with_two_and_costs_the_others_nothing(varta: Varta) -> None:
    config = varta.folder / "config"
    config.mkdir()
    (config / "sources.yaml").write_text(
        "sources:\n"
        "  - {id: good, name: Good, homepage: 'http://127.0.0.1:9/', routes: [{type: feed, url: 'http://127.0.0.1:9/f'}]}\n"
        "  - {id: bad, name: Bad, homepage: 'http://127.0.0.1:9/', kind: agncy, routes: [{type: feed, url: 'http://127.0.0.1:9/f'}]}\n"
    )
    done = varta("ingest", expect=2)
    assert f"{config}/sources.yaml:3: sources `bad`: `kind`" in done.stderr
    assert "good: feed route:" in done.stderr  # it was polled all the same


@pytest.mark.parametrize("text", ["sources: [", "- just\n- a list", "\x00"])
def test_a_file_that_cannot_be_read_ends_with_two_and_its_line(varta: Varta, text: str) -> None:
    config = varta.folder / "config"
    config.mkdir()
    (config / "sources.yaml").write_text(text)
    assert "sources.yaml:1: " in varta("ingest", expect=2).stderr


def test_empty_files_are_no_mistake(varta: Varta) -> None:
    config = varta.folder / "config"
    config.mkdir()
    for name in ("sources", "watchlist", "destinations"):
        (config / f"{name}.yaml").write_text("")
    assert varta.json("ingest") == []


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("VARTA_DATABASE_URL", "mysql://u:geheim@h/d", "must name SQLite or PostgreSQL"),
        ("VARTA_DATABASE_URL", "postgresql://u:geheim@127.0.0.1:9/d", "database"),
        ("VARTA_HOST_DELAY", "soon", "VARTA_HOST_DELAY"),
        ("VARTA_CONFIG_DIR", "nowhere", "is not a folder"),
    ],
)
def test_a_wrong_variable_is_named_without_its_secret(varta: Varta, name: str, value: str, says: str) -> None:
    # as a process of its own: nothing that this one has set up may help
    clean = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2]), name: value}
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "ingest"],
        cwd=varta.folder, env=clean, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert "geheim" not in done.stderr
    assert "Traceback" not in done.stderr


def test_the_doctor_tells_what_is_missing(varta: Varta) -> None:
    config = varta.folder / "config"
    config.mkdir()
    (config / "destinations.yaml").write_text(
        "destinations:\n  - {id: editor, email: {to: a@b.example}}\n  - {id: desk, slack: {webhook: 'env:NOT_THERE'}}\n"
    )
    rows = json.loads(varta("doctor", "--json", expect=1).stdout)
    broken = {row["check"]: row["detail"] for row in rows if row["state"] == "broken"}
    assert broken["mail"].startswith("VARTA_SMTP_URL is not set")
    assert "NOT_THERE is not set" in broken["slack"]
    assert "varta db upgrade" in broken["database"]
    varta("db", "upgrade")
    rows = json.loads(varta("doctor", "--json", expect=1).stdout)
    assert {row["state"] for row in rows if row["check"] == "database"} == {"ok"}


def test_a_log_line_shows_its_fields_and_cannot_steer_the_terminal() -> None:
    fields = {"name": "scrapers", "levelname": "WARNING", "msg": "robots unreadable", "url": "http://a.example/\x1b[2J"}
    line = WithFields("%(levelname)s %(name)s: %(message)s").format(logging.makeLogRecord(fields))
    assert line == "WARNING scrapers: robots unreadable: url=http://a.example/?[2J"


def test_the_demo_delivers_every_alert_once(varta: Varta) -> None:
    found = json.loads(varta("demo", "--once", "--json").stdout)
    triples = [(one["watch"], one["story"], one["destination"]) for one in found["alert_list"]]
    assert len(triples) == len(set(triples)) == found["alerts"] == found["delivered"] >= 20
    assert found["updates"] == 2
    assert found["mails"] + found["slack_messages"] == found["alerts"] + found["updates"]
    assert found["duplicates"] == 2
    assert sum(tally["revised"] for tally in found["passes"][1]) == 1
    assert sum(tally["new"] for tally in found["passes"][1]) == 0


def test_the_demo_shows_whose_words_a_story_has_and_what_was_read_only_in_part(varta: Varta) -> None:
    lines = [" ".join(line.split()) for line in varta("demo", "--once", COLUMNS="160").stdout.splitlines()]
    assert any("names dnipro-wire" in line for line in lines)
    assert any("brussels-ledger" in line and "the rest is for subscribers" in line for line in lines)


def test_deliver_tells_its_decisions_as_json(varta: Varta) -> None:
    with DemoSite() as site:
        ageless(site, varta.folder / "config")
        varta.variables["VARTA_ALLOW_HOSTS"] = "127.0.0.1"
        varta("ingest", "--source", "dnipro-wire", expect=1)  # neither mail nor Slack is set up
        retried = varta.json("deliveries", "list", "--state", "pending")
        varta("deliveries", "retry", *(str(one["id"]) for one in retried))
        told = varta.json("deliver", expect=1)
    assert told["waiting"] > 0
    assert told["decided"] == {}
