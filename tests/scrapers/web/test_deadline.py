from __future__ import annotations

import socket
import threading

import pytest

from scrapers.web.deadline import within


def test_an_answer_in_time_is_handed_on() -> None:
    assert within(10, lambda: [1]) == [1]


def test_a_failure_in_time_is_handed_on() -> None:
    def unknown() -> list[str]:
        raise socket.gaierror("unknown")

    with pytest.raises(socket.gaierror, match="unknown"):
        within(10, unknown)


@pytest.mark.parametrize("seconds", [0.05, 0.0, -1.0])
def test_no_answer_is_a_timeout(seconds: float) -> None:
    ended = threading.Event()
    with pytest.raises(TimeoutError):
        within(seconds, lambda: ended.wait(60))
    ended.set()
