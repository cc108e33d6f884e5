"""Backfills over a local site with a past, on a real database."""

from __future__ import annotations

import gzip
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from alerts.model import Mode
from flows import backfilling, handed, pipeline, report
from flows.backfilling import Asked, BackfillError, BackfillTally, Budget
from flows.house import House
from flows.progress import Progress, duration
from scrapers.source import RouteType
from storage.alert_tables import MatchRow
from storage.engine import reading
from storage.tables import ArticleRow, EntryRow
from tests.flows import rooms as house
from tests.flows.past import KYIV, Past
from tests.flows.rooms import Clock
from tests.servers import Web

FIRST = date(2025, 1, 20)
DAYS = [FIRST + timedelta(days=n) for n in range(4)]
ROUTES = {
    "archive": '{{type: archive, url: "{0}/archive/{{year}}/{{month:02}}/{{day:02}}/", links: "main a"}}',
    "sitemap": '{{type: sitemap, url: "{0}/sitemap-{{year}}-{{month:02}}.xml.gz"}}',
    "wordpress": '{{type: wordpress, url: "{0}/wp-json/wp/v2/posts"}}',
    "telegram": '{{type: telegram, channel: past, url: "{0}"}}',
    "wayback": '{{type: wayback, url: "{0}/cdx/search/cdx"}}',
}


@pytest.fixture
def past() -> Iterator[Past]:
    with Web() as web:
        yield Past(web, DAYS)


@contextmanager
def opened(past: Past, folder: Path, *kinds: str, clock: Clock | None = None, **more: Any) -> Iterator[House]:
    base = past.web.url("")
    listed = ", ".join(ROUTES[kind].format(base) for kind in kinds)
    text = house.source("past", base, extra=f"    backfill: [{listed}]\n    every: 5m\n")
    with house.opened(folder, text, clock=clock, host_delay=0, **more) as rooms:
        yield rooms


def asked(since: date = DAYS[0], until: date = DAYS[-1], **more: Any) -> Asked:
    return Asked(backfilling.window(since, until, date(2025, 2, 12)), **more)


def run(rooms: House, wanted: Asked) -> list[BackfillTally]:
    (source,) = rooms.configuration.catalogue.sources
    looked = backfilling.look(source, wanted, rooms)
    return sorted(
        [*looked.ended, *(one for chunk in looked.chunks for one in backfilling.bring(chunk, wanted, rooms))],
        key=lambda one: one.day,
    )


def stored(rooms: House) -> int:
    with reading(rooms.engine) as session:
        return session.scalar(select(func.count()).select_from(ArticleRow)) or 0


@pytest.mark.parametrize("kind", ROUTES)
def test_every_kind_of_route_brings_in_its_days(past: Past, tmp_path: Path, kind: str) -> None:
    with opened(past, tmp_path, kind) as rooms:
        tallies = run(rooms, asked(DAYS[1], DAYS[2]))
        assert sum(one.new for one in tallies) == stored(rooms) == 6
        if kind != "wayback":  # which knows the times of captures only, hours or days later
            assert [(one.day, one.state, one.expected, one.new) for one in tallies] == [
                (day.isoformat(), "done", 3, 3) for day in DAYS[1:3]
            ]


@pytest.mark.parametrize("kind", ROUTES)
def test_a_backfill_that_is_started_again_fetches_nothing_and_stores_nothing(
    past: Past, tmp_path: Path, kind: str
) -> None:
    with opened(past, tmp_path, kind) as rooms:
        first = run(rooms, asked())
        before, requests = stored(rooms), len(past.asked())
        again = run(rooms, asked())
        assert stored(rooms) == before == 12
        assert len(past.asked()) == requests
        assert sum(one.new for one in again) == 0
        if kind != "wayback":
            assert {one.state for one in again} == {"done before"}
            assert [one.day for one in again] == [one.day for one in first]


def test_a_finished_day_is_listed_anew_when_that_is_asked_for(past: Past, tmp_path: Path) -> None:
    with opened(past, tmp_path, "archive") as rooms:
        run(rooms, asked())
        past.per_day = 4
        assert sum(one.new for one in run(rooms, asked())) == 0
        assert [one.new for one in run(rooms, asked(again=True))] == [1, 1, 1, 1]


def test_a_day_that_fails_stops_no_other_and_is_tried_again(past: Past, tmp_path: Path) -> None:
    past.broken.add(f"/archive/{DAYS[1]:%Y/%m/%d}/")
    with opened(past, tmp_path, "archive") as rooms:
        tallies = run(rooms, asked())
        assert [(one.state, one.new) for one in tallies] == [("done", 3), ("failed", 0), ("done", 3), ("done", 3)]
        assert "503" in tallies[1].errors[0]
        assert [row["gap"] for row in report.backfill_table(tallies)] == ["", "list not had", "", ""]
        past.broken.clear()
        again = run(rooms, asked())
        assert [(one.state, one.new) for one in again] == [
            ("done before", 0), ("done", 3), ("done before", 0), ("done before", 0)
        ]  # fmt: skip


def test_a_page_that_fails_marks_its_day_and_is_tried_again_at_once(past: Past, tmp_path: Path) -> None:
    path = past.paths(DAYS[2])[0]
    past.broken.add(path)
    with opened(past, tmp_path, "sitemap") as rooms:
        tallies = run(rooms, asked())
        assert [(one.state, one.failed) for one in tallies] == [("done", 0), ("done", 0), ("failed", 1), ("done", 0)]
        past.broken.clear()
        again = run(rooms, asked())
        assert [(one.state, one.fetched) for one in again][2] == ("done", 1)
        with reading(rooms.engine) as session:
            assert session.scalar(select(EntryRow.state).where(EntryRow.url.endswith(path))) == "stored"


def test_days_that_one_route_cannot_list_come_from_the_next(past: Past, tmp_path: Path) -> None:
    past.broken.add(f"/archive/{DAYS[1]:%Y/%m/%d}/")
    with opened(past, tmp_path, "archive", "sitemap") as rooms:
        assert [(one.state, one.new) for one in run(rooms, asked())] == [("done", 3)] * 4


def test_only_the_chosen_kind_of_route_is_asked(past: Past, tmp_path: Path) -> None:
    with opened(past, tmp_path, "archive", "sitemap") as rooms:
        run(rooms, asked(route=RouteType.SITEMAP))
        assert not past.asked("/archive/")
        assert past.asked("/sitemap")
        tallies = run(rooms, asked(route=RouteType.TELEGRAM, again=True))
        assert {one.state for one in tallies} == {"failed"}
        assert "the source has no telegram route" in tallies[0].errors[0]


def test_a_page_that_is_gone_is_read_as_it_was_captured(past: Past, tmp_path: Path) -> None:
    past.gone = set(past.paths(DAYS[1]))
    with opened(past, tmp_path, "wayback") as rooms:
        run(rooms, asked())
        assert stored(rooms) == 12
        with reading(rooms.engine) as session:
            urls = session.scalars(select(ArticleRow.url)).all()
        assert all(url.startswith(past.web.url("/2025/")) for url in urls)  # by its own address, not the archive's


def test_a_backfill_is_silent_whatever_it_finds(past: Past, tmp_path: Path) -> None:
    with opened(past, tmp_path, "sitemap") as rooms:
        run(rooms, asked())
        with reading(rooms.engine) as session:
            assert set(session.scalars(select(MatchRow.mode))) == {Mode.BACKFILL}
            assert session.scalar(select(func.count()).select_from(MatchRow)) == 12


def test_a_limit_ends_the_backfill_and_the_next_one_goes_on(past: Past, tmp_path: Path) -> None:
    with opened(past, tmp_path, "sitemap") as rooms:
        tallies = run(rooms, asked(budget=Budget(5)))
        assert [(one.state, one.fetched) for one in tallies] == [
            ("done", 3), ("stopped", 2), ("stopped", 0), ("stopped", 0)
        ]  # fmt: skip
        (source,) = rooms.configuration.catalogue.sources
        past.web.requests.clear()
        pipeline.ingest(source, rooms)
        assert not past.asked()  # the rest waits for a backfill, not for the next poll
        assert sum(one.fetched for one in run(rooms, asked())) == 7
        assert stored(rooms) == 12


def test_cancelled_it_begins_no_other_page_and_goes_on_later(past: Past, tmp_path: Path) -> None:
    stop = threading.Event()
    with opened(past, tmp_path, "sitemap") as rooms:
        wanted = asked(stop=stop)
        inner = rooms.http.get

        class Stopping:
            """The network, at whose fourth page somebody cancels."""

            def get(self, url: str, *given: Any, **more: Any) -> Any:
                if len(past.asked()) == 3:
                    stop.set()
                return inner(url, *given, **more)

        tallies = run(replace(rooms, http=Stopping()), wanted)  # type: ignore[arg-type]  # all that is asked of it
        assert len(past.asked()) == 4
        assert [one.state for one in tallies] == ["done", "stopped", "stopped", "stopped"]
        assert sum(one.new for one in run(rooms, asked())) == 8
        assert stored(rooms) == 12


def test_a_dry_run_counts_and_stores_nothing(past: Past, tmp_path: Path) -> None:
    with opened(past, tmp_path, "sitemap") as rooms:
        tallies = run(rooms, asked(dry_run=True))
        assert [(one.expected, one.known, one.state) for one in tallies] == [(3, 0, "counted")] * 4
        assert (stored(rooms), past.asked()) == (0, [])
        run(rooms, asked(DAYS[0], DAYS[1]))
        assert [(one.state, one.known) for one in run(rooms, asked(dry_run=True))] == [
            ("done before", 3), ("done before", 3), ("counted", 0), ("counted", 0)
        ]  # fmt: skip


def test_today_is_never_finished(past: Past, tmp_path: Path) -> None:
    clock = Clock()
    today = clock.time.astimezone(KYIV).date()
    past.days = [today]
    with opened(past, tmp_path, "archive", clock=clock) as rooms:
        assert [one.new for one in run(rooms, asked(today, today))] == [3]
        past.per_day = 5
        assert [(one.state, one.new) for one in run(rooms, asked(today, today))] == [("done", 2)]


def test_a_long_window_is_worked_off_by_weeks(past: Past, tmp_path: Path) -> None:
    past.days = [FIRST - timedelta(days=n) for n in range(60)]
    past.per_day = 1
    with opened(past, tmp_path, "sitemap") as rooms:
        (source,) = rooms.configuration.catalogue.sources
        wanted = asked(FIRST - timedelta(days=59), FIRST, dry_run=True)
        chunks = backfilling.look(source, wanted, rooms).chunks
        assert [len(chunk.days) for chunk in chunks[1:-1]] == [7] * (len(chunks) - 2)
        assert sum(chunk.expected for chunk in chunks) == 60
        assert chunks[1].label == "past 2024-11-25 to 2024-12-01"


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        (date(2025, 2, 2), date(2025, 2, 1), "lies after the last day"),
        (date(2025, 2, 13), date(2025, 2, 14), "the first day (2025-02-13) lies in the future"),
        (date(2025, 2, 1), date(2025, 2, 14), "the last day (2025-02-14) lies in the future"),
        (date(2023, 2, 1), date(2025, 2, 1), "more than a year"),
    ],
)
def test_days_that_make_no_sense_are_refused_with_a_sentence(since: date, until: date, says: str) -> None:
    with pytest.raises(BackfillError) as refused:
        asked(since, until)
    assert says in str(refused.value)


def test_sources_and_languages_are_chosen_with_help(past: Past, tmp_path: Path) -> None:
    with opened(past, tmp_path, "sitemap") as rooms:
        with pytest.raises(BackfillError, match="no source is called `pats`; did you mean `past`"):
            backfilling.chosen(rooms, ["pats"], [])
        with pytest.raises(BackfillError, match="no chosen source publishes in xx"):
            backfilling.chosen(rooms, [], ["xx"])


def test_what_the_watches_found_is_told_in_words_that_are_inert(past: Past, tmp_path: Path) -> None:
    with opened(past, tmp_path, "sitemap") as rooms:
        wanted = asked()
        tallies = run(rooms, wanted)
        (found,) = backfilling.would_alert(tallies, wanted, rooms)
        assert (found.watch, found.matches) == ("rutte", 12)
        hostile = replace(found, headline="<img src=x onerror=alert(1)> [a](https://evil.example) | x")
        text = report.backfill_markdown("s", tallies, [hostile], is_dry=False)
        assert r"\<img src=x onerror=alert(1)\> \[a\](https://evil.example) \| x" in text  # every sign is a letter


def handed_in(rooms: House, file: Path | str, wanted: Asked) -> list[BackfillTally]:
    return handed.bring(str(file), rooms.configuration.catalogue.sources, wanted, rooms)


def test_a_list_of_addresses_is_read_and_what_is_wrong_in_it_is_named(past: Past, tmp_path: Path) -> None:
    lines = ["URL,Title,Published"]
    lines += [f"{past.web.url(path)},t,{past.at(path).isoformat()}" for path in past.all()]
    lines += ["ftp://x,t,", "https://elsewhere.example/a,t,"]
    file = tmp_path / "urls.csv"
    file.write_text("\n".join(lines), encoding="utf-8-sig")
    with opened(past, tmp_path, "sitemap") as rooms:
        good, bad = handed_in(rooms, file, asked(DAYS[0], DAYS[1]))
        assert (good.source, good.expected, good.new) == ("past", 6, 6)
        assert bad.errors == [
            "urls.csv:14: no web address under `url`: 'ftp://x'",
            "urls.csv:15: no chosen source publishes at elsewhere.example",
        ]
        (again,) = [one for one in handed_in(rooms, file, asked(DAYS[0], DAYS[1])) if one.source == "past"]
        assert (again.known, again.fetched) == (6, 0)


def test_json_lines_are_read_one_by_one(past: Past, tmp_path: Path) -> None:
    file = tmp_path / "urls.jsonl"
    rows = [json.dumps({"link": past.web.url(path)}) for path in past.paths(DAYS[0])]
    file.write_text("\n".join([*rows, "{broken", "[1]", ""]), encoding="utf-8")
    with opened(past, tmp_path, "sitemap") as rooms:
        good, bad = handed_in(rooms, file, asked(DAYS[0], DAYS[0]))
        assert (good.new, bad.failed) == (3, 2)
        assert bad.errors[0].startswith("urls.jsonl:4: no JSON")


def warc(past: Past, paths: list[str]) -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)
    for path in [*paths, "/other"]:
        url = past.web.url(path) if path != "/other" else "https://elsewhere.example/other"
        body = past.page(path) if path != "/other" else b"<html></html>"
        headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
        told = {"WARC-Date": "2025-01-25T10:00:00Z"}
        record = writer.create_warc_record(
            url, "response", payload=io.BytesIO(body), http_headers=headers, warc_headers_dict=told
        )
        writer.write_record(record)
        record.raw_stream.close()
    return buffer.getvalue()


def test_pages_of_a_warc_file_are_read_without_a_fetch(past: Past, tmp_path: Path) -> None:
    file = tmp_path / "CC-NEWS-20250125.warc.gz"
    file.write_bytes(warc(past, past.all()))
    with opened(past, tmp_path, "sitemap") as rooms:
        (tally,) = handed_in(rooms, file, asked(DAYS[1], DAYS[2]))
        assert (tally.source, tally.new) == ("past", 6)  # those of the other days are left out by their own date
        assert past.asked() == []
        (again,) = handed_in(rooms, file, asked(DAYS[1], DAYS[2]))
        assert again.new == 0


def test_a_file_may_be_an_address(past: Past, tmp_path: Path) -> None:
    body = warc(past, past.paths(DAYS[0]))
    with opened(past, tmp_path, "sitemap") as rooms, Web({"/cc/file.warc.gz": body}) as store:
        (tally,) = handed_in(rooms, store.url("/cc/file.warc.gz"), asked(DAYS[0], DAYS[0]))
        assert tally.new == 3
        (lost,) = handed_in(rooms, store.url("/cc/gone.warc.gz"), asked(DAYS[0], DAYS[0]))
        assert lost.state == "failed"
        assert "404" in lost.errors[0]


def test_a_torn_file_keeps_what_stands_before_the_tear(past: Past, tmp_path: Path) -> None:
    file = tmp_path / "torn.warc.gz"
    whole = warc(past, past.paths(DAYS[0]))
    file.write_bytes(whole[: len(whole) * 2 // 3])
    with opened(past, tmp_path, "sitemap") as rooms:
        tallies = handed_in(rooms, file, asked(DAYS[0], DAYS[0]))
        assert tallies[0].new >= 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"x", "expected a file that ends in .csv, .jsonl, .warc or .warc.gz"),
        ("a.csv", b"name\nx\n", "a.csv:1: expected a column `url`, found name"),
        ("a.csv", b"", "a.csv:1: expected a column `url`, found nothing"),
        ("a.warc.gz", b"no gzip at all", "a.warc.gz"),
        ("a.warc.gz", gzip.compress(b"no warc at all\r\n\r\n"), "a.warc.gz"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(past: Past, tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with opened(past, tmp_path, "sitemap") as rooms:
        (tally,) = handed_in(rooms, tmp_path / name, asked())
        assert says in tally.errors[0]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackfillError, match="there is no such file"):
        handed.check(str(tmp_path / "none.csv"))


def test_progress_says_how_long_it_will_take() -> None:
    begun = datetime(2025, 2, 12, tzinfo=UTC)
    counts = Progress(begun, 2)
    assert counts.sentence(begun).endswith("0 of 2 sources listed")
    counts.listed(60)
    counts.listed(40)
    assert counts.percent == 10
    assert counts.sentence(begun).endswith("estimating the time left")
    counts.brought(50, read=50, new=45, failed=2)
    told = counts.sentence(begun + timedelta(minutes=2))
    assert told == "50 of 100 listed articles looked at, 45 new, 2 failed; about 2 min left"
    counts.brought(50, read=50, new=50, failed=0)
    assert (counts.percent, counts.sentence(begun).rpartition("; ")[2]) == (100, "nothing left")
    assert [duration(timedelta(seconds=n)) for n in (5, 600, 12_000)] == ["5 s", "10 min", "3 h 20 min"]
