"""`varta upkeep`: what it prints, what it says of what broke, and how it ends."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update

from storage import engine as database
from storage.engine import transaction
from storage.tables import ArticleRow, PageRow
from tests.flows import rooms
from tests.flows.rooms import BODY, feed, page, source
from tests.flows.test_cli import Varta
from tests.servers import Web

PROMO = "<div class='second'><p>Win at the casino tonight, says our partner, and keep whatever you win there.</p></div>"
RULE = "    article: {body: article, drop: [.second]}\n"
PAGES = 3
WATCHLIST = rooms.WATCHLIST.replace("AND Ukraine", "AND Uruguay")  # nothing is sent


@dataclass
class Newsroom:
    """A house that ingested three pages of one source, and its commands."""

    varta: Varta
    web: Web
    url: str

    def configure(self, *, extra: str = "") -> None:
        """Write sources.yaml, with a rule or without."""
        sources = source("wire", self.web.url(""), extra=extra) + source("idle", self.web.url(""), path="/nothing")
        (self.varta.folder / "config" / "sources.yaml").write_text(f"sources:\n{sources}", encoding="utf-8")

    @property
    def archive(self) -> Path:
        return self.varta.folder / "var" / "pages"


@pytest.fixture
def newsroom(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newsroom]:
    monkeypatch.setattr(database, "_PAUSES", (0.01,))
    (tmp_path / "config").mkdir()
    for name, told in (("watchlist", WATCHLIST), ("destinations", rooms.DESTINATIONS)):
        (tmp_path / "config" / f"{name}.yaml").write_text(told, encoding="utf-8")
    variables = {"VARTA_DATABASE_URL": database_url, "VARTA_ALLOW_HOSTS": "127.0.0.1", "VARTA_HOST_DELAY": "0"}
    with Web() as web:
        links = [f"/a/{number}" for number in range(PAGES)]
        web.routes["/feed"] = feed(web.url(""), *links)
        for number, link in enumerate(links):
            body = BODY.replace("<p>", f"<p>Report {number * 7919} came from berth {number * 31}. ", 1)
            web.routes[link] = page(f"Rutte names two conditions, part {number}", body + PROMO)
        room = Newsroom(Varta(tmp_path, variables), web, database_url)
        room.configure()
        (tally,) = room.varta.json("ingest", "--source", "wire")
        assert tally["new"] == PAGES
        yield room


def test_an_upkeep_with_nothing_to_do_tells_the_size(newsroom: Newsroom) -> None:
    ended = newsroom.varta("upkeep")
    assert ended.stdout.startswith("upkeep\n")
    assert "before" in ended.stdout
    assert ended.stderr == ""
    done = newsroom.varta.json("upkeep")
    assert (done["reread"], done["errors"], done["unfinished"]) == (0, [], [])
    assert done["before"] > 0


def test_upkeep_indexes_what_an_earlier_version_stored(newsroom: Newsroom) -> None:
    engine = database.open_engine(newsroom.url)
    with transaction(engine) as session:
        session.execute(update(ArticleRow).values(indexed=0))
    engine.dispose()
    assert newsroom.varta.json("upkeep")["reread"] == PAGES
    assert newsroom.varta.json("upkeep")["reread"] == 0


def test_extracting_again_after_a_better_rule_is_first_tried_and_then_done(newsroom: Newsroom) -> None:
    again = ("upkeep", "--extract-again")
    assert newsroom.varta.json(*again)["same"] == PAGES
    newsroom.configure(extra=RULE)
    newsroom.web.requests.clear()
    tried = newsroom.varta(*again, "--source", "wire", "--since", "2000-01-01", "--dry-run").stdout
    assert tried.startswith("kept pages that would be read again\n")
    assert "better" in tried
    assert len(newsroom.varta.json("search", "casino")) == PAGES
    assert newsroom.varta.json(*again)["better"] == PAGES
    assert newsroom.varta.json("search", "casino") == []
    assert newsroom.varta.json(*again)["same"] == PAGES
    assert not newsroom.web.requests


@pytest.mark.parametrize("words", [("--source", "idle"), ("--since", "2999-01-01")])
def test_a_choice_that_holds_no_page_says_so(words: tuple[str, ...], newsroom: Newsroom) -> None:
    ended = newsroom.varta("upkeep", "--extract-again", *words)
    assert (ended.stdout, ended.stderr) == ("no such page is kept\n", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--source", "wire"), "--source, --since and --dry-run go with --extract-again"),
        (("--dry-run",), "--source, --since and --dry-run go with --extract-again"),
        (("--extract-again", "--source", "wier"), "--source: no source is called `wier`"),
        (("--extract-again", "--since", "yesterday"), "--since"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_done(words: tuple[str, ...], told: str, newsroom: Newsroom) -> None:
    ended = newsroom.varta("upkeep", *words, expect=2)
    assert told in ended.stderr
    assert ended.stdout == ""


def test_lost_pages_are_told_once_each_and_end_with_1_also_as_json(newsroom: Newsroom) -> None:
    shutil.rmtree(newsroom.archive)
    ended = newsroom.varta("upkeep", "--extract-again", expect=1)
    assert len(ended.stderr.splitlines()) == PAGES
    assert all(line.endswith(".warc.gz: No such file or directory") for line in ended.stderr.splitlines())
    assert len(newsroom.varta.json("upkeep", "--extract-again", expect=1)["told"]) == PAGES


def test_a_torn_end_of_the_archive_costs_one_page(newsroom: Newsroom) -> None:
    (file,) = newsroom.archive.iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    done = newsroom.varta.json("upkeep", "--extract-again", expect=1)
    assert (done["same"], done["missing"], len(done["told"])) == (PAGES - 1, 1, 1)


def test_a_locked_database_is_told_in_one_line_and_nothing_is_called_broken(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not newsroom.url.startswith("sqlite"):
        pytest.skip("writers of PostgreSQL wait for rows, not for the file")
    newsroom.configure(extra=RULE)
    monkeypatch.setattr(database, "_PRAGMAS", ("busy_timeout=20", "foreign_keys=ON"))
    with closing(sqlite3.connect(newsroom.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        again = newsroom.varta("upkeep", "--extract-again", expect=1)
        assert again.stdout == ""
        assert again.stderr.endswith("varta.db is locked by another process, for 30 seconds already\n")
        assert len(again.stderr.splitlines()) == 1
        kept = newsroom.varta("upkeep", expect=1)
        assert "Error" not in kept.stderr
        assert all(" is locked by another process" in line for line in kept.stderr.splitlines())
        assert "the database was busy, and is shrunk another time" in kept.stdout
        other.execute("ROLLBACK")
    assert newsroom.varta.json("upkeep", "--extract-again")["better"] == PAGES


def test_a_place_of_pages_that_is_no_folder_is_told_and_stops_nothing(newsroom: Newsroom) -> None:
    shutil.rmtree(newsroom.archive)
    newsroom.archive.write_text("", encoding="utf-8")
    ended = newsroom.varta("upkeep", expect=1)
    assert ended.stderr == f"pages: {newsroom.archive}: Not a directory\n"
    assert "before" in ended.stdout


def test_pages_of_a_source_that_was_removed_are_counted_as_missing(newsroom: Newsroom) -> None:
    engine = database.open_engine(newsroom.url)
    with transaction(engine) as session:
        session.execute(update(PageRow).values(source_id="gone"))
    engine.dispose()
    assert newsroom.varta.json("upkeep", "--extract-again")["missing"] == PAGES
