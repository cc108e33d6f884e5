"""Articles of past days that a person hands over: lists of URLs (CSV, JSONL), and WARC files as of CC-NEWS."""

from __future__ import annotations

import csv
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from flows.backfilling import Asked, BackfillError, BackfillTally
from flows.house import House
from flows.pipeline import work
from scrapers import dates, urls
from scrapers.article import DateOrigin, FeedEntry, FetchedPage
from scrapers.errors import FetchError
from scrapers.fetch import Validators
from scrapers.source import Source
from storage import entries
from storage.backfills import DayState
from storage.engine import transaction

log = logging.getLogger(__name__)

_SOME = 100  # entries that are held at once; a WARC file has tens of thousands of pages
_MOST_TOLD = 50  # lines that are named
_LARGEST = 4 << 30  # bytes of a file that is fetched; those of CC-NEWS have 1 GB
_ENDINGS = {".csv", ".jsonl", ".ndjson", ".warc", ".gz"}
_URL = ("url", "link", "loc")
_TIME = ("published", "date", "seendate", "lastmod", "timestamp")


@dataclass(frozen=True, slots=True)
class Given:
    """One article that a file names or holds; the page is None where it is to be fetched."""

    entry: FeedEntry
    page: FetchedPage | None = None


@dataclass(slots=True)
class _Owners:
    """The sources by the hosts at which they publish."""

    by_host: dict[str, Source] = field(default_factory=dict)

    def of(self, url: str) -> Source | None:
        """The source of an address, found by its host or one above it."""
        host = urls.host_of(url)
        while host and host not in self.by_host:
            host = host.partition(".")[2]
        return self.by_host.get(host)


def check(file: str) -> None:
    """Raises BackfillError when `file`, a path or an address, cannot be what is read here."""
    name = Path(file.partition("?")[0])
    if not _ENDINGS & {suffix.lower() for suffix in name.suffixes[-1:]}:
        raise BackfillError(f"{file}: expected a file that ends in .csv, .jsonl, .warc or .warc.gz")
    if not urls.is_web(file) and not Path(file).is_file():
        raise BackfillError(f"{file}: there is no such file")


def bring(file: str, wanted: Sequence[Source], asked: Asked, house: House) -> list[BackfillTally]:
    """Bring in what a file holds of the sources and days asked for; one row a source, and one for what is wrong.

    Of a WARC file the pages are read as they stand; the addresses of a list are fetched. Lines and records that
    cannot be read are named and cost no other.
    """
    tallies: dict[str, BackfillTally] = {}
    broken = BackfillTally(Path(file).name, route="file", state=DayState.DONE)
    try:
        check(file)
        with _local(file, house) as path:
            given = _read(path, _owners(wanted), asked, broken)
            while some := list(islice(given, _SOME)):
                _bring(some, asked, house, tallies)
                if asked.stop.is_set():
                    break
    except (BackfillError, FetchError, OSError, ArchiveLoadFailed) as unreadable:
        broken.state = DayState.FAILED
        broken.errors.insert(0, f"{file}: {unreadable}")
    for one in tallies.values():
        one.state = DayState.STOPPED if asked.stop.is_set() else DayState.DONE
    return [*tallies.values(), *([broken] if broken.errors else [])]


def _owners(wanted: Sequence[Source]) -> _Owners:
    found = _Owners()
    for source in wanted:
        for host in (urls.host_of(source.homepage), *source.hosts):
            found.by_host.setdefault(host.removeprefix("www."), source)
    return found


@contextmanager
def _local(file: str, house: House) -> Iterator[Path]:
    if not urls.is_web(file):
        yield Path(file)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(file.partition("?")[0]).name or "file")
        free = shutil.disk_usage(folder).free
        house.http.save(file, path, min(_LARGEST, free // 2))
        yield path


def _read(path: Path, owners: _Owners, asked: Asked, broken: BackfillTally) -> Iterator[Given]:
    is_list = path.suffix.lower() in {".csv", ".jsonl", ".ndjson"}
    return _listed(path, owners, asked, broken) if is_list else _kept(path, owners, broken)


def _tell(broken: BackfillTally, what: str) -> None:
    broken.failed += 1
    if len(broken.errors) < _MOST_TOLD:
        broken.errors.append(what)


def _listed(path: Path, owners: _Owners, asked: Asked, broken: BackfillTally) -> Iterator[Given]:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        rows = _csv_rows(file) if path.suffix.lower() == ".csv" else _json_rows(file)
        for line, row in rows:
            where = f"{path.name}:{line}"
            if isinstance(row, str):
                _tell(broken, f"{where}: {row}")
                continue
            url = next((str(row[name]).strip() for name in _URL if row.get(name)), "")
            if not urls.is_web(url):
                _tell(broken, f"{where}: no web address under `url`: {url[:100]!r}")
            elif (source := owners.of(url)) is None:
                _tell(broken, f"{where}: no chosen source publishes at {urls.host_of(url)}")
            else:
                when = next((dates.parse(str(row[name])) for name in _TIME if row.get(name)), None)
                if when is None or asked.window.holds(when):
                    title = str(row.get("title") or "")
                    yield Given(FeedEntry(source.id, url, title=title, published=when, origin=DateOrigin.FEED))


def _csv_rows(file: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    reader = csv.DictReader(file)
    names = [str(name).strip().lower() for name in reader.fieldnames or ()]
    if not set(_URL) & set(names):
        yield 1, f"expected a column `url`, found {', '.join(names)[:200] or 'nothing'}"
        return
    reader.fieldnames = names
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as wrong:
        yield reader.line_num, str(wrong)


def _json_rows(file: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as wrong:
            yield number, f"no JSON: {wrong}"
            continue
        yield number, row if isinstance(row, dict) else 'expected an object such as {"url": ...}'


def _kept(path: Path, owners: _Owners, broken: BackfillTally) -> Iterator[Given]:
    with path.open("rb") as file:
        records, number = iter(ArchiveIterator(file)), 0
        while True:
            number += 1
            try:
                record = next(records, None)
                given = _page(record, owners) if record else None
            except Exception as torn:  # noqa: BLE001 - whatever a broken record does to its reader
                _tell(broken, f"{path.name}: record {number}: {type(torn).__name__}: {torn}")
                return  # behind it nothing can be found
            if record is None:
                return
            if given:
                yield given


def _page(record: Any, owners: _Owners) -> Given | None:
    """A page of a known source; None for every other record."""
    if record.rec_type != "response" or record.http_headers is None:
        return None
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    kind = record.http_headers.get_header("Content-Type") or ""
    source = owners.of(url)
    if source is None or record.http_headers.get_statuscode() != "200" or "html" not in kind:
        return None
    fetched = dates.parse(record.rec_headers.get_header("WARC-Date") or "") or datetime.now(UTC)
    headers = {name.lower(): value for name, value in record.http_headers.headers}
    body = record.content_stream().read()
    page = FetchedPage(url, url, 200, body, fetched.astimezone(UTC), headers)
    return Given(FeedEntry(source.id, url, origin=DateOrigin.FIRST_SEEN, modified=page.fetched_at), page)


def _bring(some: Sequence[Given], asked: Asked, house: House, tallies: dict[str, BackfillTally]) -> None:
    by_source: dict[str, list[Given]] = {}
    for given in some:
        by_source.setdefault(given.entry.source, []).append(given)
    for name, group in by_source.items():
        tally = tallies.setdefault(name, BackfillTally(name, route="file"))
        source = house.configuration.sources[name]
        listed = [given.entry for given in group]
        tally.expected += len(listed)
        tally.entries += len(listed)
        if asked.dry_run:
            continue
        with transaction(house.engine) as session:
            entries.remember(session, listed, asked.mode, house.now(), asked.window.holds)
            waiting = entries.due_of(session, listed)
        tally.known += len(listed) - len(waiting)
        given_pages = waiting[: asked.budget.take(len(waiting))]
        get = _getter({given.entry.url: given.page for given in group if given.page})
        work(source, given_pages, house, tally, asked.window.holds, lambda: not asked.stop.is_set(), get)


def _getter(pages: dict[str, FetchedPage]) -> Callable[[str, Validators], FetchedPage] | None:
    return partial(_given, pages) if pages else None


def _given(pages: dict[str, FetchedPage], url: str, _validators: Validators) -> FetchedPage:
    return pages[url]
