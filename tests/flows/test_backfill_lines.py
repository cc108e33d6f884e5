"""The tasks of a backfill: two of a source side by side, and no source waits for another one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from flows.backfill import _Lines
from scrapers.web.politeness import AT_ONCE

_PATIENCE = 30.0


class Ended:
    """A future as Prefect gives one."""

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def add_done_callback(self, tell: Callable[[Any], None]) -> None:
        self._future.add_done_callback(lambda _: tell(self))

    def result(self, *, raise_on_failure: bool) -> Any:
        assert not raise_on_failure
        return self._future.result()


class Task:
    """What runs a function in a pool."""

    def __init__(self, pool: ThreadPoolExecutor, work: Callable[[], str]) -> None:
        self._pool, self._work = pool, work

    def submit(self, _: object) -> Any:
        return Ended(self._pool.submit(self._work))


def test_a_source_with_many_days_keeps_no_other_one_waiting() -> None:
    begun: list[str] = []
    go_on, is_short_done = threading.Event(), threading.Event()

    def long() -> str:
        begun.append("long")
        assert go_on.wait(_PATIENCE)
        return "long"

    def short() -> str:
        is_short_done.set()
        return "short"

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:  # no thread is left for the short one where all days begin at once
        lines = _Lines()
        for _ in range(10):
            lines.add("a", Task(pool, long), None)
        lines.add("b", Task(pool, short), None)
        assert is_short_done.wait(_PATIENCE)
        assert len(begun) <= AT_ONCE
        go_on.set()
        ended = list(lines.work_off())
    assert sorted(ended) == [("a", "long")] * 10 + [("b", "short")]


def test_tasks_that_are_added_while_others_end_are_worked_off() -> None:
    with ThreadPoolExecutor(2) as pool:
        lines = _Lines()
        lines.add("a", Task(pool, lambda: "list"), None)
        ended = []
        for source, result in lines.work_off():
            ended.append(result)
            if result == "list":
                for _ in range(3):
                    lines.add(source, Task(pool, lambda: "day"), None)
    assert ended == ["list", "day", "day", "day"]
