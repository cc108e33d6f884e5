"""Pages are kept as they were fetched, and read again without a fetch: better texts, no revision, no alert."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from warcio.archiveiterator import ArchiveIterator

from flows import pipeline, rereading
from flows.house import House
from scrapers.article import FetchedPage
from storage import lookup, pages, warc
from storage.alert_tables import MatchRow
from storage.engine import reading, transaction
from storage.lookup import StoredArticle
from storage.pages import Kept, Page
from storage.tables import ArticleRow, EntryRow, PageRow, RevisionRow
from tests.flows.rooms import BEGIN, BODY, Clock, feed, opened, page, source
from tests.servers import Reply, Web

PROMO = "<div class='second'><p>Win at the casino tonight, says our partner, and keep whatever you win there.</p></div>"
RULE = "    article: {body: article, drop: [.second]}\n"
PDF = Reply(200, b"%PDF-1.7 Rutte on Ukraine", {"Content-Type": "application/pdf"})
WATCHLIST = """
entities:
  - {id: rutte, names: {en: [Mark Rutte, Rutte]}}
watches:
  - {id: rutte, name: Rutte, query: '@rutte AND Ukraine', to: [desk]}
  - {id: serious, name: Serious, query: '@rutte AND NOT casino', to: [desk]}
"""


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ingest(rooms: House) -> pipeline.Tally:
    due = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True)
    (tally,) = pipeline.pass_over(due, rooms)
    return tally


def kept(rooms: House) -> list[Page]:
    with reading(rooms.engine) as session:
        return list(pages.of(session))


def article(rooms: House, url: str) -> StoredArticle:
    with reading(rooms.engine) as session:
        found = lookup.article(session, url)
    assert found is not None
    return found


def count(rooms: House, table: type) -> int:
    with reading(rooms.engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def modes(rooms: House) -> dict[str, str]:
    with reading(rooms.engine) as session:
        return dict(session.execute(select(MatchRow.watch_id, MatchRow.mode)).all())  # type: ignore[arg-type]


def test_the_page_of_a_new_article_is_kept_as_it_was_fetched(web: Web, tmp_path: Path, database_url: str) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": Reply(200, page(), {"ETag": '"1"', "Set-Cookie": "a=b"})}
    with opened(tmp_path, source("wire", web.url("")), database_url=database_url) as rooms:
        ingest(rooms)
        (found,) = kept(rooms)
        got = rooms.archive.read(found.place)
        assert found.article == article(rooms, web.url("/a")).id
    assert (found.source, found.status, found.url, found.size) == ("wire", 200, web.url("/a"), len(page()))
    assert (got.body, got.headers["etag"], got.fetched_at) == (page(), '"1"', BEGIN)
    assert "set-cookie" not in got.headers


def test_pages_are_kept_of_what_is_new_or_revised_and_of_nothing_else(
    web: Web, tmp_path: Path, database_url: str, clock: Clock
) -> None:
    titles = {"/a": "One"}
    web.routes |= {"/feed": lambda _: Reply(200, feed(web.url(""), "/a", titles=titles)), "/a": page()}
    with opened(tmp_path, source("wire", web.url("")), database_url=database_url, clock=clock) as rooms:
        ingest(rooms)
        titles["/a"] = "Two"
        clock.forward(hours=1)
        assert (ingest(rooms).fetched, len(kept(rooms))) == (1, 1), "read again, and unchanged"
        titles["/a"] = "Three"
        web.routes["/a"] = page(body=BODY + "<p>Rutte spoke again in the evening, of money and of time for Kyiv.</p>")
        clock.forward(hours=1)
        assert (ingest(rooms).revised, len(kept(rooms))) == (1, 2)
        titles["/a"] = "Four"
        web.routes["/a"] = Reply(304)
        clock.forward(hours=1)
        ingest(rooms)
        assert len(kept(rooms)) == 2


def test_off_topic_pages_are_not_kept(web: Web, tmp_path: Path) -> None:
    cooking = page("Soup", "<p>" + "Take water, beetroot, and salt, and wait for an hour. " * 12 + "</p>")
    web.routes |= {"/feed": feed(web.url(""), "/a", titles={"/a": "Soup"}), "/a": cooking}
    topic = "topics:\n  ours: 'Ukraine'\n"
    sources = source("wire", web.url(""), extra="    topics: ours\n")
    with opened(tmp_path, sources, watchlist=WATCHLIST + topic) as rooms:
        assert (ingest(rooms).off_topic, kept(rooms)) == (1, [])


def test_a_page_that_cannot_be_read_is_kept_once(web: Web, tmp_path: Path, database_url: str, clock: Clock) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": PDF}
    with opened(tmp_path, source("wire", web.url("")), database_url=database_url, clock=clock) as rooms:
        for _ in range(3):
            ingest(rooms)
            clock.forward(hours=1)
        assert len(web.asked("/a")) == 3
        (found,) = kept(rooms)
        assert rooms.archive.read(found.place).body == PDF.body
        assert found.article == article(rooms, web.url("/a")).id, "what the feed told"


def test_a_disk_that_takes_no_page_costs_no_article(web: Web, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page()}
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "pages").write_text("no folder")
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        tally = ingest(rooms)
        assert (tally.new, tally.matched, tally.errors, kept(rooms)) == (1, 1, [], [])
    assert "pages not kept, articles are" in caplog.text


def test_a_new_rule_gives_a_better_text_of_the_same_article_and_alerts_nobody(
    web: Web, tmp_path: Path, database_url: str
) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page(body=BODY + PROMO + BODY.replace("Brussels", "Kyiv"))}
    given = {"database_url": database_url, "watchlist": WATCHLIST}
    with opened(tmp_path, source("wire", web.url("")), **given) as rooms:  # type: ignore[arg-type]
        ingest(rooms)
        before = article(rooms, web.url("/a"))
        assert "casino" in before.text
        assert modes(rooms) == {"rutte": "live"}
    web.requests.clear()
    with opened(tmp_path, source("wire", web.url(""), extra=RULE), **given) as rooms:  # type: ignore[arg-type]
        tried = rereading.reread(rooms, dry_run=True)
        assert (tried.pages, tried.better, tried.matched) == (1, 1, 0)
        assert article(rooms, web.url("/a")) == before
        tally = rereading.reread(rooms)
        assert (tally.pages, tally.better, tally.matched, tally.told) == (1, 1, 1, [])
        after = article(rooms, web.url("/a"))
        assert "casino" not in after.text
        assert replace(after, text=before.text) == before, "nothing else changed, not its revision either"
        assert count(rooms, RevisionRow) == 0
        assert modes(rooms) == {"rutte": "live", "serious": "backfill"}
        assert web.requests == [], "nothing was fetched"
        once_more = rereading.reread(rooms)
        assert (once_more.better, once_more.same, once_more.matched) == (0, 1, 0)


def test_the_copies_of_an_improved_text_are_found_anew(web: Web, tmp_path: Path, database_url: str) -> None:
    web.routes |= {
        "/feed": feed(web.url(""), "/a"),
        "/a": page(body=BODY + PROMO * 9),
        "/other": feed(web.url(""), "/b"),
        "/b": page("Two conditions"),
    }
    sources = [source("wire", web.url("")), source("copyist", web.url(""), path="/other")]
    with opened(tmp_path, sources[0], database_url=database_url) as rooms:
        ingest(rooms)
    with opened(tmp_path, sources[0] + RULE + sources[1], database_url=database_url) as rooms:
        rereading.reread(rooms)
        for one in pipeline.pass_over(rooms.configuration.catalogue.sources, rooms):
            assert one.errors == []
        copy = article(rooms, web.url("/b"))
        assert (copy.duplicate_of, copy.kind) == (article(rooms, web.url("/a")).id, "exact")


def test_a_text_that_would_be_worse_changes_nothing_and_is_told(web: Web, tmp_path: Path, database_url: str) -> None:
    more = "".join(
        f"<p>Then speaker {number} told what number {number} wants of the allies.</p>" for number in range(40)
    )
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page(body=f"<div class='one'>{BODY}</div>{more}")}
    with opened(tmp_path, source("wire", web.url("")), database_url=database_url) as rooms:
        ingest(rooms)
        before = article(rooms, web.url("/a"))
    narrow = "    article: {body: div.one}\n"
    with opened(tmp_path, source("wire", web.url(""), extra=narrow), database_url=database_url) as rooms:
        tally = rereading.reread(rooms)
        assert (tally.better, tally.worse) == (0, 1)
        assert tally.told == [f"{web.url('/a')}: is read much shorter now, the stored text stays"]
        assert article(rooms, web.url("/a")) == before


def lose(rooms: House, found: Page, body: bytes) -> None:
    """Let the entry be as if its page, now `body`, could not have been read."""
    one = FetchedPage(found.url, found.url, 200, body, found.fetched_at, {"content-type": "text/html"})
    place = rooms.archive.append(warc.pack(one))
    assert place is not None
    with transaction(rooms.engine) as session:
        session.execute(update(EntryRow).values(article_id=None, state="given_up"))
        session.execute(update(PageRow).values(article_id=None))
        for table in (MatchRow, PageRow):
            for row in session.scalars(select(table)):
                session.delete(row)
        pages.add(session, [Kept("wire", None, found.entry or 0, one, "00", place)])


@pytest.mark.parametrize(("days", "mode"), [(1, "live"), (15, "backfill")])
def test_a_page_that_can_be_read_at_last_becomes_an_article_and_old_ones_alert_nobody(  # noqa: PLR0917 - fixtures
    web: Web, tmp_path: Path, database_url: str, clock: Clock, days: int, mode: str
) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page()}
    with opened(tmp_path, source("wire", web.url("")), database_url=database_url, clock=clock) as rooms:
        ingest(rooms)
        lose(rooms, kept(rooms)[0], page("Rutte names a third condition", published="2025-02-12T17:00:00+02:00"))
        with transaction(rooms.engine) as session:
            session.execute(update(ArticleRow).values(url_key=b"another"))
            session.connection().exec_driver_sql("DELETE FROM article_alias")
        clock.forward(days=days)
        tally = rereading.reread(rooms)
        assert (tally.new, tally.matched, tally.told) == (1, 1, [])
        found = article(rooms, web.url("/a"))
        assert found.title == "Rutte names a third condition"
        assert modes(rooms) == {"rutte": mode}
        assert [one.article for one in kept(rooms)] == [found.id]
        with reading(rooms.engine) as session:
            assert lookup.entry_state(session, web.url("/a")) == ("wire", "stored", "")
        assert rereading.reread(rooms).same == 1


def test_what_the_feed_told_is_completed_from_the_page_that_could_not_be_read(
    web: Web, tmp_path: Path, database_url: str
) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": PDF}
    with opened(tmp_path, source("wire", web.url("")), database_url=database_url) as rooms:
        ingest(rooms)
        (found,), told = kept(rooms), article(rooms, web.url("/a"))
        assert told.cut == "feed"
        one = replace(rooms.archive.read(found.place), body=page(), headers={})  # as a better reader would see it
        place = rooms.archive.append(warc.pack(one))
        assert place is not None
        with transaction(rooms.engine) as session:
            session.execute(update(PageRow).values(file=place.file, place=place.start, length=place.length))
        assert rereading.reread(rooms).better == 1
        whole = article(rooms, web.url("/a"))
        assert (whole.id, whole.cut, whole.revision, count(rooms, RevisionRow)) == (told.id, None, 1, 0)
        with reading(rooms.engine) as session:
            assert lookup.entry_state(session, web.url("/a")) == ("wire", "stored", "")


def test_an_article_that_changed_since_its_page_was_kept_stays_as_it_is(
    web: Web, tmp_path: Path, database_url: str, clock: Clock
) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page(body=BODY + PROMO)}
    with opened(tmp_path, source("wire", web.url("")), database_url=database_url, clock=clock) as rooms:
        ingest(rooms)
        with transaction(rooms.engine) as session:
            later = {"text": "What it says today.", "changed_at": BEGIN + timedelta(hours=5)}
            session.execute(update(ArticleRow).values(later))
        tally = rereading.reread(rooms)
        assert (tally.older, tally.better) == (1, 0)
        assert article(rooms, web.url("/a")).text == "What it says today."


def test_lost_pages_are_told_and_cost_no_other(web: Web, tmp_path: Path) -> None:
    links = [f"/{number}" for number in range(45)]
    bodies = {link: page(f"Headline {link}", BODY.replace("485", link[1:]) + PROMO) for link in links}
    web.routes |= {"/feed": feed(web.url(""), *links), **bodies}
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        ingest(rooms)
        lost = kept(rooms)[7]
        with transaction(rooms.engine) as session:
            session.execute(update(PageRow).where(PageRow.id == lost.id).values(place=lost.start + 1))
    with opened(tmp_path, source("wire", web.url(""), extra=RULE)) as rooms:
        tally = rereading.reread(rooms, ["wire"], since=BEGIN, until=BEGIN + timedelta(days=1))
        assert (tally.pages, tally.better, tally.missing) == (45, 44, 1)
        assert [line.split(": ")[0] for line in tally.told] == [lost.url]
        assert rereading.reread(rooms, ["wire"], until=BEGIN).pages == 0
        assert rereading.reread(rooms, since=BEGIN + timedelta(days=1)).pages == 0


def varta(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    code = [sys.executable, "-m", "flows.cli", *words]
    root = Path(__file__).parents[2]
    given = {"VARTA_HOME": str(folder / "var"), "VARTA_CONFIG_DIR": str(folder / "config"), "PYTHONPATH": str(root)}
    return subprocess.run(code, cwd=folder, env=given, capture_output=True, check=False)


def test_pages_are_exported_as_warc_and_as_rows(web: Web, tmp_path: Path) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a", "/b"), "/a": page(), "/b": page("Other", BODY.replace("a", "o"))}
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        ingest(rooms)
        places = [one.place for one in kept(rooms)]
        records = b"".join(rooms.archive.raw(place) for place in places)
    done = varta(tmp_path, "export", "pages", "--format", "warc")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(records)
    found = [(one.rec_type, one.content_stream().read()) for one in ArchiveIterator(io.BytesIO(done.stdout))]
    assert [kind for kind, _ in found] == ["warcinfo", "response", "response"]
    assert page() in [body for _, body in found]
    (tmp_path / "out.warc.gz").write_bytes(done.stdout)
    check = [sys.executable, "-m", "warcio.cli", "check", str(tmp_path / "out.warc.gz")]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0

    rows = [json.loads(line) for line in varta(tmp_path, "export", "pages").stdout.splitlines()]
    assert {row["url"] for row in rows} == {web.url("/a"), web.url("/b")}
    table = csv.DictReader(io.StringIO(varta(tmp_path, "export", "pages", "--format", "csv").stdout.decode()))
    assert [row["sha256"] for row in table] == [row["sha256"] for row in rows]
    assert varta(tmp_path, "export", "pages", "--until", "2025-02-11").stdout == b""
    assert varta(tmp_path, "export", "pages", "--source", "other", "--since", "2025-02-11").stdout == b""
    for path in (tmp_path / "var" / "pages").iterdir():
        path.unlink()
    lost = varta(tmp_path, "export", "pages", "--format", "warc")
    assert lost.returncode == 1
    assert b"pages that this machine cannot give: 2" in lost.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("articles", "--format", "warc"), "--format warc is for pages"),
        (("deliveries", "--source", "wire"), "--until and --source choose articles and pages, not deliveries"),
    ],
)
def test_an_export_that_makes_no_sense_is_wrong_usage(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = varta(tmp_path, "export", *words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert told in done.stderr.decode()
