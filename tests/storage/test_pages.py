"""Which page was kept of which article, and when it goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from alerts.model import Mode
from scrapers.article import Cut, FetchedPage
from storage import articles, entries, pages, warc
from storage.archive import Archive, ArchiveError
from storage.engine import reading, transaction
from storage.entries import EntryState, Result
from storage.likeness import gist
from storage.pages import Kept, Page, Pruned
from storage.tables import EntryRow, PageRow
from tests.storage.builders import NOON, article, entry


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with closing(Archive(tmp_path / "pages")) as opened:
        yield opened


def remember(engine: Engine, number: int = 1, *, source: str = "wire") -> int:
    """An entry, by its id."""
    listed = entry(number, source=source)
    with transaction(engine) as session:
        entries.remember(session, [listed], Mode.LIVE, NOON)
        return session.scalars(select(EntryRow.id).where(EntryRow.url == listed.url)).one()


def store(engine: Engine, number: int = 1, *, cut: Cut | None = None, source: str = "wire") -> int:
    """An article of the entry with this number, by its id."""
    one = article(url=f"https://{source}.example/a/{number}", title=f"Headline {number}", cut=cut, source=source)
    with transaction(engine) as session:
        return articles.save(session, [gist.take(one)], NOON)[0].id


def finish(engine: Engine, listed: int, article_id: int | None, state: EntryState = EntryState.STORED) -> None:
    with transaction(engine) as session:
        entries.finish(session, [Result(listed, state, article=article_id)])


def keep(
    engine: Engine,
    archive: Archive,
    listed: int,
    of: int | None,
    at: datetime = NOON,
    *,
    body: bytes = b"<p>Text",
    source: str = "wire",
) -> None:
    one = FetchedPage("https://wire.example/x", "https://wire.example/y", 200, body, at)
    record = warc.pack(one)
    place = archive.append(record)
    assert place is not None
    with transaction(engine) as session:
        pages.add(session, [Kept(source, of, listed, one, record.sha256, place)])


def kept(engine: Engine, **window: object) -> list[Page]:
    with reading(engine) as session:
        return list(pages.of(session, **window))  # type: ignore[arg-type]


def again(engine: Engine, **window: object) -> list[tuple[int | None, bool]]:
    with reading(engine) as session:
        found = pages.readings(session, 0, 100, **window)  # type: ignore[arg-type]
    return [(one.page.article, one.is_failed) for one in found]


def test_a_kept_page_is_found_with_everything_that_its_record_needs(engine: Engine, archive: Archive) -> None:
    listed, stored = remember(engine), store(engine)
    keep(engine, archive, listed, stored, body=b"<p>Old")
    keep(engine, archive, listed, stored, NOON + timedelta(hours=1), body=b"<p>New text")
    with reading(engine) as session:
        found = pages.latest(session, stored)
        assert pages.latest(session, stored + 1) is None
    assert found is not None
    assert (found.source, found.article, found.entry, found.status) == ("wire", stored, listed, 200)
    assert (found.url, found.fetched_at, found.size) == ("https://wire.example/y", NOON + timedelta(hours=1), 11)
    page = archive.read(found.place)
    assert (page.body, page.url) == (b"<p>New text", "https://wire.example/x")
    assert found.sha256 == warc.pack(page).sha256


def test_pages_are_listed_by_time_and_source(engine: Engine, archive: Archive) -> None:
    for day in range(3):
        keep(engine, archive, remember(engine, day), store(engine, day), NOON + timedelta(days=day))
    keep(engine, archive, remember(engine, 9, source="other"), store(engine, 9, source="other"), source="other")
    assert [one.fetched_at.day for one in kept(engine)] == [12, 13, 14, 12]
    assert [one.fetched_at.day for one in kept(engine, since=NOON + timedelta(days=1))] == [13, 14]
    assert [one.fetched_at.day for one in kept(engine, until=NOON + timedelta(days=2))] == [12, 13, 12]
    assert [one.source for one in kept(engine, source="other")] == ["other"]


def test_a_page_that_cannot_be_read_is_wanted_once_and_only_where_nothing_better_is_stored(
    engine: Engine, archive: Archive
) -> None:
    bare, told, whole, held = (remember(engine, number) for number in range(1, 5))
    feed = store(engine, 2, cut=Cut.FEED)
    finish(engine, told, feed, EntryState.RETRY)
    finish(engine, whole, store(engine, 3))
    keep(engine, archive, held, None)
    with reading(engine) as session:
        assert pages.wanted(session, [bare, told, whole, held]) == {bare: None, told: feed}
        assert pages.wanted(session, []) == {}


def test_the_latest_page_of_an_article_is_read_again_and_each_that_never_became_one(
    engine: Engine, archive: Archive
) -> None:
    first, second, failed, late = (remember(engine, number) for number in range(1, 5))
    one, two = store(engine, 1), store(engine, 2, cut=Cut.FEED)
    keep(engine, archive, first, one)
    keep(engine, archive, second, two)
    keep(engine, archive, first, one, NOON + timedelta(hours=1))
    keep(engine, archive, failed, None)
    keep(engine, archive, late, None)
    finish(engine, late, one)  # it came another way meanwhile
    assert again(engine) == [(two, True), (one, False), (None, True)]
    assert again(engine, since=NOON + timedelta(minutes=1)) == [(one, False)]
    assert again(engine, until=NOON + timedelta(minutes=1)) == [(two, True), (None, True)]
    assert again(engine, sources=["other"]) == []
    with reading(engine) as session:
        some = pages.readings(session, 0, 2)
        rest = pages.readings(session, some[-1].page.id, 2)
    assert [one.page.article for one in (*some, *rest)] == [two, one, None]
    assert rest[0].entry == entry(3)
    assert (rest[0].mode, rest[0].is_waiting) == (Mode.LIVE, True)


def test_old_pages_go_with_their_files_and_young_ones_stay(engine: Engine, archive: Archive) -> None:
    listed, stored = remember(engine), store(engine)
    for day in range(10):
        keep(engine, archive, listed, stored, NOON + timedelta(days=day))
    sizes = archive.sizes()
    now = NOON + timedelta(days=9, hours=1)
    pruned = pages.prune(engine, archive, now, 5, 1 << 30)
    assert pruned == Pruned(5, 5, sum(list(sizes.values())[:5]))
    assert list(archive.sizes()) == list(sizes)[5:]
    assert [archive.read(one.place).fetched_at for one in kept(engine)] == [
        NOON + timedelta(days=day) for day in range(5, 10)
    ]
    assert pages.prune(engine, archive, now, 5, 1 << 30) == Pruned(0, 0, 0)


def test_a_file_stays_while_one_of_its_pages_is_young(engine: Engine, archive: Archive) -> None:
    listed, stored = remember(engine), store(engine)
    keep(engine, archive, listed, stored, NOON)
    keep(engine, archive, listed, stored, NOON + timedelta(hours=4))
    pruned = pages.prune(engine, archive, NOON + timedelta(days=5, hours=1), 5, 1 << 30)
    assert pruned == Pruned(1, 0, 0)
    assert archive.read(kept(engine)[0].place).fetched_at == NOON + timedelta(hours=4)


def test_beyond_the_size_the_oldest_files_go_but_those_still_written(engine: Engine, archive: Archive) -> None:
    listed, stored = remember(engine), store(engine)
    for day in range(5):
        keep(engine, archive, listed, stored, NOON + timedelta(days=day), body=bytes(range(256)) * 40)
    sizes = list(archive.sizes().values())
    now = NOON + timedelta(days=4, hours=1)
    assert pages.prune(engine, archive, now, 90, sum(sizes[2:])) == Pruned(2, 2, sum(sizes[:2]))
    assert [one.fetched_at.day for one in kept(engine)] == [14, 15, 16]
    assert pages.prune(engine, archive, now, 90, 0) == Pruned(1, 1, sizes[2])
    assert [archive.read(one.place).fetched_at.day for one in kept(engine)] == [15, 16]


def test_a_file_to_which_nothing_refers_goes_when_its_day_is_over(engine: Engine, archive: Archive) -> None:
    archive.append(warc.pack(FetchedPage("https://a.example/", "https://a.example/", 200, b"", NOON)))
    assert pages.prune(engine, archive, NOON + timedelta(hours=30), 90, 0) == Pruned(0, 0, 0)
    assert pages.prune(engine, archive, NOON + timedelta(hours=48), 90, 1 << 30).files == 1
    assert archive.sizes() == {}


def test_pages_that_another_machine_keeps_are_not_counted_as_spare(
    engine: Engine, archive: Archive, tmp_path: Path
) -> None:
    listed, stored = remember(engine), store(engine)
    keep(engine, archive, listed, stored)
    with closing(Archive(tmp_path / "elsewhere")) as other:
        assert pages.prune(engine, other, NOON + timedelta(days=3), 90, 0) == Pruned(0, 0, 0)
        with pytest.raises(ArchiveError):
            other.read(kept(engine)[0].place)
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(PageRow)) == 1
