"""Keep pages as they were fetched, in WARC files of which each belongs to one process and day."""

from __future__ import annotations

import logging
import os
import re
import secrets
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from scrapers.article import FetchedPage
from storage import warc
from storage.engine import StorageError
from storage.warc import Record

log = logging.getLogger(__name__)

_NAME = re.compile(r"\d{4}-\d\d-\d\d-[A-Za-z0-9-]+\.warc\.gz")


class ArchiveError(StorageError):
    """A page cannot be read again: its file is gone or is not what was written."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: `start` and `length` are bytes in `file` of the archive folder."""

    file: str
    start: int
    length: int


class Archive:
    """A folder of WARC files; one process writes a file, any may read it. Safe to share between threads.

    A process that is killed leaves at most a torn record at the end of its own file, to which nobody refers.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._name = ""
        self._end = 0  # of the last whole page in the file
        self._is_refused = False

    def append(self, record: Record) -> Place | None:
        """Write `record` at the end; None, with a warning, when the disk does not take it."""
        with self._lock:
            try:
                file = self._of(record.day)
                start = file.tell()
                _write(file, record.packed)
            except OSError as refused:
                self._refuse(refused)
                return None
            self._end, self._is_refused = start + len(record.packed), False
            return Place(self._name, start, len(record.packed))

    def read(self, place: Place) -> FetchedPage:
        """The page as it was fetched; raises ArchiveError. Headers that set cookies were not kept."""
        return _page(self.raw(place), place)

    def raw(self, place: Place) -> bytes:
        """The bytes of a record, a gzip member; raises ArchiveError when they are not there."""
        try:
            with (self._folder / place.file).open("rb") as file:
                file.seek(place.start)
                found = file.read(place.length)
        except OSError as missing:
            raise ArchiveError(f"{place.file}: {missing.strerror}") from None
        if len(found) < place.length:
            raise ArchiveError(f"{place.file}: ends before byte {place.start + place.length}")
        return found

    def sizes(self) -> dict[str, int]:
        """Bytes of every file by name, that of the earliest day first."""
        found = {}
        with suppress(FileNotFoundError):  # nothing was kept yet
            for path in sorted(self._folder.iterdir()):
                with suppress(FileNotFoundError):  # dropped meanwhile, by another run of upkeep
                    if _NAME.fullmatch(path.name):
                        found[path.name] = path.stat().st_size
        return found

    def remove(self, names: Iterable[str]) -> None:
        """Delete whole files."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file of this process, if there is one."""
        with self._lock:
            self._close()

    def _of(self, day: date) -> FileIO:
        """The file of `day` or a later one, new with a warcinfo record when this process has none yet."""
        if self._file is None or self._name < str(day):
            self._close()
            self._folder.mkdir(parents=True, exist_ok=True)
            host = re.sub(r"[^A-Za-z0-9]+", "-", socket.gethostname())[:40]
            self._name = f"{day}-{host}-{os.getpid()}-{secrets.token_hex(4)}.warc.gz"
            # unbuffered: a page is in the file, or append says that it is not
            self._file, self._end = FileIO(self._folder / self._name, "x"), 0
            _write(self._file, warc.warcinfo(self._name))
        return self._file

    def _refuse(self, why: OSError) -> None:
        """Cut off what was written of the page, and let the next one begin a new file."""
        if not self._is_refused:  # told once, not for every page of a full disk
            log.warning("pages not kept, articles are", extra={"folder": str(self._folder), "error": why.strerror})
        self._is_refused = True
        if self._file is not None:
            self._close()
            with suppress(OSError):
                os.truncate(self._folder / self._name, self._end)
                if not self._end:
                    self.remove([self._name])

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


def export(archive: Archive, places: Iterable[Place], out: BinaryIO) -> Iterator[ArchiveError]:
    """Write one WARC of these records to `out`, unchanged; yields what cannot be read and goes on."""
    out.write(warc.warcinfo("varta-pages.warc.gz"))
    for place in places:
        try:
            packed = archive.raw(place)
            _page(packed, place)
        except ArchiveError as unreadable:
            yield unreadable
        else:
            out.write(packed)
    out.flush()


def day_of(name: str) -> date:
    """The day of an archive file."""
    return date.fromisoformat(name[:10])


def _write(file: FileIO, packed: bytes) -> None:
    """All of it; a full disk takes a part before it refuses."""
    rest = memoryview(packed)
    while rest:
        rest = rest[file.write(rest) or 0 :]


def _page(packed: bytes, place: Place) -> FetchedPage:
    try:
        return warc.unpack(packed)
    except ValueError as damaged:
        raise ArchiveError(f"{place.file}: byte {place.start}: {damaged}") from None
