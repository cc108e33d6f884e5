from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scrapers.article import FetchedPage
from scrapers.web.answers import pause, retry_after

NOW = datetime(2025, 2, 12, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("Wed, 12 Feb 2025 18:01:00 GMT", 60),
        ("Wed, 12 Feb 2025 20:01:00 +0200", 60),
        ("Wed, 12 Feb 2025 17:00:00 GMT", 0),
        ("Wed, 12 Feb 2031 17:00:00 GMT", 86400),
        ("9" * 400, 86400),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_in_both_forms(text: str, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [(403, "60", 60), (408, "60", 60), (429, "", 60), (429, "5", 5), (429, "0", 60), (502, "60", 60), (503, "", None)]
    + [(status, "60", None) for status in (200, 301, 304, 404, 410)],
)
def test_only_answers_that_refuse_the_host_pause_it(status: int, header: str, seconds: float | None) -> None:
    url = "https://example.org/"
    assert pause(FetchedPage(url, url, status, b"", NOW, {"retry-after": header})) == seconds
