"""Pages come back byte by byte, files are WARC that others read, and neither a kill nor a full disk spoils them."""

from __future__ import annotations

import io
import logging
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from scrapers.article import FetchedPage
from storage import archive, warc
from storage.archive import Archive, ArchiveError, Place

ROOT = Path(__file__).parents[2]
FETCHED = datetime(2025, 2, 12, 18, 0, 1, 234567, tzinfo=UTC)
URL = "https://wire.example/a/1"
CYRILLIC = "<html><p>Рютте назвав дві умови безпеки України.</p></html>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pages"


@pytest.fixture
def kept(folder: Path) -> Iterator[Archive]:
    with closing(Archive(folder)) as opened:
        yield opened


def page(body: bytes = b"<p>Text", url: str = URL, **changes: object) -> FetchedPage:
    given: dict[str, object] = {"final_url": url, "status": 200, "fetched_at": FETCHED, "headers": {}}
    return FetchedPage(url, body=body, **(given | changes))  # type: ignore[arg-type]


def keep(kept: Archive, one: FetchedPage) -> Place:
    place = kept.append(warc.pack(one))
    assert place is not None
    return place


def file_of(path: Path) -> Path:
    (found,) = path.iterdir()
    return found


def check(path: Path) -> None:
    """What the tool of others says of a file."""
    words = [sys.executable, "-m", "warcio.cli", "check", "-v", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail" not in done.stdout
    assert done.stdout.count("digest pass") == sum(1 for _ in records(path.read_bytes()))


def records(raw: bytes) -> list[tuple[str, str]]:
    return [
        (one.rec_type, one.rec_headers.get_header("WARC-Target-URI") or "") for one in ArchiveIterator(io.BytesIO(raw))
    ]


PAGES = {
    "windows-1251": page(CYRILLIC.encode("cp1251"), headers={"content-type": "text/html; charset=windows-1251"}),
    "gzip answer": page(
        CYRILLIC.encode(),
        headers={"content-encoding": "gzip", "content-length": "61", "transfer-encoding": "chunked", "etag": 'W/"1"'},
    ),
    "empty body": page(b""),
    "5 MB of noise": page(random.Random(1).randbytes(5_000_000)),
    "line ends": page(b"\r\n\r\nWARC/1.1\r\n\r\n\x00\x1f\x8b\r\n"),
    "odd bytes in headers": page(headers={"x-title": "Ð\x9f\xd1\x80\xff", "x-empty": "", "server": "a: b:  c "}),
    "UTF-8 in headers": page(headers={"x-title": "Рютте".encode().decode("latin-1"), "x-other": "\xe9"}),
    "moved": page(final_url="https://wire.example/новини/1?a=b&c=%20#d"),
    "another status": page(status=299),
    "another zone": page(fetched_at=datetime(2025, 2, 13, 1, tzinfo=timezone(timedelta(hours=2)))),
    "of the Wayback Machine": page(headers={"x-archive-orig-content-length": "5", "content-length": "7"}),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_comes_back_as_it_was_fetched(name: str, kept: Archive, folder: Path) -> None:
    place = keep(kept, PAGES[name])
    assert kept.read(place) == PAGES[name]
    assert kept.read(place) == PAGES[name], "reading changes nothing"
    check(file_of(folder))


def test_a_file_is_warc_that_tells_what_was_asked_when_and_what_came(kept: Archive, folder: Path) -> None:
    keep(kept, page(b"<p>Text", final_url=f"{URL}?amp", headers={"content-encoding": "br"}))
    with file_of(folder).open("rb") as stream:
        info, answer = [
            (one.rec_headers, one.http_headers, one.content_stream().read()) for one in ArchiveIterator(stream)
        ]
    assert info[0].get_header("WARC-Type") == "warcinfo"
    assert info[0].get_header("WARC-Filename") == file_of(folder).name
    told, http, body = answer
    assert (told.get_header("WARC-Type"), told.get_header("WARC-Target-URI")) == ("response", f"{URL}?amp")
    assert told.get_header("Varta-Asked-URI") == URL
    assert told.get_header("WARC-Date") == "2025-02-12T18:00:01.234567Z"
    assert told.get_header("WARC-Payload-Digest") == f"sha256:{warc.pack(page(b'<p>Text')).sha256}"
    assert http.get_header("content-length") == "7"
    assert http.get_header("content-encoding") is None
    assert http.get_header("x-varta-original-content-encoding") == "br"
    assert body == b"<p>Text"


def test_cookies_are_not_kept(kept: Archive) -> None:
    place = keep(kept, page(headers={"set-cookie": "session=secret", "age": "1"}))
    assert kept.read(place).headers == {"age": "1"}


def test_a_header_or_a_url_with_a_line_end_adds_no_line_of_its_own(kept: Archive, folder: Path) -> None:
    place = keep(
        kept, page(final_url="https://a.example/x\r\nWARC-Type: y z", headers={"x-a": "1\r\n\tset: 2\r\n\r\n"})
    )
    found = kept.read(place)
    assert found.final_url == "https://a.example/x%0D%0AWARC-Type:%20y%20z"
    assert found.headers == {"x-a": "1 set: 2 "}
    assert found.body == b"<p>Text"
    check(file_of(folder))


def test_a_day_has_its_own_file_and_so_has_a_process(kept: Archive, folder: Path) -> None:
    places = [keep(kept, page()), keep(kept, page())]
    with closing(Archive(folder)) as second:
        places.append(keep(second, page()))
    places.append(keep(kept, page(fetched_at=FETCHED + timedelta(days=1))))
    late = keep(kept, page(fetched_at=FETCHED))  # fetched before midnight, stored behind it
    days = [archive.day_of(place.file) for place in places]
    assert days == [date(2025, 2, 12)] * 3 + [date(2025, 2, 13)]
    assert [places[1].file, late.file] == [places[0].file, places[3].file]
    assert len({place.file for place in places}) == 3
    assert list(kept.sizes()) == sorted(path.name for path in folder.iterdir())


def test_nothing_is_written_where_no_page_is_kept(kept: Archive, folder: Path) -> None:
    kept.close()
    assert kept.sizes() == {}
    assert not folder.exists()


def test_threads_share_a_file(kept: Archive, folder: Path) -> None:
    places = dict[int, Place]()

    def some(start: int) -> None:
        for number in range(start, start + 50):
            places[number] = keep(kept, page(b"%d" % number * 500))

    threads = [threading.Thread(target=some, args=(start,)) for start in range(0, 400, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [kept.read(places[number]).body for number in range(400)] == [b"%d" % number * 500 for number in range(400)]
    check(file_of(folder))


@pytest.mark.parametrize("change", ["flip", "cut", "gone", "elsewhere"])
def test_a_damaged_page_is_told_and_never_given(change: str, kept: Archive, folder: Path) -> None:
    keep(kept, page())
    place = keep(kept, page(random.Random(2).randbytes(3000)))
    path = file_of(folder)
    raw = bytearray(path.read_bytes())
    if change == "gone":
        path.unlink()
    elif change == "elsewhere":
        place = Place(place.file, place.start + 1, place.length - 1)
    else:
        raw[place.start + 1500] ^= 1
        path.write_bytes(raw[:-10] if change == "cut" else raw)
    with pytest.raises(ArchiveError, match=place.file):
        kept.read(place)


def test_every_single_flipped_bit_is_noticed(kept: Archive, folder: Path) -> None:
    place = keep(kept, page(headers={"etag": "1"}))
    path = file_of(folder)
    whole = path.read_bytes()
    for at in range(place.start, place.start + place.length):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        try:
            assert kept.read(place) == page(headers={"etag": "1"}), at  # in what gzip does not use
        except ArchiveError:
            continue


KILLED = """
import random, sys
from datetime import UTC, datetime
from pathlib import Path
from scrapers.article import FetchedPage
from storage import warc
from storage.archive import Archive

kept = Archive(Path(sys.argv[1]))
for number in range(100000):
    body = b"%d " % number + random.Random(number).randbytes(200_000)
    page = FetchedPage("https://a.example/", "https://a.example/", 200, body, datetime(2025, 2, 12, tzinfo=UTC))
    place = kept.append(warc.pack(page))
    print(place.file, place.start, place.length, flush=True)
"""


def test_what_was_told_as_written_is_there_after_a_kill(kept: Archive, folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        told = [run.stdout.readline() for _ in range(12)]
        run.send_signal(signal.SIGKILL)
        told += run.stdout.readlines()
    whole = [line.split() for line in told if line.count(" ") == 2 and line.endswith("\n")]
    bodies = [kept.read(Place(name, int(start), int(length))).body for name, start, length in whole]
    assert len(bodies) >= 12
    assert [int(body.split(b" ")[0]) for body in bodies] == list(range(len(bodies)))
    # what another process keeps from now on stands in a file of its own, behind no torn record
    after = keep(kept, page())
    assert after.file != whole[0][0]
    check(folder / after.file)


def test_a_torn_record_at_the_end_costs_no_other(kept: Archive, folder: Path) -> None:
    first, last = keep(kept, page(b"one")), keep(kept, page(b"two"))
    path = file_of(folder)
    os.truncate(path, last.start + last.length // 2)
    assert kept.read(first).body == b"one"
    with pytest.raises(ArchiveError, match="ends before"):
        kept.read(last)


FULL = """
import random, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from scrapers.article import FetchedPage
from storage import warc
from storage.archive import Archive

resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
kept = Archive(Path(sys.argv[1]))
for size in (20_000, 20_000, 20_000, 70_000, 70_000, 20_000):
    body = random.Random(size).randbytes(size)
    page = FetchedPage("https://a.example/", "https://a.example/", 200, body, datetime(2025, 2, 12, tzinfo=UTC))
    place = kept.append(warc.pack(page))
    print(place and kept.read(place).body == body)
"""


def test_a_file_that_takes_no_more_is_cut_at_the_last_whole_page(folder: Path) -> None:
    run = subprocess.run([sys.executable, "-c", FULL, folder], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "True", "None", "None", "None", "True"]
    assert run.stderr.count("pages not kept, articles are") == 1
    left = sorted(folder.iterdir())
    assert len(left) == 2, "a file without a page is taken away"
    for path in left:
        check(path)


def test_a_folder_that_cannot_be_written_is_told_and_stops_nothing(
    kept: Archive, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file")
    with caplog.at_level(logging.WARNING):
        assert [kept.append(warc.pack(page())), kept.append(warc.pack(page()))] == [None, None]
    assert [record.message for record in caplog.records] == ["pages not kept, articles are"]
    folder.unlink()
    assert kept.read(keep(kept, page())) == page()


def test_an_export_is_one_warc_with_the_records_unchanged(kept: Archive, folder: Path) -> None:
    places = [keep(kept, page(body, url=f"https://a.example/{body.hex()}")) for body in (b"one", b"two", b"three")]
    lost = Place("2025-02-12-gone-1-0.warc.gz", 0, 10)
    out = io.BytesIO()
    told = list(archive.export(kept, [places[2], lost, places[0]], out))
    assert [str(one) for one in told] == ["2025-02-12-gone-1-0.warc.gz: No such file or directory"]
    found = records(out.getvalue())
    assert found == [
        ("warcinfo", ""),
        ("response", f"https://a.example/{b'three'.hex()}"),
        ("response", f"https://a.example/{b'one'.hex()}"),
    ]
    assert out.getvalue().endswith(kept.raw(places[2]) + kept.raw(places[0]))
    path = folder.parent / "export.warc.gz"
    path.write_bytes(out.getvalue())
    check(path)


def test_the_library_warns_of_nothing() -> None:
    code = [sys.executable, "-W", "error", "-c", "import storage.archive, warcio.cli"]
    run = subprocess.run(code, cwd=ROOT, capture_output=True, check=False)
    assert (run.returncode, run.stderr) == (0, b"")
